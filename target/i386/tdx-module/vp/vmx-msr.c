/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs of a TD's guest that say what the processor is: what IA32_VMX_* would
 * offer to L2 VMs, and IA32_ARCH_CAPABILITIES (TD CPU 2.4, 2.5).
 */

#include "../../x86-defs/msr-list.h"
#include "../../x86-defs/vmx-controls-list.h"
#include "../../x86-defs/msr-bits.h"
#include "../sys/platform.h"
#include "../td/msr.h"
#include "vmcs-init.h"

/* The controls of L2 VMs are fixed or free as follows, mostly */
#define VMX_BASIC        0x01c0000000000000ULL
#define VMX_MISC         0x600440e0ULL
#define VMX_CR0_FIXED0   TDX_CR0_NE
#define VMX_CR0_FIXED1   0x8005003fULL
#define VMX_CR4_FIXED0   (TDX_CR4_MCE | TDX_CR4_VMXE)
#define VMX_PIN          0x3fULL
#define VMX_PROC_MAY     0xfdfbfffeULL
#define VMX_PROC2_MUST   0x132881f2ULL
#define VMX_PROC2_MAY    0x1379bffeULL
#define VMX_PROC3        0xeULL
#define VMX_EPT_VPID     0x430001ULL
#define VMX_EPT_SSS      (1ULL << 23)
#define VMX_EXIT         0x1f3fefffULL
#define VMX_ENTRY        0x3ed1ffULL
#define CR4_LA57         (1ULL << 12)

/* IA32_ARCH_CAPABILITIES, by what becomes of a bit */
#define ARCH_NATIVE      0xf16fULL
#define ARCH_IF_CONFIGURED ((1ULL << 4) | (1ULL << 20) | (1ULL << 24))
#define ARCH_OR_CONFIGURED (1ULL << 19)
#define ARCH_TSX_CTRL    (1ULL << 7)

static uint64_t must_and_may(uint64_t must, uint64_t may)
{
    return may << 32 | must;
}

static uint64_t proc2(const TdxTdcs *tdcs)
{
    uint64_t may = VMX_PROC2_MAY;

    if (tdx_td_flag(tdcs, TDX_FLAG_WAITPKG)) {
        may |= X86_VMX_PROC2_USER_WAIT_PAUSE;
    }
    if (tdcs->cpuid_configured >> TDX_FLAG_PCONFIG & 1) {
        may |= X86_VMX_PROC2_PCONFIG;
    }
    return must_and_may(VMX_PROC2_MUST, may);
}

static uint64_t proc(const TdxModule *m, const TdxTdcs *tdcs)
{
    const uint32_t monitor = X86_VMX_PROC_MWAIT_EXITING |
                             X86_VMX_PROC_MONITOR_EXITING;

    return must_and_may(tdx_vp_proc_controls(m, tdcs),
                        VMX_PROC_MAY & ~(tdx_td_flag(tdcs, TDX_FLAG_MONITOR)
                                         ? monitor : 0));
}

static uint64_t exit_controls(const TdxTdcs *tdcs)
{
    uint64_t controls = VMX_EXIT;

    if (tdcs->attributes & (TDX_ATTR_PERFMON | TDX_ATTR_DEBUG)) {
        controls |= X86_VMX_EXIT_LOAD_PERF_GLOBAL |
                    X86_VMX_EXIT_SAVE_PERF_GLOBAL;
    }
    return must_and_may(controls, controls);
}

static uint64_t entry_controls(const TdxTdcs *tdcs)
{
    uint64_t controls = VMX_ENTRY;

    if (tdcs->attributes & (TDX_ATTR_PERFMON | TDX_ATTR_DEBUG)) {
        controls |= X86_VMX_ENTRY_LOAD_PERF_GLOBAL;
    }
    if (tdcs->attributes & (TDX_ATTR_PKS | TDX_ATTR_DEBUG)) {
        controls |= X86_VMX_ENTRY_LOAD_PKRS;
    }
    return must_and_may(controls, controls | X86_VMX_ENTRY_IA32E_GUEST);
}

uint64_t tdx_td_virtual_vmx_msr(const TdxModule *m, const TdxTdcs *tdcs,
                            uint32_t msr)
{
    switch (msr) {
    case X86_MSR_VMX_BASIC:
        return VMX_BASIC;
    case X86_MSR_VMX_MISC:
        return VMX_MISC;
    case X86_MSR_VMX_CR0_FIXED0:
        return VMX_CR0_FIXED0;
    case X86_MSR_VMX_CR0_FIXED1:
        return VMX_CR0_FIXED1;
    case X86_MSR_VMX_CR4_FIXED0:
        return VMX_CR4_FIXED0;
    case X86_MSR_VMX_CR4_FIXED1:
        return tdx_common_msr(m, X86_MSR_VMX_CR4_FIXED1) &
               ~(tdx_vp_cr4_unsupported(tdcs) | TDX_CR4_SMXE) &
               ~(tdx_td_flag(tdcs, TDX_FLAG_LA57) ? 0 : CR4_LA57);
    case X86_MSR_VMX_PROCBASED_CTLS2:
        return proc2(tdcs);
    case X86_MSR_VMX_EPT_VPID_CAP:
        return VMX_EPT_VPID | (tdcs->xfam & TDX_XFAM_CET ? VMX_EPT_SSS : 0);
    case X86_MSR_VMX_TRUE_PINBASED_CTLS:
        return must_and_may(VMX_PIN, VMX_PIN);
    case X86_MSR_VMX_TRUE_PROCBASED_CTLS:
        return proc(m, tdcs);
    case X86_MSR_VMX_TRUE_EXIT_CTLS:
        return exit_controls(tdcs);
    case X86_MSR_VMX_TRUE_ENTRY_CTLS:
        return entry_controls(tdcs);
    case X86_MSR_VMX_PROCBASED_CTLS3:
        return VMX_PROC3;
    default:
        return 0;
    }
}

uint64_t tdx_td_arch_capabilities(const TdxModule *m, const TdxTdcs *tdcs)
{
    uint64_t native = tdx_common_msr(m, X86_MSR_ARCH_CAPABILITIES);
    uint64_t configured = tdcs->arch_capabilities;

    return (native & ARCH_NATIVE) |
           (native & configured & ARCH_IF_CONFIGURED) |
           ((native | configured) & ARCH_OR_CONFIGURED) |
           (tdx_td_flag(tdcs, TDX_FLAG_TSX) ? native & ARCH_TSX_CTRL : 0) |
           X86_ARCH_CAP_XAPIC_DISABLE;
}
