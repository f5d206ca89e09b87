/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Prototypes of the leaf handlers: TDX_HANDLER(function).
 */

TDX_HANDLER(tdh_sys_init)
TDX_HANDLER(tdh_sys_lp_init)
TDX_HANDLER(tdh_sys_lp_shutdown)
