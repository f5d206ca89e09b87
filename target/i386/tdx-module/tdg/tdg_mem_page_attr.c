/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.MEM.PAGE.ATTR.RD and WR: what L2 VMs may do with a page.  There are
 * none, so that nothing can be given to them.
 */

#include "../exit/epf.h"
#include "answers.h"
#include "page-operand.h"

#define OUT_PENDING (1ULL << 62)

/* Any bit of an L2 VM, and in R8 any flag */
static TdxStatus no_l2(uint64_t value, TdxGpr reg)
{
    return tdx_require(!value, tdx_op(TDX_OPERAND_INVALID, reg));
}

/* Leaves whose attributes can be read */
#define READABLE (TDX_SEPT_ANY_LEAF & \
                  ~(TDX_SEPT_IN(TDX_SEPT_BLOCKED) | \
                    TDX_SEPT_IN(TDX_SEPT_PENDING_BLOCKED)))

static TdxStatus answer(TdxCall *c, uint64_t gpa_level, uint64_t attributes,
                        TdxStatus status)
{
    c->gpr[TDX_RCX] = gpa_level;
    c->gpr[TDX_RDX] = attributes;
    return status;
}

/* Nothing is given to any L2 VM */
static TdxStatus report(TdxCall *c, const TdxSeptWalk *walk, uint64_t gpa)
{
    uint64_t size = tdx_sept_level_size(walk->level);
    bool pending = walk->value & TDX_SEPT_TDP;

    return answer(c, (gpa & ~(size - 1)) | walk->level |
                     (pending ? OUT_PENDING : 0), 0, TDX_SUCCESS);
}

static bool readable(const TdxSeptWalk *walk)
{
    return READABLE & TDX_SEPT_IN(tdx_sept_state(walk->value));
}

/* TDCALL 4.12 */
static TdxStatus tdg_mem_page_attr_rd(TdxCall *c)
{
    uint64_t gpa = c->gpr[TDX_RCX] & ~(uint64_t)(TDX_PAGE_4K - 1);
    TdxSeptWalk walk;
    TdxStatus status;

    if (!tdx_tdcall_gpa_private(c->exit, gpa)) {
        return answer(c, 0, 0, tdx_op(TDX_OPERAND_INVALID, TDX_RCX));
    }
    status = tdx_tdg_page_walk(c, gpa, TDX_LEVEL_4K, &walk);
    if (status) {
        return status;
    }
    if (!readable(&walk)) {
        return tdx_tdcall_end(c, tdx_exit_leave_ept(c->exit, 0, gpa, TDX_EEQ_NONE,
                                            0));
    }
    return report(c, &walk, gpa);
}

/* TDCALL 4.12 */
static TdxStatus tdg_mem_page_attr_wr(TdxCall *c)
{
    uint64_t gpa;
    unsigned level;
    TdxSeptWalk walk;
    TdxStatus status;

    status = no_l2(c->gpr[TDX_RDX], TDX_RDX) ?:
             no_l2(c->gpr[TDX_R8], TDX_R8) ?:
             tdx_tdg_page_operand(c, TDX_LEVEL_1G, &gpa, &level);
    if (status) {
        return answer(c, 0, 0, status);
    }
    status = tdx_tdg_page_walk(c, gpa, level, &walk);
    if (status) {
        return status;
    }
    if (walk.level == level &&
        TDX_SEPT_NON_LEAF & TDX_SEPT_IN(tdx_sept_state(walk.value))) {
        return answer(c, 0, 0, tdx_op(TDX_PAGE_SIZE_MISMATCH, level));
    }
    if (walk.level != level || !readable(&walk)) {
        return tdx_tdg_page_violation(c, &walk, gpa, level, TDX_EEQ_ATTR_WR);
    }
    return report(c, &walk, gpa);
}

const TdxLeaf tdx_leaf_TDG_MEM_PAGE_ATTR_RD = {
    TDX_LEAF_ID(TDG_MEM_PAGE_ATTR_RD),
    .what = "Read what L2 VMs may do with a page",
    .missing = "There are no L2 VMs.",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "gpa" } },
    .out = { { TDX_RCX, "gpa_level", TDX_ZERO },
             { TDX_RDX, "attributes", TDX_ZERO } },
    .handler = tdg_mem_page_attr_rd,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "the page is shared or misaligned" },
        { TDX_SUCCESS }
    ),
};

const TdxLeaf tdx_leaf_TDG_MEM_PAGE_ATTR_WR = {
    TDX_LEAF_ID(TDG_MEM_PAGE_ATTR_WR),
    .what = "Say what L2 VMs may do with a page",
    .missing = "There are no L2 VMs.",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RCX, "gpa_level" }, { TDX_RDX, "attributes" },
            { TDX_R8, "mask" } },
    .out = { { TDX_RCX, "gpa_level" }, { TDX_RDX, "attributes" } },
    .handler = tdg_mem_page_attr_wr,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "an operand is reserved or of an L2 VM" },
        { TDX_PAGE_SIZE_MISMATCH, "the range is mapped by smaller pages" },
        { TDX_SUCCESS }
    ),
};
