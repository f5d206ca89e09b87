/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the bare-metal guests share that look at a TD's pages.
 */

#include "seam-td.h"

#define MAX_CPUS 4
#define FIELD_CHLDCNT 0x8010000300000004

static uint32_t region[MAX_CPUS][PAGE_SIZE / 4]
    __attribute__((aligned(PAGE_SIZE)));
static uint64_t tdmr_info[64] __attribute__((aligned(512)));
static uint64_t tdmr_array[64] __attribute__((aligned(512)));
static unsigned global_hkid;

uint64_t td_call(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    struct seamcall regs = { .rax = leaf, .rcx = rcx, .rdx = rdx, .r8 = r8 };

    return seamcall(&regs) ? regs.rax : UINT64_MAX;
}

static bool init_tdmr(void)
{
    struct seamcall regs;
    uint64_t next = TDMR;

    while (next < TDMR + GIB) {
        regs = (struct seamcall) { .rax = TDH_SYS_TDMR_INIT, .rcx = TDMR };
        if (!seamcall(&regs) || regs.rax) {
            return false;
        }
        next = regs.rdx;
    }
    return true;
}

void td_enter_vmx(unsigned cpu)
{
    uint64_t pointer = (uintptr_t)region[cpu];

    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    region[cpu][0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmxon %0" : : "m"(pointer) : "cc", "memory");
}

bool td_bring_up(void (*others)(void))
{
    const uint64_t info[] = {
        TDMR, GIB, PAMT_1G, PAMT_1G_SIZE, PAMT_2M, PAMT_2M_SIZE, PAMT_4K,
        PAMT_4K_SIZE,
    };

    td_enter_vmx(0);
    for (unsigned i = 0; i < sizeof(info) / sizeof(info[0]); i++) {
        tdmr_info[i] = info[i];
    }
    tdmr_array[0] = (uintptr_t)tdmr_info;
    global_hkid = (uint32_t)rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING) + 1;
    if (td_call(TDH_SYS_INIT, 0, 0, 0) || td_call(TDH_SYS_LP_INIT, 0, 0, 0)) {
        return false;
    }
    others();
    return !td_call(TDH_SYS_CONFIG, (uintptr_t)tdmr_array, 1, global_hkid) &&
           !td_call(TDH_SYS_KEY_CONFIG, 0, 0, 0) && init_tdmr();
}

bool td_create(void)
{
    bool good = !td_call(TDH_MNG_CREATE, TDR, global_hkid + 1, 0) &&
                !td_call(TDH_MNG_KEY_CONFIG, TDR, 0, 0);

    for (unsigned i = 0; i < TDCS_PAGES; i++) {
        good = good &&
               !td_call(TDH_MNG_ADDCX, TDCS + i * PAGE_SIZE, TDR, 0);
    }
    return good;
}

bool td_destroy(void)
{
    bool good = !td_call(TDH_MNG_VPFLUSHDONE, TDR, 0, 0) &&
                !td_call(TDH_PHYMEM_CACHE_WB, 0, 0, 0) &&
                !td_call(TDH_MNG_KEY_FREEID, TDR, 0, 0);

    for (unsigned i = 0; i < TDCS_PAGES; i++) {
        good = good &&
               !td_call(TDH_PHYMEM_PAGE_RECLAIM, TDCS + i * PAGE_SIZE, 0, 0);
    }
    return good && !td_call(TDH_PHYMEM_PAGE_RECLAIM, TDR, 0, 0);
}

uint64_t td_look(void)
{
    return td_call(TDH_MNG_RD, TDR, FIELD_CHLDCNT, 0);
}

void store_line(void *at)
{
    static const uint8_t zeros[LINE] __attribute__((aligned(LINE)));

    /* MOVDIR64B (%rdx), %rcx */
    asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x0a"
                 : : "c"(at), "d"(zeros) : "memory");
}
