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

/* One SEAMCALL under way */
struct TdxCall {
    TdxModule *m;
    unsigned lp;
    uint8_t version;
    uint64_t *gpr; /* the caller's, in TdxGpr order */
    TdxFaultPoint fault_point; /* where the call is to end in @fault */
    TdxStatus fault;
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

#endif /* TDX_CORE_CALL_H */
