/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the machine's firmware does at each start: it finds processors and
 * memory and loads the TDX module onto them.  What comes or goes later is no
 * affair of the module's until the next start, on whichever QEMU the machine
 * runs by then.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "exec/qemu-compat.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "seam-internal.h"
#include "target/i386/tdx-module/include/update.h"
#include "testing/testing.h"
#include "trace.h"

/* --- processors ---------------------------------------------------------- */

static unsigned max_cpus(void)
{
    return MACHINE(qdev_get_machine())->smp.max_cpus;
}

/* The processor that is plugged now at a CPU index; NULL: none is */
static X86CPU *plugged_cpu(uint32_t index)
{
    const CPUArchIdList *all = MACHINE(qdev_get_machine())->possible_cpus;

    return X86_CPU(all->cpus[index].cpu);
}

static int64_t socket_of(uint32_t index)
{
    const CPUArchIdList *all = MACHINE(qdev_get_machine())->possible_cpus;

    return all->cpus[index].props.socket_id;
}

/*
 * Number the packages of @found in the order of their first processors.
 * Those behind the last package that the module takes are left out.
 */
static bool number_packages(SeamFound *found, Error **errp)
{
    int64_t socket[TDX_MAX_PKGS];
    unsigned lps = 0, pkg;

    found->num_pkgs = 0;
    for (unsigned lp = 0; lp < found->num_lps; lp++) {
        int64_t own = socket_of(found->lp[lp].index);

        for (pkg = 0; pkg < found->num_pkgs; pkg++) {
            if (socket[pkg] == own) {
                break;
            }
        }
        if (pkg == TDX_MAX_PKGS) {
            continue;
        }
        if (pkg == found->num_pkgs) {
            socket[found->num_pkgs++] = own;
        }
        found->lp[lps] = found->lp[lp];
        found->lp[lps++].pkg = pkg;
    }
    if (lps == found->num_lps) {
        return true;
    }
    memset(&found->lp[lps], 0, (found->num_lps - lps) * sizeof(SeamLp));
    found->num_lps = lps;
    error_setg(errp, "the TDX module takes at most %d packages; "
               "use -smp with sockets=%d or less",
               TDX_MAX_PKGS, TDX_MAX_PKGS);
    return false;
}

bool seam_lp_is_there(const TdxModuleDevice *s, unsigned lp)
{
    const X86CPU *cpu = lp < s->found.num_lps ? s->found.lp[lp].cpu : NULL;

    return cpu && plugged_cpu(s->found.lp[lp].index) == cpu;
}

/* --- finding and loading -------------------------------------------------- */

static SeamFound *new_found(void)
{
    SeamFound *found = g_new0(SeamFound, 1);

    found->lp = g_new0(SeamLp, max_cpus());
    return found;
}

static void free_found(SeamFound *found)
{
    g_free(found->lp);
    g_free(found);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SeamFound, free_found)

static void copy_found(SeamFound *to, const SeamFound *from)
{
    SeamLp *lp = to->lp;

    memcpy(lp, from->lp, max_cpus() * sizeof(lp[0]));
    *to = *from;
    to->lp = lp;
}

/* On failure @found has what the module can take of it */
static bool look(TdxModuleDevice *s, SeamFound *found, Error **errp)
{
    unsigned cpus = max_cpus();

    for (unsigned i = 0; i < cpus; i++) {
        X86CPU *cpu = plugged_cpu(i);

        if (cpu) {
            found->lp[found->num_lps++] = (SeamLp) { .cpu = cpu, .index = i };
        }
    }
    found->num_cmrs = seam_find_cmrs(s, found->cmr, errp);
    return number_packages(found, *errp ? NULL : errp) && !*errp;
}

static bool same(const SeamFound *a, const SeamFound *b)
{
    if (a->num_lps != b->num_lps || a->num_cmrs != b->num_cmrs ||
        memcmp(a->cmr, b->cmr, sizeof(a->cmr))) {
        return false;
    }
    for (unsigned lp = 0; lp < a->num_lps; lp++) {
        if (a->lp[lp].cpu != b->lp[lp].cpu) {
            return false;
        }
    }
    return true;
}

/* A processor may be unplugged, but not go as long as it is in here */
static void keep_processors(TdxModuleDevice *s, const SeamFound *found)
{
    unsigned cpus = max_cpus();

    for (unsigned lp = 0; lp < found->num_lps; lp++) {
        if (found->lp[lp].cpu) {
            object_ref(OBJECT(found->lp[lp].cpu));
        }
    }
    for (unsigned lp = 0; lp < s->found.num_lps; lp++) {
        if (s->found.lp[lp].cpu) {
            object_unref(OBJECT(s->found.lp[lp].cpu));
        }
    }
    for (unsigned i = 0; i < cpus; i++) {
        s->by_index[i].cpu = NULL;
    }
    for (unsigned lp = 0; lp < found->num_lps; lp++) {
        s->by_index[found->lp[lp].index] = (SeamCpu) { found->lp[lp].cpu, lp };
    }
}

/* The module on what was found; vCPUs stopped */
static void load_module(TdxModuleDevice *s, const SeamFound *found)
{
    TdxPlatformInfo plat = s->plat;

    keep_processors(s, found);
    copy_found(&s->found, found);
    plat.num_lps = found->num_lps;
    plat.num_pkgs = found->num_pkgs;
    memset(plat.pkg_fms, 0, sizeof(plat.pkg_fms));
    for (unsigned i = 0; i < found->num_pkgs; i++) {
        plat.pkg_fms[i] = s->fms;
    }
    memcpy(plat.cmr, found->cmr, sizeof(plat.cmr));
    if (s->module && !memcmp(&plat, &s->plat, sizeof(plat))) {
        tdx_module_set_config(s->module, &s->cfg);
        tdx_module_reset(s->module);
        seamldr_reset(s->loader);
    } else {
        seamldr_free(s->loader);
        tdx_module_free(s->module);
        s->plat = plat;
        s->module = tdx_module_new(&s->cfg, &s->plat, &s->ops, s);
        s->loader = seam_loader_new(s);
        s->module_ready = seamldr_ready_flag(s->loader);
        seam_faults_add(s);
        seam_private_resize(s);
        seam_ram_update(s);
        for (unsigned i = 0; i < found->num_cmrs; i++) {
            trace_seam_cmr(i, found->cmr[i].base, found->cmr[i].size);
        }
        trace_seam_load(plat.num_lps, plat.num_pkgs, found->num_cmrs);
    }
}

bool seam_firmware_start(TdxModuleDevice *s, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(SeamFound) found = new_found();
    bool ok = look(s, found, errp);

    found->started = runstate_is_running();
    load_module(s, found);
    return ok;
}

/*
 * The machine was reset and has not run since: firmware finds what is there
 * as the first processor begins, not what was there at the reset.
 */
static void vm_state_changed(void *opaque, bool running, RunState state)
{
    TdxModuleDevice *s = opaque;

    if (running && !s->found.started) {
        g_autoptr(SeamFound) found = new_found();
        Error *err = NULL;

        if (!look(s, found, &err)) {
            warn_report_err(err);
        }
        if (!same(found, &s->found)) {
            load_module(s, found);
        }
        s->found.started = true;
    }
}

void seam_firmware_init(TdxModuleDevice *s)
{
    unsigned cpus = max_cpus();

    s->num_cpus = cpus;
    s->by_index = g_new0(SeamCpu, cpus);
    s->entered = g_new0(SeamEntered, cpus);
    s->found.lp = g_new0(SeamLp, cpus);
    s->saved.lp = g_new0(SeamLp, cpus);
    qemu_add_vm_change_state_handler(vm_state_changed, s);
}

/* --- migration ----------------------------------------------------------- */

/*
 * @saved is what goes out and what comes in.  The latter is looked at before
 * it becomes @found, so that a machine which could not be restored is sound.
 */
static int pre_save(void *opaque)
{
    TdxModuleDevice *s = container_of(opaque, TdxModuleDevice, saved);

    copy_found(&s->saved, &s->found);
    for (unsigned lp = 0; lp < s->found.num_lps; lp++) {
        s->saved.lp[lp].there = seam_lp_is_there(s, lp);
    }
    return 0;
}

static int pre_load(void *opaque)
{
    SeamFound *saved = opaque;

    memset(saved->lp, 0, max_cpus() * sizeof(saved->lp[0]));
    *saved = (SeamFound) { .lp = saved->lp };
    return 0;
}

static bool lps_fit(void *opaque, int version_id)
{
    SeamFound *found = opaque;

    return found->num_lps >= 1 && found->num_lps <= max_cpus();
}

static bool cmrs_fit(void *opaque, int version_id)
{
    SeamFound *found = opaque;

    return found->num_cmrs <= TDX_MAX_CMRS;
}

/* Processors that the saved machine has lost are lost here, others needed */
static bool restore_lps(SeamFound *found, Error **errp)
{
    g_autofree bool *seen = g_new0(bool, max_cpus());
    g_autofree uint32_t *pkg = g_new(uint32_t, found->num_lps);

    for (unsigned lp = 0; lp < found->num_lps; lp++) {
        SeamLp *l = &found->lp[lp];

        pkg[lp] = l->pkg;
        /* The first one never goes */
        if (l->index >= max_cpus() || seen[l->index] ||
            (!lp && !(l->index == 0 && l->there))) {
            error_setg(errp, "the saved state is damaged");
            return false;
        }
        seen[l->index] = true;
        l->cpu = l->there ? plugged_cpu(l->index) : NULL;
        if (l->there && !l->cpu) {
            error_setg(errp, "the saved state counts processor %" PRIu32
                       ", which this machine does not have", l->index);
            return false;
        }
    }
    if (!number_packages(found, errp)) {
        return false;
    }
    for (unsigned lp = 0; lp < found->num_lps; lp++) {
        if (found->lp[lp].pkg != pkg[lp]) {
            error_setg(errp, "the saved state has processor %" PRIu32
                       " in package %" PRIu32 ", this machine in %" PRIu32,
                       found->lp[lp].index, pkg[lp], found->lp[lp].pkg);
            return false;
        }
    }
    return true;
}

static bool cmrs_valid(const TdxModuleDevice *s, const SeamFound *found)
{
    uint64_t end = 0;

    for (unsigned i = 0; i < TDX_MAX_CMRS; i++) {
        const TdxRange *r = &found->cmr[i];

        if (i >= found->num_cmrs) {
            if (r->base || r->size) {
                return false;
            }
            continue;
        }
        if (!r->size || (r->base | r->size) & (SEAM_PAGE_SIZE - 1) ||
            r->base < end || r->base >= s->plat.seamrr.base ||
            r->size > s->plat.seamrr.base - r->base) {
            return false;
        }
        end = r->base + r->size;
    }
    return true;
}

static int post_load(void *opaque, int version_id)
{
    SeamFound *saved = opaque;
    TdxModuleDevice *s = container_of(saved, TdxModuleDevice, saved);
    Error *err = NULL;

    if (!cmrs_valid(s, saved)) {
        error_setg(&err, "the saved state is damaged");
    }
    if (err || !restore_lps(saved, &err)) {
        error_reportf_err(err, "tdx-module: ");
        return -EINVAL;
    }
    load_module(s, saved);
    return 0;
}

static const VMStateDescription vmstate_lp = {
    .name = "tdx-module/lp",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(index, SeamLp),
        VMSTATE_UINT32(pkg, SeamLp),
        VMSTATE_BOOL(there, SeamLp),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_range = {
    .name = "tdx-module/range",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(base, TdxRange),
        VMSTATE_UINT64(size, TdxRange),
        VMSTATE_END_OF_LIST()
    },
};

const VMStateDescription vmstate_seam_found = {
    .name = "tdx-module/found",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = pre_save,
    .pre_load = pre_load,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(started, SeamFound),
        VMSTATE_UINT32(num_lps, SeamFound),
        VMSTATE_VALIDATE("processors fit", lps_fit),
        VMSTATE_STRUCT_VARRAY_POINTER_UINT32(lp, SeamFound, num_lps,
                                             vmstate_lp, SeamLp),
        VMSTATE_UINT32(num_cmrs, SeamFound),
        VMSTATE_VALIDATE("convertible memory fits", cmrs_fit),
        VMSTATE_STRUCT_VARRAY_UINT32(cmr, SeamFound, num_cmrs, 1,
                                     vmstate_range, TdxRange),
        VMSTATE_END_OF_LIST()
    },
};
