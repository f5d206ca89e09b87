/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs of a TD's guest that have rules of their own (TD CPU 2.4 to 2.6).
 */

#include "../../x86-defs/msr-list.h"
#include "../../x86-defs/msr-bits.h"
#include "../sys/platform.h"
#include "msr-special.h"

#define LOCKED 1ULL
#define BIOS_SIGN_ID UINT32_MAX
#define XAPIC_DISABLED 1ULL

#define DEBUGCTL_RESERVED (7ULL << 3 | ~0xffffULL)
#define DEBUGCTL_TR       (1ULL << 6)
#define DEBUGCTL_BTS      (1ULL << 7)
#define DEBUGCTL_UNCORE   (1ULL << 13)
#define DEBUGCTL_FREEZE_SMM (1ULL << 14)
#define DEBUGCTL_RTM      (1ULL << 15)

#define PERF_CAPABILITIES_PEBS_OUTPUT_PT (1ULL << 16)

/* MISC_ENABLE: what a guest may write, and what then does not change */
#define MISC_ENABLE_TCC        (1ULL << 3)
#define MISC_ENABLE_XTPR       (1ULL << 23)
#define MISC_ENABLE_READ_ONLY  (X86_MISC_ENABLE_PERFMON | \
                                X86_MISC_ENABLE_BTS_UNAVAILABLE | \
                                X86_MISC_ENABLE_PEBS_UNAVAILABLE)
#define MISC_ENABLE_KNOWN      (X86_MISC_ENABLE_FAST_STRINGS | \
                                MISC_ENABLE_TCC | MISC_ENABLE_READ_ONLY | \
                                X86_MISC_ENABLE_EST | \
                                X86_MISC_ENABLE_MONITOR_FSM | \
                                X86_MISC_ENABLE_LIMIT_CPUID | \
                                MISC_ENABLE_XTPR)

static TdxExitEnd ve(TdxExit *e, TdxVeCategory category)
{
    return tdx_exit_inject_ve(e, category, 0);
}

static TdxExitEnd value(TdxExit *e, uint64_t v)
{
    tdx_exit_set_edx_eax(e, v);
    return TDX_EXIT_DONE;
}

/* Values that are there with REDUCE_VE only */
static TdxExitEnd reduced(TdxExit *e, uint64_t v)
{
    return tdx_exit_reduce_ve(e) ? value(e, v) : ve(e, TDX_VE_CONFIGURABLE);
}

static TdxExitEnd read_perf_capabilities(TdxExit *e)
{
    if (!(e->tdcs->attributes & TDX_ATTR_PERFMON)) {
        return value(e, 0);
    }
    return value(e, tdx_common_msr(e->m, X86_MSR_PERF_CAPABILITIES) &
                    ~PERF_CAPABILITIES_PEBS_OUTPUT_PT);
}

TdxExitEnd tdx_exit_rdmsr_special(TdxExit *e, TdxMsrSpecial special,
                                  uint32_t msr)
{
    switch (special) {
    case TDX_MSR_SPECIAL_SMI_COUNT:
        return reduced(e, e->tdvps->smi_count);
    case TDX_MSR_SPECIAL_LOCKED:
        return reduced(e, LOCKED);
    case TDX_MSR_SPECIAL_BIOS_SIGN_ID:
        return reduced(e, BIOS_SIGN_ID);
    case TDX_MSR_SPECIAL_XAPIC_DISABLED:
        return value(e, XAPIC_DISABLED);
    case TDX_MSR_SPECIAL_ZERO:
        return reduced(e, 0);
    case TDX_MSR_SPECIAL_ARCH_CAPABILITIES:
        return value(e, e->tdcs->virtual_arch_capabilities);
    case TDX_MSR_SPECIAL_MISC_ENABLE:
        return value(e, e->tdvps->misc_enable);
    case TDX_MSR_SPECIAL_DEBUGCTL:
        return value(e, e->vmcs->guest_debugctl & ~DEBUGCTL_UNCORE);
    case TDX_MSR_SPECIAL_PERF_CAPABILITIES:
        return read_perf_capabilities(e);
    case TDX_MSR_SPECIAL_VMX:
        return value(e, tdx_td_virtual_vmx_msr(e->m, e->tdcs, msr));
    case TDX_MSR_SPECIAL_X2APIC_ID:
        return tdx_td_ctls_of(e->tdcs) & TDX_TD_CTLS_ENUM_TOPOLOGY
               ? value(e, e->tdvps->x2apic_id)
               : ve(e, TDX_VE_CONFIGURABLE);
    default:
        return tdx_exit_msr_reducible(e);
    }
}

static TdxExitEnd write_misc_enable(TdxExit *e, uint64_t v)
{
    uint64_t *shadow = &e->tdvps->misc_enable;

    if (!tdx_exit_reduce_ve(e)) {
        return ve(e, TDX_VE_CONFIGURABLE);
    }
    if (v & ~MISC_ENABLE_KNOWN) {
        return tdx_exit_inject_gp(e);
    }
    v = (v & ~MISC_ENABLE_READ_ONLY) | (*shadow & MISC_ENABLE_READ_ONLY);
    if (v & X86_MISC_ENABLE_EST && !tdx_td_flag(e->tdcs, TDX_FLAG_EST)) {
        return tdx_exit_inject_gp(e);
    }
    if ((v ^ *shadow) & X86_MISC_ENABLE_MONITOR_FSM ||
        v & X86_MISC_ENABLE_LIMIT_CPUID) {
        return ve(e, TDX_VE_UNSUPPORTED);
    }
    if (v & MISC_ENABLE_XTPR && !tdx_td_flag(e->tdcs, TDX_FLAG_XTPR)) {
        return tdx_exit_inject_gp(e);
    }
    *shadow = v;
    return TDX_EXIT_DONE;
}

static TdxExitEnd write_debugctl(TdxExit *e, uint64_t v)
{
    X86Vmcs *vmcs = e->vmcs;

    if (v & DEBUGCTL_RESERVED) {
        return tdx_exit_inject_gp(e);
    }
    if (v & DEBUGCTL_TR && !(v & DEBUGCTL_BTS)) {
        return ve(e, TDX_VE_UNSUPPORTED);
    }
    if ((v & DEBUGCTL_FREEZE_SMM &&
         !(e->tdcs->attributes & TDX_ATTR_PERFMON)) ||
        (v & DEBUGCTL_RTM && !tdx_td_flag(e->tdcs, TDX_FLAG_TSX))) {
        return tdx_exit_inject_gp(e);
    }
    vmcs->guest_debugctl = (v & ~DEBUGCTL_UNCORE) |
                           (vmcs->guest_debugctl & DEBUGCTL_UNCORE);
    return TDX_EXIT_DONE;
}

static TdxExitEnd write_xss(TdxExit *e, uint64_t v)
{
    const uint32_t *native = tdx_native_cpuid(e->m, X86_CPUID_XSAVE, 1);
    uint64_t supported = (uint64_t)native[TDX_CPUID_EDX] << 32 |
                         native[TDX_CPUID_ECX];

    if (v & ~(supported & e->tdcs->xfam)) {
        return tdx_exit_inject_gp(e);
    }
    e->guest->xss = v;
    return TDX_EXIT_DONE;
}

/* LMA follows paging, whatever is written; LME and NXE are always 1 */
static TdxExitEnd write_efer(TdxExit *e, uint64_t v)
{
    uint64_t *efer = &e->vmcs->guest_efer;

    if ((v ^ *efer) & ~(TDX_EFER_LMA | TDX_EFER_SCE)) {
        return ve(e, TDX_VE_UNSUPPORTED);
    }
    *efer = (*efer & ~TDX_EFER_SCE) | (v & TDX_EFER_SCE);
    return TDX_EXIT_DONE;
}

TdxExitEnd tdx_exit_wrmsr_special(TdxExit *e, TdxMsrSpecial special,
                                  uint32_t msr)
{
    uint64_t v = tdx_exit_edx_eax(e);

    switch (special) {
    case TDX_MSR_SPECIAL_SMI_COUNT:
        if (!tdx_exit_reduce_ve(e)) {
            return ve(e, TDX_VE_CONFIGURABLE);
        }
        e->tdvps->smi_count = v;
        return TDX_EXIT_DONE;
    case TDX_MSR_SPECIAL_IGNORED:
        return tdx_exit_reduce_ve(e) ? TDX_EXIT_DONE
                                     : ve(e, TDX_VE_CONFIGURABLE);
    case TDX_MSR_SPECIAL_ZERO:
        return !tdx_exit_reduce_ve(e) ? ve(e, TDX_VE_CONFIGURABLE)
             : v ? tdx_exit_inject_gp(e) : TDX_EXIT_DONE;
    case TDX_MSR_SPECIAL_MISC_ENABLE:
        return write_misc_enable(e, v);
    case TDX_MSR_SPECIAL_DEBUGCTL:
        return write_debugctl(e, v);
    case TDX_MSR_SPECIAL_XSS:
        return write_xss(e, v);
    case TDX_MSR_SPECIAL_EFER:
        return write_efer(e, v);
    default:
        return tdx_exit_msr_reducible(e);
    }
}
