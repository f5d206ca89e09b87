/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs of a TD's guest that have rules of their own (TD CPU 2.4).
 */

#ifndef TDX_EXIT_MSR_SPECIAL_H
#define TDX_EXIT_MSR_SPECIAL_H

#include "../td/msr.h"
#include "exit.h"

/** tdx_exit_msr_reducible: #VE, or #GP while REDUCE_VE is 1 */
TdxExitEnd tdx_exit_msr_reducible(TdxExit *e);

TdxExitEnd tdx_exit_rdmsr_special(TdxExit *e, TdxMsrSpecial special,
                              uint32_t msr);
TdxExitEnd tdx_exit_wrmsr_special(TdxExit *e, TdxMsrSpecial special,
                              uint32_t msr);

#endif /* TDX_EXIT_MSR_SPECIAL_H */
