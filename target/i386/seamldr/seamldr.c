/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR as an object: life, and the way of a call to its leaf.
 */

#include <stdarg.h>
#include <stdio.h>

#include "../tdx-module/include/describe.h"
#include "state.h"

/* At the end of the SEAM range; the rest is the modules' */
#define LOADER_SIZE (2ULL << 20)

/* --- names --------------------------------------------------------------- */

const char *seamldr_leaf_name(uint64_t rax)
{
    switch (rax & ~SEAMLDR_CALL) {
#define SEAMLDR_LEAF(number, id, name) case number: return name;
#include "abi/leaf-list.h"
#undef SEAMLDR_LEAF
    default:
        return NULL;
    }
}

const char *seamldr_status_name(uint64_t status)
{
    switch (status) {
#define SEAMLDR_STATUS(name, value) case value: return #name;
#include "abi/status-list.h"
#undef SEAMLDR_STATUS
    default:
        return NULL;
    }
}

/* --- life ---------------------------------------------------------------- */

/* What is in the image that firmware has loaded, had anybody packed it */
static void measure_boot(Seamldr *l, uint8_t hash[SEAM_HASH_SIZE])
{
    g_autofree char *words = tdx_module_describe(&l->boot);

    loader_sha384(hash, words, strlen(words), NULL, 0);
}

/* 1.5: when firmware has done its work */
void seamldr_reset(Seamldr *l)
{
    SeamldrState *st = &l->st;

    *st = (SeamldrState) {
        .extend = { .p_seamldr_ready = 1 },
        .init_done = true,
        .rules = l->boot.sigstruct,
        .num_handoff_pages = l->boot.num_handoff_pages,
    };
    if (l->cfg.update) {
        st->seamdb_used = 1;
        st->remaining = l->cfg.seamdb_size - 1;
        st->extend.valid = SEAM_EXTEND_VALID;
        st->extend.tee_tcb_svn[0] = l->boot.svn_minor;
        st->extend.tee_tcb_svn[1] = l->boot.svn_major;
        measure_boot(l, st->extend.mrseam);
    }
    loader_set_dirty(l, true);
    loader_set_ready(l, true);
    memset(l->calls, 0, sizeof(l->calls));
    __atomic_store_n(&l->busy, 0, __ATOMIC_SEQ_CST);
}

Seamldr *seamldr_new(const SeamldrConfig *cfg, TdxModule *module,
                     const TdxModuleConfig *boot, const TdxPlatformInfo *plat,
                     const TdxPlatformOps *tdx_ops, const SeamldrOps *ops,
                     void *opaque)
{
    Seamldr *l = g_new0(Seamldr, 1);
    const TdxRange *range = &plat->seamrr;

    l->cfg = *cfg;
    l->module = module;
    l->boot = *boot;
    l->plat = plat;
    l->tdx = tdx_ops;
    l->ops = ops;
    l->opaque = opaque;
    l->hkid_start_bit = plat->max_pa - plat->keyid_bits;
    l->hkid_mask = (1ULL << plat->max_pa) - (1ULL << l->hkid_start_bit);
    l->own.size = MIN(LOADER_SIZE, range->size);
    l->own.base = range->base + range->size - l->own.size;
    seamldr_reset(l);
    return l;
}

void seamldr_free(Seamldr *l)
{
    g_free(l);
}

const uint8_t *seamldr_ready_flag(const Seamldr *l)
{
    return &l->st.extend.seam_ready;
}

bool seamldr_ready(const Seamldr *l)
{
    return __atomic_load_n(seamldr_ready_flag(l), __ATOMIC_SEQ_CST);
}

SeamldrState *seamldr_state(Seamldr *l)
{
    return &l->st;
}

static bool sessions_fit(const SeamldrState *st)
{
    return st->install.count <= SEAMLDR_MAX_LPS &&
           st->shutdown.count <= SEAMLDR_MAX_LPS &&
           st->cleanup.count <= SEAMLDR_MAX_LPS;
}

const char *seamldr_state_error(const Seamldr *l, const SeamldrState *st)
{
    if (st->flow >= SEAMLDR_NUM_FLOWS || !sessions_fit(st) ||
        st->seamdb_used > l->cfg.seamdb_size ||
        st->remaining > l->cfg.seamdb_size ||
        st->extend.seam_ready > 1 || st->extend.p_seamldr_ready > 1) {
        return "the state of the P-SEAMLDR is damaged";
    }
    return NULL;
}

/* --- what leaves share --------------------------------------------------- */

SeamldrStatus loader_fails(LoaderCall *c, SeamldrStatus status,
                           const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(c->why, SEAMLDR_WHY_SIZE, format, args);
    va_end(args);
    return status;
}

SeamldrStatus loader_shared(LoaderCall *c, const char *what, uint64_t hpa,
                            uint64_t align)
{
    const Seamldr *l = c->l;
    uint64_t keyid = (hpa & l->hkid_mask) >> l->hkid_start_bit;
    uint64_t at = hpa & ~l->hkid_mask;

    return loader_require(c, !(hpa & (align - 1)), SEAMLDR_EBADPARAM,
                          "%s 0x%" G_GINT64_MODIFIER "x is not aligned to "
                          "0x%" G_GINT64_MODIFIER "x", what, hpa, align) ?:
           loader_require(c, !(hpa >> l->plat->max_pa), SEAMLDR_EBADPARAM,
                          "%s 0x%" G_GINT64_MODIFIER "x is too high", what,
                          hpa) ?:
           loader_require(c, at - l->plat->seamrr.base >= l->plat->seamrr.size,
                          SEAMLDR_EBADPARAM, "%s 0x%" G_GINT64_MODIFIER "x "
                          "lies in the SEAM range", what, hpa) ?:
           loader_require(c, keyid <= l->plat->mktme_keyids,
                          SEAMLDR_EBADPARAM, "%s 0x%" G_GINT64_MODIFIER "x "
                          "carries a KeyID of TDX", what, hpa);
}

/* Where nobody answers, ones are read and what is written is lost */
void loader_read(const Seamldr *l, uint64_t hpa, void *buf, size_t len)
{
    l->tdx->read_shared(l->opaque, hpa & ~l->hkid_mask, buf, len);
}

void loader_write(const Seamldr *l, uint64_t hpa, const void *buf, size_t len)
{
    l->tdx->write_shared(l->opaque, hpa & ~l->hkid_mask, buf, len);
}

bool loader_random(const Seamldr *l)
{
    uint64_t number;

    return l->tdx->random(l->opaque, &number, sizeof(number));
}

bool session_has(const SeamldrSession *s, uint32_t id)
{
    return s->called[id / 64] >> (id % 64) & 1;
}

bool session_add(SeamldrSession *s, uint32_t id)
{
    if (session_has(s, id)) {
        return false;
    }
    s->called[id / 64] |= 1ULL << (id % 64);
    s->count++;
    return true;
}

void session_end(SeamldrSession *s)
{
    memset(s, 0, sizeof(*s));
}

void loader_set_ready(Seamldr *l, bool ready)
{
    __atomic_store_n(&l->st.extend.seam_ready, ready, __ATOMIC_SEQ_CST);
}

void loader_set_dirty(Seamldr *l, bool dirty)
{
    for (unsigned pkg = 0; pkg < l->plat->num_pkgs; pkg++) {
        l->st.key_dirty[pkg] = l->st.cache_dirty[pkg] = dirty;
        l->st.key_progress[pkg] = l->st.cache_progress[pkg] = 0;
    }
}

bool loader_is_dirty(const bool *dirty)
{
    for (unsigned pkg = 0; pkg < TDX_MAX_PKGS; pkg++) {
        if (dirty[pkg]) {
            return true;
        }
    }
    return false;
}

/* --- calls --------------------------------------------------------------- */

/* 1.1: all of RAX is compared.  Without updates there is INFO only */
static SeamldrStatus dispatch(LoaderCall *c)
{
    const Seamldr *l = c->l;
    uint64_t number = c->gpr[TDX_RAX] & ~SEAMLDR_CALL;

    if (number == SEAMLDR_INFO) {
        return loader_info(c);
    }
    if (number >= SEAMLDR_NUM_LEAVES) {
        return loader_fails(c, SEAMLDR_EBADPARAM, "there is no such leaf");
    }
    if (!l->cfg.update) {
        return loader_fails(c, SEAMLDR_EBADCALL, "this loader has no updates");
    }
    switch (number) {
    case SEAMLDR_INSTALL:
        return loader_install(c);
    case SEAMLDR_SHUTDOWN:
        return loader_shutdown(c);
    case SEAMLDR_SEAMINFO:
        return loader_seaminfo(c);
    default:
        return loader_cleanup(c);
    }
}

/* Each fault counts all calls of its leaf; the first that can is this one's */
static SeamldrFault *choose_fault(Seamldr *l, uint64_t leaf, uint64_t *call)
{
    SeamldrFault *chosen = NULL;

    for (SeamldrFault *f = l->faults; f; f = f->next) {
        if (f->leaf != leaf) {
            continue;
        }
        f->calls++;
        if (!chosen && f->calls >= f->nth &&
            (!f->count || f->hits < f->count)) {
            chosen = f;
            *call = f->calls;
        }
    }
    return chosen;
}

bool loader_fault(LoaderCall *c, SeamldrStatus status, bool fatal)
{
    if (!c->fault || c->fault->vmfail || c->fault->status != status ||
        c->fault->fatal != fatal) {
        return false;
    }
    c->fault_hit = true;
    return true;
}

static bool changes_nothing(uint64_t leaf)
{
    return leaf == SEAMLDR_INFO || leaf == SEAMLDR_SEAMINFO;
}

static bool call_locked(LoaderCall *c, uint64_t leaf)
{
    Seamldr *l = c->l;
    SeamldrCalls *n = &l->calls[MIN(leaf, SEAMLDR_NUM_LEAVES)];
    uint64_t call = 0;
    SeamldrFault *f = choose_fault(l, leaf, &call);
    SeamldrStatus status = SEAMLDR_SUCCESS;
    bool answered = __atomic_load_n(&l->st.extend.p_seamldr_ready,
                                    __ATOMIC_SEQ_CST);

    if (!answered) {
        loader_fails(c, SEAMLDR_EBADCALL, "the P-SEAMLDR was shut down");
    } else if (f && f->vmfail) {
        loader_fails(c, SEAMLDR_EBADCALL, "the P-SEAMLDR is busy by fault");
        c->fault_hit = true;
        answered = false;
    } else {
        c->fault = f;
        c->id = l->ops->x2apic_id(l->opaque, c->lp);
        status = dispatch(c);
        c->gpr[TDX_RAX] = status;
    }
    n->calls++;
    n->errors += !answered || status;
    if (c->fault_hit) {
        f->hits++;
        if (f->on_hit) {
            f->on_hit(f, c->lp, call);
        }
    }
    return answered;
}

bool seamldr_call(Seamldr *l, unsigned lp, uint64_t gpr[TDX_NUM_GPRS],
                  char why[SEAMLDR_WHY_SIZE])
{
    LoaderCall c = { .l = l, .lp = lp, .gpr = gpr, .why = why };
    uint64_t leaf = gpr[TDX_RAX] & ~SEAMLDR_CALL;
    bool answered;

    why[0] = '\0';
    if (__atomic_exchange_n(&l->busy, 1, __ATOMIC_SEQ_CST)) {
        loader_fails(&c, SEAMLDR_EBADCALL,
                     "another processor is in the P-SEAMLDR");
        return false;
    }
    if (!changes_nothing(leaf) && l->ops->begin) {
        l->ops->begin(l->opaque);
    }
    answered = call_locked(&c, leaf);
    if (!changes_nothing(leaf) && l->ops->end) {
        l->ops->end(l->opaque);
    }
    __atomic_store_n(&l->busy, 0, __ATOMIC_SEQ_CST);
    return answered;
}

SeamldrCalls seamldr_calls(const Seamldr *l, SeamldrLeaf leaf)
{
    return l->calls[leaf];
}
