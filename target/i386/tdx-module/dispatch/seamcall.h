/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Laying out the way from a SEAMCALL to its leaf.
 */

#ifndef TDX_DISPATCH_SEAMCALL_H
#define TDX_DISPATCH_SEAMCALL_H

#include "../core/state.h"

/** tdx_dispatch_init: lay out @m's entry points, once its cfg is there */
void tdx_dispatch_init(TdxModule *m);

#endif /* TDX_DISPATCH_SEAMCALL_H */
