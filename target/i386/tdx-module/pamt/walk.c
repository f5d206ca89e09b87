/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a physical address to its PAMT entry, with the locks on the way.
 */

#include "block.h"

TdxTdmr *tdx_pamt_tdmr(TdxModule *m, uint64_t hpa)
{
    uint32_t low = 0, high = m->st.num_tdmrs;
    TdxTdmr *tdmr;

    /* SYS.CONFIG has seen to it that bases ascend: the last one not above */
    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (m->st.tdmr[mid].base <= hpa) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == 0) {
        return NULL;
    }
    tdmr = &m->st.tdmr[low - 1];
    return hpa - tdmr->base < tdmr->size ? tdmr : NULL;
}

/* PAMT 1, get_block */
bool tdx_pamt_find_block(TdxPamtRef *ref, TdxModule *m, uint64_t hpa)
{
    TdxTdmr *tdmr;
    uint64_t done;

    hpa = tdx_without_hkid(m, hpa);
    tdmr = tdx_pamt_tdmr(m, hpa);
    if (!tdmr) {
        tdx_cause(m, NULL, hpa, TDX_CAUSE_NOT_IN_TDMR, 0);
        return false;
    }
    /* Whoever sees a block as done also sees its entries as initialised */
    done = __atomic_load_n(&tdmr->last_initialized, __ATOMIC_ACQUIRE);
    if (hpa >= (done & ~(TDX_PAGE_1G - 1))) {
        tdx_cause(m, NULL, hpa, TDX_CAUSE_NOT_INITIALIZED, done);
        return false;
    }
    tdx_pamt_found(ref, m, tdmr, hpa);
    return true;
}

TdxStatus tdx_pamt_find(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa,
                        uint32_t op)
{
    ref->lp = &c->m->lps[c->lp];
    return tdx_require(tdx_pamt_find_block(ref, c->m, hpa),
                       tdx_op(TDX_OPERAND_ADDR_RANGE_ERROR, op));
}

static inline TdxPamtEntry *entry_at(const TdxPamtRef *ref, uint64_t hpa)
{
    return tdx_global(ref->m, hpa, TDX_PAMT_ENTRY_SIZE);
}

/* Entry of @hpa in the array of a level, which starts at the TDMR's base */
static inline TdxPamtEntry *array_entry(const TdxPamtRef *ref, TdxLevel level,
                                 uint64_t hpa)
{
    uint64_t index = (hpa - ref->tdmr->base) >> tdx_level_shift(level);

    return entry_at(ref, ref->tdmr->pamt[level].base +
                         index * TDX_PAMT_ENTRY_SIZE);
}

/* 4K entry number @i below a 2M entry with a page pair (PAMT 1) */
static TdxPamtEntry *pair_entry(const TdxPamtRef *ref,
                                const TdxPamtEntry *range, unsigned i)
{
    unsigned per_page = TDX_PAMT_CHILDREN / 2;

    return entry_at(ref, tdx_pamt_pair_hpa(range, i / per_page) +
                         i % per_page * TDX_PAMT_ENTRY_SIZE);
}

TdxPamtEntry *tdx_pamt_child(const TdxPamtRef *ref, const TdxPamtEntry *entry,
                             TdxLevel level, unsigned i)
{
    uint64_t base = ref->hpa & ~(tdx_level_size(level) - 1);

    if (level == TDX_LEVEL_2M && ref->m->st.dynamic_pamt) {
        return pair_entry(ref, entry, i);
    }
    return array_entry(ref, level - 1, base + i * tdx_level_size(level - 1));
}

/* Does the walk go on below this entry?  (PAMT 2.4) */
static inline bool is_node(const TdxPamtRef *ref, const TdxPamtEntry *entry,
                    TdxLevel level)
{
    switch (level) {
    case TDX_LEVEL_1G:
        return tdx_pamt_type(entry) == TDX_PT_NDA;
    case TDX_LEVEL_2M:
        return tdx_pamt_type(entry) == (ref->m->st.dynamic_pamt ? TDX_PT_PAMT
                                                                : TDX_PT_NDA);
    default:
        return false;
    }
}

/* The entry that a walk meets below @above, on @level */
static inline TdxPamtEntry *next_entry(const TdxPamtRef *ref,
                                const TdxPamtEntry *above, TdxLevel level)
{
    if (level == TDX_LEVEL_4K && ref->m->st.dynamic_pamt) {
        return pair_entry(ref, above, ref->hpa / TDX_PAGE_4K %
                                      TDX_PAMT_CHILDREN);
    }
    return array_entry(ref, level, ref->hpa);
}

/* The lock in an entry is taken: TDX_OPERAND_BUSY */
static TdxStatus entry_busy(const TdxPamtRef *ref, TdxLevel level, uint32_t op)
{
    static const char *const what[TDX_NUM_PAMT_LEVELS] = {
        [TDX_LEVEL_4K] = "4K PAMT entry of",
        [TDX_LEVEL_2M] = "2M PAMT entry of",
        [TDX_LEVEL_1G] = "1G PAMT entry of",
    };

    return tdx_fails(ref->m, tdx_op(TDX_OPERAND_BUSY, op), what[level],
                     ref->hpa, TDX_CAUSE_LOCKED, 0);
}

static void set_leaf(TdxPamtRef *ref, TdxPamtEntry *above,
                     TdxPamtEntry *entry, TdxLevel level)
{
    ref->level = level;
    ref->entry = entry;
    ref->range = level == TDX_LEVEL_4K && ref->m->st.dynamic_pamt ? above
                                                                  : NULL;
}

/* The way of nearly all calls, several times: worth its place in each walk */
static inline __attribute__((always_inline))
bool lock_entry(TdxPamtRef *ref, TdxPamtEntry *entry,
                              TdxLevel level, TdxLockType type)
{
    if (level == TDX_LEVEL_1G) {
        if (type == TDX_LOCK_TYPE_EXCLUSIVE) {
            return tdx_pamt_block_own(ref, entry);
        }
        if (ref->lp) {
            return tdx_pamt_block_share(ref, entry);
        }
    }
    return tdx_pamt_lock_entry(ref, entry, level, type);
}

/* The shared lock of a leaf above the target becomes an exclusive one */
static bool promote(TdxPamtRef *ref)
{
    if (ref->level == TDX_LEVEL_1G) {
        return tdx_pamt_block_own(ref, ref->entry);
    }
    if (!tdx_lock_try_promote(&ref->entry->lock)) {
        return false;
    }
    ref->exclusive = true;
    return true;
}

/* PAMT 3.2, from @level, which has an array, downwards */
static TdxStatus lock_from(TdxPamtRef *ref, TdxLevel level, TdxLevel target,
                           TdxLockType type, uint32_t op)
{
    TdxPamtEntry *above = NULL;

    for (;;) {
        TdxPamtEntry *entry = next_entry(ref, above, level);

        if (!entry) {
            return TDX_STATUS_NONE;
        }
        /* A level above the target may be the leaf or may not: see below */
        if (!lock_entry(ref, entry, level,
                        level == target ? type : TDX_LOCK_TYPE_SHARED)) {
            tdx_pamt_unlock(ref);
            return entry_busy(ref, level, op);
        }
        if (level == target || !is_node(ref, entry, level)) {
            set_leaf(ref, above, entry, level);
            break;
        }
        above = entry;
        level--;
    }
    /* Only now is it known that this is the leaf */
    if (level != target && type == TDX_LOCK_TYPE_EXCLUSIVE && !promote(ref)) {
        tdx_pamt_unlock(ref);
        return entry_busy(ref, level, op);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_pamt_lock(TdxPamtRef *ref, TdxLevel target, TdxLockType type,
                        uint32_t op)
{
    return lock_from(ref, TDX_LEVEL_1G, target, type, op);
}

TdxStatus tdx_pamt_lock_beside(TdxPamtRef *ref, const TdxPamtRef *held,
                               TdxLockType type, uint32_t op)
{
    bool same_block = held->level != TDX_LEVEL_1G &&
                      (held->share || held->lock[TDX_LEVEL_1G]) &&
                      held->tdmr == ref->tdmr &&
                      (held->hpa ^ ref->hpa) < TDX_PAGE_1G;

    /* A block's 1G entry is where all processors meet: once is enough */
    return lock_from(ref, same_block ? TDX_LEVEL_2M : TDX_LEVEL_1G,
                     TDX_LEVEL_4K, type, op);
}

TdxStatus tdx_pamt_peek(TdxPamtRef *ref, TdxModule *m, uint64_t hpa)
{
    TdxPamtEntry *above = NULL;
    TdxLevel level = TDX_LEVEL_1G;

    if (!tdx_pamt_find_block(ref, m, hpa)) {
        return tdx_fatal(m, "a page in use lies outside all TDMRs");
    }
    for (;;) {
        TdxPamtEntry *entry = next_entry(ref, above, level);

        if (!entry) {
            return TDX_STATUS_NONE;
        }
        if (!is_node(ref, entry, level)) {
            set_leaf(ref, above, entry, level);
            return TDX_SUCCESS;
        }
        above = entry;
        level--;
    }
}

TdxStatus tdx_pamt_lock_implicit(TdxPamtRef *ref, TdxModule *m, uint64_t hpa,
                                 TdxLockType type, uint32_t op)
{
    TdxStatus status = tdx_pamt_peek(ref, m, hpa);

    if (status) {
        return status;
    }
    if (!lock_entry(ref, ref->entry, ref->level, type)) {
        return entry_busy(ref, ref->level, op);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_pamt_lock_node(TdxPamtRef *ref, TdxModule *m, uint64_t hpa,
                             TdxLevel level, TdxLockType type, uint32_t op)
{
    TdxPamtEntry *entry;

    if (!tdx_pamt_find_block(ref, m, hpa)) {
        return tdx_fatal(m, "a page in use lies outside all TDMRs");
    }
    entry = array_entry(ref, level, ref->hpa);
    if (!entry) {
        return TDX_STATUS_NONE;
    }
    set_leaf(ref, NULL, entry, level);
    if (!lock_entry(ref, entry, level, type)) {
        return entry_busy(ref, level, op);
    }
    return TDX_SUCCESS;
}

/*
 * The 1G entry above a page that the host has named is announced, which is not
 * saved: the first explicit lock of a call always finds a slot for that.
 */
bool tdx_pamt_adopt(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa,
                    bool explicit)
{
    TdxPamtEntry *above = NULL;
    TdxLevel level;

    if (tdx_pamt_find(ref, c, hpa, 0)) {
        return false;
    }
    for (level = TDX_LEVEL_1G; ; level--) {
        TdxPamtEntry *entry = next_entry(ref, above, level);

        if (!entry) {
            return false;
        }
        if (explicit && level == TDX_LEVEL_1G) {
            if (!tdx_pamt_block_share(ref, entry)) {
                return false;
            }
        } else if (explicit || level == TDX_LEVEL_4K) {
            if (entry->lock < TDX_LOCK_READER ||
                (entry->lock & TDX_LOCK_EXCLUSIVE)) {
                return false;
            }
            ref->lock[level] = &entry->lock;
        }
        if (level == TDX_LEVEL_4K) {
            set_leaf(ref, above, entry, level);
            return true;
        }
        if (!is_node(ref, entry, level)) {
            return false;
        }
        above = entry;
    }
}

void tdx_pamt_unlock(TdxPamtRef *ref)
{
    TdxLevel level;

    for (level = TDX_LEVEL_4K; level < TDX_NUM_PAMT_LEVELS; level++) {
        TdxLock *lock = ref->lock[level];

        if (lock) {
            tdx_lock_release(lock, ref->exclusive && level == ref->level
                                   ? TDX_LOCK_TYPE_EXCLUSIVE
                                   : TDX_LOCK_TYPE_SHARED);
            ref->lock[level] = NULL;
        }
    }
    tdx_pamt_block_unshare(ref);
}
