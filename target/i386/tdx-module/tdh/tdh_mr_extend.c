/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MR.EXTEND: measure a chunk of a page of a TD being built.
 */

#include "../td/mem.h"
#include "answers.h"

/* TD life cycle 6.11 */
static TdxStatus tdh_mr_extend(TdxCall *c)
{
    TdxModule *m = c->m;
    TdxTdcsMeasurement *measurement;
    MEM_OP(op);
    TdxStatus status;
    uint8_t *content;

    tdx_mem_begin(&op, c);
    status = tdx_mem_lock_td_exclusive(&op, TD_OPS_BUILD) ?:
             tdx_require(tdx_aligned(op.rcx, TDX_MR_EXTEND_SIZE),
                         tdx_bad_operand(c->m, TDX_RCX, op.rcx, TDX_CAUSE_UNALIGNED,
                                         TDX_MR_EXTEND_SIZE));
    if (status) {
        return status;
    }
    op.gpa = op.rcx;
    status = tdx_mem_check_private(&op) ?:
             tdx_mem_walk_to_leaf(&op) ?:
             tdx_require(tdx_mem_state(&op) == TDX_SEPT_MAPPED,
                         TDX_EPT_ENTRY_NOT_PRESENT) ?:
             tdx_td_check_build(&op.td);
    if (status) {
        return status;
    }
    content = tdx_mem_private(&op, TDX_MR_EXTEND_SIZE);
    measurement = tdx_td_tdcs_page(&op.td, TDX_TDCS_MEASUREMENT);
    return tdx_require(content && measurement,
                       tdx_td_no_content(m, op.td.tdr,
                                         "a page of a TD has no memory")) ?:
           tdx_require(tdx_mrtd_extend(&measurement->mrtd, op.gpa, content),
                       tdx_fatal(m, "the measurement of a TD is corrupt"));
}

const TdxLeaf tdx_leaf_TDH_MR_EXTEND = {
    TDX_LEAF_ID(TDH_MR_EXTEND),
    .what = "Measure 256 bytes of a page",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO } },
    .handler = tdh_mr_extend,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        { TDX_EPT_ENTRY_NOT_PRESENT, "no page is mapped there",
          TDX_FAULT_AT_SEPT_ENTRY },
        { TDX_INCOMPATIBLE_MRTD_CONTEXT,
          "the TD was begun by a module that measures in another way" }
    ),
};
