/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.RANGE.UNBLOCK (39): give a TD access to a range again.
 */

#include "../td/mem.h"

/* TD life cycle 6.5 */
uint64_t tdh_mem_range_unblock(TdxCall *c)
{
    MEM_OP(op);
    PAMT_REF(page);
    uint64_t status;

    mem_begin(&op, c);
    status = mem_enter(&op, TD_OPS_BLOCK, TDX_LEVEL_4K, MEM_ROOT_LEVEL,
                       TDX_LOCK_TYPE_EXCLUSIVE);
    if (status) {
        return status;
    }
    status = mem_expect(&op, TDX_SEPT_ANY_BLOCKED);
    if (status) {
        return status;
    }
    status = pamt_peek(&page, c->m, mem_hpa(&op));
    if (status) {
        return status;
    }
    status = mem_check_tracked(&op, &page);
    if (status) {
        return status;
    }
    mem_set(&op, tdx_sept_unblock(op.walk.value));
    return TDX_SUCCESS;
}
