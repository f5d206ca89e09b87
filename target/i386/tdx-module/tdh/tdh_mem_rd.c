/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.RD (12): read memory of a TD that is being debugged.
 */

#include <glib.h>

#include "../td/mem.h"

#define STATES (TDX_SEPT_IN(TDX_SEPT_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_BLOCKEDW) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_BLOCKEDW) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY_BLOCKEDW))

/* TD life cycle 6.10 */
uint64_t tdh_mem_rd(TdxCall *c)
{
    MEM_OP(op);
    uint64_t *value;
    uint64_t status;

    c->gpr[TDX_R8] = 0;
    status = mem_find_debug(&op, c, TD_OPS_READ, STATES, &value);
    if (status) {
        return status;
    }
    c->gpr[TDX_R8] =
        GUINT64_FROM_LE(__atomic_load_n(value, __ATOMIC_RELAXED));
    return TDX_SUCCESS;
}
