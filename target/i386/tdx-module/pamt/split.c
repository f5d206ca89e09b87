/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The PAMT's side of splitting and joining large pages (PAMT 9).
 */

#include "page.h"
#include "split.h"

/* Is the level below held in a page pair? */
static bool needs_pair(const TdxPamtRef *page)
{
    return page->m->st.dynamic_pamt && page->level == TDX_LEVEL_2M;
}

TdxStatus pamt_split_check(const TdxCall *c, TdxPamtRef *page,
                           TdxPamtPair *pair, uint64_t hpa)
{
    static const TdxGpr regs[] = { TDX_R12, TDX_R13 };
    TdxModule *m = c->m;
    TdxStatus status;
    unsigned i;

    status = pamt_lock_implicit(page, m, hpa, TDX_LOCK_TYPE_EXCLUSIVE,
                                TDX_RCX);
    if (status || !needs_pair(page)) {
        return status;
    }
    for (i = 0; i < 2; i++) {
        status = pamt_pair_operand(pair, m, i, c->gpr[regs[i]], regs[i]);
        if (status) {
            return status;
        }
    }
    for (i = 0; i < 2; i++) {
        status = pamt_pair_find(pair, c, i, c->gpr[regs[i]]);
        if (status) {
            return status;
        }
    }
    return pamt_pair_claim(pair, page);
}

/* Entries one level below in the array of the TDMR: @type and @tdr_hpa */
static bool set_children(TdxPamtRef *page, TdxPageType type, uint64_t tdr_hpa)
{
    bool begin = type == TDX_PT_REG;
    TdxPageType before = TDX_PT_NDA;
    unsigned i;

    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        TdxPamtEntry *child = pamt_child(page, page->entry, page->level, i);

        if (!child) {
            return false;
        }
        before = pamt_type(child);
        if (begin) {
            pamt_set_bepoch(child, 0);
        }
        pamt_set_owner(child, type, tdr_hpa);
    }
    pamt_observe(page, page->level - 1, TDX_PAMT_CHILDREN, before, type,
                 tdr_hpa);
    return true;
}

TdxStatus pamt_split(TdxPamtRef *page, TdxPamtPair *pair)
{
    uint64_t tdr_hpa = pamt_owner(page->entry);

    if (needs_pair(page)) {
        return pamt_pair_install(pair, page, TDX_PT_REG, tdr_hpa);
    }
    if (!set_children(page, TDX_PT_REG, tdr_hpa)) {
        return TDX_STATUS_NONE;
    }
    pamt_set_type(page->entry, TDX_PT_NDA);
    pamt_observe(page, page->level, 1, TDX_PT_REG, TDX_PT_NDA, tdr_hpa);
    return TDX_SUCCESS;
}

TdxStatus pamt_join(TdxPamtRef *page, uint64_t tdr_hpa, uint64_t pair[2],
                    bool *has_pair)
{
    TdxPageType before = pamt_type(page->entry);
    TdxStatus status;

    *has_pair = needs_pair(page);
    if (*has_pair) {
        status = pamt_pair_release(page, pair);
        if (status) {
            return status;
        }
    } else if (!set_children(page, TDX_PT_NDA, tdr_hpa)) {
        return TDX_STATUS_NONE;
    }
    if (page->m->st.dynamic_pamt) {
        pamt_set_bepoch(page->entry, 0);
    }
    pamt_set_owner(page->entry, TDX_PT_REG, tdr_hpa);
    pamt_observe(page, page->level, 1, before, TDX_PT_REG, tdr_hpa);
    return TDX_SUCCESS;
}
