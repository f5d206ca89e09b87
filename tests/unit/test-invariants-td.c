/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The invariant checker: corruption of TDs, vCPUs, keys and Secure EPT is
 * found by name.
 */

#include "invariants-fixture.h"

static void own_a_tdr(Fixture *f)
{
    tdx_pamt_set_owner(entry_4k(f, f->td.tdr), TDX_PT_TDR, f->td.tdr);
}

static void change_an_owner(Fixture *f)
{
    tdx_pamt_set_owner(entry_4k(f, f->page), TDX_PT_REG, f->page);
}

static void lose_a_child(Fixture *f)
{
    f->tdr->chldcnt--;
}

static void lock_sept_entry(Fixture *f)
{
    *f->sept |= TDX_SEPT_LOCK;
}

static void lock_epoch(Fixture *f)
{
    f->tdcs->epoch_lock = TDX_LOCK_EXCLUSIVE;
}

static void lock_sept(Fixture *f)
{
    f->tdcs->sept_lock = TDX_LOCK_EXCLUSIVE;
}

static void lock_op_state(Fixture *f)
{
    f->tdcs->op_state_lock = TDX_LOCK_READER;
}

static void free_a_key(Fixture *f)
{
    f->m->st.kot[SIM_TD_HKID].state = TDX_HKID_FREE;
}

static void waste_a_key(Fixture *f)
{
    f->m->st.kot[SIM_TD_HKID + 1].state = TDX_HKID_ASSIGNED;
}

static void take_a_shared_key(Fixture *f)
{
    f->tdr->hkid = 1;
}

static void wait_for_wbinvd(Fixture *f)
{
    f->m->st.kot[SIM_TD_HKID].wbinvd_bitmap = 1;
}

static void count_a_build(Fixture *f)
{
    f->m->st.td_build_count++;
}

static void step_back(Fixture *f)
{
    f->tdr->lifecycle = TDX_TD_HKID_ASSIGNED;
}

static void leave_all_lifecycles(Fixture *f)
{
    f->tdr->lifecycle = 9;
}

static void have_many_tdcs_pages(Fixture *f)
{
    f->tdr->num_tdcx = UINT32_MAX;
}

static void have_many_l2_vms(Fixture *f)
{
    f->tdcs->num_l2_vms = 3;
}

static void lose_a_tdcs_page(Fixture *f)
{
    f->tdr->num_tdcx--;
}

static void double_a_tdcs_page(Fixture *f)
{
    f->tdr->tdcx[TDX_TDCS_NO_SHARED_EPT] =
        f->tdr->tdcx[TDX_TDCS_MSR_BITMAPS];
}

static void mistake_a_tdcs_page(Fixture *f)
{
    f->tdr->tdcx[TDX_TDCS_CONTROL] = f->td.vcpu;
}

static void leave_all_op_states(Fixture *f)
{
    f->tdcs->op_state = 77;
}

static void begin_epoch_0(Fixture *f)
{
    f->tdcs->td_epoch = 0;
}

static void be_built_for_ever(Fixture *f)
{
    f->tdcs->crypto_context = 1;
}

static void stay_inside(Fixture *f)
{
    f->tdcs->refcount[1] = 1;
}

static void have_many_vcpu_pages(Fixture *f)
{
    f->tdvps->num_pages = UINT32_MAX;
}

static void leave_all_vcpu_states(Fixture *f)
{
    f->tdvps->state = 6;
}

static void have_a_high_vcpu_index(Fixture *f)
{
    f->tdvps->index = 1;
}

static void run_on_no_lp(Fixture *f)
{
    f->tdvps->assoc_lpid = 2;
}

static void count_a_vcpu(Fixture *f)
{
    f->tdcs->num_vcpus++;
}

static void count_an_association(Fixture *f)
{
    f->tdcs->num_assoc_vcpus = 0;
}

static void map_with_access(Fixture *f)
{
    *f->sept |= TDX_SEPT_R; /* it is pending */
}

static void map_with_another_key(Fixture *f)
{
    *f->sept ^= 1ULL << f->m->hkid_start_bit;
}

static void map_nothing(Fixture *f)
{
    *f->sept = TDX_SEPT_FREE_ENTRY;
}

static void map_a_free_page(Fixture *f)
{
    f->sept[1] = tdx_sept_leaf(f->m, FREE, SIM_TD_HKID, true);
}

static void map_a_page_twice(Fixture *f)
{
    f->sept[1] = *f->sept;
}

static void map_the_tdr(Fixture *f)
{
    f->sept[1] = tdx_sept_leaf(f->m, f->td.tdr, SIM_TD_HKID, true);
}

static void point_down_from_4k(Fixture *f)
{
    f->sept[1] = tdx_sept_nonleaf(f->m, f->page, SIM_TD_HKID);
}

static void block_in_the_future(Fixture *f)
{
    ASSERT_OK(sim_td_call(&f->td, TDH_MEM_RANGE_BLOCK, GPA_4K, f->td.tdr, 0));
    assert_clean(f->sim);
    tdx_pamt_set_bepoch(entry_4k(f, f->page), 1000);
}

static const Corruption corruptions[] = {
    { "change-an-owner", change_an_owner, "owner" },
    { "own-a-tdr", own_a_tdr, "owner" },
    { "lose-a-child", lose_a_child, "chldcnt" },
    { "lock-op-state", lock_op_state, "lock-held" },
    { "lock-sept", lock_sept, "lock-held" },
    { "lock-epoch", lock_epoch, "lock-held" },
    { "lock-sept-entry", lock_sept_entry, "lock-held" },
    { "free-a-key", free_a_key, "kot" },
    { "waste-a-key", waste_a_key, "kot" },
    { "take-a-shared-key", take_a_shared_key,
      "kot: TD 0x100000000 has HKID 1" },
    { "wait-for-wbinvd", wait_for_wbinvd, "kot-wbinvd" },
    { "count-a-build", count_a_build, "build-count" },
    { "step-back", step_back, "td-lifecycle" },
    { "leave-all-lifecycles", leave_all_lifecycles, "td-lifecycle" },
    { "have-many-tdcs-pages", have_many_tdcs_pages, "tdcs" },
    { "have-many-l2-vms", have_many_l2_vms, "tdcs" },
    { "lose-a-tdcs-page", lose_a_tdcs_page, "page-unused" },
    { "double-a-tdcs-page", double_a_tdcs_page, "page-twice" },
    { "mistake-a-tdcs-page", mistake_a_tdcs_page, "page-type" },
    { "leave-all-op-states", leave_all_op_states, "op-state" },
    { "begin-epoch-0", begin_epoch_0, "td-epoch" },
    { "be-built-for-ever", be_built_for_ever, "crypto-context" },
    { "stay-inside", stay_inside, "td-epoch" },
    { "have-many-vcpu-pages", have_many_vcpu_pages, "vcpu-pages" },
    { "leave-all-vcpu-states", leave_all_vcpu_states, "vcpu-state" },
    { "have-a-high-vcpu-index", have_a_high_vcpu_index, "vcpu-state" },
    { "run-on-no-lp", run_on_no_lp, "vcpu-lp" },
    { "count-a-vcpu", count_a_vcpu, "vcpu-count" },
    { "count-an-association", count_an_association, "vcpu-assoc" },
    { "map-with-access", map_with_access, "sept-entry" },
    { "map-with-another-key", map_with_another_key, "sept-entry" },
    { "map-nothing", map_nothing, "page-unused" },
    { "map-a-free-page", map_a_free_page, "page-type" },
    { "map-a-page-twice", map_a_page_twice, "page-twice" },
    { "map-the-tdr", map_the_tdr, "page-type" },
    { "point-down-from-4k", point_down_from_4k, "sept-entry" },
    { "block-in-the-future", block_in_the_future, "sept-epoch" },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_corruptions(corruptions, G_N_ELEMENTS(corruptions));
    return g_test_run();
}
