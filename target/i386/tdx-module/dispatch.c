/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a SEAMCALL to its leaf handler: the checks common to all leaves.
 */

#include "tdx-internal.h"

/* Does the loaded module have this leaf?  One that lacks it knows nothing */
static inline bool leaf_exists(const TdxModule *m, const TdxLeaf *leaf)
{
    if (!leaf || !leaf->handler) {
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

/* Life cycle 1.2: order of dispatcher checks */
static inline uint64_t dispatch(TdxCall *c, const TdxLeaf *leaf)
{
    uint64_t rax = c->gpr[TDX_RAX];
    TdxSysState state = tdx_sys_state(c->m);
    bool exists = leaf_exists(c->m, leaf);
    /* An unknown leaf is treated as one that is only legal when ready */
    unsigned states = leaf && (exists || !leaf->needs) ? leaf->states
                                                       : TDX_WHEN_READY;

    c->version = (rax >> TDX_RAX_VERSION_SHIFT) & TDX_RAX_VERSION_MASK;

    if (rax & TDX_RAX_RSVD_MASK) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    if (c->version && !(leaf && leaf->max_version)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    if (!(states & TDX_STATE_BIT(state))) {
        return state == TDX_SYS_SHUTDOWN_STATE ? TDX_SYS_SHUTDOWN
                                               : TDX_SYS_NOT_READY;
    }
    if (!exists) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    return leaf->handler(c);
}

typedef struct Gprs {
    uint64_t reg[TDX_NUM_GPRS];
} Gprs;

/*
 * A leaf that works with private memory, as all do that need a module which
 * is ready.  It must not meet TDH.SYS.SHUTDOWN or DISABLE half-way, hence is
 * announced before the state is read: see tdx_others_active().  And it may
 * find that the module cannot go on.
 */
static __attribute__((noinline))
uint64_t dispatch_ready(TdxCall *c, const TdxLeaf *leaf)
{
    /* Set at once: QEMU's compiler flags would clear it first otherwise */
    const Gprs before = *(const Gprs *)c->gpr;
    uint32_t *active = &c->m->lps[c->lp].active;
    uint64_t status;

    __atomic_store_n(active, 1, __ATOMIC_SEQ_CST);
    status = dispatch(c, leaf);
    /* No order but that all of the call comes first: cheaper than the above */
    __atomic_store_n(active, 0, __ATOMIC_RELEASE);
    if (status == TDX_STATUS_NONE) {
        *(Gprs *)c->gpr = before;
    }
    return status;
}

/*
 * The others change state under the global lock only, or just read what the
 * module knows of itself; they need no such order, which costs as much as
 * the rest of TDH.SYS.RD.
 */
static uint64_t dispatch_early(TdxCall *c, const TdxLeaf *leaf)
{
    uint32_t *active = &c->m->lps[c->lp].active;
    uint64_t status;

    __atomic_store_n(active, 1, __ATOMIC_RELAXED);
    status = dispatch(c, leaf);
    __atomic_store_n(active, 0, __ATOMIC_RELEASE);
    return status;
}

bool tdx_module_seamcall(TdxModule *m, unsigned lp,
                         uint64_t gpr[TDX_NUM_GPRS])
{
    TdxCall c = { .m = m, .lp = lp, .gpr = gpr };
    const TdxLeaf *leaf = tdx_leaf_find(gpr[TDX_RAX] & TDX_RAX_LEAF_MASK);
    uint64_t status;

    if (__atomic_load_n(&m->st.fatal, __ATOMIC_SEQ_CST)) {
        return false;
    }
    if (leaf && leaf->states == TDX_WHEN_READY) {
        status = dispatch_ready(&c, leaf);
    } else {
        status = dispatch_early(&c, leaf);
    }
    if (status == TDX_STATUS_NONE) {
        return false;
    }
    gpr[TDX_RAX] = status;
    return true;
}
