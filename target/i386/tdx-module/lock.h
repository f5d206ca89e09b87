/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The architecture's try-lock: shared/exclusive with host priority, in the
 * 16-bit format that also stands in each PAMT entry (PAMT 2.1, 3.1).  A lock
 * is never waited for; who does not get it answers BUSY.
 */

#ifndef TDX_LOCK_H
#define TDX_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t TdxLock;

#define TDX_LOCK_EXCLUSIVE     0x0001
#define TDX_LOCK_HOST_PRIORITY 0x0002
#define TDX_LOCK_READER        0x0004 /* one unit of the reader count */

typedef enum TdxLockType {
    TDX_LOCK_TYPE_SHARED,
    TDX_LOCK_TYPE_EXCLUSIVE,
} TdxLockType;

/* Lock of the host side: a failure leaves the host-priority mark */
bool tdx_lock_try(TdxLock *lock, TdxLockType type);

void tdx_lock_release(TdxLock *lock, TdxLockType type);

/*
 * Turn the caller's shared lock into an exclusive one; only possible for the
 * single reader.  On failure the shared lock is kept.
 */
bool tdx_lock_try_promote(TdxLock *lock);

/*
 * TDX_LOCK_GUARD(g): a lock held until the end of the scope, none so far.
 * tdx_guard_try() takes it.
 */
typedef struct TdxLockGuard {
    TdxLock *lock;
    TdxLockType type;
} TdxLockGuard;

static inline bool tdx_guard_try(TdxLockGuard *g, TdxLock *lock,
                                 TdxLockType type)
{
    if (!tdx_lock_try(lock, type)) {
        return false;
    }
    g->lock = lock;
    g->type = type;
    return true;
}

static inline void tdx_guard_release(TdxLockGuard *g)
{
    if (g->lock) {
        tdx_lock_release(g->lock, g->type);
        g->lock = NULL;
    }
}

#define TDX_LOCK_GUARD(g) \
    __attribute__((cleanup(tdx_guard_release))) TdxLockGuard g = { 0 }

#endif /* TDX_LOCK_H */
