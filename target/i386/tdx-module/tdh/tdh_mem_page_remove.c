/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.PAGE.REMOVE: take a page back from a TD.
 */

#include "../td/mem.h"
#include "answers.h"

#define STATES (TDX_SEPT_IN(TDX_SEPT_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_BLOCKED) | \
                TDX_SEPT_IN(TDX_SEPT_BLOCKEDW) | \
                TDX_SEPT_IN(TDX_SEPT_PENDING) | \
                TDX_SEPT_IN(TDX_SEPT_PENDING_BLOCKED) | \
                TDX_SEPT_IN(TDX_SEPT_PENDING_BLOCKEDW))

/* TD life cycle 6.4 */
static TdxStatus tdh_mem_page_remove(TdxCall *c)
{
    MEM_OP(op);
    PAMT_REF(page);
    TdxStatus status;
    uint64_t hpa;

    tdx_mem_begin(&op, c);
    status = tdx_mem_enter(&op, TD_OPS_REMOVE, TDX_LEVEL_4K, TDX_LEVEL_1G,
                           TDX_LOCK_TYPE_SHARED) ?:
             tdx_mem_expect(&op, STATES);
    if (status) {
        return status;
    }
    hpa = tdx_mem_hpa(&op);
    status = tdx_mem_lock_page(&op, &page);
    if (status) {
        return status;
    }
    tdx_mem_set(&op, tdx_td_check_op_state(&op.td, TD_OPS_IMPORT)
                     ? TDX_SEPT_FREE_ENTRY : TDX_SEPT_REMOVED_ENTRY);
    tdx_tdr_sub_children(op.td.tdr,
                         tdx_level_size(page.level) / TDX_PAGE_4K);
    c->gpr[TDX_RCX] = hpa | tdx_pamt_free(&page);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_PAGE_REMOVE = {
    TDX_LEAF_ID(TDH_MEM_PAGE_REMOVE),
    .what = "Remove a blocked page from a TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "page", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO } },
    .handler = tdh_mem_page_remove,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_BLOCKED
    ),
};
