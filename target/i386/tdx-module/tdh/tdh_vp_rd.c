/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.RD: read a metadata field of a vCPU.
 */

#include "../metadata/td-fields.h"
#include "answers.h"

/* TD life cycle 5.5 */
static TdxStatus tdh_vp_rd(TdxCall *c)
{
    uint64_t id = c->gpr[TDX_RDX];
    VP_REF(vp);
    TD_REF(td);
    TdxStatus status;

    c->gpr[TDX_R8] = 0;
    if (c->version) {
        c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    }

    status = tdx_check_version(c, 1) ?:
             tdx_vp_open(c, &vp, &td, c->gpr[TDX_RCX], TD_OPS_READ,
                         TDX_VCPU_READY | TDX_VCPU_DISABLED);
    if (status) {
        return status;
    }
    status = tdx_td_field_read(&(TdxFieldScope) {
                               c->m->cfg.features0, &tdx_vp_fields, &vp,
                               tdx_td_field_host(&td),
                           }, id, c->version ? &c->gpr[TDX_RDX] : NULL,
                           &c->gpr[TDX_R8]);
    /* Some fields are in pages that only reading them looks at */
    if (tdx_td_intact(&td)) {
        c->gpr[TDX_R8] = 0;
        if (c->version) {
            c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
        }
        return tdx_td_intact(&td);
    }
    return status;
}

const TdxLeaf tdx_leaf_TDH_VP_RD = {
    TDX_LEAF_ID(TDH_VP_RD),
    .what = "Read a metadata field of a vCPU",
    .max_version = 1,
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdvpr" }, { TDX_RDX, "field" } },
    .out = { { TDX_RDX, "next_field", TDX_ONES_V1 },
             { TDX_R8, "value", TDX_ZERO } },
    .fields = &tdx_vp_fields,
    .handler = tdh_vp_rd,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_VCPU,
        ANSWERS_FIELD_READ
    ),
};
