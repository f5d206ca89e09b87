/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault injection in leaves that tell of the failure, go on where they were
 * interrupted, or run on several LPs at once.
 */

#include "fault-fixture.h"
#include "sim-boot.h"

/* --- failures that tell of something ------------------------------------- */

#define GPA 0x200000ULL

static void test_sept_entry(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimCall call, entry;
    TdxFault busy, tree, state;
    SimTd td;
    uint64_t page;

    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, GPA);
    page = sim_td_page(&td);
    ASSERT_OK(sim_call(sim, 0, &entry, TDH_MEM_SEPT_RD, GPA, td.tdr, 0));

    inject(sim, &tree, "tdh.mem.page.aug", "operand_busy", "sept");
    inject(sim, &busy, "tdh.mem.page.aug", "operand_busy", "rcx");
    inject(sim, &state, "tdh.mem.page.aug", "ept_entry_state_incorrect",
           NULL);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA, td.tdr,
                             page),
                    ==, BUSY(TDX_OPERAND_SEPT));
    g_assert_cmphex(call.gpr[TDX_RCX] | call.gpr[TDX_RDX], ==, 0);
    /* A call that does not come to an entry is not hit */
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA | 7, td.tdr,
                             page), ==, 0xc000010000000001);
    g_assert_cmpint(busy.hits, ==, 0);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA, td.tdr,
                             page),
                    ==, BUSY(1));
    g_assert_cmphex(call.gpr[TDX_RCX], ==, entry.gpr[TDX_RCX]);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, entry.gpr[TDX_RDX]);
    g_assert_cmpint(busy.hits, ==, 1);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA, td.tdr,
                             page),
                    ==, 0xc0000b0d00000001);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, entry.gpr[TDX_RCX]);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, entry.gpr[TDX_RDX]);
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA, td.tdr, page));
    sim_td_destroy(&td);
    sim_free(sim);
}

static void test_reclaim(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxFault f;
    SimCall call;
    SimTd td;

    sim_td_build(&td, sim, 0);
    inject(sim, &f, "tdh.phymem.page.reclaim", "operand_busy", "tdr");
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, td.vcpu, 0,
                             0), ==, BUSY(TDX_OPERAND_TDR));
    /* As when the owner's lock is taken: PAMT 11 */
    g_assert_cmphex(call.gpr[TDX_RCX], ==, TDX_PT_TDVPR);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, td.tdr);
    g_assert_cmphex(call.gpr[TDX_R8], ==, TDX_LEVEL_4K);
    g_assert_cmpint(f.hits, ==, 1);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* --- interruptions ------------------------------------------------------- */

/* A TDMR with every call interrupted, or none, is the same in the end */
static void tdmr_init(bool dynamic, uint64_t count, unsigned want_calls)
{
    SimPlatform *sim = sim_ready(1, dynamic);
    TdxTdmr *tdmr = sim_add_tdmr(sim, SIM_TD_BASE, GIB, 2 * GIB);
    TdxFault f;
    SimCall call;
    unsigned calls = 0;

    sim_reserve(tdmr, 5 * MIB + 4 * KIB, 4 * KIB);
    sim_reserve(tdmr, GIB - 8 * KIB, 8 * KIB);
    parse(&f, "tdh.sys.tdmr.init", "interrupted", NULL);
    f.count = count;
    add(sim, &f);
    do {
        ASSERT_OK(sim_call(sim, 0, &call, TDH_SYS_TDMR_INIT, tdmr->base, 1, 0));
        g_assert_cmpint(++calls, <, 1000);
        /* Told in whole GiB as ever */
        g_assert_cmphex(call.gpr[TDX_RDX] & (GIB - 1), ==, 0);
    } while (call.gpr[TDX_RDX] != tdmr->base + GIB);
    g_assert_cmpint(calls, ==, want_calls);
    g_assert_cmphex(tdmr->last_initialized, ==, tdmr->base + GIB);
    tdx_fault_remove(sim->module, &f);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_SYS_TDMR_INIT, tdmr->base, 0,
                                    0),
                    ==, TDX_TDMR_ALREADY_INITIALIZED);
    for (uint64_t at = 0; at < GIB; at += 4 * KIB) {
        bool rsvd = at == 5 * MIB + 4 * KIB || at >= GIB - 8 * KIB;
        uint64_t status = sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RDMD,
                                   tdmr->base + at, 0, 0);

        ASSERT_OK(status);
        g_assert_cmpint(call.gpr[TDX_RCX], ==, !rsvd ? TDX_PT_NDA : dynamic
                        ? TDX_PT_PAMT : TDX_PT_RSVD);
    }
    sim_free(sim);
}

static void test_tdmr_init(void)
{
    tdmr_init(true, 0, 512);
    tdmr_init(false, 0, 512);
    /* One call more, as the next one does the rest of the chunk */
    tdmr_init(true, 1, 65);
    tdmr_init(false, 1, 257);
    /* Three quarters of a chunk in three calls, the rest in one, and so on */
    tdmr_init(true, 8, 64 - 1 + 8);
}

static void test_cache_wb(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxFault f;
    SimTd td;

    sim_td_build(&td, sim, 0);
    ASSERT_OK(sim_td_call(&td, TDH_VP_FLUSH, td.vcpu, 0, 0));
    parse(&f, "tdh.phymem.cache.wb", "interrupted_resumable", NULL);
    f.count = 3;
    add(sim, &f);
    /* Nothing to do: it does not come to an interruption */
    g_assert_cmphex(sim_td_call(&td, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    TDX_NO_HKID_READY_TO_WBCACHE);
    g_assert_cmpint(f.hits, ==, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_VPFLUSHDONE, td.tdr, 0, 0));
    g_assert_cmphex(sim_td_call(&td, TDH_PHYMEM_CACHE_WB, 1, 0, 0), ==,
                    TDX_WBCACHE_RESUME_ERROR);
    g_assert_cmphex(sim_td_call(&td, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    g_assert_cmphex(sim_td_call(&td, TDH_PHYMEM_CACHE_WB, 1, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    g_assert_cmphex(sim_td_call(&td, TDH_MNG_KEY_FREEID, td.tdr, 0, 0), ==,
                    TDX_WBCACHE_NOT_COMPLETE);
    /* A new start is one more that waits to be resumed */
    g_assert_cmphex(sim_td_call(&td, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    /* What is flushed meanwhile is not part of it */
    sim->module->st.kot[SIM_TD_HKID + 1] =
        (TdxKotEntry) { TDX_HKID_FLUSHED, 1 };
    ASSERT_OK(sim_td_call(&td, TDH_PHYMEM_CACHE_WB, 1, 0, 0));
    g_assert_cmphex(sim->module->st.kot[SIM_TD_HKID].wbinvd_bitmap, ==, 0);
    g_assert_cmphex(sim->module->st.kot[SIM_TD_HKID + 1].wbinvd_bitmap, ==,
                    1);
    g_assert_cmphex(sim_td_call(&td, TDH_PHYMEM_CACHE_WB, 1, 0, 0), ==,
                    TDX_WBCACHE_RESUME_ERROR);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_KEY_FREEID, td.tdr, 0, 0));
    g_array_free(td.pages, true);
    sim_free(sim);
}

static void test_disable(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxFault f;

    sim->cfg.sys_disable = true;
    sim_start(sim);
    sim_boot_ready(sim);
    ASSERT_OK(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0));
    inject(sim, &f, "tdh.sys.disable", "interrupted", NULL);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_DISABLE, 0, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    /* Nobody else can do anything before it has ended */
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_RD, 0, 0, 0), ==,
                    TDX_SYS_NOT_READY);
    g_assert_cmpint(sim->module->st.num_tdmrs, ==, 1);
    ASSERT_OK(sim_leaf(sim, 0, TDH_SYS_DISABLE, 0, 0, 0));
    g_assert_cmpint(sim->module->st.num_tdmrs, ==, 0);
    sim_boot_ready(sim);
    sim_free(sim);
}

static void test_demote_promote(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxFault demote, promote;
    uint64_t big = SIM_TD_BASE + GIB, pair = big + 4 * MIB;
    SimCall call, entry;
    SimTd td;
    uint64_t table;

    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, 0x80000000); /* down to 1 GiB from there */
    table = sim_td_page(&td);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_SEPT_ADD, 0x40000000 | 2, td.tdr,
                          sim_td_page(&td)));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, 0x40000000 | 1, td.tdr, big));
    inject(sim, &demote, "tdh.mem.page.demote", "interrupted", NULL);
    inject(sim, &promote, "tdh.mem.page.promote", "interrupted_busy", NULL);

    for (int i = 0; i < 2; i++) {
        call = (SimCall) { .gpr = {
            [TDX_RAX] = TDH_MEM_PAGE_DEMOTE, [TDX_RCX] = 0x40000000 | 1,
            [TDX_RDX] = td.tdr | 1, [TDX_R8] = table, [TDX_R9] = 9,
            [TDX_R12] = pair, [TDX_R13] = pair + TDX_PAGE_4K,
        } };
        g_assert_true(tdx_module_seamcall(sim->module, 0, call.gpr, NULL));
        ASSERT_OK(sim_call(sim, 0, &entry, TDH_MEM_SEPT_RD, 0x40000000 | 1,
                           td.tdr, 0));
        if (i == 0) {
            /* What the host gave, for it to try again; nothing happened */
            g_assert_cmphex(call.gpr[TDX_RAX], ==,
                            TDX_INTERRUPTED_RESTARTABLE);
            g_assert_cmphex(call.gpr[TDX_RCX], ==, 0x40000000 | 1);
            g_assert_cmphex(call.gpr[TDX_RDX], ==, td.tdr | 1);
            g_assert_cmphex(call.gpr[TDX_R9], ==, 9);
            g_assert_cmphex(entry.gpr[TDX_RDX] >> 8, ==, 2); /* PENDING */
        } else {
            ASSERT_OK(call.gpr[TDX_RAX]);
            g_assert_cmphex(entry.gpr[TDX_RDX] >> 8, ==, 0x84); /* a table */
        }
    }
    for (int i = 0; i < 2; i++) {
        call = (SimCall) { .gpr = {
            [TDX_RAX] = LEAF_VERSION(TDH_MEM_PAGE_PROMOTE, 1),
            [TDX_RCX] = 0x40000000 | 1, [TDX_RDX] = td.tdr,
        } };
        g_assert_true(tdx_module_seamcall(sim->module, 0, call.gpr, NULL));
        if (i == 0) {
            g_assert_cmphex(call.gpr[TDX_RAX], ==, TDX_INTERRUPTED_BUSY);
            g_assert_cmphex(call.gpr[TDX_RCX], ==, 0x40000000 | 1);
            g_assert_cmphex(call.gpr[TDX_RDX], ==, td.tdr);
            g_assert_cmphex(call.gpr[TDX_R9], ==, UINT64_MAX);
            g_assert_cmphex(call.gpr[TDX_R12], ==, 0);
        } else {
            ASSERT_OK(call.gpr[TDX_RAX]);
            g_assert_cmphex(call.gpr[TDX_R12], ==, pair);
        }
    }
    g_array_append_val(td.pages, big);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* --- several LPs --------------------------------------------------------- */

typedef struct Caller {
    SimPlatform *sim;
    unsigned lp;
    unsigned busy; /* answers of that kind */
} Caller;

#define LPS 4
#define CALLS 3000

static gpointer caller(gpointer opaque)
{
    Caller *c = opaque;

    for (int i = 0; i < CALLS; i++) {
        c->busy += sim_leaf(c->sim, c->lp, TDH_PHYMEM_PAGE_RDMD, SIM_TD_BASE, 0,
                            0) == BUSY(1);
    }
    return NULL;
}

/* Faults come and go while they all call; worth most under ThreadSanitizer */
static void test_threads(void)
{
    SimPlatform *sim = sim_td_machine(LPS);
    Caller crew[LPS];
    GThread *thread[LPS];
    TdxFault stays, goes[50];
    unsigned busy = 0, hits;

    parse(&stays, "tdh.phymem.page.rdmd", "operand_busy", "rcx");
    stays.count = 100;
    stays.nth = 500;
    add(sim, &stays);
    for (unsigned i = 0; i < LPS; i++) {
        crew[i] = (Caller) { .sim = sim, .lp = i };
        thread[i] = g_thread_new("lp", caller, &crew[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(goes); i++) {
        parse(&goes[i], "tdh.phymem.page.rdmd", "operand_busy", "rcx");
        goes[i].count = 0;
        goes[i].percent = 50;
        goes[i].seed = i;
        add(sim, &goes[i]);
        g_thread_yield();
        tdx_fault_remove(sim->module, &goes[i]);
    }
    for (unsigned i = 0; i < LPS; i++) {
        g_thread_join(thread[i]);
        busy += crew[i].busy;
    }
    g_assert_cmpint(stays.calls, ==, LPS * CALLS);
    g_assert_cmpint(stays.hits, ==, 100);
    hits = stays.hits;
    for (unsigned i = 0; i < G_N_ELEMENTS(goes); i++) {
        hits += goes[i].hits;
    }
    g_assert_cmpint(busy, ==, hits);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault-leaves/sept-entry", test_sept_entry);
    g_test_add_func("/fault-leaves/reclaim", test_reclaim);
    g_test_add_func("/fault-leaves/tdmr-init", test_tdmr_init);
    g_test_add_func("/fault-leaves/cache-wb", test_cache_wb);
    g_test_add_func("/fault-leaves/disable", test_disable);
    g_test_add_func("/fault-leaves/demote-promote", test_demote_promote);
    g_test_add_func("/fault-leaves/threads", test_threads);
    return g_test_run();
}
