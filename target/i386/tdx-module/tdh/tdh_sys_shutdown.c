/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.SHUTDOWN: stop the module and hand its TDs to the next one.
 */

#include <glib.h>

#include "../core/call.h"
#include "../sys/handoff.h"

/* RCX */
#define RCX_HV_MASK                0xffffULL
#define RCX_AVOID_COMPAT_SENSITIVE (1ULL << 16)

/* TDX_UPDATE_COMPATIBILITY_SENSITIVE: what of it, bits 15:0 */
#define SENSITIVE_TD_BUILD  0
#define SENSITIVE_COUNT_MAX 0xffff

/* Life cycle 11.1 */
static bool request_valid(const TdxModule *m, uint64_t rcx)
{
    const TdxHandoffRules *rules = &m->cfg.sigstruct;
    uint64_t known = RCX_HV_MASK;
    int hv = rcx & RCX_HV_MASK;

    if (tdx_has_update_compatibility(m)) {
        known |= RCX_AVOID_COMPAT_SENSITIVE;
    }
    return hv >= rules->min_update_hv && hv <= rules->module_hv &&
           (!rules->no_downgrade || hv == rules->module_hv) &&
           !(rcx & ~known);
}

/* Life cycle 11 */
static TdxStatus tdh_sys_shutdown(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint32_t builds;
    TDX_LOCK_GUARD(global);
    TdxStatus status;

    status = tdx_require(request_valid(m, rcx),
                         tdx_bad_operand(m, TDX_RCX, rcx, TDX_CAUSE_INVALID, 0)) ?:
             tdx_take_global(&global, m, TDX_LOCK_TYPE_EXCLUSIVE);
    if (status) {
        return status;
    }
    /* Another LP may have shut down or disabled the module since dispatch */
    switch (tdx_sys_state(m)) {
    case TDX_SYS_READY_STATE:
        break;
    case TDX_SYS_SHUTDOWN_STATE:
        return TDX_SYS_SHUTDOWN;
    default:
        return TDX_SYS_NOT_READY;
    }
    tdx_set_sys_state(m, TDX_SYS_SHUTDOWN_STATE);
    if (tdx_others_active(c->m, c->lp)) {
        tdx_set_sys_state(m, TDX_SYS_READY_STATE);
        return TDX_SYS_BUSY;
    }
    builds = __atomic_load_n(&m->st.td_build_count, __ATOMIC_SEQ_CST);
    if ((rcx & RCX_AVOID_COMPAT_SENSITIVE) && builds) {
        tdx_set_sys_state(m, TDX_SYS_READY_STATE);
        return tdx_op(TDX_UPDATE_COMPATIBILITY_SENSITIVE,
                      MIN(builds, SENSITIVE_COUNT_MAX) << 16 |
                      SENSITIVE_TD_BUILD);
    }
    tdx_handoff_write(m, rcx & RCX_HV_MASK);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_SHUTDOWN = {
    TDX_LEAF_ID(TDH_SYS_SHUTDOWN),
    .what = "Shut the module down for an update",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "handoff_version" } },
    .handler = tdh_sys_shutdown,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        { TDX_OPERAND_INVALID, "the handoff version or a reserved bit" },
        { TDX_SYS_BUSY, "another call is under way" },
        { TDX_UPDATE_COMPATIBILITY_SENSITIVE,
          "a TD is being built, and the host asked not to disturb that" }
    ),
};
