/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The CPUID that a TD's guest sees, settled by TDH.MNG.INIT, and the flags in
 * it that decide about other behaviour (TD CPU 1).
 */

#ifndef TDX_TD_GUEST_CPUID_H
#define TDX_TD_GUEST_CPUID_H

#include "td.h"

/* FEATURE_PARAVIRT_CTLS (TDCALL 5.1) */
typedef enum TdxParavirt {
    TDX_PARAVIRT_CORE_CAPABILITIES,
    TDX_PARAVIRT_DCA,
    TDX_PARAVIRT_EST,
    TDX_PARAVIRT_MCA,
    TDX_PARAVIRT_MTRR,
    TDX_PARAVIRT_PCONFIG,
    TDX_PARAVIRT_RDT_A,
    TDX_PARAVIRT_RDT_M,
    TDX_PARAVIRT_ACPI,
    TDX_PARAVIRT_TM2,
    TDX_PARAVIRT_TME,
    TDX_PARAVIRT_TSC_DEADLINE,
    TDX_NUM_PARAVIRT,
    TDX_PARAVIRT_NONE,
} TdxParavirt;

#define TDX_CPUID_FLAG(name, ...) TDX_FLAG_##name,
typedef enum TdxCpuidFlag {
#include "cpuid-flag-list.h"
    TDX_NUM_CPUID_FLAGS,
} TdxCpuidFlag;
#undef TDX_CPUID_FLAG

/**
 * tdx_td_guest_cpuid_settle: work out all values and flags, once the TD has its
 * parameters; the TDR is locked exclusively.
 */
TdxStatus tdx_td_guest_cpuid_settle(TdxTdRef *td);

/** tdx_td_flags_update: TD_CTLS or FEATURE_PARAVIRT_CTLS have changed */
void tdx_td_flags_update(TdxTdcs *tdcs);

/** tdx_td_flag: what @flag is now */
static inline bool tdx_td_flag(const TdxTdcs *tdcs, TdxCpuidFlag flag)
{
    return __atomic_load_n(&tdcs->cpuid_flags, __ATOMIC_RELAXED) >> flag & 1;
}

/**
 * tdx_td_guest_cpuid_flags: put the flags that @regs, of a leaf, shows into it
 */
void tdx_td_guest_cpuid_flags(const TdxTdcs *tdcs, uint32_t leaf,
                              uint32_t subleaf, uint32_t regs[TDX_NUM_CPUID_REGS]);

/**
 * tdx_td_xbuff_offset: where component @wanted is in a vCPU's extended state,
 * compacted by XFAM; TDX_NUM_XSAVE_COMPONENTS: its size
 */
uint32_t tdx_td_xbuff_offset(const TdxTdRef *td, unsigned wanted);

#endif /* TDX_TD_GUEST_CPUID_H */
