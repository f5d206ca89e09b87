/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Copying and clearing by cache lines, where each call comes along: the
 * compiler makes a string instruction of more at once, which takes longer.
 */

#ifndef TDX_CORE_LINES_H
#define TDX_CORE_LINES_H

#include <stddef.h>
#include <string.h>

#define TDX_LINE_SIZE 64

/** tdx_copy_lines: @size bytes, a multiple of TDX_LINE_SIZE */
static inline void tdx_copy_lines(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i += TDX_LINE_SIZE) {
        memcpy((char *)to + i, (const char *)from + i, TDX_LINE_SIZE);
    }
}

/** tdx_clear_lines: likewise */
static inline void tdx_clear_lines(void *to, size_t size)
{
    for (size_t i = 0; i < size; i += TDX_LINE_SIZE) {
        memset((char *)to + i, 0, TDX_LINE_SIZE);
    }
}

#endif /* TDX_CORE_LINES_H */
