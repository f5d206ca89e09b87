/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The invariant checker: each part of a rule that consists of several is
 * broken by itself.
 */

#include "invariants-fixture.h"
#include "sim-run.h"

/* --- the module's state --------------------------------------------------- */

static void have_a_key_elsewhere(Fixture *f)
{
    f->m->st.pkg_config_bitmap |= 2;
}

static void begin_again(Fixture *f)
{
    f->m->st.sys_state = TDX_SYSINIT_PENDING;
}

static void have_a_key_before_config(Fixture *f)
{
    f->m->st.sys_state = TDX_SYSINIT_DONE;
    f->m->st.num_tdmrs = 0;
}

static void count_one_lp_less(Fixture *f)
{
    f->m->lps[1].init = false;
    f->m->st.num_init_lps--;
}

static void lose_all_tdmrs(Fixture *f)
{
    f->m->st.num_tdmrs = 0;
}

static void have_a_shared_global_key(Fixture *f)
{
    f->m->st.hkid = 1;
}

/* On a machine that has more KeyIDs than the module knows */
static void have_a_high_global_key(Fixture *f)
{
    f->m->private_hkid_max = UINT16_MAX;
    f->m->st.hkid = TDX_NUM_HKIDS;
}

static void have_another_package(Fixture *f)
{
    f->m->plat.num_pkgs++;
}

/* What a module that is ready must have, it must have before and after, too */
static void lose_all_tdmrs_before(Fixture *f)
{
    f->m->st.sys_state = TDX_SYSCONFIG_DONE;
    f->m->st.num_tdmrs = 0;
}

static void lose_all_tdmrs_after(Fixture *f)
{
    f->m->st.sys_state = TDX_SYS_SHUTDOWN_STATE;
    f->m->st.num_tdmrs = 0;
}

static void have_another_package_after(Fixture *f)
{
    f->m->st.sys_state = TDX_SYS_SHUTDOWN_STATE;
    f->m->plat.num_pkgs++;
}

static void empty_the_tdmr(Fixture *f)
{
    f->tdmr->size = 0;
}

static void wrap_the_tdmr(Fixture *f)
{
    f->tdmr->size = -2 * GIB;
}

static void have_a_high_tdmr(Fixture *f)
{
    f->tdmr->size = TDX_HPA_LIMIT;
}

static void double_the_tdmr(Fixture *f)
{
    f->m->st.tdmr[1] = *f->tdmr;
    f->m->st.num_tdmrs = 2;
}

static void reserve_too_often(Fixture *f)
{
    f->tdmr->num_rsvd = TDX_MAX_RSVD_PER_TDMR + 1;
}

static void initialise_too_little(Fixture *f)
{
    f->tdmr->last_initialized = f->tdmr->base - TDX_PAGE_2M;
}

static void initialise_a_page(Fixture *f)
{
    f->tdmr->last_initialized -= TDX_PAGE_4K;
}

static void initialise_too_early(Fixture *f)
{
    f->m->st.sys_state = TDX_SYSCONFIG_DONE;
}

/* --- PAMT ----------------------------------------------------------------- */

static void shrink_the_bitmap(Fixture *f)
{
    f->tdmr->pamt[TDX_LEVEL_4K].size = TDX_PAGE_4K;
}

static void shift_the_1g_entries(Fixture *f)
{
    f->tdmr->pamt[TDX_LEVEL_1G].base += sizeof(uint32_t);
}

static void shrink_the_1g_entries(Fixture *f)
{
    f->tdmr->pamt[TDX_LEVEL_1G].size = TDX_PAMT_ENTRY_SIZE;
}

static void have_a_pair_under_a_key(Fixture *f)
{
    const uint64_t hpa[] = {
        1ULL << f->m->hkid_start_bit | FREE, FREE + TDX_PAGE_4K,
    };

    tdx_pamt_set_pair(entry_2m(f, FREE), hpa, 0);
}

static void reserve_a_used_page(Fixture *f)
{
    sim_reserve(f->tdmr, f->page - f->tdmr->base, TDX_PAGE_4K);
}

/* --- TDs ------------------------------------------------------------------ */

static void belong_before_init(Fixture *f)
{
    f->tdvps->state = TDX_VCPU_UNINITIALIZED;
}

static void have_no_vcpu_page(Fixture *f)
{
    f->tdvps->num_pages = 0;
}

static void begin_elsewhere(Fixture *f)
{
    f->tdvps->page[0] = f->tdvps->page[1];
}

static void allow_no_vcpu(Fixture *f)
{
    f->tdcs->max_vcpus = 0;
}

static void lack_an_l2_page(Fixture *f)
{
    f->tdcs->num_l2_vms = 1;
}

static void have_uncounted_l2_vms(Fixture *f)
{
    f->tdcs->num_l2_vms = UINT32_MAX;
}

static void have_pages_before_keys(Fixture *f)
{
    f->tdr->lifecycle = TDX_TD_HKID_ASSIGNED;
    f->tdr->pkg_config_bitmap = 0;
}

static void lose_the_td_key(Fixture *f)
{
    f->tdr->pkg_config_bitmap = 0;
}

static void have_a_high_key(Fixture *f)
{
    f->m->private_hkid_max = UINT16_MAX;
    f->tdr->hkid = TDX_NUM_HKIDS;
}

/* A second TD, not more than its TDR */
static uint64_t another_td(Fixture *f)
{
    uint64_t tdr = sim_td_page(&f->td);

    ASSERT_OK(sim_td_call(&f->td, TDH_MNG_CREATE, tdr, SIM_TD_HKID + 1, 0));
    assert_clean(f->sim);
    return tdr;
}

static void have_a_td_key_elsewhere(Fixture *f)
{
    tdx_tdr(f->m, another_td(f))->pkg_config_bitmap = 2;
}

static void share_a_key(Fixture *f)
{
    tdx_tdr(f->m, another_td(f))->hkid = SIM_TD_HKID;
}

static void map_a_page_of_another(Fixture *f)
{
    uint64_t tdr = another_td(f);

    tdx_pamt_set_owner(entry_4k(f, f->page), TDX_PT_REG, tdr);
    tdx_tdr_add_children(tdx_tdr(f->m, tdr), 1);
    tdx_tdr_sub_children(f->tdr, 1);
}

static void have_a_strange_key_state(Fixture *f)
{
    f->m->st.kot[SIM_TD_HKID + 1].state = TDX_HKID_RESERVED + 1;
}

static void flush_a_free_key(Fixture *f)
{
    f->m->st.kot[SIM_TD_HKID + 1].state = TDX_HKID_FLUSHED;
}

static void reserve_a_shared_key(Fixture *f)
{
    f->m->st.kot[1].state = TDX_HKID_RESERVED;
}

static void wait_for_another_package(Fixture *f)
{
    ASSERT_OK(sim_td_call(&f->td, TDH_VP_FLUSH, f->td.vcpu, 0, 0));
    ASSERT_OK(sim_td_call(&f->td, TDH_MNG_VPFLUSHDONE, f->td.tdr, 0, 0));
    assert_clean(f->sim);
    f->m->st.kot[SIM_TD_HKID].wbinvd_bitmap = 2;
}

static void count_inside_of_a_dead_td(Fixture *f)
{
    tdx_td_kill(f->tdr);
    assert_clean(f->sim);
    f->tdcs->refcount[0] = 1;
}

static void run_without_a_lock(Fixture *f)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_VP_ENTER, [TDX_RCX] = f->td.vcpu,
    };

    g_assert_cmpint(sim_seamcall(f->sim, 0, gpr), ==, TDX_SEAMCALL_RUN_TD);
    assert_clean(f->sim);
    entry_4k(f, f->td.vcpu)->lock = 0;
}

/* --- Secure EPT ----------------------------------------------------------- */

static void map_strangely(Fixture *f)
{
    f->sept[1] = *f->sept ^ TDX_SEPT_TDEX;
}

static void map_large_from_above(Fixture *f)
{
    TdxSeptWalk walk = tdx_sept_walk(f->m, f->tdcs->eptp, GPA_4K,
                                     TDX_SEPT_LEVEL_PML4E);

    walk.entry[1] = tdx_sept_leaf(f->m, LARGE, SIM_TD_HKID, true);
}

/* Two levels say different sizes of one page */
static void map_a_page_as_large(Fixture *f)
{
    TdxSeptWalk walk = tdx_sept_walk(f->m, f->tdcs->eptp, 2 * GPA_2M,
                                     TDX_LEVEL_2M);

    *walk.entry = tdx_sept_leaf(f->m, f->page, SIM_TD_HKID, true);
}

static void block_strangely(Fixture *f)
{
    ASSERT_OK(sim_td_call(&f->td, TDH_MEM_RANGE_BLOCK, GPA_4K, f->td.tdr, 0));
    assert_clean(f->sim);
    *f->sept |= TDX_SEPT_R; /* a page that can still be read */
}

static void block_before_all_time(Fixture *f)
{
    ASSERT_OK(sim_td_call(&f->td, TDH_MEM_RANGE_BLOCK, GPA_4K, f->td.tdr, 0));
    assert_clean(f->sim);
    tdx_pamt_set_bepoch(entry_4k(f, f->page), 0);
}

static const Corruption corruptions[] = {
    { "have-a-key-elsewhere", have_a_key_elsewhere, "package-count" },
    { "begin-again", begin_again, "sys-state: LPs are" },
    { "have-a-key-before-config", have_a_key_before_config,
      "sys-state: TDMRs or" },
    { "count-one-lp-less", count_one_lp_less, "sys-state: state 3 lacks" },
    { "lose-all-tdmrs", lose_all_tdmrs, "sys-state: state 3 lacks" },
    { "have-a-shared-global-key", have_a_shared_global_key,
      "sys-state: state 3 lacks" },
    { "have-a-high-global-key", have_a_high_global_key,
      "sys-state: state 3 lacks" },
    { "have-another-package", have_another_package,
      "sys-state: ready with 1 of 2" },
    { "lose-all-tdmrs-before", lose_all_tdmrs_before,
      "sys-state: state 2 lacks" },
    { "lose-all-tdmrs-after", lose_all_tdmrs_after,
      "sys-state: state 4 lacks" },
    { "have-another-package-after", have_another_package_after,
      "sys-state: ready with 1 of 2" },
    { "empty-the-tdmr", empty_the_tdmr, "tdmr: number 0" },
    { "wrap-the-tdmr", wrap_the_tdmr, "tdmr: number 0" },
    { "have-a-high-tdmr", have_a_high_tdmr, "tdmr: number 0" },
    { "double-the-tdmr", double_the_tdmr, "tdmr: number 1" },
    { "reserve-too-often", reserve_too_often, "tdmr: number 0" },
    { "initialise-too-little", initialise_too_little, "tdmr-init" },
    { "initialise-a-page", initialise_a_page, "tdmr-init" },
    { "initialise-too-early", initialise_too_early, "tdmr-init" },
    { "shrink-the-bitmap", shrink_the_bitmap, "pamt-area: the bitmap" },
    { "shift-the-1g-entries", shift_the_1g_entries,
      "no-memory: the PAMT" },
    { "shrink-the-1g-entries", shrink_the_1g_entries, "pamt-area: level 2" },
    { "have-a-pair-under-a-key", have_a_pair_under_a_key, "pair-page" },
    { "reserve-a-used-page", reserve_a_used_page, "pair-used" },
    { "belong-before-init", belong_before_init, "vcpu-state" },
    { "have-no-vcpu-page", have_no_vcpu_page, "vcpu-pages" },
    { "begin-elsewhere", begin_elsewhere, "vcpu-pages" },
    { "allow-no-vcpu", allow_no_vcpu, "vcpu-count" },
    { "lack-an-l2-page", lack_an_l2_page, "tdcs" },
    { "have-uncounted-l2-vms", have_uncounted_l2_vms, "tdcs" },
    { "have-pages-before-keys", have_pages_before_keys, "tdcs" },
    { "have-a-td-key-elsewhere", have_a_td_key_elsewhere, "td-lifecycle" },
    { "lose-the-td-key", lose_the_td_key, "td-lifecycle" },
    { "have-a-high-key", have_a_high_key,
      "kot: TD 0x100000000 has HKID 2048" },
    { "share-a-key", share_a_key, "kot: TD" },
    { "map-a-page-of-another", map_a_page_of_another,
      "owner: the Secure EPT" },
    { "have-a-strange-key-state", have_a_strange_key_state, "kot: HKID" },
    { "flush-a-free-key", flush_a_free_key, "kot: HKID 6 is in state 2" },
    { "reserve-a-shared-key", reserve_a_shared_key, "kot: HKID" },
    { "wait-for-another-package", wait_for_another_package, "kot-wbinvd" },
    { "count-inside-of-a-dead-td", count_inside_of_a_dead_td,
      "td-epoch: TD 0x100000000 counts" },
    { "run-without-a-lock", run_without_a_lock, "lock-running" },
    { "map-strangely", map_strangely, "sept-entry" },
    { "map-large-from-above", map_large_from_above, "sept-entry" },
    { "map-a-page-as-large", map_a_page_as_large, "page-type" },
    { "block-strangely", block_strangely, "sept-entry" },
    { "block-before-all-time", block_before_all_time, "sept-epoch" },
};

/* --- static PAMT ---------------------------------------------------------- */

/* Of entries of 4K pages; @found: all of the line, but for its end */
static void find_static(void (*corrupt)(SimPlatform *sim, TdxTdmr *tdmr),
                        const char *found)
{
    SimPlatform *sim = sim_ready(1, false);
    TdxTdmr *tdmr = sim_add_tdmr(sim, SIM_TD_BASE, 1 * GIB, 2 * GIB);
    g_autofree char *why = NULL;

    sim_reserve(tdmr, RESERVED, TDX_PAGE_4K);
    sim_init_tdmr(sim, tdmr);
    assert_clean(sim);
    corrupt(sim, tdmr);
    why = tdx_module_check(sim->module);
    g_test_message("%s", why);
    g_assert_nonnull(why);
    g_assert_true(g_str_has_prefix(why, found));
    sim_free(sim);
}

static void free_a_reserved_page(SimPlatform *sim, TdxTdmr *tdmr)
{
    tdx_pamt_set_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_4K,
                                     SIM_TD_BASE + RESERVED), TDX_PT_NDA);
}

static void have_a_pair(SimPlatform *sim, TdxTdmr *tdmr)
{
    tdx_pamt_set_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_2M, FREE),
                      TDX_PT_PAMT);
}

static void shrink_the_4k_entries(SimPlatform *sim, TdxTdmr *tdmr)
{
    tdmr->pamt[TDX_LEVEL_4K].size = 1 * MIB;
}

/* The first address that there is not: nobody is asked for it */
static void leave_all_addresses(SimPlatform *sim, TdxTdmr *tdmr)
{
    tdmr->pamt[TDX_LEVEL_4K].base = TDX_HPA_LIMIT;
}

static void cover_a_reserved_page(SimPlatform *sim, TdxTdmr *tdmr)
{
    tdx_pamt_set_owner(sim_pamt_entry(sim, tdmr, TDX_LEVEL_2M,
                                      SIM_TD_BASE + RESERVED), TDX_PT_REG, 0);
}

static void use_a_page_below_1g(SimPlatform *sim, TdxTdmr *tdmr)
{
    tdmr->num_rsvd = 0;
    tdx_pamt_set_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_4K,
                                     SIM_TD_BASE + RESERVED), TDX_PT_REG);
    tdx_pamt_set_owner(sim_pamt_entry(sim, tdmr, TDX_LEVEL_1G, SIM_TD_BASE),
                       TDX_PT_REG, 0);
}

static void test_static(void)
{
    find_static(free_a_reserved_page, "reserved: page 0x120000000 has type");
    find_static(have_a_pair, "pamt-type: the 2M entry");
    find_static(shrink_the_4k_entries, "pamt-area: level 0");
    find_static(leave_all_addresses,
                "no-memory: the PAMT at 0x10000000000000");
    find_static(cover_a_reserved_page, "pair-used");
    find_static(use_a_page_below_1g,
                "pamt-overlap: page 0x120000000 is in use");
}

/* --- an L2 VM ------------------------------------------------------------- */

/* Only a guest could map a page in an L2 VM's tree, and none has run */
static void test_l2_leaf(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = LEAF_VERSION(TDH_MEM_SEPT_ADD, 1),
        [TDX_RCX] = TDX_SEPT_LEVEL_PML4E, [TDX_R10] = UINT64_MAX,
        [TDX_R11] = UINT64_MAX,
    };
    g_autofree char *why = NULL;
    TdxTdRef ref;
    SimTd td;

    sim_td_create(&td, sim);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_ADDCX, sim_td_page(&td), td.tdr, 0));
    sim_td_write_params(&td, 0, 1);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_INIT, td.tdr, SIM_TD_SHARED, 0));
    gpr[TDX_RDX] = td.tdr;
    gpr[TDX_R8] = sim_td_page(&td);
    gpr[TDX_R9] = sim_td_page(&td);
    g_assert_true(tdx_module_seamcall(sim->module, 0, gpr, NULL));
    ASSERT_OK(gpr[TDX_RAX]);
    assert_clean(sim);

    ref = (TdxTdRef) {
        .m = sim->module, .hpa = td.tdr, .tdcs = sim_td_tdcs(&td),
        .tdr = tdx_tdr(sim->module, td.tdr),
    };
    *tdx_sept_walk(sim->module, tdx_td_eptp(&ref, 1), 0, TDX_LEVEL_1G).entry =
        tdx_sept_leaf(sim->module, SIM_TD_BASE + 1 * GIB, SIM_TD_HKID, false);
    why = tdx_module_check(sim->module);
    g_test_message("%s", why);
    g_assert_nonnull(why);
    g_assert_true(g_str_has_prefix(why, "sept-entry:"));
    g_array_free(td.pages, true);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_corruptions(corruptions, G_N_ELEMENTS(corruptions));
    g_test_add_func("/invariants/static", test_static);
    g_test_add_func("/invariants/l2-leaf", test_l2_leaf);
    return g_test_run();
}
