/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A simulated machine whose n-th operation fails.
 */

#ifndef SIM_FAIL_H
#define SIM_FAIL_H

#include "sim-platform.h"

/* How operations fail that can do so in two ways */
typedef enum SimFailHow {
    SIM_FAIL_FIRST,  /* a device is busy, a report of another CPUSVN */
    SIM_FAIL_SECOND, /* entropy runs out, a report of another MAC */
} SimFailHow;

/**
 * SimFail: see sim_fail().
 * @left: operations up to and with the one that fails; 0: none does
 * @what: the operation that has failed; NULL: there were not so many
 */
typedef struct SimFail {
    TdxPlatformOps whole;
    SimFailHow how;
    unsigned left;
    const char *what;
} SimFail;

/**
 * sim_fail: of the operations that the module asks for from now on and that
 * can fail, let the @n-th fail, from 1; 0: none, as before.
 *
 * Only one LP at a time may be in the module.  An operation that fails has
 * done nothing, but a read that nobody answers gives ones.  That an event is
 * pending counts as a failure, too.
 */
void sim_fail(SimPlatform *sim, unsigned n, SimFailHow how);

/** sim_fails_twofold: are there two ways for the operation @what to fail? */
bool sim_fails_twofold(const char *what);

#endif /* SIM_FAIL_H */
