/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Tables of the L2 VMs' Secure EPT trees.
 */

#include <glib.h>

#include "l2.h"

/* States of L2 entries are reported in a range of their own */
#define L2_STATE           0x40ULL
#define DETAILS_STATE_SHIFT 8
#define DETAILS_VM_SHIFT    16

TdxStatus tdx_l2_walk(TdxMemOp *op, unsigned vm, TdxSeptWalk *walk)
{
    unsigned page = TDX_TDCS_L2_SEPT_ROOT + vm - 1;
    const TdxTdr *tdr = op->td.tdr;

    if (page >= MIN(tdr->num_tdcx, TDX_MAX_TDCS_PAGES)) {
        return tdx_fatal(op->c->m, "a TD lacks a page of its L2 VMs");
    }
    *walk = tdx_sept_walk(op->c->m, tdr->tdcx[page],
                          tdx_sept_root_level(op->td.tdcs), tdr->hkid,
                          op->gpa, op->level);
    return tdx_mem_walk_status(op, walk);
}

TdxStatus tdx_l2_fail(TdxMemOp *op, TdxStatus status, unsigned vm,
                      const TdxSeptWalk *walk)
{
    uint64_t state = L2_STATE |
                     tdx_sept_reported(tdx_sept_state(walk->value));

    op->c->gpr[TDX_RCX] = tdx_sept_view(op->c->m, walk->value);
    op->c->gpr[TDX_RDX] = walk->level | state << DETAILS_STATE_SHIFT |
                          (uint64_t)vm << DETAILS_VM_SHIFT;
    return tdx_op(status, vm << DETAILS_VM_SHIFT | walk->level);
}

TdxStatus tdx_l2_tables_lock(TdxL2Tables *t, TdxMemOp *op)
{
    unsigned i, vms = MIN(op->td.tdcs->num_l2_vms, TDX_MAX_L2_VMS);

    for (i = 0; i < vms; i++) {
        TdxStatus status = tdx_l2_walk(op, i + 1, &t->walk[i]);

        if (status) {
            return status;
        }
        if (t->walk[i].level != op->level ||
            tdx_sept_state(t->walk[i].value) != TDX_SEPT_NL_MAPPED) {
            continue;
        }
        status = tdx_pamt_lock_implicit(&t->page[i], op->c->m,
                                        tdx_sept_hpa(op->c->m,
                                                     t->walk[i].value),
                                        TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX);
        if (status) {
            return status;
        }
        t->present[i] = true;
    }
    return TDX_SUCCESS;
}

void tdx_l2_table_free(TdxL2Tables *t, TdxMemOp *op, unsigned vm, bool report)
{
    unsigned i = vm - 1;
    uint64_t page = L2_NO_PAGE;

    if (t->present[i]) {
        page = tdx_sept_hpa(op->c->m, t->walk[i].value);
        tdx_sept_store(t->walk[i].entry, TDX_SEPT_FREE_ENTRY);
        tdx_tdr_sub_children(op->td.tdr, 1);
        page |= tdx_pamt_free(&t->page[i]);
    }
    if (report) {
        op->c->gpr[tdx_l2_reg(vm)] = page;
    }
}

TdxStatus tdx_l2_tables_offered(TdxL2Tables *t, TdxMemOp *op)
{
    unsigned i, vms = MIN(op->td.tdcs->num_l2_vms, TDX_MAX_L2_VMS);

    for (i = 0; i < vms; i++) {
        TdxGpr reg = tdx_l2_reg(i + 1);
        uint64_t hpa = op->c->gpr[reg];
        TdxStatus status;

        if (hpa == L2_NO_PAGE) {
            continue;
        }
        status = tdx_pamt_get_free(&t->page[i], op->c, hpa & ~L2_PAGE_UNUSED,
                                   TDX_LEVEL_4K, reg);
        if (status) {
            return status;
        }
        t->present[i] = true;
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_l2_tables_place(TdxL2Tables *t, TdxMemOp *op)
{
    unsigned i;

    for (i = 0; i < TDX_MAX_L2_VMS; i++) {
        TdxStatus status;

        if (!t->present[i]) {
            continue;
        }
        status = tdx_l2_walk(op, i + 1, &t->walk[i]) ?:
                 tdx_require(t->walk[i].level == op->level,
                             tdx_l2_fail(op, TDX_L2_SEPT_WALK_FAILED, i + 1,
                                         &t->walk[i]));
        if (status) {
            return status;
        }
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_l2_tables_add(TdxL2Tables *t, TdxMemOp *op)
{
    unsigned i;

    for (i = 0; i < TDX_MAX_L2_VMS; i++) {
        TdxStatus status;
        uint64_t entry;

        if (!t->present[i]) {
            continue;
        }
        status = tdx_l2_table_fill(op, &t->page[i], &entry);
        if (status) {
            return status;
        }
        tdx_sept_store(t->walk[i].entry, entry);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_l2_table_fill(TdxMemOp *op, TdxPamtRef *page, uint64_t *entry)
{
    TdxModule *m = op->c->m;
    uint16_t hkid = op->td.tdr->hkid;
    void *table;
    TdxStatus status = tdx_td_take_page(m, page->hpa, hkid, &table);

    if (status) {
        return status;
    }
    tdx_sept_clear_table(table);
    *entry = tdx_sept_nonleaf(m, page->hpa, hkid);
    tdx_td_add_page(&op->td, page, TDX_PT_EPT);
    return TDX_SUCCESS;
}

void tdx_l2_tables_unlock(TdxL2Tables *t)
{
    unsigned i;

    for (i = TDX_MAX_L2_VMS; i > 0; i--) {
        tdx_pamt_unlock(&t->page[i - 1]);
    }
}
