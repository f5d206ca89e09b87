/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.PAGE.RELOCATE: move a TD's page to another place in memory.
 */

#include <string.h>

#include "../td/mem.h"
#include "answers.h"

static TdxStatus copy_page(TdxMemOp *op, uint64_t from, uint64_t to)
{
    TdxModule *m = op->c->m;
    uint16_t hkid = op->td.tdr->hkid;
    TdxStatus status;
    void *target, *source;

    source = tdx_td_private(m, op->td.tdr, from, TDX_PAGE_4K);
    status = tdx_require(source,
                         tdx_td_no_content(m, op->td.tdr,
                                           "a page of a TD has no memory")) ?:
             tdx_td_take_page(m, to, hkid, &target);
    if (status) {
        return status;
    }
    memcpy(target, source, TDX_PAGE_4K);
    return TDX_SUCCESS;
}

/* TD life cycle 6.10 */
static TdxStatus tdh_mem_page_relocate(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t target = c->gpr[TDX_R8];
    MEM_OP(op);
    PAMT_REF(old_page);
    PAMT_REF(new_page);
    TdxStatus status;
    uint64_t hpa;
    bool pending;

    tdx_mem_begin(&op, c);
    status = tdx_mem_enter(&op, TD_OPS_BLOCK, TDX_LEVEL_4K, TDX_LEVEL_4K,
                           TDX_LOCK_TYPE_SHARED) ?:
             tdx_mem_expect(&op, TDX_SEPT_ANY_LEAF);
    if (status) {
        return status;
    }
    hpa = tdx_mem_hpa(&op);
    status = tdx_require(target != hpa,
                         tdx_bad_operand(c->m, TDX_R8, target, TDX_CAUSE_IS,
                                         hpa)) ?:
             tdx_mem_lock_page(&op, &old_page) ?:
             tdx_pamt_get_free(&new_page, c, target, TDX_LEVEL_4K, TDX_R8);
    if (status) {
        return status;
    }
    pending = op.walk.value & TDX_SEPT_TDP;
    if (!pending) {
        status = copy_page(&op, hpa, target);
        if (status) {
            return status;
        }
    }
    /* One page came and one goes: the TD owns as many as before */
    tdx_pamt_set_bepoch(new_page.entry, 0);
    tdx_pamt_assign(&new_page, TDX_PT_REG, op.td.hpa);
    tdx_mem_set(&op, tdx_sept_leaf(m, target, op.td.tdr->hkid, pending));
    c->gpr[TDX_RCX] = hpa | tdx_pamt_free(&old_page);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_PAGE_RELOCATE = {
    TDX_LEAF_ID(TDH_MEM_PAGE_RELOCATE),
    .what = "Move a 4K page of a TD to another address",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" } },
    .out = { { TDX_RCX, "old_page", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO } },
    .handler = tdh_mem_page_relocate,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_BLOCKED,
        ANSWERS_FREE_PAGE
    ),
};
