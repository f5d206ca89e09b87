/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.PAGE.PROMOTE: join 512 pages of a TD into a large one.
 */

#include "../pamt/split.h"
#include "../td/tables.h"
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
    PAMT_REF(page);
    TDX_TABLES(tables, op);
    uint64_t hpa, pair[2];
    uint64_t *table;
    TdxStatus status;
    bool pending, has_pair;
    unsigned vm;

    tdx_mem_begin(&op, c);
    for (vm = 1; c->version && vm < TDX_MAX_VMS; vm++) {
        c->gpr[tdx_tables_reg(vm)] = TDX_TABLES_NO_PAGE;
    }
    status = tdx_check_version(c, 1) ?:
             tdx_mem_enter(&op, TD_OPS_BLOCK, TDX_LEVEL_2M, TDX_LEVEL_1G,
                           TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_mem_expect(&op, TDX_SEPT_NON_LEAF) ?:
             tdx_tables_lock(&tables) ?:
             tdx_tables_content(&tables, &table) ?:
             tdx_require(uniform(&op, table, &hpa),
                         tdx_mem_fail(&op,
                                      TDX_EPT_INVALID_PROMOTE_CONDITIONS)) ?:
             tdx_tables_lock_l2(&tables) ?:
             tdx_require(!tdx_mem_interrupted(&op), c->fault) ?:
             tdx_pamt_lock_node(&page, m, hpa, op.level,
                                TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX) ?:
             tdx_pamt_join(&page, op.td.hpa, pair, &has_pair);
    if (status) {
        return status;
    }
    for (vm = 1; vm < TDX_MAX_VMS; vm++) {
        uint64_t freed = tdx_tables_free(&tables, vm, TDX_SEPT_FREE_ENTRY);

        if (c->version) {
            c->gpr[tdx_tables_reg(vm)] = freed;
        }
    }
    pending = tdx_sept_load(&table[0]) & TDX_SEPT_TDP;
    c->gpr[TDX_RCX] = tdx_tables_free(&tables, 0,
                                      tdx_sept_leaf(m, hpa, op.td.tdr->hkid,
                                                    pending));
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
