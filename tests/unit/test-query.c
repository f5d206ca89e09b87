/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking at a module: what is there is shown, looking changes nothing, and
 * no content however absurd does harm.
 */

#include "invariants-fixture.h"
#include "include/query.h"
#include "sim-td.h"

#define GPA 0x40000000ULL

#define ALL_OF_IT (1ULL << 52)

static TdxQueryConfig *config(SimPlatform *sim)
{
    TdxQueryConfig *cfg = g_new(TdxQueryConfig, 1);

    tdx_query_config(sim->module, cfg);
    return cfg;
}

/* --- counting -------------------------------------------------------------- */

typedef struct Sum {
    const TdxQueryConfig *cfg;
    TdxUseCounts counts;
    unsigned visits;
    uint64_t last;
} Sum;

static bool add(void *opaque, const TdxQueryRange *r)
{
    Sum *sum = opaque;

    g_assert_true(r->size == 2 * MIB || r->size == GIB);
    g_assert_true(tdx_aligned(r->hpa, r->size));
    g_assert_cmphex(r->hpa, >=, sum->last);
    sum->last = r->hpa + r->size;
    sum->visits++;
    tdx_query_count(sum->cfg, r, &sum->counts);
    return true;
}

static uint64_t pages(TdxUseCounts counts)
{
    uint64_t n = 0;

    for (int use = 0; use < TDX_NUM_USES; use++) {
        n += counts.page[use];
    }
    return n;
}

/* All of the memory, in as many portions as it takes */
static Sum sum_up(SimPlatform *sim, bool whole)
{
    g_autofree TdxQueryConfig *cfg = config(sim);
    Sum sum = { .cfg = cfg };
    uint64_t at = 0;

    while (at < ALL_OF_IT) {
        uint64_t next = tdx_query_pamt(sim->module, cfg, at, ALL_OF_IT, whole,
                                       add, &sum);

        g_assert_cmphex(next, >, at);
        at = next;
    }
    sum.cfg = NULL;
    return sum;
}

#define assert_sum(sim, want, n)                                     \
    do {                                                             \
        g_assert_cmpuint(sum_up(sim, true).counts.want, ==, n);      \
        g_assert_cmpuint(sum_up(sim, false).counts.want, ==, n);     \
    } while (0)

/* The uses that only some machines see; the rest is for the qtests */
static void test_count(const void *data)
{
    bool dynamic = data;
    SimPlatform *sim = sim_ready(1, dynamic);
    TdxTdmr *tdmr = sim_add_tdmr(sim, 16 * GIB, 4 * GIB, 2 * GIB);
    uint64_t all = 6 * GIB / (4 * KIB);

    sim_add_tdmr(sim, 64 * GIB, 2 * GIB, 3 * GIB);
    sim_reserve(tdmr, 3 * GIB + 2 * MIB - 4 * KIB, 8 * KIB);
    assert_sum(sim, page[TDX_USE_UNINITIALIZED], all);
    g_assert_cmpuint(sum_up(sim, true).visits, ==, 6);
    sim_init_tdmr(sim, tdmr);
    assert_sum(sim, page[TDX_USE_UNINITIALIZED], 2 * GIB / (4 * KIB));
    assert_sum(sim, page[TDX_USE_RSVD], 2);
    assert_sum(sim, page[TDX_USE_NDA], 4 * GIB / (4 * KIB) - 2);
    /* A GiB with a reserved area is looked at in all detail */
    g_assert_cmpuint(sum_up(sim, true).visits, ==, 5 + 512);
    g_assert_cmpuint(sum_up(sim, false).visits, ==, 6 * 512);

    /* A page of 1 GiB, which TDs cannot have yet */
    tdx_pamt_set_owner(sim_pamt_entry(sim, tdmr, TDX_LEVEL_1G, 17 * GIB),
                       TDX_PT_REG, 16 * GIB);
    assert_sum(sim, page[TDX_USE_REG_1G], GIB / (4 * KIB));
    /* Types without a meaning, on each level */
    tdx_pamt_set_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_1G, 18 * GIB), 0x1f);
    assert_sum(sim, page[TDX_USE_OTHER], GIB / (4 * KIB));
    tdx_pamt_set_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_2M, 16 * GIB),
                      TDX_PT_TDR);
    assert_sum(sim, page[TDX_USE_OTHER], GIB / (4 * KIB) + 512);
    if (!dynamic) {
        tdx_pamt_set_type(sim_pamt_entry(sim, tdmr, TDX_LEVEL_4K,
                                         16 * GIB + 2 * MIB), TDX_PT_PAMT);
        assert_sum(sim, page[TDX_USE_OTHER], GIB / (4 * KIB) + 513);
    }
    g_assert_cmpuint(pages(sum_up(sim, true).counts), ==, all);
    sim_free(sim);
}

/* Parts of the memory; one that is not whole is taken in small steps */
static void test_part(void)
{
    SimPlatform *sim = sim_ready(1, true);
    g_autofree TdxQueryConfig *cfg = NULL;
    static const struct {
        uint64_t base, end;
        uint64_t pages;
    } parts[] = {
        { 0, 16 * GIB, 0 },
        { 20 * GIB, ALL_OF_IT, 0 },
        { 0, 16 * GIB + 2 * MIB, 512 },
        { 17 * GIB - 2 * MIB, 18 * GIB + 2 * MIB, 512 + 512 * 512 + 512 },
        { 19 * GIB, ALL_OF_IT, 512 * 512 },
        { 17 * GIB, 17 * GIB, 0 },
        { 18 * GIB, 17 * GIB, 0 },
    };

    sim_init_tdmr(sim, sim_add_tdmr(sim, 16 * GIB, 4 * GIB, 2 * GIB));
    cfg = config(sim);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        Sum sum = { .cfg = cfg };

        g_assert_cmphex(tdx_query_pamt(sim->module, cfg, parts[i].base,
                                       parts[i].end, true, add, &sum), ==,
                        parts[i].end);
        g_assert_cmpuint(pages(sum.counts), ==, parts[i].pages);
    }
    sim_free(sim);
}

/* One call looks at a part of a large machine, and says where it has ended */
static void test_large(void)
{
    SimPlatform *sim = sim_ready(1, true);
    g_autofree TdxQueryConfig *cfg = NULL;
    Sum sum = { 0 };
    uint64_t at;

    sim_add_tdmr(sim, 16 * GIB, 4096 * GIB, 2 * GIB);
    sum.cfg = cfg = config(sim);
    at = tdx_query_pamt(sim->module, cfg, 0, ALL_OF_IT, false, add, &sum);
    g_assert_cmphex(at, <, 4096 * GIB);
    g_assert_cmphex(at, ==, sum.last);
    g_assert_cmphex(at, ==, 16 * GIB + sum.visits * 2 * MIB);
    g_assert_cmpuint(pages(sum_up(sim, false).counts), ==, GIB);
    /* In whole GiB it is no work */
    memset(&sum, 0, sizeof(sum));
    sum.cfg = cfg;
    at = tdx_query_pamt(sim->module, cfg, 0, ALL_OF_IT, true, add, &sum);
    g_assert_cmphex(at, ==, ALL_OF_IT);
    g_assert_cmpuint(sum.visits, ==, 4096);
    sim_free(sim);
}

/* Before TDH.SYS.CONFIG has succeeded there is nothing, whatever it began */
static void test_config(void)
{
    static const uint8_t with[] = {
        TDX_SYSCONFIG_DONE, TDX_SYS_READY_STATE, TDX_SYS_SHUTDOWN_STATE,
    };
    static const uint8_t without[] = {
        TDX_SYSINIT_PENDING, TDX_SYSINIT_DONE, TDX_SYS_DISABLING_STATE,
    };
    SimPlatform *sim = sim_ready(1, true);

    sim_add_tdmr(sim, 16 * GIB, 4 * GIB, 2 * GIB);
    for (size_t i = 0; i < G_N_ELEMENTS(with); i++) {
        g_autofree TdxQueryConfig *cfg = NULL;

        sim->module->st.sys_state = with[i];
        cfg = config(sim);
        g_assert_cmpuint(cfg->num_tdmrs, ==, 1);
        g_assert_cmphex(cfg->tdmr[0].size, ==, 4 * GIB);
        g_assert_true(cfg->dynamic_pamt);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(without); i++) {
        g_autofree TdxQueryConfig *cfg = NULL;

        sim->module->st.sys_state = without[i];
        cfg = config(sim);
        g_assert_cmpuint(cfg->num_tdmrs, ==, 0);
        g_assert_false(cfg->dynamic_pamt);
    }
    sim_free(sim);
}

/* --- changes meanwhile ----------------------------------------------------- */

#define PAIR (SIM_TD_BASE + 512 * MIB)

/* The machine under change; looking calls back, with no other argument */
static struct {
    SimPlatform *sim;
    bool (*blank)(void *opaque, uint64_t hpa);
    unsigned times; /* that the pair is still to be changed */
} change;

static void must(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    ASSERT_OK(sim_call_status(change.sim, 0, leaf, rcx, rdx, r8));
}

/*
 * Whoever is about to read the pair's first page finds that it has another
 * use since: entries of TDRs, by chance.
 */
static bool change_pair(void *opaque, uint64_t hpa)
{
    static unsigned turn;

    if (change.times && hpa == PAIR + turn * 8 * KIB) {
        TdxPamtEntry *e;

        change.times--;
        must(TDH_PHYMEM_PAMT_REMOVE, FREE | TDX_LEVEL_2M, 0, 0);
        e = sim_private_entry(change.sim, hpa);
        for (unsigned i = 0; i < 256; i++) {
            tdx_pamt_set_type(&e[i], TDX_PT_TDR);
        }
        turn ^= 1;
        must(TDH_PHYMEM_PAMT_ADD, FREE | TDX_LEVEL_2M, PAIR + turn * 8 * KIB,
             PAIR + turn * 8 * KIB + 4 * KIB);
    }
    return change.blank(opaque, hpa);
}

static void test_changes(void)
{
    TdxPlatformOps ops;
    TdxUseCounts counts;
    Fixture f;

    set_up(&f);
    change.sim = f.sim;
    must(TDH_PHYMEM_PAMT_ADD, FREE | TDX_LEVEL_2M, PAIR, PAIR + 4 * KIB);
    change.blank = f.m->ops->private_blank;
    ops = *f.m->ops;
    ops.private_blank = change_pair;
    f.m->ops = &ops;
    counts = sum_up(f.sim, true).counts;
    g_assert_cmpuint(counts.page[TDX_USE_TDR], ==, 1);
    /* Once or twice are made up for */
    for (unsigned times = 1; times <= 2; times++) {
        TdxUseCounts again;

        change.times = times;
        again = sum_up(f.sim, true).counts;
        g_assert_cmpuint(change.times, ==, 0);
        g_assert_cmpmem(&again, sizeof(again), &counts, sizeof(counts));
    }
    /* Who never gets to see it whole says so */
    change.times = 1000;
    counts = sum_up(f.sim, true).counts;
    g_assert_cmpuint(change.times, >, 900);
    g_assert_cmpuint(counts.page[TDX_USE_TDR], ==, 1);
    g_assert_cmpuint(counts.page[TDX_USE_OTHER], ==, 512);
    change.times = 0;
    tear_down(&f);
}

/* --- a TD ------------------------------------------------------------------ */

static void test_td(void)
{
    g_autofree TdxQueryConfig *cfg = NULL;
    g_autofree TdxQueryTd *td = g_new(TdxQueryTd, 1);
    TdxQueryVcpu vcpu;
    uint64_t before;
    Fixture f;

    set_up(&f);
    before = f.sim->private.num_pages;
    cfg = config(f.sim);
    g_assert_true(tdx_query_td(f.m, cfg, f.td.tdr, td));
    g_assert_true(td->has_op_state);
    g_assert_cmpuint(td->hkid, ==, SIM_TD_HKID);
    g_assert_cmpuint(td->op_state, ==, TDX_OP_RUNNABLE);
    g_assert_cmpmem(td->mrtd, TDX_MR_SIZE, f.tdcs->mrtd, TDX_MR_SIZE);
    g_assert_true(tdx_query_vcpu(f.m, cfg, td, f.td.vcpu, &vcpu));
    g_assert_cmpuint(vcpu.state, ==, TDX_VCPU_READY);
    /* What is no TDR and no TDVPR */
    g_assert_false(tdx_query_vcpu(f.m, cfg, td, f.page, &vcpu));
    g_assert_false(tdx_query_td(f.m, cfg, f.td.vcpu, td));
    g_assert_false(tdx_query_td(f.m, cfg, FREE, td));
    g_assert_false(tdx_query_td(f.m, cfg, 0, td));
    g_assert_false(tdx_query_td(f.m, cfg, UINT64_MAX, td));
    g_assert_false(tdx_query_td(f.m, cfg, UINT64_MAX & ~7ULL, td));
    /* States that there are not */
    f.tdr->lifecycle = TDX_TD_TEARDOWN + 1;
    g_assert_false(tdx_query_td(f.m, cfg, f.td.tdr, td));
    f.tdr->lifecycle = TDX_TD_KEYS_CONFIGURED;
    f.tdcs->op_state = TDX_OP_START_IMPORT + 1;
    g_assert_true(tdx_query_td(f.m, cfg, f.td.tdr, td));
    g_assert_false(td->has_op_state);
    g_assert_false(tdx_query_vcpu(f.m, cfg, td, f.td.vcpu, &vcpu));
    /* The key is gone: what was encrypted with it cannot be read */
    f.tdcs->op_state = TDX_OP_RUNNABLE;
    f.tdr->lifecycle = TDX_TD_TEARDOWN;
    g_assert_true(tdx_query_td(f.m, cfg, f.td.tdr, td));
    g_assert_false(td->has_op_state);

    sum_up(f.sim, true);
    sum_up(f.sim, false);
    g_assert_cmpuint(f.sim->private.num_pages, ==, before);
    tear_down(&f);
}

/* --- anything -------------------------------------------------------------- */

typedef struct Finder {
    SimPlatform *sim;
    const TdxQueryConfig *cfg;
} Finder;

static bool look_closely(void *opaque, const TdxQueryRange *r)
{
    Finder *finder = opaque;
    TdxUseCounts counts = { 0 };
    TdxQueryTd td;
    TdxQueryVcpu vcpu;

    tdx_query_count(finder->cfg, r, &counts);
    for (unsigned i = 0; i < TDX_PAMT_CHILDREN; i++) {
        uint64_t hpa = r->hpa + i * TDX_PAGE_4K;

        if (tdx_query_use(finder->cfg, r, i) == TDX_USE_TDR &&
            tdx_query_td(finder->sim->module, finder->cfg, hpa, &td)) {
            tdx_query_vcpu(finder->sim->module, finder->cfg, &td, hpa,
                           &vcpu);
        }
    }
    return true;
}

/* Random words over the module's state, its PAMT and a TD's own pages */
static void test_absurd(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);

    for (int round = 0; round < 60; round++) {
        g_autofree TdxQueryConfig *cfg = NULL;
        Finder finder;
        uint64_t *target[4];
        size_t words[4];
        Fixture f;

        set_up(&f);
        target[0] = (uint64_t *)f.tdmr;
        words[0] = sizeof(*f.tdmr) / 8;
        target[1] = (uint64_t *)sim_pamt_entry(f.sim, f.tdmr, TDX_LEVEL_2M,
                                               SIM_TD_BASE);
        words[1] = 32;
        target[2] = (uint64_t *)f.tdr;
        words[2] = sizeof(*f.tdr) / 8;
        target[3] = (uint64_t *)f.tdcs;
        words[3] = sizeof(*f.tdcs) / 8;
        for (int i = 0; i < 12; i++) {
            int t = g_rand_int_range(rand, 0, 4);

            target[t][g_rand_int_range(rand, 0, words[t])] ^=
                1ULL << g_rand_int_range(rand, 0, 64);
        }
        if (round % 4 == 0) {
            f.m->st.num_tdmrs = UINT32_MAX;
        }
        cfg = config(f.sim);
        finder = (Finder) { f.sim, cfg };
        g_assert_cmpuint(cfg->num_tdmrs, <=, TDX_MAX_TDMRS);
        tdx_query_pamt(f.m, cfg, 0, ALL_OF_IT, true, look_closely, &finder);
        tdx_query_pamt(f.m, cfg, 0, ALL_OF_IT, false, look_closely, &finder);
        tear_down(&f);
    }
}

/* --- Secure EPT ------------------------------------------------------------ */

static void test_sept(void)
{
    SimPlatform *sim = sim_td_machine(1);
    g_autofree TdxQueryConfig *cfg = NULL;
    TdxQuerySept sept[TDX_QUERY_SEPT_LEVELS];
    uint64_t page;
    SimCall call;
    SimTd td;

    sim_td_build(&td, sim, 0);
    cfg = config(sim);
    g_assert_cmpuint(tdx_query_sept(sim->module, cfg, td.tdr, GPA, sept), ==,
                     1);
    g_assert_cmpuint(sept[0].level, ==, 3);
    g_assert_cmpuint(sept[0].state, ==, TDX_SEPT_FREE);
    g_assert_false(sept[0].has_hpa);

    sim_td_tables(&td, GPA);
    page = sim_td_page(&td);
    g_assert_cmphex(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0), ==, 0);
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_MEM_PAGE_AUG, GPA, td.tdr,
                             page), ==, 0);
    g_assert_cmpuint(tdx_query_sept(sim->module, cfg, td.tdr,
                                    GPA | 1ULL << 47 | 0x123, sept), ==, 4);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpuint(sept[i].state, ==, TDX_SEPT_NL_MAPPED);
        g_assert_cmphex(sept[i].hpa, ==, sept[i + 1].table);
    }
    g_assert_cmpuint(sept[3].state, ==, TDX_SEPT_PENDING);
    g_assert_cmpuint(sept[3].level, ==, 0);
    g_assert_cmphex(sept[3].hpa, ==, page);
    /* What is no TD has none */
    g_assert_cmpuint(tdx_query_sept(sim->module, cfg, page, GPA, sept), ==,
                     0);
    g_assert_cmpuint(tdx_query_sept(sim->module, cfg, 1ULL << 51, GPA, sept),
                     ==, 0);
    sim_td_destroy(&td);
    g_assert_cmpuint(tdx_query_sept(sim->module, cfg, td.tdr, GPA, sept), ==,
                     0);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/query/count/static", NULL, test_count);
    g_test_add_data_func("/query/count/dynamic", "dynamic", test_count);
    g_test_add_func("/query/part", test_part);
    g_test_add_func("/query/large", test_large);
    g_test_add_func("/query/config", test_config);
    g_test_add_func("/query/changes", test_changes);
    g_test_add_func("/query/td", test_td);
    g_test_add_func("/query/absurd", test_absurd);
    g_test_add_func("/query/sept", test_sept);
    return g_test_run();
}
