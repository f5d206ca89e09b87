/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The partial write erratum without a processor that reads: which writes of
 * devices poison lines of private memory, what ends it, and that a saved
 * machine remembers.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "libqos/tdx-edu.h"
#include "libqos/tdx-state.h"

#define HKID 2
#define LINE 64
#define ERRATUM "-cpu TDXHost,partial-write-erratum=on "
#define MACHINE "-m 4G "

static const QTdxTdmr tdmr = { .base = 4 * GiB, .size = 2 * GiB };

/* A page of a static PAMT that describes nothing that is looked at */
static uint64_t bring_up(QTestState *qts)
{
    QTdxTdmr t = tdmr;

    tdx_place_pamts(&t, false, 16 * MiB);
    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1, HKID);
    tdx_init_tdmr(qts, 0, &t);
    return t.pamt[0].base + MiB;
}

static uint64_t poisoned(QTestState *qts)
{
    return tdx_prop(qts, "poisoned-lines");
}

/* --- writes of any device ------------------------------------------------- */

static void test_lines(void)
{
    QTestState *qts = tdx_start("", ERRATUM MACHINE);
    uint64_t page = bring_up(qts);

    g_assert_cmpint(poisoned(qts), ==, 0);
    qtest_writeb(qts, page + 5, 0);
    g_assert_cmpint(poisoned(qts), ==, 1);
    /* The same line, and all but a byte of the next one */
    qtest_writeq(qts, page + 8, 0);
    g_assert_cmpint(poisoned(qts), ==, 1);
    qtest_memset(qts, page + LINE, 0, LINE - 1);
    g_assert_cmpint(poisoned(qts), ==, 2);
    /* Whole lines end it; they are the host's then, and cannot get it */
    qtest_memset(qts, page, 0, LINE);
    g_assert_cmpint(poisoned(qts), ==, 1);
    qtest_writeb(qts, page, 0);
    g_assert_cmpint(poisoned(qts), ==, 1);
    qtest_memset(qts, page, 0, 4 * KiB);
    g_assert_cmpint(poisoned(qts), ==, 0);
    qtest_writeb(qts, page + 512, 0);
    g_assert_cmpint(poisoned(qts), ==, 0);
    /* Memory that is not private */
    qtest_writeb(qts, 64 * MiB, 0);
    g_assert_cmpint(poisoned(qts), ==, 0);
    qtest_quit(qts);
}

static void test_without_erratum(void)
{
    QTestState *qts = tdx_start("", MACHINE);
    uint64_t page = bring_up(qts);

    qtest_writeb(qts, page, 0);
    g_assert_cmpint(poisoned(qts), ==, 0);
    qtest_quit(qts);
}

static void test_reset(void)
{
    QTestState *qts = tdx_start("", ERRATUM MACHINE);

    qtest_writeb(qts, bring_up(qts), 0);
    g_assert_cmpint(poisoned(qts), ==, 1);
    qtest_system_reset(qts);
    g_assert_cmpint(poisoned(qts), ==, 0);
    bring_up(qts);
    g_assert_cmpint(poisoned(qts), ==, 0);
    qtest_quit(qts);
}

/* Both ends of what one device writes at once, across two pages */
static void test_dma(void)
{
    QTestState *qts = tdx_start("", ERRATUM MACHINE TDX_EDU);
    uint64_t page = bring_up(qts);
    QTdxEdu edu;

    tdx_edu_start(&edu, qts);
    for (int step = 0; step < 2; step++) {
        uint64_t start = page + 3 * KiB + (step ? 0 : 32);

        tdx_edu_write(&edu, start, step ? 4 * KiB : 4 * KiB - 16);
        g_assert_cmpint(poisoned(qts), ==, step ? 1 : 2);
    }
    /* The second time began with a whole line; the last one stays */
    qtest_memset(qts, page + 7 * KiB, 0, LINE);
    g_assert_cmpint(poisoned(qts), ==, 0);
    tdx_edu_stop(&edu);
    qtest_quit(qts);
}

/* What the module stores where the host says goes through its cache */
static void test_module(void)
{
    QTestState *qts = tdx_start("", ERRATUM MACHINE);
    uint64_t page = bring_up(qts);

    g_assert_cmpint(tdx_call(qts, 0, TDH_SYS_RDALL, 0, page,
                             TDX_MD_FEATURES0), ==, TDX_SUCCESS);
    /* It did write there, and less than a line at the end */
    g_assert_cmpint(qtest_readw(qts, page) % LINE, !=, 0);
    g_assert_cmpint(poisoned(qts), ==, 0);
    qtest_quit(qts);
}

/* --- saving and loading --------------------------------------------------- */

static void test_migration(void)
{
    g_autofree char *path = NULL, *incoming = NULL, *args = NULL, *err = NULL;
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("seam-poison-XXXXXX", &path, &error);
    QTestState *qts = tdx_start("", ERRATUM MACHINE);
    uint64_t page = bring_up(qts);

    g_assert_no_error(error);
    close(fd);
    qtest_writeb(qts, page, 0);
    qtest_writeb(qts, page + 4 * KiB - 1, 0);
    tdx_save(qts, path);

    incoming = g_strdup_printf(ERRATUM MACHINE "-incoming file:%s", path);
    qts = tdx_start("", incoming);
    qtest_qmp_eventwait(qts, "RESUME");
    g_assert_cmpint(poisoned(qts), ==, 2);
    /* It goes on as it was: one line is cleared, another gets poison */
    qtest_memset(qts, page, 0, LINE);
    g_assert_cmpint(poisoned(qts), ==, 1);
    qtest_writeb(qts, page + 2 * LINE, 0);
    qtest_writeb(qts, page, 0);
    g_assert_cmpint(poisoned(qts), ==, 2);
    qtest_quit(qts);

    /* Not to a machine whose processors do not know of poison */
    args = g_strdup_printf("-machine q35 -cpu TDXHost,model=0x8f,stepping=8 "
                           "-nodefaults -device tdx-module,id=tdx "
                           MACHINE "-incoming file:%s", path);
    g_assert_cmpint(tdx_run(args, NULL, &err), !=, 0);
    g_assert_nonnull(strstr(err, "the saved state is of another module or "
                            "machine: it has 'version="));
    g_assert_nonnull(strstr(err, "partial-write-erratum=on"));
    unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/poison/lines", test_lines);
    qtest_add_func("seam/poison/without-erratum", test_without_erratum);
    qtest_add_func("seam/poison/reset", test_reset);
    qtest_add_func("seam/poison/dma", test_dma);
    qtest_add_func("seam/poison/module", test_module);
    qtest_add_func("seam/poison/migration", test_migration);
    return g_test_run();
}
