/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.RANGE.UNBLOCK: give a TD access to a range again.
 */

#include "../td/mem.h"
#include "answers.h"

/* TD life cycle 6.5 */
static TdxStatus tdh_mem_range_unblock(TdxCall *c)
{
    MEM_OP(op);
    PAMT_REF(page);
    TdxStatus status;

    tdx_mem_begin(&op, c);
    status = tdx_mem_enter(&op, TD_OPS_BLOCK, TDX_LEVEL_4K, MEM_ROOT_LEVEL,
                           TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_mem_expect(&op, TDX_SEPT_ANY_BLOCKED) ?:
             tdx_pamt_peek(&page, c->m, tdx_mem_hpa(&op)) ?:
             tdx_mem_check_tracked(&op, &page);
    if (status) {
        return status;
    }
    tdx_mem_set(&op, tdx_sept_unblock(op.walk.value));
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_RANGE_UNBLOCK = {
    TDX_LEAF_ID(TDH_MEM_RANGE_UNBLOCK),
    .what = "Unblock a range of guest addresses",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO } },
    .handler = tdh_mem_range_unblock,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_ENTRY,
        ANSWERS_TRACKING
    ),
};
