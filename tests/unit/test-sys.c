/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of a module: TDH.SYS leaves, what they do to each other, and what
 * they answer while another LP is inside the module.
 */

#include "abi/status.h"
#include "sim-boot.h"
#include "core/state.h"


static uint64_t leaf(SimPlatform *sim, unsigned lp, uint64_t number)
{
    return sim_leaf(sim, lp, number, 0, 0, 0);
}

/* --- in order ----------------------------------------------------------- */

static void test_bring_up(void)
{
    SimPlatform *sim = sim_boot_machine(4, 2);

    sim_start(sim);
    g_assert_cmphex(leaf(sim, 3, TDH_SYS_LP_INIT), ==, 0xc000050b00000000);
    g_assert_cmphex(leaf(sim, 3, TDH_SYS_INIT), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_INIT), ==, 0xc000050000000000);
    for (unsigned lp = 0; lp < 4; lp++) {
        /* Not before all of them have been there */
        g_assert_cmphex(sim_sys_config(sim, 0), ==, 0xc000050c00000000);
        g_assert_cmphex(leaf(sim, lp, TDH_SYS_LP_INIT), ==, 0);
        g_assert_cmphex(leaf(sim, lp, TDH_SYS_LP_INIT), ==, 0xc000050300000000);
    }
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_KEY_CONFIG), ==, 0xc000050700000000);
    g_assert_cmphex(sim_sys_config(sim, 2), ==, 0);
    g_assert_cmphex(sim_sys_config(sim, 2), ==, 0xc000050c00000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_LP_INIT), ==, 0xc000050b00000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_TDMR_INIT), ==, 0xc000050500000000);

    /* Once on each package, on any of its LPs */
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_KEY_CONFIG), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_KEY_CONFIG), ==, 0x0000081500000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_SHUTDOWN), ==, 0xc000050500000000);
    g_assert_cmphex(leaf(sim, 3, TDH_SYS_KEY_CONFIG), ==, 0);
    g_assert_cmphex(leaf(sim, 3, TDH_SYS_KEY_CONFIG), ==, 0xc000050700000000);
    g_assert_cmphex(sim_leaf(sim, 2, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, 0);
    sim_free(sim);
}

static void test_key_failures(void)
{
    SimPlatform *sim = sim_boot_machine(2, 2);

    sim_start(sim);
    sim_boot_config(sim);
    sim->key_busy = true;
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_KEY_CONFIG), ==, 0x80000200000000bb);
    sim->key_busy = false;
    sim->no_entropy = true;
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_KEY_CONFIG), ==, 0x8000080000000000);
    sim->no_entropy = false;

    /* Neither left a trace */
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_KEY_CONFIG), ==, 0);
    sim->key_busy = true;
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_KEY_CONFIG), ==, 0x0000081500000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_KEY_CONFIG), ==, 0x80000200000000bb);
    sim->key_busy = false;
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_KEY_CONFIG), ==, 0);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_LP_INIT), ==, 0xc000050b00000000);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 1, 0, 0), ==, 0);
    sim_free(sim);
}

/* What step 7 of TDH.SYS.CONFIG did stays when a later step fails */
static void test_config_leaves_traces(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxState *st;

    sim_start(sim);
    sim_boot_init(sim);
    st = &sim->module->st;
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 65,
                             SIM_BOOT_HKID + 1), ==, 0xc000010000000002);
    g_assert_cmpuint(st->kot[SIM_BOOT_HKID + 1].state, ==, TDX_HKID_FREE);
    sim_write64(sim, SIM_BOOT_ARRAY, 0);
    sim_write64(sim, SIM_BOOT_ARRAY + TDX_TDMR_INFO_ALIGN, 1);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1,
                             (SIM_BOOT_HKID + 1) | SIM_BOOT_DYNAMIC), ==,
                    0xc0000a0000000000);
    g_assert_cmpuint(st->kot[SIM_BOOT_HKID + 1].state, ==, TDX_HKID_RESERVED);
    g_assert_true(st->dynamic_pamt);

    sim_write64(sim, SIM_BOOT_ARRAY, SIM_BOOT_ARRAY + TDX_TDMR_INFO_ALIGN);
    sim_write64(sim, SIM_BOOT_ARRAY + TDX_TDMR_INFO_ALIGN, SIM_BOOT_TDMR);
    g_assert_cmphex(sim_sys_config(sim, 0), ==, 0);
    g_assert_cmpuint(st->kot[SIM_BOOT_HKID + 1].state, ==, TDX_HKID_RESERVED);
    g_assert_cmpuint(st->kot[SIM_BOOT_HKID].state, ==, TDX_HKID_RESERVED);
    g_assert_cmpuint(st->hkid, ==, SIM_BOOT_HKID);
    g_assert_false(st->dynamic_pamt);
    sim_free(sim);
}

/* A module that never heard of Dynamic PAMT, or takes fewer TDMRs */
static void test_config_limits(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxTdmrInfo tdmr[2] = {
        {
            .base = SIM_BOOT_TDMR, .size = 1 << 30,
            .pamt_1g = { 0x20000000, 0x1000 },
            .pamt_2m = { 0x20001000, 0x2000 },
            .pamt_4k = { 0x20400000, 0x400000 },
            /* Only the first two are part of this module's TDMR_INFO */
            .rsvd = { { 0, 0x1000 }, { 0x2000, 0x1000 }, { 0, 0x1000 } },
        },
        { .base = SIM_BOOT_TDMR + (1ULL << 30) },
    };

    sim->cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    sim->cfg.max_tdmrs = 1;
    sim->cfg.max_rsvd_per_tdmr = 2;
    sim_start(sim);
    sim_boot_init(sim);
    sim_write_tdmrs(sim, SIM_BOOT_ARRAY, tdmr, 2);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1,
                             SIM_BOOT_HKID | SIM_BOOT_DYNAMIC), ==,
                    0xc000010000000008);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 2,
                             SIM_BOOT_HKID), ==, 0xc000010000000002);
    g_assert_cmphex(sim_sys_config(sim, 0), ==, 0);
    g_assert_cmpuint(sim->module->st.tdmr[0].num_rsvd, ==, 2);
    sim_free(sim);
}

static void test_shutdown(void)
{
    SimPlatform *sim = sim_boot_machine(2, 1);

    sim_start(sim);
    sim_boot_ready(sim);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 0, 0, 0), ==,
                    0xc000010000000001);
    sim->module->st.td_build_count = 3;
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 1 << 16 | 1, 0, 0), ==,
                    0x8000051200030000);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 1, 0, 0), ==, 0);
    g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_SHUTDOWN, 1, 0, 0), ==,
                    0xc000050600000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_INIT), ==, 0xc000050600000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_LP_SHUTDOWN), ==, 0);

    /* Only a reset of the machine loads the module again */
    tdx_module_reset(sim->module);
    sim_boot_ready(sim);
    sim_free(sim);

    /* An older module knows nothing but the version in RCX */
    sim = sim_boot_machine(1, 1);
    sim->cfg.features0 &= ~TDX_FEATURES0_UPDATE_COMPATIBILITY;
    sim_start(sim);
    sim_boot_ready(sim);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 1 << 16 | 1, 0, 0), ==,
                    0xc000010000000001);
    sim_free(sim);
}

static void test_update(void)
{
    SimPlatform *sim = sim_boot_machine(2, 1);

    sim_start(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050800000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_INIT), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_LP_INIT), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050800000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_LP_INIT), ==, 0);
    /* Nobody has handed anything over; whatever the version is */
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050900000000);
    g_assert_cmphex(leaf(sim, 0, 9 << 16 | TDH_SYS_UPDATE), ==,
                    0xc000050900000000);
    g_assert_cmphex(sim_sys_config(sim, 0), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0xc000050800000000);
    sim_free(sim);
}

/* --- TDH.SYS.DISABLE ---------------------------------------------------- */

static void test_no_disable(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim_start(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_DISABLE), ==, 0xc000050500000000);
    sim_boot_ready(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_DISABLE), ==, 0xc000010000000000);
    sim_free(sim);
}

static void test_disable(void)
{
    SimPlatform *sim = sim_boot_machine(2, 2);
    TdxState *st;

    sim->cfg.sys_disable = true;
    sim_start(sim);
    st = &sim->module->st;
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_DISABLE), ==, 0);
    sim_boot_ready(sim);
    *(uint64_t *)tdx_private(sim->module, SIM_BOOT_TDMR, SIM_BOOT_HKID) = 1;

    g_assert_cmphex(leaf(sim, 1, TDH_SYS_DISABLE), ==, 0);
    g_assert_cmphex(sim_private64(sim, SIM_BOOT_TDMR), ==, 0);
    g_assert_cmpuint(st->kot[SIM_BOOT_HKID].state, ==, TDX_HKID_FREE);
    g_assert_cmpuint(st->num_tdmrs, ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_RD), ==, 0xc000050200000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_TDMR_INIT), ==, 0xc000050500000000);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_LP_INIT), ==, 0xc000050b00000000);
    sim_boot_ready(sim);

    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 1, 0, 0), ==, 0);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_DISABLE), ==, 0xc000050600000000);
    sim_free(sim);
}

/* TDs are gone with their pages and their KeyIDs */
static void test_disable_drops_tds(void)
{
    const uint64_t tdr = SIM_BOOT_TDMR + 0x10000;
    const uint64_t hkid = SIM_BOOT_HKID + 1;
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim->cfg.sys_disable = true;
    sim_start(sim);
    for (int round = 0; round < 3; round++) {
        sim_boot_ready(sim);
        g_assert_cmphex(sim_leaf(sim, 0, TDH_MNG_CREATE, tdr, hkid, 0), ==,
                        0xc000010100000001); /* not initialised yet */
        while (!sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0)) {
            /* until it is there */
        }
        g_assert_cmphex(sim_leaf(sim, 0, TDH_MNG_CREATE, tdr, hkid, 0), ==, 0);
        g_assert_cmphex(sim_leaf(sim, 0, TDH_MNG_CREATE, tdr, hkid + 1, 0), ==,
                        0xc000030000000001);
        g_assert_cmphex(sim_leaf(sim, 0, TDH_MNG_CREATE, tdr + 0x1000, hkid, 0),
                        ==, 0xc000082000000000);
        sim->module->st.td_build_count = 1;
        g_assert_cmphex(leaf(sim, 0, TDH_SYS_DISABLE), ==, 0);
    }
    sim_boot_ready(sim);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, 1 << 16 | 1, 0, 0), ==,
                    0);
    sim_free(sim);
}

/* --- while another LP is inside ----------------------------------------- */

static void during_key_config(SimPlatform *sim)
{
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_KEY_CONFIG), ==, 0x8000020200000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_INIT), ==, 0x8000020200000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_LP_INIT), ==, 0x8000020200000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_UPDATE), ==, 0x8000020200000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_DISABLE), ==, 0x8000020200000000);
    g_assert_cmphex(sim_sys_config(sim, 1), ==, 0x8000020200000000);
}

static void during_lp_init(SimPlatform *sim)
{
    /* The lock is shared with LP.INIT alone */
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_LP_INIT), ==, 0);
    g_assert_cmphex(sim_sys_config(sim, 1), ==, 0x8000020200000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_KEY_CONFIG), ==, 0x8000020200000000);
}

static void test_busy(void)
{
    SimPlatform *sim = sim_boot_machine(2, 2);

    sim->cfg.sys_disable = true;
    sim_start(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_INIT), ==, 0);
    sim->hook = during_lp_init;
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_LP_INIT), ==, 0);
    g_assert_null(sim->hook);
    g_assert_cmphex(sim_sys_config(sim, 0), ==, 0);
    sim->hook = during_key_config;
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_KEY_CONFIG), ==, 0);
    g_assert_null(sim->hook);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_KEY_CONFIG), ==, 0);
    sim_free(sim);
}

static void during_tdmr_init(SimPlatform *sim)
{
    g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_SHUTDOWN, 1, 0, 0), ==,
                    0x8000020200000000);
}

static void test_shutdown_busy(void)
{
    SimPlatform *sim = sim_boot_machine(2, 1);

    sim_start(sim);
    sim_boot_ready(sim);
    sim->hook = during_tdmr_init;
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, 0);
    g_assert_null(sim->hook);
    /* It is as if nobody had tried */
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, 0);
    g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_SHUTDOWN, 1, 0, 0), ==, 0);
    sim_free(sim);
}

static void disable_during_tdmr_init(SimPlatform *sim)
{
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_DISABLE), ==, 0x8000020200000000);
    /* From now on nobody else gets in */
    g_assert_cmphex(leaf(sim, 2, TDH_SYS_TDMR_INIT), ==, 0xc000050500000000);
    g_assert_cmphex(leaf(sim, 2, TDH_SYS_INIT), ==, 0xc000050500000000);
    g_assert_cmphex(leaf(sim, 2, TDH_SYS_RD), ==, 0xc000050500000000);
    g_assert_cmphex(leaf(sim, 2, TDH_SYS_LP_SHUTDOWN), ==, 0);
    g_assert_cmphex(leaf(sim, 2, TDH_SYS_DISABLE), ==, 0x8000020200000000);
}

static void test_disable_busy(void)
{
    SimPlatform *sim = sim_boot_machine(3, 1);

    sim->cfg.sys_disable = true;
    sim_start(sim);
    sim_boot_ready(sim);
    sim->hook = disable_during_tdmr_init;
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, 0);
    g_assert_null(sim->hook);
    g_assert_cmpuint(sim->module->st.num_tdmrs, ==, 1);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, 0xc000050500000000);
    g_assert_cmphex(leaf(sim, 1, TDH_SYS_DISABLE), ==, 0);
    g_assert_cmpuint(sim->module->st.num_tdmrs, ==, 0);
    sim_boot_ready(sim);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sys/bring-up", test_bring_up);
    g_test_add_func("/sys/key-failures", test_key_failures);
    g_test_add_func("/sys/config-leaves-traces", test_config_leaves_traces);
    g_test_add_func("/sys/config-limits", test_config_limits);
    g_test_add_func("/sys/shutdown", test_shutdown);
    g_test_add_func("/sys/update", test_update);
    g_test_add_func("/sys/no-disable", test_no_disable);
    g_test_add_func("/sys/disable", test_disable);
    g_test_add_func("/sys/disable-drops-tds", test_disable_drops_tds);
    g_test_add_func("/sys/busy", test_busy);
    g_test_add_func("/sys/shutdown-busy", test_shutdown_busy);
    g_test_add_func("/sys/disable-busy", test_disable_busy);
    return g_test_run();
}
