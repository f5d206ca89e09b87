/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A call of each SEAMCALL leaf, and what comes before it.
 */

#ifndef FAULT_LOOP_HOST_H
#define FAULT_LOOP_HOST_H

#include "fault-loop-sys.h"
#include "metadata/td-fields.h"
#include "../../target/i386/x86-defs/ept.h"

#define GPA      0x200000ULL
#define GPA_4K   (GPA + 0x3000)
#define GPA_2M   0x400000ULL
#define SHARED   (SIM_TD_SHARED + 64 * KIB)

/* Metadata: TD life cycle 4.5, 5.5 */
#define TD_FIELD_X2APIC_IDS 0x9c10000200000000ULL
#define TD_FIELD_CPUID_1    0x94100003000003feULL
#define VP_FIELD_VAPIC      0x0120000300000000ULL

/* --- pages ---------------------------------------------------------------- */

static void pamt_add(World *w)
{
    world_machine(w);
    world_set(w, TDH_PHYMEM_PAMT_ADD, SIM_TD_BASE | TDX_LEVEL_2M,
              SIM_TD_BASE + 4 * MIB, SIM_TD_BASE + 4 * MIB + TDX_PAGE_4K, 0);
}

static void pamt_remove(World *w)
{
    pamt_add(w);
    ASSERT_OK(sim_leaf(w->sim, 0, w->gpr[TDX_RAX], w->gpr[TDX_RCX],
                       w->gpr[TDX_RDX], w->gpr[TDX_R8]));
    world_set(w, TDH_PHYMEM_PAMT_REMOVE, SIM_TD_BASE | TDX_LEVEL_2M, 0, 0, 0);
}

static void page_rdmd(World *w)
{
    world_created(w);
    world_set(w, TDH_PHYMEM_PAGE_RDMD, w->td.tdr, 0, 0, 0);
}

/* --- a TD's life ---------------------------------------------------------- */

/* A page of TDs, and nothing that it is for yet */
static uint64_t first_page(World *w)
{
    world_machine(w);
    w->td = (SimTd) {
        .sim = w->sim, .next = SIM_TD_BASE,
        .pamt_next = SIM_TD_BASE + GIB + 512 * MIB,
        .pages = g_array_new(false, false, sizeof(uint64_t)),
    };
    w->td.tdr = sim_td_page(&w->td);
    return w->td.tdr;
}

static void mng_create(World *w)
{
    world_set(w, TDH_MNG_CREATE, first_page(w), SIM_TD_HKID, 0, 0);
}

static void mng_key_config(World *w)
{
    uint64_t tdr = first_page(w);

    ASSERT_OK(sim_td_call(&w->td, TDH_MNG_CREATE, tdr, SIM_TD_HKID, 0));
    world_set(w, TDH_MNG_KEY_CONFIG, tdr, 0, 0, 0);
}

static void mng_addcx(World *w)
{
    mng_key_config(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MNG_KEY_CONFIG, w->td.tdr, 0, 0));
    world_set(w, TDH_MNG_ADDCX, sim_td_page(&w->td), w->td.tdr, 0, 0);
}

static void mng_init(World *w)
{
    world_created(w);
    sim_td_write_params(&w->td, 0, 0);
    world_set(w, TDH_MNG_INIT, w->td.tdr, SIM_TD_SHARED, 0, 0);
}

static void vp_create(World *w)
{
    world_initialized(w, 0, 0);
    world_set(w, TDH_VP_CREATE, sim_td_page(&w->td), w->td.tdr, 0, 0);
}

static void vp_addcx(World *w)
{
    vp_create(w);
    w->td.vcpu = w->gpr[TDX_RCX];
    ASSERT_OK(sim_td_call(&w->td, TDH_VP_CREATE, w->td.vcpu, w->td.tdr, 0));
    world_set(w, TDH_VP_ADDCX, sim_td_page(&w->td), w->td.vcpu, 0, 0);
}

static void vp_init(World *w)
{
    vp_addcx(w);
    for (int i = 1; i < TDX_TDVPS_BASE_PAGES; i++) {
        ASSERT_OK(sim_td_call(&w->td, TDH_VP_ADDCX, w->gpr[TDX_RCX],
                              w->td.vcpu, 0));
        w->gpr[TDX_RCX] = sim_td_page(&w->td);
    }
    world_set(w, TDH_VP_INIT, w->td.vcpu, 0x1234, 0, 0);
}

static void built(World *w, uint64_t attributes)
{
    world_initialized(w, attributes, 0);
    w->td.vcpu = sim_td_add_vcpu(&w->td, 0);
}

/* With a page that is mapped at GPA */
static void filled(World *w, uint64_t attributes)
{
    uint64_t gpr[TDX_NUM_GPRS];

    built(w, attributes);
    sim_td_tables(&w->td, GPA);
    world_set(w, TDH_MEM_PAGE_ADD, GPA, w->td.tdr, sim_td_page(&w->td),
              SHARED);
    memcpy(gpr, w->gpr, sizeof(gpr));
    g_assert_true(sim_seamcall(w->sim, 0, gpr));
    ASSERT_OK(gpr[TDX_RAX]);
}

static void mem_page_add(World *w)
{
    filled(w, 0);
    world_set(w, TDH_MEM_PAGE_ADD, GPA_4K, w->td.tdr, sim_td_page(&w->td),
              SHARED);
}

static void mr_extend(World *w)
{
    filled(w, 0);
    world_set(w, TDH_MR_EXTEND, GPA, w->td.tdr, 0, 0);
}

static void mr_finalize(World *w)
{
    filled(w, 0);
    world_set(w, TDH_MR_FINALIZE, w->td.tdr, 0, 0, 0);
}

static void finalized(World *w, uint64_t attributes)
{
    filled(w, attributes);
    ASSERT_OK(sim_td_call(&w->td, TDH_MR_FINALIZE, w->td.tdr, 0, 0));
}

static void vp_enter(World *w)
{
    finalized(w, 0);
    world_set(w, TDH_VP_ENTER, w->td.vcpu, 0, 0, 0);
}

static void vp_flush(World *w)
{
    finalized(w, 0);
    world_set(w, TDH_VP_FLUSH, w->td.vcpu, 0, 0, 0);
}

static void vpflushdone(World *w)
{
    vp_flush(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_VP_FLUSH, w->td.vcpu, 0, 0));
    world_set(w, TDH_MNG_VPFLUSHDONE, w->td.tdr, 0, 0, 0);
}

static void cache_wb(World *w)
{
    vpflushdone(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MNG_VPFLUSHDONE, w->td.tdr, 0, 0));
    world_set(w, TDH_PHYMEM_CACHE_WB, 0, 0, 0, 0);
}

static void key_freeid(World *w)
{
    cache_wb(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_PHYMEM_CACHE_WB, 0, 0, 0));
    world_set(w, TDH_MNG_KEY_FREEID, w->td.tdr, 0, 0, 0);
}

static void torn_down(World *w)
{
    key_freeid(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MNG_KEY_FREEID, w->td.tdr, 0, 0));
}

static void reclaim(World *w)
{
    torn_down(w);
    world_set(w, TDH_PHYMEM_PAGE_RECLAIM, w->td.vcpu, 0, 0, 0);
}

static void reclaim_tdr(World *w)
{
    torn_down(w);
    world_pages(w, TDX_PT_NDA, world_reclaim);
    world_set(w, TDH_PHYMEM_PAGE_RECLAIM, w->td.tdr, 0, 0, 0);
}

static void page_wbinvd(World *w)
{
    reclaim_tdr(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_PHYMEM_PAGE_RECLAIM, w->td.tdr, 0, 0));
    world_set(w, TDH_PHYMEM_PAGE_WBINVD, w->td.tdr, 0, 0, 0);
}

static void key_reclaimid(World *w)
{
    world_created(w);
    world_set(w, TDH_MNG_KEY_RECLAIMID, w->td.tdr, 0, 0, 0);
}

static void mng_rd(World *w)
{
    built(w, 0);
    world_set(w, LEAF_VERSION(TDH_MNG_RD, 1), w->td.tdr, NO_PAGE, 0, 0);
}

/* In a page of their own */
static void mng_rd_x2apic_id(World *w)
{
    built(w, TDX_ATTR_DEBUG);
    world_set(w, LEAF_VERSION(TDH_MNG_RD, 1), w->td.tdr, TD_FIELD_X2APIC_IDS,
              0, 0);
}

static void vp_rd_vapic(World *w)
{
    built(w, TDX_ATTR_DEBUG);
    world_set(w, LEAF_VERSION(TDH_VP_RD, 1), w->td.vcpu, VP_FIELD_VAPIC, 0,
              0);
}

static void mng_rd_cpuid(World *w)
{
    built(w, 0);
    world_set(w, LEAF_VERSION(TDH_MNG_RD, 1), w->td.tdr, TD_FIELD_CPUID_1, 0,
              0);
}

static void mng_wr(World *w)
{
    built(w, 0);
    world_set(w, TDH_MNG_WR, w->td.tdr, TD_FIELD_HP_LOCK_TIMEOUT, 2000000,
              UINT64_MAX);
}

static void vp_rd(World *w)
{
    built(w, 0);
    world_set(w, LEAF_VERSION(TDH_VP_RD, 1), w->td.vcpu, NO_PAGE, 0, 0);
}

/* The address of the shared EPT */
static void vp_wr(World *w)
{
    built(w, 0);
    world_set(w, TDH_VP_WR, w->td.vcpu, X86_VMCS_SHARED_EPT_POINTER, SHARED,
              X86_EPT_ADDRESS);
}

/* --- memory of a TD ------------------------------------------------------- */

static void sept_add(World *w)
{
    finalized(w, 0);
    world_set(w, TDH_MEM_SEPT_ADD, GPA_2M | TDX_LEVEL_2M, w->td.tdr,
              sim_td_page(&w->td), 0);
}

static void sept_rd(World *w)
{
    finalized(w, 0);
    world_set(w, TDH_MEM_SEPT_RD, GPA, w->td.tdr, 0, 0);
}

static void aug(World *w)
{
    finalized(w, 0);
    world_set(w, TDH_MEM_PAGE_AUG, GPA_4K, w->td.tdr, sim_td_page(&w->td), 0);
}

static void auged(World *w)
{
    aug(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_PAGE_AUG, GPA_4K, w->td.tdr,
                          w->gpr[TDX_R8]));
}

static void range_block(World *w)
{
    auged(w);
    world_set(w, TDH_MEM_RANGE_BLOCK, GPA_4K, w->td.tdr, 0, 0);
}

static void blocked(World *w)
{
    range_block(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_RANGE_BLOCK, GPA_4K, w->td.tdr, 0));
}

static void mem_track(World *w)
{
    blocked(w);
    world_set(w, TDH_MEM_TRACK, w->td.tdr, 0, 0, 0);
}

static void tracked(World *w)
{
    mem_track(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_TRACK, w->td.tdr, 0, 0));
}

static void range_unblock(World *w)
{
    tracked(w);
    world_set(w, TDH_MEM_RANGE_UNBLOCK, GPA_4K, w->td.tdr, 0, 0);
}

static void page_remove(World *w)
{
    tracked(w);
    world_set(w, TDH_MEM_PAGE_REMOVE, GPA_4K, w->td.tdr, 0, 0);
}

static void page_relocate(World *w)
{
    tracked(w);
    world_set(w, TDH_MEM_PAGE_RELOCATE, GPA_4K, w->td.tdr,
              sim_td_page(&w->td), 0);
}

static void sept_remove(World *w)
{
    sept_add(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_SEPT_ADD, w->gpr[TDX_RCX], w->td.tdr,
                          w->gpr[TDX_R8]));
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_RANGE_BLOCK, w->gpr[TDX_RCX],
                          w->td.tdr, 0));
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_TRACK, w->td.tdr, 0, 0));
    world_set(w, TDH_MEM_SEPT_REMOVE, w->gpr[TDX_RCX], w->td.tdr, 0, 0);
}

/* A large page that is to be split, with what that needs */
static void page_demote(World *w)
{
    finalized(w, 0);
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_PAGE_AUG, GPA_2M | TDX_LEVEL_2M,
                          w->td.tdr, LARGE));
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_RANGE_BLOCK, GPA_2M | TDX_LEVEL_2M,
                          w->td.tdr, 0));
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_TRACK, w->td.tdr, 0, 0));
    world_set(w, TDH_MEM_PAGE_DEMOTE, GPA_2M | TDX_LEVEL_2M, w->td.tdr,
              sim_td_page(&w->td), NO_PAGE);
    w->gpr[TDX_R10] = NO_PAGE;
    w->gpr[TDX_R11] = NO_PAGE;
    w->gpr[TDX_R12] = w->td.pamt_next;
    w->gpr[TDX_R13] = w->td.pamt_next + TDX_PAGE_4K;
}

static void page_promote(World *w)
{
    page_demote(w);
    g_assert_true(sim_seamcall(w->sim, 0, w->gpr));
    ASSERT_OK(w->gpr[TDX_RAX]);
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_RANGE_BLOCK, GPA_2M | TDX_LEVEL_2M,
                          w->td.tdr, 0));
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_TRACK, w->td.tdr, 0, 0));
    world_set(w, TDH_MEM_PAGE_PROMOTE, GPA_2M | TDX_LEVEL_2M, w->td.tdr, 0,
              0);
}

static void mem_rd(World *w)
{
    finalized(w, TDX_ATTR_DEBUG);
    world_set(w, TDH_MEM_RD, GPA + 8, w->td.tdr, 0, 0);
}

static void mem_wr(World *w)
{
    finalized(w, TDX_ATTR_DEBUG);
    world_set(w, TDH_MEM_WR, GPA + 8, w->td.tdr, 0x1234, 0);
}

/* With tables of two L2 VMs, which come and go in one call */
static void l2_sept_add(World *w)
{
    world_initialized(w, 0, 2);
    world_set(w, LEAF_VERSION(TDH_MEM_SEPT_ADD, 1), TDX_SEPT_LEVEL_PML4E,
              w->td.tdr, sim_td_page(&w->td), sim_td_page(&w->td));
    w->gpr[TDX_R10] = sim_td_page(&w->td);
    w->gpr[TDX_R11] = NO_PAGE;
}

static void l2_sept_remove(World *w)
{
    l2_sept_add(w);
    g_assert_true(sim_seamcall(w->sim, 0, w->gpr));
    ASSERT_OK(w->gpr[TDX_RAX]);
    world_set(w, LEAF_VERSION(TDH_MEM_SEPT_REMOVE, 1), TDX_SEPT_LEVEL_PML4E,
              w->td.tdr, 0, 0);
}

/* --- all of them ---------------------------------------------------------- */

/**
 * Scenario: what comes before a call of @leaf, which succeeds unless
 * something fails.
 * @dynamic_only: without Dynamic PAMT there is no such case
 * @early: the module has no TDMR yet that is sim_td_machine()'s
 */
typedef struct Scenario {
    uint16_t leaf;
    const char *name;
    void (*prepare)(World *w);
    bool early;
    bool dynamic_only;
} Scenario;

static const Scenario scenarios[] = {
    { TDH_SYS_INIT, "", sys_init, .early = true },
    { TDH_SYS_LP_INIT, "", sys_lp_init, .early = true },
    { TDH_SYS_CONFIG, "", sys_config, .early = true },
    { TDH_SYS_KEY_CONFIG, "", sys_key_config, .early = true },
    { TDH_SYS_TDMR_INIT, "", sys_tdmr_init, .early = true },
    { TDH_SYS_INFO, "", sys_info, .early = true },
    { TDH_SYS_RD, "", sys_rd, .early = true },
    { TDH_SYS_RDALL, "", sys_rdall, .early = true },
    { TDH_SYS_LP_SHUTDOWN, "", sys_lp_shutdown, .early = true },
    { TDH_SYS_SHUTDOWN, "", sys_shutdown, .early = true },
    { TDH_SYS_UPDATE, "", sys_update, .early = true },
    { TDH_SYS_DISABLE, "", sys_disable, .early = true },
    { TDH_PHYMEM_PAMT_ADD, "", pamt_add, .dynamic_only = true },
    { TDH_PHYMEM_PAMT_REMOVE, "", pamt_remove, .dynamic_only = true },
    { TDH_PHYMEM_PAGE_RDMD, "", page_rdmd },
    { TDH_PHYMEM_PAGE_RECLAIM, "", reclaim },
    { TDH_PHYMEM_PAGE_RECLAIM, "/tdr", reclaim_tdr },
    { TDH_PHYMEM_PAGE_WBINVD, "", page_wbinvd },
    { TDH_PHYMEM_CACHE_WB, "", cache_wb },
    { TDH_MNG_CREATE, "", mng_create },
    { TDH_MNG_KEY_CONFIG, "", mng_key_config },
    { TDH_MNG_ADDCX, "", mng_addcx },
    { TDH_MNG_INIT, "", mng_init },
    { TDH_MNG_VPFLUSHDONE, "", vpflushdone },
    { TDH_MNG_KEY_FREEID, "", key_freeid },
    { TDH_MNG_KEY_RECLAIMID, "", key_reclaimid },
    { TDH_MNG_RD, "", mng_rd },
    { TDH_MNG_RD, "/x2apic-id", mng_rd_x2apic_id },
    { TDH_MNG_RD, "/cpuid", mng_rd_cpuid },
    { TDH_MNG_WR, "", mng_wr },
    { TDH_VP_CREATE, "", vp_create },
    { TDH_VP_ADDCX, "", vp_addcx },
    { TDH_VP_INIT, "", vp_init },
    { TDH_VP_ENTER, "", vp_enter },
    { TDH_VP_FLUSH, "", vp_flush },
    { TDH_VP_RD, "", vp_rd },
    { TDH_VP_RD, "/vapic", vp_rd_vapic },
    { TDH_VP_WR, "", vp_wr },
    { TDH_MR_EXTEND, "", mr_extend },
    { TDH_MR_FINALIZE, "", mr_finalize },
    { TDH_MEM_SEPT_ADD, "", sept_add },
    { TDH_MEM_SEPT_ADD, "/l2", l2_sept_add },
    { TDH_MEM_SEPT_RD, "", sept_rd },
    { TDH_MEM_SEPT_REMOVE, "", sept_remove },
    { TDH_MEM_SEPT_REMOVE, "/l2", l2_sept_remove },
    { TDH_MEM_PAGE_ADD, "", mem_page_add },
    { TDH_MEM_PAGE_AUG, "", aug },
    { TDH_MEM_PAGE_REMOVE, "", page_remove },
    { TDH_MEM_PAGE_RELOCATE, "", page_relocate },
    { TDH_MEM_PAGE_DEMOTE, "", page_demote },
    { TDH_MEM_PAGE_PROMOTE, "", page_promote },
    { TDH_MEM_RANGE_BLOCK, "", range_block },
    { TDH_MEM_RANGE_UNBLOCK, "", range_unblock },
    { TDH_MEM_TRACK, "", mem_track },
    { TDH_MEM_RD, "", mem_rd },
    { TDH_MEM_WR, "", mem_wr },
};

#endif /* FAULT_LOOP_HOST_H */
