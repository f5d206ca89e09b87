/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is said of a SEAMCALL leaf beyond what a call needs: apart from the
 * leaf table, so that it costs the dispatcher nothing.
 */

#ifndef TDX_ABI_LEAF_DOC_H
#define TDX_ABI_LEAF_DOC_H

#include "leaf.h"

/* More statuses than any leaf has, the dispatcher's included */
#define TDX_LEAF_MAX_STATUSES 32

/**
 * TdxLeafDoc: one modelled leaf.
 * @what: in a few words
 * @partly: what of it is not modelled; NULL: nothing is missing
 * @statuses: what its handler can answer, up to TDX_STATUS_NONE
 * @elsewhere: what it answers on silicon only, up to TDX_STATUS_NONE
 */
typedef struct TdxLeafDoc {
    uint16_t number;
    const char *what;
    const char *partly;
    const uint64_t *statuses;
    const uint64_t *elsewhere;
} TdxLeafDoc;

/** tdx_leaf_doc: of @leaf; NULL when the leaf is not modelled */
const TdxLeafDoc *tdx_leaf_doc(const TdxLeaf *leaf);

/**
 * tdx_leaf_statuses: all that a SEAMCALL of @leaf can answer, the
 * dispatcher's own answers included, ascending and without details.
 * @leaf: NULL for a number that is no leaf
 * Returns how many there are.
 */
size_t tdx_leaf_statuses(const TdxLeaf *leaf,
                         uint64_t out[TDX_LEAF_MAX_STATUSES]);

/** tdx_leaf_may_return: is @status, whatever its details, one of them? */
bool tdx_leaf_may_return(const TdxLeaf *leaf, uint64_t status);

/** tdx_operand_doc: what an operand name of the leaf table means, or NULL */
const char *tdx_operand_doc(const char *name);

#endif /* TDX_ABI_LEAF_DOC_H */
