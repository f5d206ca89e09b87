/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VP.VMCALL: call the VMM.
 */

#include "../exit/tdcall.h"
#include "answers.h"

/* RCX: registers that cannot pass; above the two masks nothing can stand */
#define MASK_NEVER (1ULL << TDX_RAX | 1ULL << TDX_RCX | 1ULL << TDX_RSP | \
                    ~(uint64_t)UINT32_MAX)

/* TDCALL 4.1 */
static TdxStatus tdg_vp_vmcall(TdxCall *c)
{
    TdxExit *e = c->exit;
    uint64_t mask = c->gpr[TDX_RCX];
    uint64_t never = MASK_NEVER;

    if (e->tdcs->config_flags & TDX_CONFIG_NO_RBP_MOD) {
        never |= 1ULL << TDX_RBP;
    }
    if (mask & never) {
        return tdx_fails(c->m, tdx_op(TDX_OPERAND_INVALID, TDX_RCX), NULL,
                         mask, TDX_CAUSE_RESERVED_BITS, mask & never);
    }
    e->vmcall = true;
    e->rcx = mask;
    return tdx_tdcall_end(c, tdx_exit_leave(e, TDX_SUCCESS));
}

const TdxLeaf tdx_leaf_TDG_VP_VMCALL = {
    TDX_LEAF_ID(TDG_VP_VMCALL),
    .what = "Call the VMM",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "register_mask" } },
    .handler = tdg_vp_vmcall,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "a register is selected that cannot pass" },
        { TDX_SUCCESS }
    ),
};
