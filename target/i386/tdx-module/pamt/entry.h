/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A PAMT entry: 16 bytes of private memory that say what a page is (PAMT 2).
 *
 * All fields may be looked at while another LP changes its lock or its count,
 * so each access is atomic.  Changing type, owner or pair needs the entry's
 * exclusive lock; changing the BEPOCH or the page count does not.
 */

#ifndef TDX_PAMT_ENTRY_H
#define TDX_PAMT_ENTRY_H

#include "../core/state.h"

/*
 * The ways between page types (PAMT 2.3).  All changes are made by
 * SEAMCALLs with the entry's exclusive lock held:
 *
 *                 SYS.TDMR.INIT (reserved area, static)
 *       (nothing) ------------------------------------> RSVD
 *           | SYS.TDMR.INIT
 *           v   MNG.CREATE                PAGE.RECLAIM
 *          NDA --------------> TDR ------------------------> NDA
 *          NDA --------------> TDCX, TDVPR ----------------> NDA
 *               SEPT.ADD                  SEPT.REMOVE, RECLAIM
 *          NDA --------------> EPT ------------------------> NDA
 *               PAGE.ADD, AUG             PAGE.REMOVE, RECLAIM
 *          NDA --------------> REG ------------------------> NDA
 *               PAMT.ADD                  PAMT.REMOVE
 *          NDA --------------> PAMT -----------------------> NDA   (2M entry)
 *               PAGE.PROMOTE              PAGE.DEMOTE
 *     NDA/PAMT --------------> REG ------------------------> NDA/PAMT (2M, 1G)
 */

/* The first 64 bits are split so that the lock can be taken by itself */
typedef struct TdxPamtEntry {
    TdxLock lock;      /* bits 15:0 */
    uint16_t head_low; /* bits 31:16 */
    uint32_t head_high; /* bits 63:32 */
    uint64_t tail;     /* bits 127:64 */
} TdxPamtEntry;

_Static_assert(sizeof(TdxPamtEntry) == TDX_PAMT_ENTRY_SIZE, "ABI");

/* In the head, counted from bit 16 of the entry */
#define TDX_PAMT_TYPE_MASK  0x1fULL
#define TDX_PAMT_OWNER_LOW  8         /* entry bit 24 holds HPA bit 12 */
#define TDX_PAMT_PAIR_MASK  (~0xfffULL) /* entry bit 28 holds HPA bit 12 */

/* In the tail of a 2M entry with a page pair */
#define TDX_PAMT_COUNT_MASK 0x3ffULL
#define TDX_PAMT_HPA1_LOW   28        /* HPA bit 12 */

static inline uint64_t tdx_pamt_head(const TdxPamtEntry *e)
{
    uint64_t low = __atomic_load_n(&e->head_low, __ATOMIC_RELAXED);
    uint64_t high = __atomic_load_n(&e->head_high, __ATOMIC_RELAXED);

    return high << 16 | low;
}

static inline void tdx_pamt_set_head(TdxPamtEntry *e, uint64_t head)
{
    __atomic_store_n(&e->head_low, head, __ATOMIC_RELAXED);
    __atomic_store_n(&e->head_high, head >> 16, __ATOMIC_RELAXED);
}

static inline TdxPageType tdx_pamt_type(const TdxPamtEntry *e)
{
    return __atomic_load_n(&e->head_low, __ATOMIC_RELAXED) &
           TDX_PAMT_TYPE_MASK;
}

/* Change the type alone; owner and the rest stay as they are */
static inline void tdx_pamt_set_type(TdxPamtEntry *e, TdxPageType type)
{
    uint16_t low = __atomic_load_n(&e->head_low, __ATOMIC_RELAXED);

    low = (low & ~TDX_PAMT_TYPE_MASK) | type;
    __atomic_store_n(&e->head_low, low, __ATOMIC_RELAXED);
}

/* HPA of the owner's TDR; 0 for a TDR; a leftover in a free entry */
static inline uint64_t tdx_pamt_owner(const TdxPamtEntry *e)
{
    return tdx_pamt_head(e) >> TDX_PAMT_OWNER_LOW << 12;
}

/* Type and owner; the tail stays */
static inline void tdx_pamt_set_owner(TdxPamtEntry *e, TdxPageType type,
                                      uint64_t tdr_hpa)
{
    tdx_pamt_set_head(e, tdr_hpa >> 12 << TDX_PAMT_OWNER_LOW | type);
}

static inline uint64_t tdx_pamt_bepoch(const TdxPamtEntry *e)
{
    return __atomic_load_n(&e->tail, __ATOMIC_RELAXED);
}

static inline void tdx_pamt_set_bepoch(TdxPamtEntry *e, uint64_t bepoch)
{
    __atomic_store_n(&e->tail, bepoch, __ATOMIC_RELAXED);
}

/* --- 2M entry of type PAMT: page pair and count (PAMT 2.2) -------------- */

/* HPA of PAMT page 0 or 1 */
static inline uint64_t tdx_pamt_pair_hpa(const TdxPamtEntry *e, unsigned index)
{
    if (index == 0) {
        return tdx_pamt_head(e) & TDX_PAMT_PAIR_MASK;
    }
    return __atomic_load_n(&e->tail, __ATOMIC_RELAXED) >> TDX_PAMT_HPA1_LOW
           << 12;
}

static inline void tdx_pamt_set_pair(TdxPamtEntry *e, const uint64_t hpa[2],
                                     unsigned count)
{
    __atomic_store_n(&e->tail, hpa[1] >> 12 << TDX_PAMT_HPA1_LOW | count,
                     __ATOMIC_RELAXED);
    tdx_pamt_set_head(e, hpa[0] | TDX_PT_PAMT);
}

/*
 * Pages of the range that TDs use.  Who reads 0 also sees all that was done
 * to the range's entries before the last page left.
 */
static inline unsigned tdx_pamt_count(const TdxPamtEntry *e)
{
    return __atomic_load_n(&e->tail, __ATOMIC_ACQUIRE) & TDX_PAMT_COUNT_MASK;
}

static inline void tdx_pamt_count_up(TdxPamtEntry *e)
{
    __atomic_fetch_add(&e->tail, 1, __ATOMIC_RELAXED);
}

/* Returns the count that is left */
static inline unsigned tdx_pamt_count_down(TdxPamtEntry *e)
{
    return __atomic_sub_fetch(&e->tail, 1, __ATOMIC_RELEASE) &
           TDX_PAMT_COUNT_MASK;
}

#endif /* TDX_PAMT_ENTRY_H */
