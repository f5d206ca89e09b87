/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMLDR.INSTALL: another module, once all processors have asked for it; what
 * is asked is looked at in the call of the last one (P-SEAMLDR 3).
 */

#include "../tdx-module/include/update.h"
#include "state.h"

#define RANDOM_TRIES 5

/* What the last call works with; @image is of @image_len bytes */
typedef struct Installation {
    SeamldrParams params;
    SeamSigstruct sig;
    uint8_t *image;
    size_t image_len;
    bool update;
} Installation;

static bool any(const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        if (bytes[--len]) {
            return true;
        }
    }
    return false;
}

static SeamldrStatus check_page_list(LoaderCall *c, const SeamldrParams *p,
                                     uint64_t num)
{
    SeamldrStatus status = SEAMLDR_SUCCESS;

    for (uint64_t i = 0; i < num && !status; i++) {
        status = loader_shared(c, "a page of the module",
                               GUINT64_FROM_LE(p->page[i]), SEAMLDR_PAGE);
    }
    return status ?: loader_shared(c, "the SIGSTRUCT",
                                   GUINT64_FROM_LE(p->sigstruct),
                                   SEAMLDR_PAGE);
}

/* 3.3 rows 1 to 7 */
static SeamldrStatus take_params(LoaderCall *c, Installation *in)
{
    SeamldrParams *p = &in->params;
    uint32_t scenario;
    uint64_t num;
    SeamldrStatus status = loader_shared(c, "SEAMLDR_PARAMS",
                                         c->gpr[TDX_RCX], sizeof(*p));

    if (status) {
        return status;
    }
    loader_read(c->l, c->gpr[TDX_RCX], p, sizeof(*p));
    scenario = GUINT32_FROM_LE(p->scenario);
    num = GUINT64_FROM_LE(p->num_pages);
    in->update = scenario == SEAMLDR_REPLACE;
    return loader_require(c, !p->version, SEAMLDR_EBADPARAM,
                          "SEAMLDR_PARAMS.version is not 0") ?:
           loader_require(c, !any(p->reserved, sizeof(p->reserved)),
                          SEAMLDR_EBADPARAM,
                          "SEAMLDR_PARAMS has reserved bits set") ?:
           loader_require(c, scenario == SEAMLDR_LOAD || in->update,
                          SEAMLDR_EBADPARAM, "there is no scenario %u",
                          scenario) ?:
           loader_require(c, num >= 1 && num <= SEAMLDR_MAX_PAGES,
                          SEAMLDR_EBADPARAM, "the module has %"
                          G_GINT64_MODIFIER "u pages, not 1 to %u", num,
                          SEAMLDR_MAX_PAGES) ?:
           check_page_list(c, p, num) ?:
           loader_require(c, !in->update || c->l->st.snapshot.seam_ready,
                          SEAMLDR_EBADPARAM, "there is no module to update");
}

/* Rows 11 to 14 */
static SeamldrStatus check_svn(LoaderCall *c, const Installation *in)
{
    const SeamldrState *st = &c->l->st;
    unsigned minor = in->sig.svn_minor, major = in->sig.svn_major;
    unsigned minor_now = st->snapshot.tee_tcb_svn[0];
    unsigned major_now = st->snapshot.tee_tcb_svn[1];
    bool dirty = loader_is_dirty(st->key_dirty) ||
                 loader_is_dirty(st->cache_dirty);

    return loader_require(c, major, SEAMLDR_EUNSUPPORTED,
                          "the major SVN is 0") ?:
           loader_require(c, !in->update || major == major_now,
                          SEAMLDR_EUNSUPPORTED, "the major SVN is %u, now it "
                          "is %u", major, major_now) ?:
           loader_require(c, !in->update || minor >= minor_now,
                          SEAMLDR_EBADSIG, "the minor SVN is %u, now it is "
                          "%u", minor, minor_now) ?:
           loader_require(c, in->update || !dirty ||
                          (major == major_now && minor >= minor_now),
                          SEAMLDR_ECLEANUPREQ, "the SVN is %u.%u, now it is "
                          "%u.%u, and SEAMLDR.CLEANUP was not called", major,
                          minor, major_now, minor_now);
}

/* Row 15 */
static SeamldrStatus check_offsets(LoaderCall *c, const Installation *in)
{
    enum { FAULT_WRAPPER_SIZE = 512 };
    uint32_t gdt = GUINT32_FROM_LE(in->sig.gdt_idt_offset);
    uint32_t wrapper = GUINT32_FROM_LE(in->sig.fault_wrapper_offset);

    return loader_require(c, (!gdt || gdt <= in->image_len - SEAMLDR_PAGE) &&
                          (!wrapper ||
                           wrapper <= in->image_len - FAULT_WRAPPER_SIZE),
                          SEAMLDR_EBADSIG, "SIGSTRUCT.gdt_idt_offset 0x%x or "
                          "fault_wrapper_offset 0x%x is outside of the image",
                          gdt, wrapper);
}

/* Row 22 */
static SeamldrStatus check_handoff(LoaderCall *c, const Installation *in)
{
    const Seamldr *l = c->l;
    TdxHandoffHeader h = tdx_module_handoff(l->module);
    unsigned low = GUINT16_FROM_LE(in->sig.min_update_hv);
    unsigned high = GUINT16_FROM_LE(in->sig.module_hv);
    uint64_t room = (l->st.num_handoff_pages + 1ULL) * SEAMLDR_PAGE;

    return loader_require(c, h.valid, SEAMLDR_EBADHANDOFF,
                          "there is no handoff data") ?:
           loader_require(c, TDX_HANDOFF_HEADER_SIZE + (uint64_t)h.size <=
                          room, SEAMLDR_EBADHANDOFF,
                          "the handoff data is larger than its pages") ?:
           loader_require(c, h.hv >= low && h.hv <= high, SEAMLDR_EBADHANDOFF,
                          "the handoff data is of version %u, the module takes "
                          "%u to %u", h.hv, low, high);
}

/* Rows 8 to 22, after which there is no way back */
static SeamldrStatus check_module(LoaderCall *c, Installation *in)
{
    const Seamldr *l = c->l;
    SeamSigstruct *sig = &in->sig;
    uint64_t room = l->own.base - l->plat->seamrr.base;
    uint64_t need;

    loader_read(l, GUINT64_FROM_LE(in->params.sigstruct), sig, sizeof(*sig));
    in->image_len = GUINT64_FROM_LE(in->params.num_pages) * SEAMLDR_PAGE;
    need = loader_memory_needed(l, sig);
    return sigstruct_check_fields(c, sig) ?:
           sigstruct_check_key(c, sig) ?:
           loader_require(c, l->cfg.debug_unlocked ||
                          !(GUINT32_FROM_LE(sig->module_type) &
                            SEAM_SIG_DEBUG), SEAMLDR_EBADSIG,
                          "the module is signed for debugging") ?:
           check_svn(c, in) ?:
           check_offsets(c, in) ?:
           sigstruct_check_cpus(c, sig) ?:
           sigstruct_check_signature(c, sig) ?:
           loader_require(c, !loader_fault(c, SEAMLDR_ENOENTROPY, false) &&
                          loader_random(l), SEAMLDR_ENOENTROPY,
                          "there is no random number") ?:
           loader_require(c, !loader_fault(c, SEAMLDR_ENOMEM, false) &&
                          need <= room, SEAMLDR_ENOMEM,
                          "the module takes 0x%" G_GINT64_MODIFIER "x of 0x%"
                          G_GINT64_MODIFIER "x bytes", need, room) ?:
           loader_require(c, !in->update || l->st.remaining,
                          SEAMLDR_EBADCALL, "the updates are used up") ?:
           (in->update ? check_handoff(c, in) : SEAMLDR_SUCCESS);
}

/* Rows 23 to 25 */
static SeamldrStatus load_image(LoaderCall *c, Installation *in,
                                TdxModuleConfig *cfg)
{
    uint64_t num = GUINT64_FROM_LE(in->params.num_pages);
    uint8_t hash[SEAM_HASH_SIZE];

    if (loader_fault(c, SEAMLDR_ENOMEM, true)) {
        return loader_fails(c, SEAMLDR_ENOMEM, "the page tables do not fit");
    }
    in->image = g_malloc(in->image_len);
    for (uint64_t i = 0; i < num; i++) {
        loader_read(c->l, GUINT64_FROM_LE(in->params.page[i]),
                    in->image + i * SEAMLDR_PAGE, SEAMLDR_PAGE);
    }
    loader_sha384(hash, in->image, in->image_len, NULL, 0);
    return loader_require(c, !memcmp(hash, in->sig.seamhash, sizeof(hash)) &&
                          !loader_fault(c, SEAMLDR_EBADHASH, true),
                          SEAMLDR_EBADHASH,
                          "the pages are not those that were signed") ?:
           image_parse(c, cfg, in->image, in->image_len, &in->sig);
}

/* Row 27 */
static bool seamdb_insert(LoaderCall *c)
{
    if (loader_fault(c, SEAMLDR_ENOENTROPY, true)) {
        return false;
    }
    for (unsigned i = 0; i < RANDOM_TRIES; i++) {
        if (loader_random(c->l)) {
            c->l->st.seamdb_used++;
            return true;
        }
    }
    return false;
}

/* Rows 23 to 28: the module that was there is gone whatever happens */
static SeamldrStatus replace_module(LoaderCall *c, Installation *in)
{
    Seamldr *l = c->l;
    SeamldrState *st = &l->st;
    SeamExtend *e = &st->extend;
    TdxModuleConfig cfg;
    SeamldrStatus status;

    if (!in->update) {
        st->seamdb_used = 0;
        st->remaining = l->cfg.seamdb_size;
    }
    status = load_image(c, in, &cfg);
    e->valid = 0;
    memset(e->tee_tcb_svn, 0, sizeof(e->tee_tcb_svn));
    memset(e->mrseam, 0, sizeof(e->mrseam));
    if (status) {
        tdx_module_unload(l->module);
        return status;
    }
    tdx_module_install(l->module, &cfg, in->update);
    e->valid = SEAM_EXTEND_VALID;
    e->tee_tcb_svn[0] = in->sig.svn_minor;
    e->tee_tcb_svn[1] = in->sig.svn_major;
    memcpy(e->mrseam, in->sig.seamhash, sizeof(e->mrseam));
    if (!seamdb_insert(c)) {
        return loader_fails(c, SEAMLDR_ENOENTROPY, "there is no random number "
                            "for the SEAM database");
    }
    st->rules = cfg.sigstruct;
    st->num_handoff_pages = cfg.num_handoff_pages;
    st->remaining--;
    st->installs++;
    loader_set_dirty(l, true);
    loader_set_ready(l, true);
    return SEAMLDR_SUCCESS;
}

/* 3.3 and 3.6; RDX says whether the module that was there still is */
static SeamldrStatus install_last(LoaderCall *c)
{
    Seamldr *l = c->l;
    g_autofree Installation *in = g_new0(Installation, 1);
    SeamldrStatus status = take_params(c, in) ?: check_module(c, in);

    if (status) {
        /* Nothing else of SEAMEXTEND has changed yet */
        loader_set_ready(l, l->st.snapshot.seam_ready);
    } else {
        status = replace_module(c, in);
        c->gpr[TDX_RDX] = status != SEAMLDR_SUCCESS;
    }
    g_free(in->image);
    session_end(&l->st.install);
    l->st.flow = SEAMLDR_FLOW_READY;
    return status;
}

/* 3.2 */
SeamldrStatus loader_install(LoaderCall *c)
{
    Seamldr *l = c->l;
    SeamldrState *st = &l->st;
    SeamldrStatus status;

    c->gpr[TDX_RDX] = 0;
    status = loader_require(c, c->id < SEAMLDR_MAX_LPS &&
                            !loader_fault(c, SEAMLDR_EUNSPECERR, false),
                            SEAMLDR_EUNSPECERR, "x2APIC id %u is too high",
                            c->id) ?:
             loader_require(c, !st->shutdown.count, SEAMLDR_EBADCALL,
                            "SEAMLDR.SHUTDOWN was called") ?:
             loader_require(c, st->flow == SEAMLDR_FLOW_READY ||
                            st->flow == SEAMLDR_FLOW_INSTALL,
                            SEAMLDR_EBADCALL, "SEAMLDR.CLEANUP is under way") ?:
             loader_require(c, session_add(&st->install, c->id),
                            SEAMLDR_EBADCALL, "this processor has called "
                            "SEAMLDR.INSTALL in this session");
    if (status) {
        return status;
    }
    if (st->install.count == 1) {
        st->snapshot = st->extend;
        loader_set_ready(l, false);
        st->flow = SEAMLDR_FLOW_INSTALL;
    }
    if (st->install.count < l->plat->num_lps) {
        return SEAMLDR_SUCCESS;
    }
    st->init_done = true;
    return install_last(c);
}
