/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checking what a page is, and changing what it is used for.
 */

#ifndef TDX_PAMT_PAGE_H
#define TDX_PAMT_PAGE_H

#include "walk.h"

/* "No TD page is left under this page pair" in output registers (PAMT 7) */
#define TDX_PAMT_HINT (1ULL << 62)

/**
 * tdx_pamt_get_page: the check of an explicit page operand (PAMT 3.3).
 * @hpa: as the host gave it; aligned to @level, no KeyID bits
 * @level, @page_type: what the page must be; TDX_PT_NDA for a free one
 * @type: lock to hold on it
 * @op: operand id of every failure
 */
TdxStatus tdx_pamt_get_page(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa,
                            TdxLevel level, TdxPageType page_type,
                            TdxLockType type, uint32_t op);

/**
 * tdx_pamt_get_free: tdx_pamt_get_page() for a free page, locked exclusively
 */
static inline TdxStatus tdx_pamt_get_free(TdxPamtRef *ref, const TdxCall *c,
                                          uint64_t hpa, TdxLevel level,
                                          uint32_t op)
{
    return tdx_pamt_get_page(ref, c, hpa, level, TDX_PT_NDA,
                             TDX_LOCK_TYPE_EXCLUSIVE, op);
}

/**
 * tdx_pamt_wrong_type: @status with @op, because the page at @hpa is what
 * @entry says; the observer is told
 */
TdxStatus tdx_pamt_wrong_type(const TdxModule *m, TdxStatus status, uint32_t op,
                              uint64_t hpa, const TdxPamtEntry *entry);

/**
 * tdx_pamt_check_not_pamt: a locked free page must not serve as PAMT page nor
 * lie in a reserved area (PAMT 3.3 step 5); TDX_PAGE_METADATA_INCORRECT.
 */
TdxStatus tdx_pamt_check_not_pamt(const TdxPamtRef *ref, uint32_t op);

/**
 * tdx_pamt_assign: give a free page, locked exclusively, to a TD.
 * @tdr_hpa: owner, 0 for a TDR.  The range counts a page.  BEPOCH stays as the
 * page's last use has left it; leaves that begin at 0 say so.
 */
void tdx_pamt_assign(TdxPamtRef *ref, TdxPageType page_type, uint64_t tdr_hpa);

/**
 * tdx_pamt_free: take a page, locked exclusively, back from its TD.
 * The range counts one less; returns TDX_PAMT_HINT when it was the last, to
 * be ORed into the leaf's output, else 0.  The owner stays in the entry.
 * Call it last: the entry's lock is released, and @ref->entry may be no more,
 * since the host may remove the page pair from now on.
 */
uint64_t tdx_pamt_free(TdxPamtRef *ref);

/**
 * tdx_pamt_observe_range: tell the observer of @n entries in a row, from the
 * one of the page of size @level around @hpa on.
 * @before: as in TdxObserver
 */
void tdx_pamt_observe_range(const TdxModule *m, uint64_t hpa, TdxLevel level,
                            uint64_t n, const char *before, TdxPageType after,
                            uint64_t owner);

/**
 * tdx_pamt_observe: the same for entries that have changed from @before.
 * With @n > 1 these are the first @n below @ref's entry.
 */
static inline void tdx_pamt_observe(const TdxPamtRef *ref, TdxLevel level,
                                    unsigned n, TdxPageType before,
                                    TdxPageType after, uint64_t owner)
{
    if (tdx_observer(ref->m)) {
        tdx_pamt_observe_range(ref->m,
                               ref->hpa & ~(tdx_level_size(ref->level) - 1),
                               level, n, tdx_page_type_name(before), after,
                               owner);
    }
}

#endif /* TDX_PAMT_PAGE_H */
