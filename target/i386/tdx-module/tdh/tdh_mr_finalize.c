/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MR.FINALIZE: end the build of a TD.
 */

#include "../td/td.h"
#include "answers.h"

/* TD life cycle 6.11 */
static TdxStatus tdh_mr_finalize(TdxCall *c)
{
    TD_REF(td);
    TdxTdcsMeasurement *measurement;
    TdxStatus status;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RCX) ?:
             tdx_td_check_state_nolock(&td, TD_OPS_BUILD) ?:
             tdx_require(__atomic_load_n(&td.tdcs->num_vcpus, __ATOMIC_SEQ_CST),
                         TDX_NO_VCPUS) ?:
             tdx_td_check_build(&td);
    if (status) {
        return status;
    }
    measurement = tdx_td_tdcs_page(&td, TDX_TDCS_MEASUREMENT);
    status = tdx_require(measurement,
                         tdx_td_no_content(c->m, td.tdr,
                                           "a TDCS page has no memory")) ?:
             tdx_require(tdx_mrtd_final(&measurement->mrtd, td.tdcs->mrtd),
                         tdx_fatal(c->m,
                                   "the measurement of a TD is corrupt"));
    if (status) {
        return status;
    }
    tdx_td_set_op_state(&td, TDX_OP_RUNNABLE);
    tdx_td_end_build(&td);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MR_FINALIZE = {
    TDX_LEAF_ID(TDH_MR_FINALIZE),
    .what = "End the measurement of a TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" } },
    .handler = tdh_mr_finalize,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        { TDX_NO_VCPUS, "the TD has no vCPU" },
        { TDX_INCOMPATIBLE_MRTD_CONTEXT,
          "the TD was begun by a module that measures in another way" }
    ),
};
