/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.VPFLUSHDONE: no vCPU of the TD is in use any more.
 */

#include "../td/td.h"
#include "answers.h"

/* TD life cycle 4.6, step 4, and the count of TDs being built */
static TdxStatus leave_service(TdxTdRef *td)
{
    TdxStatus status;

    if (td->tdr->num_tdcx < TDX_TDCS_BASE_PAGES) {
        return TDX_SUCCESS;
    }
    status = tdx_td_map_tdcs(td);
    if (status) {
        return status;
    }
    if (tdx_op_state(td->tdcs) == TDX_OP_UNINITIALIZED) {
        return TDX_SUCCESS;
    }
    if (__atomic_load_n(&td->tdcs->num_assoc_vcpus, __ATOMIC_SEQ_CST)) {
        return TDX_FLUSHVP_NOT_DONE;
    }
    if (tdx_op_state(td->tdcs) == TDX_OP_INITIALIZED) {
        tdx_td_end_build(td);
    }
    return TDX_SUCCESS;
}

/* TD life cycle 4.6 */
static TdxStatus tdh_mng_vpflushdone(TdxCall *c)
{
    TdxModule *m = c->m;
    TD_REF(td);
    TDX_LOCK_GUARD(kot);
    TdxStatus status;
    TdxKotEntry *key;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RCX) ?:
             tdx_take(&kot, &m->st.kot_lock, TDX_LOCK_TYPE_EXCLUSIVE,
                      TDX_OPERAND_KOT) ?:
             tdx_require(td.tdr->lifecycle == TDX_TD_HKID_ASSIGNED ||
                         td.tdr->lifecycle == TDX_TD_KEYS_CONFIGURED,
                         tdx_wrong_lifecycle(m, td.hpa, td.tdr)) ?:
             leave_service(&td);
    if (status) {
        return status;
    }
    key = &m->st.kot[td.tdr->hkid % TDX_NUM_HKIDS];
    key->wbinvd_bitmap = m->st.pkg_config_bitmap;
    key->state = TDX_HKID_FLUSHED;
    tdx_set_lifecycle(m, td.hpa, td.tdr, TDX_TD_BLOCKED);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MNG_VPFLUSHDONE = {
    TDX_LEAF_ID(TDH_MNG_VPFLUSHDONE),
    .what = "Check that no vCPU is on any processor",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" } },
    .handler = tdh_mng_vpflushdone,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_OWNED_PAGE,
        { TDX_OP(TDX_OPERAND_BUSY, TDX_OPERAND_KOT),
          "the KeyID table is locked" },
        { TDX_LIFECYCLE_STATE_INCORRECT, "the TD has given up its KeyID" },
        ANSWERS_TD_FATAL,
        { TDX_FLUSHVP_NOT_DONE, "a vCPU is on a processor" }
    ),
};
