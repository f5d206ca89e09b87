/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Life of a module object: configuration, loading, reset, fatal stop.
 */

#include <glib.h>
#include <string.h>

#include "../core/lp.h"
#include "../core/observe.h"
#include "../include/update.h"
#include "../metadata/engine.h"
#include "seamcall.h"

/* TDX_FEATURES0 of module 1.5.25 apart from what the platform decides */
#define FEATURES0_1_5_25 0x0000d1326f3f0ebfULL

/* What of them is not modelled: a host that believed it would go wrong */
#define FEATURES0_NOT_MODELLED                                              \
    (TDX_FEATURES0_TD_MIGRATION | TDX_FEATURES0_LOCAL_ATTESTATION |         \
     TDX_FEATURES0_SERVICE_TD | TDX_FEATURES0_TD_PARTITIONING |             \
     TDX_FEATURES0_L2_TLB_INVD_OPT |                                        \
     TDX_FEATURES0_PARTITIONED_TD_MIGRATION |                               \
     TDX_FEATURES0_EVENT_FILTERING | TDX_FEATURES0_ICSSD |                  \
     TDX_FEATURES0_FIXED_CTR12_PROF | TDX_FEATURES0_FATAL_DIAGNOSTICS |     \
     TDX_FEATURES0_IMPORT_PAGE_STATUS)

/* The handoff data that module 1.5.25 can do */
#define RULES_1_5_25 { TDX_MODULE_HV, TDX_MIN_UPDATE_HV, TDX_NO_DOWNGRADE }

void tdx_module_config_init(TdxModuleConfig *cfg)
{
    *cfg = (TdxModuleConfig) {
        .major = 1,
        .minor = 5,
        .update = 25,
        .build_date = 20260115,
        .features0 = FEATURES0_1_5_25,
        .max_tdmrs = TDX_MAX_TDMRS,
        .max_rsvd_per_tdmr = TDX_MAX_RSVD_PER_TDMR,
        .svn_minor = TDX_SVN_MINOR,
        .svn_major = TDX_SVN_MAJOR,
        .num_handoff_pages = 32,
        .min_handoff_pages = TDX_MIN_HANDOFF_PAGES,
        .crypto_context = TDX_CRYPTO_CONTEXT,
        .built_in = RULES_1_5_25,
        .sigstruct = RULES_1_5_25,
    };
}

void tdx_module_config_modelled(TdxModuleConfig *cfg)
{
    tdx_module_config_init(cfg);
    cfg->features0 &= ~FEATURES0_NOT_MODELLED;
    cfg->sys_disable = true;
}

const char *tdx_module_config_error(const TdxModuleConfig *cfg)
{
    if (cfg->max_tdmrs < 1 || cfg->max_tdmrs > TDX_MAX_TDMRS) {
        return "max-tdmrs must be 1..64";
    }
    if (cfg->max_rsvd_per_tdmr < 1 ||
        cfg->max_rsvd_per_tdmr > TDX_MAX_RSVD_PER_TDMR) {
        return "max-reserved-per-tdmr must be 1..16";
    }
    return NULL;
}

static void derive_hkid_layout(TdxModule *m)
{
    const TdxPlatformInfo *p = &m->plat;

    m->hkid_start_bit = p->max_pa - p->keyid_bits;
    m->hkid_mask = (1ULL << p->max_pa) - (1ULL << m->hkid_start_bit);
    m->private_hkid_min = p->mktme_keyids + 1;
    m->private_hkid_max = p->mktme_keyids + p->tdx_keyids;
}

/*
 * Metadata 5: only the platform knows whether it can verify reports; hosts
 * know by its bit that there is TDH.SYS.DISABLE.
 */
static void derive_features0(TdxModule *m)
{
    m->features0 = m->cfg.features0 & ~(TDX_FEATURES0_LOCAL_ATTESTATION |
                                        TDX_FEATURES0_SYS_DISABLE);
    if (m->plat.seamverifyreport) {
        m->features0 |= TDX_FEATURES0_LOCAL_ATTESTATION;
    }
    if (m->cfg.sys_disable) {
        m->features0 |= TDX_FEATURES0_SYS_DISABLE;
    }
}

TdxModule *tdx_module_new(const TdxModuleConfig *cfg,
                          const TdxPlatformInfo *info,
                          const TdxPlatformOps *ops, void *opaque)
{
    TdxModule *m = g_new0(TdxModule, 1);

    m->plat = *info;
    m->ops = ops;
    m->opaque = opaque;
    m->lps = g_new0(TdxLp, info->num_lps);
    m->counts = g_new0(TdxCallCounts, info->num_lps);
    derive_hkid_layout(m);
    tdx_module_set_config(m, cfg);
    return m;
}

void tdx_module_set_config(TdxModule *m, const TdxModuleConfig *cfg)
{
    m->cfg = *cfg;
    derive_features0(m);
    tdx_field_map_clear(&m->sys_field_map);
    tdx_field_map_init(&m->sys_field_map, &tdx_sys_fields,
                       tdx_field_features(m));
    tdx_dispatch_init(m);
    tdx_faults_rearm(m);
}

const TdxModuleConfig *tdx_module_config(const TdxModule *m)
{
    return &m->cfg;
}

static void forget_running(TdxModule *m)
{
    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        g_free(m->lps[lp].running);
    }
}

void tdx_module_free(TdxModule *m)
{
    if (m) {
        forget_running(m);
        tdx_field_map_clear(&m->sys_field_map);
        g_free(m->lps);
        g_free(m->counts);
        g_free(m);
    }
}

void tdx_module_observe(TdxModule *m, const TdxObserver *observer)
{
    __atomic_store_n(&m->observer, observer, __ATOMIC_RELEASE);
}

void tdx_module_reset(TdxModule *m)
{
    TdxSysState before = tdx_sys_state(m);

    memset(&m->st, 0, sizeof(m->st));
    m->stopped_by = NULL;
    forget_running(m);
    memset(m->lps, 0, m->plat.num_lps * sizeof(m->lps[0]));
    memset(m->counts, 0, m->plat.num_lps * sizeof(m->counts[0]));
    tdx_observe_sys_state(m, before, TDX_SYSINIT_PENDING);
}

/* --- another module in this one's place ----------------------------------- */

TdxHandoffHeader tdx_module_handoff(const TdxModule *m)
{
    const TdxHandoff *h = &m->st.handoff;

    return (TdxHandoffHeader) { h->valid, h->hv, h->size };
}

void tdx_module_drop_handoff(TdxModule *m)
{
    m->st.handoff.valid = false;
}

void tdx_module_install(TdxModule *m, const TdxModuleConfig *cfg, bool update)
{
    g_autofree TdxHandoff *kept =
        update ? g_memdup2(&m->st.handoff, sizeof(*kept)) : NULL;

    tdx_forget(m);
    if (kept) {
        m->st.handoff = *kept;
    }
    m->st.fatal = false;
    m->stopped_by = NULL;
    m->st.global_lock = 0;
    m->st.kot_lock = 0;
    tdx_module_set_config(m, cfg);
    tdx_set_sys_state(m, TDX_SYSINIT_PENDING);
}

void tdx_module_unload(TdxModule *m)
{
    const TdxModuleConfig cfg = m->cfg;

    tdx_module_install(m, &cfg, false);
}
