/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the monitor tells about a TDX module and its TDs, held against what the
 * host did.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-monitor.h"
#include "libqos/tdx-state.h"

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
            g_assert_cmpuint(tdx_number(d, "calls"), ==, calls);
            g_assert_cmpuint(tdx_number(d, "errors"), ==, errors);
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
    QDict *r, *tdmr, *bits;
    uint64_t end;

    r = tdx_ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysinit-pending");
    g_assert_cmpstr(qdict_get_str(r, "version"), ==, "1.5.26");
    g_assert_cmpint(tdx_number(r, "build-num"), ==, 7);
    g_assert_true(qdict_get_bool(r, "dynamic-pamt-supported"));
    g_assert_false(qdict_get_bool(r, "dynamic-pamt-enabled"));
    g_assert_cmpuint(tdx_length(r, "leaves"), ==, 0);
    g_assert_cmpuint(tdx_length(r, "tdmrs"), ==, 0);
    g_assert_cmpuint(tdx_length(r, "lps-missing"), ==, 2);
    tdx_assert_range(tdx_item(r, "cmrs", 0), 1 << 20, (2ULL << 30) - (1 << 20));
    tdx_assert_range(tdx_item(r, "cmrs", 1), TDX_HOST_BASE, TDX_HOST_SIZE);
    g_assert_cmpint(tdx_keyids(r, "first-tdx"), ==, 2);
    g_assert_cmpint(tdx_keyids(r, "tdx"), ==, 62);
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
    r = tdx_ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysinit-done");
    g_assert_cmpint(tdx_number(r, "lps"), ==, 2);
    g_assert_cmpint(tdx_number(r, "lps-initialized"), ==, 1);
    g_assert_cmpuint(tdx_length(r, "lps-missing"), ==, 1);
    g_assert_cmpint(qnum_get_int(qobject_to(QNum, qlist_peek(
                        qdict_get_qlist(r, "lps-missing")))), ==, 1);
    assert_leaf(r, "TDH.SYS.INIT", TDH_SYS_INIT, 1, 0);
    assert_leaf(r, "TDH.SYS.LP.INIT", TDH_SYS_LP_INIT, 2, 1);
    assert_leaf(r, "TDH.PHYMEM.PAGE.RDMD", TDH_PHYMEM_PAGE_RDMD, 1, 1);
    assert_leaf(r, "unknown", -1, 2, 2);
    g_assert_cmpuint(tdx_length(r, "leaves"), ==, 4);
    qobject_unref(r);

    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    t.rsvd[0].base = (1ULL << 30);
    t.rsvd[0].size = 2 * TDX_4K;
    end = tdx_place_pamts(&t, true, 16ULL << 20);
    g_assert_cmphex(end, <, TDX_HOST_SHARED);
    tdx_write_tdmrs(qts, &t, 1, TDX_HOST_SHARED);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, TDX_HOST_SHARED, 1,
                               TDX_HOST_HKID | TDX_CONFIG_DYNAMIC_PAMT),
                      TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_KEY_CONFIG, 0, 0, 0),
                      TDX_SUCCESS);
    r = tdx_ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysconfig-done");
    g_assert_true(qdict_get_bool(r, "dynamic-pamt-enabled"));
    g_assert_cmpint(tdx_number(r, "packages"), ==, 2);
    g_assert_cmpint(tdx_number(r, "packages-configured"), ==, 1);
    g_assert_cmpint(tdx_keyids(r, "global"), ==,
                    TDX_HOST_HKID);
    tdmr = tdx_item(r, "tdmrs", 0);
    tdx_assert_range(tdmr, TDX_HOST_BASE, TDX_HOST_SIZE);
    g_assert_cmpuint(tdx_number(tdmr, "initialized"), ==, 0);
    tdx_assert_range(tdx_item(tdmr, "reserved", 0),
                     TDX_HOST_BASE + (1ULL << 30), 2 * TDX_4K);
    tdx_assert_range(qdict_get_qdict(tdmr, "pamt-4k"), t.pamt[0].base,
                     t.pamt[0].size);
    tdx_assert_range(qdict_get_qdict(tdmr, "pamt-2m"), t.pamt[1].base,
                     t.pamt[1].size);
    tdx_assert_range(qdict_get_qdict(tdmr, "pamt-1g"), t.pamt[2].base,
                     t.pamt[2].size);
    qobject_unref(r);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0),
                      TDX_SUCCESS);
    r = tdx_ask(qts, "query-tdx-pamt");
    tdx_assert_count(tdx_tdmr_counts(r), "uninitialized", ALL_PAGES);
    g_assert_cmpuint(tdx_all_pages(tdx_tdmr_counts(r)), ==, ALL_PAGES);
    qobject_unref(r);
    g_assert_cmpuint(tdx_init_tdmr(qts, 0, &t), >, 0);
    r = tdx_ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sys-ready");
    g_assert_cmphex(tdx_number(tdx_item(r, "tdmrs", 0), "initialized"), ==,
                    TDX_HOST_SIZE);
    qobject_unref(r);
    r = tdx_ask_pamt(qts, "{ 'view': 'bitmap' }");
    tdx_assert_count(tdx_tdmr_counts(r), "rsvd", 2);
    tdx_assert_count(tdx_tdmr_counts(r), "nda", ALL_PAGES - 2);
    g_assert_cmpuint(tdx_length(r, "bitmap"), ==, 1);
    bits = tdx_item(r, "bitmap", 0);
    g_assert_cmphex(tdx_number(bits, "base"), ==, TDX_HOST_BASE + (1ULL << 30));
    g_assert_cmpuint(tdx_number(bits, "pages"), ==, 2);
    g_assert_true(qdict_get_bool(bits, "reserved"));
    qobject_unref(r);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_DISABLE, 0, 0, 0),
                      TDX_SUCCESS);
    r = tdx_ask(qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "sysinit-pending");
    g_assert_cmpuint(tdx_length(r, "tdmrs"), ==, 0);
    assert_leaf(r, "TDH.SYS.DISABLE", TDH_SYS_DISABLE, 1, 0);
    qobject_unref(r);

    qtest_system_reset(qts);
    r = tdx_ask(qts, "query-tdx-module");
    g_assert_cmpuint(tdx_length(r, "leaves"), ==, 0);
    qobject_unref(r);
    qtest_quit(qts);
}

/* --- TDs ------------------------------------------------------------------ */

static void check_td(QTdxHost *h, QHostTd *td)
{
    QDict *r = tdx_ask_tds(h->qts, "{ 'vcpus': true }");
    QDict *info = tdx_item(r, "tds", 0), *vcpu = tdx_item(info, "vcpus", 0);
    g_autofree char *mrtd = tdx_ask_mrtd(td);
    QDict *counts = qdict_get_qdict(info, "counts");

    g_assert_cmpuint(tdx_length(r, "tds"), ==, 1);
    g_assert_false(qdict_haskey(r, "next"));
    g_assert_cmphex(tdx_number(info, "tdr"), ==, td->tdr);
    g_assert_cmpuint(tdx_number(info, "hkid"), ==, HKID);
    g_assert_cmpstr(qdict_get_str(info, "lifecycle"), ==, "keys-configured");
    g_assert_cmpstr(qdict_get_str(info, "op-state"), ==, "runnable");
    g_assert_false(qdict_get_bool(info, "fatal"));
    g_assert_cmpuint(tdx_number(info, "packages-configured"), ==, 1);
    g_assert_cmpuint(tdx_number(info, "tdcs-pages"), ==, 6);
    g_assert_cmpuint(tdx_number(info, "pages"), ==,
                     host_td_field(td, TDX_MD_CHLDCNT));
    tdx_assert_count(counts, "tdr", 1);
    tdx_assert_count(counts, "tdcx", TD_TDCX);
    tdx_assert_count(counts, "ept", TD_EPT);
    tdx_assert_count(counts, "reg-4k", NUM_PAGES);
    tdx_assert_count(counts, "reg-2m", 512);
    tdx_assert_count(counts, "nda", 0);
    g_assert_cmpuint(tdx_all_pages(counts), ==, tdx_number(info, "pages") + 1);
    g_assert_cmphex(tdx_number(info, "attributes"), ==, TDX_ATTR_DEBUG);
    g_assert_cmphex(tdx_number(info, "xfam"), ==, 3);
    g_assert_cmpuint(tdx_number(info, "gpa-width"), ==, 48);
    g_assert_cmpuint(tdx_number(info, "max-vcpus"), ==, 4);
    g_assert_cmpuint(tdx_number(info, "vcpus-created"), ==, 1);
    g_assert_cmpuint(tdx_number(info, "vcpus-initialized"), ==, 1);
    g_assert_cmpuint(tdx_number(info, "vcpus-associated"), ==, 1);
    g_assert_cmpuint(tdx_number(info, "td-epoch"), ==,
                     host_td_field(td, TDX_MD_TD_EPOCH));
    g_assert_cmpstr(qdict_get_try_str(info, "mrtd"), ==, mrtd);
    g_assert_cmphex(tdx_number(vcpu, "tdvpr"), ==, td->vcpu);
    g_assert_cmpstr(qdict_get_str(vcpu, "state"), ==, "ready");
    g_assert_cmpint(qdict_get_try_int(vcpu, "index", -1), ==, 0);
    g_assert_cmpint(qdict_get_try_int(vcpu, "lp", -1), ==, 0);
    g_assert_cmpuint(tdx_number(vcpu, "pages"), ==, 6);
    qobject_unref(r);
}

/* Two TDs, one at a time */
static void check_td_portions(QTdxHost *h, const QHostTd *a, const QHostTd *b)
{
    QDict *r = tdx_ask_tds(h->qts, "{ 'limit': 1 }");
    uint64_t next = tdx_number(r, "next");

    g_assert_cmpuint(tdx_length(r, "tds"), ==, 1);
    g_assert_cmphex(tdx_number(tdx_item(r, "tds", 0), "tdr"), ==, a->tdr);
    g_assert_cmphex(next, >, a->tdr);
    g_assert_cmphex(next, <=, b->tdr);
    qobject_unref(r);
    r = tdx_ask_tds(h->qts, "{ 'limit': 1, 'base': %" PRIu64 " }", next);
    g_assert_cmpuint(tdx_length(r, "tds"), ==, 1);
    g_assert_cmphex(tdx_number(tdx_item(r, "tds", 0), "tdr"), ==, b->tdr);
    g_assert_cmpstr(qdict_get_str(tdx_item(r, "tds", 0), "op-state"), ==,
                    "initialized");
    g_assert_false(qdict_haskey(tdx_item(r, "tds", 0), "mrtd"));
    g_assert_false(qdict_haskey(tdx_item(r, "tds", 0), "vcpus"));
    g_assert_false(qdict_haskey(r, "next"));
    qobject_unref(r);
}

static void test_tds(const void *data)
{
    QTdxHost h;
    QHostTd td, other;
    QDict *r, *info;

    tdx_ask_build(&h, &td, data);
    check_td(&h, &td);
    host_td_create(&other, &h, 0, HKID + 1);
    check_td_portions(&h, &td, &other);
    r = tdx_ask(h.qts, "query-tdx-module");
    g_assert_cmpuint(tdx_keyids(r, "assigned"), ==, 2);
    qobject_unref(r);

    /* The second one goes */
    tdx_ok(h.qts, .rax = TDH_VP_FLUSH, .rcx = other.vcpu);
    tdx_ok(h.qts, .rax = TDH_MNG_VPFLUSHDONE, .rcx = other.tdr);
    r = tdx_ask_tds(h.qts, "{ 'base': %" PRIu64 ", 'vcpus': true }", other.tdr);
    info = tdx_item(r, "tds", 0);
    g_assert_cmpstr(qdict_get_str(info, "lifecycle"), ==, "blocked");
    g_assert_cmpuint(tdx_number(info, "hkid"), ==, HKID + 1);
    g_assert_cmpuint(tdx_number(info, "vcpus-associated"), ==, 0);
    g_assert_false(qdict_haskey(tdx_item(info, "vcpus", 0), "lp"));
    qobject_unref(r);
    r = tdx_ask(h.qts, "query-tdx-module");
    g_assert_cmpuint(tdx_keyids(r, "flushed"), ==, 1);
    qobject_unref(r);
    tdx_ok(h.qts, .rax = TDH_PHYMEM_CACHE_WB);
    tdx_ok(h.qts, .rax = TDH_MNG_KEY_FREEID, .rcx = other.tdr);
    r = tdx_ask_tds(h.qts, "{ 'base': %" PRIu64 ", 'vcpus': true }", other.tdr);
    info = tdx_item(r, "tds", 0);
    g_assert_cmpstr(qdict_get_str(info, "lifecycle"), ==, "teardown");
    g_assert_false(qdict_haskey(info, "hkid"));
    g_assert_false(qdict_haskey(info, "op-state"));
    g_assert_false(qdict_haskey(info, "xfam"));
    g_assert_cmpuint(tdx_length(info, "vcpus"), ==, 0);
    g_assert_cmpuint(tdx_number(info, "vcpus-created"), ==, 1);
    qobject_unref(r);
    host_td_destroy(&other);
    r = tdx_ask_tds(h.qts, "{ 'base': %" PRIu64 " }", td.tdr + 1);
    g_assert_cmpuint(tdx_length(r, "tds"), ==, 0);
    qobject_unref(r);
    g_array_free(td.pages, true);
    qtest_quit(h.qts);
}

/* The host writes to a TD's control structure; the next call finds out */
static void test_fatal_td(void)
{
    QTdxHost h;
    QHostTd td;
    QDict *r, *info;

    tdx_ask_build(&h, &td, true);
    qtest_writeb(h.qts, td.tdr + TDX_4K, 1);
    tdx_assert_status(tdx_call(h.qts, 0, TDH_MEM_TRACK, td.tdr, 0, 0),
                      TDX_TD_FATAL);
    r = tdx_ask_tds(h.qts, "{}");
    info = tdx_item(r, "tds", 0);
    g_assert_true(qdict_get_bool(info, "fatal"));
    g_assert_false(qdict_haskey(info, "op-state"));
    qobject_unref(r);

    /* And to the TDR: the module stops */
    qtest_writeb(h.qts, td.tdr, 1);
    g_assert_false(tdx_seamcall(h.qts, 0, &(TdxRegs) { .rax = TDH_MEM_TRACK,
                                                       .rcx = td.tdr }));
    r = tdx_ask(h.qts, "query-tdx-module");
    g_assert_cmpstr(qdict_get_str(r, "state"), ==, "stopped");
    assert_leaf(r, "TDH.MEM.TRACK", TDH_MEM_TRACK, 2, 2);
    qobject_unref(r);
    g_array_free(td.pages, true);
    qtest_quit(h.qts);
}

/* --- consistency ---------------------------------------------------------- */

static void test_check(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *uri = NULL, *args = NULL, *err = NULL;
    g_autofree char *want = NULL;
    int fd = g_file_open_tmp("seam-monitor-XXXXXX", &path, &error);
    uint64_t children;
    QTestState *to;
    QTdxHost h;
    QHostTd td;
    QDict *r;

    g_assert_no_error(error);
    close(fd);
    tdx_ask_build(&h, &td, true);
    children = host_td_field(&td, TDX_MD_CHLDCNT);
    want = g_strdup_printf("chldcnt: TD 0x%" PRIx64 " counts %" PRIu64
                           " pages, owns %" PRIu64, td.tdr, children + 1,
                           children);
    uri = g_strdup_printf("file:%s", path);
    qtest_qmp_assert_success(h.qts, "{ 'execute': 'migrate', 'arguments': "
                             "{ 'uri': %s } }", uri);
    tdx_wait_migrated(h.qts);
    qtest_quit(h.qts);

    /* Well as it is, the property makes no difference */
    args = g_strdup_printf(TDX_HOST_MACHINE "-incoming %s", uri);
    to = tdx_start("x-check=on", args);
    tdx_wait_migrated(to);
    r = tdx_ask(to, "x-tdx-check");
    g_assert_true(qdict_get_bool(r, "consistent"));
    qobject_unref(r);
    qtest_quit(to);

    tdx_corrupt_saved(path, td.tdr, children);
    to = tdx_start("", args);
    tdx_wait_migrated(to);
    r = tdx_ask(to, "x-tdx-check");
    g_assert_false(qdict_get_bool(r, "consistent"));
    g_assert_cmpstr(qdict_get_str(r, "violation"), ==, want);
    qobject_unref(r);
    qtest_quit(to);

    g_free(args);
    args = g_strdup_printf("-machine q35 -cpu TDXHost -nodefaults -device "
                           "tdx-module,id=tdx,x-check=on " TDX_HOST_MACHINE
                           "-incoming %s", uri);
    g_assert_cmpint(tdx_run(args, NULL, &err), !=, 0);
    g_assert_nonnull(strstr(err, "tdx-module: the saved state contradicts "
                            "itself: "));
    g_assert_nonnull(strstr(err, want));
    unlink(path);
    g_array_free(td.pages, true);
}

/* A machine without a module says so, to each command */
static void test_no_module(void)
{
    QTestState *qts = qtest_init("-machine q35 -cpu TDXHost");
    static const char *const commands[] = {
        "query-tdx-module", "query-tdx-pamt", "query-tdx-tds", "x-tdx-check",
    };

    for (int i = 0; i < ARRAY_SIZE(commands); i++) {
        tdx_ask_error("this machine has no TDX module; use -device tdx-module",
                      qts, "{ 'execute': %s }", commands[i]);
    }
    tdx_ask_error("this machine has no TDX module; use -device tdx-module",
                  qts, "{ 'execute': 'query-tdx-sept', 'arguments': "
                  "{ 'tdr': 0, 'gpa': 0 } }");
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam/monitor/no-module", test_no_module);
    qtest_add_func("/seam/monitor/life-cycle", test_life_cycle);
    qtest_add_data_func("/seam/monitor/tds/static", NULL, test_tds);
    qtest_add_data_func("/seam/monitor/tds/dynamic", "dynamic", test_tds);
    qtest_add_func("/seam/monitor/fatal-td", test_fatal_td);
    qtest_add_func("/seam/monitor/check", test_check);
    return g_test_run();
}
