/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a page is and whose: the check of explicit page operands (PAMT 3.3),
 * the change from free to used and back (PAMT 7).
 */

#include "pamt.h"

uint64_t pamt_check_not_pamt(const TdxPamtRef *ref, uint32_t op)
{
    TdxPamtBit bit;
    uint64_t status;

    if (!ref->m->st.dynamic_pamt || pamt_type(ref->entry) != TDX_PT_NDA) {
        return TDX_SUCCESS;
    }
    status = pamt_bit(ref->m, ref->tdmr, ref->hpa, &bit);
    if (status != TDX_SUCCESS) {
        return status;
    }
    return pamt_bit_test(&bit) ? tdx_op(TDX_PAGE_METADATA_INCORRECT, op)
                               : TDX_SUCCESS;
}

/* PAMT 3.3 step 6, dynamic: no page of the range is a PAMT page or reserved */
static uint64_t check_2m_bits(const TdxPamtRef *ref, uint32_t op)
{
    uint64_t *words;
    uint64_t status = pamt_bits_of_2m(ref->m, ref->tdmr, ref->hpa, &words);
    unsigned i;

    if (status != TDX_SUCCESS) {
        return status;
    }
    for (i = 0; i < TDX_PAMT_WORDS_OF_2M; i++) {
        if (__atomic_load_n(&words[i], __ATOMIC_ACQUIRE)) {
            return tdx_op(TDX_PAGE_METADATA_INCORRECT, op);
        }
    }
    return TDX_SUCCESS;
}

/* PAMT 3.3 step 6, static: each page of the range is free by itself */
static uint64_t check_2m_entries(const TdxPamtRef *ref, uint32_t op)
{
    unsigned i;

    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        TdxPamtEntry *e = pamt_child(ref, ref->entry, TDX_LEVEL_2M, i);

        if (!e) {
            return TDX_STATUS_NONE;
        }
        if (pamt_type(e) != TDX_PT_NDA) {
            return tdx_op(TDX_PAGE_METADATA_INCORRECT, op);
        }
    }
    return TDX_SUCCESS;
}

/* PAMT 3.3 step 3 */
static uint64_t wrong_level(const TdxPamtRef *ref, TdxPageType page_type,
                            uint32_t op)
{
    bool no_pair = ref->m->st.dynamic_pamt && page_type == TDX_PT_NDA &&
                   ref->level == TDX_LEVEL_2M &&
                   pamt_type(ref->entry) == TDX_PT_NDA;

    return tdx_op(no_pair ? TDX_MISSING_PAMT_PAGE_PAIR
                          : TDX_PAGE_METADATA_INCORRECT, op);
}

/* PAMT 3.3 */
uint64_t pamt_get_page(TdxPamtRef *ref, TdxModule *m, uint64_t hpa,
                       TdxLevel level, TdxPageType page_type,
                       TdxLockType type, uint32_t op)
{
    uint64_t status;

    if (!tdx_private_hpa_ok(m, hpa, tdx_level_size(level))) {
        return tdx_op(TDX_OPERAND_INVALID, op);
    }
    if (!pamt_find(ref, m, hpa)) {
        return tdx_op(TDX_OPERAND_ADDR_RANGE_ERROR, op);
    }
    status = pamt_lock(ref, level, type, op);
    if (status != TDX_SUCCESS) {
        return status;
    }
    if (ref->level != level) {
        return wrong_level(ref, page_type, op);
    }
    if (pamt_type(ref->entry) != page_type) {
        return tdx_op(TDX_PAGE_METADATA_INCORRECT, op);
    }
    status = pamt_check_not_pamt(ref, op);
    if (status != TDX_SUCCESS) {
        return status;
    }
    if (level == TDX_LEVEL_2M && page_type == TDX_PT_NDA) {
        return m->st.dynamic_pamt ? check_2m_bits(ref, op)
                                  : check_2m_entries(ref, op);
    }
    return TDX_SUCCESS;
}

void pamt_assign(TdxPamtRef *ref, TdxPageType page_type, uint64_t tdr_hpa)
{
    pamt_set_bepoch(ref->entry, 0);
    pamt_set_owner(ref->entry, page_type, tdr_hpa);
    if (ref->range) {
        pamt_count_up(ref->range);
    }
}

uint64_t pamt_free(TdxPamtRef *ref)
{
    pamt_set_type(ref->entry, TDX_PT_NDA);
    /*
     * The lock goes before the count: an implicit one does not keep the page
     * pair in its place, only the count does.
     */
    tdx_guard_release(&ref->guard[ref->level]);
    ref->entry = NULL;
    if (ref->range && pamt_count_down(ref->range) == 0) {
        return TDX_PAMT_HINT;
    }
    return 0;
}
