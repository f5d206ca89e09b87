/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PAMT page pairs (PAMT 5, 6, 9).
 */

#ifndef TDX_PAMT_PAIR_H
#define TDX_PAMT_PAIR_H

#include "walk.h"

/**
 * TdxPamtPair: two pages that are to hold the 4K entries of a 2 MiB range.
 * Declare with PAMT_PAIR(pair), which releases the locks at scope end.
 * @page: their shared locks; @op: operand ids of the two
 */
typedef struct TdxPamtPair {
    TdxPamtRef *page[2];
    uint32_t op[2];
} TdxPamtPair;

#define PAMT_PAIR(pair) \
    PAMT_REF(pair##_page0); \
    PAMT_REF(pair##_page1); \
    TdxPamtPair pair = { .page = { &pair##_page0, &pair##_page1 } }

/**
 * tdx_pamt_pair_operand: format of page operand @index (0, 1) of a pair:
 * TDX_OPERAND_INVALID op.
 */
TdxStatus tdx_pamt_pair_operand(TdxPamtPair *pair, TdxModule *m, unsigned index,
                                uint64_t hpa, uint32_t op);

/** tdx_pamt_pair_find: its block: TDX_OPERAND_ADDR_RANGE_ERROR op */
TdxStatus tdx_pamt_pair_find(TdxPamtPair *pair, const TdxCall *c, unsigned index,
                             uint64_t hpa);

/**
 * tdx_pamt_pair_claim: lock both pages shared, see that they are free and set
 * their bits in the bitmap: TDX_OPERAND_BUSY, TDX_PAGE_NOT_FREE.
 * @range: the 2 MiB range to describe, its 2M entry locked exclusively
 */
TdxStatus tdx_pamt_pair_claim(TdxPamtPair *pair, const TdxPamtRef *range);

/**
 * tdx_pamt_pair_install: make the claimed pages the page pair of @range.
 * @page_type, @tdr_hpa: what all 512 entries say: TDX_PT_NDA for a range of
 *   free pages, or the type and owner of a large page that is being split
 * @range: its 2M entry is locked exclusively and becomes TDX_PT_PAMT
 */
TdxStatus tdx_pamt_pair_install(TdxPamtPair *pair, const TdxPamtRef *range,
                                TdxPageType page_type, uint64_t tdr_hpa);

/**
 * tdx_pamt_pair_release: clear the bitmap bits of the pair in @range's 2M
 * entry, locked exclusively; @hpa: the two addresses.  The caller changes the
 * entry after it.
 */
TdxStatus tdx_pamt_pair_release(const TdxPamtRef *range, uint64_t hpa[2]);

#endif /* TDX_PAMT_PAIR_H */
