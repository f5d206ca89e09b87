/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every SEAMCALL goes through before its leaf: life cycle 1.2.
 */

#include "sim-boot.h"
#include "include/leaf.h"
#include "abi/status.h"

#define SYSINFO 0x10001000ULL

static uint64_t call(SimPlatform *sim, uint64_t rax)
{
    uint64_t gpr[TDX_NUM_GPRS] = { rax };

    g_assert_true(tdx_module_seamcall(sim->module, 0, gpr, NULL));
    return gpr[TDX_RAX];
}

static void test_rax(void)
{
    SimPlatform *sim = sim_new();

    sim_start(sim);
    /* Reserved bits, a version of an unversioned leaf, in any state */
    g_assert_cmphex(call(sim, 1ULL << 24 | TDH_SYS_LP_SHUTDOWN), ==,
                    0xc000010000000000);
    g_assert_cmphex(call(sim, 1ULL << 62 | TDH_SYS_LP_SHUTDOWN), ==,
                    0xc000010000000000);
    g_assert_cmphex(call(sim, 1ULL << 16 | TDH_SYS_LP_SHUTDOWN), ==,
                    0xc000010000000000);
    g_assert_cmphex(call(sim, 1ULL << 16 | 1000), ==, 0xc000010000000000);
    /* An unknown leaf is not found out before the module is ready */
    g_assert_cmphex(call(sim, 1000), ==, 0xc000050500000000);
    g_assert_cmphex(call(sim, TDH_SYS_TDMR_INIT), ==, 0xc000050500000000);
    g_assert_cmphex(call(sim, TDH_SYS_LP_SHUTDOWN), ==, 0);
    sim_free(sim);
}

/* A module 1.0: the first thing that a newer host asks it is unknown to it */
static void test_first_generation(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    uint64_t info[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_SYS_INFO, [TDX_RCX] = SYSINFO, [TDX_RDX] = 1024,
        [TDX_R8] = SYSINFO + 1024, [TDX_R9] = TDX_MAX_CMRS,
    };

    sim->cfg.first_generation = true;
    sim->cfg.features0 = 0;
    sim_start(sim);
    g_assert_cmphex(call(sim, TDH_SYS_RD), ==, 0xc000050500000000);
    sim_boot_init(sim);
    g_assert_cmphex(call(sim, TDH_SYS_RD), ==, 0xc000050500000000);
    g_assert_cmphex(call(sim, TDH_SYS_RDALL), ==, 0xc000050500000000);
    /* TDSYSINFO_STRUCT has a byte for that */
    g_assert_true(tdx_module_seamcall(sim->module, 0, info, NULL));
    g_assert_cmphex(info[TDX_RAX], ==, 0);
    g_assert_cmphex(sim_read64(sim, SYSINFO + 16) >> 16 & 0xff, ==, 0);
    /* Its start is that of any other; what is unknown then is an operand */
    g_assert_cmphex(sim_sys_config(sim, 0), ==, 0);
    g_assert_cmphex(call(sim, TDH_SYS_KEY_CONFIG), ==, 0);
    g_assert_cmphex(call(sim, TDH_SYS_RD), ==, 0xc000010000000000);
    g_assert_cmphex(call(sim, TDH_PHYMEM_PAMT_ADD), ==, 0xc000010000000000);
    g_assert_cmphex(call(sim, TDH_SYS_SHUTDOWN), ==, 0xc000010000000000);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, 0);
    sim_free(sim);
}

static void test_table_is_sorted(void)
{
    size_t n;
    const TdxLeaf *const *leaf = tdx_leaf_table(&n);

    for (size_t i = 0; i < n; i++) {
        g_assert_true(tdx_leaf_find(leaf[i]->number) == leaf[i]);
        g_assert_true(!i || leaf[i - 1]->number < leaf[i]->number);
    }
    g_assert_null(tdx_leaf_find(42));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dispatch/rax", test_rax);
    g_test_add_func("/dispatch/first-generation", test_first_generation);
    g_test_add_func("/dispatch/table", test_table_is_sorted);
    return g_test_run();
}
