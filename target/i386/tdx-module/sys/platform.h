/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What TDH.SYS.INIT demands of the machine, and TDH.SYS.LP.INIT of each
 * further logical processor.
 */

#ifndef TDX_SYS_PLATFORM_H
#define TDX_SYS_PLATFORM_H

#include "../core/call.h"

/**
 * tdx_check_platform: the checks of life cycle 3.1 on the LP of @c.  The
 * native CPUID has been sampled.
 * Returns the status.
 */
TdxStatus tdx_check_platform(const TdxCall *c);

/** tdx_sample_msrs: remember what LPs must have in common with that of @c */
void tdx_sample_msrs(const TdxCall *c);

/** tdx_common_msr: one of them; 0 for an MSR that is none */
uint64_t tdx_common_msr(const TdxModule *m, uint32_t msr);

/**
 * tdx_check_lp: checks 6 to 13 of TDH.SYS.LP.INIT on the LP of @c; writes
 * the output registers of TDX_INCONSISTENT_CPUID_FIELD.
 * Returns the status.
 */
TdxStatus tdx_check_lp(TdxCall *c);

#endif /* TDX_SYS_PLATFORM_H */
