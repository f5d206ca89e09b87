/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.CACHE.WB: write back a package's caches, after which the
 * KeyIDs of TDs that were flushed may be freed.
 */

#include <string.h>

#include "../core/call.h"

#define CACHE_WB_START  0
#define CACHE_WB_RESUME 1

/* PAMT 13 step 4: which KeyIDs this is for */
static bool start(const TdxModule *m, TdxWbt *wbt)
{
    uint32_t hkid;
    bool found = false;

    memset(wbt->hkids, 0, sizeof(wbt->hkids));
    for (hkid = m->private_hkid_min; hkid <= m->private_hkid_max; hkid++) {
        if (m->st.kot[hkid].state == TDX_HKID_FLUSHED) {
            wbt->hkids[hkid / 64] |= 1ULL << hkid % 64;
            found = true;
        }
    }
    return found;
}

/* Step 7 */
static void finish(TdxModule *m, const TdxWbt *wbt, uint32_t pkg)
{
    uint32_t hkid;

    for (hkid = m->private_hkid_min; hkid <= m->private_hkid_max; hkid++) {
        if (wbt->hkids[hkid / 64] & 1ULL << hkid % 64) {
            /* Other packages do the same, with the lock shared */
            __atomic_fetch_and(&m->st.kot[hkid].wbinvd_bitmap, ~(1u << pkg),
                               __ATOMIC_RELAXED);
        }
    }
}

/*
 * PAMT 13.  No caches are modelled, so that a write-back ends within the call
 * that starts it, unless that is interrupted.  Where the specification leaves
 * a choice: starting again gives up a write-back that waits to be resumed.
 */
static TdxStatus tdh_phymem_cache_wb(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint32_t pkg = m->ops->lp_package(m->opaque, c->lp);
    TdxWbt *wbt = &m->st.wbt[pkg];
    TDX_LOCK_GUARD(mutex);
    TDX_LOCK_GUARD(kot);
    TdxStatus status;

    status = tdx_require(rcx <= CACHE_WB_RESUME,
                         tdx_bad_operand(m, TDX_RCX, rcx, TDX_CAUSE_TOO_HIGH,
                                         CACHE_WB_RESUME)) ?:
             tdx_take(&mutex, &wbt->lock, TDX_LOCK_TYPE_EXCLUSIVE,
                      TDX_OPERAND_WBCACHE) ?:
             tdx_take(&kot, &m->st.kot_lock, TDX_LOCK_TYPE_SHARED,
                      TDX_OPERAND_KOT);
    if (status) {
        return status;
    }
    if (rcx == CACHE_WB_START && !start(m, wbt)) {
        wbt->interrupted = false;
        return TDX_NO_HKID_READY_TO_WBCACHE;
    }
    if (rcx == CACHE_WB_RESUME && !wbt->interrupted) {
        return TDX_WBCACHE_RESUME_ERROR;
    }
    wbt->interrupted = tdx_fault_at(c, TDX_FAULT_INTERRUPTION);
    if (wbt->interrupted) {
        return c->fault;
    }
    finish(m, wbt, pkg);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_PHYMEM_CACHE_WB = {
    TDX_LEAF_ID(TDH_PHYMEM_CACHE_WB),
    .what = "Write back caches for KeyIDs that are being freed",
    .missing = "There are no caches: it ends in one call, unless an injected "
               "fault interrupts it.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "resume" } },
    .handler = tdh_phymem_cache_wb,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        { TDX_OPERAND_INVALID, "RCX is neither 0 nor 1" },
        { TDX_OPERAND_BUSY,
          "another processor of the package does it, or the KeyID table is "
          "locked" },
        { TDX_NO_HKID_READY_TO_WBCACHE, "no KeyID waits for it" },
        { TDX_WBCACHE_RESUME_ERROR, "there is nothing to go on with" },
        { TDX_INTERRUPTED_RESUMABLE,
          "a host event is pending: go on with RCX 1",
          TDX_FAULT_INTERRUPTION }
    ),
};
