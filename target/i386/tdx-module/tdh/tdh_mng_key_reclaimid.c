/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.KEY.RECLAIMID (27): kept for old hosts; keys need no reclaiming.
 */

#include "../td/td.h"

/* TD life cycle 4.7 */
uint64_t tdh_mng_key_reclaimid(TdxCall *c)
{
    return TDX_SUCCESS;
}
