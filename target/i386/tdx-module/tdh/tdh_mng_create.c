/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.CREATE: make a page the root of a new TD.
 */

#include <string.h>

#include "../td/td.h"
#include "answers.h"

/* TD life cycle 4.1 */
static TdxStatus tdh_mng_create(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t hpa = c->gpr[TDX_RCX];
    uint64_t hkid = c->gpr[TDX_RDX];
    uint8_t uuid[sizeof(((TdxTdr *)0)->uuid)];
    PAMT_REF(page);
    TDX_LOCK_GUARD(kot);
    TdxStatus status;
    void *content;
    TdxTdr *tdr;

    status = tdx_require(hkid <= UINT16_MAX &&
                         tdx_hkid_is_private(m, hkid) &&
                         hkid < TDX_NUM_HKIDS,
                         tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX),
                                   NULL, hkid, TDX_CAUSE_NOT_PRIVATE_HKID,
                                   m->private_hkid_min)) ?:
             tdx_pamt_get_free(&page, c, hpa, TDX_LEVEL_4K, TDX_RCX) ?:
             tdx_take(&kot, &m->st.kot_lock, TDX_LOCK_TYPE_EXCLUSIVE,
                      TDX_OPERAND_KOT) ?:
             tdx_require(m->st.kot[hkid].state == TDX_HKID_FREE,
                         TDX_HKID_NOT_FREE) ?:
             tdx_require(m->ops->random(m->opaque, uuid, sizeof(uuid)),
                         TDX_RND_NO_ENTROPY) ?:
             tdx_td_take_page(m, hpa, m->st.hkid, &content);
    if (status) {
        return status;
    }
    tdr = content;
    tdr->hkid = hkid;
    tdr->lifecycle = TDX_TD_HKID_ASSIGNED;
    tdr->handoff_version = c->m->cfg.built_in.module_hv;
    tdr->svn_minor = c->m->cfg.svn_minor;
    tdr->svn_major = c->m->cfg.svn_major;
    tdx_observe_lifecycle(m, hpa, NULL, TDX_TD_HKID_ASSIGNED);
    memcpy(tdr->uuid, uuid, sizeof(uuid));
    m->st.kot[hkid].state = TDX_HKID_ASSIGNED;
    tdx_pamt_assign(&page, TDX_PT_TDR, 0);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MNG_CREATE = {
    TDX_LEAF_ID(TDH_MNG_CREATE),
    .what = "Create a TD with a KeyID",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "page" }, { TDX_RDX, "hkid" } },
    .handler = tdh_mng_create,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_OWNED_PAGE,
        ANSWERS_FREE_PAGE,
        { TDX_OP(TDX_OPERAND_BUSY, TDX_OPERAND_KOT),
          "the KeyID table is locked" },
        { TDX_HKID_NOT_FREE, "the KeyID is in use" },
        { TDX_RND_NO_ENTROPY, "there is no random number" }
    ),
};
