/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sparse memory of a simulated machine: pages come into being when they are
 * first written.  Lookups take no lock, so that tests with threads see only
 * the synchronisation that the module itself provides.
 */

#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SIM_PAGE_SIZE 4096ULL
#define SIM_PAGE_MASK (SIM_PAGE_SIZE - 1)

/* @num_pages: pages that exist; atomic */
typedef struct SimMemory {
    void *root;
    gsize num_pages;
} SimMemory;

/**
 * sim_memory_page: the page around @hpa.
 * @create: make it, filled with zeros, if it does not exist
 * Returns NULL where no page is, and for what no processor can address.
 */
uint8_t *sim_memory_page(SimMemory *mem, uint64_t hpa, bool create);

/**
 * sim_memory_differs: where do they, what does not exist being zeros?
 * Returns false when they do not.
 */
bool sim_memory_differs(const SimMemory *a, const SimMemory *b,
                        uint64_t *hpa);

/** sim_memory_clear: forget all pages; nobody else may be using @mem */
void sim_memory_clear(SimMemory *mem);

#endif /* SIM_MEMORY_H */
