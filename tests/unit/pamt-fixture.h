/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine with two GiB that TDs may have, and pages for a page pair.
 */

#ifndef PAMT_FIXTURE_H
#define PAMT_FIXTURE_H

#include "sim-pamt.h"

#define BASE (4 * GIB)
#define PAMT (2 * GIB)
#define RANGE (BASE + 64 * MIB)  /* that gets a page pair */
#define PAGE0 (BASE + 128 * MIB) /* in a range without one */
#define PAGE1 (BASE + 130 * MIB + 180 * KIB)
#define PAIR_OF(range) ((range) | TDX_LEVEL_2M)

#define BUSY(reg) (0x8000020000000000 | (reg))
#define METADATA_INCORRECT(reg) (0xc000030000000000 | (reg))

/* 2 GiB, the second of them not initialised to its end */
static inline SimPlatform *machine(bool dynamic)
{
    SimPlatform *sim = sim_ready(2, dynamic);
    TdxTdmr *tdmr = sim_add_tdmr(sim, BASE, 2 * GIB, PAMT);

    sim_reserve(tdmr, 256 * MIB, 4 * KIB);
    while (tdmr->last_initialized < BASE + 2 * GIB - 16 * MIB) {
        g_assert_cmphex(sim_call_status(sim, 0, 36, BASE, 0, 0), ==, 0);
    }
    return sim;
}

static inline TdxTdmr *tdmr_of(SimPlatform *sim)
{
    return &sim->module->st.tdmr[0];
}

static inline TdxPamtEntry *entry_2m(SimPlatform *sim, uint64_t hpa)
{
    return sim_pamt_entry(sim, tdmr_of(sim), TDX_LEVEL_2M, hpa);
}

static inline uint64_t add(SimPlatform *sim, uint64_t range, uint64_t page0,
                           uint64_t page1)
{
    return sim_call_status(sim, 0, TDH_PHYMEM_PAMT_ADD, PAIR_OF(range), page0,
                           page1);
}

#endif /* PAMT_FIXTURE_H */
