/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.UPDATE: take over the TDs of the module that ran before.
 * Modules are only loaded by a reset of the platform, so there never is one.
 */

#include "../core/call.h"
#include "answers.h"

/* Life cycle 12, as far as a module without handoff data goes */
static TdxStatus tdh_sys_update(TdxCall *c)
{
    TdxModule *m = c->m;
    TDX_LOCK_GUARD(global);
    TdxStatus status;

    status = tdx_take_global(&global, m, TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_require(tdx_sys_state(m) == TDX_SYSINIT_DONE &&
                         tdx_all_lps_init(m),
                         TDX_SYS_STATE_INCORRECT);
    if (status) {
        return status;
    }
    return TDX_SYS_INVALID_HANDOFF;
}

const TdxLeaf tdx_leaf_TDH_SYS_UPDATE = {
    TDX_LEAF_ID(TDH_SYS_UPDATE),
    .what = "Take over the TDs of the module before",
    .missing = "There is never a module before.",
    .max_version = 1,
    .states = TDX_WHEN_UP,
    .in = { { TDX_R9, "features" }, { TDX_R10, "reserved" } },
    .handler = tdh_sys_update,
    .answers = TDX_ANSWERS(
        ANSWERS_SYS_BUSY,
        { TDX_SYS_STATE_INCORRECT,
          "not all processors are initialised, or the module is configured" },
        { TDX_SYS_INVALID_HANDOFF, "there is no handoff data" },
        { TDX_SUCCESS, "there was one", .on_silicon = true }
    ),
};
