/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States and page types in words.
 */

#include <stddef.h>

#include "names.h"
#include "../pamt/entry.h"
#include "../sept/sept.h"
#include "../vp/tdvps.h"

static const char *name_of(const char *const *names, size_t n, uint64_t value)
{
    return value < n && names[value] ? names[value] : "unknown";
}

#define NAME_OF(names, value) \
    name_of(names, sizeof(names) / sizeof(names[0]), value)

const char *tdx_sys_state_name(uint64_t state)
{
    static const char *const names[] = {
        [TDX_SYSINIT_PENDING] = "SYSINIT_PENDING",
        [TDX_SYSINIT_DONE] = "SYSINIT_DONE",
        [TDX_SYSCONFIG_DONE] = "SYSCONFIG_DONE",
        [TDX_SYS_READY_STATE] = "SYS_READY",
        [TDX_SYS_SHUTDOWN_STATE] = "SYS_SHUTDOWN",
        [TDX_SYS_DISABLING_STATE] = "SYS_DISABLING",
    };

    return NAME_OF(names, state);
}

const char *tdx_lifecycle_name(uint64_t state)
{
    static const char *const names[] = {
        [TDX_TD_HKID_ASSIGNED] = "TD_HKID_ASSIGNED",
        [TDX_TD_KEYS_CONFIGURED] = "TD_KEYS_CONFIGURED",
        [TDX_TD_BLOCKED] = "TD_BLOCKED",
        [TDX_TD_TEARDOWN] = "TD_TEARDOWN",
    };

    return NAME_OF(names, state);
}

const char *tdx_op_state_name(uint64_t state)
{
    static const char *const names[] = {
        [TDX_OP_UNINITIALIZED] = "UNINITIALIZED",
        [TDX_OP_INITIALIZED] = "INITIALIZED",
        [TDX_OP_RUNNABLE] = "RUNNABLE",
        [TDX_OP_LIVE_EXPORT] = "LIVE_EXPORT",
        [TDX_OP_PAUSED_EXPORT] = "PAUSED_EXPORT",
        [TDX_OP_POST_EXPORT] = "POST_EXPORT",
        [TDX_OP_MEMORY_IMPORT] = "MEMORY_IMPORT",
        [TDX_OP_STATE_IMPORT] = "STATE_IMPORT",
        [TDX_OP_POST_IMPORT] = "POST_IMPORT",
        [TDX_OP_LIVE_IMPORT] = "LIVE_IMPORT",
        [TDX_OP_FAILED_IMPORT] = "FAILED_IMPORT",
        [TDX_OP_START_IMPORT] = "START_IMPORT",
    };

    return NAME_OF(names, state);
}

const char *tdx_vcpu_state_name(uint64_t state)
{
    static const char *const names[] = {
        [TDX_VCPU_UNINITIALIZED] = "VCPU_UNINITIALIZED",
        [TDX_VCPU_READY] = "VCPU_READY",
        [TDX_VCPU_ACTIVE] = "VCPU_ACTIVE",
        [TDX_VCPU_DISABLED] = "VCPU_DISABLED",
        [TDX_VCPU_IMPORT] = "VCPU_IMPORT",
    };

    return NAME_OF(names, state);
}

const char *tdx_page_type_name(uint64_t type)
{
    static const char *const names[] = {
        [TDX_PT_NDA] = "PT_NDA",
        [TDX_PT_RSVD] = "PT_RSVD",
        [TDX_PT_REG] = "PT_REG",
        [TDX_PT_TDR] = "PT_TDR",
        [TDX_PT_TDCX] = "PT_TDCX",
        [TDX_PT_TDVPR] = "PT_TDVPR",
        [TDX_PT_EPT] = "PT_EPT",
        [TDX_PT_PAMT] = "PT_PAMT",
    };

    return NAME_OF(names, type);
}

const char *tdx_level_name(uint64_t level)
{
    static const char *const names[] = {
        [TDX_LEVEL_4K] = "4K",
        [TDX_LEVEL_2M] = "2M",
        [TDX_LEVEL_1G] = "1G",
    };

    return NAME_OF(names, level);
}

const char *tdx_sept_state_name(uint64_t state)
{
    static const char *const names[] = {
        [TDX_SEPT_FREE] = "SEPT_FREE",
        [TDX_SEPT_REMOVED] = "SEPT_REMOVED",
        [TDX_SEPT_NL_MAPPED] = "SEPT_NL_MAPPED",
        [TDX_SEPT_NL_BLOCKED] = "SEPT_NL_BLOCKED",
        [TDX_SEPT_MAPPED] = "SEPT_MAPPED",
        [TDX_SEPT_BLOCKED] = "SEPT_BLOCKED",
        [TDX_SEPT_BLOCKEDW] = "SEPT_BLOCKEDW",
        [TDX_SEPT_EXPORTED_BLOCKEDW] = "SEPT_EXPORTED_BLOCKEDW",
        [TDX_SEPT_EXPORTED_DIRTY] = "SEPT_EXPORTED_DIRTY",
        [TDX_SEPT_EXPORTED_DIRTY_BLOCKEDW] = "SEPT_EXPORTED_DIRTY_BLOCKEDW",
        [TDX_SEPT_PENDING] = "SEPT_PENDING",
        [TDX_SEPT_PENDING_BLOCKED] = "SEPT_PENDING_BLOCKED",
        [TDX_SEPT_PENDING_BLOCKEDW] = "SEPT_PENDING_BLOCKEDW",
        [TDX_SEPT_PENDING_EXPORTED_BLOCKEDW] = "SEPT_PENDING_EXPORTED_BLOCKEDW",
        [TDX_SEPT_PENDING_EXPORTED_DIRTY] = "SEPT_PENDING_EXPORTED_DIRTY",
        [TDX_SEPT_PENDING_EXPORTED_DIRTY_BLOCKEDW] =
            "SEPT_PENDING_EXPORTED_DIRTY_BLOCKEDW",
        [TDX_SEPT_INVALID] = "SEPT_INVALID",
    };

    return NAME_OF(names, state);
}
