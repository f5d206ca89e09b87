/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.PAMT.ADD: give a 2 MiB range the page pair that will hold
 * its 4K entries.
 */

#include "../pamt/operands.h"
#include "../pamt/page.h"
#include "../pamt/pair.h"
#include "answers.h"

/* PAMT 5 */
static TdxStatus tdh_phymem_pamt_add(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint64_t rdx = c->gpr[TDX_RDX];
    uint64_t r8 = c->gpr[TDX_R8];
    uint64_t hpa;
    PAMT_REF(range);
    PAMT_PAIR(pair);

    return tdx_require(m->st.dynamic_pamt,
                       tdx_bad_operand(m, TDX_RAX, c->gpr[TDX_RAX],
                                       TDX_CAUSE_NO_DPAMT, 0)) ?:
           tdx_require(tdx_pamt_range_operand(m, rcx, &hpa),
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
           tdx_pamt_pair_operand(&pair, m, 0, rdx, TDX_RDX) ?:
           tdx_pamt_pair_find(&pair, c, 0, rdx) ?:
           tdx_pamt_pair_operand(&pair, m, 1, r8, TDX_R8) ?:
           tdx_pamt_pair_find(&pair, c, 1, r8) ?:
           tdx_pamt_find(&range, c, hpa, TDX_RCX) ?:
           tdx_pamt_lock(&range, TDX_LEVEL_2M, TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RCX) ?:
           tdx_require(range.level == TDX_LEVEL_2M &&
                       tdx_pamt_type(range.entry) == TDX_PT_NDA,
                       tdx_pamt_wrong_type(m, TDX_HPA_RANGE_NOT_FREE, TDX_RCX,
                                           hpa, range.entry)) ?:
           tdx_pamt_pair_claim(&pair, &range) ?:
           tdx_pamt_pair_install(&pair, &range, TDX_PT_NDA, 0);
}

const TdxLeaf tdx_leaf_TDH_PHYMEM_PAMT_ADD = {
    TDX_LEAF_ID(TDH_PHYMEM_PAMT_ADD),
    .what = "Give a 2M range its PAMT page pair",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .needs = TDX_NEEDS_DYNAMIC_PAMT,
    .in = { { TDX_RCX, "range" }, { TDX_RDX, "pamt_page0" },
            { TDX_R8, "pamt_page1" } },
    .handler = tdh_phymem_pamt_add,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_PAMT_ENTRY,
        { TDX_HPA_RANGE_NOT_FREE, "the range is in use or has a page pair" },
        { TDX_PAGE_NOT_FREE, "a page of the pair is in use" }
    ),
};
