/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.RD (26): read a metadata field of a vCPU.
 */

#include "../metadata/td-fields.h"

/* TD life cycle 5.5 */
uint64_t tdh_vp_rd(TdxCall *c)
{
    uint64_t id = c->gpr[TDX_RDX];
    VP_REF(vp);
    TD_REF(td);
    uint64_t status;

    c->gpr[TDX_R8] = 0;
    if (c->version) {
        c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    }

    if (c->version > 1) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    status = vp_open(c, &vp, &td, c->gpr[TDX_RCX], TD_OPS_READ,
                     TDX_VCPU_READY | TDX_VCPU_DISABLED);
    if (status) {
        return status;
    }
    return td_field_read(c, &tdx_vp_fields, &vp, id);
}
