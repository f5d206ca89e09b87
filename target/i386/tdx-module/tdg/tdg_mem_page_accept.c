/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.MEM.PAGE.ACCEPT: take a page that the host has added.
 */

#include "../exit/epf.h"
#include "../exit/tdcall.h"
#include "page-operand.h"
#include "answers.h"

/* Leaves that a guest can reach */
#define ACCESSIBLE \
    (TDX_SEPT_IN(TDX_SEPT_MAPPED) | TDX_SEPT_IN(TDX_SEPT_BLOCKEDW) | \
     TDX_SEPT_IN(TDX_SEPT_EXPORTED_BLOCKEDW) | \
     TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY) | \
     TDX_SEPT_IN(TDX_SEPT_EXPORTED_DIRTY_BLOCKEDW))

/* Of a large page, which 4K pages have been cleared so far */
#define COUNTER_SHIFT 12
#define COUNTER       (0x1ffULL << COUNTER_SHIFT)

static bool in(const TdxSeptWalk *walk, unsigned states)
{
    return states & TDX_SEPT_IN(tdx_sept_state(walk->value));
}

/*
 * Nobody has written the page with the TD's KeyID before, and what others wrote
 * does not matter.  Returns false when there is no memory; @interrupted: to be
 * gone on with.
 */
static bool clear_all(TdxCall *c, TdxSeptWalk *walk, bool *interrupted)
{
    uint64_t pages = tdx_sept_level_size(walk->level) / TDX_PAGE_4K;
    uint64_t hpa = tdx_sept_hpa(c->m, walk->value) &
                   ~(tdx_sept_level_size(walk->level) - 1);
    uint64_t done = pages > 1 ? (walk->value & COUNTER) >> COUNTER_SHIFT : 0;

    *interrupted = false;
    while (done < pages) {
        if (!c->m->ops->private_take(c->m->opaque, hpa + done * TDX_PAGE_4K,
                                     TDX_PAGE_4K)) {
            return false;
        }
        done++;
        if (done < pages && tdx_tdcall_event_pending(c)) {
            *interrupted = true;
            break;
        }
    }
    if (pages > 1) {
        walk->value = (walk->value & ~COUNTER) |
                      (done % pages << COUNTER_SHIFT);
    }
    return true;
}

static TdxStatus accept(TdxCall *c, TdxSeptWalk *walk)
{
    bool interrupted;

    if (!clear_all(c, walk, &interrupted)) {
        return tdx_tdcall_end(c, tdx_exit_leave(c->exit,
                              TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE));
    }
    if (interrupted) {
        return tdx_tdcall_end(c, TDX_EXIT_RESTART);
    }
    walk->value = (walk->value & ~TDX_SEPT_TDP) | TDX_SEPT_RWX;
    return TDX_SUCCESS;
}

/* The entry is locked; @walk has its value, and gets the new one */
static TdxStatus accept_locked(TdxCall *c, TdxSeptWalk *walk, uint64_t gpa,
                               unsigned level)
{
    if (level > TDX_LEVEL_4K && in(walk, TDX_SEPT_NON_LEAF)) {
        return tdx_op(TDX_PAGE_SIZE_MISMATCH, level);
    }
    if (in(walk, ACCESSIBLE)) {
        return tdx_op(TDX_PAGE_ALREADY_ACCEPTED, level);
    }
    if (!tdx_exit_page_pending(walk)) {
        return tdx_tdg_page_violation(c, walk, gpa, level, TDX_EEQ_ACCEPT);
    }
    return accept(c, walk);
}

/* TDCALL 4.7 */
static TdxStatus tdg_mem_page_accept(TdxCall *c)
{
    uint64_t gpa;
    unsigned level;
    TdxSeptWalk walk;
    TdxStatus status;

    status = tdx_tdg_page_operand(c, TDX_LEVEL_2M, &gpa, &level) ?:
             tdx_tdg_page_walk(c, gpa, level, &walk);
    if (status) {
        return status;
    }
    if (walk.level > level) {
        return in(&walk, ACCESSIBLE)
               ? tdx_op(TDX_PAGE_ALREADY_ACCEPTED, walk.level)
               : tdx_tdg_page_violation(c, &walk, gpa, level, TDX_EEQ_ACCEPT);
    }
    status = tdx_tdg_page_lock(&walk);
    if (status) {
        return status;
    }
    status = accept_locked(c, &walk, gpa, level);
    tdx_sept_store(walk.entry, walk.value);
    return status;
}

const TdxLeaf tdx_leaf_TDG_MEM_PAGE_ACCEPT = {
    TDX_LEAF_ID(TDG_MEM_PAGE_ACCEPT),
    .what = "Accept a page that the host has added",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa_level" } },
    .handler = tdg_mem_page_accept,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "the page is shared, misaligned or of a size "
          "that cannot be accepted" },
        { TDX_PAGE_ALREADY_ACCEPTED, "the guest has the page, or a larger one "
          "around it" },
        { TDX_OPERAND_BUSY, "the host or another vCPU works on the page" },
        { TDX_OPERAND_BUSY_HOST_PRIORITY, "the host waits for the page, which "
          "the guest sees as BUSY until the VMM is told" },
        { TDX_PAGE_SIZE_MISMATCH, "the range is mapped by smaller pages" },
        { TDX_SUCCESS }
    ),
};
