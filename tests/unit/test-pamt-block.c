/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Locks of 1G PAMT entries, whose readers announce themselves (PAMT 3.1,
 * 3.2): to everybody else they are as if they were counted.
 */

#include "sim-pamt.h"


#define BASE (4 * GIB)
#define PAMT (2 * GIB)
#define SMALL (BASE + 64 * MIB)  /* a range with a page pair */
#define LARGE (BASE + GIB)       /* a block that is one page */
#define TDR (BASE + 32 * MIB)

#define BUSY(reg) (0x8000020000000000 | (reg))
#define OP 8
#define THREADS 4
#define ROUNDS 500000

static SimPlatform *machine(unsigned lps)
{
    SimPlatform *sim = sim_ready(lps, true);

    sim_init_tdmr(sim, sim_add_tdmr(sim, BASE, 2 * GIB, PAMT));
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAMT_ADD, SMALL | 1,
                                    BASE + 128 * MIB,
                                    BASE + 128 * MIB + 4 * KIB), ==, 0);
    return sim;
}

static TdxPamtEntry *block(SimPlatform *sim, uint64_t hpa)
{
    return sim_pamt_entry(sim, &sim->module->st.tdmr[0], TDX_LEVEL_1G, hpa);
}

static TdxPamtEntry *make_large(SimPlatform *sim)
{
    TdxPamtEntry *entry = block(sim, LARGE);

    tdx_pamt_set_owner(entry, TDX_PT_REG, TDR);
    return entry;
}

static uint64_t lock(TdxPamtRef *page, SimPlatform *sim, unsigned lp,
                     uint64_t hpa, TdxLevel target, TdxLockType type)
{
    g_assert_false(tdx_pamt_find(page, SIM_CALL(sim, lp), hpa, OP));
    return tdx_pamt_lock(page, target, type, OP);
}

static void assert_clean(SimPlatform *sim)
{
    g_assert_true(sim_no_locks(sim, &sim->module->st.tdmr[0]));
}

/* What two LPs get when they want the same entry */
static void test_two(void)
{
    static const struct {
        TdxLockType first, second;
        uint64_t status;
    } cases[] = {
        { TDX_LOCK_TYPE_SHARED, TDX_LOCK_TYPE_SHARED, 0 },
        { TDX_LOCK_TYPE_SHARED, TDX_LOCK_TYPE_EXCLUSIVE, BUSY(OP) },
        { TDX_LOCK_TYPE_EXCLUSIVE, TDX_LOCK_TYPE_SHARED, BUSY(OP) },
        { TDX_LOCK_TYPE_EXCLUSIVE, TDX_LOCK_TYPE_EXCLUSIVE, BUSY(OP) },
    };
    SimPlatform *sim = machine(2);
    TdxPamtEntry *entry = make_large(sim);

    for (int i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (unsigned lp = 0; lp < 2; lp++) { /* the other, or the same one */
            for (TdxLevel target = 0; target <= TDX_LEVEL_1G; target++) {
                entry->lock = 0;
                {
                    PAMT_REF(first);
                    PAMT_REF(second);

                    g_assert_cmphex(lock(&first, sim, 0, LARGE, target,
                                         cases[i].first), ==, 0);
                    g_assert_cmpint(first.level, ==, TDX_LEVEL_1G);
                    g_assert_cmphex(lock(&second, sim, lp, LARGE, target,
                                         cases[i].second), ==,
                                    cases[i].status);
                    g_assert_cmpint(!!(entry->lock & TDX_LOCK_HOST_PRIORITY),
                                    ==, !!cases[i].status);
                    g_assert_cmpint(!first.share, ==,
                                    cases[i].first == TDX_LOCK_TYPE_EXCLUSIVE);
                    g_assert_cmpint(!!(entry->lock & TDX_LOCK_EXCLUSIVE), ==,
                                    cases[i].first == TDX_LOCK_TYPE_EXCLUSIVE);
                }
                assert_clean(sim);
                {
                    PAMT_REF(again);

                    /* It is free, and who gets it takes the mark away */
                    g_assert_cmphex(lock(&again, sim, 1, LARGE, target,
                                         cases[i].second), ==, 0);
                    g_assert_cmphex(entry->lock & TDX_LOCK_HOST_PRIORITY, ==,
                                    0);
                }
            }
        }
    }
    sim_free(sim);
}

/* The lock of a page that is found through another is counted or exclusive */
static void test_implicit(void)
{
    SimPlatform *sim = machine(2);
    TdxPamtEntry *entry = make_large(sim);

    {
        PAMT_REF(walk);
        PAMT_REF(implicit);

        g_assert_cmphex(lock(&walk, sim, 1, LARGE, 0, TDX_LOCK_TYPE_SHARED),
                        ==, 0);
        g_assert_cmphex(tdx_pamt_lock_implicit(&implicit, sim->module, LARGE,
                                               TDX_LOCK_TYPE_EXCLUSIVE, OP), ==,
                        BUSY(OP));
        g_assert_cmphex(tdx_pamt_lock_node(&implicit, sim->module, LARGE,
                                           TDX_LEVEL_1G,
                                           TDX_LOCK_TYPE_EXCLUSIVE, OP),
                        ==, BUSY(OP));
        g_assert_cmphex(tdx_pamt_lock_implicit(&implicit, sim->module, LARGE,
                                               TDX_LOCK_TYPE_SHARED, OP),
                        ==, 0);
        g_assert_cmphex(entry->lock, ==, TDX_LOCK_READER);
        tdx_pamt_unlock(&walk);
        g_assert_cmphex(lock(&walk, sim, 1, LARGE, 0,
                             TDX_LOCK_TYPE_EXCLUSIVE), ==, BUSY(OP));
        tdx_pamt_unlock(&implicit);
        g_assert_cmphex(tdx_pamt_lock_implicit(&implicit, sim->module, LARGE,
                                               TDX_LOCK_TYPE_EXCLUSIVE, OP), ==,
                        0);
        g_assert_cmphex(lock(&walk, sim, 1, LARGE, 0, TDX_LOCK_TYPE_SHARED),
                        ==, BUSY(OP));
    }
    assert_clean(sim);
    sim_free(sim);
}

/* A call that has no room left to announce is counted */
static void test_many(void)
{
    SimPlatform *sim = machine(2);
    TdxPamtEntry *entry = make_large(sim);

    {
        TdxPamtRef page[TDX_LP_SHARES] = { 0 };
        PAMT_REF(counted);

        for (int i = 0; i < TDX_LP_SHARES; i++) {
            g_assert_cmphex(lock(&page[i], sim, 0, LARGE, 0,
                                 TDX_LOCK_TYPE_SHARED), ==, 0);
        }
        g_assert_cmphex(entry->lock, ==, 0);
        g_assert_cmphex(lock(&counted, sim, 0, LARGE, 0,
                             TDX_LOCK_TYPE_SHARED), ==, 0);
        g_assert_cmphex(entry->lock, ==, TDX_LOCK_READER);
        tdx_pamt_unlock(&counted);
        /* The leaf of a walk becomes exclusive by the same rule */
        g_assert_cmphex(lock(&counted, sim, 0, LARGE, 0,
                             TDX_LOCK_TYPE_EXCLUSIVE), ==, BUSY(OP));
        for (int i = 0; i < TDX_LP_SHARES; i++) {
            tdx_pamt_unlock(&page[i]);
            g_assert_cmphex(lock(&page[i], sim, 0, SMALL, 0,
                                 TDX_LOCK_TYPE_SHARED), ==, 0);
        }
        g_assert_cmphex(lock(&counted, sim, 0, LARGE, 0,
                             TDX_LOCK_TYPE_EXCLUSIVE), ==, 0);
        g_assert_cmphex(entry->lock, ==, TDX_LOCK_EXCLUSIVE);
        for (int i = 0; i < TDX_LP_SHARES; i++) {
            tdx_pamt_unlock(&page[i]);
        }
    }
    assert_clean(sim);
    sim_free(sim);
}

static uint64_t status_inside;

static void share_it_inside(SimPlatform *sim)
{
    PAMT_REF(page);

    status_inside = lock(&page, sim, 1, LARGE, 0, TDX_LOCK_TYPE_SHARED);
}

/* One LP asks the others, and only if it wants the entry for itself */
static void test_fence(void)
{
    SimPlatform *sim = machine(2);

    if (!sim_fence(sim)) {
        g_test_skip("this host has no membarrier");
        sim_free(sim);
        return;
    }
    make_large(sim);
    {
        PAMT_REF(large);
        PAMT_REF(small);

        g_assert_cmphex(lock(&large, sim, 0, LARGE, 0, TDX_LOCK_TYPE_SHARED),
                        ==, 0);
        g_assert_cmphex(lock(&small, sim, 0, SMALL, 0,
                             TDX_LOCK_TYPE_EXCLUSIVE), ==, 0);
        g_assert_cmpuint(sim->fences, ==, 0);
    }
    {
        PAMT_REF(page);

        sim->hook = share_it_inside;
        g_assert_cmphex(lock(&page, sim, 0, LARGE, 0,
                             TDX_LOCK_TYPE_EXCLUSIVE), ==, 0);
        g_assert_cmpuint(sim->fences, ==, 1);
        g_assert_cmphex(status_inside, ==, BUSY(OP));
    }
    assert_clean(sim);
    sim_free(sim);
}

/* --- threads ---------------------------------------------------------------- */

typedef struct Worker {
    SimPlatform *sim;
    unsigned lp;
    uint64_t *guarded; /* changes only while the entry is owned */
    unsigned *started;
    unsigned got;
} Worker;

/* A thread may be over before the next one is there */
static void start_together(Worker *w)
{
    __atomic_fetch_add(w->started, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(w->started, __ATOMIC_SEQ_CST) < THREADS) {
        g_thread_yield();
    }
}

/* Long enough for a writer who should not be there to be noticed */
static bool stays(const uint64_t *where)
{
    const uint64_t first = *where;

    for (int i = 0; i < 100; i++) {
        __atomic_signal_fence(__ATOMIC_SEQ_CST); /* look again */
        if (*where != first) {
            return false;
        }
    }
    return true;
}

static gpointer read_it(gpointer opaque)
{
    Worker *w = opaque;

    start_together(w);
    for (int i = 0; i < ROUNDS; i++) {
        PAMT_REF(page);

        if (lock(&page, w->sim, w->lp, LARGE, 0, TDX_LOCK_TYPE_SHARED) == 0) {
            g_assert_true(stays(w->guarded));
            w->got++;
        }
    }
    return NULL;
}

static gpointer write_it(gpointer opaque)
{
    Worker *w = opaque;

    start_together(w);
    for (int i = 0; i < ROUNDS; i++) {
        PAMT_REF(page);

        if (lock(&page, w->sim, w->lp, LARGE, 0,
                 TDX_LOCK_TYPE_EXCLUSIVE) == 0) {
            ++*w->guarded;
            g_assert_true(stays(w->guarded));
            w->got++;
        }
    }
    return NULL;
}

static void run_threads(bool fence)
{
    SimPlatform *sim = machine(THREADS);
    uint64_t guarded = 0;
    unsigned started = 0, written = 0;
    Worker worker[THREADS];
    GThread *thread[THREADS];

    if (fence && !sim_fence(sim)) {
        g_test_skip("this host has no membarrier");
        sim_free(sim);
        return;
    }
    make_large(sim);
    for (int i = 0; i < THREADS; i++) {
        worker[i] = (Worker) {
            .sim = sim, .lp = i, .guarded = &guarded, .started = &started,
        };
        thread[i] = g_thread_new("lp", i & 1 ? write_it : read_it, &worker[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        g_thread_join(thread[i]);
        written += i & 1 ? worker[i].got : 0;
    }
    g_assert_cmpuint(guarded, ==, written);
    assert_clean(sim);
    sim_free(sim);
}

static void test_threads(void)
{
    run_threads(false);
}

static void test_threads_fence(void)
{
    run_threads(true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pamt-block/two", test_two);
    g_test_add_func("/pamt-block/implicit", test_implicit);
    g_test_add_func("/pamt-block/many", test_many);
    g_test_add_func("/pamt-block/fence", test_fence);
    g_test_add_func("/pamt-block/threads", test_threads);
    g_test_add_func("/pamt-block/threads-fence", test_threads_fence);
    return g_test_run();
}
