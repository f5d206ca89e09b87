/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The window of registers that lets QEMU's generic fuzzer make SEAMCALLs.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-module.h"

#define WINDOW 0xfe000000ULL
#define ARGS   "x-seamcall-window=0xfe000000"

/* window.c */
#define LP(lp)   (WINDOW + (lp) * 0x100)
#define GPR(reg) ((reg) * 8)
#define CALL     0x80

#define RAX 0
#define RDX 2
#define R8  8
#define R15 15

static uint64_t window_call(QTestState *qts, unsigned lp, uint64_t leaf)
{
    qtest_writeq(qts, LP(lp) + CALL, leaf);
    g_assert_cmphex(qtest_readq(qts, LP(lp) + CALL), ==, 1);
    return qtest_readq(qts, LP(lp) + GPR(RAX));
}

static void test_call(void)
{
    QTestState *qts = tdx_start(ARGS, "-m 1G -smp 2,sockets=1");
    uint64_t value;

    tdx_assert_status(window_call(qts, 0, TDH_SYS_INIT), TDX_SUCCESS);
    tdx_assert_status(window_call(qts, 1, TDH_SYS_LP_INIT), TDX_SUCCESS);
    tdx_assert_status(window_call(qts, 1, TDH_SYS_LP_INIT),
                      TDX_SYS_LP_INIT_DONE);
    tdx_assert_status(window_call(qts, 0, TDH_SYS_RD),
                      TDX_SYS_LP_INIT_NOT_DONE);
    tdx_assert_status(window_call(qts, 0, TDH_SYS_LP_INIT), TDX_SUCCESS);

    /* Operands and outputs of any size */
    qtest_writel(qts, LP(0) + GPR(RDX), (uint32_t)TDX_MD_FEATURES0);
    qtest_writew(qts, LP(0) + GPR(RDX) + 4, TDX_MD_FEATURES0 >> 32 & 0xffff);
    qtest_writeb(qts, LP(0) + GPR(RDX) + 6, TDX_MD_FEATURES0 >> 48 & 0xff);
    qtest_writeb(qts, LP(0) + GPR(RDX) + 7, TDX_MD_FEATURES0 >> 56);
    qtest_writeb(qts, LP(0) + CALL, TDH_SYS_RD);
    g_assert_cmphex(qtest_readq(qts, LP(0) + GPR(RAX)), ==, TDX_SUCCESS);
    value = qtest_readq(qts, LP(0) + GPR(R8));
    g_assert_cmphex(value, ==, tdx_rd(qts, TDX_MD_FEATURES0));
    g_assert_cmphex(qtest_readl(qts, LP(0) + GPR(R8) + 4), ==, value >> 32);
    g_assert_cmphex(qtest_readb(qts, LP(0) + GPR(R8) + 1), ==,
                    value >> 8 & 0xff);

    /* The last register is not the first of the next LP */
    qtest_writeq(qts, LP(0) + GPR(R15), 0x1234);
    g_assert_cmphex(qtest_readq(qts, LP(1) + GPR(RAX)), !=, 0x1234);
    qtest_quit(qts);
}

/* There is none where nobody asked for it, nor beside a guest */
static void test_none(void)
{
    QTestState *qts = tdx_start("", "-m 1G");
    g_autofree char *err = NULL;
    g_autofree char *command = NULL;
    int status;

    qtest_writeq(qts, LP(0) + CALL, TDH_SYS_INIT);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), TDX_SUCCESS);
    qtest_quit(qts);

    command = g_strdup_printf("%s -accel tcg -M q35 -cpu TDXHost -display "
                              "none -nodefaults -S -device tdx-module," ARGS,
                              getenv("QTEST_QEMU_BINARY"));
    g_assert_true(g_spawn_command_line_sync(command, NULL, &err, &status,
                                            NULL));
    g_assert_cmpint(status, !=, 0);
    g_assert_nonnull(strstr(err, "x-seamcall-window is for tests without a "
                            "guest; use -accel qtest"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam/window/call", test_call);
    qtest_add_func("/seam/window/none", test_none);
    return g_test_run();
}
