/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * System metadata fields whose value has to be worked out.
 */

#include "../sys/cpuid.h"
#include "../td/td-params.h"
#include "sys-values.h"

uint64_t tdx_get_min_dynamic_pamt_hkid_bits(const void *scope, unsigned index)
{
    const TdxModule *m = scope;

    return m->plat.max_pa > TDX_DYNAMIC_PAMT_HPA_BITS
           ? m->plat.max_pa - TDX_DYNAMIC_PAMT_HPA_BITS : 0;
}

uint64_t tdx_get_attributes_fixed0(const void *scope, unsigned index)
{
    return tdx_td_attributes_known(scope);
}

uint64_t tdx_get_xfam_fixed0(const void *scope, unsigned index)
{
    return tdx_td_xfam_known(scope);
}

uint64_t tdx_get_cpuid_config_leaf(const void *scope, unsigned index)
{
    if (index >= TDX_NUM_CPUID_CONFIG) {
        return UINT64_MAX;
    }
    return (uint64_t)tdx_cpuid_config[index].subleaf << 32 |
           tdx_cpuid_config[index].leaf;
}

/* Two elements for each entry: EBX and EAX, then EDX and ECX */
uint64_t tdx_get_cpuid_config_value(const void *scope, unsigned index)
{
    unsigned i = index / 2;
    TdxCpuidReg low = index % 2 ? TDX_CPUID_ECX : TDX_CPUID_EAX;

    if (i >= TDX_NUM_CPUID_CONFIG) {
        return 0;
    }
    return (uint64_t)tdx_cpuid_config_mask(scope, i, low + 1) << 32 |
           tdx_cpuid_config_mask(scope, i, low);
}

/* The processors that the module is running on are the ones it allows */
uint64_t tdx_get_allowed_fms(const void *scope, unsigned index)
{
    const TdxModule *m = scope;

    return index ? 0 : m->plat.pkg_fms[0];
}
