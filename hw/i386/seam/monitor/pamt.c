/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QMP command query-tdx-pamt: what the PAMT holds, in bounded portions.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "monitor.h"

#define USUAL_LIMIT 1024
#define MAX_LIMIT   16384

/**
 * View: an answer in the making.
 * @base, @end: what was asked for
 * @stop: where to go on once the limit is reached, else UINT64_MAX
 * @room: elements that may still come
 * @cell: the cell of the map being filled; @cell_base: UINT64_MAX if none
 * @run: the last set bits
 */
typedef struct View {
    const TdxQueryConfig *cfg;
    TdxModulePamtView view;
    TdxLevel level;
    bool in_use;
    uint64_t granule;
    uint64_t base, end, stop;
    uint32_t room;
    TdxUseCounts counts[TDX_MAX_TDMRS];

    TdxUseCounts cell;
    uint64_t cell_base;
    TdxModulePamtBits *run;

    TdxModulePamtCellList **cells;
    TdxModulePamtEntryList **entries;
    TdxModulePamtPairList **pairs;
    TdxModulePamtBitsList **bits;
} View;

/* Is there room for one more?  If not, the next answer begins at @hpa */
static bool take_room(View *v, uint64_t hpa)
{
    if (!v->room) {
        v->stop = hpa;
        return false;
    }
    v->room--;
    return true;
}

/* --- map ------------------------------------------------------------------ */

static bool worth_showing(const TdxUseCounts *counts)
{
    for (int use = TDX_USE_UNINITIALIZED + 1; use < TDX_NUM_USES; use++) {
        if (counts->page[use]) {
            return true;
        }
    }
    return counts->pairs;
}

/* There is room: see visit_map() */
static void end_cell(View *v)
{
    if (v->cell_base != UINT64_MAX && worth_showing(&v->cell)) {
        TdxModulePamtCell *cell = g_new0(TdxModulePamtCell, 1);

        cell->base = v->cell_base;
        cell->counts = seam_monitor_counts(&v->cell);
        QAPI_LIST_APPEND(v->cells, cell);
        v->room--;
    }
    v->cell_base = UINT64_MAX;
    memset(&v->cell, 0, sizeof(v->cell));
}

static bool visit_map(View *v, const TdxQueryRange *r)
{
    uint64_t base = QEMU_ALIGN_DOWN(r->hpa, v->granule);

    if (base != v->cell_base) {
        end_cell(v);
        if (!v->room) {
            v->stop = r->hpa;
            return false;
        }
        v->cell_base = base;
    }
    /* A whole GiB in small cells: none of them is worth showing */
    tdx_query_count(v->cfg, r, &v->cell);
    return true;
}

/* --- entries -------------------------------------------------------------- */

static TdxModulePageType page_type(unsigned type)
{
    switch (type) {
    default:
        return TDX_MODULE_PAGE_TYPE_OTHER;
#define TYPE(name, value, words) \
    case TDX_PT_##name: \
        return TDX_MODULE_PAGE_TYPE_##name;
    TDX_PAGE_TYPES(TYPE)
#undef TYPE
    }
}

static uint64List *pair_pages(const TdxQueryEntry *e)
{
    uint64List *pages = NULL, **tail = &pages;

    QAPI_LIST_APPEND(tail, e->pair[0]);
    QAPI_LIST_APPEND(tail, e->pair[1]);
    return pages;
}

/* The entry of a page of size v->level, number @i of @r */
static bool show_entry(View *v, const TdxQueryRange *r, unsigned i)
{
    const TdxQueryEntry e = tdx_query_entry(r, v->level, i);
    uint64_t hpa = r->hpa + i * TDX_PAGE_4K;
    TdxModulePamtEntry *info;

    if (hpa < v->base || hpa >= v->end ||
        (v->in_use && e.type == TDX_PT_NDA)) {
        return true;
    }
    if (!take_room(v, hpa)) {
        return false;
    }
    info = g_new0(TdxModulePamtEntry, 1);
    info->hpa = hpa;
    info->type = page_type(e.type);
    info->owner = e.owner;
    info->has_owner = info->owner != 0;
    info->bepoch = e.bepoch;
    info->has_bepoch = info->bepoch != 0;
    if (e.type == TDX_PT_PAMT) {
        info->has_pair = info->has_page_count = true;
        info->pair = pair_pages(&e);
        info->page_count = e.page_count;
    }
    info->locked_exclusive = e.exclusive;
    info->has_locked_exclusive = info->locked_exclusive;
    info->readers = e.readers;
    info->has_readers = info->readers != 0;
    info->host_priority = e.host_priority;
    info->has_host_priority = info->host_priority;
    QAPI_LIST_APPEND(v->entries, info);
    return true;
}

static bool visit_entries(View *v, const TdxQueryRange *r)
{
    if (!r->initialized) {
        return true;
    }
    switch (v->level) {
    case TDX_LEVEL_1G:
        return !QEMU_IS_ALIGNED(r->hpa, TDX_PAGE_1G) || show_entry(v, r, 0);
    case TDX_LEVEL_2M:
        return show_entry(v, r, 0);
    default:
        break;
    }
    for (unsigned i = 0; r->has_4k && i < TDX_QUERY_PAGES_OF_2M; i++) {
        if (!show_entry(v, r, i)) {
            return false;
        }
    }
    return true;
}

/* --- pairs, bitmap -------------------------------------------------------- */

static bool visit_pairs(View *v, const TdxQueryRange *r)
{
    TdxModulePamtPair *info;
    TdxQueryEntry e;

    if (!tdx_query_has_pair(v->cfg, r)) {
        return true;
    }
    if (!take_room(v, r->hpa)) {
        return false;
    }
    e = tdx_query_entry(r, TDX_LEVEL_2M, 0);
    info = g_new0(TdxModulePamtPair, 1);
    info->hpa = r->hpa;
    info->pages = pair_pages(&e);
    info->page_count = e.page_count;
    QAPI_LIST_APPEND(v->pairs, info);
    return true;
}

static bool show_bit(View *v, uint64_t hpa, bool reserved)
{
    TdxModulePamtBits *run = v->run;

    if (hpa < v->base || hpa >= v->end) {
        return true;
    }
    if (run && run->reserved == reserved &&
        run->base + run->pages * TDX_PAGE_4K == hpa) {
        run->pages++;
        return true;
    }
    if (!take_room(v, hpa)) {
        return false;
    }
    run = v->run = g_new0(TdxModulePamtBits, 1);
    run->base = hpa;
    run->pages = 1;
    run->reserved = reserved;
    QAPI_LIST_APPEND(v->bits, run);
    return true;
}

static bool visit_bitmap(View *v, const TdxQueryRange *r)
{
    for (unsigned i = 0; i < TDX_QUERY_PAGES_OF_2M; i++) {
        if (r->bits[i / 64] >> i % 64 & 1 &&
            !show_bit(v, r->hpa + i * TDX_PAGE_4K,
                      r->rsvd[i / 64] >> i % 64 & 1)) {
            return false;
        }
    }
    return true;
}

/* --- all of it ------------------------------------------------------------ */

static bool visit(void *opaque, const TdxQueryRange *r)
{
    static bool (*const visits[])(View *v, const TdxQueryRange *r) = {
        [TDX_MODULE_PAMT_VIEW_MAP] = visit_map,
        [TDX_MODULE_PAMT_VIEW_ENTRIES] = visit_entries,
        [TDX_MODULE_PAMT_VIEW_PAIRS] = visit_pairs,
        [TDX_MODULE_PAMT_VIEW_BITMAP] = visit_bitmap,
    };
    View *v = opaque;

    if (v->view != TDX_MODULE_PAMT_VIEW_SUMMARY && !visits[v->view](v, r)) {
        return false;
    }
    tdx_query_count(v->cfg, r, &v->counts[r->tdmr]);
    return true;
}

/* May a GiB without anything in it be taken as one? */
static bool whole_gib(const View *v)
{
    return v->view != TDX_MODULE_PAMT_VIEW_ENTRIES || v->in_use ||
           v->level == TDX_LEVEL_1G;
}

/* The smallest cells that are no more than the limit */
static uint64_t usual_granule(const View *v)
{
    const TdxQueryConfig *cfg = v->cfg;
    uint64_t from, to, granule = TDX_PAGE_2M;

    if (!cfg->num_tdmrs) {
        return granule;
    }
    from = MAX(v->base, cfg->tdmr[0].base);
    to = MIN(v->end, cfg->tdmr[cfg->num_tdmrs - 1].base +
                     cfg->tdmr[cfg->num_tdmrs - 1].size);
    while (from < to &&
           (to - 1) / granule - from / granule >= v->room) {
        granule *= 2;
    }
    return granule;
}

static void show_tdmrs(const View *v, TdxModulePamt *info)
{
    TdxModulePamtTdmrList **tail = &info->tdmrs;

    for (uint32_t i = 0; i < v->cfg->num_tdmrs; i++) {
        TdxModulePamtTdmr *tdmr = g_new0(TdxModulePamtTdmr, 1);

        seam_monitor_tdmr(&v->cfg->tdmr[i],
                          qapi_TdxModulePamtTdmr_base(tdmr));
        tdmr->counts = seam_monitor_counts(&v->counts[i]);
        QAPI_LIST_APPEND(tail, tdmr);
    }
}

static TdxModulePamt *look(TdxModule *m, View *v)
{
    TdxModulePamt *info = g_new0(TdxModulePamt, 1);
    uint64_t at;

    info->dynamic = v->cfg->dynamic_pamt;
    v->cells = &info->map;
    v->entries = &info->entries;
    v->pairs = &info->pairs;
    v->bits = &info->bitmap;
    info->has_map = info->has_granule = v->view == TDX_MODULE_PAMT_VIEW_MAP;
    info->granule = info->has_granule ? v->granule : 0;
    info->has_entries = v->view == TDX_MODULE_PAMT_VIEW_ENTRIES;
    info->has_pairs = v->view == TDX_MODULE_PAMT_VIEW_PAIRS;
    info->has_bitmap = v->view == TDX_MODULE_PAMT_VIEW_BITMAP;

    at = tdx_query_pamt(m, v->cfg, QEMU_ALIGN_DOWN(v->base, TDX_PAGE_2M),
                        QEMU_ALIGN_UP(v->end, TDX_PAGE_2M), whole_gib(v),
                        visit, v);
    end_cell(v);
    show_tdmrs(v, info);
    info->next = v->stop != UINT64_MAX ? v->stop : at;
    info->has_next = info->next < v->end;
    return info;
}

TdxModulePamt *qmp_query_tdx_pamt(bool has_view, TdxModulePamtView view,
                                  bool has_base, uint64_t base,
                                  bool has_size, uint64_t size,
                                  bool has_level, TdxModulePamtLevel level,
                                  bool has_in_use, bool in_use,
                                  bool has_granule, uint64_t granule,
                                  bool has_limit, uint32_t limit,
                                  Error **errp)
{
    static const TdxLevel levels[] = {
        [TDX_MODULE_PAMT_LEVEL_4K] = TDX_LEVEL_4K,
        [TDX_MODULE_PAMT_LEVEL_2M] = TDX_LEVEL_2M,
        [TDX_MODULE_PAMT_LEVEL_1G] = TDX_LEVEL_1G,
    };
    TdxModule *m = seam_monitor_module(errp);
    g_autofree TdxQueryConfig *cfg = NULL;
    g_autofree View *v = g_new0(View, 1);

    if (!m) {
        return NULL;
    }
    v->room = seam_monitor_limit(has_limit, limit, USUAL_LIMIT, MAX_LIMIT,
                                 errp);
    if (!v->room) {
        return NULL;
    }
    if (has_granule && (granule < TDX_PAGE_2M || !is_power_of_2(granule))) {
        error_setg(errp, "granule must be a power of two and at least %llu",
                   TDX_PAGE_2M);
        return NULL;
    }
    v->cfg = cfg = seam_monitor_config(m);
    v->view = has_view ? view : TDX_MODULE_PAMT_VIEW_SUMMARY;
    v->level = has_level ? levels[level] : TDX_LEVEL_4K;
    v->in_use = has_in_use && in_use;
    v->stop = v->cell_base = UINT64_MAX;
    v->base = has_base ? MIN(base, TDX_HPA_LIMIT) : 0;
    v->end = has_size ? v->base + MIN(size, TDX_HPA_LIMIT - v->base)
                      : TDX_HPA_LIMIT;
    v->base = QEMU_ALIGN_DOWN(v->base,
                              v->view == TDX_MODULE_PAMT_VIEW_ENTRIES
                              ? tdx_level_size(v->level) : TDX_PAGE_4K);
    v->granule = has_granule ? granule : usual_granule(v);
    return look(m, v);
}
