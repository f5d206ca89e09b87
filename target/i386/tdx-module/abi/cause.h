/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a check failed, beyond what its status tells.
 */

#ifndef TDX_ABI_CAUSE_H
#define TDX_ABI_CAUSE_H

#include <stddef.h>
#include <stdint.h>

#define TDX_CAUSE(name, words, argument) TDX_CAUSE_##name,
typedef enum TdxCauseKind {
    TDX_CAUSE_NONE,
#include "cause-list.h"
} TdxCauseKind;
#undef TDX_CAUSE

/**
 * TdxCause: "@what @value @kind @arg".
 * @what: name of the field or page, as the ABI has it; NULL for the operand
 *   that the status names
 */
typedef struct TdxCause {
    TdxCauseKind kind;
    const char *what;
    uint64_t value;
    uint64_t arg;
} TdxCause;

/**
 * tdx_cause_format: @cause in words, e.g. "TDMR_BASE 0x80001000 is not
 * aligned to 0x40000000"; empty for TDX_CAUSE_NONE
 * @buf, @len: where to write it; always terminated
 * Returns @buf.
 */
char *tdx_cause_format(const TdxCause *cause, char *buf, size_t len);

#endif /* TDX_ABI_CAUSE_H */
