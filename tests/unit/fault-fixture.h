/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Faults for a simulated machine, as tests ask for them.
 */

#ifndef FAULT_FIXTURE_H
#define FAULT_FIXTURE_H

#include "include/fault.h"
#include "sim-td.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define BUSY(operand) (TDX_OPERAND_BUSY | (operand))

static inline void parse(TdxFault *f, const char *leaf, const char *status,
                         const char *operand)
{
    g_autofree char *error = NULL;

    *f = (TdxFault) { .nth = 1, .count = 1, .percent = 100 };
    error = tdx_fault_parse(f, leaf, status, operand);
    g_assert_cmpstr(error, ==, NULL);
}

static inline void add(SimPlatform *sim, TdxFault *f)
{
    g_autofree char *error = tdx_fault_add(sim->module, f);

    g_assert_cmpstr(error, ==, NULL);
}

static inline void inject(SimPlatform *sim, TdxFault *f, const char *leaf,
                          const char *status, const char *operand)
{
    parse(f, leaf, status, operand);
    add(sim, f);
}

#endif /* FAULT_FIXTURE_H */
