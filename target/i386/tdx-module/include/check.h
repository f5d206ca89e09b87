/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does all that the module knows about memory agree with itself?
 */

#ifndef TDX_INCLUDE_CHECK_H
#define TDX_INCLUDE_CHECK_H

#include "module.h"

/**
 * tdx_module_check: look for a contradiction in the state of @m and in all
 * that it keeps in private memory: PAMT, page pairs and bitmap, TDs, vCPUs,
 * Secure EPT, keys, life cycle, locks.
 *
 * No SEAMCALL may be running.  Changes nothing.  Made for state that may be
 * wrong in any way: nothing in it is trusted.
 *
 * Returns NULL when all is well or the module has stopped after a fatal
 * error, else one line "invariant: what and where" about the first one found
 * violated, to be freed by the caller.
 */
char *tdx_module_check(TdxModule *m);

#endif /* TDX_INCLUDE_CHECK_H */
