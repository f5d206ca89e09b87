/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The invariant checker: silent about all that SEAMCALLs do; corruption of
 * the PAMT and of the module's own state is found by name.
 */

#include "invariants-fixture.h"

static void count_one_more(Fixture *f)
{
    tdx_pamt_count_up(entry_2m(f, SIM_TD_BASE));
}

static void forget_a_used_page(Fixture *f)
{
    tdx_pamt_set_type(entry_4k(f, f->page), TDX_PT_NDA);
}

static void set_a_bit(Fixture *f)
{
    TdxPamtBit bit = bit_of(f, FREE + 5 * TDX_PAGE_4K);

    tdx_pamt_bit_test_and_set(&bit);
}

static void clear_the_bit_of_a_pair(Fixture *f)
{
    TdxPamtBit bit = bit_of(f, tdx_pamt_pair_hpa(entry_2m(f, SIM_TD_BASE), 1));

    tdx_pamt_bit_clear(&bit);
}

static void share_a_pair(Fixture *f)
{
    uint64_t hpa[] = {
        tdx_pamt_pair_hpa(entry_2m(f, SIM_TD_BASE), 0), FREE,
    };

    /* Both ranges count what is in that page */
    tdx_pamt_set_pair(entry_2m(f, FREE), hpa,
                      tdx_pamt_count(entry_2m(f, SIM_TD_BASE)));
}

static void lose_a_pair(Fixture *f)
{
    static const uint64_t hpa[] = { 0x1000, 0x2000 };

    tdx_pamt_set_pair(entry_2m(f, FREE), hpa, 0);
}

static void use_a_pair(Fixture *f)
{
    uint64_t pair = tdx_pamt_pair_hpa(entry_2m(f, SIM_TD_BASE), 0);

    tdx_pamt_set_owner(entry_2m(f, pair), TDX_PT_REG, f->td.tdr);
}

static void use_a_strange_type(Fixture *f)
{
    tdx_pamt_set_type(entry_4k(f, f->page), 7);
}

static void use_a_strange_2m_type(Fixture *f)
{
    tdx_pamt_set_type(entry_2m(f, FREE), TDX_PT_EPT);
}

static void use_a_strange_1g_type(Fixture *f)
{
    tdx_pamt_set_type(entry_1g(f), TDX_PT_PAMT);
}

static void cover_by_1g(Fixture *f)
{
    tdx_pamt_set_owner(entry_1g(f), TDX_PT_REG, f->td.tdr);
}

static void reserve_a_page(Fixture *f)
{
    tdx_pamt_set_type(entry_4k(f, f->page + TDX_PAGE_4K), TDX_PT_RSVD);
}

static void reserve_an_area(Fixture *f)
{
    sim_reserve(f->tdmr, RESERVED, 3 * TDX_PAGE_4K);
}

static void shrink_the_pamt(Fixture *f)
{
    f->tdmr->pamt[TDX_LEVEL_2M].size = TDX_PAGE_4K;
}

static void lose_the_pamt(Fixture *f)
{
    f->sim->hole = f->tdmr->pamt[TDX_LEVEL_1G];
}

static void lock_4k(Fixture *f)
{
    entry_4k(f, f->page)->lock = TDX_LOCK_READER;
}

static void lock_free_4k(Fixture *f)
{
    entry_4k(f, f->page + TDX_PAGE_4K)->lock = TDX_LOCK_EXCLUSIVE;
}

static void lock_2m(Fixture *f)
{
    entry_2m(f, FREE)->lock = TDX_LOCK_READER | TDX_LOCK_HOST_PRIORITY;
}

static void lock_1g(Fixture *f)
{
    entry_1g(f)->lock = TDX_LOCK_READER;
}

static void lock_tdmr(Fixture *f)
{
    f->tdmr->lock = TDX_LOCK_EXCLUSIVE;
}

static void lock_kot(Fixture *f)
{
    f->m->st.kot_lock = TDX_LOCK_READER;
}

static void lock_global(Fixture *f)
{
    f->m->st.global_lock = TDX_LOCK_EXCLUSIVE;
}

static void lock_wbt(Fixture *f)
{
    f->m->st.wbt[TDX_MAX_PKGS - 1].lock = TDX_LOCK_EXCLUSIVE;
}

static void stay_active(Fixture *f)
{
    f->m->lps[1].active = 1;
}

static void stay_sharing(Fixture *f)
{
    f->m->lps[1].share[TDX_LP_SHARES - 1] = 0x1000;
}

static void lose_an_lp(Fixture *f)
{
    f->m->lps[1].init = false;
}

static void lose_a_package(Fixture *f)
{
    f->m->st.pkg_config_bitmap = 0;
}

static void go_back(Fixture *f)
{
    f->m->st.sys_state = TDX_SYSINIT_DONE;
}

static void leave_all_states(Fixture *f)
{
    f->m->st.sys_state = 99;
}

static void free_the_global_key(Fixture *f)
{
    f->m->st.kot[f->m->st.hkid].state = TDX_HKID_FREE;
}

static void move_the_tdmr(Fixture *f)
{
    f->tdmr->base += TDX_PAGE_2M;
}

static void have_many_tdmrs(Fixture *f)
{
    f->m->st.num_tdmrs = UINT32_MAX;
}

static void initialise_too_much(Fixture *f)
{
    f->tdmr->last_initialized += TDX_PAGE_1G;
}

static const Corruption corruptions[] = {
    { "count-one-more", count_one_more, "page-count" },
    { "forget-a-used-page", forget_a_used_page, "page-count" },
    { "set-a-bit", set_a_bit, "bitmap" },
    { "clear-the-bit-of-a-pair", clear_the_bit_of_a_pair, "bitmap" },
    { "share-a-pair", share_a_pair, "pair-twice" },
    { "lose-a-pair", lose_a_pair, "pair-page" },
    { "use-a-pair", use_a_pair, "pair-used" },
    { "use-a-strange-type", use_a_strange_type, "pamt-type" },
    { "use-a-strange-2m-type", use_a_strange_2m_type, "pamt-type" },
    { "use-a-strange-1g-type", use_a_strange_1g_type, "pamt-type" },
    { "cover-by-1g", cover_by_1g, "pamt-overlap" },
    { "reserve-a-page", reserve_a_page, "reserved" },
    { "reserve-an-area", reserve_an_area, "bitmap" },
    { "shrink-the-pamt", shrink_the_pamt, "pamt-area" },
    { "lose-the-pamt", lose_the_pamt, "no-memory" },
    { "lock-4k", lock_4k, "lock-held" },
    { "lock-free-4k", lock_free_4k, "lock-held" },
    { "lock-2m", lock_2m, "lock-held" },
    { "lock-1g", lock_1g, "lock-held" },
    { "lock-tdmr", lock_tdmr, "lock-held" },
    { "lock-kot", lock_kot, "lock-held" },
    { "lock-global", lock_global, "lock-held" },
    { "lock-wbt", lock_wbt, "lock-held" },
    { "stay-active", stay_active, "lp-active" },
    { "stay-sharing", stay_sharing, "lp-share" },
    { "lose-an-lp", lose_an_lp, "lp-count" },
    { "lose-a-package", lose_a_package, "package-count" },
    { "go-back", go_back, "sys-state" },
    { "leave-all-states", leave_all_states, "sys-state" },
    { "free-the-global-key", free_the_global_key, "sys-state" },
    { "move-the-tdmr", move_the_tdmr, "tdmr" },
    { "have-many-tdmrs", have_many_tdmrs, "tdmr: there are" },
    { "initialise-too-much", initialise_too_much, "tdmr-init" },
};

/* --- other tests ------------------------------------------------------------ */

static void test_life(void)
{
    Fixture f;

    set_up(&f);
    ASSERT_OK(sim_td_call(&f.td, TDH_MEM_RANGE_BLOCK, GPA_2M | TDX_LEVEL_2M,
                          f.td.tdr, 0));
    assert_clean(f.sim);
    ASSERT_OK(sim_td_call(&f.td, TDH_MEM_TRACK, f.td.tdr, 0, 0));
    ASSERT_OK(sim_td_call(&f.td, TDH_MEM_PAGE_REMOVE, GPA_2M | TDX_LEVEL_2M,
                          f.td.tdr, 0));
    assert_clean(f.sim);
    ASSERT_OK(sim_td_call(&f.td, TDH_VP_FLUSH, f.td.vcpu, 0, 0));
    assert_clean(f.sim);
    f.td.vcpu = 0; /* flushed */
    sim_td_destroy(&f.td);
    assert_clean(f.sim);
    sim_free(f.sim);
}

/* What static PAMT alone has: 4K entries of all ranges */
static void test_static(void)
{
    SimPlatform *sim = sim_ready(1, false);
    TdxTdmr *tdmr = sim_add_tdmr(sim, SIM_TD_BASE, 1 * GIB, 2 * GIB);
    TdxPamtEntry *small, *range;
    g_autofree char *overlap = NULL, *reserved = NULL, *owner = NULL;

    assert_clean(sim);
    sim_reserve(tdmr, RESERVED, 3 * TDX_PAGE_4K);
    sim_init_tdmr(sim, tdmr);
    assert_clean(sim);

    small = sim_pamt_entry(sim, tdmr, TDX_LEVEL_4K, FREE);
    range = sim_pamt_entry(sim, tdmr, TDX_LEVEL_2M, FREE);
    tdx_pamt_set_owner(small, TDX_PT_REG, 0);
    owner = tdx_module_check(sim->module);
    g_test_message("%s", owner);
    g_assert_true(g_str_has_prefix(owner, "owner:"));

    tdx_pamt_set_owner(range, TDX_PT_REG, 0);
    overlap = tdx_module_check(sim->module);
    g_test_message("%s", overlap);
    g_assert_true(g_str_has_prefix(overlap, "pamt-overlap:"));

    tdx_pamt_set_type(range, TDX_PT_NDA);
    tdx_pamt_set_type(small, TDX_PT_NDA);
    assert_clean(sim);
    tdmr->num_rsvd = 0;
    reserved = tdx_module_check(sim->module);
    g_test_message("%s", reserved);
    g_assert_true(g_str_has_prefix(reserved, "reserved:"));
    sim_free(sim);
}

/* Host priority is no lock, and a module that has stopped is not looked at */
static void test_silent(void)
{
    Fixture f;

    set_up(&f);
    lock_2m(&f);
    entry_2m(&f, FREE)->lock = TDX_LOCK_HOST_PRIORITY;
    assert_clean(f.sim);
    f.tdr->chldcnt--;
    tdx_fatal(f.m, "for a test");
    assert_clean(f.sim);
    tear_down(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/invariants/life", test_life);
    g_test_add_func("/invariants/static", test_static);
    g_test_add_func("/invariants/silent", test_silent);
    add_corruptions(corruptions, G_N_ELEMENTS(corruptions));
    return g_test_run();
}
