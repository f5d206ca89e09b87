/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the monitor tells about a TDX module, held against what the host did
 * and against its books.
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include "libqos/tdx-host.h"

#define GIB (1ULL << 30)

#define NUM_PAGES 16
/* On both sides of a 2 MiB boundary, in both address spaces */
#define GPA       (TDX_2M - NUM_PAGES / 2 * TDX_4K)
#define HPA       (TDX_HOST_BASE + 16 * TDX_2M - NUM_PAGES / 2 * TDX_4K)
#define GPA_LARGE (4 * TDX_2M)
#define HPA_LARGE (TDX_HOST_BASE + 20 * TDX_2M)
#define PAIRS     (TDX_HOST_BASE + GIB)
#define SOURCE    (TDX_HOST_SHARED + TDX_4K)
#define HKID      3
#define ALL_PAGES (TDX_HOST_SIZE / TDX_4K)

/* Of a TD as host_td_create() and host_td_tables() make it */
#define TD_TDCX (6 + 5)
#define TD_EPT  (2 + 2)

/* --- asking --------------------------------------------------------------- */

static QDict *ask(QTestState *qts, const char *command)
{
    return qtest_qmp_assert_success_ref(qts, "{ 'execute': %s }", command);
}

/* @args: JSON; ended by the arguments that it names */
#define ask_pamt(qts, args, ...)                                       \
    qtest_qmp_assert_success_ref(qts, "{ 'execute': 'query-tdx-pamt', " \
                                 "'arguments': " args " }", ##__VA_ARGS__)
#define ask_tds(qts, args, ...)                                        \
    qtest_qmp_assert_success_ref(qts, "{ 'execute': 'query-tdx-tds', "  \
                                 "'arguments': " args " }", ##__VA_ARGS__)

/* The text of a command's error */
#define ask_error(want, qts, ...)                                      \
    do {                                                               \
        QDict *r_ = qtest_qmp(qts, __VA_ARGS__);                       \
        QDict *e_ = qdict_get_qdict(r_, "error");                      \
                                                                       \
        g_assert_nonnull(e_);                                          \
        g_assert_cmpstr(qdict_get_str(e_, "desc"), ==, want);          \
        qobject_unref(r_);                                             \
    } while (0)

/* Number @i of a list of objects */
static QDict *item(const QDict *d, const char *list, unsigned i)
{
    const QListEntry *e = qlist_first(qdict_get_qlist(d, list));

    while (i--) {
        g_assert_nonnull(e);
        e = qlist_next(e);
    }
    g_assert_nonnull(e);
    return qobject_to(QDict, qlist_entry_obj(e));
}

static size_t length(const QDict *d, const char *list)
{
    QList *l = qdict_get_qlist(d, list);

    g_assert_nonnull(l);
    return qlist_size(l);
}

static uint64_t number(const QDict *d, const char *name)
{
    return qdict_get_try_int(d, name, 0);
}

static void assert_range(const QDict *range, uint64_t base, uint64_t size)
{
    g_assert_nonnull(range);
    g_assert_cmphex(number(range, "base"), ==, base);
    g_assert_cmphex(number(range, "size"), ==, size);
}

/* Sum of all counts that are pages */
static uint64_t all_pages(const QDict *counts)
{
    const QDictEntry *e;
    uint64_t sum = 0;

    for (e = qdict_first(counts); e; e = qdict_next(counts, e)) {
        if (strcmp(qdict_entry_key(e), "pairs")) {
            g_assert_cmpint(qdict_get_int(counts, qdict_entry_key(e)), >, 0);
            sum += qdict_get_int(counts, qdict_entry_key(e));
        }
    }
    return sum;
}

static void assert_counts(const QDict *counts, const char *const *names,
                          const uint64_t *want)
{
    for (; *names; names++, want++) {
        if (number(counts, *names) != *want) {
            g_test_message("%s", *names);
        }
        g_assert_cmpuint(number(counts, *names), ==, *want);
    }
}

#define COUNTS(counts, names, ...)                                      \
    assert_counts(counts, (const char *const[]) { names, NULL },        \
                  (const uint64_t[]) { __VA_ARGS__ })

/* --- the module ----------------------------------------------------------- */

static void assert_leaf(const QDict *info, const char *name, int leaf,
                        uint64_t calls, uint64_t errors)
{
    const QListEntry *e;

    for (e = qlist_first(qdict_get_qlist(info, "leaves")); e;
         e = qlist_next(e)) {
        QDict *d = qobject_to(QDict, qlist_entry_obj(e));

        if (!strcmp(qdict_get_str(d, "name"), name)) {
            g_assert_cmpint(qdict_get_try_int(d, "number", -1), ==, leaf);
            g_assert_cmpuint(number(d, "calls"), ==, calls);
            g_assert_cmpuint(number(d, "errors"), ==, errors);
            return;
        }
    }
    g_assert_cmpuint(calls, ==, 0);
}

static void test_life_cycle(void)
{
    QTestState *qts = tdx_start("version=1.5.26,build-num=7",
                                TDX_HOST_MACHINE
                                "-smp 2,sockets=2,cores=1,threads=1");
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = TDX_HOST_SIZE };
    QDict *r, *tdmr;
    uint64_t end;

    r = ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysinit-pending");
    g_assert_cmpstr(qdict_get_str(r, "version"), ==, "1.5.26");
    g_assert_cmpint(number(r, "build-num"), ==, 7);
    g_assert_true(qdict_get_bool(r, "dynamic-pamt-supported"));
    g_assert_false(qdict_get_bool(r, "dynamic-pamt-enabled"));
    g_assert_cmpuint(length(r, "leaves"), ==, 0);
    g_assert_cmpuint(length(r, "tdmrs"), ==, 0);
    g_assert_cmpuint(length(r, "lps-missing"), ==, 2);
    assert_range(item(r, "cmrs", 0), 1 << 20, 2 * GIB - (1 << 20));
    assert_range(item(r, "cmrs", 1), TDX_HOST_BASE, TDX_HOST_SIZE);
    g_assert_cmpint(number(qdict_get_qdict(r, "keyids"), "first-tdx"), ==, 2);
    g_assert_cmpint(number(qdict_get_qdict(r, "keyids"), "tdx"), ==, 62);
    g_assert_false(qdict_haskey(qdict_get_qdict(r, "keyids"), "global"));
    qobject_unref(r);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    /* A leaf that does not exist, one too early, one done already */
    g_assert_cmphex(tdx_call(qts, 0, 57, 0, 0, 0) >> 63, ==, 1);
    g_assert_cmphex(tdx_call(qts, 1, 0xffff, 0, 0, 0) >> 63, ==, 1);
    g_assert_cmphex(tdx_call(qts, 0, TDH_PHYMEM_PAGE_RDMD, 0, 0, 0) >> 63,
                    ==, 1);
    g_assert_cmphex(tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0) >> 63, ==, 1);
    r = ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysinit-done");
    g_assert_cmpint(number(r, "lps"), ==, 2);
    g_assert_cmpint(number(r, "lps-initialized"), ==, 1);
    g_assert_cmpuint(length(r, "lps-missing"), ==, 1);
    g_assert_cmpint(qnum_get_int(qobject_to(QNum, qlist_peek(
                        qdict_get_qlist(r, "lps-missing")))), ==, 1);
    assert_leaf(r, "TDH.SYS.INIT", TDH_SYS_INIT, 1, 0);
    assert_leaf(r, "TDH.SYS.LP.INIT", TDH_SYS_LP_INIT, 2, 1);
    assert_leaf(r, "TDH.PHYMEM.PAGE.RDMD", TDH_PHYMEM_PAGE_RDMD, 1, 1);
    assert_leaf(r, "unknown", -1, 2, 2);
    g_assert_cmpuint(length(r, "leaves"), ==, 4);
    qobject_unref(r);

    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    t.rsvd[0].base = GIB;
    t.rsvd[0].size = 2 * TDX_4K;
    end = tdx_place_pamts(&t, true, 16ULL << 20);
    g_assert_cmphex(end, <, TDX_HOST_SHARED);
    tdx_write_tdmrs(qts, &t, 1, TDX_HOST_SHARED);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, TDX_HOST_SHARED, 1,
                               TDX_HOST_HKID | TDX_CONFIG_DYNAMIC_PAMT),
                      TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_KEY_CONFIG, 0, 0, 0),
                      TDX_SUCCESS);
    r = ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysconfig-done");
    g_assert_true(qdict_get_bool(r, "dynamic-pamt-enabled"));
    g_assert_cmpint(number(r, "packages"), ==, 2);
    g_assert_cmpint(number(r, "packages-configured"), ==, 1);
    g_assert_cmpint(number(qdict_get_qdict(r, "keyids"), "global"), ==,
                    TDX_HOST_HKID);
    tdmr = item(r, "tdmrs", 0);
    assert_range(tdmr, TDX_HOST_BASE, TDX_HOST_SIZE);
    g_assert_cmpuint(number(tdmr, "initialized"), ==, 0);
    assert_range(item(tdmr, "reserved", 0), TDX_HOST_BASE + GIB, 2 * TDX_4K);
    assert_range(qdict_get_qdict(tdmr, "pamt-4k"), t.pamt[0].base,
                 t.pamt[0].size);
    assert_range(qdict_get_qdict(tdmr, "pamt-2m"), t.pamt[1].base,
                 t.pamt[1].size);
    assert_range(qdict_get_qdict(tdmr, "pamt-1g"), t.pamt[2].base,
                 t.pamt[2].size);
    qobject_unref(r);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0),
                      TDX_SUCCESS);
    r = ask(qts, "query-tdx-pamt");
    COUNTS(qdict_get_qdict(item(r, "tdmrs", 0), "counts"), "uninitialized",
           ALL_PAGES);
    g_assert_cmpuint(all_pages(qdict_get_qdict(item(r, "tdmrs", 0),
                                               "counts")), ==, ALL_PAGES);
    qobject_unref(r);
    g_assert_cmpuint(tdx_init_tdmr(qts, 0, &t), >, 0);
    r = ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sys-ready");
    g_assert_cmphex(number(item(r, "tdmrs", 0), "initialized"), ==,
                    TDX_HOST_SIZE);
    qobject_unref(r);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_DISABLE, 0, 0, 0),
                      TDX_SUCCESS);
    r = ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysinit-pending");
    g_assert_cmpuint(length(r, "tdmrs"), ==, 0);
    assert_leaf(r, "TDH.SYS.DISABLE", TDH_SYS_DISABLE, 1, 0);
    qobject_unref(r);

    qtest_system_reset(qts);
    r = ask(qts, "query-tdx-module");
    g_assert_cmpuint(length(r, "leaves"), ==, 0);
    qobject_unref(r);
    qtest_quit(qts);
}

/* A machine without a module says so, to each command */
static void test_no_module(void)
{
    QTestState *qts = qtest_init("-machine q35 -cpu TDXHost");
    static const char *const commands[] = {
        "query-tdx-module", "query-tdx-pamt", "query-tdx-tds", "x-tdx-check",
    };

    for (int i = 0; i < ARRAY_SIZE(commands); i++) {
        ask_error("this machine has no TDX module; use -device tdx-module",
                  qts, "{ 'execute': %s }", commands[i]);
    }
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam/monitor/no-module", test_no_module);
    qtest_add_func("/seam/monitor/life-cycle", test_life_cycle);
    return g_test_run();
}
