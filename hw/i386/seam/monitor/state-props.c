/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Read-only QOM properties of the tdx-module device: what the module has come
 * to, for tests and for whoever asks the monitor with qom-get.
 */

#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "monitor.h"
#include "target/i386/tdx-module/include/query.h"

/* @cfg: what TDH.SYS.CONFIG has set up, copied: vCPUs may be running */
typedef struct StateProp {
    const char *name;
    const char *text;
    uint64_t (*get)(TdxModuleDevice *s, const TdxQueryConfig *cfg);
} StateProp;

static uint64_t num_lps(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return s->plat.num_lps;
}

static uint64_t num_packages(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return s->plat.num_pkgs;
}

static uint64_t lps_initialized(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return cfg->num_init_lps;
}

static uint64_t hkid(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return cfg->hkid;
}

static uint64_t first_tdx_keyid(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return cfg->first_tdx_hkid;
}

static uint64_t num_tdx_keyids(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return s->plat.tdx_keyids;
}

static uint64_t num_cmrs(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    uint64_t n = 0;

    while (n < TDX_MAX_CMRS && s->plat.cmr[n].size) {
        n++;
    }
    return n;
}

static uint64_t num_tdmrs(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return cfg->num_tdmrs;
}

static uint64_t tdmr_bytes(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < cfg->num_tdmrs; i++) {
        sum += cfg->tdmr[i].size;
    }
    return sum;
}

static uint64_t pamt_bytes(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < cfg->num_tdmrs; i++) {
        for (int level = 0; level < TDX_NUM_PAMT_LEVELS; level++) {
            sum += cfg->tdmr[i].pamt[level].size;
        }
    }
    return sum;
}

/* What the same TDMRs take without Dynamic PAMT */
static uint64_t static_pamt_bytes(TdxModuleDevice *s,
                                  const TdxQueryConfig *cfg)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < cfg->num_tdmrs; i++) {
        for (int level = 0; level < TDX_NUM_PAMT_LEVELS; level++) {
            sum += ROUND_UP(cfg->tdmr[i].size / tdx_level_size(level) *
                            TDX_PAMT_ENTRY_SIZE, TDX_PAGE_4K);
        }
    }
    return sum;
}

static uint64_t private_bytes_used(TdxModuleDevice *s,
                                   const TdxQueryConfig *cfg)
{
    uint64_t hpa = 0, sum = 0;

    for (; seam_private_next(s, &hpa); hpa += SEAM_PAGE_SIZE) {
        sum += SEAM_PAGE_SIZE;
    }
    return sum;
}

static uint64_t poisoned_lines(TdxModuleDevice *s, const TdxQueryConfig *cfg)
{
    return seam_poison_count(s);
}

static const StateProp state_props[] = {
    { "num-lps", "Logical processors that the module counts", num_lps },
    { "num-packages", "Packages that the module counts", num_packages },
    { "lps-initialized", "Calls of TDH.SYS.LP.INIT that succeeded",
      lps_initialized },
    { "hkid", "Global private KeyID, 0 before TDH.SYS.CONFIG", hkid },
    { "first-tdx-keyid", "Lowest TDX-private KeyID", first_tdx_keyid },
    { "num-tdx-keyids", "TDX-private KeyIDs", num_tdx_keyids },
    { "num-cmrs", "Convertible memory ranges", num_cmrs },
    { "num-tdmrs", "TDMRs that TDH.SYS.CONFIG took", num_tdmrs },
    { "tdmr-bytes", "Memory that the TDMRs cover", tdmr_bytes },
    { "pamt-bytes", "Memory given to PAMTs by TDH.SYS.CONFIG", pamt_bytes },
    { "static-pamt-bytes", "What PAMTs of these TDMRs take when static",
      static_pamt_bytes },
    { "private-bytes-used", "Private memory that was ever in use",
      private_bytes_used },
    { "poisoned-lines", "Cache lines that a partial write poisoned",
      poisoned_lines },
};

static void get_number(Object *obj, Visitor *v, const char *name,
                       void *opaque, Error **errp)
{
    TdxModuleDevice *s = TDX_MODULE(obj);
    const StateProp *prop = opaque;
    uint64_t value = 0;

    if (s->module) {
        g_autofree TdxQueryConfig *cfg = g_new(TdxQueryConfig, 1);

        tdx_query_config(s->module, cfg);
        value = prop->get(s, cfg);
    }
    visit_type_uint64(v, name, &value, errp);
}

static char *get_state(Object *obj, Error **errp)
{
    TdxModuleDevice *s = TDX_MODULE(obj);
    g_autofree TdxQueryConfig *cfg = g_new0(TdxQueryConfig, 1);

    if (!s->module) {
        return g_strdup("not loaded");
    }
    tdx_query_config(s->module, cfg);
    return g_strdup(cfg->fatal ? "stopped"
                               : tdx_sys_state_name(cfg->sys_state));
}

static bool get_dynamic_pamt_enabled(Object *obj, Error **errp)
{
    TdxModuleDevice *s = TDX_MODULE(obj);
    g_autofree TdxQueryConfig *cfg = g_new0(TdxQueryConfig, 1);

    if (s->module) {
        tdx_query_config(s->module, cfg);
    }
    return cfg->dynamic_pamt;
}

/* The list that -device tdx-module,help prints has these too */
static void describe(ObjectClass *oc, const char *name, const char *text)
{
    g_autofree char *all = g_strdup_printf("Read-only: %s", text);

    object_class_property_set_description(oc, name, all);
}

void seam_add_state_properties(ObjectClass *oc)
{
    object_class_property_add_str(oc, "state", get_state, NULL);
    describe(oc, "state", "State of the module");
    object_class_property_add_bool(oc, "dynamic-pamt-enabled",
                                   get_dynamic_pamt_enabled, NULL);
    describe(oc, "dynamic-pamt-enabled",
             "TDH.SYS.CONFIG enabled Dynamic PAMT");
    for (int i = 0; i < ARRAY_SIZE(state_props); i++) {
        const StateProp *p = &state_props[i];

        object_class_property_add(oc, p->name, "uint64", get_number, NULL,
                                  NULL, (void *)p);
        describe(oc, p->name, p->text);
    }
}
