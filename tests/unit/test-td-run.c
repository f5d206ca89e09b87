/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the rest of the host may and may not do while a TD runs.
 */

#include "sim-td.h"
#include "sim-boot.h"
#include "sim-run.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"
#include "include/check.h"

#define GPA 0x40000000ULL

#define ASSERT_OK(status) g_assert_cmphex(status, ==, 0)

/* TDX_VCPU_STATE_INCORRECT of a vCPU that runs */
#define STATE_ACTIVE 0xc000070000000004ULL

#define RIP 0x1000

static SimPlatform *new_td(SimTd *td)
{
    SimPlatform *sim = sim_td_machine(2);

    sim_td_build(td, sim, 0);
    ASSERT_OK(sim_td_call(td, TDH_MR_FINALIZE, td->tdr, 0, 0));
    return sim;
}

static void assert_sound(SimTd *td)
{
    g_autofree char *why = tdx_module_check(td->sim->module);

    g_assert_cmpstr(why, ==, NULL);
}

static void enter(SimTd *td)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_VP_ENTER, [TDX_RCX] = td->vcpu,
    };

    g_assert_cmpint(sim_seamcall(td->sim, 0, gpr), ==, TDX_SEAMCALL_RUN_TD);
}

static TdxTdVerdict leave(SimTd *td, uint32_t reason)
{
    X86Vmcs *v = sim_lp(td->sim, 0)->run.vmcs;

    v->exit_reason = reason;
    v->exit_qualification = 0;
    v->exit_intr_info = 0;
    v->idt_vectoring_info = 0;
    v->guest_rip = RIP;
    return sim_td_exit(td->sim, 0);
}

static uint64_t other(SimTd *td, uint64_t leaf, uint64_t rcx, uint64_t rdx)
{
    SimCall call;

    return sim_call(td->sim, 1, &call, leaf, rcx, rdx, 0);
}

static void test_soundness(void)
{
    SimTd td;

    new_td(&td);
    assert_sound(&td);
    enter(&td);
    assert_sound(&td);
    g_assert_cmpint(leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT), ==,
                    TDX_TD_LEAVE);
    assert_sound(&td);
    sim_td_destroy(&td);
    sim_free(td.sim);
}

/* Whoever needs the TD or the vCPU alone has to wait */
static void test_locks(void)
{
    uint64_t rcx = TDX_OPERAND_BUSY | TDX_RCX;
    SimTd td;

    new_td(&td);
    enter(&td);
    g_assert_cmphex(other(&td, TDH_VP_FLUSH, td.vcpu, 0), ==, rcx);
    g_assert_cmphex(other(&td, TDH_VP_INIT, td.vcpu, 0), ==, rcx);
    g_assert_cmphex(other(&td, TDH_MNG_VPFLUSHDONE, td.tdr, 0), ==, rcx);
    g_assert_cmphex(other(&td, TDH_VP_ENTER, td.vcpu, 0), ==, STATE_ACTIVE);
    g_assert_cmphex(other(&td, TDH_VP_RD, td.vcpu, 0), ==, STATE_ACTIVE);
    /* What takes them shared goes on */
    ASSERT_OK(other(&td, TDH_MNG_RD, td.tdr, 0x8010000300000004ULL));
    assert_sound(&td);
    g_assert_cmpint(leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT), ==,
                    TDX_TD_LEAVE);
    sim_td_destroy(&td);
    sim_free(td.sim);
}

/* A page that goes waits until all who could know it are out */
static void test_epochs(void)
{
    SimTd td;

    new_td(&td);
    enter(&td);
    ASSERT_OK(other(&td, TDH_MEM_TRACK, td.tdr, 0));
    g_assert_cmphex(other(&td, TDH_MEM_TRACK, td.tdr, 0), ==,
                    TDX_PREVIOUS_TLB_EPOCH_BUSY);
    g_assert_cmpint(leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT), ==,
                    TDX_TD_LEAVE);
    ASSERT_OK(other(&td, TDH_MEM_TRACK, td.tdr, 0));
    enter(&td);
    assert_sound(&td);
    leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
    sim_td_destroy(&td);
    sim_free(td.sim);
}

/* The TD ends with its vCPU inside, and its pages come back */
static void test_triple_fault(void)
{
    SimTd td;

    new_td(&td);
    enter(&td);
    g_assert_cmpint(leave(&td, X86_VMX_EXIT_REASON_TRIPLE_FAULT), ==,
                    TDX_TD_LEAVE);
    g_assert_cmphex(sim_lp(td.sim, 0)->gpr[TDX_RAX] >> 32, ==,
                    TDX_NON_RECOVERABLE_VCPU >> 32);
    assert_sound(&td);
    sim_td_destroy(&td);
    sim_free(td.sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td-run/soundness", test_soundness);
    g_test_add_func("/td-run/locks", test_locks);
    g_test_add_func("/td-run/epochs", test_epochs);
    g_test_add_func("/td-run/triple-fault", test_triple_fault);
    return g_test_run();
}
