/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One module in the place of another: handoff data from TDH.SYS.SHUTDOWN to
 * TDH.SYS.UPDATE, and what the SIGSTRUCT says of it (P-SEAMLDR 6).
 */

#include <string.h>

#include "core/state.h"
#include "include/describe.h"
#include "sim-td.h"
#include "update-fixture.h"

#define HANDOFF_VALID 0x8900000000000004ULL
#define HANDOFF_HV    0x8900000100000005ULL
#define HANDOFF_SIZE  0x8900000200000006ULL
#define UPDATE_VERSION 0x0800000100000005ULL

/* --- the calls ------------------------------------------------------- */

static void test_order(void)
{
    SimPlatform *sim = sim_boot_machine(2, 2);
    TdxModuleConfig cfg;
    TdxHandoffHeader header;

    sim_start(sim);
    sim_boot_ready(sim);
    cfg = sim->cfg;
    cfg.update = 26;
    header = tdx_module_handoff(sim->module);
    g_assert_false(header.valid);
    install(sim, &cfg);
    header = tdx_module_handoff(sim->module);
    g_assert_true(header.valid);
    g_assert_cmpuint(header.hv, ==, 1);
    g_assert_cmpuint(header.size, ==, 0xd08f);

    /* Nothing is as it was, and nothing works before it is started */
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050800000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_RD), ==, 0xc000050200000000);
    g_assert_cmphex(leaf(sim, 0, TDH_MNG_CREATE), ==, 0xc000050500000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_INIT), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_LP_INIT), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050800000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_LP_INIT), ==, 0);
    g_assert_cmphex(rd(sim, HANDOFF_VALID), ==, 1);
    g_assert_cmphex(rd(sim, HANDOFF_HV), ==, 1);
    g_assert_cmphex(rd(sim, HANDOFF_SIZE), ==, 0xd08f);
    g_assert_cmphex(rd(sim, UPDATE_VERSION), ==, 26);

    /* What fails can be called again */
    g_assert_cmphex(leaf(sim, 0, LEAF_VERSION(TDH_SYS_UPDATE, 2)), ==,
                    0xc000010000000000);
    g_assert_cmphex(update_leaf(sim, 1, 1ULL << 6, 1), ==, 0xc000010000000009);
    g_assert_cmphex(update_leaf(sim, 1, 1ULL << 36, 1), ==, 0xc00001000000000a);
    g_assert_cmphex(update_leaf(sim, 1, 1ULL << 36, 0), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050800000000);
    g_assert_cmphex(rd(sim, HANDOFF_VALID), ==, 0);
    g_assert_cmphex(rd(sim, HANDOFF_SIZE), ==, 0);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, 0);
    check(sim);
    sim_free(sim);
}

/* The way back that costs the TDs, after which there is no other */
static void test_config_instead(void)
{
    SimPlatform *sim = sim_boot_machine(2, 2);

    sim_start(sim);
    sim_boot_ready(sim);
    install(sim, &sim->cfg);
    sim_boot_ready(sim);
    g_assert_false(tdx_module_handoff(sim->module).valid);
    check(sim);

    /* Without handoff data the next module begins like the first */
    tdx_module_install(sim->module, &sim->cfg, false);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050900000000);
    check(sim);
    sim_free(sim);
}

/* The data outlives a module that does not take it */
static void test_install_again(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxModuleConfig cfg;

    sim_start(sim);
    sim_boot_ready(sim);
    cfg = sim->cfg;
    cfg.sigstruct.module_hv = 0;
    cfg.sigstruct.no_downgrade = true;
    cfg.built_in = cfg.sigstruct;
    install(sim, &cfg);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050900000000);
    tdx_module_install(sim->module, &sim->cfg, true);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0);
    tdx_module_drop_handoff(sim->module);
    check(sim);
    sim_free(sim);
}

/* --- versions -------------------------------------------------------- */

static uint64_t init_with(SimPlatform *sim, TdxModuleConfig cfg)
{
    tdx_module_install(sim->module, &cfg, false);
    return leaf(sim, 0, TDH_SYS_INIT);
}

static void test_sigstruct(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxModuleConfig cfg;

    sim_start(sim);
    cfg = sim->cfg;
    cfg.sigstruct.module_hv = 2;
    g_assert_cmphex(init_with(sim, cfg), ==, 0xc000050a00000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_INIT), ==, 0xc000050a00000000);
    cfg = sim->cfg;
    cfg.sigstruct.no_downgrade = false;
    g_assert_cmphex(init_with(sim, cfg), ==, 0xc000050a00000000);
    cfg = sim->cfg;
    cfg.built_in.min_update_hv = 1;
    g_assert_cmphex(init_with(sim, cfg), ==, 0xc000050a00000000);
    cfg = sim->cfg;
    cfg.num_handoff_pages = 12;
    g_assert_cmphex(init_with(sim, cfg), ==, 0xc000050a00000000);
    cfg.num_handoff_pages = 13;
    cfg.sigstruct.min_update_hv = 1;
    g_assert_cmphex(init_with(sim, cfg), ==, 0);
    /* A module that may be older than its data, but need not be */
    cfg = sim->cfg;
    cfg.built_in.no_downgrade = false;
    g_assert_cmphex(init_with(sim, cfg), ==, 0);
    sim_free(sim);
}

/* SHUTDOWN obeys what the SIGSTRUCT says */
static void test_versions(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    const TdxHandoffRules rules = { 3, 1, false };
    TdxModuleConfig cfg;

    sim->cfg.built_in = sim->cfg.sigstruct = rules;
    sim_start(sim);
    sim_boot_ready(sim);
    g_assert_cmphex(rd(sim, MODULE_HV), ==, 3);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_SHUTDOWN), ==, 0xc000010000000001);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 4, 0, 0), ==,
                    0xc000010000000001);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 1 << 17 | 3, 0, 0), ==,
                    0xc000010000000001);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 2, 0, 0), ==, 0);
    g_assert_cmpuint(tdx_module_handoff(sim->module).hv, ==, 2);

    cfg = sim->cfg;
    cfg.built_in.min_update_hv = cfg.sigstruct.min_update_hv = 3;
    tdx_module_install(sim->module, &cfg, true);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050900000000);
    cfg.built_in.min_update_hv = cfg.sigstruct.min_update_hv = 2;
    tdx_module_install(sim->module, &cfg, true);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0);
    sim_free(sim);
}

/* A module before 1.5.24 knows no version 1 of UPDATE (9) */
static void test_update_version(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxModuleConfig cfg;

    sim_start(sim);
    sim_boot_ready(sim);
    cfg = sim->cfg;
    cfg.features0 &= ~TDX_FEATURES0_UPDATE_COMPATIBILITY;
    install(sim, &cfg);
    sim_boot_init(sim);
    g_assert_cmphex(update_leaf(sim, 1, 0, 0), ==, 0xc000010000000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0);
    install(sim, &sim->cfg);
    sim_boot_init(sim);
    g_assert_cmphex(update_leaf(sim, 1, 0, 0), ==, 0);
    check(sim);
    sim_free(sim);
}

/* Data from before version 1 has no counts */
static void test_counts(void)
{
    for (unsigned hv = 0; hv <= 1; hv++) {
        SimPlatform *sim = sim_boot_machine(1, 1);
        const TdxHandoffRules rules = { 1, 0, false };

        sim->cfg.built_in = sim->cfg.sigstruct = rules;
        sim_start(sim);
        sim_boot_ready(sim);
        sim->module->st.td_build_count = 5;
        g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, hv, 0, 0), ==, 0);
        tdx_module_install(sim->module, &sim->cfg, true);
        g_assert_cmpuint(sim->module->st.td_build_count, ==, 0);
        sim_boot_init(sim);
        g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0);
        g_assert_cmpuint(sim->module->st.td_build_count, ==, hv ? 5 : 0);
        sim_free(sim);
    }
}

/* --- what a module is ------------------------------------------------ */

/* A machine with Dynamic PAMT in use, and TDMRs with reserved areas */
static void test_does_not_fit(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxModuleConfig cfg = sim->cfg;

    cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    install(sim, &cfg);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050900000000);
    g_assert_cmphex(leaf(sim, 0, TDH_PHYMEM_PAMT_ADD), ==,
                    0xc000050500000000);
    tdx_module_install(sim->module, &sim->cfg, true);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0);

    /* The other way round it works, and the new leaves wait for a new start */
    sim_free(sim);
    sim = sim_td_machine_static(1);
    cfg = sim->cfg;
    cfg.features0 |= TDX_FEATURES0_DYNAMIC_PAMT;
    update(sim, &cfg);
    g_assert_cmphex(leaf(sim, 0, TDH_PHYMEM_PAMT_ADD), ==,
                    0xc000010000000000);
    sim_free(sim);
}

static void test_needs(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxModuleConfig cfg;

    sim_start(sim);
    cfg = sim->cfg;
    cfg.need_msr = 0x10a;
    cfg.need_mask = 1ULL << 63;
    cfg.need_value = 1ULL << 63;
    g_assert_cmphex(init_with(sim, cfg), ==, 0xc00009210000010a);
    cfg.need_value = 0;
    g_assert_cmphex(init_with(sim, cfg), ==, 0);
    sim_free(sim);
}

static void refused(const char *text, const char *word)
{
    TdxModuleConfig cfg;
    g_autofree char *why = tdx_module_from_description(&cfg, text,
                                                       strlen(text));

    g_assert_nonnull(why);
    g_assert_null(strchr(why, '\n'));
    if (!strstr(why, word)) {
        g_error("'%s' does not say '%s'", why, word);
    }
}

static void test_description(void)
{
    TdxModuleConfig cfg, again;
    g_autofree char *text = NULL, *same = NULL, *why = NULL;

    tdx_module_config_modelled(&cfg);
    g_assert_false(cfg.features0 & TDX_FEATURES0_TD_MIGRATION);
    g_assert_true(cfg.features0 & TDX_FEATURES0_TD_PRESERVING);
    cfg.major = 1;
    cfg.minor = 7;
    cfg.update = 65535;
    cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    cfg.max_tdmrs = 32;
    cfg.sys_disable = false;
    cfg.built_in = cfg.sigstruct = (TdxHandoffRules) { 7, 2, false };
    cfg.need_msr = 0xffffffff;
    cfg.crypto_context = 9;
    text = tdx_module_describe(&cfg);
    why = tdx_module_from_description(&again, text, strlen(text));
    g_assert_cmpstr(why, ==, NULL);
    same = tdx_module_describe(&again);
    g_assert_cmpstr(text, ==, same);
    g_assert_cmpuint(again.sigstruct.module_hv, ==, 7);
    g_assert_cmpuint(again.max_tdmrs, ==, 32);
    g_assert_cmpuint(again.crypto_context, ==, 9);

    why = tdx_module_from_description(&again, "", 0);
    g_assert_cmpstr(why, ==, NULL);
    g_assert_cmpuint(again.crypto_context, ==, 1);
    g_assert_true(again.features0 & TDX_FEATURES0_UPDATE_COMPATIBILITY);
    g_assert_cmpuint(again.update, ==, 25);
    why = tdx_module_from_description(&again, "update=26\n\nminor=0x6", 20);
    g_assert_cmpstr(why, ==, NULL);
    g_assert_cmpuint(again.update, ==, 26);
    g_assert_cmpuint(again.minor, ==, 6);

    refused("update", "KEY=NUMBER");
    refused("colour=1", "none that");
    refused("update=65536", "update is no number up to 0xffff");
    refused("update=", "update is no number");
    refused("crypto-context=65536", "is no number up to 0xffff");
    refused("update=-1", "update is no number");
    refused("sys-disable=2", "no number up to 0x1");
    refused("max-tdmrs=65", "max-tdmrs must be 1..64");
    refused("max-reserved-per-tdmr=0", "must be 1..16");
    refused("features0=1", "0x1 are not modelled");
    why = tdx_module_from_description(&again, "update=2\0", 9);
    g_assert_nonnull(why);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/update/order", test_order);
    g_test_add_func("/update/config-instead", test_config_instead);
    g_test_add_func("/update/install-again", test_install_again);
    g_test_add_func("/update/sigstruct", test_sigstruct);
    g_test_add_func("/update/versions", test_versions);
    g_test_add_func("/update/update-version", test_update_version);
    g_test_add_func("/update/counts", test_counts);
    g_test_add_func("/update/does-not-fit", test_does_not_fit);
    g_test_add_func("/update/needs", test_needs);
    g_test_add_func("/update/description", test_description);
    return g_test_run();
}
