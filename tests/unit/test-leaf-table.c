/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every leaf is declared, once and whole: by a name that fits its id, by
 * statuses and operands that exist, and with when each of them comes.
 */

#include <string.h>

#include "sim-platform.h"
#include "abi/status.h"
#include "include/leaf.h"

/* The id of a leaf is its name in C */
static void check_name(const char *id, const char *name)
{
    g_autofree char *dotted = g_strdelimit(g_strdup(id), "_", '.');

    g_assert_cmpstr(dotted, ==, name);
}

static void test_names(void)
{
    unsigned leaves = 0;

#define TDX_SEAMCALL(value, id, text) \
    check_name(#id, text); \
    g_assert_true(tdx_leaf_find(value)->number == id); \
    g_assert_cmpstr(tdx_leaf_find(id)->name, ==, text); \
    leaves++;
#define TDX_SEAMCALL_NONE TDX_SEAMCALL
#define TDX_TDCALL(value, id, text) \
    check_name(#id, text); \
    g_assert_true(tdx_guest_leaf_find(value)->number == id); \
    g_assert_cmpstr(tdx_guest_leaf_find(id)->name, ==, text); \
    leaves++;
#define TDX_TDCALL_NONE TDX_TDCALL
#include "abi/leaf-list.h"
    g_assert_cmpuint(leaves, ==, 71 + 21);
    g_assert_null(tdx_leaf_find(42));
    g_assert_null(tdx_guest_leaf_find(13));
    g_assert_null(tdx_guest_leaf_find(58));
}

static void check_answers(const TdxLeaf *leaf)
{
    TdxStatus all[TDX_LEAF_MAX_STATUSES];
    size_t n = tdx_leaf_statuses(leaf, all), i;
    const TdxAnswer *a;

    g_assert_cmpuint(n, <, TDX_LEAF_MAX_STATUSES);
    for (i = 0; i < n; i++) {
        g_assert_nonnull(tdx_status_name(all[i]));
        g_assert_true(i == 0 || all[i - 1] < all[i]);
    }
    for (a = leaf->answers; a->status != TDX_STATUS_NONE; a++) {
        const char *name = tdx_status_name(a->status);

        g_test_message("%s", name);
        g_assert_nonnull(name);
        /* TDX_OP(): details without a status that has them are none */
        g_assert_true(tdx_op(a->status, 0) == a->status ||
                      tdx_status_names_operand(a->status));
        g_assert_true(a->when || a->status == TDX_SUCCESS);
        g_assert_true(tdx_leaf_answer(leaf, a->status));
        /* What is only seen on silicon is missing here */
        g_assert_true(!a->on_silicon || leaf->missing);
        if (a->on_silicon) {
            g_assert_false(tdx_leaf_may_return(leaf, a->status));
        }
    }
}

static void check_leaf(const TdxLeaf *leaf)
{
    g_test_message("%s", leaf->name);
    g_assert_true(leaf->states);
    g_assert_true(!leaf->what == !leaf->handler);
    g_assert_true(!leaf->answers == !leaf->handler);
    if (leaf->answers) {
        check_answers(leaf);
    }
}

static void test_leaves(void)
{
    size_t n, i;
    const TdxLeaf *const *leaf = tdx_leaf_table(&n);

    for (i = 0; i < n; i++) {
        check_leaf(leaf[i]);
    }
    leaf = tdx_guest_leaf_table(&n);
    for (i = 0; i < n; i++) {
        check_leaf(leaf[i]);
    }
}

static void check_operands(const TdxLeafOperand *operand)
{
    int i;

    for (i = 0; i < TDX_LEAF_MAX_OPERANDS && operand[i].name; i++) {
        g_test_message("%s", operand[i].name);
        g_assert_nonnull(tdx_operand_doc(operand[i].name));
    }
}

static void test_operands(void)
{
    size_t n, i;
    const TdxLeaf *const *leaf = tdx_leaf_table(&n);

    for (i = 0; i < n; i++) {
        check_operands(leaf[i]->in);
        check_operands(leaf[i]->out);
    }
    leaf = tdx_guest_leaf_table(&n);
    for (i = 0; i < n; i++) {
        check_operands(leaf[i]->in);
        check_operands(leaf[i]->out);
    }
    g_assert_null(tdx_operand_doc("no such operand"));
}

/* Status codes and life cycle 1.2, by number */
static void test_dispatcher(void)
{
    const TdxLeaf *rd = tdx_leaf_find(TDH_SYS_RD);
    const TdxLeaf *add = tdx_leaf_find(TDH_PHYMEM_PAMT_ADD);
    const TdxLeaf *lp_shutdown = tdx_leaf_find(TDH_SYS_LP_SHUTDOWN);

    g_assert_true(tdx_leaf_may_return(NULL, 0xc000010000000000));
    g_assert_true(tdx_leaf_may_return(NULL, 0xc000050500000000));
    g_assert_true(tdx_leaf_may_return(NULL, 0xc000050600000000));
    g_assert_false(tdx_leaf_may_return(NULL, 0));
    g_assert_true(tdx_leaf_may_return(rd, 0));
    g_assert_true(tdx_leaf_may_return(rd, 0x00000c0b00000000));
    g_assert_false(tdx_leaf_may_return(rd, 0xc000030400000001));
    g_assert_true(tdx_leaf_may_return(add, 0xc000030400000001));
    g_assert_false(tdx_leaf_may_return(add, 0x8000020200000000));
    g_assert_false(tdx_leaf_may_return(lp_shutdown, 0xc000050600000000));
    g_assert_false(tdx_leaf_may_return(lp_shutdown, 0xc000050500000000));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leaf-table/names", test_names);
    g_test_add_func("/leaf-table/leaves", test_leaves);
    g_test_add_func("/leaf-table/operands", test_operands);
    g_test_add_func("/leaf-table/dispatcher", test_dispatcher);
    return g_test_run();
}
