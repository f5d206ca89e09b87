/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TD_PARAMS: rules that recorded conversations do not reach, and the state of
 * a TD after TDH.MNG.INIT has refused or accepted it (TD life cycle 4.4).
 */

#include "sim-td.h"
#include "sys/cpuid.h"
#include "td/td-params.h"

#define PARAMS SIM_TD_SHARED

#define INVALID(id) (TDX_OPERAND_INVALID | (id))

/* Byte offsets in TD_PARAMS */
#define ATTRIBUTES 0
#define XFAM       8
#define MAX_VCPUS  16 /* with NUM_L2_VMS and MSR_CONFIG_CTLS */
#define EPTP       24
#define FLAGS      32
#define TSC        40
#define ARCH_CAP   224
#define ARCH_CAP_USED 0x1000004 /* of MAX_VCPUS: MSR_CONFIG_CTLS is 1 */
#define CPUID(i)     (256 + 16 * (i)) /* EAX and EBX */
#define CPUID_CD(i)  (CPUID(i) + 8)

/* Entries of CPUID_CONFIG */
#define FMS      0
#define FEATURES 5
#define PA_BITS  9
#define EXT_PERFMON 11
#define TOPOLOGY 12
#define KEY_LOCKER  18
#define TLB         19

#define HLE (1ULL << (32 + 4))
#define RTM (1ULL << (32 + 11))

#define MIGRATABLE (1ULL << 29)

typedef struct Case {
    const char *name;
    uint64_t status;
    uint64_t rcx;
    struct {
        unsigned at;
        uint64_t value;
    } set[4];
} Case;

static const Case cases[] = {
    { "good", 0 },
    { "five-levels", 0, 0, { { EPTP, 0x26 } } },
    { "gpaw", 0, 0, { { EPTP, 0x26 }, { FLAGS, 1 } } },
    { "gpaw-four-levels", INVALID(67), 0, { { FLAGS, 1 } } },
    { "maxpa-and-maxgpa", INVALID(66), 0, { { FLAGS, 0x18 } } },
    { "xfam-avx512-alone", INVALID(65), 0, { { XFAM, 0xe3 } } },
    { "xfam-avx512-part", INVALID(65), 0, { { XFAM, 0x67 } } },
    { "xfam-cet-part", INVALID(65), 0, { { XFAM, 0x803 } } },
    { "xfam-amx-part", INVALID(65), 0, { { XFAM, 0x20003 } } },
    { "debug-migratable", INVALID(64), 0, { { ATTRIBUTES, 0x20000001 } } },
    { "perfmon-icssd", INVALID(64), 0,
      { { ATTRIBUTES, 0x8000000000010000 } } },
    { "l2-without-pages", TDX_TDCS_NOT_ALLOCATED, 0,
      { { MAX_VCPUS, 0x10004 } } },
    { "arch-cap-unused", INVALID(72), 0, { { ARCH_CAP, 0x10 } } },
    { "arch-cap", 0, 0,
      { { MAX_VCPUS, ARCH_CAP_USED }, { ARCH_CAP, 0x1180010 } } },
    { "arch-cap-bad", INVALID(72), 0,
      { { MAX_VCPUS, ARCH_CAP_USED }, { ARCH_CAP, 0x1 } } },
    { "arch-cap-after-the-rest", INVALID(TDX_RDX), 0,
      { { ARCH_CAP, 0x1 }, { 1016, 1 } } },
    /* Of two wrong leaves, not always the first of CPUID_CONFIG is told */
    { "cpuid-order-topology", INVALID(69), 0x1f,
      { { CPUID(EXT_PERFMON), 0x10 }, { CPUID(TOPOLOGY), 0x20 } } },
    { "cpuid-order-perfmon", INVALID(69), 0x23,
      { { CPUID(EXT_PERFMON), 0x10 }, { CPUID(TLB), 1 } } },
    { "cpuid-order-key-locker", INVALID(69), 0xffffffff00000019,
      { { CPUID(TOPOLOGY), 0x20 }, { CPUID(KEY_LOCKER), 1 } } },
    { "cpuid-order-addresses", INVALID(69), 0xffffffff80000008,
      { { CPUID_CD(PA_BITS), 1 }, { CPUID(TOPOLOGY), 0x20 } } },
    { "hle-alone", INVALID(69), 0x7, { { CPUID(FEATURES), HLE } } },
    { "rtm-alone", INVALID(69), 0x7, { { CPUID(FEATURES), RTM } } },
    { "tsx-no-control", TDX_INCORRECT_MSR_VALUE | 0x10a, 0,
      { { CPUID(FEATURES), HLE | RTM } } },
    { "tsx-off", 0, 0, { { CPUID(FEATURES), 0 } } },
    { "fms-older-stepping", INVALID(69), 0xffffffff00000001,
      { { CPUID(FMS), 0xc06f1 } } },
    { "fms-migratable-stepping", 0, 0,
      { { CPUID(FMS), 0xc06f1 }, { ATTRIBUTES, MIGRATABLE } } },
    { "fms-migratable-next", INVALID(69), 0xffffffff00000001,
      { { CPUID(FMS), 0xc06f3 }, { ATTRIBUTES, MIGRATABLE } } },
    { "fms-migratable-older", 0, 0,
      { { CPUID(FMS), 0x806f8 }, { ATTRIBUTES, MIGRATABLE } } },
    { "fms-migratable-newer", INVALID(69), 0xffffffff00000001,
      { { CPUID(FMS), 0xa06d1 }, { ATTRIBUTES, MIGRATABLE } } },
    { "pa-bits-low", INVALID(69), 0,
      { { FLAGS, 8 }, { CPUID(PA_BITS), 44 } } },
    { "pa-bits-lowest", 0, 0, { { FLAGS, 8 }, { CPUID(PA_BITS), 45 } } },
    { "pa-bits-high", INVALID(69), 0,
      { { FLAGS, 8 }, { CPUID(PA_BITS), 49 } } },
    { "pa-bits-unused", 0, 0, { { CPUID(PA_BITS), 10 } } },
    { "topology", 0, 0,
      { { CPUID(TOPOLOGY), 0x200000001 }, { CPUID_CD(TOPOLOGY), 0x100 },
        { CPUID(TOPOLOGY + 1), 0x400000002 },
        { CPUID_CD(TOPOLOGY + 1), 0x201 } } },
    { "topology-no-core", TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED, 0,
      { { CPUID(TOPOLOGY), 0x200000001 }, { CPUID_CD(TOPOLOGY), 0x100 } } },
    { "topology-gap", TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED, 0,
      { { CPUID(TOPOLOGY + 1), 0x400000002 },
        { CPUID_CD(TOPOLOGY + 1), 0x201 } } },
    { "topology-die-group", TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED, 0,
      { { CPUID(TOPOLOGY), 0x400000002 }, { CPUID_CD(TOPOLOGY), 0x200 },
        { CPUID_CD(TOPOLOGY + 1), 0x601 } } },
    { "topology-die", 0, 0,
      { { CPUID(TOPOLOGY), 0x400000002 }, { CPUID_CD(TOPOLOGY), 0x200 },
        { CPUID_CD(TOPOLOGY + 1), 0x501 } } },
    { "topology-behind-the-end", 0, 0,
      { { CPUID_CD(TOPOLOGY), 0x200 }, { CPUID(TOPOLOGY + 1), 0x400000002 },
        { CPUID_CD(TOPOLOGY + 2), 0x202 } } },
    { "topology-late-core", TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED, 0,
      { { CPUID_CD(TOPOLOGY), 0x100 }, { CPUID_CD(TOPOLOGY + 2), 0x202 } } },
    { "topology-late-smt", TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED, 0,
      { { CPUID_CD(TOPOLOGY), 0x200 }, { CPUID_CD(TOPOLOGY + 2), 0x102 } } },
    { "reserved-end", INVALID(TDX_RDX), 0, { { 1016, 1 } } },
};

static void good_params(SimTd *td)
{
    sim_write64(td->sim, PARAMS + XFAM, 3);
    sim_write64(td->sim, PARAMS + MAX_VCPUS, 4);
    sim_write64(td->sim, PARAMS + EPTP, 0x1e);
    sim_write64(td->sim, PARAMS + TSC, 40);
}

static SimTd *new_td(void)
{
    SimTd *td = g_new0(SimTd, 1);
    SimPlatform *sim = sim_td_machine(1);
    uint32_t *native;

    /* A real processor's name, and one that has TSX */
    sim->module->plat.pkg_fms[0] = 0xc06f2;
    native = (uint32_t *)tdx_native_cpuid(sim->module, 7, 0);
    native[TDX_CPUID_EBX] |= (HLE | RTM) >> 32;
    sim_td_create(td, sim);
    good_params(td);
    return td;
}

static uint64_t init(SimTd *td, uint64_t *rcx)
{
    SimCall call;
    uint64_t status = sim_call(td->sim, 0, &call, TDH_MNG_INIT, td->tdr, PARAMS,
                               0);

    *rcx = call.gpr[TDX_RCX];
    return status;
}

static void test_case(gconstpointer data)
{
    const Case *c = data;
    SimTd *td = new_td();
    uint64_t rcx;

    for (gsize i = 0; i < G_N_ELEMENTS(c->set); i++) {
        if (c->set[i].at || c->set[i].value) {
            sim_write64(td->sim, PARAMS + c->set[i].at, c->set[i].value);
        }
    }
    g_assert_cmphex(init(td, &rcx), ==, c->status);
    g_assert_cmphex(rcx, ==, c->rcx);
    if (c->status) {
        /* A refusal is no end: the host may correct itself */
        g_assert_cmpuint(td->sim->module->st.td_build_count, ==, 0);
        for (gsize i = 0; i < G_N_ELEMENTS(c->set); i++) {
            sim_write64(td->sim, PARAMS + c->set[i].at, 0);
        }
        good_params(td);
        g_assert_cmphex(init(td, &rcx), ==, 0);
    }
    g_assert_cmpuint(td->sim->module->st.td_build_count, ==, 1);
    sim_td_free(td);
}

#define UMASK_COMPARED (0xffffULL << 48)

static void test_event_filters(void)
{
    static const struct {
        uint64_t filter[3];
        uint64_t status;
    } lists[] = {
        { { 0 }, TDX_EVENT_FILTER_INVALID },
        { { UMASK_COMPARED, UMASK_COMPARED | 1 },
          TDX_EVENT_FILTER_INVALID | 2 },
        { { UMASK_COMPARED, UMASK_COMPARED | 1ULL << 31 },
          TDX_EVENT_FILTER_INVALID | 1 },
        { { UMASK_COMPARED, UMASK_COMPARED | 1ULL << 40 },
          TDX_EVENT_FILTER_INVALID | 1 },
        { { UMASK_COMPARED | 2, UMASK_COMPARED | 3, UMASK_COMPARED | 3 },
          TDX_EVENT_FILTER_ORDER_INVALID | 2 },
        { { UMASK_COMPARED | 1ULL << 32, UMASK_COMPARED | 0xff },
          TDX_EVENT_FILTER_ORDER_INVALID | 1 },
        { { UMASK_COMPARED | 2, UMASK_COMPARED | 3,
            UMASK_COMPARED | 1ULL << 32 }, 0 },
    };
    SimTd *td = new_td();
    uint64_t list = SIM_TD_SHARED + 4 * KIB;

    sim_write64(td->sim, PARAMS + ATTRIBUTES, 1ULL << 63);
    for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (gsize n = 0; n < G_N_ELEMENTS(lists[i].filter); n++) {
            sim_write64(td->sim, list + 8 * n, lists[i].filter[n]);
        }
        g_assert_cmphex(sim_td_call(td, TDH_MNG_INIT, td->tdr | 1, PARAMS,
                                    list + 3), ==, lists[i].status);
    }
    sim_td_free(td);
}

/* As many as there can be: nothing behind the last is looked at */
static void test_all_event_filters(void)
{
    SimTd *td = new_td();
    uint64_t list = SIM_TD_SHARED + 4 * KIB;

    for (unsigned n = 0; n < TDX_MAX_EVENT_FILTERS; n++) {
        sim_write64(td->sim, list + 8 * n,
                    UMASK_COMPARED | (uint64_t)(n >> 8) << 32 | (n & 0xff));
    }
    sim_write64(td->sim, PARAMS + ATTRIBUTES, 1ULL << 63);
    g_assert_cmphex(sim_td_call(td, TDH_MNG_INIT, td->tdr | 1, PARAMS,
                                list + TDX_MAX_EVENT_FILTERS), ==, 0);
    sim_td_free(td);
}

/*
 * TD life cycle 4.4, step 14: the virtual TSC runs at 25 MHz times
 * TSC_FREQUENCY, 40 here, however fast the processor's is.
 */
static void test_tsc(void)
{
    static const struct {
        uint32_t ratio, crystal_hz;
        uint64_t multiplier; /* 48 bits of fraction */
    } natives[] = {
        { 80, 25000000, 1ULL << 47 },
        { 40, 25000000, 1ULL << 48 },
        { 10, 25000000, 1ULL << 50 },
        { 80, 0, 1ULL << 48 }, /* not told: taken to be as fast */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(natives); i++) {
        SimPlatform *sim = sim_td_machine(1);
        SimTd td;

        sim_add_cpuid(sim, 0x15, SIM_NO_SUBLEAF, 1, natives[i].ratio,
                      natives[i].crystal_hz, 0);
        tdx_sample_cpuid(sim->module, 0);
        sim->tsc = 4000;
        sim_td_build(&td, sim, 0);
        g_assert_cmphex(sim_td_tdcs(&td)->tsc_multiplier, ==,
                        natives[i].multiplier);
        g_assert_cmphex(sim_td_tdcs(&td)->tsc_offset, ==,
                        -(4000 * (natives[i].multiplier >> 40) >> 8));
        sim_td_destroy(&td);
        sim_free(sim);
    }
}

static void test_event_filter_operand(void)
{
    SimTd *td = new_td();
    uint64_t list = SIM_TD_SHARED + 4 * KIB;

    sim_write64(td->sim, PARAMS + ATTRIBUTES, 1ULL << 63);
    g_assert_cmphex(sim_td_call(td, TDH_MNG_INIT, td->tdr | 1, PARAMS, list),
                    ==, INVALID(TDX_R8));
    g_assert_cmphex(sim_td_call(td, TDH_MNG_INIT, td->tdr | 1, PARAMS,
                                list + 513),
                    ==, INVALID(TDX_R8));
    g_assert_cmphex(sim_td_call(td, TDH_MNG_INIT, td->tdr | 1, PARAMS,
                                (list + 1) | 1ULL << 52),
                    ==, INVALID(TDX_R8));
    g_assert_cmphex(sim_td_call(td, TDH_MNG_INIT, td->tdr | 1, PARAMS,
                                list + 1),
                    ==, TDX_EVENT_FILTER_INVALID);
    /* Without PERFMON nobody looks at it */
    sim_write64(td->sim, PARAMS + ATTRIBUTES, 0);
    g_assert_cmphex(sim_td_call(td, TDH_MNG_INIT, td->tdr | 1, PARAMS, list),
                    ==, 0);
    sim_td_free(td);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/td-params/%s",
                                                cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/td-params/event-filters", test_event_filters);
    g_test_add_func("/td-params/event-filters/operand",
                    test_event_filter_operand);
    g_test_add_func("/td-params/event-filters/all", test_all_event_filters);
    g_test_add_func("/td-params/tsc", test_tsc);
    return g_test_run();
}
