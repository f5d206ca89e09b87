/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What it costs to leave a guest and to enter it again, in ticks of the TSC,
 * beside CPUID: by VMX, or with -DBENCH_SVM by SVM.  The guest executes one
 * instruction that exits, again and again; nobody looks at the exit.
 * With -DBENCH_SIEVE: what a computation costs in the guest and outside.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c
 */

#include "vmx-guest.h"
#include "../../target/i386/x86-defs/ept.h"

/* Rounds in a batch; the fastest batch counts */
#ifdef BENCH_SIEVE
#include "sieve.h"
#define BATCHES 40
#define BATCH 5
#else
#define BATCHES 400
#define BATCH 200
#endif

static uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

#ifndef BENCH_SIEVE

static void cpuids(unsigned n)
{
    uint32_t regs[4];

    while (n-- > 0) {
        cpuid(0, 0, regs);
    }
}

#endif

/* Ticks that @fn takes for one of its rounds, times 100 */
static uint64_t fastest(void (*fn)(unsigned n))
{
    uint64_t least = ~0ull;

    for (unsigned i = 0; i < BATCHES; i++) {
        uint64_t start = rdtsc(), took;

        fn(BATCH);
        took = rdtsc() - start;
        least = took < least ? took : least;
    }
    return least * 100 / BATCH;
}

#ifdef BENCH_SVM

/* AMD's Architecture Programmer's Manual, volume 2, appendix B */
#define EFER_SVME (1 << 12)
#define MSR_VM_HSAVE_PA 0xc0010117
#define VMCB_INTERCEPT4 0x10
#define INTERCEPT_VMRUN_VMMCALL 3
#define VMCB_ASID 0x58
#define VMCB_SEGMENT(n) (0x400 + 0x10 * (n))
#define VMCB_EFER 0x4d0
#define VMCB_CR4 0x548
#define VMCB_CR3 0x550
#define VMCB_CR0 0x558
#define VMCB_RFLAGS 0x570
#define VMCB_RIP 0x578
#define VMCB_RSP 0x5d8
#define ATTRIB_CODE 0xa9b
#define ATTRIB_DATA 0xc93

static uint8_t vmcb[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint8_t hsave[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* No more of C than its name: the rest would change registers of the host */
static __attribute__((naked)) void guest(void)
{
    asm("vmmcall");
}

static void put(unsigned offset, uint64_t value)
{
    *(uint64_t *)&vmcb[offset] = value;
}

static void start(void)
{
    wrmsr(X86_MSR_EFER, rdmsr(X86_MSR_EFER) | EFER_SVME);
    wrmsr(MSR_VM_HSAVE_PA, (uintptr_t)hsave);
    put(VMCB_INTERCEPT4, INTERCEPT_VMRUN_VMMCALL);
    put(VMCB_ASID, 1);
    for (unsigned i = 0; i < 4; i++) {
        put(VMCB_SEGMENT(i), (i == 1 ? ATTRIB_CODE : ATTRIB_DATA) << 16 |
            0xffffffffull << 32 | (i == 1 ? 0x08 : 0x10));
    }
    put(VMCB_EFER, rdmsr(X86_MSR_EFER));
    put(VMCB_CR0, read_cr0());
    put(VMCB_CR3, read_cr3());
    put(VMCB_CR4, read_cr4());
    put(VMCB_RFLAGS, 2);
    put(VMCB_RIP, (uintptr_t)guest);
    put(VMCB_RSP, (uintptr_t)hsave);
}

static void round_trips(unsigned n)
{
    asm volatile("1: vmrun %%rax\n\t"
                 "dec %0\n\t"
                 "jnz 1b" : "+r"(n) : "a"(vmcb) : "cc", "memory");
}

#else

static struct vmx_vcpu vcpu;
static uint64_t pml4[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pdpt[512] __attribute__((aligned(PAGE_SIZE)));

#ifdef BENCH_SIEVE

static void guest(void)
{
    for (;;) {
        sieve();
        asm volatile("vmcall");
    }
}

static void sieves_inside(unsigned n)
{
    while (n-- > 0) {
        vmx_skip();
        if (vmx_run(&vcpu) != X86_VMX_EXIT_REASON_VMCALL) {
            ml_printf("no exit by VMCALL\n");
        }
    }
}

#else

static __attribute__((naked)) void guest(void)
{
    asm("vmcall");
}

#endif

/* As KVM has it: EPT, and a VPID, so that no entry forgets translations */
static void start(void)
{
    vmx_on(&vcpu);
    vmx_init(&vcpu, guest);
    pml4[0] = (uintptr_t)pdpt | X86_EPT_RWX;
    pdpt[0] = X86_EPT_RWX | X86_EPT_LARGE |
              X86_MEM_TYPE_WB << X86_EPT_MEM_TYPE_SHIFT;
    vmx_controls(X86_VMCS_PROC_CONTROLS, X86_MSR_VMX_TRUE_PROCBASED_CTLS,
                 X86_VMX_PROC_SECONDARY);
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_EPT | X86_VMX_PROC2_VPID);
    vmwrite(X86_VMCS_EPT_POINTER, (uintptr_t)pml4 | X86_MEM_TYPE_WB |
            3 << X86_EPTP_WALK_SHIFT | X86_EPTP_AD);
    vmwrite(X86_VMCS_VPID, 1);
    if (vmx_run(&vcpu) != X86_VMX_EXIT_REASON_VMCALL) {
        ml_printf("no exit by VMCALL\n");
    }
}

#ifndef BENCH_SIEVE

/* The guest changes no register, and its RIP stays. */
static void round_trips(unsigned n)
{
    uint64_t rsp_field = X86_VMCS_HOST_RSP, rip_field = X86_VMCS_HOST_RIP;

    asm volatile("vmwrite %%rsp, %1\n\t"
                 "lea 2f(%%rip), %%rax\n\t"
                 "vmwrite %%rax, %2\n\t"
                 "1: vmresume\n\t"
                 "ud2\n\t"
                 "2: dec %0\n\t"
                 "jnz 1b" : "+r"(n) : "r"(rsp_field), "r"(rip_field)
                 : "rax", "cc", "memory");
}

#endif /* !BENCH_SIEVE */

#endif /* !BENCH_SVM */

#ifdef BENCH_SIEVE

static void sieves(unsigned n)
{
    while (n-- > 0) {
        if (sieve() != SIEVE_PRIMES) {
            ml_printf("not as many primes as there are\n");
        }
    }
}

#endif

int main(void)
{
    guest_init();
    start();
#ifdef BENCH_SIEVE
    ml_printf("bare %lu guest %lu\n", fastest(sieves),
              fastest(sieves_inside));
#else
    ml_printf("cpuid %lu round_trip %lu\n", fastest(cpuids),
              fastest(round_trips));
#endif
    return 0;
}
