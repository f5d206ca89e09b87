/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The PAMT: the check of page operands (PAMT 3.3), page pairs and bitmap
 * (4 to 7).
 */

#include "pamt-fixture.h"

#define NOT_FREE(reg) (0xc000030300000000 | (reg))
#define RANGE_NOT_FREE 0xc000030400000001
#define NO_PAIR 0xc000030500000001
#define NOT_EMPTY(index) (0xc000030600000000 | (index))
#define MISSING_PAIR(reg) (0x8000030800000000 | (reg))

static uint64_t remove_pair(SimPlatform *sim, uint64_t range)
{
    SimCall call;

    return sim_call(sim, 0, &call, TDH_PHYMEM_PAMT_REMOVE, PAIR_OF(range), 0,
                    0);
}

static void assert_rdmd(SimPlatform *sim, uint64_t rcx, uint64_t type,
                        uint64_t level)
{
    SimCall call;

    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RDMD, rcx, 1, 1),
                    ==, 0);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, type);
    g_assert_cmphex(call.gpr[TDX_R8], ==, level);
}

/* --- page pairs ---------------------------------------------------------- */

static void test_pair(void)
{
    SimPlatform *sim = machine(true);
    TdxTdmr *tdmr = tdmr_of(sim);
    SimCall call;

    sim_write64(sim, PAGE0 + 8, 0x1234);
    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    g_assert_true(sim_pamt_bit(sim, tdmr, PAGE0));
    g_assert_true(sim_pamt_bit(sim, tdmr, PAGE1));
    g_assert_false(sim_pamt_bit(sim, tdmr, PAGE0 + 4 * KIB));
    /* The page has left KeyID 0 */
    g_assert_cmphex(sim_read64(sim, PAGE0 + 8), ==, 0);
    assert_rdmd(sim, PAGE0, TDX_PT_PAMT, 0);
    assert_rdmd(sim, RANGE, TDX_PT_NDA, 0);

    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RDMD,
                             PAIR_OF(RANGE), 0, 0),
                    ==, 0);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, 1ULL << 63 | TDX_PT_PAMT);
    g_assert_cmphex(call.gpr[TDX_R8], ==, 1);
    g_assert_cmphex(call.gpr[TDX_R10], ==, PAGE0);
    g_assert_cmphex(call.gpr[TDX_R11], ==, PAGE1);

    g_assert_cmphex(add(sim, RANGE, PAGE0 + 4 * KIB, PAGE1 + 4 * KIB), ==,
                    RANGE_NOT_FREE);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAMT_REMOVE,
                             PAIR_OF(RANGE), 5, 6),
                    ==, 0);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, PAIR_OF(RANGE));
    g_assert_cmphex(call.gpr[TDX_RDX], ==, PAGE0);
    g_assert_cmphex(call.gpr[TDX_R8], ==, PAGE1);
    g_assert_false(sim_pamt_bit(sim, tdmr, PAGE0));
    g_assert_false(sim_pamt_bit(sim, tdmr, PAGE1));
    assert_rdmd(sim, RANGE, TDX_PT_NDA, 1);

    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAMT_REMOVE,
                             PAIR_OF(RANGE), 5, 6),
                    ==, NO_PAIR);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 5);
    g_assert_cmphex(call.gpr[TDX_R8], ==, 6);
    g_assert_true(sim_no_locks(sim, tdmr));
    sim_free(sim);
}

static void test_pair_operands(void)
{
    SimPlatform *sim = machine(true);
    uint64_t outside = BASE + GIB; /* block not complete */
    uint64_t keyid = 1ULL << 46;

    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAMT_ADD, RANGE, PAGE0,
                                    PAGE1),
                    ==, 0xc000010000000001);
    g_assert_cmphex(add(sim, RANGE + 4 * KIB, PAGE0, PAGE1), ==,
                    0xc000010000000001);
    g_assert_cmphex(add(sim, RANGE | 1 << 3, PAGE0, PAGE1), ==,
                    0xc000010000000001);
    g_assert_cmphex(add(sim, RANGE | 1ULL << 52, PAGE0, PAGE1), ==,
                    0xc000010000000001);
    g_assert_cmphex(add(sim, RANGE | keyid, PAGE0, PAGE1), ==,
                    0xc000010000000001);
    /* The pages are looked at, one after the other, before the range is */
    g_assert_cmphex(add(sim, outside, PAGE0 + 1, PAGE1 + 1), ==,
                    0xc000010000000002);
    g_assert_cmphex(add(sim, outside, outside, PAGE1 + 1), ==,
                    0xc000010100000002);
    g_assert_cmphex(add(sim, outside, PAGE0, PAGE1 | keyid), ==,
                    0xc000010000000008);
    g_assert_cmphex(add(sim, outside, PAGE0, outside), ==,
                    0xc000010100000008);
    g_assert_cmphex(add(sim, outside, PAGE0, PAGE1), ==, 0xc000010100000001);
    g_assert_cmphex(remove_pair(sim, outside), ==, 0xc000010100000001);
    g_assert_cmphex(remove_pair(sim, RANGE | 1 << 11), ==,
                    0xc000010000000001);
    sim_free(sim);
}

/* Pages of a pair that share a word of the bitmap, a 2M entry, or neither */
static void test_pair_neighbours(void)
{
    const unsigned apart[] = { 1, 63, 64, 511, 512 };
    SimPlatform *sim = machine(true);
    TdxTdmr *tdmr = tdmr_of(sim);
    uint64_t first = RANGE + 16 * MIB, other = RANGE + 2 * MIB;

    for (size_t i = 0; i < G_N_ELEMENTS(apart); i++) {
        uint64_t second = first + apart[i] * 4 * KIB;

        /* With one of the two in use the other is left as it was */
        g_assert_cmphex(add(sim, RANGE, first, PAGE0), ==, 0);
        g_assert_cmphex(add(sim, other, first, second), ==, NOT_FREE(2));
        g_assert_cmphex(add(sim, other, second, first), ==, NOT_FREE(8));
        g_assert_true(sim_pamt_bit(sim, tdmr, first));
        g_assert_false(sim_pamt_bit(sim, tdmr, second));
        g_assert_cmphex(remove_pair(sim, RANGE), ==, 0);

        g_assert_cmphex(add(sim, RANGE, second, first), ==, 0);
        g_assert_true(sim_pamt_bit(sim, tdmr, first));
        g_assert_true(sim_pamt_bit(sim, tdmr, second));
        g_assert_cmphex(add(sim, other, PAGE0, second), ==, NOT_FREE(8));
        assert_rdmd(sim, second, TDX_PT_PAMT, 0);
        g_assert_cmphex(remove_pair(sim, RANGE), ==, 0);
        g_assert_false(sim_pamt_bit(sim, tdmr, first));
        g_assert_false(sim_pamt_bit(sim, tdmr, second));
        g_assert_true(sim_no_locks(sim, tdmr));
    }
    sim_free(sim);
}

/* Which pages may serve as PAMT pages */
static void test_pair_pages(void)
{
    SimPlatform *sim = machine(true);
    TdxTdmr *tdmr = tdmr_of(sim);
    uint64_t rsvd = BASE + 256 * MIB;

    /* Both in the range that they describe, in either order */
    g_assert_cmphex(add(sim, RANGE, RANGE + 8 * KIB, RANGE), ==, 0);
    assert_rdmd(sim, RANGE, TDX_PT_PAMT, 0);
    assert_rdmd(sim, RANGE + 4 * KIB, TDX_PT_NDA, 0);
    /* One page twice: the bit of the first is taken back */
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, PAGE0, PAGE0), ==, NOT_FREE(8));
    g_assert_false(sim_pamt_bit(sim, tdmr, PAGE0));
    /* A PAMT page already; a reserved page */
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, RANGE, PAGE0), ==, NOT_FREE(2));
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, PAGE0, RANGE), ==, NOT_FREE(8));
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, rsvd, PAGE0), ==, NOT_FREE(2));
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, PAGE0, rsvd), ==, NOT_FREE(8));
    g_assert_false(sim_pamt_bit(sim, tdmr, PAGE0));
    /* A page of a TD, small or large */
    tdx_pamt_set_type(entry_2m(sim, BASE), TDX_PT_REG);
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, BASE, PAGE0), ==, NOT_FREE(2));
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, PAGE0, BASE), ==, NOT_FREE(8));
    tdx_pamt_set_type(sim_private_entry(sim, RANGE + 8 * KIB + 16), TDX_PT_TDR);
    g_assert_cmphex(add(sim, RANGE + 2 * MIB, RANGE + 4 * KIB, PAGE0), ==,
                    NOT_FREE(2));
    g_assert_false(sim_pamt_bit(sim, tdmr, PAGE0));
    /* Reserved pages stay so in a range with a pair */
    g_assert_cmphex(add(sim, rsvd, PAGE0, PAGE1), ==, 0);
    assert_rdmd(sim, rsvd, TDX_PT_PAMT, 0);
    /* A range may go while it hosts the PAMT pages of another */
    g_assert_cmphex(add(sim, BASE + 128 * MIB, BASE + 132 * MIB,
                        BASE + 134 * MIB), ==, 0);
    g_assert_cmphex(remove_pair(sim, BASE + 128 * MIB), ==, 0);
    assert_rdmd(sim, PAGE0, TDX_PT_PAMT, 0);
    g_assert_cmphex(remove_pair(sim, rsvd), ==, 0);
    assert_rdmd(sim, PAGE0, TDX_PT_NDA, 1);
    assert_rdmd(sim, rsvd, TDX_PT_PAMT, 0);
    sim_free(sim);
}

static void test_static_mode(void)
{
    SimPlatform *sim = machine(false);

    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0xc000010000000000);
    g_assert_cmphex(remove_pair(sim, RANGE), ==, 0xc000010000000000);
    assert_rdmd(sim, BASE + 256 * MIB, TDX_PT_RSVD, 0);
    assert_rdmd(sim, BASE + 256 * MIB + 4 * KIB, TDX_PT_NDA, 0);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_RDMD, BASE | 1, 0,
                                    0),
                    ==, 0xc000010000000001);
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_RECLAIM,
                                    BASE + 256 * MIB, 0, 0),
                    ==, METADATA_INCORRECT(1));
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_WBINVD,
                                    BASE + 256 * MIB, 0, 0),
                    ==, METADATA_INCORRECT(1));
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAGE_WBINVD, BASE, 0, 0),
                    ==, 0);
    sim_free(sim);
}

/* --- the check of page operands ------------------------------------------ */

static uint64_t check(SimPlatform *sim, uint64_t hpa, TdxLevel level,
                      TdxPageType type)
{
    PAMT_REF(page);

    return tdx_pamt_get_page(&page, SIM_CALL(sim, 0), hpa, level, type,
                             TDX_LOCK_TYPE_EXCLUSIVE, TDX_R8);
}

static void test_check_dynamic(void)
{
    SimPlatform *sim = machine(true);

    g_assert_cmphex(check(sim, RANGE + 1, 0, TDX_PT_NDA), ==,
                    0xc000010000000008);
    g_assert_cmphex(check(sim, RANGE + 4 * KIB, TDX_LEVEL_2M, TDX_PT_NDA), ==,
                    0xc000010000000008);
    g_assert_cmphex(check(sim, BASE + GIB, 0, TDX_PT_NDA), ==,
                    0xc000010100000008);
    g_assert_cmphex(check(sim, RANGE, 0, TDX_PT_NDA), ==, MISSING_PAIR(8));
    g_assert_cmphex(check(sim, RANGE, 0, TDX_PT_TDR), ==,
                    METADATA_INCORRECT(8));
    g_assert_cmphex(check(sim, RANGE, TDX_LEVEL_2M, TDX_PT_NDA), ==, 0);
    g_assert_cmphex(add(sim, RANGE, RANGE, PAGE1), ==, 0);
    g_assert_cmphex(check(sim, RANGE, 0, TDX_PT_NDA), ==,
                    METADATA_INCORRECT(8));
    g_assert_cmphex(check(sim, RANGE + 4 * KIB, 0, TDX_PT_NDA), ==, 0);
    g_assert_cmphex(check(sim, RANGE + 4 * KIB, 0, TDX_PT_REG), ==,
                    METADATA_INCORRECT(8));
    /* A pair, even unused, rules a large page out; so do PAMT pages in it */
    g_assert_cmphex(check(sim, RANGE, TDX_LEVEL_2M, TDX_PT_NDA), ==,
                    METADATA_INCORRECT(8));
    g_assert_cmphex(check(sim, BASE + 130 * MIB, TDX_LEVEL_2M, TDX_PT_NDA),
                    ==, METADATA_INCORRECT(8));
    g_assert_cmphex(check(sim, BASE + 256 * MIB, TDX_LEVEL_2M, TDX_PT_NDA),
                    ==, METADATA_INCORRECT(8));
    /* In a large page there is no pair to be missing */
    tdx_pamt_set_type(entry_2m(sim, BASE), TDX_PT_REG);
    g_assert_cmphex(check(sim, BASE, 0, TDX_PT_NDA), ==,
                    METADATA_INCORRECT(8));
    g_assert_true(sim_no_locks(sim, tdmr_of(sim)));
    sim_free(sim);
}

/* Every single page of a 2 MiB range counts */
static void test_check_2m(void)
{
    for (int dynamic = 0; dynamic < 2; dynamic++) {
        SimPlatform *sim = machine(dynamic);

        for (unsigned i = 0; i < 512; i += 73) {
            uint64_t hpa = RANGE + i * 4 * KIB;
            TdxPamtBit bit;

            g_assert_cmphex(check(sim, RANGE, TDX_LEVEL_2M, TDX_PT_NDA), ==,
                            0);
            if (dynamic) {
                tdx_pamt_bit(sim->module, tdmr_of(sim), hpa, &bit);
                g_assert_false(tdx_pamt_bit_test_and_set(&bit));
            } else {
                tdx_pamt_set_type(sim_pamt_entry(sim, tdmr_of(sim), 0, hpa),
                                  TDX_PT_EPT);
            }
            g_assert_cmphex(check(sim, RANGE, TDX_LEVEL_2M, TDX_PT_NDA), ==,
                            METADATA_INCORRECT(8));
            if (dynamic) {
                tdx_pamt_bit_clear(&bit);
            } else {
                tdx_pamt_set_type(sim_pamt_entry(sim, tdmr_of(sim), 0, hpa),
                                  TDX_PT_NDA);
            }
        }
        sim_free(sim);
    }
}

/* Count, hint, owner: PAMT 7 */
static void test_assign(void)
{
    SimPlatform *sim = machine(true);
    uint64_t tdr = 0xfedcba987000;
    TdxPamtEntry *entry;
    SimCall call;

    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    for (int i = 0; i < 2; i++) {
        PAMT_REF(page);

        g_assert_cmphex(tdx_pamt_get_free(&page, SIM_CALL(sim, 0),
                                          RANGE + i * MIB + 4 * KIB, 0, 1),
                        ==, 0);
        tdx_pamt_assign(&page, TDX_PT_REG, tdr);
        tdx_pamt_set_bepoch(page.entry, 0x123);
    }
    g_assert_cmpuint(tdx_pamt_count(entry_2m(sim, RANGE)), ==, 2);
    sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RDMD, RANGE + 4 * KIB, 0, 0);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, TDX_PT_REG);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, tdr);
    g_assert_cmphex(call.gpr[TDX_R9], ==, 0x123);
    g_assert_cmphex(remove_pair(sim, RANGE), ==, NOT_EMPTY(0));

    for (int i = 0; i < 2; i++) {
        PAMT_REF(page);

        g_assert_cmphex(tdx_pamt_lock_implicit(&page, sim->module,
                                               RANGE + i * MIB + 4 * KIB,
                                               TDX_LOCK_TYPE_EXCLUSIVE, 1),
                        ==, 0);
        entry = page.entry;
        g_assert_cmphex(entry->lock, ==, TDX_LOCK_EXCLUSIVE);
        /* The last page of the range brings the hint */
        g_assert_cmphex(tdx_pamt_free(&page), ==, i ? 1ULL << 62 : 0);
        /* The entry may vanish from here on: it must not be held */
        g_assert_cmphex(entry->lock, ==, 0);
        g_assert_cmphex(remove_pair(sim, RANGE), ==, i ? 0 : NOT_EMPTY(1));
    }
    sim_free(sim);
}

/* A page is leaving: its entry is free already, but it still counts */
static void test_leaving(void)
{
    SimPlatform *sim = machine(true);

    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    tdx_pamt_count_up(entry_2m(sim, RANGE));
    g_assert_cmphex(remove_pair(sim, RANGE), ==, BUSY(1));
    g_assert_cmpuint(tdx_pamt_count_down(entry_2m(sim, RANGE)), ==, 0);
    g_assert_cmphex(remove_pair(sim, RANGE), ==, 0);
    sim_free(sim);
}

/* The memory of a PAMT page disappears: a stop, not a crash */
static void test_memory_gone(void)
{
    SimPlatform *sim = machine(true);
    SimCall call;

    g_assert_cmphex(add(sim, RANGE, PAGE0, PAGE1), ==, 0);
    sim->hole = (TdxRange) { PAGE1, 4 * KIB };
    assert_rdmd(sim, RANGE, TDX_PT_NDA, 0);
    sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RDMD, RANGE + MIB, 0, 0);
    g_assert_false(call.answered);
    g_assert_nonnull(sim->fatal_reason);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pamt/pair/life", test_pair);
    g_test_add_func("/pamt/pair/operands", test_pair_operands);
    g_test_add_func("/pamt/pair/neighbours", test_pair_neighbours);
    g_test_add_func("/pamt/pair/pages", test_pair_pages);
    g_test_add_func("/pamt/pair/leaving", test_leaving);
    g_test_add_func("/pamt/pair/memory-gone", test_memory_gone);
    g_test_add_func("/pamt/static", test_static_mode);
    g_test_add_func("/pamt/check/dynamic", test_check_dynamic);
    g_test_add_func("/pamt/check/2m", test_check_2m);
    g_test_add_func("/pamt/assign", test_assign);
    return g_test_run();
}
