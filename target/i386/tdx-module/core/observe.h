/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Telling the observer, if there is one, what happens in the module.  Costs
 * a branch where nobody looks on.
 */

#ifndef TDX_CORE_OBSERVE_H
#define TDX_CORE_OBSERVE_H

#include "../abi/cause.h"
#include "../abi/states.h"
#include "state.h"

/** tdx_observer: who looks on; NULL: nobody, as is to be expected */
static inline const TdxObserver *tdx_observer(const TdxModule *m)
{
    const TdxObserver *observer = __atomic_load_n(&m->observer,
                                                  __ATOMIC_ACQUIRE);

    return __builtin_expect(observer != NULL, 0) ? observer : NULL;
}

static inline void tdx_observe_sys_state(const TdxModule *m,
                                         TdxSysState before,
                                         TdxSysState after)
{
    const TdxObserver *observer = tdx_observer(m);

    if (observer && before != after) {
        observer->state(m->opaque, "SYS_STATE", 0, tdx_sys_state_name(before),
                        tdx_sys_state_name(after));
    }
}

/* Under the global lock, exclusively */
static inline void tdx_set_sys_state(TdxModule *m, TdxSysState state)
{
    TdxSysState before = tdx_sys_state(m);

    __atomic_store_n(&m->st.sys_state, state, __ATOMIC_SEQ_CST);
    tdx_observe_sys_state(m, before, state);
}

/** tdx_observe_tdcall: a leaf of TDCALL, NULL if none, has answered */
static inline void tdx_observe_tdcall(const TdxModule *m, unsigned lp,
                                      uint64_t tdvpr, const char *leaf,
                                      const uint64_t *gpr, uint64_t status)
{
    const TdxObserver *observer = tdx_observer(m);

    if (observer && observer->tdcall) {
        observer->tdcall(m->opaque, lp, tdvpr, leaf, gpr, status);
    }
}

/** tdx_observe_ve: a guest gets a #VE from the module */
static inline void tdx_observe_ve(const TdxModule *m, uint64_t tdvpr,
                                  uint32_t reason, uint8_t category)
{
    const TdxObserver *observer = tdx_observer(m);

    if (observer && observer->ve) {
        observer->ve(m->opaque, tdvpr, reason, category);
    }
}

/** tdx_cause: a check fails, see TdxCause; the status is the caller's */
static inline void tdx_cause(const TdxModule *m, const char *what,
                             uint64_t value, TdxCauseKind kind, uint64_t arg)
{
    const TdxObserver *observer = tdx_observer(m);

    if (observer) {
        TdxCause cause = { kind, what, value, arg };

        observer->cause(m->opaque, &cause);
    }
}

/** tdx_fails: tdx_cause() for @status, which it returns */
static inline TdxStatus tdx_fails(const TdxModule *m, TdxStatus status,
                                  const char *what, uint64_t value,
                                  TdxCauseKind kind, uint64_t arg)
{
    tdx_cause(m, what, value, kind, arg);
    return status;
}

/**
 * tdx_bad_operand: TDX_OPERAND_INVALID of operand @op, which is @value, and
 * why; arguments as tdx_cause()'s
 */
static inline TdxStatus tdx_bad_operand(const TdxModule *m, uint32_t op,
                                        uint64_t value, TdxCauseKind kind,
                                        uint64_t arg)
{
    return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, op), NULL, value, kind,
                     arg);
}

#endif /* TDX_CORE_OBSERVE_H */
