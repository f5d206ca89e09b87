/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The CPUID of a TD as its guest sees it.
 */

#ifndef TDX_TD_VIRTUAL_CPUID_H
#define TDX_TD_VIRTUAL_CPUID_H

#include "../sys/cpuid.h"
#include "td.h"

/**
 * tdx_td_virtual_cpuid: the CPUID that the TD's guest sees, from the
 * processor's and from what TDH.MNG.INIT configured (TD life cycle 4.5)
 * @subleaf: TDX_CPUID_NO_SUBLEAF for a leaf without subleaves
 * @regs: the result; zeros when the module does not know the leaf; only to be
 *   used if tdx_td_intact()
 */
void tdx_td_virtual_cpuid(const TdxTdRef *td, uint32_t leaf, uint32_t subleaf,
                          uint32_t regs[TDX_NUM_CPUID_REGS]);

#endif /* TDX_TD_VIRTUAL_CPUID_H */
