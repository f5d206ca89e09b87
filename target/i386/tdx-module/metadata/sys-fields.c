/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every metadata field of system scope, declared once, in the order in which
 * TDH.SYS.RD leads through them.
 */

#include "../abi/field.h"
#include "../abi/td-config.h"
#include "../core/state.h"
#include "../pamt/entry.h"
#include "../sys/cpuid.h"
#include "sys-values.h"

/* All of them are readable by the host */
#define FIELDS(id_, name_, fields_, elems_) \
    .id = id_, .name = name_, .fields = fields_, .elems = elems_, \
    .host_rd = UINT64_MAX
#define FIELD(id_, name_) FIELDS(id_, name_, 1, 1)

/* The value is a member of TdxModule; or an array of them, given by two */
#define MEMBER(path) \
    .offset = offsetof(TdxModule, path), \
    .width = sizeof(((TdxModule *)NULL)->path)
#define MEMBERS(path, second) \
    MEMBER(path), \
    .step = offsetof(TdxModule, second) - offsetof(TdxModule, path)

static const TdxField rows[] = {
    { FIELD(0x0000000200000000, "NUM_PKGS"), MEMBER(plat.num_pkgs) },
    { FIELDS(0x0000000200000001, "PKG_FMS", TDX_MAX_PKGS, 1),
      MEMBERS(plat.pkg_fms[0], plat.pkg_fms[1]) },
    { FIELD(0x0800000200000000, "VENDOR_ID"), .value = TDX_VENDOR_INTEL,
      .guest_rd = UINT64_MAX },
    { FIELD(0x8800000200000001, "BUILD_DATE"), MEMBER(cfg.build_date) },
    { FIELD(0x8800000100000002, "BUILD_NUM"), MEMBER(cfg.build_num) },
    { FIELD(0x0800000100000003, "MINOR_VERSION"), MEMBER(cfg.minor),
      .guest_rd = UINT64_MAX },
    { FIELD(0x0800000100000004, "MAJOR_VERSION"), MEMBER(cfg.major),
      .guest_rd = UINT64_MAX },
    { FIELD(0x0800000100000005, "UPDATE_VERSION"), MEMBER(cfg.update) },
    { FIELD(0x0800000100000006, "INTERNAL_VERSION"), MEMBER(cfg.internal) },
    { FIELD(0x8900000100000000, "MODULE_HV"),
      MEMBER(cfg.built_in.module_hv) },
    { FIELD(0x8900000100000001, "MIN_UPDATE_HV"),
      MEMBER(cfg.built_in.min_update_hv) },
    { FIELD(0x8900000000000002, "NO_DOWNGRADE"),
      MEMBER(cfg.built_in.no_downgrade) },
    { FIELD(0x8900000100000003, "NUM_HANDOFF_PAGES"),
      MEMBER(cfg.num_handoff_pages) },
    { FIELD(0x8900000000000004, "HANDOFF_DATA_VALID"),
      MEMBER(st.handoff.valid) },
    { FIELD(0x8900000100000005, "HANDOFF_DATA_HV"), MEMBER(st.handoff.hv) },
    { FIELD(0x8900000200000006, "HANDOFF_DATA_SIZE"),
      MEMBER(st.handoff.size) },
    { FIELD(0x0a00000200000000, "SYS_ATTRIBUTES"), .value = 0,
      .guest_rd = UINT64_MAX },
    { FIELD(0x0a00000000000001, "NUM_TDX_FEATURES"), .value = 1,
      .guest_rd = UINT64_MAX },
    { FIELD(0x0a00000300000008, "TDX_FEATURES0"), MEMBER(features0),
      .guest_rd = UINT64_MAX },
    { FIELD(0x9000000100000000, "NUM_CMRS"), .value = TDX_MAX_CMRS },
    { FIELDS(0x9000000300000080, "CMR_BASE", TDX_MAX_CMRS, 1),
      MEMBERS(plat.cmr[0].base, plat.cmr[1].base) },
    { FIELDS(0x9000000300000100, "CMR_SIZE", TDX_MAX_CMRS, 1),
      MEMBERS(plat.cmr[0].size, plat.cmr[1].size) },
    { FIELD(0x9100000100000008, "MAX_TDMRS"), MEMBER(cfg.max_tdmrs) },
    { FIELD(0x9100000100000009, "MAX_RESERVED_PER_TDMR"),
      MEMBER(cfg.max_rsvd_per_tdmr) },
    { FIELD(0x9100000100000010, "PAMT_4K_ENTRY_SIZE"),
      .value = TDX_PAMT_ENTRY_SIZE },
    { FIELD(0x9100000100000011, "PAMT_2M_ENTRY_SIZE"),
      .value = TDX_PAMT_ENTRY_SIZE },
    { FIELD(0x9100000100000012, "PAMT_1G_ENTRY_SIZE"),
      .value = TDX_PAMT_ENTRY_SIZE },
    { FIELD(0x9100000000000013, "PAMT_PAGE_BITMAP_ENTRY_BITS"),
      .value = TDX_PAMT_BITMAP_BITS,
      .needs = TDX_FEATURES0_DYNAMIC_PAMT },
    { FIELD(0x9100000000000014, "MIN_DYNAMIC_PAMT_NUM_HKID_BITS"),
      .get = tdx_get_min_dynamic_pamt_hkid_bits,
      .needs = TDX_FEATURES0_DYNAMIC_PAMT },
    { FIELD(0x9800000100000000, "TDR_BASE_SIZE"), .value = TDX_PAGE_4K },
    { FIELD(0x9800000100000100, "TDCS_BASE_SIZE"),
      .value = TDX_TDCS_BASE_PAGES * TDX_PAGE_4K },
    { FIELD(0x9800000100000101, "TDCS_SIZE_PER_L2_VM"),
      .value = TDX_TDCS_PAGES_PER_L2 * TDX_PAGE_4K },
    { FIELD(0x9800000100000200, "TDVPS_BASE_SIZE"),
      .value = TDX_TDVPS_BASE_PAGES * TDX_PAGE_4K },
    { FIELD(0x9800000100000201, "TDVPS_SIZE_PER_L2_VM"),
      .value = TDX_TDVPS_PAGES_PER_L2 * TDX_PAGE_4K },
    { FIELD(0x1900000300000000, "ATTRIBUTES_FIXED0"),
      .get = tdx_get_attributes_fixed0 },
    { FIELD(0x1900000300000001, "ATTRIBUTES_FIXED1"),
      .value = TDX_ATTR_FIXED1 },
    { FIELD(0x1900000300000002, "XFAM_FIXED0"), .get = tdx_get_xfam_fixed0 },
    { FIELD(0x1900000300000003, "XFAM_FIXED1"), .value = TDX_XFAM_FIXED1 },
    { FIELD(0x9900000100000004, "NUM_CPUID_CONFIG"),
      .value = TDX_NUM_CPUID_CONFIG },
    { FIELD(0x9900000300000006, "CONFIG_FLAGS_FIXED0"),
      .value = TDX_CONFIG_FIXED0 },
    { FIELD(0x9900000300000007, "CONFIG_FLAGS_FIXED1"),
      .value = TDX_CONFIG_FIXED1 },
    { FIELD(0x9900000100000008, "MAX_VCPUS_PER_TD"), .value = TDX_MAX_VCPUS },
    { FIELD(0x9900000000000009, "MIN_VIRT_MAXPA"),
      .value = TDX_MIN_VIRT_MAXPA },
    { FIELD(0x990000010000000a, "MAX_EVENT_FILTERS"),
      .value = TDX_MAX_EVENT_FILTERS },
    { FIELDS(0x9900000300000400, "CPUID_CONFIG_LEAVES",
             TDX_MAX_CPUID_CONFIG, 1),
      .get = tdx_get_cpuid_config_leaf },
    { FIELDS(0x9900000300000500, "CPUID_CONFIG_VALUES",
             TDX_MAX_CPUID_CONFIG, 2),
      .get = tdx_get_cpuid_config_value, .filled = TDX_NUM_CPUID_CONFIG },
    { FIELD(0x9900000300000600, "IA32_ARCH_CAPABILITIES_CONFIG_MASK"),
      .value = TDX_ARCH_CAPABILITIES_CONFIG },
    /* The processors that the module runs on are those it allows */
    { FIELD(0x9900000100000800, "NUM_ALLOWED_FMS"), .value = 1 },
    { FIELD(0x9900000100000801, "NUM_DISALLOWED_FMS"), .value = 0 },
    { FIELDS(0x9900000300000810, "ALLOWED_FMS", TDX_MAX_FMS, 1),
      .get = tdx_get_allowed_fms },
    { FIELDS(0x9900000300000850, "DISALLOWED_FMS", TDX_MAX_FMS, 1),
      .value = 0 },
    { FIELD(0xa000000300000000, "MIG_ATTRIBUTES"), .value = 0,
      .guest_rd = UINT64_MAX },
    { FIELD(0x2000000100000001, "MIN_EXPORT_VERSION"), .value = 0,
      .guest_rd = UINT64_MAX },
    { FIELD(0x2000000100000002, "MAX_EXPORT_VERSION"), .value = 0,
      .guest_rd = UINT64_MAX },
    { FIELD(0x2000000100000003, "MIN_IMPORT_VERSION"), .value = 0,
      .guest_rd = UINT64_MAX },
    { FIELD(0x2000000100000004, "MAX_IMPORT_VERSION"), .value = 0,
      .guest_rd = UINT64_MAX },
    { FIELD(0xa000000100000010, "MAX_MIGS"), .value = 512 },
    { FIELD(0xa000000000000020, "NUM_IMMUTABLE_STATE_PAGES"), .value = 4 },
    { FIELD(0xa000000000000021, "NUM_TD_STATE_PAGES"), .value = 2 },
    { FIELD(0xa000000000000022, "NUM_VP_STATE_PAGES"), .value = 9 },
    { FIELD(0xa100000100000000, "MAX_SERV_TDS"), .value = 1 },
    { FIELD(0xa100000300000001, "SERVTD_ATTR_FIXED0"),
      .value = 0x7ff00000001 },
    { FIELD(0xa100000300000002, "SERVTD_ATTR_FIXED1"), .value = 0 },
    { FIELD(0xa200000100000000, "GUEST_L2_GPA_ATTR_MASK"), .value = 0x807f,
      .guest_rd = UINT64_MAX },
    { FIELD(0xa200000300000001, "VM_CTLS_FIXED0"),
      .value = TDX_VM_CTLS_FIXED0 },
    { FIELD(0xa200000300000002, "VM_CTLS_FIXED1"),
      .value = TDX_VM_CTLS_FIXED1 },
    /* The ABI spells these both ways */
    { FIELD(0xa200000300000003, "VPCU_L2_CTLS_FIXED0"), .value = 0x3 },
    { FIELD(0xa200000300000004, "VCPU_L2_CTLS_FIXED1"), .value = 0 },
    { FIELD(0xa200000300000005, "VPCU_L2_DEBUG_CTLS_FIXED0"), .value = 0x7 },
    { FIELD(0xa200000300000006, "VCPU_L2_DEBUG_CTLS_FIXED1"), .value = 0 },
};

const TdxFieldTable tdx_sys_fields = {
    .row = rows,
    .rows = sizeof(rows) / sizeof(rows[0]),
};
