/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The numbers of all leaves by their ids, such as TDH_SYS_RD; plain C, for
 * guests as well.
 */

#ifndef TDX_ABI_LEAF_NUMBER_H
#define TDX_ABI_LEAF_NUMBER_H

/* Those of SEAMCALL and of TDCALL are apart: each begins with 0 */
#define TDX_SEAMCALL(number, id, name) id = number,
#define TDX_SEAMCALL_NONE TDX_SEAMCALL
#define TDX_TDCALL TDX_SEAMCALL
#define TDX_TDCALL_NONE TDX_SEAMCALL
enum {
#include "leaf-list.h"
};

#endif /* TDX_ABI_LEAF_NUMBER_H */
