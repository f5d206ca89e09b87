/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VP.ENTER, INVEPT and INVVPID: for the L2 VMs of a TD.  None runs: these
 * answer as in a TD that has none.
 */

#include "../exit/tdcall.h"
#include "answers.h"

#define STATE_ALIGN 256

static TdxStatus no_such_vm(TdxCall *c)
{
    return tdx_fails(c->m, tdx_op(TDX_OPERAND_INVALID, TDX_RCX), NULL,
                     c->gpr[TDX_RCX], TDX_CAUSE_INVALID, 0);
}

/* TDCALL 4.12 */
static TdxStatus tdg_vp_enter(TdxCall *c)
{
    uint64_t gpa = c->gpr[TDX_RDX];

    return tdx_require(tdx_aligned(gpa, STATE_ALIGN) &&
                       tdx_tdcall_gpa_private(c->exit, gpa),
                       tdx_op(TDX_OPERAND_INVALID, TDX_RDX)) ?:
           no_such_vm(c);
}

/* An empty set of VMs is none */
static TdxStatus tdg_vp_invept(TdxCall *c)
{
    return c->gpr[TDX_RCX] ? no_such_vm(c) : TDX_SUCCESS;
}

static TdxStatus tdg_vp_invvpid(TdxCall *c)
{
    return no_such_vm(c);
}

const TdxLeaf tdx_leaf_TDG_VP_ENTER = {
    TDX_LEAF_ID(TDG_VP_ENTER),
    .what = "Enter an L2 VM",
    .missing = "There are no L2 VMs.",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "vm" }, { TDX_RDX, "state" } },
    .handler = tdg_vp_enter,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "there is no such VM" }
    ),
};

const TdxLeaf tdx_leaf_TDG_VP_INVEPT = {
    TDX_LEAF_ID(TDG_VP_INVEPT),
    .what = "Forget translations of L2 VMs",
    .missing = "There are no L2 VMs.",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "vms" } },
    .handler = tdg_vp_invept,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "there is no such VM" },
        { TDX_SUCCESS }
    ),
};

const TdxLeaf tdx_leaf_TDG_VP_INVVPID = {
    TDX_LEAF_ID(TDG_VP_INVVPID),
    .what = "Forget linear translations of an L2 VM",
    .missing = "There are no L2 VMs.",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "vm" }, { TDX_RDX, "list" } },
    .handler = tdg_vp_invvpid,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "there is no such VM" }
    ),
};
