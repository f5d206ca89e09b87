/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding, reading and dumping metadata fields of any table.
 */

#ifndef TDX_METADATA_ENGINE_H
#define TDX_METADATA_ENGINE_H

#include <string.h>

#include "../abi/field.h"

/**
 * tdx_field_find: the row that an id names, by class and code alone: size,
 * context and NON_ARCH bits do not matter (metadata 1, matching rule).
 * @features0: tdx_field_features(); rows that need more do not exist
 * @index: element in the row
 * Returns NULL when there is no such field.
 */
const TdxField *tdx_field_find(const TdxFieldTable *table, uint64_t features0,
                               uint64_t id, unsigned *index);

/**
 * tdx_field_map_init: map the rows of @table that exist with @features0.
 * Free with tdx_field_map_clear().
 */
void tdx_field_map_init(TdxFieldMap *map, const TdxFieldTable *table,
                        uint64_t features0);
void tdx_field_map_clear(TdxFieldMap *map);

/** tdx_field_first: first row that the module has; NULL if none */
const TdxField *tdx_field_first(const TdxFieldTable *table,
                                uint64_t features0);

/** tdx_field_after: the row that follows @f; NULL after the last */
const TdxField *tdx_field_after(const TdxFieldTable *table,
                                uint64_t features0, const TdxField *f);

/** tdx_field_id: id of element @index of row @f as the table has it */
uint64_t tdx_field_id(const TdxField *f, unsigned index);

/** tdx_field_id_in_row: the id after @id inside of row @f */
static inline uint64_t tdx_field_id_in_row(const TdxField *f, uint64_t id)
{
    return ((id & ~TDX_FIELD_CONTEXT_MASK) |
            (f->id & TDX_FIELD_CONTEXT_MASK)) + tdx_field_stride(f->id);
}

/**
 * tdx_field_next: id of the element after @index of @f, which the caller has
 * found by @id; TDX_FIELD_ID_NONE after the last.
 * Inside of a row the bits of @id that matching ignores are kept, but for the
 * context.
 */
uint64_t tdx_field_next(const TdxFieldTable *table, uint64_t features0,
                        const TdxField *f, unsigned index, uint64_t id);

/** tdx_field_value: content of an element, cut to the element's size */
uint64_t tdx_field_value(const TdxField *f, const void *scope,
                         unsigned index);

/** tdx_field_member: @width bytes at @offset of @scope */
static inline uint64_t tdx_field_member(const void *scope, uint32_t offset,
                                        uint8_t width)
{
    const uint8_t *at = (const uint8_t *)scope + offset;
    uint64_t v64;
    uint32_t v32;
    uint16_t v16;

    switch (width) {
    case sizeof(v64):
        memcpy(&v64, at, sizeof(v64));
        return v64;
    case sizeof(v32):
        memcpy(&v32, at, sizeof(v32));
        return v32;
    case sizeof(v16):
        memcpy(&v16, at, sizeof(v16));
        return v16;
    default:
        return *at;
    }
}

/**
 * tdx_field_read: tdx_field_find(), tdx_field_next() and tdx_field_value() in
 * one, and fast, for what the host reads.  Here, since the way to an answer of
 * TDH.SYS.RD, which each round trip is measured by, has no call to spare.
 * Returns whether the field exists and the host may read it; only then are
 * @next and @value set.
 */
static inline bool tdx_field_read(const TdxFieldMap *map, const void *scope,
                                  uint64_t id, uint64_t *next,
                                  uint64_t *value)
{
    const uint32_t *first = map->first + tdx_field_class(id);
    uint64_t at = (uint64_t)first[0] + tdx_field_code(id);
    const TdxFieldCode *code;

    if (at >= first[1]) {
        return false;
    }
    code = &map->code[at];
    if (!code->mask) {
        return false;
    }
    *next = code->last ? code->after : tdx_field_id_in_row(code->f, id);
    *value = code->mask &
             (code->width ? tdx_field_member(scope, code->offset, code->width)
                          : tdx_field_value(code->f, scope, code->index));
    return true;
}

/**
 * tdx_field_dump_start: where a list of sequences begins that is to start
 * with @id, a null id for the first field; false: nowhere
 */
bool tdx_field_dump_start(const TdxFieldTable *table, uint64_t features0,
                          uint64_t id, const TdxField **f, unsigned *index);

/**
 * tdx_field_dump: write fields from element @index of @f on as a list of
 * sequences (metadata 3); @index is the first element of a field.
 * @guest: only what guests may read
 * @buf, @size: room for the list, at least its 8-byte header.  Bytes that no
 *   element fills are left alone.
 * @used: length of the list in bytes
 * Returns the id to continue with, TDX_FIELD_ID_NONE when all are there.
 */
uint64_t tdx_field_dump(const TdxFieldTable *table, uint64_t features0,
                        const void *scope, bool guest, const TdxField *f,
                        unsigned index, uint8_t *buf, size_t size,
                        size_t *used);

#endif /* TDX_METADATA_ENGINE_H */
