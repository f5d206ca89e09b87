/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several processors on one PAMT: those that stay apart never meet, those
 * that meet are told BUSY, and nothing is lost (PAMT 3).  Worth most under
 * ThreadSanitizer.
 */

#include "sim-pamt.h"


#define BASE (4 * GIB)
#define PAMT (2 * GIB)
#define THREADS 4
#define ROUNDS 2000

#define BUSY 0x80000200
#define RANGE_NOT_FREE 0xc0000304
#define NO_PAIR 0xc0000305
#define NOT_EMPTY 0xc0000306
#define METADATA_INCORRECT 0xc0000300
#define MISSING_PAIR 0x80000308

typedef struct Worker {
    SimPlatform *sim;
    unsigned lp;
    uint64_t range;  /* that it works on */
    uint64_t page;   /* two PAMT pages of its own, then one to use */
    unsigned added;
    unsigned removed;
} Worker;

static SimPlatform *machine(void)
{
    SimPlatform *sim = sim_ready(THREADS, true);

    sim_init_tdmr(sim, sim_add_tdmr(sim, BASE, GIB, PAMT));
    return sim;
}

static uint32_t call(Worker *w, uint64_t leaf, uint64_t rcx, uint64_t rdx,
                     uint64_t r8)
{
    return sim_call_status(w->sim, w->lp, leaf, rcx, rdx, r8) >> 32;
}

static void run(SimPlatform *sim, GThreadFunc func, Worker *worker,
                uint64_t distance)
{
    GThread *thread[THREADS];

    for (int i = 0; i < THREADS; i++) {
        worker[i] = (Worker) {
            .sim = sim,
            .lp = i,
            .range = BASE + i * distance,
            .page = BASE + 512 * MIB + i * 2 * MIB,
        };
        thread[i] = g_thread_new("lp", func, &worker[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        g_thread_join(thread[i]);
    }
}

/* A page comes into use and goes out of it, as TD leaves do it */
static uint32_t use_page(Worker *w)
{
    uint64_t hpa = w->range + 64 * KIB + w->lp * 4 * KIB;
    uint64_t status;
    PAMT_REF(page);

    status = tdx_pamt_get_free(&page, SIM_CALL(w->sim, w->lp), hpa,
                               TDX_LEVEL_4K, TDX_R8);
    if (status == TDX_SUCCESS) {
        tdx_pamt_assign(&page, TDX_PT_REG, BASE);
    }
    return status >> 32;
}

static void drop_page(Worker *w)
{
    uint64_t hpa = w->range + 64 * KIB + w->lp * 4 * KIB;
    PAMT_REF(page);

    /* Nobody else locks this page: it is in use, and ours */
    g_assert_cmphex(tdx_pamt_lock_implicit(&page, w->sim->module, hpa,
                                           TDX_LOCK_TYPE_EXCLUSIVE, 0), ==, 0);
    g_assert_cmpuint(tdx_pamt_owner(page.entry), ==, BASE);
    tdx_pamt_free(&page);
}

static gpointer apart(gpointer opaque)
{
    Worker *w = opaque;

    for (int i = 0; i < ROUNDS; i++) {
        g_assert_cmphex(call(w, TDH_PHYMEM_PAMT_ADD, w->range | 1, w->page,
                             w->page + 4 * KIB), ==, 0);
        g_assert_cmphex(use_page(w), ==, 0);
        g_assert_cmphex(call(w, TDH_PHYMEM_PAMT_REMOVE, w->range | 1, 0, 0), ==,
                        NOT_EMPTY);
        drop_page(w);
        g_assert_cmphex(call(w, TDH_PHYMEM_PAMT_REMOVE, w->range | 1, 0, 0), ==,
                        0);
    }
    return NULL;
}

static void assert_clean(SimPlatform *sim)
{
    TdxTdmr *tdmr = &sim->module->st.tdmr[0];

    g_assert_true(sim_no_locks(sim, tdmr));
    for (uint64_t hpa = BASE; hpa < BASE + GIB; hpa += 4 * KIB) {
        g_assert_false(sim_pamt_bit(sim, tdmr, hpa));
    }
    g_assert_null(sim->fatal_reason);
}

static void test_apart(void)
{
    SimPlatform *sim = machine();
    Worker worker[THREADS];

    run(sim, apart, worker, 2 * MIB);
    assert_clean(sim);
    sim_free(sim);
}

static gpointer together(gpointer opaque)
{
    Worker *w = opaque;
    SimCall rdmd;

    for (int i = 0; i < ROUNDS; i++) {
        uint32_t status = call(w, TDH_PHYMEM_PAMT_ADD, w->range | 1, w->page,
                               w->page + 4 * KIB);

        g_assert_true(status == 0 || status == BUSY ||
                      status == RANGE_NOT_FREE);
        w->added += status == 0;
        status = use_page(w);
        g_assert_true(status == 0 || status == BUSY ||
                      status == MISSING_PAIR);
        if (status == 0) {
            /* While it is used the pair stays, whatever others try */
            status = sim_call(w->sim, w->lp, &rdmd, TDH_PHYMEM_PAGE_RDMD,
                              w->range + 64 * KIB + w->lp * 4 * KIB, 0, 0)
                     >> 32;
            g_assert_true(status == BUSY || rdmd.gpr[TDX_RDX] == BASE);
            drop_page(w);
        }
        status = call(w, TDH_PHYMEM_PAMT_REMOVE, w->range | 1, 0, 0);
        g_assert_true(status == 0 || status == BUSY || status == NO_PAIR ||
                      status == NOT_EMPTY);
        w->removed += status == 0;
    }
    return NULL;
}

static void test_together(void)
{
    SimPlatform *sim = machine();
    Worker worker[THREADS];
    unsigned added = 0, removed = 0;

    run(sim, together, worker, 0);
    /* Who was last may have been told BUSY */
    while ((sim_call_status(sim, 0, TDH_PHYMEM_PAMT_REMOVE, BASE | 1, 0,
                            0)) == 0) {
        removed++;
    }
    for (int i = 0; i < THREADS; i++) {
        added += worker[i].added;
        removed += worker[i].removed;
    }
    g_assert_cmpuint(added, >, 0);
    g_assert_cmpuint(added, ==, removed);
    assert_clean(sim);
    sim_free(sim);
}

/* Pages of one range, each by its own processor: the count is exact */
static gpointer count(gpointer opaque)
{
    Worker *w = opaque;

    for (int i = 0; i < 20 * ROUNDS; i++) {
        g_assert_cmphex(use_page(w), ==, 0);
        g_assert_cmphex(use_page(w), ==, METADATA_INCORRECT);
        drop_page(w);
    }
    g_assert_cmphex(use_page(w), ==, 0);
    return NULL;
}

static void test_count(void)
{
    SimPlatform *sim = machine();
    Worker worker[THREADS];

    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAMT_ADD, BASE | 1,
                                    BASE + 8 * MIB, BASE + 9 * MIB), ==, 0);
    run(sim, count, worker, 0);
    g_assert_cmpuint(tdx_pamt_count(sim_pamt_entry(sim,
                                                   &sim->module->st.tdmr[0],
                                                   TDX_LEVEL_2M, BASE)),
                     ==, THREADS);
    sim_free(sim);
}

/* Two ranges want the same PAMT pages: one gets them */
static gpointer same_pages(gpointer opaque)
{
    Worker *w = opaque;
    uint64_t page = BASE + 512 * MIB;
    uint64_t status;

    for (int i = 0; i < ROUNDS; i++) {
        status = sim_call_status(w->sim, w->lp, TDH_PHYMEM_PAMT_ADD,
                                 w->range | 1, page, page + 4 * KIB);
        if (status == 0) {
            w->added++;
            g_assert_cmphex(call(w, TDH_PHYMEM_PAMT_REMOVE, w->range | 1, 0, 0),
                            ==, 0);
        } else {
            g_assert_cmphex(status & ~0xffULL, ==, 0xc000030300000000);
        }
    }
    return NULL;
}

static void test_same_pages(void)
{
    SimPlatform *sim = machine();
    Worker worker[THREADS];
    unsigned added = 0;

    run(sim, same_pages, worker, 2 * MIB);
    for (int i = 0; i < THREADS; i++) {
        added += worker[i].added;
    }
    g_assert_cmpuint(added, >, 0);
    assert_clean(sim);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pamt-threads/apart", test_apart);
    g_test_add_func("/pamt-threads/together", test_together);
    g_test_add_func("/pamt-threads/count", test_count);
    g_test_add_func("/pamt-threads/same-pages", test_same_pages);
    return g_test_run();
}
