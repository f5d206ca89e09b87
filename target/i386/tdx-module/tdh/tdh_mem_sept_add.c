/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.SEPT.ADD: add tables to a TD's Secure EPT trees.
 */

#include "../td/l2.h"
#include "answers.h"

/* RDX bit 0: a table that is there already is no error */
#define RDX_ALLOW_EXISTING 1ULL

/* The tables of one call: the TD's own, then those of its L2 VMs */
typedef struct SeptAdd {
    TdxMemOp *op;
    bool allow_existing;
    TdxPamtRef page[1 + TDX_MAX_L2_VMS];
    TdxSeptWalk l2[1 + TDX_MAX_L2_VMS]; /* by VM; 0 is not used */
    bool add[1 + TDX_MAX_L2_VMS];
} SeptAdd;

static void sept_add_end(SeptAdd *add)
{
    unsigned vm;

    for (vm = 0; vm <= TDX_MAX_L2_VMS; vm++) {
        tdx_pamt_unlock(&add->page[vm]);
    }
}

/* Registers R8..R11 */
static TdxGpr page_reg(unsigned vm)
{
    return TDX_R8 + vm;
}

static TdxStatus get_page(SeptAdd *add, unsigned vm)
{
    TdxCall *c = add->op->c;
    uint64_t hpa = c->gpr[page_reg(vm)] & ~L2_PAGE_UNUSED;
    TdxStatus status = tdx_pamt_get_free(&add->page[vm], c, hpa, TDX_LEVEL_4K,
                                    page_reg(vm));

    add->add[vm] = !status;
    return status;
}

/* Version 1 says which pages it did not need */
static void leave_page(SeptAdd *add, unsigned vm)
{
    if (add->op->c->version) {
        add->op->c->gpr[page_reg(vm)] |= L2_PAGE_UNUSED;
    }
}

/* TD life cycle 6.1, steps 6 to 9' */
static TdxStatus check_l1(SeptAdd *add)
{
    TdxMemOp *op = add->op;
    bool exists;
    TdxStatus status;

    status = tdx_mem_expect(op, TDX_SEPT_IN(TDX_SEPT_FREE) |
                                TDX_SEPT_IN(TDX_SEPT_NL_MAPPED));
    if (status) {
        return status;
    }
    exists = tdx_mem_state(op) == TDX_SEPT_NL_MAPPED;
    if (op->c->gpr[TDX_R8] == L2_NO_PAGE) {
        if (op->c->version == 0) {
            return tdx_op(TDX_OPERAND_INVALID, TDX_R8);
        }
        return exists ? TDX_SUCCESS
                      : tdx_mem_fail(op, TDX_EPT_ENTRY_STATE_INCORRECT);
    }
    if (!exists) {
        return get_page(add, 0);
    }
    if (!add->allow_existing) {
        return tdx_mem_fail(op, TDX_EPT_ENTRY_STATE_INCORRECT);
    }
    leave_page(add, 0);
    return TDX_SUCCESS;
}

/* Step 10 for one VM */
static TdxStatus check_l2(SeptAdd *add, unsigned vm)
{
    TdxMemOp *op = add->op;
    TdxSeptWalk *walk = &add->l2[vm];
    TdxStatus status;

    if (op->c->gpr[page_reg(vm)] == L2_NO_PAGE) {
        return TDX_SUCCESS;
    }
    status = tdx_require(vm <= op->td.tdcs->num_l2_vms,
                         tdx_op(TDX_OPERAND_INVALID, page_reg(vm))) ?:
             tdx_l2_walk(op, vm, walk) ?:
             tdx_require(walk->level == op->level,
                         tdx_l2_fail(op, TDX_L2_SEPT_WALK_FAILED, vm, walk));
    if (status) {
        return status;
    }
    if (tdx_sept_state(walk->value) == TDX_SEPT_FREE) {
        return get_page(add, vm);
    }
    if (!add->allow_existing) {
        return tdx_l2_fail(op, TDX_L2_SEPT_ENTRY_NOT_FREE, vm, walk);
    }
    leave_page(add, vm);
    return TDX_SUCCESS;
}

/* Make the new page of @vm a table; *@entry points to it from now on */
static TdxStatus add_table(SeptAdd *add, unsigned vm, uint64_t *entry)
{
    TdxMemOp *op = add->op;
    TdxStatus status;

    tdx_pamt_set_bepoch(add->page[vm].entry, 0);
    status = tdx_l2_table_fill(op, &add->page[vm], entry);
    if (status) {
        return status;
    }
    if (op->c->version) {
        op->c->gpr[page_reg(vm)] = L2_NO_PAGE;
    }
    return TDX_SUCCESS;
}

static TdxStatus commit(SeptAdd *add)
{
    TdxStatus status;
    uint64_t entry;
    unsigned vm;

    for (vm = 0; vm <= TDX_MAX_L2_VMS; vm++) {
        if (!add->add[vm]) {
            continue;
        }
        status = add_table(add, vm, &entry);
        if (status) {
            return status;
        }
        if (vm == 0) {
            tdx_mem_set(add->op, entry);
        } else {
            tdx_sept_store(add->l2[vm].entry, entry);
        }
    }
    return TDX_SUCCESS;
}

/* TD life cycle 6.1 */
static TdxStatus tdh_mem_sept_add(TdxCall *c)
{
    MEM_OP(op);
    __attribute__((cleanup(sept_add_end))) SeptAdd add = { .op = &op };
    TdxStatus status;
    unsigned vm;

    tdx_mem_begin(&op, c);
    if (c->version > 1) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    for (vm = 0; c->version && vm <= TDX_MAX_L2_VMS; vm++) {
        if (c->gpr[page_reg(vm)] != L2_NO_PAGE) {
            c->gpr[page_reg(vm)] &= ~L2_PAGE_UNUSED;
        }
    }
    add.allow_existing = op.rdx & RDX_ALLOW_EXISTING;
    status = tdx_mem_check_tdr_flags(&op, RDX_ALLOW_EXISTING) ?:
             tdx_mem_enter(&op, TD_OPS_SEPT_ADD, TDX_LEVEL_2M, MEM_ROOT_LEVEL,
                           TDX_LOCK_TYPE_SHARED) ?:
             check_l1(&add);
    if (status) {
        return status;
    }
    for (vm = 1; c->version && vm <= TDX_MAX_L2_VMS; vm++) {
        status = check_l2(&add, vm);
        if (status) {
            return status;
        }
    }
    return commit(&add);
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
