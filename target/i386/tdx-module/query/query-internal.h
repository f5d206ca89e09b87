/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How the parts of the module's query functions read what others write.
 */

#ifndef TDX_QUERY_QUERY_INTERNAL_H
#define TDX_QUERY_QUERY_INTERNAL_H

#include "../core/call.h"
#include "../include/query.h"
#include "../pamt/walk.h"

/**
 * tdx_peek: copy 64-bit words that SEAMCALLs may be writing, by any means.
 * The copy is complete before anything that the caller reads afterwards, so
 * that it can look whether what it copied was still there.
 */
void tdx_peek(void *copy, const void *from, size_t len);

/**
 * tdx_peek_private: copy what private memory holds at @hpa, within a page.
 * Returns false, and @copy is zeros, when nothing was ever written there.
 */
bool tdx_peek_private(TdxModule *m, uint64_t hpa, uint16_t hkid, void *copy,
                      size_t len);

/** tdx_peek_blank: was nothing ever written to the page at @hpa? */
bool tdx_peek_blank(TdxModule *m, uint64_t hpa);

/**
 * tdx_peek_leaf: copy the PAMT entry that describes the page at @hpa now.
 * False: there is none.
 */
bool tdx_peek_leaf(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                   TdxPamtEntry *leaf);

/** tdx_peek_tdmr: the TDMR around @hpa, or the next one above; or NULL */
const TdxQueryTdmr *tdx_peek_tdmr(const TdxQueryConfig *cfg, uint64_t hpa);

/**
 * TdxQueryRaw: the entries of a range.
 * @large: 1G; @range: 2M
 * @page: TDX_PAMT_CHILDREN 4K entries; NULL: all are free, or there are none
 */
struct TdxQueryRaw {
    TdxPamtEntry large;
    TdxPamtEntry range;
    const TdxPamtEntry *page;
};

/* A type and all else but the lock are the same */
static inline bool tdx_peek_same(const TdxPamtEntry *a, const TdxPamtEntry *b)
{
    return tdx_pamt_head(a) == tdx_pamt_head(b) &&
           (tdx_pamt_type(a) != TDX_PT_PAMT ||
            tdx_pamt_pair_hpa(a, 1) == tdx_pamt_pair_hpa(b, 1));
}

#endif /* TDX_QUERY_QUERY_INTERNAL_H */
