/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD as a host builds it, SEAMCALL by SEAMCALL.
 */

#ifndef SIM_TD_H
#define SIM_TD_H

#include "sim-pamt.h"
#include "sept/sept.h"
#include "vp/vp.h"

/* RAX */
#define LEAF_VERSION(leaf, version) ((leaf) | (uint64_t)(version) << 16)

/* The machine: one TDMR, of which the host gives away 2 MiB ranges */
#define SIM_TD_BASE (4 * GIB)
#define SIM_TD_HKID 5

/* Shared memory that a test may use; TD_PARAMS stand at its start */
#define SIM_TD_SHARED (1 * GIB)

/**
 * SimTd: a TD and where its next page comes from.
 * @pages: 4 KiB pages that the TD has got, to be reclaimed
 */
typedef struct SimTd {
    SimPlatform *sim;
    uint64_t tdr;
    uint64_t vcpu;
    uint64_t next;
    uint64_t pamt_next;
    GArray *pages;
} SimTd;

/** sim_td_machine: a machine of @lps processors, ready for TDs */
SimPlatform *sim_td_machine(unsigned lps);

/** sim_td_machine_static: the same without Dynamic PAMT */
SimPlatform *sim_td_machine_static(unsigned lps);

/** sim_td_page: a free page, under Dynamic PAMT with a page pair over it */
uint64_t sim_td_page(SimTd *td);

/** sim_td_create: up to and with the six TDCS pages */
void sim_td_create(SimTd *td, SimPlatform *sim);

/** sim_td_init: MNG.INIT; room for four vCPUs, @attributes */
void sim_td_init(SimTd *td, uint64_t attributes);

/** sim_td_write_params: TD_PARAMS of such a TD, with room for @vms L2 VMs */
void sim_td_write_params(SimTd *td, uint64_t attributes, unsigned vms);

/** sim_td_add_vcpu: a vCPU, initialised on LP @lp; returns its TDVPR */
uint64_t sim_td_add_vcpu(SimTd *td, unsigned lp);

/** sim_td_tables: SEPT tables down to the one that maps 4 KiB at @gpa */
void sim_td_tables(SimTd *td, uint64_t gpa);

/** sim_td_build: all of the above; still to be finalised */
void sim_td_build(SimTd *td, SimPlatform *sim, uint64_t attributes);

/** sim_td_call: one SEAMCALL on LP 0; returns RAX */
uint64_t sim_td_call(SimTd *td, uint64_t leaf, uint64_t rcx, uint64_t rdx,
                     uint64_t r8);

/** sim_td_field: MNG.RD, which must succeed */
uint64_t sim_td_field(SimTd *td, uint64_t id);

/** sim_td_destroy: take it apart and look whether all of it came back */
void sim_td_destroy(SimTd *td);

/** sim_td_free: the same, and the end of its machine, and of @td by g_free() */
void sim_td_free(SimTd *td);

/** sim_td_tdcs: its control page, for white-box tests */
TdxTdcs *sim_td_tdcs(SimTd *td);

#endif /* SIM_TD_H */
