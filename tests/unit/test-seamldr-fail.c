/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calls of the P-SEAMLDR that fail through no fault of the caller: somebody
 * else is in it (P-SEAMLDR 1.1), or a failure is injected.
 */

#include <string.h>

#include "sim-loader.h"

/* --- one processor at a time -------------------------------------------- */

/* Each leaf, and a number that is none */
#define NUM_CALLS (SEAMLDR_NUM_LEAVES + 1)

static unsigned visits;

/* The others find it busy, whatever they want, and nothing comes of it */
static void turned_away(SimLoader *s, unsigned lp)
{
    const SeamldrState before = *seamldr_state(s->loader);
    const unsigned begun = s->begun;

    for (unsigned leaf = 0; leaf < NUM_CALLS; leaf++) {
        uint64_t gpr[TDX_NUM_GPRS], unchanged[TDX_NUM_GPRS];
        SeamldrCalls calls = seamldr_calls(s->loader, leaf), after;
        char why[SEAMLDR_WHY_SIZE];

        for (unsigned i = 0; i < TDX_NUM_GPRS; i++) {
            gpr[i] = 0x0123456789abcdefULL * (i + 1);
        }
        gpr[TDX_RAX] = SEAMLDR_CALL | leaf;
        gpr[TDX_RCX] = SIM_IMAGE_PARAMS;
        memcpy(unchanged, gpr, sizeof(gpr));
        g_assert_false(seamldr_call(s->loader, !lp, gpr, why));
        g_assert_nonnull(strstr(why, "another processor is in"));
        g_assert_cmpmem(gpr, sizeof(gpr), unchanged, sizeof(unchanged));
        after = seamldr_calls(s->loader, leaf);
        g_assert_cmpmem(&calls, sizeof(calls), &after, sizeof(after));
    }
    g_assert_cmpmem(&before, sizeof(before), seamldr_state(s->loader),
                    sizeof(before));
    g_assert_cmpuint(s->begun, ==, begun);
    visits++;
}

/* A call with visitors: its status is that of one without */
static void visited_call(SimLoader *s, unsigned leaf, uint64_t rcx,
                         uint64_t status)
{
    const SeamldrState *st = seamldr_state(s->loader);

    visits = 0;
    s->inside = turned_away;
    g_assert_cmphex(sim_loader_call(s, 0, leaf, rcx), ==, status);
    s->inside = NULL;
    g_assert_cmpuint(visits, >, 0);
    /* It is free again, for the same as for another one */
    for (unsigned lp = 0; lp < 2; lp++) {
        g_assert_cmphex(sim_loader_call(s, lp, SEAMLDR_INFO,
                                        SIM_LOADER_BUFFER), ==,
                        st->extend.p_seamldr_ready ? 0 : SIM_VMFAIL);
    }
}

static void test_exclusion(void)
{
    SimLoader *s = sim_loader_ready(2, 1);
    const uint64_t buffer = SIM_LOADER_BUFFER;

    visited_call(s, SEAMLDR_INFO, buffer, 0);
    visited_call(s, SEAMLDR_INFO, 1, SEAMLDR_EBADPARAM);
    visited_call(s, SEAMLDR_SEAMINFO, buffer, 0);
    visited_call(s, SEAMLDR_NUM_LEAVES, 0, SEAMLDR_EBADPARAM);
    visited_call(s, SEAMLDR_SHUTDOWN, 0, SEAMLDR_ECLEANUPREQ);

    /* The first INSTALL, and the last one, which takes so much longer */
    sim_shut_down(s);
    sim_image_put(s, "update=26\n");
    visited_call(s, SEAMLDR_INSTALL, 0, 0);
    visited_call(s, SEAMLDR_INSTALL, 0, SEAMLDR_EBADCALL);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, 1), ==,
                    SEAMLDR_EBADPARAM);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, 0), ==, 0);
    visited_call(s, SEAMLDR_INSTALL, SIM_IMAGE_PARAMS, 0);
    g_assert_cmpuint(seamldr_state(s->loader)->installs, ==, 1);
    sim_update(s);

    visited_call(s, SEAMLDR_CLEANUP, 0, 0);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_CLEANUP, 0), ==, 0);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_SHUTDOWN, 0), ==, 0);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_SHUTDOWN, 0), ==,
                    SEAMLDR_EBADCALL);
    visited_call(s, SEAMLDR_SHUTDOWN, 0, 0);
    /* There is none any more, which is found out with nobody else inside */
    visited_call(s, SEAMLDR_CLEANUP, 0, SIM_VMFAIL);
    sim_loader_free(s);
}

static unsigned module_calls;

/* What is in the module, or comes to it, is no business of the loader's */
static void calls_module(SimLoader *s, unsigned lp)
{
    const bool ready = seamldr_ready(s->loader);

    g_assert_cmphex(sim_module_call(s, !lp, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR),
                    ==, ready ? 0 : SIM_VMFAIL);
    module_calls += ready;
}

static void test_module_meanwhile(void)
{
    SimLoader *s = sim_loader_ready(2, 1);

    s->inside = calls_module;
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INFO, SIM_LOADER_BUFFER),
                    ==, 0);
    g_assert_cmpuint(module_calls, >, 0);
    /* As INSTALL begins the module can be called still, as it ends no more */
    module_calls = 0;
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INSTALL, 0), ==, 0);
    g_assert_cmpuint(module_calls, >, 0);
    g_assert_false(seamldr_ready(s->loader));
    s->inside = NULL;
    sim_loader_free(s);
}

/* --- faults ------------------------------------------------------------- */

static void cannot(const char *leaf, const char *status, const char *operand,
                   const char *word)
{
    SeamldrFault f = { .nth = 1 };
    g_autofree char *why = seamldr_fault_parse(&f, leaf, status, operand);

    g_assert_nonnull(why);
    g_assert_nonnull(strstr(why, word));
}

static void test_faults(void)
{
    SimLoader *s = sim_loader_ready(2, 1);
    SeamldrFault busy = { .nth = 2, .count = 1 };
    SeamldrFault memory = { .nth = 1, .count = 0 };

    cannot("seamldr.instal", "EBADHASH", NULL, "no leaf");
    cannot("seamldr.install", "EBADSIG", NULL, "vmfailinvalid, SEAMLDR_EUN");
    cannot("seamldr.install", "EBADHASH", NULL, "(operand=unrecoverable)");
    cannot("seamldr.install", "ENOMEM", "RCX", "unrecoverable");
    g_assert_null(seamldr_fault_parse(&busy, "SEAMLDR.INSTALL",
                                      "vmfailinvalid", NULL));
    g_assert_null(seamldr_fault_parse(&memory, "seamldr.install",
                                      "seamldr_enomem", NULL));
    seamldr_fault_add(s->loader, &busy);
    seamldr_fault_add(s->loader, &memory);
    sim_image_put(s, "");
    sim_shut_down(s);
    g_assert_cmphex(sim_install(s), ==, SIM_VMFAIL);
    /* Only where the last processor comes to it */
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, SIM_IMAGE_PARAMS),
                    ==, SEAMLDR_ENOMEM);
    g_assert_cmpuint(busy.calls, ==, 3);
    g_assert_cmpuint(busy.hits, ==, 1);
    g_assert_cmpuint(memory.hits, ==, 1);
    seamldr_fault_remove(s->loader, &busy);
    seamldr_fault_remove(s->loader, &memory);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_loader_free(s);
}

/* What each leaf is given that it would succeed with */
static uint64_t good_rcx(SeamldrLeaf leaf)
{
    return leaf == SEAMLDR_INSTALL ? SIM_IMAGE_PARAMS : SIM_LOADER_BUFFER;
}

/* A machine on which the next call of @leaf succeeds */
static SimLoader *before(SeamldrLeaf leaf)
{
    SimLoader *s = sim_loader_ready(1, 1);

    if (leaf == SEAMLDR_INSTALL) {
        sim_shut_down(s);
        sim_image_put(s, "");
    }
    if (leaf == SEAMLDR_SHUTDOWN) {
        g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_CLEANUP, 0), ==, 0);
    }
    return s;
}

/* 3.6: what the loader says of the module that INSTALL was to replace */
static void assert_left(SimLoader *s, const SeamldrFault *f)
{
    const bool gone = f->fatal;

    if (f->leaf != SEAMLDR_INSTALL) {
        return;
    }
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_RD, 0), ==,
                    gone ? SIM_VMFAIL : TDX_SYS_SHUTDOWN);
    g_assert_cmpint(seamldr_ready(s->loader), ==, !gone);
    if (!f->vmfail) {
        g_assert_cmphex(s->rdx, ==, gone);
    }
    g_assert_cmpuint(seamldr_state(s->loader)->flow, ==, SEAMLDR_FLOW_READY);
}

/* It strikes once, says its status, and the next call is as if it was not */
static void strike(SeamldrLeaf leaf, const char *status, bool fatal)
{
    SimLoader *s = before(leaf);
    SeamldrFault f = { .nth = 1, .count = 1 };
    const char *name = seamldr_leaf_name(SEAMLDR_CALL | leaf);
    g_autofree char *why = seamldr_fault_parse(&f, name, status,
                                               fatal ? "unrecoverable" : NULL);
    uint64_t result;

    g_assert_cmpstr(why, ==, NULL);
    g_assert_cmpint(f.fatal, ==, fatal);
    seamldr_fault_add(s->loader, &f);
    result = sim_loader_call(s, 0, leaf, good_rcx(leaf));
    g_assert_cmpuint(f.hits, ==, 1);
    if (f.vmfail) {
        g_assert_cmphex(result, ==, SIM_VMFAIL);
    } else {
        g_assert_cmpstr(seamldr_status_name(result), ==, status);
    }
    assert_left(s, &f);
    g_assert_cmphex(sim_loader_call(s, 0, leaf, good_rcx(leaf)), ==,
                    fatal ? SEAMLDR_EBADPARAM : 0);
    g_assert_cmpuint(f.hits, ==, 1);
    seamldr_fault_remove(s->loader, &f);
    sim_loader_free(s);
}

/* All that there are, as the refusal of one that is none lists them */
static void test_each_fault(void)
{
    static const unsigned faults[SEAMLDR_NUM_LEAVES] = {
        [SEAMLDR_INFO] = 2, [SEAMLDR_INSTALL] = 7, [SEAMLDR_SHUTDOWN] = 2,
        [SEAMLDR_SEAMINFO] = 1, [SEAMLDR_CLEANUP] = 4,
    };

    for (unsigned leaf = 0; leaf < SEAMLDR_NUM_LEAVES; leaf++) {
        const char *name = seamldr_leaf_name(SEAMLDR_CALL | leaf);
        SeamldrFault none = { .nth = 1 };
        g_autofree char *why = seamldr_fault_parse(&none, name, "none", NULL);
        g_auto(GStrv) all = NULL;

        g_assert_nonnull(why);
        g_assert_nonnull(strstr(why, "are: "));
        all = g_strsplit(strstr(why, "are: ") + strlen("are: "), ", ", 0);
        g_assert_cmpuint(g_strv_length(all), ==, faults[leaf]);
        for (unsigned i = 0; all[i]; i++) {
            g_auto(GStrv) words = g_strsplit(all[i], " ", 2);

            g_test_message("%s: %s", name, all[i]);
            strike(leaf, words[0], words[1]);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/seamldr/exclusion", test_exclusion);
    g_test_add_func("/seamldr/module-meanwhile", test_module_meanwhile);
    g_test_add_func("/seamldr/faults", test_faults);
    g_test_add_func("/seamldr/each-fault", test_each_fault);
    return g_test_run();
}
