/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMLDR.CLEANUP, after which nothing of TDs is left, and SEAMLDR.SHUTDOWN,
 * after which the P-SEAMLDR is gone (P-SEAMLDR 5).
 */

#include "../tdx-module/include/update.h"
#include "state.h"

/* Steps of a package's write-back, between which an event can come */
#define CACHE_BLOCKS 4

/* What both want first: a processor that counts, no session but their own */
static SeamldrStatus check_call(LoaderCall *c, SeamldrFlow own)
{
    const SeamldrState *st = &c->l->st;

    return loader_require(c, c->id < SEAMLDR_MAX_LPS &&
                          !loader_fault(c, SEAMLDR_EUNSPECERR, false),
                          SEAMLDR_EUNSPECERR, "x2APIC id %u is too high",
                          c->id) ?:
           loader_require(c, st->flow == SEAMLDR_FLOW_READY || st->flow == own,
                          SEAMLDR_EBADCALL, "another session is open");
}

/* --- SHUTDOWN ------------------------------------------------------------ */

SeamldrStatus loader_shutdown(LoaderCall *c)
{
    Seamldr *l = c->l;
    SeamldrState *st = &l->st;
    SeamldrStatus status;

    status = check_call(c, SEAMLDR_FLOW_SHUTDOWN) ?:
             loader_require(c, !loader_is_dirty(st->key_dirty) &&
                            !loader_is_dirty(st->cache_dirty),
                            SEAMLDR_ECLEANUPREQ, "a module was installed since "
                            "SEAMLDR.CLEANUP");
    if (status) {
        return status;
    }
    session_add(&st->shutdown, c->id);
    if (st->shutdown.count == 1) {
        loader_set_ready(l, false);
        st->flow = SEAMLDR_FLOW_SHUTDOWN;
    }
    if (st->shutdown.count < l->plat->num_lps) {
        return SEAMLDR_SUCCESS;
    }
    if (c->id != l->ops->x2apic_id(l->opaque, 0)) {
        return loader_fails(c, SEAMLDR_EBADCALL, "the last call has to be made "
                            "on another processor");
    }
    memset(&st->extend, 0, sizeof(st->extend));
    return SEAMLDR_SUCCESS;
}

/* --- CLEANUP ------------------------------------------------------------- */

/* Has every other processor of the package finished? */
static bool last_of_package(const LoaderCall *c, uint32_t pkg)
{
    const Seamldr *l = c->l;

    for (unsigned lp = 0; lp < l->plat->num_lps; lp++) {
        uint32_t id = l->ops->x2apic_id(l->opaque, lp);

        if (lp != c->lp && l->tdx->lp_package(l->opaque, lp) == pkg &&
            (id >= SEAMLDR_MAX_LPS || !session_has(&l->st.cleanup, id))) {
            return false;
        }
    }
    return true;
}

static SeamldrStatus interrupted(LoaderCall *c)
{
    const Seamldr *l = c->l;
    bool pending = l->ops->event_pending &&
                   l->ops->event_pending(l->opaque, c->lp);

    return loader_require(c, !pending &&
                          !loader_fault(c, SEAMLDR_EINTERRUPT, false),
                          SEAMLDR_EINTERRUPT, "an event is pending");
}

/* Rows 7 and 8: a key at a time, and one more before each interruption */
static SeamldrStatus forget_keys(LoaderCall *c, uint32_t pkg)
{
    Seamldr *l = c->l;
    uint32_t *done = &l->st.key_progress[pkg];
    SeamldrStatus status = SEAMLDR_SUCCESS;

    while (*done < l->plat->tdx_keyids && !status) {
        uint16_t hkid = l->plat->mktme_keyids + 1 + *done;

        status = loader_require(c, !loader_fault(c, SEAMLDR_ENOENTROPY,
                                                 false) &&
                                l->tdx->key_config(l->opaque, c->lp, hkid) ==
                                TDX_KEY_OK, SEAMLDR_ENOENTROPY,
                                "there is no random key");
        if (!status) {
            ++*done;
            status = interrupted(c);
        }
    }
    l->st.key_dirty[pkg] = status != SEAMLDR_SUCCESS;
    return status;
}

/* Row 9 */
static SeamldrStatus write_back(LoaderCall *c, uint32_t pkg)
{
    uint32_t *done = &c->l->st.cache_progress[pkg];
    SeamldrStatus status = SEAMLDR_SUCCESS;

    while (*done < CACHE_BLOCKS && !status) {
        ++*done;
        status = interrupted(c);
    }
    c->l->st.cache_dirty[pkg] = status != SEAMLDR_SUCCESS;
    return status;
}

/* Row 10; what was private is lost with its keys */
static void end_cleanup(Seamldr *l)
{
    SeamExtend *e = &l->st.extend;

    tdx_module_unload(l->module);
    l->tdx->private_drop_all(l->opaque);
    memset(e, 0, offsetof(SeamExtend, seam_ready));
    l->st.seamdb_used = 0;
    l->st.remaining = l->cfg.seamdb_size;
    session_end(&l->st.cleanup);
    l->st.flow = SEAMLDR_FLOW_READY;
}

SeamldrStatus loader_cleanup(LoaderCall *c)
{
    Seamldr *l = c->l;
    SeamldrState *st = &l->st;
    uint32_t pkg = l->tdx->lp_package(l->opaque, c->lp);
    SeamldrStatus status;

    status = check_call(c, SEAMLDR_FLOW_CLEANUP) ?:
             loader_require(c, !session_has(&st->cleanup, c->id),
                            SEAMLDR_EBADCALL, "this processor has finished "
                            "SEAMLDR.CLEANUP") ?:
             loader_require(c, st->init_done, SEAMLDR_EBADCALL,
                            "no module was ever installed") ?:
             loader_require(c, pkg < TDX_MAX_PKGS, SEAMLDR_EUNSPECERR,
                            "package %u is too high", pkg);
    if (status) {
        return status;
    }
    if (st->flow == SEAMLDR_FLOW_READY) {
        st->flow = SEAMLDR_FLOW_CLEANUP;
        loader_set_ready(l, false);
        memset(st->extend.tee_tcb_svn, 0, sizeof(st->extend.tee_tcb_svn));
        tdx_module_drop_handoff(l->module);
    }
    if (last_of_package(c, pkg)) {
        status = (st->key_dirty[pkg] ? forget_keys(c, pkg)
                                     : SEAMLDR_SUCCESS) ?:
                 (st->cache_dirty[pkg] ? write_back(c, pkg)
                                       : SEAMLDR_SUCCESS);
        if (status) {
            return status;
        }
    }
    session_add(&st->cleanup, c->id);
    if (st->cleanup.count == l->plat->num_lps) {
        end_cleanup(l);
    }
    return SEAMLDR_SUCCESS;
}
