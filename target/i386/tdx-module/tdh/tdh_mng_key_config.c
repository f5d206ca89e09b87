/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.KEY.CONFIG: program the TD's key on the caller's package.
 */

#include "../td/td.h"
#include "answers.h"

static TdxStatus program_key(const TdxCall *c, uint16_t hkid)
{
    switch (c->m->ops->key_config(c->m->opaque, c->lp, hkid)) {
    case TDX_KEY_DEVICE_BUSY:
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_KET);
    case TDX_KEY_NO_ENTROPY:
        return TDX_KEY_GENERATION_FAILED;
    case TDX_KEY_OK:
        break;
    }
    return TDX_SUCCESS;
}

/* TD life cycle 4.2 */
static TdxStatus tdh_mng_key_config(TdxCall *c)
{
    TdxModule *m = c->m;
    uint32_t pkg = 1u << m->ops->lp_package(m->opaque, c->lp);
    uint32_t all_pkgs = (1u << m->plat.num_pkgs) - 1;
    TD_REF(td);
    TdxStatus status;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RCX) ?:
             tdx_require(!tdx_tdr_fatal(td.tdr), TDX_TD_FATAL) ?:
             tdx_require(td.tdr->lifecycle == TDX_TD_HKID_ASSIGNED,
                         tdx_wrong_lifecycle(m, td.hpa, td.tdr)) ?:
             tdx_require(!(td.tdr->pkg_config_bitmap & pkg),
                         TDX_KEY_CONFIGURED) ?:
             program_key(c, td.tdr->hkid);
    if (status) {
        return status;
    }
    td.tdr->pkg_config_bitmap |= pkg;
    if (td.tdr->pkg_config_bitmap == all_pkgs) {
        tdx_set_lifecycle(m, td.hpa, td.tdr, TDX_TD_KEYS_CONFIGURED);
    }
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MNG_KEY_CONFIG = {
    TDX_LEAF_ID(TDH_MNG_KEY_CONFIG),
    .what = "Program a TD's key on this package",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" } },
    .handler = tdh_mng_key_config,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_OWNED_PAGE,
        ANSWERS_TD_FATAL,
        { TDX_LIFECYCLE_STATE_INCORRECT,
          "the TD has its keys, or has given them up" },
        { TDX_KEY_CONFIGURED, "this package has the key" },
        { TDX_OP(TDX_OPERAND_BUSY, TDX_OPERAND_KET),
          "the key table is in use" },
        { TDX_KEY_GENERATION_FAILED, "there is no random number" }
    ),
};
