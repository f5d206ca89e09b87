/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sparse map with a bit for each cache line of convertible memory: a word
 * for each page, in tables of a chunk that come into being at need.
 */

#ifndef HW_I386_SEAM_LINE_MAP_H
#define HW_I386_SEAM_LINE_MAP_H

#include "qemu/atomic.h"
#include "qemu/bitops.h"

/*
 * Private memory is made of RAM blocks of this size, created when a page
 * inside is first used: QEMU keeps dirty bits for all of a RAM block, which
 * for a large and sparse machine would cost more than the pages do.
 */
#define SEAM_CHUNK_BITS 30
#define SEAM_CHUNK_SIZE (1ULL << SEAM_CHUNK_BITS)

/* Pages are those of the architecture, whatever the host's */
#define SEAM_PAGE_BITS 12
#define SEAM_PAGE_SIZE (1ULL << SEAM_PAGE_BITS)
#define SEAM_PAGES_PER_CHUNK (SEAM_CHUNK_SIZE / SEAM_PAGE_SIZE)

#define SEAM_LINE_BITS 6
#define SEAM_LINE_SIZE (1ULL << SEAM_LINE_BITS)

/**
 * SeamLineMap: the words are to be read and changed atomically.
 * @chunk: by HPA >> SEAM_CHUNK_BITS; NULL: no bit was ever set; atomic
 * @num_chunks: changes only while no vCPU runs
 */
typedef struct SeamLineMap {
    uint64_t **chunk;
    uint64_t num_chunks;
} SeamLineMap;

/** seam_lines_resize: make room for @num_chunks; vCPUs stopped */
void seam_lines_resize(SeamLineMap *map, uint64_t num_chunks);

/** seam_lines_find: the word of the page around @hpa; NULL: all bits clear */
static inline uint64_t *seam_lines_find(const SeamLineMap *map, uint64_t hpa)
{
    uint64_t i = hpa >> SEAM_CHUNK_BITS;
    uint64_t *chunk = i < map->num_chunks
                      ? qatomic_load_acquire(&map->chunk[i]) : NULL;

    return chunk ? &chunk[(hpa & (SEAM_CHUNK_SIZE - 1)) >> SEAM_PAGE_BITS]
                 : NULL;
}

/** seam_lines_need: the same, with room made; @hpa is below the map's end */
uint64_t *seam_lines_need(SeamLineMap *map, uint64_t hpa);

/** seam_lines_next: find a page from *@hpa on with a bit set; its word */
uint64_t *seam_lines_next(const SeamLineMap *map, uint64_t *hpa);

/** seam_lines_in_page: the part of [@hpa, @hpa + @len) in its first page */
static inline uint64_t seam_lines_in_page(uint64_t hpa, uint64_t len)
{
    return MIN(len, SEAM_PAGE_SIZE - (hpa & (SEAM_PAGE_SIZE - 1)));
}

/**
 * seam_lines_touched: the lines of the page around @hpa that
 * [@hpa, @hpa + @len) touches; @len is not 0
 */
static inline uint64_t seam_lines_touched(uint64_t hpa, uint64_t len)
{
    uint64_t offset = hpa & (SEAM_PAGE_SIZE - 1);
    unsigned first = offset >> SEAM_LINE_BITS;
    unsigned last = (MIN(offset + len, SEAM_PAGE_SIZE) - 1) >> SEAM_LINE_BITS;

    return MAKE_64BIT_MASK(first, last - first + 1);
}

/** seam_lines_covered: those of them that lie in the range as a whole */
static inline uint64_t seam_lines_covered(uint64_t hpa, uint64_t len)
{
    uint64_t offset = hpa & (SEAM_PAGE_SIZE - 1);
    uint64_t end = MIN(offset + len, SEAM_PAGE_SIZE) >> SEAM_LINE_BITS;
    uint64_t first = (offset + SEAM_LINE_SIZE - 1) >> SEAM_LINE_BITS;

    return first < end ? MAKE_64BIT_MASK(first, end - first) : 0;
}

#endif /* HW_I386_SEAM_LINE_MAP_H */
