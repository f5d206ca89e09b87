/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replays one recorded SEAMCALL conversation against the module model.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "include/leaf.h"
#include "abi/status.h"
#include "vector-internal.h"
#include "vector-module.h"

VectorResult malformed(Replay *r, const char *format, ...)
{
    va_list args;

    g_string_printf(r->why, "step %u: ", r->step);
    va_start(args, format);
    g_string_append_vprintf(r->why, format, args);
    va_end(args);
    return VECTOR_MALFORMED;
}

bool differs(Replay *r, const char *what, uint64_t expected, uint64_t actual)
{
    if (expected == actual) {
        return false;
    }
    g_string_append_printf(r->why, "  step %u: %s: expected 0x%" PRIx64
                           ", is 0x%" PRIx64 "\n", r->step, what, expected,
                           actual);
    return true;
}

bool parse_lp(Replay *r, JsonObject *step, uint64_t *lp)
{
    return member_u64(step, "lp", r->sim->info.num_lps - 1, lp);
}

/* --- platform ----------------------------------------------------------- */

static bool parse_ranges(JsonObject *step, TdxPlatformInfo *info)
{
    JsonArray *cmrs = member_array(step, "cmrs");
    uint64_t range[2];

    if (!cmrs || json_array_get_length(cmrs) > TDX_MAX_CMRS) {
        return false;
    }
    for (guint i = 0; i < json_array_get_length(cmrs); i++) {
        if (!array_u64(node_array(json_array_get_element(cmrs, i)),
                       UINT64_MAX, range, 2)) {
            return false;
        }
        info->cmr[i] = (TdxRange) { range[0], range[1] };
    }
    if (!array_u64(member_array(step, "seamrr"), UINT64_MAX, range, 2)) {
        return false;
    }
    info->seamrr = (TdxRange) { range[0], range[1] };
    return true;
}

static bool parse_cpuid(JsonArray *list, SimPlatform *sim)
{
    uint64_t row[6];

    if (!list) {
        return false;
    }
    sim_clear_cpuid(sim);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        if (!array_u64(node_array(json_array_get_element(list, i)),
                       UINT32_MAX, row, G_N_ELEMENTS(row))) {
            return false;
        }
        sim_add_cpuid(sim, row[0], row[1], row[2], row[3], row[4], row[5]);
    }
    return true;
}

static VectorResult call_must_succeed(Replay *r, unsigned lp, uint64_t leaf)
{
    uint64_t gpr[TDX_NUM_GPRS] = { leaf };
    char text[80];

    if (!sim_seamcall(r->sim, lp, gpr)) {
        g_string_append_printf(r->why, "  step 0: %s on LP %u: module stopped:"
                               " %s\n", tdx_leaf_find(leaf)->name, lp,
                               r->sim->fatal_reason);
        return VECTOR_FAILED;
    }
    if (gpr[TDX_RAX]) {
        g_string_append_printf(r->why, "  step 0: %s on LP %u of the"
                               " preparation: %s\n", tdx_leaf_find(leaf)->name,
                               lp, tdx_status_format(gpr[TDX_RAX], text,
                                                     sizeof(text)));
        return VECTOR_FAILED;
    }
    return VECTOR_PASSED;
}

static void set_all_lps_msr(SimPlatform *sim, unsigned lp, uint32_t msr,
                            uint64_t value)
{
    sim_set_msr(sim, msr, value);
}

static VectorResult step_platform(Replay *r, JsonObject *step)
{
    static const char *const known[] = {
        "op", "max_pa", "keyid_bits", "mktme_keyids", "tdx_keyids", "lps",
        "packages", "cmrs", "seamrr", "sys_init", "init_lps", "cpuid",
        "cpuid_profile", "module", "msrs", NULL
    };
    const char *unknown = unknown_member(step, known);
    TdxPlatformInfo *info = &r->sim->info;
    uint64_t max_pa, keyid_bits, mktme, tdx, lps, pkgs, sys_init = 1, init_lps;
    VectorResult result = VECTOR_PASSED;

    if (unknown) {
        return malformed(r, "unknown platform property \"%s\"", unknown);
    }
    if (!member_u64(step, "max_pa", 52, &max_pa) ||
        !member_u64(step, "keyid_bits", max_pa, &keyid_bits) ||
        !member_u64(step, "mktme_keyids", UINT32_MAX, &mktme) ||
        !member_u64(step, "tdx_keyids", UINT32_MAX, &tdx) ||
        !member_u64(step, "lps", 4096, &lps) || !lps ||
        !member_u64(step, "packages", TDX_MAX_PKGS, &pkgs) || !pkgs) {
        return malformed(r, "platform needs max_pa (at most 52), keyid_bits,"
                         " mktme_keyids, tdx_keyids, lps and packages (at"
                         " most %u)", TDX_MAX_PKGS);
    }
    if (!parse_ranges(step, info)) {
        return malformed(r, "platform needs cmrs (at most %u) and seamrr as"
                         " [base, size]", TDX_MAX_CMRS);
    }
    init_lps = lps;
    if ((json_object_has_member(step, "sys_init") &&
         !member_u64(step, "sys_init", 1, &sys_init)) ||
        (json_object_has_member(step, "init_lps") &&
         !member_u64(step, "init_lps", lps, &init_lps))) {
        return malformed(r, "sys_init must be 0 or 1, init_lps at most lps");
    }
    if (json_object_has_member(step, "cpuid") &&
        !parse_cpuid(member_array(step, "cpuid"), r->sim)) {
        return malformed(r, "cpuid must be a list of [leaf, subleaf, eax, ebx,"
                         " ecx, edx]");
    }
    if (json_object_has_member(step, "module")) {
        JsonObject *module = member_object(step, "module");
        g_autofree char *wrong = module ? vector_module(module, r->sim)
                                        : g_strdup("module is no object");

        if (wrong) {
            return malformed(r, "%s", wrong);
        }
    }
    if (json_object_has_member(step, "msrs") &&
        !parse_msrs(member_array(step, "msrs"), r, 0, set_all_lps_msr)) {
        return malformed(r, "msrs must be a list of [msr, value]");
    }
    info->max_pa = max_pa;
    info->keyid_bits = keyid_bits;
    info->mktme_keyids = mktme;
    info->tdx_keyids = tdx;
    info->num_lps = lps;
    info->num_pkgs = pkgs;
    sim_start(r->sim);
    if (!sys_init) {
        return VECTOR_PASSED;
    }
    result = call_must_succeed(r, 0, 33);
    for (unsigned lp = 0; lp < init_lps && result == VECTOR_PASSED; lp++) {
        result = call_must_succeed(r, lp, 35);
    }
    return result;
}

/* --- memory ------------------------------------------------------------- */

static VectorResult step_write64(Replay *r, JsonObject *step)
{
    JsonArray *words = member_array(step, "v");
    uint64_t pa, value;

    if (!member_u64(step, "pa", UINT64_MAX, &pa) || !words) {
        return malformed(r, "write64 needs pa and v");
    }
    for (guint i = 0; i < json_array_get_length(words); i++) {
        if (!node_u64(json_array_get_element(words, i), &value)) {
            return malformed(r, "word %u of v is not hexadecimal", i);
        }
        sim_write64(r->sim, pa + 8 * i, value);
    }
    return VECTOR_PASSED;
}

static VectorResult step_read64(Replay *r, JsonObject *step)
{
    JsonArray *words = member_array(step, "v");
    VectorResult result = VECTOR_PASSED;
    uint64_t pa, expected, actual;

    if (!member_u64(step, "pa", UINT64_MAX, &pa) || !words) {
        return malformed(r, "read64 needs pa and v");
    }
    for (guint i = 0; i < json_array_get_length(words); i++) {
        if (json_array_get_null_element(words, i)) {
            continue;
        }
        if (!node_u64(json_array_get_element(words, i), &expected)) {
            return malformed(r, "word %u of v is not hexadecimal", i);
        }
        actual = sim_read64(r->sim, pa + 8 * i);
        if (actual != expected) {
            g_string_append_printf(r->why, "  step %u: memory at 0x%" PRIx64
                                   ": expected 0x%" PRIx64 ", is 0x%" PRIx64
                                   "\n", r->step, pa + 8 * i, expected,
                                   actual);
            result = VECTOR_FAILED;
        }
    }
    return result;
}

/* --- scenario ----------------------------------------------------------- */

static VectorResult replay_steps(Replay *r, JsonArray *steps)
{
    static const struct {
        const char *op;
        VectorResult (*run)(Replay *r, JsonObject *step);
    } ops[] = {
        { "platform", step_platform },
        { "write64", step_write64 },
        { "read64", step_read64 },
        { "seamcall", step_seamcall },
        { "td_exit", step_td_exit },
        { "sim", step_sim },
        { "host_state", step_host_state },
        { "vmcs", step_vmcs },
        { "msr_native", step_msr_native },
        { "peek64", step_peek64 },
        { "poke64", step_poke64 },
    };
    VectorResult result = VECTOR_PASSED;

    for (r->step = 0; r->step < json_array_get_length(steps) &&
                      result == VECTOR_PASSED; r->step++) {
        JsonNode *node = json_array_get_element(steps, r->step);
        JsonObject *step = JSON_NODE_HOLDS_OBJECT(node)
                           ? json_node_get_object(node) : NULL;
        const char *op = step ? member_string(step, "op") : NULL;
        guint i = 0;

        while (i < G_N_ELEMENTS(ops) && g_strcmp0(op, ops[i].op)) {
            i++;
        }
        if (i == G_N_ELEMENTS(ops)) {
            return malformed(r, "unknown operation \"%s\"", op ? op : "");
        }
        if ((i == 0) != (r->step == 0)) {
            return malformed(r, "\"platform\" must be the first step and no"
                             " other");
        }
        result = ops[i].run(r, step);
    }
    return result;
}

VectorResult vector_replay(JsonObject *scenario, GString *why)
{
    const char *id = member_string(scenario, "id");
    JsonArray *steps = member_array(scenario, "steps");
    Replay r = { .why = why };
    VectorResult result;

    if (!id || !steps || !json_array_get_length(steps)) {
        g_string_assign(why, "a scenario needs an id and steps");
        return VECTOR_MALFORMED;
    }
    /* The extended set, whose ids are paths, means repetition strictly */
    r.repeats_alike = strchr(id, '/');
    r.sim = sim_new();
    result = replay_steps(&r, steps);
    sim_free(r.sim);
    return result;
}
