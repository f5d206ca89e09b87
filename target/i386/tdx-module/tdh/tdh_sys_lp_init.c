/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.LP.INIT (35): prepare one logical processor.
 */

#include "../core/state.h"
#include "../sys/platform.h"

/* Life cycle 4 */
uint64_t tdh_sys_lp_init(TdxCall *c)
{
    TdxModule *m = c->m;
    TdxLp *lp = &m->lps[c->lp];
    uint64_t status;
    TDX_LOCK_GUARD(global);

    c->gpr[TDX_RCX] = 0;
    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R8] = 0;

    if (!tdx_guard_try(&global, &m->st.global_lock, TDX_LOCK_TYPE_SHARED)) {
        return TDX_SYS_BUSY;
    }
    if (tdx_sys_state(m) != TDX_SYSINIT_DONE) {
        return TDX_SYS_LP_INIT_NOT_PENDING;
    }
    if (lp->init) {
        return TDX_SYS_LP_INIT_DONE;
    }
    m->ops->tlb_flush(m->opaque, c->lp);
    status = tdx_check_lp(c);
    if (status != TDX_SUCCESS) {
        return status;
    }
    lp->init = true;
    __atomic_fetch_add(&m->st.num_init_lps, 1, __ATOMIC_SEQ_CST);
    return TDX_SUCCESS;
}
