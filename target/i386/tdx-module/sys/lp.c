/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the logical processors of a machine must have in common.
 */

#include "../../x86-defs/msr-bits.h"
#include "cpuid.h"
#include "platform.h"
#include "platform-msr.h"

/* In the order of life cycle 4; the first are compared before the CPUID */
#define NUM_EARLY_MSRS 4

static const uint32_t common_msrs[TDX_NUM_COMMON_MSRS] = {
    X86_MSR_CORE_CAPABILITIES,      /* 4.6 */
    X86_MSR_ARCH_CAPABILITIES,
    X86_MSR_MISC_PACKAGE_CTLS,
    X86_MSR_XAPIC_DISABLE_STATUS,
    X86_MSR_TSC_ADJUST,             /* 4.10 */
    X86_MSR_MTRRCAP,                /* 4.11 */
    X86_MSR_SMRR_PHYSBASE,
    X86_MSR_SMRR_PHYSMASK,
    X86_MSR_VMX_BASIC,              /* 4.12 */
    X86_MSR_VMX_TRUE_PINBASED_CTLS,
    X86_MSR_VMX_TRUE_PROCBASED_CTLS,
    X86_MSR_VMX_PROCBASED_CTLS2,
    X86_MSR_VMX_PROCBASED_CTLS3,
    X86_MSR_VMX_TRUE_EXIT_CTLS,
    X86_MSR_VMX_TRUE_ENTRY_CTLS,
    X86_MSR_VMX_MISC,
    X86_MSR_VMX_EPT_VPID_CAP,
    X86_MSR_VMX_CR0_FIXED0,
    X86_MSR_VMX_CR0_FIXED1,
    X86_MSR_VMX_CR4_FIXED0,
    X86_MSR_VMX_CR4_FIXED1,
    X86_MSR_PERF_CAPABILITIES,      /* 4.13 */
    X86_MSR_TME_CAPABILITY,
    X86_MSR_TME_ACTIVATE,
    X86_MSR_MKTME_KEYID_PARTITIONING,
    X86_MSR_WBINVDP,
    X86_MSR_WBNOINVDP,
};

/*
 * CPUID that LPs must have in common: family and features, without the bits
 * that show what software enabled on an LP (APIC, MONITOR, OSXSAVE, OSPKE),
 * the TSC's clock, and the address widths.
 */
static const struct {
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t mask[TDX_NUM_CPUID_REGS];
} common_cpuid[] = {
    { X86_CPUID_FMS, TDX_CPUID_NO_SUBLEAF,
      { 0xffffffff, 0, ~(1u << 3 | 1u << 27), ~(1u << 9) } },
    { X86_CPUID_FEATURES, 0,
      { 0xffffffff, 0xffffffff, ~(1u << 4), 0xffffffff } },
    { X86_CPUID_XSAVE, 1, { 0xffffffff, 0, 0xffffffff, 0xffffffff } },
    { X86_CPUID_TSC, TDX_CPUID_NO_SUBLEAF,
      { 0xffffffff, 0xffffffff, 0xffffffff, 0 } },
    { X86_CPUID_PA_BITS, TDX_CPUID_NO_SUBLEAF, { 0xffff, 0, 0, 0 } },
};

void tdx_sample_msrs(const TdxCall *c)
{
    for (unsigned i = 0; i < TDX_NUM_COMMON_MSRS; i++) {
        c->m->st.common_msr[i] = tdx_msr(c, common_msrs[i]);
    }
}

uint64_t tdx_common_msr(const TdxModule *m, uint32_t msr)
{
    for (unsigned i = 0; i < TDX_NUM_COMMON_MSRS; i++) {
        if (common_msrs[i] == msr) {
            return m->st.common_msr[i];
        }
    }
    return 0;
}

static TdxStatus check_msrs(const TdxCall *c, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        if (tdx_msr(c, common_msrs[i]) != c->m->st.common_msr[i]) {
            return tdx_op(TDX_INCONSISTENT_MSR, common_msrs[i]);
        }
    }
    return TDX_SUCCESS;
}

/* Life cycle 4.8 */
static TdxStatus check_cpuid(TdxCall *c)
{
    TdxModule *m = c->m;

    for (unsigned i = 0; i < sizeof(common_cpuid) / sizeof(common_cpuid[0]);
         i++) {
        uint32_t leaf = common_cpuid[i].leaf;
        uint32_t subleaf = common_cpuid[i].subleaf;
        const uint32_t *mask = common_cpuid[i].mask;
        const uint32_t *first = tdx_native_cpuid(m, leaf, subleaf);
        uint32_t here[TDX_NUM_CPUID_REGS], differ = 0;

        m->ops->cpuid(m->opaque, c->lp, leaf,
                      subleaf == TDX_CPUID_NO_SUBLEAF ? 0 : subleaf, here);
        for (unsigned reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
            differ |= (here[reg] ^ first[reg]) & mask[reg];
        }
        if (differ) {
            c->gpr[TDX_RCX] = (uint64_t)subleaf << 32 | leaf;
            c->gpr[TDX_RDX] = (uint64_t)mask[TDX_CPUID_EBX] << 32 |
                              mask[TDX_CPUID_EAX];
            c->gpr[TDX_R8] = (uint64_t)mask[TDX_CPUID_EDX] << 32 |
                             mask[TDX_CPUID_ECX];
            return TDX_INCONSISTENT_CPUID_FIELD;
        }
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_check_lp(TdxCall *c)
{
    TdxModule *m = c->m;
    uint32_t pkg = m->ops->lp_package(m->opaque, c->lp);

    return check_msrs(c, 0, NUM_EARLY_MSRS) ?:
           tdx_require(!(tdx_msr(c, X86_MSR_MISC_ENABLE) &
                         X86_MISC_ENABLE_LIMIT_CPUID),
                       TDX_LIMIT_CPUID_MAXVAL_SET) ?: /* 4.7 */
           check_cpuid(c) ?:
           tdx_require(pkg < TDX_MAX_PKGS,
                       tdx_op(TDX_INVALID_PKG_ID, pkg)) ?: /* 4.9 */
           check_msrs(c, NUM_EARLY_MSRS, TDX_NUM_COMMON_MSRS);
}
