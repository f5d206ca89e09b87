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

/*
 * These need no cause: the status, with the operand, field, MSR, leaf or index
 * that it names, is one mistake alone.  Every other error has one.
 */
static const TdxStatus plain[] = {
    /* Somebody else works on it, or it is not over: call again */
    TDX_OPERAND_BUSY, TDX_OPERAND_BUSY_HOST_PRIORITY, TDX_SYS_BUSY,
    TDX_PREVIOUS_TLB_EPOCH_BUSY, TDX_RND_NO_ENTROPY,
    TDX_KEY_GENERATION_FAILED, TDX_INTERRUPTED_RESUMABLE,
    TDX_INTERRUPTED_RESTARTABLE, TDX_INTERRUPTED_PAMT, TDX_INTERRUPTED_BUSY,
    TDX_WBCACHE_NOT_COMPLETE, TDX_FLUSHVP_NOT_DONE, TDX_WBCACHE_RESUME_ERROR,
    /* Of a metadata field, which the call names */
    TDX_METADATA_FIELD_ID_INCORRECT, TDX_METADATA_FIELD_NOT_READABLE,
    TDX_METADATA_FIELD_NOT_WRITABLE, TDX_METADATA_FIELD_VALUE_NOT_VALID,
    TDX_METADATA_WR_MASK_NOT_VALID,
    /* Of a TD or vCPU, which the call names */
    TDX_VCPU_ASSOCIATED, TDX_VCPU_NOT_ASSOCIATED, TDX_TD_KEYS_NOT_CONFIGURED,
    TDX_TD_FATAL, TDX_TD_NON_DEBUG, TDX_TDCX_NUM_INCORRECT,
    TDX_TDCS_NOT_ALLOCATED, TDX_NO_VCPUS, TDX_MAX_VCPUS_EXCEEDED,
    TDX_X2APIC_ID_NOT_UNIQUE, TDX_TSC_ROLLBACK, TDX_EVENT_FILTER_INVALID,
    TDX_EVENT_FILTER_ORDER_INVALID, TDX_TD_VMCS_FIELD_NOT_INITIALIZED,
    TDX_L2_SEPT_ENTRY_NOT_FREE, TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED,
    TDX_HKID_NOT_FREE, TDX_NON_RECOVERABLE_TD_WRONG_APIC_MODE,
    TDX_CROSS_TD_FAULT, TDX_CROSS_TD_TRAP, TDX_INCOMPATIBLE_MRTD_CONTEXT,
    /* Of the platform or of the module that was there before */
    TDX_INCONSISTENT_MSR, TDX_INCORRECT_MSR_VALUE,
    TDX_INCONSISTENT_CPUID_FIELD, TDX_INCORRECT_CPUID_VALUE,
    TDX_CPUID_LEAF_NOT_SUPPORTED, TDX_LIMIT_CPUID_MAXVAL_SET,
    TDX_CMR_LIST_INVALID, TDX_INVALID_SMRR_CONFIGURATION,
    TDX_SMRR_NOT_LOCKED, TDX_SMRR_OVERLAPS_CMR, TDX_SMRR_NOT_SUPPORTED,
    TDX_SMRR_LOCK_NOT_SUPPORTED, TDX_INVALID_WBINVD_SCOPE, TDX_INVALID_PKG_ID,
    TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED, TDX_SYS_INVALID_HANDOFF,
    TDX_SYS_INCOMPATIBLE_SIGSTRUCT, TDX_UPDATE_COMPATIBILITY_SENSITIVE,
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
    for (size_t i = 0; i < G_N_ELEMENTS(by_state); i++) {
        if (status == by_state[i].status) {
            return before == by_state[i].right && after == before;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (tdx_op(status, 0) == tdx_op(plain[i], 0)) {
            return false;
        }
    }
    return status & TDX_STATUS_ERROR;
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
    if (result == TDX_SEAMCALL_VMFAIL &&
        __atomic_load_n(&m->observer, __ATOMIC_ACQUIRE) == &observer &&
        !__atomic_load_n(&m->faults, __ATOMIC_ACQUIRE) &&
        noted == TDX_CAUSE_NONE) {
        g_error("%s fails and notes no cause",
                leaf ? leaf->name : "an unknown leaf");
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
