/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The invariant checker: Secure EPT against PAMT.
 */

#include "../sept/sept.h"
#include "check-internal.h"

#define BLOCKABLE \
    (TDX_SEPT_IN(TDX_SEPT_MAPPED) | TDX_SEPT_IN(TDX_SEPT_PENDING) | \
     TDX_SEPT_IN(TDX_SEPT_NL_MAPPED))

/**
 * Tree: one Secure EPT.
 * @l2: of an L2 VM: tables alone, for only a guest could map pages there
 */
typedef struct Tree {
    const TdxTdRef *td;
    bool l2;
} Tree;

static bool wrong_entry(TdxCheck *ck, const Tree *tree, uint64_t table,
                        unsigned index, uint64_t entry, unsigned level)
{
    return tdx_check_fail(ck, "sept-entry: TD 0x%" PRIx64 ", table 0x%" PRIx64
                          ", entry %u of level %u is 0x%" PRIx64, tree->td->hpa,
                          table, index, level, entry);
}

/* Does @entry say what the module writes for a page or table at @hpa? */
static bool is_regular(TdxCheck *ck, const Tree *tree, uint64_t entry,
                       TdxSeptState state, uint64_t hpa)
{
    uint16_t hkid = tree->td->tdr->hkid;
    bool pending = entry & TDX_SEPT_TDP;
    uint64_t regular = TDX_SEPT_NON_LEAF & TDX_SEPT_IN(state)
                       ? tdx_sept_nonleaf(ck->m, hpa, hkid)
                       : tdx_sept_leaf(ck->m, hpa, hkid, pending);

    if (TDX_SEPT_ANY_BLOCKED & TDX_SEPT_IN(state)) {
        return entry == tdx_sept_block(regular);
    }
    return !(BLOCKABLE & TDX_SEPT_IN(state)) || entry == regular;
}

/* The epoch of a blocked entry is one that the TD has seen */
static bool check_bepoch(TdxCheck *ck, const Tree *tree, TdxSeptState state,
                         const TdxCheckPage *page)
{
    if (TDX_SEPT_ANY_BLOCKED & TDX_SEPT_IN(state) &&
        (!page->bepoch || page->bepoch > tdx_td_epoch(tree->td->tdcs))) {
        return tdx_check_fail(ck, "sept-epoch: page 0x%" PRIx64 " was blocked "
                              "in epoch %" PRIu64 ", TD 0x%" PRIx64 " is in %"
                              PRIu64, page->hpa, page->bepoch, tree->td->hpa,
                              tdx_td_epoch(tree->td->tdcs));
    }
    return true;
}

static bool check_table(TdxCheck *ck, const Tree *tree, uint64_t table_hpa,
                        unsigned level);

static bool check_entry(TdxCheck *ck, const Tree *tree, uint64_t table_hpa,
                        unsigned index, uint64_t entry, unsigned level)
{
    TdxSeptState state = tdx_sept_state(entry);
    uint64_t hpa = tdx_sept_hpa(ck->m, entry);
    bool table = TDX_SEPT_NON_LEAF & TDX_SEPT_IN(state);
    const TdxCheckPage *page;

    if (entry & TDX_SEPT_LOCK) {
        return tdx_check_fail(ck, "lock-held: entry %u in SEPT table 0x%" PRIx64
                              " is locked", index, table_hpa);
    }
    if (state == TDX_SEPT_REMOVED) {
        return true;
    }
    if (state == TDX_SEPT_INVALID || !is_regular(ck, tree, entry, state, hpa) ||
        (table ? level == TDX_LEVEL_4K : level > TDX_LEVEL_1G || tree->l2)) {
        return wrong_entry(ck, tree, table_hpa, index, entry, level);
    }
    page = tdx_check_claim(ck, hpa, table ? TDX_LEVEL_4K : level,
                           table ? TDX_PT_EPT : TDX_PT_REG, tree->td->hpa,
                           "the Secure EPT");
    return page && check_bepoch(ck, tree, state, page) &&
           (!table || check_table(ck, tree, hpa, level - 1));
}

/* Ends for sure: each step down is to a lower level */
static bool check_table(TdxCheck *ck, const Tree *tree, uint64_t table_hpa,
                        unsigned level)
{
    const uint64_t *table = tdx_check_private(ck, table_hpa,
                                              tree->td->tdr->hkid,
                                              "a Secure EPT table");
    unsigned i;

    if (!table) {
        return false;
    }
    for (i = 0; i < TDX_SEPT_ENTRIES; i++) {
        if (table[i] != TDX_SEPT_FREE_ENTRY &&
            !check_entry(ck, tree, table_hpa, i, table[i], level)) {
            return false;
        }
    }
    return true;
}

bool tdx_check_sept(TdxCheck *ck, const TdxTdRef *td)
{
    unsigned root_level = tdx_sept_root_level(td->tdcs->eptp);
    unsigned vm;

    for (vm = 0; vm <= td->tdcs->num_l2_vms; vm++) {
        Tree tree = { .td = td, .l2 = vm > 0 };
        uint64_t root = tdx_sept_hpa(ck->m, tdx_td_eptp(td, vm));

        if (!check_table(ck, &tree, root, root_level)) {
            return false;
        }
    }
    return true;
}
