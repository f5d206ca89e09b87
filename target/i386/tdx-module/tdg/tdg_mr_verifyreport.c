/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.MR.VERIFYREPORT: was a report made on this platform?
 */

#include "../exit/tdcall.h"
#include "answers.h"

/* TDCALL 4.11 */
static TdxStatus tdg_mr_verifyreport(TdxCall *c)
{
    uint8_t report[TDX_REPORTMACSTRUCT_SIZE];
    TdxGuestBuffer buffer;
    TdxStatus status;

    status = tdx_require(c->m->plat.seamverifyreport,
                         tdx_op(TDX_OPERAND_INVALID, TDX_RAX)) ?:
             tdx_tdcall_buffer(c, TDX_RCX, sizeof(report), false, false,
                               &buffer);
    if (status) {
        return status;
    }
    tdx_tdcall_read(c, &buffer, report, sizeof(report));
    switch (c->m->ops->verify_report(c->m->opaque, c->lp, report)) {
    case TDX_REPORT_CPUSVN:
        return TDX_INVALID_CPUSVN;
    case TDX_REPORT_MAC:
        return TDX_INVALID_REPORTMACSTRUCT;
    case TDX_REPORT_OK:
        break;
    }
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDG_MR_VERIFYREPORT = {
    TDX_LEAF_ID(TDG_MR_VERIFYREPORT),
    .what = "Verify a report that was made on this platform",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "reportmacstruct" } },
    .handler = tdg_mr_verifyreport,
    .answers = TDX_ANSWERS(
        { TDX_OP(TDX_OPERAND_INVALID, TDX_RAX),
          "the processor cannot verify reports" },
        ANSWERS_BUFFER,
        { TDX_INVALID_CPUSVN, "the CPUSVN is not that of this platform" },
        { TDX_INVALID_REPORTMACSTRUCT, "the header or the MAC is wrong" },
        { TDX_SUCCESS }
    ),
};
