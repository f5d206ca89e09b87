/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the bare-metal guests that are TDX hosts share.
 */

#include "seam-host.h"

#define DYNAMIC_PAMT (1ull << 16)

/* What TDH.SYS.CONFIG reads of each TDMR */
static struct {
    uint64_t base, size;
    struct {
        uint64_t base, size;
    } pamt[3], reserved[16];
} __attribute__((aligned(512))) tdmr;

static uint32_t vmxon_regions[HOST_MAX_CPUS][PAGE_SIZE / 4]
    __attribute__((aligned(PAGE_SIZE)));
static uint32_t num_cpus, next, arrived, refused;
static void (*work)(uint32_t cpu);

uint64_t host_call(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    struct seamcall regs = { .rax = leaf, .rcx = rcx, .rdx = rdx, .r8 = r8 };

    return seamcall(&regs) ? regs.rax : UINT64_MAX;
}

static uint64_t first_private_hkid(void)
{
    return (uint32_t)rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING) + 1;
}

uint64_t host_first_td_hkid(void)
{
    return first_private_hkid() + 1;
}

void host_barrier(void)
{
    uint32_t ticket = __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    uint32_t end = (ticket / num_cpus + 1) * num_cpus;

    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < end) {
        asm volatile("pause");
    }
}

/* A call without which nothing goes on */
static void must(uint64_t status)
{
    if (status) {
        __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    }
}

void host_configure(void)
{
    static uint64_t tdmrs[1] __attribute__((aligned(512)));
    uint64_t at = HOST_TDMR + HOST_SIZE;
    /* 1 GiB, 2 MiB, then a bit for each page */
    const uint64_t sizes[] = {
        PAGE_SIZE, HOST_SIZE / HOST_RANGE * 16, HOST_SIZE / PAGE_SIZE / 8,
    };
    struct seamcall init;

    tdmr.base = HOST_TDMR;
    tdmr.size = HOST_SIZE;
    for (int i = 0; i < 3; i++) {
        tdmr.pamt[i].base = at;
        tdmr.pamt[i].size = sizes[i];
        at += sizes[i];
    }
    tdmrs[0] = (uintptr_t)&tdmr;
    must(host_call(TDH_SYS_CONFIG, (uintptr_t)tdmrs, 1,
                   first_private_hkid() | DYNAMIC_PAMT));
    must(host_call(TDH_SYS_KEY_CONFIG, 0, 0, 0));
    do {
        init = (struct seamcall) { .rax = TDH_SYS_TDMR_INIT,
                                   .rcx = HOST_TDMR };
        if (!seamcall(&init) || init.rax) {
            must(1);
            break;
        }
    } while (init.rdx < HOST_TDMR + HOST_SIZE);
}

static void one_cpu(void)
{
    uint32_t cpu = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
    uint64_t region = (uintptr_t)vmxon_regions[cpu];

    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    vmxon_regions[cpu][0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmxon %0" : : "m"(region) : "cc", "memory");

    host_barrier();
    if (cpu == 0) {
        must(host_call(TDH_SYS_INIT, 0, 0, 0));
    }
    host_barrier();
    must(host_call(TDH_SYS_LP_INIT, 0, 0, 0));
    host_barrier();
    if (cpu == 0 && !refused) {
        host_configure();
    }
    host_barrier();
    if (!refused) {
        work(cpu);
    }
    host_barrier();
}

bool host_run(uint32_t cpus, void (*fn)(uint32_t cpu))
{
    num_cpus = cpus;
    work = fn;
    for (uint32_t id = 1; id < cpus; id++) {
        ap_start(id, one_cpu);
    }
    one_cpu();
    return !refused;
}
