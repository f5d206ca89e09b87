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

TdxStatus tdx_pamt_split_check(const TdxCall *c, TdxPamtRef *page,
                               TdxPamtPair *pair, uint64_t hpa)
{
    static const TdxGpr regs[] = { TDX_R12, TDX_R13 };
    TdxModule *m = c->m;
    TdxStatus status;
    unsigned i;

    status = tdx_pamt_lock_implicit(page, m, hpa, TDX_LOCK_TYPE_EXCLUSIVE,
                                    TDX_RCX);
    if (status || !needs_pair(page)) {
        return status;
    }
    for (i = 0; i < 2; i++) {
        status = tdx_pamt_pair_operand(pair, m, i, c->gpr[regs[i]], regs[i]);
        if (status) {
            return status;
        }
    }
    for (i = 0; i < 2; i++) {
        status = tdx_pamt_pair_find(pair, c, i, c->gpr[regs[i]]);
        if (status) {
            return status;
        }
    }
    return tdx_pamt_pair_claim(pair, page);
}

/* Entries one level below in the array of the TDMR: @type and @tdr_hpa */
static bool set_children(TdxPamtRef *page, TdxPageType type, uint64_t tdr_hpa)
{
    bool begin = type == TDX_PT_REG;
    TdxPageType before = TDX_PT_NDA;
    unsigned i;

    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        TdxPamtEntry *child = tdx_pamt_child(page, page->entry, page->level, i);

        if (!child) {
            return false;
        }
        before = tdx_pamt_type(child);
        if (begin) {
            tdx_pamt_set_bepoch(child, 0);
        }
        tdx_pamt_set_owner(child, type, tdr_hpa);
    }
    tdx_pamt_observe(page, page->level - 1, TDX_PAMT_CHILDREN, before, type,
                     tdr_hpa);
    return true;
}

TdxStatus tdx_pamt_split(TdxPamtRef *page, TdxPamtPair *pair)
{
    uint64_t tdr_hpa = tdx_pamt_owner(page->entry);

    if (needs_pair(page)) {
        return tdx_pamt_pair_install(pair, page, TDX_PT_REG, tdr_hpa);
    }
    if (!set_children(page, TDX_PT_REG, tdr_hpa)) {
        return TDX_STATUS_NONE;
    }
    tdx_pamt_set_type(page->entry, TDX_PT_NDA);
    tdx_pamt_observe(page, page->level, 1, TDX_PT_REG, TDX_PT_NDA, tdr_hpa);
    return TDX_SUCCESS;
}

TdxStatus tdx_pamt_join(TdxPamtRef *page, uint64_t tdr_hpa, uint64_t pair[2],
                        bool *has_pair)
{
    TdxPageType before = tdx_pamt_type(page->entry);
    TdxStatus status;

    *has_pair = needs_pair(page);
    if (*has_pair) {
        status = tdx_pamt_pair_release(page, pair);
        if (status) {
            return status;
        }
    } else if (!set_children(page, TDX_PT_NDA, tdr_hpa)) {
        return TDX_STATUS_NONE;
    }
    if (page->m->st.dynamic_pamt) {
        tdx_pamt_set_bepoch(page->entry, 0);
    }
    tdx_pamt_set_owner(page->entry, TDX_PT_REG, tdr_hpa);
    tdx_pamt_observe(page, page->level, 1, before, TDX_PT_REG, tdr_hpa);
    return TDX_SUCCESS;
}
