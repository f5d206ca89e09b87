/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the leaves of TDCALL share: the exit that each is, and operands in the
 * guest's memory (TDCALL 2, 3).
 *
 * A leaf returns the status for the guest's RAX; or TDX_STATUS_NONE, and
 * @c->end tells how the exit ends instead: with an exception, in the VMM, or
 * with the same TDCALL again.
 */

#ifndef TDX_EXIT_TDCALL_H
#define TDX_EXIT_TDCALL_H

#include "../sept/sept.h"
#include "exit.h"

/** tdx_tdcall_end: end a leaf without a status */
static inline TdxStatus tdx_tdcall_end(TdxCall *c, TdxExitEnd end)
{
    c->end = end;
    return TDX_STATUS_NONE;
}

/** tdcall_interrupted: an event waits; the leaf is to run again after it */
static inline bool tdx_tdcall_event_pending(const TdxCall *c)
{
    return c->m->ops->event_pending(c->m->opaque, c->lp);
}

/**
 * TdxGuestBuffer: an operand in the guest's memory, in one page.
 * @content: of private memory; NULL: it is shared
 */
typedef struct TdxGuestBuffer {
    uint8_t *content;
    uint64_t hpa;
} TdxGuestBuffer;

/** tdx_tdcall_gpa_private: is @gpa private, and one that the TD can have? */
bool tdx_tdcall_gpa_private(const TdxExit *e, uint64_t gpa);

/**
 * tdx_tdcall_buffer: group GPTR on register @reg (TDCALL 3)
 * @size: power of two, at most a page; how @reg must be aligned
 * @write: access needed
 * @any: may be shared
 */
TdxStatus tdx_tdcall_buffer(TdxCall *c, TdxGpr reg, uint64_t size, bool write,
                        bool any, TdxGuestBuffer *buffer);

/** tdx_tdcall_read, tdx_tdcall_write: content of @buffer from its start on */
void tdx_tdcall_read(const TdxCall *c, const TdxGuestBuffer *buffer, void *data,
                 size_t len);
void tdx_tdcall_write(const TdxCall *c, const TdxGuestBuffer *buffer,
                  const void *data, size_t len);

#endif /* TDX_EXIT_TDCALL_H */
