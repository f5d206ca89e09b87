/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The declaration of metadata fields.  One table for each context drives
 * reading by id, dumping, and documentation.
 */

#ifndef TDX_ABI_FIELD_H
#define TDX_ABI_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "field-id.h"

typedef struct TdxField TdxField;

/**
 * TdxFieldGet: value of one element.
 * @scope: what the table describes: the TdxModule for system fields
 * @index: counts all elements of all fields of the row, from 0
 */
typedef uint64_t TdxFieldGet(const void *scope, unsigned index);

/** TdxFieldByCode: the same, for rows of which the code tells all */
typedef uint64_t TdxFieldByCode(const void *scope, uint32_t code);

/**
 * TdxField: one row of a table, that is, a field or an array of like fields.
 * @id: of the first element
 * @fields, @elems: how many fields, and elements in each of them
 * @filled: a dump gives all elements of so many fields, and of the others
 *   only the first element; 0: of all fields
 * @host_rd, @host_wr: bits that the host may read and write; none readable:
 *   the field exists but is not readable
 * @debug_rd, @debug_wr: more of them in a TD that is debugged
 * @guest_rd, @guest_wr: the same for the guest of a TD
 * @needs: features, as TDX_FEATURES0 has them, that the field came with; see
 *   tdx_field_features()
 *
 * The value comes from @get or @by_code; else, when @width is set, from a member of the
 * scope at @offset, @width bytes wide, with @step bytes to the next element;
 * else it is @value.
 */
struct TdxField {
    uint64_t id;
    const char *name;
    uint16_t fields;
    uint16_t elems;
    uint16_t filled;
    uint8_t width;
    uint16_t step;
    uint32_t offset;
    uint64_t host_rd;
    uint64_t host_wr;
    uint64_t debug_rd;
    uint64_t debug_wr;
    uint64_t guest_rd;
    uint64_t guest_wr;
    uint64_t needs;
    uint64_t value;
    TdxFieldGet *get;
    TdxFieldByCode *by_code;
};

/* Rows ascend by class and code: that is the order of "next" ids */
typedef struct TdxFieldTable {
    const TdxField *row;
    size_t rows;
} TdxFieldTable;

#define TDX_FIELD_CLASSES 64

/**
 * TdxFieldCode: all that reading a field by its code needs.
 * @f: NULL: there is no field
 * @after: the next id, if the code is the last one of its row
 * @mask: bits of the value that the host may read
 * @offset, @width: member of the scope, as in TdxField
 * @index: of the element in the row
 */
typedef struct TdxFieldCode {
    const TdxField *f;
    uint64_t after;
    uint64_t mask;
    uint32_t offset;
    uint16_t index;
    uint8_t width;
    bool last;
} TdxFieldCode;

/*
 * The fields of a table by class and code, for one set of features: where a
 * look-up must be fast.  Class by class, @code has an entry for each code up
 * to the last that the class uses.
 */
typedef struct TdxFieldMap {
    uint32_t first[TDX_FIELD_CLASSES + 1]; /* where a class begins in @code */
    TdxFieldCode *code;
} TdxFieldMap;

/* Fields of the module itself (metadata 4); the scope is a TdxModule */
extern const TdxFieldTable tdx_sys_fields;

#endif /* TDX_ABI_FIELD_H */
