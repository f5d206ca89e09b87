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

/* 4 GiB of RAM on q35: half of it below 2 GiB, half above 4 GiB */
#define MEM       "-m 4G "
#define TWO_PKGS  MEM "-smp 4,sockets=2,cores=2,threads=1"

#define MODULE_HV 1

static const int first_lp[] = { 0, -1 };
static const int lp_per_pkg[] = { 1, 2, -1 };

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

static uint64_t call0(QTestState *qts, unsigned lp, uint64_t leaf)
{
    return tdx_call(qts, lp, leaf, 0, 0, 0);
}

static void test_one_lp(void)
{
    QTestState *qts = tdx_start("", MEM);
    QTdxTdmr t = high_tdmr(true);

    assert_state(qts, "SYSINIT_PENDING");
    tdx_bring_up(qts, 1, first_lp, &t, 1, HKID | TDX_CONFIG_DYNAMIC_PAMT);
    assert_state(qts, "SYS_READY");
    /* 16 MiB of memory a call */
    g_assert_cmpint(tdx_init_tdmr(qts, 0, &t), ==, 128);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_TDMR_INIT, t.base, 0, 0),
                      TDX_TDMR_ALREADY_INITIALIZED);

    g_assert_cmpint(tdx_prop(qts, "hkid"), ==, HKID);
    g_assert_cmpint(tdx_prop(qts, "num-tdmrs"), ==, 1);
    g_assert_cmpint(tdx_prop(qts, "tdmr-bytes"), ==, 2 * GiB);
    /* A bit for each page, 8 KiB per GiB for level 2M, a page for level 1G */
    g_assert_cmpint(tdx_prop(qts, "pamt-bytes"), ==,
                    64 * KiB + 16 * KiB + 4 * KiB);
    g_assert_cmpint(tdx_prop(qts, "static-pamt-bytes"), ==,
                    8 * MiB + 16 * KiB + 4 * KiB);
    qtest_quit(qts);
}

static void test_two_packages(void)
{
    QTestState *qts = tdx_start("", TWO_PKGS);
    QTdxTdmr t = high_tdmr(true);

    g_assert_cmpint(tdx_prop(qts, "num-lps"), ==, 4);
    g_assert_cmpint(tdx_prop(qts, "num-packages"), ==, 2);

    tdx_assert_status(call0(qts, 3, TDH_SYS_LP_INIT),
                      TDX_SYS_LP_INIT_NOT_PENDING);
    tdx_assert_status(call0(qts, 3, TDH_SYS_INIT), TDX_SUCCESS);
    assert_state(qts, "SYSINIT_DONE");
    tdx_assert_status(call0(qts, 0, TDH_SYS_INIT), TDX_SYS_INIT_NOT_PENDING);

    tdx_assert_status(call0(qts, 3, TDH_SYS_LP_INIT), TDX_SUCCESS);
    tdx_assert_status(call0(qts, 3, TDH_SYS_LP_INIT), TDX_SYS_LP_INIT_DONE);
    tdx_assert_status(call0(qts, 0, TDH_SYS_LP_INIT), TDX_SUCCESS);
    tdx_assert_status(call0(qts, 1, TDH_SYS_LP_INIT), TDX_SUCCESS);
    g_assert_cmpint(tdx_prop(qts, "lps-initialized"), ==, 3);

    tdx_write_tdmrs(qts, &t, 1, 2 * MiB);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, 2 * MiB, 1,
                               HKID | TDX_CONFIG_DYNAMIC_PAMT),
                      TDX_SYS_CONFIG_NOT_PENDING);
    tdx_assert_status(call0(qts, 2, TDH_SYS_RD), TDX_SYS_LP_INIT_NOT_DONE);
    tdx_assert_status(call0(qts, 2, TDH_SYS_LP_INIT), TDX_SUCCESS);

    tdx_assert_status(call0(qts, 2, TDH_SYS_KEY_CONFIG),
                      TDX_SYS_KEY_CONFIG_NOT_PENDING);
    tdx_assert_status(tdx_call(qts, 2, TDH_SYS_CONFIG, 2 * MiB, 1,
                               HKID | TDX_CONFIG_DYNAMIC_PAMT), TDX_SUCCESS);
    assert_state(qts, "SYSCONFIG_DONE");
    tdx_assert_status(call0(qts, 0, TDH_SYS_LP_INIT),
                      TDX_SYS_LP_INIT_NOT_PENDING);

    tdx_assert_status(call0(qts, 0, TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
    tdx_assert_status(call0(qts, 1, TDH_SYS_KEY_CONFIG), TDX_KEY_CONFIGURED);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_TDMR_INIT, t.base, 0, 0),
                      TDX_SYS_NOT_READY);
    tdx_assert_status(call0(qts, 3, TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
    assert_state(qts, "SYS_READY");
    tdx_assert_status(call0(qts, 2, TDH_SYS_KEY_CONFIG),
                      TDX_SYS_KEY_CONFIG_NOT_PENDING);
    g_assert_cmpint(tdx_init_tdmr(qts, 3, &t), ==, 128);
    qtest_quit(qts);
}

static void test_static_pamt(void)
{
    QTestState *qts = tdx_start("", TWO_PKGS);
    QTdxTdmr t = high_tdmr(false);

    tdx_bring_up(qts, 4, lp_per_pkg, &t, 1, HKID);
    /* 4 MiB of memory a call */
    g_assert_cmpint(tdx_init_tdmr(qts, 0, &t), ==, 512);
    g_assert_cmpint(tdx_prop(qts, "pamt-bytes"), ==,
                    tdx_prop(qts, "static-pamt-bytes"));
    /* The leaf is there, Dynamic PAMT is not enabled */
    tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_ADD, 4 * GiB | 1,
                               4 * GiB, 4 * GiB + 4 * KiB),
                      tdx_op(TDX_OPERAND_INVALID, 0));
    qtest_quit(qts);
}

static void test_shutdown(void)
{
    QTestState *qts = tdx_start("", TWO_PKGS);
    QTdxTdmr t = high_tdmr(true);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_SHUTDOWN, MODULE_HV, 0, 0),
                      TDX_SYS_NOT_READY);
    tdx_bring_up(qts, 4, lp_per_pkg, &t, 1, HKID | TDX_CONFIG_DYNAMIC_PAMT);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_SHUTDOWN, MODULE_HV + 1, 0, 0),
                      tdx_op(TDX_OPERAND_INVALID, 1));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_SHUTDOWN, MODULE_HV, 0, 0),
                      TDX_SUCCESS);
    assert_state(qts, "SYS_SHUTDOWN");
    tdx_assert_status(call0(qts, 1, TDH_SYS_INIT), TDX_SYS_SHUTDOWN);
    tdx_assert_status(call0(qts, 1, TDH_SYS_RD), TDX_SYS_SHUTDOWN);
    tdx_assert_status(call0(qts, 1, TDH_SYS_LP_SHUTDOWN), TDX_SUCCESS);
    qtest_quit(qts);
}

static void test_disable(void)
{
    QTestState *qts = tdx_start("", TWO_PKGS);
    QTdxTdmr t = high_tdmr(true);

    /* A reserved area is marked in the bitmap: private memory is not zero */
    t.rsvd[0].base = 1 * GiB;
    t.rsvd[0].size = 4 * KiB;
    for (int round = 0; round < 2; round++) {
        tdx_bring_up(qts, 4, lp_per_pkg, &t, 1,
                     HKID | TDX_CONFIG_DYNAMIC_PAMT);
        tdx_init_tdmr(qts, 0, &t);
        g_assert_cmpint(tdx_prop(qts, "private-bytes-used"), >, 0);
        tdx_assert_status(call0(qts, 1, TDH_SYS_DISABLE), TDX_SUCCESS);
        assert_state(qts, "SYSINIT_PENDING");
        g_assert_cmpint(tdx_prop(qts, "private-bytes-used"), ==, 0);
    }
    qtest_quit(qts);
}

/* The platform's reset loads the module afresh, whatever state it was in */
static void test_reset(void)
{
    QTestState *qts = tdx_start("", TWO_PKGS);
    QTdxTdmr t = high_tdmr(true);
    uint8_t dirty[64];

    /* A reserved area is marked in the bitmap: private memory is not zero */
    t.rsvd[0].base = 1 * GiB;
    t.rsvd[0].size = 4 * KiB;
    tdx_bring_up(qts, 4, lp_per_pkg, &t, 1, HKID | TDX_CONFIG_DYNAMIC_PAMT);
    tdx_init_tdmr(qts, 0, &t);
    g_assert_cmpint(tdx_prop(qts, "private-bytes-used"), >, 0);
    qtest_system_reset(qts);
    assert_state(qts, "SYSINIT_PENDING");
    g_assert_cmpint(tdx_prop(qts, "num-tdmrs"), ==, 0);
    g_assert_cmpint(tdx_prop(qts, "hkid"), ==, 0);
    g_assert_cmpint(tdx_prop(qts, "lps-initialized"), ==, 0);
    g_assert_cmpint(tdx_prop(qts, "private-bytes-used"), ==, 0);

    /* Other PAMTs, static: none of the first life is left in memory */
    t = high_tdmr(false);
    t.rsvd[0].base = 1 * GiB;
    t.rsvd[0].size = 4 * KiB;
    memset(dirty, 0xa5, sizeof(dirty));
    qtest_memwrite(qts, t.pamt[0].base, dirty, sizeof(dirty));
    tdx_bring_up(qts, 4, lp_per_pkg, &t, 1, HKID + 1);
    g_assert_cmpint(tdx_init_tdmr(qts, 0, &t), ==, 512);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_SHUTDOWN, MODULE_HV, 0, 0),
                      TDX_SUCCESS);
    qtest_system_reset(qts);
    assert_state(qts, "SYSINIT_PENDING");
    g_assert_cmpint(tdx_prop(qts, "private-bytes-used"), ==, 0);
    tdx_init_lps(qts, 4);
    qtest_quit(qts);
}

/* A module without Dynamic PAMT knows nothing of it */
static void test_no_dynamic_pamt(void)
{
    QTestState *qts = tdx_start("dynamic-pamt=off", MEM);
    QTdxTdmr t = high_tdmr(false);
    TdxRegs r = { .rax = TDH_SYS_RD, .rdx = TDX_MD_BITMAP_BITS };

    tdx_init_lps(qts, 1);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_FEATURES0) >> 36 & 1, ==, 0);
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_METADATA_FIELD_ID_INCORRECT);

    tdx_write_tdmrs(qts, &t, 1, 2 * MiB);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, 2 * MiB, 1,
                               HKID | TDX_CONFIG_DYNAMIC_PAMT),
                      tdx_op(TDX_OPERAND_INVALID, 8));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, 2 * MiB, 1, HKID),
                      TDX_SUCCESS);
    tdx_assert_status(call0(qts, 0, TDH_SYS_KEY_CONFIG), TDX_SUCCESS);
    g_assert_cmpint(tdx_init_tdmr(qts, 0, &t), ==, 512);
    tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_ADD, 4 * GiB | 1,
                               4 * GiB, 4 * GiB + 4 * KiB),
                      tdx_op(TDX_OPERAND_INVALID, 0));
    qtest_quit(qts);
}

/* Without sys-disable=on: a leaf that the module never heard of */
static void test_no_sys_disable(void)
{
    QTestState *qts = tdx_start("sys-disable=off", MEM);
    QTdxTdmr t = high_tdmr(true);

    tdx_assert_status(call0(qts, 0, TDH_SYS_DISABLE), TDX_SYS_NOT_READY);
    tdx_bring_up(qts, 1, first_lp, &t, 1, HKID | TDX_CONFIG_DYNAMIC_PAMT);
    tdx_assert_status(call0(qts, 0, TDH_SYS_DISABLE),
                      tdx_op(TDX_OPERAND_INVALID, 0));
    assert_state(qts, "SYS_READY");
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/lifecycle/one-lp", test_one_lp);
    qtest_add_func("seam/lifecycle/two-packages", test_two_packages);
    qtest_add_func("seam/lifecycle/static-pamt", test_static_pamt);
    qtest_add_func("seam/lifecycle/shutdown", test_shutdown);
    qtest_add_func("seam/lifecycle/disable", test_disable);
    qtest_add_func("seam/lifecycle/reset", test_reset);
    qtest_add_func("seam/lifecycle/no-dynamic-pamt", test_no_dynamic_pamt);
    qtest_add_func("seam/lifecycle/no-sys-disable", test_no_sys_disable);
    return g_test_run();
}
