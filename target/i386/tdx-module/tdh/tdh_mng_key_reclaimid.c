/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.KEY.RECLAIMID: kept for old hosts; keys need no reclaiming.
 */

#include "../core/call.h"

/* TD life cycle 4.7 */
static TdxStatus tdh_mng_key_reclaimid(TdxCall *c)
{
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MNG_KEY_RECLAIMID = {
    TDX_LEAF_ID(TDH_MNG_KEY_RECLAIMID),
    .what = "Nothing: kept for old hosts",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" } },
    .handler = tdh_mng_key_reclaimid,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS }
    ),
};
