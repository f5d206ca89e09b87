/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Losing what a module has come to.
 */

#include <string.h>

#include "lp.h"
#include "state.h"

void tdx_forget(TdxModule *m)
{
    size_t kept = offsetof(TdxState, num_init_lps);

    /* Who looks at the state sees that what it has read may be no more */
    __atomic_fetch_add(&m->forgotten, 1, __ATOMIC_SEQ_CST);
    memset((char *)&m->st + kept, 0, sizeof(m->st) - kept);
    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        m->lps[lp].init = false;
    }
}
