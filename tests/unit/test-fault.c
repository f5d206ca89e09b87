/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault injection: which faults can be had, which calls they hit, and that a
 * call that is hit does nothing and looks like any that fails.
 */

#include <string.h>

#include "include/leaf.h"
#include "fault-fixture.h"
#include "sim-boot.h"

/* --- names --------------------------------------------------------------- */

static const struct {
    const char *leaf, *status, *operand;
    uint64_t want;
} good_names[] = {
    { "TDH.SYS.INIT", "TDX_RND_NO_ENTROPY", NULL, 0x8000020300000000 },
    { "tdh.sys.init", "rnd_no_entropy", NULL, 0x8000020300000000 },
    { "tdh.sys.init", "incorrect_msr_value", "0x10a", 0xc00009210000010a },
    { "tdh.sys.init", "smrr_not_locked", "1", 0xc000091000000001 },
    { "tdh.phymem.pamt.add", "OPERAND_BUSY", "rcx", 0x8000020000000001 },
    { "tdh.phymem.pamt.add", "OPERAND_INVALID", "RAX", 0xc000010000000000 },
    { "tdh.phymem.pamt.remove", "PAMT_PAGE_NOT_EMPTY", "1",
      0xc000030600000001 },
    { "tdh.mng.create", "missing_pamt_page_pair", "RCX", 0x8000030800000001 },
    { "tdh.sys.key.config", "operand_busy", "ket", 0x80000200000000bb },
    { "tdh.mem.page.aug", "operand_busy", "sept", 0x8000020000000092 },
    { "tdh.mem.page.aug", "ept_walk_failed", NULL, 0xc0000b0000000001 },
    { "tdh.mem.page.aug", "ept_walk_failed", "rcx", 0xc0000b0000000001 },
    { "tdh.mem.page.aug", "op_state_incorrect", "5", 0xc000060800000005 },
    { "tdh.phymem.cache.wb", "interrupted", NULL, 0x8000000300000000 },
    { "tdh.sys.disable", "interrupted_resumable", NULL, 0x8000000300000000 },
    { "tdh.mem.page.demote", "interrupted", NULL, 0x8000000400000000 },
    { "tdh.mem.page.demote", "interrupted_busy", NULL, 0x8000020600000000 },
    { "tdh.sys.tdmr.init", "interrupted", NULL, 0 },
    { "tdh.sys.shutdown", "update_compatibility_sensitive", "0x20000",
      0x8000051200020000 },
    /* Only silicon does these */
    { "tdh.sys.update", "sys_invalid_handoff", NULL, 0xc000050900000000 },
    { "tdh.sys.lp.init", "incompatible_seam_capabilities", NULL,
      0xc000050d00000000 },
};

static void test_names(void)
{
    TdxFault f;

    for (int i = 0; i < G_N_ELEMENTS(good_names); i++) {
        parse(&f, good_names[i].leaf, good_names[i].status,
              good_names[i].operand);
        g_assert_cmphex(f.status, ==, good_names[i].want);
        g_assert_true(!g_ascii_strcasecmp(f.leaf->name, good_names[i].leaf));
    }
}

/* @error: how the line begins */
static const struct {
    const char *leaf, *status, *operand, *error;
} bad_names[] = {
    { "tdh.sys.start", "operand_busy", "rcx",
      "there is no leaf 'tdh.sys.start'; a leaf is named as in "
      "tdh.phymem.pamt.add or tdg.mem.page.accept" },
    { "tdh.export.mem", "operand_busy", "rcx",
      "TDH.EXPORT.MEM is not modelled, so it always fails" },
    { "tdh.sys.tdmr.init", "busy", NULL,
      "there is no status 'busy'; of TDH.SYS.TDMR.INIT are possible: "
      "interrupted, TDX_OPERAND_INVALID, TDX_OPERAND_BUSY, "
      "TDX_TDMR_ALREADY_INITIALIZED" },
    { "tdh.sys.key.config", "success", NULL, "TDX_SUCCESS is no fault; of " },
    { "tdh.sys.config", "rnd_no_entropy", NULL,
      "TDH.SYS.CONFIG cannot answer TDX_RND_NO_ENTROPY; possible are: "
      "TDX_SYS_BUSY, " },
    { "tdh.sys.tdmr.init", "interrupted_resumable", NULL,
      "TDH.SYS.TDMR.INIT cannot answer TDX_INTERRUPTED_RESUMABLE; possible "
      "are: interrupted, " },
    { "tdh.phymem.pamt.add", "interrupted", NULL,
      "TDH.PHYMEM.PAMT.ADD cannot be interrupted; possible are: TDX_" },
    { "tdh.phymem.pamt.add", "missing_pamt_page_pair", "rcx",
      "TDH.PHYMEM.PAMT.ADD cannot answer TDX_MISSING_PAMT_PAGE_PAIR; "
      "possible are: " },
    { "tdh.sys.lp.shutdown", "sys_busy", NULL,
      "TDH.SYS.LP.SHUTDOWN cannot answer TDX_SYS_BUSY; possible are: none" },
    /* The dispatcher answers this before there is a leaf */
    { "tdh.phymem.pamt.add", "sys_not_ready", NULL,
      "TDH.PHYMEM.PAMT.ADD cannot answer TDX_SYS_NOT_READY; " },
    { "tdh.phymem.pamt.add", "operand_busy", NULL,
      "TDX_OPERAND_BUSY names an operand: say which, as in operand=RCX" },
    { "tdh.phymem.pamt.add", "operand_busy", "r16",
      "there is no operand 'r16'; a register is named as in operand=RCX" },
    { "tdh.phymem.pamt.add", "operand_busy", "r9",
      "TDH.PHYMEM.PAMT.ADD does not read R9" },
    { "tdh.phymem.pamt.add", "operand_busy", "rax",
      "TDH.PHYMEM.PAMT.ADD does not read RAX" },
    { "tdh.sys.init", "rnd_no_entropy", "0",
      "TDX_RND_NO_ENTROPY has no operand; leave operand= out" },
    { "tdh.sys.tdmr.init", "interrupted", "rcx",
      "an interruption has no operand; leave operand= out" },
    { "tdh.sys.init", "incorrect_msr_value", "0x100000000",
      "the operand of TDX_INCORRECT_MSR_VALUE is a number of 32 bits" },
    { "tdh.sys.init", "incorrect_msr_value", "MSR",
      "the operand of TDX_INCORRECT_MSR_VALUE is a number of 32 bits" },
    { "tdh.mem.page.aug", "ept_walk_failed", "rdx",
      "the operand of TDX_EPT_WALK_FAILED is always RCX" },
    { "tdh.mng.init", "operand_invalid", "cpuid_config",
      "TDX_OPERAND_INVALID with this operand of TDH.MNG.INIT tells of " },
    { "tdh.sys.rd", "metadata_first_field_id_in_context", NULL,
      "TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT of TDH.SYS.RD tells of " },
    { "tdh.vp.enter", "non_recoverable_vcpu", NULL,
      "TDX_NON_RECOVERABLE_VCPU of TDH.VP.ENTER tells of " },
};

static void test_bad_names(void)
{
    for (int i = 0; i < G_N_ELEMENTS(bad_names); i++) {
        TdxFault f = { 0 };
        g_autofree char *error = tdx_fault_parse(&f, bad_names[i].leaf,
                                                 bad_names[i].status,
                                                 bad_names[i].operand);

        g_assert_nonnull(error);
        if (!g_str_has_prefix(error, bad_names[i].error)) {
            g_assert_cmpstr(error, ==, bad_names[i].error);
        }
        g_assert_null(strchr(error, '\n'));
    }
}

static void test_chosen_outputs(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_SYS_LP_INIT, [TDX_RDX] = 9, [TDX_R8] = 9,
    };
    static const struct {
        const char *outputs;
        const char *error;
    } bad[] = {
        { "cpuid_leaf", "outputs are NAME=VALUE, not 'cpuid_leaf'" },
        { "leaf=1", "TDH.SYS.LP.INIT has no output 'leaf'" },
        { "RBX=1", "TDH.SYS.LP.INIT has no output 'RBX'" },
        { "r8=x", "output r8 is a number of 64 bits" },
        { "r8=0x10000000000000000", "output r8 is a number of 64 bits" },
    };
    TdxFault f = { .nth = 1, .count = 1, .percent = 100 };
    TdxFault inside = { 0 };
    g_autofree char *refused = NULL;

    sim_start(sim);
    parse(&f, "tdh.sys.lp.init", "inconsistent_cpuid_field", NULL);
    for (int i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *error = tdx_fault_parse_outputs(&f, bad[i].outputs);

        g_assert_cmpstr(error, ==, bad[i].error);
    }
    g_assert_null(tdx_fault_parse_outputs(
        &f, "CPUID_LEAF=0x80000008  RDX=0xffffffffffffffff"));
    g_assert_null(tdx_fault_add(sim->module, &f));
    g_assert_true(tdx_module_seamcall(sim->module, 0, gpr, NULL));
    g_assert_cmphex(gpr[TDX_RAX], ==, 0xc000090200000000);
    g_assert_cmphex(gpr[TDX_RCX], ==, 0x80000008);
    g_assert_cmphex(gpr[TDX_RDX], ==, UINT64_MAX);
    g_assert_cmphex(gpr[TDX_R8], ==, 0);
    tdx_fault_remove(sim->module, &f);

    /* Where the handler itself fails it fills its outputs */
    parse(&inside, "tdh.sys.tdmr.init", "interrupted", NULL);
    refused = tdx_fault_parse_outputs(&inside, "next=1");
    g_assert_cmpstr(refused, ==, "the outputs of TDH.SYS.TDMR.INIT with "
                    "TDX_SUCCESS are the leaf's own");
    sim_free(sim);
}

/* Each name that a refusal offers is one that is taken */
static void test_offers(void)
{
    size_t n;
    const TdxLeaf *const *table = tdx_leaf_table(&n);
    unsigned taken = 0;

    for (; n; n--, table++) {
        const TdxLeaf *leaf = *table;
        TdxFault f = { 0 };
        g_autofree char *error = tdx_fault_parse(&f, leaf->name, "?", NULL);
        char *offers = strstr(error, "possible: ");
        g_auto(GStrv) word = offers ? g_strsplit(offers + 10, ", ", 0) : NULL;

        g_assert_cmpint(offers != NULL, ==, leaf->handler != NULL);
        for (int i = 0; word && word[i]; i++) {
            g_autofree char *bare = NULL, *with = NULL;

            if (!strcmp(word[i], "none")) {
                continue;
            }
            bare = tdx_fault_parse(&f, leaf->name, word[i], NULL);
            if (bare) {
                with = tdx_fault_parse(&f, leaf->name, word[i],
                                       leaf->in[0].name
                                       ? tdx_operand_name(leaf->in[0].reg)
                                       : "KET");
            }
            g_assert_cmpstr(with, ==, NULL);
            taken++;
        }
    }
    g_assert_cmpint(taken, >, 300);
}

static void test_missing_leaf(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    g_autofree char *error = NULL, *no_disable = NULL;
    TdxFault f;

    sim->cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    sim->cfg.sys_disable = false;
    sim_start(sim);
    parse(&f, "tdh.phymem.pamt.add", "operand_busy", "rcx");
    error = tdx_fault_add(sim->module, &f);
    g_assert_cmpstr(error, ==, "this module has no TDH.PHYMEM.PAMT.ADD; use "
                    "-device tdx-module,dynamic-pamt=on");
    parse(&f, "tdh.sys.disable", "sys_busy", NULL);
    no_disable = tdx_fault_add(sim->module, &f);
    g_assert_cmpstr(no_disable, ==, "this module has no TDH.SYS.DISABLE; use "
                    "-device tdx-module,sys-disable=on");
    sim_free(sim);
}

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
    g_test_add_func("/fault/names", test_names);
    g_test_add_func("/fault/bad-names", test_bad_names);
    g_test_add_func("/fault/chosen-outputs", test_chosen_outputs);
    g_test_add_func("/fault/offers", test_offers);
    g_test_add_func("/fault/missing-leaf", test_missing_leaf);
    g_test_add_func("/fault/nth", test_nth);
    g_test_add_func("/fault/dispatcher", test_dispatcher);
    g_test_add_func("/fault/several", test_several);
    g_test_add_func("/fault/probability", test_probability);
    g_test_add_func("/fault/outputs", test_outputs);
    g_test_add_func("/fault/pamt-add", test_pamt_add);
    return g_test_run();
}
