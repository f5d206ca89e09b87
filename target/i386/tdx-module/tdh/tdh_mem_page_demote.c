/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.PAGE.DEMOTE: split a large page of a TD.
 */

#include "../pamt/split.h"
#include "../td/tables.h"
#include "answers.h"

/*
 * RDX bit 0: split the tables of L2 VMs only where they map the page.  That
 * takes a guest which has mapped it, so that none is ever needed here.
 */
#define RDX_L2_SPARSE 1ULL

#define STATES (TDX_SEPT_IN(TDX_SEPT_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_BLOCKED) | \
                TDX_SEPT_IN(TDX_SEPT_PENDING) | \
                TDX_SEPT_IN(TDX_SEPT_PENDING_BLOCKED))

/* Fill the new table with what the large page's entry says */
static TdxStatus fill_table(TdxMemOp *op, uint64_t table_hpa)
{
    TdxModule *m = op->c->m;
    uint16_t hkid = op->td.tdr->hkid;
    uint64_t size = tdx_sept_level_size(op->level - 1);
    bool pending = op->walk.value & TDX_SEPT_TDP;
    uint64_t hpa = tdx_mem_hpa(op);
    void *content;
    uint64_t *table;
    TdxStatus status;
    unsigned i;

    status = tdx_td_take_page(m, table_hpa, hkid, &content);
    if (status) {
        return status;
    }
    table = content;
    for (i = 0; i < TDX_SEPT_ENTRIES; i++) {
        tdx_sept_store(&table[i], tdx_sept_leaf(m, hpa + i * size, hkid,
                                                pending));
    }
    return TDX_SUCCESS;
}

/* Pages for tables of the TD's L2 VMs, of those VMs that it has */
static TdxStatus take_pages(TdxTables *t)
{
    TdxStatus status = TDX_SUCCESS;

    for (unsigned vm = 1; !status && vm < tdx_td_num_vms(&t->op->td); vm++) {
        uint64_t hpa = t->op->c->gpr[tdx_tables_reg(vm)];

        if (hpa != TDX_TABLES_NO_PAGE) {
            status = tdx_tables_offer(t, vm, hpa & ~TDX_TABLES_PAGE_UNUSED);
        }
    }
    return status;
}

static TdxStatus place_pages(TdxTables *t)
{
    TdxStatus status = TDX_SUCCESS;

    for (unsigned vm = 1; !status && vm < TDX_MAX_VMS; vm++) {
        status = t->present[vm] ? tdx_tables_place(t, vm) : TDX_SUCCESS;
    }
    return status;
}

static TdxStatus add_pages(TdxTables *t)
{
    TdxStatus status = TDX_SUCCESS;

    for (unsigned vm = 1; !status && vm < TDX_MAX_VMS; vm++) {
        status = tdx_tables_add(t, vm);
    }
    return status;
}

/* Those that were not needed */
static void leave_pages(TdxMemOp *op)
{
    for (unsigned vm = 1; vm < tdx_td_num_vms(&op->td); vm++) {
        op->c->gpr[tdx_tables_reg(vm)] |= TDX_TABLES_PAGE_UNUSED;
    }
}

/* TD life cycle 6.9 */
static TdxStatus tdh_mem_page_demote(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t table_hpa = c->gpr[TDX_R8];
    MEM_OP(op);
    PAMT_REF(large);
    PAMT_REF(page);
    PAMT_PAIR(pair);
    TDX_TABLES(tables, op);
    TdxStatus status;
    bool sparse;

    tdx_mem_begin(&op, c);
    status = tdx_mem_check_tdr_flags(&op, RDX_L2_SPARSE) ?:
             tdx_mem_enter(&op, TD_OPS_BLOCK, TDX_LEVEL_2M, TDX_LEVEL_1G,
                           TDX_LOCK_TYPE_SHARED) ?:
             tdx_mem_expect(&op, STATES) ?:
             tdx_mem_check_blocked(&op) ?:
             tdx_pamt_peek(&large, m, tdx_mem_hpa(&op)) ?:
             tdx_mem_check_tracked(&op, &large) ?:
             tdx_tables_offer(&tables, 0, table_hpa);
    if (status) {
        return status;
    }
    sparse = op.tdr_flags & RDX_L2_SPARSE;
    status = (sparse ? TDX_SUCCESS : take_pages(&tables)) ?:
             tdx_require(!tdx_mem_interrupted(&op), c->fault) ?:
             place_pages(&tables) ?:
             tdx_pamt_split_check(c, &page, &pair, tdx_mem_hpa(&op));
    if (status) {
        return status;
    }
    status = fill_table(&op, table_hpa);
    if (!status) {
        status = tdx_pamt_split(&page, &pair);
    }
    if (status) {
        return status;
    }
    tdx_td_add_page(&op.td, &tables.page[0], TDX_PT_EPT);
    status = add_pages(&tables);
    tdx_mem_set(&op, tdx_sept_nonleaf(m, table_hpa, op.td.tdr->hkid));
    if (sparse) {
        leave_pages(&op);
    }
    return status;
}

const TdxLeaf tdx_leaf_TDH_MEM_PAGE_DEMOTE = {
    TDX_LEAF_ID(TDH_MEM_PAGE_DEMOTE),
    .what = "Split a large page",
    .missing = "Interrupted by an injected fault only.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" },
            { TDX_R8, "sept_page" }, { TDX_R9, "l2_page1" },
            { TDX_R10, "l2_page2" }, { TDX_R11, "l2_page3" },
            { TDX_R12, "pamt_page0" }, { TDX_R13, "pamt_page1" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO }, { TDX_R9, "l2_page1" },
             { TDX_R10, "l2_page2" }, { TDX_R11, "l2_page3" } },
    .handler = tdh_mem_page_demote,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_BLOCKED,
        ANSWERS_FREE_PAGE,
        { TDX_INTERRUPTED_RESTARTABLE,
          "a host event is pending: call again", TDX_FAULT_INTERRUPTION },
        { TDX_INTERRUPTED_BUSY,
          "a host event is pending while another call holds a lock",
          TDX_FAULT_INTERRUPTION },
        { TDX_L2_SEPT_WALK_FAILED,
          "an L2 VM's tree has no entry of this level", TDX_FAULT_NOWHERE },
        { TDX_PAGE_NOT_FREE,
          "with Dynamic PAMT: a page of the new pair is in use" },
        { TDX_L2_SEPT_PAGE_NOT_PROVIDED,
          "an L2 VM maps the page, but no table was given",
          TDX_FAULT_NOWHERE, .on_silicon = true }
    ),
};
