/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All leaves, whether modelled or not, and what can be asked of any of them.
 */

#ifndef TDX_DISPATCH_LEAF_TABLE_H
#define TDX_DISPATCH_LEAF_TABLE_H

#include "../core/leaf.h"

/* More statuses than any leaf has, the dispatcher's included */
#define TDX_LEAF_MAX_STATUSES 32

/** tdx_leaf_find: SEAMCALL leaf @number, NULL if there is none */
const TdxLeaf *tdx_leaf_find(uint16_t number);

/** tdx_leaf_table: all SEAMCALL leaves in ascending order; @n: how many */
const TdxLeaf *const *tdx_leaf_table(size_t *n);

/** tdx_guest_leaf_find: TDCALL leaf @number, NULL if there is none */
const TdxLeaf *tdx_guest_leaf_find(uint16_t number);

/** tdx_guest_leaf_table: all TDCALL leaves in ascending order; @n: how many */
const TdxLeaf *const *tdx_guest_leaf_table(size_t *n);

/**
 * tdx_leaf_answer: the answer of @leaf's handler that @status is: one with
 * the very operand id, else one without or with another; NULL if it is none
 */
const TdxAnswer *tdx_leaf_answer(const TdxLeaf *leaf, TdxStatus status);

/**
 * tdx_leaf_statuses: all that a SEAMCALL of @leaf can answer, the
 * dispatcher's own answers included, ascending and without details.
 * @leaf: NULL for a number that is no leaf
 * Returns how many there are.
 */
size_t tdx_leaf_statuses(const TdxLeaf *leaf,
                         TdxStatus out[TDX_LEAF_MAX_STATUSES]);

/** tdx_leaf_may_return: is @status, whatever its details, one of them? */
bool tdx_leaf_may_return(const TdxLeaf *leaf, uint64_t status);

/** tdx_operand_doc: what an operand name of a leaf means, or NULL */
const char *tdx_operand_doc(const char *name);

#endif /* TDX_DISPATCH_LEAF_TABLE_H */
