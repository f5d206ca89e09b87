/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Adding and removing Secure EPT tables of a TD and of its L2 VMs.
 */

#include "../sept/sept.h"
#include "tables.h"

/* States of L2 entries are reported in a range of their own */
#define L2_STATE           0x40ULL
#define DETAILS_STATE_SHIFT 8
#define DETAILS_VM_SHIFT    16

void tdx_tables_unlock(TdxTables *t)
{
    for (unsigned vm = TDX_MAX_VMS; vm > 0; vm--) {
        tdx_pamt_unlock(&t->page[vm - 1]);
    }
}

TdxStatus tdx_tables_walk(TdxMemOp *op, unsigned vm, TdxSeptWalk *walk)
{
    if (op->td.tdr->num_tdcx < TDX_TDCS_BASE_PAGES + vm ||
        vm > TDX_MAX_L2_VMS) {
        return tdx_fatal(op->c->m, "a TD lacks a page of its L2 VMs");
    }
    *walk = tdx_sept_walk(op->c->m, tdx_td_eptp(&op->td, vm), op->gpa,
                          op->level);
    return tdx_mem_walk_status(op, walk);
}

TdxStatus tdx_tables_fail(TdxMemOp *op, TdxStatus status, unsigned vm,
                          const TdxSeptWalk *walk)
{
    TdxSeptState is = tdx_sept_state(walk->value);
    uint64_t state = L2_STATE | tdx_sept_reported(is);

    op->c->gpr[TDX_RCX] = tdx_sept_view(op->c->m, walk->value);
    op->c->gpr[TDX_RDX] = walk->level | state << DETAILS_STATE_SHIFT |
                          (uint64_t)vm << DETAILS_VM_SHIFT;
    return tdx_fails(op->c->m,
                     tdx_op(status, vm << DETAILS_VM_SHIFT | walk->level),
                     "L2 Secure EPT entry for GPA", op->gpa,
                     TDX_CAUSE_SEPT_STATE, is);
}

TdxStatus tdx_tables_offer(TdxTables *t, unsigned vm, uint64_t hpa)
{
    TdxStatus status = tdx_pamt_get_free(&t->page[vm], t->op->c, hpa,
                                         TDX_LEVEL_4K, tdx_tables_reg(vm));

    t->present[vm] = !status;
    return status;
}

TdxStatus tdx_tables_place(TdxTables *t, unsigned vm)
{
    TdxSeptWalk *walk = &t->walk[vm];

    return tdx_tables_walk(t->op, vm, walk) ?:
           tdx_require(walk->level == t->op->level,
                       tdx_tables_fail(t->op, TDX_L2_SEPT_WALK_FAILED, vm,
                                       walk));
}

static void set_entry(TdxTables *t, unsigned vm, uint64_t value)
{
    if (vm == 0) {
        tdx_mem_set(t->op, value);
    } else {
        tdx_sept_store(t->walk[vm].entry, value);
    }
}

TdxStatus tdx_tables_add(TdxTables *t, unsigned vm)
{
    TdxTdRef *td = &t->op->td;
    TdxPamtRef *page = &t->page[vm];
    TdxStatus status;
    void *table;

    if (!t->present[vm]) {
        return TDX_SUCCESS;
    }
    status = tdx_td_take_page(td->m, page->hpa, td->tdr->hkid, &table);
    if (status) {
        return status;
    }
    tdx_sept_clear_table(table);
    tdx_td_add_page(td, page, TDX_PT_EPT);
    set_entry(t, vm, tdx_sept_nonleaf(td->m, page->hpa, td->tdr->hkid));
    return TDX_SUCCESS;
}

TdxStatus tdx_tables_lock(TdxTables *t)
{
    TdxStatus status = tdx_mem_lock_page(t->op, &t->page[0]);

    t->present[0] = !status;
    return status;
}

TdxStatus tdx_tables_content(TdxTables *t, uint64_t **table)
{
    TdxTdRef *td = &t->op->td;

    *table = tdx_td_private(td->m, td->tdr, tdx_mem_hpa(t->op), TDX_PAGE_4K);
    return tdx_require(*table,
                       tdx_td_no_content(td->m, td->tdr,
                                         "an SEPT page has no memory"));
}

static TdxStatus lock_l2(TdxTables *t, unsigned vm)
{
    TdxModule *m = t->op->c->m;
    TdxSeptWalk *walk = &t->walk[vm];
    TdxStatus status = tdx_tables_walk(t->op, vm, walk);

    if (status || walk->level != t->op->level ||
        tdx_sept_state(walk->value) != TDX_SEPT_NL_MAPPED) {
        return status;
    }
    status = tdx_pamt_lock_implicit(&t->page[vm], m,
                                    tdx_sept_hpa(m, walk->value),
                                    TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX);
    t->present[vm] = !status;
    return status;
}

TdxStatus tdx_tables_lock_l2(TdxTables *t)
{
    TdxStatus status = TDX_SUCCESS;

    for (unsigned vm = 1; !status && vm < tdx_td_num_vms(&t->op->td); vm++) {
        status = lock_l2(t, vm);
    }
    return status;
}

uint64_t tdx_tables_free(TdxTables *t, unsigned vm, uint64_t entry)
{
    const TdxSeptWalk *walk = vm ? &t->walk[vm] : &t->op->walk;
    uint64_t page;

    if (!t->present[vm]) {
        return TDX_TABLES_NO_PAGE;
    }
    page = tdx_sept_hpa(t->op->c->m, walk->value);
    set_entry(t, vm, entry);
    tdx_tdr_sub_children(t->op->td.tdr, 1);
    return page | tdx_pamt_free(&t->page[vm]);
}
