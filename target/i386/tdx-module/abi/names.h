/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States and page types in words, as the TDX module ABI calls them.
 */

#ifndef TDX_ABI_NAMES_H
#define TDX_ABI_NAMES_H

#include <stdint.h>

/*
 * The name of a value of the enumeration in question, without the prefix
 * that it has in the source; "unknown" for a value that is none.  Constant.
 */
const char *tdx_sys_state_name(uint64_t state);     /* TdxSysState */
const char *tdx_lifecycle_name(uint64_t state);     /* TdxLifecycle */
const char *tdx_op_state_name(uint64_t state);      /* TdxOpState */
const char *tdx_vcpu_state_name(uint64_t state);    /* TdxVcpuState */
const char *tdx_page_type_name(uint64_t type);      /* TdxPageType */
const char *tdx_level_name(uint64_t level);         /* TdxLevel */
const char *tdx_sept_state_name(uint64_t state);    /* TdxSeptState */

#endif /* TDX_ABI_NAMES_H */
