/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Life of a module object: configuration, loading, reset, fatal stop.
 */

#include <glib.h>
#include <string.h>

#include "../core/address.h"
#include "../core/lp.h"
#include "../core/observe.h"
#include "../metadata/engine.h"
#include "seamcall.h"

/* TDX_FEATURES0 of module 1.5.25 apart from what the platform decides */
#define FEATURES0_1_5_25 0x0000d1326f3f0ebfULL

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
        .num_handoff_pages = 32,
    };
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

    m->cfg = *cfg;
    m->plat = *info;
    m->ops = ops;
    m->opaque = opaque;
    m->lps = g_new0(TdxLp, info->num_lps);
    m->counts = g_new0(TdxCallCounts, info->num_lps);
    derive_hkid_layout(m);
    derive_features0(m);
    tdx_field_map_init(&m->sys_field_map, &tdx_sys_fields,
                       m->cfg.features0);
    tdx_dispatch_init(m);
    return m;
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

bool tdx_module_write_host(TdxModule *m, uint64_t hpa, const void *buf,
                           size_t len)
{
    return tdx_shared_hpa_ok(m, hpa, len, len) &&
           tdx_write_shared(m, hpa, buf, len);
}

void tdx_module_reset(TdxModule *m)
{
    TdxSysState before = tdx_sys_state(m);

    memset(&m->st, 0, sizeof(m->st));
    forget_running(m);
    memset(m->lps, 0, m->plat.num_lps * sizeof(m->lps[0]));
    memset(m->counts, 0, m->plat.num_lps * sizeof(m->counts[0]));
    tdx_observe_sys_state(m, before, TDX_SYSINIT_PENDING);
}
