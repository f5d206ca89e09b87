/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Locks in PAMT entries: what a walk takes, finds taken and leaves behind
 * (PAMT 3.1, 3.2, 3.4).
 */

#include "sim-pamt.h"


#define BASE (4 * GIB)
#define PAMT (2 * GIB)
#define RANGE (BASE + 64 * MIB)  /* that gets a page pair */
#define PAGE0 (BASE + 128 * MIB) /* in a range without one */
#define PAGE1 (BASE + 130 * MIB)

#define BUSY(reg) (0x8000020000000000 | (reg))

static SimPlatform *machine(void)
{
    SimPlatform *sim = sim_ready(1, true);

    sim_init_tdmr(sim, sim_add_tdmr(sim, BASE, 2 * GIB, PAMT));
    return sim;
}

static TdxTdmr *tdmr_of(SimPlatform *sim)
{
    return &sim->module->st.tdmr[0];
}

static TdxPamtEntry *entry_2m(SimPlatform *sim, uint64_t hpa)
{
    return sim_pamt_entry(sim, tdmr_of(sim), TDX_LEVEL_2M, hpa);
}

static uint64_t add(SimPlatform *sim, uint64_t range, uint64_t page0,
                    uint64_t page1)
{
    return sim_call_status(sim, 0, TDH_PHYMEM_PAMT_ADD, range | TDX_LEVEL_2M,
                           page0, page1);
}

static uint64_t remove_pair(SimPlatform *sim, uint64_t range)
{
    return sim_call_status(sim, 0, TDH_PHYMEM_PAMT_REMOVE, range | TDX_LEVEL_2M,
                           0, 0);
}

typedef struct LockCase {
    TdxLevel level;
    TdxLock planted;
    bool reader_busy; /* explicit shared walk to the 4K entry */
    bool writer_busy; /* explicit exclusive walk to it */
    bool pair_busy;   /* exclusive walk to the 2M entry */
} LockCase;

static const LockCase lock_cases[] = {
    { TDX_LEVEL_1G, TDX_LOCK_EXCLUSIVE, true, true, true },
    { TDX_LEVEL_1G, TDX_LOCK_READER, false, false, false },
    { TDX_LEVEL_1G, TDX_LOCK_HOST_PRIORITY, false, false, false },
    { TDX_LEVEL_2M, TDX_LOCK_EXCLUSIVE, true, true, true },
    { TDX_LEVEL_2M, TDX_LOCK_READER, false, false, true },
    { TDX_LEVEL_2M, TDX_LOCK_HOST_PRIORITY, false, false, false },
    { TDX_LEVEL_4K, TDX_LOCK_EXCLUSIVE, true, true, false },
    { TDX_LEVEL_4K, TDX_LOCK_READER, false, true, false },
    { TDX_LEVEL_4K, TDX_LOCK_HOST_PRIORITY, false, false, false },
};

static uint64_t walk(SimPlatform *sim, TdxLevel target, TdxLockType type)
{
    uint64_t status;
    PAMT_REF(page);

    g_assert_false(tdx_pamt_find(&page, SIM_CALL(sim, 0), RANGE + 8 * KIB,
                                 TDX_RDX));
    status = tdx_pamt_lock(&page, target, type, TDX_RDX);
    for (int i = 0; status && i < TDX_NUM_PAMT_LEVELS; i++) {
        g_assert_null(page.lock[i]);
    }
    g_assert_cmpuint(page.share == 0, ==, status != 0);
    return status;
}

/* What is left in a lock after a walk: the mark of one who failed, or none */
static void assert_lock(TdxLock lock, TdxLock planted, bool busy)
{
    g_assert_cmphex(lock & ~TDX_LOCK_HOST_PRIORITY, ==,
                    planted & ~TDX_LOCK_HOST_PRIORITY);
    g_assert_true(!busy || lock & TDX_LOCK_HOST_PRIORITY);
}

static void test_walk_locks(void)
{
    SimPlatform *sim = machine();

    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    for (int i = 0; i < G_N_ELEMENTS(lock_cases); i++) {
        const LockCase *lc = &lock_cases[i];
        TdxPamtEntry *pair_page = sim_private_entry(sim, PAGE0 + 2 * 16);
        TdxPamtEntry *entry = lc->level == TDX_LEVEL_4K ? pair_page :
            sim_pamt_entry(sim, tdmr_of(sim), lc->level, RANGE);

        entry->lock = lc->planted;
        g_assert_cmphex(walk(sim, 0, TDX_LOCK_TYPE_SHARED), ==,
                        lc->reader_busy ? BUSY(2) : 0);
        assert_lock(entry->lock, lc->planted, lc->reader_busy);
        entry->lock = lc->planted;
        g_assert_cmphex(walk(sim, 0, TDX_LOCK_TYPE_EXCLUSIVE), ==,
                        lc->writer_busy ? BUSY(2) : 0);
        assert_lock(entry->lock, lc->planted, lc->writer_busy);
        entry->lock = lc->planted;
        g_assert_cmphex(walk(sim, TDX_LEVEL_2M, TDX_LOCK_TYPE_EXCLUSIVE), ==,
                        lc->pair_busy ? BUSY(2) : 0);
        assert_lock(entry->lock, lc->planted, lc->pair_busy);
        entry->lock = 0;
        /* Whatever happened, nothing else is left locked */
        g_assert_true(sim_no_locks(sim, tdmr_of(sim)));
        g_assert_cmphex(pair_page->lock, ==, 0);
    }
    sim_free(sim);
}

/* What a walk holds, and that the end of the scope lets go of it */
static void test_walk_holds(void)
{
    SimPlatform *sim = machine();
    TdxPamtEntry *e1g = sim_pamt_entry(sim, tdmr_of(sim), TDX_LEVEL_1G, RANGE);
    TdxPamtEntry *e2m = entry_2m(sim, RANGE);
    TdxLp *lp = &sim->module->lps[0];

    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    {
        PAMT_REF(page);

        g_assert_cmphex(tdx_pamt_get_free(&page, SIM_CALL(sim, 0),
                                          RANGE + 4 * KIB, 0, 1), ==, 0);
        g_assert_cmphex(e1g->lock, ==, 0);
        g_assert_cmphex(lp->share[0], ==, (uintptr_t)e1g);
        g_assert_cmphex(e2m->lock, ==, TDX_LOCK_READER);
        g_assert_cmphex(page.entry->lock, ==, TDX_LOCK_EXCLUSIVE);
        g_assert_cmphex(remove_pair(sim, RANGE), ==, BUSY(1));
    }
    {
        PAMT_REF(page);

        g_assert_cmphex(tdx_pamt_lock_implicit(&page, sim->module,
                                               RANGE + 4 * KIB,
                                               TDX_LOCK_TYPE_SHARED, 1), ==, 0);
        g_assert_cmphex(e1g->lock, ==, 0);
        g_assert_cmphex(lp->share[0], ==, 0);
        g_assert_cmphex(e2m->lock & ~TDX_LOCK_HOST_PRIORITY, ==, 0);
        g_assert_cmphex(page.entry->lock, ==, TDX_LOCK_READER);
    }
    g_assert_cmphex(remove_pair(sim, RANGE), ==, 0);
    {
        PAMT_REF(range);

        g_assert_cmphex(tdx_pamt_get_free(&range, SIM_CALL(sim, 0), RANGE,
                                          TDX_LEVEL_2M, 1), ==, 0);
        g_assert_cmphex(e1g->lock, ==, 0);
        g_assert_cmphex(lp->share[0], ==, (uintptr_t)e1g);
        g_assert_cmphex(e2m->lock, ==, TDX_LOCK_EXCLUSIVE);
    }
    g_assert_cmphex(e1g->lock, ==, 0);
    g_assert_cmphex(e2m->lock, ==, 0);
    sim_free(sim);
}

static void test_pair_locks(void)
{
    SimPlatform *sim = machine();
    TdxPamtEntry *page0 = entry_2m(sim, PAGE0);
    TdxPamtEntry *page1 = entry_2m(sim, PAGE1);
    TdxPamtEntry *other;

    /* A page is held shared: somebody else's shared lock does no harm */
    page0->lock = page1->lock = TDX_LOCK_READER;
    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    g_assert_cmphex(page0->lock, ==, TDX_LOCK_READER);
    g_assert_cmphex(remove_pair(sim, RANGE), ==, 0);

    page0->lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, BUSY(2));
    page0->lock = 0;
    page1->lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, BUSY(8));
    page1->lock = 0;
    /* Pages of another block: its 1G entry is a lock on the way, too */
    other = sim_pamt_entry(sim, tdmr_of(sim), TDX_LEVEL_1G, PAGE0 + GIB);
    other->lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(add(sim, RANGE, PAGE0 + GIB, PAGE1), ==, BUSY(2));
    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1 + GIB), ==, BUSY(8));
    other->lock = 0;
    /* No bit is left behind by the failures */
    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    g_assert_true(sim_no_locks(sim, tdmr_of(sim)));
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pamt-locks/walk/finds", test_walk_locks);
    g_test_add_func("/pamt-locks/walk/holds", test_walk_holds);
    g_test_add_func("/pamt-locks/pair", test_pair_locks);
    return g_test_run();
}
