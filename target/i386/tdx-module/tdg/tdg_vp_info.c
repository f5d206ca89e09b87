/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VP.INFO: what a guest must know of its TD.
 */

#include "../exit/tdcall.h"
#include "answers.h"

/* R10: TDG.SYS.RD and its like are there */
#define SYS_RD_AVAILABLE (1ULL << 0)

/* TDCALL 4.2 */
static TdxStatus tdg_vp_info(TdxCall *c)
{
    const TdxExit *e = c->exit;
    uint64_t vcpus = __atomic_load_n(&e->tdcs->num_vcpus, __ATOMIC_SEQ_CST);

    c->gpr[TDX_RCX] = tdx_td_gpa_width(e->tdcs);
    c->gpr[TDX_RDX] = e->tdcs->attributes;
    c->gpr[TDX_R8] = (uint64_t)e->tdcs->max_vcpus << 32 | vcpus;
    c->gpr[TDX_R9] = e->tdvps->index;
    c->gpr[TDX_R10] = c->m->cfg.first_generation ? 0 : SYS_RD_AVAILABLE;
    c->gpr[TDX_R11] = 0;
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDG_VP_INFO = {
    TDX_LEAF_ID(TDG_VP_INFO),
    .what = "Tell the guest of its TD and vCPU",
    .states = TDX_WHEN_READY,
    .out = { { TDX_RCX, "gpa_width" }, { TDX_RDX, "attributes" },
             { TDX_R8, "vcpus" }, { TDX_R9, "vcpu_index" },
             { TDX_R10, "sys_rd" }, { TDX_R11, "zero" } },
    .handler = tdg_vp_info,
    .answers = TDX_ANSWERS({ TDX_SUCCESS }),
};
