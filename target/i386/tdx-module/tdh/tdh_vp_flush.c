/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.FLUSH: end a vCPU's association with the calling LP.
 */

#include "../vp/run.h"
#include "answers.h"

/* TD life cycle 5.4 */
static TdxStatus tdh_vp_flush(TdxCall *c)
{
    TdxModule *m = c->m;
    VP_REF(vp);
    TD_REF(td);
    TdxStatus status;

    status = tdx_vp_lock(&vp, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RCX) ?:
             tdx_td_lock_owner(&td, &vp.page, TDX_LOCK_TYPE_SHARED) ?:
             tdx_require(td.tdr->lifecycle == TDX_TD_KEYS_CONFIGURED,
                         TDX_TD_KEYS_NOT_CONFIGURED) ?:
             tdx_td_map_tdcs(&td) ?:
             tdx_vp_map(&vp, &td) ?:
             tdx_vp_check_complete(&vp, &td) ?:
             tdx_require(vp.tdvps->assoc_lpid == c->lp,
                         TDX_VCPU_NOT_ASSOCIATED);
    if (status) {
        return status;
    }
    m->ops->tlb_flush(m->opaque, c->lp);
    if (tdx_vp_running(m, c->lp) &&
        tdx_vp_running(m, c->lp)->last_tdvpr == vp.hpa) {
        tdx_vp_running(m, c->lp)->last_tdvpr = 0;
    }
    vp.tdvps->assoc_lpid = TDX_ASSOC_NONE;
    __atomic_fetch_sub(&td.tdcs->num_assoc_vcpus, 1, __ATOMIC_SEQ_CST);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_VP_FLUSH = {
    TDX_LEAF_ID(TDH_VP_FLUSH),
    .what = "Take a vCPU off this processor",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdvpr" } },
    .handler = tdh_vp_flush,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_WITH_KEY,
        { TDX_TDCX_NUM_INCORRECT, "the vCPU has not all its pages" },
        { TDX_VCPU_NOT_ASSOCIATED, "the vCPU is not on this processor" }
    ),
};
