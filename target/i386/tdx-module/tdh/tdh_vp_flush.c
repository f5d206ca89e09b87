/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.FLUSH: end a vCPU's association with the calling LP.
 */

#include "../vp/vp.h"
#include "answers.h"

/* TD life cycle 5.4 */
static TdxStatus tdh_vp_flush(TdxCall *c)
{
    TdxModule *m = c->m;
    VP_REF(vp);
    TD_REF(td);
    uint64_t status;

    status = vp_lock(&vp, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_EXCLUSIVE,
                     TDX_RCX);
    if (status) {
        return status;
    }
    status = td_lock_owner(&td, &vp.page, TDX_LOCK_TYPE_SHARED);
    if (status) {
        return status;
    }
    if (td.tdr->lifecycle != TDX_TD_KEYS_CONFIGURED) {
        return TDX_TD_KEYS_NOT_CONFIGURED;
    }
    status = td_map_tdcs(&td);
    if (status) {
        return status;
    }
    status = vp_map(&vp, &td);
    if (status) {
        return status;
    }
    status = vp_check_complete(&vp, &td);
    if (status) {
        return status;
    }
    if (vp.tdvps->assoc_lpid != c->lp) {
        return TDX_VCPU_NOT_ASSOCIATED;
    }
    m->ops->tlb_flush(m->opaque, c->lp);
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
