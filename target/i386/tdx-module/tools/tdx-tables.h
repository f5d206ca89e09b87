/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the two forms of the exported tables share.
 */

#ifndef TDX_TOOLS_TDX_TABLES_H
#define TDX_TOOLS_TDX_TABLES_H

#include "include/leaf.h"

/** leaf_coverage: is @leaf modelled? "yes", "partly" or "no" */
const char *leaf_coverage(const TdxLeaf *leaf);

/** operand_on_failure: what an output holds after a failure, in words */
const char *operand_on_failure(const TdxLeafOperand *operand);

/** print_leaves_rst: the reference of SEAMCALL leaves */
void print_leaves_rst(void);

/** print_guest_leaves_rst: the reference of TDCALL leaves */
void print_guest_leaves_rst(void);

/**
 * TdxMember: a member of a structure, in bytes.
 * @count: elements of an array, @stride apart; 1 for no array
 */
typedef struct TdxMember {
    const char *name; /* NULL ends the list */
    unsigned offset;
    unsigned size;
    unsigned count;
    unsigned stride;
} TdxMember;

typedef struct TdxStructure {
    const char *name; /* NULL ends the list */
    unsigned size;
    unsigned align;
    const TdxMember *member;
} TdxStructure;

extern const TdxStructure tdx_structures[];

#endif /* TDX_TOOLS_TDX_TABLES_H */
