/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.WR (14): write memory of a TD that is being debugged.
 */

#include <glib.h>

#include "../td/mem.h"

#define STATES (TDX_SEPT_IN(TDX_SEPT_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY))

/* TD life cycle 6.10 */
uint64_t tdh_mem_wr(TdxCall *c)
{
    uint64_t new = c->gpr[TDX_R8];
    MEM_OP(op);
    uint64_t *value;
    uint64_t status;

    c->gpr[TDX_R8] = 0;
    status = mem_find_debug(&op, c, TD_OPS_WRITE, STATES, &value);
    if (status) {
        return status;
    }
    c->gpr[TDX_R8] =
        GUINT64_FROM_LE(__atomic_exchange_n(value, GUINT64_TO_LE(new),
                                            __ATOMIC_RELAXED));
    return TDX_SUCCESS;
}
