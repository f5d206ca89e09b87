/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.MR.REPORT: a report on the TD, with the MAC of this platform.
 */

#include <string.h>

#include "../exit/tdcall.h"
#include "../td/measure.h"
#include "answers.h"

/* TDINFO and its hash, which is kept where nobody else looks at it now */
static TdxStatus take_info(TdxCall *c, const uint8_t *data, uint8_t *report)
{
    const TdxTdRef *td = &c->exit->run->td;
    uint8_t info[TDX_TDINFO_SIZE], hash[TDX_MR_SIZE];
    TDX_LOCK_GUARD(lock);
    bool computed;

    if (!tdx_guard_try(&lock, &td->tdcs->rtmr_lock, TDX_LOCK_TYPE_SHARED)) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_RTMR);
    }
    computed = tdx_td_measure_info(td, info, hash);
    if (computed && tdx_lock_try_promote(lock.lock)) {
        lock.type = TDX_LOCK_TYPE_EXCLUSIVE;
        memcpy(td->tdcs->tee_info_hash, hash, sizeof(hash));
        td->tdcs->tee_info_valid = true;
    }
    if (computed && tdx_tdcall_event_pending(c)) {
        return tdx_tdcall_end(c, TDX_EXIT_RESTART);
    }
    tdx_td_measure_report(td, data, info, hash, report);
    return TDX_SUCCESS;
}

/* TDCALL 4.5 */
static TdxStatus tdg_mr_report(TdxCall *c)
{
    uint8_t report[TDX_TDREPORT_SIZE], data[TDX_REPORTDATA_SIZE];
    TdxGuestBuffer in, out;
    TdxStatus status;

    status = tdx_require(tdx_aligned(c->gpr[TDX_RCX], TDX_TDREPORT_SIZE),
                         tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
             tdx_tdcall_buffer(c, TDX_RDX, TDX_REPORTDATA_SIZE, false, true,
                           &in) ?:
             tdx_require(!c->gpr[TDX_R8],
                         tdx_op(TDX_OPERAND_INVALID, TDX_R8));
    if (status) {
        return status;
    }
    tdx_tdcall_read(c, &in, data, sizeof(data));
    status = take_info(c, data, report);
    if (status) {
        return status;
    }
    if (!c->m->ops->report(c->m->opaque, c->lp, report)) {
        c->exit->reason = 0;
        return tdx_tdcall_end(c, tdx_exit_leave(c->exit,
                              TDX_NON_RECOVERABLE_TD_CORRUPTED_MD));
    }
    status = tdx_tdcall_buffer(c, TDX_RCX, TDX_TDREPORT_SIZE, true, true, &out);
    if (status) {
        return status;
    }
    tdx_tdcall_write(c, &out, report, sizeof(report));
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDG_MR_REPORT = {
    TDX_LEAF_ID(TDG_MR_REPORT),
    .what = "Make a report on the TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "report" }, { TDX_RDX, "data" },
            { TDX_R8, "subtype" } },
    .handler = tdg_mr_report,
    .answers = TDX_ANSWERS(
        ANSWERS_BUFFER,
        { TDX_OP(TDX_OPERAND_INVALID, TDX_R8), "the subtype is not 0" },
        { TDX_OPERAND_BUSY, "another vCPU extends a register" },
        { TDX_SUCCESS }
    ),
};
