/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QMP commands on the TDX module as a whole: its state, its consistency.
 *
 * Commands run with the BQL held, so the module is not replaced or reset
 * meanwhile; SEAMCALLs go on.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "system/cpus.h"
#include "system/runstate.h"
#include "monitor.h"
#include "target/i386/x86-defs/vmx-exit-list.h"
#include "target/i386/tdx-module/include/check.h"

#define MAX_MISSING_LPS 64

/* --- shared --------------------------------------------------------------- */

TdxModule *seam_monitor_module(Error **errp)
{
    TdxModuleDevice *s = seam_device();

    if (!s || !s->module) {
        error_setg(errp, "this machine has no TDX module; "
                   "use -device tdx-module");
        return NULL;
    }
    return s->module;
}

TdxQueryConfig *seam_monitor_config(const TdxModule *m)
{
    TdxQueryConfig *cfg = g_new(TdxQueryConfig, 1);

    tdx_query_config(m, cfg);
    return cfg;
}

TdxModuleRange *seam_monitor_range(uint64_t base, uint64_t size)
{
    TdxModuleRange *range = g_new0(TdxModuleRange, 1);

    range->base = base;
    range->size = size;
    return range;
}

static TdxModuleRange *pamt_range(const TdxQueryTdmr *tdmr, TdxLevel level)
{
    return seam_monitor_range(tdmr->pamt[level].base, tdmr->pamt[level].size);
}

void seam_monitor_tdmr(const TdxQueryTdmr *tdmr, TdxModuleTdmr *info)
{
    TdxModuleRangeList **tail = &info->reserved;

    info->base = tdmr->base;
    info->size = tdmr->size;
    info->initialized = tdmr->last_initialized - tdmr->base;
    for (uint32_t i = 0; i < tdmr->num_rsvd; i++) {
        QAPI_LIST_APPEND(tail,
                         seam_monitor_range(tdmr->base + tdmr->rsvd[i].base,
                                            tdmr->rsvd[i].size));
    }
    info->pamt_1g = pamt_range(tdmr, TDX_LEVEL_1G);
    info->pamt_2m = pamt_range(tdmr, TDX_LEVEL_2M);
    info->pamt_4k = pamt_range(tdmr, TDX_LEVEL_4K);
}

TdxModulePageCounts *seam_monitor_counts(const TdxUseCounts *counts)
{
    TdxModulePageCounts *info = g_new0(TdxModulePageCounts, 1);

#define COUNT(name, member)                       \
    info->member = counts->page[TDX_USE_##name];  \
    info->has_##member = info->member != 0;
    TDX_USES(COUNT)
#undef COUNT
    info->pairs = counts->pairs;
    info->has_pairs = info->pairs != 0;
    return info;
}

uint32_t seam_monitor_limit(bool has, uint32_t limit, uint32_t usual,
                            uint32_t most, Error **errp)
{
    if (!has) {
        return usual;
    }
    if (limit < 1 || limit > most) {
        error_setg(errp, "limit must be 1 to %" PRIu32, most);
        return 0;
    }
    return limit;
}

/* --- query-tdx-module ----------------------------------------------------- */

static TdxModuleState module_state(const TdxQueryConfig *cfg)
{
    static const TdxModuleState states[] = {
#define STATE(name, value, words) [value] = TDX_MODULE_STATE_##words,
        TDX_SYS_STATES(STATE)
#undef STATE
    };

    /* A state that does not exist can come with a saved one */
    return cfg->fatal || cfg->sys_state >= ARRAY_SIZE(states)
           ? TDX_MODULE_STATE_STOPPED : states[cfg->sys_state];
}

static strList *feature_names(uint64_t features0)
{
    static const struct {
        uint64_t bit;
        const char *name;
    } features[] = {
#define TDX_FEATURE(name, bit) { TDX_FEATURES0_##name, #name },
#include "target/i386/tdx-module/abi/features0-list.h"
#undef TDX_FEATURE
    };
    strList *names = NULL, **tail = &names;

    for (int i = 0; i < ARRAY_SIZE(features); i++) {
        if (features0 & features[i].bit) {
            QAPI_LIST_APPEND(tail, g_strdup(features[i].name));
        }
    }
    return names;
}

static TdxModuleKeyIds *keyids(const TdxModule *m, const TdxQueryConfig *cfg)
{
    TdxModuleKeyIds *info = g_new0(TdxModuleKeyIds, 1);

    info->mktme = cfg->platform->mktme_keyids;
    info->first_tdx = cfg->first_tdx_hkid;
    info->tdx = cfg->platform->tdx_keyids;
    info->global = cfg->hkid;
    info->has_global = cfg->hkid != 0;
    info->assigned = tdx_query_hkids(m, TDX_HKID_ASSIGNED);
    info->flushed = tdx_query_hkids(m, TDX_HKID_FLUSHED);
    return info;
}

static uint32List *missing_lps(const TdxModule *m, unsigned num_lps)
{
    uint32List *lps = NULL, **tail = &lps;
    unsigned n = 0;

    for (unsigned lp = 0; lp < num_lps && n < MAX_MISSING_LPS; lp++) {
        if (!tdx_query_lp_init(m, lp)) {
            QAPI_LIST_APPEND(tail, lp);
            n++;
        }
    }
    return lps;
}

static TdxModuleLeaf *leaf_info(const char *name, TdxQueryCalls n)
{
    TdxModuleLeaf *info = g_new0(TdxModuleLeaf, 1);

    info->name = g_strdup(name);
    info->calls = n.calls;
    info->errors = n.errors;
    return info;
}

typedef TdxQueryCalls QueryCalls(const TdxModule *m, const TdxLeaf *leaf);

static TdxModuleLeafList *leaves(const TdxModule *m,
                                 const TdxLeaf *const *leaf, size_t num,
                                 QueryCalls *query)
{
    TdxModuleLeafList *list = NULL, **tail = &list;
    TdxQueryCalls n;

    for (size_t i = 0; i < num; i++) {
        n = query(m, leaf[i]);
        if (n.calls) {
            TdxModuleLeaf *info = leaf_info(leaf[i]->name, n);

            info->has_number = true;
            info->number = leaf[i]->number;
            QAPI_LIST_APPEND(tail, info);
        }
    }
    n = query(m, NULL);
    if (n.calls) {
        QAPI_LIST_APPEND(tail, leaf_info("unknown", n));
    }
    return list;
}

static TdxModuleTdExitList *td_exits(const TdxModule *m)
{
    static const struct {
        uint32_t reason;
        const char *name;
    } known[] = {
#define EXIT(id, number, words) { number, words },
        X86_VMX_EXIT_LIST(EXIT)
#undef EXIT
        { UINT32_MAX, "unknown" },
    };
    TdxModuleTdExitList *list = NULL, **tail = &list;

    for (int i = 0; i < ARRAY_SIZE(known); i++) {
        TdxQueryExits n = tdx_query_exits(m, known[i].reason);
        TdxModuleTdExit *info;

        if (!n.exits) {
            continue;
        }
        info = g_new0(TdxModuleTdExit, 1);
        info->has_reason = known[i].reason != UINT32_MAX;
        info->reason = info->has_reason ? known[i].reason : 0;
        info->name = g_strdup(known[i].name);
        info->exits = n.exits;
        info->left = n.left;
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

static TdxModuleVeList *ves(const TdxModule *m)
{
    static const TdxModuleVeCategory category[] = {
#define X(name, value, words) \
        [TDX_VE_RANK_##name] = TDX_MODULE_VE_CATEGORY_##name,
        TDX_VE_CATEGORIES(X)
#undef X
    };
    TdxModuleVeList *list = NULL, **tail = &list;

    for (int i = 0; i < ARRAY_SIZE(category); i++) {
        uint64_t n = tdx_query_ves(m, i);

        if (n) {
            TdxModuleVe *info = g_new0(TdxModuleVe, 1);

            info->category = category[i];
            info->count = n;
            QAPI_LIST_APPEND(tail, info);
        }
    }
    return list;
}

TdxModuleInfo *qmp_query_tdx_module(Error **errp)
{
    const TdxModule *m = seam_monitor_module(errp);
    g_autofree TdxQueryConfig *cfg = NULL;
    const TdxModuleConfig *c;
    const TdxPlatformInfo *p;
    const TdxLeaf *const *leaf;
    size_t num;
    TdxModuleRangeList **cmr_tail;
    TdxModuleTdmrList **tdmr_tail;
    TdxModuleInfo *info;

    if (!m) {
        return NULL;
    }
    cfg = seam_monitor_config(m);
    c = cfg->module;
    p = cfg->platform;
    info = g_new0(TdxModuleInfo, 1);
    info->state = module_state(cfg);
    info->version = g_strdup_printf("%u.%u.%02u", c->major, c->minor, c->update);
    info->build_date = c->build_date;
    info->build_num = c->build_num;
    info->features0 = cfg->features0;
    info->features = feature_names(info->features0);
    info->dynamic_pamt_supported = cfg->has_dynamic_pamt;
    info->dynamic_pamt_enabled = cfg->dynamic_pamt;
    info->keyids = keyids(m, cfg);
    info->lps = p->num_lps;
    info->lps_initialized = cfg->num_init_lps;
    info->lps_missing = missing_lps(m, p->num_lps);
    info->packages = p->num_pkgs;
    info->packages_configured = cfg->num_init_pkgs;
    info->seamrr = seam_monitor_range(p->seamrr.base, p->seamrr.size);
    cmr_tail = &info->cmrs;
    for (int i = 0; i < TDX_MAX_CMRS && p->cmr[i].size; i++) {
        QAPI_LIST_APPEND(cmr_tail, seam_monitor_range(p->cmr[i].base,
                                                      p->cmr[i].size));
    }
    tdmr_tail = &info->tdmrs;
    for (uint32_t i = 0; i < cfg->num_tdmrs; i++) {
        TdxModuleTdmr *tdmr = g_new0(TdxModuleTdmr, 1);

        seam_monitor_tdmr(&cfg->tdmr[i], tdmr);
        QAPI_LIST_APPEND(tdmr_tail, tdmr);
    }
    leaf = tdx_leaf_table(&num);
    info->leaves = leaves(m, leaf, num, tdx_query_calls);
    leaf = tdx_guest_leaf_table(&num);
    info->tdcalls = leaves(m, leaf, num, tdx_query_tdcalls);
    info->td_exits = td_exits(m);
    info->ves = ves(m);
    info->loader = seam_monitor_loader(m);
    /* Between two modules there is none, but in a session it may come back */
    if (!info->loader->module_ready &&
        info->loader->flow != TDX_LOADER_FLOW_INSTALL) {
        info->state = TDX_MODULE_STATE_UNLOADED;
    }
    return info;
}

/* --- x-tdx-check ---------------------------------------------------------- */

TdxModuleCheck *qmp_x_tdx_check(Error **errp)
{
    TdxModule *m = seam_monitor_module(errp);
    TdxModuleCheck *info;

    if (!m) {
        return NULL;
    }
    info = g_new0(TdxModuleCheck, 1);
    /* A vCPU stops between instructions, that is, not inside of a SEAMCALL */
    pause_all_vcpus();
    info->violation = tdx_module_check(m);
    info->consistent = !info->violation;
    resume_all_vcpus();
    return info;
}
