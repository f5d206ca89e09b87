/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.TRACK: begin a new TLB epoch.
 */

#include "../td/td.h"
#include "answers.h"

/* TD life cycle 6.6 */
static TdxStatus tdh_mem_track(TdxCall *c)
{
    TD_REF(td);
    TDX_LOCK_GUARD(epoch);
    TdxStatus status;
    uint64_t current;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_SHARED,
                         TDX_RCX) ?:
             tdx_td_check_state(&td, TD_OPS_TRACK) ?:
             tdx_take(&epoch, &td.tdcs->epoch_lock, TDX_LOCK_TYPE_EXCLUSIVE,
                      TDX_OPERAND_TD_EPOCH);
    if (status) {
        return status;
    }
    current = tdx_td_epoch(td.tdcs);
    if (tdx_td_epoch_refcount(td.tdcs, current - 1)) {
        return TDX_PREVIOUS_TLB_EPOCH_BUSY;
    }
    __atomic_store_n(&td.tdcs->td_epoch, current + 1, __ATOMIC_SEQ_CST);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_TRACK = {
    TDX_LEAF_ID(TDH_MEM_TRACK),
    .what = "Begin the next TLB epoch of a TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" } },
    .handler = tdh_mem_track,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        { TDX_OP(TDX_OPERAND_BUSY, TDX_OPERAND_TD_EPOCH),
          "a vCPU is being entered" },
        { TDX_PREVIOUS_TLB_EPOCH_BUSY,
          "a vCPU still runs in the epoch before" }
    ),
};
