/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Physical Address Metadata Table: finding and locking
 * the entry of a page.
 *
 * A handler declares PAMT_REF(page), fills it by one of the functions below
 * and leaves; the end of the scope releases the locks, in reverse order of
 * the declarations.  A function that returns a status returns TDX_SUCCESS,
 * the status that the leaf answers with, or TDX_STATUS_NONE after tdx_fatal()
 * when memory under the PAMT has vanished: pass on whatever is not
 * TDX_SUCCESS.
 *
 * Locks (PAMT 3.1, 3.2) are try-locks in the entries themselves.  A page that
 * the host names (explicit) is locked with the entries above it held shared,
 * so that nobody adds or removes the page pair under it.  A page found through
 * another one that is locked and in use (implicit: owner, mapping) is locked
 * alone: its being in use keeps the entries above it as they are.
 */

#ifndef TDX_PAMT_WALK_H
#define TDX_PAMT_WALK_H

#include "../core/uninitialized.h"
#include "../core/call.h"
#include "entry.h"

#define TDX_PAMT_CHILDREN 512 /* entries one level below an entry */

/**
 * TdxPamtRef: the entry that describes a page.
 * @tdmr, @hpa: set by tdx_pamt_find(); @hpa is without KeyID
 * @level: of the leaf entry, valid once found or locked
 * @exclusive: the lock on the leaf entry is; those above are shared
 * @share: 1 + the number of @lp's announcement that it shares the 1G entry
 * @entry: the leaf entry
 * @range: the 2M entry above a 4K entry in a page pair, else NULL
 * @lp: whose call it is, for explicit locks
 * @lock: what is held, by level; NULL: nothing
 */
typedef struct TdxPamtRef {
    TdxModule *m;
    TdxTdmr *tdmr;
    uint64_t hpa;
    TdxLevel level;
    bool exclusive;
    uint8_t share;
    TdxPamtEntry *entry;
    TdxPamtEntry *range;
    TdxLp *lp;
    TdxLock *lock[TDX_NUM_PAMT_LEVELS];
} TdxPamtRef;

/*
 * A field as it was written: of several at once, written one by one just
 * before, the processor would have to wait for each.
 */
#define TDX_MOVE(to, from, field) \
    ((to)->field = __atomic_load_n(&(from)->field, __ATOMIC_RELAXED))

/** tdx_pamt_move: @to holds what @from held, which holds nothing any more */
static inline void tdx_pamt_move(TdxPamtRef *to, TdxPamtRef *from)
{
    TDX_MOVE(to, from, m);
    TDX_MOVE(to, from, tdmr);
    TDX_MOVE(to, from, hpa);
    TDX_MOVE(to, from, level);
    TDX_MOVE(to, from, exclusive);
    TDX_MOVE(to, from, share);
    TDX_MOVE(to, from, entry);
    TDX_MOVE(to, from, range);
    TDX_MOVE(to, from, lp);
    from->share = 0;
    for (unsigned level = 0; level < TDX_NUM_PAMT_LEVELS; level++) {
        TDX_MOVE(to, from, lock[level]);
        from->lock[level] = NULL;
    }
}

/**
 * tdx_pamt_unlock: release what @ref holds, if anything; it may be used anew
 */
void tdx_pamt_unlock(TdxPamtRef *ref);

/*
 * tdx_pamt_ref_none: nothing is held.  Field by field: as one object the
 * compiler would clear it with a string instruction, which takes much longer.
 */
static inline void tdx_pamt_ref_none(TdxPamtRef *ref)
{
    ref->m = NULL;
    ref->tdmr = NULL;
    ref->hpa = 0;
    ref->level = TDX_LEVEL_4K;
    ref->exclusive = false;
    ref->share = 0;
    ref->entry = NULL;
    ref->range = NULL;
    ref->lp = NULL;
    ref->lock[TDX_LEVEL_4K] = NULL;
    ref->lock[TDX_LEVEL_2M] = NULL;
    ref->lock[TDX_LEVEL_1G] = NULL;
}

#define PAMT_REF(ref) \
    __attribute__((cleanup(tdx_pamt_unlock))) TDX_UNINITIALIZED \
    TdxPamtRef ref; \
    tdx_pamt_ref_none(&ref)

/** tdx_pamt_tdmr: the TDMR around @hpa (no KeyID bits), initialised or not */
TdxTdmr *tdx_pamt_tdmr(TdxModule *m, uint64_t hpa);

/** tdx_pamt_tdmr_near: the same, for one that mostly is that of @ref */
static inline TdxTdmr *tdx_pamt_tdmr_near(const TdxPamtRef *ref, uint64_t hpa)
{
    return hpa - ref->tdmr->base < ref->tdmr->size ? ref->tdmr
                                                   : tdx_pamt_tdmr(ref->m, hpa);
}

/**
 * tdx_pamt_find: look up the block of @hpa, whose KeyID bits are ignored.
 * Takes no lock.  TDX_OPERAND_ADDR_RANGE_ERROR op: no TDMR there or its block
 * is not initialised yet.
 */
TdxStatus tdx_pamt_find(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa,
                        uint32_t op);

/* What tdx_pamt_find() has found */
static inline void tdx_pamt_found(TdxPamtRef *ref, TdxModule *m, TdxTdmr *tdmr,
                                  uint64_t hpa)
{
    ref->m = m;
    ref->tdmr = tdmr;
    ref->hpa = hpa;
}

/**
 * tdx_pamt_find_block: tdx_pamt_find() where there is no explicit lock to
 * follow; false: not there
 */
bool tdx_pamt_find_block(TdxPamtRef *ref, TdxModule *m, uint64_t hpa);

/**
 * tdx_pamt_lock: walk to the entry of a found page and lock it, explicitly.
 * @target: stop there at the latest; 4K for whatever leaf exists
 * @type: lock on the leaf; the entries above are held shared
 * @op: operand id for TDX_OPERAND_BUSY; after it nothing is held
 */
TdxStatus tdx_pamt_lock(TdxPamtRef *ref, TdxLevel target, TdxLockType type,
                        uint32_t op);

/**
 * tdx_pamt_lock_beside: tdx_pamt_lock() to whatever leaf exists, while @held
 * stays locked; what that holds shared of @ref's block is not locked twice.
 */
TdxStatus tdx_pamt_lock_beside(TdxPamtRef *ref, const TdxPamtRef *held,
                               TdxLockType type, uint32_t op);

/**
 * tdx_pamt_lock_implicit: find @hpa's leaf entry and lock it alone.
 * The page must be kept in use by something that the caller has locked.
 */
TdxStatus tdx_pamt_lock_implicit(TdxPamtRef *ref, TdxModule *m, uint64_t hpa,
                                 TdxLockType type, uint32_t op);

/**
 * tdx_pamt_lock_node: find @hpa's 2M or 1G entry and lock it alone, whatever is
 * below it.  Same condition as tdx_pamt_lock_implicit().
 */
TdxStatus tdx_pamt_lock_node(TdxPamtRef *ref, TdxModule *m, uint64_t hpa,
                             TdxLevel level, TdxLockType type, uint32_t op);

/**
 * tdx_pamt_peek: find @hpa's leaf entry without any lock, to read it or to
 * write its BEPOCH.  Same condition as tdx_pamt_lock_implicit().
 */
TdxStatus tdx_pamt_peek(TdxPamtRef *ref, TdxModule *m, uint64_t hpa);

/**
 * tdx_pamt_adopt: make @ref what tdx_pamt_lock() has made of it, for a 4K entry
 * and shared, before the state was saved: the locks in memory are still held.
 * @explicit: the host has named the page; else as by tdx_pamt_lock_implicit()
 * Returns false where there is no such entry or a lock is not held.
 */
bool tdx_pamt_adopt(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa,
                    bool explicit);

/**
 * tdx_pamt_child: the entry number @i (0..511) one level below a 2M or 1G
 * @entry of @ref's TDMR that covers @hpa.  4K entries need a page pair in
 * @entry when Dynamic PAMT is on.  NULL when memory is gone: tdx_fatal().
 */
TdxPamtEntry *tdx_pamt_child(const TdxPamtRef *ref, const TdxPamtEntry *entry,
                             TdxLevel level, unsigned i);

#endif /* TDX_PAMT_WALK_H */
