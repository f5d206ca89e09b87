/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * -device tdx-module: the TDX module that the machine's firmware loads.  The
 * device is configuration, life and death of the module model; its absence is
 * a machine on which SEAM is enabled and nothing was loaded.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/i386/x86.h"
#include "exec/qemu-compat.h"
#include "system/qtest.h"
#include "system/reset.h"
#include "system/system.h"
#include "system/tcg.h"
#include "monitor/monitor.h"
#include "seam-internal.h"
#include "target/i386/seam.h"
#include "testing/testing.h"

#define SEAMDB_MAX 65536

/* --- loading ------------------------------------------------------------- */

static void tdx_module_machine_done(Notifier *notifier, void *data)
{
    TdxModuleDevice *s = container_of(notifier, TdxModuleDevice,
                                      machine_done);
    Error *err = NULL;

    seam_platform_init(s);
    seam_ram_init(s, seam_watch_ram_gone);
    seam_firmware_init(s);
    if (!seam_firmware_start(s, &err)) {
        error_report_err(err);
        exit(EXIT_FAILURE);
    }
    seam_integrity_start();
    seam_device_set(s);
}

/*
 * In the last phase: everything else of the machine is as after power-on.
 * Firmware does not run when a snapshot is loaded, which brings all that this
 * device has.
 */
static void tdx_module_reset_exit(Object *obj, ResetType type)
{
    TdxModuleDevice *s = TDX_MODULE(obj);
    Error *err = NULL;

    if (!s->module) {
        return; /* The machine is not complete yet */
    }
    if (type == RESET_TYPE_SNAPSHOT_LOAD) {
        tdx_module_reset(s->module);
    } else if (!seam_firmware_start(s, &err)) {
        /* What was plugged since the start is more than the module takes */
        warn_report_err(err);
    }
    seam_private_discard(s);
}

static bool check_machine(Error **errp)
{
    CPUState *cs;

    if (!object_resolve_path_type("", TYPE_TDX_MODULE, NULL)) {
        error_setg(errp, "a machine has one TDX module; remove the second "
                   "-device tdx-module");
        return false;
    }
    if (!object_dynamic_cast(qdev_get_machine(), TYPE_X86_MACHINE)) {
        error_setg(errp, "the TDX module needs a PC; use -machine q35");
        return false;
    }
    if (!tcg_enabled() && !qtest_enabled()) {
        error_setg(errp, "SEAM is emulated with TCG only; use -accel tcg");
        return false;
    }
    CPU_FOREACH(cs) {
        if (!x86_cpu_has_seam(X86_CPU(cs))) {
            g_autofree char *model =
                cpu_model_from_type(object_get_typename(OBJECT(cs)));

            error_setg(errp, "CPU model '%s' has no SEAM; use -cpu TDXHost",
                       model);
            return false;
        }
    }
    return true;
}

/*
 * The tree that holds the entries of 4 KiB pages reaches so far and no further.
 * A host of today does not look whether that is enough: it goes by the bit.
 */
static bool reaches_all_memory(void)
{
    const X86CPU *first = X86_CPU(first_cpu);

    return first->phys_bits - first->seam->keyid_bits <=
           TDX_DYNAMIC_PAMT_HPA_BITS;
}

static bool offers_dynamic_pamt(const TdxModuleDevice *s)
{
    if (s->dynamic_pamt != ON_OFF_AUTO_AUTO) {
        return s->dynamic_pamt == ON_OFF_AUTO_ON;
    }
    return (s->features0_given &&
            (s->cfg.features0 & TDX_FEATURES0_DYNAMIC_PAMT)) ||
           reaches_all_memory();
}

/* What was asked for that no module 1.0 has */
static bool check_generation(const TdxModuleDevice *s, Error **errp)
{
    if (!s->cfg.first_generation) {
        return true;
    }
    if (s->dynamic_pamt == ON_OFF_AUTO_ON) {
        error_setg(errp, "tdx-module: a module of generation 1.0 has no "
                   "Dynamic PAMT; remove dynamic-pamt=on");
        return false;
    }
    if (s->features0_given && s->cfg.features0) {
        error_setg(errp, "tdx-module: a module of generation 1.0 has no "
                   "TDX_FEATURES0; remove features0=0x%" PRIx64,
                   s->cfg.features0);
        return false;
    }
    return true;
}

static void tdx_module_realize(DeviceState *dev, Error **errp)
{
    TdxModuleDevice *s = TDX_MODULE(dev);
    const char *error;

    if (!check_machine(errp) || !check_generation(s, errp)) {
        return;
    }
    if (offers_dynamic_pamt(s)) {
        s->cfg.features0 |= TDX_FEATURES0_DYNAMIC_PAMT;
    } else {
        s->cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    }
    if (s->update) {
        s->cfg.features0 |= TDX_FEATURES0_TD_PRESERVING;
    } else {
        s->cfg.features0 &= ~TDX_FEATURES0_TD_PRESERVING;
    }
    if (s->cfg.first_generation) {
        s->cfg.features0 = 0; /* came with TDH.SYS.RD */
        s->update = false;
        s->cfg.sys_disable = false;
        if (!s->version_given) {
            s->cfg.minor = 0;
            s->cfg.update = 0;
        }
    }
    error = tdx_module_config_error(&s->cfg);
    if (error) {
        error_setg(errp, "tdx-module: %s", error);
        return;
    }
    if (!s->seamdb_size || s->seamdb_size > SEAMDB_MAX) {
        error_setg(errp, "tdx-module: seamdb-size must be 1..%u", SEAMDB_MAX);
        return;
    }
    if (!seam_window_realize(s, errp)) {
        return;
    }
    s->machine_done.notify = tdx_module_machine_done;
    qemu_add_machine_init_done_notifier(&s->machine_done);
    /* No bus would reset it */
    qemu_register_resettable(OBJECT(s));
    seam_qtest_init();
}

/* --- properties ---------------------------------------------------------- */

static char *get_version(Object *obj, Error **errp)
{
    const TdxModuleConfig *cfg = &TDX_MODULE(obj)->cfg;

    return g_strdup_printf("%u.%u.%02u", cfg->major, cfg->minor, cfg->update);
}

static void set_version(Object *obj, const char *value, Error **errp)
{
    TdxModuleConfig *cfg = &TDX_MODULE(obj)->cfg;
    uint16_t *const part[] = { &cfg->major, &cfg->minor, &cfg->update };
    g_auto(GStrv) words = g_strsplit(value, ".", 0);
    unsigned number;

    if (DEVICE(obj)->realized) {
        error_setg(errp, "the version of a loaded module cannot change");
        return;
    }
    if (g_strv_length(words) != ARRAY_SIZE(part)) {
        goto bad;
    }
    for (int i = 0; i < ARRAY_SIZE(part); i++) {
        if (qemu_strtoui(words[i], NULL, 10, &number) ||
            number > UINT16_MAX) {
            goto bad;
        }
        *part[i] = number;
    }
    TDX_MODULE(obj)->version_given = true;
    return;

bad:
    error_setg(errp, "version is MAJOR.MINOR.UPDATE, each 0..65535, "
               "such as 1.5.25");
}

static char *get_generation(Object *obj, Error **errp)
{
    return g_strdup(TDX_MODULE(obj)->cfg.first_generation ? "1.0" : "1.5");
}

static void set_generation(Object *obj, const char *value, Error **errp)
{
    TdxModuleConfig *cfg = &TDX_MODULE(obj)->cfg;

    if (DEVICE(obj)->realized) {
        error_setg(errp, "the generation of a loaded module cannot change");
        return;
    }
    if (strcmp(value, "1.0") && strcmp(value, "1.5")) {
        error_setg(errp, "generation is 1.0 or 1.5");
        return;
    }
    cfg->first_generation = !strcmp(value, "1.0");
}

static void get_features0(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &TDX_MODULE(obj)->cfg.features0, errp);
}

static void set_features0(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    TdxModuleDevice *s = TDX_MODULE(obj);

    if (DEVICE(obj)->realized) {
        error_setg(errp, "the features of a loaded module cannot change");
        return;
    }
    if (visit_type_uint64(v, name, &s->cfg.features0, errp)) {
        s->features0_given = true;
    }
}

/* A number whose default tdx_module_config_modelled() knows */
#define CFG_PROP(name, field, type) \
    DEFINE_PROP(name, TdxModuleDevice, cfg.field, qdev_prop_##type, type##_t)

static const Property tdx_module_properties[] = {
    DEFINE_PROP_ON_OFF_AUTO("dynamic-pamt", TdxModuleDevice, dynamic_pamt,
                            ON_OFF_AUTO_AUTO),
    DEFINE_PROP_BOOL("update", TdxModuleDevice, update, true),
    DEFINE_PROP_UINT32("seamdb-size", TdxModuleDevice, seamdb_size, 32),
    DEFINE_PROP_BOOL("debug-unlocked", TdxModuleDevice, debug_unlocked, false),
    CFG_PROP("max-tdmrs", max_tdmrs, uint16),
    CFG_PROP("max-reserved-per-tdmr", max_rsvd_per_tdmr, uint16),
    DEFINE_PROP_BOOL("sys-disable", TdxModuleDevice, cfg.sys_disable, true),
    CFG_PROP("internal-version", internal, uint16),
    CFG_PROP("build-date", build_date, uint32),
    CFG_PROP("build-num", build_num, uint16),
    CFG_PROP("num-handoff-pages", num_handoff_pages, uint16),
    DEFINE_PROP_BOOL("x-check", TdxModuleDevice, check, false),
    DEFINE_PROP_UINT64("x-seamcall-window", TdxModuleDevice, window_addr, 0),
};

static const struct {
    const char *name;
    const char *text;
} descriptions[] = {
    { "dynamic-pamt", "The module knows Dynamic PAMT: TDX_FEATURES0[36]; by "
      "itself where addresses without the KeyID have "
      stringify(TDX_DYNAMIC_PAMT_HPA_BITS) " bits or less" },
    { "update", "The P-SEAMLDR can put another module in its place while the "
      "machine runs: TDX_FEATURES0[1]" },
    { "seamdb-size", "Modules that the SEAM database holds, 1.."
      stringify(SEAMDB_MAX) "; one less is how many updates there can be" },
    { "debug-unlocked", "The P-SEAMLDR takes modules that are signed for "
      "debugging" },
    { "version", "MAJOR.MINOR.UPDATE as TDH.SYS.RD reports it" },
    { "generation", "1.5, or 1.0 for a module without TDH.SYS.RD, Dynamic "
      "PAMT and what else came later" },
    { "features0", "TDX_FEATURES0 as reported, for tests of a host without "
      "or with a feature; bits 1, 36 and 53 follow update, dynamic-pamt, "
      "sys-disable, but 36 can be set here where dynamic-pamt would not" },
    { "max-tdmrs", "MAX_TDMRS, 1.." stringify(TDX_MAX_TDMRS) " (the most)" },
    { "max-reserved-per-tdmr", "MAX_RESERVED_PER_TDMR, 1.."
      stringify(TDX_MAX_RSVD_PER_TDMR) " (the most)" },
    { "sys-disable", "TDH.SYS.DISABLE exists, as in newer modules" },
    { "internal-version", "INTERNAL_VERSION" },
    { "build-date", "BUILD_DATE as the decimal number yyyymmdd" },
    { "build-num", "BUILD_NUM" },
    { "num-handoff-pages", "NUM_HANDOFF_PAGES" },
    { "x-check", "Refuse to load a saved or migrated state that contradicts "
      "itself" },
    { "x-seamcall-window", "Address of a window of registers for tests that "
      "run no guest" },
};

static void tdx_module_instance_init(Object *obj)
{
    TdxModuleDevice *s = TDX_MODULE(obj);

    tdx_module_config_modelled(&s->cfg);
}

static void tdx_module_class_init(ObjectClass *oc, ClassInitData *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    dc->desc = "Intel TDX module";
    dc->realize = tdx_module_realize;
    dc->vmsd = &vmstate_tdx_module;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    rc->phases.exit = tdx_module_reset_exit;

    device_class_set_props(dc, tdx_module_properties);
    object_class_property_add_str(oc, "version", get_version, set_version);
    object_class_property_add(oc, "features0", "uint64", get_features0,
                              set_features0, NULL, NULL);
    object_class_property_add_str(oc, "generation", get_generation,
                                  set_generation);
    for (int i = 0; i < ARRAY_SIZE(descriptions); i++) {
        object_class_property_set_description(oc, descriptions[i].name,
                                              descriptions[i].text);
    }
    seam_add_state_properties(oc);
}

static const TypeInfo tdx_module_types[] = {
    {
        .name = TYPE_TDX_MODULE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(TdxModuleDevice),
        .instance_init = tdx_module_instance_init,
        .class_init = tdx_module_class_init,
    },
};

DEFINE_TYPES(tdx_module_types)
