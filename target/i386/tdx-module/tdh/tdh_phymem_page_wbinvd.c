/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.PAGE.WBINVD: write back and invalidate the cache lines that
 * a freed page has under some KeyID.
 */

#include "../pamt/page.h"
#include "answers.h"

/* PAMT 12 */
static TdxStatus tdh_phymem_page_wbinvd(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t hpa = tdx_without_hkid(m, c->gpr[TDX_RCX]);
    TdxStatus status;
    PAMT_REF(page);

    status = tdx_check_private_hpa(m, hpa, TDX_PAGE_4K, TDX_RCX) ?:
             tdx_pamt_find(&page, c, hpa, TDX_RCX) ?:
             tdx_pamt_lock(&page, TDX_LEVEL_4K, TDX_LOCK_TYPE_SHARED,
                           TDX_RCX) ?:
             tdx_require(tdx_pamt_type(page.entry) == TDX_PT_NDA,
                         tdx_fails(m, tdx_op(TDX_PAGE_METADATA_INCORRECT,
                                             TDX_RCX), NULL, hpa,
                                   TDX_CAUSE_TYPE,
                                   tdx_pamt_type(page.entry)));
    if (status) {
        return status;
    }
    /* No caches are modelled: there is nothing to write back */
    return tdx_pamt_check_not_pamt(&page, TDX_RCX);
}

const TdxLeaf tdx_leaf_TDH_PHYMEM_PAGE_WBINVD = {
    TDX_LEAF_ID(TDH_PHYMEM_PAGE_WBINVD),
    .what = "Write back a page's cache lines",
    .missing = "There are no caches: it makes its checks only.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "page" } },
    .handler = tdh_phymem_page_wbinvd,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_OWNED_PAGE
    ),
};
