/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine brought up as a host kernel does it.
 */

#include "abi/status.h"
#include "sim-boot.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* The PAMTs of the TDMR, in convertible memory below it */
#define PAMT_1G (0x20000000ULL)
#define PAMT_2M (PAMT_1G + MIB)
#define PAMT_4K (PAMT_2M + MIB)

SimPlatform *sim_boot_machine(unsigned lps, unsigned pkgs)
{
    static const TdxTdmrInfo tdmr = {
        .base = SIM_BOOT_TDMR,
        .size = GIB,
        .pamt_1g = { PAMT_1G, MIB },
        .pamt_2m = { PAMT_2M, MIB },
        .pamt_4k = { PAMT_4K, 4 * MIB },
    };
    SimPlatform *sim = sim_new();

    sim->info.max_pa = 46;
    sim->info.keyid_bits = 3;
    sim->info.mktme_keyids = SIM_BOOT_HKID - 1;
    sim->info.tdx_keyids = 4;
    sim->info.num_lps = lps;
    sim->info.num_pkgs = pkgs;
    sim->info.cmr[0] = (TdxRange) { MIB, GIB - MIB };
    sim->info.cmr[1] = (TdxRange) { SIM_BOOT_TDMR, GIB };
    sim->info.seamrr = (TdxRange) { GIB, 64 * MIB };
    sim_write_tdmrs(sim, SIM_BOOT_ARRAY, &tdmr, 1);
    return sim;
}

void sim_write_tdmrs(SimPlatform *sim, uint64_t array,
                     const TdxTdmrInfo *info, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t hpa = array + (i + 1) * TDX_TDMR_INFO_ALIGN;
        const uint64_t *words = (const uint64_t *)&info[i];

        for (unsigned w = 0; w < sizeof(*info) / sizeof(*words); w++) {
            sim_write64(sim, hpa + w * sizeof(*words), words[w]);
        }
        sim_write64(sim, array + i * sizeof(hpa), hpa);
    }
}

uint64_t sim_leaf(SimPlatform *sim, unsigned lp, uint64_t leaf, uint64_t rcx,
                  uint64_t rdx, uint64_t r8)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = leaf, [TDX_RCX] = rcx, [TDX_RDX] = rdx, [TDX_R8] = r8,
    };

    g_assert_true(tdx_module_seamcall(sim->module, lp, gpr, NULL));
    return gpr[TDX_RAX];
}

uint64_t sim_sys_config(SimPlatform *sim, unsigned lp)
{
    return sim_leaf(sim, lp, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1, SIM_BOOT_HKID);
}

void sim_boot_init(SimPlatform *sim)
{
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_INIT, 0, 0, 0), ==, TDX_SUCCESS);
    for (unsigned lp = 0; lp < sim->info.num_lps; lp++) {
        g_assert_cmphex(sim_leaf(sim, lp, TDH_SYS_LP_INIT, 0, 0, 0), ==,
                        TDX_SUCCESS);
    }
}

void sim_boot_config(SimPlatform *sim)
{
    sim_boot_init(sim);
    g_assert_cmphex(sim_sys_config(sim, 0), ==, TDX_SUCCESS);
}

void sim_boot_ready(SimPlatform *sim)
{
    unsigned lps_per_pkg = sim->info.num_lps / sim->info.num_pkgs;

    sim_boot_config(sim);
    for (unsigned lp = 0; lp < sim->info.num_lps; lp += lps_per_pkg) {
        g_assert_cmphex(sim_leaf(sim, lp, TDH_SYS_KEY_CONFIG, 0, 0, 0), ==,
                        TDX_SUCCESS);
    }
}
