/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.SEPT.RD: report a Secure EPT entry.
 */

#include "../td/tables.h"
#include "answers.h"

/* RDX bit 0: the attributes that L2 VMs see */
#define RDX_L2_ATTRIBUTES 1ULL

/*
 * In R8, 16 bits for each VM.  Tables give all access; pages of L2 VMs, whose
 * attributes a guest chooses, do not exist here.
 */
#define ATTR_BITS     16
#define ATTR_RWX      0xfULL
#define ATTR_VALID    (1ULL << 15)

static TdxStatus report_l2_attributes(TdxMemOp *op)
{
    uint64_t attributes = 0;
    unsigned vm;

    for (vm = 1; vm < tdx_td_num_vms(&op->td); vm++) {
        TdxSeptWalk walk;
        TdxStatus status = tdx_tables_walk(op, vm, &walk);

        if (status) {
            return status;
        }
        if (walk.level == op->level &&
            TDX_SEPT_NON_LEAF & TDX_SEPT_IN(tdx_sept_state(walk.value))) {
            attributes |= (ATTR_VALID | ATTR_RWX) << vm * ATTR_BITS;
        }
    }
    op->c->gpr[TDX_R8] = attributes;
    return TDX_SUCCESS;
}

/* TD life cycle 6.8 */
static TdxStatus tdh_mem_sept_rd(TdxCall *c)
{
    MEM_OP(op);
    bool l2_attributes;
    TdxStatus status;

    tdx_mem_begin(&op, c);
    l2_attributes = op.rdx & RDX_L2_ATTRIBUTES;
    op.rdx &= ~RDX_L2_ATTRIBUTES;
    status = tdx_mem_lock_td(&op, TD_OPS_READ) ?:
             tdx_require(!l2_attributes ||
                         op.td.tdcs->attributes & TDX_ATTR_DEBUG,
                         tdx_bad_operand(c->m, TDX_RDX, c->gpr[TDX_RDX],
                                         TDX_CAUSE_NO_DEBUG, 0)) ?:
             tdx_mem_parse_gpa(&op, TDX_LEVEL_4K,
                               tdx_sept_root_level(op.td.tdcs->eptp)) ?:
             tdx_mem_find(&op, TDX_LOCK_TYPE_SHARED) ?:
             tdx_mem_lock_entry(&op) ?:
             (l2_attributes ? report_l2_attributes(&op) : TDX_SUCCESS);
    if (status) {
        return status;
    }
    tdx_mem_details(&op);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_SEPT_RD = {
    TDX_LEAF_ID(TDH_MEM_SEPT_RD),
    .what = "Read a Secure EPT entry",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" } },
    .out = { { TDX_RCX, "entry", TDX_ZERO },
             { TDX_RDX, "level_state", TDX_ZERO },
             { TDX_R8, "l2_attributes" } },
    .handler = tdh_mem_sept_rd,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        ANSWERS_SEPT_WALK
    ),
};
