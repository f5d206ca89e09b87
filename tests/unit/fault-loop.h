/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A machine in which operations fail, and what must hold of it afterwards.
 */

#ifndef FAULT_LOOP_H
#define FAULT_LOOP_H

#include <inttypes.h>
#include <string.h>

#include "include/check.h"
#include "sim-boot.h"
#include "sim-fail.h"
#include "sim-run.h"
#include "sim-td.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

/* What sim_td_machine() has; all its memory lies in one TDMR */
#define RANGES (2 * GIB / (2 * MIB))

/* Pages of a range that nobody shares, for a large page of the TD */
#define LARGE (SIM_TD_BASE + GIB)

/**
 * World: a machine, where a scenario has brought it.
 * @dynamic: with Dynamic PAMT
 * @td: if it has one: td.tdr is set
 * @gpr: registers of the call to be made
 */
typedef struct World {
    bool dynamic;
    SimPlatform *sim;
    SimTd td;
    uint64_t gpr[TDX_NUM_GPRS];
} World;

static inline void world_set(World *w, uint64_t rax, uint64_t rcx,
                             uint64_t rdx, uint64_t r8, uint64_t r9)
{
    memset(w->gpr, 0, sizeof(w->gpr));
    w->gpr[TDX_RAX] = rax;
    w->gpr[TDX_RCX] = rcx;
    w->gpr[TDX_RDX] = rdx;
    w->gpr[TDX_R8] = r8;
    w->gpr[TDX_R9] = r9;
}

static inline void world_check(const World *w)
{
    g_autofree char *why = tdx_module_check(w->sim->module);

    g_assert_cmpstr(why, ==, NULL);
}

static inline bool world_stopped(const World *w)
{
    return w->sim->module->st.fatal;
}

static inline bool world_td_dead(const World *w)
{
    SimPlatform *sim = w->sim;
    TdxPamtRef ref = { 0 };

    return w->td.tdr &&
           tdx_pamt_peek(&ref, sim->module, w->td.tdr) == TDX_SUCCESS &&
           tdx_pamt_type(ref.entry) == TDX_PT_TDR &&
           tdx_tdr_fatal(tdx_tdr(sim->module, w->td.tdr));
}

/* --- taking it apart ------------------------------------------------------ */

/* The 4K entry of @hpa, NULL where there is none */
static inline TdxPamtEntry *world_entry(const World *w, uint64_t hpa)
{
    TdxTdmr *tdmr = &w->sim->module->st.tdmr[0];
    TdxPamtEntry *range = sim_pamt_entry(w->sim, tdmr, TDX_LEVEL_2M, hpa);
    uint64_t index = hpa / TDX_PAGE_4K % TDX_PAMT_CHILDREN;

    if (!w->dynamic) {
        return sim_pamt_entry(w->sim, tdmr, TDX_LEVEL_4K, hpa);
    }
    if (tdx_pamt_type(range) != TDX_PT_PAMT) {
        return NULL;
    }
    return sim_private_entry(w->sim, tdx_pamt_pair_hpa(range, index / 256)) +
           index % 256;
}

/* Call @visit for all pages in use of @type, TDX_PT_NDA: of any but a TDR */
static inline void world_pages(World *w, TdxPageType type,
                               void (*visit)(World *w, uint64_t hpa))
{
    TdxTdmr *tdmr = &w->sim->module->st.tdmr[0];

    for (uint64_t r = 0; r < RANGES; r++) {
        uint64_t range = SIM_TD_BASE + r * 2 * MIB;
        TdxPamtEntry *e = sim_pamt_entry(w->sim, tdmr, TDX_LEVEL_2M, range);

        if (tdx_pamt_type(e) == TDX_PT_REG) {
            if (type == TDX_PT_NDA) {
                visit(w, range);
            }
            continue;
        }
        /* Of the others a scenario uses none; PAMT.REMOVE would tell */
        if (range >= w->td.next && (range < LARGE ||
                                    range >= LARGE + 2 * MIB)) {
            continue;
        }
        for (uint64_t hpa = range; hpa < range + 2 * MIB; hpa += TDX_PAGE_4K) {
            TdxPamtEntry *page = world_entry(w, hpa);
            TdxPageType found = page ? tdx_pamt_type(page) : TDX_PT_NDA;

            if (found != TDX_PT_NDA &&
                (type == TDX_PT_NDA ? found != TDX_PT_TDR : found == type)) {
                visit(w, hpa);
            }
        }
    }
}

static inline void world_flush(World *w, uint64_t hpa)
{
    sim_td_call(&w->td, TDH_VP_FLUSH, hpa, 0, 0);
}

static inline void world_free_key(World *w, uint64_t hpa)
{
    sim_td_call(&w->td, TDH_MNG_VPFLUSHDONE, hpa, 0, 0);
    sim_td_call(&w->td, TDH_PHYMEM_CACHE_WB, 0, 0, 0);
    sim_td_call(&w->td, TDH_MNG_KEY_FREEID, hpa, 0, 0);
}

static inline void world_reclaim(World *w, uint64_t hpa)
{
    ASSERT_OK(sim_td_call(&w->td, TDH_PHYMEM_PAGE_RECLAIM, hpa, 0, 0));
}

/*
 * Give back all that a TD has got, whatever has become of it, and see that
 * nothing is left: no page, no page pair, no key.
 */
static inline void world_dismantle(World *w)
{
    TdxModule *m = w->sim->module;
    TdxTdmr *tdmr = &m->st.tdmr[0];

    world_pages(w, TDX_PT_TDVPR, world_flush);
    world_pages(w, TDX_PT_TDR, world_free_key);
    world_pages(w, TDX_PT_NDA, world_reclaim);
    world_pages(w, TDX_PT_TDR, world_reclaim);
    for (uint64_t r = 0; w->dynamic && r < RANGES; r++) {
        uint64_t range = SIM_TD_BASE + r * 2 * MIB;
        TdxPamtEntry *e = sim_pamt_entry(w->sim, tdmr, TDX_LEVEL_2M, range);

        if (tdx_pamt_type(e) == TDX_PT_PAMT) {
            ASSERT_OK(sim_td_call(&w->td, TDH_PHYMEM_PAMT_REMOVE,
                                  range | TDX_LEVEL_2M, 0, 0));
        }
    }
    for (unsigned i = 0; i < TDX_NUM_HKIDS; i++) {
        g_assert_cmpuint(m->st.kot[i].state, ==,
                         i == m->st.hkid ? TDX_HKID_RESERVED : TDX_HKID_FREE);
    }
    g_assert_cmpuint(m->st.td_build_count, ==, 0);
    world_check(w);
}

static inline void world_end(World *w)
{
    if (w->td.pages) {
        g_array_free(w->td.pages, true);
    }
    sim_free(w->sim);
}

/* --- where scenarios begin ------------------------------------------------ */

/* A TSC that stands still, so that runs can be compared */
#define SOME_TIME 1000000

static inline void world_machine(World *w)
{
    w->sim = w->dynamic ? sim_td_machine(1) : sim_td_machine_static(1);
    w->sim->tsc = SOME_TIME;
    w->td = (SimTd) { .sim = w->sim, .next = SIM_TD_BASE };
    sim_fail(w->sim, 0, SIM_FAIL_FIRST);
}

static inline void world_created(World *w)
{
    world_machine(w);
    sim_td_create(&w->td, w->sim);
}

/* A TD with @attributes and room for @vms L2 VMs */
static inline void world_initialized(World *w, uint64_t attributes,
                                     unsigned vms)
{
    world_created(w);
    for (unsigned i = 0; i < vms; i++) {
        ASSERT_OK(sim_td_call(&w->td, TDH_MNG_ADDCX, sim_td_page(&w->td),
                              w->td.tdr, 0));
    }
    sim_td_write_params(&w->td, attributes, vms);
    ASSERT_OK(sim_td_call(&w->td, TDH_MNG_INIT, w->td.tdr, SIM_TD_SHARED, 0));
}

/* The TD that runs on the LP, if one does, is interrupted */
static inline void world_leave_td(World *w)
{
    SimLp *lp = sim_lp(w->sim, 0);

    if (lp->in_td) {
        lp->run.vmcs->exit_reason = X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT;
        lp->run.vmcs->exit_qualification = 0;
        lp->run.vmcs->idt_vectoring_info = 0;
        g_assert_cmpint(sim_td_exit(w->sim, 0), ==, TDX_TD_LEAVE);
    }
}

#endif /* FAULT_LOOP_H */
