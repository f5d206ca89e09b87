/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a module counts of its host's calls and of its TDs' calls and exits.
 */

#include "sim-run.h"
#include "sim-td.h"
#include "include/query.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"

#define EFER_LMA (1 << 10)
#define CS_64BIT 0xa09b

/* No TDCALL leaf has this number */
#define NO_TDCALL 500

static void test_calls(void)
{
    SimPlatform *sim = sim_ready(3, true);
    TdxQueryCalls n;

    sim_add_tdmr(sim, 16 * GIB, GIB, 2 * GIB);
    for (unsigned lp = 0; lp < 3; lp++) {
        sim_call_status(sim, lp, 34, 0, 0x9100000100000008, 0);
    }
    sim_call_status(sim, 0, 34, 0, 0x9100000100000fff, 0);
    sim_call_status(sim, 0, 24, 16 * GIB, 0, 0);
    sim_call_status(sim, 1, 57, 0, 0, 0);
    sim_call_status(sim, 1, 255, 0, 0, 0);
    sim_call_status(sim, 2, 256, 0, 0, 0);
    sim_call_status(sim, 2, 0xffff, 0, 0, 0);
    n = tdx_query_calls(sim->module, tdx_leaf_find(TDH_SYS_RD));
    g_assert_cmpuint(n.calls, ==, 4);
    g_assert_cmpuint(n.errors, ==, 1);
    n = tdx_query_calls(sim->module, tdx_leaf_find(TDH_PHYMEM_PAGE_RDMD));
    g_assert_cmpuint(n.calls, ==, 1);
    g_assert_cmpuint(n.errors, ==, 1);
    n = tdx_query_calls(sim->module, NULL);
    g_assert_cmpuint(n.calls, ==, 4);
    g_assert_cmpuint(n.errors, ==, 4);
    tdx_module_reset(sim->module);
    g_assert_cmpuint(tdx_query_calls(sim->module, NULL).calls, ==, 0);
    sim_free(sim);
}

/* What a TD does is counted by reason and leaf, and who heard of it */
static void test_td_calls(void)
{
    SimPlatform *sim = sim_td_machine(2);
    uint64_t gpr[TDX_NUM_GPRS] = { [TDX_RAX] = TDH_VP_ENTER };
    TdxModule *m = sim->module;
    TdxQueryCalls info, unknown;
    X86Vmcs *v;
    SimTd td;

    sim_td_build(&td, sim, 0);
    g_assert_cmphex(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0), ==, 0);
    gpr[TDX_RCX] = td.vcpu;
    g_assert_cmpint(sim_seamcall(sim, 0, gpr), ==, TDX_SEAMCALL_RUN_TD);
    v = sim_lp(sim, 0)->run.vmcs;
    v->exit_reason = X86_VMX_EXIT_REASON_TDCALL;
    v->guest_efer |= EFER_LMA;
    v->guest_cs_ar = CS_64BIT;
    sim_lp(sim, 0)->gpr[TDX_RAX] = TDG_VP_INFO;
    g_assert_cmpint(sim_td_exit(sim, 0), ==, TDX_TD_RESUME);
    sim_lp(sim, 0)->gpr[TDX_RAX] = NO_TDCALL;
    g_assert_cmpint(sim_td_exit(sim, 0), ==, TDX_TD_RESUME);
    v->exit_reason = X86_VMX_EXIT_REASON_HLT;
    g_assert_cmpint(sim_td_exit(sim, 0), ==, TDX_TD_RESUME);
    v->exit_reason = X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT;
    g_assert_cmpint(sim_td_exit(sim, 0), ==, TDX_TD_LEAVE);

    info = tdx_query_tdcalls(m, tdx_guest_leaf_find(TDG_VP_INFO));
    unknown = tdx_query_tdcalls(m, NULL);
    g_assert_cmpuint(info.calls, ==, 1);
    g_assert_cmpuint(info.errors, ==, 0);
    g_assert_cmpuint(unknown.calls, ==, 1);
    g_assert_cmpuint(unknown.errors, ==, 1);
    g_assert_cmpuint(
        tdx_query_exits(m, X86_VMX_EXIT_REASON_TDCALL).exits, ==, 2);
    g_assert_cmpuint(
        tdx_query_exits(m, X86_VMX_EXIT_REASON_TDCALL).left, ==, 0);
    g_assert_cmpuint(
        tdx_query_exits(m, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT).left, ==,
        1);
    g_assert_cmpuint(tdx_query_exits(m, UINT32_MAX).exits, ==, 0);
    g_assert_cmpuint(tdx_query_ves(m, TDX_VE_RANK_PARAVIRT), ==, 1);
    g_assert_cmpuint(tdx_query_ves(m, TDX_VE_RANK_PENDING), ==, 0);
    g_assert_cmpuint(tdx_query_ves(m, TDX_NUM_VE_CATEGORIES), ==, 0);
    sim_td_destroy(&td);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-calls/host", test_calls);
    g_test_add_func("/query-calls/td", test_td_calls);
    return g_test_run();
}
