/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the TDCALL leaves on a page of the guest share (TDCALL 4.7, 4.12).
 */

#include "../exit/epf.h"
#include "page-operand.h"

/* RCX */
#define INFO_LEVEL 0x7ULL
#define INFO_GPA   0x000ffffffffff000ULL

/* What the VMM is told: levels asked for and reached, state, and a leaf? */
#define TOLD_REACHED_SHIFT 3
#define TOLD_STATE_SHIFT   6
#define TOLD_LEAF          (1u << 14)

#define QUAL_WRITE     2
#define QUAL_RWX_SHIFT 3
#define ENTRY_RWX      (TDX_SEPT_R | TDX_SEPT_W | TDX_SEPT_XS)

/* The host waits for the entry: a guest gives way */
#define ENTRY_HOST_PRIORITY (1ULL << 52)

TdxStatus tdx_tdg_page_operand(const TdxCall *c, unsigned max_level,
                               uint64_t *gpa, unsigned *level)
{
    uint64_t rcx = c->gpr[TDX_RCX];

    *level = rcx & INFO_LEVEL;
    *gpa = rcx & INFO_GPA;
    return tdx_require(!(rcx & ~(INFO_LEVEL | INFO_GPA)) &&
                       *level <= max_level &&
                       tdx_aligned(*gpa, tdx_sept_level_size(*level)) &&
                       tdx_tdcall_gpa_private(c->exit, *gpa),
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX));
}

TdxStatus tdx_tdg_page_walk(TdxCall *c, uint64_t gpa, unsigned level,
                        TdxSeptWalk *walk)
{
    if (!tdx_exit_walk_private(c->exit, gpa, level, walk)) {
        return tdx_tdcall_end(c, tdx_exit_leave(c->exit,
                              TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE));
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_tdg_page_lock(TdxSeptWalk *walk)
{
    uint64_t old = __atomic_fetch_or(walk->entry, TDX_SEPT_LOCK,
                                     __ATOMIC_ACQUIRE);

    if (old & TDX_SEPT_LOCK) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_RCX);
    }
    walk->value = old;
    if (old & ENTRY_HOST_PRIORITY) {
        tdx_sept_store(walk->entry, old);
        return tdx_op(TDX_OPERAND_BUSY_HOST_PRIORITY, TDX_RCX);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_tdg_page_violation(TdxCall *c, const TdxSeptWalk *walk,
                                 uint64_t gpa, unsigned level, TdxEeqType type)
{
    TdxSeptState state = tdx_sept_state(walk->value);
    uint32_t told = level | walk->level << TOLD_REACHED_SHIFT |
                    (uint32_t)tdx_sept_reported(state) << TOLD_STATE_SHIFT;
    uint64_t rwx = walk->value & ENTRY_RWX;

    if (TDX_SEPT_ANY_LEAF & TDX_SEPT_IN(state)) {
        told |= TOLD_LEAF;
    }
    return tdx_tdcall_end(c, tdx_exit_leave_ept(c->exit,
                                        QUAL_WRITE | rwx << QUAL_RWX_SHIFT,
                                        gpa, type, told));
}
