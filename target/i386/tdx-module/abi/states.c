/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * States and page types in words.
 */

#include <stddef.h>

#include "states.h"

static const char *name_of(const char *const *names, size_t n, uint64_t value)
{
    return value < n && names[value] ? names[value] : "unknown";
}

#define NAME(name, value, words, ...) [value] = #words,

/* A function @function that knows the names of @list */
#define NAMES(function, list)                                           \
    const char *function(uint64_t value)                                \
    {                                                                   \
        static const char *const names[] = { list(NAME) };              \
                                                                        \
        return name_of(names, sizeof(names) / sizeof(names[0]), value); \
    }

NAMES(tdx_sys_state_name, TDX_SYS_STATES)
NAMES(tdx_lifecycle_name, TDX_LIFECYCLES)
NAMES(tdx_op_state_name, TDX_OP_STATES)
NAMES(tdx_vcpu_state_name, TDX_VCPU_STATES)
NAMES(tdx_page_type_name, TDX_PAGE_TYPES)
NAMES(tdx_level_name, TDX_LEVELS)

/* With the one that stands for none */
#define ALL_SEPT_STATES(X) \
    TDX_SEPT_STATES(X) \
    X(INVALID, TDX_SEPT_INVALID, SEPT_INVALID, UINT8_MAX, 0)

NAMES(tdx_sept_state_name, ALL_SEPT_STATES)
