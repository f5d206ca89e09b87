/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Do the books of a TD agree?  What has to be true between two SEAMCALLs
 * (PAMT 7, TD life cycle 8).
 */

#include <glib.h>

#include "sept.h"
#include "td-check.h"

/* Pages of a TD by type, as one of the two sides counts them */
typedef struct Pages {
    uint64_t tdcx;
    uint64_t tdvpr;
    uint64_t ept;
    uint64_t reg; /* in 4 KiB */
} Pages;

typedef struct Check {
    TdxModule *m;
    TdxTdRef td;
    Pages found;   /* going through the TD's own structures */
    Pages entries; /* going through the PAMT */
    uint32_t associated;
    const char *why;
} Check;

/* Is the page at @hpa what the TD thinks it is? */
static bool check_page(Check *check, uint64_t hpa, TdxPageType type,
                       unsigned level)
{
    PAMT_REF(ref);

    return pamt_find(&ref, check->m, hpa) &&
           !pamt_peek(&ref, check->m, hpa) && ref.level == level &&
           pamt_type(ref.entry) == type &&
           pamt_owner(ref.entry) == check->td.hpa;
}

static bool fail(Check *check, const char *why)
{
    check->why = why;
    return false;
}

/* --- from the TD's side -------------------------------------------------- */

static bool check_table(Check *check, uint64_t hpa, unsigned level);

static bool check_entry(Check *check, uint64_t entry, unsigned level)
{
    unsigned state = TDX_SEPT_IN(tdx_sept_state(entry));
    uint64_t hpa = tdx_sept_hpa(check->m, entry);

    if (entry & TDX_SEPT_LOCK) {
        return fail(check, "an SEPT entry is locked");
    }
    if (state & TDX_SEPT_IN(TDX_SEPT_INVALID)) {
        return fail(check, "an SEPT entry is in no known state");
    }
    if (state & TDX_SEPT_ANY_LEAF) {
        check->found.reg += tdx_sept_level_size(level) / TDX_PAGE_4K;
        return (level <= TDX_LEVEL_1G &&
                check_page(check, hpa, TDX_PT_REG, level)) ||
               fail(check, "an SEPT entry maps a page that is not the TD's");
    }
    if (state & TDX_SEPT_NON_LEAF) {
        /* More tables than pages: the tree has a loop */
        if (++check->found.ept > tdx_tdr_chldcnt(check->td.tdr)) {
            return fail(check, "an SEPT table is in the tree twice");
        }
        if (!level || !check_page(check, hpa, TDX_PT_EPT, TDX_LEVEL_4K)) {
            return fail(check, "an SEPT entry points to no table of the TD");
        }
        return check_table(check, hpa, level - 1);
    }
    return true;
}

static bool check_table(Check *check, uint64_t hpa, unsigned level)
{
    uint64_t *table = tdx_private(check->m, hpa, check->td.tdr->hkid);
    unsigned i;

    for (i = 0; table && i < TDX_SEPT_ENTRIES; i++) {
        if (!check_entry(check, tdx_sept_load(&table[i]), level)) {
            return false;
        }
    }
    return table || fail(check, "an SEPT page has no memory");
}

static bool check_tdcs(Check *check)
{
    TdxTdr *tdr = check->td.tdr;
    unsigned i;

    if (tdr->num_tdcx > TDX_MAX_TDCS_PAGES ||
        tdr->lifecycle > TDX_TD_TEARDOWN) {
        return fail(check, "a TDR has impossible content");
    }
    check->found.tdcx += tdr->num_tdcx;
    for (i = 0; i < tdr->num_tdcx; i++) {
        if (!check_page(check, tdr->tdcx[i], TDX_PT_TDCX, TDX_LEVEL_4K)) {
            return fail(check, "a TDCS page is not the TD's");
        }
    }
    if (tdr->num_tdcx < TDX_TDCS_BASE_PAGES) {
        return true;
    }
    if (td_map_tdcs(&check->td)) {
        return fail(check, "a TDCS page has no memory");
    }
    if (check->td.tdcs->op_state_lock & ~TDX_LOCK_HOST_PRIORITY ||
        check->td.tdcs->sept_lock & ~TDX_LOCK_HOST_PRIORITY ||
        check->td.tdcs->epoch_lock & ~TDX_LOCK_HOST_PRIORITY) {
        return fail(check, "a lock of a TD is held");
    }
    return true;
}

static bool check_trees(Check *check)
{
    TdxTdr *tdr = check->td.tdr;
    unsigned level, i;

    if (tdr->num_tdcx < TDX_TDCS_BASE_PAGES) {
        return true;
    }
    level = tdx_sept_root_level(check->td.tdcs);
    if (!check_table(check, tdr->tdcx[TDX_TDCS_SEPT_ROOT], level)) {
        return false;
    }
    for (i = TDX_TDCS_L2_SEPT_ROOT; i < tdr->num_tdcx; i++) {
        if (!check_table(check, tdr->tdcx[i], level)) {
            return false;
        }
    }
    return true;
}

static bool check_vcpu(Check *check, uint64_t hpa)
{
    TdxTdvps *vp = tdx_private(check->m, hpa, check->td.tdr->hkid);
    unsigned i;

    if (!vp || vp->num_pages < 1 || vp->num_pages > TDX_MAX_TDVPS_PAGES ||
        vp->page[0] != hpa) {
        return fail(check, "a TDVPR has impossible content");
    }
    for (i = 1; i < vp->num_pages; i++) {
        if (!check_page(check, vp->page[i], TDX_PT_TDCX, TDX_LEVEL_4K)) {
            return fail(check, "a page of a vCPU is not its TD's");
        }
    }
    check->found.tdvpr++;
    check->found.tdcx += vp->num_pages - 1;
    check->associated += vp->assoc_lpid != TDX_ASSOC_NONE;
    return true;
}

/* --- from the PAMT's side ------------------------------------------------ */

static bool count_entry(Check *check, const TdxPamtRef *ref)
{
    switch (pamt_type(ref->entry)) {
    case TDX_PT_TDCX:
        check->entries.tdcx++;
        return true;
    case TDX_PT_EPT:
        check->entries.ept++;
        return true;
    case TDX_PT_REG:
        check->entries.reg += tdx_level_size(ref->level) / TDX_PAGE_4K;
        return true;
    case TDX_PT_TDVPR:
        check->entries.tdvpr++;
        return check->td.tdr->lifecycle == TDX_TD_TEARDOWN ||
               check_vcpu(check, ref->hpa);
    default:
        return true; /* free, or the TDR of another TD */
    }
}

static bool count_tdmr(Check *check, const TdxTdmr *tdmr)
{
    uint64_t hpa = tdmr->base;

    while (hpa - tdmr->base < tdmr->size) {
        PAMT_REF(ref);

        if (!pamt_find(&ref, check->m, hpa)) {
            break; /* not initialised any further */
        }
        if (pamt_peek(&ref, check->m, hpa)) {
            return fail(check, "the PAMT has no memory");
        }
        if (pamt_owner(ref.entry) == check->td.hpa &&
            !count_entry(check, &ref)) {
            return false;
        }
        hpa += tdx_level_size(ref.level);
    }
    return true;
}

static bool check_counts(Check *check)
{
    const Pages *found = &check->found, *entries = &check->entries;
    bool torn_down = check->td.tdr->lifecycle == TDX_TD_TEARDOWN;

    if (entries->tdcx + entries->tdvpr + entries->ept + entries->reg !=
        tdx_tdr_chldcnt(check->td.tdr)) {
        return fail(check, "CHLDCNT is not the number of the TD's pages");
    }
    if (torn_down) {
        return true;
    }
    if (found->ept != entries->ept) {
        return fail(check, "a table of the TD is in no SEPT tree");
    }
    if (found->reg != entries->reg) {
        return fail(check, "a page of the TD is not mapped once");
    }
    if (found->tdcx != entries->tdcx) {
        return fail(check, "a control page belongs to no TDCS and no vCPU");
    }
    if (check->td.tdcs &&
        check->td.tdcs->num_assoc_vcpus != check->associated) {
        return fail(check, "NUM_ASSOC_VCPUS is not the number of them");
    }
    return true;
}

static bool check_key(Check *check)
{
    const TdxTdr *tdr = check->td.tdr;
    const TdxKotEntry *key = &check->m->st.kot[tdr->hkid % TDX_NUM_HKIDS];

    switch (tdr->lifecycle) {
    case TDX_TD_HKID_ASSIGNED:
    case TDX_TD_KEYS_CONFIGURED:
        return key->state == TDX_HKID_ASSIGNED ||
               fail(check, "a TD's KeyID is not assigned");
    case TDX_TD_BLOCKED:
        return key->state == TDX_HKID_FLUSHED ||
               fail(check, "a blocked TD's KeyID is not flushed");
    default:
        return true; /* another TD may have it by now */
    }
}

const char *td_check(TdxModule *m, uint64_t tdr_hpa)
{
    Check check = { .m = m, .td = { .m = m, .hpa = tdr_hpa } };
    bool ok;
    unsigned i;

    check.td.tdr = tdx_tdr(m, tdr_hpa);
    if (!check.td.tdr) {
        return "a TDR page has no memory";
    }
    /* What a torn-down TD says of itself may have been given away already */
    ok = check.td.tdr->lifecycle == TDX_TD_TEARDOWN ||
         (check_key(&check) && check_tdcs(&check) && check_trees(&check));
    for (i = 0; ok && i < m->st.num_tdmrs; i++) {
        ok = count_tdmr(&check, &m->st.tdmr[i]);
    }
    ok = ok && check_counts(&check);
    return ok ? NULL : check.why;
}
