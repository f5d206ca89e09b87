/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QMP commands query-tdx-tds: the TDs that the TDX module knows, and
 * query-tdx-sept: how they see memory.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "monitor.h"

#define USUAL_LIMIT 64
#define MAX_LIMIT   256
#define MAX_VCPUS   1024

/**
 * Td: a TD that was found.
 * @vcpus: TDVPR pages
 * @tdvpr: addresses of the first MAX_VCPUS of them, if asked for
 */
typedef struct Td {
    uint64_t hpa;
    TdxUseCounts counts;
    uint32_t vcpus;
    GArray *tdvpr;
} Td;

/* Search: @td ascends; @counted: all memory was looked at for its pages */
typedef struct Search {
    const TdxQueryConfig *cfg;
    uint64_t base;
    uint64_t next; /* UINT64_MAX: these are all */
    uint32_t room;
    bool want_vcpus;
    bool counted;
    GArray *td;
} Search;

/* --- finding TDs and their pages ------------------------------------------ */

static bool visit_tdrs(void *opaque, const TdxQueryRange *r)
{
    Search *s = opaque;

    for (unsigned i = 0; r->written && i < TDX_QUERY_PAGES_OF_2M; i++) {
        Td td = { .hpa = r->hpa + i * TDX_PAGE_4K };

        if (td.hpa < s->base ||
            tdx_query_use(s->cfg, r, i) != TDX_USE_TDR) {
            continue;
        }
        if (s->td->len == s->room) {
            s->next = td.hpa;
            return false;
        }
        g_array_append_val(s->td, td);
    }
    return true;
}

static Td *find_td(Search *s, uint64_t hpa)
{
    guint low = 0, high = s->td->len;

    while (low < high) {
        guint mid = low + (high - low) / 2;
        Td *td = &g_array_index(s->td, Td, mid);

        if (td->hpa == hpa) {
            return td;
        }
        if (td->hpa < hpa) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

static void add_pages(Search *s, uint64_t owner, uint64_t hpa, TdxUse use,
                      uint64_t pages)
{
    Td *td = owner ? find_td(s, owner) : NULL;

    if (!td) {
        return;
    }
    td->counts.page[use] += pages;
    if (use == TDX_USE_TDVPR) {
        td->vcpus++;
        if (s->want_vcpus && td->vcpus <= MAX_VCPUS) {
            if (!td->tdvpr) {
                td->tdvpr = g_array_new(false, false, sizeof(hpa));
            }
            g_array_append_val(td->tdvpr, hpa);
        }
    }
}

static bool visit_pages(void *opaque, const TdxQueryRange *r)
{
    Search *s = opaque;
    TdxUse use = tdx_query_use(s->cfg, r, 0);

    if (use == TDX_USE_REG_1G || use == TDX_USE_REG_2M) {
        TdxLevel level = use == TDX_USE_REG_1G ? TDX_LEVEL_1G : TDX_LEVEL_2M;

        add_pages(s, tdx_query_owner(r, level, 0), r->hpa, use,
                  r->size / TDX_PAGE_4K);
        return true;
    }
    for (unsigned i = 0; r->written && i < TDX_QUERY_PAGES_OF_2M; i++) {
        uint64_t hpa = r->hpa + i * TDX_PAGE_4K;

        use = tdx_query_use(s->cfg, r, i);
        if (use == TDX_USE_TDR) {
            add_pages(s, hpa, hpa, use, 1);
        } else {
            add_pages(s, tdx_query_owner(r, TDX_LEVEL_4K, i), hpa, use, 1);
        }
    }
    return true;
}

static void search(TdxModule *m, Search *s)
{
    uint64_t at = tdx_query_pamt(m, s->cfg,
                                 QEMU_ALIGN_DOWN(s->base, TDX_PAGE_2M),
                                 TDX_HPA_LIMIT, true, visit_tdrs, s);

    if (s->next == UINT64_MAX && at < TDX_HPA_LIMIT) {
        s->next = at;
    }
    s->counted = s->td->len &&
                 tdx_query_pamt(m, s->cfg, 0, TDX_HPA_LIMIT, true,
                                visit_pages, s) == TDX_HPA_LIMIT;
}

/* --- showing -------------------------------------------------------------- */

static bool vcpu_state(uint32_t state, TdxModuleVcpuState *shown)
{
    switch (state) {
    default:
        return false;
#define STATE(name, value, words) \
    case TDX_VCPU_##name: \
        *shown = TDX_MODULE_VCPU_STATE_##name; \
        return true;
    TDX_VCPU_STATES(STATE)
#undef STATE
    }
}

static TdxModuleTdLifecycle lifecycle(TdxLifecycle state)
{
    static const TdxModuleTdLifecycle shown[] = {
#define STATE(name, value, words) [value] = TDX_MODULE_TD_LIFECYCLE_##name,
        TDX_LIFECYCLES(STATE)
#undef STATE
    };

    return shown[state];
}

static TdxModuleTdOpState op_state(TdxOpState state)
{
    static const TdxModuleTdOpState shown[] = {
#define STATE(name, value, words) [value] = TDX_MODULE_TD_OP_STATE_##name,
        TDX_OP_STATES(STATE)
#undef STATE
    };

    return shown[state];
}

static void show_vcpus(TdxModule *m, Search *s, const Td *td,
                       const TdxQueryTd *content, TdxModuleTd *info)
{
    TdxModuleVcpuList **tail = &info->vcpus;

    info->has_vcpus = true;
    for (guint i = 0; td->tdvpr && i < td->tdvpr->len; i++) {
        uint64_t hpa = g_array_index(td->tdvpr, uint64_t, i);
        TdxModuleVcpuState state;
        TdxModuleVcpu *shown;
        TdxQueryVcpu vcpu;

        if (!tdx_query_vcpu(m, s->cfg, content, hpa, &vcpu) ||
            !vcpu_state(vcpu.state, &state)) {
            continue;
        }
        shown = g_new0(TdxModuleVcpu, 1);
        shown->tdvpr = hpa;
        shown->state = state;
        shown->has_index = shown->has_x2apic_id =
            vcpu.state != TDX_VCPU_UNINITIALIZED;
        if (shown->has_index) {
            shown->index = vcpu.index;
            shown->x2apic_id = vcpu.x2apic_id;
        }
        shown->has_lp = vcpu.has_lp;
        shown->lp = vcpu.lp;
        shown->pages = vcpu.pages;
        QAPI_LIST_APPEND(tail, shown);
    }
}

static char *hex(const uint8_t *bytes, size_t len)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(text, "%02x", bytes[i]);
    }
    return g_string_free(text, false);
}

/* What TDH.MNG.INIT has set */
static void show_initialized(const TdxQueryTd *td, TdxModuleTd *info)
{
    info->has_attributes = info->has_xfam = info->has_gpa_width = true;
    info->has_max_vcpus = info->has_vcpus_initialized = true;
    info->has_vcpus_associated = info->has_td_epoch = true;
    info->attributes = td->attributes;
    info->xfam = td->xfam;
    info->gpa_width = td->gpa_width;
    info->max_vcpus = td->max_vcpus;
    info->vcpus_initialized = td->num_vcpus;
    info->vcpus_associated = td->num_assoc_vcpus;
    info->td_epoch = td->td_epoch;
    if (td->op_state == TDX_OP_RUNNABLE) {
        info->mrtd = hex(td->mrtd, sizeof(td->mrtd));
    }
}

static TdxModuleTd *show_td(TdxModule *m, Search *s, const Td *td)
{
    TdxModuleTd *info;
    TdxQueryTd content;

    if (!tdx_query_td(m, s->cfg, td->hpa, &content)) {
        return NULL;
    }
    info = g_new0(TdxModuleTd, 1);
    info->tdr = td->hpa;
    info->lifecycle = lifecycle(content.lifecycle);
    info->fatal = content.fatal;
    info->has_hkid = content.lifecycle != TDX_TD_TEARDOWN;
    info->hkid = info->has_hkid ? content.hkid : 0;
    info->packages_configured = ctpop32(content.pkg_config_bitmap);
    info->tdcs_pages = content.num_tdcx;
    info->pages = content.pages;
    if (s->counted) {
        info->counts = seam_monitor_counts(&td->counts);
        info->has_vcpus_created = true;
        info->vcpus_created = td->vcpus;
    }
    if (content.has_op_state) {
        info->has_op_state = true;
        info->op_state = op_state(content.op_state);
        if (content.op_state != TDX_OP_UNINITIALIZED) {
            show_initialized(&content, info);
        }
    }
    if (s->want_vcpus && s->counted) {
        show_vcpus(m, s, td, &content, info);
    }
    return info;
}

TdxModuleTds *qmp_query_tdx_tds(bool has_base, uint64_t base, bool has_limit,
                                uint32_t limit, bool has_vcpus, bool vcpus,
                                Error **errp)
{
    TdxModule *m = seam_monitor_module(errp);
    g_autofree TdxQueryConfig *cfg = NULL;
    TdxModuleTdList **tail;
    TdxModuleTds *info;
    Search s = {
        .base = has_base ? MIN(base, TDX_HPA_LIMIT) : 0,
        .next = UINT64_MAX,
        .want_vcpus = has_vcpus && vcpus,
    };
    uint32_t shown_vcpus = 0;

    if (!m) {
        return NULL;
    }
    s.room = seam_monitor_limit(has_limit, limit, USUAL_LIMIT, MAX_LIMIT,
                                errp);
    if (!s.room) {
        return NULL;
    }
    s.cfg = cfg = seam_monitor_config(m);
    s.td = g_array_new(false, false, sizeof(Td));
    search(m, &s);

    info = g_new0(TdxModuleTds, 1);
    tail = &info->tds;
    for (guint i = 0; i < s.td->len; i++) {
        Td *td = &g_array_index(s.td, Td, i);
        TdxModuleTd *shown;

        if (td->tdvpr) {
            shown_vcpus += td->tdvpr->len;
        }
        if (shown_vcpus > MAX_VCPUS && info->tds) {
            s.next = MIN(s.next, td->hpa);
        } else {
            shown = show_td(m, &s, td);
            if (shown) {
                QAPI_LIST_APPEND(tail, shown);
            }
        }
        if (td->tdvpr) {
            g_array_free(td->tdvpr, true);
        }
    }
    g_array_free(s.td, true);
    info->has_next = s.next < TDX_HPA_LIMIT;
    info->next = info->has_next ? s.next : 0;
    return info;
}

/* --- query-tdx-sept ------------------------------------------------------- */

static TdxModuleSeptState sept_state(TdxSeptState state)
{
    static const TdxModuleSeptState shown[] = {
#define X(name, value, words, reported, bits) \
        [value] = TDX_MODULE_SEPT_STATE_##name,
        TDX_SEPT_STATES(X)
#undef X
        [TDX_SEPT_INVALID] = TDX_MODULE_SEPT_STATE_INVALID,
    };

    return shown[state];
}

TdxModuleSeptEntryList *qmp_query_tdx_sept(uint64_t tdr, uint64_t gpa,
                                           Error **errp)
{
    TdxModule *m = seam_monitor_module(errp);
    TdxModuleSeptEntryList *list = NULL, **tail = &list;
    TdxQuerySept sept[TDX_QUERY_SEPT_LEVELS];
    g_autofree TdxQueryConfig *cfg = NULL;
    unsigned n;

    if (!m) {
        return NULL;
    }
    cfg = seam_monitor_config(m);
    n = tdx_query_sept(m, cfg, tdr, gpa, sept);
    if (!n) {
        error_setg(errp, "there is no TD with a Secure EPT at 0x%" PRIx64
                   "; query-tdx-tds (info tds) shows which there are", tdr);
        return NULL;
    }
    for (unsigned i = 0; i < n; i++) {
        TdxModuleSeptEntry *e = g_new0(TdxModuleSeptEntry, 1);

        e->level = sept[i].level;
        e->table = sept[i].table;
        e->value = sept[i].value;
        e->state = sept_state(sept[i].state);
        e->has_hpa = sept[i].has_hpa;
        e->hpa = sept[i].hpa;
        QAPI_LIST_APPEND(tail, e);
    }
    return list;
}
