/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secure EPT entries and the walk to them (TD life cycle 3).
 */

#include "sept.h"

/*
 * The state bits of an entry, packed as the table of states has them:
 * bit 9, 53 (TDEX), 54 (TDBW), 55 (TDB), 56 (TDP), 6 (TDMEM), 7 (PS).
 */
#define STATE_D     (1u << 0)
#define STATE_TDEX  (1u << 1)
#define STATE_TDBW  (1u << 2)
#define STATE_TDB   (1u << 3)
#define STATE_TDP   (1u << 4)
#define STATE_TDMEM (1u << 5)
#define STATE_PS    (1u << 6)
#define STATE_LEAF  (STATE_TDMEM | STATE_PS)

/* TD life cycle 3.1 */
static const struct {
    uint8_t bits;
    uint8_t reported;
} states[TDX_SEPT_NUM_STATES] = {
    [TDX_SEPT_FREE] = { STATE_TDEX | STATE_TDBW | STATE_TDB, 0 },
    [TDX_SEPT_REMOVED] = { STATE_TDBW | STATE_TDB, 5 },
    [TDX_SEPT_NL_MAPPED] = { 0, 132 },
    [TDX_SEPT_NL_BLOCKED] = { STATE_TDB, 129 },
    [TDX_SEPT_MAPPED] = { STATE_LEAF, 4 },
    [TDX_SEPT_BLOCKED] = { STATE_LEAF | STATE_TDB, 1 },
    [TDX_SEPT_BLOCKEDW] = { STATE_LEAF | STATE_TDBW, 8 },
    [TDX_SEPT_EXPORTED_BLOCKEDW] = {
        STATE_LEAF | STATE_TDBW | STATE_TDEX, 9 },
    [TDX_SEPT_EXPORTED_DIRTY] = { STATE_LEAF | STATE_TDEX | STATE_D, 11 },
    [TDX_SEPT_EXPORTED_DIRTY_BLOCKEDW] = {
        STATE_LEAF | STATE_TDBW | STATE_TDEX | STATE_D, 12 },
    [TDX_SEPT_PENDING] = { STATE_LEAF | STATE_TDP, 2 },
    [TDX_SEPT_PENDING_BLOCKED] = { STATE_LEAF | STATE_TDP | STATE_TDB, 3 },
    [TDX_SEPT_PENDING_BLOCKEDW] = { STATE_LEAF | STATE_TDP | STATE_TDBW, 16 },
    [TDX_SEPT_PENDING_EXPORTED_BLOCKEDW] = {
        STATE_LEAF | STATE_TDP | STATE_TDBW | STATE_TDEX, 17 },
    [TDX_SEPT_PENDING_EXPORTED_DIRTY] = {
        STATE_LEAF | STATE_TDP | STATE_TDEX | STATE_D, 19 },
    [TDX_SEPT_PENDING_EXPORTED_DIRTY_BLOCKEDW] = {
        STATE_LEAF | STATE_TDP | STATE_TDBW | STATE_TDEX | STATE_D, 20 },
    [TDX_SEPT_INVALID] = { UINT8_MAX, UINT8_MAX },
};

static unsigned state_bits(uint64_t entry)
{
    return (entry & TDX_SEPT_D ? STATE_D : 0) |
           (entry & TDX_SEPT_TDEX ? STATE_TDEX : 0) |
           (entry & TDX_SEPT_TDBW ? STATE_TDBW : 0) |
           (entry & TDX_SEPT_TDB ? STATE_TDB : 0) |
           (entry & TDX_SEPT_TDP ? STATE_TDP : 0) |
           (entry & TDX_SEPT_TDMEM ? STATE_TDMEM : 0) |
           (entry & TDX_SEPT_PS ? STATE_PS : 0);
}

TdxSeptState tdx_sept_state(uint64_t entry)
{
    unsigned bits = state_bits(entry);
    TdxSeptState state = TDX_SEPT_FREE;

    while (state < TDX_SEPT_INVALID && states[state].bits != bits) {
        state++;
    }
    return state;
}

uint8_t tdx_sept_reported(TdxSeptState state)
{
    return states[state].reported;
}

/* TD life cycle 3.3 */
uint64_t tdx_sept_view(const TdxModule *m, uint64_t entry)
{
    unsigned state = TDX_SEPT_IN(tdx_sept_state(entry));

    if (state & TDX_SEPT_NON_LEAF) {
        return entry & (TDX_SEPT_RWX | TDX_SEPT_PS);
    }
    if (state & TDX_SEPT_ANY_LEAF) {
        return (entry & (TDX_SEPT_RWX | TDX_SEPT_MT | TDX_SEPT_TDMEM |
                         TDX_SEPT_PS | TDX_SEPT_SVE)) |
               tdx_sept_hpa(m, entry);
    }
    return entry & TDX_SEPT_SVE;
}

static uint64_t with_hkid(const TdxModule *m, uint64_t hpa, uint16_t hkid)
{
    return hpa | (uint64_t)hkid << m->hkid_start_bit;
}

uint64_t tdx_sept_nonleaf(const TdxModule *m, uint64_t hpa, uint16_t hkid)
{
    return with_hkid(m, hpa, hkid) | TDX_SEPT_RWX;
}

uint64_t tdx_sept_leaf(const TdxModule *m, uint64_t hpa, uint16_t hkid,
                       bool pending)
{
    return with_hkid(m, hpa, hkid) | TDX_SEPT_MT_WB | TDX_SEPT_TDMEM |
           TDX_SEPT_PS | TDX_SEPT_SVE |
           (pending ? TDX_SEPT_TDP : TDX_SEPT_RWX);
}

/* Blocking for writing ends as well (TD life cycle 6.5) */
uint64_t tdx_sept_block(uint64_t entry)
{
    return (entry & ~(TDX_SEPT_RWX | TDX_SEPT_TDBW)) | TDX_SEPT_TDB;
}

uint64_t tdx_sept_unblock(uint64_t entry)
{
    entry &= ~TDX_SEPT_TDB;
    return entry & TDX_SEPT_TDP ? entry : entry | TDX_SEPT_RWX;
}

void tdx_sept_clear_table(uint64_t *table)
{
    int i;

    for (i = 0; i < TDX_SEPT_ENTRIES; i++) {
        tdx_sept_store(&table[i], TDX_SEPT_FREE_ENTRY);
    }
}

bool tdx_sept_table_is_free(const uint64_t *table)
{
    int i;

    for (i = 0; i < TDX_SEPT_ENTRIES; i++) {
        if (tdx_sept_state(tdx_sept_load(&table[i])) != TDX_SEPT_FREE) {
            return false;
        }
    }
    return true;
}

/* EPTP[5:3] is the number of levels less one; two are possible */
unsigned tdx_sept_root_level(const TdxTdcs *tdcs)
{
    return ((tdcs->eptp >> 3) & 7) == TDX_SEPT_LEVEL_PML5E
           ? TDX_SEPT_LEVEL_PML5E : TDX_SEPT_LEVEL_PML4E;
}

TdxSeptWalk tdx_sept_walk(TdxModule *m, uint64_t root_hpa,
                          unsigned root_level, uint16_t hkid, uint64_t gpa,
                          unsigned level)
{
    TdxSeptWalk walk = { .level = root_level };
    uint64_t table_hpa = root_hpa;

    for (;;) {
        uint64_t *table = tdx_private(m, table_hpa, hkid);
        unsigned index = gpa / tdx_sept_level_size(walk.level) %
                         TDX_SEPT_ENTRIES;

        walk.lost = table && tdx_lost(m, table_hpa + index * sizeof(*table),
                                      sizeof(*table));
        if (!table || walk.lost) {
            walk.entry = NULL;
            return walk;
        }
        walk.entry = &table[index];
        walk.value = tdx_sept_load(walk.entry) & ~TDX_SEPT_LOCK;
        if (walk.level <= level ||
            tdx_sept_state(walk.value) != TDX_SEPT_NL_MAPPED) {
            return walk;
        }
        table_hpa = tdx_sept_hpa(m, walk.value);
        walk.level--;
    }
}
