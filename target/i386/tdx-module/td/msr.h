/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs as a TD's guest finds them (TD CPU 2).
 */

#ifndef TDX_TD_MSR_H
#define TDX_TD_MSR_H

#include "guest-cpuid.h"

typedef enum TdxMsrRuleKind {
    TDX_MSR_REDUCIBLE, /* R: the rule of what stands in no range */
    TDX_MSR_DIRECT,    /* where @arg, a TdxMsrHas, is there; else #GP */
    TDX_MSR_VE,
    TDX_MSR_GP,
    TDX_MSR_FLAG,      /* @arg: a TdxCpuidFlag */
    TDX_MSR_SPECIAL,   /* @arg: a TdxMsrSpecial */
} TdxMsrRuleKind;

/* What a TD may have, so that an MSR is its guest's own */
typedef enum TdxMsrHas {
    TDX_MSR_HAS_ALL,
    TDX_MSR_HAS_PERFMON,
    TDX_MSR_HAS_METRICS,
    TDX_MSR_HAS_WAITPKG,
    TDX_MSR_HAS_TSX,
    TDX_MSR_HAS_XFD,
    TDX_MSR_HAS_PT,
    TDX_MSR_HAS_CET,
    TDX_MSR_HAS_PKS,
    TDX_MSR_HAS_UINTR,
    TDX_MSR_HAS_LBR,
} TdxMsrHas;

/* MSRs that have rules of their own */
typedef enum TdxMsrSpecial {
    TDX_MSR_SPECIAL_SMI_COUNT,
    TDX_MSR_SPECIAL_LOCKED,
    TDX_MSR_SPECIAL_IGNORED,
    TDX_MSR_SPECIAL_BIOS_SIGN_ID,
    TDX_MSR_SPECIAL_XAPIC_DISABLED,
    TDX_MSR_SPECIAL_ZERO,
    TDX_MSR_SPECIAL_ARCH_CAPABILITIES,
    TDX_MSR_SPECIAL_MISC_ENABLE,
    TDX_MSR_SPECIAL_DEBUGCTL,
    TDX_MSR_SPECIAL_PERF_CAPABILITIES,
    TDX_MSR_SPECIAL_VMX,
    TDX_MSR_SPECIAL_X2APIC_ID,
    TDX_MSR_SPECIAL_XSS,
    TDX_MSR_SPECIAL_EFER,
    TDX_NUM_MSR_SPECIALS,
} TdxMsrSpecial;

typedef struct TdxMsrRule {
    uint8_t kind; /* TdxMsrRuleKind */
    uint8_t arg;
} TdxMsrRule;

/** tdx_td_msr_bitmapped: is @msr one that the MSR bitmaps have a bit for? */
bool tdx_td_msr_bitmapped(uint32_t msr);

/** tdx_td_msr_rule: what a guest's access to @msr is */
TdxMsrRule tdx_td_msr_rule(uint32_t msr, bool write);

/** tdx_td_msr_has: does the TD have what makes an MSR its guest's own? */
bool tdx_td_msr_has(const TdxModule *m, const TdxTdcs *tdcs, TdxMsrHas has);

/** tdx_td_virtual_vmx_msr: IA32_VMX_* as the guest reads it */
uint64_t tdx_td_virtual_vmx_msr(const TdxModule *m, const TdxTdcs *tdcs,
                            uint32_t msr);

/** tdx_td_arch_capabilities: IA32_ARCH_CAPABILITIES as the guest reads it */
uint64_t tdx_td_arch_capabilities(const TdxModule *m, const TdxTdcs *tdcs);

/**
 * tdx_td_msr_bitmap_fill: let the guest have its own MSRs without an exit, and
 * nothing else; the TD has its parameters.
 */
TdxStatus tdx_td_msr_bitmap_fill(TdxTdRef *td);

#endif /* TDX_TD_MSR_H */
