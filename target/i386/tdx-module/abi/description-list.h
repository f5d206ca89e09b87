/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the description of a module in an image says, in the order in which it
 * is written: TDX_DESCRIPTION(key, member of TdxModuleConfig, largest value).
 * "need" stands for all of "the module wants need-value in the bits need-mask
 * of MSR need-msr".
 */

TDX_DESCRIPTION("major", major, UINT16_MAX)
TDX_DESCRIPTION("minor", minor, UINT16_MAX)
TDX_DESCRIPTION("update", update, UINT16_MAX)
TDX_DESCRIPTION("internal-version", internal, UINT16_MAX)
TDX_DESCRIPTION("build-date", build_date, UINT32_MAX)
TDX_DESCRIPTION("build-num", build_num, UINT16_MAX)
TDX_DESCRIPTION("features0", features0, UINT64_MAX)
TDX_DESCRIPTION("max-tdmrs", max_tdmrs, UINT16_MAX)
TDX_DESCRIPTION("max-reserved-per-tdmr", max_rsvd_per_tdmr, UINT16_MAX)
TDX_DESCRIPTION("sys-disable", sys_disable, 1)
TDX_DESCRIPTION("module-hv", built_in.module_hv, UINT16_MAX)
TDX_DESCRIPTION("min-update-hv", built_in.min_update_hv, UINT16_MAX)
TDX_DESCRIPTION("no-downgrade", built_in.no_downgrade, 1)
TDX_DESCRIPTION("min-handoff-pages", min_handoff_pages, UINT16_MAX)
TDX_DESCRIPTION("crypto-context", crypto_context, UINT16_MAX)
TDX_DESCRIPTION("need-msr", need_msr, UINT32_MAX)
TDX_DESCRIPTION("need-mask", need_mask, UINT64_MAX)
TDX_DESCRIPTION("need-value", need_value, UINT64_MAX)
