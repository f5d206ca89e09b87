/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VP.VEINFO.GET: what a #VE was about.
 */

#include "../exit/tdcall.h"
#include "answers.h"

#define MAX_VERSION 2

/* TDCALL 4.4 */
static TdxStatus tdg_vp_veinfo_get(TdxCall *c)
{
    TdxVeInfo *ve = &c->exit->tdvps->ve_info;

    c->gpr[TDX_RCX] = 0;
    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R8] = 0;
    c->gpr[TDX_R9] = 0;
    c->gpr[TDX_R10] = 0;
    if (c->version > MAX_VERSION) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    if (!ve->valid) {
        return TDX_NO_VALID_VE_INFO;
    }
    c->gpr[TDX_RCX] = ve->exit_reason;
    if (c->version >= 1) {
        c->gpr[TDX_RCX] |= (uint64_t)ve->category << 32;
    }
    c->gpr[TDX_RDX] = ve->exit_qualification;
    c->gpr[TDX_R8] = ve->gla;
    c->gpr[TDX_R9] = ve->gpa;
    c->gpr[TDX_R10] = (uint64_t)ve->insn_info << 32 | ve->insn_len;
    if (c->version >= 2) {
        c->gpr[TDX_R11] = ve->extended_insn_info;
        c->gpr[TDX_R12] = ve->interruptibility;
    }
    ve->valid = 0;
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDG_VP_VEINFO_GET = {
    TDX_LEAF_ID(TDG_VP_VEINFO_GET),
    .what = "Read what a #VE was about",
    .max_version = MAX_VERSION,
    .states = TDX_WHEN_READY,
    .out = { { TDX_RCX, "exit_reason", TDX_ZERO },
             { TDX_RDX, "exit_qualification", TDX_ZERO },
             { TDX_R8, "gla", TDX_ZERO }, { TDX_R9, "gpa", TDX_ZERO },
             { TDX_R10, "instruction", TDX_ZERO },
             { TDX_R11, "extended_instruction" },
             { TDX_R12, "interruptibility" } },
    .handler = tdg_vp_veinfo_get,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "the version is not known" },
        { TDX_NO_VALID_VE_INFO, "there was no #VE since the last call" },
        { TDX_SUCCESS }
    ),
};
