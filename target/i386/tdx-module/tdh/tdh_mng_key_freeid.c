/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.KEY.FREEID: the TD's key may be used for another TD.
 */

#include "../td/td.h"
#include "answers.h"

/* TD life cycle 4.7 */
static TdxStatus tdh_mng_key_freeid(TdxCall *c)
{
    TdxModule *m = c->m;
    TD_REF(td);
    TDX_LOCK_GUARD(kot);
    TdxStatus status;
    TdxKotEntry *key;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RCX) ?:
             tdx_require(td.tdr->lifecycle == TDX_TD_BLOCKED,
                         tdx_wrong_lifecycle(m, td.hpa, td.tdr)) ?:
             tdx_take(&kot, &m->st.kot_lock, TDX_LOCK_TYPE_EXCLUSIVE,
                      TDX_OPERAND_KOT);
    if (status) {
        return status;
    }
    key = &m->st.kot[td.tdr->hkid % TDX_NUM_HKIDS];
    if (key->wbinvd_bitmap) {
        return TDX_WBCACHE_NOT_COMPLETE;
    }
    key->state = TDX_HKID_FREE;
    tdx_set_lifecycle(m, td.hpa, td.tdr, TDX_TD_TEARDOWN);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MNG_KEY_FREEID = {
    TDX_LEAF_ID(TDH_MNG_KEY_FREEID),
    .what = "Free a TD's KeyID",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" } },
    .handler = tdh_mng_key_freeid,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_OWNED_PAGE,
        { TDX_LIFECYCLE_STATE_INCORRECT,
          "TDH.MNG.VPFLUSHDONE was not called" },
        { TDX_OP(TDX_OPERAND_BUSY, TDX_OPERAND_KOT),
          "the KeyID table is locked" },
        { TDX_WBCACHE_NOT_COMPLETE,
          "a package has not written back its caches" }
    ),
};
