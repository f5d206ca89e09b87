/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Four processors of a host that has lost its mind: each runs changed pieces
 * of all scenarios, on the same TDs and on the same memory.  Whatever comes of
 * it, the invariants hold whenever all of them pause.  Worth most under
 * ThreadSanitizer.
 */

#include <pthread.h>
#include <string.h>

#include "fuzz.h"
#include "sim-run.h"

#define LPS 4
#define EPISODES 60 /* with a new machine each, for madness wears out TDs */
#define PHASES 3
#define CALLS 200   /* of each LP in a phase */

#define ENOUGH_LEAVES 30


typedef struct Lp {
    FuzzMachine fm; /* shares the platform with the others */
    unsigned lp;
    unsigned calls;
    uint64_t random;
    pthread_barrier_t *start;
} Lp;

/* A leaf that would end it all for everybody, or what only one may do */
static bool is_unfit(const FuzzRecord *rec)
{
    return (rec->leaf >= FUZZ_WRITE && rec->leaf < FUZZ_TDCALL) ||
           rec->leaf > FUZZ_EXIT || rec->leaf == TDH_SYS_SHUTDOWN ||
           rec->leaf == TDH_SYS_DISABLE;
}

/* What this LP's TD does, if it runs one */
static void run_td(Lp *lp, const FuzzRecord *rec)
{
    FuzzRecord here = *rec;

    here.lp = lp->lp;
    lp->calls++;
    if (!sim_lp(lp->fm.sim, lp->lp)->in_td) {
        return;
    }
    if (rec->leaf == FUZZ_TDCALL) {
        fuzz_tdcall(&lp->fm, &here);
    } else {
        fuzz_exit(&lp->fm, &here);
    }
}

static void run_record(Lp *lp, const FuzzRecord *rec)
{
    unsigned i, n = fuzz_repetitions(rec);

    if (rec->leaf == FUZZ_TDCALL || rec->leaf == FUZZ_EXIT) {
        run_td(lp, rec);
        return;
    }

    for (i = 0; i < n && lp->calls < CALLS; i++) {
        lp->calls++;
        if (fuzz_call(&lp->fm, rec, lp->lp, i) != TDX_SUCCESS &&
            !(rec->flags & FUZZ_KEEP_ON)) {
            break;
        }
    }
}

/* Some scenario, changed a little */
static gsize draw_program(Lp *lp, uint8_t *data)
{
    size_t n;
    const FuzzSeed *seeds = fuzz_seeds(&n);
    const FuzzSeed *seed = &seeds[fuzz_random(&lp->random) % n];
    gsize size = sizeof(FuzzHeader) + seed->n * sizeof(FuzzRecord);

    g_assert_cmpuint(size, <=, FUZZ_MAX_SIZE);
    memset(data, 0, sizeof(FuzzHeader));
    memcpy(data + sizeof(FuzzHeader), seed->rec,
           size - sizeof(FuzzHeader));
    return fuzz_mutate(data, size, FUZZ_MAX_SIZE, &lp->random);
}

static gpointer run_lp(gpointer opaque)
{
    Lp *lp = opaque;
    g_autofree uint8_t *data = g_malloc(FUZZ_MAX_SIZE);

    lp->calls = 0;
    pthread_barrier_wait(lp->start);
    while (lp->calls < CALLS) {
        gsize size = draw_program(lp, data);
        gsize at;

        for (at = sizeof(FuzzHeader); at + sizeof(FuzzRecord) <= size;
             at += sizeof(FuzzRecord)) {
            const FuzzRecord *rec = (const FuzzRecord *)(data + at);

            if (!is_unfit(rec)) {
                run_record(lp, rec);
            }
        }
    }
    return NULL;
}

/* Of the leaves that the module has, most must have done something */
static void assert_much_succeeded(void)
{
    size_t i, n;
    const TdxLeaf *const *table = tdx_leaf_table(&n);
    unsigned leaves = 0;

    for (i = 0; i < n; i++) {
        uint64_t times = fuzz_stats.successes[table[i]->number % 256];

        if (times) {
            g_test_message("%s succeeded %" G_GUINT64_FORMAT " times",
                           table[i]->name, times);
            leaves++;
        }
    }
    g_assert_cmpuint(leaves, >=, ENOUGH_LEAVES);
}

static void run_episode(unsigned machine, unsigned episode)
{
    FuzzHeader header = {
        .machine = machine | FUZZ_TDMRS | FUZZ_PKGS | 2 << FUZZ_LPS_SHIFT,
        .prologue = episode % 4 ? FUZZ_RUNNABLE : FUZZ_TD,
    };
    FuzzMachine fm;
    Lp lp[LPS];
    pthread_barrier_t start;
    unsigned phase, i;

    pthread_barrier_init(&start, NULL, LPS);
    fuzz_begin(&fm, &header);
    g_assert_cmpuint(fm.sim->info.num_lps, ==, LPS);
    for (i = 0; i < LPS; i++) {
        lp[i] = (Lp) {
            .fm = fm, .lp = i, .random = episode * LPS + i, .start = &start,
        };
    }
    for (phase = 0; phase < PHASES; phase++) {
        GThread *thread[LPS];

        for (i = 0; i < LPS; i++) {
            thread[i] = g_thread_new("lp", run_lp, &lp[i]);
        }
        for (i = 0; i < LPS; i++) {
            g_thread_join(thread[i]);
        }
        fuzz_check(&fm);
    }
    fuzz_machine_end(&fm);
    pthread_barrier_destroy(&start);
}

static void test_stress(gconstpointer opaque)
{
    unsigned episode;

    memset(fuzz_stats.successes, 0, sizeof(fuzz_stats.successes));
    for (episode = 0; episode < EPISODES; episode++) {
        run_episode(GPOINTER_TO_UINT(opaque), episode);
    }
    assert_much_succeeded();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/stress/static", GUINT_TO_POINTER(0), test_stress);
    g_test_add_data_func("/stress/dynamic", GUINT_TO_POINTER(FUZZ_DYNAMIC),
                         test_stress);
    return g_test_run();
}
