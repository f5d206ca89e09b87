/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Splitting and joining pages of a TD, tables of its L2 VMs, and what the
 * PAMT says of all these pages: what recorded conversations do not show.
 */

#include "include/check.h"
#include "sim-td.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define GPA 0x40000000ULL

#define NO_PAGE  UINT64_MAX
#define NOT_USED (1ULL << 63)
#define HINT     (1ULL << 62)

/* In RDX */
#define SPARSE         1
#define L2_ATTRIBUTES  1

#define FIELD_CHLDCNT 0x8010000300000004ULL

/* A TD for @vms L2 VMs; no vCPU, not finalised */
static void build(SimTd *td, SimPlatform *sim, unsigned vms,
                  uint64_t attributes)
{
    uint64_t params = SIM_TD_SHARED;

    sim_td_create(td, sim);
    for (unsigned i = 0; i < vms; i++) {
        ASSERT_OK(sim_td_call(td, TDH_MNG_ADDCX, sim_td_page(td), td->tdr, 0));
    }
    sim_write64(sim, params, attributes);
    sim_write64(sim, params + 8, 3);
    sim_write64(sim, params + 16, 4 | vms << 16);
    sim_write64(sim, params + 24, 0x1e);
    sim_write64(sim, params + 40, 40);
    ASSERT_OK(sim_td_call(td, TDH_MNG_INIT, td->tdr, params, 0));
}

/* A leaf with pages for L2 VMs in R9..R11 and a page pair in R12, R13 */
static uint64_t call_l2(SimTd *td, SimCall *call, uint64_t leaf, uint64_t rcx,
                        uint64_t rdx, uint64_t r8, const uint64_t l2[3])
{
    *call = (SimCall) { .gpr = {
        [TDX_RAX] = leaf, [TDX_RCX] = rcx, [TDX_RDX] = rdx, [TDX_R8] = r8,
        [TDX_R9] = l2[0], [TDX_R10] = l2[1], [TDX_R11] = l2[2],
        [TDX_R12] = td->pamt_next, [TDX_R13] = td->pamt_next + TDX_PAGE_4K,
    } };
    g_assert_true(tdx_module_seamcall(td->sim->module, 0, call->gpr, NULL));
    return call->gpr[TDX_RAX];
}

static void expect_l2(const SimCall *call, uint64_t r9, uint64_t r10,
                      uint64_t r11)
{
    g_assert_cmphex(call->gpr[TDX_R9], ==, r9);
    g_assert_cmphex(call->gpr[TDX_R10], ==, r10);
    g_assert_cmphex(call->gpr[TDX_R11], ==, r11);
}

/* PHYMEM.PAGE.RDMD: the page's type; its BEPOCH */
static uint64_t page_type(SimTd *td, uint64_t page, uint64_t *bepoch)
{
    SimCall call;

    ASSERT_OK(sim_call(td->sim, 0, &call, TDH_PHYMEM_PAGE_RDMD, page, 0, 0));
    if (bepoch) {
        *bepoch = call.gpr[TDX_R9];
    }
    return call.gpr[TDX_RCX];
}

/* A 2 MiB page for the TD at @gpa, whose tables exist */
static uint64_t add_2m(SimTd *td, uint64_t gpa, uint64_t page)
{
    ASSERT_OK(sim_td_call(td, TDH_MEM_PAGE_AUG, gpa | TDX_LEVEL_2M, td->tdr,
                          page));
    g_array_append_val(td->pages, page);
    return page;
}

/* Tables above the 2 MiB entry of GPA, for the TD and for L2 VM 1 */
static void add_tables(SimTd *td, unsigned vms)
{
    for (int level = TDX_SEPT_LEVEL_PML4E; level > TDX_LEVEL_2M; level--) {
        uint64_t l2[] = { vms ? sim_td_page(td) : NO_PAGE, NO_PAGE, NO_PAGE };
        SimCall call;

        ASSERT_OK(call_l2(td, &call, LEAF_VERSION(TDH_MEM_SEPT_ADD, 1),
                          (GPA & ~(tdx_sept_level_size(level) - 1)) | level,
                          td->tdr, sim_td_page(td), l2));
    }
}

static void check_invariants(SimTd *td)
{
    g_autofree char *found = tdx_module_check(td->sim->module);

    g_assert_cmpstr(found, ==, NULL);
}

static void end(SimTd *td)
{
    SimPlatform *sim = td->sim;

    check_invariants(td);
    sim_td_destroy(td);
    sim_free(sim);
}

/* --- L2 VMs -------------------------------------------------------------- */

/* 6.9: a TD without L2 VMs has no use for R9..R11, nor a say in them */
static void test_demote_no_l2(void)
{
    static const uint64_t l2[] = { 0x1234000, 0, 0x7fff };
    SimPlatform *sim = sim_td_machine(1);
    SimCall call;
    SimTd td;

    build(&td, sim, 0, 0);
    add_tables(&td, 0);
    add_2m(&td, GPA, SIM_TD_BASE + GIB);
    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                      td.tdr, sim_td_page(&td), l2));
    expect_l2(&call, l2[0], l2[1], l2[2]);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, GPA | TDX_LEVEL_2M, td.tdr,
                          0));
    end(&td);
}

/* 6.9: unless pages are added for existing aliases only, each one is used */
static void test_demote_l2(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t l2[] = { 0, NO_PAGE, 0x7fff };
    uint64_t children, table;
    SimCall call;
    SimTd td;

    build(&td, sim, 2, 0);
    add_tables(&td, 1);
    add_2m(&td, GPA, SIM_TD_BASE + GIB);
    children = sim_td_field(&td, FIELD_CHLDCNT);
    table = sim_td_page(&td);
    l2[0] = sim_td_page(&td);

    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                      td.tdr | SPARSE, table, l2));
    expect_l2(&call, l2[0] | NOT_USED, NO_PAGE, l2[2]);
    g_assert_cmpuint(page_type(&td, l2[0], NULL), ==, TDX_PT_NDA);
    g_assert_cmpuint(sim_td_field(&td, FIELD_CHLDCNT), ==, children + 1);
    ASSERT_OK(call_l2(&td, &call, LEAF_VERSION(TDH_MEM_PAGE_PROMOTE, 1),
                      GPA | TDX_LEVEL_2M, td.tdr, 0, l2));
    expect_l2(&call, NO_PAGE, NO_PAGE, NO_PAGE);

    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                      td.tdr, table, l2));
    expect_l2(&call, l2[0], NO_PAGE, l2[2]);
    g_assert_cmpuint(page_type(&td, l2[0], NULL), ==, TDX_PT_EPT);
    g_assert_cmpuint(sim_td_field(&td, FIELD_CHLDCNT), ==, children + 2);
    check_invariants(&td);
    /* It is in its place: VM 1 has a table there */
    g_assert_cmphex(call_l2(&td, &call, LEAF_VERSION(TDH_MEM_SEPT_ADD, 1),
                            GPA | TDX_LEVEL_2M, td.tdr, NO_PAGE,
                            (uint64_t[]) { table, NO_PAGE, NO_PAGE }), ==,
                    TDX_L2_SEPT_ENTRY_NOT_FREE | 1 << 16 | TDX_LEVEL_2M);
    ASSERT_OK(call_l2(&td, &call, LEAF_VERSION(TDH_MEM_PAGE_PROMOTE, 1),
                      GPA | TDX_LEVEL_2M, td.tdr, 0, l2));
    expect_l2(&call, l2[0], NO_PAGE, NO_PAGE);
    g_assert_cmpuint(page_type(&td, l2[0], NULL), ==, TDX_PT_NDA);
    g_assert_cmpuint(sim_td_field(&td, FIELD_CHLDCNT), ==, children);
    end(&td);
}

/* 6.9: the pages are checked after that of the TD's table, before R12, R13 */
static void test_demote_l2_faults(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t l2[] = { NO_PAGE, NO_PAGE, NO_PAGE };
    uint64_t table, children;
    SimCall call;
    SimTd td;

    build(&td, sim, 2, 0);
    add_tables(&td, 1);
    add_2m(&td, GPA, SIM_TD_BASE + GIB);
    children = sim_td_field(&td, FIELD_CHLDCNT);
    table = sim_td_page(&td);

    l2[1] = SIM_TD_BASE + GIB + 4 * MIB; /* no page pair there */
    g_assert_cmphex(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                            td.tdr, table, l2), ==,
                    tdx_op(TDX_MISSING_PAMT_PAGE_PAIR, TDX_R10));
    expect_l2(&call, l2[0], l2[1], l2[2]);
    l2[0] = table;
    g_assert_cmphex(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                            td.tdr, table, l2), ==,
                    tdx_op(TDX_OPERAND_BUSY, TDX_R9));
    g_assert_cmphex(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                            td.tdr, table + 1, l2), ==,
                    tdx_op(TDX_OPERAND_INVALID, TDX_R8));
    /* VM 2 has no tables at all: bit 63 of the offer does not matter */
    l2[0] = NO_PAGE;
    l2[1] = sim_td_page(&td) | NOT_USED;
    g_assert_cmphex(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                            td.tdr, table, l2), ==,
                    TDX_L2_SEPT_WALK_FAILED | 2 << 16 | TDX_SEPT_LEVEL_PML4E);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, 1ULL << 63);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 0x24003);
    expect_l2(&call, l2[0], l2[1], l2[2]);
    g_assert_cmpuint(sim_td_field(&td, FIELD_CHLDCNT), ==, children);
    g_assert_cmpuint(page_type(&td, table, NULL), ==, TDX_PT_NDA);
    end(&td);
}

/* PAMT 7: VM 3's page goes first, then VM 2's, VM 1's, at last the TD's own */
static void test_sept_remove_hint(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t range = SIM_TD_BASE + GIB;
    uint64_t l2[3], table;
    SimCall call;
    SimTd td;

    build(&td, sim, 3, 0);
    table = sim_td_page(&td);
    ASSERT_OK(sim_td_call(&td, TDH_PHYMEM_PAMT_ADD, range | TDX_LEVEL_2M,
                          td.pamt_next, td.pamt_next + TDX_PAGE_4K));
    for (unsigned i = 0; i < 3; i++) {
        l2[i] = range + i * TDX_PAGE_4K;
    }
    ASSERT_OK(call_l2(&td, &call, LEAF_VERSION(TDH_MEM_SEPT_ADD, 1),
                      TDX_SEPT_LEVEL_PML4E, td.tdr, table, l2));
    ASSERT_OK(call_l2(&td, &call, LEAF_VERSION(TDH_MEM_SEPT_REMOVE, 1),
                      TDX_SEPT_LEVEL_PML4E, td.tdr, 0, l2));
    expect_l2(&call, l2[0] | HINT, l2[1], l2[2]);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, table);

    /* All four in one range */
    table = range + 3 * TDX_PAGE_4K;
    ASSERT_OK(call_l2(&td, &call, LEAF_VERSION(TDH_MEM_SEPT_ADD, 1),
                      TDX_SEPT_LEVEL_PML4E, td.tdr, table, l2));
    ASSERT_OK(call_l2(&td, &call, LEAF_VERSION(TDH_MEM_SEPT_REMOVE, 1),
                      TDX_SEPT_LEVEL_PML4E, td.tdr, 0, l2));
    expect_l2(&call, l2[0], l2[1], l2[2]);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, table | HINT);
    end(&td);
}

/* 6.8: 16 bits in R8 for each VM */
static void test_l2_attributes(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimCall call;
    SimTd td;

    build(&td, sim, 2, TDX_ATTR_DEBUG);
    add_tables(&td, 1);
    /* A table of VM 1: bits 3:0 all access, bit 15 valid */
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_SEPT_RD, TDX_SEPT_LEVEL_PML4E,
                       td.tdr | L2_ATTRIBUTES, 0x123));
    g_assert_cmphex(call.gpr[TDX_R8], ==, 0x800f0000);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, TDX_SEPT_LEVEL_PML4E,
                          td.tdr, 0));
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_SEPT_RD, TDX_SEPT_LEVEL_PML4E,
                       td.tdr | L2_ATTRIBUTES, 0x123));
    g_assert_cmphex(call.gpr[TDX_R8], ==, 0x800f0000);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_UNBLOCK, TDX_SEPT_LEVEL_PML4E,
                          td.tdr, 0));
    /* Nothing there */
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_SEPT_RD, GPA | TDX_LEVEL_2M,
                       td.tdr | L2_ATTRIBUTES, 0x123));
    g_assert_cmphex(call.gpr[TDX_R8], ==, 0);
    /* Not asked for, or not found */
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_SEPT_RD, TDX_SEPT_LEVEL_PML4E,
                       td.tdr, 0x123));
    g_assert_cmphex(call.gpr[TDX_R8], ==, 0x123);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_MEM_SEPT_RD, GPA,
                             td.tdr | L2_ATTRIBUTES, 0x123), ==,
                    tdx_op(TDX_EPT_WALK_FAILED, TDX_RCX));
    g_assert_cmphex(call.gpr[TDX_R8], ==, 0x123);
    end(&td);
}

/* --- entries that lead to no page ---------------------------------------- */

/* 6.10, 6.11: a leaf without access is where the walk fails, with details */
static void test_no_access(void)
{
    static const uint64_t leaves[] = { TDH_MR_EXTEND, TDH_MEM_RD, TDH_MEM_WR };
    static const struct {
        uint64_t leaf, state;
    } steps[] = {
        { TDH_MEM_PAGE_AUG, 0x200 },        /* PENDING */
        { TDH_MEM_RANGE_BLOCK, 0x300 },     /* PENDING_BLOCKED */
    };
    SimPlatform *sim = sim_td_machine(1);
    SimCall call;
    uint64_t page;
    SimTd td;

    build(&td, sim, 0, TDX_ATTR_DEBUG);
    sim_td_tables(&td, GPA);
    page = sim_td_page(&td);
    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++) {
        ASSERT_OK(sim_td_call(&td, steps[i].leaf, GPA, td.tdr, page));
        for (unsigned j = 0; j < G_N_ELEMENTS(leaves); j++) {
            g_assert_cmphex(sim_call(sim, 0, &call, leaves[j], GPA, td.tdr, 0),
                            ==, tdx_op(TDX_EPT_ENTRY_NOT_PRESENT, TDX_RCX));
            g_assert_cmphex(call.gpr[TDX_RCX], ==, page | 0x80000000000000f0);
            g_assert_cmphex(call.gpr[TDX_RDX], ==, steps[i].state);
        }
    }
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, GPA, td.tdr, 0));
    end(&td);
}

/* --- BEPOCH -------------------------------------------------------------- */

/* A page that @td had, blocked in epoch 1, and has no more */
static uint64_t used_page(SimTd *td, uint64_t gpa)
{
    uint64_t page = sim_td_page(td);

    ASSERT_OK(sim_td_call(td, TDH_MEM_PAGE_AUG, gpa, td->tdr, page));
    ASSERT_OK(sim_td_call(td, TDH_MEM_RANGE_BLOCK, gpa, td->tdr, 0));
    ASSERT_OK(sim_td_call(td, TDH_MEM_PAGE_REMOVE, gpa, td->tdr, 0));
    return page;
}

/* 6.1 to 6.3 begin at 0; 6.9 says nothing of the new table's BEPOCH */
static void test_bepoch_of_new_pages(void)
{
    static const uint64_t l2[] = { NO_PAGE, NO_PAGE, NO_PAGE };
    uint64_t small = GPA + 4 * MIB;
    SimPlatform *sim = sim_td_machine(1);
    uint64_t table, page, bepoch;
    SimCall call;
    SimTd td;

    build(&td, sim, 0, 0);
    sim_td_tables(&td, small);
    page = used_page(&td, small);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, small, td.tdr, page));
    g_assert_cmpuint(page_type(&td, page, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, small, td.tdr, 0));
    page = used_page(&td, small);
    table = used_page(&td, small);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_SEPT_ADD, (GPA + 6 * MIB) | TDX_LEVEL_2M,
                          td.tdr, page));
    g_assert_cmpuint(page_type(&td, page, &bepoch), ==, TDX_PT_EPT);
    g_assert_cmpuint(bepoch, ==, 0);
    add_2m(&td, GPA, SIM_TD_BASE + GIB);
    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                      td.tdr, table, l2));
    g_assert_cmpuint(page_type(&td, table, &bepoch), ==, TDX_PT_EPT);
    g_assert_cmpuint(bepoch, ==, 1);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, GPA | TDX_LEVEL_2M, td.tdr,
                          0));
    end(&td);
}

/* PAMT 9, static: children begin at 0, the large page keeps what it had */
static void test_bepoch_static(void)
{
    static const uint64_t l2[] = { NO_PAGE, NO_PAGE, NO_PAGE };
    SimPlatform *sim = sim_td_machine_static(1);
    uint64_t bepoch, table, large = SIM_TD_BASE + GIB;
    SimCall call;
    SimTd td;

    build(&td, sim, 0, 0);
    add_tables(&td, 0);
    add_2m(&td, GPA, large);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, GPA | TDX_LEVEL_2M, td.tdr,
                          0));
    table = sim_td_page(&td);
    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                      td.tdr, table, l2));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, GPA, td.tdr, 0));
    g_assert_cmpuint(page_type(&td, large, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 1);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_UNBLOCK, GPA, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, GPA | TDX_LEVEL_2M, td.tdr,
                          0));
    g_assert_cmpuint(page_type(&td, large, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 1);
    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                      td.tdr, table, l2));
    g_assert_cmpuint(page_type(&td, large, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, GPA | TDX_LEVEL_2M, td.tdr,
                          0));
    end(&td);
}

/* PAMT 9, static: what a page of its own has left there is gone, too */
static void test_bepoch_leftover(void)
{
    static const uint64_t l2[] = { NO_PAGE, NO_PAGE, NO_PAGE };
    SimPlatform *sim = sim_td_machine_static(1);
    uint64_t bepoch, large = SIM_TD_BASE + GIB, gpa = GPA + 2 * MIB;
    SimCall call;
    SimTd td;

    build(&td, sim, 0, 0);
    sim_td_tables(&td, gpa);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, gpa, td.tdr, large));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, gpa, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_TRACK, td.tdr, 0, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, gpa, td.tdr, 0));

    add_2m(&td, GPA, large);
    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_2M,
                      td.tdr, sim_td_page(&td), l2));
    g_assert_cmpuint(page_type(&td, large, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, GPA | TDX_LEVEL_2M, td.tdr,
                          0));
    end(&td);
}

/* PAMT 9, dynamic: both begin at 0, also where no page pair is involved */
static void test_bepoch_1g(void)
{
    static const uint64_t l2[] = { NO_PAGE, NO_PAGE, NO_PAGE };
    uint64_t large = SIM_TD_BASE + 4 * GIB;
    SimPlatform *sim = sim_td_machine(1);
    uint64_t bepoch, table;
    SimCall call;
    SimTd td;

    sim_init_tdmr(sim, sim_add_tdmr(sim, large, GIB, 3 * GIB));
    build(&td, sim, 0, 0);
    add_tables(&td, 0);
    for (uint64_t at = 0; at < GIB; at += 2 * MIB) {
        ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, (GPA + at) | TDX_LEVEL_2M,
                              td.tdr, large + at));
    }
    g_array_append_val(td.pages, large);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, GPA | TDX_LEVEL_2M, td.tdr,
                          0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_UNBLOCK, GPA | TDX_LEVEL_2M,
                          td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, GPA | TDX_LEVEL_1G, td.tdr,
                          0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, GPA | TDX_LEVEL_1G, td.tdr,
                          0));
    g_assert_cmpuint(page_type(&td, large, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 1);
    table = sim_td_page(&td);
    ASSERT_OK(call_l2(&td, &call, TDH_MEM_PAGE_DEMOTE, GPA | TDX_LEVEL_1G,
                      td.tdr, table, l2));
    g_assert_cmpuint(page_type(&td, large, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, GPA | TDX_LEVEL_1G, td.tdr,
                          0));
    g_assert_cmpuint(page_type(&td, large, &bepoch), ==, TDX_PT_REG);
    g_assert_cmpuint(bepoch, ==, 0);
    end(&td);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td/demote/no-l2", test_demote_no_l2);
    g_test_add_func("/td/demote/l2", test_demote_l2);
    g_test_add_func("/td/demote/l2-faults", test_demote_l2_faults);
    g_test_add_func("/td/sept-remove/hint", test_sept_remove_hint);
    g_test_add_func("/td/sept-rd/l2-attributes", test_l2_attributes);
    g_test_add_func("/td/no-access", test_no_access);
    g_test_add_func("/td/bepoch/new-pages", test_bepoch_of_new_pages);
    g_test_add_func("/td/bepoch/static", test_bepoch_static);
    g_test_add_func("/td/bepoch/leftover", test_bepoch_leftover);
    g_test_add_func("/td/bepoch/1g", test_bepoch_1g);
    return g_test_run();
}
