/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.UPDATE: take over the TDs of the module that ran before.
 */

#include "../core/call.h"
#include "../sys/handoff.h"
#include "answers.h"

/*
 * Life cycle 12.  The data is imported before the version is looked at; since
 * a call that fails there can be repeated, that shows in the order of the
 * statuses alone, and it is done last.
 */
static TdxStatus tdh_sys_update(TdxCall *c)
{
    TdxModule *m = c->m;
    TDX_LOCK_GUARD(global);
    TdxStatus status;

    status = tdx_take_global(&global, m, TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_require(tdx_sys_state(m) == TDX_SYSINIT_DONE &&
                         tdx_all_lps_init(m),
                         TDX_SYS_STATE_INCORRECT) ?:
             tdx_require(tdx_handoff_fits(m), TDX_SYS_INVALID_HANDOFF) ?:
             tdx_check_version(c, tdx_has_update_compatibility(m)) ?:
             tdx_require(c->version != 1 || !(c->gpr[TDX_R9] & ~m->features0),
                         tdx_bad_operand(m, TDX_R9, c->gpr[TDX_R9],
                                         TDX_CAUSE_RESERVED_BITS,
                                         c->gpr[TDX_R9] & ~m->features0)) ?:
             tdx_require(c->version != 1 || !c->gpr[TDX_R10],
                         tdx_bad_operand(m, TDX_R10, c->gpr[TDX_R10],
                                         TDX_CAUSE_RESERVED_BITS,
                                         c->gpr[TDX_R10]));
    if (status) {
        return status;
    }
    tdx_handoff_import(m);
    m->st.update_compatibility =
        c->version == 1 &&
        (c->gpr[TDX_R9] & TDX_FEATURES0_UPDATE_COMPATIBILITY);
    tdx_set_sys_state(m, TDX_SYS_READY_STATE);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_UPDATE = {
    TDX_LEAF_ID(TDH_SYS_UPDATE),
    .what = "Take over the TDs of the module before",
    .max_version = 1,
    .states = TDX_WHEN_UP,
    .since_1_5 = true,
    .in = { { TDX_R9, "features" }, { TDX_R10, "reserved" } },
    .handler = tdh_sys_update,
    .answers = TDX_ANSWERS(
        ANSWERS_SYS_BUSY,
        { TDX_SYS_STATE_INCORRECT,
          "not all processors are initialised, or the module is configured" },
        { TDX_SYS_INVALID_HANDOFF, "there is no handoff data, or none that "
          "this module can read" },
        { TDX_OPERAND_INVALID,
          "version 1: a feature that the module has not; a reserved bit" },
        { TDX_SUCCESS }
    ),
};
