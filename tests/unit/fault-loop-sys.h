/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A call of each SEAMCALL leaf of the module's own life, and what comes
 * before it.
 */

#ifndef FAULT_LOOP_SYS_H
#define FAULT_LOOP_SYS_H

#include "fault-loop.h"

#define NO_PAGE  UINT64_MAX
#define SOME_BUF 0x11000000ULL

static void cold(World *w)
{
    w->sim = sim_boot_machine(1, 1);
    w->sim->cfg.sys_disable = true;
    w->sim->tsc = SOME_TIME;
    sim_start(w->sim);
    sim_fail(w->sim, 0, SIM_FAIL_FIRST);
}

static void sys_init(World *w)
{
    cold(w);
    world_set(w, TDH_SYS_INIT, 0, 0, 0, 0);
}

static void sys_lp_init(World *w)
{
    cold(w);
    ASSERT_OK(sim_leaf(w->sim, 0, TDH_SYS_INIT, 0, 0, 0));
    world_set(w, TDH_SYS_LP_INIT, 0, 0, 0, 0);
}

static void sys_config(World *w)
{
    cold(w);
    sim_boot_init(w->sim);
    world_set(w, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1,
              SIM_BOOT_HKID | (w->dynamic ? SIM_BOOT_DYNAMIC : 0), 0);
}

static void configured(World *w)
{
    sys_config(w);
    ASSERT_OK(sim_leaf(w->sim, 0, w->gpr[TDX_RAX], w->gpr[TDX_RCX],
                       w->gpr[TDX_RDX], w->gpr[TDX_R8]));
}

static void sys_key_config(World *w)
{
    configured(w);
    world_set(w, TDH_SYS_KEY_CONFIG, 0, 0, 0, 0);
}

static void ready(World *w)
{
    configured(w);
    ASSERT_OK(sim_leaf(w->sim, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0));
}

static void sys_tdmr_init(World *w)
{
    ready(w);
    world_set(w, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0, 0);
}

static void sys_info(World *w)
{
    ready(w);
    world_set(w, TDH_SYS_INFO, SOME_BUF, 4 * KIB, SOME_BUF + 4 * KIB,
              TDX_MAX_CMRS);
}

static void sys_rd(World *w)
{
    ready(w);
    world_set(w, TDH_SYS_RD, 0, NO_PAGE, 0, 0);
}

static void sys_rdall(World *w)
{
    ready(w);
    world_set(w, TDH_SYS_RDALL, 0, SOME_BUF, NO_PAGE, 0);
}

static void sys_lp_shutdown(World *w)
{
    ready(w);
    world_set(w, TDH_SYS_LP_SHUTDOWN, 0, 0, 0, 0);
}

static void sys_shutdown(World *w)
{
    ready(w);
    world_set(w, TDH_SYS_SHUTDOWN, TDX_MODULE_HV, 0, 0, 0);
}

/* There never is a module before: the one leaf that must fail */
static void sys_update(World *w)
{
    cold(w);
    sim_boot_init(w->sim);
    world_set(w, TDH_SYS_UPDATE, 0, 0, 0, 0);
}

static void sys_disable(World *w)
{
    sys_tdmr_init(w);
    ASSERT_OK(sim_leaf(w->sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0));
    world_set(w, TDH_SYS_DISABLE, 0, 0, 0, 0);
}

#endif /* FAULT_LOOP_SYS_H */
