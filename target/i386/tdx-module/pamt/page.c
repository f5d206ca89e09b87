/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a page is and whose: the check of explicit page operands (PAMT 3.3),
 * the change from free to used and back (PAMT 7).
 */

#include "bitmap.h"
#include "page.h"

TdxStatus tdx_pamt_wrong_type(const TdxModule *m, TdxStatus status, uint32_t op,
                              uint64_t hpa, const TdxPamtEntry *entry)
{
    return tdx_fails(m, tdx_op(status, op), NULL, hpa, TDX_CAUSE_TYPE,
                     tdx_pamt_type(entry));
}

TdxStatus tdx_pamt_check_not_pamt(const TdxPamtRef *ref, uint32_t op)
{
    TdxPamtBit bit;
    TdxStatus status;

    if (!ref->m->st.dynamic_pamt || tdx_pamt_type(ref->entry) != TDX_PT_NDA) {
        return TDX_SUCCESS;
    }
    status = tdx_pamt_bit(ref->m, ref->tdmr, ref->hpa, &bit);
    if (status) {
        return status;
    }
    return tdx_pamt_bit_test(&bit)
           ? tdx_fails(ref->m, tdx_op(TDX_PAGE_METADATA_INCORRECT, op), NULL,
                       ref->hpa, TDX_CAUSE_PAMT_OR_RESERVED, 0)
           : TDX_SUCCESS;
}

/* PAMT 3.3 step 6, dynamic: no page of the range is a PAMT page or reserved */
static TdxStatus check_2m_bits(const TdxPamtRef *ref, uint32_t op)
{
    uint64_t *words;
    TdxStatus status = tdx_pamt_bits_of_2m(ref->m, ref->tdmr, ref->hpa, &words);
    unsigned i;

    if (status) {
        return status;
    }
    for (i = 0; i < TDX_PAMT_WORDS_OF_2M; i++) {
        uint64_t bits = __atomic_load_n(&words[i], __ATOMIC_ACQUIRE);

        if (bits) {
            return tdx_fails(ref->m, tdx_op(TDX_PAGE_METADATA_INCORRECT, op),
                             "page",
                             ref->hpa + (i * 64 + __builtin_ctzll(bits)) *
                             TDX_PAGE_4K, TDX_CAUSE_PAMT_OR_RESERVED, 0);
        }
    }
    return TDX_SUCCESS;
}

/* PAMT 3.3 step 6, static: each page of the range is free by itself */
static TdxStatus check_2m_entries(const TdxPamtRef *ref, uint32_t op)
{
    unsigned i;
    TdxStatus status;

    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        TdxPamtEntry *e = tdx_pamt_child(ref, ref->entry, TDX_LEVEL_2M, i);

        status = tdx_require(e, TDX_STATUS_NONE) ?:
                 tdx_require(tdx_pamt_type(e) == TDX_PT_NDA,
                             tdx_pamt_wrong_type(ref->m,
                                                 TDX_PAGE_METADATA_INCORRECT,
                                                 op, ref->hpa + i * TDX_PAGE_4K,
                                                 e));
        if (status) {
            return status;
        }
    }
    return TDX_SUCCESS;
}

/* PAMT 3.3 step 3 */
static TdxStatus wrong_level(const TdxPamtRef *ref, TdxPageType page_type,
                             uint32_t op)
{
    bool no_pair = ref->m->st.dynamic_pamt && page_type == TDX_PT_NDA &&
                   ref->level == TDX_LEVEL_2M &&
                   tdx_pamt_type(ref->entry) == TDX_PT_NDA;

    if (no_pair) {
        return tdx_fails(ref->m, tdx_op(TDX_MISSING_PAMT_PAGE_PAIR, op), NULL,
                         ref->hpa, TDX_CAUSE_NO_PAIR, 0);
    }
    return tdx_fails(ref->m, tdx_op(TDX_PAGE_METADATA_INCORRECT, op), NULL,
                     ref->hpa, TDX_CAUSE_LEVEL, ref->level);
}

/* PAMT 3.3 */
TdxStatus tdx_pamt_get_page(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa,
                            TdxLevel level, TdxPageType page_type,
                            TdxLockType type, uint32_t op)
{
    TdxModule *m = c->m;
    TdxStatus status;

    status = tdx_check_private_hpa(m, hpa, tdx_level_size(level), op) ?:
             tdx_pamt_find(ref, c, hpa, op) ?:
             tdx_pamt_lock(ref, level, type, op);
    if (status) {
        return status;
    }
    if (ref->level != level) {
        return wrong_level(ref, page_type, op);
    }
    status = tdx_require(tdx_pamt_type(ref->entry) == page_type,
                         tdx_pamt_wrong_type(m, TDX_PAGE_METADATA_INCORRECT, op,
                                             ref->hpa, ref->entry)) ?:
             tdx_pamt_check_not_pamt(ref, op);
    if (status) {
        return status;
    }
    if (level == TDX_LEVEL_2M && page_type == TDX_PT_NDA) {
        return m->st.dynamic_pamt ? check_2m_bits(ref, op)
                                  : check_2m_entries(ref, op);
    }
    return TDX_SUCCESS;
}

void tdx_pamt_assign(TdxPamtRef *ref, TdxPageType page_type, uint64_t tdr_hpa)
{
    TdxPageType before = tdx_pamt_type(ref->entry);

    tdx_pamt_set_owner(ref->entry, page_type, tdr_hpa);
    tdx_pamt_observe(ref, ref->level, 1, before, page_type, tdr_hpa);
    if (ref->range) {
        tdx_pamt_count_up(ref->range);
    }
}

void tdx_pamt_observe_range(const TdxModule *m, uint64_t hpa, TdxLevel level,
                            uint64_t n, const char *before, TdxPageType after,
                            uint64_t owner)
{
    const TdxObserver *observer = tdx_observer(m);

    if (observer) {
        observer->pamt(m->opaque, hpa & ~(tdx_level_size(level) - 1),
                       tdx_level_name(level), n, before,
                       tdx_page_type_name(after), owner);
    }
}

uint64_t tdx_pamt_free(TdxPamtRef *ref)
{
    tdx_pamt_observe(ref, ref->level, 1, tdx_pamt_type(ref->entry), TDX_PT_NDA,
                     tdx_pamt_owner(ref->entry));
    tdx_pamt_set_type(ref->entry, TDX_PT_NDA);
    /*
     * The lock goes before the count: an implicit one does not keep the page
     * pair in its place, only the count does.
     */
    tdx_lock_release(ref->lock[ref->level], TDX_LOCK_TYPE_EXCLUSIVE);
    ref->lock[ref->level] = NULL;
    if (ref->range && tdx_pamt_count_down(ref->range) == 0) {
        return TDX_PAMT_HINT;
    }
    return 0;
}
