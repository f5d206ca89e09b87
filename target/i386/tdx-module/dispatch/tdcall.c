/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a TDCALL to its leaf handler (TDCALL 2).
 */

#include <glib.h>

#include "../exit/tdcall.h"
#include "../include/leaf.h"
#include "seamcall.h"

/* Leaves that look at the version themselves */
static bool has_versions(const TdxLeaf *leaf)
{
    return leaf && leaf->max_version;
}

static TdxStatus dispatch(TdxCall *c, const TdxLeaf *leaf)
{
    uint64_t rax = c->gpr[TDX_RAX];

    c->version = (rax >> TDX_RAX_VERSION_SHIFT) & TDX_RAX_VERSION_MASK;
    if (rax & TDX_RAX_RSVD_MASK ||
        (c->version && !has_versions(leaf)) || !leaf || !leaf->handler ||
        !tdx_leaf_exists(c->m, leaf)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    return __atomic_load_n(&c->m->faults, __ATOMIC_RELAXED)
           ? tdx_fault_tdcall(c, leaf) : leaf->handler(c);
}

/*
 * Step "host priority": the host waits for a lock that this guest holds or
 * asks for, again and again.  After HP_LOCK_TIMEOUT the VMM hears of it.
 */
static TdxExitEnd host_priority(TdxExit *e, TdxStatus status)
{
    TdxTdvps *t = e->tdvps;
    uint64_t now = e->m->ops->tsc(e->m->opaque, e->lp);

    e->gpr[TDX_RAX] = tdx_op(TDX_OPERAND_BUSY, status);
    if (!t->hp_lock_busy) {
        t->hp_lock_busy = true;
        t->hp_lock_busy_start = now;
    } else if (now - t->hp_lock_busy_start >=
               tdx_td_hp_lock_timeout_ticks(e->m, e->tdcs)) {
        t->hp_lock_busy = false;
        e->trap = true;
        e->reason = 0;
        return tdx_exit_leave(e, TDX_HOST_PRIORITY_BUSY_TIMEOUT);
    }
    return TDX_EXIT_DONE;
}

TdxExitEnd tdx_exit_tdcall(TdxExit *e)
{
    TdxCall c = {
        .m = e->m, .lp = e->lp, .gpr = e->gpr, .exit = e,
        .fault_point = TDX_FAULT_NOWHERE, .end = TDX_EXIT_GONE,
    };
    unsigned number = e->gpr[TDX_RAX] & TDX_RAX_LEAF_MASK;
    const TdxLeaf *leaf = tdx_guest_leaf_find(number);
    TdxCallCount *count =
        &e->m->counts[e->lp].tdcall[MIN(number, TDX_TDCALL_POINTS)];
    TdxStatus status;

    if (!tdx_exit_64bit(e)) {
        return tdx_exit_inject_gp(e);
    }
    status = dispatch(&c, leaf);
    /* Nothing to answer: it has left, or an exception is injected */
    tdx_count_call(count, status == TDX_STATUS_NONE ? TDX_SUCCESS : status);
    if (status == TDX_STATUS_NONE) {
        return c.end;
    }
    tdx_observe_tdcall(e->m, e->lp, e->run->vp.hpa, leaf ? leaf->name : NULL,
                       e->gpr, status);
    if ((status & ~(uint64_t)UINT32_MAX) == TDX_OPERAND_BUSY_HOST_PRIORITY) {
        return host_priority(e, status);
    }
    e->tdvps->hp_lock_busy = false;
    e->gpr[TDX_RAX] = status;
    return TDX_EXIT_DONE;
}
