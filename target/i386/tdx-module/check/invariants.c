/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The invariant checker: the module's own state, and the order of the rest.
 */

#include "../vp/run.h"
#include "check-internal.h"
#include "../include/check.h"

bool tdx_check_fail(TdxCheck *ck, const char *format, ...)
{
    va_list args;

    if (!ck->why) {
        va_start(args, format);
        ck->why = g_strdup_vprintf(format, args);
        va_end(args);
    }
    return false;
}

bool tdx_check_unlocked(TdxCheck *ck, TdxLock lock, const char *what,
                        uint64_t hpa)
{
    if (lock & ~TDX_LOCK_HOST_PRIORITY) {
        return tdx_check_fail(ck,
                              "lock-held: %s of 0x%" PRIx64 " is locked (0x%x)",
                              what, hpa, lock);
    }
    return true;
}

/*
 * How often LPs that run a TD share the entry: a TDVPR's with those above it,
 * as the host named it, a TDR's alone.
 */
static unsigned runners(const TdxModule *m, uint64_t hpa, uint64_t size)
{
    unsigned n = 0;

    for (unsigned i = 0; i < m->plat.num_lps; i++) {
        const TdxRunning *run = m->lps[i].running;

        if (tdx_vp_runs_td(m, i)) {
            n += run->td.hpa == hpa && size == TDX_PAGE_4K;
            n += run->vp.hpa - hpa < size;
        }
    }
    return n;
}

bool tdx_check_page_lock(TdxCheck *ck, TdxLock lock, const char *what,
                         uint64_t hpa, uint64_t size)
{
    unsigned n = runners(ck->m, hpa, size);

    if (n && (lock & ~TDX_LOCK_HOST_PRIORITY) != n * TDX_LOCK_READER) {
        return tdx_check_fail(ck, "lock-running: %s of 0x%" PRIx64 " is locked "
                              "(0x%x), running TDs share it %u times", what,
                              hpa, lock, n);
    }
    return n || tdx_check_unlocked(ck, lock, what, hpa);
}

void *tdx_check_private(TdxCheck *ck, uint64_t hpa, uint16_t hkid,
                        const char *what)
{
    void *content = NULL;

    if (hpa < TDX_HPA_LIMIT && tdx_aligned(hpa, sizeof(uint64_t))) {
        content = tdx_private(ck->m, hpa, hkid);
    }
    if (!content) {
        tdx_check_fail(ck, "no-memory: %s at 0x%" PRIx64, what, hpa);
    }
    return content;
}

bool tdx_check_blank(TdxCheck *ck, uint64_t hpa)
{
    const TdxPlatformOps *ops = ck->m->ops;

    return ops->private_blank && hpa < TDX_HPA_LIMIT &&
           ops->private_blank(ck->m->opaque, hpa);
}

TdxCheckPage *tdx_check_lookup(TdxCheck *ck, uint64_t hpa)
{
    guint low = 0, high = ck->page->len;

    while (low < high) {
        guint mid = low + (high - low) / 2;
        TdxCheckPage *page = &g_array_index(ck->page, TdxCheckPage, mid);

        if (page->hpa == hpa) {
            return page;
        }
        if (page->hpa < hpa) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

TdxCheckPage *tdx_check_claim(TdxCheck *ck, uint64_t hpa, unsigned level,
                              TdxPageType type, uint64_t owner,
                              const char *what)
{
    TdxCheckPage *page = tdx_check_lookup(ck, hpa);

    if (!page || page->type != type || page->level != level) {
        tdx_check_fail(ck, "page-type: %s names page 0x%" PRIx64 " of level "
                       "%u as type %d, the PAMT has type %d, level %d", what,
                       hpa, level, type, page ? page->type : TDX_PT_NDA,
                       page ? page->level : -1);
        return NULL;
    }
    if (page->owner != owner) {
        tdx_check_fail(ck, "owner: %s of TD 0x%" PRIx64 " names page 0x%" PRIx64
                       ", which TD 0x%" PRIx64 " owns", what, owner, hpa,
                       page->owner);
        return NULL;
    }
    if (page->claimed) {
        tdx_check_fail(ck, "page-twice: %s names page 0x%" PRIx64 ", which is "
                       "in use elsewhere in the TD", what, hpa);
        return NULL;
    }
    page->claimed = true;
    return page;
}

/* --- the module's state ---------------------------------------------------- */

static bool check_locks(TdxCheck *ck)
{
    TdxModule *m = ck->m;
    unsigned i, share;

    for (i = 0; i < m->plat.num_lps; i++) {
        if (m->lps[i].active && !tdx_vp_runs_td(m, i)) {
            return tdx_check_fail(ck, "lp-active: a SEAMCALL runs on LP %u", i);
        }
        for (share = 0; share < TDX_LP_SHARES; share++) {
            if (m->lps[i].share[share] && !tdx_vp_runs_td(m, i)) {
                return tdx_check_fail(ck, "lp-share: LP %u shares a 1G entry",
                                      i);
            }
        }
    }
    for (i = 0; i < TDX_MAX_PKGS; i++) {
        if (!tdx_check_unlocked(ck, m->st.wbt[i].lock, "WBT", i)) {
            return false;
        }
    }
    return tdx_check_unlocked(ck, m->st.global_lock, "global lock", 0) &&
           tdx_check_unlocked(ck, m->st.kot_lock, "KOT", 0);
}

/* What the life cycle has counted against the LPs and packages there are */
static bool check_counters(TdxCheck *ck)
{
    TdxModule *m = ck->m;
    uint32_t all_pkgs = (1u << m->plat.num_pkgs) - 1;
    unsigned lps = 0, pkgs = 0;
    unsigned i;

    for (i = 0; i < m->plat.num_lps; i++) {
        lps += m->lps[i].init;
    }
    for (i = 0; i < m->plat.num_pkgs; i++) {
        pkgs += m->st.pkg_config_bitmap >> i & 1;
    }
    if (m->st.num_init_lps != lps) {
        return tdx_check_fail(ck,
                              "lp-count: %u LPs are initialised, %u counted",
                              lps, m->st.num_init_lps);
    }
    if (m->st.num_init_pkgs != pkgs || m->st.pkg_config_bitmap & ~all_pkgs) {
        return tdx_check_fail(ck, "package-count: packages 0x%x have the "
                              "global key, %u counted", m->st.pkg_config_bitmap,
                              m->st.num_init_pkgs);
    }
    return true;
}

/* How far the module must have come in each SYS state */
static bool check_sys_state(TdxCheck *ck)
{
    TdxModule *m = ck->m;
    uint32_t state = m->st.sys_state;
    bool configured = state == TDX_SYSCONFIG_DONE ||
                      state == TDX_SYS_READY_STATE ||
                      state == TDX_SYS_SHUTDOWN_STATE;

    if (state > TDX_SYS_DISABLING_STATE) {
        return tdx_check_fail(ck, "sys-state: there is no state %u", state);
    }
    if (state == TDX_SYSINIT_PENDING && m->st.num_init_lps) {
        return tdx_check_fail(ck, "sys-state: LPs are initialised before the "
                              "module");
    }
    if (state < TDX_SYSCONFIG_DONE &&
        (m->st.num_tdmrs || m->st.pkg_config_bitmap)) {
        return tdx_check_fail(ck, "sys-state: TDMRs or a global key before "
                              "TDH.SYS.CONFIG");
    }
    if (configured &&
        (m->st.num_init_lps != m->plat.num_lps || !m->st.num_tdmrs ||
         !tdx_hkid_is_private(m, m->st.hkid) ||
         m->st.hkid >= TDX_NUM_HKIDS ||
         m->st.kot[m->st.hkid].state != TDX_HKID_RESERVED)) {
        return tdx_check_fail(ck, "sys-state: state %u lacks LPs, TDMRs or the "
                              "global KeyID", state);
    }
    if ((state == TDX_SYS_READY_STATE || state == TDX_SYS_SHUTDOWN_STATE) &&
        m->st.num_init_pkgs != m->plat.num_pkgs) {
        return tdx_check_fail(ck, "sys-state: ready with %u of %u packages",
                              m->st.num_init_pkgs, m->plat.num_pkgs);
    }
    return true;
}

static bool check_tdmr(TdxCheck *ck, unsigned i)
{
    TdxModule *m = ck->m;
    const TdxTdmr *tdmr = &m->st.tdmr[i];
    const TdxTdmr *prev = i ? tdmr - 1 : NULL;
    uint64_t end = tdmr->base + tdmr->size;

    if (!tdmr->size || end < tdmr->base || end > TDX_HPA_LIMIT ||
        !tdx_aligned(tdmr->base | tdmr->size, TDX_PAGE_1G) ||
        (prev && tdmr->base < prev->base + prev->size) ||
        tdmr->num_rsvd > TDX_MAX_RSVD_PER_TDMR) {
        return tdx_check_fail(ck, "tdmr: number %u is 0x%" PRIx64 " + 0x%"
                              PRIx64 ", %u reserved areas", i, tdmr->base,
                              tdmr->size, tdmr->num_rsvd);
    }
    if (tdmr->last_initialized < tdmr->base || tdmr->last_initialized > end ||
        !tdx_aligned(tdmr->last_initialized, TDX_PAGE_2M) ||
        (m->st.sys_state < TDX_SYS_READY_STATE &&
         tdmr->last_initialized != tdmr->base)) {
        return tdx_check_fail(ck, "tdmr-init: number %u at 0x%" PRIx64 " is "
                              "initialised up to 0x%" PRIx64 " in SYS state %u",
                              i, tdmr->base, tdmr->last_initialized,
                              m->st.sys_state);
    }
    return tdx_check_unlocked(ck, tdmr->lock, "TDMR", tdmr->base);
}

static bool check_tdmrs(TdxCheck *ck)
{
    unsigned i;

    if (ck->m->st.num_tdmrs > TDX_MAX_TDMRS) {
        return tdx_check_fail(ck, "tdmr: there are %u", ck->m->st.num_tdmrs);
    }
    for (i = 0; i < ck->m->st.num_tdmrs; i++) {
        if (!check_tdmr(ck, i)) {
            return false;
        }
    }
    return true;
}

char *tdx_module_check(TdxModule *m)
{
    TdxCheck ck = {
        .m = m,
        .page = g_array_new(false, false, sizeof(TdxCheckPage)),
        .pair = g_array_new(false, false, sizeof(uint64_t)),
    };

    if (!m->st.fatal && check_locks(&ck) && check_counters(&ck) &&
        check_sys_state(&ck) && check_tdmrs(&ck) && tdx_check_pamt(&ck)) {
        tdx_check_tds(&ck);
    }
    g_array_free(ck.page, true);
    g_array_free(ck.pair, true);
    return ck.why;
}
