/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD as a host builds it, SEAMCALL by SEAMCALL.
 */

#include "sim-td.h"
#include "sys/cpuid.h"
#include "sys/platform.h"

#define TDMR_SIZE (2 * GIB)
#define PAMT      (2 * GIB)

/* PAMT page pairs come from the end of the TDMR */
#define PAIRS (SIM_TD_BASE + TDMR_SIZE - 64 * MIB)

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

static SimPlatform *machine(unsigned lps, bool dynamic_pamt)
{
    SimPlatform *sim = sim_ready(lps, dynamic_pamt);

    tdx_sample_cpuid(sim->module, 0);
    tdx_sample_msrs(&(TdxCall) { .m = sim->module });
    sim_init_tdmr(sim, sim_add_tdmr(sim, SIM_TD_BASE, TDMR_SIZE, PAMT));
    return sim;
}

SimPlatform *sim_td_machine(unsigned lps)
{
    return machine(lps, true);
}

SimPlatform *sim_td_machine_static(unsigned lps)
{
    return machine(lps, false);
}

static bool needs_pairs(const SimTd *td)
{
    return td->sim->module->st.dynamic_pamt;
}

uint64_t sim_td_call(SimTd *td, uint64_t leaf, uint64_t rcx, uint64_t rdx,
                     uint64_t r8)
{
    return sim_call_status(td->sim, 0, leaf, rcx, rdx, r8);
}

uint64_t sim_td_page(SimTd *td)
{
    uint64_t page = td->next;

    if (needs_pairs(td) && !(page & (2 * MIB - 1))) {
        ASSERT_OK(sim_td_call(td, TDH_PHYMEM_PAMT_ADD, page | TDX_LEVEL_2M,
                              td->pamt_next, td->pamt_next + TDX_PAGE_4K));
        td->pamt_next += 2 * TDX_PAGE_4K;
    }
    td->next += TDX_PAGE_4K;
    g_array_append_val(td->pages, page);
    return page;
}

void sim_td_create(SimTd *td, SimPlatform *sim)
{
    int i;

    *td = (SimTd) {
        .sim = sim,
        .next = SIM_TD_BASE,
        .pamt_next = PAIRS,
        .pages = g_array_new(false, false, sizeof(uint64_t)),
    };
    td->tdr = sim_td_page(td);
    g_array_set_size(td->pages, 0); /* the TDR goes last */
    ASSERT_OK(sim_td_call(td, TDH_MNG_CREATE, td->tdr, SIM_TD_HKID, 0));
    ASSERT_OK(sim_td_call(td, TDH_MNG_KEY_CONFIG, td->tdr, 0, 0));
    for (i = 0; i < TDX_TDCS_BASE_PAGES; i++) {
        ASSERT_OK(sim_td_call(td, TDH_MNG_ADDCX, sim_td_page(td), td->tdr, 0));
    }
}

void sim_td_write_params(SimTd *td, uint64_t attributes, unsigned vms)
{
    uint64_t params = SIM_TD_SHARED;

    sim_write64(td->sim, params, attributes);
    sim_write64(td->sim, params + 8, 3);       /* XFAM: x87 and SSE */
    sim_write64(td->sim, params + 16, 4 | vms << 16); /* vCPUs, L2 VMs */
    sim_write64(td->sim, params + 24, 0x1e);   /* 4 levels, write-back */
    sim_write64(td->sim, params + 40, 40);     /* 1 GHz */
}

void sim_td_init(SimTd *td, uint64_t attributes)
{
    sim_td_write_params(td, attributes, 0);
    ASSERT_OK(sim_td_call(td, TDH_MNG_INIT, td->tdr, SIM_TD_SHARED, 0));
}

uint64_t sim_td_add_vcpu(SimTd *td, unsigned lp)
{
    uint64_t vcpu = sim_td_page(td);
    int i;

    ASSERT_OK(sim_td_call(td, TDH_VP_CREATE, vcpu, td->tdr, 0));
    for (i = 1; i < TDX_TDVPS_BASE_PAGES; i++) {
        ASSERT_OK(sim_td_call(td, TDH_VP_ADDCX, sim_td_page(td), vcpu, 0));
    }
    ASSERT_OK(sim_call_status(td->sim, lp, TDH_VP_INIT, vcpu, 0, 0));
    return vcpu;
}

void sim_td_tables(SimTd *td, uint64_t gpa)
{
    int level;

    for (level = TDX_SEPT_LEVEL_PML4E; level >= TDX_LEVEL_2M; level--) {
        uint64_t entry = gpa & ~(tdx_sept_level_size(level) - 1);

        if (sim_td_call(td, TDH_MEM_SEPT_RD, entry | level, td->tdr, 0) == 0) {
            TdxSeptWalk walk = tdx_sept_walk(td->sim->module,
                                             sim_td_tdcs(td)->eptp, gpa,
                                             level);

            if (tdx_sept_state(walk.value) == TDX_SEPT_NL_MAPPED) {
                continue;
            }
        }
        ASSERT_OK(sim_td_call(td, TDH_MEM_SEPT_ADD, entry | level, td->tdr,
                              sim_td_page(td)));
    }
}

void sim_td_build(SimTd *td, SimPlatform *sim, uint64_t attributes)
{
    sim_td_create(td, sim);
    sim_td_init(td, attributes);
    td->vcpu = sim_td_add_vcpu(td, 0);
}

uint64_t sim_td_field(SimTd *td, uint64_t id)
{
    SimCall call;

    ASSERT_OK(sim_call(td->sim, 0, &call, TDH_MNG_RD, td->tdr, id, 0));
    return call.gpr[TDX_R8];
}

TdxTdcs *sim_td_tdcs(SimTd *td)
{
    TdxModule *m = td->sim->module;
    TdxTdr *tdr = tdx_tdr(m, td->tdr);

    return tdx_private(m, tdr->tdcx[TDX_TDCS_CONTROL], tdr->hkid);
}

/* What PHYMEM.PAGE.RDMD says the page is */
static uint64_t page_type(SimTd *td, uint64_t page)
{
    SimCall call;

    ASSERT_OK(sim_call(td->sim, 0, &call, TDH_PHYMEM_PAGE_RDMD, page, 0, 0));
    return call.gpr[TDX_RCX];
}

void sim_td_destroy(SimTd *td)
{
    uint64_t range;
    guint i;

    if (td->vcpu) {
        ASSERT_OK(sim_td_call(td, TDH_VP_FLUSH, td->vcpu, 0, 0));
    }
    ASSERT_OK(sim_td_call(td, TDH_MNG_VPFLUSHDONE, td->tdr, 0, 0));
    ASSERT_OK(sim_td_call(td, TDH_PHYMEM_CACHE_WB, 0, 0, 0));
    ASSERT_OK(sim_td_call(td, TDH_MNG_KEY_FREEID, td->tdr, 0, 0));
    for (i = 0; i < td->pages->len; i++) {
        uint64_t page = g_array_index(td->pages, uint64_t, i);

        if (page_type(td, page) != TDX_PT_NDA) {
            ASSERT_OK(sim_td_call(td, TDH_PHYMEM_PAGE_RECLAIM, page, 0, 0));
        }
    }
    ASSERT_OK(sim_td_call(td, TDH_PHYMEM_PAGE_RECLAIM, td->tdr, 0, 0));
    for (range = SIM_TD_BASE; needs_pairs(td) && range < td->next;
         range += 2 * MIB) {
        ASSERT_OK(sim_td_call(td, TDH_PHYMEM_PAMT_REMOVE, range | TDX_LEVEL_2M,
                              0, 0));
    }
    g_array_free(td->pages, true);
}

void sim_td_free(SimTd *td)
{
    SimPlatform *sim = td->sim;

    sim_td_destroy(td);
    sim_free(sim);
    g_free(td);
}
