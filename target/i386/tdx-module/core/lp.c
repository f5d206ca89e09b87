/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which logical processors are inside of the module.
 */

#include "lp.h"
#include "observe.h"

bool tdx_all_lps_init(const TdxModule *m)
{
    unsigned lp = 0;

    if (__atomic_load_n(&m->st.num_init_lps, __ATOMIC_SEQ_CST) >=
        m->plat.num_lps) {
        return true;
    }
    while (lp < m->plat.num_lps - 1 && m->lps[lp].init) {
        lp++;
    }
    tdx_cause(m, "LP", lp, TDX_CAUSE_LP_NOT_INIT, 0);
    return false;
}

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
