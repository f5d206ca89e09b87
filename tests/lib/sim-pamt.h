/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A module that is ready, with TDMRs as a test wants them: for white-box
 * tests of what comes after TDH.SYS.KEY.CONFIG.
 */

#ifndef SIM_PAMT_H
#define SIM_PAMT_H

#include "sim-platform.h"
#include "core/state.h"
#include "pamt/bitmap.h"
#include "pamt/page.h"

#define GIB (1ULL << 30)
#define MIB (1ULL << 20)
#define KIB (1ULL << 10)

#define ROUND_UP(n, d) (((n) + (d) - 1) / (d) * (d))

/* A call with recognisable junk in the registers that it does not name */
typedef struct SimCall {
    uint64_t gpr[TDX_NUM_GPRS];
    bool answered;
} SimCall;

/* What a handler is given, as far as finding and locking pages needs it */
#define SIM_CALL(sim, number) \
    (&(TdxCall) { .m = (sim)->module, .lp = (number) })

/** sim_ready: a started machine of @lps processors, module ready, no TDMR */
SimPlatform *sim_ready(unsigned lps, bool dynamic_pamt);

/**
 * sim_add_tdmr: [@base, @base + @size), not initialised.
 * @pamt: where its PAMT areas are, 512 MiB of room; all bigger than needed
 */
TdxTdmr *sim_add_tdmr(SimPlatform *sim, uint64_t base, uint64_t size,
                      uint64_t pamt);

/** sim_reserve: add a reserved area, @offset and @size in bytes */
void sim_reserve(TdxTdmr *tdmr, uint64_t offset, uint64_t size);

/** sim_call: one SEAMCALL; returns RAX */
uint64_t sim_call(SimPlatform *sim, unsigned lp, SimCall *call, uint64_t leaf,
                  uint64_t rcx, uint64_t rdx, uint64_t r8);

/** sim_init_tdmr: call TDH.SYS.TDMR.INIT until all is initialised */
void sim_init_tdmr(SimPlatform *sim, TdxTdmr *tdmr);

/** sim_call_status: the same for callers who want the status alone */
uint64_t sim_call_status(SimPlatform *sim, unsigned lp, uint64_t leaf,
                         uint64_t rcx, uint64_t rdx, uint64_t r8);

/** sim_pamt_entry: the raw entry of @hpa in the array of @level */
TdxPamtEntry *sim_pamt_entry(SimPlatform *sim, TdxTdmr *tdmr, TdxLevel level,
                             uint64_t hpa);

/** sim_private_entry: the raw entry at @hpa, which lies in a PAMT page */
TdxPamtEntry *sim_private_entry(SimPlatform *sim, uint64_t hpa);

/** sim_pamt_bit: is the page's bit in the bitmap set? */
bool sim_pamt_bit(SimPlatform *sim, TdxTdmr *tdmr, uint64_t hpa);

/**
 * sim_no_locks: is no entry of @tdmr, down to the 2M level, locked, and does
 * no LP share one?
 */
bool sim_no_locks(SimPlatform *sim, TdxTdmr *tdmr);

#endif /* SIM_PAMT_H */
