/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which logical processors are inside of the module.
 */

#include "lp.h"
#include "observe.h"

bool tdx_others_active(const TdxModule *m, unsigned lp)
{
    tdx_fence_others(m);
    for (unsigned i = 0; i < m->plat.num_lps; i++) {
        if (i != lp && __atomic_load_n(&m->lps[i].active, __ATOMIC_SEQ_CST)) {
            tdx_cause(m, "LP", i, TDX_CAUSE_IN_USE, 0);
            return true;
        }
    }
    return false;
}
