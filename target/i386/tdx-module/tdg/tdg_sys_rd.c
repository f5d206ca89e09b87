/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.SYS.RD: read a metadata field of the module.
 */

#include "answers.h"
#include "field.h"

/* TDCALL 4.10 */
static TdxStatus tdg_sys_rd(TdxCall *c)
{
    TdxFieldScope scope = {
        tdx_field_features(c->m), &tdx_sys_fields, c->m, TDX_FIELD_GUEST,
    };
    uint64_t id = c->gpr[TDX_RDX];

    c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    c->gpr[TDX_R8] = 0;
    return tdx_td_field_read(&scope, id, &c->gpr[TDX_RDX], &c->gpr[TDX_R8]);
}

const TdxLeaf tdx_leaf_TDG_SYS_RD = {
    TDX_LEAF_ID(TDG_SYS_RD),
    .what = "Read a metadata field of the module",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RDX, "field" } },
    .out = { { TDX_RDX, "next_field", TDX_ONES },
             { TDX_R8, "value", TDX_ZERO } },
    .fields = &tdx_sys_fields,
    .handler = tdg_sys_rd,
    .answers = TDX_ANSWERS(
        ANSWERS_GUEST_FIELD_READ,
        { TDX_SUCCESS }
    ),
};
