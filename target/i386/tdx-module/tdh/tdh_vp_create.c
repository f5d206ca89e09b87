/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.CREATE: make a page the root of a new vCPU.
 */

#include "../vp/vp.h"
#include "answers.h"

/* TD life cycle 5.1 */
static TdxStatus tdh_vp_create(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t hpa = c->gpr[TDX_RCX];
    TD_REF(td);
    PAMT_REF(page);
    TdxTdvps *tdvps;
    void *content;
    TdxStatus status;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RDX], TDX_LOCK_TYPE_SHARED,
                         TDX_RDX) ?:
             tdx_td_check_state(&td, TD_OPS_VP_ADD) ?:
             tdx_pamt_get_free(&page, c, hpa, TDX_LEVEL_4K, TDX_RCX) ?:
             tdx_td_take_page(m, hpa, td.tdr->hkid, &content);
    if (status) {
        return status;
    }
    tdvps = content;
    tdvps->assoc_lpid = TDX_ASSOC_NONE;
    tdvps->page[0] = hpa;
    tdvps->num_pages = 1;
    tdx_td_add_page(&td, &page, TDX_PT_TDVPR);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_VP_CREATE = {
    TDX_LEAF_ID(TDH_VP_CREATE),
    .what = "Create a vCPU",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "page" }, { TDX_RDX, "tdr" } },
    .handler = tdh_vp_create,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        ANSWERS_FREE_PAGE
    ),
};
