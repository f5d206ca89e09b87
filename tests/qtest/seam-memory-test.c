/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory of the TDX module through QEMU: convertible memory follows the
 * machine's RAM, private memory is apart from it and costs what it holds.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqos/tdx-module.h"

#define HKID 2

static const int first_lp[] = { 0, -1 };

/* --- convertible memory -------------------------------------------------- */

typedef struct CmrCase {
    const char *name;
    const char *args;
    struct {
        uint64_t base;
        uint64_t end;
    } range[4];
} CmrCase;

/*
 * q35 has RAM up to 2 GiB when there is more than 2.75 GiB of it, else up to
 * its end; the rest is at 4 GiB.  The first MiB is never convertible.
 */
static const CmrCase cmr_cases[] = {
    { "512M", "-m 512M", { { 1 * MiB, 512 * MiB } } },
    { "1G", "-m 1G", { { 1 * MiB, 1 * GiB } } },
    { "4G", "-m 4G", { { 1 * MiB, 2 * GiB }, { 4 * GiB, 6 * GiB } } },
    {
        "64G-sparse",
        "-object memory-backend-ram,id=m,size=64G,reserve=off -m 64G "
        "-machine memory-backend=m",
        { { 1 * MiB, 2 * GiB }, { 4 * GiB, 66 * GiB } },
    },
    {
        /* Nodes lie side by side: one range for both */
        "numa",
        "-m 6G -smp 2 "
        "-object memory-backend-ram,id=m0,size=3G,reserve=off "
        "-object memory-backend-ram,id=m1,size=3G,reserve=off "
        "-numa node,memdev=m0,cpus=0 -numa node,memdev=m1,cpus=1",
        { { 1 * MiB, 2 * GiB }, { 4 * GiB, 8 * GiB } },
    },
    {
        /* Memory devices begin at the next GiB after RAM and a gap */
        "numa-hole",
        "-m 4G,slots=2,maxmem=16G -smp 2 "
        "-object memory-backend-ram,id=m0,size=4G,reserve=off "
        "-object memory-backend-ram,id=m1,size=2G,reserve=off "
        "-numa node,memdev=m0,cpus=0 -numa node,cpus=1 "
        "-device pc-dimm,memdev=m1,node=1,addr=0x200000000",
        {
            { 1 * MiB, 2 * GiB }, { 4 * GiB, 6 * GiB }, { 8 * GiB, 10 * GiB },
        },
    },
    {
        "max-ram-below-4g",
        "-machine max-ram-below-4g=1G -m 3G",
        { { 1 * MiB, 1 * GiB }, { 4 * GiB, 6 * GiB } },
    },
};

static void test_cmrs(const void *data)
{
    const CmrCase *c = data;
    QTestState *qts = tdx_start("", c->args);

    tdx_init_lps(qts, tdx_prop(qts, "num-lps"));
    for (int i = 0; i < TDX_NUM_CMRS; i++) {
        uint64_t base = 0, end = 0;

        if (i < ARRAY_SIZE(c->range)) {
            base = c->range[i].base;
            end = c->range[i].end;
        }
        g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_BASE(i)), ==, base);
        g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(i)), ==, end - base);
    }
    qtest_quit(qts);
}

/* Memory that is plugged into the running machine is found at the reset */
static void test_cmrs_hotplug(void)
{
    QTestState *qts = tdx_start("", "-m 1G,slots=1,maxmem=4G "
                                "-object memory-backend-ram,id=m,size=1G");

    tdx_init_lps(qts, 1);
    qtest_qmp_device_add(qts, "pc-dimm", "dimm", "{ 'memdev': 'm', "
                         "'addr': 5368709120 }");
    g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 1);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(1)), ==, 0);
    qtest_system_reset(qts);
    tdx_init_lps(qts, 1);
    g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 2);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_BASE(1)), ==, 5 * GiB);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(1)), ==, 1 * GiB);
    qtest_quit(qts);
}

/* --- private memory ------------------------------------------------------ */

#define RSVD_OFFSET (1 * GiB + 12 * KiB)

/* The page of RSVD_OFFSET in the page bitmap of a TDMR */
#define RSVD_BITMAP_BYTE (RSVD_OFFSET / (4 * KiB) / 8)

static QTestState *start_with_private(QTdxTdmr *t, bool dynamic)
{
    QTestState *qts = tdx_start("", "-m 4G");

    *t = (QTdxTdmr) { .base = 4 * GiB, .size = 2 * GiB };
    tdx_place_pamts(t, dynamic, 16 * MiB);
    t->rsvd[0].base = RSVD_OFFSET;
    t->rsvd[0].size = 4 * KiB;
    tdx_bring_up(qts, 1, first_lp, t, 1,
                 HKID | (dynamic ? TDX_CONFIG_DYNAMIC_PAMT : 0));
    return qts;
}

/* Page type 1 is PT_RSVD, 0 is PT_NDA */
static void assert_page_type(QTestState *qts, uint64_t hpa, uint64_t type)
{
    TdxRegs r = { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = hpa };

    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    g_assert_cmpint(r.rcx, ==, type);
}

static void fill(QTestState *qts, uint64_t from, uint64_t len, uint8_t byte)
{
    g_autofree uint8_t *buf = g_malloc(len);

    memset(buf, byte, len);
    qtest_memwrite(qts, from, buf, len);
}

static bool reads_as(QTestState *qts, uint64_t from, uint64_t len,
                     uint8_t byte)
{
    g_autofree uint8_t *buf = g_malloc(len);

    qtest_memread(qts, from, buf, len);
    for (uint64_t i = 0; i < len; i++) {
        if (buf[i] != byte) {
            return false;
        }
    }
    return true;
}

/* A static PAMT has an entry that is not zero: a host cannot see it */
static void test_pamt_unreadable(void)
{
    QTdxTdmr t;
    QTestState *qts = start_with_private(&t, false);
    uint64_t entry = t.pamt[0].base + RSVD_OFFSET / (4 * KiB) * 16;

    /* What the host left there is gone once the PAMT is initialized */
    fill(qts, entry & -4096ULL, 4096, 0xa5);
    tdx_init_tdmr(qts, 0, &t);
    assert_page_type(qts, t.base + RSVD_OFFSET, 1);
    assert_page_type(qts, t.base + RSVD_OFFSET + 4 * KiB, 0);
    g_assert_true(reads_as(qts, entry & -4096ULL, 4096, 0));
    qtest_quit(qts);
}

/* The page bitmap of Dynamic PAMT is as invisible as entries are */
static void test_bitmap_unreadable(void)
{
    QTdxTdmr t;
    QTestState *qts = start_with_private(&t, true);

    fill(qts, t.pamt[0].base, t.pamt[0].size, 0xa5);
    tdx_init_tdmr(qts, 0, &t);
    g_assert_true(reads_as(qts, t.pamt[0].base, t.pamt[0].size, 0));
    /* Type 15 is what a page with its bit set is told as */
    assert_page_type(qts, t.base + RSVD_OFFSET, 15);
    qtest_quit(qts);
}

/* --- cost ---------------------------------------------------------------- */

static uint64_t rss_of(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/statm", (int)pid);
    g_autofree char *text = NULL;
    unsigned long long pages = 0;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(sscanf(text, "%*u %llu", &pages), ==, 1);
    return pages * qemu_real_host_page_size();
}

/* Bring up 256 GiB that nobody touched; returns growth of QEMU in bytes */
static uint64_t growth(bool dynamic)
{
    QTestState *qts = tdx_start("", "-object memory-backend-ram,id=m,"
                                "size=256G,reserve=off -m 256G "
                                "-machine memory-backend=m");
    QTdxTdmr t = { .base = 4 * GiB, .size = 254 * GiB };
    uint64_t before, after;
    TdxRegs r;

    tdx_place_pamts(&t, dynamic, 16 * MiB);
    /* So that a PAMT is not all zero */
    t.rsvd[0].base = 12 * GiB;
    t.rsvd[0].size = 4 * KiB;
    tdx_bring_up(qts, 1, first_lp, &t, 1,
                 HKID | (dynamic ? TDX_CONFIG_DYNAMIC_PAMT : 0));
    before = rss_of(qtest_pid(qts));
    /* The first 16 GiB of a static PAMT tell as much as all would */
    for (uint64_t end = dynamic ? t.base + t.size : 20 * GiB, at = 0;
         at < end; at = r.rdx) {
        r = (TdxRegs) { .rax = TDH_SYS_TDMR_INIT, .rcx = t.base };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
    }
    after = rss_of(qtest_pid(qts));
    g_assert_cmpint(tdx_prop(qts, "private-bytes-used"), >, 0);
    qtest_quit(qts);
    return after - MIN(after, before);
}

static void test_cost_dynamic(void)
{
    if (access("/proc/self/statm", R_OK)) {
        g_test_skip("no /proc/PID/statm");
        return;
    }
    /* A quarter of what 1 TiB may cost */
    g_assert_cmpint(growth(true), <, 16 * MiB);
}

static void test_cost_static(void)
{
    if (access("/proc/self/statm", R_OK)) {
        g_test_skip("no /proc/PID/statm");
        return;
    }
    /* The PAMT of 16 GiB has 64 MiB; it is zero and costs next to nothing */
    g_assert_cmpint(growth(false), <, 16 * MiB);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (int i = 0; i < ARRAY_SIZE(cmr_cases); i++) {
        g_autofree char *path = g_strdup_printf("seam/memory/cmrs/%s",
                                                cmr_cases[i].name);

        qtest_add_data_func(path, &cmr_cases[i], test_cmrs);
    }
    qtest_add_func("seam/memory/cmrs-hotplug", test_cmrs_hotplug);
    qtest_add_func("seam/memory/pamt-unreadable", test_pamt_unreadable);
    qtest_add_func("seam/memory/bitmap-unreadable", test_bitmap_unreadable);
    qtest_add_func("seam/memory/cost-dynamic", test_cost_dynamic);
    qtest_add_func("seam/memory/cost-static", test_cost_static);
    return g_test_run();
}
