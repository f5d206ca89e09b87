/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each processor enters and leaves a VMX guest of its own, all at once.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c
 * QEMU: -cpu TDXHost -smp 2
 * QEMU: -cpu TDXHost -smp 4
 */

#include "vmx-guest.h"

#define MAX_CPUS 4
#define RUNS 2000

static struct vmx_vcpu vcpus[MAX_CPUS];
static uint64_t counted[MAX_CPUS];
static uint32_t exits[MAX_CPUS];
static uint32_t next, done, num_cpus;

/* Counts in RAX, which an exit leaves alone, and where RBX points. */
static void guest(void)
{
    asm volatile("xor %%eax, %%eax\n\t"
                 "1: inc %%rax\n\t"
                 "mov %%rax, (%%rsp)\n\t"
                 "cpuid\n\t"
                 "mov (%%rsp), %%rax\n\t"
                 "jmp 1b" : : : "rax", "rbx", "rcx", "rdx", "memory");
}

static void work(void)
{
    uint32_t n = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
    struct vmx_vcpu *vcpu = &vcpus[n];

    vmx_on(vcpu);
    vmx_init(vcpu, guest);
    for (unsigned i = 0; i < RUNS; i++) {
        if (vmx_run(vcpu) != X86_VMX_EXIT_REASON_CPUID) {
            break;
        }
        exits[n]++;
        vmx_skip();
    }
    counted[n] = *(uint64_t *)(uintptr_t)vmread(X86_VMCS_GUEST_RSP);
    __atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
}

int main(void)
{
    guest_init();
    num_cpus = num_processors();
    for (uint32_t i = 1; i < num_cpus; i++) {
        ap_start(i, work);
    }
    work();
    while (__atomic_load_n(&done, __ATOMIC_SEQ_CST) < num_cpus) {
        asm volatile("pause");
    }
    for (uint32_t i = 0; i < num_cpus; i++) {
        ok(exits[i] == RUNS, "every entry ended in the guest's CPUID");
        ok(counted[i] == RUNS, "and the guest has counted them");
    }
    return test_end();
}
