/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TD_PARAMS, the structure by which a host describes a new TD.
 */

#ifndef TDX_TD_TD_PARAMS_H
#define TDX_TD_TD_PARAMS_H

#include "td.h"

#define TDX_TD_PARAMS_SIZE 1024

/* TD life cycle 4.4.1; fields are in host byte order once loaded */
typedef struct TdxTdParams {
    uint64_t attributes;
    uint64_t xfam;
    uint16_t max_vcpus;
    uint8_t num_l2_vms;
    uint8_t msr_config_ctls;
    uint32_t reserved20;
    uint64_t eptp_controls;
    uint64_t config_flags;
    uint16_t tsc_frequency;
    uint8_t reserved42[38];
    uint8_t mrconfigid[TDX_MR_SIZE];
    uint8_t mrowner[TDX_MR_SIZE];
    uint8_t mrownerconfig[TDX_MR_SIZE];
    uint64_t arch_capabilities;
    uint8_t reserved232[24];
    TdxCpuidValue cpuid[TDX_NUM_CPUID_CONFIG];
    uint8_t reserved_end[TDX_TD_PARAMS_SIZE - 256 -
                         sizeof(TdxCpuidValue) * TDX_NUM_CPUID_CONFIG];
} TdxTdParams;

_Static_assert(sizeof(TdxTdParams) == TDX_TD_PARAMS_SIZE, "ABI");

/* Bits of ATTRIBUTES and XFAM that a TD may have on this processor */
uint64_t tdx_td_attributes_known(const TdxModule *m);
uint64_t tdx_td_xfam_known(const TdxModule *m);

/** tdx_td_params_load: copy from the host's memory; false: no memory there */
bool tdx_td_params_load(TdxModule *m, uint64_t hpa, TdxTdParams *params);

/**
 * tdx_td_params_apply: check @params step by step and write the TDCS on the way
 * (TD life cycle 4.4, steps 5 to 22).
 * @filters: the list of event filters that the host gave, or 0
 * @bad_leaf: see tdx_td_cpuid_check()
 */
TdxStatus tdx_td_params_apply(const TdxCall *c, TdxTdRef *td,
                              const TdxTdParams *params, bool has_filters,
                              uint64_t filters, uint64_t *bad_leaf);

/**
 * tdx_td_event_filters_check: a list of event filters (TD life cycle 4.4, 18).
 * @list: bits 11:0 how many, 51:12 where
 */
TdxStatus tdx_td_event_filters_check(TdxModule *m, uint64_t list);

#endif /* TDX_TD_TD_PARAMS_H */
