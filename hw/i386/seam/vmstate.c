/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Saving and restoring the TDX module: its state, the private pages that are
 * not zero, and a text that says which module on which machine they belong
 * to.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "migration/qemu-file-types.h"
#include "migration/vmstate.h"
#include "seam-internal.h"
#include "target/i386/tdx-module/include/check.h"
#include "target/i386/tdx-module/include/save.h"

#define NO_MORE_PAGES UINT64_MAX

/* --- identity ------------------------------------------------------------ */

/* All that must agree between the saved and the loaded module, as words */
static char *module_identity(const TdxModuleDevice *s)
{
    const TdxModuleConfig *c = &s->cfg;
    const TdxPlatformInfo *p = &s->plat;
    GString *id = g_string_new(NULL);

    g_string_append_printf(id, "version=%u.%u.%02u,internal-version=%u,"
                           "build-date=%u,build-num=%u,features0=0x%" PRIx64
                           ",max-tdmrs=%u,max-reserved-per-tdmr=%u,"
                           "num-handoff-pages=%u,sys-disable=%s",
                           c->major, c->minor, c->update, c->internal,
                           c->build_date, c->build_num, c->features0,
                           c->max_tdmrs, c->max_rsvd_per_tdmr,
                           c->num_handoff_pages,
                           c->sys_disable ? "on" : "off");
    if (c->first_generation) {
        g_string_append(id, ",generation=1.0");
    }
    if (s->update) {
        g_string_append_printf(id, ",seamdb-size=%u,debug-unlocked=%s",
                               s->seamdb_size,
                               s->debug_unlocked ? "on" : "off");
    }
    g_string_append_printf(id, "; machine: phys-bits=%u,keyid-bits=%u,"
                           "mktme-keyids=%u,tdx-keyids=%u,"
                           "seamrr=0x%" PRIx64 "+0x%" PRIx64,
                           p->max_pa, p->keyid_bits, p->mktme_keyids,
                           p->tdx_keyids, p->seamrr.base, p->seamrr.size);
    if (s->partial_write_erratum) {
        g_string_append(id, ",partial-write-erratum=on");
    }
    /* As private pages have it */
    g_string_append(id, HOST_BIG_ENDIAN ? "; big-endian" : "; little-endian");
    return g_string_free(id, false);
}

static int put_identity(QEMUFile *f, void *pv, size_t size,
                        const VMStateField *field, JSONWriter *vmdesc)
{
    TdxModuleDevice *s = pv;
    g_autofree char *id = module_identity(s);
    size_t len = strlen(id);

    qemu_put_be32(f, len);
    qemu_put_buffer(f, (uint8_t *)id, len);
    return 0;
}

static int get_identity(QEMUFile *f, void *pv, size_t size,
                        const VMStateField *field)
{
    TdxModuleDevice *s = pv;
    g_autofree char *want = module_identity(s);
    g_autofree char *have = NULL;
    uint32_t len = qemu_get_be32(f);

    /* Each item takes less than 64 characters */
    if (len > 64 * 32) {
        error_report("tdx-module: the saved state is damaged");
        return -EINVAL;
    }
    have = g_malloc0(len + 1);
    if (qemu_get_buffer(f, (uint8_t *)have, len) != len) {
        return -EIO;
    }
    if (strcmp(have, want)) {
        error_report("tdx-module: the saved state is of another module or "
                     "machine: it has '%s', this is '%s'", have, want);
        return -EINVAL;
    }
    return 0;
}

static const VMStateInfo vmstate_info_identity = {
    .name = "tdx-module identity",
    .get = get_identity,
    .put = put_identity,
};

/* --- state --------------------------------------------------------------- */

static void put_bytes(void *opaque, const void *data, size_t len)
{
    qemu_put_buffer(opaque, data, len);
}

static bool get_bytes(void *opaque, void *data, size_t len)
{
    return qemu_get_buffer(opaque, data, len) == len;
}

static int put_state(QEMUFile *f, void *pv, size_t size,
                     const VMStateField *field, JSONWriter *vmdesc)
{
    TdxModuleDevice *s = pv;

    tdx_module_save(s->module, put_bytes, f);
    return 0;
}

/* Private memory comes after it: see get_private() */
static int get_state(QEMUFile *f, void *pv, size_t size,
                     const VMStateField *field)
{
    TdxModuleDevice *s = pv;
    g_autofree char *why = tdx_module_load(s->module, get_bytes, f);

    if (why) {
        error_report("tdx-module: %s", why);
        return -EINVAL;
    }
    return 0;
}

static const VMStateInfo vmstate_info_state = {
    .name = "tdx-module state",
    .get = get_state,
    .put = put_state,
};

/* --- private memory ------------------------------------------------------ */

static int put_private(QEMUFile *f, void *pv, size_t size,
                       const VMStateField *field, JSONWriter *vmdesc)
{
    TdxModuleDevice *s = pv;
    uint64_t hpa = 0;
    void *page;

    while ((page = seam_private_next(s, &hpa))) {
        if (!buffer_is_zero(page, SEAM_PAGE_SIZE)) {
            qemu_put_be64(f, hpa);
            qemu_put_buffer(f, page, SEAM_PAGE_SIZE);
        }
        hpa += SEAM_PAGE_SIZE;
    }
    qemu_put_be64(f, NO_MORE_PAGES);
    return 0;
}

static int get_private(QEMUFile *f, void *pv, size_t size,
                       const VMStateField *field)
{
    TdxModuleDevice *s = pv;
    uint64_t hpa;

    seam_private_discard(s);
    while ((hpa = qemu_get_be64(f)) != NO_MORE_PAGES) {
        void *page = hpa & (SEAM_PAGE_SIZE - 1)
                     ? NULL : seam_private_page(s, hpa, 0);

        if (!page) {
            error_report("tdx-module: the saved state has a private page at "
                         "0x%" PRIx64 ", where this machine has no RAM", hpa);
            return -EINVAL;
        }
        if (qemu_get_buffer(f, page, SEAM_PAGE_SIZE) != SEAM_PAGE_SIZE) {
            return -EIO;
        }
    }
    return 0;
}

static const VMStateInfo vmstate_info_private = {
    .name = "tdx-module private memory",
    .get = get_private,
    .put = put_private,
};

/* All three work on the device as a whole */
#define VMSTATE_WHOLE(_info) {            \
    .name = #_info,                       \
    .info = &(_info),                     \
    .flags = VMS_SINGLE,                  \
    .size = sizeof(TdxModuleDevice),      \
    .offset = 0,                          \
}

/* Each processor runs what the module says that it does */
static bool load_running(TdxModuleDevice *s)
{
    for (unsigned lp = 0; lp < s->found.num_lps; lp++) {
        X86CPU *cpu = s->found.lp[lp].cpu;
        TdxTdRun run;
        bool runs = tdx_module_running(s->module, lp, &run);

        if (cpu ? !x86_seam_td_loaded(cpu, runs ? &run : NULL) : runs) {
            return false;
        }
    }
    return true;
}

/* No vCPU runs yet, so no SEAMCALL does */
static int post_load(void *opaque, int version_id)
{
    TdxModuleDevice *s = opaque;
    g_autofree char *refused = tdx_module_load_tds(s->module);
    g_autofree char *why = NULL;

    if (refused) {
        error_report("tdx-module: %s", refused);
        return -EINVAL;
    }
    if (!load_running(s)) {
        error_report("tdx-module: a processor and the saved module disagree on "
                     "the TD that it runs");
        return -EINVAL;
    }
    why = s->check ? tdx_module_check(s->module) : NULL;
    if (why) {
        error_report("tdx-module: the saved state contradicts itself: %s",
                     why);
        return -EINVAL;
    }
    return 0;
}

/* Reports that were made before can be verified after. */
static const VMStateDescription vmstate_report_key = {
    .name = "tdx-module/report-key",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER(report_key, TdxModuleDevice),
        VMSTATE_END_OF_LIST()
    },
};

/*
 * Versions 1 and 2 held a structure of the module as it was in memory, and the
 * vCPUs of version 3 had no VMCS.  QEMU refuses them in one line: "incoming
 * version_id 1 is too old".
 */
const VMStateDescription vmstate_tdx_module = {
    .name = "tdx-module",
    .version_id = 4,
    .minimum_version_id = 4,
    .post_load = post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_WHOLE(vmstate_info_identity),
        VMSTATE_STRUCT(saved, TdxModuleDevice, 1, vmstate_seam_found,
                       SeamFound),
        VMSTATE_WHOLE(vmstate_info_state),
        VMSTATE_WHOLE(vmstate_info_private),
        VMSTATE_WHOLE(vmstate_info_integrity),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_poison,
        &vmstate_report_key,
        &vmstate_seam_loader,
        NULL
    },
};
