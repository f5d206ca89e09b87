/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QMP command query-tdx-tds: the TDs that the TDX module knows.
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

    for (unsigned i = 0; r->page && i < TDX_PAMT_CHILDREN; i++) {
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
    Td *td = find_td(s, owner);

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
        const TdxPamtEntry *e = use == TDX_USE_REG_1G ? &r->large : &r->range;

        add_pages(s, tdx_query_owner(e), r->hpa, use, r->size / TDX_PAGE_4K);
        return true;
    }
    for (unsigned i = 0; r->page && i < TDX_PAMT_CHILDREN; i++) {
        uint64_t hpa = r->hpa + i * TDX_PAGE_4K;

        use = tdx_query_use(s->cfg, r, i);
        if (use == TDX_USE_TDR) {
            add_pages(s, hpa, hpa, use, 1);
        } else if (tdx_query_owner(&r->page[i])) {
            add_pages(s, tdx_query_owner(&r->page[i]), hpa, use, 1);
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
    case TDX_VCPU_UNINITIALIZED:
        *shown = TDX_MODULE_VCPU_STATE_UNINITIALIZED;
        return true;
    case TDX_VCPU_READY:
        *shown = TDX_MODULE_VCPU_STATE_READY;
        return true;
    case TDX_VCPU_ACTIVE:
        *shown = TDX_MODULE_VCPU_STATE_ACTIVE;
        return true;
    case TDX_VCPU_DISABLED:
        *shown = TDX_MODULE_VCPU_STATE_DISABLED;
        return true;
    case TDX_VCPU_IMPORT:
        *shown = TDX_MODULE_VCPU_STATE_IMPORT;
        return true;
    default:
        return false;
    }
}

static void show_vcpus(TdxModule *m, Search *s, const Td *td,
                       const TdxQueryTd *content, TdxModuleTd *info)
{
    TdxModuleVcpuList **tail = &info->vcpus;

    info->has_vcpus = true;
    for (guint i = 0; td->tdvpr && i < td->tdvpr->len; i++) {
        uint64_t hpa = g_array_index(td->tdvpr, uint64_t, i);
        TdxModuleVcpuState state;
        TdxModuleVcpu *vcpu;
        TdxTdvps tdvps;

        if (!tdx_query_vcpu(m, s->cfg, content, hpa, &tdvps) ||
            !vcpu_state(tdvps.state, &state)) {
            continue;
        }
        vcpu = g_new0(TdxModuleVcpu, 1);
        vcpu->tdvpr = hpa;
        vcpu->state = state;
        vcpu->has_index = vcpu->has_x2apic_id =
            tdvps.state != TDX_VCPU_UNINITIALIZED;
        if (vcpu->has_index) {
            vcpu->index = tdvps.index;
            vcpu->x2apic_id = tdvps.x2apic_id;
        }
        vcpu->has_lp = tdvps.assoc_lpid != TDX_ASSOC_NONE;
        vcpu->lp = vcpu->has_lp ? tdvps.assoc_lpid : 0;
        vcpu->pages = tdvps.num_pages;
        QAPI_LIST_APPEND(tail, vcpu);
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
static void show_initialized(const TdxTdcs *tdcs, TdxModuleTd *info)
{
    info->has_attributes = info->has_xfam = info->has_gpa_width = true;
    info->has_max_vcpus = info->has_vcpus_initialized = true;
    info->has_vcpus_associated = info->has_td_epoch = true;
    info->attributes = tdcs->attributes;
    info->xfam = tdcs->xfam;
    info->gpa_width = td_gpa_width(tdcs);
    info->max_vcpus = tdcs->max_vcpus;
    info->vcpus_initialized = tdcs->num_vcpus;
    info->vcpus_associated = tdcs->num_assoc_vcpus;
    info->td_epoch = tdcs->td_epoch;
    if (tdcs->op_state == TDX_OP_RUNNABLE) {
        info->mrtd = hex(tdcs->mrtd, sizeof(tdcs->mrtd));
    }
}

static TdxModuleTd *show_td(TdxModule *m, Search *s, const Td *td)
{
    TdxQueryTd *content = g_new(TdxQueryTd, 1);
    TdxModuleTd *info = NULL;

    /* The enumerations of the architecture and of QAPI have the same order */
    QEMU_BUILD_BUG_ON((int)TDX_MODULE_TD_LIFECYCLE_TEARDOWN !=
                      (int)TDX_TD_TEARDOWN);
    QEMU_BUILD_BUG_ON((int)TDX_MODULE_TD_OP_STATE_START_IMPORT !=
                      (int)TDX_OP_START_IMPORT);
    if (tdx_query_td(m, s->cfg, td->hpa, content)) {
        info = g_new0(TdxModuleTd, 1);
        info->tdr = td->hpa;
        info->lifecycle = (TdxModuleTdLifecycle)content->tdr.lifecycle;
        info->fatal = content->tdr.fatal;
        info->has_hkid = content->tdr.lifecycle != TDX_TD_TEARDOWN;
        info->hkid = info->has_hkid ? content->tdr.hkid : 0;
        info->packages_configured = ctpop32(content->tdr.pkg_config_bitmap);
        info->tdcs_pages = content->tdr.num_tdcx;
        info->pages = content->tdr.chldcnt;
        if (s->counted) {
            info->counts = seam_monitor_counts(&td->counts);
            info->has_vcpus_created = true;
            info->vcpus_created = td->vcpus;
        }
        if (content->has_tdcs) {
            info->has_op_state = true;
            info->op_state = (TdxModuleTdOpState)content->tdcs.op_state;
            if (content->tdcs.op_state != TDX_OP_UNINITIALIZED) {
                show_initialized(&content->tdcs, info);
            }
        }
        if (s->want_vcpus && s->counted) {
            show_vcpus(m, s, td, content, info);
        }
    }
    g_free(content);
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
