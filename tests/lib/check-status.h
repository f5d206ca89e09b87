/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The names under which the linker (--wrap) knows the two ends of a checked
 * tdx_module_seamcall().
 */

#ifndef CHECK_STATUS_H
#define CHECK_STATUS_H

#include "include/module.h"

TdxSeamcall __real_tdx_module_seamcall(TdxModule *m, unsigned lp,
                                       uint64_t gpr[TDX_NUM_GPRS],
                                       TdxTdRun *run);
TdxSeamcall __wrap_tdx_module_seamcall(TdxModule *m, unsigned lp,
                                       uint64_t gpr[TDX_NUM_GPRS],
                                       TdxTdRun *run);

#endif /* CHECK_STATUS_H */
