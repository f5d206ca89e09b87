/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The architecture's try-lock: shared/exclusive with host priority, in the
 * 16-bit format that also stands in each PAMT entry (PAMT 2.1, 3.1).  A lock
 * is never waited for; who does not get it answers BUSY.
 */

#ifndef TDX_CORE_LOCK_H
#define TDX_CORE_LOCK_H

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

static inline uint16_t tdx_lock_unit(TdxLockType type)
{
    return type == TDX_LOCK_TYPE_EXCLUSIVE ? TDX_LOCK_EXCLUSIVE
                                           : TDX_LOCK_READER;
}

/* tdx_lock_try() of a lock that was found not free, @old */
bool tdx_lock_try_held(TdxLock *lock, TdxLockType type, uint16_t old);

/*
 * Lock of the host side: a failure leaves the host-priority mark.  It guesses
 * that the lock is free rather than looks: when processors meet on it, the
 * look would cost a transfer of the cache line of its own.
 */
static inline bool tdx_lock_try(TdxLock *lock, TdxLockType type)
{
    uint16_t old = 0;

    return __atomic_compare_exchange_n(lock, &old, tdx_lock_unit(type), false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED) ||
           tdx_lock_try_held(lock, type, old);
}

static inline void tdx_lock_release(TdxLock *lock, TdxLockType type)
{
    /* Subtraction keeps a host-priority mark that came meanwhile */
    __atomic_fetch_sub(lock, tdx_lock_unit(type), __ATOMIC_RELEASE);
}

/* Leave the mark of a host that did not get the lock */
static inline void tdx_lock_mark_host(TdxLock *lock)
{
    __atomic_fetch_or(lock, TDX_LOCK_HOST_PRIORITY, __ATOMIC_RELAXED);
}

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

#endif /* TDX_CORE_LOCK_H */
