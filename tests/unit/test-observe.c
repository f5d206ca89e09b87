/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an observer is told: changes of states, each change of the PAMT, and
 * why checks fail.
 */

#include <string.h>

#include "sim-boot.h"
#include "sim-td.h"
#include "abi/cause.h"
#include "core/fatal.h"
#include "abi/status.h"

#define SOURCE (SIM_TD_SHARED + 1 * MIB)

/* A 2 MiB range and pages for its page pair, apart from what a SimTd uses */
#define LARGE (SIM_TD_BASE + 16 * MIB)
#define PAIR  (SIM_TD_BASE + 64 * MIB)

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

/* The last three of what the observer was told; "" for nothing new */
static GString *states;
static GString *pamt;
static TdxCause cause;

/* "LEVEL HPA" to a page type: what the PAMT must be according to events */
static GHashTable *shadow;

static void on_state(void *opaque, const char *what, uint64_t hpa,
                     const char *before, const char *after)
{
    g_string_append_printf(states, "%s 0x%" G_GINT64_MODIFIER "x %s %s\n", what,
                           hpa, before ? before : "none", after);
}

static void on_pamt(void *opaque, uint64_t hpa, const char *level, uint64_t n,
                    const char *before, const char *after, uint64_t owner)
{
    uint64_t size = !strcmp(level, "4K") ? TDX_PAGE_4K
                    : !strcmp(level, "2M") ? TDX_PAGE_2M : TDX_PAGE_1G;

    g_string_append_printf(pamt, "0x%" G_GINT64_MODIFIER "x %s x%u %s %s 0x%"
                           G_GINT64_MODIFIER "x\n", hpa, level, (unsigned)n,
                           before ? before : "none", after, owner);
    for (uint64_t i = 0; i < n; i++) {
        char *key = g_strdup_printf("%s 0x%" G_GINT64_MODIFIER "x", level,
                                    hpa + i * size);
        const char *was = g_hash_table_lookup(shadow, key);

        if (was && before) {
            g_assert_cmpstr(was, ==, before);
        }
        g_hash_table_replace(shadow, key, (void *)after);
    }
}

static void on_cause(void *opaque, const TdxCause *why)
{
    cause = *why;
}

static const TdxObserver observer = {
    .state = on_state,
    .pamt = on_pamt,
    .cause = on_cause,
};

static void forget(void)
{
    g_string_truncate(states, 0);
    g_string_truncate(pamt, 0);
    cause = (TdxCause) { 0 };
}

static void observe(SimPlatform *sim)
{
    if (!states) {
        states = g_string_new(NULL);
        pamt = g_string_new(NULL);
        shadow = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    forget();
    g_hash_table_remove_all(shadow);
    tdx_module_observe(sim->module, &observer);
}

static void expect_states(const char *expected)
{
    g_assert_cmpstr(states->str, ==, expected);
    forget();
}

static void expect_pamt(const char *expected)
{
    g_assert_cmpstr(pamt->str, ==, expected);
    forget();
}

/* Every page that an event named is what TDH.PHYMEM.PAGE.RDMD says it is */
static void assert_shadow(SimPlatform *sim)
{
    GHashTableIter iter;
    void *key, *type;
    unsigned known = 0;

    g_hash_table_iter_init(&iter, shadow);
    while (g_hash_table_iter_next(&iter, &key, &type)) {
        uint64_t hpa = g_ascii_strtoull((char *)key + 3, NULL, 0);
        g_autofree char *leaf = NULL;
        SimCall call;

        ASSERT_OK(sim_call(sim, 0, &call, TDH_PHYMEM_PAGE_RDMD, hpa, 0, 0));
        leaf = g_strdup_printf("%s 0x%" G_GINT64_MODIFIER "x",
                               tdx_level_name(call.gpr[TDX_R8]), hpa);
        if (g_str_equal(leaf, key)) {
            g_assert_cmpstr(tdx_page_type_name(call.gpr[TDX_RCX]), ==, type);
            known++;
        }
    }
    g_assert_cmpuint(known, >, 0);
}

/* --- states -------------------------------------------------------------- */

static void test_sys_states(void)
{
    SimPlatform *sim = sim_boot_machine(2, 1);

    sim->cfg.sys_disable = true;
    sim_start(sim);
    observe(sim);
    sim_boot_init(sim);
    expect_states("SYS_STATE 0x0 SYSINIT_PENDING SYSINIT_DONE\n");
    ASSERT_OK(sim_sys_config(sim, 0));
    expect_states("SYS_STATE 0x0 SYSINIT_DONE SYSCONFIG_DONE\n");
    ASSERT_OK(sim_leaf(sim, 0, 31, 0, 0, 0));
    expect_states("SYS_STATE 0x0 SYSCONFIG_DONE SYS_READY\n");
    ASSERT_OK(sim_leaf(sim, 0, TDH_SYS_DISABLE, 0, 0, 0));
    expect_states("SYS_STATE 0x0 SYS_READY SYS_DISABLING\n"
                  "SYS_STATE 0x0 SYS_DISABLING SYSINIT_PENDING\n");
    sim_boot_init(sim);
    forget();
    tdx_module_reset(sim->module);
    expect_states("SYS_STATE 0x0 SYSINIT_DONE SYSINIT_PENDING\n");
    /* Nothing changes */
    tdx_module_reset(sim->module);
    expect_states("");

    tdx_module_observe(sim->module, NULL);
    sim_boot_init(sim);
    expect_states("");
    sim_free(sim);
}

static void test_td_states(void)
{
    SimPlatform *sim = sim_td_machine(1);
    g_autofree char *expected = NULL;
    SimTd td;

    observe(sim);
    sim_td_build(&td, sim, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    expected = g_strdup_printf(
        "LIFECYCLE_STATE 0x100000000 none TD_HKID_ASSIGNED\n"
        "LIFECYCLE_STATE 0x100000000 TD_HKID_ASSIGNED TD_KEYS_CONFIGURED\n"
        "OP_STATE 0x100000000 UNINITIALIZED INITIALIZED\n"
        "VCPU_STATE 0x%" G_GINT64_MODIFIER "x VCPU_UNINITIALIZED VCPU_READY\n"
        "OP_STATE 0x100000000 INITIALIZED RUNNABLE\n", td.vcpu);
    expect_states(expected);
    sim_td_destroy(&td);
    expect_states(
        "LIFECYCLE_STATE 0x100000000 TD_KEYS_CONFIGURED TD_BLOCKED\n"
        "LIFECYCLE_STATE 0x100000000 TD_BLOCKED TD_TEARDOWN\n");
    sim_free(sim);
}

/* --- PAMT ---------------------------------------------------------------- */

static void test_pamt_pages(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t page = SIM_TD_BASE + 32 * MIB;
    SimTd td;

    observe(sim);
    sim_td_create(&td, sim);
    g_assert_true(g_str_has_prefix(pamt->str,
        "0x100000000 2M x1 PT_NDA PT_PAMT 0x0\n"
        "0x100000000 4K x1 PT_NDA PT_TDR 0x0\n"
        "0x100001000 4K x1 PT_NDA PT_TDCX 0x100000000\n"));
    sim_td_init(&td, 0);
    td.vcpu = sim_td_add_vcpu(&td, 0);
    sim_td_tables(&td, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    forget();

    ASSERT_OK(sim_td_call(&td, TDH_PHYMEM_PAMT_ADD, page | TDX_LEVEL_2M, PAIR,
                          PAIR + TDX_PAGE_4K));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, 0, td.tdr, page));
    expect_pamt("0x102000000 2M x1 PT_NDA PT_PAMT 0x0\n"
                "0x102000000 4K x1 PT_NDA PT_REG 0x100000000\n");
    assert_shadow(sim);
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, 0, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_TRACK, td.tdr, 0, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, 0, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_PHYMEM_PAMT_REMOVE, page | TDX_LEVEL_2M, 0,
                          0));
    expect_pamt("0x102000000 4K x1 PT_REG PT_NDA 0x100000000\n"
                "0x102000000 2M x1 PT_PAMT PT_NDA 0x0\n");
    assert_shadow(sim);
    sim_td_destroy(&td);
    assert_shadow(sim);
    sim_free(sim);
}

static void test_pamt_large(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimTd td;
    SimCall demote;

    observe(sim);
    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    ASSERT_OK(sim_td_call(&td, TDH_PHYMEM_PAMT_ADD, LARGE | TDX_LEVEL_2M, PAIR,
                          PAIR + TDX_PAGE_4K));
    for (uint64_t at = 0; at < TDX_PAGE_2M; at += TDX_PAGE_4K) {
        ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, at, td.tdr, LARGE + at));
    }
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, 1, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_TRACK, td.tdr, 0, 0));
    assert_shadow(sim);
    forget();
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_PROMOTE, 1, td.tdr, 0));
    g_assert_true(g_str_has_prefix(pamt->str,
        "0x101000000 2M x1 PT_PAMT PT_REG 0x100000000\n"));
    assert_shadow(sim);

    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, 1, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_TRACK, td.tdr, 0, 0));
    forget();
    demote = (SimCall) { .gpr = {
        [TDX_RAX] = TDH_MEM_PAGE_DEMOTE, [TDX_RCX] = 1, [TDX_RDX] = td.tdr,
        [TDX_R8] = sim_td_page(&td), [TDX_R12] = PAIR,
        [TDX_R13] = PAIR + TDX_PAGE_4K,
    } };
    g_assert_true(tdx_module_seamcall(sim->module, 0, demote.gpr, NULL));
    ASSERT_OK(demote.gpr[TDX_RAX]);
    g_assert_true(g_str_has_prefix(pamt->str,
        "0x101000000 2M x1 PT_REG PT_PAMT 0x0\n"
        "0x101000000 4K x512 none PT_REG 0x100000000\n"));
    assert_shadow(sim);
    sim_free(sim);
    g_array_free(td.pages, true);
}

/* A chunk of 16 MiB (4 MiB, static) is initialised by a call */
static void test_pamt_init(gconstpointer data)
{
    bool dynamic = GPOINTER_TO_INT(data);
    SimPlatform *sim = sim_ready(1, dynamic);
    TdxTdmr *tdmr = sim_add_tdmr(sim, 4 * GIB, 1 * GIB, 2 * GIB);

    sim_reserve(tdmr, 1 * MIB, 8 * KIB);
    observe(sim);
    ASSERT_OK(sim_leaf(sim, 0, TDH_SYS_TDMR_INIT, 4 * GIB, 0, 0));
    expect_pamt(dynamic ? "0x100000000 4K x4096 none PT_NDA 0x0\n"
                          "0x100100000 4K x2 none PT_RSVD 0x0\n"
                        : "0x100000000 4K x1024 none PT_NDA 0x0\n"
                          "0x100100000 4K x2 none PT_RSVD 0x0\n");
    sim_free(sim);
}

/* --- causes -------------------------------------------------------------- */

static void expect_cause(TdxCauseKind kind, const char *what, uint64_t value,
                         uint64_t arg)
{
    g_assert_cmpint(cause.kind, ==, kind);
    g_assert_cmpstr(cause.what, ==, what);
    g_assert_cmphex(cause.value, ==, value);
    g_assert_cmphex(cause.arg, ==, arg);
    forget();
}

/* A module that waits for a processor says which one it is */
static void test_causes_of_lps(void)
{
    SimPlatform *sim = sim_boot_machine(3, 1);

    sim_start(sim);
    observe(sim);
    ASSERT_OK(sim_leaf(sim, 0, TDH_SYS_INIT, 0, 0, 0));
    ASSERT_OK(sim_leaf(sim, 0, TDH_SYS_LP_INIT, 0, 0, 0));
    ASSERT_OK(sim_leaf(sim, 2, TDH_SYS_LP_INIT, 0, 0, 0));
    g_assert_cmphex(sim_sys_config(sim, 0), ==,
                    TDX_SYS_CONFIG_NOT_PENDING);
    expect_cause(TDX_CAUSE_LP_NOT_INIT, "LP", 1, 0);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_UPDATE, 0, 0, 0), ==,
                    TDX_SYS_STATE_INCORRECT);
    expect_cause(TDX_CAUSE_LP_NOT_INIT, "LP", 1, 0);
    g_assert_cmphex(sim_leaf(sim, 1, TDH_SYS_RD, 0, 0, 0), ==,
                    TDX_SYS_LP_INIT_NOT_DONE);
    expect_cause(TDX_CAUSE_LP_NOT_INIT, "LP", 1, 0);
    sim_free(sim);
}

/* What is wrong with RAX */
static void test_causes_of_rax(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    const uint64_t version = 1ULL << TDX_RAX_VERSION_SHIFT;

    sim_start(sim);
    observe(sim);
    sim_boot_init(sim);
    sim_leaf(sim, 0, TDH_SYS_LP_INIT | 1ULL << 63, 0, 0, 0);
    expect_cause(TDX_CAUSE_RESERVED_BITS, NULL, TDH_SYS_LP_INIT | 1ULL << 63,
                 1ULL << 63);
    sim_leaf(sim, 0, TDH_SYS_LP_INIT | version, 0, 0, 0);
    expect_cause(TDX_CAUSE_TOO_HIGH, "version", 1, 0);
    sim_leaf(sim, 0, TDH_SYS_INIT | 2 * version, 0, 0, 0);
    expect_cause(TDX_CAUSE_TOO_HIGH, "version", 2, 1);
    sim_free(sim);
}

static void expect_words(const char *want)
{
    char words[128];

    g_assert_cmpstr(tdx_cause_format(&cause, words, sizeof(words)), ==, want);
    forget();
}

static void *no_page(void *opaque, uint64_t hpa, uint16_t hkid)
{
    return NULL;
}

/* A module that stops says why, and every later call says it again */
static void test_causes_of_stop(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    uint64_t gpr[TDX_NUM_GPRS] = { [TDX_RAX] = TDH_SYS_INIT };

    sim_start(sim);
    observe(sim);
    sim->ops.private_page = no_page;
    tdx_global_lost(sim->module, SIM_BOOT_TDMR);
    expect_words("the module stops: no memory where the module's own "
                 "structures are");
    g_assert_false(tdx_module_seamcall(sim->module, 0, gpr, NULL));
    expect_words("the module has stopped: no memory where the module's own "
                 "structures are");
    /* Who restored it that way does not know */
    tdx_module_reset(sim->module);
    sim->module->st.fatal = true;
    g_assert_false(tdx_module_seamcall(sim->module, 0, gpr, NULL));
    expect_words("the module has stopped: it was restored as such");
    sim_free(sim);
}

static void test_causes_of_config(void)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    uint64_t info = sim_read64(sim, SIM_BOOT_ARRAY);
    uint64_t base, size;

    sim_start(sim);
    observe(sim);
    sim_boot_init(sim);
    base = sim_read64(sim, info);
    size = sim_read64(sim, info + 8);

    sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY + 8, 1, SIM_BOOT_HKID);
    expect_cause(TDX_CAUSE_UNALIGNED, NULL, SIM_BOOT_ARRAY + 8, 512);
    sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 65, SIM_BOOT_HKID);
    expect_cause(TDX_CAUSE_TOO_HIGH, NULL, 65, 64);
    sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1, 1);
    expect_cause(TDX_CAUSE_NOT_PRIVATE_HKID, "HKID", 1, SIM_BOOT_HKID);
    sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1,
             1 << 20 | SIM_BOOT_HKID);
    expect_cause(TDX_CAUSE_RESERVED_BITS, NULL, 1 << 20 | SIM_BOOT_HKID,
                 1 << 20);

    sim_write64(sim, info, base + TDX_PAGE_4K);
    sim_sys_config(sim, 0);
    expect_cause(TDX_CAUSE_UNALIGNED, "TDMR_BASE", base + TDX_PAGE_4K,
                 TDX_PAGE_1G);
    sim_write64(sim, info, base);
    sim_write64(sim, info + 8, 0);
    sim_sys_config(sim, 0);
    expect_cause(TDX_CAUSE_ZERO, "TDMR_SIZE", 0, 0);
    sim_write64(sim, info + 8, size);
    /* PAMT_2M_BASE and PAMT_2M_SIZE */
    base = sim_read64(sim, info + 32);
    sim_write64(sim, info + 32, base + 512);
    sim_sys_config(sim, 0);
    expect_cause(TDX_CAUSE_UNALIGNED, "PAMT_2M_BASE", base + 512,
                 TDX_PAGE_4K);
    sim_write64(sim, info + 32, base);
    sim_write64(sim, info + 40, 0);
    sim_sys_config(sim, 0);
    expect_cause(TDX_CAUSE_TOO_LOW, "PAMT_2M_SIZE", 0, 512 * 16);
    sim_free(sim);
}

static void test_causes_of_pages(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t page = SIM_TD_BASE + 32 * MIB;
    TdxPamtEntry *entry;
    SimTd td;

    observe(sim);
    sim_td_build(&td, sim, 0);
    forget();

    sim_td_call(&td, TDH_MNG_CREATE, page + 8, SIM_TD_HKID + 1, 0);
    expect_cause(TDX_CAUSE_UNALIGNED, NULL, page + 8, TDX_PAGE_4K);
    sim_td_call(&td, TDH_MNG_CREATE, page, SIM_TD_HKID + 1, 0);
    expect_cause(TDX_CAUSE_NO_PAIR, NULL, page, 0);
    sim_td_call(&td, TDH_MNG_CREATE, 1 * GIB, SIM_TD_HKID + 1, 0);
    expect_cause(TDX_CAUSE_NOT_IN_TDMR, NULL, 1 * GIB, 0);
    sim_td_call(&td, TDH_MNG_CREATE, td.tdr, SIM_TD_HKID + 1, 0);
    expect_cause(TDX_CAUSE_TYPE, NULL, td.tdr, TDX_PT_TDR);
    sim_td_call(&td, TDH_PHYMEM_PAMT_REMOVE, page | TDX_LEVEL_2M, 0, 0);
    expect_cause(TDX_CAUSE_TYPE, NULL, page, TDX_PT_NDA);
    sim_td_call(&td, TDH_MNG_KEY_CONFIG, td.tdr, 0, 0);
    expect_cause(TDX_CAUSE_LIFECYCLE, "TD", td.tdr, TDX_TD_KEYS_CONFIGURED);
    sim_td_call(&td, TDH_MEM_PAGE_REMOVE, 0, td.tdr, 0);
    g_assert_cmpint(cause.kind, ==, TDX_CAUSE_SEPT_STATE);
    sim_td_call(&td, TDH_VP_ENTER, td.vcpu, 0, 0);
    expect_cause(TDX_CAUSE_OP_STATE, "TD", td.tdr, TDX_OP_INITIALIZED);

    entry = sim_pamt_entry(sim, &sim->module->st.tdmr[0], TDX_LEVEL_2M, page);
    entry->lock = TDX_LOCK_EXCLUSIVE;
    g_assert_cmphex(sim_td_call(&td, TDH_PHYMEM_PAMT_ADD, page | TDX_LEVEL_2M,
                                PAIR, PAIR + TDX_PAGE_4K), ==,
                    tdx_op(TDX_OPERAND_BUSY, TDX_RCX));
    expect_cause(TDX_CAUSE_LOCKED, "2M PAMT entry of", page, 0);
    entry->lock = 0;

    sim_poison(sim, td.vcpu, 64);
    sim_td_call(&td, 26, td.vcpu, 0, 0);
    expect_cause(TDX_CAUSE_LOST, "page", td.vcpu, 0);
    sim_free(sim);
    g_array_free(td.pages, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/observe/states/sys", test_sys_states);
    g_test_add_func("/observe/states/td", test_td_states);
    g_test_add_func("/observe/pamt/pages", test_pamt_pages);
    g_test_add_func("/observe/pamt/large", test_pamt_large);
    g_test_add_data_func("/observe/pamt/init-dynamic", GINT_TO_POINTER(true),
                         test_pamt_init);
    g_test_add_data_func("/observe/pamt/init-static", GINT_TO_POINTER(false),
                         test_pamt_init);
    g_test_add_func("/observe/causes/lps", test_causes_of_lps);
    g_test_add_func("/observe/causes/rax", test_causes_of_rax);
    g_test_add_func("/observe/causes/stop", test_causes_of_stop);
    g_test_add_func("/observe/causes/config", test_causes_of_config);
    g_test_add_func("/observe/causes/pages", test_causes_of_pages);
    return g_test_run();
}
