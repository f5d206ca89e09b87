/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Locks of a block's 1G entry, where somebody else has it: see block.h.
 */

#include "block.h"

bool tdx_pamt_block_share_held(TdxPamtRef *ref, TdxPamtEntry *entry)
{
    uint16_t old = __atomic_load_n(&entry->lock, __ATOMIC_SEQ_CST);

    if (old & TDX_LOCK_EXCLUSIVE) {
        tdx_lock_mark_host(&entry->lock);
        return false;
    }
    /* Who may become exclusive from here on will see what is announced */
    __atomic_fetch_and(&entry->lock, ~TDX_LOCK_HOST_PRIORITY,
                       __ATOMIC_RELAXED);
    return true;
}

/* Has any call announced @entry, other than through @ref? */
static bool is_shared(const TdxPamtRef *ref, const TdxPamtEntry *entry)
{
    const uintptr_t *own = ref->share ? &ref->lp->share[ref->share - 1] : NULL;
    const TdxModule *m = ref->m;
    unsigned lp, i;

    tdx_fence_others(m);
    for (lp = 0; lp < m->plat.num_lps; lp++) {
        for (i = 0; i < TDX_LP_SHARES; i++) {
            const uintptr_t *share = &m->lps[lp].share[i];

            if (share != own && __atomic_load_n(share, __ATOMIC_SEQ_CST) ==
                                (uintptr_t)entry) {
                return true;
            }
        }
    }
    return false;
}

bool tdx_pamt_block_own(TdxPamtRef *ref, TdxPamtEntry *entry)
{
    bool counted = ref->lock[TDX_LEVEL_1G];

    if (counted ? !tdx_lock_try_promote(&entry->lock)
                : !tdx_pamt_lock_entry(ref, entry, TDX_LEVEL_1G,
                                       TDX_LOCK_TYPE_EXCLUSIVE)) {
        return false;
    }
    ref->exclusive = true;
    /* Once more, in the one order that announcements are in as well */
    __atomic_fetch_or(&entry->lock, TDX_LOCK_EXCLUSIVE, __ATOMIC_SEQ_CST);
    if (!is_shared(ref, entry)) {
        tdx_pamt_block_unshare(ref);
        return true;
    }
    tdx_lock_mark_host(&entry->lock);
    tdx_lock_release(&entry->lock, TDX_LOCK_TYPE_EXCLUSIVE);
    ref->lock[TDX_LEVEL_1G] = NULL;
    ref->exclusive = false;
    return false;
}
