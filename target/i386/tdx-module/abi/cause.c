/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a check failed, in words.
 */

#include <inttypes.h>
#include <stdio.h>

#include "cause.h"
#include "states.h"

/* What the number at the end of a cause is */
typedef enum ArgKind {
    ARG_NONE,
    ARG_HEX,
    ARG_BEFORE, /* there is none, nor a value */
    ARG_PAGE_TYPE,
    ARG_LEVEL,
    ARG_LIFECYCLE,
    ARG_OP_STATE,
    ARG_VCPU_STATE,
    ARG_SEPT_STATE,
} ArgKind;

static const struct {
    const char *words;
    ArgKind arg;
} causes[] = {
    [TDX_CAUSE_NONE] = { "", ARG_NONE },
#define TDX_CAUSE(name, words, argument) \
    [TDX_CAUSE_##name] = { words, ARG_##argument },
#include "cause-list.h"
#undef TDX_CAUSE
};

static const char *arg_name(ArgKind kind, uint64_t arg)
{
    switch (kind) {
    case ARG_PAGE_TYPE:
        return tdx_page_type_name(arg);
    case ARG_LEVEL:
        return tdx_level_name(arg);
    case ARG_LIFECYCLE:
        return tdx_lifecycle_name(arg);
    case ARG_OP_STATE:
        return tdx_op_state_name(arg);
    case ARG_VCPU_STATE:
        return tdx_vcpu_state_name(arg);
    case ARG_SEPT_STATE:
        return tdx_sept_state_name(arg);
    default:
        return NULL;
    }
}

char *tdx_cause_format(const TdxCause *cause, char *buf, size_t len)
{
    const char *what = cause->what ? cause->what : "";
    const char *words = causes[cause->kind].words;
    ArgKind kind = causes[cause->kind].arg;
    const char *name = arg_name(kind, cause->arg);
    char arg[32] = "";

    if (kind == ARG_HEX) {
        snprintf(arg, sizeof(arg), "0x%" PRIx64, cause->arg);
    }
    if (cause->kind == TDX_CAUSE_NONE) {
        snprintf(buf, len, "%s", "");
    } else if (kind == ARG_BEFORE) {
        snprintf(buf, len, "%s%s", words,
                 *what ? what : "it was restored as such");
    } else {
        snprintf(buf, len, "%s%s0x%" PRIx64 " %s%s%s", what,
                 *what ? " " : "", cause->value, words,
                 name || *arg ? " " : "", name ? name : arg);
    }
    return buf;
}
