/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.RANGE.BLOCK: take a TD's access to a range away.
 */

#include "../td/mem.h"
#include "answers.h"

#define STATES (TDX_SEPT_IN(TDX_SEPT_NL_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_BLOCKEDW) | \
                TDX_SEPT_IN(TDX_SEPT_PENDING) | \
                TDX_SEPT_IN(TDX_SEPT_PENDING_BLOCKEDW))

/* TD life cycle 6.5 */
static TdxStatus tdh_mem_range_block(TdxCall *c)
{
    MEM_OP(op);
    PAMT_REF(page);
    TdxStatus status;

    tdx_mem_begin(&op, c);
    status = tdx_mem_enter(&op, TD_OPS_BLOCK, TDX_LEVEL_4K, MEM_ROOT_LEVEL,
                           TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_require(!(TDX_SEPT_ANY_BLOCKED &
                           TDX_SEPT_IN(tdx_mem_state(&op))),
                         tdx_mem_fail(&op, TDX_GPA_RANGE_ALREADY_BLOCKED)) ?:
             tdx_mem_expect(&op, STATES) ?:
             tdx_pamt_peek(&page, c->m, tdx_mem_hpa(&op));
    if (status) {
        return status;
    }
    tdx_pamt_set_bepoch(page.entry, tdx_td_epoch(op.td.tdcs));
    tdx_mem_set(&op, tdx_sept_block(op.walk.value));
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_RANGE_BLOCK = {
    TDX_LEAF_ID(TDH_MEM_RANGE_BLOCK),
    .what = "Block a range of guest addresses",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO } },
    .handler = tdh_mem_range_block,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_ENTRY,
        { TDX_GPA_RANGE_ALREADY_BLOCKED, "the entry is blocked",
          TDX_FAULT_AT_SEPT_ENTRY }
    ),
};
