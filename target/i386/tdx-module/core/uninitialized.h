/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Variables on the way of each call, which nobody needs to have cleared.
 */

#ifndef TDX_CORE_UNINITIALIZED_H
#define TDX_CORE_UNINITIALIZED_H

#include <glib.h>

/*
 * Of a variable that QEMU's compiler flags would clear in each call, where all
 * of it is written before it is read.
 */
#if g_macro__has_attribute(uninitialized)
#define TDX_UNINITIALIZED __attribute__((uninitialized))
#else
#define TDX_UNINITIALIZED
#endif

#endif /* TDX_CORE_UNINITIALIZED_H */
