/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * System metadata fields whose value has to be worked out; all of them are
 * TdxFieldGet functions with the TdxModule as scope.
 */

#ifndef TDX_METADATA_SYS_VALUES_H
#define TDX_METADATA_SYS_VALUES_H

#include "../abi/field.h"

TdxFieldGet tdx_get_min_dynamic_pamt_hkid_bits;
TdxFieldGet tdx_get_attributes_fixed0;
TdxFieldGet tdx_get_xfam_fixed0;
TdxFieldGet tdx_get_cpuid_config_leaf;
TdxFieldGet tdx_get_cpuid_config_value;
TdxFieldGet tdx_get_allowed_fms;

#endif /* TDX_METADATA_SYS_VALUES_H */
