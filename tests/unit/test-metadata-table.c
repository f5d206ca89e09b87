/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Metadata tables in general: what the fields of system scope do not show.
 */

#include <glib.h>

#include "metadata/engine.h"

#define FEATURE (1ULL << 40)

typedef struct Scope {
    struct {
        uint64_t other;
        uint16_t value;
    } array[4];
    uint32_t word;
} Scope;

static uint64_t twice(const void *scope, unsigned index)
{
    return 2 * ((const Scope *)scope)->array[index].value;
}

static const TdxField rows[] = {
    /* Values wider than their elements; neighbours, but of two elements */
    { .id = 0x2010000000000004, .fields = 2, .elems = 1, .value = 0x1fe },
    { .id = 0x2010000000000006, .fields = 2, .elems = 2, .value = 0x1fd },
    /* Neighbours that only some modules have, and of another size */
    { .id = 0x201000000000000a, .fields = 1, .elems = 2, .value = 1,
      .needs = FEATURE },
    { .id = 0x201000010000000c, .fields = 4, .elems = 1, .get = twice },
    /* Every second code, as in a VMCS */
    { .id = 0x2214000100000800, .fields = 4, .elems = 1,
      .offset = offsetof(Scope, array[0].value), .width = sizeof(uint16_t),
      .step = sizeof(((Scope *)NULL)->array[0]) },
    { .id = 0x2214000200000808, .fields = 1, .elems = 1,
      .offset = offsetof(Scope, word), .width = sizeof(uint32_t) },
};

static const TdxFieldTable table = { rows, G_N_ELEMENTS(rows) };

static const Scope scope = {
    .array = { { 9, 0x1111 }, { 9, 0x9222 }, { 9, 0x3333 }, { 9, 0x4444 } },
    .word = 0xfedcba98,
};

static uint64_t value_at(uint64_t id)
{
    unsigned index;
    const TdxField *f = tdx_field_find(&table, FEATURE, id, &index);

    g_assert_nonnull(f);
    return tdx_field_value(f, &scope, index);
}

static uint64_t next_of(uint64_t features0, uint64_t id)
{
    unsigned index;
    const TdxField *f = tdx_field_find(&table, features0, id, &index);

    g_assert_nonnull(f);
    return tdx_field_next(&table, features0, f, index, id);
}

static bool found(uint64_t features0, uint64_t id)
{
    unsigned index;

    return tdx_field_find(&table, features0, id, &index);
}

static void test_values(void)
{
    g_assert_cmphex(value_at(0x2010000000000005), ==, 0xfe);
    g_assert_cmphex(value_at(0x2010000000000009), ==, 0xfd);
    g_assert_cmphex(value_at(0x201000010000000d), ==, 0x2444);
    g_assert_cmphex(value_at(0x2214000100000800), ==, 0x1111);
    g_assert_cmphex(value_at(0x2214000100000806), ==, 0x4444);
    g_assert_cmphex(value_at(0x2214000200000808), ==, 0xfedcba98);
}

static void test_edges(void)
{
    g_assert_false(found(FEATURE, 0x2010000000000003));
    g_assert_true(found(FEATURE, 0x2010000000000004));
    g_assert_true(found(FEATURE, 0x201000000000000b));
    g_assert_false(found(FEATURE, 0x2010000100000010));
    g_assert_false(found(FEATURE, 0x1f10000000ffffff));
    g_assert_false(found(FEATURE, 0x2110000000000004));
    g_assert_false(found(FEATURE, 0x2214000000000809 + 1));
    g_assert_false(found(FEATURE, 0x3f14000000ffffff));
    g_assert_false(found(FEATURE, 0));
}

static void test_next(void)
{
    /* In a row: the caller's bits, but the table's context and stride */
    g_assert_cmphex(next_of(FEATURE, 0xa020000300000004), ==,
                    0xa010000300000005);
    g_assert_cmphex(next_of(FEATURE, 0x2200000000000802), ==,
                    0x2210000000000804);
    /* To another row */
    g_assert_cmphex(next_of(FEATURE, 0x2010000000000005), ==,
                    0x2010000000000006);
    g_assert_cmphex(next_of(FEATURE, 0xa210000100000806), ==,
                    0x2214000200000808);
    g_assert_cmphex(next_of(FEATURE, 0x2214000200000808), ==,
                    TDX_FIELD_ID_NONE);
}

static void test_feature(void)
{
    g_assert_false(found(0, 0x201000000000000a));
    g_assert_false(found(~FEATURE, 0x201000000000000b));
    g_assert_cmphex(next_of(FEATURE, 0x2010000000000009), ==,
                    0x201000000000000a);
    g_assert_cmphex(next_of(0, 0x2010000000000009), ==, 0x201000010000000c);
}

static void check_dump(uint64_t features0, const uint64_t *expected,
                       size_t words)
{
    uint64_t list[64];
    size_t used;

    g_assert_cmphex(tdx_field_dump(&table, features0, &scope, false,
                                   tdx_field_first(&table, features0), 0,
                                   (uint8_t *)list, sizeof(list), &used),
                    ==, TDX_FIELD_ID_NONE);
    g_assert_cmpuint(used, ==, words * sizeof(list[0]));
    for (size_t i = 0; i < words; i++) {
        g_assert_cmphex(GUINT64_FROM_LE(list[i]), ==, expected[i]);
    }
}

static void test_dump(void)
{
    /* Metadata 3: LAST_ELEMENT is bits 37:34, LAST_FIELD bits 46:38 */
    static const uint64_t with[] = {
        23 * 8 | 5 << 16,
        0x2010000000000004 | 1ULL << 38, 0xfe, 0xfe,
        0x2010000000000006 | 1ULL << 34 | 2ULL << 38,
        0xfd, 0xfd, 0xfd, 0xfd, 1, 1,
        0x201000010000000c | 3ULL << 38, 0x2222, 0x2444, 0x6666, 0x8888,
        0x2214000100000800 | 3ULL << 38, 0x1111, 0x9222, 0x3333, 0x4444,
        0x2214000200000808, 0xfedcba98,
    };
    static const uint64_t without[] = {
        21 * 8 | 5 << 16,
        0x2010000000000004 | 1ULL << 38, 0xfe, 0xfe,
        0x2010000000000006 | 1ULL << 34 | 1ULL << 38, 0xfd, 0xfd, 0xfd, 0xfd,
        0x201000010000000c | 3ULL << 38, 0x2222, 0x2444, 0x6666, 0x8888,
        0x2214000100000800 | 3ULL << 38, 0x1111, 0x9222, 0x3333, 0x4444,
        0x2214000200000808, 0xfedcba98,
    };

    check_dump(FEATURE, with, G_N_ELEMENTS(with));
    check_dump(0, without, G_N_ELEMENTS(without));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metadata/table/values", test_values);
    g_test_add_func("/metadata/table/edges", test_edges);
    g_test_add_func("/metadata/table/next", test_next);
    g_test_add_func("/metadata/table/feature", test_feature);
    g_test_add_func("/metadata/table/dump", test_dump);
    return g_test_run();
}
