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

/** tdx_leaf_exists: does the loaded module have @leaf, of either interface? */
bool tdx_leaf_exists(const TdxModule *m, const TdxLeaf *leaf);

/** tdx_faults_rearm: the entry points are new, the faults are the same */
void tdx_faults_rearm(TdxModule *m);

/** tdx_fault_tdcall: TDCALL @leaf, while there are faults */
TdxStatus tdx_fault_tdcall(TdxCall *c, const TdxLeaf *leaf);

#endif /* TDX_DISPATCH_SEAMCALL_H */
