/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What TDH.SYS.INIT demands of the machine.
 */

#include "../../x86-defs/msr-bits.h"
#include "cpuid.h"
#include "geometry.h"
#include "platform.h"
#include "platform-msr.h"

#define CPUID_NUM_CACHES     5

/* An MSR of which some bits must have a value */
typedef struct MsrRule {
    uint32_t msr;
    uint64_t mask;
    uint64_t value;
} MsrRule;

static TdxStatus check_rule(const TdxCall *c, const MsrRule *rule)
{
    uint64_t bits = tdx_msr(c, rule->msr) & rule->mask;

    if (bits != rule->value) {
        return tdx_fails(c->m, tdx_op(TDX_INCORRECT_MSR_VALUE, rule->msr),
                         "its bits", bits, TDX_CAUSE_NOT, rule->value);
    }
    return TDX_SUCCESS;
}

/* Life cycle 3.1 a to d */
static TdxStatus check_features(const TdxCall *c)
{
    /* ARCH_CAPABILITIES announces the MSRs that the next two rules read */
    static const MsrRule rules[] = {
        { X86_MSR_ARCH_CAPABILITIES,
          X86_ARCH_CAP_MISC_PACKAGE_CTLS | X86_ARCH_CAP_ENERGY_FILTERING |
          X86_ARCH_CAP_XAPIC_DISABLE,
          X86_ARCH_CAP_MISC_PACKAGE_CTLS | X86_ARCH_CAP_ENERGY_FILTERING |
          X86_ARCH_CAP_XAPIC_DISABLE },
        { X86_MSR_XAPIC_DISABLE_STATUS, UINT64_MAX, X86_XAPIC_DISABLED },
        { X86_MSR_MISC_PACKAGE_CTLS, X86_MISC_PACKAGE_ENERGY_FILTERING,
          X86_MISC_PACKAGE_ENERGY_FILTERING },
        { X86_MSR_PERF_CAPABILITIES,
          X86_PERF_CAP_FREEZE_WHILE_SMM | X86_PERF_CAP_FULL_WRITE,
          X86_PERF_CAP_FREEZE_WHILE_SMM | X86_PERF_CAP_FULL_WRITE },
    };

    for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        TdxStatus status = check_rule(c, &rules[i]);

        if (status) {
            return status;
        }
    }
    return TDX_SUCCESS;
}

/* Life cycle 3.1 e and f */
static TdxStatus check_misc_enable(const TdxCall *c)
{
    static const MsrRule monitoring = {
        X86_MSR_MISC_ENABLE,
        X86_MISC_ENABLE_PERFMON | X86_MISC_ENABLE_BTS_UNAVAILABLE,
        X86_MISC_ENABLE_PERFMON
    };

    if (tdx_msr(c, X86_MSR_MISC_ENABLE) & X86_MISC_ENABLE_LIMIT_CPUID) {
        return TDX_LIMIT_CPUID_MAXVAL_SET;
    }
    return check_rule(c, &monitoring);
}

static uint32_t native(const TdxModule *m, uint32_t leaf, uint32_t subleaf,
                       TdxCpuidReg reg)
{
    return tdx_native_cpuid(m, leaf, subleaf)[reg];
}

/*
 * Number of IDs that share an L3: a power of 2, of which not all need be in
 * use; 0 if there is none
 */
static uint32_t l3_ids(const TdxModule *m)
{
    uint32_t ids = 1;

    for (unsigned i = 0; i < CPUID_NUM_CACHES; i++) {
        uint32_t eax = native(m, X86_CPUID_CACHE, i, TDX_CPUID_EAX);

        if ((eax & 0x1f) && ((eax >> 5) & 7) == 3) {
            while (ids <= ((eax >> 14) & 0xfff)) {
                ids <<= 1;
            }
            return ids;
        }
    }
    return 0;
}

/* Life cycle 3.1 k */
static TdxStatus check_topology(const TdxModule *m)
{
    uint32_t last_type = X86_CPUID_LEVEL_NONE, pkg_shift = 0;
    bool has_core = false;

    for (unsigned i = 0; i < TDX_NUM_TOPOLOGY_LEVELS; i++) {
        uint32_t ecx = native(m, X86_CPUID_TOPOLOGY, i, TDX_CPUID_ECX);
        uint32_t shift = native(m, X86_CPUID_TOPOLOGY, i, TDX_CPUID_EAX) & 0x1f;
        uint32_t type = (ecx >> 8) & 0xff;

        if (type == X86_CPUID_LEVEL_NONE) {
            break;
        }
        /* Levels go up, and so do the IDs they take */
        if ((ecx & 0xff) != i || type <= last_type ||
            type > X86_CPUID_LEVEL_DIE || shift < pkg_shift) {
            return TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED;
        }
        last_type = type;
        pkg_shift = shift;
        has_core |= type == X86_CPUID_LEVEL_CORE;
    }
    return tdx_require(has_core, TDX_CPUID_LEAF_NOT_SUPPORTED) ?:
           /* Writing back the caches of one LP must reach just its package */
           tdx_require(l3_ids(m) == 1u << pkg_shift,
                       TDX_INVALID_WBINVD_SCOPE);
}

/* Life cycle 3.1 g to k */
static TdxStatus check_cpuid(const TdxModule *m)
{
    return tdx_require(native(m, X86_CPUID_MAX_LEAF, TDX_CPUID_NO_SUBLEAF,
                              TDX_CPUID_EAX) >= X86_CPUID_TOPOLOGY,
                       tdx_op(TDX_CPUID_LEAF_NOT_SUPPORTED,
                              X86_CPUID_TOPOLOGY)) ?:
           tdx_require(native(m, X86_CPUID_EXTENDED, TDX_CPUID_NO_SUBLEAF,
                              TDX_CPUID_EAX) >= X86_CPUID_PA_BITS,
                       tdx_op(TDX_CPUID_LEAF_NOT_SUPPORTED,
                              X86_CPUID_PA_BITS)) ?:
           tdx_require(native(m, X86_CPUID_TSC, TDX_CPUID_NO_SUBLEAF,
                              TDX_CPUID_EBX),
                       tdx_op(TDX_CPUID_LEAF_NOT_SUPPORTED, X86_CPUID_TSC)) ?:
           check_topology(m);
}

/* Life cycle 3.1 m to o */
static TdxStatus check_encryption(const TdxCall *c)
{
    const TdxPlatformInfo *p = &c->m->plat;
    uint64_t capable = tdx_msr(c, X86_MSR_TME_CAPABILITY) &
                       X86_TME_ALGORITHMS;
    uint64_t activate = tdx_msr(c, X86_MSR_TME_ACTIVATE);

    return tdx_require(activate & X86_TME_ACTIVATE_LOCK,
                       tdx_op(TDX_INCORRECT_MSR_VALUE,
                              X86_MSR_TME_ACTIVATE)) ?:
           tdx_require(capable,
                       tdx_op(TDX_INCORRECT_MSR_VALUE,
                              X86_MSR_TME_CAPABILITY)) ?:
           tdx_require(activate >> X86_TME_ACTIVATE_ALGORITHMS_SHIFT &
                       capable,
                       tdx_op(TDX_INCORRECT_MSR_VALUE,
                              X86_MSR_TME_ACTIVATE)) ?:
           tdx_require((uint64_t)p->mktme_keyids + p->tdx_keyids <
                       TDX_NUM_HKIDS,
                       tdx_op(TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED,
                              TDX_NUM_HKIDS)) ?:
           tdx_require(tdx_msr(c, X86_MSR_WBNOINVDP) ==
                       tdx_msr(c, X86_MSR_WBINVDP),
                       tdx_op(TDX_INCORRECT_MSR_VALUE, X86_MSR_WBNOINVDP));
}

/* Life cycle 3.1 q to t; there is one SMRR, number 0 */
static TdxStatus check_smrr(const TdxCall *c)
{
    uint64_t cap = tdx_msr(c, X86_MSR_MTRRCAP);
    uint64_t base = tdx_msr(c, X86_MSR_SMRR_PHYSBASE) & X86_SMRR_ADDRESS;
    uint64_t mask = tdx_msr(c, X86_MSR_SMRR_PHYSMASK);
    uint64_t offset = X86_SMRR_ADDRESS & ~mask; /* address bits inside */
    TdxStatus status;

    status = tdx_require(cap & X86_MTRRCAP_SMRR, TDX_SMRR_NOT_SUPPORTED) ?:
             tdx_require(cap & X86_MTRRCAP_SMRR_LOCK,
                         TDX_SMRR_LOCK_NOT_SUPPORTED) ?:
             tdx_require(mask & X86_SMRR_LOCK,
                         tdx_op(TDX_SMRR_NOT_LOCKED, 0));
    if (status) {
        return status;
    }
    if (!(mask & X86_SMRR_VALID)) {
        return TDX_SUCCESS;
    }
    if (offset == X86_SMRR_ADDRESS || (offset & (offset + TDX_PAGE_4K)) ||
        (base & offset)) {
        return tdx_op(TDX_INVALID_SMRR_CONFIGURATION, 0);
    }
    for (unsigned i = 0; i < TDX_MAX_CMRS; i++) {
        const TdxRange *cmr = &c->m->plat.cmr[i];

        if (tdx_ranges_overlap(base, offset + TDX_PAGE_4K, cmr->base,
                               cmr->size)) {
            return tdx_multi(TDX_SMRR_OVERLAPS_CMR, 0, i, 0, 0);
        }
    }
    return TDX_SUCCESS;
}

/* Modules differ in what they want beside that; the tests' ones do in this */
static TdxStatus check_needs(const TdxCall *c)
{
    const TdxModuleConfig *cfg = &c->m->cfg;

    return tdx_require(!cfg->need_mask ||
                       (tdx_msr(c, cfg->need_msr) & cfg->need_mask) ==
                       cfg->need_value,
                       tdx_op(TDX_INCORRECT_MSR_VALUE, cfg->need_msr));
}

TdxStatus tdx_check_platform(const TdxCall *c)
{
    TdxModule *m = c->m;

    return check_features(c) ?:
           check_misc_enable(c) ?:
           check_cpuid(m) ?:
           check_encryption(c) ?:
           tdx_require(tdx_cmrs_valid(m->plat.cmr, m->hkid_mask),
                       TDX_CMR_LIST_INVALID) ?: /* 3.1 p */
           check_smrr(c) ?:
           check_needs(c);
}
