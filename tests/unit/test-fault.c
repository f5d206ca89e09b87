/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault injection: which calls faults hit, and that a call that is hit does
 * nothing and looks like any that fails.
 */

#include <string.h>

#include "include/leaf.h"
#include "fault-fixture.h"
#include "sim-boot.h"

/* --- which calls --------------------------------------------------------- */

typedef struct Hits {
    TdxFault fault;
    uint64_t last; /* call */
    unsigned lp, n;
} Hits;

static void on_hit(TdxFault *f, unsigned lp, uint64_t call)
{
    Hits *hits = (Hits *)f;

    hits->last = call;
    hits->lp = lp;
    hits->n++;
}

static void test_nth(void)
{
    SimPlatform *sim = sim_boot_machine(2, 1);
    Hits h = { 0 };
    TdxFault *f = &h.fault;

    sim_start(sim);
    parse(f, "tdh.sys.key.config", "sys_busy", NULL);
    f->nth = 3;
    f->count = 2;
    f->on_hit = on_hit;
    add(sim, f);
    sim_boot_config(sim); /* calls of other leaves do not count */
    g_assert_cmpint(f->calls, ==, 0);
    for (int i = 1; i <= 6; i++) {
        uint64_t status = sim_leaf(sim, 1, TDH_SYS_KEY_CONFIG, 0, 0, 0);

        g_assert_cmpint(h.n, ==, i < 3 ? 0 : i == 3 ? 1 : 2);
        if (i == 3 || i == 4) {
            g_assert_cmphex(status, ==, TDX_SYS_BUSY);
            g_assert_cmpint(h.last, ==, i);
            g_assert_cmpint(h.lp, ==, 1);
        } else {
            g_assert_cmphex(status, ==, i == 1
                            ? 0 : TDX_SYS_KEY_CONFIG_NOT_PENDING);
        }
    }
    g_assert_cmpint(f->calls, ==, 6);
    g_assert_cmpint(f->hits, ==, 2);
    tdx_fault_remove(sim->module, f);
    sim_leaf(sim, 1, TDH_SYS_KEY_CONFIG, 0, 0, 0);
    g_assert_cmpint(f->calls, ==, 6);
    sim_free(sim);
}

/* What the dispatcher refuses is no call of the leaf */
static void test_dispatcher(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxFault f;

    sim_start(sim);
    inject(sim, &f, "tdh.sys.tdmr.init", "operand_busy", "rcx");
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, TDX_SYS_NOT_READY);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT | 1 << 16, 0, 0, 0), ==,
                    0xc000010000000000);
    g_assert_cmpint(f.calls, ==, 0);
    /* A fault outlives the machine's reset */
    sim_boot_config(sim);
    tdx_module_reset(sim->module);
    sim_boot_ready(sim);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0),
                    ==, BUSY(1));
    ASSERT_OK(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0));
    sim_free(sim);
}

/* Several of one leaf: each counts all calls, and one call gets one status */
static void test_several(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxFault first, second, other;
    static const uint64_t want[] = {
        TDX_SYS_BUSY, BUSY(TDX_OPERAND_KET), BUSY(TDX_OPERAND_KET), 0,
    };

    sim_start(sim);
    sim_boot_config(sim);
    inject(sim, &other, "tdh.sys.rd", "sys_lp_init_not_done", NULL);
    inject(sim, &first, "tdh.sys.key.config", "sys_busy", NULL);
    parse(&second, "tdh.sys.key.config", "operand_busy", "ket");
    second.count = 2;
    add(sim, &second);
    for (int i = 0; i < G_N_ELEMENTS(want); i++) {
        g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0), ==,
                        want[i]);
    }
    g_assert_cmpint(first.calls, ==, 4);
    g_assert_cmpint(second.calls, ==, 4);
    g_assert_cmpint(other.calls, ==, 0);
    /* The one in the middle, then the first of the list */
    tdx_fault_remove(sim->module, &first);
    sim_leaf(sim, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0);
    g_assert_cmpint(first.calls, ==, 4);
    g_assert_cmpint(second.calls, ==, 5);
    tdx_fault_remove(sim->module, &other);
    tdx_fault_remove(sim->module, &second);
    g_assert_null(sim->module->faults);
    /* Nothing of it is left in the way of a call */
    g_assert_true(sim->module->entry[TDH_SYS_KEY_CONFIG].handler ==
                  tdx_leaf_find(TDH_SYS_KEY_CONFIG)->handler);
    sim_free(sim);
}

static GString *lottery(uint32_t seed, unsigned percent, unsigned calls)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    GString *drawn = g_string_new(NULL);
    TdxFault f;

    sim_start(sim);
    sim_boot_ready(sim);
    parse(&f, "tdh.sys.key.config", "sys_busy", NULL);
    f.count = 0;
    f.percent = percent;
    f.seed = seed;
    add(sim, &f);
    for (unsigned i = 0; i < calls; i++) {
        g_string_append_c(drawn, sim_leaf(sim, 0, TDH_SYS_KEY_CONFIG, 0, 0,
                                          0) ==
                                 TDX_SYS_BUSY ? 'x' : '.');
    }
    sim_free(sim);
    return drawn;
}

static unsigned hits(const GString *drawn)
{
    unsigned n = 0;

    for (size_t i = 0; i < drawn->len; i++) {
        n += drawn->str[i] == 'x';
    }
    return n;
}

static void test_probability(void)
{
    g_autoptr(GString) a = lottery(1, 25, 4000);
    g_autoptr(GString) same = lottery(1, 25, 4000);
    g_autoptr(GString) other = lottery(2, 25, 4000);
    g_autoptr(GString) always = lottery(3, 100, 50);
    g_autoptr(GString) never = lottery(3, 0, 50);

    g_assert_cmpstr(a->str, ==, same->str);
    g_assert_cmpstr(a->str, !=, other->str);
    /* Ten standard deviations around 1000 */
    g_assert_cmpint(hits(a), >, 725);
    g_assert_cmpint(hits(a), <, 1275);
    g_assert_cmpint(hits(other), >, 725);
    g_assert_cmpint(hits(other), <, 1275);
    g_assert_cmpint(hits(always), ==, 50);
    g_assert_cmpint(hits(never), ==, 0);
}

/* --- what a call that is hit looks like ---------------------------------- */

/* Registers that no leaf takes for good operands */
static void fill(uint64_t gpr[TDX_NUM_GPRS], const TdxLeaf *leaf,
                 unsigned version)
{
    for (int i = 0; i < TDX_NUM_GPRS; i++) {
        gpr[i] = 0xa5a5a5a5a5a5a5a0 + i;
    }
    gpr[TDX_RAX] = LEAF_VERSION(leaf->number, version);
}

/* Any of the statuses that are injected in place of the handler */
static void parse_any(TdxFault *f, const TdxLeaf *leaf)
{
    const TdxAnswer *a = leaf->answers;

    for (; a->status != TDX_STATUS_NONE; a++) {
        const char *const operands[] = {
            NULL, "0", leaf->in[0].name ? tdx_operand_name(leaf->in[0].reg)
                                        : "KOT",
        };

        for (int i = 0; i < G_N_ELEMENTS(operands); i++) {
            g_autofree char *error = NULL;

            *f = (TdxFault) { .nth = 1, .count = 1, .percent = 100 };
            error = tdx_fault_parse(f, leaf->name, tdx_status_name(a->status),
                                    operands[i]);
            if (!error && f->point == TDX_FAULT_AT_START) {
                return;
            }
        }
    }
    f->leaf = NULL;
}

/* Outputs are those of a real failure, for each leaf */
static void test_outputs(void)
{
    SimPlatform *sim = sim_td_machine(1);
    size_t n;
    const TdxLeaf *const *table = tdx_leaf_table(&n);
    unsigned compared = 0;

    sim->module->cfg.sys_disable = true;
    for (; n; n--, table++) {
        const TdxLeaf *leaf = *table;
        uint64_t gpr[2][TDX_NUM_GPRS];
        TdxFault f;

        if (!sim->module->entry[leaf->number].handler) {
            continue;
        }
        parse_any(&f, leaf);
        for (unsigned v = 0; f.leaf && v <= leaf->max_version; v++) {
            fill(gpr[0], leaf, v);
            fill(gpr[1], leaf, v);
            f.calls = f.hits = 0;
            add(sim, &f);
            g_assert_true(tdx_module_seamcall(sim->module, 0, gpr[0], NULL));
            tdx_fault_remove(sim->module, &f);
            g_assert_cmphex(gpr[0][TDX_RAX], ==, f.status);
            g_assert_cmpint(f.hits, ==, 1);
            if (leaf->number != TDH_SYS_DISABLE) {
                g_assert_true(tdx_module_seamcall(sim->module, 0, gpr[1], NULL));
                g_assert_true(gpr[1][TDX_RAX] & TDX_STATUS_ERROR);
            }
            for (int i = TDX_RCX; i < TDX_NUM_GPRS; i++) {
                if (gpr[0][i] != gpr[1][i]) {
                    g_error("%s version %u: %s is 0x%" G_GINT64_MODIFIER "x "
                            "with a fault, 0x%" G_GINT64_MODIFIER "x without",
                            leaf->name, v, tdx_operand_name(i), gpr[0][i],
                            gpr[1][i]);
                }
            }
            compared++;
        }
    }
    g_assert_cmpint(compared, >, 50);
    sim_free(sim);
}

/* The same call works when it is made again */
static void test_pamt_add(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t range = SIM_TD_BASE | TDX_LEVEL_2M;
    uint64_t page = SIM_TD_BASE + GIB;
    TdxTdmr *tdmr = &sim->module->st.tdmr[0];
    TdxFault add_fault, remove_fault;
    SimCall call;

    inject(sim, &add_fault, "tdh.phymem.pamt.add", "page_not_free", "r8");
    inject(sim, &remove_fault, "tdh.phymem.pamt.remove", "operand_busy",
           "rcx");
    g_assert_cmphex(sim_call_status(sim, 0, TDH_PHYMEM_PAMT_ADD, range, page,
                                    page + TDX_PAGE_4K), ==,
                    0xc000030300000008);
    g_assert_false(sim_pamt_bit(sim, tdmr, page));
    g_assert_false(sim_pamt_bit(sim, tdmr, page + TDX_PAGE_4K));
    ASSERT_OK(sim_call_status(sim, 0, TDH_PHYMEM_PAMT_ADD, range, page,
                              page + TDX_PAGE_4K));
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_PHYMEM_PAMT_REMOVE, range, 7,
                             8),
                    ==, BUSY(1));
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 7);
    g_assert_cmphex(call.gpr[TDX_R8], ==, 8);
    g_assert_true(sim_pamt_bit(sim, tdmr, page));
    ASSERT_OK(sim_call(sim, 0, &call, TDH_PHYMEM_PAMT_REMOVE, range, 7, 8));
    g_assert_cmphex(call.gpr[TDX_RDX], ==, page);
    g_assert_true(sim_no_locks(sim, tdmr));
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault/nth", test_nth);
    g_test_add_func("/fault/dispatcher", test_dispatcher);
    g_test_add_func("/fault/several", test_several);
    g_test_add_func("/fault/probability", test_probability);
    g_test_add_func("/fault/outputs", test_outputs);
    g_test_add_func("/fault/pamt-add", test_pamt_add);
    return g_test_run();
}
