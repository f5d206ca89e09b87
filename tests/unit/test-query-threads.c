/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking at a module while it works: nobody is told BUSY for it, and what is
 * shown could have been.  Worth most under ThreadSanitizer.
 */

#include "include/query.h"
#include "sim-boot.h"
#include "sim-td.h"

#define BASE (4 * GIB)
#define PAMT (2 * GIB)
#define WORKERS 3
#define ROUNDS 1500

typedef struct Worker {
    SimPlatform *sim;
    unsigned lp;
    unsigned *working; /* workers that are not done yet; atomic */
} Worker;

static void done(Worker *w)
{
    __atomic_sub_fetch(w->working, 1, __ATOMIC_SEQ_CST);
}

static bool busy(const unsigned *working)
{
    return __atomic_load_n(working, __ATOMIC_SEQ_CST);
}

/*
 * Page pairs come and go, and their pages serve other ranges in between: all
 * calls succeed, as nobody else is there.
 */
static gpointer pairs(gpointer opaque)
{
    Worker *w = opaque;
    uint64_t range = BASE + w->lp * 4 * MIB;
    uint64_t page = BASE + 512 * MIB + w->lp * 2 * MIB;

    for (int i = 0; i < ROUNDS; i++) {
        uint64_t at = range + (i & 1) * 2 * MIB;
        unsigned swap = i & 2 ? 4 * KIB : 0;

        g_assert_cmphex(sim_call_status(w->sim, w->lp, TDH_PHYMEM_PAMT_ADD,
                                        at | 1, page + swap,
                                        page + (swap ^ 4 * KIB)), ==, 0);
        {
            PAMT_REF(ref);

            g_assert_cmphex(tdx_pamt_get_free(&ref, SIM_CALL(w->sim, w->lp),
                                              at + 64 * KIB, TDX_LEVEL_4K, 8),
                            ==, 0);
            tdx_pamt_assign(&ref, TDX_PT_REG, BASE);
        }
        {
            PAMT_REF(ref);

            g_assert_cmphex(tdx_pamt_lock_implicit(&ref, w->sim->module,
                                                   at + 64 * KIB,
                                                   TDX_LOCK_TYPE_EXCLUSIVE, 0),
                            ==, 0);
            tdx_pamt_free(&ref);
        }
        g_assert_cmphex(sim_call_status(w->sim, w->lp, TDH_PHYMEM_PAMT_REMOVE,
                                        at | 1, 0, 0), ==, 0);
    }
    done(w);
    return NULL;
}

typedef struct Seen {
    const TdxQueryConfig *cfg;
    TdxUseCounts counts;
} Seen;

static bool see(void *opaque, const TdxQueryRange *r)
{
    Seen *seen = opaque;

    tdx_query_count(seen->cfg, r, &seen->counts);
    return true;
}

static void look(SimPlatform *sim)
{
    g_autofree TdxQueryConfig *cfg = g_new(TdxQueryConfig, 1);
    Seen seen = { .cfg = cfg };
    uint64_t pages = 0;

    tdx_query_config(sim->module, cfg);
    g_assert_cmpuint(cfg->num_tdmrs, ==, 1);
    g_assert_cmphex(tdx_query_pamt(sim->module, cfg, BASE, BASE + GIB, true,
                                   see, &seen), ==, BASE + GIB);
    for (int use = 0; use < TDX_NUM_USES; use++) {
        pages += seen.counts.page[use];
    }
    g_assert_cmpuint(pages, ==, GIB / (4 * KIB));
    /* There is nothing else, whatever the PAMT pages hold by now */
    g_assert_cmpuint(seen.counts.page[TDX_USE_TDR], ==, 0);
    g_assert_cmpuint(seen.counts.page[TDX_USE_EPT], ==, 0);
    g_assert_cmpuint(seen.counts.page[TDX_USE_REG_2M], ==, 0);
    g_assert_cmpuint(seen.counts.page[TDX_USE_REG_4K], <=, 2 * WORKERS);
    g_assert_cmpuint(seen.counts.page[TDX_USE_PAMT], <=, 2 * WORKERS);
    g_assert_cmpuint(seen.counts.pairs, <=, 2 * WORKERS);
    tdx_query_hkids(sim->module, TDX_HKID_ASSIGNED);
    tdx_query_lp_init(sim->module, 0);
}

static void run(SimPlatform *sim, unsigned num, GThreadFunc func,
                void (*watch)(SimPlatform *sim))
{
    GThread *thread[WORKERS];
    Worker worker[WORKERS];
    unsigned working = num;

    for (unsigned i = 0; i < num; i++) {
        worker[i] = (Worker) { .sim = sim, .lp = i, .working = &working };
        thread[i] = g_thread_new("lp", func, &worker[i]);
    }
    while (busy(&working)) {
        watch(sim);
    }
    for (unsigned i = 0; i < num; i++) {
        g_thread_join(thread[i]);
    }
    g_assert_null(sim->fatal_reason);
}

static void test_pairs(void)
{
    SimPlatform *sim = sim_ready(WORKERS, true);
    TdxQueryCalls n;

    sim_init_tdmr(sim, sim_add_tdmr(sim, BASE, GIB, PAMT));
    run(sim, WORKERS, pairs, look);
    n = tdx_query_calls(sim->module, tdx_leaf_find(TDH_PHYMEM_PAMT_ADD));
    g_assert_cmpuint(n.calls, ==, WORKERS * ROUNDS);
    g_assert_cmpuint(n.errors, ==, 0);
    n = tdx_query_calls(sim->module, tdx_leaf_find(TDH_PHYMEM_PAMT_REMOVE));
    g_assert_cmpuint(n.calls, ==, WORKERS * ROUNDS);
    sim_free(sim);
}

/* --- life cycle ------------------------------------------------------------ */

#define RESTARTS 20000

/*
 * The module is configured and forgets it again, as TDH.SYS.CONFIG and
 * TDH.SYS.DISABLE do it: with as many TDMRs as there can be, a copy of them
 * takes long enough to be overtaken.
 */
static gpointer restarts(gpointer opaque)
{
    Worker *w = opaque;
    TdxModule *m = w->sim->module;

    for (int i = 0; i < RESTARTS; i++) {
        for (unsigned t = 0; t < TDX_MAX_TDMRS; t++) {
            m->st.tdmr[t].base = (t + 1) * GIB;
            m->st.tdmr[t].size = GIB;
        }
        m->st.hkid = SIM_BOOT_HKID;
        m->st.num_tdmrs = TDX_MAX_TDMRS;
        tdx_set_sys_state(m, TDX_SYSCONFIG_DONE);
        tdx_set_sys_state(m, TDX_SYS_DISABLING_STATE);
        tdx_forget(m);
        tdx_set_sys_state(m, TDX_SYSINIT_PENDING);
    }
    done(w);
    return NULL;
}

/* All of them or none */
static void look_at_config(SimPlatform *sim)
{
    g_autofree TdxQueryConfig *cfg = g_new(TdxQueryConfig, 1);

    tdx_query_config(sim->module, cfg);
    if (cfg->num_tdmrs) {
        g_assert_cmpuint(cfg->num_tdmrs, ==, TDX_MAX_TDMRS);
        g_assert_cmpuint(cfg->hkid, ==, SIM_BOOT_HKID);
        for (unsigned t = 0; t < TDX_MAX_TDMRS; t++) {
            g_assert_cmphex(cfg->tdmr[t].base, ==, (t + 1) * GIB);
            g_assert_cmphex(cfg->tdmr[t].size, ==, GIB);
        }
    }
}

static void test_config(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);

    sim_start(sim);
    run(sim, 1, restarts, look_at_config);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-threads/pairs", test_pairs);
    g_test_add_func("/query-threads/config", test_config);
    return g_test_run();
}
