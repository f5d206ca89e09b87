/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.DISABLE (69) of newer modules: give all memory back to the host
 * and start from nothing.
 */

#include "../core/call.h"

/*
 * Life cycle 14.  What is known of this leaf is how a host uses it; where
 * that leaves a choice:
 * - it does its work in one call, and can be interrupted before that only;
 * - while it waits for other LPs to leave the module, it answers
 *   TDX_SYS_BUSY, and all leaves but itself and TDH.SYS.LP.SHUTDOWN answer
 *   TDX_SYS_NOT_READY until it is called again: so it gets its turn;
 * - a module that was shut down stays so.
 */
static TdxStatus tdh_sys_disable(TdxCall *c)
{
    TdxModule *m = c->m;
    TDX_LOCK_GUARD(global);
    TdxStatus status;

    status = tdx_take_global(&global, m, TDX_LOCK_TYPE_EXCLUSIVE) ?:
             /* Another LP may have shut down the module since dispatch */
             tdx_require(tdx_sys_state(m) != TDX_SYS_SHUTDOWN_STATE,
                         TDX_SYS_SHUTDOWN);
    if (status) {
        return status;
    }
    tdx_set_sys_state(m, TDX_SYS_DISABLING_STATE);
    status = tdx_require(!tdx_others_active(c->m, c->lp), TDX_SYS_BUSY) ?:
             /* The state stays: nobody but this leaf can go on */
             tdx_require(!tdx_fault_at(c, TDX_FAULT_INTERRUPTION), c->fault);
    if (status) {
        return status;
    }
    m->ops->private_drop_all(m->opaque);
    tdx_forget(m);
    tdx_set_sys_state(m, TDX_SYSINIT_PENDING);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_DISABLE = {
    TDX_LEAF_ID(TDH_SYS_DISABLE),
    .what = "Forget all TDs, TDMRs and keys",
    .missing = "Interrupted by an injected fault only.",
    .states = TDX_WHEN_UP | TDX_WHEN_DISABLING,
    .since_1_5 = true,
    .needs = TDX_NEEDS_SYS_DISABLE,
    .handler = tdh_sys_disable,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        { TDX_SYS_BUSY, "another call is under way" },
        { TDX_INTERRUPTED_RESUMABLE, "a host event is pending: call again",
          TDX_FAULT_INTERRUPTION }
    ),
};
