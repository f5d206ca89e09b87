/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking at the PAMT: a walk over its 2 MiB ranges, and what they are used
 * for.
 */

#include <glib.h>
#include <string.h>

#include "query-internal.h"

/*
 * Work of one walk: visits of a range without 4K entries, which take some
 * hundred nanoseconds.  Looking at 4K entries is as much as several of them.
 */
#define MAX_WORK    (1u << 18)
#define WORK_OF_4K  16

#define MAX_TRIES 4

#define ENTRIES_PER_PAGE (TDX_PAGE_4K / TDX_PAMT_ENTRY_SIZE)
#define WORD_BITS 64

typedef struct Walk {
    TdxModule *m;
    const TdxQueryConfig *cfg;
    unsigned work;
    const TdxQueryTdmr *tdmr; /* of the range that is visited */
    TdxQueryRaw raw; /* its entries */
    TdxPamtEntry page[TDX_PAMT_CHILDREN];
} Walk;

const TdxQueryTdmr *tdx_peek_tdmr(const TdxQueryConfig *cfg, uint64_t hpa)
{
    uint32_t i;

    for (i = 0; i < cfg->num_tdmrs; i++) {
        if (hpa < cfg->tdmr[i].base + cfg->tdmr[i].size) {
            return &cfg->tdmr[i];
        }
    }
    return NULL;
}

/* --- reading --------------------------------------------------------------- */

/* Where the entry of @hpa in the array of a level is */
static uint64_t entry_hpa(const TdxQueryTdmr *tdmr, TdxLevel level,
                          uint64_t hpa)
{
    return tdmr->pamt[level].base +
           (hpa - tdmr->base) / tdx_level_size(level) * TDX_PAMT_ENTRY_SIZE;
}

static void peek_entry(TdxModule *m, const TdxQueryConfig *cfg,
                       const TdxQueryTdmr *tdmr, TdxLevel level, uint64_t hpa,
                       TdxPamtEntry *e)
{
    tdx_peek_private(m, entry_hpa(tdmr, level, hpa), cfg->hkid, e, sizeof(*e));
}

/* Copy the 4K entries that lie at @half; false: all are free */
static bool peek_halves(Walk *w, const uint64_t half[2])
{
    bool any = false;
    unsigned i;

    for (i = 0; i < 2; i++) {
        any |= tdx_peek_private(w->m, half[i], w->cfg->hkid,
                                &w->page[i * ENTRIES_PER_PAGE], TDX_PAGE_4K);
    }
    return any;
}

/* The 4K entries below @r's 2M entry, which lie in its page pair */
static void peek_pair(Walk *w, TdxQueryRange *r)
{
    unsigned tries;

    for (tries = 0; tries < MAX_TRIES; tries++) {
        const TdxPamtEntry before = w->raw.range;
        uint64_t half[2] = {
            tdx_pamt_pair_hpa(&before, 0), tdx_pamt_pair_hpa(&before, 1)
        };

        r->has_4k = tdx_pamt_type(&before) == TDX_PT_PAMT;
        w->raw.page = r->has_4k && peek_halves(w, half) ? w->page : NULL;
        peek_entry(w->m, w->cfg, w->tdmr, TDX_LEVEL_2M, r->hpa, &w->raw.range);
        /* With another pair, or none, these pages may be anything by now */
        if (tdx_peek_same(&before, &w->raw.range)) {
            return;
        }
    }
    r->changing = true;
    r->has_4k = false;
    w->raw.page = NULL;
}

static void peek_range(Walk *w, TdxQueryRange *r)
{
    peek_entry(w->m, w->cfg, w->tdmr, TDX_LEVEL_2M, r->hpa, &w->raw.range);
    if (w->cfg->dynamic_pamt) {
        uint64_t at = w->tdmr->pamt[TDX_LEVEL_4K].base +
                      (r->hpa - w->tdmr->base) / TDX_PAGE_2M * sizeof(r->bits);

        tdx_peek_private(w->m, at, w->cfg->hkid, r->bits, sizeof(r->bits));
        if (tdx_pamt_type(&w->raw.range) == TDX_PT_PAMT) {
            peek_pair(w, r);
        }
    } else {
        uint64_t at = entry_hpa(w->tdmr, TDX_LEVEL_4K, r->hpa);
        uint64_t half[2] = { at, at + TDX_PAGE_4K };

        r->has_4k = true;
        w->raw.page = peek_halves(w, half) ? w->page : NULL;
    }
    r->written = w->raw.page;
    w->work += r->written ? WORK_OF_4K : 1;
}

bool tdx_peek_leaf(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                   TdxPamtEntry *leaf)
{
    const TdxQueryTdmr *tdmr = tdx_peek_tdmr(cfg, hpa);
    bool dynamic = cfg->dynamic_pamt;
    unsigned i = hpa / TDX_PAGE_4K % TDX_PAMT_CHILDREN;

    if (!tdmr || hpa < tdmr->base) {
        return false;
    }
    peek_entry(m, cfg, tdmr, TDX_LEVEL_1G, hpa, leaf);
    if (tdx_pamt_type(leaf) != TDX_PT_NDA) {
        return true;
    }
    peek_entry(m, cfg, tdmr, TDX_LEVEL_2M, hpa, leaf);
    if (tdx_pamt_type(leaf) != (dynamic ? TDX_PT_PAMT : TDX_PT_NDA)) {
        return true;
    }
    if (dynamic) {
        tdx_peek_private(m, tdx_pamt_pair_hpa(leaf, i / ENTRIES_PER_PAGE) +
                            i % ENTRIES_PER_PAGE * TDX_PAMT_ENTRY_SIZE,
                         cfg->hkid, leaf, sizeof(*leaf));
    } else {
        peek_entry(m, cfg, tdmr, TDX_LEVEL_4K, hpa, leaf);
    }
    return true;
}

/* --- walk ------------------------------------------------------------------ */

static void mark_reserved(const Walk *w, TdxQueryRange *r)
{
    uint64_t offset = r->hpa - w->tdmr->base;
    unsigned num = MIN(w->tdmr->num_rsvd, TDX_MAX_RSVD_PER_TDMR);
    unsigned i;

    for (i = 0; i < num; i++) {
        const TdxRange *rsvd = &w->tdmr->rsvd[i];
        uint64_t from = MAX(rsvd->base, offset);
        uint64_t to = MIN(rsvd->base + rsvd->size, offset + TDX_PAGE_2M);

        for (; from < to; from += TDX_PAGE_4K) {
            unsigned page = (from - offset) / TDX_PAGE_4K;

            r->rsvd[page / WORD_BITS] |= 1ULL << page % WORD_BITS;
        }
    }
}

static bool all_blank(Walk *w, uint64_t hpa, uint64_t len)
{
    uint64_t end = hpa + len;

    for (hpa &= ~(TDX_PAGE_4K - 1); hpa < end; hpa += TDX_PAGE_4K) {
        if (!tdx_peek_blank(w->m, hpa)) {
            return false;
        }
    }
    return true;
}

/*
 * Was nothing ever written to what describes the GiB at @hpa?  Reserved areas
 * are written there, too.
 */
static bool block_is_free(Walk *w, const TdxQueryTdmr *tdmr, uint64_t hpa)
{
    uint64_t block = (hpa - tdmr->base) / TDX_PAGE_1G;
    uint64_t bitmap = TDX_PAGE_1G / TDX_PAGE_4K / 8;
    uint64_t in_2m = TDX_PAMT_CHILDREN * TDX_PAMT_ENTRY_SIZE;

    if (!all_blank(w, tdmr->pamt[TDX_LEVEL_2M].base + block * in_2m, in_2m)) {
        return false;
    }
    return w->cfg->dynamic_pamt
           ? all_blank(w, tdmr->pamt[TDX_LEVEL_4K].base + block * bitmap,
                       bitmap)
           : all_blank(w, entry_hpa(tdmr, TDX_LEVEL_4K, hpa),
                       TDX_PAMT_CHILDREN * in_2m);
}

/* Fill @r for its address; its size becomes @most or less */
static void look(Walk *w, TdxQueryRange *r, uint64_t most)
{
    uint64_t done = w->tdmr->last_initialized & ~(TDX_PAGE_1G - 1);

    r->initialized = r->hpa < done;
    if (!r->initialized) {
        r->size = most;
        w->work++;
        return;
    }
    peek_entry(w->m, w->cfg, w->tdmr, TDX_LEVEL_1G, r->hpa, &w->raw.large);
    if (most == TDX_PAGE_1G && tdx_pamt_type(&w->raw.large) == TDX_PT_NDA &&
        block_is_free(w, w->tdmr, r->hpa)) {
        r->size = most;
        r->has_4k = !w->cfg->dynamic_pamt;
        w->work += WORK_OF_4K;
        return;
    }
    mark_reserved(w, r);
    peek_range(w, r);
}

uint64_t tdx_query_pamt(TdxModule *m, const TdxQueryConfig *cfg,
                        uint64_t base, uint64_t end, bool whole,
                        TdxQueryVisit *visit, void *opaque)
{
    g_autofree Walk *w = g_new0(Walk, 1);
    uint64_t hpa = base;

    w->m = m;
    w->cfg = cfg;
    while (hpa < end && w->work < MAX_WORK) {
        TdxQueryRange r = { .size = TDX_PAGE_2M, .raw = &w->raw };
        bool gib;

        w->tdmr = tdx_peek_tdmr(cfg, hpa);
        if (!w->tdmr || w->tdmr->base >= end) {
            return end;
        }
        w->raw = (TdxQueryRaw) { 0 };
        r.tdmr = w->tdmr - cfg->tdmr;
        r.hpa = hpa = MAX(hpa, w->tdmr->base);
        gib = whole && tdx_aligned(hpa, TDX_PAGE_1G) &&
              end - hpa >= TDX_PAGE_1G;
        look(w, &r, gib ? TDX_PAGE_1G : TDX_PAGE_2M);
        if (!visit(opaque, &r)) {
            break;
        }
        hpa += r.size;
    }
    return MIN(hpa, end);
}

/* --- use ------------------------------------------------------------------- */

static const TdxPamtEntry *entry_of(const TdxQueryRange *r, TdxLevel level,
                                    unsigned i)
{
    static const TdxPamtEntry blank;

    switch (level) {
    case TDX_LEVEL_1G:
        return &r->raw->large;
    case TDX_LEVEL_2M:
        return &r->raw->range;
    default:
        return r->written && i < TDX_PAMT_CHILDREN ? &r->raw->page[i] : &blank;
    }
}

static uint64_t owner_of(const TdxPamtEntry *e)
{
    switch (tdx_pamt_type(e)) {
    case TDX_PT_REG:
    case TDX_PT_TDCX:
    case TDX_PT_TDVPR:
    case TDX_PT_EPT:
        return tdx_pamt_owner(e);
    default:
        return 0;
    }
}

uint64_t tdx_query_owner(const TdxQueryRange *r, TdxLevel level, unsigned i)
{
    return owner_of(entry_of(r, level, i));
}

TdxQueryEntry tdx_query_entry(const TdxQueryRange *r, TdxLevel level,
                              unsigned i)
{
    const TdxPamtEntry *e = entry_of(r, level, i);
    TdxQueryEntry entry = {
        .type = tdx_pamt_type(e),
        .owner = owner_of(e),
        .exclusive = e->lock & TDX_LOCK_EXCLUSIVE,
        .readers = e->lock / TDX_LOCK_READER,
        .host_priority = e->lock & TDX_LOCK_HOST_PRIORITY,
    };

    if (entry.type == TDX_PT_REG) {
        entry.bepoch = tdx_pamt_bepoch(e);
    } else if (entry.type == TDX_PT_PAMT) {
        entry.pair[0] = tdx_pamt_pair_hpa(e, 0);
        entry.pair[1] = tdx_pamt_pair_hpa(e, 1);
        entry.page_count = tdx_pamt_count(e);
    }
    return entry;
}

bool tdx_query_has_pair(const TdxQueryConfig *cfg, const TdxQueryRange *r)
{
    return r->initialized && cfg->dynamic_pamt &&
           tdx_pamt_type(&r->raw->range) == TDX_PT_PAMT;
}

static bool test_bit(const uint64_t *words, unsigned i)
{
    return words[i / WORD_BITS] >> i % WORD_BITS & 1;
}

static TdxUse use_of_4k(TdxPageType type)
{
    switch (type) {
    case TDX_PT_NDA:
        return TDX_USE_NDA;
    case TDX_PT_RSVD:
        return TDX_USE_RSVD;
    case TDX_PT_REG:
        return TDX_USE_REG_4K;
    case TDX_PT_TDR:
        return TDX_USE_TDR;
    case TDX_PT_TDCX:
        return TDX_USE_TDCX;
    case TDX_PT_TDVPR:
        return TDX_USE_TDVPR;
    case TDX_PT_EPT:
        return TDX_USE_EPT;
    default:
        return TDX_USE_OTHER;
    }
}

TdxUse tdx_query_use(const TdxQueryConfig *cfg, const TdxQueryRange *r,
                     unsigned i)
{
    TdxUse use = TDX_USE_NDA;

    if (!r->initialized) {
        return TDX_USE_UNINITIALIZED;
    }
    if (r->changing) {
        return TDX_USE_OTHER;
    }
    if (tdx_pamt_type(&r->raw->large) == TDX_PT_REG) {
        return TDX_USE_REG_1G;
    }
    if (tdx_pamt_type(&r->raw->large) != TDX_PT_NDA) {
        return TDX_USE_OTHER;
    }
    if (tdx_pamt_type(&r->raw->range) == TDX_PT_REG) {
        return TDX_USE_REG_2M;
    }
    if (tdx_pamt_type(&r->raw->range) != TDX_PT_NDA &&
        !(cfg->dynamic_pamt && tdx_pamt_type(&r->raw->range) == TDX_PT_PAMT)) {
        return TDX_USE_OTHER;
    }
    if (r->written) {
        use = use_of_4k(tdx_pamt_type(&r->raw->page[i]));
    }
    if (use == TDX_USE_NDA && test_bit(r->rsvd, i)) {
        return TDX_USE_RSVD;
    }
    if (use == TDX_USE_NDA && test_bit(r->bits, i)) {
        return TDX_USE_PAMT;
    }
    return use;
}

static bool is_pamt_of(const TdxQueryConfig *cfg, uint64_t hpa)
{
    uint32_t i;
    int level;

    for (i = 0; i < cfg->num_tdmrs; i++) {
        for (level = 0; level < TDX_NUM_PAMT_LEVELS; level++) {
            const TdxRange *pamt = &cfg->tdmr[i].pamt[level];

            if (hpa - pamt->base < pamt->size) {
                return true;
            }
        }
    }
    return false;
}

static bool is_reserved(const TdxQueryTdmr *tdmr, uint64_t hpa)
{
    unsigned num = MIN(tdmr->num_rsvd, TDX_MAX_RSVD_PER_TDMR);
    unsigned i;

    for (i = 0; i < num; i++) {
        const TdxRange *rsvd = &tdmr->rsvd[i];

        if (hpa - tdmr->base - rsvd->base < rsvd->size) {
            return true;
        }
    }
    return false;
}

/* Is it part of a PAMT page pair? */
static bool is_pair_page(TdxModule *m, const TdxQueryConfig *cfg,
                         const TdxQueryTdmr *tdmr, uint64_t hpa)
{
    uint64_t page = (hpa - tdmr->base) / TDX_PAGE_4K;
    uint64_t word = 0;

    if (!cfg->dynamic_pamt) {
        return false;
    }
    tdx_peek_private(m, tdmr->pamt[TDX_LEVEL_4K].base +
                        page / WORD_BITS * sizeof(word),
                     cfg->hkid, &word, sizeof(word));
    return test_bit(&word, page % WORD_BITS);
}

/* A few entries alone: it may be asked of each line that a host writes */
bool tdx_query_owned(TdxModule *m, uint64_t hpa)
{
    g_autofree TdxQueryConfig *cfg = g_new(TdxQueryConfig, 1);
    const TdxQueryTdmr *tdmr;
    TdxPamtEntry leaf;

    tdx_query_config(m, cfg);
    if (is_pamt_of(cfg, hpa)) {
        return true;
    }
    tdmr = tdx_peek_tdmr(cfg, hpa);
    if (!tdmr || !tdx_peek_leaf(m, cfg, hpa, &leaf) ||
        is_reserved(tdmr, hpa)) {
        return false;
    }
    switch (tdx_pamt_type(&leaf)) {
    case TDX_PT_NDA:
    case TDX_PT_RSVD:
        return is_pair_page(m, cfg, tdmr, hpa);
    default:
        return true;
    }
}

/* Is the use of all its pages the same, whatever page one asks for? */
static bool is_uniform(const TdxQueryRange *r)
{
    unsigned i;

    if (r->written) {
        return false;
    }
    for (i = 0; i < TDX_QUERY_WORDS_OF_2M; i++) {
        if (r->rsvd[i] || r->bits[i]) {
            return false;
        }
    }
    return true;
}

void tdx_query_count(const TdxQueryConfig *cfg, const TdxQueryRange *r,
                     TdxUseCounts *counts)
{
    unsigned i;

    counts->pairs += tdx_query_has_pair(cfg, r);
    if (is_uniform(r)) {
        counts->page[tdx_query_use(cfg, r, 0)] += r->size / TDX_PAGE_4K;
        return;
    }
    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        counts->page[tdx_query_use(cfg, r, i)]++;
    }
}
