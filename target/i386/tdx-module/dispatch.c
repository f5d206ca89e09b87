/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a SEAMCALL to its leaf handler: the checks common to all leaves.
 */

#include "tdx-internal.h"

/* Does the loaded module have this leaf?  One that lacks it knows nothing */
static bool leaf_exists(const TdxModule *m, const TdxLeaf *leaf)
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
static uint64_t dispatch(TdxCall *c)
{
    uint64_t rax = c->gpr[TDX_RAX];
    const TdxLeaf *leaf = tdx_leaf_find(rax & TDX_RAX_LEAF_MASK);
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

bool tdx_module_seamcall(TdxModule *m, unsigned lp,
                         uint64_t gpr[TDX_NUM_GPRS])
{
    TdxCall c = { .m = m, .lp = lp, .gpr = gpr };
    /* Set at once: QEMU's compiler flags would clear it first otherwise */
    const Gprs before = *(const Gprs *)gpr;
    uint64_t status;

    if (__atomic_load_n(&m->st.fatal, __ATOMIC_SEQ_CST)) {
        return false;
    }
    /* Announced before the state is read: see tdx_others_active() */
    __atomic_store_n(&m->lps[lp].active, 1, __ATOMIC_SEQ_CST);
    status = dispatch(&c);
    /* No order but that all of the call comes first: cheaper than the above */
    __atomic_store_n(&m->lps[lp].active, 0, __ATOMIC_RELEASE);

    if (status == TDX_STATUS_NONE) {
        *(Gprs *)gpr = before;
        return false;
    }
    gpr[TDX_RAX] = status;
    return true;
}
