/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secure EPT entries and the walk to them (TD life cycle 3).
 */

#include "sept.h"

/* TD life cycle 3.1 */
static const struct {
    uint64_t bits;
    uint8_t reported;
} states[TDX_SEPT_NUM_STATES] = {
#define X(name, value, words, number, entry_bits) \
    [TDX_SEPT_##name] = { .bits = entry_bits, .reported = number },
    TDX_SEPT_STATES(X)
#undef X
    [TDX_SEPT_INVALID] = { .reported = UINT8_MAX },
};

TdxSeptState tdx_sept_state(uint64_t entry)
{
    uint64_t bits = entry & TDX_SEPT_STATE;
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

uint64_t tdx_sept_nonleaf(const TdxModule *m, uint64_t hpa, uint16_t hkid)
{
    return tdx_with_hkid(m, hpa, hkid) | TDX_SEPT_RWX | TDX_SEPT_SVE;
}

uint64_t tdx_sept_leaf(const TdxModule *m, uint64_t hpa, uint16_t hkid,
                       bool pending)
{
    return tdx_with_hkid(m, hpa, hkid) | TDX_SEPT_MT_WB | TDX_SEPT_TDMEM |
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

/* Two heights are possible */
unsigned tdx_sept_root_level(uint64_t eptp)
{
    return ((eptp >> TDX_EPTP_LEVEL_SHIFT) & 7) == TDX_SEPT_LEVEL_PML5E
           ? TDX_SEPT_LEVEL_PML5E : TDX_SEPT_LEVEL_PML4E;
}

TdxSeptWalk tdx_sept_walk(TdxModule *m, uint64_t eptp, uint64_t gpa,
                          unsigned level)
{
    TdxSeptWalk walk = { .level = tdx_sept_root_level(eptp) };
    uint64_t table_hpa = tdx_sept_hpa(m, eptp);
    uint16_t hkid = tdx_hkid_of(m, eptp & TDX_SEPT_HPA);

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
