/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault injection: which faults can be had, which calls they hit, and that a
 * call that is hit does nothing and looks like any that fails.
 */

#include <string.h>

#include "abi/leaf-doc.h"
#include "fault.h"
#include "sim-boot.h"
#include "sim-td.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define BUSY(operand) (TDX_OPERAND_BUSY | (operand))

static void parse(TdxFault *f, const char *leaf, const char *status,
                  const char *operand)
{
    g_autofree char *error = NULL;

    *f = (TdxFault) { .nth = 1, .count = 1, .percent = 100 };
    error = tdx_fault_parse(f, leaf, status, operand);
    g_assert_cmpstr(error, ==, NULL);
}

static void add(SimPlatform *sim, TdxFault *f)
{
    g_autofree char *error = tdx_fault_add(sim->module, f);

    g_assert_cmpstr(error, ==, NULL);
}

static void inject(SimPlatform *sim, TdxFault *f, const char *leaf,
                   const char *status, const char *operand)
{
    parse(f, leaf, status, operand);
    add(sim, f);
}

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
      "tdh.phymem.pamt.add" },
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
    { "tdh.sys.init", "incorrect_cpuid_value", NULL,
      "TDX_INCORRECT_CPUID_VALUE of TDH.SYS.INIT tells of something in "
      "output registers, and cannot be injected" },
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

/* Each name that a refusal offers is one that is taken */
static void test_offers(void)
{
    size_t n;
    const TdxLeaf *leaf = tdx_leaf_table(&n);
    unsigned taken = 0;

    for (; n; n--, leaf++) {
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
        uint64_t status = sim_leaf(sim, 1, SYS_KEY_CONFIG, 0, 0, 0);

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
    sim_leaf(sim, 1, SYS_KEY_CONFIG, 0, 0, 0);
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
    g_assert_cmphex(sim_leaf(sim, 0, SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0), ==,
                    TDX_SYS_NOT_READY);
    g_assert_cmphex(sim_leaf(sim, 0, SYS_TDMR_INIT | 1 << 16, 0, 0, 0), ==,
                    0xc000010000000000);
    g_assert_cmpint(f.calls, ==, 0);
    /* A fault outlives the machine's reset */
    sim_boot_config(sim);
    tdx_module_reset(sim->module);
    sim_boot_ready(sim);
    g_assert_cmphex(sim_leaf(sim, 0, SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0), ==,
                    BUSY(1));
    ASSERT_OK(sim_leaf(sim, 0, SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0));
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
        g_assert_cmphex(sim_leaf(sim, 0, SYS_KEY_CONFIG, 0, 0, 0), ==,
                        want[i]);
    }
    g_assert_cmpint(first.calls, ==, 4);
    g_assert_cmpint(second.calls, ==, 4);
    g_assert_cmpint(other.calls, ==, 0);
    /* The one in the middle, then the first of the list */
    tdx_fault_remove(sim->module, &first);
    sim_leaf(sim, 0, SYS_KEY_CONFIG, 0, 0, 0);
    g_assert_cmpint(first.calls, ==, 4);
    g_assert_cmpint(second.calls, ==, 5);
    tdx_fault_remove(sim->module, &other);
    tdx_fault_remove(sim->module, &second);
    g_assert_null(sim->module->faults);
    /* Nothing of it is left in the way of a call */
    g_assert_true(sim->module->entry[SYS_KEY_CONFIG].handler ==
                  tdh_sys_key_config);
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
        g_string_append_c(drawn, sim_leaf(sim, 0, SYS_KEY_CONFIG, 0, 0, 0) ==
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
    const uint64_t *status = tdx_leaf_doc(leaf)->statuses;

    for (; *status != TDX_STATUS_NONE; status++) {
        const char *const operands[] = {
            NULL, "0", leaf->in[0].name ? tdx_operand_name(leaf->in[0].reg)
                                        : "KOT",
        };

        for (int i = 0; i < G_N_ELEMENTS(operands); i++) {
            g_autofree char *error = NULL;

            *f = (TdxFault) { .nth = 1, .count = 1, .percent = 100 };
            error = tdx_fault_parse(f, leaf->name, tdx_status_name(*status),
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
    const TdxLeaf *leaf = tdx_leaf_table(&n);
    unsigned compared = 0;

    sim->module->cfg.sys_disable = true;
    for (; n; n--, leaf++) {
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
            g_assert_true(tdx_module_seamcall(sim->module, 0, gpr[0]));
            tdx_fault_remove(sim->module, &f);
            g_assert_cmphex(gpr[0][TDX_RAX], ==, f.status);
            g_assert_cmpint(f.hits, ==, 1);
            if (leaf->number != SYS_DISABLE) {
                g_assert_true(tdx_module_seamcall(sim->module, 0, gpr[1]));
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
    g_assert_cmphex(sim_call_status(sim, 0, PHYMEM_PAMT_ADD, range, page,
                                    page + TDX_PAGE_4K), ==,
                    0xc000030300000008);
    g_assert_false(sim_pamt_bit(sim, tdmr, page));
    g_assert_false(sim_pamt_bit(sim, tdmr, page + TDX_PAGE_4K));
    ASSERT_OK(sim_call_status(sim, 0, PHYMEM_PAMT_ADD, range, page,
                              page + TDX_PAGE_4K));
    g_assert_cmphex(sim_call(sim, 0, &call, PHYMEM_PAMT_REMOVE, range, 7, 8),
                    ==, BUSY(1));
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 7);
    g_assert_cmphex(call.gpr[TDX_R8], ==, 8);
    g_assert_true(sim_pamt_bit(sim, tdmr, page));
    ASSERT_OK(sim_call(sim, 0, &call, PHYMEM_PAMT_REMOVE, range, 7, 8));
    g_assert_cmphex(call.gpr[TDX_RDX], ==, page);
    g_assert_true(sim_no_locks(sim, tdmr));
    sim_free(sim);
}

/* --- failures that tell of something ------------------------------------- */

#define GPA 0x200000ULL

static void test_sept_entry(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimCall call, entry;
    TdxFault busy, tree, state;
    SimTd td;
    uint64_t page;

    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, GPA);
    page = sim_td_page(&td);
    ASSERT_OK(sim_call(sim, 0, &entry, MEM_SEPT_RD, GPA, td.tdr, 0));

    inject(sim, &tree, "tdh.mem.page.aug", "operand_busy", "sept");
    inject(sim, &busy, "tdh.mem.page.aug", "operand_busy", "rcx");
    inject(sim, &state, "tdh.mem.page.aug", "ept_entry_state_incorrect",
           NULL);
    g_assert_cmphex(sim_call(sim, 0, &call, MEM_PAGE_AUG, GPA, td.tdr, page),
                    ==, BUSY(TDX_OPERAND_SEPT));
    g_assert_cmphex(call.gpr[TDX_RCX] | call.gpr[TDX_RDX], ==, 0);
    /* A call that does not come to an entry is not hit */
    g_assert_cmphex(sim_call(sim, 0, &call, MEM_PAGE_AUG, GPA | 7, td.tdr,
                             page), ==, 0xc000010000000001);
    g_assert_cmpint(busy.hits, ==, 0);
    g_assert_cmphex(sim_call(sim, 0, &call, MEM_PAGE_AUG, GPA, td.tdr, page),
                    ==, BUSY(1));
    g_assert_cmphex(call.gpr[TDX_RCX], ==, entry.gpr[TDX_RCX]);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, entry.gpr[TDX_RDX]);
    g_assert_cmpint(busy.hits, ==, 1);
    g_assert_cmphex(sim_call(sim, 0, &call, MEM_PAGE_AUG, GPA, td.tdr, page),
                    ==, 0xc0000b0d00000001);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, entry.gpr[TDX_RCX]);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, entry.gpr[TDX_RDX]);
    ASSERT_OK(sim_call(sim, 0, &call, MEM_PAGE_AUG, GPA, td.tdr, page));
    sim_td_destroy(&td);
    sim_free(sim);
}

static void test_reclaim(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxFault f;
    SimCall call;
    SimTd td;

    sim_td_build(&td, sim, 0);
    inject(sim, &f, "tdh.phymem.page.reclaim", "operand_busy", "tdr");
    g_assert_cmphex(sim_call(sim, 0, &call, PHYMEM_PAGE_RECLAIM, td.vcpu, 0,
                             0), ==, BUSY(TDX_OPERAND_TDR));
    /* As when the owner's lock is taken: PAMT 11 */
    g_assert_cmphex(call.gpr[TDX_RCX], ==, TDX_PT_TDVPR);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, td.tdr);
    g_assert_cmphex(call.gpr[TDX_R8], ==, TDX_LEVEL_4K);
    g_assert_cmpint(f.hits, ==, 1);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* --- interruptions ------------------------------------------------------- */

/* A TDMR with every call interrupted, or none, is the same in the end */
static void tdmr_init(bool dynamic, uint64_t count, unsigned want_calls)
{
    SimPlatform *sim = sim_ready(1, dynamic);
    TdxTdmr *tdmr = sim_add_tdmr(sim, SIM_TD_BASE, GIB, 2 * GIB);
    TdxFault f;
    SimCall call;
    unsigned calls = 0;

    sim_reserve(tdmr, 5 * MIB + 4 * KIB, 4 * KIB);
    sim_reserve(tdmr, GIB - 8 * KIB, 8 * KIB);
    parse(&f, "tdh.sys.tdmr.init", "interrupted", NULL);
    f.count = count;
    add(sim, &f);
    do {
        ASSERT_OK(sim_call(sim, 0, &call, SYS_TDMR_INIT, tdmr->base, 1, 0));
        g_assert_cmpint(++calls, <, 1000);
        /* Told in whole GiB as ever */
        g_assert_cmphex(call.gpr[TDX_RDX] & (GIB - 1), ==, 0);
    } while (call.gpr[TDX_RDX] != tdmr->base + GIB);
    g_assert_cmpint(calls, ==, want_calls);
    g_assert_cmphex(tdmr->last_initialized, ==, tdmr->base + GIB);
    tdx_fault_remove(sim->module, &f);
    g_assert_cmphex(sim_call_status(sim, 0, SYS_TDMR_INIT, tdmr->base, 0, 0),
                    ==, TDX_TDMR_ALREADY_INITIALIZED);
    for (uint64_t at = 0; at < GIB; at += 4 * KIB) {
        bool rsvd = at == 5 * MIB + 4 * KIB || at >= GIB - 8 * KIB;
        uint64_t status = sim_call(sim, 0, &call, PHYMEM_PAGE_RDMD,
                                   tdmr->base + at, 0, 0);

        ASSERT_OK(status);
        g_assert_cmpint(call.gpr[TDX_RCX], ==, !rsvd ? TDX_PT_NDA : dynamic
                        ? TDX_PT_PAMT : TDX_PT_RSVD);
    }
    sim_free(sim);
}

static void test_tdmr_init(void)
{
    tdmr_init(true, 0, 512);
    tdmr_init(false, 0, 512);
    /* One call more, as the next one does the rest of the chunk */
    tdmr_init(true, 1, 65);
    tdmr_init(false, 1, 257);
    /* Three quarters of a chunk in three calls, the rest in one, and so on */
    tdmr_init(true, 8, 64 - 1 + 8);
}

static void test_cache_wb(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxFault f;
    SimTd td;

    sim_td_build(&td, sim, 0);
    ASSERT_OK(sim_td_call(&td, VP_FLUSH, td.vcpu, 0, 0));
    parse(&f, "tdh.phymem.cache.wb", "interrupted_resumable", NULL);
    f.count = 3;
    add(sim, &f);
    /* Nothing to do: it does not come to an interruption */
    g_assert_cmphex(sim_td_call(&td, PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    TDX_NO_HKID_READY_TO_WBCACHE);
    g_assert_cmpint(f.hits, ==, 0);
    ASSERT_OK(sim_td_call(&td, MNG_VPFLUSHDONE, td.tdr, 0, 0));
    g_assert_cmphex(sim_td_call(&td, PHYMEM_CACHE_WB, 1, 0, 0), ==,
                    TDX_WBCACHE_RESUME_ERROR);
    g_assert_cmphex(sim_td_call(&td, PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    g_assert_cmphex(sim_td_call(&td, PHYMEM_CACHE_WB, 1, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    g_assert_cmphex(sim_td_call(&td, MNG_KEY_FREEID, td.tdr, 0, 0), ==,
                    TDX_WBCACHE_NOT_COMPLETE);
    /* A new start is one more that waits to be resumed */
    g_assert_cmphex(sim_td_call(&td, PHYMEM_CACHE_WB, 0, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    /* What is flushed meanwhile is not part of it */
    sim->module->st.kot[SIM_TD_HKID + 1] =
        (TdxKotEntry) { TDX_HKID_FLUSHED, 1 };
    ASSERT_OK(sim_td_call(&td, PHYMEM_CACHE_WB, 1, 0, 0));
    g_assert_cmphex(sim->module->st.kot[SIM_TD_HKID].wbinvd_bitmap, ==, 0);
    g_assert_cmphex(sim->module->st.kot[SIM_TD_HKID + 1].wbinvd_bitmap, ==,
                    1);
    g_assert_cmphex(sim_td_call(&td, PHYMEM_CACHE_WB, 1, 0, 0), ==,
                    TDX_WBCACHE_RESUME_ERROR);
    ASSERT_OK(sim_td_call(&td, MNG_KEY_FREEID, td.tdr, 0, 0));
    g_array_free(td.pages, true);
    sim_free(sim);
}

static void test_disable(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    TdxFault f;

    sim->cfg.sys_disable = true;
    sim_start(sim);
    sim_boot_ready(sim);
    ASSERT_OK(sim_leaf(sim, 0, SYS_TDMR_INIT, SIM_BOOT_TDMR, 0, 0));
    inject(sim, &f, "tdh.sys.disable", "interrupted", NULL);
    g_assert_cmphex(sim_leaf(sim, 0, SYS_DISABLE, 0, 0, 0), ==,
                    TDX_INTERRUPTED_RESUMABLE);
    /* Nobody else can do anything before it has ended */
    g_assert_cmphex(sim_leaf(sim, 0, SYS_RD, 0, 0, 0), ==, TDX_SYS_NOT_READY);
    g_assert_cmpint(sim->module->st.num_tdmrs, ==, 1);
    ASSERT_OK(sim_leaf(sim, 0, SYS_DISABLE, 0, 0, 0));
    g_assert_cmpint(sim->module->st.num_tdmrs, ==, 0);
    sim_boot_ready(sim);
    sim_free(sim);
}

static void test_demote_promote(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxFault demote, promote;
    uint64_t big = SIM_TD_BASE + GIB, pair = big + 4 * MIB;
    SimCall call, entry;
    SimTd td;
    uint64_t table;

    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, 0x80000000); /* down to 1 GiB from there */
    table = sim_td_page(&td);
    ASSERT_OK(sim_td_call(&td, MEM_SEPT_ADD, 0x40000000 | 2, td.tdr,
                          sim_td_page(&td)));
    ASSERT_OK(sim_td_call(&td, MEM_PAGE_AUG, 0x40000000 | 1, td.tdr, big));
    inject(sim, &demote, "tdh.mem.page.demote", "interrupted", NULL);
    inject(sim, &promote, "tdh.mem.page.promote", "interrupted_busy", NULL);

    for (int i = 0; i < 2; i++) {
        call = (SimCall) { .gpr = {
            [TDX_RAX] = MEM_PAGE_DEMOTE, [TDX_RCX] = 0x40000000 | 1,
            [TDX_RDX] = td.tdr | 1, [TDX_R8] = table, [TDX_R9] = 9,
            [TDX_R12] = pair, [TDX_R13] = pair + TDX_PAGE_4K,
        } };
        g_assert_true(tdx_module_seamcall(sim->module, 0, call.gpr));
        ASSERT_OK(sim_call(sim, 0, &entry, MEM_SEPT_RD, 0x40000000 | 1,
                           td.tdr, 0));
        if (i == 0) {
            /* What the host gave, for it to try again; nothing happened */
            g_assert_cmphex(call.gpr[TDX_RAX], ==,
                            TDX_INTERRUPTED_RESTARTABLE);
            g_assert_cmphex(call.gpr[TDX_RCX], ==, 0x40000000 | 1);
            g_assert_cmphex(call.gpr[TDX_RDX], ==, td.tdr | 1);
            g_assert_cmphex(call.gpr[TDX_R9], ==, 9);
            g_assert_cmphex(entry.gpr[TDX_RDX] >> 8, ==, 2); /* PENDING */
        } else {
            ASSERT_OK(call.gpr[TDX_RAX]);
            g_assert_cmphex(entry.gpr[TDX_RDX] >> 8, ==, 0x84); /* a table */
        }
    }
    for (int i = 0; i < 2; i++) {
        call = (SimCall) { .gpr = {
            [TDX_RAX] = LEAF_VERSION(MEM_PAGE_PROMOTE, 1),
            [TDX_RCX] = 0x40000000 | 1, [TDX_RDX] = td.tdr,
        } };
        g_assert_true(tdx_module_seamcall(sim->module, 0, call.gpr));
        if (i == 0) {
            g_assert_cmphex(call.gpr[TDX_RAX], ==, TDX_INTERRUPTED_BUSY);
            g_assert_cmphex(call.gpr[TDX_RCX], ==, 0x40000000 | 1);
            g_assert_cmphex(call.gpr[TDX_RDX], ==, td.tdr);
            g_assert_cmphex(call.gpr[TDX_R9], ==, UINT64_MAX);
            g_assert_cmphex(call.gpr[TDX_R12], ==, 0);
        } else {
            ASSERT_OK(call.gpr[TDX_RAX]);
            g_assert_cmphex(call.gpr[TDX_R12], ==, pair);
        }
    }
    g_array_append_val(td.pages, big);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* --- several LPs --------------------------------------------------------- */

typedef struct Caller {
    SimPlatform *sim;
    unsigned lp;
    unsigned busy; /* answers of that kind */
} Caller;

#define LPS 4
#define CALLS 3000

static gpointer caller(gpointer opaque)
{
    Caller *c = opaque;

    for (int i = 0; i < CALLS; i++) {
        c->busy += sim_leaf(c->sim, c->lp, PHYMEM_PAGE_RDMD, SIM_TD_BASE, 0,
                            0) == BUSY(1);
    }
    return NULL;
}

/* Faults come and go while they all call; worth most under ThreadSanitizer */
static void test_threads(void)
{
    SimPlatform *sim = sim_td_machine(LPS);
    Caller crew[LPS];
    GThread *thread[LPS];
    TdxFault stays, goes[50];
    unsigned busy = 0, hits;

    parse(&stays, "tdh.phymem.page.rdmd", "operand_busy", "rcx");
    stays.count = 100;
    stays.nth = 500;
    add(sim, &stays);
    for (unsigned i = 0; i < LPS; i++) {
        crew[i] = (Caller) { .sim = sim, .lp = i };
        thread[i] = g_thread_new("lp", caller, &crew[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(goes); i++) {
        parse(&goes[i], "tdh.phymem.page.rdmd", "operand_busy", "rcx");
        goes[i].count = 0;
        goes[i].percent = 50;
        goes[i].seed = i;
        add(sim, &goes[i]);
        g_thread_yield();
        tdx_fault_remove(sim->module, &goes[i]);
    }
    for (unsigned i = 0; i < LPS; i++) {
        g_thread_join(thread[i]);
        busy += crew[i].busy;
    }
    g_assert_cmpint(stays.calls, ==, LPS * CALLS);
    g_assert_cmpint(stays.hits, ==, 100);
    hits = stays.hits;
    for (unsigned i = 0; i < G_N_ELEMENTS(goes); i++) {
        hits += goes[i].hits;
    }
    g_assert_cmpint(busy, ==, hits);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fault/names", test_names);
    g_test_add_func("/fault/bad-names", test_bad_names);
    g_test_add_func("/fault/offers", test_offers);
    g_test_add_func("/fault/missing-leaf", test_missing_leaf);
    g_test_add_func("/fault/nth", test_nth);
    g_test_add_func("/fault/dispatcher", test_dispatcher);
    g_test_add_func("/fault/several", test_several);
    g_test_add_func("/fault/probability", test_probability);
    g_test_add_func("/fault/outputs", test_outputs);
    g_test_add_func("/fault/pamt-add", test_pamt_add);
    g_test_add_func("/fault/sept-entry", test_sept_entry);
    g_test_add_func("/fault/reclaim", test_reclaim);
    g_test_add_func("/fault/tdmr-init", test_tdmr_init);
    g_test_add_func("/fault/cache-wb", test_cache_wb);
    g_test_add_func("/fault/disable", test_disable);
    g_test_add_func("/fault/demote-promote", test_demote_promote);
    g_test_add_func("/fault/threads", test_threads);
    return g_test_run();
}
