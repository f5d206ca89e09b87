/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDMR_INFO as TDH.SYS.CONFIG receives it, and its verification.
 */

#ifndef TDX_PAMT_TDMR_H
#define TDX_PAMT_TDMR_H

#include "../core/call.h"

/* Each TDMR_INFO, and the array of pointers to them, is aligned to this */
#define TDX_TDMR_INFO_ALIGN 512

typedef struct TdxTdmrInfo {
    uint64_t base;
    uint64_t size;
    TdxRange pamt_1g;
    TdxRange pamt_2m;
    TdxRange pamt_4k; /* the page bitmap with Dynamic PAMT */
    TdxRange rsvd[TDX_MAX_RSVD_PER_TDMR]; /* base: offset in the TDMR */
} TdxTdmrInfo;

/**
 * tdx_verify_tdmr: checks 7.2.2 to 7.2.10 on TDMR number @i; those before it
 * are in @m already.
 * @info: the host's structure, a copy that no longer changes
 * @tdmr: becomes the TDMR's entry, not initialised anywhere yet
 * Returns the status.
 */
TdxStatus tdx_verify_tdmr(const TdxModule *m, unsigned i,
                          const TdxTdmrInfo *info, TdxTdmr *tdmr);

#endif /* TDX_PAMT_TDMR_H */
