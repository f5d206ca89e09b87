/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What TDH.SYS.INIT demands of a platform and TDH.SYS.LP.INIT of each
 * processor: life cycle 3.1 and 4.
 */

#include <string.h>

#include "abi/status.h"
#include "sim-boot.h"

static uint64_t sys_init(SimPlatform *sim)
{
    return sim_leaf(sim, 0, TDH_SYS_INIT, 0, 0, 0);
}

/* A failed TDH.SYS.INIT can be repeated */
static void refused(SimPlatform *sim, uint64_t status)
{
    sim_start(sim);
    g_assert_cmphex(sys_init(sim), ==, status);
    g_assert_cmphex(sys_init(sim), ==, status);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_LP_INIT, 0, 0, 0), ==,
                    0xc000050b00000000);
    sim_free(sim);
}

static void accepted(SimPlatform *sim)
{
    sim_start(sim);
    sim_boot_ready(sim);
    sim_free(sim);
}

typedef struct MsrCase {
    uint32_t msr;
    uint64_t value;
    uint64_t status;
} MsrCase;

static void test_msrs(void)
{
    static const MsrCase bad[] = {
        { 0x10a, 1 << 10 | 1 << 11, 0xc00009210000010a },
        { 0x10a, 1 << 21, 0xc00009210000010a },
        { 0xbd, 0, 0xc0000921000000bd },
        { 0xbd, 3, 0xc0000921000000bd },
        { 0xbc, 2, 0xc0000921000000bc },
        { 0x345, 1 << 12, 0xc000092100000345 },
        { 0x345, 1 << 13, 0xc000092100000345 },
        { 0x1a0, 1 << 22 | 1 << 7, 0xc000090100000000 },
        { 0x1a0, 1, 0xc0000921000001a0 },
        { 0x1a0, 1 << 11 | 1 << 7, 0xc0000921000001a0 },
        { 0x982, 1ULL << 48 | 2, 0xc000092100000982 },
        { 0x982, 1ULL << 49 | 3, 0xc000092100000982 },
        { 0x981, 0x30ULL << 32, 0xc000092100000981 },
        { 0x99, 2, 0xc000092100000099 },
        { 0xfe, 1 << 14, 0xc000091400000000 },
        { 0xfe, 1 << 11, 0xc000091300000000 },
        { 0x1f3, 0, 0xc000091000000000 },
    };
    static const MsrCase good[] = {
        { 0x10a, UINT64_MAX },
        { 0xbc, 3 },
        { 0x345, UINT64_MAX },
        { 0x981, 0xf },
        { 0x982, 1ULL << 48 | 1ULL << 51 | 3 },
        { 0x1f2, 0x12345000 }, /* an SMRR that is not valid */
    };

    for (int i = 0; i < G_N_ELEMENTS(bad); i++) {
        SimPlatform *sim = sim_boot_machine(1, 1);

        sim_set_msr(sim, bad[i].msr, bad[i].value);
        refused(sim, bad[i].status);
    }
    for (int i = 0; i < G_N_ELEMENTS(good); i++) {
        SimPlatform *sim = sim_boot_machine(1, 1);

        sim_set_msr(sim, good[i].msr, good[i].value);
        accepted(sim);
    }
}

/* The first check that fails is the one that is told */
static void test_order(void)
{
    static const MsrCase later[] = {
        { 0x1f3, 0, 0xc000091000000000 },
        { 0xfe, 1 << 14, 0xc000091400000000 },
        { 0x99, 2, 0xc000092100000099 },
        { 0x981, 0, 0xc000092100000981 },
        { 0x982, 0, 0xc000092100000982 },
        { 0x1a0, 1, 0xc0000921000001a0 },
        { 0x345, 0, 0xc000092100000345 },
        { 0xbc, 0, 0xc0000921000000bc },
        { 0xbd, 0, 0xc0000921000000bd },
        { 0x10a, 0, 0xc00009210000010a },
    };
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim_start(sim);
    for (int i = 0; i < G_N_ELEMENTS(later); i++) {
        sim_set_msr(sim, later[i].msr, later[i].value);
        g_assert_cmphex(sys_init(sim), ==, later[i].status);
    }
    /* Operands come before all of them */
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_INIT, 1, 0, 0), ==,
                    0xc000010000000001);
    g_assert_cmphex(sim_leaf(sim, 0, 2 << 16 | TDH_SYS_INIT, 0, 0, 0), ==,
                    0xc000010000000000);
    sim_free(sim);
}

typedef struct SmrrCase {
    uint64_t base;
    uint64_t mask;
    uint64_t status;
} SmrrCase;

static void test_smrr(void)
{
    static const SmrrCase cases[] = {
        { 0x48000000, 0xf8000c00, 0 },                  /* 128 MiB */
        { 0x48000006, 0xfffff000 | 0xc00, 0 },          /* one page */
        { 0x48000000, 0xe8000c00, 0xc000091100000000 }, /* a gap */
        { 0x48000000, 0x78000c00, 0xc000091100000000 }, /* bit 31 clear */
        { 0x48000000, 0xc00, 0xc000091100000000 },      /* no mask */
        { 0, 0xc00, 0xc000091100000000 },
        { 0x48001000, 0xf8000c00, 0xc000091100000000 }, /* base inside */
        { 0x48000000, 0xf8000800, 0xc000091000000000 }, /* not locked */
        { 0x38000000, 0xf8000c00, 0xc000091200000000 }, /* in CMR 0 */
        { 0x3ffff000, 0xfffffc00, 0xc000091200000000 }, /* its last page */
        { 0x40000000, 0xfffffc00, 0 },                  /* behind it */
        { 0x60000000, 0xfffffc00, 0xc000091200000200 }, /* in CMR 2 */
    };

    for (int i = 0; i < G_N_ELEMENTS(cases); i++) {
        SimPlatform *sim = sim_boot_machine(1, 1);

        /* Entry 1 is null */
        sim->info.cmr[3] = sim->info.cmr[1];
        sim->info.cmr[1] = (TdxRange) { 0 };
        sim->info.cmr[2] = (TdxRange) { 0x60000000, 0x1000 };
        sim_set_msr(sim, 0x1f2, cases[i].base);
        sim_set_msr(sim, 0x1f3, cases[i].mask);
        if (cases[i].status) {
            refused(sim, cases[i].status);
        } else {
            accepted(sim);
        }
    }
}

/* A CMR beside the machine's own two, entry 3 unless told otherwise */
static void try_cmr(int entry, uint64_t base, uint64_t size, uint64_t status)
{
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim->info.cmr[entry] = (TdxRange) { base, size };
    if (status) {
        refused(sim, status);
    } else {
        accepted(sim);
    }
}

static void test_cmrs(void)
{
    const uint64_t invalid = 0xc0000a2200000000;

    try_cmr(3, 0x140000000, 0x1000, 0);              /* touches entry 1 */
    try_cmr(31, 0x140000000, 0x1000, 0);             /* nulls before it */
    try_cmr(3, 0x13ffff000, 0x1000, invalid);        /* overlaps it */
    try_cmr(3, 0x50000000, 0x1000, invalid);         /* lies before it */
    try_cmr(3, 0x140000800, 0x1000, invalid);
    try_cmr(3, 0x140000000, 0x1800, invalid);
    try_cmr(3, 0xffffffffc0000000, 0x80000000, invalid);
    try_cmr(3, (1ULL << 43) - 0x1000, 0x1000, 0);
    try_cmr(3, (1ULL << 43) - 0x1000, 0x2000, invalid); /* KeyID 1 */
    try_cmr(3, 1ULL << 43, 0x1000, invalid);
    try_cmr(3, (1ULL << 52) - 0x1000, 0x1000, invalid);
    try_cmr(3, 1ULL << 46, 0x1000, 0); /* beyond max_pa, which is not asked */
    try_cmr(3, 1ULL << 52, 0x1000, invalid);
}

static void test_keyids(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim->info.keyid_bits = 11;
    sim->info.tdx_keyids = 2048 - SIM_BOOT_HKID;
    accepted(sim);

    sim = sim_boot_machine(1, 1);
    sim->info.keyid_bits = 12;
    sim->info.tdx_keyids = 2049 - SIM_BOOT_HKID;
    refused(sim, 0xc000082500000800);

    /* Too many for any register */
    sim = sim_boot_machine(1, 1);
    sim->info.mktme_keyids = UINT32_MAX;
    sim->info.tdx_keyids = 1;
    refused(sim, 0xc000082500000800);
}

typedef struct CpuidCase {
    SimCpuid cpuid[3]; /* the first with leaf UINT32_MAX ends */
    uint64_t status;
} CpuidCase;

#define END { .leaf = UINT32_MAX }

static void test_cpuid(void)
{
    static const CpuidCase cases[] = {
        { { { 0, UINT32_MAX, { 0x1e } }, END }, 0xc00009080000001f },
        { { { 0x80000000, UINT32_MAX, { 0x80000007 } }, END },
          0xc000090880000008 },
        { { { 0x15, UINT32_MAX, { 2, 0, 1 } }, END }, 0xc000090800000015 },
        /* Levels: a number that is not its own */
        { { { 0x1f, 1, { 4, 16, 0x200 } }, END }, 0xc000090400000000 },
        /* types that do not ascend, shifts that descend */
        { { { 0x1f, 1, { 4, 16, 0x101 } }, END }, 0xc000090400000000 },
        { { { 0x1f, 0, { 5, 2, 0x100 } }, END }, 0xc000090400000000 },
        /* a type that nobody knows */
        { { { 0x1f, 2, { 4, 16, 0x702 } }, END }, 0xc000090400000000 },
        { { { 0x1f, 2, { 4, 16, 0x602 } }, END }, 0xc000090400000000 },
        /* no core level, nothing at all */
        { { { 0x1f, 1, { 4, 16, 0x301 } }, END }, 0xc000090800000000 },
        { { { 0x1f, 0, { 0 } }, END }, 0xc000090800000000 },
        /* L3 of half a package, or of two; no L3 */
        { { { 0x4, 3, { 0x1c163, 0, 0, 0 } }, END }, 0xc000090500000000 },
        { { { 0x4, 3, { 0x7c163, 0, 0, 0 } }, END }, 0xc000090500000000 },
        { { { 0x4, 3, { 0 } }, END }, 0xc000090500000000 },
        /* Of a package's 16 IDs, no more than 10 are in use */
        { { { 0x4, 3, { 0x24163, 0, 0, 0 } }, END }, 0 },
        /* dies that share nothing but the package, and one that does */
        { { { 0x1f, 2, { 5, 32, 0x502 } }, END }, 0xc000090500000000 },
        { { { 0x1f, 2, { 5, 32, 0x502 } },
            { 0x4, 3, { 0x7c163, 0, 0, 0 } }, END }, 0 },
        { { { 0x1f, 2, { 4, 16, 0x502 } }, END }, 0 },
    };

    for (int i = 0; i < G_N_ELEMENTS(cases); i++) {
        SimPlatform *sim = sim_boot_machine(1, 1);

        for (const SimCpuid *c = cases[i].cpuid; c->leaf != UINT32_MAX; c++) {
            sim_add_cpuid(sim, c->leaf, c->subleaf, c->regs[0], c->regs[1],
                          c->regs[2], c->regs[3]);
        }
        if (cases[i].status) {
            refused(sim, cases[i].status);
        } else {
            accepted(sim);
        }
    }
}

static void test_no_entropy(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim->no_entropy = true;
    sim_start(sim);
    /* A host retries when bits 31:0 are clear */
    g_assert_cmphex(sys_init(sim), ==, 0x8000020300000000);
    sim->no_entropy = false;
    g_assert_cmphex(sys_init(sim), ==, 0);
    sim_free(sim);
}

/* --- TDH.SYS.LP.INIT ---------------------------------------------------- */

static void test_lp_msrs(void)
{
    static const uint32_t msrs[] = {
        0xcf, 0x10a, 0xbc, 0xbd, 0x3b, 0xfe, 0x1f2, 0x1f3, 0x480, 0x48d,
        0x48e, 0x48b, 0x492, 0x48f, 0x490, 0x485, 0x48c, 0x486, 0x487, 0x488,
        0x489, 0x345, 0x981, 0x982, 0x87, 0x98, 0x99,
    };

    for (int i = 0; i < G_N_ELEMENTS(msrs); i++) {
        SimPlatform *sim = sim_boot_machine(2, 1);

        sim_start(sim);
        g_assert_cmphex(sys_init(sim), ==, 0);
        g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_LP_INIT, 0, 0, 0), ==, 0);
        /* All that come later differ too */
        for (int j = i; j < G_N_ELEMENTS(msrs); j++) {
            sim_set_msr(sim, msrs[j], 0x5555);
        }
        g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_LP_INIT, 0, 0, 0), ==,
                        0xc000092000000000 | msrs[i]);
        /* Such an LP is not initialised, and keeps the module from going on */
        g_assert_cmphex(sim_sys_config(sim, 0), ==, 0xc000050c00000000);
        sim_free(sim);
    }
}

static void test_lp_cpuid(void)
{
    uint64_t gpr[TDX_NUM_GPRS] = { TDH_SYS_LP_INIT, 1, 2, 3 };
    SimPlatform *sim = sim_boot_machine(2, 1);

    sim_start(sim);
    g_assert_cmphex(sys_init(sim), ==, 0);
    /* The CPUID limit comes between these two MSRs */
    sim_set_msr(sim, 0x1a0, 1 << 22);
    sim_set_msr(sim, 0x3b, 1);
    g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_LP_INIT, 0, 0, 0), ==,
                    0xc000090100000000);
    sim_set_msr(sim, 0xbd, 0);
    g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_LP_INIT, 0, 0, 0), ==,
                    0xc0000920000000bd);
    sim_set_msr(sim, 0xbd, 1);
    sim_set_msr(sim, 0x3b, 0);
    sim_set_msr(sim, 0x1a0, 1 << 7);

    /* OSXSAVE, OSPKE, MONITOR and the APIC are up to the host */
    sim_add_cpuid(sim, 1, SIM_NO_SUBLEAF, 0xc06f2, 0x5500800,
                  0x7ffefbff ^ (1u << 27 | 1u << 3), 0xbfebfbff ^ (1u << 9));
    sim_add_cpuid(sim, 7, 0, 2, 0xf3bfb7ef, 0xfb407ffe ^ (1u << 4),
                  0xffdd4432);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_LP_INIT, 0, 0, 0), ==, 0);

    /* A feature is not */
    sim_add_cpuid(sim, 7, 0, 2, 0xf3bfb7ef ^ 1, 0xfb407ffe, 0xffdd4432);
    g_assert_true(tdx_module_seamcall(sim->module, 1, gpr, NULL));
    g_assert_cmphex(gpr[TDX_RAX], ==, 0xc000090200000000);
    g_assert_cmphex(gpr[TDX_RCX], ==, 7);
    g_assert_cmphex(gpr[TDX_RDX], ==, 0xffffffffffffffff);
    g_assert_cmphex(gpr[TDX_R8], ==, 0xffffffffffffffef);

    /* Another family, model or stepping neither */
    sim_default_cpuid(sim);
    sim_add_cpuid(sim, 1, SIM_NO_SUBLEAF, 0xc06f1, 0x100800, 0x7ffefbff,
                  0xbfebfbff);
    memset(gpr, 0, sizeof(gpr));
    gpr[TDX_RAX] = TDH_SYS_LP_INIT;
    g_assert_true(tdx_module_seamcall(sim->module, 1, gpr, NULL));
    g_assert_cmphex(gpr[TDX_RAX], ==, 0xc000090200000000);
    g_assert_cmphex(gpr[TDX_RCX], ==, 0xffffffff00000001);

    sim_default_cpuid(sim);
    g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_LP_INIT, 0, 0, 0), ==, 0);
    sim_free(sim);
}

static void test_lp_package(void)
{
    SimPlatform *sim = sim_boot_machine(9, 8);

    sim_start(sim);
    /* LP 8 in package 8: a number the module has no place for */
    sim->info.num_pkgs = 9;
    g_assert_cmphex(sys_init(sim), ==, 0);
    g_assert_cmphex(sim_leaf(sim, 7, TDH_SYS_LP_INIT, 0, 0, 0), ==, 0);
    g_assert_cmphex(sim_leaf(sim, 8, TDH_SYS_LP_INIT, 0, 0, 0), ==,
                    0xc000090600000008);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sys-platform/msrs", test_msrs);
    g_test_add_func("/sys-platform/order", test_order);
    g_test_add_func("/sys-platform/smrr", test_smrr);
    g_test_add_func("/sys-platform/cmrs", test_cmrs);
    g_test_add_func("/sys-platform/keyids", test_keyids);
    g_test_add_func("/sys-platform/cpuid", test_cpuid);
    g_test_add_func("/sys-platform/no-entropy", test_no_entropy);
    g_test_add_func("/sys-platform/lp-msrs", test_lp_msrs);
    g_test_add_func("/sys-platform/lp-cpuid", test_lp_cpuid);
    g_test_add_func("/sys-platform/lp-package", test_lp_package);
    return g_test_run();
}
