/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.SEPT.ADD: add tables to a TD's Secure EPT trees.
 */

#include "../td/tables.h"
#include "answers.h"

/* RDX bit 0: a table that is there already is no error */
#define RDX_ALLOW_EXISTING 1ULL

static bool has_page(const TdxCall *c, unsigned vm)
{
    return c->gpr[tdx_tables_reg(vm)] != TDX_TABLES_NO_PAGE;
}

static TdxStatus take_page(TdxTables *t, unsigned vm)
{
    uint64_t reg = t->op->c->gpr[tdx_tables_reg(vm)];

    return tdx_tables_offer(t, vm, reg & ~TDX_TABLES_PAGE_UNUSED);
}

/* Version 1 says which pages it did not need */
static TdxStatus leave_page(const TdxTables *t, unsigned vm)
{
    if (t->op->c->version) {
        t->op->c->gpr[tdx_tables_reg(vm)] |= TDX_TABLES_PAGE_UNUSED;
    }
    return TDX_SUCCESS;
}

/* TD life cycle 6.1, steps 6 to 9' */
static TdxStatus check_l1(TdxTables *t, bool allow_existing)
{
    TdxMemOp *op = t->op;
    bool exists = tdx_mem_state(op) == TDX_SEPT_NL_MAPPED;
    bool page = has_page(op->c, 0);

    return tdx_mem_expect(op, TDX_SEPT_IN(TDX_SEPT_FREE) |
                              TDX_SEPT_IN(TDX_SEPT_NL_MAPPED)) ?:
           tdx_require(page || op->c->version,
                       tdx_bad_operand(op->c->m, TDX_R8,
                                       op->c->gpr[TDX_R8], TDX_CAUSE_INVALID,
                                       0)) ?:
           tdx_require(page ? !exists || allow_existing : exists,
                       tdx_mem_fail(op, TDX_EPT_ENTRY_STATE_INCORRECT)) ?:
           (!page ? TDX_SUCCESS : exists ? leave_page(t, 0)
                                         : take_page(t, 0));
}

/* Step 10 for one VM */
static TdxStatus check_l2(TdxTables *t, unsigned vm, bool allow_existing)
{
    TdxMemOp *op = t->op;
    TdxStatus status;
    bool exists;

    if (!has_page(op->c, vm)) {
        return TDX_SUCCESS;
    }
    status = tdx_require(vm <= op->td.tdcs->num_l2_vms,
                         tdx_bad_operand(op->c->m, tdx_tables_reg(vm),
                                         op->c->gpr[tdx_tables_reg(vm)],
                                         TDX_CAUSE_NO_L2_VM,
                                         op->td.tdcs->num_l2_vms)) ?:
             tdx_tables_place(t, vm);
    if (status) {
        return status;
    }
    exists = tdx_sept_state(t->walk[vm].value) != TDX_SEPT_FREE;
    return tdx_require(!exists || allow_existing,
                       tdx_tables_fail(op, TDX_L2_SEPT_ENTRY_NOT_FREE, vm,
                                       &t->walk[vm])) ?:
           (exists ? leave_page(t, vm) : take_page(t, vm));
}

static TdxStatus commit(TdxTables *t)
{
    TdxCall *c = t->op->c;

    for (unsigned vm = 0; vm < TDX_MAX_VMS; vm++) {
        TdxStatus status;

        if (!t->present[vm]) {
            continue;
        }
        tdx_pamt_set_bepoch(t->page[vm].entry, 0);
        status = tdx_tables_add(t, vm);
        if (status) {
            return status;
        }
        if (c->version) {
            c->gpr[tdx_tables_reg(vm)] = TDX_TABLES_NO_PAGE;
        }
    }
    return TDX_SUCCESS;
}

/* TD life cycle 6.1 */
static TdxStatus tdh_mem_sept_add(TdxCall *c)
{
    MEM_OP(op);
    TDX_TABLES(tables, op);
    bool allow_existing;
    TdxStatus status;
    unsigned vm;

    tdx_mem_begin(&op, c);
    status = tdx_check_version(c, 1);
    if (status) {
        return status;
    }
    for (vm = 0; c->version && vm < TDX_MAX_VMS; vm++) {
        if (has_page(c, vm)) {
            c->gpr[tdx_tables_reg(vm)] &= ~TDX_TABLES_PAGE_UNUSED;
        }
    }
    allow_existing = op.rdx & RDX_ALLOW_EXISTING;
    status = tdx_mem_check_tdr_flags(&op, RDX_ALLOW_EXISTING) ?:
             tdx_mem_enter(&op, TD_OPS_SEPT_ADD, TDX_LEVEL_2M, MEM_ROOT_LEVEL,
                           TDX_LOCK_TYPE_SHARED) ?:
             check_l1(&tables, allow_existing);
    for (vm = 1; !status && c->version && vm < TDX_MAX_VMS; vm++) {
        status = check_l2(&tables, vm, allow_existing);
    }
    return status ?: commit(&tables);
}

const TdxLeaf tdx_leaf_TDH_MEM_SEPT_ADD = {
    TDX_LEAF_ID(TDH_MEM_SEPT_ADD),
    .what = "Add Secure EPT pages",
    .max_version = 1,
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" },
            { TDX_R9, "l2_page1" }, { TDX_R10, "l2_page2" },
            { TDX_R11, "l2_page3" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO },
             { TDX_R8, "page", TDX_PAGE_V1 },
             { TDX_R9, "l2_page1", TDX_PAGE_V1 },
             { TDX_R10, "l2_page2", TDX_PAGE_V1 },
             { TDX_R11, "l2_page3", TDX_PAGE_V1 } },
    .handler = tdh_mem_sept_add,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_ENTRY,
        ANSWERS_FREE_PAGE,
        { TDX_L2_SEPT_WALK_FAILED,
          "an L2 VM's tree has no entry of this level", TDX_FAULT_NOWHERE },
        { TDX_L2_SEPT_ENTRY_NOT_FREE, "an L2 VM's entry is not free",
          TDX_FAULT_NOWHERE }
    ),
};
