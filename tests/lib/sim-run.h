/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A logical processor of a simulated machine that can run TDs: registers of
 * whoever runs on it, and the way from and to a TD.  It executes nothing; a
 * test says which VM exit there is.
 */

#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim-platform.h"

/* Compacted, with all components that a TD can have */
#define SIM_XSAVE_SIZE (3 * SIM_PAGE_SIZE)

/**
 * SimLp: a logical processor.
 * @run: the TD that runs here, while @in_td
 * @gpr, @regs, @xmm, @debugctl: of the VMM or of the TD; @regs has no GPRs
 * @rflags, @interruptibility, @pending_debug, @dr7: of the VMM; the last
 *   three as a VM exit leaves them
 * @msr: MSRs that the module has written or a test has set on this LP
 * @polls: times that the module may ask in vain whether an event is pending
 * @no_events: none is
 */
typedef struct SimLp {
    TdxTdRun run;
    bool in_td;
    uint64_t gpr[TDX_NUM_GPRS];
    X86VcpuState regs;
    TdxXmm xmm[TDX_NUM_XMMS];
    uint64_t debugctl;
    uint64_t rflags;
    uint64_t dr7;
    uint32_t interruptibility;
    uint64_t pending_debug;
    GHashTable *msr;
    bool no_events;
    unsigned polls;
} SimLp;

/** sim_run_init / sim_run_clear: @sim's logical processors, see sim_start() */
void sim_run_init(SimPlatform *sim);
void sim_run_clear(SimPlatform *sim);

/** sim_run_ops: add the operations that running TDs needs */
void sim_run_ops(TdxPlatformOps *ops);

/** sim_lp: logical processor @lp */
SimLp *sim_lp(SimPlatform *sim, unsigned lp);

/** sim_lp_msr: MSR @msr of @lp alone; NULL: like that of all others */
uint64_t *sim_lp_msr(SimPlatform *sim, unsigned lp, uint32_t msr);

/** sim_set_lp_msr: what MSR @msr of @lp alone is */
void sim_set_lp_msr(SimPlatform *sim, unsigned lp, uint32_t msr,
                    uint64_t value);

/**
 * sim_cpu_msr: where @lp keeps a live MSR that whoever runs on it owns; NULL
 * for those that sim_lp_msr() has
 */
uint64_t *sim_cpu_msr(SimLp *lp, uint32_t msr);

/** sim_seamcall: one SEAMCALL on @lp, which may end in a TD that runs there */
TdxSeamcall sim_seamcall(SimPlatform *sim, unsigned lp,
                         uint64_t gpr[TDX_NUM_GPRS]);

/**
 * sim_td_exit: the VM exit that the VMCS of the TD on @lp describes, with the
 * registers of sim_lp(); afterwards they are those of who runs next.
 */
TdxTdVerdict sim_td_exit(SimPlatform *sim, unsigned lp);

/** sim_would_exit: would that VM exit be, by the VMCS?  See sim-intercept.c */
bool sim_would_exit(SimPlatform *sim, unsigned lp);

/** sim_msr_exits: does the MSR bitmap at @hpa make an access exit? */
bool sim_msr_exits(SimPlatform *sim, uint64_t hpa, uint32_t msr, bool write);

#endif /* SIM_RUN_H */
