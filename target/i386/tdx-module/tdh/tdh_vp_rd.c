/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.RD: read a metadata field of a vCPU.
 */

#include "answers.h"
#include "field-read.h"

/* TD life cycle 5.5 */
static TdxStatus tdh_vp_rd(TdxCall *c)
{
    uint64_t id = c->gpr[TDX_RDX];
    VP_REF(vp);
    TD_REF(td);
    TdxStatus status;

    tdx_field_nothing(c);
    status = tdx_check_version(c, 1) ?:
             tdx_vp_open(c, &vp, &td, c->gpr[TDX_RCX], TD_OPS_READ,
                         TDX_VCPU_READY | TDX_VCPU_DISABLED);
    if (status) {
        return status;
    }
    status = tdx_field_table_read(c, &(TdxFieldScope) {
        tdx_field_features(c->m), &tdx_vp_fields, &vp, tdx_td_field_host(&td),
    }, id);
    return tdx_field_read_end(c, &td, status);
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
