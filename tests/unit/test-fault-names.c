/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fault injection: which faults can be had, by which names, and what is said
 * about the others.
 */

#include <string.h>

#include "include/leaf.h"
#include "fault-fixture.h"
#include "sim-boot.h"

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

/* No option gives a module 1.0 what came after it, to the host or a guest */
static void test_first_generation(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    g_autofree char *host = NULL, *guest = NULL;
    TdxFault f, known;

    sim->cfg.first_generation = true;
    sim->cfg.features0 = 0;
    sim_start(sim);
    parse(&f, "tdh.sys.rd", "metadata_field_not_readable", NULL);
    host = tdx_fault_add(sim->module, &f);
    g_assert_cmpstr(host, ==, "a module 1.0 has no TDH.SYS.RD");
    parse(&f, "tdg.sys.rd", "metadata_field_not_readable", NULL);
    guest = tdx_fault_add(sim->module, &f);
    g_assert_cmpstr(guest, ==, "a module 1.0 has no TDG.SYS.RD");
    parse(&known, "tdg.vm.rd", "metadata_field_not_readable", NULL);
    g_assert_null(tdx_fault_add(sim->module, &known));
    tdx_fault_remove(sim->module, &known);
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
    g_test_add_func("/fault/first-generation", test_first_generation);
    return g_test_run();
}
