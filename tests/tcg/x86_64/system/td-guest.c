/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDs of a bare-metal TDX host: built page by page from the host's program.
 */

#include "td-guest.h"

#define TD_STACK 8192
#define TDVPS_PAGES 6
#define TD_POOL 0x1000000ull /* bytes of pages for each TD */

/* TD life cycle 4.4.1 */
enum {
    PARAM_ATTRIBUTES = 0,
    PARAM_XFAM = 1,
    PARAM_VCPUS = 2,
    PARAM_EPTP = 3,
    PARAM_TSC = 5,
};
#define XFAM_X87_SSE 3
#define EPTP_4_LEVELS 0x1e
#define TSC_1GHZ 40

struct td_table td_gdtr;
uint32_t td_cr3;
char td_stacks[TD_MAX_VCPUS][TD_STACK] __attribute__((aligned(16)));

static uint64_t params[128] __attribute__((aligned(1024)));

uint64_t td_call4(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8,
                  uint64_t r9)
{
    struct seam_regs regs = {
        .rax = leaf, .rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = r9,
    };

    return seamcall_regs(&regs) ? regs.rax : UINT64_MAX;
}

static uint64_t new_page(struct td *td)
{
    uint64_t page = td->next;

    td->next += PAGE_SIZE;
    return page;
}

static bool add_table(struct td *td, uint64_t gpa, unsigned level)
{
    return !td_call4(TDH_MEM_SEPT_ADD, gpa | level, td->tdr, new_page(td), 0);
}

static bool add_page(struct td *td, uint64_t gpa, const void *content)
{
    return !td_call4(TDH_MEM_PAGE_ADD, gpa, td->tdr, new_page(td),
                     (uintptr_t)content);
}

/* The program and the page with the first instructions */
static bool add_memory(struct td *td)
{
    uint64_t end = (uintptr_t)__bss_en;
    bool good = end <= TD_IMAGE_END &&
                add_table(td, 0, TD_512G) && add_table(td, 0, TD_1G) &&
                add_table(td, 0, TD_2M) && add_table(td, 3 * GIB, TD_1G) &&
                add_table(td, TD_RESET_PAGE & ~0x1fffffull, TD_2M);

    for (uint64_t gpa = (uintptr_t)__load_st; good && gpa < end;
         gpa += PAGE_SIZE) {
        good = add_page(td, gpa, (void *)(uintptr_t)gpa);
    }
    return good && add_page(td, TD_RESET_PAGE, td_reset_page);
}

static bool add_vcpu(struct td *td, void (*fn)(unsigned vcpu))
{
    uint64_t vcpu = new_page(td);
    bool good = !td_call(TDH_VP_CREATE, vcpu, td->tdr, 0);

    for (unsigned i = 1; good && i < TDVPS_PAGES; i++) {
        good = !td_call(TDH_VP_ADDCX, new_page(td), vcpu, 0);
    }
    td->vcpu[td->vcpus++] = vcpu;
    return good && !td_call(TDH_VP_INIT, vcpu, (uintptr_t)fn, 0);
}

static bool create(struct td *td, unsigned n)
{
    /* The module has the first private one. */
    uint64_t hkid = (uint32_t)rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING) + 2 + n;
    bool good = !td_call(TDH_MNG_CREATE, td->tdr, hkid, 0) &&
                !td_call(TDH_MNG_KEY_CONFIG, td->tdr, 0, 0);

    for (unsigned i = 0; i < TDCS_PAGES; i++) {
        good = good && !td_call(TDH_MNG_ADDCX, new_page(td), td->tdr, 0);
    }
    return good;
}

bool td_build(struct td *td, unsigned n, unsigned vcpus, uint64_t attributes,
              void (*fn)(unsigned vcpu))
{
    bool good;

    asm volatile("sgdt %0" : "=m"(td_gdtr));
    td_cr3 = read_cr3();
    *td = (struct td) { .base = TDMR + n * TD_POOL };
    td->next = td->base;
    td->tdr = new_page(td);
    params[PARAM_ATTRIBUTES] = attributes;
    params[PARAM_XFAM] = XFAM_X87_SSE;
    params[PARAM_VCPUS] = TD_MAX_VCPUS;
    params[PARAM_EPTP] = EPTP_4_LEVELS;
    params[PARAM_TSC] = TSC_1GHZ;
    good = create(td, n) &&
           !td_call(TDH_MNG_INIT, td->tdr, (uintptr_t)params, 0);
    for (unsigned i = 0; i < vcpus; i++) {
        good = good && add_vcpu(td, fn);
    }
    return good && add_memory(td) && !td_call(TDH_MR_FINALIZE, td->tdr, 0, 0);
}

uint64_t td_aug(struct td *td, uint64_t gpa)
{
    return td_call(TDH_MEM_PAGE_AUG, gpa, td->tdr, new_page(td));
}

bool td_end(struct td *td)
{
    bool good;

    for (unsigned i = 0; i < td->vcpus; i++) {
        td_call(TDH_VP_FLUSH, td->vcpu[i], 0, 0); /* unless it has been */
    }
    good = !td_call(TDH_MNG_VPFLUSHDONE, td->tdr, 0, 0) &&
           !td_call(TDH_PHYMEM_CACHE_WB, 0, 0, 0) &&
           !td_call(TDH_MNG_KEY_FREEID, td->tdr, 0, 0);
    for (uint64_t page = td->tdr + PAGE_SIZE; good && page < td->next;
         page += PAGE_SIZE) {
        good = !td_call(TDH_PHYMEM_PAGE_RECLAIM, page, 0, 0);
    }
    return good && !td_call(TDH_PHYMEM_PAGE_RECLAIM, td->tdr, 0, 0);
}

bool td_enter(struct td *td, unsigned vcpu, struct seam_regs *regs)
{
    regs->rax = TDH_VP_ENTER;
    regs->rcx = td->vcpu[vcpu];
    return seamcall_regs(regs);
}

uint64_t td_tell(uint64_t what, uint64_t value)
{
    struct seam_regs regs = {
        .rax = TDG_VP_VMCALL, .rcx = TD_CALL_MASK, .r11 = what, .r12 = value,
    };

    tdcall_regs(&regs);
    return regs.r12;
}

struct seam_regs td_tell_ve(uint64_t vector)
{
    struct seam_regs ve = { .rax = TDG_VP_VEINFO_GET };

    td_tell(vector, fault.vector);
    tdcall_regs(&ve);
    td_tell(vector + 1, ve.rax ? UINT64_MAX : ve.rcx);
    td_tell(vector + 2, ve.rdx);
    return ve;
}
