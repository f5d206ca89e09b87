/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Physical Address Metadata Table: finding, locking, checking and changing
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

#ifndef TDX_PAMT_H
#define TDX_PAMT_H

#include "entry.h"

#define TDX_PAMT_CHILDREN 512 /* entries one level below an entry */

/* "No TD page is left under this page pair" in output registers (PAMT 7) */
#define TDX_PAMT_HINT (1ULL << 62)

/**
 * TdxPamtRef: the entry that describes a page.
 * @tdmr, @hpa: set by pamt_find(); @hpa is without KeyID
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

/** pamt_unlock: release what @ref holds, if anything; it may be used anew */
void pamt_unlock(TdxPamtRef *ref);

#define PAMT_REF(ref) \
    __attribute__((cleanup(pamt_unlock))) TdxPamtRef ref = { 0 }

/* --- walk.c: find and lock ---------------------------------------------- */

/** pamt_tdmr: the TDMR around @hpa (no KeyID bits), initialised or not */
TdxTdmr *pamt_tdmr(TdxModule *m, uint64_t hpa);

/** pamt_tdmr_near: the same, for one that mostly is that of @ref */
static inline TdxTdmr *pamt_tdmr_near(const TdxPamtRef *ref, uint64_t hpa)
{
    return hpa - ref->tdmr->base < ref->tdmr->size ? ref->tdmr
                                                   : pamt_tdmr(ref->m, hpa);
}

/**
 * pamt_find: look up the block of @hpa, whose KeyID bits are ignored.
 * Takes no lock.  False: no TDMR there or its block is not initialised yet
 * (TDX_OPERAND_ADDR_RANGE_ERROR).
 */
bool pamt_find(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa);

/* What pamt_find() has found */
static inline void pamt_found(TdxPamtRef *ref, TdxModule *m, TdxTdmr *tdmr,
                              uint64_t hpa)
{
    ref->m = m;
    ref->tdmr = tdmr;
    ref->hpa = hpa;
}

/** pamt_find_block: pamt_find() where there is no explicit lock to follow */
bool pamt_find_block(TdxPamtRef *ref, TdxModule *m, uint64_t hpa);

/**
 * pamt_lock: walk to the entry of a found page and lock it, explicitly.
 * @target: stop there at the latest; 4K for whatever leaf exists
 * @type: lock on the leaf; the entries above are held shared
 * @op: operand id for TDX_OPERAND_BUSY; after it nothing is held
 */
uint64_t pamt_lock(TdxPamtRef *ref, TdxLevel target, TdxLockType type,
                   uint32_t op);

/**
 * pamt_lock_beside: pamt_lock() to whatever leaf exists, while @held stays
 * locked; what that holds shared of @ref's block is not locked twice.
 */
uint64_t pamt_lock_beside(TdxPamtRef *ref, const TdxPamtRef *held,
                          TdxLockType type, uint32_t op);

/**
 * pamt_lock_implicit: find @hpa's leaf entry and lock it alone.
 * The page must be kept in use by something that the caller has locked.
 */
uint64_t pamt_lock_implicit(TdxPamtRef *ref, TdxModule *m, uint64_t hpa,
                            TdxLockType type, uint32_t op);

/**
 * pamt_lock_node: find @hpa's 2M or 1G entry and lock it alone, whatever is
 * below it.  Same condition as pamt_lock_implicit().
 */
uint64_t pamt_lock_node(TdxPamtRef *ref, TdxModule *m, uint64_t hpa,
                        TdxLevel level, TdxLockType type, uint32_t op);

/**
 * pamt_peek: find @hpa's leaf entry without any lock, to read it or to write
 * its BEPOCH.  Same condition as pamt_lock_implicit().
 */
uint64_t pamt_peek(TdxPamtRef *ref, TdxModule *m, uint64_t hpa);

/**
 * pamt_child: the entry number @i (0..511) one level below a 2M or 1G @entry
 * of @ref's TDMR that covers @hpa.  4K entries need a page pair in @entry
 * when Dynamic PAMT is on.  NULL when memory is gone: tdx_fatal().
 */
TdxPamtEntry *pamt_child(const TdxPamtRef *ref, const TdxPamtEntry *entry,
                         TdxLevel level, unsigned i);

/* --- page.c: check and change ------------------------------------------- */

/**
 * pamt_get_page: the check of an explicit page operand (PAMT 3.3).
 * @hpa: as the host gave it; aligned to @level, no KeyID bits
 * @level, @page_type: what the page must be; TDX_PT_NDA for a free one
 * @type: lock to hold on it
 * @op: operand id of every failure
 */
uint64_t pamt_get_page(TdxPamtRef *ref, const TdxCall *c, uint64_t hpa,
                       TdxLevel level, TdxPageType page_type,
                       TdxLockType type, uint32_t op);

/** pamt_get_free: pamt_get_page() for a free page, locked exclusively */
static inline uint64_t pamt_get_free(TdxPamtRef *ref, const TdxCall *c,
                                     uint64_t hpa, TdxLevel level, uint32_t op)
{
    return pamt_get_page(ref, c, hpa, level, TDX_PT_NDA,
                         TDX_LOCK_TYPE_EXCLUSIVE, op);
}

/**
 * pamt_wrong_type: @status with @op, because the page at @hpa is what @entry
 * says; the observer is told
 */
uint64_t pamt_wrong_type(const TdxModule *m, uint64_t status, uint32_t op,
                         uint64_t hpa, const TdxPamtEntry *entry);

/**
 * pamt_check_not_pamt: a locked free page must not serve as PAMT page nor lie
 * in a reserved area (PAMT 3.3 step 5); TDX_PAGE_METADATA_INCORRECT.
 */
uint64_t pamt_check_not_pamt(const TdxPamtRef *ref, uint32_t op);

/**
 * pamt_assign: give a free page, locked exclusively, to a TD.
 * @tdr_hpa: owner, 0 for a TDR.  The range counts a page.  BEPOCH stays as the
 * page's last use has left it; leaves that begin at 0 say so.
 */
void pamt_assign(TdxPamtRef *ref, TdxPageType page_type, uint64_t tdr_hpa);

/**
 * pamt_free: take a page, locked exclusively, back from its TD.
 * The range counts one less; returns TDX_PAMT_HINT when it was the last, to
 * be ORed into the leaf's output, else 0.  The owner stays in the entry.
 * Call it last: the entry's lock is released and @ref->entry is gone, since
 * the host may remove the page pair from now on.
 */
uint64_t pamt_free(TdxPamtRef *ref);

/**
 * pamt_observe_range: tell the observer of @n entries in a row, from the one
 * of the page of size @level around @hpa on.
 * @before: as in TdxObserver
 */
void pamt_observe_range(const TdxModule *m, uint64_t hpa, TdxLevel level,
                        uint64_t n, const char *before, TdxPageType after,
                        uint64_t owner);

/**
 * pamt_observe: the same for entries that have changed from @before.
 * With @n > 1 these are the first @n below @ref's entry.
 */
static inline void pamt_observe(const TdxPamtRef *ref, TdxLevel level,
                                unsigned n, TdxPageType before,
                                TdxPageType after, uint64_t owner)
{
    if (tdx_observer(ref->m)) {
        pamt_observe_range(ref->m, ref->hpa & ~(tdx_level_size(ref->level) - 1),
                           level, n, tdx_page_type_name(before), after, owner);
    }
}

/* --- operands.c: operands and outputs that PHYMEM leaves share ----------- */

/* A page or range with its level in one register (PAMT 5, 10) */
#define TDX_PAMT_OPERAND_LEVEL_MASK 0x7ULL
#define TDX_PAMT_OPERAND_HPA_MASK   (TDX_HPA_LIMIT - TDX_PAGE_4K)
#define TDX_PAMT_OPERAND_RSVD_MASK \
    (~(TDX_PAMT_OPERAND_LEVEL_MASK | TDX_PAMT_OPERAND_HPA_MASK))

/** pamt_range_operand: is @rcx a 2 MiB range?  @hpa: its address */
bool pamt_range_operand(const TdxModule *m, uint64_t rcx, uint64_t *hpa);

/** pamt_clear_outputs: RCX, RDX, R8 .. R11 := 0 */
void pamt_clear_outputs(TdxCall *c);

/* --- bitmap.c: which pages are PAMT pages or reserved (PAMT 4) ----------- */

typedef struct TdxPamtBit {
    uint64_t *word;
    uint64_t mask;
} TdxPamtBit;

/**
 * pamt_bit: the bit of the page at @hpa in @tdmr; Dynamic PAMT only.
 * Returns TDX_SUCCESS or TDX_STATUS_NONE.
 */
uint64_t pamt_bit(TdxModule *m, const TdxTdmr *tdmr, uint64_t hpa,
                  TdxPamtBit *bit);

static inline bool pamt_bit_test(const TdxPamtBit *bit)
{
    return __atomic_load_n(bit->word, __ATOMIC_ACQUIRE) & bit->mask;
}

/* Sets the bits of @mask if none is set; returns those that are */
static inline uint64_t pamt_bits_claim(uint64_t *word, uint64_t mask)
{
    uint64_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

    do {
        if (old & mask) {
            return old & mask;
        }
    } while (!__atomic_compare_exchange_n(word, &old, old | mask, false,
                                          __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return 0;
}

static inline void pamt_bits_clear(uint64_t *word, uint64_t mask)
{
    __atomic_fetch_and(word, ~mask, __ATOMIC_RELEASE);
}

/* Returns what the bit was */
static inline bool pamt_bit_test_and_set(const TdxPamtBit *bit)
{
    return pamt_bits_claim(bit->word, bit->mask);
}

static inline void pamt_bit_clear(const TdxPamtBit *bit)
{
    pamt_bits_clear(bit->word, bit->mask);
}

/** pamt_bits_of_pair: pamt_bit() of two pages, which often are neighbours */
uint64_t pamt_bits_of_pair(TdxModule *m, TdxTdmr *const tdmr[2],
                           const uint64_t hpa[2], TdxPamtBit bit[2]);

/** pamt_bits_of_2m: the 512 bits of the 2 MiB range at @hpa, 8 words */
uint64_t pamt_bits_of_2m(TdxModule *m, const TdxTdmr *tdmr, uint64_t hpa,
                         uint64_t **words);
#define TDX_PAMT_WORDS_OF_2M 8

/* --- pair.c: PAMT page pairs (PAMT 5, 6, 9) ------------------------------ */

/**
 * TdxPamtPair: two pages that are to hold the 4K entries of a 2 MiB range.
 * Declare with PAMT_PAIR(pair), which releases the locks at scope end.
 * @page: their shared locks; @op: operand ids of the two
 */
typedef struct TdxPamtPair {
    TdxPamtRef *page[2];
    uint32_t op[2];
} TdxPamtPair;

#define PAMT_PAIR(pair) \
    PAMT_REF(pair##_page0); \
    PAMT_REF(pair##_page1); \
    TdxPamtPair pair = { .page = { &pair##_page0, &pair##_page1 } }

/**
 * pamt_pair_operand: format of page operand @index (0, 1) of a pair:
 * TDX_OPERAND_INVALID op.
 */
uint64_t pamt_pair_operand(TdxPamtPair *pair, TdxModule *m, unsigned index,
                           uint64_t hpa, uint32_t op);

/** pamt_pair_find: its block: TDX_OPERAND_ADDR_RANGE_ERROR op */
uint64_t pamt_pair_find(TdxPamtPair *pair, const TdxCall *c, unsigned index,
                        uint64_t hpa);

/**
 * pamt_pair_claim: lock both pages shared, see that they are free and set
 * their bits in the bitmap: TDX_OPERAND_BUSY, TDX_PAGE_NOT_FREE.
 * @range: the 2 MiB range to describe, its 2M entry locked exclusively
 */
uint64_t pamt_pair_claim(TdxPamtPair *pair, const TdxPamtRef *range);

/**
 * pamt_pair_install: make the claimed pages the page pair of @range.
 * @page_type, @tdr_hpa: what all 512 entries say: TDX_PT_NDA for a range of
 *   free pages, or the type and owner of a large page that is being split
 * @range: its 2M entry is locked exclusively and becomes TDX_PT_PAMT
 */
uint64_t pamt_pair_install(TdxPamtPair *pair, const TdxPamtRef *range,
                           TdxPageType page_type, uint64_t tdr_hpa);

/**
 * pamt_pair_release: clear the bitmap bits of the pair in @range's 2M entry,
 * locked exclusively; @hpa: the two addresses.  The caller changes the entry
 * after it.
 */
uint64_t pamt_pair_release(const TdxPamtRef *range, uint64_t hpa[2]);

#endif /* TDX_PAMT_H */
