/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The invariant checker: PAMT entries, page pairs and the page bitmap.
 */

#include <string.h>

#include "check-internal.h"

#define PAGES_PER_BLOCK   (TDX_PAGE_1G / TDX_PAGE_4K)
#define WORD_BITS         64
#define WORDS_PER_BLOCK   (PAGES_PER_BLOCK / WORD_BITS)
#define WORDS_PER_PAGE    (TDX_PAGE_4K / sizeof(uint64_t))
#define ENTRIES_PER_PAGE  (TDX_PAGE_4K / TDX_PAMT_ENTRY_SIZE)

/**
 * Block: 1 GiB of a TDMR, initialised.
 * @bits: of its pages: reserved; for the bitmap's sake PAMT pages, too
 */
typedef struct Block {
    const TdxTdmr *tdmr;
    uint64_t base;
    uint64_t *bits;
} Block;

/* --- reserved areas -------------------------------------------------------- */

static void set_bits(uint64_t *bits, uint64_t from, uint64_t to)
{
    for (; from < to && from % WORD_BITS; from++) {
        bits[from / WORD_BITS] |= 1ULL << from % WORD_BITS;
    }
    for (; from + WORD_BITS <= to; from += WORD_BITS) {
        bits[from / WORD_BITS] = UINT64_MAX;
    }
    for (; from < to; from++) {
        bits[from / WORD_BITS] |= 1ULL << from % WORD_BITS;
    }
}

static bool test_bit(const Block *b, uint64_t hpa)
{
    uint64_t page = (hpa - b->base) / TDX_PAGE_4K;

    return b->bits[page / WORD_BITS] >> page % WORD_BITS & 1;
}

/* Is a bit set among those of the @pages, a multiple of 64, from @hpa on? */
static bool test_bits(const Block *b, uint64_t hpa, uint64_t pages)
{
    uint64_t first = (hpa - b->base) / TDX_PAGE_4K / WORD_BITS;
    uint64_t i;

    for (i = 0; i < pages / WORD_BITS; i++) {
        if (b->bits[first + i]) {
            return true;
        }
    }
    return false;
}

static void mark_reserved(const Block *b)
{
    uint64_t offset = b->base - b->tdmr->base;
    unsigned i;

    memset(b->bits, 0, PAGES_PER_BLOCK / 8);
    for (i = 0; i < b->tdmr->num_rsvd; i++) {
        const TdxRange *r = &b->tdmr->rsvd[i];
        uint64_t from = MAX(r->base, offset);
        uint64_t to = MIN(r->base + r->size, offset + TDX_PAGE_1G);

        if (from < to) {
            set_bits(b->bits, (from - offset) / TDX_PAGE_4K,
                     (to - offset) / TDX_PAGE_4K);
        }
    }
}

/* --- entries --------------------------------------------------------------- */

static void add_page(TdxCheck *ck, const TdxPamtEntry *e, uint64_t hpa,
                     TdxLevel level)
{
    TdxCheckPage page = {
        .hpa = hpa,
        .type = tdx_pamt_type(e),
        .level = level,
        .owner = tdx_pamt_owner(e),
        .bepoch = tdx_pamt_bepoch(e),
    };

    g_array_append_val(ck->page, page);
}

static bool wrong_type(TdxCheck *ck, const TdxPamtEntry *e, uint64_t hpa,
                       const char *level)
{
    return tdx_check_fail(ck, "pamt-type: the %s entry of 0x%" PRIx64 " has "
                          "type %d", level, hpa, tdx_pamt_type(e));
}

/* Where a level's entries begin for @hpa; false when the area is too small */
static bool table_of(TdxCheck *ck, const Block *b, TdxLevel level,
                     uint64_t hpa, uint64_t *table)
{
    uint64_t offset = (hpa - b->tdmr->base) / tdx_level_size(level) *
                      TDX_PAMT_ENTRY_SIZE;
    const TdxRange *area = &b->tdmr->pamt[level];

    if (offset >= area->size) {
        tdx_check_fail(ck, "pamt-area: level %d of TDMR 0x%" PRIx64
                       " ends before 0x%" PRIx64, level, b->tdmr->base, hpa);
        return false;
    }
    *table = area->base + offset;
    return true;
}

/**
 * check_4k: one 4K entry.
 * @free: all must be free, for a larger page covers them
 * @used: counts those in use
 */
static bool check_4k(TdxCheck *ck, const Block *b, const TdxPamtEntry *e,
                     uint64_t hpa, bool free, unsigned *used)
{
    TdxPageType type = tdx_pamt_type(e);
    bool reserved = !ck->m->st.dynamic_pamt && test_bit(b, hpa);

    if (!tdx_check_page_lock(ck, e->lock, "4K entry", hpa, TDX_PAGE_4K)) {
        return false;
    }
    if ((type == TDX_PT_RSVD) != reserved) {
        return tdx_check_fail(ck, "reserved: page 0x%" PRIx64 " has type %d, "
                              "but is %sreserved", hpa, type,
                              reserved ? "" : "not ");
    }
    switch (type) {
    case TDX_PT_NDA:
    case TDX_PT_RSVD:
        return true;
    case TDX_PT_TDR:
    case TDX_PT_TDCX:
    case TDX_PT_TDVPR:
    case TDX_PT_EPT:
    case TDX_PT_REG:
        if (free) {
            return tdx_check_fail(ck, "pamt-overlap: page 0x%" PRIx64 " is in "
                                  "use below a larger page", hpa);
        }
        (*used)++;
        add_page(ck, e, hpa, TDX_LEVEL_4K);
        return true;
    default:
        return wrong_type(ck, e, hpa, "4K");
    }
}

/* Most pages of a PAMT hold free entries alone: this is the fast way to see */
static bool is_zero(const void *page)
{
    const uint64_t *words = page;

    return !words[0] && !memcmp(words, words + 1, TDX_PAGE_4K - sizeof(*words));
}

/* The 256 entries of pages from @hpa on, which lie at @table */
static bool check_half(TdxCheck *ck, const Block *b, uint64_t table,
                       uint64_t hpa, bool free, unsigned *used)
{
    const TdxPamtEntry *e;
    unsigned i;
    bool plain = ck->m->st.dynamic_pamt ||
                 !test_bits(b, hpa, ENTRIES_PER_PAGE);

    if (plain && tdx_check_blank(ck, table)) {
        return true;
    }
    e = tdx_check_private(ck, table, ck->m->st.hkid, "the PAMT");
    if (!e) {
        return false;
    }
    if (plain && is_zero(e)) {
        return true;
    }
    for (i = 0; i < ENTRIES_PER_PAGE; i++) {
        if (!check_4k(ck, b, &e[i], hpa + i * TDX_PAGE_4K, free, used)) {
            return false;
        }
    }
    return true;
}

/* Static PAMT: the 4K entries of the range at @hpa */
static bool check_array(TdxCheck *ck, const Block *b, uint64_t hpa, bool free)
{
    unsigned used = 0;
    uint64_t table = 0;

    return table_of(ck, b, TDX_LEVEL_4K, hpa, &table) &&
           check_half(ck, b, table, hpa, free, &used) &&
           check_half(ck, b, table + TDX_PAGE_4K,
                      hpa + ENTRIES_PER_PAGE * TDX_PAGE_4K, free, &used);
}

/* Dynamic PAMT: the page pair that 2M entry @e names, and its count */
static bool check_pair(TdxCheck *ck, const Block *b, const TdxPamtEntry *e,
                       uint64_t hpa)
{
    unsigned used = 0;
    unsigned i;

    for (i = 0; i < 2; i++) {
        uint64_t table = tdx_pamt_pair_hpa(e, i);
        TdxPamtRef ref = { 0 };

        if (!tdx_private_hpa_ok(ck->m, table, TDX_PAGE_4K) ||
            !tdx_pamt_find_block(&ref, ck->m, table)) {
            return tdx_check_fail(ck, "pair-page: PAMT page %u of range 0x%"
                                  PRIx64 " would be 0x%" PRIx64, i, hpa, table);
        }
        g_array_append_val(ck->pair, table);
        if (!check_half(ck, b, table, hpa + i * TDX_PAGE_2M / 2, false,
                        &used)) {
            return false;
        }
    }
    if (tdx_pamt_count(e) != used) {
        return tdx_check_fail(ck, "page-count: range 0x%" PRIx64 " counts %u "
                              "pages, %u are in use", hpa, tdx_pamt_count(e),
                              used);
    }
    return true;
}

/* @free: a 1 GiB page covers the range */
static bool check_2m(TdxCheck *ck, const Block *b, const TdxPamtEntry *e,
                     uint64_t hpa, bool free)
{
    bool dynamic = ck->m->st.dynamic_pamt;

    if (!tdx_check_page_lock(ck, e->lock, "2M entry", hpa, TDX_PAGE_2M)) {
        return false;
    }
    if (free && tdx_pamt_type(e) != TDX_PT_NDA) {
        return tdx_check_fail(ck, "pamt-overlap: range 0x%" PRIx64 " has type "
                              "%d below a larger page", hpa, tdx_pamt_type(e));
    }
    switch (tdx_pamt_type(e)) {
    case TDX_PT_NDA:
        return dynamic || check_array(ck, b, hpa, free);
    case TDX_PT_REG:
        add_page(ck, e, hpa, TDX_LEVEL_2M);
        return dynamic || check_array(ck, b, hpa, true);
    case TDX_PT_PAMT:
        return dynamic ? check_pair(ck, b, e, hpa)
                       : wrong_type(ck, e, hpa, "2M");
    default:
        return wrong_type(ck, e, hpa, "2M");
    }
}

static bool check_block(TdxCheck *ck, const Block *b)
{
    const TdxPamtEntry *e = NULL, *large;
    uint64_t table = 0;
    unsigned i;

    if (!table_of(ck, b, TDX_LEVEL_1G, b->base, &table)) {
        return false;
    }
    large = tdx_check_private(ck, table, ck->m->st.hkid, "the PAMT");
    if (!large || !tdx_check_unlocked(ck, large->lock, "1G entry", b->base)) {
        return false;
    }
    if (tdx_pamt_type(large) == TDX_PT_REG) {
        add_page(ck, large, b->base, TDX_LEVEL_1G);
    } else if (tdx_pamt_type(large) != TDX_PT_NDA) {
        return wrong_type(ck, large, b->base, "1G");
    }
    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        uint64_t hpa = b->base + i * TDX_PAGE_2M;

        if (i % ENTRIES_PER_PAGE == 0) {
            if (!table_of(ck, b, TDX_LEVEL_2M, hpa, &table)) {
                return false;
            }
            e = tdx_check_private(ck, table, ck->m->st.hkid, "the PAMT");
            if (!e) {
                return false;
            }
        }
        if (!check_2m(ck, b, &e[i % ENTRIES_PER_PAGE], hpa,
                      tdx_pamt_type(large) != TDX_PT_NDA)) {
            return false;
        }
    }
    return true;
}

/* --- bitmap ---------------------------------------------------------------- */

static gint compare_hpa(gconstpointer a, gconstpointer b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Sort the PAMT pages; none may serve twice */
static bool check_pairs_differ(TdxCheck *ck)
{
    guint i;

    g_array_sort(ck->pair, compare_hpa);
    for (i = 1; i < ck->pair->len; i++) {
        uint64_t hpa = g_array_index(ck->pair, uint64_t, i);

        if (hpa == g_array_index(ck->pair, uint64_t, i - 1)) {
            return tdx_check_fail(ck, "pair-twice: page 0x%" PRIx64 " holds "
                                  "the 4K entries of two half ranges", hpa);
        }
    }
    return true;
}

/* First element of a sorted array, its address first, that is not below */
static guint first_from(GArray *array, uint64_t hpa)
{
    guint low = 0, high = array->len;
    guint size = g_array_get_element_size(array);

    while (low < high) {
        guint mid = low + (high - low) / 2;

        if (*(uint64_t *)(array->data + (gsize)mid * size) < hpa) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

static void mark_pairs(TdxCheck *ck, const Block *b)
{
    guint i;

    for (i = first_from(ck->pair, b->base); i < ck->pair->len; i++) {
        uint64_t page = (g_array_index(ck->pair, uint64_t, i) - b->base) /
                        TDX_PAGE_4K;

        if (page >= PAGES_PER_BLOCK) {
            break;
        }
        set_bits(b->bits, page, page + 1);
    }
}

/* No page in use is reserved or a PAMT page */
static bool check_use(TdxCheck *ck, const Block *b)
{
    guint i;

    for (i = first_from(ck->page, b->base); i < ck->page->len; i++) {
        TdxCheckPage *page = &g_array_index(ck->page, TdxCheckPage, i);

        if (page->hpa - b->base >= TDX_PAGE_1G) {
            break;
        }
        if (page->level == TDX_LEVEL_4K
            ? test_bit(b, page->hpa)
            : test_bits(b, page->hpa,
                        tdx_level_size(page->level) / TDX_PAGE_4K)) {
            return tdx_check_fail(ck, "pair-used: page 0x%" PRIx64 " of type "
                                  "%d, level %d is reserved or holds PAMT "
                                  "entries", page->hpa, page->type,
                                  page->level);
        }
    }
    return true;
}

static bool wrong_bit(TdxCheck *ck, const Block *b, uint64_t word,
                      uint64_t found)
{
    unsigned bit = __builtin_ctzll(found ^ b->bits[word]);
    uint64_t hpa = b->base + (word * WORD_BITS + bit) * TDX_PAGE_4K;

    return tdx_check_fail(ck, "bitmap: the bit of page 0x%" PRIx64 " is %d",
                          hpa, (int)(found >> bit & 1));
}

static bool check_bitmap(TdxCheck *ck, const Block *b)
{
    uint64_t offset = (b->base - b->tdmr->base) / TDX_PAGE_4K / 8;
    const TdxRange *area = &b->tdmr->pamt[TDX_LEVEL_4K];
    uint64_t i, j;

    if (offset + PAGES_PER_BLOCK / 8 > area->size) {
        return tdx_check_fail(ck, "pamt-area: the bitmap of TDMR 0x%" PRIx64
                              " ends before 0x%" PRIx64, b->tdmr->base,
                              b->base);
    }
    for (i = 0; i < WORDS_PER_BLOCK; i += WORDS_PER_PAGE) {
        uint64_t hpa = area->base + offset + i * sizeof(uint64_t);
        const uint64_t *words;

        if (tdx_check_blank(ck, hpa) &&
            !test_bits(b, b->base + i * WORD_BITS * TDX_PAGE_4K,
                       WORDS_PER_PAGE * WORD_BITS)) {
            continue;
        }
        words = tdx_check_private(ck, hpa, ck->m->st.hkid, "the page bitmap");
        if (!words) {
            return false;
        }
        for (j = 0; j < WORDS_PER_PAGE; j++) {
            if (words[j] != b->bits[i + j]) {
                return wrong_bit(ck, b, i + j, words[j]);
            }
        }
    }
    return true;
}

/* --- all of it ------------------------------------------------------------- */

static bool check_block_bitmap(TdxCheck *ck, const Block *b)
{
    mark_pairs(ck, b);
    return check_use(ck, b) &&
           (!ck->m->st.dynamic_pamt || check_bitmap(ck, b));
}

static bool each_block(TdxCheck *ck, uint64_t *bits,
                       bool (*check)(TdxCheck *ck, const Block *b))
{
    TdxModule *m = ck->m;
    unsigned i;

    for (i = 0; i < m->st.num_tdmrs; i++) {
        const TdxTdmr *tdmr = &m->st.tdmr[i];
        uint64_t end = tdmr->last_initialized & ~(TDX_PAGE_1G - 1);
        Block b = { .tdmr = tdmr, .bits = bits };

        for (b.base = tdmr->base; b.base < end; b.base += TDX_PAGE_1G) {
            mark_reserved(&b);
            if (!check(ck, &b)) {
                return false;
            }
        }
    }
    return true;
}

bool tdx_check_pamt(TdxCheck *ck)
{
    g_autofree uint64_t *bits = g_new(uint64_t, WORDS_PER_BLOCK);

    return each_block(ck, bits, check_block) && check_pairs_differ(ck) &&
           each_block(ck, bits, check_block_bitmap);
}
