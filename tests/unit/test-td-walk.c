/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secure EPT as a processor reads it: the tables that SEAMCALLs have made, and
 * the walk that a vCPU does (TD running 4.1).
 */

#include "sim-td.h"
#include "vmx/ept.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define SHARED (1ULL << 47)
#define SOURCE (SIM_TD_SHARED + 1 * MIB)
#define GPA 0x40000000ULL
#define OFFSET 0x678ULL

/* Exit qualification of a load from a linear address, with no rights there */
#define QUAL_LOAD 0x181

typedef struct Cpu {
    SimPlatform *sim;
    X86VmxCaps caps;
} Cpu;

static bool read_private(void *opaque, uint64_t addr, uint64_t *entry)
{
    Cpu *cpu = opaque;

    *entry = sim_private64(cpu->sim, tdx_without_hkid(cpu->sim->module, addr));
    return true;
}

static X86EptResult walk(SimTd *td, uint64_t gpa, X86EptWalk *walk)
{
    const TdxPlatformInfo *info = &td->sim->info;
    X86EptAccess access = { .gpa = gpa, .read = true, .gla_valid = true };
    X86VmxConfig config = { .phys_bits = info->max_pa - info->keyid_bits };
    Cpu cpu = { .sim = td->sim };
    X86Ept ept = {
        .caps = &cpu.caps,
        .eptp = sim_td_tdcs(td)->eptp,
        .read = read_private,
        .opaque = &cpu,
    };

    x86_vmx_caps_init(&cpu.caps, &config);
    x86_vmx_caps_offer_all(&cpu.caps);
    g_assert_true(x86_ept_of_td(&ept, gpa, SHARED, 0, info->keyid_bits));
    return x86_ept_walk(&ept, &access, walk);
}

/* What no entry allows is an exit; none of them makes a #VE of it */
static void expect_exit(SimTd *td, uint64_t gpa)
{
    X86EptWalk w;

    g_assert_cmpint(walk(td, gpa, &w), ==, X86_EPT_VIOLATION);
    g_assert_cmphex(x86_vmx_ept_qual(&w.qual) & 0x3f, ==, QUAL_LOAD & 0x3f);
    g_assert_false(w.convertible);
}

static void expect_page(SimTd *td, uint64_t gpa, uint64_t hpa)
{
    X86EptWalk w;

    g_assert_cmpint(walk(td, gpa, &w), ==, X86_EPT_OK);
    g_assert_cmphex(tdx_without_hkid(td->sim->module, w.address), ==, hpa);
    g_assert_cmphex(w.allowed, ==, X86_EPT_RWX);
    g_assert_cmphex(w.cacheable, ==, X86_EPT_RWX);
}

static uint64_t add_page(SimTd *td, uint64_t gpa)
{
    uint64_t page = sim_td_page(td);
    SimCall call = { .gpr = {
        [TDX_RAX] = TDH_MEM_PAGE_ADD, [TDX_RCX] = gpa, [TDX_RDX] = td->tdr,
        [TDX_R8] = page, [TDX_R9] = SOURCE,
    } };

    g_assert_true(tdx_module_seamcall(td->sim->module, 0, call.gpr, NULL));
    ASSERT_OK(call.gpr[TDX_RAX]);
    return page;
}

static void block(SimTd *td, uint64_t gpa, unsigned level)
{
    ASSERT_OK(sim_td_call(td, TDH_MEM_RANGE_BLOCK, gpa | level, td->tdr, 0));
}

static void unblock(SimTd *td, uint64_t gpa, unsigned level)
{
    ASSERT_OK(sim_td_call(td, TDH_MEM_TRACK, td->tdr, 0, 0));
    ASSERT_OK(sim_td_call(td, TDH_MEM_RANGE_UNBLOCK, gpa | level, td->tdr, 0));
}

static void test_states(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t page;
    SimTd td;

    sim_td_build(&td, sim, 0);
    expect_exit(&td, GPA + 512 * GIB); /* no table */
    sim_td_tables(&td, GPA);
    expect_exit(&td, GPA); /* FREE */
    page = add_page(&td, GPA);
    expect_page(&td, GPA + OFFSET, page + OFFSET); /* MAPPED */
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, GPA + TDX_PAGE_4K, td.tdr,
                          sim_td_page(&td)));
    expect_exit(&td, GPA + TDX_PAGE_4K); /* PENDING */

    block(&td, GPA, TDX_LEVEL_4K);
    block(&td, GPA + TDX_PAGE_4K, TDX_LEVEL_4K);
    expect_exit(&td, GPA); /* BLOCKED */
    expect_exit(&td, GPA + TDX_PAGE_4K); /* PENDING_BLOCKED */
    unblock(&td, GPA, TDX_LEVEL_4K);
    expect_page(&td, GPA, page);

    block(&td, GPA, TDX_LEVEL_2M); /* NL_BLOCKED */
    expect_exit(&td, GPA);
    unblock(&td, GPA, TDX_LEVEL_2M);
    expect_page(&td, GPA, page);
    sim_td_destroy(&td);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tdx/td-walk/states", test_states);
    return g_test_run();
}
