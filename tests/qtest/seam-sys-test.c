/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The TDH.SYS leaves through QEMU: what they refuse on this machine's memory,
 * and what they write to it.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqos/tdx-module.h"

#define HKID      2
#define MEM       "-m 4G"

/* RAM of 4 GiB on q35 is [0, 2 GiB) and [4 GiB, 6 GiB) */
#define HOLE      (3 * GiB)
#define BEYOND    (7 * GiB)
#define CONFIG_AT (2 * MiB)
#define BUFFER    (4 * MiB)

/* An address with the highest KeyID, a private one */
#define PRIVATE(hpa) ((hpa) | 63ULL << 46)

#define RAX 0
#define RCX 1
#define RDX 2
#define R8  8
#define R9  9

#define INVALID(operand) tdx_op(TDX_OPERAND_INVALID, operand)

/* --- TDH.SYS.INIT and the dispatcher ------------------------------------- */

static void test_init(void)
{
    QTestState *qts = tdx_start("", MEM);
    TdxRegs r = { .rax = TDH_SYS_INIT, .rcx = 1, .rdx = 2, .r8 = 3, .r9 = 4,
                  .r10 = 5, .r11 = 6, .rbx = 7 };

    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, INVALID(RCX));
    /* Outputs are zero, the others stay */
    g_assert_cmpint(r.rcx | r.rdx | r.r8 | r.r9 | r.r10, ==, 0);
    g_assert_cmpint(r.r11, ==, 6);
    g_assert_cmpint(r.rbx, ==, 7);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT | 2 << 16, 0, 0, 0),
                      INVALID(RAX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT | 1 << 24, 0, 0, 0),
                      INVALID(RAX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT | 1ULL << 62, 0, 0, 0),
                      INVALID(RAX));
    /* A leaf that has one version; an unknown leaf, too early */
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_LP_INIT | 1 << 16, 0, 0, 0),
                      INVALID(RAX));
    tdx_assert_status(tdx_call(qts, 0, 0x1234, 0, 0, 0), TDX_SYS_NOT_READY);
    /* Version 1: notification by an interrupt of a reserved vector */
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT | 1 << 16, 0, 0,
                               15ULL << 56 | 1ULL << 54), INVALID(R8));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_UPDATE, 0, 0, 0),
                      TDX_SYS_STATE_INCORRECT);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_UPDATE, 0, 0, 0),
                      TDX_SYS_STATE_INCORRECT);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    /* Nothing was handed over */
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_UPDATE, 0, 0, 0),
                      TDX_SYS_INVALID_HANDOFF);
    qtest_quit(qts);
}

/* --- TDH.SYS.CONFIG ------------------------------------------------------ */

static QTdxTdmr high_tdmr(void)
{
    QTdxTdmr t = { .base = 4 * GiB, .size = 2 * GiB };

    tdx_place_pamts(&t, true, 16 * MiB);
    return t;
}

static uint64_t config(QTestState *qts, const QTdxTdmr *t)
{
    tdx_write_tdmrs(qts, t, 1, CONFIG_AT);
    return tdx_call(qts, 0, TDH_SYS_CONFIG, CONFIG_AT, 1,
                    HKID | TDX_CONFIG_DYNAMIC_PAMT);
}

static void test_config_operands(void)
{
    QTestState *qts = tdx_start("", MEM);
    QTdxTdmr t = high_tdmr();
    static const uint64_t bad_r8[] = {
        /* Reserved bit, KeyID 0, MKTME KeyID, one too much */
        HKID | 1 << 17, 0, 1, 64, HKID | 1ULL << 63,
    };

    tdx_init_lps(qts, 1);
    tdx_write_tdmrs(qts, &t, 1, CONFIG_AT);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, CONFIG_AT + 256, 1,
                               HKID), INVALID(RCX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, PRIVATE(CONFIG_AT), 1,
                               HKID), INVALID(RCX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, 1ULL << 52, 1, HKID),
                      INVALID(RCX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, CONFIG_AT, 0, HKID),
                      INVALID(RDX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, CONFIG_AT, 65, HKID),
                      INVALID(RDX));
    for (int i = 0; i < ARRAY_SIZE(bad_r8); i++) {
        tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, CONFIG_AT, 1,
                                   bad_r8[i]), INVALID(R8));
    }
    /* Where nobody answers all bits are one: no address, no TDMR */
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, BEYOND, 1, HKID),
                      INVALID(RCX));
    qtest_writeq(qts, CONFIG_AT, BEYOND);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, CONFIG_AT, 1, HKID),
                      TDX_INVALID_TDMR);
    qtest_quit(qts);
}

/* An MKTME KeyID aliases: the host may use one in addresses */
static void test_config_mktme(void)
{
    QTestState *qts = tdx_start("", MEM);
    QTdxTdmr t = high_tdmr();

    tdx_init_lps(qts, 1);
    tdx_write_tdmrs(qts, &t, 1, CONFIG_AT);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG,
                               CONFIG_AT | 1ULL << 46, 1,
                               HKID | TDX_CONFIG_DYNAMIC_PAMT), TDX_SUCCESS);
    qtest_quit(qts);
}

static void test_config_memory(void)
{
    QTestState *qts = tdx_start("", MEM);
    QTdxTdmr t = high_tdmr();

    tdx_init_lps(qts, 1);

    t.base = HOLE;
    t.size = 1 * GiB;
    tdx_assert_status(config(qts, &t), TDX_TDMR_OUTSIDE_CMRS);
    t = high_tdmr();
    t.size = 3 * GiB;
    tdx_place_pamts(&t, true, 16 * MiB);
    tdx_assert_status(config(qts, &t), TDX_TDMR_OUTSIDE_CMRS);

    t = high_tdmr();
    t.pamt[0].base = HOLE;
    tdx_assert_status(config(qts, &t), TDX_PAMT_OUTSIDE_CMRS);
    t = high_tdmr();
    t.pamt[1].base = 2 * GiB - 4 * KiB;
    tdx_assert_status(config(qts, &t),
                      tdx_multi(TDX_PAMT_OUTSIDE_CMRS, 0, 1, 0, 0));
    t = high_tdmr();
    t.pamt[2].base = 1 * MiB - 4 * KiB;
    tdx_assert_status(config(qts, &t),
                      tdx_multi(TDX_PAMT_OUTSIDE_CMRS, 0, 2, 0, 0));
    t = high_tdmr();
    t.pamt[2].base = 5 * GiB;
    tdx_assert_status(config(qts, &t),
                      tdx_multi(TDX_PAMT_OVERLAP, 0, 2, 0, 0));

    /* Memory from 0 on: the first MiB has to be reserved */
    t = (QTdxTdmr) { .size = 2 * GiB };
    tdx_place_pamts(&t, true, 4 * GiB);
    tdx_assert_status(config(qts, &t), TDX_TDMR_OUTSIDE_CMRS);
    t.rsvd[0].size = 1 * MiB - 4 * KiB;
    tdx_assert_status(config(qts, &t), TDX_TDMR_OUTSIDE_CMRS);
    t.rsvd[0].size = 1 * MiB;
    tdx_assert_status(config(qts, &t), TDX_SUCCESS);
    qtest_quit(qts);
}

/* --- TDH.SYS.TDMR.INIT --------------------------------------------------- */

static void test_tdmr_init(void)
{
    QTestState *qts = tdx_start("", MEM);
    QTdxTdmr t = high_tdmr();
    static const uint64_t bad[] = {
        4 * GiB + 4 * KiB, 5 * GiB, 0, 1ULL << 52, PRIVATE(4 * GiB),
    };
    TdxRegs r;

    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1,
                 HKID | TDX_CONFIG_DYNAMIC_PAMT);
    for (int i = 0; i < ARRAY_SIZE(bad); i++) {
        r = (TdxRegs) { .rax = TDH_SYS_TDMR_INIT, .rcx = bad[i], .rdx = 9 };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, INVALID(RCX));
        g_assert_cmpint(r.rdx, ==, 0);
    }
    /* The progress is told in whole GiB */
    for (int i = 1; i <= 128; i++) {
        r = (TdxRegs) { .rax = TDH_SYS_TDMR_INIT, .rcx = t.base };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
        g_assert_cmphex(r.rdx, ==, t.base + i / 64 * GiB);
    }
    qtest_quit(qts);
}

/* --- metadata ------------------------------------------------------------ */

static void test_rd(void)
{
    QTestState *qts = tdx_start("", MEM);
    TdxRegs r = { .rax = TDH_SYS_RD, .rdx = UINT64_MAX, .r8 = 1 };
    unsigned n = 0;

    tdx_init_lps(qts, 1);
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT);
    g_assert_cmphex(r.rdx, ==, TDX_MD_NUM_PKGS);
    g_assert_cmphex(r.r8, ==, 0);
    /*
     * Every field leads to the next.  More than the tables among them: 8
     * PKG_FMS, 32 CMRs with base and size, 32 CPUID leaves with their number
     * and two values, two times 64 FMS.
     */
    while (r.rdx != UINT64_MAX) {
        r.rax = TDH_SYS_RD;
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
        g_assert_cmpint(++n, <, 1000);
    }
    g_assert_cmpint(n, >, 8 + 2 * 32 + 32 + 2 * 32 + 2 * 64);

    r = (TdxRegs) { .rax = TDH_SYS_RD, .rdx = 0x3f00000000000000 };
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_METADATA_FIELD_ID_INCORRECT);
    g_assert_cmphex(r.rdx, ==, UINT64_MAX);
    qtest_quit(qts);
}

static void test_rdall(void)
{
    QTestState *qts = tdx_start("", MEM);
    TdxRegs r = { .rax = TDH_SYS_RDALL, .rdx = BUFFER, .r8 = UINT64_MAX };

    tdx_init_lps(qts, 1);
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    g_assert_cmphex(r.r8, ==, UINT64_MAX);
    /* The first sequence is NUM_PKGS and the PKG_FMS that follow it */
    g_assert_cmpint(qtest_readw(qts, BUFFER), <=, 4096);
    g_assert_cmpint(qtest_readw(qts, BUFFER), >, 2048);
    g_assert_cmphex(qtest_readq(qts, BUFFER + 8) & 0xffffff, ==, 0);
    g_assert_cmpint(qtest_readq(qts, BUFFER + 16), ==, 1);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_RDALL, 0, BUFFER + 2048,
                               UINT64_MAX), INVALID(RDX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_RDALL, 0, PRIVATE(BUFFER),
                               UINT64_MAX), INVALID(RDX));
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_RDALL, 0, BUFFER,
                               0x3f00000000000000),
                      TDX_METADATA_FIELD_ID_INCORRECT);
    /* Written to a place without memory: lost, as on a bus */
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_RDALL, 0, BEYOND, UINT64_MAX),
                      TDX_SUCCESS);
    qtest_quit(qts);
}

static void test_info(void)
{
    QTestState *qts = tdx_start("max-tdmrs=7", MEM);
    const uint64_t cmrs = BUFFER + 4096;
    TdxRegs good = { .rax = TDH_SYS_INFO, .rcx = BUFFER, .rdx = 1024,
                     .r8 = cmrs, .r9 = 32 };
    TdxRegs r = good;

    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SYS_LP_INIT_NOT_DONE);
    tdx_init_lps(qts, 1);

    r = good;
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    g_assert_cmpint(r.rdx, ==, 1024);
    g_assert_cmpint(r.r9, ==, 32);
    g_assert_cmphex(qtest_readl(qts, BUFFER + 4), ==, 0x8086);
    g_assert_cmpint(qtest_readw(qts, BUFFER + 14), ==, 5);
    g_assert_cmpint(qtest_readw(qts, BUFFER + 16), ==, 1);
    g_assert_cmpint(qtest_readw(qts, BUFFER + 32), ==, 7);
    g_assert_cmphex(qtest_readq(qts, cmrs), ==, 1 * MiB);
    g_assert_cmphex(qtest_readq(qts, cmrs + 8), ==, 2 * GiB - 1 * MiB);
    g_assert_cmphex(qtest_readq(qts, cmrs + 16), ==, 4 * GiB);
    g_assert_cmphex(qtest_readq(qts, cmrs + 24), ==, 2 * GiB);
    g_assert_cmphex(qtest_readq(qts, cmrs + 32), ==, 0);

    r = good;
    r.rcx += 512;
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, INVALID(RCX));
    g_assert_cmpint(r.rdx | r.r9, ==, 0);
    r = good;
    r.rdx = 1023;
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, INVALID(RDX));
    r = good;
    r.r8 = PRIVATE(cmrs);
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, INVALID(R8));
    /* The buffer was cleared before R8 was looked at */
    g_assert_cmphex(qtest_readl(qts, BUFFER + 4), ==, 0);
    r = good;
    r.r9 = 31;
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, INVALID(R9));
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/sys/init", test_init);
    qtest_add_func("seam/sys/config-operands", test_config_operands);
    qtest_add_func("seam/sys/config-mktme", test_config_mktme);
    qtest_add_func("seam/sys/config-memory", test_config_memory);
    qtest_add_func("seam/sys/tdmr-init", test_tdmr_init);
    qtest_add_func("seam/sys/rd", test_rd);
    qtest_add_func("seam/sys/rdall", test_rdall);
    qtest_add_func("seam/sys/info", test_info);
    return g_test_run();
}
