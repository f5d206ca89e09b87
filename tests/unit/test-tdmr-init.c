/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.TDMR.INIT: life cycle 9, and what it does to memory.
 */

#include <string.h>

#include "sim-pamt.h"


#define BASE (4 * GIB)
#define PAMT (2 * GIB)

static uint64_t init_call(SimPlatform *sim, uint64_t base, uint64_t *rdx)
{
    SimCall call;
    uint64_t status = sim_call(sim, 0, &call, TDH_SYS_TDMR_INIT, base, 0x77, 0);

    *rdx = call.gpr[TDX_RDX];
    for (int i = TDX_RBX; i < TDX_NUM_GPRS; i++) {
        if (i != TDX_R8) {
            g_assert_cmphex(call.gpr[i], ==, 0x0101010101010101ULL * i);
        }
    }
    return status;
}

/* So many calls make a GiB; RDX moves only when one is done */
static void progress(bool dynamic, unsigned calls_per_gib)
{
    SimPlatform *sim = sim_ready(1, dynamic);
    uint64_t rdx;

    sim_add_tdmr(sim, BASE, 2 * GIB, PAMT);
    for (unsigned i = 1; i <= 2 * calls_per_gib; i++) {
        /* A block can be used as soon as it is complete, and not before */
        uint64_t used = sim_call_status(sim, 0, TDH_PHYMEM_PAGE_RDMD, BASE, 0,
                                        0);

        g_assert_cmphex(used, ==, i <= calls_per_gib ? 0xc000010100000001
                                                     : 0);
        g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0);
        g_assert_cmphex(rdx, ==, BASE + i / calls_per_gib * GIB);
    }
    g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0x00000a0300000000);
    g_assert_cmphex(rdx, ==, 0);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_RDMD,
                                    BASE + 2 * GIB - 4 * KIB, 0, 0),
                    ==, 0);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_RDMD,
                                    BASE + 2 * GIB, 0, 0),
                    ==, 0xc000010100000001);
    sim_free(sim);
}

static void test_progress_dynamic(void)
{
    progress(true, 64);
}

static void test_progress_static(void)
{
    progress(false, 256);
}

static void test_operands(void)
{
    static const uint64_t bad[] = {
        BASE + 4 * KIB,       /* not aligned to 1 GiB */
        BASE + GIB,           /* inside a TDMR, not its base */
        BASE + 2 * GIB,       /* behind it */
        0,                    /* before it */
        BASE | 1ULL << 46,    /* KeyID */
        BASE | 1ULL << 52,    /* beyond the architecture */
        BASE | 1ULL << 63,
    };
    SimPlatform *sim = sim_ready(1, true);
    uint64_t rdx;

    g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0xc000010000000001);
    sim_add_tdmr(sim, BASE, 2 * GIB, PAMT);
    for (int i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_cmphex(init_call(sim, bad[i], &rdx), ==, 0xc000010000000001);
        g_assert_cmphex(rdx, ==, 0);
    }
    g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0);
    sim_free(sim);
}

static void test_busy(void)
{
    SimPlatform *sim = sim_ready(1, true);
    TdxTdmr *first = sim_add_tdmr(sim, BASE, GIB, PAMT);
    TdxTdmr *second = sim_add_tdmr(sim, BASE + GIB, GIB, PAMT + 512 * MIB);
    uint64_t rdx;

    first->lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(init_call(sim, first->base, &rdx), ==, 0x8000020000000001);
    g_assert_cmphex(rdx, ==, 0);
    /* Another TDMR has another mutex */
    g_assert_cmphex(init_call(sim, second->base, &rdx), ==, 0);
    first->lock = 0;
    g_assert_cmphex(init_call(sim, first->base, &rdx), ==, 0);
    g_assert_cmphex(first->lock, ==, 0);
    g_assert_cmphex(first->last_initialized, ==, BASE + 16 * MIB);
    sim_free(sim);
}

/* --- memory -------------------------------------------------------------- */

static void fill_with_garbage(SimPlatform *sim, TdxTdmr *tdmr)
{
    for (int level = 0; level < TDX_NUM_PAMT_LEVELS; level++) {
        uint64_t needed = MAX(tdmr->size / tdx_level_size(level) * 16, 1);
        uint64_t pages = needed / SIM_PAGE_SIZE + 2;

        for (uint64_t i = 0; i < pages; i++) {
            uint64_t hpa = tdmr->pamt[level].base + i * SIM_PAGE_SIZE;

            memset(sim_memory_page(&sim->shared, hpa, true), 0xa5,
                   SIM_PAGE_SIZE);
            memset(sim_memory_page(&sim->private, hpa, true), 0xa5,
                   SIM_PAGE_SIZE);
        }
    }
}

/* Bytes from the start of an area that the host does not see any more */
static uint64_t taken(SimPlatform *sim, TdxTdmr *tdmr, TdxLevel level)
{
    uint64_t hpa = tdmr->pamt[level].base;

    while (sim_read64(sim, hpa) == 0) {
        /* And what the host sees lost is what the module sees cleared */
        g_assert_cmphex(sim_private64(sim, hpa), ==, 0);
        hpa += 8;
    }
    g_assert_cmphex(sim_private64(sim, hpa), ==, 0xa5a5a5a5a5a5a5a5);
    return hpa - tdmr->pamt[level].base;
}

/* Each chunk takes its own bytes from KeyID 0, in whole cache lines */
static void test_taken_dynamic(void)
{
    SimPlatform *sim = sim_ready(1, true);
    TdxTdmr *tdmr = sim_add_tdmr(sim, BASE, 5 * GIB, PAMT);
    uint64_t rdx;

    fill_with_garbage(sim, tdmr);
    for (unsigned i = 1; i <= 5 * 64; i++) {
        g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0);
        g_assert_cmpuint(taken(sim, tdmr, TDX_LEVEL_4K), ==, i * 512);
        g_assert_cmpuint(taken(sim, tdmr, TDX_LEVEL_2M), ==, i * 8 * 16);
        /* Four 1G entries share a line */
        g_assert_cmpuint(taken(sim, tdmr, TDX_LEVEL_1G), ==,
                         ROUND_UP(i / 64 * 16, 64));
    }
    sim_free(sim);
}

static void test_taken_static(void)
{
    SimPlatform *sim = sim_ready(1, false);
    TdxTdmr *tdmr = sim_add_tdmr(sim, BASE, GIB, PAMT);
    uint64_t rdx;

    fill_with_garbage(sim, tdmr);
    for (unsigned i = 1; i <= 256; i++) {
        g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0);
        if (i % 51 <= 1) { /* looking takes longer than doing */
            g_assert_cmpuint(taken(sim, tdmr, TDX_LEVEL_4K), ==, i * 16384);
        }
        g_assert_cmpuint(taken(sim, tdmr, TDX_LEVEL_2M), ==,
                         ROUND_UP(i * 2 * 16, 64));
        g_assert_cmpuint(taken(sim, tdmr, TDX_LEVEL_1G), ==,
                         i == 256 ? 64 : 0);
    }
    sim_free(sim);
}

/* A chunk does not clear entries of an earlier one in the same cache line */
static void test_live_neighbours(void)
{
    SimPlatform *sim = sim_ready(1, false);
    TdxTdmr *tdmr = sim_add_tdmr(sim, BASE, 2 * GIB, PAMT);
    uint64_t rdx;

    g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0);
    tdx_pamt_set_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_2M, BASE + 2 * MIB),
                      TDX_PT_REG);
    for (int i = 1; i < 256; i++) {
        g_assert_cmphex(init_call(sim, BASE, &rdx), ==, 0);
    }
    sim_pamt_entry(sim, tdmr, TDX_LEVEL_1G, BASE)->lock = TDX_LOCK_READER;
    sim_init_tdmr(sim, tdmr);
    g_assert_cmpuint(tdx_pamt_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_2M,
                                                  BASE + 2 * MIB)), ==,
                     TDX_PT_REG);
    g_assert_cmphex(sim_pamt_entry(sim, tdmr, TDX_LEVEL_1G, BASE)->lock, ==,
                    TDX_LOCK_READER);
    sim_free(sim);
}

/* Memory that no reserved area is described in stays untouched */
static void test_costs_nothing(void)
{
    SimPlatform *sim = sim_ready(1, true);

    sim_init_tdmr(sim, sim_add_tdmr(sim, 1024 * GIB, 1024 * GIB, PAMT));
    g_assert_cmpuint(sim->private.num_pages, ==, 0);
    g_assert_cmpuint(sim->shared.num_pages, ==, 0);
    sim_free(sim);

    sim = sim_ready(1, false);
    sim_init_tdmr(sim, sim_add_tdmr(sim, 64 * GIB, 31 * GIB, PAMT));
    g_assert_cmpuint(sim->private.num_pages, ==, 0);
    g_assert_cmpuint(sim->shared.num_pages, ==, 0);
    sim_free(sim);
}

static void memory_gone(bool dynamic, TdxLevel level, bool rsvd)
{
    SimPlatform *sim = sim_ready(1, dynamic);
    TdxTdmr *tdmr = sim_add_tdmr(sim, BASE, GIB, PAMT);
    unsigned calls = 0;
    SimCall call;

    if (rsvd) {
        sim_reserve(tdmr, 0, GIB);
    }
    sim->hole = tdmr->pamt[level];
    do {
        sim_call(sim, 0, &call, TDH_SYS_TDMR_INIT, BASE, 0x77, 0);
        calls++;
    } while (call.answered);
    g_assert_cmpuint(calls, ==, level != TDX_LEVEL_1G ? 1 : dynamic ? 64
                                                                    : 256);
    g_assert_nonnull(sim->fatal_reason);
    /* VMfailInvalid changes no register, whatever the leaf had done */
    g_assert_cmphex(call.gpr[TDX_RAX], ==, TDH_SYS_TDMR_INIT);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, BASE);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 0x77);
    /* The module is gone for good */
    sim_call(sim, 0, &call, TDH_SYS_LP_SHUTDOWN, 0, 0, 0);
    g_assert_false(call.answered);
    sim_free(sim);
}

static void test_memory_gone(void)
{
    for (int i = 0; i < 12; i++) {
        memory_gone(i % 2, i / 2 % 3, i / 6);
    }
}

/* --- reserved areas ------------------------------------------------------ */

static bool is_reserved(const TdxTdmr *tdmr, uint64_t offset)
{
    for (unsigned i = 0; i < tdmr->num_rsvd; i++) {
        if (offset >= tdmr->rsvd[i].base &&
            offset < tdmr->rsvd[i].base + tdmr->rsvd[i].size) {
            return true;
        }
    }
    return false;
}

static void check_reserved(SimPlatform *sim, TdxTdmr *tdmr, bool dynamic)
{
    sim_init_tdmr(sim, tdmr);
    for (uint64_t offset = 0; offset < tdmr->size; offset += 4 * KIB) {
        uint64_t hpa = tdmr->base + offset;
        bool reserved = is_reserved(tdmr, offset);

        if (dynamic) {
            g_assert_cmpint(sim_pamt_bit(sim, tdmr, hpa), ==, reserved);
        } else {
            g_assert_cmpint(tdx_pamt_type(sim_pamt_entry(sim, tdmr,
                                                         TDX_LEVEL_4K, hpa)),
                            ==, reserved ? TDX_PT_RSVD : TDX_PT_NDA);
        }
    }
}

static void reserved(bool dynamic)
{
    SimPlatform *sim = sim_ready(1, dynamic);
    TdxTdmr *tdmr = sim_add_tdmr(sim, BASE, GIB, PAMT);
    uint64_t offset = 0;

    /* Edges: of the TDMR, of chunks, of words, of PAMT pages, of 2 MiB */
    sim_reserve(tdmr, 0, 4 * KIB);
    sim_reserve(tdmr, 4 * MIB - 4 * KIB, 8 * KIB);
    sim_reserve(tdmr, 8 * MIB, 256 * KIB);
    sim_reserve(tdmr, 9 * MIB + 4 * KIB, 256 * KIB - 8 * KIB);
    sim_reserve(tdmr, 16 * MIB - 4 * KIB, 33 * MIB);
    sim_reserve(tdmr, 100 * MIB + 60 * KIB, 4 * KIB);
    sim_reserve(tdmr, GIB - 4 * KIB, 4 * KIB);
    check_reserved(sim, tdmr, dynamic);
    sim_free(sim);

    sim = sim_ready(1, dynamic);
    tdmr = sim_add_tdmr(sim, BASE, GIB, PAMT);
    while (tdmr->num_rsvd < TDX_MAX_RSVD_PER_TDMR) {
        uint64_t size = g_test_rand_int_range(1, 4096) * 4 * KIB;

        offset += g_test_rand_int_range(0, 8192) * 4 * KIB;
        sim_reserve(tdmr, offset, size);
        offset += size;
    }
    check_reserved(sim, tdmr, dynamic);
    sim_free(sim);
}

static void test_reserved_dynamic(void)
{
    reserved(true);
}

static void test_reserved_static(void)
{
    reserved(false);
}

/* --- several processors -------------------------------------------------- */

#define THREADS 4

typedef struct Racer {
    SimPlatform *sim;
    unsigned lp;
    uint64_t base;
    unsigned successes;
} Racer;

static gpointer race(gpointer opaque)
{
    Racer *r = opaque;
    uint64_t status;

    do {
        status = sim_call_status(r->sim, r->lp, TDH_SYS_TDMR_INIT, r->base, 0,
                                 0);
        r->successes += status == 0;
        g_assert_true(status == 0 || status == 0x8000020000000001 ||
                      status == 0x00000a0300000000);
        /* Blocks may be looked at while others are being made */
        sim_call_status(r->sim, r->lp, TDH_PHYMEM_PAGE_RDMD, r->base, 0, 0);
    } while (status != 0x00000a0300000000);
    return NULL;
}

static void race_for(uint64_t distance, unsigned expected)
{
    SimPlatform *sim = sim_ready(THREADS, true);
    GThread *thread[THREADS];
    Racer racer[THREADS];
    unsigned successes = 0;

    for (int i = 0; i < (distance ? THREADS : 1); i++) {
        sim_reserve(sim_add_tdmr(sim, BASE + i * distance, GIB,
                                 (32 + i) * GIB), 40 * MIB, 20 * MIB);
    }
    for (int i = 0; i < THREADS; i++) {
        racer[i] = (Racer) { sim, i, BASE + i * distance };
        thread[i] = g_thread_new("lp", race, &racer[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        g_thread_join(thread[i]);
        successes += racer[i].successes;
    }
    g_assert_cmpuint(successes, ==, expected);
    sim_free(sim);
}

static void test_threads_one_tdmr(void)
{
    race_for(0, 64);
}

static void test_threads_own_tdmr(void)
{
    race_for(GIB, THREADS * 64);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tdmr-init/progress/dynamic", test_progress_dynamic);
    g_test_add_func("/tdmr-init/progress/static", test_progress_static);
    g_test_add_func("/tdmr-init/operands", test_operands);
    g_test_add_func("/tdmr-init/busy", test_busy);
    g_test_add_func("/tdmr-init/taken/dynamic", test_taken_dynamic);
    g_test_add_func("/tdmr-init/taken/static", test_taken_static);
    g_test_add_func("/tdmr-init/live-neighbours", test_live_neighbours);
    g_test_add_func("/tdmr-init/costs-nothing", test_costs_nothing);
    g_test_add_func("/tdmr-init/memory-gone", test_memory_gone);
    g_test_add_func("/tdmr-init/reserved/dynamic", test_reserved_dynamic);
    g_test_add_func("/tdmr-init/reserved/static", test_reserved_static);
    g_test_add_func("/tdmr-init/threads/one-tdmr", test_threads_one_tdmr);
    g_test_add_func("/tdmr-init/threads/own-tdmr", test_threads_own_tdmr);
    return g_test_run();
}
