/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the two forms of the exported tables share.
 */

#ifndef TDX_TABLES_H
#define TDX_TABLES_H

#include "abi/leaf.h"

/** leaf_coverage: is @leaf modelled? "yes", "partly" or "no" */
const char *leaf_coverage(const TdxLeaf *leaf);

/** print_leaves_rst: the leaf reference */
void print_leaves_rst(void);

#endif /* TDX_TABLES_H */
