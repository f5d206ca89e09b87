/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.RD and the values of the system's metadata fields.
 */

#include "metadata-spec.h"

/* Id bits that must be 0 to name one element, and those that do not matter */
#define MUST_BE_ZERO (0xffULL << 24 | 0xfULL << 34 | 0x1ffULL << 38 | \
                      7ULL << 47 | 1ULL << 55 | 1ULL << 62)
#define CONTEXT      (7ULL << 52)
#define DONT_CARE    (3ULL << 32 | 1ULL << 50 | 1ULL << 51 | CONTEXT | \
                      1ULL << 63)

/* Metadata 1, matching rule; NULL when no field matches */
static const SpecRow *spec_find(uint64_t id, bool dynamic_pamt, unsigned *elem)
{
    for (int i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        const SpecRow *row = &spec_rows[i];
        uint64_t code = id & 0xffffff, first = row->id & 0xffffff;

        if ((id >> 56 & 0x3f) == (row->id >> 56 & 0x3f) && code >= first &&
            code < first + spec_elems(row) && spec_has(row, dynamic_pamt)) {
            *elem = code - first;
            return row;
        }
    }
    return NULL;
}

/* --- ids --------------------------------------------------------------- */

static void check_chain(SimPlatform *sim, bool dynamic_pamt)
{
    Answer a = rd(sim, NULL_ID);
    unsigned seen = 0;

    g_assert_cmphex(a.status, ==, 0x00000c0b00000000);
    g_assert_cmphex(a.value, ==, 0);
    for (int i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        const SpecRow *row = &spec_rows[i];

        if (!spec_has(row, dynamic_pamt)) {
            continue;
        }
        for (int elem = 0; elem < spec_elems(row); elem++) {
            g_assert_cmphex(a.next, ==, row->id + elem);
            a = rd(sim, a.next);
            g_assert_cmphex(a.status, ==, TDX_SUCCESS);
            if (spec_bits(row->id) < 64) {
                g_assert_cmphex(a.value >> spec_bits(row->id), ==, 0);
            }
            seen++;
        }
    }
    g_assert_cmphex(a.next, ==, NULL_ID);
    g_assert_cmpuint(seen, ==, dynamic_pamt ? 359 : 357);
}

static void test_chain(void)
{
    SimPlatform *sim = machine();

    start(sim);
    check_chain(sim, true);
    sim_free(sim);
}

static void test_no_dynamic_pamt(void)
{
    SimPlatform *sim = machine();

    sim->cfg.features0 &= ~TDX_FEATURES0_DYNAMIC_PAMT;
    start(sim);
    check_chain(sim, false);
    g_assert_cmphex(rd(sim, SPEC_PAMT_BITMAP_BITS).status, ==,
                    0xc0000c0000000000);
    g_assert_cmphex(rd(sim, SPEC_PAMT_HKID_BITS).status, ==,
                    0xc0000c0000000000);
    g_assert_cmphex(value(sim, 0x0a00000300000008) >> 36 & 1, ==, 0);
    sim_free(sim);
}

static void test_null_ids(void)
{
    SimPlatform *sim = machine();

    start(sim);
    for (uint64_t context = 0; context < 8; context++) {
        Answer a = rd(sim, (NULL_ID & ~CONTEXT) | context << 52);

        g_assert_cmphex(a.status, ==, 0x00000c0b00000000);
        g_assert_cmphex(a.next, ==, 0x0000000200000000);
        g_assert_cmphex(a.value, ==, 0);
    }
    sim_free(sim);
}

static void check_id(SimPlatform *sim, uint64_t id)
{
    unsigned elem = 0;
    const SpecRow *row = spec_find(id, true, &elem);
    Answer a = rd(sim, id);

    if (id & MUST_BE_ZERO || !row) {
        g_assert_cmphex(a.status, ==, 0xc0000c0000000000);
        g_assert_cmphex(a.next, ==, NULL_ID);
        g_assert_cmphex(a.value, ==, 0);
        return;
    }
    g_assert_cmphex(a.status, ==, TDX_SUCCESS);
    g_assert_cmphex(a.value, ==, value(sim, row->id + elem));
    if (elem + 1 < spec_elems(row)) {
        /* Inside of a row the recorded answers keep what is not compared */
        g_assert_cmphex(a.next, ==, (id & ~CONTEXT) + 1);
    } else if (row + 1 < spec_rows + G_N_ELEMENTS(spec_rows)) {
        g_assert_cmphex(a.next, ==, row[1].id);
    } else {
        g_assert_cmphex(a.next, ==, NULL_ID);
    }
}

static void test_every_id_bit(void)
{
    SimPlatform *sim = machine();

    start(sim);
    for (int i = 0; i < G_N_ELEMENTS(spec_rows); i++) {
        const SpecRow *row = &spec_rows[i];
        uint64_t last = row->id + spec_elems(row) - 1;

        check_id(sim, row->id - 1);
        check_id(sim, last + 1);
        for (int bit = 0; bit < 64; bit++) {
            check_id(sim, row->id ^ 1ULL << bit);
            check_id(sim, last ^ 1ULL << bit);
        }
        check_id(sim, row->id ^ DONT_CARE);
        check_id(sim, last ^ DONT_CARE);
    }
    sim_free(sim);
}

static void test_random_ids(void)
{
    SimPlatform *sim = machine();

    start(sim);
    for (int i = 0; i < 20000; i++) {
        uint64_t id = (uint64_t)g_test_rand_int() << 32 |
                      (uint32_t)g_test_rand_int();

        if ((id | CONTEXT) == NULL_ID) {
            continue;
        }
        check_id(sim, id);
        /* Also where fields are: small codes of the classes in use */
        check_id(sim, spec_rows[id % G_N_ELEMENTS(spec_rows)].id ^
                      (id >> 20 & 0x3f) ^ (id >> 30 & DONT_CARE));
    }
    sim_free(sim);
}

/* The id that Linux uses and the module's own differ in the size code */
static void test_linux_bitmap_id(void)
{
    SimPlatform *sim = machine();
    Answer a;

    start(sim);
    a = rd(sim, 0x9100000100000013);
    g_assert_cmphex(a.status, ==, TDX_SUCCESS);
    g_assert_cmphex(a.value, ==, 1);
    g_assert_cmphex(a.next, ==, 0x9100000000000014);
    sim_free(sim);
}

static void test_lp_not_initialised(void)
{
    SimPlatform *sim = machine();
    Answer a;

    start(sim);
    a = rd_on(sim, 1, 0x0800000100000003);
    g_assert_cmphex(a.status, ==, 0xc000050200000000);
    g_assert_cmphex(a.next, ==, NULL_ID);
    g_assert_cmphex(a.value, ==, 0);
    /* Checked before the id */
    g_assert_cmphex(rd_on(sim, 1, NULL_ID).status, ==, 0xc000050200000000);
    g_assert_cmphex(rd_on(sim, 1, MUST_BE_ZERO).status, ==,
                    0xc000050200000000);
    sim_free(sim);
}

/* --- values ------------------------------------------------------------ */

static void test_config_values(void)
{
    SimPlatform *sim = machine();

    sim->cfg.major = 0x1234;
    sim->cfg.minor = 0x2345;
    sim->cfg.update = 0x3456;
    sim->cfg.internal = 0x4567;
    sim->cfg.build_num = 0x5678;
    sim->cfg.build_date = 20270304;
    sim->cfg.max_tdmrs = 63;
    sim->cfg.max_rsvd_per_tdmr = 11;
    sim->cfg.num_handoff_pages = 0x6789;
    start(sim);
    g_assert_cmphex(value(sim, 0x0800000100000004), ==, 0x1234);
    g_assert_cmphex(value(sim, 0x0800000100000003), ==, 0x2345);
    g_assert_cmphex(value(sim, 0x0800000100000005), ==, 0x3456);
    g_assert_cmphex(value(sim, 0x0800000100000006), ==, 0x4567);
    g_assert_cmphex(value(sim, 0x8800000100000002), ==, 0x5678);
    g_assert_cmphex(value(sim, 0x8800000200000001), ==, 20270304);
    g_assert_cmphex(value(sim, 0x9100000100000008), ==, 63);
    g_assert_cmphex(value(sim, 0x9100000100000009), ==, 11);
    g_assert_cmphex(value(sim, 0x8900000100000003), ==, 0x6789);
    sim_free(sim);
}

static void test_platform_values(void)
{
    SimPlatform *sim = machine();

    sim->info.num_lps = 3;
    sim->info.num_pkgs = 3;
    start(sim);
    g_assert_cmphex(value(sim, 0x0000000200000000), ==, 3);
    for (int pkg = 0; pkg < 8; pkg++) {
        g_assert_cmphex(value(sim, 0x0000000200000001 + pkg), ==,
                        pkg < 3 ? 0xc06f2 : 0);
    }
    g_assert_cmphex(value(sim, 0x9000000100000000), ==, 32);
    g_assert_cmphex(value(sim, 0x9000000300000080), ==, 0x100000);
    g_assert_cmphex(value(sim, 0x9000000300000100), ==, 0x7df00000);
    g_assert_cmphex(value(sim, 0x9000000300000081), ==, 0x100000000);
    g_assert_cmphex(value(sim, 0x9000000300000101), ==, 0x180000000);
    g_assert_cmphex(value(sim, 0x9000000300000082), ==, 0);
    g_assert_cmphex(value(sim, 0x9900000300000810), ==, 0xc06f2);
    g_assert_cmphex(value(sim, 0x9900000100000800), ==, 1);
    sim_free(sim);
}

static void test_features0(void)
{
    SimPlatform *sim = machine();

    start(sim);
    g_assert_cmphex(value(sim, 0x0a00000300000008), ==, 0xd1326f3f0fbf);
    sim_free(sim);

    sim = machine();
    sim->info.seamverifyreport = false;
    start(sim);
    g_assert_cmphex(value(sim, 0x0a00000300000008), ==, 0xd1326f3f0ebf);
    sim_free(sim);
}

static void test_min_hkid_bits(void)
{
    static const struct {
        uint8_t max_pa;
        uint8_t bits;
    } cases[] = { { 46, 0 }, { 48, 0 }, { 49, 1 }, { 52, 4 } };

    for (int i = 0; i < G_N_ELEMENTS(cases); i++) {
        SimPlatform *sim = machine();

        sim->info.max_pa = cases[i].max_pa;
        start(sim);
        g_assert_cmphex(value(sim, SPEC_PAMT_HKID_BITS), ==, cases[i].bits);
        sim_free(sim);
    }
}

/* --- CPUID --------------------------------------------------------------- */

static uint64_t cpuid_value(SimPlatform *sim, unsigned i, unsigned elem)
{
    return value(sim, 0x9900000300000500 + 2 * i + elem);
}

static void test_lass(void)
{
    SimPlatform *sim = machine();

    start(sim);
    g_assert_cmphex(value(sim, 0x1900000300000000), ==, 0x8000000070010001);
    sim_free(sim);

    sim = machine();
    sim_add_cpuid(sim, 0x7, 1, 1u << 6, 0, 0, 0);
    start(sim);
    g_assert_cmphex(value(sim, 0x1900000300000000), ==, 0x8000000078010001);
    sim_free(sim);
}

static void test_xfam(void)
{
    SimPlatform *sim = machine();

    start(sim);
    g_assert_cmphex(value(sim, 0x1900000300000002), ==, 0x6dbe7);
    sim_free(sim);

    sim = machine();
    /* x87, SSE, AVX, PKRU, and a supervisor state in the wrong register */
    sim_add_cpuid(sim, 0xd, 0, 1 << 8 | 0x207, 0, 0, 0);
    /* CET user and supervisor, and AVX in the wrong register */
    sim_add_cpuid(sim, 0xd, 1, 0, 0, 0x1804, 0);
    start(sim);
    g_assert_cmphex(value(sim, 0x1900000300000002), ==, 0x1a07);
    sim_free(sim);
}

static void test_cpuid_config(void)
{
    SimPlatform *sim = machine();

    start(sim);
    g_assert_cmphex(value(sim, 0x9900000100000004), ==, 28);
    g_assert_cmphex(value(sim, 0x9900000300000400), ==, 0xffffffff00000001);
    g_assert_cmphex(value(sim, 0x9900000300000406), ==, 0x0000000100000007);
    g_assert_cmphex(value(sim, 0x990000030000041b), ==, 0x0000000800000018);
    g_assert_cmphex(value(sim, 0x990000030000041c), ==, UINT64_MAX);
    g_assert_cmphex(value(sim, 0x990000030000041f), ==, UINT64_MAX);
    /* Leaf 1: EAX and EBX always, ECX and EDX as far as native */
    g_assert_cmphex(cpuid_value(sim, 0, 0), ==, 0x00ff00000fff3fff);
    g_assert_cmphex(cpuid_value(sim, 0, 1), ==,
                    (uint64_t)(0xb8445080 & 0xbfebfbff) << 32 |
                    (0x31044d88 & 0x7ffefbff));
    g_assert_cmphex(cpuid_value(sim, 27, 1), ==, 0x03ffc00000000000);
    g_assert_cmphex(cpuid_value(sim, 28, 0), ==, 0);
    g_assert_cmphex(cpuid_value(sim, 31, 1), ==, 0);
    sim_free(sim);
}

/* A processor with nothing but what TDH.SYS.INIT insists on */
static void poorest_cpuid(SimPlatform *sim)
{
    sim_clear_cpuid(sim);
    sim_add_cpuid(sim, 0x0, SIM_NO_SUBLEAF, 0x1f, 0, 0, 0);
    sim_add_cpuid(sim, 0x4, 0, 3 << 5 | 1, 0, 0, 0); /* L3 of one thread */
    sim_add_cpuid(sim, 0x15, SIM_NO_SUBLEAF, 1, 1, 0, 0);
    sim_add_cpuid(sim, 0x1f, 0, 0, 1, 2 << 8, 0); /* a core of one thread */
    sim_add_cpuid(sim, 0x80000000, SIM_NO_SUBLEAF, 0x80000008, 0, 0, 0);
}

static void test_poor_cpuid(void)
{
    SimPlatform *sim = machine();

    /* A processor whose highest leaf is lower says nothing beyond it */
    sim_add_cpuid(sim, 0x0, SIM_NO_SUBLEAF, 0x1f, 0, 0, 0);
    sim_add_cpuid(sim, 0x23, 0, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX);
    start(sim);
    g_assert_cmphex(cpuid_value(sim, 11, 0), ==, 0);
    g_assert_cmphex(cpuid_value(sim, 5, 0), !=, 0);
    sim_free(sim);

    sim = machine();
    poorest_cpuid(sim);
    start(sim);
    check_chain(sim, true);
    g_assert_cmphex(value(sim, 0x1900000300000000), ==, 0x8000000070010001);
    g_assert_cmphex(value(sim, 0x1900000300000002), ==, 0);
    g_assert_cmphex(cpuid_value(sim, 0, 0), ==, 0x00ff00000fff3fff);
    g_assert_cmphex(cpuid_value(sim, 0, 1), ==, 0);
    sim_free(sim);
}

/* What the module says about CPUID is of the moment of TDH.SYS.INIT */
static void test_sampled_once(void)
{
    SimPlatform *sim = machine();

    start(sim);
    poorest_cpuid(sim);
    g_assert_cmphex(value(sim, 0x1900000300000002), ==, 0x6dbe7);
    g_assert_cmphex(cpuid_value(sim, 0, 1), !=, 0);

    tdx_module_reset(sim->module);
    initialise(sim);
    g_assert_cmphex(value(sim, 0x1900000300000002), ==, 0);
    g_assert_cmphex(cpuid_value(sim, 0, 1), ==, 0);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metadata/chain", test_chain);
    g_test_add_func("/metadata/no-dynamic-pamt", test_no_dynamic_pamt);
    g_test_add_func("/metadata/null-ids", test_null_ids);
    g_test_add_func("/metadata/id-bits", test_every_id_bit);
    g_test_add_func("/metadata/random-ids", test_random_ids);
    g_test_add_func("/metadata/linux-bitmap-id", test_linux_bitmap_id);
    g_test_add_func("/metadata/lp-not-initialised", test_lp_not_initialised);
    g_test_add_func("/metadata/config", test_config_values);
    g_test_add_func("/metadata/platform", test_platform_values);
    g_test_add_func("/metadata/features0", test_features0);
    g_test_add_func("/metadata/min-hkid-bits", test_min_hkid_bits);
    g_test_add_func("/metadata/lass", test_lass);
    g_test_add_func("/metadata/xfam", test_xfam);
    g_test_add_func("/metadata/cpuid-config", test_cpuid_config);
    g_test_add_func("/metadata/poor-cpuid", test_poor_cpuid);
    g_test_add_func("/metadata/sampled-once", test_sampled_once);
    return g_test_run();
}
