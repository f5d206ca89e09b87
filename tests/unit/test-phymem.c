/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The PHYMEM leaves that are no page pairs': PAGE.WBINVD, PAGE.RECLAIM and
 * CACHE.WB.
 */

#include "pamt-fixture.h"
#include "td/tdr.h"

static void test_wbinvd(void)
{
    SimPlatform *sim = machine(true);
    uint64_t keyid = 33ULL << 46;

    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_WBINVD,
                                    PAGE0 | keyid, 0, 0),
                    ==, 0);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_WBINVD, PAGE0 + 8,
                                    0, 0),
                    ==, 0xc000010000000001);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_WBINVD, BASE + GIB,
                                    0, 0),
                    ==, 0xc000010100000001);
    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_WBINVD,
                                    PAGE0 | keyid, 0, 0),
                    ==, METADATA_INCORRECT(1));
    entry_2m(sim, RANGE)->lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_WBINVD, RANGE, 0,
                                    0),
                    ==, BUSY(1));
    sim_free(sim);
}

/* Who owns the page, and whether it lets go */
static void test_reclaim(void)
{
    SimPlatform *sim = machine(true);
    uint64_t tdr = RANGE + 64 * KIB, child = RANGE + MIB;
    uint64_t large = BASE + 32 * MIB;
    TdxPamtEntry *tdr_entry, *entry;
    TdxTdr *content;
    SimCall call;

    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    tdr_entry = sim_private_entry(sim, PAGE0 + 16 * 16);
    entry = sim_private_entry(sim, PAGE1);
    for (int i = 0; i < 2; i++) {
        PAMT_REF(page);

        g_assert_cmphex(tdx_pamt_get_free(&page, SIM_CALL(sim, 0),
                                          i ? child : tdr, 0, 1), ==, 0);
        tdx_pamt_assign(&page, i ? TDX_PT_TDCX : TDX_PT_TDR, i ? tdr : 0);
    }
    tdx_pamt_set_owner(entry_2m(sim, large), TDX_PT_REG, tdr);
    content = tdx_tdr(sim->module, tdr);
    content->chldcnt = 513;
    content->lifecycle = TDX_TD_BLOCKED;

    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, tdr, 0, 0),
                    ==, 0xc000060700000000);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, child, 0,
                             0),
                    ==, 0xc000060700000000);
    /* What the page is has been told all the same */
    g_assert_cmphex(call.gpr[TDX_RCX], ==, TDX_PT_TDCX);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, tdr);
    content->lifecycle = TDX_TD_TEARDOWN;
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, tdr, 0, 0),
                    ==, 0xc000040000000000);
    tdr_entry->lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, child, 0,
                             0),
                    ==, 0x8000020000000080);
    tdr_entry->lock = 0;
    entry->lock = TDX_LOCK_READER;
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, child, 0,
                             0),
                    ==, BUSY(1));
    entry->lock = 0;
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM,
                             large + 4 * KIB, 0, 0),
                    ==, 0xc000010000000001);
    g_assert_cmphex(call.gpr[TDX_R8], ==, TDX_LEVEL_2M);
    g_assert_cmpuint(content->chldcnt, ==, 513);

    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, large, 0,
                             0),
                    ==, 0);
    g_assert_cmphex(call.gpr[TDX_R9], ==, 0);
    g_assert_cmpuint(content->chldcnt, ==, 1);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, child, 0,
                             0),
                    ==, 0);
    g_assert_cmphex(call.gpr[TDX_R9], ==, 0);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, tdr, 0, 0),
                    ==, 0);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 0);
    g_assert_cmphex(call.gpr[TDX_R9], ==, 1ULL << 62);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RECLAIM, tdr, 0, 0),
                    ==, METADATA_INCORRECT(1));
    g_assert_cmphex(tdr_entry->lock, ==, 0);
    g_assert_true(sim_no_locks(sim, tdmr_of(sim)));
    sim_free(sim);
}

static void test_cache_wb(void)
{
    SimPlatform *sim = machine(true);
    TdxState *st = &sim->module->st;
    uint64_t none = 0x0000082100000000;

    sim->module->plat.num_pkgs = sim->info.num_pkgs = 2;
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_CACHE_WB, 2, 0, 0), ==,
                    0xc000010000000001);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_CACHE_WB, 1, 0, 0), ==,
                    0xc000082300000000);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    none);
    for (int hkid = 5; hkid <= 8; hkid++) {
        st->kot[hkid] = (TdxKotEntry) { hkid - 5, 3 };
    }
    st->kot[63] = (TdxKotEntry) { TDX_HKID_FLUSHED, 3 };
    st->wbt[1].lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(sim_call_status(sim, 1, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    0x80000200000000bc);
    st->kot_lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    0x80000200000000ba);
    st->kot_lock = 0;
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    0);
    for (int hkid = 5; hkid <= 8; hkid++) {
        g_assert_cmphex(st->kot[hkid].wbinvd_bitmap, ==,
                        st->kot[hkid].state == TDX_HKID_FLUSHED ? 2 : 3);
    }
    st->wbt[1].lock = 0;
    g_assert_cmphex(sim_call_status(sim, 1, TDH_PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    0);
    g_assert_cmphex(st->kot[7].wbinvd_bitmap, ==, 0);
    g_assert_cmphex(st->kot[63].wbinvd_bitmap, ==, 0);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/phymem/reclaim", test_reclaim);
    g_test_add_func("/phymem/wbinvd", test_wbinvd);
    g_test_add_func("/phymem/cache-wb", test_cache_wb);
    return g_test_run();
}
