/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * query-tdx-pamt, held against the books of a host.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-monitor.h"

static void assert_use(const QDict *counts, const QTdxHost *h)
{
    uint64_t used = 1 + TD_TDCX + 1 + TD_EPT + NUM_PAGES + 512;

    tdx_assert_count(counts, "tdr", 1);
    tdx_assert_count(counts, "tdcx", TD_TDCX);
    tdx_assert_count(counts, "tdvpr", 1);
    tdx_assert_count(counts, "ept", TD_EPT);
    tdx_assert_count(counts, "reg-4k", NUM_PAGES);
    tdx_assert_count(counts, "reg-2m", 512);
    tdx_assert_count(counts, "reg-1g", 0);
    tdx_assert_count(counts, "pamt", 2 * h->adds);
    tdx_assert_count(counts, "pairs", h->adds);
    tdx_assert_count(counts, "rsvd", 0);
    tdx_assert_count(counts, "other", 0);
    tdx_assert_count(counts, "nda", ALL_PAGES - used - 2 * h->adds);
    g_assert_cmpuint(tdx_all_pages(counts), ==, ALL_PAGES);
}

/* --- PAMT ----------------------------------------------------------------- */

/* Each 2 MiB range against the books; a range without a cell is free */
static void check_map(QTdxHost *h)
{
    QDict *r = tdx_ask_pamt(h->qts, "{ 'view': 'map' }");
    unsigned cell = 0;

    g_assert_cmphex(tdx_number(r, "granule"), ==, TDX_2M);
    g_assert_false(qdict_haskey(r, "next"));
    for (unsigned i = 0; i < TDX_HOST_RANGES; i++) {
        uint64_t hpa = TDX_HOST_BASE + i * TDX_2M;
        unsigned used = hpa == HPA_LARGE ? 512 : h->used[i];
        unsigned pamt = 0;
        QDict *counts;

        for (unsigned j = 0; j < TDX_HOST_RANGES; j++) {
            for (unsigned k = 0; k < 2; k++) {
                pamt += h->pair[j][k] && h->pair[j][k] - hpa < TDX_2M;
            }
        }
        if (!used && !pamt && !h->pair[i][0]) {
            continue;
        }
        counts = qdict_get_qdict(tdx_item(r, "map", cell), "counts");
        g_assert_cmphex(tdx_number(tdx_item(r, "map", cell), "base"), ==, hpa);
        g_assert_cmpuint(tdx_all_pages(counts), ==, 512);
        tdx_assert_count(counts, "pamt", pamt);
        tdx_assert_count(counts, "pairs", !!h->pair[i][0]);
        tdx_assert_count(counts, "nda", 512 - used - pamt);
        cell++;
    }
    g_assert_cmpuint(tdx_length(r, "map"), ==, cell);
    assert_use(tdx_tdmr_counts(r), h);
    qobject_unref(r);

    /* The cells become larger when there may be few */
    r = tdx_ask_pamt(h->qts, "{ 'view': 'map', 'limit': 16 }");
    g_assert_cmphex(tdx_number(r, "granule"), ==, TDX_HOST_SIZE / 16);
    qobject_unref(r);
    r = tdx_ask_pamt(h->qts, "{ 'view': 'map', 'limit': 15 }");
    g_assert_cmphex(tdx_number(r, "granule"), ==, TDX_HOST_SIZE / 8);
    qobject_unref(r);
    r = tdx_ask_pamt(h->qts, "{ 'view': 'map', 'granule': %llu }",
                     4ULL << 30);
    g_assert_cmpuint(tdx_length(r, "map"), ==, 1);
    g_assert_cmphex(tdx_number(tdx_item(r, "map", 0), "base"), ==,
                    TDX_HOST_BASE);
    assert_use(qdict_get_qdict(tdx_item(r, "map", 0), "counts"), h);
    qobject_unref(r);
}

/* The same in portions of one cell */
static void check_map_portions(QTdxHost *h)
{
    QDict *whole = tdx_ask_pamt(h->qts, "{ 'view': 'map' }");
    uint64_t base = 0, pages = 0;
    unsigned cells = 0;
    bool more;

    do {
        QDict *r = tdx_ask_pamt(h->qts, "{ 'view': 'map', 'limit': 1, "
                                "'granule': 2097152, 'base': %" PRIu64 " }",
                                base);

        g_assert_cmpuint(tdx_length(r, "map"), <=, 1);
        if (tdx_length(r, "map")) {
            g_assert_cmphex(tdx_number(tdx_item(r, "map", 0), "base"), ==,
                            tdx_number(tdx_item(whole, "map", cells), "base"));
            cells++;
        }
        pages += tdx_all_pages(tdx_tdmr_counts(r));
        more = qdict_haskey(r, "next");
        g_assert_true(!more || tdx_number(r, "next") > base);
        base = tdx_number(r, "next");
        qobject_unref(r);
    } while (more);
    g_assert_cmpuint(cells, ==, tdx_length(whole, "map"));
    g_assert_cmpuint(pages, ==, ALL_PAGES);
    qobject_unref(whole);
}

static void check_pairs(QTdxHost *h)
{
    QDict *r = tdx_ask_pamt(h->qts, "{ 'view': 'pairs' }");
    QDict *bits = tdx_ask_pamt(h->qts, "{ 'view': 'bitmap' }");
    unsigned n = 0, pages = 0;

    for (unsigned i = 0; i < TDX_HOST_RANGES; i++) {
        QDict *pair;
        QList *list;

        if (!h->pair[i][0]) {
            continue;
        }
        pair = tdx_item(r, "pairs", n++);
        list = qdict_get_qlist(pair, "pages");
        g_assert_cmphex(tdx_number(pair, "hpa"), ==,
                        TDX_HOST_BASE + i * TDX_2M);
        g_assert_cmpuint(tdx_number(pair, "page-count"), ==, h->used[i]);
        g_assert_cmphex(qnum_get_uint(qobject_to(QNum, qlist_peek(list))), ==,
                        h->pair[i][0]);
        g_assert_cmpuint(qlist_size(list), ==, 2);
    }
    g_assert_cmpuint(n, ==, h->adds);
    g_assert_cmpuint(tdx_length(r, "pairs"), ==, n);
    for (unsigned i = 0; i < tdx_length(bits, "bitmap"); i++) {
        QDict *run = tdx_item(bits, "bitmap", i);

        g_assert_false(qdict_get_bool(run, "reserved"));
        g_assert_cmphex(tdx_number(run, "base"), >=, PAIRS);
        pages += tdx_number(run, "pages");
    }
    g_assert_cmpuint(pages, ==, 2 * h->adds);
    qobject_unref(r);
    qobject_unref(bits);
}

static void assert_entry(QTestState *qts, const char *level, uint64_t hpa,
                         const char *type, uint64_t owner)
{
    QDict *r = tdx_ask_pamt(qts, "{ 'view': 'entries', 'level': %s, 'base': %"
                            PRIu64 ", 'size': 1 }", level, hpa);

    if (type) {
        QDict *e = tdx_item(r, "entries", 0);

        g_assert_cmpuint(tdx_length(r, "entries"), ==, 1);
        g_assert_cmpstr(qdict_get_str(e, "type"), ==, type);
        g_assert_cmphex(tdx_number(e, "owner"), ==, owner);
        g_assert_false(qdict_haskey(e, "locked-exclusive"));
        g_assert_false(qdict_haskey(e, "readers"));
    } else {
        g_assert_cmpuint(tdx_length(r, "entries"), ==, 0);
    }
    qobject_unref(r);
}

static void check_entries(QTdxHost *h, QHostTd *td)
{
    QTestState *qts = h->qts;
    unsigned i = tdx_host_range(td->tdr);
    QDict *r;

    assert_entry(qts, "4k", td->tdr + 5, "tdr", 0);
    assert_entry(qts, "4k", td->tdr + TDX_4K, "tdcx", td->tdr);
    assert_entry(qts, "4k", td->vcpu, "tdvpr", td->tdr);
    assert_entry(qts, "4k", HPA, "reg", td->tdr);
    assert_entry(qts, "4k", HPA - TDX_4K, "nda", 0);
    assert_entry(qts, "2m", td->tdr, h->dynamic ? "pamt" : "nda", 0);
    assert_entry(qts, "2m", HPA_LARGE, "reg", td->tdr);
    assert_entry(qts, "2m", HPA_LARGE + TDX_2M, "nda", 0);
    assert_entry(qts, "1g", HPA, "nda", 0);
    /* Only with a page pair, or with a static PAMT, are there 4K entries */
    assert_entry(qts, "4k", HPA_LARGE + TDX_2M, h->dynamic ? NULL : "nda", 0);

    r = tdx_ask_pamt(qts, "{ 'view': 'entries', 'level': '2m', 'base': %" PRIu64
                     ", 'size': 1 }", td->tdr);
    if (h->dynamic) {
        QDict *e = tdx_item(r, "entries", 0);

        g_assert_cmpuint(tdx_number(e, "page-count"), ==, h->used[i]);
        g_assert_cmpuint(tdx_length(e, "pair"), ==, 2);
    }
    qobject_unref(r);

    /* A range that begins and ends inside of 2 MiB */
    r = tdx_ask_pamt(qts, "{ 'view': 'entries', 'base': %" PRIu64 ", 'size': %"
                     PRIu64 " }", (uint64_t)HPA,
                     (uint64_t)(NUM_PAGES * TDX_4K));
    g_assert_cmpuint(tdx_length(r, "entries"), ==, NUM_PAGES);
    for (i = 0; i < NUM_PAGES; i++) {
        QDict *e = tdx_item(r, "entries", i);

        g_assert_cmphex(tdx_number(e, "hpa"), ==, HPA + i * TDX_4K);
        g_assert_cmpstr(qdict_get_str(e, "type"), ==, "reg");
        g_assert_false(qdict_haskey(e, "bepoch"));
    }
    qobject_unref(r);

    host_td_block(td, GPA);
    r = tdx_ask_pamt(qts, "{ 'view': 'entries', 'base': %" PRIu64
                     ", 'size': 1 }", (uint64_t)HPA);
    g_assert_cmpuint(tdx_number(tdx_item(r, "entries", 0), "bepoch"), ==,
                     host_td_field(td, TDX_MD_TD_EPOCH));
    qobject_unref(r);
}

/* One at a time: every page that has a 4K entry of its own */
static void check_entry_portions(QTdxHost *h)
{
    uint64_t base = 0, last = 0;
    unsigned n = 0;
    bool more;

    do {
        QDict *r = tdx_ask_pamt(h->qts, "{ 'view': 'entries', 'in-use': true, "
                                "'limit': 1, 'base': %" PRIu64 " }", base);

        if (tdx_length(r, "entries")) {
            uint64_t hpa = tdx_number(tdx_item(r, "entries", 0), "hpa");

            g_assert_cmphex(hpa, >, last);
            last = hpa;
            n++;
        }
        more = qdict_haskey(r, "next");
        g_assert_true(!more || tdx_number(r, "next") > last);
        base = tdx_number(r, "next");
        qobject_unref(r);
    } while (more);
    g_assert_cmpuint(n, ==, 1 + TD_TDCX + 1 + TD_EPT + NUM_PAGES);
}

static void test_pamt(const void *data)
{
    bool dynamic = data;
    QTdxHost h;
    QHostTd td;
    QDict *r;

    tdx_ask_build(&h, &td, dynamic);
    r = tdx_ask(h.qts, "query-tdx-pamt");
    g_assert_true(qdict_get_bool(r, "dynamic") == dynamic);
    tdx_assert_range(tdx_item(r, "tdmrs", 0), TDX_HOST_BASE, TDX_HOST_SIZE);
    assert_use(tdx_tdmr_counts(r), &h);
    g_assert_false(qdict_haskey(r, "map"));
    g_assert_false(qdict_haskey(r, "next"));
    qobject_unref(r);
    check_map(&h);
    check_map_portions(&h);
    check_pairs(&h);
    check_entries(&h, &td);
    check_entry_portions(&h);

    r = tdx_ask(h.qts, "x-tdx-check");
    g_assert_true(qdict_get_bool(r, "consistent"));
    g_assert_false(qdict_haskey(r, "violation"));
    qobject_unref(r);
    g_array_free(td.pages, true);
    qtest_quit(h.qts);
}

/* Numbers that no memory has */
static void test_hostile(void)
{
    static const char *const views[] = {
        "summary", "map", "entries", "pairs", "bitmap",
    };
    static const uint64_t numbers[] = {
        0, 1, TDX_4K - 1, TDX_HOST_BASE - 1, TDX_HOST_BASE + 1,
        TDX_HOST_BASE + TDX_HOST_SIZE - 1, TDX_HOST_BASE + TDX_HOST_SIZE,
        (1ULL << 52) - 1, 1ULL << 52, 1ULL << 63, UINT64_MAX - TDX_2M,
        UINT64_MAX,
    };
    QTdxHost h;
    QHostTd td;
    QDict *r;

    tdx_ask_build(&h, &td, true);
    for (int v = 0; v < ARRAY_SIZE(views); v++) {
        for (int i = 0; i < ARRAY_SIZE(numbers); i++) {
            for (int j = 0; j < ARRAY_SIZE(numbers); j++) {
                r = tdx_ask_pamt(h.qts, "{ 'view': %s, 'base': %" PRIu64
                                 ", 'size': %" PRIu64 ", 'limit': 3 }",
                                 views[v],
                                 numbers[i], numbers[j]);
                g_assert_true(qdict_get_bool(r, "dynamic"));
                qobject_unref(r);
            }
        }
    }
    for (int i = 0; i < ARRAY_SIZE(numbers); i++) {
        r = tdx_ask_tds(h.qts, "{ 'base': %" PRIu64 " }", numbers[i]);
        g_assert_cmpuint(tdx_length(r, "tds"), ==, numbers[i] <= td.tdr);
        qobject_unref(r);
    }
    tdx_ask_error("limit must be 1 to 16384", h.qts, "{ 'execute': "
                  "'query-tdx-pamt', 'arguments': { 'limit': 0 } }");
    tdx_ask_error("limit must be 1 to 16384", h.qts, "{ 'execute': "
                  "'query-tdx-pamt', 'arguments': { 'limit': 16385 } }");
    tdx_ask_error("limit must be 1 to 256", h.qts, "{ 'execute': "
                  "'query-tdx-tds', 'arguments': { 'limit': 257 } }");
    tdx_ask_error("granule must be a power of two and at least 2097152", h.qts,
                  "{ 'execute': 'query-tdx-pamt', 'arguments': "
                  "{ 'view': 'map', 'granule': 1048576 } }");
    tdx_ask_error("granule must be a power of two and at least 2097152", h.qts,
                  "{ 'execute': 'query-tdx-pamt', 'arguments': "
                  "{ 'view': 'map', 'granule': 6291456 } }");
    r = tdx_ask_pamt(h.qts, "{ 'view': 'map', 'granule': %llu }",
                     1ULL << 63);
    g_assert_cmpuint(tdx_length(r, "map"), ==, 1);
    qobject_unref(r);
    g_array_free(td.pages, true);
    qtest_quit(h.qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_data_func("/seam/monitor-pamt/static", NULL, test_pamt);
    qtest_add_data_func("/seam/monitor-pamt/dynamic", "dynamic", test_pamt);
    qtest_add_func("/seam/monitor-pamt/hostile", test_hostile);
    return g_test_run();
}
