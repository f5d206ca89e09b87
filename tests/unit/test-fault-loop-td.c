/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever fails in the machine under a TDCALL or another VM exit of a TD:
 * the fault loop of test-fault-loop.c for what guests cause.
 */

#include "fault-loop-host.h"

#define RIP      0x1000
#define EFER_LMA (1 << 10)
#define CS_64BIT 0xa09b

/* A page that the guest has not accepted; GPA is one that it has */
#define PENDING GPA_4K

/* Operands in the guest's page */
#define DATA   (GPA + 1 * KIB)
#define REPORT (GPA + 2 * KIB)

/* TDCALL 4.8, 4.9 */
#define TD_FIELD_NOTIFY_ENABLES 0x9110000300000010ULL
#define VP_FIELD_XCR0           0x0000000000000000ULL

/**
 * Exit: what the guest does.
 * @reason: basic exit reason
 * @leaf: RAX of a TDCALL, with its version
 * @rcx, @rdx, @r8, @r9: other GPRs that matter
 */
typedef struct Exit {
    const char *name;
    uint32_t reason;
    uint64_t leaf;
    uint64_t rcx, rdx, r8, r9;
    uint64_t qualification;
    uint64_t gpa;
} Exit;

#define TDCALL(id, ...) \
    { #id, X86_VMX_EXIT_REASON_TDCALL, id, __VA_ARGS__ }

static const Exit tdcalls[] = {
    TDCALL(TDG_VP_VMCALL, 0xfc00),
    TDCALL(TDG_VP_INFO),
    TDCALL(TDG_MR_RTMR_EXTEND, DATA, 2),
    TDCALL(TDG_VP_VEINFO_GET),
    TDCALL(TDG_MR_REPORT, REPORT, DATA),
    TDCALL(TDG_VP_CPUIDVE_SET, 1),
    TDCALL(TDG_MEM_PAGE_ACCEPT, PENDING),
    TDCALL(LEAF_VERSION(TDG_VM_RD, 1), 0, NO_PAGE),
    TDCALL(TDG_VM_WR, 0, TD_FIELD_NOTIFY_ENABLES, 1, 1),
    TDCALL(TDG_VP_RD, 0, VP_FIELD_XCR0),
    TDCALL(TDG_VP_WR, 0, VP_FIELD_XCR0),
    TDCALL(TDG_SYS_RD, 0, NO_PAGE),
    TDCALL(TDG_SYS_RDALL, 0, GPA, NO_PAGE),
    TDCALL(TDG_SERVTD_RD),
    TDCALL(TDG_SERVTD_WR),
    TDCALL(TDG_MR_VERIFYREPORT, DATA),
    TDCALL(TDG_MEM_PAGE_ATTR_RD, GPA),
    TDCALL(TDG_MEM_PAGE_ATTR_WR, GPA),
    TDCALL(TDG_VP_ENTER, 1ULL << 52),
    TDCALL(TDG_VP_INVEPT, 2),
    TDCALL(TDG_VP_INVVPID, 1ULL << 52),
    /* No page is there: the operand is an EPT violation */
    { "TDG_MR_RTMR_EXTEND/nothing", X86_VMX_EXIT_REASON_TDCALL,
      TDG_MR_RTMR_EXTEND, GPA_2M, 2 },
    { "TDG_MEM_PAGE_ACCEPT/nothing", X86_VMX_EXIT_REASON_TDCALL,
      TDG_MEM_PAGE_ACCEPT, GPA_2M },
    { "TDG_VP_VMCALL/unknown", X86_VMX_EXIT_REASON_TDCALL, UINT16_MAX },
};

/* Exits that need more than their reason; of the others there is one each */
static const Exit exits[] = {
    { "ept/pending", X86_VMX_EXIT_REASON_EPT_VIOLATION,
      .qualification = 1, .gpa = PENDING },
    { "ept/nothing", X86_VMX_EXIT_REASON_EPT_VIOLATION,
      .qualification = 2, .gpa = GPA_2M },
    { "ept/shared", X86_VMX_EXIT_REASON_EPT_VIOLATION,
      .qualification = 1, .gpa = 1ULL << 47 },
    { "cpuid/known", X86_VMX_EXIT_REASON_CPUID, 1 },
    { "rdmsr/efer", X86_VMX_EXIT_REASON_RDMSR, .rcx = 0xc0000080 },
    { "wrmsr/apic-base", X86_VMX_EXIT_REASON_WRMSR, .rcx = 0x1b },
    { "cr/write-cr4", X86_VMX_EXIT_REASON_CR_ACCESS, .qualification = 4 },
};

static const Exit plain_exits[] = {
#define PLAIN(name, number, words) { #name, number },
    X86_VMX_EXIT_LIST(PLAIN)
#undef PLAIN
};

/* --- the loop ------------------------------------------------------------- */

static void prepare(World *w)
{
    SimLp *lp;

    aug(w);
    ASSERT_OK(sim_td_call(&w->td, TDH_MEM_PAGE_AUG, PENDING, w->td.tdr,
                          w->gpr[TDX_R8]));
    world_set(w, TDH_VP_ENTER, w->td.vcpu, 0, 0, 0);
    g_assert_cmpint(sim_seamcall(w->sim, 0, w->gpr), ==, TDX_SEAMCALL_RUN_TD);
    lp = sim_lp(w->sim, 0);
    lp->run.vmcs->guest_efer |= EFER_LMA;
    lp->run.vmcs->guest_cs_ar = CS_64BIT;
}

static TdxTdVerdict vm_exit(World *w, const Exit *x)
{
    SimLp *lp = sim_lp(w->sim, 0);
    X86Vmcs *v = lp->run.vmcs;

    memset(lp->gpr, 0, sizeof(lp->gpr));
    lp->gpr[TDX_RAX] = x->leaf;
    lp->gpr[TDX_RCX] = x->rcx;
    lp->gpr[TDX_RDX] = x->rdx;
    lp->gpr[TDX_R8] = x->r8;
    lp->gpr[TDX_R9] = x->r9;
    v->exit_reason = x->reason;
    v->exit_qualification = x->qualification;
    v->guest_physical_address = x->gpa;
    v->exit_intr_info = 0;
    v->idt_vectoring_info = 0;
    v->exit_instr_length = 4;
    v->guest_rip = RIP;
    return sim_td_exit(w->sim, 0);
}

/* The guest has been answered, and not sent elsewhere */
static bool answered(const World *w, const Exit *x)
{
    SimLp *lp = sim_lp(w->sim, 0);

    return x->reason == X86_VMX_EXIT_REASON_TDCALL && lp->in_td &&
           lp->run.vmcs->guest_rip != RIP;
}

static void check(const World *w, const Exit *x, TdxTdVerdict verdict)
{
    const TdxLeaf *leaf = tdx_guest_leaf_find(x->leaf & TDX_RAX_LEAF_MASK);
    SimLp *lp = sim_lp(w->sim, 0);
    uint64_t rax = lp->gpr[TDX_RAX];

    world_check(w);
    g_assert_true(world_stopped(w) == (verdict == TDX_TD_GONE));
    g_assert_true(world_stopped(w) == !!w->sim->fatal_reason);
    if (verdict == TDX_TD_LEAVE) {
        g_assert_true(tdx_leaf_may_return(tdx_leaf_find(TDH_VP_ENTER), rax));
    }
    if (answered(w, x) && rax != tdx_op(TDX_OPERAND_INVALID, TDX_RAX)) {
        g_assert_nonnull(leaf);
        g_assert_nonnull(tdx_leaf_answer(leaf, rax));
    }
}

/* Returns what has failed; NULL: there are not @n operations */
static const char *fail_nth(const Exit *x, bool dynamic, unsigned n,
                            SimFailHow how, const World *whole)
{
    World w = { .dynamic = dynamic };
    TdxTdVerdict verdict;
    const char *failed;
    char text[96];

    prepare(&w);
    sim_fail(w.sim, n, how);
    verdict = vm_exit(&w, x);
    sim_fail(w.sim, 0, how);
    failed = w.sim->fail->what;
    if (failed) {
        g_test_message("%s, operation %u: %s: %s", x->name, n, failed,
                       world_stopped(&w) ? w.sim->fatal_reason
                       : verdict == TDX_TD_RESUME && !answered(&w, x)
                       ? "runs" : tdx_status_format(
                           sim_lp(w.sim, 0)->gpr[TDX_RAX], text,
                           sizeof(text)));
        check(&w, x, verdict);
        if (answered(whole, x) && verdict == TDX_TD_RESUME &&
            !world_td_dead(&w) &&
            (!answered(&w, x) || sim_lp(w.sim, 0)->gpr[TDX_RAX] !=
                                 sim_lp(whole->sim, 0)->gpr[TDX_RAX])) {
            verdict = vm_exit(&w, x);
            g_assert_cmpint(verdict, ==, TDX_TD_RESUME);
            g_assert_cmpmem(sim_lp(w.sim, 0)->gpr, sizeof(w.gpr),
                            sim_lp(whole->sim, 0)->gpr, sizeof(w.gpr));
            check(&w, x, verdict);
        }
    }
    if (!world_stopped(&w)) {
        world_leave_td(&w);
        world_dismantle(&w);
    }
    world_end(&w);
    return failed;
}

static void run(const Exit *x, bool dynamic)
{
    World whole = { .dynamic = dynamic };

    prepare(&whole);
    check(&whole, x, vm_exit(&whole, x));
    for (unsigned n = 1; ; n++) {
        const char *what = fail_nth(x, dynamic, n, SIM_FAIL_FIRST, &whole);

        if (!what) {
            break;
        }
        if (sim_fails_twofold(what)) {
            fail_nth(x, dynamic, n, SIM_FAIL_SECOND, &whole);
        }
    }
    world_end(&whole);
}

static void test_exit(gconstpointer x)
{
    run(x, true);
    run(x, false);
}

/* Each leaf that is modelled is here */
static void test_all(void)
{
    size_t n;
    const TdxLeaf *const *leaf = tdx_guest_leaf_table(&n);

    for (; n; n--, leaf++) {
        bool found = !(*leaf)->handler;

        for (gsize i = 0; !found && i < G_N_ELEMENTS(tdcalls); i++) {
            found = (tdcalls[i].leaf & TDX_RAX_LEAF_MASK) == (*leaf)->number;
        }
        if (!found) {
            g_error("%s has no scenario here", (*leaf)->name);
        }
    }
}

static void add(const char *kind, const Exit *x, gsize n)
{
    for (; n; n--, x++) {
        g_autofree char *path = g_strdup_printf("/fault-loop-td/%s/%s", kind,
                                                x->name);

        g_test_add_data_func(path, x, test_exit);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault-loop-td/all", test_all);
    add("tdcall", tdcalls, G_N_ELEMENTS(tdcalls));
    add("exit", exits, G_N_ELEMENTS(exits));
    add("plain", plain_exits, G_N_ELEMENTS(plain_exits));
    return g_test_run();
}
