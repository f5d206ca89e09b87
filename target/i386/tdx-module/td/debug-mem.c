/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Access to the memory of a TD that is being debugged.
 */

#include "mem.h"

uint64_t mem_find_debug(TdxMemOp *op, TdxCall *c, unsigned ops,
                        unsigned states, uint64_t **value)
{
    uint64_t status;

    mem_begin(op, c);
    status = mem_lock_td(op, ops);
    if (status) {
        return status;
    }
    if (!(op->td.tdcs->attributes & TDX_ATTR_DEBUG)) {
        return TDX_TD_NON_DEBUG;
    }
    if (!tdx_aligned(op->rcx, sizeof(**value))) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    op->gpa = op->rcx;
    status = mem_check_private(op);
    if (status) {
        return status;
    }
    status = mem_lock_tree(op, TDX_LOCK_TYPE_SHARED);
    if (status) {
        return status;
    }
    status = mem_walk_to_leaf(op);
    if (status) {
        return status;
    }
    status = mem_lock_entry(op);
    if (status) {
        return status;
    }
    status = mem_expect(op, states);
    if (status) {
        return status;
    }
    *value = mem_private(op, sizeof(**value));
    return *value ? TDX_SUCCESS
                  : td_no_content(c->m, op->td.tdr,
                                  "a page of a TD has no memory");
}
