/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever fails in the machine under a SEAMCALL: let its n-th operation
 * fail, n = 1, 2, ... until none does.  The leaf answers what it documents
 * (check-status.c sees to that) or the module stops; the invariants hold; the
 * call can be repeated, after which all is as if nothing had failed; and all
 * that the host has given can be had back.
 */

#include "fault-loop-host.h"

/* --- the loop ------------------------------------------------------------- */

/*
 * Where nobody answers, the host's structure is ones, and an MSR that is not
 * there zero: another input, that a call may well accept.
 */
static bool may_go_unseen(const char *what)
{
    return g_str_equal(what, "rdmsr") ||
           g_str_equal(what, "read_shared") ||
           g_str_equal(what, "write_shared");
}

static void assert_same(const World *w, const World *whole)
{
    const TdxState *a = &w->sim->module->st, *b = &whole->sim->module->st;
    uint64_t hpa;

    g_assert_cmpmem(a, sizeof(*a), b, sizeof(*b));
    if (sim_memory_differs(&w->sim->private, &whole->sim->private, &hpa)) {
        g_error("private memory differs at 0x%" PRIx64 ": 0x%" PRIx64
                ", without a failure 0x%" PRIx64, hpa,
                sim_private64(w->sim, hpa), sim_private64(whole->sim, hpa));
    }
}

/* @gpr: as it was before the call that has failed */
static void repeat(World *w, const uint64_t gpr[TDX_NUM_GPRS],
                   const World *whole)
{
    TdxSeamcall result;

    memcpy(w->gpr, gpr, sizeof(w->gpr));
    result = sim_seamcall(w->sim, 0, w->gpr);
    if (world_stopped(w)) {
        g_assert_cmpint(result, ==, TDX_SEAMCALL_VMFAIL);
    } else if (world_td_dead(w)) {
        if (w->gpr[TDX_RAX] & TDX_STATUS_ERROR) {
            g_assert_cmphex(w->gpr[TDX_RAX], ==, TDX_TD_FATAL);
        }
    } else {
        g_assert_cmpmem(w->gpr, sizeof(w->gpr), whole->gpr,
                        sizeof(whole->gpr));
        assert_same(w, whole);
    }
}

/* Returns what has failed; NULL: there are not @n operations */
static const char *fail_nth(const Scenario *s, bool dynamic, unsigned n,
                     SimFailHow how, const World *whole)
{
    World w = { .dynamic = dynamic };
    uint64_t gpr[TDX_NUM_GPRS];
    TdxSeamcall result;
    const char *failed;
    char text[96];

    s->prepare(&w);
    memcpy(gpr, w.gpr, sizeof(gpr));
    sim_fail(w.sim, n, how);
    result = sim_seamcall(w.sim, 0, w.gpr);
    sim_fail(w.sim, 0, how);
    failed = w.sim->fail->what;
    if (failed) {
        g_test_message("%s, operation %u: %s: %s", tdx_leaf_find(s->leaf)->name,
                       n, failed, world_stopped(&w) ? w.sim->fatal_reason
                       : result == TDX_SEAMCALL_RUN_TD ? "runs"
                       : tdx_status_format(w.gpr[TDX_RAX], text,
                                           sizeof(text)));
        world_check(&w);
        g_assert_true(world_stopped(&w) == !!w.sim->fatal_reason);
        g_assert_true(world_stopped(&w) == (result == TDX_SEAMCALL_VMFAIL));
        if (world_stopped(&w)) {
            g_assert_cmpmem(w.gpr, sizeof(gpr), gpr, sizeof(gpr));
        }
        if (world_stopped(&w) || result == TDX_SEAMCALL_RUN_TD ||
            w.gpr[TDX_RAX] & TDX_STATUS_ERROR) {
            if (result != TDX_SEAMCALL_RUN_TD) {
                repeat(&w, gpr, whole);
            }
        } else if (!may_go_unseen(failed) && !world_td_dead(&w)) {
            assert_same(&w, whole);
        }
        world_check(&w);
    }
    if (!world_stopped(&w) && !s->early) {
        world_leave_td(&w);
        world_dismantle(&w);
    }
    world_end(&w);
    return failed;
}

static void run(const Scenario *s, bool dynamic)
{
    World whole = { .dynamic = dynamic };

    s->prepare(&whole);
    if (sim_seamcall(whole.sim, 0, whole.gpr) != TDX_SEAMCALL_RUN_TD &&
        s->leaf != TDH_SYS_UPDATE) {
        g_assert_cmphex(whole.gpr[TDX_RAX] & TDX_STATUS_ERROR, ==, 0);
    }
    world_check(&whole);
    for (unsigned n = 1; ; n++) {
        const char *what = fail_nth(s, dynamic, n, SIM_FAIL_FIRST, &whole);

        if (!what) {
            break;
        }
        if (sim_fails_twofold(what)) {
            fail_nth(s, dynamic, n, SIM_FAIL_SECOND, &whole);
        }
    }
    world_end(&whole);
}

static void test_dynamic(gconstpointer scenario)
{
    run(scenario, true);
}

static void test_static(gconstpointer scenario)
{
    run(scenario, false);
}

/* Each leaf that is modelled is here */
static void test_all(void)
{
    size_t n;
    const TdxLeaf *const *leaf = tdx_leaf_table(&n);

    for (; n; n--, leaf++) {
        bool found = !(*leaf)->handler;

        for (gsize i = 0; !found && i < G_N_ELEMENTS(scenarios); i++) {
            found = scenarios[i].leaf == (*leaf)->number;
        }
        if (!found) {
            g_error("%s has no scenario here", (*leaf)->name);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault-loop/all", test_all);
    for (gsize i = 0; i < G_N_ELEMENTS(scenarios); i++) {
        const Scenario *s = &scenarios[i];
        const char *leaf = tdx_leaf_find(s->leaf)->name;
        g_autofree char *dynamic = g_strdup_printf("/fault-loop/dynamic/%s%s",
                                                   leaf, s->name);
        g_autofree char *plain = g_strdup_printf("/fault-loop/static/%s%s",
                                                 leaf, s->name);

        g_test_add_data_func(dynamic, s, test_dynamic);
        if (!s->dynamic_only) {
            g_test_add_data_func(plain, s, test_static);
        }
    }
    return g_test_run();
}
