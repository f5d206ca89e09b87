/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The CPUID that guests of TDs see.  The values follow, bit by bit, from the
 * native ones of the machine below, from what the module's lookup tables say
 * of release 1.5.25, and from the TD's parameters.
 */

#include "sim-td.h"
#include "sys/cpuid.h"
#include "metadata/td-fields.h"

#define NONE SIM_NO_SUBLEAF
#define END  UINT32_MAX

#define MAXPA_VIRT   (1ULL << 3)
#define MAXGPA_VIRT  (1ULL << 4)

#define MAX_CONFIG 12

/* A TD's parameters; what is not named in @config is zero */
typedef struct TdCase {
    uint64_t attributes;
    uint64_t xfam;
    uint64_t config_flags;
    SimCpuid config[MAX_CONFIG]; /* the first with leaf END ends */
} TdCase;

static SimPlatform *machine(void)
{
    SimPlatform *sim = sim_td_machine(1);

    /* Highest leaves beyond those of TDs */
    sim_add_cpuid(sim, 0x0, NONE, 0x24, 0x756e6547, 0x6c65746e, 0x49656e69);
    sim_add_cpuid(sim, 0x6, NONE, 0xff, 0xff, 0xff, 0xff);
    /* Five levels of paging, LASS and leaf 0x23 */
    sim_add_cpuid(sim, 0x7, 0, 2, 0xf3bfb7ef, 0xfb417ffe, 0xffdd4432);
    sim_add_cpuid(sim, 0x7, 1, 0x1d70, 0xff, 0xff, 0);
    sim_add_cpuid(sim, 0x1a, NONE, 0x40000001, 5, 6, 7);
    /* The x2APIC id in EDX is for a vCPU to have */
    sim_add_cpuid(sim, 0x1f, 0, 1, 2, 0x100, 0x33);
    sim_add_cpuid(sim, 0x1f, 1, 4, 0x10, 0x201, 0x33);
    sim_add_cpuid(sim, 0x23, 0, 0xff, 0x3, 0xff, 0xff);
    sim_add_cpuid(sim, 0x23, 1, 0xff, 0x7, 0xff, 0xff);
    sim_add_cpuid(sim, 0x23, 2, 0xff, 0xff, 0xff, 0xff);
    sim_add_cpuid(sim, 0x23, 3, 0xff, 0xff, 0xff, 0xff);
    sim_add_cpuid(sim, 0x80000000, NONE, 0x8000001f, 0, 0, 0);
    sim_add_cpuid(sim, 0x80000006, NONE, 0xff, 0, 0x8008080, 0);
    tdx_sample_cpuid(sim->module, 0);
    return sim;
}

static void write_config(SimPlatform *sim, const SimCpuid *config)
{
    for (; config->leaf != END; config++) {
        const TdxCpuidConfig *entry = tdx_cpuid_config_of(config->leaf,
                                                          config->subleaf);
        uint64_t at;

        g_assert_nonnull(entry);
        at = SIM_TD_SHARED + 256 + (entry - tdx_cpuid_config) * 16;
        sim_write64(sim, at, (uint64_t)config->regs[1] << 32 |
                             config->regs[0]);
        sim_write64(sim, at + 8, (uint64_t)config->regs[3] << 32 |
                                 config->regs[2]);
    }
}

static uint64_t read_half(SimTd *td, uint32_t leaf, uint32_t subleaf,
                          unsigned half)
{
    uint64_t code = (uint64_t)(leaf >> 31) << 16 | (leaf & 0x7f) << 9 |
                    (subleaf == NONE ? 0xff : subleaf) << 1 | half;

    return sim_td_field(td, 0x9410000300000000 | code);
}

/* One TD with these parameters, and what its guest sees */
static void check_td(const TdCase *param, const SimCpuid *expected)
{
    SimPlatform *sim = machine();
    uint64_t params = SIM_TD_SHARED;
    SimTd td;

    sim_td_create(&td, sim);
    sim_write64(sim, params, param->attributes);
    sim_write64(sim, params + 8, param->xfam);
    sim_write64(sim, params + 16, 4);
    sim_write64(sim, params + 24, 0x1e);
    sim_write64(sim, params + 32, param->config_flags);
    sim_write64(sim, params + 40, 40);
    write_config(sim, param->config);
    g_assert_cmphex(sim_td_call(&td, TDH_MNG_INIT, td.tdr, params, 0), ==, 0);
    for (; expected->leaf != END; expected++) {
        const uint32_t *regs = expected->regs;

        g_test_message("leaf 0x%x.0x%x", expected->leaf, expected->subleaf);
        g_assert_cmphex(read_half(&td, expected->leaf, expected->subleaf, 0),
                        ==, (uint64_t)regs[1] << 32 | regs[0]);
        g_assert_cmphex(read_half(&td, expected->leaf, expected->subleaf, 1),
                        ==, (uint64_t)regs[3] << 32 | regs[2]);
    }
    sim_td_destroy(&td);
    sim_free(sim);
}

/* x87 and SSE, no attribute, nothing of CPUID configured */
static void test_poor(void)
{
    static const TdCase param = { 0, 0x3, 0, { { END } } };
    static const SimCpuid expected[] = {
        { 0x0, NONE, { 0x23, 0x756e6547, 0x6c65746e, 0x49656e69 } },
        { 0x1, NONE, { 0xc06f2, 0x800, 0xc6faa217, 0x7a9ab7f } },
        { 0x2, NONE, { 0xfeff01, 0, 0, 0 } },
        { 0x3, NONE, { 0, 0, 0, 0 } },
        { 0x4, 0, { 0, 0x3f, 0, 0 } },
        { 0x4, 3, { 0, 0x3f, 0, 0 } },
        { 0x4, 4, { 0, 0, 0, 0 } },
        { 0x5, NONE, { 0, 0, 0, 0 } },
        { 0x6, NONE, { 0x4, 0, 0, 0 } },
        { 0x7, 0, { 0x2, 0x219424c1, 0x19000000, 0xbc000400 } },
        { 0x7, 1, { 0, 0, 0, 0 } },
        { 0x7, 2, { 0, 0, 0, 0x17 } },
        { 0xa, NONE, { 0, 0, 0, 0 } },
        /* From the processor's leaf 0x1F */
        { 0xb, 0, { 1, 2, 0x100, 0 } },
        { 0xb, 1, { 4, 0x10, 0x201, 0 } },
        { 0xb, 2, { 0, 0, 0x2, 0 } },
        { 0xd, 0, { 0x3, 0, 576, 0 } },
        { 0xd, 1, { 0xf, 0, 0, 0 } },
        { 0xd, 2, { 0, 0, 0, 0 } },
        { 0xd, 18, { 0, 0, 0, 0 } },
        { 0x14, 0, { 0, 0, 0, 0 } },
        { 0x14, 1, { 0, 0, 0, 0 } },
        { 0x15, NONE, { 1, 40, 25000000, 0 } },
        { 0x1a, NONE, { 0x40000001, 0, 0, 0 } },
        { 0x1c, NONE, { 0, 0, 0, 0 } },
        { 0x1d, 1, { 0, 0, 0, 0 } },
        { 0x1e, NONE, { 0, 0x4010, 0, 0 } },
        { 0x1f, 0, { 1, 2, 0x100, 0 } },
        { 0x1f, 1, { 4, 0x10, 0x201, 0 } },
        { 0x1f, 5, { 0, 0, 0x5, 0 } },
        { 0x21, 0, { 0, 0x65746e49, 0x20202020, 0x5844546c } },
        { 0x23, 0, { 0, 0, 0, 0 } },
        { 0x80000000, NONE, { 0x80000008, 0, 0, 0 } },
        { 0x80000001, NONE, { 0, 0, 0x121, 0x2c100000 } },
        { 0x80000002, NONE, { 0x65746e49, 0x58204454, 0x6c202020, 0 } },
        { 0x80000006, NONE, { 0, 0, 0x8007040, 0 } },
        { 0x80000007, NONE, { 0, 0, 0, 0x100 } },
        { 0x80000008, NONE, { 0x3034, 0, 0, 0 } },
        { END },
    };

    check_td(&param, expected);
}

/* Whatever the processor has */
static void test_rich(void)
{
    static const TdCase param = {
        TDX_ATTR_LASS | TDX_ATTR_PKS | TDX_ATTR_PERFMON, 0x6dbe7, MAXGPA_VIRT, {
            { 0x1, NONE, { 0, 0x40000, 0x31044d88, 0xb8445080 } },
            { 0x4, 1, { 0xffffc3ff, 0xfffff000, 0xffffffff, 0x7 } },
            { 0x7, 0, { 0, 0xdc2b9b18, 0x2417f65, 0x4005411c } },
            { 0x7, 1, { 0x4881db0, 0, 0, 0x24430 } },
            { 0x1c, NONE, { 0xff, 0, 0, 0 } },
            { 0x1f, 0, { 3, 8, 0x200, 0 } },
            { 0x1f, 1, { 5, 0x20, 0x501, 0 } },
            { 0x23, 0, { 0x7, 0, 0, 0 } },
            { 0x80000008, NONE, { 0, 0x200, 0, 0 } },
            { END },
        },
    };
    static const SimCpuid expected[] = {
        { 0x1, NONE, { 0xc06f2, 0x40800, 0xf7fefb9f, 0xbfe9fbff } },
        { 0x4, 1, { 0xffffc3ff, 0xfffff03f, 0xffffffff, 0x7 } },
        { 0x5, NONE, { 0x40, 0x40, 0x3, 0x2020 } },
        { 0x7, 0, { 0x2, 0xf3bfb7e9, 0x9b417fee, 0xffdd4430 } },
        { 0x7, 1, { 0x1d70, 0, 0, 0 } },
        { 0xa, NONE, { 0x7300805, 0, 0, 0x8604 } },
        /* No level of threads: cores as wide as the die */
        { 0xb, 0, { 5, 0x20, 0x200, 0 } },
        { 0xb, 1, { 0, 0, 0x1, 0 } },
        { 0xb, 2, { 0, 0, 0x2, 0 } },
        { 0xd, 0, { 0x602e7, 0, 0x2b00, 0 } },
        { 0xd, 1, { 0x1f, 0, 0xd900, 0 } },
        { 0xd, 8, { 0x80, 0, 0x1, 0 } },
        { 0x14, 0, { 0x1, 0x5f, 0x7, 0 } },
        { 0x14, 1, { 0x2490002, 0x3f1fff, 0, 0 } },
        { 0x1c, NONE, { 0x4000000b, 0x7, 0x7, 0 } },
        { 0x1d, 1, { 0x4002000, 0x80040, 0x10, 0 } },
        { 0x1f, 0, { 3, 8, 0x200, 0 } },
        { 0x1f, 1, { 5, 0x20, 0x501, 0 } },
        { 0x1f, 2, { 0, 0, 0, 0 } },
        { 0x23, 0, { 0x7, 0x3, 0, 0 } },
        { 0x23, 1, { 0xff, 0x7, 0, 0 } },
        { 0x23, 2, { 0, 0, 0, 0 } },
        { 0x23, 3, { 0, 0, 0, 0 } },
        /* 52 bits of address, 57 of them linear, 48 for the guest's */
        { 0x80000008, NONE, { 0x303934, 0x200, 0, 0 } },
        { END },
    };

    check_td(&param, expected);
}

/* Some of it, to tell the features apart */
static void test_some(void)
{
    static const TdCase param = {
        TDX_ATTR_MIGRATABLE, 0x60007, MAXPA_VIRT, {
            { 0x7, 0, { 0, 0xdc2b9b18, 0x2417f65, 0x4005411c } },
            { 0x7, 1, { 0x4881db0, 0, 0, 0 } },
            { 0x80000008, NONE, { 46, 0, 0, 0 } },
            { END },
        },
    };
    static const SimCpuid expected[] = {
        { 0x1, NONE, { 0xc06f2, 0x800, 0xc6fab217, 0x7a9ab7f } },
        { 0x7, 0, { 0x2, 0x219cb7e9, 0x1b412724, 0xff454410 } },
        { 0x7, 1, { 0x1d10, 0, 0, 0 } },
        { 0xd, 0, { 0x60007, 0, 0x2b00, 0 } },
        { 0xd, 1, { 0x1f, 0, 0, 0 } },
        { 0xd, 2, { 0x100, 0x240, 0, 0 } },
        { 0xd, 9, { 0, 0, 0, 0 } },
        { 0x1a, NONE, { 0, 0, 0, 0 } },
        { 0x80000008, NONE, { 0x392e, 0, 0, 0 } },
        { END },
    };

    check_td(&param, expected);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td-cpuid/poor", test_poor);
    g_test_add_func("/td-cpuid/rich", test_rich);
    g_test_add_func("/td-cpuid/some", test_some);
    return g_test_run();
}
