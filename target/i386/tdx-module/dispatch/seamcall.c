/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a SEAMCALL to its leaf handler: the checks common to all leaves.
 */

#include <glib.h>

#include "../core/call.h"
#include "../core/fatal.h"
#include "../core/uninitialized.h"
#include "../include/leaf.h"
#include "seamcall.h"

/* An unknown leaf is treated as one that is only legal when ready */
static const TdxEntryPoint unknown = { .states = TDX_WHEN_READY };

/* Does the loaded module have this leaf?  One that lacks it knows nothing */
bool tdx_leaf_exists(const TdxModule *m, const TdxLeaf *leaf)
{
    if (m->cfg.first_generation && leaf->since_1_5) {
        return false;
    }
    switch (leaf->needs) {
    case TDX_NEEDS_DYNAMIC_PAMT:
        return tdx_has_dynamic_pamt(m);
    case TDX_NEEDS_SYS_DISABLE:
        return m->cfg.sys_disable;
    case TDX_NEEDS_NOTHING:
        break;
    }
    return true;
}

static void init_entry_point(TdxModule *m, const TdxLeaf *leaf)
{
    TdxEntryPoint *entry = &m->entry[leaf->number];
    unsigned n = 0;

    g_assert(leaf->number < TDX_ENTRY_POINTS);
    entry->max_version = leaf->max_version;
    if (!tdx_leaf_exists(m, leaf)) {
        return;
    }
    entry->states = leaf->states;
    entry->handler = leaf->handler;
    while (n < TDX_LEAF_MAX_OPERANDS && leaf->out[n].name) {
        entry->output[n] = leaf->out[n].reg;
        n++;
    }
    entry->num_outputs = n;
}

void tdx_dispatch_init(TdxModule *m)
{
    size_t n;
    const TdxLeaf *const *leaf = tdx_leaf_table(&n);

    for (size_t i = 0; i < TDX_ENTRY_POINTS; i++) {
        m->entry[i] = unknown;
    }
    for (; n; n--, leaf++) {
        init_entry_point(m, *leaf);
    }
}

/* Fault injection changes it while SEAMCALLs are under way: see fault.c */
static inline TdxLeafHandler *handler_of(const TdxEntryPoint *entry)
{
    return __atomic_load_n(&entry->handler, __ATOMIC_RELAXED);
}

/*
 * Life cycle 1.2: order of dispatcher checks.  @m and @rax are @c's, which the
 * caller has at hand.
 */
static inline TdxStatus dispatch(TdxCall *c, TdxModule *m, uint64_t rax,
                                 const TdxEntryPoint *entry)
{
    TdxSysState state = tdx_sys_state(m);
    TdxLeafHandler *handler = handler_of(entry);

    c->version = (rax >> TDX_RAX_VERSION_SHIFT) & TDX_RAX_VERSION_MASK;

    if (rax & TDX_RAX_RSVD_MASK) {
        return tdx_bad_operand(m, TDX_RAX, rax, TDX_CAUSE_RESERVED_BITS,
                               rax & TDX_RAX_RSVD_MASK);
    }
    if (c->version && !entry->max_version) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RAX), "version",
                         c->version, TDX_CAUSE_TOO_HIGH, 0);
    }
    if (!(entry->states & TDX_STATE_BIT(state))) {
        return state == TDX_SYS_SHUTDOWN_STATE ? TDX_SYS_SHUTDOWN
                                               : TDX_SYS_NOT_READY;
    }
    if (!handler) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RAX), "leaf",
                         rax & TDX_RAX_LEAF_MASK, TDX_CAUSE_INVALID, 0);
    }
    return handler(c);
}

/*
 * The guest has just written these, one by one; loads of two at once would
 * wait until that has left the store buffer.
 */
static inline uint64_t fresh(const uint64_t *gpr, TdxGpr reg)
{
    return __atomic_load_n(&gpr[reg], __ATOMIC_RELAXED);
}

/*
 * A leaf that works with private memory, as all do that need a module which
 * is ready.  It must not meet TDH.SYS.SHUTDOWN or DISABLE half-way, hence is
 * announced before the state is read: see tdx_others_active().  And it may
 * find that the module cannot go on.
 */
static __attribute__((noinline))
TdxStatus dispatch_ready(TdxCall *c, const TdxEntryPoint *entry)
{
    TDX_UNINITIALIZED uint64_t before[TDX_LEAF_MAX_OPERANDS];
    uint32_t *active = &c->m->lps[c->lp].active;
    TdxStatus status;
    unsigned i;

    for (i = 0; i < entry->num_outputs; i++) {
        before[i] = fresh(c->gpr, entry->output[i]);
    }
    tdx_announce(c->m, active, 1);
    status = dispatch(c, c->m, c->gpr[TDX_RAX], entry);
    if (!c->entered) {
        tdx_retract(active);
    }
    if (status == TDX_STATUS_NONE) {
        for (i = 0; i < entry->num_outputs; i++) {
            c->gpr[entry->output[i]] = before[i];
        }
    }
    return status;
}

/*
 * The others change state under the global lock only, or just read what the
 * module knows of itself; they need no such order, which costs as much as
 * the rest of TDH.SYS.RD.
 */
static inline TdxStatus dispatch_early(TdxCall *c, TdxModule *m, unsigned lp,
                                       uint64_t rax,
                                       const TdxEntryPoint *entry)
{
    uint32_t *active = &m->lps[lp].active;
    TdxStatus status;

    __atomic_store_n(active, 1, __ATOMIC_RELAXED);
    status = dispatch(c, m, rax, entry);
    tdx_retract(active);
    return status;
}

TdxSeamcall tdx_module_seamcall(TdxModule *m, unsigned lp,
                                uint64_t gpr[TDX_NUM_GPRS], TdxTdRun *run)
{
    TdxCall c = {
        .m = m, .lp = lp, .gpr = gpr, .run = run,
        .fault_point = TDX_FAULT_NOWHERE,
    };
    uint64_t rax = gpr[TDX_RAX];
    unsigned number = rax & TDX_RAX_LEAF_MASK;
    const TdxEntryPoint *entry =
        number < TDX_ENTRY_POINTS ? &m->entry[number] : &unknown;
    TdxStatus status;

    if (tdx_has_stopped(m)) {
        tdx_stopped_cause(m);
        return TDX_SEAMCALL_VMFAIL;
    }
    if (handler_of(entry) && entry->states == TDX_WHEN_READY) {
        status = dispatch_ready(&c, entry);
    } else {
        status = dispatch_early(&c, m, lp, rax, entry);
    }
    tdx_count_call(&m->counts[lp].leaf[MIN(number, TDX_ENTRY_POINTS)], status);
    if (status == TDX_STATUS_NONE) {
        return TDX_SEAMCALL_VMFAIL;
    }
    if (c.entered) {
        return TDX_SEAMCALL_RUN_TD;
    }
    gpr[TDX_RAX] = status;
    return TDX_SEAMCALL_DONE;
}
