/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One SEAMCALL under way, and with it all that its handler works with.
 */

#ifndef TDX_CORE_CALL_H
#define TDX_CORE_CALL_H

#include "address.h"
#include "fatal.h"
#include "lp.h"
#include "observe.h"

/*
 * One SEAMCALL or TDCALL under way.
 * @gpr: the caller's, in TdxGpr order
 * @fault_point: where the call is to end in @fault
 * @run: of a SEAMCALL that may enter a TD; else NULL
 * @entered: it has: the TD runs on @lp from now on
 * @exit: of a TDCALL: the VM exit that it is; else NULL
 * @end: how that ends if the leaf returns TDX_STATUS_NONE, a TdxExitEnd
 */
struct TdxCall {
    TdxModule *m;
    unsigned lp;
    uint8_t version;
    bool entered;
    uint8_t end;
    uint64_t *gpr;
    TdxFaultPoint fault_point;
    TdxStatus fault;
    TdxTdRun *run;
    struct TdxExit *exit;
};

/**
 * tdx_fault_at: is the call to be made to fail here?  The handler undoes what
 * it has begun, as after any failure, and returns @c->fault.
 */
static inline bool tdx_fault_at(TdxCall *c, TdxFaultPoint point)
{
    if (__builtin_expect(c->fault_point != point, true)) {
        return false;
    }
    c->fault_point = TDX_FAULT_NOWHERE;
    return true;
}

/* --- checks that leaves of all kinds begin with -------------------------- */

/** tdx_check_version: TDX_OPERAND_INVALID RAX above @max */
static inline TdxStatus tdx_check_version(const TdxCall *c, unsigned max)
{
    return tdx_require(c->version <= max,
                       tdx_fails(c->m, tdx_op(TDX_OPERAND_INVALID, TDX_RAX),
                                 "version", c->version, TDX_CAUSE_TOO_HIGH,
                                 max));
}

/** tdx_check_lp_init: TDX_SYS_LP_INIT_NOT_DONE before TDH.SYS.LP.INIT */
static inline TdxStatus tdx_check_lp_init(const TdxCall *c)
{
    return tdx_require(c->m->lps[c->lp].init,
                       tdx_fails(c->m, TDX_SYS_LP_INIT_NOT_DONE, "LP", c->lp,
                                 TDX_CAUSE_LP_NOT_INIT, 0));
}

/** tdx_take: @lock until the end of @guard's scope; TDX_OPERAND_BUSY op */
static inline TdxStatus tdx_take(TdxLockGuard *guard, TdxLock *lock,
                                 TdxLockType type, uint32_t op)
{
    return tdx_require(tdx_guard_try(guard, lock, type),
                       tdx_op(TDX_OPERAND_BUSY, op));
}

/** tdx_take_global: the lock of the whole module; TDX_SYS_BUSY */
static inline TdxStatus tdx_take_global(TdxLockGuard *guard, TdxModule *m,
                                        TdxLockType type)
{
    return tdx_require(tdx_guard_try(guard, &m->st.global_lock, type),
                       TDX_SYS_BUSY);
}

#endif /* TDX_CORE_CALL_H */
