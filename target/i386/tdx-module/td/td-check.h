/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Do the books of a TD agree: its pages, their PAMT entries, its Secure EPT
 * and its counters?
 */

#ifndef TDX_TD_TD_CHECK_H
#define TDX_TD_TD_CHECK_H

#include "td.h"

/**
 * td_check: look at all of the TD whose TDR is at @tdr_hpa.
 * No SEAMCALL may be running.
 * Returns NULL, or one line that says what is wrong.
 */
const char *td_check(TdxModule *m, uint64_t tdr_hpa);

#endif /* TDX_TD_TD_CHECK_H */
