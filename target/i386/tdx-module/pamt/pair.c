/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * PAMT page pairs: the two pages that hold the 4K entries of a 2 MiB range
 * under Dynamic PAMT (PAMT 5, 6, 9).
 */

#include "bitmap.h"
#include "page.h"
#include "pair.h"

TdxStatus tdx_pamt_pair_operand(TdxPamtPair *pair, TdxModule *m, unsigned index,
                                uint64_t hpa, uint32_t op)
{
    pair->op[index] = op;
    return tdx_check_private_hpa(m, hpa, TDX_PAGE_4K, op);
}

TdxStatus tdx_pamt_pair_find(TdxPamtPair *pair, const TdxCall *c,
                             unsigned index, uint64_t hpa)
{
    const TdxPamtRef *first = pair->page[0];

    /* Mostly neighbours; a block is of one TDMR and is initialised as a whole */
    if (index == 1 && (first->hpa ^ hpa) < TDX_PAGE_1G) {
        tdx_pamt_found(pair->page[1], first->m, first->tdmr, hpa);
        pair->page[1]->lp = first->lp;
        return TDX_SUCCESS;
    }
    return tdx_pamt_find(pair->page[index], c, hpa, pair->op[index]);
}

/* Is @page known to be free because @other, which is locked and free, is? */
static bool as_free_as(const TdxPamtRef *page, const TdxPamtRef *other)
{
    return other->entry && other->level == TDX_LEVEL_2M &&
           tdx_pamt_type(other->entry) == TDX_PT_NDA &&
           (page->hpa ^ other->hpa) < TDX_PAGE_2M;
}

/* PAMT.ADD steps 10 and 11; @first: the first page, for the second */
static TdxStatus lock_free_page(TdxPamtRef *page, const TdxPamtRef *range,
                                const TdxPamtRef *first, uint32_t op)
{

    if (as_free_as(page, range) || as_free_as(page, first)) {
        return TDX_SUCCESS;
    }
    return tdx_pamt_lock_beside(page, range, TDX_LOCK_TYPE_SHARED, op) ?:
           tdx_require(tdx_pamt_type(page->entry) == TDX_PT_NDA,
                       tdx_pamt_wrong_type(page->m, TDX_PAGE_NOT_FREE, op,
                                           page->hpa, page->entry));
}

static TdxStatus bit_was_set(const TdxPamtPair *pair, unsigned index)
{
    return tdx_fails(pair->page[index]->m,
                     tdx_op(TDX_PAGE_NOT_FREE, pair->op[index]), NULL,
                     pair->page[index]->hpa, TDX_CAUSE_PAMT_OR_RESERVED, 0);
}

/* PAMT.ADD steps 12 to 15: the number of the page that is taken, or -1 */
static int claim_bits(const TdxPamtBit bit[2])
{
    uint64_t was;

    /* Neighbours share a word, and atomic accesses are what costs here */
    if (bit[0].word == bit[1].word && bit[0].mask != bit[1].mask) {
        was = tdx_pamt_bits_claim(bit[0].word, bit[0].mask | bit[1].mask);
        return !was ? -1 : was & bit[0].mask ? 0 : 1;
    }
    if (tdx_pamt_bit_test_and_set(&bit[0])) {
        return 0;
    }
    if (tdx_pamt_bit_test_and_set(&bit[1])) {
        tdx_pamt_bit_clear(&bit[0]);
        return 1;
    }
    return -1;
}

/* PAMT.ADD steps 10 to 15 */
TdxStatus tdx_pamt_pair_claim(TdxPamtPair *pair, const TdxPamtRef *range)
{
    TdxPamtBit bit[2];
    TdxTdmr *tdmr[2];
    uint64_t hpa[2];
    TdxStatus status;
    int taken;
    unsigned i;

    for (i = 0; i < 2; i++) {
        hpa[i] = pair->page[i]->hpa;
        tdmr[i] = pair->page[i]->tdmr;
        status = lock_free_page(pair->page[i], range, pair->page[0],
                                pair->op[i]);
        if (status) {
            return status;
        }
    }
    status = tdx_pamt_bits_of_pair(range->m, tdmr, hpa, bit);
    if (status) {
        return status;
    }
    taken = claim_bits(bit);
    return taken < 0 ? TDX_SUCCESS : bit_was_set(pair, taken);
}

/* Write the same type and owner into the 256 entries of a cleared page */
static bool fill_page(TdxModule *m, uint64_t hpa, TdxPageType page_type,
                      uint64_t tdr_hpa)
{
    TdxPamtEntry *e = tdx_private(m, hpa, m->st.hkid);
    unsigned i;

    for (i = 0; e && i < TDX_PAMT_CHILDREN / 2; i++) {
        tdx_pamt_set_owner(&e[i], page_type, tdr_hpa);
    }
    return e;
}

TdxStatus tdx_pamt_pair_install(TdxPamtPair *pair, const TdxPamtRef *range,
                                TdxPageType page_type, uint64_t tdr_hpa)
{
    TdxPageType before = tdx_pamt_type(range->entry);
    TdxModule *m = range->m;
    uint64_t hpa[2];
    unsigned i;

    for (i = 0; i < 2; i++) {
        hpa[i] = pair->page[i]->hpa;
        if (!m->ops->private_take(m->opaque, hpa[i], TDX_PAGE_4K) ||
            (page_type != TDX_PT_NDA &&
             !fill_page(m, hpa[i], page_type, tdr_hpa))) {
            return tdx_fatal(m, "no memory where a PAMT page is");
        }
    }
    tdx_pamt_set_pair(range->entry, hpa,
                      page_type == TDX_PT_NDA ? 0 : TDX_PAMT_CHILDREN);
    tdx_pamt_observe(range, TDX_LEVEL_2M, 1, before, TDX_PT_PAMT, 0);
    if (page_type != TDX_PT_NDA) {
        tdx_pamt_observe_range(m, range->hpa, TDX_LEVEL_4K, TDX_PAMT_CHILDREN,
                               NULL, page_type, tdr_hpa);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_pamt_pair_release(const TdxPamtRef *range, uint64_t hpa[2])
{
    TdxPamtBit bit[2];
    TdxTdmr *tdmr[2];
    TdxStatus status;
    unsigned i;

    for (i = 0; i < 2; i++) {
        hpa[i] = tdx_pamt_pair_hpa(range->entry, i);
        tdmr[i] = tdx_pamt_tdmr_near(range, hpa[i]);
        if (!tdmr[i]) {
            return tdx_fatal(range->m, "a PAMT page lies outside all TDMRs");
        }
    }
    status = tdx_pamt_bits_of_pair(range->m, tdmr, hpa, bit);
    if (status) {
        return status;
    }
    if (bit[0].word == bit[1].word) {
        tdx_pamt_bits_clear(bit[0].word, bit[0].mask | bit[1].mask);
    } else {
        tdx_pamt_bit_clear(&bit[0]);
        tdx_pamt_bit_clear(&bit[1]);
    }
    return TDX_SUCCESS;
}
