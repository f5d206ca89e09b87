/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.PAGE.AUG: give a TD a page that its guest has to accept.
 */

#include "../td/mem.h"
#include "answers.h"

/* TD life cycle 6.3 */
static TdxStatus tdh_mem_page_aug(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t hpa = c->gpr[TDX_R8];
    MEM_OP(op);
    PAMT_REF(page);
    TdxStatus status;

    tdx_mem_begin(&op, c);
    status = tdx_mem_enter(&op, TD_OPS_AUG, TDX_LEVEL_4K, TDX_LEVEL_2M,
                           TDX_LOCK_TYPE_SHARED) ?:
             tdx_mem_expect(&op, TDX_SEPT_IN(TDX_SEPT_FREE) |
                                 TDX_SEPT_IN(TDX_SEPT_REMOVED)) ?:
             tdx_pamt_get_free(&page, c, hpa, op.level, TDX_R8);
    if (status) {
        return status;
    }
    tdx_pamt_set_bepoch(page.entry, 0);
    tdx_td_add_page(&op.td, &page, TDX_PT_REG);
    tdx_mem_set(&op, tdx_sept_leaf(m, hpa, op.td.tdr->hkid, true));
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_PAGE_AUG = {
    TDX_LEAF_ID(TDH_MEM_PAGE_AUG),
    .what = "Add a 4K or 2M page for the guest to accept",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO } },
    .handler = tdh_mem_page_aug,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_ENTRY,
        ANSWERS_FREE_PAGE
    ),
};
