/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An update as a host makes it, for the tests of what lives through one.
 */

#ifndef UPDATE_FIXTURE_H
#define UPDATE_FIXTURE_H

#include "include/check.h"
#include "include/update.h"
#include "sim-boot.h"

#define MODULE_HV 0x8900000100000000ULL

static inline uint64_t leaf(SimPlatform *sim, unsigned lp, uint64_t number)
{
    return sim_leaf(sim, lp, number, 0, 0, 0);
}

static inline uint64_t rd(SimPlatform *sim, uint64_t field)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_SYS_RD, [TDX_RDX] = field,
    };

    g_assert_cmpint(tdx_module_seamcall(sim->module, 0, gpr, NULL), ==,
                    TDX_SEAMCALL_DONE);
    g_assert_cmphex(gpr[TDX_RAX], ==, 0);
    return gpr[TDX_R8];
}

/* TDH.SYS.UPDATE; returns RAX */
static inline uint64_t update_leaf(SimPlatform *sim, unsigned version,
                                   uint64_t r9, uint64_t r10)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_SYS_UPDATE | version << 16, [TDX_R9] = r9,
        [TDX_R10] = r10,
    };

    g_assert_cmpint(tdx_module_seamcall(sim->module, 0, gpr, NULL), ==,
                    TDX_SEAMCALL_DONE);
    return gpr[TDX_RAX];
}

static inline void check(SimPlatform *sim)
{
    g_autofree char *problem = tdx_module_check(sim->module);

    g_assert_cmpstr(problem, ==, NULL);
}

/* Up to the calls of the module that comes */
static inline void install(SimPlatform *sim, const TdxModuleConfig *cfg)
{
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_SHUTDOWN, rd(sim, MODULE_HV), 0,
                             0), ==, 0);
    tdx_module_install(sim->module, cfg, true);
}

static inline void update(SimPlatform *sim, const TdxModuleConfig *cfg)
{
    install(sim, cfg);
    sim_boot_init(sim);
    g_assert_cmphex(leaf(sim, 0, TDH_SYS_UPDATE), ==, 0);
    check(sim);
}

#endif /* UPDATE_FIXTURE_H */
