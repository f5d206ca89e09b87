/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.SEPT.RD (25): report a Secure EPT entry.
 */

#include "mem.h"

/* RDX bit 0: the attributes that L2 VMs see */
#define RDX_L2_ATTRIBUTES 1ULL

/* TD life cycle 6.8 */
uint64_t tdh_mem_sept_rd(TdxCall *c)
{
    MEM_OP(op);
    bool l2_attributes;
    uint64_t status;

    mem_begin(&op, c);
    l2_attributes = op.rdx & RDX_L2_ATTRIBUTES;
    op.rdx &= ~RDX_L2_ATTRIBUTES;
    status = mem_lock_td(&op, TD_OPS_READ);
    if (status) {
        return status;
    }
    if (l2_attributes && !(op.td.tdcs->attributes & TDX_ATTR_DEBUG)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RDX);
    }
    status = mem_parse_gpa(&op, TDX_LEVEL_4K,
                           tdx_sept_root_level(op.td.tdcs));
    if (status) {
        return status;
    }
    status = mem_find(&op, TDX_LOCK_TYPE_SHARED);
    if (status) {
        return status;
    }
    status = mem_lock_entry(&op);
    if (status) {
        return status;
    }
    mem_details(&op);
    return TDX_SUCCESS;
}
