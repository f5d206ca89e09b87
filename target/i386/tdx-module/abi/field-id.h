/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The 64-bit identifier of a metadata field (metadata 1).
 */

#ifndef TDX_ABI_FIELD_ID_H
#define TDX_ABI_FIELD_ID_H

#include <stdbool.h>
#include <stdint.h>

#define TDX_FIELD_CODE_MASK      0xffffffULL
#define TDX_FIELD_SIZE_SHIFT     32
#define TDX_FIELD_SIZE_MASK      (3ULL << TDX_FIELD_SIZE_SHIFT)
#define TDX_FIELD_LAST_ELEM_SHIFT  34
#define TDX_FIELD_LAST_ELEM_MASK   (0xfULL << TDX_FIELD_LAST_ELEM_SHIFT)
#define TDX_FIELD_LAST_FIELD_SHIFT 38
#define TDX_FIELD_LAST_FIELD_MASK  (0x1ffULL << TDX_FIELD_LAST_FIELD_SHIFT)
#define TDX_FIELD_INC_SIZE       (1ULL << 50)
#define TDX_FIELD_WRITE_MASK_VALID (1ULL << 51)
#define TDX_FIELD_CONTEXT_SHIFT  52
#define TDX_FIELD_CONTEXT_MASK   (7ULL << TDX_FIELD_CONTEXT_SHIFT)
#define TDX_FIELD_CLASS_SHIFT    56
#define TDX_FIELD_CLASS_MASK     (0x3fULL << TDX_FIELD_CLASS_SHIFT)
#define TDX_FIELD_NON_ARCH       (1ULL << 63)
#define TDX_FIELD_RSVD_MASK      (0xffULL << 24 | 7ULL << 47 | 1ULL << 55 | \
                                  1ULL << 62)

/* Fields that the LAST_FIELD bits of one sequence header can count */
#define TDX_FIELD_MAX_SEQUENCE   512

/* On output: there is no further field */
#define TDX_FIELD_ID_NONE        UINT64_MAX

typedef enum TdxFieldContext {
    TDX_FIELD_CONTEXT_SYS,
    TDX_FIELD_CONTEXT_TD,
    TDX_FIELD_CONTEXT_VP,
} TdxFieldContext;

static inline uint32_t tdx_field_code(uint64_t id)
{
    return id & TDX_FIELD_CODE_MASK;
}

static inline unsigned tdx_field_class(uint64_t id)
{
    return (id & TDX_FIELD_CLASS_MASK) >> TDX_FIELD_CLASS_SHIFT;
}

/* Bits in one element */
static inline unsigned tdx_field_elem_bits(uint64_t id)
{
    return 8u << ((id & TDX_FIELD_SIZE_MASK) >> TDX_FIELD_SIZE_SHIFT);
}

/* The bits that an element may have */
static inline uint64_t tdx_field_elem_mask(uint64_t id)
{
    static const uint64_t masks[] = {
        UINT8_MAX, UINT16_MAX, UINT32_MAX, UINT64_MAX,
    };

    return masks[(id & TDX_FIELD_SIZE_MASK) >> TDX_FIELD_SIZE_SHIFT];
}

/* By how much the codes of consecutive elements differ */
static inline unsigned tdx_field_stride(uint64_t id)
{
    return id & TDX_FIELD_INC_SIZE ? 2 : 1;
}

/* Does an id on input ask for the first field of its context? */
static inline bool tdx_field_id_is_null(uint64_t id)
{
    return (id | TDX_FIELD_CONTEXT_MASK) == UINT64_MAX;
}

/* Is an id well formed as the name of one element? */
static inline bool tdx_field_id_is_single(uint64_t id)
{
    return !(id & (TDX_FIELD_RSVD_MASK | TDX_FIELD_LAST_ELEM_MASK |
                   TDX_FIELD_LAST_FIELD_MASK));
}

#endif /* TDX_ABI_FIELD_ID_H */
