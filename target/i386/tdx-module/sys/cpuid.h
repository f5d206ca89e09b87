/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPUID as the module knows it: native values sampled once, and what of them
 * a TD's owner may configure.
 */

#ifndef TDX_SYS_CPUID_H
#define TDX_SYS_CPUID_H

#include "../../x86-defs/cpuid.h"
#include "../core/state.h"

/* Registers of a CPUID result in the order of all tables */
typedef enum TdxCpuidReg {
    TDX_CPUID_EAX,
    TDX_CPUID_EBX,
    TDX_CPUID_ECX,
    TDX_CPUID_EDX,
    TDX_NUM_CPUID_REGS,
} TdxCpuidReg;

/**
 * TdxCpuidConfig: a leaf that the owner of a TD can configure (metadata 6).
 * @subleaf: TDX_CPUID_NO_SUBLEAF when the leaf has none
 * @direct: bits that are always configurable
 * @allow: bits that are configurable where the native value is 1
 */
typedef struct TdxCpuidConfig {
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t direct[TDX_NUM_CPUID_REGS];
    uint32_t allow[TDX_NUM_CPUID_REGS];
} TdxCpuidConfig;

/* In the order of CPUID_CONFIG_LEAVES, which is also that of TD_PARAMS */
extern const TdxCpuidConfig tdx_cpuid_config[TDX_NUM_CPUID_CONFIG];

/** tdx_cpuid_config_of: the entry for a leaf; NULL when it has none */
const TdxCpuidConfig *tdx_cpuid_config_of(uint32_t leaf, uint32_t subleaf);

/**
 * tdx_sample_cpuid: record the native CPUID of @lp; what the module says about
 * CPUID does not change after that.  TDH.SYS.INIT does this.
 */
void tdx_sample_cpuid(TdxModule *m, unsigned lp);

/**
 * tdx_native_cpuid: sampled native value of a leaf; zeros where the processor
 * lacks it or the module does not look at it.
 * @subleaf: TDX_CPUID_NO_SUBLEAF for a leaf without subleaves
 */
const uint32_t *tdx_native_cpuid(const TdxModule *m, uint32_t leaf,
                                 uint32_t subleaf);

/**
 * tdx_common_cpuid: what all TDs have of a leaf before they differ: the
 * sampled value but for the bits that the module fixes.
 * @regs: the result; zeros when the module does not know the leaf
 */
void tdx_common_cpuid(const TdxModule *m, uint32_t leaf, uint32_t subleaf,
                      uint32_t regs[TDX_NUM_CPUID_REGS]);

/**
 * tdx_native_cpuid_at: sampled value number @rank, in the order in which the
 * module goes through its leaves; NULL behind the last one.
 */
const uint32_t *tdx_native_cpuid_at(const TdxModule *m, unsigned rank,
                                    uint32_t *leaf, uint32_t *subleaf);

/**
 * tdx_cpuid_index: the number of a leaf in the order of
 * tdx_native_cpuid_at(), whatever the subleaf if it has none; -1: not known
 */
int tdx_cpuid_index(uint32_t leaf, uint32_t subleaf);

/** tdx_cpuid_config_mask: configurable bits of entry @i, register @reg */
uint32_t tdx_cpuid_config_mask(const TdxModule *m, unsigned i,
                               TdxCpuidReg reg);

#endif /* TDX_SYS_CPUID_H */
