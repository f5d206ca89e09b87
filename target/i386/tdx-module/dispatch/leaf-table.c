/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All leaves, from their list and their files.
 */

#include <string.h>

#include "../include/leaf.h"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* --- names, which the leaves' own files refer to ------------------------- */

#define TDX_SEAMCALL(number, id, name) \
    const char tdx_leaf_name_##id[] = name;
#define TDX_TDCALL TDX_SEAMCALL
#include "../abi/leaf-list.h"

/* --- leaves that are not modelled ---------------------------------------- */

#define TDX_SEAMCALL_NONE(number_, id, name_) \
    static const TdxLeaf tdx_leaf_##id = { \
        .number = number_, .name = name_, .states = TDX_WHEN_READY, \
    };
#define TDX_TDCALL_NONE TDX_SEAMCALL_NONE
#include "../abi/leaf-list.h"

/* --- tables -------------------------------------------------------------- */

#define TDX_SEAMCALL(number, id, name) &tdx_leaf_##id,
#define TDX_SEAMCALL_NONE TDX_SEAMCALL
static const TdxLeaf *const seamcalls[] = {
#include "../abi/leaf-list.h"
};

#define TDX_TDCALL(number, id, name) &tdx_leaf_##id,
#define TDX_TDCALL_NONE TDX_TDCALL
static const TdxLeaf *const tdcalls[] = {
#include "../abi/leaf-list.h"
};

const TdxLeaf *const *tdx_leaf_table(size_t *n)
{
    *n = ARRAY_LENGTH(seamcalls);
    return seamcalls;
}

const TdxLeaf *const *tdx_guest_leaf_table(size_t *n)
{
    *n = ARRAY_LENGTH(tdcalls);
    return tdcalls;
}

/*
 * Numbers are dense at the start of a table and never below their position,
 * so that the search goes back from there, and not at all for most leaves.
 */
static const TdxLeaf *find(const TdxLeaf *const *table, size_t n,
                           uint16_t number)
{
    size_t i = number < n ? number : n - 1;

    while (i > 0 && table[i]->number > number) {
        i--;
    }
    return table[i]->number == number ? table[i] : NULL;
}

const TdxLeaf *tdx_leaf_find(uint16_t number)
{
    return find(seamcalls, ARRAY_LENGTH(seamcalls), number);
}

const TdxLeaf *tdx_guest_leaf_find(uint16_t number)
{
    return find(tdcalls, ARRAY_LENGTH(tdcalls), number);
}

/* --- answers ------------------------------------------------------------- */

const TdxAnswer *tdx_leaf_answer(const TdxLeaf *leaf, TdxStatus status)
{
    const TdxAnswer *a, *found = NULL;

    for (a = leaf->answers; a && a->status != TDX_STATUS_NONE; a++) {
        if (a->status == status) {
            return a;
        }
        if (tdx_op(a->status, 0) == tdx_op(status, 0) &&
            (!found || a->status == tdx_op(status, 0))) {
            found = a;
        }
    }
    return found;
}

/* Keeps @out ascending and without repetition */
static size_t insert(TdxStatus *out, size_t n, TdxStatus status)
{
    size_t i = n;

    while (i > 0 && out[i - 1] > status) {
        i--;
    }
    if ((i > 0 && out[i - 1] == status) || n == TDX_LEAF_MAX_STATUSES) {
        return n;
    }
    memmove(&out[i + 1], &out[i], (n - i) * sizeof(out[0]));
    out[i] = status;
    return n + 1;
}

size_t tdx_leaf_statuses(const TdxLeaf *leaf,
                         TdxStatus out[TDX_LEAF_MAX_STATUSES])
{
    const TdxAnswer *a = leaf ? leaf->answers : NULL;
    bool always = a && !leaf->needs;
    unsigned states = always ? leaf->states : TDX_WHEN_READY;
    size_t n = 0;

    /* Life cycle 1.2: RAX is wrong, or the module lacks the leaf */
    n = insert(out, n, TDX_OPERAND_INVALID);
    if ((states & TDX_WHEN_UP) != TDX_WHEN_UP ||
        !(states & TDX_WHEN_DISABLING)) {
        n = insert(out, n, TDX_SYS_NOT_READY);
    }
    if (!(states & TDX_STATE_BIT(TDX_SYS_SHUTDOWN_STATE))) {
        n = insert(out, n, TDX_SYS_SHUTDOWN);
    }
    for (; a && a->status != TDX_STATUS_NONE; a++) {
        n = a->on_silicon ? n : insert(out, n, tdx_op(a->status, 0));
    }
    return n;
}

bool tdx_leaf_may_return(const TdxLeaf *leaf, uint64_t status)
{
    TdxStatus all[TDX_LEAF_MAX_STATUSES];
    size_t n = tdx_leaf_statuses(leaf, all);

    while (n > 0) {
        if (all[--n] == tdx_op(status, 0)) {
            return true;
        }
    }
    return false;
}
