/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR through QEMU: what Linux does not use of it, the ways back
 * after a failure, and what is seen of another module.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqos/tdx-loader.h"
#include "libqos/tdx-monitor.h"

static void test_update(void)
{
    QTestState *qts = tdx_loader_start("", "");

    tdx_assert_loader(qts, "sys-ready 1.5.25 ready 0 0 31");
    tdx_write_image(qts, SEAMLDR_REPLACE, "update=26\n", 13, 0);
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INSTALL, 0), 0);
    tdx_assert_loader(qts, "sys-shutdown 1.5.25 install 1 0 31");
    g_assert_cmphex(tdx_leaf(qts, 1, TDH_SYS_LP_SHUTDOWN, 0), ==, UINT64_MAX);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INSTALL, TDX_LOADER_PARAMS),
                      SEAMLDR_EBADCALL);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_INSTALL, TDX_LOADER_PARAMS),
                      0);
    tdx_assert_loader(qts, "sysinit-pending 1.5.26 ready 0 1 30");
    tdx_update(qts);
    tdx_assert_loader(qts, "sys-ready 1.5.26 ready 0 1 30");
    tdx_assert_ready(qts);

    /* A reset brings firmware's module back */
    qtest_system_reset(qts);
    tdx_assert_loader(qts, "sysinit-pending 1.5.25 ready 0 0 31");
    qtest_quit(qts);
}

static void test_seaminfo(void)
{
    QTestState *qts = tdx_loader_start("", "");
    SeamldrSeamInfo info;

    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_SEAMINFO,
                                 TDX_LOADER_BUFFER + 512), SEAMLDR_EBADPARAM);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_SEAMINFO, TDX_LOADER_BUFFER),
                      0);
    qtest_memread(qts, TDX_LOADER_BUFFER, &info, sizeof(info));
    g_assert_cmpint(le32_to_cpu(info.num_lps), ==, 2);
    g_assert_cmpint(le32_to_cpu(info.num_sockets), ==, 2);
    g_assert_cmphex(le32_to_cpu(info.socket_cpuid[1]) & ~0xf, ==, 0xa06d0);
    g_assert_cmphex(le64_to_cpu(info.cmr[0].base), ==, 1 * MiB);
    qtest_quit(qts);
}

/* State A of a host, from which there is a way back */
static void test_recoverable(void)
{
    QTestState *qts = tdx_loader_start("", "");
    uint64_t rdx;

    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13,
                    offsetof(SeamSigstruct, date));
    tdx_assert_status(tdx_install(qts, &rdx), SEAMLDR_EBADSIG);
    g_assert_cmpint(rdx, ==, 0);
    tdx_assert_status(tdx_leaf(qts, 1, TDH_SYS_INIT, 0), TDX_SYS_SHUTDOWN);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_update(qts);
    tdx_assert_ready(qts);
    qtest_quit(qts);
}

/* State B: CLEANUP on all LPs, then a module from nothing */
static void test_unrecoverable(void)
{
    QTestState *qts = tdx_loader_start("", "");
    uint64_t rdx;

    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    qtest_writeb(qts, TDX_LOADER_PAGES + 4000, 1);
    tdx_assert_status(tdx_install(qts, &rdx), SEAMLDR_EBADHASH);
    g_assert_cmpint(rdx, ==, 1);
    tdx_assert_loader(qts, "unloaded 1.5.25 ready 0 0 31");
    g_assert_cmphex(tdx_leaf(qts, 0, TDH_SYS_INIT, 0), ==, UINT64_MAX);

    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    tdx_assert_status(tdx_install(qts, &rdx), SEAMLDR_EBADPARAM);
    tdx_write_image(qts, SEAMLDR_LOAD, "update=27\n", 0, 0);
    tdx_assert_status(tdx_install(qts, &rdx), SEAMLDR_ECLEANUPREQ);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_CLEANUP, 0), 0);
    tdx_assert_loader(qts, "unloaded 1.5.25 cleanup 1 0 31");
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_CLEANUP, 0), SEAMLDR_EBADCALL);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_CLEANUP, 0), 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_loader_bring_up(qts);
    tdx_assert_loader(qts, "sys-ready 1.5.27 ready 0 1 31");
    tdx_assert_ready(qts);
    qtest_quit(qts);
}

/* State D: TDH.SYS.CONFIG, as at boot, instead of UPDATE */
static void test_config_instead(void)
{
    QTestState *qts = tdx_loader_start("", "");
    uint64_t rdx;

    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_loader_bring_up(qts);
    tdx_assert_ready(qts);
    qtest_quit(qts);
}

static void test_shutdown(void)
{
    QTestState *qts = tdx_loader_start("", "");

    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_SHUTDOWN, 0),
                      SEAMLDR_ECLEANUPREQ);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_CLEANUP, 0), 0);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_CLEANUP, 0), 0);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_SHUTDOWN, 0), 0);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_SHUTDOWN, 0),
                      SEAMLDR_EBADCALL);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_SHUTDOWN, 0), 0);
    g_assert_cmphex(tdx_loader(qts, 0, SEAMLDR_INFO, TDX_LOADER_BUFFER), ==,
                    UINT64_MAX);
    g_assert_cmphex(tdx_leaf(qts, 0, TDH_SYS_INIT, 0), ==, UINT64_MAX);
    qtest_system_reset(qts);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INFO, TDX_LOADER_BUFFER), 0);
    qtest_quit(qts);
}

/* --- what is seen --------------------------------------------------------- */

/* Another module with this description, up to and with LP.INIT */
static void replace(QTestState *qts, const char *words)
{
    uint64_t rdx;

    tdx_write_image(qts, SEAMLDR_REPLACE, words, 13, 0);
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(tdx_install(qts, &rdx), 0);
    tdx_init_lps(qts, 2);
}

/* 6.4: all is the new module's once it is initialised, before UPDATE */
static void test_features(void)
{
    const uint64_t gone = TDX_FEATURES0_DYNAMIC_PAMT |
        TDX_FEATURES0_VE_REDUCTION | TDX_FEATURES0_NO_RBP_MOD;
    QTestState *qts = tdx_loader_start("", "");
    const uint64_t all = tdx_rd(qts, TDX_MD_FEATURES0);
    g_autofree char *less = g_strdup_printf(
        "features0=0x%" PRIx64 "\nmax-tdmrs=3\n", all & ~gone);
    g_autofree char *more = g_strdup_printf(
        "features0=0x%" PRIx64 "\nmax-tdmrs=64\n", all);

    g_assert_cmphex(all & gone, ==, gone);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 64);
    for (unsigned i = 0; i < 2; i++) {
        replace(qts, less);
        g_assert_cmphex(tdx_rd(qts, TDX_MD_FEATURES0), ==, all & ~gone);
        g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 3);
        tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_UPDATE, 0), 0);
        replace(qts, more);
        g_assert_cmphex(tdx_rd(qts, TDX_MD_FEATURES0), ==, all);
        g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 64);
        tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_UPDATE, 0), 0);
    }
    qtest_quit(qts);
}

/* A TD that was built under one module is finished under the next */
static void test_td(void)
{
    g_autofree uint8_t *page = g_malloc(TDX_4K);
    QTdxHost h = { 0 };
    QHostTd td;
    TdxRegs r;

    for (int i = 0; i < TDX_4K; i++) {
        page[i] = i;
    }
    tdx_host_start(&h, true, "");
    qtest_memwrite(h.qts, TDX_HOST_SHARED + 64 * KiB, page, TDX_4K);
    host_td_create(&td, &h, TDX_ATTR_DEBUG, TDX_HOST_HKID + 1);
    host_td_tables(&td, 0, 0);
    host_td_add(&td, 0, TDX_HOST_BASE + 64 * MiB,
                TDX_HOST_SHARED + 64 * KiB);
    tdx_write_image(h.qts, SEAMLDR_REPLACE, "update=26\n", 13, 0);
    tdx_assert_status(tdx_leaf(h.qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(tdx_leaf(h.qts, 0, TDH_MR_FINALIZE, td.tdr),
                      TDX_SYS_SHUTDOWN);
    tdx_assert_status(tdx_loader(h.qts, 0, SEAMLDR_INSTALL, TDX_LOADER_PARAMS),
                      0);
    tdx_assert_status(tdx_leaf(h.qts, 0, TDH_MR_FINALIZE, td.tdr),
                      TDX_SYS_NOT_READY);
    tdx_init_lps(h.qts, 1);
    tdx_assert_status(tdx_leaf(h.qts, 0, TDH_SYS_UPDATE, 0), 0);
    tdx_assert_status(tdx_leaf(h.qts, 0, TDH_MR_FINALIZE, td.tdr), 0);
    g_assert_cmpint(host_td_field(&td, TDX_MD_TD_OP_STATE), ==, 2);
    /* Its memory is as it was */
    r = tdx_ok(h.qts, .rax = TDH_MEM_RD, .rcx = 8, .rdx = td.tdr);
    g_assert_cmphex(r.r8, ==, 0x0f0e0d0c0b0a0908ULL);
    host_td_stop(&td);
    host_td_reclaim(&td, TDX_HOST_BASE + 64 * MiB);
    host_td_destroy(&td);
    qtest_quit(h.qts);
}

static void assert_tds(QTestState *qts, unsigned tds)
{
    QDict *list = tdx_ask(qts, "query-tdx-tds");
    QDict *module = tdx_ask(qts, "query-tdx-module");

    g_assert_cmpuint(tdx_length(list, "tds"), ==, tds);
    g_assert_cmpuint(tdx_number(qdict_get_qdict(module, "keyids"),
                                "assigned"), ==, tds);
    qobject_unref(list);
    qobject_unref(module);
}

/* 5.2: nothing is left of TDs after CLEANUP, and nobody tells of any */
static void test_td_cleanup(void)
{
    QTestState *qts = tdx_loader_start("", "");
    uint64_t rdx;
    QTdxHost h;
    QHostTd td;

    tdx_loader_host(&h, qts);
    for (unsigned i = 0; i < 2; i++) {
        host_td_create(&td, &h, 0, TDX_HOST_HKID + 1);
        assert_tds(qts, 1);
        tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_CLEANUP, 0), 0);
        tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_CLEANUP, 0), 0);
        assert_tds(qts, 0);
        tdx_write_image(qts, SEAMLDR_LOAD, "", 13, 0);
        tdx_assert_status(tdx_install(qts, &rdx), 0);
        assert_tds(qts, 0);
        tdx_loader_bring_up(qts);
        assert_tds(qts, 0);
        g_array_free(td.pages, true);
        /* Its pages are the host's, as its KeyID is free */
        tdx_loader_host(&h, qts);
    }
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/update/update", test_update);
    qtest_add_func("seam/update/seaminfo", test_seaminfo);
    qtest_add_func("seam/update/recoverable", test_recoverable);
    qtest_add_func("seam/update/unrecoverable", test_unrecoverable);
    qtest_add_func("seam/update/config-instead", test_config_instead);
    qtest_add_func("seam/update/shutdown", test_shutdown);
    qtest_add_func("seam/update/features", test_features);
    qtest_add_func("seam/update/td", test_td);
    qtest_add_func("seam/update/td-cleanup", test_td_cleanup);
    return g_test_run();
}
