/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine brought up as a host kernel does it, SEAMCALL by SEAMCALL.
 */

#ifndef SIM_BOOT_H
#define SIM_BOOT_H

#include "sim-platform.h"
#include "pamt/tdmr.h"

/* Where sim_boot_machine() has its one TDMR, and what it passes in R8 */
#define SIM_BOOT_TDMR    0x100000000ULL
#define SIM_BOOT_ARRAY   0x10000000ULL
#define SIM_BOOT_HKID    4ULL
#define SIM_BOOT_DYNAMIC (1ULL << 16)

/**
 * sim_boot_machine: a machine with 1 GiB at SIM_BOOT_TDMR for a TDMR, whose
 * TDMR_INFO is in place; not started.  Four private KeyIDs from SIM_BOOT_HKID.
 */
SimPlatform *sim_boot_machine(unsigned lps, unsigned pkgs);

/**
 * sim_write_tdmrs: put @n TDMR_INFO structures behind an array of pointers
 * @array: HPA of the array, 512 B aligned
 */
void sim_write_tdmrs(SimPlatform *sim, uint64_t array,
                     const TdxTdmrInfo *info, unsigned n);

/** sim_leaf: one SEAMCALL with all registers that are not named zero */
uint64_t sim_leaf(SimPlatform *sim, unsigned lp, uint64_t leaf, uint64_t rcx,
                  uint64_t rdx, uint64_t r8);

/** sim_sys_config: TDH.SYS.CONFIG of the machine's TDMR, static PAMT */
uint64_t sim_sys_config(SimPlatform *sim, unsigned lp);

/* Bring the module as far as the name says; all must succeed */
void sim_boot_init(SimPlatform *sim);   /* SYS.INIT and all LP.INITs */
void sim_boot_config(SimPlatform *sim); /* ... and SYS.CONFIG */
void sim_boot_ready(SimPlatform *sim);  /* ... and SYS.KEY.CONFIG */

#endif /* SIM_BOOT_H */
