/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine with a finalised TD, for tests that corrupt it and see the
 * invariant checker find that.
 */

#ifndef INVARIANTS_FIXTURE_H
#define INVARIANTS_FIXTURE_H

#include <string.h>

#include "include/check.h"
#include "sim-td.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define GPA_4K   0x5000ULL
#define GPA_2M   0x200000ULL
#define LARGE    (SIM_TD_BASE + 32 * MIB)  /* 2M page of the TD */
#define FREE     (SIM_TD_BASE + 256 * MIB) /* range that nobody uses */
#define RESERVED (512 * MIB)               /* offset in the TDMR */

/* A finalised TD; what corruptions need to know about it */
typedef struct Fixture {
    SimPlatform *sim;
    TdxModule *m;
    SimTd td;
    TdxTdmr *tdmr;
    TdxTdr *tdr;
    TdxTdcs *tdcs;
    TdxTdvps *tdvps;
    uint64_t page;       /* 4K page at GPA_4K */
    uint64_t *sept;      /* SEPT entry that maps it */
} Fixture;

static inline void assert_clean(SimPlatform *sim)
{
    g_autofree char *why = tdx_module_check(sim->module);

    g_assert_cmpstr(why, ==, NULL);
}

static inline void set_up(Fixture *f)
{
    TdxSeptWalk walk;

    f->sim = sim_td_machine(2);
    f->m = f->sim->module;
    f->tdmr = &f->m->st.tdmr[0];
    sim_td_build(&f->td, f->sim, 0);
    sim_td_tables(&f->td, GPA_4K);
    ASSERT_OK(sim_td_call(&f->td, TDH_MR_FINALIZE, f->td.tdr, 0, 0));
    f->page = sim_td_page(&f->td);
    ASSERT_OK(sim_td_call(&f->td, TDH_MEM_PAGE_AUG, GPA_4K, f->td.tdr,
                          f->page));
    ASSERT_OK(sim_td_call(&f->td, TDH_MEM_PAGE_AUG, GPA_2M | TDX_LEVEL_2M,
                          f->td.tdr, LARGE));
    f->tdr = tdx_tdr(f->m, f->td.tdr);
    f->tdcs = sim_td_tdcs(&f->td);
    f->tdvps = tdx_private(f->m, f->td.vcpu, SIM_TD_HKID);
    walk = tdx_sept_walk(f->m, f->tdcs->eptp, GPA_4K, TDX_LEVEL_4K);
    f->sept = walk.entry;
    assert_clean(f->sim);
}

static inline void tear_down(Fixture *f)
{
    g_array_free(f->td.pages, true);
    sim_free(f->sim);
}

static inline TdxPamtEntry *entry_2m(Fixture *f, uint64_t hpa)
{
    return sim_pamt_entry(f->sim, f->tdmr, TDX_LEVEL_2M, hpa);
}

static inline TdxPamtEntry *entry_1g(Fixture *f)
{
    return sim_pamt_entry(f->sim, f->tdmr, TDX_LEVEL_1G, SIM_TD_BASE);
}

static inline TdxPamtEntry *entry_4k(Fixture *f, uint64_t hpa)
{
    TdxPamtRef ref = { 0 };

    ASSERT_OK(tdx_pamt_peek(&ref, f->m, hpa));
    g_assert_cmpint(ref.level, ==, TDX_LEVEL_4K);
    return ref.entry;
}

static inline TdxPamtBit bit_of(Fixture *f, uint64_t hpa)
{
    TdxPamtBit bit;

    ASSERT_OK(tdx_pamt_bit(f->m, f->tdmr, hpa, &bit));
    return bit;
}

/**
 * Corruption: what is done to a TD that is well, and the invariant that the
 * checker must find violated first; with more of its line after a colon where
 * several rules are of one name.
 */
typedef struct Corruption {
    const char *name;
    void (*corrupt)(Fixture *f);
    const char *found;
} Corruption;

static inline void test_corruption(gconstpointer opaque)
{
    const Corruption *c = opaque;
    g_autofree char *prefix = g_strconcat(c->found, strchr(c->found, ':')
                                          ? "" : ":", NULL);
    g_autofree char *why = NULL;
    Fixture f;

    set_up(&f);
    c->corrupt(&f);
    why = tdx_module_check(f.m);
    g_test_message("%s", why);
    g_assert_nonnull(why);
    g_assert_true(g_str_has_prefix(why, prefix));
    tear_down(&f);
}

static inline void add_corruptions(const Corruption *list, unsigned n)
{
    while (n--) {
        g_autofree char *path = g_strconcat("/invariants/found/",
                                            list[n].name, NULL);

        g_test_add_data_func(path, &list[n], test_corruption);
    }
}

#endif /* INVARIANTS_FIXTURE_H */
