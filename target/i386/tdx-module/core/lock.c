/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Shared/exclusive try-locks with host priority (PAMT 3.1).
 */

#include "lock.h"

static bool lock_swap(TdxLock *lock, uint16_t *old, uint16_t new)
{
    return __atomic_compare_exchange_n(lock, old, new, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static bool lock_busy(TdxLock *lock)
{
    tdx_lock_mark_host(lock);
    return false;
}

bool tdx_lock_try_held(TdxLock *lock, TdxLockType type, uint16_t old)
{
    uint16_t new;

    do {
        if (type == TDX_LOCK_TYPE_EXCLUSIVE) {
            if (old & ~TDX_LOCK_HOST_PRIORITY) {
                return lock_busy(lock);
            }
            new = TDX_LOCK_EXCLUSIVE;
        } else {
            if (old & TDX_LOCK_EXCLUSIVE ||
                old >= UINT16_MAX - TDX_LOCK_READER) {
                return lock_busy(lock);
            }
            new = (old & ~TDX_LOCK_HOST_PRIORITY) + TDX_LOCK_READER;
        }
    } while (!lock_swap(lock, &old, new));
    return true;
}

bool tdx_lock_try_promote(TdxLock *lock)
{
    uint16_t old = __atomic_load_n(lock, __ATOMIC_RELAXED);

    do {
        if ((old & ~TDX_LOCK_HOST_PRIORITY) != TDX_LOCK_READER) {
            return lock_busy(lock);
        }
    } while (!lock_swap(lock, &old, TDX_LOCK_EXCLUSIVE));
    return true;
}
