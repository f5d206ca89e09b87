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
#include "include/update.h"

#define GPA 0x40000000ULL

#define ASSERT_OK(status) g_assert_cmphex(status, ==, 0)

/* TDX_VCPU_STATE_INCORRECT of a vCPU that runs */
#define STATE_ACTIVE 0xc000070000000004ULL

#define RIP 0x1000
#define EFER_LMA (1 << 10)
#define CS_64BIT 0xa09b

/* The host waits for the Secure EPT entry */
#define SEPT_HOST_PRIORITY (1ULL << 52)

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

/* A TDCALL; its RAX afterwards is in sim_lp() */
static TdxTdVerdict tdcall(SimTd *td, uint64_t leaf, uint64_t rcx,
                           uint64_t rdx, uint64_t r8)
{
    SimLp *l = sim_lp(td->sim, 0);
    X86Vmcs *v = l->run.vmcs;

    v->guest_efer |= EFER_LMA;
    v->guest_cs_ar = CS_64BIT;
    v->exit_instr_length = 4;
    l->gpr[TDX_RAX] = leaf;
    l->gpr[TDX_RCX] = rcx;
    l->gpr[TDX_RDX] = rdx;
    l->gpr[TDX_R8] = r8;
    return leave(td, X86_VMX_EXIT_REASON_TDCALL);
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

/* The module is not shut down under a TD, which goes on (life cycle 11) */
static void test_shutdown(void)
{
    SimTd td;

    new_td(&td);
    enter(&td);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmphex(other(&td, TDH_SYS_SHUTDOWN, 1, 0), ==, TDX_SYS_BUSY);
        g_assert_cmpint(tdx_sys_state(td.sim->module), ==,
                        TDX_SYS_READY_STATE);
        g_assert_false(tdx_module_handoff(td.sim->module).valid);
    }
    assert_sound(&td);
    /* A TDCALL is answered in the TD; the host's leaves work as well */
    g_assert_cmpint(tdcall(&td, TDG_VP_INFO, 0, 0, 0), ==, TDX_TD_RESUME);
    ASSERT_OK(sim_lp(td.sim, 0)->gpr[TDX_RAX]);
    ASSERT_OK(other(&td, TDH_MNG_RD, td.tdr, 0x8010000300000004ULL));
    g_assert_cmpint(leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT), ==,
                    TDX_TD_LEAVE);
    enter(&td);
    leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);

    /* A TD at rest is no obstacle */
    ASSERT_OK(other(&td, TDH_SYS_SHUTDOWN, 1, 0));
    g_assert_true(tdx_module_handoff(td.sim->module).valid);
    g_assert_cmphex(other(&td, TDH_VP_ENTER, td.vcpu, 0), ==,
                    TDX_SYS_SHUTDOWN);
    g_array_free(td.pages, true);
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

static TdxTdVerdict accept_page(SimTd *td)
{
    return tdcall(td, TDG_MEM_PAGE_ACCEPT, GPA, 0, 0);
}

/* A TD that may run, with one page at GPA that waits for acceptance */
static SimPlatform *finalized_td(SimTd *td, unsigned lps, uint64_t *page)
{
    SimPlatform *sim = sim_td_machine(lps);
    SimCall call;

    sim->tsc = 1000;
    sim_td_build(td, sim, 0);
    sim_td_tables(td, GPA);
    ASSERT_OK(sim_td_call(td, TDH_MR_FINALIZE, td->tdr, 0, 0));
    *page = sim_td_page(td);
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA, td->tdr, *page));
    return sim;
}

/* The page's lines are the TD's then, whatever has been written before */
static void test_accept(void)
{
    SimPlatform *sim;
    SimTd td;
    uint64_t page;

    sim = finalized_td(&td, 1, &page);
    sim_poison(sim, page, TDX_PAGE_4K);
    enter(&td);
    g_assert_cmpint(accept_page(&td), ==, TDX_TD_RESUME);
    ASSERT_OK(sim_lp(sim, 0)->gpr[TDX_RAX]);
    g_assert_false(sim->ops.private_lost(sim, page, TDX_PAGE_4K));
    leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
    sim_td_destroy(&td);
    sim_free(sim);
}

static TdxRange written;

static void note_written(void *opaque, uint64_t hpa, uint64_t len)
{
    written = (TdxRange) { hpa, len };
}

/* Code that was translated from a page goes when the module writes to it */
static void test_written(void)
{
    const uint64_t data = GPA + 1024, report = GPA + 2048;
    SimPlatform *sim;
    SimTd td;
    uint64_t page;

    sim = finalized_td(&td, 1, &page);
    sim->ops.private_written = note_written;
    enter(&td);
    g_assert_cmpint(accept_page(&td), ==, TDX_TD_RESUME);
    written = (TdxRange) { 0 };
    g_assert_cmpint(tdcall(&td, TDG_MR_REPORT, report, data, 0), ==,
                    TDX_TD_RESUME);
    ASSERT_OK(sim_lp(sim, 0)->gpr[TDX_RAX]);
    g_assert_cmphex(written.base, ==, page + report - GPA);
    g_assert_cmphex(written.size, ==, 1024);
    g_assert_cmpint(tdcall(&td, TDG_SYS_RDALL, 0, GPA, UINT64_MAX), ==,
                    TDX_TD_RESUME);
    ASSERT_OK(sim_lp(sim, 0)->gpr[TDX_RAX]);
    g_assert_cmphex(written.base, ==, page);
    leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* A guest that asks for what the host waits for is stopped after a while */
static void test_host_priority(void)
{
    const uint64_t busy = TDX_OPERAND_BUSY | TDX_RCX;
    SimPlatform *sim;
    SimTd td;
    TdxTdRef ref;
    TdxSeptWalk walk;
    uint64_t page;

    sim = finalized_td(&td, 2, &page);
    ref = (TdxTdRef) {
        .m = sim->module, .tdr = tdx_tdr(sim->module, td.tdr),
        .tdcs = sim_td_tdcs(&td),
    };
    walk = tdx_sept_walk(sim->module, tdx_td_eptp(&ref, 0), GPA,
                         TDX_LEVEL_4K);
    *walk.entry |= SEPT_HOST_PRIORITY;

    enter(&td);
    for (int i = 0; i < 2; i++) {
        g_assert_cmpint(accept_page(&td), ==, TDX_TD_RESUME);
        g_assert_cmphex(sim_lp(sim, 0)->gpr[TDX_RAX], ==, busy);
    }
    sim->tsc_offset += 1ULL << 40;
    g_assert_cmpint(accept_page(&td), ==, TDX_TD_LEAVE);
    g_assert_cmphex(sim_lp(sim, 0)->gpr[TDX_RAX], ==,
                    TDX_HOST_PRIORITY_BUSY_TIMEOUT);
    *walk.entry &= ~SEPT_HOST_PRIORITY;
    assert_sound(&td);
    enter(&td);
    g_assert_cmphex(sim_lp(sim, 0)->gpr[TDX_RAX], ==, busy);
    g_assert_cmpint(accept_page(&td), ==, TDX_TD_RESUME);
    ASSERT_OK(sim_lp(sim, 0)->gpr[TDX_RAX]);
    leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
    sim_td_destroy(&td);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td-run/soundness", test_soundness);
    g_test_add_func("/td-run/locks", test_locks);
    g_test_add_func("/td-run/shutdown", test_shutdown);
    g_test_add_func("/td-run/epochs", test_epochs);
    g_test_add_func("/td-run/triple-fault", test_triple_fault);
    g_test_add_func("/td-run/accept", test_accept);
    g_test_add_func("/td-run/written", test_written);
    g_test_add_func("/td-run/host-priority", test_host_priority);
    return g_test_run();
}
