/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VP.CPUIDVE.SET: shall each CPUID of this vCPU be a #VE?
 */

#include "../exit/tdcall.h"
#include "answers.h"

#define SUPERVISOR (1u << 0)
#define USER       (1u << 1)

/* TDCALL 4.6 */
static TdxStatus tdg_vp_cpuidve_set(TdxCall *c)
{
    TdxTdvps *t = c->exit->tdvps;
    uint64_t flags = c->gpr[TDX_RCX];
    uint64_t now = (t->cpuid_supervisor_ve ? SUPERVISOR : 0) |
                   (t->cpuid_user_ve ? USER : 0);
    bool locked = tdx_td_ctls_of(c->exit->tdcs) & TDX_TD_CTLS_LOCK;

    if (flags & ~(uint64_t)(SUPERVISOR | USER) || (locked && flags != now)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    t->cpuid_supervisor_ve = flags & SUPERVISOR ? 1 : 0;
    t->cpuid_user_ve = flags & USER ? 1 : 0;
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDG_VP_CPUIDVE_SET = {
    TDX_LEAF_ID(TDG_VP_CPUIDVE_SET),
    .what = "Choose whether CPUID is always a #VE",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "flags" } },
    .handler = tdg_vp_cpuidve_set,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "a flag is not known, or TD_CTLS is locked" },
        { TDX_SUCCESS }
    ),
};
