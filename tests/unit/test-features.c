/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDX_FEATURES0 says what there is: each of its bits held against the leaves
 * that come with the feature, or against what else it promises.
 */

#include "sim-boot.h"
#include "sim-td.h"
#include "abi/status.h"
#include "core/state.h"
#include "include/leaf.h"
#include "include/update.h"

#define MAX_LEAVES 20

/**
 * Promise: what comes with a feature.
 * @leaf: SEAMCALL leaves that a module has if, and only if, it has the feature
 * @tdcall: the same of a guest's
 * @more: there is more to it than leaves
 */
typedef struct Promise {
    const char *name;
    uint64_t bit;
    int leaf[MAX_LEAVES];
    int tdcall[MAX_LEAVES];
    bool more;
} Promise;

/* A list ends with this: 0 is TDH.VP.ENTER */
#define END (-1)

#define PROMISE(feature, ...) \
    { .name = #feature, .bit = TDX_FEATURES0_##feature, __VA_ARGS__ }
#define LEAVES(...)   .leaf = { __VA_ARGS__, END }
#define TDCALLS(...)  .tdcall = { __VA_ARGS__, END }
#define NO_LEAVES     .leaf = { END }
#define NO_TDCALLS    .tdcall = { END }
/* Fields, exits or statuses, which tests of their own show */
#define MORE(feature) PROMISE(feature, NO_LEAVES, NO_TDCALLS, .more = true)

static const Promise promises[] = {
    PROMISE(TD_MIGRATION,
            LEAVES(TDH_EXPORT_ABORT, TDH_EXPORT_BLOCKW, TDH_EXPORT_RESTORE,
                   TDH_EXPORT_MEM, TDH_EXPORT_PAUSE, TDH_EXPORT_TRACK,
                   TDH_EXPORT_STATE_IMMUTABLE, TDH_EXPORT_STATE_TD,
                   TDH_EXPORT_STATE_VP, TDH_EXPORT_UNBLOCKW, TDH_IMPORT_ABORT,
                   TDH_IMPORT_END, TDH_IMPORT_COMMIT, TDH_IMPORT_MEM,
                   TDH_IMPORT_TRACK, TDH_IMPORT_STATE_IMMUTABLE,
                   TDH_IMPORT_STATE_TD, TDH_IMPORT_STATE_VP,
                   TDH_MIG_STREAM_CREATE), NO_TDCALLS),
    PROMISE(TD_PRESERVING, LEAVES(TDH_SYS_SHUTDOWN, TDH_SYS_UPDATE),
            NO_TDCALLS),
    PROMISE(SERVICE_TD, LEAVES(TDH_SERVTD_BIND, TDH_SERVTD_PREBIND),
            NO_TDCALLS),
    PROMISE(TDG_VP_RDWR, NO_LEAVES, TDCALLS(TDG_VP_RD, TDG_VP_WR)),
    MORE(RELAXED_MEM_MNG_CONCURRENCY),
    PROMISE(CPUID_VIRT_GUEST_CTRL, NO_LEAVES, TDCALLS(TDG_VP_CPUIDVE_SET)),
    MORE(TDX_IO),
    MORE(TD_PARTITIONING),
    PROMISE(LOCAL_ATTESTATION, NO_LEAVES, TDCALLS(TDG_MR_VERIFYREPORT)),
    MORE(TD_ENTRY_ENHANCEMENTS),
    MORE(HOST_PRIORITY_LOCKS),
    MORE(CONFIG_IA32_ARCH_CAP),
    MORE(PENDING_EPT_VIOLATION_V2),
    MORE(FMS_CONFIG),
    MORE(NO_RBP_MOD),
    MORE(L2_TLB_INVD_OPT),
    MORE(TOPOLOGY_ENUM),
    MORE(PARTITIONED_TD_MIGRATION),
    MORE(EVENT_FILTERING),
    MORE(ICSSD),
    MORE(FIXED_CTR12_PROF),
    MORE(MAXPA_VIRT),
    MORE(APX),
    MORE(CPUID2_VIRT),
    MORE(VE_REDUCTION),
    MORE(ENHANCED_EVENT_FILTERING),
    MORE(TDX_CONNECT_PARTITIONING),
    MORE(MAXGPA_VIRT),
    PROMISE(DYNAMIC_PAMT, LEAVES(TDH_PHYMEM_PAMT_ADD, TDH_PHYMEM_PAMT_REMOVE),
            NO_TDCALLS),
    MORE(FATAL_DIAGNOSTICS),
    MORE(PAGE_RELEASE),
    MORE(NRX),
    MORE(ENHANCED_INTR_STATE),
    MORE(NON_BLOCKING_EXPORT),
    MORE(PERF_MASK),
    MORE(SCAN_EXPORT_RESTORE),
    MORE(IMPORT_PAGE_STATUS),
    MORE(ENHANCED_INTR_VIRTUALIZATION),
    MORE(VE_INFO_INTR_STATE),
    MORE(UPDATE_COMPATIBILITY),
    PROMISE(SYS_DISABLE, LEAVES(TDH_SYS_DISABLE), NO_TDCALLS),
};

static const Promise *promise_of(int leaf)
{
    for (size_t i = 0; i < G_N_ELEMENTS(promises); i++) {
        for (const int *l = promises[i].leaf; *l != END; l++) {
            if (*l == leaf) {
                return &promises[i];
            }
        }
    }
    return NULL;
}

/* Each bit that has a name is here, and nothing else */
static void test_all(void)
{
    uint64_t named = 0, seen = 0;

#define TDX_FEATURE(name, bit) named |= 1ULL << (bit);
#include "abi/features0-list.h"
#undef TDX_FEATURE
    for (size_t i = 0; i < G_N_ELEMENTS(promises); i++) {
        g_test_message("%s", promises[i].name);
        g_assert_false(seen & promises[i].bit);
        g_assert_true(promises[i].more || *promises[i].leaf != END ||
                      *promises[i].tdcall != END);
        seen |= promises[i].bit;
    }
    g_assert_cmphex(seen, ==, named);
}

static uint64_t features_of(const TdxModuleConfig *cfg)
{
    SimPlatform *sim = sim_new();
    uint64_t features0;

    sim->cfg = *cfg;
    sim->info.seamverifyreport = true;
    sim_start(sim);
    features0 = sim->module->features0;
    sim_free(sim);
    return features0;
}

/* What users have: a feature whose leaves are there is told, no other is */
static void test_leaves(void)
{
    TdxModuleConfig cfg;
    uint64_t features0;
    size_t n;
    const TdxLeaf *const *leaf = tdx_leaf_table(&n);

    tdx_module_config_modelled(&cfg);
    features0 = features_of(&cfg);
    for (size_t i = 0; i < n; i++) {
        const Promise *promise = promise_of(leaf[i]->number);

        g_test_message("%s", leaf[i]->name);
        if (promise) {
            g_assert_true(!(features0 & promise->bit) == !leaf[i]->handler);
        } else {
            g_assert_true(leaf[i]->handler); /* all modules have it */
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(promises); i++) {
        for (const int *l = promises[i].tdcall; *l != END; l++) {
            g_test_message("%s", promises[i].name);
            g_assert_true(!(features0 & promises[i].bit) ==
                          !tdx_guest_leaf_find(*l)->handler);
        }
    }
}

static void check_leaf(const TdxModuleConfig *cfg, uint64_t bit, int leaf)
{
    SimPlatform *sim = sim_boot_machine(1, 1);
    bool dynamic = cfg->features0 & TDX_FEATURES0_DYNAMIC_PAMT;
    bool there;

    sim->cfg = *cfg;
    sim_start(sim);
    sim_boot_init(sim);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_CONFIG, SIM_BOOT_ARRAY, 1,
                             SIM_BOOT_HKID | (dynamic ? SIM_BOOT_DYNAMIC : 0)),
                    ==, TDX_SUCCESS);
    g_assert_cmphex(sim_leaf(sim, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0), ==,
                    TDX_SUCCESS);
    there = sim_leaf(sim, 0, leaf, 0, 0, 0) !=
            tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    g_assert_true(there == !!(sim->module->features0 & bit));
    sim_free(sim);
}

/* A module that lacks what can be left out answers as if its leaves were none */
static void test_without(void)
{
    const uint64_t optional[] = {
        TDX_FEATURES0_DYNAMIC_PAMT, TDX_FEATURES0_SYS_DISABLE,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(optional); i++) {
        for (int with = 0; with < 2; with++) {
            TdxModuleConfig cfg;

            tdx_module_config_modelled(&cfg);
            if (!with) {
                cfg.features0 &= ~optional[i];
                cfg.sys_disable &= optional[i] != TDX_FEATURES0_SYS_DISABLE;
            }
            for (size_t p = 0; p < G_N_ELEMENTS(promises); p++) {
                for (const int *l = promises[p].leaf;
                     promises[p].bit == optional[i] && *l != END; l++) {
                    check_leaf(&cfg, optional[i], *l);
                }
            }
        }
    }
}

/* TDH.MNG.INIT in a module with @features0; @flags: in RCX; @vms: L2 VMs */
static uint64_t init_td(uint64_t features0, uint64_t flags, unsigned vms)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxModuleConfig cfg = sim->cfg;
    uint64_t status;
    SimTd td;

    cfg.features0 = features0;
    tdx_module_set_config(sim->module, &cfg);
    sim_td_create(&td, sim);
    for (unsigned i = 0; i < vms; i++) {
        g_assert_cmphex(sim_td_call(&td, TDH_MNG_ADDCX, sim_td_page(&td),
                                    td.tdr, 0), ==, TDX_SUCCESS);
    }
    sim_td_write_params(&td, 0, vms);
    status = sim_td_call(&td, TDH_MNG_INIT, td.tdr | flags, SIM_TD_SHARED, 0);
    g_array_free(td.pages, true);
    sim_free(sim);
    return status;
}

/* What a TD may ask for goes by the bits, too */
static void test_td(void)
{
    const uint64_t l2 = TDX_FEATURES0_TD_PARTITIONING;
    const uint64_t events = TDX_FEATURES0_EVENT_FILTERING;
    TdxModuleConfig cfg;
    uint64_t all, modelled;

    tdx_module_config_init(&cfg);
    all = cfg.features0;
    g_assert_cmphex(all & (l2 | events), ==, l2 | events);
    tdx_module_config_modelled(&cfg);
    modelled = cfg.features0;
    g_assert_cmphex(modelled & (l2 | events), ==, 0);

    for (unsigned vms = 1; vms <= TDX_MAX_L2_VMS; vms++) {
        g_assert_cmphex(init_td(all, 0, vms), ==, TDX_SUCCESS);
        g_assert_cmphex(init_td(all & ~l2, 0, vms), ==, 0xc000010000000047);
        g_assert_cmphex(init_td(modelled, 0, vms), ==, 0xc000010000000047);
    }
    g_assert_cmphex(init_td(modelled, 0, 0), ==, TDX_SUCCESS);
    /* A list that no PERFMON makes use of; without the feature, no address */
    g_assert_cmphex(init_td(all, 1, 0), ==, TDX_SUCCESS);
    g_assert_cmphex(init_td(all & ~events, 1, 0), ==, 0xc000010000000001);
    g_assert_cmphex(init_td(modelled, 1, 0), ==, 0xc000010000000001);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/features/all", test_all);
    g_test_add_func("/features/leaves", test_leaves);
    g_test_add_func("/features/without", test_without);
    g_test_add_func("/features/td", test_td);
    return g_test_run();
}
