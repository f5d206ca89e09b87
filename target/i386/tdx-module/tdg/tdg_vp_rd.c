/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VP.RD: read a metadata field of the vCPU.
 */

#include "answers.h"
#include "field.h"

/* What follows in a TD with L2 VMs: the VMCS of the first, which cannot run */
#define FIRST_L2_FIELD 0x2424000100000002ULL

static TdxStatus read_field(TdxCall *c, uint64_t id)
{
    TdxFieldScope scope = tdx_tdg_vp_scope(c);
    TdxStatus status = tdx_td_field_read(&scope, id, &c->gpr[TDX_RDX],
                                     &c->gpr[TDX_R8]);

    if (!status && c->gpr[TDX_RDX] == TDX_FIELD_ID_NONE &&
        c->exit->tdcs->num_l2_vms) {
        c->gpr[TDX_RDX] = FIRST_L2_FIELD;
    }
    return status;
}

/* TDCALL 4.9 */
static TdxStatus tdg_vp_rd(TdxCall *c)
{
    uint64_t id = c->gpr[TDX_RDX];

    c->gpr[TDX_R8] = 0;
    c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    c->exit->tdvps->state_details = tdx_vp_state_details(&c->exit->run->vp);
    return tdx_require(!c->gpr[TDX_RCX],
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
           read_field(c, id);
}

const TdxLeaf tdx_leaf_TDG_VP_RD = {
    TDX_LEAF_ID(TDG_VP_RD),
    .what = "Read a metadata field of the vCPU",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "zero" }, { TDX_RDX, "field" } },
    .out = { { TDX_RDX, "next_field", TDX_ONES },
             { TDX_R8, "value", TDX_ZERO } },
    .fields = &tdx_vp_fields,
    .handler = tdg_vp_rd,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "RCX is not zero" },
        ANSWERS_GUEST_FIELD_READ,
        { TDX_SUCCESS }
    ),
};
