/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs as firmware leaves them on a machine it has enabled TDX on.
 */

#include "../../x86-defs/msr-bits.h"
#include "../include/platform.h"

/* KeyID bits that tell a TDX KeyID from an MKTME KeyID */
static uint64_t tdx_keyid_bits(const TdxPlatformInfo *info)
{
    uint64_t bits = 0;

    while (bits < info->keyid_bits &&
           (1ULL << (info->keyid_bits - bits)) > 1ULL + info->mktme_keyids) {
        bits++;
    }
    return bits;
}

bool tdx_firmware_msr(const TdxPlatformInfo *info, uint32_t msr,
                      uint64_t *value)
{
    uint64_t keyid_bits = info->keyid_bits;

    switch (msr) {
    case X86_MSR_TSC_ADJUST:
    case X86_MSR_CORE_CAPABILITIES:
    case X86_MSR_SMRR_PHYSBASE:
        *value = 0;
        return true;
    case X86_MSR_MKTME_KEYID_PARTITIONING:
        *value = (uint64_t)info->tdx_keyids << 32 | info->mktme_keyids;
        return true;
    case X86_MSR_WBINVDP:
    case X86_MSR_WBNOINVDP:
        *value = 1;
        return true;
    case X86_MSR_MISC_PACKAGE_CTLS:
        *value = X86_MISC_PACKAGE_ENERGY_FILTERING;
        return true;
    case X86_MSR_XAPIC_DISABLE_STATUS:
        *value = X86_XAPIC_DISABLED;
        return true;
    case X86_MSR_MTRRCAP:
        *value = X86_MTRRCAP_SMRR | X86_MTRRCAP_SMRR_LOCK |
                 X86_MTRRCAP_SEAMRR;
        return true;
    case X86_MSR_ARCH_CAPABILITIES:
        *value = X86_ARCH_CAP_MISC_PACKAGE_CTLS |
                 X86_ARCH_CAP_ENERGY_FILTERING | X86_ARCH_CAP_XAPIC_DISABLE;
        return true;
    case X86_MSR_MISC_ENABLE:
        *value = X86_MISC_ENABLE_FAST_STRINGS | X86_MISC_ENABLE_PERFMON;
        return true;
    case X86_MSR_SMRR_PHYSMASK:
        *value = X86_SMRR_LOCK;
        return true;
    case X86_MSR_PERF_CAPABILITIES:
        *value = X86_PERF_CAP_FREEZE_WHILE_SMM | X86_PERF_CAP_FULL_WRITE;
        return true;
    case X86_MSR_TME_CAPABILITY:
        *value = X86_TME_AES_XTS_128 |
                 keyid_bits << X86_TME_CAP_KEYID_BITS_SHIFT |
                 ((1ULL << keyid_bits) - 1) << X86_TME_CAP_KEYS_SHIFT;
        return true;
    case X86_MSR_TME_ACTIVATE:
        *value = X86_TME_ACTIVATE_LOCK | X86_TME_ACTIVATE_ENABLE |
                 keyid_bits << X86_TME_ACTIVATE_KEYID_BITS_SHIFT |
                 tdx_keyid_bits(info) << X86_TME_ACTIVATE_TDX_BITS_SHIFT |
                 X86_TME_AES_XTS_128 << X86_TME_ACTIVATE_ALGORITHMS_SHIFT;
        return true;
    default:
        return false;
    }
}
