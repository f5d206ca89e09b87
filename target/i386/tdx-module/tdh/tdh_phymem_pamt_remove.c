/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.PAMT.REMOVE: take the page pair of an unused 2 MiB range.
 */

#include "../pamt/operands.h"
#include "../pamt/page.h"
#include "../pamt/pair.h"
#include "answers.h"

/* PAMT 6 step 6 */
static TdxStatus check_empty(const TdxPamtRef *range)
{
    unsigned i;
    TdxStatus status;

    /* The count goes down last when a page leaves: nobody is in there */
    if (tdx_pamt_count(range->entry) == 0) {
        return TDX_SUCCESS;
    }
    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        TdxPamtEntry *e = tdx_pamt_child(range, range->entry, TDX_LEVEL_2M, i);

        status = tdx_require(e, TDX_STATUS_NONE) ?:
                 tdx_require(tdx_pamt_type(e) == TDX_PT_NDA,
                             tdx_fails(range->m,
                                       tdx_op(TDX_PAMT_PAGE_NOT_EMPTY,
                                              i / (TDX_PAMT_CHILDREN / 2)),
                                       "page", range->hpa + i * TDX_PAGE_4K,
                                       TDX_CAUSE_TYPE, tdx_pamt_type(e)));
        if (status) {
            return status;
        }
    }
    /* Another LP is just now taking the last page out, see tdx_pamt_free() */
    return tdx_op(TDX_OPERAND_BUSY, TDX_RCX);
}

/* PAMT 6 */
static TdxStatus tdh_phymem_pamt_remove(TdxCall *c)
{
    TdxModule *m = c->m;
    TdxStatus status;
    uint64_t hpa;
    uint64_t page[2];
    PAMT_REF(range);

    status = tdx_require(m->st.dynamic_pamt,
                         tdx_bad_operand(m, TDX_RAX, c->gpr[TDX_RAX],
                                         TDX_CAUSE_NO_DPAMT, 0)) ?:
             tdx_require(tdx_pamt_range_operand(m, c->gpr[TDX_RCX], &hpa),
                         tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
             tdx_pamt_find(&range, c, hpa, TDX_RCX) ?:
             tdx_pamt_lock(&range, TDX_LEVEL_2M, TDX_LOCK_TYPE_EXCLUSIVE,
                           TDX_RCX) ?:
             tdx_require(range.level == TDX_LEVEL_2M &&
                         tdx_pamt_type(range.entry) == TDX_PT_PAMT,
                         tdx_pamt_wrong_type(m, TDX_NO_PAMT_PAGE_PAIR, TDX_RCX,
                                             hpa, range.entry)) ?:
             check_empty(&range) ?:
             tdx_pamt_pair_release(&range, page);
    if (status) {
        return status;
    }
    tdx_pamt_set_type(range.entry, TDX_PT_NDA);
    tdx_pamt_observe(&range, TDX_LEVEL_2M, 1, TDX_PT_PAMT, TDX_PT_NDA, 0);
    c->gpr[TDX_RDX] = page[0];
    c->gpr[TDX_R8] = page[1];
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_PHYMEM_PAMT_REMOVE = {
    TDX_LEAF_ID(TDH_PHYMEM_PAMT_REMOVE),
    .what = "Take the PAMT page pair of a 2M range back",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .needs = TDX_NEEDS_DYNAMIC_PAMT,
    .in = { { TDX_RCX, "range" } },
    .out = { { TDX_RDX, "pamt_page0" }, { TDX_R8, "pamt_page1" } },
    .handler = tdh_phymem_pamt_remove,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_PAMT_ENTRY,
        { TDX_NO_PAMT_PAGE_PAIR, "the range has no page pair" },
        { TDX_PAMT_PAGE_NOT_EMPTY, "a page of the range is in use" }
    ),
};
