/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking at TDs, their vCPUs and their Secure EPT.
 */

#include <glib.h>
#include <string.h>

#include "../sept/sept.h"
#include "../vp/tdvps.h"
#include "query-internal.h"

_Static_assert(TDX_QUERY_MR_SIZE == TDX_MR_SIZE, "the same digest");

/* Is the page at @hpa what it should be, now? */
static bool still_is(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                     TdxPageType type)
{
    TdxPamtEntry e;

    return tdx_peek_leaf(m, cfg, hpa, &e) && tdx_pamt_type(&e) == type;
}

/* Are the control pages there that TDH.MNG.ADDCX brings, and their key? */
static bool has_tdcs(const TdxTdr *tdr)
{
    return !tdr->fatal && tdr->num_tdcx >= TDX_TDCS_BASE_PAGES &&
           (tdr->lifecycle == TDX_TD_KEYS_CONFIGURED ||
            tdr->lifecycle == TDX_TD_BLOCKED);
}

static void show_tdcs(const TdxTdcs *tdcs, TdxQueryTd *td)
{
    td->op_state = tdcs->op_state;
    if (td->op_state == TDX_OP_UNINITIALIZED) {
        return;
    }
    td->attributes = tdcs->attributes;
    td->xfam = tdcs->xfam;
    td->gpa_width = tdx_td_gpa_width(tdcs);
    td->max_vcpus = tdcs->max_vcpus;
    td->num_vcpus = tdcs->num_vcpus;
    td->num_assoc_vcpus = tdcs->num_assoc_vcpus;
    td->td_epoch = tdcs->td_epoch;
    memcpy(td->mrtd, tdcs->mrtd, sizeof(td->mrtd));
}

bool tdx_query_td(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                  TdxQueryTd *td)
{
    g_autofree TdxTdcs *tdcs = g_new(TdxTdcs, 1);
    TdxTdr tdr;
    uint64_t control;

    memset(td, 0, sizeof(*td));
    if (!tdx_peek_private(m, hpa, cfg->hkid, &tdr, sizeof(tdr)) ||
        tdr.lifecycle > TDX_TD_TEARDOWN) {
        return false;
    }
    td->lifecycle = tdr.lifecycle;
    td->fatal = tdr.fatal;
    td->hkid = tdr.hkid;
    td->pkg_config_bitmap = tdr.pkg_config_bitmap;
    td->num_tdcx = tdr.num_tdcx;
    td->pages = tdr.chldcnt;

    /* In this order: who takes a TD apart begins with its control structure */
    control = tdr.tdcx[TDX_TDCS_CONTROL];
    td->has_op_state = has_tdcs(&tdr) &&
                       tdx_peek_private(m, control, tdr.hkid, tdcs,
                                        sizeof(*tdcs)) &&
                       tdcs->op_state < TDX_NUM_OP_STATES &&
                       still_is(m, cfg, control, TDX_PT_TDCX);
    if (td->has_op_state) {
        show_tdcs(tdcs, td);
    }
    return still_is(m, cfg, hpa, TDX_PT_TDR);
}

bool tdx_query_vcpu(TdxModule *m, const TdxQueryConfig *cfg,
                    const TdxQueryTd *td, uint64_t hpa, TdxQueryVcpu *vcpu)
{
    TdxTdvps tdvps;

    memset(vcpu, 0, sizeof(*vcpu));
    if (!td->has_op_state ||
        !tdx_peek_private(m, hpa, td->hkid, &tdvps, sizeof(tdvps)) ||
        !still_is(m, cfg, hpa, TDX_PT_TDVPR)) {
        return false;
    }
    vcpu->state = tdvps.state;
    vcpu->index = tdvps.index;
    vcpu->x2apic_id = tdvps.x2apic_id;
    vcpu->has_lp = tdvps.assoc_lpid != TDX_ASSOC_NONE;
    vcpu->lp = vcpu->has_lp ? tdvps.assoc_lpid : 0;
    vcpu->pages = tdvps.num_pages;
    return true;
}

/* --- Secure EPT ------------------------------------------------------------ */

/* The TD, the level of entries in its root, and the bits of private GPAs */
static bool find_root(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                      TdxTdr *tdr, unsigned *level, uint64_t *private_gpas)
{
    g_autofree TdxTdcs *tdcs = g_new(TdxTdcs, 1);
    bool found = tdx_peek_private(m, hpa, cfg->hkid, tdr, sizeof(*tdr)) &&
                 has_tdcs(tdr) &&
                 tdx_peek_private(m, tdr->tdcx[TDX_TDCS_CONTROL], tdr->hkid,
                                  tdcs, sizeof(*tdcs)) &&
                 tdcs->op_state != TDX_OP_UNINITIALIZED &&
                 still_is(m, cfg, hpa, TDX_PT_TDR);

    if (found) {
        *level = tdx_sept_root_level(tdcs->eptp);
        *private_gpas = (1ULL << (tdx_td_gpa_width(tdcs) - 1)) - 1;
    }
    return found && *level < TDX_QUERY_SEPT_LEVELS;
}

unsigned tdx_query_sept(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                        uint64_t gpa,
                        TdxQuerySept sept[TDX_QUERY_SEPT_LEVELS])
{
    unsigned level, n = 0;
    uint64_t table, private_gpas;
    TdxTdr tdr;

    if (!find_root(m, cfg, hpa, &tdr, &level, &private_gpas)) {
        return 0;
    }
    gpa &= private_gpas;
    table = tdr.tdcx[TDX_TDCS_SEPT_ROOT];
    for (;; level--) {
        unsigned index = gpa / tdx_sept_level_size(level) % 512;
        TdxQuerySept *e = &sept[n];
        uint64_t value;

        if (!tdx_peek_private(m, table + index * sizeof(value), tdr.hkid,
                              &value, sizeof(value))) {
            return n;
        }
        n++;
        *e = (TdxQuerySept) {
            .level = level, .table = table, .value = value,
            .state = tdx_sept_state(value),
        };
        e->has_hpa = e->state != TDX_SEPT_INVALID &&
                     e->state != TDX_SEPT_FREE && e->state != TDX_SEPT_REMOVED;
        e->hpa = e->has_hpa ? tdx_sept_hpa(m, value) : 0;
        if (level == 0 || !e->has_hpa ||
            !(TDX_SEPT_IN(e->state) & TDX_SEPT_NON_LEAF)) {
            return n;
        }
        table = e->hpa;
    }
}
