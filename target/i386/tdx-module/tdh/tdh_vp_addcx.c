/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.ADDCX: add a state page to a vCPU.
 */

#include "../vp/vp.h"
#include "answers.h"

/* TD life cycle 5.2 */
static TdxStatus tdh_vp_addcx(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t hpa = c->gpr[TDX_RCX];
    VP_REF(vp);
    TD_REF(td);
    PAMT_REF(page);
    TdxStatus status;

    status = tdx_vp_lock(&vp, c, c->gpr[TDX_RDX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RDX) ?:
             tdx_td_lock_owner(&td, &vp.page, TDX_LOCK_TYPE_SHARED) ?:
             tdx_td_check_state(&td, TD_OPS_VP_ADD) ?:
             tdx_vp_map(&vp, &td) ?:
             tdx_require(vp.tdvps->state == TDX_VCPU_UNINITIALIZED,
                         tdx_fails(vp.m, tdx_op(TDX_VCPU_STATE_INCORRECT,
                                                vp.tdvps->state),
                                   "vCPU", vp.hpa, TDX_CAUSE_VCPU_STATE,
                                   vp.tdvps->state)) ?:
             tdx_require(vp.tdvps->num_pages < TDX_MAX_TDVPS_PAGES,
                         TDX_TDCX_NUM_INCORRECT) ?:
             tdx_pamt_get_free(&page, c, hpa, TDX_LEVEL_4K, TDX_RCX) ?:
             tdx_td_take_page(m, hpa, td.tdr->hkid, NULL);
    if (status) {
        return status;
    }
    vp.tdvps->page[vp.tdvps->num_pages++] = hpa;
    tdx_td_add_page(&td, &page, TDX_PT_TDCX);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_VP_ADDCX = {
    TDX_LEAF_ID(TDH_VP_ADDCX),
    .what = "Add a TDVPS page to a vCPU",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "page" }, { TDX_RDX, "tdvpr" } },
    .handler = tdh_vp_addcx,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        { TDX_VCPU_STATE_INCORRECT, "the vCPU is initialised already" },
        { TDX_TDCX_NUM_INCORRECT,
          "the vCPU has all the pages that it can have" },
        ANSWERS_FREE_PAGE
    ),
};
