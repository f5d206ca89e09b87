/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.PAGE.PROMOTE: join 512 pages of a TD into a large one.
 */

#include "../td/l2.h"
#include "../pamt/split.h"
#include "answers.h"

#define STATES (TDX_SEPT_IN(TDX_SEPT_MAPPED) | TDX_SEPT_IN(TDX_SEPT_PENDING))

/* Do the entries of @table map one large page?  @first: that page's start */
static bool uniform(const TdxMemOp *op, const uint64_t *table,
                    uint64_t *first)
{
    const TdxModule *m = op->c->m;
    uint64_t size = tdx_sept_level_size(op->level - 1);
    uint64_t entry = tdx_sept_load(&table[0]);
    TdxSeptState state = tdx_sept_state(entry);
    unsigned i;

    *first = tdx_sept_hpa(m, entry);
    if (!(STATES & TDX_SEPT_IN(state)) ||
        !tdx_aligned(*first, tdx_sept_level_size(op->level))) {
        return false;
    }
    for (i = 0; i < TDX_SEPT_ENTRIES; i++) {
        entry = tdx_sept_load(&table[i]);
        if (entry & TDX_SEPT_LOCK || tdx_sept_state(entry) != state ||
            tdx_sept_hpa(m, entry) != *first + i * size) {
            return false;
        }
    }
    return true;
}

/* TD life cycle 6.9 */
static TdxStatus tdh_mem_page_promote(TdxCall *c)
{
    TdxModule *m = c->m;
    MEM_OP(op);
    PAMT_REF(table_page);
    PAMT_REF(page);
    L2_TABLES(l2);
    uint64_t table_hpa, hpa, pair[2];
    uint64_t *table;
    TdxStatus status;
    bool pending, has_pair;
    unsigned vm;

    tdx_mem_begin(&op, c);
    for (vm = 1; c->version && vm <= TDX_MAX_L2_VMS; vm++) {
        c->gpr[tdx_l2_reg(vm)] = L2_NO_PAGE;
    }
    status = tdx_check_version(c, 1) ?:
             tdx_mem_enter(&op, TD_OPS_BLOCK, TDX_LEVEL_2M, TDX_LEVEL_1G,
                           TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_mem_expect(&op, TDX_SEPT_NON_LEAF);
    if (status) {
        return status;
    }
    table_hpa = tdx_mem_hpa(&op);
    status = tdx_mem_lock_page(&op, &table_page);
    if (status) {
        return status;
    }
    table = tdx_td_private(m, op.td.tdr, table_hpa, TDX_PAGE_4K);
    status = tdx_require(table,
                         tdx_td_no_content(m, op.td.tdr,
                                           "an SEPT page has no memory")) ?:
             tdx_require(uniform(&op, table, &hpa),
                         tdx_mem_fail(&op,
                                      TDX_EPT_INVALID_PROMOTE_CONDITIONS)) ?:
             tdx_l2_tables_lock(&l2, &op) ?:
             tdx_require(!tdx_mem_interrupted(&op), c->fault) ?:
             tdx_pamt_lock_node(&page, m, hpa, op.level,
                                TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX) ?:
             tdx_pamt_join(&page, op.td.hpa, pair, &has_pair);
    if (status) {
        return status;
    }
    for (vm = 1; vm <= TDX_MAX_L2_VMS; vm++) {
        tdx_l2_table_free(&l2, &op, vm, c->version);
    }
    pending = tdx_sept_load(&table[0]) & TDX_SEPT_TDP;
    tdx_mem_set(&op, tdx_sept_leaf(m, hpa, op.td.tdr->hkid, pending));
    tdx_tdr_sub_children(op.td.tdr, 1);
    c->gpr[TDX_RCX] = table_hpa | tdx_pamt_free(&table_page);
    if (has_pair) {
        c->gpr[TDX_R12] = pair[0];
        c->gpr[TDX_R13] = pair[1];
    }
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_PAGE_PROMOTE = {
    TDX_LEAF_ID(TDH_MEM_PAGE_PROMOTE),
    .what = "Merge pages into a large one",
    .missing = "Interrupted by an injected fault only.",
    .max_version = 1,
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "sept_page", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO },
             { TDX_R9, "l2_page1", TDX_ONES_V1 },
             { TDX_R10, "l2_page2", TDX_ONES_V1 },
             { TDX_R11, "l2_page3", TDX_ONES_V1 },
             { TDX_R12, "pamt_page0" }, { TDX_R13, "pamt_page1" } },
    .handler = tdh_mem_page_promote,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_BLOCKED,
        { TDX_EPT_INVALID_PROMOTE_CONDITIONS,
          "the small pages are not one run in the same state",
          TDX_FAULT_AT_SEPT_ENTRY },
        { TDX_INTERRUPTED_RESTARTABLE,
          "a host event is pending: call again", TDX_FAULT_INTERRUPTION },
        { TDX_INTERRUPTED_BUSY,
          "a host event is pending while another call holds a lock",
          TDX_FAULT_INTERRUPTION }
    ),
};
