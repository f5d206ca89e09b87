/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.RD: read memory of a TD that is being debugged.
 */

#include <glib.h>

#include "../td/mem.h"
#include "answers.h"

#define STATES (TDX_SEPT_IN(TDX_SEPT_MAPPED) | \
                TDX_SEPT_IN(TDX_SEPT_BLOCKEDW) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_BLOCKEDW) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY) | \
                TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY_BLOCKEDW))

/* TD life cycle 6.10 */
static TdxStatus tdh_mem_rd(TdxCall *c)
{
    MEM_OP(op);
    uint64_t *value;
    TdxStatus status;

    c->gpr[TDX_R8] = 0;
    status = tdx_mem_find_debug(&op, c, TD_OPS_READ, STATES, &value);
    if (status) {
        return status;
    }
    c->gpr[TDX_R8] =
        GUINT64_FROM_LE(__atomic_load_n(value, __ATOMIC_RELAXED));
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_RD = {
    TDX_LEAF_ID(TDH_MEM_RD),
    .what = "Read 8 bytes of a debugged TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO },
             { TDX_R8, "value", TDX_ZERO } },
    .handler = tdh_mem_rd,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        { TDX_TD_NON_DEBUG, "the TD has not the attribute DEBUG" },
        ANSWERS_SEPT_PAGE
    ),
};
