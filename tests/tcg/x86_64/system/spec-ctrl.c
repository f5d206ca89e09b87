/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MSRs against speculation: what CPUID says of them, and what they take.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost
 */

#include "seam-guest.h"

#include "../../../../target/i386/x86-defs/msr-bits.h"

/* CPUID(7,0).EDX: SDM Vol. 2, CPUID */
#define EDX_IBRS_IBPB (1u << 26)
#define EDX_STIBP     (1u << 27)
#define EDX_FLUSH_CMD (1u << 28)
#define EDX_ARCH_CAP  (1u << 29)
#define EDX_SSBD      (1u << 31)

/* CPUID(7,2).EDX */
#define EDX_DDPD_U    (1u << 3)
#define EDX_BHI_CTRL  (1u << 4)

/* SDM Vol. 4, IA32_ARCH_CAPABILITIES */
#define RDCL_NO  (1ull << 0)
#define IBRS_ALL (1ull << 1)

static void do_rdmsr(void *msr)
{
    rdmsr((uintptr_t)msr);
}

static uint32_t target;

static void do_wrmsr(void *val)
{
    wrmsr(target, (uintptr_t)val);
}

static int write_msr(uint32_t msr, uint64_t val)
{
    target = msr;
    return catch_fault(do_wrmsr, (void *)val);
}

int main(void)
{
    const uint64_t all = X86_SPEC_CTRL_IBRS | X86_SPEC_CTRL_STIBP |
                         X86_SPEC_CTRL_SSBD | X86_SPEC_CTRL_BHI_DIS_S;
    uint32_t regs[4];

    guest_init();
    cpuid(7, 0, regs);
    ok((regs[3] & (EDX_IBRS_IBPB | EDX_STIBP | EDX_FLUSH_CMD | EDX_ARCH_CAP |
                   EDX_SSBD)) ==
       (EDX_IBRS_IBPB | EDX_STIBP | EDX_ARCH_CAP | EDX_SSBD),
       "CPUID has IBRS, IBPB, STIBP and SSBD");
    cpuid(7, 2, regs);
    ok((regs[3] & (EDX_BHI_CTRL | EDX_DDPD_U)) == EDX_BHI_CTRL,
       "and BHI_DIS_S");
    ok((rdmsr(X86_MSR_ARCH_CAPABILITIES) & (RDCL_NO | IBRS_ALL)) ==
       (RDCL_NO | IBRS_ALL), "IBRS holds until it is switched off");

    ok(rdmsr(X86_MSR_SPEC_CTRL) == 0, "IA32_SPEC_CTRL is zero after reset");
    ok(write_msr(X86_MSR_SPEC_CTRL, all) == NONE &&
       rdmsr(X86_MSR_SPEC_CTRL) == all, "it keeps its four bits");
    ok(write_msr(X86_MSR_SPEC_CTRL, 1ull << 3) == EXC_GP &&
       write_msr(X86_MSR_SPEC_CTRL, 1ull << 63) == EXC_GP &&
       rdmsr(X86_MSR_SPEC_CTRL) == all, "others are reserved");
    ok(write_msr(X86_MSR_SPEC_CTRL, 0) == NONE &&
       rdmsr(X86_MSR_SPEC_CTRL) == 0, "it can be cleared");

    ok(write_msr(X86_MSR_PRED_CMD, X86_PRED_CMD_IBPB) == NONE &&
       write_msr(X86_MSR_PRED_CMD, 0) == NONE, "IA32_PRED_CMD takes IBPB");
    ok(write_msr(X86_MSR_PRED_CMD, 1ull << 1) == EXC_GP,
       "it has no other bit");
    ok(catch_fault(do_rdmsr, (void *)X86_MSR_PRED_CMD) == EXC_GP,
       "it cannot be read");
    return test_end();
}
