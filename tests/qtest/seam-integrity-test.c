/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Private memory and those who write to it or read it from outside: the
 * monitor's way, devices' DMA, and what a saved machine remembers of it.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "libqos/tdx-edu.h"
#include "libqos/tdx-module.h"

#define HKID 2

#define RAM_FREE   (64 * MiB)
#define SECRET     0x5ec5ec5ec5ec5ec5ULL

typedef struct Machine {
    QTestState *qts;
    QTdxTdmr tdmr;
    QTdxEdu edu;
} Machine;

/* A module with a static PAMT, entries of which are not all zero */
static void start(Machine *m)
{
    *m = (Machine) { .tdmr = { .base = 4 * GiB, .size = 2 * GiB } };
    m->qts = tdx_start("", "-m 4G " TDX_EDU);
    m->tdmr.rsvd[0].base = 0;
    m->tdmr.rsvd[0].size = 4 * KiB;
    tdx_place_pamts(&m->tdmr, false, 16 * MiB);
    tdx_edu_start(&m->edu, m->qts);
}

static void bring_up(Machine *m)
{
    static const int first_lp[] = { 0, -1 };

    tdx_bring_up(m->qts, 1, first_lp, &m->tdmr, 1, HKID);
    tdx_init_tdmr(m->qts, 0, &m->tdmr);
}

static void stop(Machine *m)
{
    tdx_edu_stop(&m->edu);
    qtest_quit(m->qts);
}

/* PT_RSVD for the first page; false: VMfailInvalid */
static bool look(Machine *m, uint64_t page)
{
    TdxRegs r = { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = page };

    if (!tdx_seamcall(m->qts, 0, &r)) {
        return false;
    }
    tdx_assert_status(r.rax, TDX_SUCCESS);
    g_assert_cmpint(r.rcx, ==, page == m->tdmr.base);
    return true;
}

static void assert_gone(Machine *m)
{
    TdxRegs r = { .rax = TDH_SYS_RD, .rdx = TDX_MD_FEATURES0 };

    g_assert_false(look(m, m->tdmr.base));
    g_assert_false(tdx_seamcall(m->qts, 0, &r));
}

/* --- the monitor's way ---------------------------------------------------- */

static void test_write(void)
{
    Machine m;
    uint64_t entry;

    start(&m);
    bring_up(&m);
    entry = m.tdmr.pamt[0].base;
    /* Another line of the same page */
    qtest_writeb(m.qts, entry + 64, 0);
    g_assert_true(look(&m, m.tdmr.base));
    qtest_writeb(m.qts, entry + 63, 0);
    assert_gone(&m);
    /* A new start of the platform brings it back */
    qtest_system_reset(m.qts);
    bring_up(&m);
    g_assert_true(look(&m, m.tdmr.base));
    stop(&m);
}

static void test_read(void)
{
    Machine m;
    uint64_t entry;

    start(&m);
    entry = m.tdmr.pamt[0].base;
    qtest_writeq(m.qts, entry, SECRET);
    bring_up(&m);
    g_assert_cmphex(qtest_readq(m.qts, entry), ==, 0);
    g_assert_true(look(&m, m.tdmr.base));
    stop(&m);
}

/* --- DMA ---------------------------------------------------------------- */

static void test_dma_write(void)
{
    Machine m;
    uint64_t page;

    start(&m);
    bring_up(&m);
    page = m.tdmr.pamt[0].base;
    /* The second half of the page, entries 128 and up */
    tdx_edu_write(&m.edu, page + 2 * KiB, 2 * KiB);
    g_assert_true(look(&m, m.tdmr.base));
    g_assert_true(look(&m, m.tdmr.base + 127 * 4 * KiB));
    g_assert_false(look(&m, m.tdmr.base + 128 * 4 * KiB));
    assert_gone(&m);
    stop(&m);
}

/* The first entry of the PAMT says PT_RSVD, but not to a device */
static void test_dma_read(void)
{
    Machine m;
    uint64_t page;

    start(&m);
    page = m.tdmr.pamt[0].base;
    qtest_memset(m.qts, page, 0xa5, 4 * KiB);
    qtest_memset(m.qts, RAM_FREE, 0x5a, 4 * KiB);
    bring_up(&m);
    tdx_edu_read(&m.edu, page, 4 * KiB);
    tdx_edu_write(&m.edu, RAM_FREE, 4 * KiB);
    for (unsigned i = 0; i < 4 * KiB; i += 8) {
        g_assert_cmphex(qtest_readq(m.qts, RAM_FREE + i), ==, 0);
    }
    g_assert_true(look(&m, m.tdmr.base));
    stop(&m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/integrity/write", test_write);
    qtest_add_func("seam/integrity/read", test_read);
    qtest_add_func("seam/integrity/dma/write", test_dma_write);
    qtest_add_func("seam/integrity/dma/read", test_dma_read);
    return g_test_run();
}
