/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.MR.RTMR.EXTEND: measure something into one of the TD's registers.
 */

#include "../exit/tdcall.h"
#include "../td/measure.h"
#include "answers.h"

#define EXTEND_ALIGN 64

/* TDCALL 4.3 */
static TdxStatus tdg_mr_rtmr_extend(TdxCall *c)
{
    TdxTdcs *tdcs = c->exit->tdcs;
    uint64_t index = c->gpr[TDX_RDX];
    uint8_t data[TDX_MR_SIZE];
    TdxGuestBuffer buffer;
    TDX_LOCK_GUARD(lock);
    TdxStatus status;

    status = tdx_tdcall_buffer(c, TDX_RCX, EXTEND_ALIGN, false, false,
                               &buffer) ?:
             tdx_require(index < TDX_NUM_RTMRS,
                         tdx_op(TDX_OPERAND_INVALID, TDX_RDX)) ?:
             tdx_require(tdx_guard_try(&lock, &tdcs->rtmr_lock,
                                       TDX_LOCK_TYPE_EXCLUSIVE),
                         tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_RTMR));
    if (status) {
        return status;
    }
    tdx_tdcall_read(c, &buffer, data, sizeof(data));
    tdx_td_measure_extend(tdcs->rtmr[index], data);
    tdcs->tee_info_valid = false;
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDG_MR_RTMR_EXTEND = {
    TDX_LEAF_ID(TDG_MR_RTMR_EXTEND),
    .what = "Extend a run-time measurement register",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "data" }, { TDX_RDX, "rtmr" } },
    .handler = tdg_mr_rtmr_extend,
    .answers = TDX_ANSWERS(
        ANSWERS_BUFFER,
        { TDX_OP(TDX_OPERAND_INVALID, TDX_RDX), "there is no such register" },
        { TDX_OPERAND_BUSY, "another vCPU works on the registers" },
        { TDX_SUCCESS }
    ),
};
