/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VP.WR: write a metadata field of the vCPU.
 */

#include "answers.h"
#include "field.h"

static TdxStatus set_flag(TdxCall *c, uint8_t *flag, const TdxFieldWrite *w)
{
    /* A write of the whole field is a change unless it repeats a zero */
    bool changes = w->new != *flag || (w->mask == UINT8_MAX && w->new);

    if (tdx_tdg_locked(c) && changes) {
        return TDX_METADATA_FIELD_VALUE_NOT_VALID;
    }
    *flag = w->new;
    return TDX_SUCCESS;
}

static TdxStatus set_field(TdxCall *c, const TdxFieldWrite *write)
{
    TdxTdvps *t = c->exit->tdvps;

    switch (write->field->id) {
    case VP_FIELD_CPUID_SUPERVISOR_VE:
        return set_flag(c, &t->cpuid_supervisor_ve, write);
    case VP_FIELD_CPUID_USER_VE:
        return set_flag(c, &t->cpuid_user_ve, write);
    case VP_FIELD_CPUID_CONTROL:
        return set_flag(c, &t->cpuid_control[write->index], write);
    /* Of L2 VMs, which do not run */
    case VP_FIELD_L2_CTLS:
        t->l2_ctls[write->index % TDX_MAX_VMS] = write->new;
        return TDX_SUCCESS;
    case VP_FIELD_TSC_DEADLINE:
        t->tsc_deadline[write->index % TDX_MAX_VMS] = write->new;
        return TDX_SUCCESS;
    default:
        return TDX_METADATA_FIELD_NOT_WRITABLE;
    }
}

/* TDCALL 4.9 */
static TdxStatus tdg_vp_wr(TdxCall *c)
{
    TdxFieldScope scope = tdx_tdg_vp_scope(c);
    uint64_t value = c->gpr[TDX_R8];

    c->gpr[TDX_R8] = 0;
    return tdx_require(!c->gpr[TDX_RCX],
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
           tdx_tdg_field_write(c, &scope, value, set_field);
}

const TdxLeaf tdx_leaf_TDG_VP_WR = {
    TDX_LEAF_ID(TDG_VP_WR),
    .what = "Write a metadata field of the vCPU",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "zero" }, { TDX_RDX, "field" }, { TDX_R8, "value" },
            { TDX_R9, "mask" } },
    .out = { { TDX_R8, "old_value", TDX_ZERO } },
    .fields = &tdx_vp_fields,
    .handler = tdg_vp_wr,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "RCX is not zero" },
        ANSWERS_GUEST_FIELD_WRITE,
        { TDX_SUCCESS }
    ),
};
