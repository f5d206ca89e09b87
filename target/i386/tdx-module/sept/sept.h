/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secure EPT: entry format, entry states and the walk (TD life cycle 3).
 */

#ifndef TDX_SEPT_SEPT_H
#define TDX_SEPT_SEPT_H

#include "../core/call.h"

/* Levels 0..2 are TdxLevel; the root's entries are level 3 or 4 */
#define TDX_SEPT_LEVEL_PML4E 3
#define TDX_SEPT_LEVEL_PML5E 4

/* Entry bits (TD life cycle 3.1) */
#define TDX_SEPT_R      (1ULL << 0)
#define TDX_SEPT_W      (1ULL << 1)
#define TDX_SEPT_XS     (1ULL << 2)
#define TDX_SEPT_MT     (7ULL << 3)
#define TDX_SEPT_MT_WB  (6ULL << 3)
#define TDX_SEPT_TDMEM  (1ULL << 6)
#define TDX_SEPT_PS     (1ULL << 7)
#define TDX_SEPT_D      (1ULL << 9)
#define TDX_SEPT_XU     (1ULL << 10)
#define TDX_SEPT_LOCK   (1ULL << 11)
#define TDX_SEPT_HPA    0x000ffffffffff000ULL
#define TDX_SEPT_TDEX   (1ULL << 53)
#define TDX_SEPT_TDBW   (1ULL << 54)
#define TDX_SEPT_TDB    (1ULL << 55)
#define TDX_SEPT_TDP    (1ULL << 56)
#define TDX_SEPT_SVE    (1ULL << 63)

/* What tells the states apart, and that the entry maps a page */
#define TDX_SEPT_LEAF (TDX_SEPT_TDMEM | TDX_SEPT_PS)
#define TDX_SEPT_STATE \
    (TDX_SEPT_LEAF | TDX_SEPT_D | TDX_SEPT_TDEX | TDX_SEPT_TDBW | \
     TDX_SEPT_TDB | TDX_SEPT_TDP)

#define TDX_SEPT_RWX (TDX_SEPT_R | TDX_SEPT_W | TDX_SEPT_XS | TDX_SEPT_XU)

/* A set of states */
#define TDX_SEPT_IN(state) (1u << (state))

#define TDX_SEPT_NON_LEAF \
    (TDX_SEPT_IN(TDX_SEPT_NL_MAPPED) | TDX_SEPT_IN(TDX_SEPT_NL_BLOCKED))
#define TDX_SEPT_ANY_BLOCKED \
    (TDX_SEPT_IN(TDX_SEPT_NL_BLOCKED) | TDX_SEPT_IN(TDX_SEPT_BLOCKED) | \
     TDX_SEPT_IN(TDX_SEPT_PENDING_BLOCKED))
#define TDX_SEPT_ANY_LEAF \
    ((TDX_SEPT_IN(TDX_SEPT_INVALID) - 1) & \
     ~(TDX_SEPT_IN(TDX_SEPT_FREE) | TDX_SEPT_IN(TDX_SEPT_REMOVED) | \
       TDX_SEPT_NON_LEAF))

/* These need no TLB tracking before removal */
#define TDX_SEPT_UNTRACKED \
    (TDX_SEPT_IN(TDX_SEPT_FREE) | TDX_SEPT_IN(TDX_SEPT_REMOVED) | \
     TDX_SEPT_IN(TDX_SEPT_EXPORTED_BLOCKEDW) | \
     TDX_SEPT_IN(TDX_SEPT_PENDING_EXPORTED_BLOCKEDW))

/* Initial value of every entry */
#define TDX_SEPT_FREE_ENTRY \
    (TDX_SEPT_TDEX | TDX_SEPT_TDBW | TDX_SEPT_TDB | TDX_SEPT_SVE)

/* What a page that went during an import leaves */
#define TDX_SEPT_REMOVED_ENTRY (TDX_SEPT_TDBW | TDX_SEPT_TDB | TDX_SEPT_SVE)

/** tdx_sept_state: which state @entry is in */
TdxSeptState tdx_sept_state(uint64_t entry);

/** tdx_sept_reported: the number by which the host knows @state */
uint8_t tdx_sept_reported(TdxSeptState state);

/** tdx_sept_view: @entry as the host may see it, without HKID */
uint64_t tdx_sept_view(const TdxModule *m, uint64_t entry);

/** tdx_sept_hpa: page or table that @entry points to, without HKID */
static inline uint64_t tdx_sept_hpa(const TdxModule *m, uint64_t entry)
{
    return tdx_without_hkid(m, entry & TDX_SEPT_HPA);
}

/** tdx_sept_nonleaf: NL_MAPPED entry for the table at @hpa */
uint64_t tdx_sept_nonleaf(const TdxModule *m, uint64_t hpa, uint16_t hkid);

/** tdx_sept_leaf: MAPPED, or else PENDING, entry for the page at @hpa */
uint64_t tdx_sept_leaf(const TdxModule *m, uint64_t hpa, uint16_t hkid,
                       bool pending);

/** tdx_sept_block: @entry with access taken away */
uint64_t tdx_sept_block(uint64_t entry);

/** tdx_sept_unblock: what @entry was before tdx_sept_block() */
uint64_t tdx_sept_unblock(uint64_t entry);

/** tdx_sept_clear_table: make every entry of a new table FREE */
void tdx_sept_clear_table(uint64_t *table);

/** tdx_sept_table_is_free: does @table hold nothing but FREE entries? */
bool tdx_sept_table_is_free(const uint64_t *table);

/* EPTP bits 5:3: levels of tables less one, which is the root's level */
#define TDX_EPTP_LEVEL_SHIFT 3
#define TDX_EPTP_LEVEL(level) ((uint64_t)(level) << TDX_EPTP_LEVEL_SHIFT)

/** tdx_sept_root_level: level of the entries in the root of @eptp's tree */
unsigned tdx_sept_root_level(uint64_t eptp);

/* Bytes that an entry of @level maps */
static inline uint64_t tdx_sept_level_size(unsigned level)
{
    return TDX_PAGE_4K << (9 * level);
}

static inline uint64_t tdx_sept_load(const uint64_t *entry)
{
    return __atomic_load_n(entry, __ATOMIC_ACQUIRE);
}

/* @value without the lock bit also releases the entry */
static inline void tdx_sept_store(uint64_t *entry, uint64_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

/**
 * TdxSeptWalk: where a walk ended.
 * @entry: the entry; NULL when its table is not in memory
 * @lost: or when it has lost its integrity
 * @value: its content at that time, without the lock bit
 * @level: its level
 */
typedef struct TdxSeptWalk {
    uint64_t *entry;
    uint64_t value;
    unsigned level;
    bool lost;
} TdxSeptWalk;

/**
 * tdx_sept_walk: from the root of @eptp's tree down to @level, or to whatever
 * is in the way.
 * @eptp: with the HKID that all of the tree's pages have
 */
TdxSeptWalk tdx_sept_walk(TdxModule *m, uint64_t eptp, uint64_t gpa,
                          unsigned level);

#endif /* TDX_SEPT_SEPT_H */
