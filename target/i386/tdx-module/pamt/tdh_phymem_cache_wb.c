/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.CACHE.WB (40): write back a package's caches, after which the
 * KeyIDs of TDs that were flushed may be freed.
 */

#include "../tdx-internal.h"

#define CACHE_WB_START  0
#define CACHE_WB_RESUME 1

/*
 * PAMT 13.  No caches are modelled, so that a write-back ends within the call
 * that starts it, and there is never one to resume.
 */
uint64_t tdh_phymem_cache_wb(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint32_t pkg = m->ops->lp_package(m->opaque, c->lp);
    uint32_t hkid;
    bool found = false;
    TDX_LOCK_GUARD(wbt);
    TDX_LOCK_GUARD(kot);

    if (rcx > CACHE_WB_RESUME) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    if (!tdx_guard_try(&wbt, &m->st.wbt[pkg].lock, TDX_LOCK_TYPE_EXCLUSIVE)) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_WBCACHE);
    }
    if (!tdx_guard_try(&kot, &m->st.kot_lock, TDX_LOCK_TYPE_SHARED)) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_KOT);
    }
    if (rcx == CACHE_WB_RESUME) {
        return TDX_WBCACHE_RESUME_ERROR;
    }
    for (hkid = m->private_hkid_min; hkid <= m->private_hkid_max; hkid++) {
        TdxKotEntry *entry = &m->st.kot[hkid];

        if (entry->state == TDX_HKID_FLUSHED) {
            /* Other packages do the same, with the lock shared */
            __atomic_fetch_and(&entry->wbinvd_bitmap, ~(1u << pkg),
                               __ATOMIC_RELAXED);
            found = true;
        }
    }
    return found ? TDX_SUCCESS : TDX_NO_HKID_READY_TO_WBCACHE;
}
