/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Locks of a block's 1G entry (PAMT 3.1, 3.2).
 *
 * Each call shares the 1G entries above the pages that the host names, while
 * hardly any locks one exclusively.  Were the readers counted in the entry,
 * all processors that work in one GiB would take its cache line from each
 * other twice a call.  So who shares an entry announces that in its own
 * LP's TdxLp.share, and who takes it exclusively asks all LPs.  Readers that
 * are counted exist as well: calls that have no slot left, and implicit locks.
 */

#ifndef TDX_PAMT_BLOCK_H
#define TDX_PAMT_BLOCK_H

#include "walk.h"

/* Lock @entry of any level in the entry itself; what it is shows later */
static inline bool tdx_pamt_lock_entry(TdxPamtRef *ref, TdxPamtEntry *entry,
                                       TdxLevel level, TdxLockType type)
{
    if (!tdx_lock_try(&entry->lock, type)) {
        return false;
    }
    ref->lock[level] = &entry->lock;
    ref->exclusive = type == TDX_LOCK_TYPE_EXCLUSIVE;
    return true;
}

/* tdx_pamt_block_share() of an @entry with marks; it is announced already */
bool tdx_pamt_block_share_held(TdxPamtRef *ref, TdxPamtEntry *entry);

/**
 * tdx_pamt_block_share: try to lock a 1G @entry shared, for the host.
 * False: held exclusively; the mark of host priority is left.  What was
 * announced ends with tdx_pamt_unlock(), which the caller owes in any case.
 */
static inline bool tdx_pamt_block_share(TdxPamtRef *ref, TdxPamtEntry *entry)
{
    uintptr_t *share = ref->lp->share;
    unsigned i = 0;

    while (share[i]) {
        if (++i == TDX_LP_SHARES) {
            return tdx_pamt_lock_entry(ref, entry, TDX_LEVEL_1G,
                                       TDX_LOCK_TYPE_SHARED);
        }
    }
    tdx_announce(ref->m, &share[i], (uintptr_t)entry);
    ref->share = i + 1;
    return !(__atomic_load_n(&entry->lock, __ATOMIC_SEQ_CST) &
             (TDX_LOCK_EXCLUSIVE | TDX_LOCK_HOST_PRIORITY)) ||
           tdx_pamt_block_share_held(ref, entry);
}

/**
 * tdx_pamt_block_own: try to lock a 1G @entry exclusively.  What @ref shares
 * of it is turned into that.  False: others hold it, which leaves the mark;
 * tdx_pamt_unlock() is owed.
 */
bool tdx_pamt_block_own(TdxPamtRef *ref, TdxPamtEntry *entry);

static inline void tdx_pamt_block_unshare(TdxPamtRef *ref)
{
    if (ref->share) {
        tdx_retract(&ref->lp->share[ref->share - 1]);
        ref->share = 0;
    }
}

#endif /* TDX_PAMT_BLOCK_H */
