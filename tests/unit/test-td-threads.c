/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several processors on one TD: whatever they do at the same time, each call
 * either works or says why not, and at the end the books agree.  Worth most
 * under ThreadSanitizer.
 */

#include "include/check.h"
#include "sim-td.h"

#define THREADS 4
#define ROUNDS 1500
#define PAGES 8 /* of each processor */

#define GPA 0x80000000ULL
#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define FIELD_CHLDCNT 0x8010000300000004ULL

typedef struct Worker {
    SimTd *td;
    unsigned lp;
    uint64_t gpa;
    uint64_t page[PAGES];
    unsigned augs;
    unsigned removes;
    unsigned busy;
} Worker;

static uint64_t call(Worker *w, uint64_t leaf, uint64_t rcx, uint64_t rdx,
                     uint64_t r8)
{
    uint64_t status = sim_call_status(w->td->sim, w->lp, leaf, rcx, rdx, r8);

    w->busy += tdx_op(status, 0) == TDX_OPERAND_BUSY;
    return tdx_op(status, 0);
}

/* Legal answers, beside success and BUSY, of a leaf that meets others */
static void check(uint64_t status, uint64_t also1, uint64_t also2)
{
    if (status && status != TDX_OPERAND_BUSY && status != also1 &&
        status != also2) {
        g_error("unexpected status 0x%" G_GINT64_MODIFIER "x", status);
    }
}

/* One page of the worker goes into the TD and comes out again */
static void one_round(Worker *w, unsigned i)
{
    uint64_t tdr = w->td->tdr;
    uint64_t gpa = w->gpa + i % PAGES * TDX_PAGE_4K;
    uint64_t status;

    status = call(w, TDH_MEM_PAGE_AUG, gpa, tdr, w->page[i % PAGES]);
    check(status, TDX_EPT_ENTRY_STATE_INCORRECT,
          TDX_PAGE_METADATA_INCORRECT);
    w->augs += !status;
    status = call(w, TDH_MEM_RANGE_BLOCK, gpa, tdr, 0);
    check(status, TDX_EPT_ENTRY_STATE_INCORRECT,
          TDX_GPA_RANGE_ALREADY_BLOCKED);
    check(call(w, TDH_MEM_TRACK, tdr, 0, 0), 0, 0);
    if (i % 3 == 0) {
        status = call(w, TDH_MEM_RANGE_UNBLOCK, gpa, tdr, 0);
        check(status, TDX_EPT_ENTRY_STATE_INCORRECT,
              TDX_TLB_TRACKING_NOT_DONE);
    }
    status = call(w, TDH_MEM_PAGE_REMOVE, gpa, tdr, 0);
    if (status != TDX_GPA_RANGE_NOT_BLOCKED) {
        check(status, TDX_EPT_ENTRY_STATE_INCORRECT,
              TDX_TLB_TRACKING_NOT_DONE);
    }
    w->removes += !status;
}

static gpointer work(gpointer opaque)
{
    Worker *w = opaque;

    for (unsigned i = 0; i < ROUNDS; i++) {
        one_round(w, i);
    }
    return NULL;
}

/* Take out what is left, alone; returns how many pages that were */
static unsigned clean_up(SimTd *td, uint64_t gpa)
{
    unsigned removed = 0;

    for (unsigned i = 0; i < PAGES; i++, gpa += TDX_PAGE_4K) {
        uint64_t status = sim_td_call(td, TDH_MEM_RANGE_BLOCK, gpa, td->tdr, 0);

        if (tdx_op(status, 0) == TDX_EPT_ENTRY_STATE_INCORRECT) {
            continue;
        }
        ASSERT_OK(sim_td_call(td, TDH_MEM_TRACK, td->tdr, 0, 0));
        ASSERT_OK(sim_td_call(td, TDH_MEM_PAGE_REMOVE, gpa, td->tdr, 0));
        removed++;
    }
    return removed;
}

/* @distance: between the guest addresses of two workers; 0: they all meet */
static void run(uint64_t distance)
{
    SimPlatform *sim = sim_td_machine(THREADS);
    unsigned augs = 0, removes = 0;
    GThread *thread[THREADS];
    Worker worker[THREADS];
    g_autofree char *why = NULL;
    uint64_t children;
    SimTd td;

    sim_td_build(&td, sim, 0);
    for (int i = 0; i < THREADS; i++) {
        worker[i] = (Worker) { .td = &td, .lp = i, .gpa = GPA + i * distance };
        sim_td_tables(&td, worker[i].gpa);
        for (int j = 0; j < PAGES; j++) {
            worker[i].page[j] = sim_td_page(&td);
        }
    }
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    children = sim_td_field(&td, FIELD_CHLDCNT);

    for (int i = 0; i < THREADS; i++) {
        thread[i] = g_thread_new("lp", work, &worker[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        g_thread_join(thread[i]);
        augs += worker[i].augs;
        removes += worker[i].removes;
    }
    g_assert_null(sim->fatal_reason);
    g_assert_cmpuint(augs, >, 0);
    g_assert_cmpuint(sim_td_field(&td, FIELD_CHLDCNT), ==,
                     children + augs - removes);
    for (int i = 0; i < THREADS; i++) {
        removes += clean_up(&td, worker[i].gpa);
    }
    g_assert_cmpuint(augs, ==, removes);
    g_assert_cmpuint(sim_td_field(&td, FIELD_CHLDCNT), ==, children);
    why = tdx_module_check(sim->module);
    g_assert_cmpstr(why, ==, NULL);
    sim_td_destroy(&td);
    sim_free(sim);
}

static void test_apart(void)
{
    run(4 * MIB);
}

static void test_together(void)
{
    run(0);
}

/* --- vCPUs -------------------------------------------------------------- */

static gpointer associate(gpointer opaque)
{
    Worker *w = opaque;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t status = call(w, TDH_VP_RD, w->td->vcpu, 0x200000000000000b,
                               0);

        check(status, TDX_VCPU_ASSOCIATED, 0);
        w->augs += !status;
        if (!status) {
            status = call(w, TDH_VP_FLUSH, w->td->vcpu, 0, 0);
            check(status, 0, 0);
            w->removes += !status;
        }
    }
    return NULL;
}

/* One vCPU goes from processor to processor and is never on two */
static void test_association(void)
{
    SimPlatform *sim = sim_td_machine(THREADS);
    GThread *thread[THREADS];
    Worker worker[THREADS];
    SimTd td;

    sim_td_build(&td, sim, 0);
    ASSERT_OK(sim_td_call(&td, TDH_VP_FLUSH, td.vcpu, 0, 0));
    for (int i = 0; i < THREADS; i++) {
        worker[i] = (Worker) { .td = &td, .lp = i };
        thread[i] = g_thread_new("lp", associate, &worker[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        g_thread_join(thread[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        sim_call_status(sim, i, TDH_VP_FLUSH, td.vcpu, 0, 0);
    }
    g_assert_cmpuint(sim_td_tdcs(&td)->num_assoc_vcpus, ==, 0);
    td.vcpu = 0; /* flushed */
    sim_td_destroy(&td);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td-threads/apart", test_apart);
    g_test_add_func("/td-threads/together", test_together);
    g_test_add_func("/td-threads/association", test_association);
    return g_test_run();
}
