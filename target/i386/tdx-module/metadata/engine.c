/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding, reading and dumping metadata fields of any table.
 */

#include <glib.h>
#include <string.h>

#include "engine.h"

#define WORD sizeof(uint64_t)

/* What orders the rows of a table */
static inline uint32_t sort_key(uint64_t id)
{
    return tdx_field_class(id) << 24 | tdx_field_code(id);
}

static inline bool exists(const TdxField *f, uint64_t features0)
{
    return !(f->needs & ~features0);
}

static inline unsigned num_elems(const TdxField *f)
{
    return f->fields * f->elems;
}

/* Which element of @f is @distance codes after its first? */
static inline unsigned index_of(const TdxField *f, uint32_t distance)
{
    /* The stride is 1 or 2; a division would be most of a search */
    return f->id & TDX_FIELD_INC_SIZE ? distance >> 1 : distance;
}

/* --- finding ------------------------------------------------------------- */

/* Does @f, the last row that may have it, have the field of @key? */
static inline const TdxField *match(const TdxField *f, uint64_t features0,
                                    uint32_t key, unsigned *index)
{
    /* Another class, or a key before the first row, is far away or wraps */
    uint32_t distance = key - sort_key(f->id);
    unsigned stride = tdx_field_stride(f->id);

    if (distance >= num_elems(f) * stride || !exists(f, features0)) {
        return NULL;
    }
    *index = index_of(f, distance);
    return f;
}

const TdxField *tdx_field_find(const TdxFieldTable *table, uint64_t features0,
                               uint64_t id, unsigned *index)
{
    uint32_t key = sort_key(id);
    const TdxField *f = table->row;
    size_t rows = table->rows;

    /* The last row that does not start behind the key, or else the first */
    while (rows > 1) {
        size_t half = rows / 2;

        f = sort_key(f[half].id) <= key ? f + half : f;
        rows -= half;
    }
    return match(f, features0, key, index);
}

static const TdxField *first_from(const TdxFieldTable *table,
                                  uint64_t features0, const TdxField *f)
{
    for (; f < table->row + table->rows; f++) {
        if (exists(f, features0)) {
            return f;
        }
    }
    return NULL;
}

const TdxField *tdx_field_first(const TdxFieldTable *table,
                                uint64_t features0)
{
    return first_from(table, features0, table->row);
}

const TdxField *tdx_field_after(const TdxFieldTable *table,
                                uint64_t features0, const TdxField *f)
{
    return first_from(table, features0, f + 1);
}

uint64_t tdx_field_id(const TdxField *f, unsigned index)
{
    return f->id + index * tdx_field_stride(f->id);
}

static inline uint64_t id_after_row(const TdxFieldTable *table,
                                    uint64_t features0, const TdxField *f)
{
    f = tdx_field_after(table, features0, f);
    return f ? f->id : TDX_FIELD_ID_NONE;
}

uint64_t tdx_field_next(const TdxFieldTable *table, uint64_t features0,
                        const TdxField *f, unsigned index, uint64_t id)
{
    return index + 1 < num_elems(f) ? tdx_field_id_in_row(f, id)
                                    : id_after_row(table, features0, f);
}

/* --- values -------------------------------------------------------------- */

uint64_t tdx_field_value(const TdxField *f, const void *scope,
                         unsigned index)
{
    uint64_t value;

    if (f->get) {
        value = f->get(scope, index);
    } else if (f->by_code) {
        value = f->by_code(scope, tdx_field_code(tdx_field_id(f, index)));
    } else if (f->width) {
        value = tdx_field_member(scope, f->offset + index * f->step, f->width);
    } else {
        value = f->value;
    }
    return value & tdx_field_elem_mask(f->id);
}

/* --- the fast way -------------------------------------------------------- */

/* Code of the last element of @f */
static uint32_t last_code(const TdxField *f)
{
    return tdx_field_code(f->id) +
           (num_elems(f) - 1) * tdx_field_stride(f->id);
}

/* Entries of all codes of row @f, which the one of code 0 is @at */
static void map_row(TdxFieldCode *at, const TdxFieldTable *table,
                    uint64_t features0, const TdxField *f)
{
    uint32_t first = tdx_field_code(f->id), last = last_code(f), code;

    for (code = first; code <= last; code++) {
        unsigned index = index_of(f, code - first);

        at[code] = (TdxFieldCode) {
            .f = f,
            .after = id_after_row(table, features0, f),
            .mask = f->host_rd & tdx_field_elem_mask(f->id),
            .offset = f->offset + index * f->step,
            .index = index,
            .width = f->get ? 0 : f->width,
            .last = index + 1 == num_elems(f),
        };
    }
}

void tdx_field_map_init(TdxFieldMap *map, const TdxFieldTable *table,
                        uint64_t features0)
{
    const TdxField *row = table->row;
    uint32_t length = 0;
    size_t i = 0;

    for (unsigned class = 0; class < TDX_FIELD_CLASSES; class++) {
        map->first[class] = length;
        for (; i < table->rows && tdx_field_class(row[i].id) == class; i++) {
            length = map->first[class] + last_code(&row[i]) + 1;
        }
    }
    map->first[TDX_FIELD_CLASSES] = length;

    map->code = g_new0(TdxFieldCode, length);
    for (i = 0; i < table->rows; i++) {
        if (exists(&row[i], features0)) {
            map_row(map->code + map->first[tdx_field_class(row[i].id)],
                    table, features0, &row[i]);
        }
    }
}

void tdx_field_map_clear(TdxFieldMap *map)
{
    g_free(map->code);
}

/* --- dumping ------------------------------------------------------------- */

static void put_word(uint8_t *at, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

/* Where a dump stands; @f is NULL behind the last field */
typedef struct Cursor {
    const TdxField *f;
    unsigned index;
} Cursor;

/* Fields that guests cannot read are not there for them */
static const TdxField *visible_from(const TdxFieldTable *table,
                                    uint64_t features0, bool guest,
                                    const TdxField *f)
{
    while (f && guest && !f->guest_rd) {
        f = tdx_field_after(table, features0, f);
    }
    return f;
}

static Cursor next_field(const TdxFieldTable *table, uint64_t features0,
                         bool guest, Cursor c)
{
    c.index += c.f->elems;
    if (c.index >= num_elems(c.f)) {
        c.f = visible_from(table, features0, guest,
                           tdx_field_after(table, features0, c.f));
        c.index = 0;
    }
    return c;
}

bool tdx_field_dump_start(const TdxFieldTable *table, uint64_t features0,
                          uint64_t id, const TdxField **f, unsigned *index)
{
    if (tdx_field_id_is_null(id)) {
        *f = tdx_field_first(table, features0);
        *index = 0;
        return true;
    }
    *f = tdx_field_find(table, features0, id, index);
    return *f && *index % (*f)->elems == 0 &&
           tdx_field_elem_bits(id) == tdx_field_elem_bits((*f)->id);
}

/* Metadata 3: may @b stand in the sequence that @a ends so far? */
static bool follows(Cursor a, Cursor b)
{
    const uint64_t alike = TDX_FIELD_CLASS_MASK | TDX_FIELD_SIZE_MASK |
                           TDX_FIELD_INC_SIZE;
    uint64_t a_id = tdx_field_id(a.f, a.index);
    uint64_t b_id = tdx_field_id(b.f, b.index);

    return !((a_id ^ b_id) & alike) && a.f->elems == b.f->elems &&
           tdx_field_code(b_id) == tdx_field_code(a_id) +
                                   a.f->elems * tdx_field_stride(a_id);
}

static void put_field(uint8_t *at, Cursor c, const void *scope)
{
    bool filled = !c.f->filled || c.index / c.f->elems < c.f->filled;
    unsigned i;

    for (i = 0; i < (filled ? c.f->elems : 1); i++) {
        put_word(at + i * WORD, tdx_field_value(c.f, scope, c.index + i));
    }
}

uint64_t tdx_field_dump(const TdxFieldTable *table, uint64_t features0,
                        const void *scope, bool guest, const TdxField *f,
                        unsigned index, uint8_t *buf, size_t size,
                        size_t *used)
{
    Cursor c = { visible_from(table, features0, guest, f), index };
    uint64_t sequences = 0;
    size_t pos = WORD;

    while (c.f && size - pos >= (1 + c.f->elems) * WORD) {
        uint64_t id = tdx_field_id(c.f, c.index);
        uint64_t fields = 0, elems = c.f->elems;
        uint8_t *header = buf + pos;
        Cursor last;

        pos += WORD;
        do {
            put_field(buf + pos, c, scope);
            pos += elems * WORD;
            fields++;
            last = c;
            c = next_field(table, features0, guest, c);
        } while (c.f && follows(last, c) && size - pos >= elems * WORD &&
                 fields < TDX_FIELD_MAX_SEQUENCE);

        put_word(header, id | (elems - 1) << TDX_FIELD_LAST_ELEM_SHIFT |
                         (fields - 1) << TDX_FIELD_LAST_FIELD_SHIFT);
        sequences++;
    }
    put_word(buf, pos | sequences << 16);
    *used = pos;
    return c.f ? tdx_field_id(c.f, c.index) : TDX_FIELD_ID_NONE;
}
