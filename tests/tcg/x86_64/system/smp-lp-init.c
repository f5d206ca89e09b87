/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.INIT and TDH.SYS.LP.INIT on all processors at once: the module's
 * locks answer, nobody waits, and each step happens once.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -smp 4,sockets=2
 * QEMU: -cpu TDXHost -device tdx-module -smp 6,sockets=1,cores=3,threads=2
 * QEMU: -cpu TDXHost -device tdx-module -smp 4 -accel tcg,thread=single
 */

#include "seam-guest.h"

#define MAX_CPUS 8
#define FIELD_TDX_FEATURES0 0x0a00000300000008
#define RUNS 1000

struct cpu {
    uint32_t vmxon_region[PAGE_SIZE / 4];
    uint64_t early_lp_init, init, lp_init, lp_init_again, read_wrong;
    uint64_t value;
} __attribute__((aligned(PAGE_SIZE)));

static struct cpu cpus[MAX_CPUS];
static uint32_t arrived, next, num_cpus, loader_busy;

static uint64_t call(uint64_t leaf, uint64_t *rdx)
{
    struct seamcall regs = { .rax = leaf, .rdx = rdx ? *rdx : 0 };

    if (!seamcall(&regs)) {
        return UINT64_MAX;
    }
    if (rdx) {
        *rdx = regs.r8;
    }
    return regs.rax;
}

/* All processors wait here for the last one. */
static void barrier(uint32_t step)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < step * num_cpus) {
        asm volatile("pause");
    }
}

static void work(void)
{
    struct cpu *cpu = &cpus[__atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST)];
    uint64_t pointer = (uintptr_t)cpu->vmxon_region;

    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    cpu->vmxon_region[0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmxon %0" : : "m"(pointer) : "cc", "memory");

    barrier(1);
    cpu->early_lp_init = call(TDH_SYS_LP_INIT, NULL);
    barrier(2);
    do {
        cpu->init = call(TDH_SYS_INIT, NULL);
    } while (cpu->init == TDX_SYS_BUSY);
    barrier(3);
    cpu->lp_init = call(TDH_SYS_LP_INIT, NULL);
    cpu->lp_init_again = call(TDH_SYS_LP_INIT, NULL);
    cpu->value = FIELD_TDX_FEATURES0;
    cpu->read_wrong = call(TDH_SYS_RD, &cpu->value);
    barrier(4);
    for (unsigned i = 0; i < RUNS; i++) {
        static uint8_t buffers[MAX_CPUS][256] __attribute__((aligned(256)));
        uint64_t field = FIELD_TDX_FEATURES0;
        struct seamcall info = {
            .rax = 1ull << 63, .rcx = (uintptr_t)buffers[cpu - cpus],
        };

        if (call(TDH_SYS_RD, &field) || field != cpu->value) {
            cpu->read_wrong++;
        }
        /* Only one processor at a time is in the loader. */
        if (!seamcall(&info)) {
            __atomic_add_fetch(&loader_busy, 1, __ATOMIC_SEQ_CST);
        } else if (info.rax) {
            cpu->read_wrong++;
        }
    }
    barrier(5);
}

/* The number of processors for which @field is @value */
#define COUNT(field, wanted) ({                         \
    uint32_t n_ = 0;                                    \
                                                        \
    for (uint32_t i_ = 0; i_ < num_cpus; i_++) {        \
        n_ += cpus[i_].field == (wanted);               \
    }                                                   \
    n_;                                                 \
})

int main(void)
{
    guest_init();
    num_cpus = num_processors();
    for (uint32_t id = 1; id < num_cpus && id < MAX_CPUS; id++) {
        ap_start(id, work);
    }
    ml_printf("# %u processors\n", num_cpus);
    work();
    for (uint32_t i = 0; i < num_cpus; i++) {
        ml_printf("# early LP.INIT %lx INIT %lx LP.INIT %lx again %lx\n",
                  cpus[i].early_lp_init, cpus[i].init, cpus[i].lp_init,
                  cpus[i].lp_init_again);
    }
    ok(num_cpus >= 4, "there are several processors");
    ok(COUNT(early_lp_init, TDX_SYS_LP_INIT_NOT_PENDING) == num_cpus,
       "TDH.SYS.LP.INIT before TDH.SYS.INIT");
    ok(COUNT(init, TDX_SUCCESS) == 1, "TDH.SYS.INIT succeeds once");
    ok(COUNT(init, TDX_SYS_INIT_NOT_PENDING) == num_cpus - 1,
       "and is not pending elsewhere");
    ok(COUNT(lp_init, TDX_SUCCESS) == num_cpus,
       "TDH.SYS.LP.INIT succeeds everywhere at once");
    ok(COUNT(lp_init_again, TDX_SYS_LP_INIT_DONE) == num_cpus,
       "and is done then");
    ok(COUNT(value, cpus[0].value) == num_cpus && cpus[0].value != 0,
       "TDH.SYS.RD gives the same everywhere");
    ok(COUNT(read_wrong, 0) == num_cpus,
       "TDH.SYS.RD and SEAMLDR.INFO in parallel");
    ml_printf("# the loader was busy %u times\n", loader_busy);
    return test_end();
}
