/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A module that is ready, with TDMRs as a test wants them.
 */

#include "sim-pamt.h"

#define KEYID 4

SimPlatform *sim_ready(unsigned lps, bool dynamic_pamt)
{
    SimPlatform *sim = sim_new();
    unsigned lp;

    sim->info.max_pa = 52;
    sim->info.keyid_bits = 6;
    sim->info.mktme_keyids = 3;
    sim->info.tdx_keyids = 60;
    sim->info.num_lps = lps;
    sim_start(sim);
    for (lp = 0; lp < lps; lp++) {
        sim->module->lps[lp].init = true;
    }
    sim->module->st.num_init_lps = lps;
    sim->module->st.num_init_pkgs = 1;
    sim->module->st.pkg_config_bitmap = 1;
    sim->module->st.hkid = KEYID;
    sim->module->st.kot[KEYID].state = TDX_HKID_RESERVED;
    sim->module->st.dynamic_pamt = dynamic_pamt;
    sim->module->st.sys_state = TDX_SYS_READY_STATE;
    return sim;
}

TdxTdmr *sim_add_tdmr(SimPlatform *sim, uint64_t base, uint64_t size,
                      uint64_t pamt)
{
    TdxTdmr *tdmr = &sim->module->st.tdmr[sim->module->st.num_tdmrs++];

    *tdmr = (TdxTdmr) {
        .base = base,
        .size = size,
        .pamt[TDX_LEVEL_1G] = { pamt, 1 * MIB },
        .pamt[TDX_LEVEL_2M] = { pamt + 1 * MIB, 15 * MIB },
        .pamt[TDX_LEVEL_4K] = { pamt + 16 * MIB, 496 * MIB },
        .last_initialized = base,
    };
    return tdmr;
}

void sim_reserve(TdxTdmr *tdmr, uint64_t offset, uint64_t size)
{
    tdmr->rsvd[tdmr->num_rsvd++] = (TdxRange) { offset, size };
}

uint64_t sim_call(SimPlatform *sim, unsigned lp, SimCall *call, uint64_t leaf,
                  uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        call->gpr[i] = 0x0101010101010101ULL * i;
    }
    call->gpr[TDX_RAX] = leaf;
    call->gpr[TDX_RCX] = rcx;
    call->gpr[TDX_RDX] = rdx;
    call->gpr[TDX_R8] = r8;
    call->answered = tdx_module_seamcall(sim->module, lp, call->gpr, NULL);
    return call->gpr[TDX_RAX];
}

uint64_t sim_call_status(SimPlatform *sim, unsigned lp, uint64_t leaf,
                         uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    SimCall call;

    return sim_call(sim, lp, &call, leaf, rcx, rdx, r8);
}

void sim_init_tdmr(SimPlatform *sim, TdxTdmr *tdmr)
{
    SimCall call;

    do {
        g_assert_cmphex(sim_call(sim, 0, &call, 36, tdmr->base, 0, 0), ==, 0);
    } while (call.gpr[TDX_RDX] < tdmr->base + tdmr->size);
}

TdxPamtEntry *sim_private_entry(SimPlatform *sim, uint64_t hpa)
{
    uint8_t *page = sim_memory_page(&sim->private, hpa, true);

    return (TdxPamtEntry *)(page + (hpa & SIM_PAGE_MASK));
}

TdxPamtEntry *sim_pamt_entry(SimPlatform *sim, TdxTdmr *tdmr, TdxLevel level,
                             uint64_t hpa)
{
    uint64_t index = (hpa - tdmr->base) >> (12 + 9 * level);

    return sim_private_entry(sim, tdmr->pamt[level].base + 16 * index);
}

bool sim_pamt_bit(SimPlatform *sim, TdxTdmr *tdmr, uint64_t hpa)
{
    uint64_t page = (hpa - tdmr->base) >> 12;
    uint64_t word = sim_private64(sim, tdmr->pamt[TDX_LEVEL_4K].base +
                                       8 * (page / 64));

    return word >> (page % 64) & 1;
}

bool sim_no_locks(SimPlatform *sim, TdxTdmr *tdmr)
{
    for (int level = TDX_LEVEL_2M; level <= TDX_LEVEL_1G; level++) {
        for (uint64_t o = 0; o < tdmr->size; o += tdx_level_size(level)) {
            TdxPamtEntry *e = sim_pamt_entry(sim, tdmr, level, tdmr->base + o);

            if (e->lock & ~TDX_LOCK_HOST_PRIORITY) {
                return false;
            }
        }
    }
    for (unsigned lp = 0; lp < sim->info.num_lps; lp++) {
        for (int i = 0; i < TDX_LP_SHARES; i++) {
            if (sim->module->lps[lp].share[i]) {
                return false;
            }
        }
    }
    return true;
}
