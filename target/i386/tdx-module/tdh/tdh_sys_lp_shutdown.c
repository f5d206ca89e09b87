/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.LP.SHUTDOWN (44): deprecated, succeeds without effect.
 */

#include "../core/state.h"

uint64_t tdh_sys_lp_shutdown(TdxCall *c)
{
    (void)c;
    return TDX_SUCCESS;
}
