/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that writes to private memory: what the module does when it comes
 * to the lines that have lost their content.
 */

#include <string.h>

#include "sim-td.h"
#include "sim-boot.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define SOURCE (SIM_TD_SHARED + 1 * MIB)
#define GPA    0x400000

#define FIELD_CHLDCNT 0x8010000300000004ULL
#define FIELD_X2APIC0 0x9c10000200000000ULL /* of vCPU 0, in another page */

/* The line that holds byte @offset of the page at @hpa */
static void poison(SimTd *td, uint64_t hpa, uint64_t offset)
{
    sim_poison(td->sim, hpa + offset, 1);
}

static void leave(SimTd *td)
{
    SimPlatform *sim = td->sim;

    g_array_free(td->pages, true);
    sim_free(sim);
}

/* --- the module's own structures ------------------------------------------ */

/* The module ends in the call, which changes no register, and stays away */
static void assert_ends(SimTd *td, uint64_t leaf, uint64_t rcx, uint64_t rdx)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = leaf, [TDX_RCX] = rcx, [TDX_RDX] = rdx, [TDX_R8] = 7,
        [TDX_R9] = 8, [TDX_R10] = 9, [TDX_R11] = 10,
    };
    uint64_t before[TDX_NUM_GPRS];
    SimCall call;

    memcpy(before, gpr, sizeof(before));
    g_assert_null(td->sim->fatal_reason);
    g_assert_false(tdx_module_seamcall(td->sim->module, 0, gpr, NULL));
    g_assert_cmpmem(gpr, sizeof(gpr), before, sizeof(before));
    g_assert_nonnull(td->sim->fatal_reason);
    sim_call(td->sim, 0, &call, TDH_SYS_RD, 0, 0, 0);
    g_assert_false(call.answered);
    leave(td);
}

static void create(SimTd *td)
{
    sim_td_create(td, sim_td_machine(1));
}

static uint64_t pamt_hpa(SimTd *td, TdxLevel level, uint64_t page)
{
    const TdxTdmr *tdmr = &td->sim->module->st.tdmr[0];

    return tdmr->pamt[level].base + (page - tdmr->base) /
           tdx_level_size(level) * TDX_PAMT_ENTRY_SIZE;
}

static void test_pamt_arrays(void)
{
    TdxLevel level;

    for (level = TDX_LEVEL_2M; level <= TDX_LEVEL_1G; level++) {
        SimTd td;

        create(&td);
        poison(&td, pamt_hpa(&td, level, td.tdr), 0);
        assert_ends(&td, TDH_PHYMEM_PAGE_RDMD, td.tdr, 0);
    }
}

static void test_pamt_bitmap(void)
{
    SimTd td;

    create(&td);
    poison(&td, td.sim->module->st.tdmr[0].pamt[TDX_LEVEL_4K].base, 0);
    /* Only a free page is looked up there */
    ASSERT_OK(sim_td_call(&td, TDH_PHYMEM_PAGE_RDMD, td.tdr, 0, 0));
    assert_ends(&td, TDH_PHYMEM_PAGE_RDMD, td.next, 0);
}

/* First page of the pair over the TD's pages */
static uint64_t pair_page(SimTd *td)
{
    return td->pamt_next - 2 * TDX_PAGE_4K;
}

static void test_pamt_page(void)
{
    SimTd td;

    create(&td);
    /* Four entries to a line: those of pages 0..3 */
    poison(&td, pair_page(&td), 0);
    ASSERT_OK(sim_td_call(&td, TDH_PHYMEM_PAGE_RDMD,
                          SIM_TD_BASE + 4 * TDX_PAGE_4K, 0, 0));
    assert_ends(&td, TDH_PHYMEM_PAGE_RDMD, SIM_TD_BASE + 3 * TDX_PAGE_4K, 0);
}

static void test_tdr(void)
{
    SimTd td;

    create(&td);
    poison(&td, td.tdr, 0);
    assert_ends(&td, TDH_MNG_RD, td.tdr, FIELD_CHLDCNT);
}

/* What the module takes anew it writes before it reads */
static void test_taken_anew(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimTd td;
    uint64_t page;

    sim_td_create(&td, sim);
    sim_td_init(&td, 0);
    page = sim_td_page(&td);
    sim_poison(sim, page, TDX_PAGE_4K);
    ASSERT_OK(sim_td_call(&td, TDH_VP_CREATE, page, td.tdr, 0));
    sim_poison(sim, td.pamt_next, 2 * TDX_PAGE_4K - 1);
    while (td.next & (2 * MIB - 1)) {
        td.next += TDX_PAGE_4K;
    }
    sim_td_page(&td);
    g_assert_null(sim->fatal_reason);
    leave(&td);
}

/* --- a TD's pages ------------------------------------------------------- */

static void build(SimTd *td, uint64_t *page)
{
    SimPlatform *sim = sim_td_machine(1);
    SimCall call = { 0 };

    sim_td_build(td, sim, TDX_ATTR_DEBUG);
    sim_td_tables(td, GPA);
    *page = sim_td_page(td);
    call = (SimCall) { .gpr = {
        [TDX_RAX] = TDH_MEM_PAGE_ADD, [TDX_RCX] = GPA, [TDX_RDX] = td->tdr,
        [TDX_R8] = *page, [TDX_R9] = SOURCE,
    } };
    g_assert_true(tdx_module_seamcall(sim->module, 0, call.gpr, NULL));
    ASSERT_OK(call.gpr[TDX_RAX]);
}

/*
 * The call finds the TD dead; so do others that touch nothing that is lost.
 * The module lives, and the TD can be taken apart.
 */
static void assert_dies(SimTd *td, uint64_t leaf, uint64_t rcx, uint64_t rdx,
                        uint64_t r8)
{
    SimPlatform *sim = td->sim;

    g_assert_cmphex(sim_td_call(td, leaf, rcx, rdx, r8), ==, TDX_TD_FATAL);
    g_assert_cmphex(sim_td_call(td, TDH_MNG_RD, td->tdr, FIELD_CHLDCNT, 0), ==,
                    TDX_TD_FATAL);
    g_assert_cmphex(sim_td_call(td, TDH_MEM_TRACK, td->tdr, 0, 0), ==,
                    TDX_TD_FATAL);
    g_assert_null(sim->fatal_reason);
    sim_td_destroy(td);
    sim_free(sim);
}

static uint64_t tdcs_page(SimTd *td, unsigned page)
{
    return tdx_tdr(td->sim->module, td->tdr)->tdcx[page];
}

static void test_tdcs(void)
{
    uint64_t page;
    SimTd td;

    build(&td, &page);
    poison(&td, tdcs_page(&td, TDX_TDCS_CONTROL), 0);
    assert_dies(&td, TDH_MNG_RD, td.tdr, FIELD_CHLDCNT, 0);
}

/* Pages of the TDCS that few leaves look at */
static void test_tdcs_others(void)
{
    uint64_t page;
    SimTd td;

    build(&td, &page);
    poison(&td, tdcs_page(&td, TDX_TDCS_VIRTUAL_CPUS), 0);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_RD, td.tdr, FIELD_CHLDCNT, 0));
    assert_dies(&td, TDH_MNG_RD, td.tdr, FIELD_X2APIC0, 0);

    build(&td, &page);
    poison(&td, tdcs_page(&td, TDX_TDCS_MEASUREMENT), 0);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_RD, td.tdr, FIELD_CHLDCNT, 0));
    assert_dies(&td, TDH_MR_FINALIZE, td.tdr, 0, 0);
}

/* The first leaf that comes to it may be one of the teardown */
static void test_tdvpr(void)
{
    uint64_t page;
    SimTd td;

    build(&td, &page);
    poison(&td, td.vcpu, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_RD, td.tdr, FIELD_CHLDCNT, 0));
    assert_dies(&td, TDH_VP_FLUSH, td.vcpu, 0, 0);
}

static void test_sept(void)
{
    uint64_t page;
    SimTd td;
    unsigned offset = GPA / TDX_PAGE_2M % TDX_SEPT_ENTRIES * 8;
    uint64_t table;

    build(&td, &page);
    /* The table of 2M entries was the second of the three to come */
    table = page - 2 * TDX_PAGE_4K;
    poison(&td, table, offset ^ 64);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_SEPT_RD, GPA, td.tdr, 0));
    poison(&td, table, offset);
    assert_dies(&td, TDH_MEM_SEPT_RD, GPA, td.tdr, 0);
}

static void test_sept_remove(void)
{
    uint64_t page;
    SimTd td;

    build(&td, &page);
    poison(&td, page - TDX_PAGE_4K, 0xfff);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_SEPT_RD, GPA, td.tdr, 0));
    /* Looking whether the table is empty reads all of it */
    assert_dies(&td, TDH_MEM_SEPT_REMOVE, GPA | TDX_LEVEL_2M, td.tdr, 0);
}

static void test_td_page(void)
{
    uint64_t page;
    SimTd td;

    build(&td, &page);
    poison(&td, page, 0x140);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RD, GPA + 0x180, td.tdr, 0));
    assert_dies(&td, TDH_MEM_RD, GPA + 0x178, td.tdr, 0);

    build(&td, &page);
    poison(&td, page, 0x140);
    ASSERT_OK(sim_td_call(&td, TDH_MR_EXTEND, GPA + 0x200, td.tdr, 0));
    assert_dies(&td, TDH_MR_EXTEND, GPA + 0x100, td.tdr, 0);

    build(&td, &page);
    poison(&td, page, 0x140);
    assert_dies(&td, TDH_MEM_PAGE_RELOCATE, GPA, td.tdr, sim_td_page(&td));
}

/* Removing a page does not look at it */
static void test_untouched(void)
{
    uint64_t page;
    SimTd td;

    build(&td, &page);
    sim_poison(td.sim, page, TDX_PAGE_4K);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, GPA, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MNG_RD, td.tdr, FIELD_CHLDCNT, 0));
    sim_td_destroy(&td);
    sim_free(td.sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/integrity/pamt/array", test_pamt_arrays);
    g_test_add_func("/integrity/pamt/bitmap", test_pamt_bitmap);
    g_test_add_func("/integrity/pamt/page", test_pamt_page);
    g_test_add_func("/integrity/tdr", test_tdr);
    g_test_add_func("/integrity/taken-anew", test_taken_anew);
    g_test_add_func("/integrity/td/tdcs", test_tdcs);
    g_test_add_func("/integrity/td/tdcs-others", test_tdcs_others);
    g_test_add_func("/integrity/td/tdvpr", test_tdvpr);
    g_test_add_func("/integrity/td/sept", test_sept);
    g_test_add_func("/integrity/td/sept-remove", test_sept_remove);
    g_test_add_func("/integrity/td/page", test_td_page);
    g_test_add_func("/integrity/td/untouched", test_untouched);
    return g_test_run();
}
