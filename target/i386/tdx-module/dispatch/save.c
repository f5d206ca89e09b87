/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The fields of a module's state, and how they are written and read.
 */

#include <glib.h>
#include <string.h>

#include "../core/lp.h"
#include "../core/state.h"
#include "../include/save.h"
#include "../vp/run.h"
#include "word.h"

#define MAX_NAME 32

/**
 * Field: elements of one size in a structure, or in each element of an array
 * of it.
 * @width: bytes of an element: 1 (a bool), 2, 4 or 8
 * @count: elements next to each other
 * @outer, @step: how many such groups, and bytes from one to the next
 * @limit: the largest value; 0: any that @width can hold
 */
typedef struct Field {
    const char *name;
    uint32_t offset;
    uint32_t count;
    uint32_t outer;
    uint32_t step;
    uint8_t width;
    uint32_t limit;
} Field;

#define MEMBER(path) ((TdxState *)NULL)->path

/* A member that is made up of values of @width_ bytes */
#define FIELD(name_, path, width_, ...) \
    { .name = name_, .offset = offsetof(TdxState, path), .width = width_, \
      .count = sizeof(MEMBER(path)) / (width_), .outer = 1, __VA_ARGS__ }
/* The same in each element of an array */
#define EACH(name_, array, path, width_, ...) \
    { .name = name_, .offset = offsetof(TdxState, array[0].path), \
      .width = width_, .count = sizeof(MEMBER(array[0].path)) / (width_), \
      .outer = sizeof(MEMBER(array)) / sizeof(MEMBER(array[0])), \
      .step = sizeof(MEMBER(array[0])), __VA_ARGS__ }

/* What is in the state, and in the handoff data within it once more */
#define ITSELF
#define HANDED_OVER(name, at) \
    FIELD(name "pkg-config-bitmap", at pkg_config_bitmap, 4), \
    FIELD(name "hkid", at hkid, 2), \
    FIELD(name "dynamic-pamt", at dynamic_pamt, 1), \
    FIELD(name "num-tdmrs", at num_tdmrs, 4, .limit = TDX_MAX_TDMRS), \
    EACH(name "tdmr-base", at tdmr, base, 8), \
    EACH(name "tdmr-size", at tdmr, size, 8), \
    EACH(name "tdmr-pamt", at tdmr, pamt, 8), \
    EACH(name "tdmr-reserved", at tdmr, rsvd, 8), \
    EACH(name "tdmr-num-reserved", at tdmr, num_rsvd, 4, \
         .limit = TDX_MAX_RSVD_PER_TDMR), \
    EACH(name "tdmr-last-initialized", at tdmr, last_initialized, 8), \
    EACH(name "tdmr-lock", at tdmr, lock, 2), \
    EACH(name "kot-state", at kot, state, 4, .limit = TDX_HKID_RESERVED), \
    EACH(name "kot-wbinvd-bitmap", at kot, wbinvd_bitmap, 4), \
    EACH(name "wbt-lock", at wbt, lock, 2), \
    EACH(name "wbt-interrupted", at wbt, interrupted, 1), \
    EACH(name "wbt-hkids", at wbt, hkids, 8), \
    FIELD(name "td-build-count", at td_build_count, 4)

static const Field fields[] = {
    FIELD("sys-state", sys_state, 4, .limit = TDX_NUM_SYS_STATES - 1),
    FIELD("fatal", fatal, 1),
    FIELD("global-lock", global_lock, 2),
    FIELD("kot-lock", kot_lock, 2),
    FIELD("num-init-lps", num_init_lps, 4),
    FIELD("num-init-pkgs", num_init_pkgs, 4),
    HANDED_OVER("", ITSELF),
    FIELD("update-compatibility", update_compatibility, 1),
    FIELD("tsc-adjust", tsc_adjust, 8),
    FIELD("native-cpuid", native_cpuid, 4),
    FIELD("common-msr", common_msr, 8),
    FIELD("handoff-size", handoff.size, 4),
    FIELD("handoff-hv", handoff.hv, 2),
    FIELD("handoff-valid", handoff.valid, 1),
    HANDED_OVER("handoff-", handoff.),
};

#define NUM_FIELDS G_N_ELEMENTS(fields)

/*
 * After them comes of each LP TdxLp.init, a byte each, and the TDVPR that ran
 * there last
 */
#define LP_INIT       "lp-init"
#define LP_LAST_TDVPR "lp-last-tdvpr"

/*
 * Then, for each LP that runs a TD, its number and what its TdxRunning has
 * beside what leads to memory: that is found anew once memory is there
 */
#define RUN_LP "run-lp"

#define RUNNING(name_, path) \
    { .name = "run-" name_, .offset = offsetof(TdxRunning, path), \
      .width = 8, .count = sizeof(((TdxRunning *)NULL)->path) / 8, .outer = 1 }

static const Field run_fields[] = {
    RUNNING("tdvpr", vp.hpa),
    RUNNING("rip-at-entry", rip_at_entry),
    { .name = "run-bus-lock", .offset = offsetof(TdxRunning, bus_lock),
      .width = 1, .count = 1, .outer = 1 },
    RUNNING("xsave", xsave),
    RUNNING("vmm-debugctl", vmm.debugctl),
    RUNNING("vmm-xmm", vmm.xmm),
    RUNNING("vmm-gpr", vmm.regs.gpr),
    RUNNING("vmm-cr2", vmm.regs.cr2),
    RUNNING("vmm-dr", vmm.regs.dr),
    RUNNING("vmm-dr6", vmm.regs.dr6),
    RUNNING("vmm-xcr0", vmm.regs.xcr0),
    RUNNING("vmm-xss", vmm.regs.xss),
    RUNNING("vmm-xfd", vmm.regs.xfd),
    RUNNING("vmm-xfd-err", vmm.regs.xfd_err),
    RUNNING("vmm-star", vmm.regs.star),
    RUNNING("vmm-lstar", vmm.regs.lstar),
    RUNNING("vmm-cstar", vmm.regs.cstar),
    RUNNING("vmm-fmask", vmm.regs.fmask),
    RUNNING("vmm-kernel-gs-base", vmm.regs.kernel_gs_base),
    RUNNING("vmm-tsc-aux", vmm.regs.tsc_aux),
    RUNNING("vmm-spec-ctrl", vmm.regs.spec_ctrl),
    RUNNING("vmm-umwait-control", vmm.regs.umwait_control),
    RUNNING("vmm-tsx-ctrl", vmm.regs.tsx_ctrl),
    RUNNING("vmm-uarch-misc-ctl", vmm.regs.uarch_misc_ctl),
    RUNNING("vmm-ds-area", vmm.regs.ds_area),
    RUNNING("vmm-xsave-mask", vmm.regs.xsave_mask),
};

#define NUM_RUN_FIELDS G_N_ELEMENTS(run_fields)

/* --- writing ------------------------------------------------------------- */

typedef struct Writer {
    TdxSavePut *put;
    void *opaque;
} Writer;

static void put_number(const Writer *w, uint64_t value, unsigned width)
{
    value = GUINT64_TO_LE(value);
    w->put(w->opaque, &value, width);
}

static void put_header(const Writer *w, const char *name, unsigned width,
                       uint32_t elements)
{
    put_number(w, strlen(name), 1);
    w->put(w->opaque, name, strlen(name));
    put_number(w, width, 1);
    put_number(w, elements, 4);
}

static void *place(const void *base, const Field *f, uint32_t i)
{
    return (char *)base + f->offset + i / f->count * f->step +
           i % f->count * f->width;
}

static void put_fields(const Writer *w, const Field *f, size_t n,
                       const void *base)
{
    for (; n; n--, f++) {
        put_header(w, f->name, f->width, f->count * f->outer);
        for (uint32_t i = 0; i < f->count * f->outer; i++) {
            put_number(w, tdx_word_get(place(base, f, i), f->width), f->width);
        }
    }
}

static unsigned num_running(const TdxModule *m)
{
    unsigned n = 0;

    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        n += tdx_vp_runs_td(m, lp);
    }
    return n;
}

void tdx_module_save(const TdxModule *m, TdxSavePut *put, void *opaque)
{
    const Writer w = { put, opaque };

    put_number(&w, TDX_SAVE_VERSION, 4);
    put_number(&w, NUM_FIELDS + 2 + num_running(m) * (1 + NUM_RUN_FIELDS), 4);
    put_fields(&w, fields, NUM_FIELDS, &m->st);
    put_header(&w, LP_INIT, 1, m->plat.num_lps);
    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        put_number(&w, m->lps[lp].init, 1);
    }
    put_header(&w, LP_LAST_TDVPR, 8, m->plat.num_lps);
    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        const TdxRunning *running = tdx_vp_running(m, lp);

        put_number(&w, running ? running->last_tdvpr : 0, 8);
    }
    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        if (tdx_vp_runs_td(m, lp)) {
            put_header(&w, RUN_LP, 4, 1);
            put_number(&w, lp, 4);
            put_fields(&w, run_fields, NUM_RUN_FIELDS, tdx_vp_running(m, lp));
        }
    }
}

/* --- reading ------------------------------------------------------------- */

typedef struct Reader {
    TdxSaveGet *get;
    void *opaque;
    char *why; /* once something is wrong */
    TdxRunning *running; /* of the LP that is being read */
} Reader;

static bool G_GNUC_PRINTF(2, 3) fail(Reader *r, const char *format, ...)
{
    if (!r->why) {
        va_list args;

        va_start(args, format);
        r->why = g_strdup_vprintf(format, args);
        va_end(args);
    }
    return false;
}

static bool get_bytes(Reader *r, void *data, size_t len)
{
    return r->get(r->opaque, data, len) ||
           fail(r, "the saved state ends too early");
}

static bool get_number(Reader *r, uint64_t *value, unsigned width)
{
    uint64_t bytes = 0;

    if (!get_bytes(r, &bytes, width)) {
        return false;
    }
    *value = GUINT64_FROM_LE(bytes);
    return true;
}

static bool get_element(Reader *r, const char *name, void *at, unsigned width,
                        uint64_t limit)
{
    uint64_t value;

    if (width == 1) {
        limit = 1;
    }
    if (!get_number(r, &value, width)) {
        return false;
    }
    if (limit && value > limit) {
        return fail(r, "'%s' of the saved state is 0x%" G_GINT64_MODIFIER
                    "x, which cannot be", name, value);
    }
    tdx_word_set(at, width, value);
    return true;
}

static bool check_size(Reader *r, const char *name, uint64_t width,
                       uint64_t elements, unsigned want_width,
                       uint32_t want_elements)
{
    return (width == want_width && elements == want_elements) ||
           fail(r, "'%s' of the saved state has %u elements of %u bytes, "
                "here it has %u of %u", name, (unsigned)elements,
                (unsigned)width, want_elements, want_width);
}

static const Field *find_field(const Field *f, size_t n, const char *name)
{
    for (; n; n--, f++) {
        if (!strcmp(f->name, name)) {
            return f;
        }
    }
    return NULL;
}

static bool get_values(Reader *r, const Field *f, void *base, uint64_t width,
                       uint64_t elements)
{
    uint32_t n = f->count * f->outer;
    bool ok = check_size(r, f->name, width, elements, f->width, n);

    for (uint32_t i = 0; ok && i < n; i++) {
        ok = get_element(r, f->name, place(base, f, i), f->width, f->limit);
    }
    return ok;
}

static bool get_last_tdvpr(Reader *r, TdxModule *m, uint64_t width,
                           uint64_t elements)
{
    bool ok = check_size(r, LP_LAST_TDVPR, width, elements, 8,
                         m->plat.num_lps);

    for (unsigned lp = 0; ok && lp < m->plat.num_lps; lp++) {
        uint64_t hpa;

        ok = get_number(r, &hpa, 8);
        if (ok && hpa) {
            tdx_vp_prepare_run(m, lp)->last_tdvpr = hpa;
        }
    }
    return ok;
}

static bool get_run_lp(Reader *r, TdxModule *m, uint64_t width,
                       uint64_t elements)
{
    uint32_t lp = 0;

    if (!check_size(r, RUN_LP, width, elements, 4, 1) ||
        !get_element(r, RUN_LP, &lp, 4, UINT32_MAX)) {
        return false;
    }
    if (lp >= m->plat.num_lps) {
        return fail(r, "the saved state has a TD on LP %u of %u", lp,
                    m->plat.num_lps);
    }
    r->running = tdx_vp_prepare_run(m, lp);
    return true;
}

static bool get_field(Reader *r, TdxModule *m, const char *name,
                      uint64_t width, uint64_t elements)
{
    const Field *f = find_field(fields, NUM_FIELDS, name);

    if (f) {
        return get_values(r, f, &m->st, width, elements);
    }
    if (!strcmp(name, LP_INIT)) {
        bool ok = check_size(r, name, width, elements, 1, m->plat.num_lps);

        for (unsigned lp = 0; ok && lp < m->plat.num_lps; lp++) {
            ok = get_element(r, name, &m->lps[lp].init, 1, 1);
        }
        return ok;
    }
    if (!strcmp(name, LP_LAST_TDVPR)) {
        return get_last_tdvpr(r, m, width, elements);
    }
    if (!strcmp(name, RUN_LP)) {
        return get_run_lp(r, m, width, elements);
    }
    f = r->running ? find_field(run_fields, NUM_RUN_FIELDS, name) : NULL;
    if (f) {
        return get_values(r, f, r->running, width, elements);
    }
    return fail(r, "the saved state has '%s', which this module does not know",
                name);
}

static bool is_name(const char *name)
{
    while (g_ascii_islower(*name) || g_ascii_isdigit(*name) || *name == '-') {
        name++;
    }
    return !*name;
}

static bool get_named_field(Reader *r, TdxModule *m)
{
    char name[MAX_NAME + 1] = "";
    uint64_t len, width, elements;

    if (!get_number(r, &len, 1)) {
        return false;
    }
    if (len > MAX_NAME) {
        return fail(r, "the saved state is damaged");
    }
    if (!get_bytes(r, name, len) || !get_number(r, &width, 1) ||
        !get_number(r, &elements, 4)) {
        return false;
    }
    return is_name(name) ? get_field(r, m, name, width, elements)
                         : fail(r, "the saved state is damaged");
}

char *tdx_module_load(TdxModule *m, TdxSaveGet *get, void *opaque)
{
    Reader r = { .get = get, .opaque = opaque };
    uint64_t version, n = 0;

    tdx_module_reset(m);
    if (get_number(&r, &version, 4) && version != TDX_SAVE_VERSION) {
        fail(&r, "the saved state has version %u, here it is %u",
             (unsigned)version, TDX_SAVE_VERSION);
    }
    if (!r.why) {
        get_number(&r, &n, 4);
    }
    for (; !r.why && n; n--) {
        get_named_field(&r, m);
    }
    if (r.why) {
        tdx_module_reset(m);
    }
    return r.why;
}

char *tdx_module_load_tds(TdxModule *m)
{
    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        TdxRunning *r = tdx_vp_running(m, lp);

        if (r && r->vp.hpa && !tdx_vp_adopt(m, lp)) {
            char *why = g_strdup_printf("the saved state has a TD on LP %u "
                                        "whose vCPU 0x%" G_GINT64_MODIFIER
                                        "x cannot run there", lp, r->vp.hpa);

            tdx_module_reset(m);
            return why;
        }
    }
    return NULL;
}

bool tdx_module_running(const TdxModule *m, unsigned lp, TdxTdRun *run)
{
    bool running = tdx_vp_runs_td(m, lp);

    if (running) {
        *run = tdx_vp_td_run(tdx_vp_running(m, lp));
    }
    return running;
}
