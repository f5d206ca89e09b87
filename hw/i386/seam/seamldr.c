/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR on this machine: what it needs of QEMU, and its part of a
 * saved state.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/cutils.h"
#include "hw/core/cpu.h"
#include "seam-internal.h"
#include "target/i386/tdx-module/include/describe.h"
#include "target/i386/tdx-module/include/update.h"

/* --- what it needs ------------------------------------------------------- */

static uint32_t loader_x2apic_id(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;

    return s->found.lp[lp].cpu->apic_id;
}

/* P-SEAMLDR 5.2: an interrupt counts only where the host would take it */
static bool loader_event_pending(void *opaque, unsigned lp)
{
    TdxModuleDevice *s = opaque;
    X86CPU *cpu = s->found.lp[lp].cpu;
    int pending = CPU(cpu)->interrupt_request;

    return pending & (CPU_INTERRUPT_NMI | CPU_INTERRUPT_SMI) ||
           (pending & CPU_INTERRUPT_HARD && cpu->env.eflags & IF_MASK);
}

/*
 * The monitor looks at the module and its loader with the BQL held.  Another
 * processor that comes meanwhile does not wait: it finds the loader busy.
 */
static void loader_begin(void *opaque)
{
    TdxModuleDevice *s = opaque;

    s->loader_took_bql = !bql_locked();
    if (s->loader_took_bql) {
        bql_lock();
    }
}

static void loader_end(void *opaque)
{
    TdxModuleDevice *s = opaque;

    if (s->loader_took_bql) {
        bql_unlock();
    }
}

static const SeamldrOps loader_ops = {
    .x2apic_id = loader_x2apic_id,
    .event_pending = loader_event_pending,
    .begin = loader_begin,
    .end = loader_end,
};

Seamldr *seam_loader_new(TdxModuleDevice *s)
{
    const SeamldrConfig cfg = {
        .update = s->update,
        .seamdb_size = s->seamdb_size,
        .debug_unlocked = s->debug_unlocked,
        .build_date = s->cfg.build_date,
        .build_num = s->cfg.build_num,
    };

    return seamldr_new(&cfg, s->module, &s->cfg, &s->plat, &s->ops,
                       &loader_ops, s);
}

/* --- migration ----------------------------------------------------------- */

/*
 * Goes only where something has happened to the loader; what a reset leaves is
 * what the other side has.
 */
static bool needed(void *opaque)
{
    TdxModuleDevice *s = opaque;
    const SeamldrState *st = seamldr_state(s->loader);

    return st->flow != SEAMLDR_FLOW_READY || st->installs ||
           !st->extend.seam_ready;
}

static int pre_save(void *opaque)
{
    TdxModuleDevice *s = opaque;
    g_autofree char *words =
        tdx_module_describe(tdx_module_config(s->module));

    s->saved_loader = *seamldr_state(s->loader);
    memset(s->saved_module, 0, sizeof(s->saved_module));
    memcpy(s->saved_module, words,
           MIN(strlen(words), sizeof(s->saved_module)));
    return 0;
}

/* The state of the module is there already, and it is that of this one */
static int post_load(void *opaque, int version_id)
{
    TdxModuleDevice *s = opaque;
    const SeamldrState *st = &s->saved_loader;
    const char *error = seamldr_state_error(s->loader, st);
    g_autofree char *why = NULL;
    TdxModuleConfig cfg;

    if (!error) {
        const char *words = (const char *)s->saved_module;

        why = tdx_module_from_description(&cfg, words,
                                          strnlen(words,
                                                  sizeof(s->saved_module)));
    }
    if (error || why) {
        error_report("tdx-module: the saved state is damaged: %s",
                     error ?: why);
        return -EINVAL;
    }
    cfg.sigstruct = st->rules;
    cfg.num_handoff_pages = st->num_handoff_pages;
    cfg.svn_minor = st->extend.tee_tcb_svn[0];
    cfg.svn_major = st->extend.tee_tcb_svn[1];
    /* Firmware's module may be one that no image can describe */
    if (st->installs) {
        tdx_module_set_config(s->module, &cfg);
    }
    *seamldr_state(s->loader) = *st;
    return 0;
}

static const VMStateDescription vmstate_extend = {
    .name = "tdx-module/seamextend",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(valid, SeamExtend),
        VMSTATE_UINT8_ARRAY(tee_tcb_svn, SeamExtend, 16),
        VMSTATE_UINT8_ARRAY(mrseam, SeamExtend, SEAM_HASH_SIZE),
        VMSTATE_UINT8_ARRAY(mrsignerseam, SeamExtend, SEAM_HASH_SIZE),
        VMSTATE_UINT64(attributes, SeamExtend),
        VMSTATE_UINT8(seam_ready, SeamExtend),
        VMSTATE_UINT8(system_under_debug, SeamExtend),
        VMSTATE_UINT8(p_seamldr_ready, SeamExtend),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_session = {
    .name = "tdx-module/loader-session",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64_ARRAY(called, SeamldrSession, SEAMLDR_MAX_LPS / 64),
        VMSTATE_UINT32(count, SeamldrSession),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_state = {
    .name = "tdx-module/loader-state",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(flow, SeamldrState),
        VMSTATE_STRUCT(extend, SeamldrState, 1, vmstate_extend, SeamExtend),
        VMSTATE_STRUCT(snapshot, SeamldrState, 1, vmstate_extend, SeamExtend),
        VMSTATE_STRUCT(install, SeamldrState, 1, vmstate_session,
                       SeamldrSession),
        VMSTATE_STRUCT(shutdown, SeamldrState, 1, vmstate_session,
                       SeamldrSession),
        VMSTATE_STRUCT(cleanup, SeamldrState, 1, vmstate_session,
                       SeamldrSession),
        VMSTATE_UINT32(seamdb_used, SeamldrState),
        VMSTATE_UINT32(remaining, SeamldrState),
        VMSTATE_BOOL_ARRAY(key_dirty, SeamldrState, TDX_MAX_PKGS),
        VMSTATE_BOOL_ARRAY(cache_dirty, SeamldrState, TDX_MAX_PKGS),
        VMSTATE_UINT32_ARRAY(key_progress, SeamldrState, TDX_MAX_PKGS),
        VMSTATE_UINT32_ARRAY(cache_progress, SeamldrState, TDX_MAX_PKGS),
        VMSTATE_BOOL(init_done, SeamldrState),
        VMSTATE_UINT16(rules.module_hv, SeamldrState),
        VMSTATE_UINT16(rules.min_update_hv, SeamldrState),
        VMSTATE_BOOL(rules.no_downgrade, SeamldrState),
        VMSTATE_UINT16(num_handoff_pages, SeamldrState),
        VMSTATE_UINT32(installs, SeamldrState),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_seam_loader = {
    .name = "tdx-module/loader",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = needed,
    .pre_save = pre_save,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(saved_loader, TdxModuleDevice, 1, vmstate_state,
                       SeamldrState),
        VMSTATE_BUFFER(saved_module, TdxModuleDevice),
        VMSTATE_END_OF_LIST()
    },
};
