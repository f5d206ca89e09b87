/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * No test sees an answer that the leaf reference does not list, nor one that
 * names no cause where its status alone would not say enough: the linker sends
 * the calls of tdx_module_seamcall() in all tests through here.
 */

#include <glib.h>

#include "include/leaf.h"
#include "abi/cause.h"
#include "abi/status.h"
#include "core/state.h"
#include "check-status.h"

/* --- causes --------------------------------------------------------------- */

static __thread TdxCauseKind noted;

static void on_state(void *opaque, const char *what, uint64_t hpa,
                     const char *before, const char *after)
{
}

static void on_pamt(void *opaque, uint64_t hpa, const char *level, uint64_t n,
                    const char *before, const char *after, uint64_t owner)
{
}

static void on_cause(void *opaque, const TdxCause *cause)
{
    noted = cause->kind;
}

/* Of modules that no test looks at by itself */
static const TdxObserver observer = {
    .state = on_state,
    .pamt = on_pamt,
    .cause = on_cause,
};

/* One status for many mistakes: what is wrong with what must be told */
static const TdxStatus unspecific[] = {
    TDX_OPERAND_ADDR_RANGE_ERROR,
    TDX_PAGE_METADATA_INCORRECT,
    TDX_LIFECYCLE_STATE_INCORRECT,
    TDX_OP_STATE_INCORRECT,
    TDX_VCPU_STATE_INCORRECT,
    TDX_EPT_WALK_FAILED,
    TDX_EPT_ENTRY_STATE_INCORRECT,
    TDX_NO_PAMT_PAGE_PAIR,
    TDX_SYS_LP_INIT_DONE,
    TDX_SYS_LP_INIT_NOT_DONE,
};

/* The state of the module is the cause of these unless it is the right one */
static const struct {
    TdxStatus status;
    TdxSysState right;
} by_state[] = {
    { TDX_SYS_INIT_NOT_PENDING, TDX_SYSINIT_PENDING },
    { TDX_SYS_LP_INIT_NOT_PENDING, TDX_SYSINIT_DONE },
    { TDX_SYS_CONFIG_NOT_PENDING, TDX_SYSINIT_DONE },
    { TDX_SYS_STATE_INCORRECT, TDX_SYSINIT_DONE },
    { TDX_SYS_KEY_CONFIG_NOT_PENDING, TDX_SYSCONFIG_DONE },
    { TDX_SYS_NOT_READY, TDX_SYS_READY_STATE },
    { TDX_SYS_SHUTDOWN, TDX_SYS_READY_STATE },
};

/* @before, @after: state of the module, which another LP may change */
static bool needs_cause(TdxStatus status, TdxSysState before,
                        TdxSysState after)
{
    for (size_t i = 0; i < G_N_ELEMENTS(unspecific); i++) {
        if (tdx_op(status, 0) == tdx_op(unspecific[i], 0)) {
            return true;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(by_state); i++) {
        if (status == by_state[i].status) {
            return before == by_state[i].right && after == before;
        }
    }
    return false;
}

/* --- calls ---------------------------------------------------------------- */

TdxSeamcall __wrap_tdx_module_seamcall(TdxModule *m, unsigned lp,
                                       uint64_t gpr[TDX_NUM_GPRS],
                                       TdxTdRun *run)
{
    const TdxLeaf *leaf = tdx_leaf_find(gpr[TDX_RAX] & TDX_RAX_LEAF_MASK);
    TdxSysState before = tdx_sys_state(m);
    TdxSeamcall result;
    char text[96];

    if (!__atomic_load_n(&m->observer, __ATOMIC_ACQUIRE)) {
        tdx_module_observe(m, &observer);
    }
    noted = TDX_CAUSE_NONE;
    result = __real_tdx_module_seamcall(m, lp, gpr, run);

    if (result == TDX_SEAMCALL_DONE &&
        !tdx_leaf_may_return(leaf, gpr[TDX_RAX])) {
        g_error("%s answers %s, which its declaration does not list",
                leaf ? leaf->name : "an unknown leaf",
                tdx_status_format(gpr[TDX_RAX], text, sizeof(text)));
    }
    if (result == TDX_SEAMCALL_DONE &&
        __atomic_load_n(&m->observer, __ATOMIC_ACQUIRE) == &observer &&
        !__atomic_load_n(&m->faults, __ATOMIC_ACQUIRE) &&
        noted == TDX_CAUSE_NONE &&
        needs_cause(gpr[TDX_RAX], before, tdx_sys_state(m))) {
        g_error("%s answers %s and notes no cause",
                leaf ? leaf->name : "an unknown leaf",
                tdx_status_format(gpr[TDX_RAX], text, sizeof(text)));
    }
    return result;
}
