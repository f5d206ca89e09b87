/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.WR: write memory of a TD that is being debugged.
 */

#include <glib.h>

#include "../td/mem.h"
#include "answers.h"

#define STATES (TDX_SEPT_IN(TDX_SEPT_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY))

/* TD life cycle 6.10 */
static TdxStatus tdh_mem_wr(TdxCall *c)
{
    uint64_t new = c->gpr[TDX_R8];
    MEM_OP(op);
    uint64_t *value, offset;
    TdxStatus status;

    c->gpr[TDX_R8] = 0;
    status = tdx_mem_find_debug(&op, c, TD_OPS_WRITE, STATES, &value);
    if (status) {
        return status;
    }
    c->gpr[TDX_R8] =
        GUINT64_FROM_LE(__atomic_exchange_n(value, GUINT64_TO_LE(new),
                                            __ATOMIC_RELAXED));
    offset = op.gpa & (tdx_sept_level_size(op.walk.level) - 1);
    tdx_private_written(c->m, tdx_mem_hpa(&op) + offset, sizeof(*value));
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_WR = {
    TDX_LEAF_ID(TDH_MEM_WR),
    .what = "Write 8 bytes of a debugged TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "value" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO },
             { TDX_R8, "old_value", TDX_ZERO } },
    .handler = tdh_mem_wr,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        { TDX_TD_NON_DEBUG, "the TD has not the attribute DEBUG" },
        ANSWERS_SEPT_PAGE
    ),
};
