/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.LP.SHUTDOWN: deprecated, succeeds without effect.
 */

#include "../core/call.h"

static TdxStatus tdh_sys_lp_shutdown(TdxCall *c)
{
    (void)c;
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_LP_SHUTDOWN = {
    TDX_LEAF_ID(TDH_SYS_LP_SHUTDOWN),
    .what = "Nothing: kept for old hosts",
    .states = TDX_WHEN_ANY,
    .handler = tdh_sys_lp_shutdown,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS }
    ),
};
