/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs as firmware leaves them on a machine it has enabled TDX on.
 */

#include "../abi/msr.h"
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
    case TDX_MSR_TSC_ADJUST:
    case TDX_MSR_CORE_CAPABILITIES:
    case TDX_MSR_SMRR_PHYSBASE:
        *value = 0;
        return true;
    case TDX_MSR_KEYID_PARTITIONING:
        *value = (uint64_t)info->tdx_keyids << 32 | info->mktme_keyids;
        return true;
    case TDX_MSR_WBINVDP:
    case TDX_MSR_WBNOINVDP:
        *value = 1;
        return true;
    case TDX_MSR_MISC_PACKAGE_CTLS:
        *value = TDX_MISC_PACKAGE_ENERGY_FILTERING;
        return true;
    case TDX_MSR_XAPIC_DISABLE_STATUS:
        *value = TDX_XAPIC_DISABLED;
        return true;
    case TDX_MSR_MTRRCAP:
        *value = TDX_MTRRCAP_SMRR | TDX_MTRRCAP_SMRR_LOCK |
                 TDX_MTRRCAP_SEAMRR;
        return true;
    case TDX_MSR_ARCH_CAPABILITIES:
        *value = TDX_ARCH_CAP_MISC_PACKAGE_CTLS |
                 TDX_ARCH_CAP_ENERGY_FILTERING | TDX_ARCH_CAP_XAPIC_DISABLE;
        return true;
    case TDX_MSR_MISC_ENABLE:
        *value = TDX_MISC_ENABLE_FAST_STRINGS | TDX_MISC_ENABLE_PERFMON;
        return true;
    case TDX_MSR_SMRR_PHYSMASK:
        *value = TDX_SMRR_LOCK;
        return true;
    case TDX_MSR_PERF_CAPABILITIES:
        *value = TDX_PERF_FREEZE_WHILE_SMM | TDX_PERF_FULL_WRITE;
        return true;
    case TDX_MSR_TME_CAPABILITY:
        *value = TDX_TME_AES_XTS_128 |
                 keyid_bits << TDX_TME_CAP_KEYID_BITS_SHIFT |
                 ((1ULL << keyid_bits) - 1) << TDX_TME_CAP_KEYS_SHIFT;
        return true;
    case TDX_MSR_TME_ACTIVATE:
        *value = TDX_TME_ACTIVATE_LOCK | TDX_TME_ACTIVATE_ENABLE |
                 keyid_bits << TDX_TME_ACTIVATE_KEYID_BITS_SHIFT |
                 tdx_keyid_bits(info) << TDX_TME_ACTIVATE_TDX_BITS_SHIFT |
                 TDX_TME_AES_XTS_128 << TDX_TME_ACTIVATE_ALGORITHMS_SHIFT;
        return true;
    default:
        return false;
    }
}
