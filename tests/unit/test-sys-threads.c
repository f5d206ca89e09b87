/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS leaves on several LPs at once: whoever meets another is told BUSY
 * and gets through later, and nothing is counted twice or lost.  Worth most
 * under ThreadSanitizer.
 */

#include "abi/status.h"
#include "sim-boot.h"
#include "core/state.h"

#define LPS 8
#define ROUNDS 200

typedef struct Crew Crew;

typedef struct Worker {
    Crew *crew;
    unsigned lp;
    uint64_t status; /* of its last call */
    GThread *thread;
} Worker;

struct Crew {
    SimPlatform *sim;
    unsigned waiting; /* how many are not at the start yet; atomic */
    bool stop;        /* atomic */
    Worker worker[LPS];
};

/* All begin together */
static void line_up(Crew *crew)
{
    __atomic_sub_fetch(&crew->waiting, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&crew->waiting, __ATOMIC_SEQ_CST)) {
        g_thread_yield();
    }
}

static bool stopped(Crew *crew)
{
    return __atomic_load_n(&crew->stop, __ATOMIC_SEQ_CST);
}

static void crew_start(Crew *crew, SimPlatform *sim, unsigned n,
                       GThreadFunc func)
{
    crew->sim = sim;
    crew->waiting = n;
    crew->stop = false;
    for (unsigned i = 0; i < n; i++) {
        crew->worker[i] = (Worker) { .crew = crew, .lp = i };
        crew->worker[i].thread = g_thread_new("lp", func, &crew->worker[i]);
    }
}

static void crew_join(Crew *crew, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_thread_join(crew->worker[i].thread);
    }
}

static uint64_t call(Worker *w, uint64_t leaf)
{
    w->status = sim_leaf(w->crew->sim, w->lp, leaf,
                         leaf == TDH_SYS_TDMR_INIT ? SIM_BOOT_TDMR : 0, 0, 0);
    return w->status;
}

/* Again and again while others are in the way */
static uint64_t call_through(Worker *w, uint64_t leaf)
{
    while (call(w, leaf) == TDX_SYS_BUSY) {
        g_thread_yield();
    }
    return w->status;
}

static uint64_t config_through(Worker *w)
{
    do {
        w->status = sim_sys_config(w->crew->sim, w->lp);
        g_thread_yield();
    } while (w->status == TDX_SYS_BUSY ||
             w->status == TDX_SYS_CONFIG_NOT_PENDING);
    return w->status;
}

/* --- tests -------------------------------------------------------------- */

static void *lp_init_once(void *opaque)
{
    Worker *w = opaque;

    line_up(w->crew);
    call(w, TDH_SYS_LP_INIT);
    return NULL;
}

/* TDH.SYS.LP.INIT shares its lock: nobody is BUSY */
static void test_lp_init(void)
{
    SimPlatform *sim = sim_boot_machine(LPS, 2);
    Crew crew;

    sim_start(sim);
    for (int round = 0; round < ROUNDS; round++) {
        tdx_module_reset(sim->module);
        g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_INIT, 0, 0, 0), ==, 0);
        crew_start(&crew, sim, LPS, lp_init_once);
        crew_join(&crew, LPS);
        for (int i = 0; i < LPS; i++) {
            g_assert_cmphex(crew.worker[i].status, ==, 0);
        }
        g_assert_cmpuint(sim->module->st.num_init_lps, ==, LPS);
        g_assert_cmpuint(sim->module->st.global_lock &
                         ~TDX_LOCK_HOST_PRIORITY, ==, 0);
        g_assert_cmphex(sim_sys_config(sim, 0), ==, 0);
    }
    sim_free(sim);
}

static void *sys_init_once(void *opaque)
{
    Worker *w = opaque;

    line_up(w->crew);
    call_through(w, TDH_SYS_INIT);
    return NULL;
}

/* One of them starts the module */
static void test_sys_init(void)
{
    SimPlatform *sim = sim_boot_machine(LPS, 2);
    Crew crew;

    sim_start(sim);
    for (int round = 0; round < ROUNDS; round++) {
        int winners = 0;

        tdx_module_reset(sim->module);
        crew_start(&crew, sim, LPS, sys_init_once);
        crew_join(&crew, LPS);
        for (int i = 0; i < LPS; i++) {
            winners += !crew.worker[i].status;
            g_assert_true(!crew.worker[i].status ||
                          crew.worker[i].status == TDX_SYS_INIT_NOT_PENDING);
        }
        g_assert_cmpint(winners, ==, 1);
    }
    sim_free(sim);
}

static void *config_or_lp_init(void *opaque)
{
    Worker *w = opaque;

    line_up(w->crew);
    if (w->lp == 0) {
        call_through(w, TDH_SYS_LP_INIT);
        config_through(w);
    } else {
        call_through(w, TDH_SYS_LP_INIT);
        g_assert_cmphex(w->status, ==, 0);
        while (call_through(w, TDH_SYS_LP_INIT) == TDX_SYS_LP_INIT_DONE) {
            g_thread_yield();
        }
        g_assert_cmphex(w->status, ==, TDX_SYS_LP_INIT_NOT_PENDING);
    }
    return NULL;
}

/* TDH.SYS.CONFIG gets its way against LP.INITs, once they are all done */
static void test_config(void)
{
    SimPlatform *sim = sim_boot_machine(LPS, 2);
    Crew crew;

    sim_start(sim);
    for (int round = 0; round < ROUNDS / 10; round++) {
        tdx_module_reset(sim->module);
        g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_INIT, 0, 0, 0), ==, 0);
        crew_start(&crew, sim, LPS, config_or_lp_init);
        crew_join(&crew, LPS);
        g_assert_cmphex(crew.worker[0].status, ==, 0);
    }
    sim_free(sim);
}

static void *key_config_once(void *opaque)
{
    Worker *w = opaque;

    line_up(w->crew);
    call_through(w, TDH_SYS_KEY_CONFIG);
    return NULL;
}

/* A key for each package, by one of its two LPs */
static void test_key_config(void)
{
    SimPlatform *sim = sim_boot_machine(LPS, LPS / 2);
    Crew crew;

    sim_start(sim);
    for (int round = 0; round < ROUNDS; round++) {
        tdx_module_reset(sim->module);
        sim_boot_config(sim);
        crew_start(&crew, sim, LPS, key_config_once);
        crew_join(&crew, LPS);
        for (int i = 0; i < LPS; i += 2) {
            uint64_t a = crew.worker[i].status;
            uint64_t b = crew.worker[i + 1].status;

            g_assert_true(!a != !b);
            /* The slower one: its package, or all of them, are done */
            g_assert_true((a | b) == TDX_KEY_CONFIGURED ||
                          (a | b) == TDX_SYS_KEY_CONFIG_NOT_PENDING);
        }
        g_assert_cmpuint(sim->module->st.num_init_pkgs, ==, LPS / 2);
        g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0,
                                 0),
                        ==, 0);
    }
    sim_free(sim);
}

/* LP 0 brings the module up and down while the others use what there is */
static void *up_and_down(void *opaque)
{
    Worker *w = opaque;

    line_up(w->crew);
    for (int round = 0; round < ROUNDS / 4; round++) {
        g_assert_cmphex(call_through(w, TDH_SYS_INIT), ==, 0);
        g_assert_cmphex(call_through(w, TDH_SYS_LP_INIT), ==, 0);
        g_assert_cmphex(config_through(w), ==, 0);
        g_assert_cmphex(call_through(w, TDH_SYS_KEY_CONFIG), ==, 0);
        while (tdx_op(call(w, TDH_SYS_TDMR_INIT), 0) == TDX_OPERAND_BUSY) {
            g_thread_yield();
        }
        g_assert_true(!w->status || w->status == TDX_TDMR_ALREADY_INITIALIZED);
        g_assert_cmphex(call_through(w, TDH_SYS_DISABLE), ==, 0);
        /* Others cannot have started it again */
        g_assert_cmpuint(w->crew->sim->module->st.num_tdmrs, ==, 0);
    }
    __atomic_store_n(&w->crew->stop, true, __ATOMIC_SEQ_CST);
    return NULL;
}

static void *use_module(void *opaque)
{
    Worker *w = opaque;

    if (w->lp == 0) {
        return up_and_down(w);
    }
    line_up(w->crew);
    while (!stopped(w->crew)) {
        g_assert_true(call(w, TDH_SYS_LP_INIT) != TDX_OPERAND_INVALID);
        switch (tdx_op(call(w, TDH_SYS_TDMR_INIT), 0)) {
        case TDX_SUCCESS:
        case TDX_SYS_NOT_READY:
        case TDX_OPERAND_BUSY:
        case TDX_TDMR_ALREADY_INITIALIZED:
            break;
        default:
            g_assert_cmphex(w->status, ==, 0);
        }
        /* Reads no field, and succeeds once this LP is known */
        switch (tdx_op(call(w, TDH_SYS_RD), 0)) {
        case TDX_SYS_LP_INIT_NOT_DONE:
        case TDX_SYS_NOT_READY:
        case TDX_METADATA_FIELD_ID_INCORRECT:
            break;
        default:
            g_assert_cmphex(w->status, ==, 0);
        }
        g_thread_yield();
    }
    return NULL;
}

static void run_disable(bool fence)
{
    SimPlatform *sim = sim_boot_machine(4, 1);
    Crew crew;

    sim->cfg.sys_disable = true;
    sim_start(sim);
    if (fence && !sim_fence(sim)) {
        g_test_skip("this host has no membarrier");
        sim_free(sim);
        return;
    }
    crew_start(&crew, sim, 4, use_module);
    crew_join(&crew, 4);
    g_assert_null(sim->fatal_reason);
    /* Each DISABLE has asked the others */
    g_assert_true(!fence || sim->fences >= ROUNDS / 4);
    sim_boot_ready(sim);
    sim_free(sim);
}

static void test_disable(void)
{
    run_disable(false);
}

static void test_disable_fence(void)
{
    run_disable(true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sys-threads/lp-init", test_lp_init);
    g_test_add_func("/sys-threads/sys-init", test_sys_init);
    g_test_add_func("/sys-threads/config", test_config);
    g_test_add_func("/sys-threads/key-config", test_key_config);
    g_test_add_func("/sys-threads/disable", test_disable);
    g_test_add_func("/sys-threads/disable-fence", test_disable_fence);
    return g_test_run();
}
