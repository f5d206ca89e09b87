/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The PAMT's side of splitting a large page and of joining 512 small ones
 * (PAMT 9).
 */

#ifndef TDX_PAMT_SPLIT_H
#define TDX_PAMT_SPLIT_H

#include "pair.h"

/**
 * tdx_pamt_split_check: all checks of operands R12 and R13 and of the entry to
 * be split; the pages of the pair are claimed after it.
 * @page: becomes the entry of the large page at @hpa, locked exclusively
 */
TdxStatus tdx_pamt_split_check(const TdxCall *c, TdxPamtRef *page,
                               TdxPamtPair *pair, uint64_t hpa);

/** tdx_pamt_split: describe the large page by 512 entries one level below */
TdxStatus tdx_pamt_split(TdxPamtRef *page, TdxPamtPair *pair);

/**
 * tdx_pamt_join: describe 512 pages one level below @page by its entry alone.
 * @page: locked exclusively
 * @pair: receives the page pair that is free now, under Dynamic PAMT and for
 *   a 2 MiB page
 * @has_pair: whether there was one
 */
TdxStatus tdx_pamt_join(TdxPamtRef *page, uint64_t tdr_hpa, uint64_t pair[2],
                        bool *has_pair);

#endif /* TDX_PAMT_SPLIT_H */
