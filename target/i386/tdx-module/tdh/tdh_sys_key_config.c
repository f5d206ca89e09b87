/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.KEY.CONFIG: give a package the module's own memory key.
 */

#include "../core/call.h"
#include "answers.h"

/* Life cycle 8 */
static TdxStatus tdh_sys_key_config(TdxCall *c)
{
    TdxModule *m = c->m;
    uint32_t pkg_bit;
    TDX_LOCK_GUARD(global);
    TdxStatus status;

    status = tdx_take_global(&global, m, TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_require(tdx_sys_state(m) == TDX_SYSCONFIG_DONE,
                         TDX_SYS_KEY_CONFIG_NOT_PENDING);
    if (status) {
        return status;
    }
    /* TDH.SYS.LP.INIT has seen to it that all package numbers are small */
    pkg_bit = 1u << m->ops->lp_package(m->opaque, c->lp);
    if (m->st.pkg_config_bitmap & pkg_bit) {
        return TDX_KEY_CONFIGURED;
    }
    switch (m->ops->key_config(m->opaque, c->lp, m->st.hkid)) {
    case TDX_KEY_DEVICE_BUSY:
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_KET);
    case TDX_KEY_NO_ENTROPY:
        return TDX_KEY_GENERATION_FAILED;
    case TDX_KEY_OK:
        break;
    }
    /* Set only now, under the lock: seen from outside, never set in vain */
    m->st.pkg_config_bitmap |= pkg_bit;
    m->st.num_init_pkgs++;
    if (m->st.num_init_pkgs == m->plat.num_pkgs) {
        tdx_set_sys_state(m, TDX_SYS_READY_STATE);
    }
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_KEY_CONFIG = {
    TDX_LEAF_ID(TDH_SYS_KEY_CONFIG),
    .what = "Program the module's key on this package",
    .states = TDX_WHEN_UP,
    .handler = tdh_sys_key_config,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SYS_BUSY,
        { TDX_SYS_KEY_CONFIG_NOT_PENDING,
          "TDH.SYS.CONFIG was not called, or all packages have the key" },
        { TDX_KEY_CONFIGURED, "this package has the key" },
        { TDX_OPERAND_BUSY, "the key table is in use" },
        { TDX_KEY_GENERATION_FAILED, "there is no random number" }
    ),
};
