/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * HMP's tables of the TDX module.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-loader.h"
#include "libqos/tdx-monitor.h"

/* @line: a line of the table, apart from how many spaces it has */
static void assert_line(const char *text, const char *line)
{
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", 0);

    for (char **l = lines; *l; l++) {
        g_autofree char *have = g_strdup(g_strstrip(*l));
        char *to = have;

        for (char *from = have; *from; from++) {
            if (*from != ' ' || from[1] != ' ') {
                *to++ = *from;
            }
        }
        *to = 0;
        if (!strcmp(have, line)) {
            return;
        }
    }
    g_test_message("no line '%s' in: %s", line, text);
    g_test_fail();
}

static void assert_hmp(QTestState *qts, const char *command,
                       const char *const *lines)
{
    g_autofree char *text = qtest_hmp(qts, "%s", command);

    for (; *lines; lines++) {
        assert_line(text, *lines);
    }
}

#define HMP(qts, command, ...) \
    assert_hmp(qts, command, (const char *const[]) { __VA_ARGS__, NULL })

static void test_hmp(void)
{
    g_autofree char *mrtd = NULL, *line = NULL;
    QTestState *qts = tdx_start("", "-m 512M -smp 2");
    QTdxHost h;
    QHostTd td;

    HMP(qts, "info tdx", "TDX module 1.5.25, build 20260115",
        "State sysinit-pending", "Dynamic PAMT supported, not enabled",
        "TD_PRESERVING TDG_VP_RDWR RELAXED_MEM_MNG_CONCURRENCY",
        "KeyIDs 1 for MKTME; 2-63 for TDX",
        "LPs 0 of 2 initialised; missing: 0 1",
        "Packages 0 of 1 have the module's key",
        "Updates 0 since the reset, 31 left; SVN 1.13",
        "CMR 0x0000000100000-0x000001fffffff 511 MiB");
    HMP(qts, "info pamt", "There is no PAMT before TDH.SYS.CONFIG");
    HMP(qts, "info pamt 0x1000", "0x1000 lies in no TDMR");
    HMP(qts, "info tds", "There is no TD");
    HMP(qts, "info tdx-check", "consistent");
    qtest_quit(qts);

    tdx_ask_build(&h, &td, true);
    mrtd = tdx_ask_mrtd(&td);
    line = g_strdup_printf("MRTD %s", mrtd);
    HMP(h.qts, "info tdx", "State sys-ready", "Dynamic PAMT enabled",
        "KeyIDs 1 for MKTME; 2-63 for TDX: 2 the module's own, 1 used by TDs,"
        " 0 flushed", "LPs 1 of 1 initialised",
        "TDMR 0x0000100000000-0x000017fffffff 2 GiB, 2 GiB initialised",
        "leaf RAX calls errors", "TDH.MNG.CREATE 9 1 0",
        "TDH.MNG.ADDCX 1 6 0");
    HMP(h.qts, "info pamt", "Dynamic PAMT; pages of 4 KiB by their type",
        "TDMR 0x0000100000000-0x000017fffffff 2 GiB", "tdr 1 4 KiB",
        "tdcx 11 44 KiB", "reg-4k 16 64 KiB", "reg-2m 512 2 MiB",
        "3 ranges of 2 MiB have a PAMT page pair");
    HMP(h.qts, "info pamt 0x100001008",
        "0x100001008 lies in the TDMR at 0x100000000",
        "1g entry of 0x100000000: nda",
        "2m entry of 0x100000000: pamt, pair 0x140000000 0x140001000, 17 "
        "pages in use",
        "4k entry of 0x100001000: tdcx, TDR 0x100000000",
        "page bitmap: clear");
    HMP(h.qts, "info pamt 0x140001000", "2m entry of 0x140000000: nda",
        "4k entry: none", "page bitmap: set, a PAMT page");
    HMP(h.qts, "info tds", "TDR HKID life cycle state vCPUs pages",
        "0x0000100000000 3 keys-configured runnable 1/4 544",
        "pages by type: tdr 1 tdcx 11 tdvpr 1 ept 4 reg-4k 16 reg-2m 512",
        "attributes 0x1, XFAM 0x3, GPA width 48, epoch 1", line,
        "vCPU 0x100007000: ready, number 0, x2APIC ID 0, on LP 0");
    qtest_quit(h.qts);

    qts = qtest_init("-machine q35 -cpu TDXHost");
    HMP(qts, "info tdx",
        "Error: this machine has no TDX module; use -device tdx-module");
    qtest_quit(qts);
    g_array_free(td.pages, true);
}

/* The line of updates, through all sessions of the P-SEAMLDR */
static void test_update(void)
{
    QTestState *qts = tdx_loader_start("", "");
    const char *handoff = "; handoff data of version 1";
    g_autofree char *open = g_strconcat(
        "Updates 0 since the reset, 31 left; SVN 1.13", handoff,
        "; in SEAMLDR.INSTALL, called by 1 LPs", NULL);
    g_autofree char *done = g_strconcat(
        "Updates 1 since the reset, 30 left; SVN 1.14", handoff, NULL);

    tdx_write_image(qts, SEAMLDR_REPLACE, "update=26\n", 14, 0);
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INSTALL, 0), 0);
    HMP(qts, "info tdx", "State sys-shutdown", open);
    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_INSTALL, TDX_LOADER_PARAMS),
                      0);
    HMP(qts, "info tdx", "State sysinit-pending", done);
    tdx_update(qts);
    HMP(qts, "info tdx", "State sys-ready",
        "Updates 1 since the reset, 30 left; SVN 1.14");

    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_CLEANUP, 0), 0);
    HMP(qts, "info tdx", "State unloaded", "Updates 1 since the reset, "
        "30 left; SVN 0.0; in SEAMLDR.CLEANUP, called by 1 LPs");
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_CLEANUP, 0), 0);
    HMP(qts, "info tdx", "State unloaded",
        "Updates 1 since the reset, 32 left; SVN 0.0");

    tdx_assert_status(tdx_loader(qts, 1, SEAMLDR_SHUTDOWN, 0), 0);
    HMP(qts, "info tdx", "Updates 1 since the reset, 32 left; SVN 0.0; "
        "in SEAMLDR.SHUTDOWN, called by 1 LPs");
    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_SHUTDOWN, 0), 0);
    HMP(qts, "info tdx", "Updates 1 since the reset, 32 left; SVN 0.0; "
        "the P-SEAMLDR was shut down");
    qtest_quit(qts);
}

/* A list that query-tdx-module cuts is not taken for all there is */
static void test_cut_list(void)
{
    g_autoptr(GString) line = g_string_new("LPs 0 of 70 initialised; missing:");
    QTestState *qts = tdx_start("", "-m 512M -smp 70");

    for (int lp = 0; lp < 64; lp++) {
        g_string_append_printf(line, " %d", lp);
    }
    g_string_append(line, " and 6 more");
    HMP(qts, "info tdx", line->str);
    qtest_quit(qts);
}

/* Nor one that query-tdx-tds cuts: 65 TDs that have their TDR alone */
static void test_cut_tds(void)
{
    const unsigned shown = 64;
    g_autofree char *line = NULL;
    uint64_t last = 0;
    QTdxHost h;

    tdx_host_init(&h, tdx_start("", TDX_HOST_MACHINE
                                "-cpu TDXHost,keyid-bits=7"), true);
    for (unsigned i = 0; i <= shown; i++) {
        g_autofree char *all = NULL;

        last = tdx_host_page(&h);
        tdx_ok(h.qts, .rax = TDH_MNG_CREATE, .rcx = last, .rdx = HKID + i);
        all = qtest_hmp(h.qts, "info tds");
        g_assert_cmpint(!!strstr(all, "There are more"), ==, i == shown);
    }
    line = g_strdup_printf("There are more, from 0x%" PRIx64 " on; "
                           "query-tdx-tds of QMP shows them", last);
    HMP(h.qts, "info tds", line);
    qtest_quit(h.qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam/monitor-hmp", test_hmp);
    qtest_add_func("/seam/monitor-hmp/update", test_update);
    qtest_add_func("/seam/monitor-hmp/cut-list", test_cut_list);
    qtest_add_func("/seam/monitor-hmp/cut-tds", test_cut_tds);
    return g_test_run();
}
