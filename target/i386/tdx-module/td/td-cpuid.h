/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD's virtual CPUID as far as TDH.MNG.INIT configures it.
 */

#ifndef TDX_TD_TD_CPUID_H
#define TDX_TD_TD_CPUID_H

#include "../sys/cpuid.h"

/* The XSAVE area: legacy part and header, then components from number 2 on */
#define TDX_XSAVE_HEADER_END     576
#define TDX_NUM_XSAVE_COMPONENTS 19

typedef struct TdxCpuidValue {
    uint32_t reg[TDX_NUM_CPUID_REGS];
} TdxCpuidValue;

/**
 * TdxTdCpuidInput: what CPUID_CONFIG is checked against.
 * @config: the operand, in the order of tdx_cpuid_config[]
 * @migratable, @maxpa_virt, @maxgpa_virt: ATTRIBUTES and CONFIG_FLAGS of the
 *   TD
 * @gpa_width: 48 or 52, by GPAW
 * @tsx_ctrl: the processor has IA32_TSX_CTRL
 */
typedef struct TdxTdCpuidInput {
    const TdxCpuidValue *config;
    bool migratable;
    bool maxpa_virt;
    bool maxgpa_virt;
    unsigned gpa_width;
    bool tsx_ctrl;
} TdxTdCpuidInput;

/**
 * tdx_td_cpuid_check: TD life cycle 4.4.2.
 * @values: what the TD will see of the configurable bits, in table order
 * @virtual_maxpa: physical address width that the TD will see
 * @bad_leaf: the offending entry as TDH.MNG.INIT reports it in RCX, or 0
 * Returns the status to answer with.
 */
TdxStatus tdx_td_cpuid_check(const TdxModule *m, const TdxTdCpuidInput *in,
                             TdxCpuidValue *values, uint32_t *virtual_maxpa,
                             uint64_t *bad_leaf);

/** tdx_td_cpuid_check_topology: CPUID leaf 0x1F of @config (4.4, step 20) */
TdxStatus tdx_td_cpuid_check_topology(const TdxCpuidValue *config);

#endif /* TDX_TD_TD_CPUID_H */
