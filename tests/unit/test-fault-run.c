/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Faults of what runs a TD and of what a TD calls.
 */

#include <string.h>

#include "fault-fixture.h"
#include "sim-run.h"
#include "include/check.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"

#define GPA 0x40000000ULL

#define EFER_LMA (1 << 10)
#define CS_64BIT 0xa09b
#define TDCALL_LENGTH 4

#define RIP 0x1000
#define REGISTERS 0xcc08 /* RBX, R10, R11, R14, R15 */

static SimPlatform *new_td(SimTd *td)
{
    SimPlatform *sim = sim_td_machine(2);
    SimCall call;

    sim_td_build(td, sim, 0);
    sim_td_tables(td, GPA);
    ASSERT_OK(sim_td_call(td, TDH_MR_FINALIZE, td->tdr, 0, 0));
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA, td->tdr,
                       sim_td_page(td)));
    return sim;
}

static void end(SimTd *td)
{
    g_autofree char *why = tdx_module_check(td->sim->module);

    g_assert_cmpstr(why, ==, NULL);
    sim_td_destroy(td);
    sim_free(td->sim);
}

static TdxSeamcall enter(SimTd *td, uint64_t gpr[TDX_NUM_GPRS])
{
    gpr[TDX_RAX] = TDH_VP_ENTER;
    gpr[TDX_RCX] = td->vcpu;
    return sim_seamcall(td->sim, 0, gpr);
}

static TdxTdVerdict tdcall(SimTd *td, uint64_t leaf, uint64_t rcx)
{
    SimLp *l = sim_lp(td->sim, 0);
    X86Vmcs *v = l->run.vmcs;

    v->exit_reason = X86_VMX_EXIT_REASON_TDCALL;
    v->exit_instr_length = TDCALL_LENGTH;
    v->guest_efer |= EFER_LMA;
    v->guest_cs_ar = CS_64BIT;
    v->guest_rip = RIP;
    l->gpr[TDX_RAX] = leaf;
    l->gpr[TDX_RCX] = rcx;
    return sim_td_exit(td->sim, 0);
}

static void leave(SimTd *td)
{
    sim_lp(td->sim, 0)->run.vmcs->exit_reason =
        X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT;
    g_assert_cmpint(sim_td_exit(td->sim, 0), ==, TDX_TD_LEAVE);
}

/* An entry that fails leaves the vCPU as it was */
static void test_enter_busy(void)
{
    uint64_t gpr[TDX_NUM_GPRS] = { 0 };
    TdxFault f;
    SimTd td;
    SimPlatform *sim = new_td(&td);

    inject(sim, &f, "tdh.vp.enter", "operand_busy", "rcx");
    g_assert_cmpint(enter(&td, gpr), ==, TDX_SEAMCALL_DONE);
    g_assert_cmphex(gpr[TDX_RAX], ==, BUSY(TDX_RCX));
    g_assert_cmpint(enter(&td, gpr), ==, TDX_SEAMCALL_RUN_TD);
    tdx_fault_remove(sim->module, &f);
    leave(&td);
    end(&td);
}

/* It leaves before its first instruction, with what the VMM has passed */
static void test_enter_interrupted(void)
{
    uint64_t gpr[TDX_NUM_GPRS] = { 0 };
    TdxFault f;
    SimTd td;
    SimPlatform *sim = new_td(&td);
    X86Vmcs *v;

    g_assert_cmpint(enter(&td, gpr), ==, TDX_SEAMCALL_RUN_TD);
    v = sim_lp(sim, 0)->run.vmcs;
    g_assert_cmpint(tdcall(&td, TDG_VP_VMCALL, REGISTERS), ==, TDX_TD_LEAVE);
    inject(sim, &f, "tdh.vp.enter", "interrupted", NULL);
    gpr[TDX_RBX] = 0x1234;
    g_assert_cmpint(enter(&td, gpr), ==, TDX_SEAMCALL_DONE);
    g_assert_cmphex(gpr[TDX_RAX], ==, X86_VMX_EXIT_REASON_OTHER_SMI);
    g_assert_cmphex(gpr[TDX_RBX], ==, 0);
    g_assert_cmpuint(f.hits, ==, 1);
    g_assert_cmphex(v->guest_rip, ==, RIP + TDCALL_LENGTH);
    /* What was passed is not passed again */
    gpr[TDX_RBX] = 0x5678;
    g_assert_cmpint(enter(&td, gpr), ==, TDX_SEAMCALL_RUN_TD);
    g_assert_cmphex(sim_lp(sim, 0)->gpr[TDX_RBX], ==, 0x1234);
    g_assert_cmphex(sim_lp(sim, 0)->gpr[TDX_RAX], ==, TDX_SUCCESS);
    tdx_fault_remove(sim->module, &f);
    leave(&td);
    end(&td);
}

/* The guest sees a page that others work on, then gets it */
static void test_accept_busy(void)
{
    uint64_t gpr[TDX_NUM_GPRS] = { 0 };
    TdxFault f;
    SimTd td;
    SimPlatform *sim = new_td(&td);
    SimLp *l = sim_lp(sim, 0);

    inject(sim, &f, "tdg.mem.page.accept", "operand_busy", "rcx");
    g_assert_cmpint(enter(&td, gpr), ==, TDX_SEAMCALL_RUN_TD);
    g_assert_cmpint(tdcall(&td, TDG_VP_INFO, 0), ==, TDX_TD_RESUME);
    ASSERT_OK(l->gpr[TDX_RAX]);
    g_assert_cmpint(tdcall(&td, TDG_MEM_PAGE_ACCEPT, GPA), ==, TDX_TD_RESUME);
    g_assert_cmphex(l->gpr[TDX_RAX], ==, BUSY(TDX_RCX));
    g_assert_cmpint(tdcall(&td, TDG_MEM_PAGE_ACCEPT, GPA), ==, TDX_TD_RESUME);
    ASSERT_OK(l->gpr[TDX_RAX]);
    tdx_fault_remove(sim->module, &f);
    leave(&td);
    end(&td);
}

/* The host waits; in the end the VMM hears of it */
static void test_host_priority(void)
{
    uint64_t gpr[TDX_NUM_GPRS] = { 0 };
    TdxFault f;
    SimTd td;
    SimPlatform *sim = new_td(&td);
    SimLp *l = sim_lp(sim, 0);

    parse(&f, "tdg.mem.page.accept", "operand_busy_host_priority", "rcx");
    f.count = 2;
    add(sim, &f);
    g_assert_cmpint(enter(&td, gpr), ==, TDX_SEAMCALL_RUN_TD);
    g_assert_cmpint(tdcall(&td, TDG_MEM_PAGE_ACCEPT, GPA), ==, TDX_TD_RESUME);
    g_assert_cmphex(l->gpr[TDX_RAX], ==, BUSY(TDX_RCX));
    sim->tsc_offset += 1ULL << 40;
    g_assert_cmpint(tdcall(&td, TDG_MEM_PAGE_ACCEPT, GPA), ==, TDX_TD_LEAVE);
    g_assert_cmphex(l->gpr[TDX_RAX], ==, TDX_HOST_PRIORITY_BUSY_TIMEOUT);
    tdx_fault_remove(sim->module, &f);
    end(&td);
}

static void test_names(void)
{
    TdxFault f = { 0 };
    g_autofree char *l2 = tdx_fault_parse(&f, "tdg.vp.info", "operand_busy",
                                          "rcx");
    g_autofree char *none = tdx_fault_parse(&f, "tdg.vp.nothing",
                                            "operand_busy", "rcx");

    g_assert_nonnull(strstr(l2, "TDG.VP.INFO cannot answer TDX_OPERAND_BUSY"));
    g_assert_nonnull(strstr(none, "there is no leaf 'tdg.vp.nothing'"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault-run/enter/busy", test_enter_busy);
    g_test_add_func("/fault-run/enter/interrupted", test_enter_interrupted);
    g_test_add_func("/fault-run/accept/busy", test_accept_busy);
    g_test_add_func("/fault-run/accept/host-priority", test_host_priority);
    g_test_add_func("/fault-run/names", test_names);
    return g_test_run();
}
