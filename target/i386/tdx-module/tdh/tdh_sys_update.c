/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.UPDATE (53): take over the TDs of the module that ran before.
 * Modules are only loaded by a reset of the platform, so there never is one.
 */

#include "../core/state.h"

/* Life cycle 12, as far as a module without handoff data goes */
uint64_t tdh_sys_update(TdxCall *c)
{
    TdxModule *m = c->m;
    TDX_LOCK_GUARD(global);

    if (!tdx_guard_try(&global, &m->st.global_lock, TDX_LOCK_TYPE_EXCLUSIVE)) {
        return TDX_SYS_BUSY;
    }
    if (tdx_sys_state(m) != TDX_SYSINIT_DONE || !tdx_all_lps_init(m)) {
        return TDX_SYS_STATE_INCORRECT;
    }
    return TDX_SYS_INVALID_HANDOFF;
}
