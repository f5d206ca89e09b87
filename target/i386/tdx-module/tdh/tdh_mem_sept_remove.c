/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.SEPT.REMOVE: take an empty table out of a TD's Secure EPT.
 */

#include "../td/tables.h"
#include "answers.h"

/* TD life cycle 6.7 */
static TdxStatus tdh_mem_sept_remove(TdxCall *c)
{
    MEM_OP(op);
    TDX_TABLES(tables, op);
    TdxStatus status;
    uint64_t *table;
    unsigned vm;

    tdx_mem_begin(&op, c);
    for (vm = 1; c->version && vm < TDX_MAX_VMS; vm++) {
        c->gpr[tdx_tables_reg(vm)] = TDX_TABLES_NO_PAGE;
    }
    status = tdx_check_version(c, 1) ?:
             tdx_mem_enter(&op, TD_OPS_READ, TDX_LEVEL_2M, MEM_ROOT_LEVEL,
                           TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_mem_expect(&op, TDX_SEPT_NON_LEAF) ?:
             tdx_tables_lock(&tables) ?:
             tdx_tables_content(&tables, &table) ?:
             tdx_require(tdx_sept_table_is_free(table),
                         tdx_mem_fail(&op, TDX_EPT_PAGE_NOT_FREE)) ?:
             tdx_tables_lock_l2(&tables);
    if (status) {
        return status;
    }
    for (vm = TDX_MAX_L2_VMS; vm > 0; vm--) {
        uint64_t page = tdx_tables_free(&tables, vm, TDX_SEPT_FREE_ENTRY);

        if (c->version) {
            c->gpr[tdx_tables_reg(vm)] = page;
        }
    }
    c->gpr[TDX_RCX] = tdx_tables_free(&tables, 0, TDX_SEPT_FREE_ENTRY);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_SEPT_REMOVE = {
    TDX_LEAF_ID(TDH_MEM_SEPT_REMOVE),
    .what = "Remove an empty Secure EPT page",
    .max_version = 1,
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "page", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO },
             { TDX_R9, "l2_page1", TDX_ONES_V1 },
             { TDX_R10, "l2_page2", TDX_ONES_V1 },
             { TDX_R11, "l2_page3", TDX_ONES_V1 } },
    .handler = tdh_mem_sept_remove,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_BLOCKED,
        { TDX_EPT_PAGE_NOT_FREE, "an entry of the page is in use",
          TDX_FAULT_AT_SEPT_ENTRY }
    ),
};
