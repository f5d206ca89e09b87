/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The invariant checker: who owns what, TDs, vCPUs, keys.
 */

#include "check-internal.h"

/* Everything that is added up over all TDs */
typedef struct Totals {
    uint32_t builds;                 /* TDs initialised, not finalised */
    uint64_t key_user[TDX_NUM_HKIDS]; /* TDR that holds it, or 0 */
} Totals;

/* --- vCPUs ----------------------------------------------------------------- */

typedef struct VcpuTotals {
    uint32_t ready;      /* TDH.VP.INIT done */
    uint32_t associated;
    uint32_t active;
} VcpuTotals;

static bool check_vcpu_state(TdxCheck *ck, const TdxTdRef *td, uint64_t hpa,
                             const TdxTdvps *tdvps, VcpuTotals *totals)
{
    bool associated = tdvps->assoc_lpid != TDX_ASSOC_NONE;

    switch (tdvps->state) {
    case TDX_VCPU_UNINITIALIZED:
        if (associated) {
            return tdx_check_fail(ck, "vcpu-state: vCPU 0x%" PRIx64 " belongs "
                                  "to LP %u before TDH.VP.INIT", hpa,
                                  tdvps->assoc_lpid);
        }
        break;
    case TDX_VCPU_ACTIVE:
        totals->active++;
        /* fall through */
    case TDX_VCPU_READY:
    case TDX_VCPU_DISABLED:
    case TDX_VCPU_IMPORT:
        totals->ready++;
        if (tdvps->index >= td->tdcs->num_vcpus) {
            return tdx_check_fail(ck, "vcpu-state: vCPU 0x%" PRIx64 " is "
                                  "number %u of %u", hpa, tdvps->index,
                                  td->tdcs->num_vcpus);
        }
        break;
    default:
        return tdx_check_fail(ck,
                              "vcpu-state: vCPU 0x%" PRIx64 " is in state %u",
                              hpa, tdvps->state);
    }
    if (associated && tdvps->assoc_lpid >= ck->m->plat.num_lps) {
        return tdx_check_fail(ck,
                              "vcpu-lp: vCPU 0x%" PRIx64 " belongs to LP %u",
                              hpa, tdvps->assoc_lpid);
    }
    totals->associated += associated;
    return true;
}

static bool check_vcpu(TdxCheck *ck, const TdxTdRef *td, uint64_t hpa,
                       VcpuTotals *totals)
{
    const TdxTdvps *tdvps = tdx_check_private(ck, hpa, td->tdr->hkid,
                                              "a TDVPR");
    unsigned i;

    if (!tdvps) {
        return false;
    }
    if (tdvps->num_pages < 1 || tdvps->num_pages > TDX_MAX_TDVPS_PAGES ||
        tdvps->page[0] != hpa) {
        return tdx_check_fail(ck, "vcpu-pages: vCPU 0x%" PRIx64 " has %u pages",
                              hpa, tdvps->num_pages);
    }
    if (!tdx_check_claim(ck, hpa, TDX_LEVEL_4K, TDX_PT_TDVPR, td->hpa,
                         "a vCPU")) {
        return false;
    }
    for (i = 1; i < tdvps->num_pages; i++) {
        if (!tdx_check_claim(ck, tdvps->page[i], TDX_LEVEL_4K, TDX_PT_TDCX,
                             td->hpa, "a vCPU")) {
            return false;
        }
    }
    return check_vcpu_state(ck, td, hpa, tdvps, totals);
}

static bool check_vcpus(TdxCheck *ck, const TdxTdRef *td)
{
    const TdxTdcs *tdcs = td->tdcs;
    VcpuTotals totals = { 0 };
    uint64_t inside;
    guint i;

    for (i = 0; i < ck->page->len; i++) {
        const TdxCheckPage *page = &g_array_index(ck->page, TdxCheckPage, i);

        if (page->type == TDX_PT_TDVPR && page->owner == td->hpa &&
            !check_vcpu(ck, td, page->hpa, &totals)) {
            return false;
        }
    }
    if (tdcs->num_vcpus != totals.ready || totals.ready > tdcs->max_vcpus) {
        return tdx_check_fail(ck, "vcpu-count: TD 0x%" PRIx64 " counts %u "
                              "vCPUs of at most %u, has %u", td->hpa,
                              tdcs->num_vcpus, tdcs->max_vcpus, totals.ready);
    }
    if (tdcs->num_assoc_vcpus != totals.associated) {
        return tdx_check_fail(ck, "vcpu-assoc: TD 0x%" PRIx64 " counts %u "
                              "vCPUs on LPs, has %u", td->hpa,
                              tdcs->num_assoc_vcpus, totals.associated);
    }
    /*
     * The vCPU whose exit ends the TD stays ACTIVE, and does not count when
     * it is the guest's own doing (TD running 7).
     */
    inside = (uint64_t)tdcs->refcount[0] + tdcs->refcount[1];
    if (tdx_tdr_fatal(td->tdr) ? inside > totals.active
                               : inside != totals.active) {
        return tdx_check_fail(ck, "td-epoch: TD 0x%" PRIx64 " counts %u + %u "
                              "vCPUs inside, has %u", td->hpa,
                              tdcs->refcount[0], tdcs->refcount[1],
                              totals.active);
    }
    return true;
}

/* --- TDs ------------------------------------------------------------------- */

/* A TD that TDH.MNG.INIT has initialised */
static bool check_initialized(TdxCheck *ck, const TdxTdRef *td)
{
    const TdxTdcs *tdcs = td->tdcs;

    if (tdcs->num_l2_vms > TDX_MAX_L2_VMS ||
        td->tdr->num_tdcx < TDX_TDCS_BASE_PAGES + tdcs->num_l2_vms) {
        return tdx_check_fail(ck, "tdcs: TD 0x%" PRIx64 " has %u pages for %u "
                              "L2 VMs", td->hpa, td->tdr->num_tdcx,
                              tdcs->num_l2_vms);
    }
    if (tdcs->crypto_context && tdcs->op_state != TDX_OP_INITIALIZED) {
        return tdx_check_fail(ck, "crypto-context: TD 0x%" PRIx64 " has %u and "
                              "is not being built", td->hpa,
                              tdcs->crypto_context);
    }
    if (!tdcs->td_epoch) {
        return tdx_check_fail(ck, "td-epoch: TD 0x%" PRIx64 " has epoch 0",
                              td->hpa);
    }
    return check_vcpus(ck, td) && tdx_check_sept(ck, td);
}

static bool check_tdcs(TdxCheck *ck, TdxTdRef *td, Totals *totals)
{
    TdxTdcs *tdcs = tdx_check_private(ck, td->tdr->tdcx[TDX_TDCS_CONTROL],
                                      td->tdr->hkid, "a TDCS");

    if (!tdcs || !tdx_check_unlocked(ck, tdcs->op_state_lock, "OP_STATE",
                                     td->hpa) ||
        !tdx_check_unlocked(ck, tdcs->sept_lock, "Secure EPT", td->hpa) ||
        !tdx_check_unlocked(ck, tdcs->epoch_lock, "TD epoch", td->hpa)) {
        return false;
    }
    if (tdcs->op_state > TDX_OP_START_IMPORT) {
        return tdx_check_fail(ck,
                              "op-state: TD 0x%" PRIx64 " is in OP_STATE %u",
                              td->hpa, tdcs->op_state);
    }
    td->tdcs = tdcs;
    totals->builds += tdcs->op_state == TDX_OP_INITIALIZED &&
                      td->tdr->lifecycle == TDX_TD_KEYS_CONFIGURED;
    return tdcs->op_state == TDX_OP_UNINITIALIZED ||
           check_initialized(ck, td);
}

/* Every page of a TD that is not being torn down has its use */
static bool check_all_claimed(TdxCheck *ck, const TdxTdRef *td)
{
    guint i;

    for (i = 0; i < ck->page->len; i++) {
        const TdxCheckPage *page = &g_array_index(ck->page, TdxCheckPage, i);

        if (page->owner == td->hpa && !page->claimed) {
            return tdx_check_fail(ck, "page-unused: page 0x%" PRIx64 " of type "
                                  "%d is of TD 0x%" PRIx64 ", which does not "
                                  "know it", page->hpa, page->type, td->hpa);
        }
    }
    return true;
}

static bool check_content(TdxCheck *ck, TdxTdRef *td, Totals *totals)
{
    unsigned i;

    for (i = 0; i < td->tdr->num_tdcx; i++) {
        if (!tdx_check_claim(ck, td->tdr->tdcx[i], TDX_LEVEL_4K, TDX_PT_TDCX,
                             td->hpa, "the TDCS")) {
            return false;
        }
    }
    if (td->tdr->num_tdcx >= TDX_TDCS_BASE_PAGES &&
        !check_tdcs(ck, td, totals)) {
        return false;
    }
    return check_all_claimed(ck, td);
}

/* The TD's key in the KOT */
static bool check_key(TdxCheck *ck, const TdxTdRef *td, Totals *totals)
{
    const TdxTdr *tdr = td->tdr;
    bool flushed = tdr->lifecycle == TDX_TD_BLOCKED;
    const TdxKotEntry *key;

    if (tdr->hkid >= TDX_NUM_HKIDS ||
        !tdx_hkid_is_private(ck->m, tdr->hkid)) {
        return tdx_check_fail(ck, "kot: TD 0x%" PRIx64 " has HKID %u", td->hpa,
                              tdr->hkid);
    }
    if (tdr->lifecycle == TDX_TD_TEARDOWN) {
        return true;
    }
    key = &ck->m->st.kot[tdr->hkid];
    if (key->state != (flushed ? TDX_HKID_FLUSHED : TDX_HKID_ASSIGNED) ||
        totals->key_user[tdr->hkid]) {
        return tdx_check_fail(ck, "kot: TD 0x%" PRIx64 " in life cycle state "
                              "%u has HKID %u, which is in state %u", td->hpa,
                              tdr->lifecycle, tdr->hkid, key->state);
    }
    totals->key_user[tdr->hkid] = td->hpa;
    return true;
}

static bool check_tdr(TdxCheck *ck, const TdxTdRef *td, uint64_t pages)
{
    const TdxTdr *tdr = td->tdr;
    uint32_t all_pkgs = (1u << ck->m->plat.num_pkgs) - 1;
    bool configured = tdr->pkg_config_bitmap == all_pkgs;

    if (tdr->chldcnt != pages) {
        return tdx_check_fail(ck, "chldcnt: TD 0x%" PRIx64 " counts %" PRIu64
                              " pages, owns %" PRIu64, td->hpa, tdr->chldcnt,
                              pages);
    }
    if (tdr->lifecycle > TDX_TD_TEARDOWN ||
        tdr->pkg_config_bitmap & ~all_pkgs ||
        (tdr->lifecycle == TDX_TD_KEYS_CONFIGURED && !configured) ||
        (tdr->lifecycle == TDX_TD_HKID_ASSIGNED && configured)) {
        return tdx_check_fail(ck, "td-lifecycle: TD 0x%" PRIx64 " is in state "
                              "%u with its key on packages 0x%x", td->hpa,
                              tdr->lifecycle, tdr->pkg_config_bitmap);
    }
    if (tdr->num_tdcx > TDX_MAX_TDCS_PAGES || (tdr->num_tdcx && !configured)) {
        return tdx_check_fail(ck, "tdcs: TD 0x%" PRIx64 " has %u pages, its "
                              "key is on packages 0x%x", td->hpa, tdr->num_tdcx,
                              tdr->pkg_config_bitmap);
    }
    return true;
}

/* @pages: 4 KiB pages that the TD owns according to the PAMT */
static bool check_td(TdxCheck *ck, uint64_t hpa, uint64_t pages,
                     Totals *totals)
{
    TdxTdRef td = { .m = ck->m, .hpa = hpa };

    td.tdr = tdx_check_private(ck, hpa, ck->m->st.hkid, "a TDR");
    if (!td.tdr || !check_tdr(ck, &td, pages) ||
        !check_key(ck, &td, totals)) {
        return false;
    }
    return td.tdr->lifecycle == TDX_TD_TEARDOWN ||
           check_content(ck, &td, totals);
}

/* --- all of it ------------------------------------------------------------- */

/* Owners are TDs; @owned: 4 KiB pages by index of their owner in ck->page */
static bool check_owners(TdxCheck *ck, uint64_t *owned)
{
    guint i;

    for (i = 0; i < ck->page->len; i++) {
        TdxCheckPage *page = &g_array_index(ck->page, TdxCheckPage, i);
        TdxCheckPage *owner;

        if (page->type == TDX_PT_TDR) {
            if (page->owner) {
                return tdx_check_fail(ck, "owner: TDR 0x%" PRIx64 " is owned "
                                      "by 0x%" PRIx64, page->hpa, page->owner);
            }
            page->owner = page->hpa;
            page->claimed = true;
            continue;
        }
        owner = tdx_check_lookup(ck, page->owner);
        if (!owner || owner->type != TDX_PT_TDR) {
            return tdx_check_fail(ck, "owner: page 0x%" PRIx64 " of type %d is "
                                  "owned by 0x%" PRIx64 ", which is no TDR",
                                  page->hpa, page->type, page->owner);
        }
        owned[owner - (TdxCheckPage *)ck->page->data] +=
            tdx_level_size(page->level) / TDX_PAGE_4K;
    }
    return true;
}

/* Keys that no TD has */
static bool check_other_keys(TdxCheck *ck, const Totals *totals)
{
    uint32_t all_pkgs = (1u << ck->m->plat.num_pkgs) - 1;
    uint32_t i;

    for (i = 0; i < TDX_NUM_HKIDS; i++) {
        const TdxKotEntry *key = &ck->m->st.kot[i];
        bool used = key->state == TDX_HKID_ASSIGNED ||
                    key->state == TDX_HKID_FLUSHED;

        if (key->state > TDX_HKID_RESERVED || (used && !totals->key_user[i]) ||
            (key->state != TDX_HKID_FREE &&
             !tdx_hkid_is_private(ck->m, i))) {
            return tdx_check_fail(ck,
                                  "kot: HKID %u is in state %u without a TD", i,
                                  key->state);
        }
        if (key->wbinvd_bitmap & ~all_pkgs ||
            (key->wbinvd_bitmap && key->state != TDX_HKID_FLUSHED)) {
            return tdx_check_fail(ck, "kot-wbinvd: HKID %u in state %u waits "
                                  "for packages 0x%x", i, key->state,
                                  key->wbinvd_bitmap);
        }
    }
    return true;
}

bool tdx_check_tds(TdxCheck *ck)
{
    g_autofree uint64_t *owned = g_new0(uint64_t, ck->page->len);
    g_autofree Totals *totals = g_new0(Totals, 1);
    guint i;

    if (!check_owners(ck, owned)) {
        return false;
    }
    for (i = 0; i < ck->page->len; i++) {
        const TdxCheckPage *page = &g_array_index(ck->page, TdxCheckPage, i);

        if (page->type == TDX_PT_TDR &&
            !check_td(ck, page->hpa, owned[i], totals)) {
            return false;
        }
    }
    if (ck->m->st.td_build_count != totals->builds) {
        return tdx_check_fail(ck, "build-count: %u TDs are being built, %u "
                              "counted", totals->builds,
                              ck->m->st.td_build_count);
    }
    return check_other_keys(ck, totals);
}
