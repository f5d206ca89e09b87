/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which module a recorded conversation was held with.
 */

#include "vector-json.h"
#include "vector-module.h"

#define MEMBERS(X) \
    X(major, UINT16_MAX) X(minor, UINT16_MAX) X(update, UINT16_MAX) \
    X(internal, UINT16_MAX) X(build_num, UINT16_MAX) \
    X(build_date, UINT32_MAX) X(features0, UINT64_MAX) \
    X(max_tdmrs, UINT16_MAX) X(max_rsvd_per_tdmr, UINT16_MAX) \
    X(num_handoff_pages, UINT16_MAX) X(sys_disable, 1)

char *vector_module(JsonObject *module, SimPlatform *sim)
{
#define NAME(name, max) #name,
    static const char *const known[] = {
        MEMBERS(NAME) "seamverifyreport", NULL
    };
#undef NAME
    const char *wrong = unknown_member(module, known);
    uint64_t value;

    if (wrong) {
        return g_strdup_printf("unknown module property \"%s\"", wrong);
    }
#define LOAD(name, max) \
    if (json_object_has_member(module, #name)) { \
        if (!member_u64(module, #name, max, &value)) { \
            return g_strdup("module: " #name " is too large or no number"); \
        } \
        sim->cfg.name = value; \
    }
    MEMBERS(LOAD)
#undef LOAD
    if (json_object_has_member(module, "seamverifyreport")) {
        if (!member_u64(module, "seamverifyreport", 1, &value)) {
            return g_strdup("module: seamverifyreport is 0 or 1");
        }
        sim->info.seamverifyreport = value;
    }
    wrong = tdx_module_config_error(&sim->cfg);
    return wrong ? g_strdup_printf("module: %s", wrong) : NULL;
}
