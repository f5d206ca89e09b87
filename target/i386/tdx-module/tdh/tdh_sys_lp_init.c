/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.LP.INIT: prepare one logical processor.
 */

#include "../core/call.h"
#include "../sys/platform.h"
#include "answers.h"

/* Life cycle 4 */
static TdxStatus tdh_sys_lp_init(TdxCall *c)
{
    TdxModule *m = c->m;
    TdxLp *lp = &m->lps[c->lp];
    TdxStatus status;
    TDX_LOCK_GUARD(global);

    c->gpr[TDX_RCX] = 0;
    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R8] = 0;

    status = tdx_take_global(&global, m, TDX_LOCK_TYPE_SHARED) ?:
             tdx_require(tdx_sys_state(m) == TDX_SYSINIT_DONE,
                         TDX_SYS_LP_INIT_NOT_PENDING) ?:
             tdx_require(!lp->init,
                         tdx_fails(m, TDX_SYS_LP_INIT_DONE, "LP", c->lp,
                                   TDX_CAUSE_LP_INIT, 0));
    if (status) {
        return status;
    }
    m->ops->tlb_flush(m->opaque, c->lp);
    status = tdx_check_lp(c);
    if (status) {
        return status;
    }
    lp->init = true;
    __atomic_fetch_add(&m->st.num_init_lps, 1, __ATOMIC_SEQ_CST);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_LP_INIT = {
    TDX_LEAF_ID(TDH_SYS_LP_INIT),
    .what = "Initialise this processor",
    .missing = "VMX controls are not compared.",
    .states = TDX_WHEN_UP,
    .out = { { TDX_RCX, "cpuid_leaf", TDX_ZERO },
             { TDX_RDX, "mask_low", TDX_ZERO },
             { TDX_R8, "mask_high", TDX_ZERO } },
    .handler = tdh_sys_lp_init,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SYS_BUSY,
        { TDX_SYS_LP_INIT_NOT_PENDING,
          "TDH.SYS.INIT was not called, or TDH.SYS.CONFIG was" },
        { TDX_SYS_LP_INIT_DONE, "this processor is initialised" },
        { TDX_LIMIT_CPUID_MAXVAL_SET, "IA32_MISC_ENABLE limits CPUID" },
        { TDX_INCONSISTENT_CPUID_FIELD,
          "CPUID differs from the processor of TDH.SYS.INIT: see the "
          "outputs" },
        { TDX_INVALID_PKG_ID, "the number of the package is too high" },
        { TDX_INCONSISTENT_MSR,
          "an MSR differs from the processor of TDH.SYS.INIT" },
        { TDX_INCOMPATIBLE_SEAM_CAPABILITIES,
          "a VMX control that the module needs is missing",
          .on_silicon = true }
    ),
};
