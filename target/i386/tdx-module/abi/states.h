/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The enumerations of abi/states-list.h, and the names of their values.
 */

#ifndef TDX_ABI_STATES_H
#define TDX_ABI_STATES_H

#include <stdint.h>

#include "limits.h"
#include "states-list.h"

typedef enum TdxSysState {
#define X(name, value, words) TDX_##name = value,
    TDX_SYS_STATES(X)
#undef X
    TDX_NUM_SYS_STATES,
} TdxSysState;

typedef enum TdxHkidState {
#define X(name, value, words) TDX_HKID_##name = value,
    TDX_HKID_STATES(X)
#undef X
} TdxHkidState;

typedef enum TdxLifecycle {
#define X(name, value, words) TDX_TD_##name = value,
    TDX_LIFECYCLES(X)
#undef X
} TdxLifecycle;

typedef enum TdxOpState {
#define X(name, value, words) TDX_OP_##name = value,
    TDX_OP_STATES(X)
#undef X
    TDX_NUM_OP_STATES,
} TdxOpState;

typedef enum TdxVcpuState {
#define X(name, value, words) TDX_VCPU_##name = value,
    TDX_VCPU_STATES(X)
#undef X
} TdxVcpuState;

typedef enum TdxPageType {
#define X(name, value, words) TDX_PT_##name = value,
    TDX_PAGE_TYPES(X)
#undef X
} TdxPageType;

/* Page sizes and PAMT levels share their numbers */
typedef enum TdxLevel {
#define X(name, value, words) TDX_LEVEL_##name = value,
    TDX_LEVELS(X)
#undef X
    TDX_NUM_PAMT_LEVELS,
} TdxLevel;

/* TDX_SEPT_INVALID stands for bits that say nothing known */
typedef enum TdxSeptState {
#define X(name, value, words, reported, bits) TDX_SEPT_##name = value,
    TDX_SEPT_STATES(X)
#undef X
    TDX_SEPT_INVALID,
    TDX_SEPT_NUM_STATES,
} TdxSeptState;

typedef enum TdxUse {
#define X(name, member) TDX_USE_##name,
    TDX_USES(X)
#undef X
    TDX_NUM_USES,
} TdxUse;

typedef enum TdxVeCategory {
#define X(name, value, words) TDX_VE_##name = value,
    TDX_VE_CATEGORIES(X)
#undef X
} TdxVeCategory;

/* How many there are, for those that count by rank in the list */
enum {
#define X(name, value, words) TDX_VE_RANK_##name,
    TDX_VE_CATEGORIES(X)
#undef X
    TDX_NUM_VE_CATEGORIES,
};

static inline unsigned tdx_level_shift(TdxLevel level)
{
    return 12 + 9 * level;
}

static inline uint64_t tdx_level_size(TdxLevel level)
{
    return 1ULL << tdx_level_shift(level);
}

/*
 * The name of a value of the enumeration in question, as the specification
 * has it; "unknown" for a value that is none.  Constant.
 */
const char *tdx_sys_state_name(uint64_t state);
const char *tdx_lifecycle_name(uint64_t state);
const char *tdx_op_state_name(uint64_t state);
const char *tdx_vcpu_state_name(uint64_t state);
const char *tdx_page_type_name(uint64_t type);
const char *tdx_level_name(uint64_t level);
const char *tdx_sept_state_name(uint64_t state);

#endif /* TDX_ABI_STATES_H */
