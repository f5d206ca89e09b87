/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MR.EXTEND (16): measure a chunk of a page of a TD being built.
 */

#include "../td/mem.h"

/* TD life cycle 6.11 */
uint64_t tdh_mr_extend(TdxCall *c)
{
    TdxModule *m = c->m;
    TdxTdcsMeasurement *measurement;
    MEM_OP(op);
    uint64_t status;
    uint8_t *content;

    mem_begin(&op, c);
    status = mem_lock_td_exclusive(&op, TD_OPS_BUILD);
    if (status) {
        return status;
    }
    if (!tdx_aligned(op.rcx, TDX_MR_EXTEND_SIZE)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    op.gpa = op.rcx;
    status = mem_check_private(&op);
    if (status) {
        return status;
    }
    status = mem_walk_to_leaf(&op);
    if (status) {
        return status;
    }
    if (mem_state(&op) != TDX_SEPT_MAPPED) {
        return TDX_EPT_ENTRY_NOT_PRESENT;
    }
    content = mem_private(&op, TDX_MR_EXTEND_SIZE);
    measurement = td_tdcs_page(&op.td, TDX_TDCS_MEASUREMENT);
    if (!content || !measurement) {
        return td_no_content(m, op.td.tdr, "a page of a TD has no memory");
    }
    if (!tdx_mrtd_extend(&measurement->mrtd, op.gpa, content)) {
        return tdx_fatal(m, "the measurement of a TD is corrupt");
    }
    return TDX_SUCCESS;
}
