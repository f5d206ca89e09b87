/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Members of structures that a table names by offset and width: 1 (a bool),
 * 2, 4 or 8 bytes.
 */

#ifndef TDX_DISPATCH_WORD_H
#define TDX_DISPATCH_WORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** tdx_word_get: the member at @at */
static inline uint64_t tdx_word_get(const void *at, unsigned width)
{
    uint64_t value;

    switch (width) {
    case 1:
        return *(const bool *)at;
    case 2:
        return *(const uint16_t *)at;
    case 4:
        return *(const uint32_t *)at;
    default:
        memcpy(&value, at, sizeof(value));
        return value;
    }
}

/** tdx_word_set: the member at @at becomes @value, which fits */
static inline void tdx_word_set(void *at, unsigned width, uint64_t value)
{
    switch (width) {
    case 1:
        *(bool *)at = value;
        break;
    case 2:
        *(uint16_t *)at = value;
        break;
    case 4:
        *(uint32_t *)at = value;
        break;
    default:
        memcpy(at, &value, sizeof(value));
        break;
    }
}

#endif /* TDX_DISPATCH_WORD_H */
