/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sparse map with a bit for each cache line of convertible memory.
 */

#include "qemu/osdep.h"
#include "line-map.h"

void seam_lines_resize(SeamLineMap *map, uint64_t num_chunks)
{
    map->chunk = g_renew(uint64_t *, map->chunk, num_chunks);
    memset(map->chunk + map->num_chunks, 0,
           (num_chunks - map->num_chunks) * sizeof(map->chunk[0]));
    map->num_chunks = num_chunks;
}

uint64_t *seam_lines_need(SeamLineMap *map, uint64_t hpa)
{
    uint64_t **slot = &map->chunk[hpa >> SEAM_CHUNK_BITS];

    if (!qatomic_load_acquire(slot)) {
        uint64_t *fresh = g_new0(uint64_t, SEAM_PAGES_PER_CHUNK);

        if (qatomic_cmpxchg(slot, NULL, fresh)) {
            g_free(fresh);
        }
    }
    return seam_lines_find(map, hpa);
}

uint64_t *seam_lines_next(const SeamLineMap *map, uint64_t *hpa)
{
    uint64_t i = *hpa >> SEAM_CHUNK_BITS;
    size_t page = (*hpa & (SEAM_CHUNK_SIZE - 1)) >> SEAM_PAGE_BITS;

    for (; i < map->num_chunks; i++, page = 0) {
        uint64_t *chunk = qatomic_load_acquire(&map->chunk[i]);

        for (; chunk && page < SEAM_PAGES_PER_CHUNK; page++) {
            if (qatomic_read(&chunk[page])) {
                *hpa = i << SEAM_CHUNK_BITS | (uint64_t)page << SEAM_PAGE_BITS;
                return &chunk[page];
            }
        }
    }
    return NULL;
}
