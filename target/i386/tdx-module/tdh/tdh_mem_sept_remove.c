/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.SEPT.REMOVE: take an empty table out of a TD's Secure EPT.
 */

#include "../td/l2.h"
#include "answers.h"

/* TD life cycle 6.7 */
static TdxStatus tdh_mem_sept_remove(TdxCall *c)
{
    TdxModule *m = c->m;
    MEM_OP(op);
    PAMT_REF(page);
    L2_TABLES(l2);
    TdxStatus status;
    uint64_t *table;
    uint64_t hpa;
    unsigned vm;

    tdx_mem_begin(&op, c);
    for (vm = 1; c->version && vm <= TDX_MAX_L2_VMS; vm++) {
        c->gpr[tdx_l2_reg(vm)] = L2_NO_PAGE;
    }
    status = tdx_check_version(c, 1) ?:
             tdx_mem_enter(&op, TD_OPS_READ, TDX_LEVEL_2M, MEM_ROOT_LEVEL,
                           TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_mem_expect(&op, TDX_SEPT_NON_LEAF);
    if (status) {
        return status;
    }
    hpa = tdx_mem_hpa(&op);
    status = tdx_mem_lock_page(&op, &page);
    if (status) {
        return status;
    }
    table = tdx_td_private(m, op.td.tdr, hpa, TDX_PAGE_4K);
    status = tdx_require(table,
                         tdx_td_no_content(m, op.td.tdr,
                                           "an SEPT page has no memory")) ?:
             tdx_require(tdx_sept_table_is_free(table),
                         tdx_mem_fail(&op, TDX_EPT_PAGE_NOT_FREE)) ?:
             tdx_l2_tables_lock(&l2, &op);
    if (status) {
        return status;
    }
    for (vm = TDX_MAX_L2_VMS; vm > 0; vm--) {
        tdx_l2_table_free(&l2, &op, vm, c->version);
    }
    tdx_mem_set(&op, TDX_SEPT_FREE_ENTRY);
    tdx_tdr_sub_children(op.td.tdr, 1);
    c->gpr[TDX_RCX] = hpa | tdx_pamt_free(&page);
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
