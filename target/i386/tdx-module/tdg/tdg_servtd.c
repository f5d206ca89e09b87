/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.SERVTD.RD and WR, of which the TDs of this module have no use: none is
 * bound to another as its service TD.
 */

#include "../exit/tdcall.h"
#include "answers.h"

static TdxStatus no_binding(TdxCall *c)
{
    return tdx_fails(c->m, tdx_op(TDX_OPERAND_INVALID, TDX_RCX), NULL,
                     c->gpr[TDX_RCX], TDX_CAUSE_INVALID, 0);
}

/* TDCALL 4.12: no handle names a binding */
static TdxStatus tdg_servtd_rd(TdxCall *c)
{
    c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    c->gpr[TDX_R8] = 0;
    return no_binding(c);
}

static TdxStatus tdg_servtd_wr(TdxCall *c)
{
    c->gpr[TDX_R8] = 0;
    return no_binding(c);
}

const TdxLeaf tdx_leaf_TDG_SERVTD_RD = {
    TDX_LEAF_ID(TDG_SERVTD_RD),
    .what = "Read a metadata field of the TD that this one serves",
    .missing = "No TD can be bound to another.",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "binding" }, { TDX_RDX, "field" } },
    .out = { { TDX_RDX, "next_field", TDX_ONES },
             { TDX_R8, "value", TDX_ZERO } },
    .handler = tdg_servtd_rd,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "there is no such binding" }
    ),
};

const TdxLeaf tdx_leaf_TDG_SERVTD_WR = {
    TDX_LEAF_ID(TDG_SERVTD_WR),
    .what = "Write a metadata field of the TD that this one serves",
    .missing = "No TD can be bound to another.",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "binding" }, { TDX_RDX, "field" },
            { TDX_R8, "value" }, { TDX_R9, "mask" } },
    .out = { { TDX_R8, "old_value", TDX_ZERO } },
    .handler = tdg_servtd_wr,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "there is no such binding" }
    ),
};
