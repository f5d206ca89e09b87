/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sparse memory as a tree of tables over the page number.
 */

#include "sim-memory.h"

/* Four levels of ten bits: page numbers of 52-bit addresses */
#define LEVELS 4
#define LEVEL_BITS 10
#define TABLE_ENTRIES (1u << LEVEL_BITS)
#define TABLE_MASK (TABLE_ENTRIES - 1)
#define PAGE_SHIFT 12

static void *new_node(bool is_page)
{
    return is_page ? g_aligned_alloc0(1, SIM_PAGE_SIZE, SIM_PAGE_SIZE)
                   : g_new0(void *, TABLE_ENTRIES);
}

static void free_node(void *node, bool is_page)
{
    if (is_page) {
        g_aligned_free(node);
    } else {
        g_free(node);
    }
}

/* What @slot points to; two callers at once agree on one new node */
static void *get_node(SimMemory *mem, void **slot, bool is_page, bool create)
{
    void *node = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    void *fresh;

    if (node || !create) {
        return node;
    }
    fresh = new_node(is_page);
    if (!__atomic_compare_exchange_n(slot, &node, fresh, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        free_node(fresh, is_page);
        return node;
    }
    if (is_page) {
        __atomic_fetch_add(&mem->num_pages, 1, __ATOMIC_RELAXED);
    }
    return fresh;
}

uint8_t *sim_memory_page(SimMemory *mem, uint64_t hpa, bool create)
{
    uint64_t number = hpa >> PAGE_SHIFT;
    void **slot = &mem->root;
    void **table;
    int level;

    if (number >> (LEVELS * LEVEL_BITS)) {
        return NULL;
    }
    for (level = LEVELS - 1; level >= 0; level--) {
        table = get_node(mem, slot, false, create);
        if (!table) {
            return NULL;
        }
        slot = &table[number >> (level * LEVEL_BITS) & TABLE_MASK];
    }
    return get_node(mem, slot, true, create);
}

static uint64_t word_of(const void *page, unsigned i)
{
    return page ? ((const uint64_t *)page)[i] : 0;
}

/* @number: of the page or, in these tables, of the first one below */
static bool trees_differ(const void *a, const void *b, int level,
                         uint64_t number, uint64_t *hpa)
{
    unsigned i;

    if (a == b) {
        return false;
    }
    if (level == 0) {
        for (i = 0; i < SIM_PAGE_SIZE / sizeof(uint64_t); i++) {
            if (word_of(a, i) != word_of(b, i)) {
                *hpa = (number << PAGE_SHIFT) + i * sizeof(uint64_t);
                return true;
            }
        }
        return false;
    }
    for (i = 0; i < TABLE_ENTRIES; i++) {
        if (trees_differ(a ? ((void *const *)a)[i] : NULL,
                         b ? ((void *const *)b)[i] : NULL, level - 1,
                         number << LEVEL_BITS | i, hpa)) {
            return true;
        }
    }
    return false;
}

bool sim_memory_differs(const SimMemory *a, const SimMemory *b, uint64_t *hpa)
{
    return trees_differ(a->root, b->root, LEVELS, 0, hpa);
}

static void free_tree(void *node, int level)
{
    void **table = node;
    unsigned i;

    for (i = 0; node && level && i < TABLE_ENTRIES; i++) {
        free_tree(table[i], level - 1);
    }
    free_node(node, level == 0);
}

void sim_memory_clear(SimMemory *mem)
{
    free_tree(mem->root, LEVELS);
    mem->root = NULL;
    mem->num_pages = 0;
}
