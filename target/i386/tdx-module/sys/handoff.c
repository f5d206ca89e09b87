/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one module hands to the next: all that it knows of TDMRs, KeyIDs and
 * TDs apart from what lies in private memory, which stays where it is.
 */

#include <string.h>

#include "handoff.h"

/* P-SEAMLDR 4.2 */
bool tdx_sigstruct_fits(const TdxModule *m)
{
    const TdxHandoffRules *built = &m->cfg.built_in;
    const TdxHandoffRules *signed_for = &m->cfg.sigstruct;

    return signed_for->module_hv == built->module_hv &&
           signed_for->min_update_hv >= built->min_update_hv &&
           (signed_for->no_downgrade || !built->no_downgrade) &&
           m->cfg.num_handoff_pages >= m->cfg.min_handoff_pages;
}

/* What both structures have */
#define COPY(to, from) do { \
        (to)->pkg_config_bitmap = (from)->pkg_config_bitmap; \
        (to)->hkid = (from)->hkid; \
        (to)->dynamic_pamt = (from)->dynamic_pamt; \
        (to)->num_tdmrs = (from)->num_tdmrs; \
        memcpy((to)->tdmr, (from)->tdmr, sizeof((to)->tdmr)); \
        memcpy((to)->kot, (from)->kot, sizeof((to)->kot)); \
        memcpy((to)->wbt, (from)->wbt, sizeof((to)->wbt)); \
        (to)->td_build_count = (from)->td_build_count; \
    } while (0)

/* P-SEAMLDR 6.1 */
void tdx_handoff_write(TdxModule *m, uint16_t hv)
{
    TdxHandoff *h = &m->st.handoff;

    COPY(h, &m->st);
    for (unsigned i = 0; i < TDX_MAX_TDMRS; i++) {
        h->tdmr[i].lock = 0;
    }
    for (unsigned i = 0; i < TDX_MAX_PKGS; i++) {
        h->wbt[i].lock = 0;
    }
    h->hv = hv;
    h->size = TDX_HANDOFF_SIZE;
    h->valid = true;
}

/*
 * P-SEAMLDR 6.2.  Released modules that know less than their handoff data says
 * differ in its version.  Those that are put together for tests need not, so
 * that it is looked at here whether this one can do what is in use.
 */
bool tdx_handoff_fits(const TdxModule *m)
{
    const TdxHandoff *h = &m->st.handoff;

    if (!h->valid || h->hv < m->cfg.sigstruct.min_update_hv ||
        h->hv > m->cfg.sigstruct.module_hv) {
        return false;
    }
    if ((h->dynamic_pamt && !tdx_has_dynamic_pamt(m)) ||
        h->num_tdmrs > m->cfg.max_tdmrs) {
        return false;
    }
    for (unsigned i = 0; i < h->num_tdmrs; i++) {
        if (h->tdmr[i].num_rsvd > m->cfg.max_rsvd_per_tdmr) {
            return false;
        }
    }
    return true;
}

void tdx_handoff_import(TdxModule *m)
{
    TdxHandoff *h = &m->st.handoff;

    COPY(&m->st, h);
    /* TDH.SYS.KEY.CONFIG has counted them; no leaf shows the number */
    m->st.num_init_pkgs = __builtin_popcount(h->pkg_config_bitmap);
    if (h->hv < TDX_HV_WITH_COUNTS) {
        m->st.td_build_count = 0;
    }
    *h = (TdxHandoff) { 0 };
}
