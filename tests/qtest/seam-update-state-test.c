/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Saved states and snapshots of a machine whose TDX module is being replaced:
 * in each session of the P-SEAMLDR, and after what ends it or the module.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "libqos/tdx-loader.h"
#include "libqos/tdx-state.h"

#define TD_PAGE (TDX_HOST_BASE + 64 * MiB)
#define TD_SOURCE (TDX_HOST_SHARED + 64 * KiB)

/* The machine as it comes out of a file */
static QTestState *saved_and_loaded(QTestState *qts)
{
    g_autofree char *file = tdx_state_file();

    tdx_save(qts, file);
    qts = tdx_load("x-check=on", TDX_LOADER_MACHINE, file);
    unlink(file);
    return qts;
}

/* A TD in build, with a page of its memory */
static void build_td(QHostTd *td, QTdxHost *h, QTestState *qts)
{
    tdx_loader_host(h, qts);
    for (uint64_t at = 0; at < TDX_4K; at += 8) {
        qtest_writeq(qts, TD_SOURCE + at, at | 1);
    }
    host_td_create(td, h, TDX_ATTR_DEBUG, TDX_HOST_HKID + 1);
    host_td_add(td, 0, TD_PAGE, TD_SOURCE);
}

/* What it was built with is there, and it can be finished and taken apart */
static void finish_td(QHostTd *td)
{
    QTestState *qts = td->host->qts;

    tdx_ok(qts, .rax = TDH_MR_FINALIZE, .rcx = td->tdr);
    g_assert_cmphex(tdx_ok(qts, .rax = TDH_MEM_RD, .rcx = 40,
                           .rdx = td->tdr).r8, ==, 41);
    host_td_stop(td);
    host_td_reclaim(td, TD_PAGE);
    host_td_destroy(td);
}

/* In the middle of a session, with a TD in build, and after an update */
static void test_install(void)
{
    QTestState *qts = tdx_loader_start("", "");
    QTdxHost h;
    QHostTd td;

    build_td(&td, &h, qts);
    tdx_write_image(qts, SEAMLDR_REPLACE, "update=26\n", 14, 0);
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_INSTALL, 0), 0);

    h.qts = qts = saved_and_loaded(qts);
    tdx_assert_loader(qts, "sys-shutdown 1.5.25 install 1 0 31");
    g_assert_cmphex(tdx_leaf(qts, 0, TDH_SYS_RD, 0), ==, UINT64_MAX);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_INSTALL, 0),
                      SEAMLDR_EBADCALL);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INSTALL, TDX_LOADER_PARAMS),
                      0);
    tdx_init_lps(qts, 2);

    /* The module here is another one; it is told what that was */
    h.qts = qts = saved_and_loaded(qts);
    tdx_assert_loader(qts, "sysinit-done 1.5.26 ready 0 1 30");
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_UPDATE, 0), 0);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_UPDATE), ==, 26);
    tdx_assert_ready(qts);
    finish_td(&td);
    qtest_quit(qts);
}

/* Another module with this description, told of UPDATE_COMPATIBILITY */
static void replace_compatible(QTestState *qts, const char *words)
{
    uint64_t rdx;

    tdx_write_image(qts, SEAMLDR_REPLACE, words, 13, 0);
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_init_lps(qts, 2);
    tdx_ok(qts, .rax = TDH_SYS_UPDATE | 1 << 16,
           .r9 = TDX_FEATURES0_UPDATE_COMPATIBILITY);
}

/* Who keeps MRTDs in another way refuses to go on, after loading as well */
static void test_context(void)
{
    QTestState *qts = tdx_loader_start("", "");
    QTdxHost h;
    QHostTd td;

    build_td(&td, &h, qts);
    replace_compatible(qts, "crypto-context=2\n");
    for (unsigned i = 0; i < 2; i++) {
        tdx_assert_status(tdx_leaf(qts, 0, TDH_MR_FINALIZE, td.tdr),
                          TDX_INCOMPATIBLE_MRTD_CONTEXT);
        h.qts = qts = saved_and_loaded(qts);
    }
    replace_compatible(qts, "");
    finish_td(&td);
    qtest_quit(qts);
}

/* One package has forgotten its keys, the other one has not */
static void test_cleanup(void)
{
    QTestState *qts = tdx_loader_start("", "");
    QTdxHost h;
    QHostTd td;
    uint64_t rdx;

    build_td(&td, &h, qts);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_CLEANUP, 0), 0);

    qts = saved_and_loaded(qts);
    tdx_assert_loader(qts, "unloaded 1.5.25 cleanup 1 0 31");
    g_assert_cmphex(tdx_leaf(qts, 1, TDH_SYS_RD, 0), ==, UINT64_MAX);
    for (unsigned leaf = SEAMLDR_INSTALL; leaf <= SEAMLDR_SHUTDOWN; leaf++) {
        tdx_assert_status(tdx_loader(qts, 1, leaf, 0), SEAMLDR_EBADCALL);
    }
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_CLEANUP, 0),
                      SEAMLDR_EBADCALL);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_CLEANUP, 0), 0);
    tdx_assert_loader(qts, "unloaded 1.5.25 ready 0 0 32");

    /* Nothing is installed now, which takes any SVN */
    qts = saved_and_loaded(qts);
    tdx_assert_loader(qts, "unloaded 1.5.25 ready 0 0 32");
    tdx_write_image(qts, SEAMLDR_LOAD, "update=27\n", 0, 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_loader_bring_up(qts);
    tdx_assert_loader(qts, "sys-ready 1.5.27 ready 0 1 31");
    tdx_assert_ready(qts);
    qtest_quit(qts);
}

/* An INSTALL that cost the module, after one that did not */
static void test_unloaded(void)
{
    QTestState *qts = tdx_loader_start("", "");
    uint64_t rdx;

    for (unsigned i = 0; i < 2; i++) {
        tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
        tdx_write_image(qts, SEAMLDR_REPLACE, "update=26\n", 13, 0);
        if (i) {
            qtest_writeb(qts, TDX_LOADER_PAGES + SEAMLDR_PAGE - 1, 1);
        }
        tdx_assert_status(tdx_install(qts, &rdx), i ? SEAMLDR_EBADHASH : 0);
        g_assert_cmpint(rdx, ==, i);
        if (!i) {
            tdx_update(qts);
        }
    }

    qts = saved_and_loaded(qts);
    tdx_assert_loader(qts, "unloaded 1.5.26 ready 0 1 30");
    g_assert_cmphex(tdx_leaf(qts, 0, TDH_SYS_INIT, 0), ==, UINT64_MAX);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    tdx_assert_status(tdx_install(qts, &rdx), SEAMLDR_EBADPARAM);
    tdx_write_image(qts, SEAMLDR_LOAD, "", 13, 0);
    tdx_assert_status(tdx_install(qts, &rdx), SEAMLDR_ECLEANUPREQ);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_CLEANUP, 0), 0);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_CLEANUP, 0), 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_loader_bring_up(qts);
    tdx_assert_ready(qts);
    qtest_quit(qts);
}

/* In the middle of the loader's own end, and after it */
static void test_shutdown(void)
{
    QTestState *qts = tdx_loader_start("", "");

    for (unsigned lp = 0; lp < 2; lp++) {
        tdx_assert_status(tdx_loader(qts, lp, SEAMLDR_CLEANUP, 0), 0);
    }
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_SHUTDOWN, 0), 0);

    qts = saved_and_loaded(qts);
    tdx_assert_loader(qts, "unloaded 1.5.25 shutdown 1 0 32");
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INSTALL, 0),
                      SEAMLDR_EBADCALL);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_SHUTDOWN, 0), 0);

    qts = saved_and_loaded(qts);
    for (unsigned leaf = 0; leaf < SEAMLDR_NUM_LEAVES; leaf++) {
        g_assert_cmphex(tdx_loader(qts, 0, leaf, TDX_LOADER_BUFFER), ==,
                        UINT64_MAX);
    }
    g_assert_cmphex(tdx_leaf(qts, 0, TDH_SYS_INIT, 0), ==, UINT64_MAX);

    /* Which a reset ends, as everywhere */
    qtest_system_reset(qts);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INFO, TDX_LOADER_BUFFER), 0);
    tdx_loader_bring_up(qts);
    tdx_assert_ready(qts);
    qtest_quit(qts);
}

/* A snapshot from before an update brings the old module back */
static void test_snapshot(void)
{
    QTestState *qts = tdx_loader_start("", "");
    g_autofree char *disk = tdx_add_disk(qts);
    uint64_t rdx;

    tdx_snapshot(qts, "snapshot-save");
    tdx_write_image(qts, SEAMLDR_REPLACE, "update=26\n", 14, 0);
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_update(qts);
    tdx_assert_loader(qts, "sys-ready 1.5.26 ready 0 1 30");
    tdx_snapshot(qts, "snapshot-load");
    tdx_assert_loader(qts, "sys-ready 1.5.25 ready 0 0 31");
    tdx_assert_ready(qts);
    qtest_quit(qts);
    unlink(disk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/update-state/install", test_install);
    qtest_add_func("seam/update-state/context", test_context);
    qtest_add_func("seam/update-state/cleanup", test_cleanup);
    qtest_add_func("seam/update-state/unloaded", test_unloaded);
    qtest_add_func("seam/update-state/shutdown", test_shutdown);
    qtest_add_func("seam/update-state/snapshot", test_snapshot);
    return g_test_run();
}
