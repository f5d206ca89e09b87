/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The leaf reference is whole: what is modelled is described, by statuses and
 * operands that exist.
 */

#include <string.h>

#include "sim-platform.h"
#include "abi/leaf-doc.h"
#include "abi/status.h"

static bool listed(const uint64_t *list, uint64_t status)
{
    for (; list && *list != TDX_STATUS_NONE; list++) {
        if (*list == status) {
            return true;
        }
    }
    return false;
}

static void check_statuses(const TdxLeaf *leaf, const TdxLeafDoc *doc)
{
    uint64_t all[TDX_LEAF_MAX_STATUSES];
    size_t n = tdx_leaf_statuses(leaf, all), i;

    g_assert_cmpuint(n, <, TDX_LEAF_MAX_STATUSES);
    for (i = 0; i < n; i++) {
        g_assert_nonnull(tdx_status_name(all[i]));
        g_assert_true(i == 0 || all[i - 1] < all[i]);
    }
    for (i = 0; doc->elsewhere && doc->elsewhere[i] != TDX_STATUS_NONE; i++) {
        g_assert_nonnull(tdx_status_name(doc->elsewhere[i]));
        g_assert_false(listed(doc->statuses, doc->elsewhere[i]));
    }
    /* What is only seen on silicon is missing here */
    g_assert_true(!doc->elsewhere || doc->partly ||
                  listed(doc->elsewhere, TDX_INCOMPATIBLE_MRTD_CONTEXT));
}

static void test_leaves(void)
{
    size_t n, i;
    const TdxLeaf *leaf = tdx_leaf_table(&n);

    for (i = 0; i < n; i++) {
        const TdxLeafDoc *doc = tdx_leaf_doc(&leaf[i]);

        g_test_message("%s", leaf[i].name);
        g_assert_true(!doc == !leaf[i].handler);
        if (doc) {
            check_statuses(&leaf[i], doc);
        }
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
    const TdxLeaf *leaf = tdx_leaf_table(&n);

    for (i = 0; i < n; i++) {
        check_operands(leaf[i].in);
        check_operands(leaf[i].out);
    }
    g_assert_null(tdx_operand_doc("no such operand"));
}

/* Status codes and life cycle 1.2, by number */
static void test_dispatcher(void)
{
    const TdxLeaf *rd = tdx_leaf_find(34), *add = tdx_leaf_find(58);
    const TdxLeaf *lp_shutdown = tdx_leaf_find(44);

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
    g_test_add_func("/leaf-doc/leaves", test_leaves);
    g_test_add_func("/leaf-doc/operands", test_operands);
    g_test_add_func("/leaf-doc/dispatcher", test_dispatcher);
    return g_test_run();
}
