/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Steps of recorded conversations that are SEAMCALLs, and what they expect.
 */

#include <inttypes.h>
#include <string.h>

#include "include/leaf.h"
#include "abi/status.h"
#include "vector-internal.h"

static int gpr_by_name(const char *name)
{
    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        if (!g_ascii_strcasecmp(name, tdx_operand_name(i))) {
            return i;
        }
    }
    return -1;
}

typedef struct Call {
    uint64_t lp;
    uint64_t repeat;
    uint64_t in[TDX_NUM_GPRS];
    uint64_t stride[TDX_NUM_GPRS];
    uint64_t expect[TDX_NUM_GPRS];
    bool expected[TDX_NUM_GPRS]; /* listed; the others keep their input */
    bool ignore[TDX_NUM_GPRS];
    JsonObject *enters; /* what is expected of the TD that runs then */
} Call;

bool parse_gprs(JsonObject *o, uint64_t *values, bool *listed)
{
    JsonObjectIter iter;
    const char *name;
    JsonNode *node;

    if (!o) {
        return false;
    }
    json_object_iter_init_ordered(&iter, o);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        int gpr = gpr_by_name(name);

        if (gpr < 0 || !node_u64(node, &values[gpr])) {
            return false;
        }
        if (listed) {
            listed[gpr] = true;
        }
    }
    return true;
}

bool parse_ignore(JsonArray *names, bool *ignore)
{
    if (!names) {
        return false;
    }
    for (guint i = 0; i < json_array_get_length(names); i++) {
        JsonNode *node = json_array_get_element(names, i);
        const char *name = JSON_NODE_HOLDS_VALUE(node)
                           ? json_node_get_string(node) : NULL;
        int gpr;

        if (name && g_str_has_prefix(name, "regs.")) {
            name += strlen("regs.");
        }
        gpr = name ? gpr_by_name(name) : -1;
        if (gpr < 0) {
            return false;
        }
        ignore[gpr] = true;
    }
    return true;
}

static VectorResult parse_call(Replay *r, JsonObject *step, Call *call)
{
    static const char *const others[] = {
        "op", "lp", "expect", "repeat", "stride", "ignore", "xmm", NULL
    };
    JsonObjectIter iter;
    JsonObject *expect;
    const char *name;
    JsonNode *node;

    *call = (Call) { .repeat = 1 };
    json_object_iter_init_ordered(&iter, step);
    while (json_object_iter_next_ordered(&iter, &name, &node)) {
        int gpr = gpr_by_name(name);

        if (g_strv_contains(others, name)) {
            continue;
        }
        if (gpr < 0) {
            return malformed(r, "unknown key \"%s\" of a seamcall", name);
        }
        if (!node_u64(node, &call->in[gpr])) {
            return malformed(r, "%s is not hexadecimal", name);
        }
    }
    if (!member_u64(step, "lp", r->sim->info.num_lps - 1, &call->lp)) {
        return malformed(r, "lp must be 0..%u", r->sim->info.num_lps - 1);
    }
    expect = member_object(step, "expect");
    if (expect && json_object_has_member(expect, "outcome")) {
        call->enters = expect;
        expect = member_object(expect, "regs");
    }
    if (!parse_gprs(expect, call->expect, call->expected) ||
        !call->expected[TDX_RAX]) {
        return malformed(r, "expect must list registers, rax among them");
    }
    if (json_object_has_member(step, "repeat") &&
        (!member_u64(step, "repeat", UINT32_MAX, &call->repeat) ||
         !call->repeat)) {
        return malformed(r, "repeat must be at least 1");
    }
    if (json_object_has_member(step, "stride") &&
        !parse_gprs(member_object(step, "stride"), call->stride, NULL)) {
        return malformed(r, "stride must list registers");
    }
    if (json_object_has_member(step, "ignore") &&
        !parse_ignore(member_array(step, "ignore"), call->ignore)) {
        return malformed(r, "ignore must be a list of registers");
    }
    return VECTOR_PASSED;
}

/* Does an expectation exist for this register, and which? */
static bool expectation(const Call *call, int gpr, uint64_t *value)
{
    if (gpr == TDX_RSP || call->ignore[gpr]) {
        return false;
    }
    *value = call->expected[gpr] ? call->expect[gpr] : call->in[gpr];
    return true;
}

static bool answers_match(const Call *call, const uint64_t *out)
{
    uint64_t expected;

    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        if (expectation(call, i, &expected) && out[i] != expected) {
            return false;
        }
    }
    return true;
}

static void describe_call(Replay *r, const Call *call, uint64_t nth)
{
    uint64_t rax = call->in[TDX_RAX];
    const TdxLeaf *leaf = tdx_leaf_find(rax & TDX_RAX_LEAF_MASK);

    g_string_append_printf(r->why, "  step %u: %s on LP %" PRIu64, r->step,
                           leaf ? leaf->name : "unknown leaf", call->lp);
    if (call->repeat > 1) {
        g_string_append_printf(r->why, ", call %" PRIu64 " of %" PRIu64,
                               nth + 1, call->repeat);
    }
    g_string_append(r->why, "\n    called with");
    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        if (i == TDX_RAX || call->in[i]) {
            g_string_append_printf(r->why, " %s=0x%" PRIx64,
                                   tdx_operand_name(i), call->in[i]);
        }
    }
    g_string_append_c(r->why, '\n');
}

static void describe_difference(Replay *r, const Call *call,
                                const uint64_t *out)
{
    uint64_t expected;
    char text[2][80];

    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        if (!expectation(call, i, &expected) || out[i] == expected) {
            continue;
        }
        g_string_append_printf(r->why, "    %-3s expected 0x%" PRIx64,
                               tdx_operand_name(i), expected);
        if (i == TDX_RAX) {
            g_string_append_printf(r->why, " %s",
                                   tdx_status_format(expected, text[0],
                                                     sizeof(text[0])));
        }
        g_string_append_printf(r->why, "\n        is       0x%" PRIx64,
                               out[i]);
        if (i == TDX_RAX) {
            g_string_append_printf(r->why, " %s",
                                   tdx_status_format(out[i], text[1],
                                                     sizeof(text[1])));
        }
        g_string_append_c(r->why, '\n');
    }
}

VectorResult step_seamcall(Replay *r, JsonObject *step)
{
    Call call;
    VectorResult result = parse_call(r, step, &call);

    if (result != VECTOR_PASSED) {
        return result;
    }
    if (json_object_has_member(step, "xmm") &&
        !parse_xmms(member_array(step, "xmm"),
                    sim_lp(r->sim, call.lp)->xmm)) {
        return malformed(r, "xmm must be 32 words");
    }
    for (uint64_t nth = 0; nth < call.repeat; nth++) {
        bool last = nth == call.repeat - 1;
        uint64_t gpr[TDX_NUM_GPRS];
        TdxSeamcall end;

        memcpy(gpr, call.in, sizeof(gpr));
        end = sim_seamcall(r->sim, call.lp, gpr);
        if (end == TDX_SEAMCALL_VMFAIL) {
            describe_call(r, &call, nth);
            g_string_append_printf(r->why, "    no answer, module stopped:"
                                   " %s\n", r->sim->fatal_reason);
            return VECTOR_FAILED;
        }
        if ((end == TDX_SEAMCALL_RUN_TD) != !!call.enters) {
            describe_call(r, &call, nth);
            g_string_append(r->why, call.enters ? "    does not enter the TD\n"
                                                : "    enters the TD\n");
            describe_difference(r, &call, gpr);
            return VECTOR_FAILED;
        }
        if (last || r->repeats_alike ? !answers_match(&call, gpr)
                                     : gpr[TDX_RAX] != TDX_SUCCESS) {
            describe_call(r, &call, nth);
            describe_difference(r, &call, gpr);
            return VECTOR_FAILED;
        }
        for (int i = 0; i < TDX_NUM_GPRS; i++) {
            call.in[i] += call.stride[i];
        }
    }
    if (call.enters) {
        return check_entered(r, call.lp, call.enters);
    }
    return VECTOR_PASSED;
}
