/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whole TDs through QEMU, without a guest: built over a 2 MiB boundary with
 * Dynamic PAMT, measured, saved half-way, split and joined, taken apart.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "libqos/tdx-state.h"
#include "libqos/tdx-td.h"

#define HKID    2
#define TD_HKID 3

#define MACHINE "-m 4G -smp 2,sockets=2,cores=1,threads=1 "

#define TDMR   (4 * GiB)
#define PAIRS  (TDMR + 1 * GiB)
#define SOURCE (64 * MiB)
#define PARAMS (63 * MiB)

#define PAGE  (4 * KiB)
#define RANGE (2 * MiB)

#define TD_PAGES 64
#define LEVEL_2M 1

static const int lp_per_pkg[] = { 0, 1, -1 };

static QTestState *ready(const char *more)
{
    g_autofree char *args = g_strdup_printf("%s%s", MACHINE, more);
    QTestState *qts = tdx_start("", args);
    QTdxTdmr t = { .base = TDMR, .size = 2 * GiB };

    tdx_place_pamts(&t, true, 16 * MiB);
    tdx_bring_up(qts, 2, lp_per_pkg, &t, 1, HKID | TDX_CONFIG_DYNAMIC_PAMT);
    tdx_init_tdmr(qts, 0, &t);
    return qts;
}

/* Its pages lie on both sides of a 2 MiB boundary */
static void build(QTdxTd *td, QTestState *qts)
{
    tdx_td_build(td, qts, lp_per_pkg, TD_HKID, TDMR + RANGE - 40 * PAGE,
                 PAIRS, PARAMS);
}

/* --- measurement -------------------------------------------------------- */

static void measure(GChecksum *sum, const char *name, uint64_t gpa)
{
    uint8_t record[128] = { 0 };

    memcpy(record, name, strlen(name));
    stq_le_p(record + 16, gpa);
    g_checksum_update(sum, record, sizeof(record));
}

/* Pages @from to @to of the guest, every other one measured with content */
static void add_pages(QTdxTd *td, unsigned from, unsigned to, GChecksum *sum)
{
    uint8_t content[PAGE];

    for (unsigned i = from; i < to; i++) {
        uint64_t gpa = i * PAGE;

        memset(content, i + 1, sizeof(content));
        qtest_memwrite(td->qts, SOURCE, content, sizeof(content));
        tdx_td_add_page(td, gpa, SOURCE);
        measure(sum, "MEM.PAGE.ADD", gpa);
        for (unsigned at = 0; i % 2 && at < PAGE; at += 256) {
            tdx_assert_status(tdx_call(td->qts, 0, TDH_MR_EXTEND, gpa + at,
                                       td->tdr, 0), TDX_SUCCESS);
            measure(sum, "MR.EXTEND", gpa + at);
            g_checksum_update(sum, content + at, 256);
        }
    }
}

static void finalize(QTdxTd *td, GChecksum *sum)
{
    uint8_t mrtd[48];
    gsize len = sizeof(mrtd);

    tdx_assert_status(tdx_call(td->qts, 0, TDH_MR_FINALIZE, td->tdr, 0, 0),
                      TDX_SUCCESS);
    g_checksum_get_digest(sum, mrtd, &len);
    for (int i = 0; i < sizeof(mrtd) / 8; i++) {
        g_assert_cmphex(tdx_td_rd(td, TDX_MD_MRTD(i)), ==,
                        ldq_le_p(mrtd + 8 * i));
    }
}

/* The host sees nothing of what it gave away */
static void assert_hidden(QTdxTd *td)
{
    for (int i = 0; i < td->pages->len; i++) {
        uint64_t page = g_array_index(td->pages, uint64_t, i);

        for (uint64_t at = 0; at < PAGE; at += 512) {
            g_assert_cmphex(qtest_readq(td->qts, page + at), ==, 0);
        }
    }
}

static void test_build(void)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
    QTestState *qts = ready("");
    QTdxTd td;

    build(&td, qts);
    add_pages(&td, 0, TD_PAGES, sum);
    finalize(&td, sum);
    g_assert_cmpint(td.pairs_added, ==, 2);
    g_assert_cmpint(tdx_td_rd(&td, TDX_MD_CHLDCNT), ==, td.pages->len);
    assert_hidden(&td);
    tdx_td_destroy(&td, lp_per_pkg);
    qtest_quit(qts);
}

/* --- large pages -------------------------------------------------------- */

static void block_and_track(QTdxTd *td, uint64_t entry)
{
    tdx_assert_status(tdx_call(td->qts, 0, TDH_MEM_RANGE_BLOCK, entry,
                               td->tdr, 0), TDX_SUCCESS);
    tdx_assert_status(tdx_call(td->qts, 0, TDH_MEM_TRACK, td->tdr, 0, 0),
                      TDX_SUCCESS);
}

static void test_split_and_join(void)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
    QTestState *qts = ready("");
    uint64_t large = TDMR + 512 * MiB, entry = 4 * MiB | LEVEL_2M;
    uint64_t table, pair = PAIRS + 64 * KiB;
    TdxRegs r;
    QTdxTd td;

    build(&td, qts);
    finalize(&td, sum);
    tdx_assert_status(tdx_call(qts, 0, TDH_MEM_PAGE_AUG, entry, td.tdr,
                               large), TDX_SUCCESS);
    table = tdx_td_page(&td);
    for (int round = 0; round < 3; round++) {
        block_and_track(&td, entry);
        r = (TdxRegs) {
            .rax = TDH_MEM_PAGE_DEMOTE, .rcx = entry, .rdx = td.tdr,
            .r8 = table, .r9 = UINT64_MAX, .r10 = UINT64_MAX,
            .r11 = UINT64_MAX, .r12 = pair, .r13 = pair + PAGE,
        };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);

        block_and_track(&td, entry);
        r = (TdxRegs) { .rax = TDH_MEM_PAGE_PROMOTE, .rcx = entry,
                        .rdx = td.tdr };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
        /* The table comes back, and so does the page pair */
        g_assert_cmphex(r.rcx & ~(1ULL << 62), ==, table);
        g_assert_cmphex(r.r12, ==, pair);
        g_assert_cmphex(r.r13, ==, pair + PAGE);
    }
    g_array_set_size(td.pages, td.pages->len - 1); /* the table is free */
    g_array_append_val(td.pages, large);
    tdx_td_destroy(&td, lp_per_pkg);
    qtest_quit(qts);
}

/* --- saved half-way ----------------------------------------------------- */

/* Another QEMU goes on with the build, and the measurement is the same */
static void test_saved_half_way(void)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
    g_autofree char *path = NULL, *uri = NULL, *args = NULL;
    g_autoptr(GError) error = NULL;
    QTestState *qts = ready("");
    QTdxTd td;
    int fd = g_file_open_tmp("seam-td-XXXXXX", &path, &error);

    g_assert_no_error(error);
    close(fd);
    uri = g_strdup_printf("file:%s", path);

    build(&td, qts);
    add_pages(&td, 0, 7, sum);
    qtest_qmp_assert_success(qts, "{ 'execute': 'migrate', 'arguments': "
                             "{ 'uri': %s } }", uri);
    tdx_wait_migrated(qts);
    qtest_quit(qts);

    args = g_strdup_printf("%s-incoming defer", MACHINE);
    td.qts = tdx_start("", args);
    qtest_qmp_assert_success(td.qts, "{ 'execute': 'migrate-incoming', "
                             "'arguments': { 'uri': %s } }", uri);
    tdx_wait_migrated(td.qts);
    unlink(path);

    add_pages(&td, 7, TD_PAGES, sum);
    finalize(&td, sum);
    assert_hidden(&td);
    qts = td.qts;
    tdx_td_destroy(&td, lp_per_pkg);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam/td/build", test_build);
    qtest_add_func("/seam/td/split-and-join", test_split_and_join);
    qtest_add_func("/seam/td/saved-half-way", test_saved_half_way);
    return g_test_run();
}
