/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking at a module: life cycle, configuration, statistics; reading what
 * others write.
 */

#include <glib.h>
#include <string.h>

#include "../sys/cpuid.h"
#include "query-internal.h"

/* TDH.SYS.DISABLE and a new start may come in between, but not for ever */
#define MAX_TRIES 4

typedef uint64_t __attribute__((may_alias)) Word;

/*
 * ThreadSanitizer need not watch this: a copy that met a change is either
 * thrown away or good enough to look at.
 */
__attribute__((noinline, no_sanitize("thread")))
void tdx_peek(void *copy, const void *from, size_t len)
{
    const Word *word = from;
    Word *to = copy;
    size_t i;

    for (i = 0; i < len / sizeof(*word); i++) {
        to[i] = __atomic_load_n(&word[i], __ATOMIC_ACQUIRE);
    }
}

bool tdx_peek_blank(TdxModule *m, uint64_t hpa)
{
    return m->ops->private_blank && m->ops->private_blank(m->opaque, hpa);
}

bool tdx_peek_private(TdxModule *m, uint64_t hpa, uint16_t hkid, void *copy,
                      size_t len)
{
    const void *content = NULL;

    if (hpa < TDX_HPA_LIMIT && tdx_aligned(hpa, sizeof(Word)) &&
        (hpa & (TDX_PAGE_4K - 1)) + len <= TDX_PAGE_4K &&
        !tdx_peek_blank(m, hpa)) {
        content = tdx_private(m, hpa, hkid);
    }
    if (!content) {
        memset(copy, 0, len);
        return false;
    }
    tdx_peek(copy, content, len);
    return true;
}

/* --- configuration --------------------------------------------------------- */

static bool has_tdmrs(uint32_t sys_state)
{
    return sys_state == TDX_SYSCONFIG_DONE ||
           sys_state == TDX_SYS_READY_STATE ||
           sys_state == TDX_SYS_SHUTDOWN_STATE;
}

static uint32_t times_forgotten(const TdxModule *m)
{
    return __atomic_load_n(&m->forgotten, __ATOMIC_SEQ_CST);
}

static TdxQueryTdmr tdmr_of(const TdxTdmr *t)
{
    TdxQueryTdmr tdmr = {
        .base = t->base,
        .size = t->size,
        .num_rsvd = MIN(t->num_rsvd, TDX_MAX_RSVD_PER_TDMR),
        .last_initialized = t->last_initialized,
    };

    memcpy(tdmr.pamt, t->pamt, sizeof(tdmr.pamt));
    memcpy(tdmr.rsvd, t->rsvd, sizeof(tdmr.rsvd));
    return tdmr;
}

void tdx_query_config(const TdxModule *m, TdxQueryConfig *cfg)
{
    g_autofree TdxState *st = g_new(TdxState, 1);
    uint32_t before;
    unsigned tries = 0;

    do {
        before = times_forgotten(m);
        *cfg = (TdxQueryConfig) {
            .module = &m->cfg,
            .platform = &m->plat,
            .features0 = m->features0,
            .first_tdx_hkid = m->private_hkid_min,
            .has_dynamic_pamt = tdx_has_dynamic_pamt(m),
        };
        cfg->sys_state = tdx_sys_state(m);
        cfg->fatal = __atomic_load_n(&m->st.fatal, __ATOMIC_SEQ_CST);
        tdx_peek(st, &m->st, sizeof(*st));
        cfg->num_init_lps = st->num_init_lps;
        cfg->num_init_pkgs = st->num_init_pkgs;
        cfg->hkid = st->hkid;
        /* Before that TDH.SYS.CONFIG is still at it, or has failed */
        if (has_tdmrs(cfg->sys_state)) {
            cfg->dynamic_pamt = st->dynamic_pamt;
            cfg->num_tdmrs = MIN(st->num_tdmrs, TDX_MAX_TDMRS);
            for (unsigned i = 0; i < cfg->num_tdmrs; i++) {
                cfg->tdmr[i] = tdmr_of(&st->tdmr[i]);
            }
        }
    } while (times_forgotten(m) != before && ++tries < MAX_TRIES);

    if (times_forgotten(m) != before) {
        cfg->num_tdmrs = 0;
    }
}

TdxSysState tdx_query_state(const TdxModule *m)
{
    return tdx_sys_state(m);
}

bool tdx_query_lp_init(const TdxModule *m, unsigned lp)
{
    TdxLp copy;

    tdx_peek(&copy, &m->lps[lp], sizeof(copy));
    return copy.init;
}

bool tdx_query_cpuid_leaf(const TdxModule *m, unsigned rank, uint32_t *leaf,
                          uint32_t *subleaf)
{
    return tdx_native_cpuid_at(m, rank, leaf, subleaf);
}

unsigned tdx_query_hkids(const TdxModule *m, TdxHkidState state)
{
    unsigned i, n = 0;

    for (i = 0; i < TDX_NUM_HKIDS; i++) {
        TdxKotEntry key;

        tdx_peek(&key, &m->st.kot[i], sizeof(key));
        n += key.state == state;
    }
    return n;
}

/* --- statistics ------------------------------------------------------------ */

static uint64_t get(const uint64_t *n)
{
    return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static void add_calls(const TdxCallCount *n, TdxQueryCalls *sum)
{
    sum->calls += get(&n->calls);
    sum->errors += get(&n->errors);
}

TdxQueryCalls tdx_query_calls(const TdxModule *m, const TdxLeaf *leaf)
{
    TdxQueryCalls sum = { 0 };

    for (unsigned i = 0; i <= TDX_ENTRY_POINTS; i++) {
        if (tdx_leaf_find(i) == leaf) {
            for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
                add_calls(&m->counts[lp].leaf[i], &sum);
            }
        }
    }
    return sum;
}

TdxQueryCalls tdx_query_tdcalls(const TdxModule *m, const TdxLeaf *leaf)
{
    TdxQueryCalls sum = { 0 };

    for (unsigned i = 0; i <= TDX_TDCALL_POINTS; i++) {
        if (tdx_guest_leaf_find(i) == leaf) {
            for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
                add_calls(&m->counts[lp].tdcall[i], &sum);
            }
        }
    }
    return sum;
}

TdxQueryExits tdx_query_exits(const TdxModule *m, uint32_t reason)
{
    unsigned i = reason < TDX_EXIT_POINTS ? reason : TDX_EXIT_POINTS;
    TdxQueryExits sum = { 0 };

    for (unsigned lp = 0; lp < m->plat.num_lps; lp++) {
        const TdxExitCount *n = &m->counts[lp].exit[i];

        sum.exits += get(&n->exits);
        sum.left += get(&n->left);
    }
    return sum;
}

uint64_t tdx_query_ves(const TdxModule *m, unsigned rank)
{
    uint64_t sum = 0;

    for (unsigned lp = 0; rank < TDX_NUM_VE_CATEGORIES &&
         lp < m->plat.num_lps; lp++) {
        sum += get(&m->counts[lp].ve[rank]);
    }
    return sum;
}
