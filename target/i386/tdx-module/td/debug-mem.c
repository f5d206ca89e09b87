/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Access to the memory of a TD that is being debugged.
 */

#include "mem.h"

TdxStatus tdx_mem_find_debug(TdxMemOp *op, TdxCall *c, unsigned ops,
                             unsigned states, uint64_t **value)
{
    TdxStatus status;

    tdx_mem_begin(op, c);
    status = tdx_mem_lock_td(op, ops) ?:
             tdx_require(op->td.tdcs->attributes & TDX_ATTR_DEBUG,
                         TDX_TD_NON_DEBUG) ?:
             tdx_require(tdx_aligned(op->rcx, sizeof(**value)),
                         tdx_bad_operand(c->m, TDX_RCX, op->rcx, TDX_CAUSE_UNALIGNED,
                                         sizeof(**value)));
    if (status) {
        return status;
    }
    op->gpa = op->rcx;
    status = tdx_mem_check_private(op) ?:
             tdx_mem_lock_tree(op, TDX_LOCK_TYPE_SHARED) ?:
             tdx_mem_walk_to_leaf(op) ?:
             tdx_mem_lock_entry(op) ?:
             tdx_mem_expect(op, states);
    if (status) {
        return status;
    }
    *value = tdx_mem_private(op, sizeof(**value));
    return *value ? TDX_SUCCESS
                  : tdx_td_no_content(c->m, op->td.tdr,
                                      "a page of a TD has no memory");
}
