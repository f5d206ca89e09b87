/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HMP commands on the TDX module: what the QMP commands return, as tables.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qemu/cutils.h"
#include "monitor/hmp.h"
#include "monitor/monitor.h"
#include "monitor.h"

/* --- shared --------------------------------------------------------------- */

static void print_range(Monitor *mon, const TdxModuleRange *range)
{
    g_autofree char *size = size_to_str(range->size);

    monitor_printf(mon, "0x%013" PRIx64 "-0x%013" PRIx64 "  %s", range->base,
                   range->base + range->size - 1, size);
}

typedef struct NamedCount {
    const char *name;
    uint64_t n;
} NamedCount;

/* Those that are not 0; @line: in one line, else one line each */
static void print_counts(Monitor *mon, const TdxModulePageCounts *c, bool line)
{
    const NamedCount counts[] = {
#define COUNT(name, member) { #member, c->member },
        TDX_USES(COUNT)
#undef COUNT
    };

    for (int i = 0; i < ARRAY_SIZE(counts); i++) {
        g_autofree char *size = size_to_str(counts[i].n * TDX_PAGE_4K);
        g_autofree char *name = g_strdelimit(g_strdup(counts[i].name), "_",
                                             '-');

        if (!counts[i].n) {
            continue;
        }
        if (line) {
            monitor_printf(mon, " %s %" PRIu64, name, counts[i].n);
        } else {
            monitor_printf(mon, "  %-13s %12" PRIu64 "  %10s\n",
                           name, counts[i].n, size);
        }
    }
}

/* --- info tdx ------------------------------------------------------------- */

#define INDENT 13
#define WIDTH  79

/* As many as a line takes */
static void print_features(Monitor *mon, const TdxModuleInfo *info)
{
    size_t column = WIDTH;
    strList *name;

    monitor_printf(mon, "Features     0x%" PRIx64, info->features0);
    for (name = info->features; name; name = name->next) {
        if (column + 1 + strlen(name->value) > WIDTH) {
            monitor_printf(mon, "\n%*s", INDENT, "");
            column = INDENT;
        } else {
            monitor_printf(mon, " ");
            column++;
        }
        monitor_printf(mon, "%s", name->value);
        column += strlen(name->value);
    }
    monitor_printf(mon, "\n");
}

static void print_keyids(Monitor *mon, const TdxModuleKeyIds *k)
{
    monitor_printf(mon, "KeyIDs       %" PRIu32 " for MKTME; %" PRIu32 "-%"
                   PRIu32 " for TDX", k->mktme, k->first_tdx,
                   k->first_tdx + k->tdx - 1);
    if (k->has_global) {
        monitor_printf(mon, ": %" PRIu32 " the module's own, %" PRIu32
                       " used by TDs, %" PRIu32 " flushed", k->global,
                       k->assigned, k->flushed);
    }
    monitor_printf(mon, "\n");
}

static void print_processors(Monitor *mon, const TdxModuleInfo *info)
{
    uint32_t missing = info->lps - info->lps_initialized;
    uint32List *lp;

    monitor_printf(mon, "LPs          %" PRIu32 " of %" PRIu32 " initialised",
                   info->lps_initialized, info->lps);
    if (info->lps_missing) {
        monitor_printf(mon, "; missing:");
        for (lp = info->lps_missing; lp; lp = lp->next) {
            monitor_printf(mon, " %" PRIu32, lp->value);
            missing--;
        }
        if (missing) {
            monitor_printf(mon, " and %" PRIu32 " more", missing);
        }
    }
    monitor_printf(mon, "\nPackages     %" PRIu32 " of %" PRIu32
                   " have the module's key\n", info->packages_configured,
                   info->packages);
}

static void print_tdmr(Monitor *mon, const TdxModuleTdmr *tdmr)
{
    g_autofree char *done = size_to_str(tdmr->initialized);
    const struct {
        const char *what;
        const TdxModuleRange *range;
    } pamts[] = {
        { "1G entries", tdmr->pamt_1g }, { "2M entries", tdmr->pamt_2m },
        { "4K entries", tdmr->pamt_4k },
    };

    monitor_printf(mon, "TDMR         ");
    print_range(mon, &(TdxModuleRange) { tdmr->base, tdmr->size });
    monitor_printf(mon, ", %s initialised\n", done);
    for (TdxModuleRangeList *r = tdmr->reserved; r; r = r->next) {
        monitor_printf(mon, "  reserved   ");
        print_range(mon, r->value);
        monitor_printf(mon, "\n");
    }
    for (int i = 0; i < ARRAY_SIZE(pamts); i++) {
        monitor_printf(mon, "  %-11s", pamts[i].what);
        print_range(mon, pamts[i].range);
        monitor_printf(mon, "\n");
    }
}

static void print_leaves(Monitor *mon, const char *title,
                         const TdxModuleLeafList *leaf)
{
    if (leaf) {
        monitor_printf(mon, "\n%-26s %5s %12s %12s\n", title, "RAX", "calls",
                       "errors");
    }
    for (; leaf; leaf = leaf->next) {
        const TdxModuleLeaf *l = leaf->value;
        g_autofree char *number = l->has_number
                                  ? g_strdup_printf("%u", l->number)
                                  : g_strdup("");

        monitor_printf(mon, "%-26s %5s %12" PRIu64 " %12" PRIu64 "\n",
                       l->name, number, l->calls, l->errors);
    }
}

static void print_td_exits(Monitor *mon, const TdxModuleInfo *info)
{
    if (info->td_exits) {
        monitor_printf(mon, "\n%-32s %12s %12s\n", "exit of a TD", "exits",
                       "to the VMM");
    }
    for (TdxModuleTdExitList *e = info->td_exits; e; e = e->next) {
        monitor_printf(mon, "%-32s %12" PRIu64 " %12" PRIu64 "\n",
                       e->value->name, e->value->exits, e->value->left);
    }
    if (info->ves) {
        monitor_printf(mon, "\n%-32s %12s\n", "#VE by the module", "count");
    }
    for (TdxModuleVeList *v = info->ves; v; v = v->next) {
        monitor_printf(mon, "%-32s %12" PRIu64 "\n",
                       TdxModuleVeCategory_str(v->value->category),
                       v->value->count);
    }
}

static void print_loader(Monitor *mon, const TdxLoaderInfo *l)
{
    monitor_printf(mon, "Updates      %" PRIu32 " since the reset, %" PRIu32
                   " left; SVN %s", l->installs, l->remaining_updates, l->svn);
    if (l->handoff) {
        monitor_printf(mon, "; handoff data of version %" PRIu16,
                       l->handoff->version);
    }
    if (l->gone) {
        monitor_printf(mon, "; the P-SEAMLDR was shut down");
    } else if (l->flow != TDX_LOADER_FLOW_READY) {
        monitor_printf(mon, "; in SEAMLDR.%s, called by %" PRIu32 " LPs",
                       l->flow == TDX_LOADER_FLOW_INSTALL ? "INSTALL" :
                       l->flow == TDX_LOADER_FLOW_CLEANUP ? "CLEANUP" :
                       "SHUTDOWN", l->lps_called);
    }
    monitor_printf(mon, "\n");
}

static void hmp_info_tdx(Monitor *mon, const QDict *qdict)
{
    Error *err = NULL;
    g_autoptr(TdxModuleInfo) info = qmp_query_tdx_module(&err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    monitor_printf(mon, "TDX module   %s, build %" PRIu32 "\n", info->version,
                   info->build_date);
    monitor_printf(mon, "State        %s\n",
                   TdxModuleState_str(info->state));
    monitor_printf(mon, "Dynamic PAMT %s\n",
                   info->dynamic_pamt_enabled ? "enabled" :
                   info->dynamic_pamt_supported ? "supported, not enabled" :
                   "not supported");
    print_features(mon, info);
    print_keyids(mon, info->keyids);
    print_processors(mon, info);
    print_loader(mon, info->loader);
    monitor_printf(mon, "SEAM range   ");
    print_range(mon, info->seamrr);
    monitor_printf(mon, "\n");
    for (TdxModuleRangeList *cmr = info->cmrs; cmr; cmr = cmr->next) {
        monitor_printf(mon, "CMR          ");
        print_range(mon, cmr->value);
        monitor_printf(mon, "\n");
    }
    for (TdxModuleTdmrList *t = info->tdmrs; t; t = t->next) {
        print_tdmr(mon, t->value);
    }
    print_leaves(mon, "leaf", info->leaves);
    print_leaves(mon, "leaf of the loader", info->loader->leaves);
    print_leaves(mon, "leaf of TDCALL", info->tdcalls);
    print_td_exits(mon, info);
}

/* --- info pamt ------------------------------------------------------------ */

static void print_entry(Monitor *mon, const char *level,
                        const TdxModulePamt *pamt)
{
    const TdxModulePamtEntry *e;

    if (!pamt->entries) {
        monitor_printf(mon, "  %s entry: none\n", level);
        return;
    }
    e = pamt->entries->value;
    monitor_printf(mon, "  %s entry of 0x%" PRIx64 ": %s", level, e->hpa,
                   TdxModulePageType_str(e->type));
    if (e->has_owner) {
        monitor_printf(mon, ", TDR 0x%" PRIx64, e->owner);
    }
    if (e->has_bepoch) {
        monitor_printf(mon, ", blocked in epoch %" PRIu64, e->bepoch);
    }
    if (e->has_pair) {
        monitor_printf(mon, ", pair 0x%" PRIx64 " 0x%" PRIx64 ", %" PRIu32
                       " pages in use", e->pair->value, e->pair->next->value,
                       e->page_count);
    }
    if (e->has_locked_exclusive) {
        monitor_printf(mon, ", locked exclusively");
    }
    if (e->has_readers) {
        monitor_printf(mon, ", locked by %" PRIu32 " readers", e->readers);
    }
    if (e->has_host_priority) {
        monitor_printf(mon, ", host priority");
    }
    monitor_printf(mon, "\n");
}

static TdxModulePamt *look_at(TdxModulePamtView view, uint64_t hpa,
                              TdxModulePamtLevel level, Error **errp)
{
    return qmp_query_tdx_pamt(true, view, true, hpa, true, 1, true, level,
                              false, false, false, 0, false, 0, errp);
}

static void info_page(Monitor *mon, uint64_t hpa)
{
    g_autoptr(TdxModulePamt) bits =
        look_at(TDX_MODULE_PAMT_VIEW_BITMAP, hpa & -TDX_PAGE_4K,
                TDX_MODULE_PAMT_LEVEL_4K, NULL);
    const TdxModulePamtTdmr *tdmr = NULL;

    for (TdxModulePamtTdmrList *t = bits ? bits->tdmrs : NULL; t;
         t = t->next) {
        if (hpa - t->value->base < t->value->size) {
            tdmr = t->value;
        }
    }
    if (!tdmr) {
        monitor_printf(mon, "0x%" PRIx64 " lies in no TDMR\n", hpa);
        return;
    }
    monitor_printf(mon, "0x%" PRIx64 " lies in the TDMR at 0x%" PRIx64 "\n",
                   hpa, tdmr->base);
    for (int level = TDX_MODULE_PAMT_LEVEL__MAX - 1; level >= 0; level--) {
        g_autoptr(TdxModulePamt) pamt =
            look_at(TDX_MODULE_PAMT_VIEW_ENTRIES, hpa, level, NULL);

        if (pamt) {
            print_entry(mon, TdxModulePamtLevel_str(level), pamt);
        }
    }
    if (bits->dynamic) {
        monitor_printf(mon, "  page bitmap: %s\n",
                       !bits->bitmap ? "clear" :
                       bits->bitmap->value->reserved
                       ? "set, in a reserved area" : "set, a PAMT page");
    }
}

static void hmp_info_pamt(Monitor *mon, const QDict *qdict)
{
    g_autoptr(TdxModulePamt) pamt = NULL;
    Error *err = NULL;

    pamt = qmp_query_tdx_pamt(false, 0, false, 0, qdict_haskey(qdict, "hpa"),
                              0, false, 0, false, false, false, 0, false, 0,
                              &err);
    if (hmp_handle_error(mon, err)) {
        return;
    }
    if (qdict_haskey(qdict, "hpa")) {
        info_page(mon, qdict_get_int(qdict, "hpa"));
        return;
    }
    if (!pamt->tdmrs) {
        monitor_printf(mon, "There is no PAMT before TDH.SYS.CONFIG\n");
        return;
    }
    monitor_printf(mon, "%s PAMT; pages of 4 KiB by their type\n",
                   pamt->dynamic ? "Dynamic" : "Static");
    for (TdxModulePamtTdmrList *t = pamt->tdmrs; t; t = t->next) {
        monitor_printf(mon, "\nTDMR ");
        print_range(mon, &(TdxModuleRange) { t->value->base,
                                             t->value->size });
        monitor_printf(mon, "\n");
        print_counts(mon, t->value->counts, false);
        if (pamt->dynamic) {
            monitor_printf(mon, "  %" PRIu64 " ranges of 2 MiB have a PAMT "
                           "page pair\n", t->value->counts->pairs);
        }
    }
    if (pamt->has_next) {
        monitor_printf(mon, "\nThese are the pages below 0x%" PRIx64 "; "
                       "query-tdx-pamt of QMP shows the others\n",
                       pamt->next);
    }
}

/* --- info tds ------------------------------------------------------------- */

static void print_vcpu(Monitor *mon, const TdxModuleVcpu *vcpu)
{
    monitor_printf(mon, "  vCPU 0x%" PRIx64 ": %s", vcpu->tdvpr,
                   TdxModuleVcpuState_str(vcpu->state));
    if (vcpu->has_index) {
        monitor_printf(mon, ", number %" PRIu32 ", x2APIC ID %" PRIu32,
                       vcpu->index, vcpu->x2apic_id);
    }
    if (vcpu->has_lp) {
        monitor_printf(mon, ", on LP %" PRIu32, vcpu->lp);
    }
    monitor_printf(mon, "\n");
}

static void print_td(Monitor *mon, const TdxModuleTd *td)
{
    g_autofree char *hkid = td->has_hkid ? g_strdup_printf("%u", td->hkid)
                                         : g_strdup("-");
    g_autofree char *vcpus = td->has_vcpus_initialized
                             ? g_strdup_printf("%u/%u",
                                               td->vcpus_initialized,
                                               td->max_vcpus)
                             : g_strdup("-");

    monitor_printf(mon, "0x%013" PRIx64 " %5s  %-15s  %-13s %8s %10" PRIu64
                   "\n", td->tdr, hkid,
                   TdxModuleTdLifecycle_str(td->lifecycle),
                   td->fatal ? "fatal" :
                   td->has_op_state ? TdxModuleTdOpState_str(td->op_state) :
                   "-", vcpus, td->pages);
    if (td->counts) {
        monitor_printf(mon, "  pages by type:");
        print_counts(mon, td->counts, true);
        monitor_printf(mon, "\n");
    }
    if (td->has_attributes) {
        monitor_printf(mon, "  attributes 0x%" PRIx64 ", XFAM 0x%" PRIx64
                       ", GPA width %" PRIu32 ", epoch %" PRIu64 "\n",
                       td->attributes, td->xfam, td->gpa_width, td->td_epoch);
    }
    if (td->mrtd) {
        monitor_printf(mon, "  MRTD %s\n", td->mrtd);
    }
    for (TdxModuleVcpuList *v = td->vcpus; v; v = v->next) {
        print_vcpu(mon, v->value);
    }
}

static void hmp_info_tds(Monitor *mon, const QDict *qdict)
{
    Error *err = NULL;
    g_autoptr(TdxModuleTds) info =
        qmp_query_tdx_tds(false, 0, false, 0, true, true, &err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    if (!info->tds) {
        monitor_printf(mon, "There is no TD\n");
    } else {
        monitor_printf(mon, "%-15s %5s  %-15s  %-13s %8s %10s\n", "TDR",
                       "HKID", "life cycle", "state", "vCPUs", "pages");
    }
    for (TdxModuleTdList *t = info->tds; t; t = t->next) {
        print_td(mon, t->value);
    }
    if (info->has_next) {
        monitor_printf(mon, "There are more, from 0x%" PRIx64 " on; "
                       "query-tdx-tds of QMP shows them\n", info->next);
    }
}

/* --- info sept ------------------------------------------------------------ */

static void hmp_info_sept(Monitor *mon, const QDict *qdict)
{
    Error *err = NULL;
    g_autoptr(TdxModuleSeptEntryList) list =
        qmp_query_tdx_sept(qdict_get_int(qdict, "tdr"),
                           qdict_get_int(qdict, "gpa"), &err);

    if (hmp_handle_error(mon, err)) {
        return;
    }
    for (TdxModuleSeptEntryList *e = list; e; e = e->next) {
        const TdxModuleSeptEntry *entry = e->value;

        monitor_printf(mon, "level %" PRIu32 "  table 0x%013" PRIx64
                       "  entry 0x%016" PRIx64 "  %s", entry->level,
                       entry->table, entry->value,
                       TdxModuleSeptState_str(entry->state));
        if (entry->has_hpa) {
            monitor_printf(mon, " -> 0x%" PRIx64, entry->hpa);
        }
        monitor_printf(mon, "\n");
    }
}

/* --- info tdx-check ------------------------------------------------------- */

static void hmp_info_tdx_check(Monitor *mon, const QDict *qdict)
{
    Error *err = NULL;
    g_autoptr(TdxModuleCheck) check = qmp_x_tdx_check(&err);

    if (!hmp_handle_error(mon, err)) {
        monitor_printf(mon, "%s\n", check->consistent ? "consistent"
                                                      : check->violation);
    }
}

/* Named in hmp-commands-info.hx, without a function */
static void register_commands(void)
{
    monitor_register_hmp("tdx", true, hmp_info_tdx);
    monitor_register_hmp("pamt", true, hmp_info_pamt);
    monitor_register_hmp("tds", true, hmp_info_tds);
    monitor_register_hmp("sept", true, hmp_info_sept);
    monitor_register_hmp("tdx-check", true, hmp_info_tdx_check);
}

type_init(register_commands)
