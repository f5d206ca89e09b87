/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Measurements of a running TD: RTMRs and TDREPORT (TDCALL 4.3, 4.5).
 */

#ifndef TDX_TD_MEASURE_H
#define TDX_TD_MEASURE_H

#include "td.h"

#define TDX_TDREPORT_SIZE   1024
#define TDX_REPORTDATA_SIZE 64
#define TDX_TDINFO_SIZE     512

/** tdx_td_measure_extend: @rtmr := SHA-384 of @rtmr and @data */
void tdx_td_measure_extend(uint8_t rtmr[TDX_MR_SIZE],
                       const uint8_t data[TDX_MR_SIZE]);

/**
 * tdx_td_measure_info: TDINFO of the TD and its hash, which may be cached
 * Returns whether the hash had to be computed.
 */
bool tdx_td_measure_info(const TdxTdRef *td, uint8_t info[TDX_TDINFO_SIZE],
                     uint8_t hash[TDX_MR_SIZE]);

/**
 * tdx_td_measure_report: all of a TDREPORT but what the processor adds
 * @data: REPORTDATA
 */
void tdx_td_measure_report(const TdxTdRef *td,
                       const uint8_t data[TDX_REPORTDATA_SIZE],
                       const uint8_t info[TDX_TDINFO_SIZE],
                       const uint8_t hash[TDX_MR_SIZE],
                       uint8_t report[TDX_TDREPORT_SIZE]);

#endif /* TDX_TD_MEASURE_H */
