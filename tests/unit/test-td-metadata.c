/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Metadata of TDs and vCPUs: the way from field to field, and the CPUID that
 * a guest will see.
 */

#include <inttypes.h>
#include <string.h>

#include "sim-td.h"
#include "sys/cpuid.h"
#include "metadata/td-fields.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)
#define NONE UINT64_MAX

#define CLASS(id) ((id) >> 56 & 0x3f)
#define CODE(id)  ((id) & 0xffffff)

/* CPUID_VALUES of a leaf; @half: EAX and EBX, or ECX and EDX */
#define CPUID_FIELD(leaf, subleaf, half) \
    (0x9410000300000000ULL | (uint64_t)((leaf) >> 31) << 16 | \
     ((leaf) & 0x7f) << 9 | (subleaf) << 1 | (half))
#define NO_SUBLEAF 0xff
#define CPUID_CLASS 0x14

static SimTd *new_td(uint64_t attributes)
{
    SimTd *td = g_new0(SimTd, 1);

    sim_td_build(td, sim_td_machine(2), attributes);
    return td;
}

/* From the null id on until there is no next; returns how many there were */
static unsigned follow_chain(SimTd *td, uint64_t leaf, uint64_t rcx,
                             GHashTable *seen)
{
    uint64_t last = 0;
    unsigned n = 0;
    SimCall call;

    g_assert_cmphex(sim_call(td->sim, 0, &call, LEAF_VERSION(leaf, 1), rcx,
                             NONE, 0), ==,
                    TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT);
    while (call.gpr[TDX_RDX] != NONE) {
        uint64_t id = call.gpr[TDX_RDX];
        uint64_t key = CLASS(id) << 24 | CODE(id);

        /* The CPUID goes an order of its own */
        g_assert_true(n == 0 || key > last ||
                      (CLASS(id) == CPUID_CLASS && last >> 24 == CLASS(id)));
        last = key;
        n++;
        if (seen) {
            g_hash_table_add(seen, GSIZE_TO_POINTER(key));
        }
        ASSERT_OK(sim_call(td->sim, 0, &call, LEAF_VERSION(leaf, 1), rcx, id,
                           0));
    }
    return n;
}

static void test_td_chain(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    SimTd *td = new_td(0);
    static const uint64_t must[] = {
        0x8010000000000001, 0x9010000200000004, 0x1110000300000000,
        0x1310000300000005, CPUID_FIELD(0u, NO_SUBLEAF, 0),
        CPUID_FIELD(0x80000008u, NO_SUBLEAF, 1), 0x9c10000200000000,
        0x9c1000020000023f,
    };
    unsigned n = follow_chain(td, TDH_MNG_RD, td->tdr, seen);

    g_assert_cmpuint(n, >, TDX_MAX_VCPUS);
    for (gsize i = 0; i < G_N_ELEMENTS(must); i++) {
        g_assert_true(g_hash_table_contains(
            seen, GSIZE_TO_POINTER(CLASS(must[i]) << 24 | CODE(must[i]))));
    }
    sim_td_free(td);
}

static void test_vp_chain(void)
{
    SimTd *td = new_td(0);

    /*
     * The eight fields of TD life cycle 5.5, eleven that tell what the vCPU
     * is made of, five of the VMCS that have no use, and 15 pages; none that
     * is unreadable
     */
    g_assert_cmpuint(follow_chain(td, TDH_VP_RD, td->vcpu, NULL), ==, 39);
    sim_td_free(td);
}

/* Version 0 knows neither the first nor the next field */
static void test_version_0(void)
{
    SimTd *td = new_td(0);
    SimCall call;

    g_assert_cmphex(sim_call(td->sim, 0, &call, TDH_MNG_RD, td->tdr, NONE, 0),
                    ==, TDX_METADATA_FIELD_ID_INCORRECT);
    ASSERT_OK(sim_call(td->sim, 0, &call, TDH_MNG_RD, td->tdr,
                       0x8010000100000002, 0));
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 0x8010000100000002);
    g_assert_cmphex(call.gpr[TDX_R8], ==, TDX_TDCS_BASE_PAGES);
    sim_td_free(td);
}

static void test_tables_ascend(void)
{
    const TdxFieldTable *tables[] = { &tdx_td_fields, &tdx_vp_fields };

    for (gsize t = 0; t < G_N_ELEMENTS(tables); t++) {
        for (gsize i = 1; i < tables[t]->rows; i++) {
            uint64_t a = tables[t]->row[i - 1].id;
            uint64_t b = tables[t]->row[i].id;

            g_assert_cmphex(CLASS(a) << 24 | CODE(a), <,
                            CLASS(b) << 24 | CODE(b));
        }
    }
}

static void test_cpuid_values(void)
{
    SimTd *td = new_td(0);

    /* Highest leaf, and GenuineIntel */
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0u, NO_SUBLEAF, 0)), ==,
                    0x756e654700000023);
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0u, NO_SUBLEAF, 1)), ==,
                    0x49656e696c65746e);
    /* The TSC of TD_PARAMS: 40 times 25 MHz */
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0x15u, NO_SUBLEAF, 0)), ==,
                    (uint64_t)40 << 32 | 1);
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0x15u, NO_SUBLEAF, 1)), ==,
                    25000000);
    /* Family, model and stepping, which TD_PARAMS left at zero */
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0x1u, NO_SUBLEAF, 0)) &
                    0xfff3fff, ==, td->sim->info.pkg_fms[0]);
    /* A leaf without subleaves has the same value in all of them */
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0x15u, 3, 0)), ==,
                    (uint64_t)40 << 32 | 1);
    /* Leaves that are always zero, of which the module knows one */
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0x8u, NO_SUBLEAF, 0)), ==,
                    0);
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0x9u, 0, 1)), ==, 0);
    g_assert_cmphex(sim_td_field(td, CPUID_FIELD(0x80000004u, 0, 1)), ==, 0);
    sim_td_free(td);
}

static void test_vp_values(void)
{
    static const uint64_t hidden[] = {
        0x0000, 0x0800, 0x0814, 0x2000, 0x201c, 0x2400, 0x2810, 0x4002,
        0x401c, 0x4826, 0x482e, 0x6000, 0x6800, 0x682c,
        0x1020000300000000, 0x1120000300000003, 0x1120000300000006,
        0x1120000300000020, 0x1120000300000028, 0xa020000000000000,
        0xa02000030000000a,
    };
    SimTd *td = new_td(0);
    const TdxTdr *tdr = tdx_tdr(td->sim->module, td->tdr);
    uint64_t key = (uint64_t)SIM_TD_HKID << td->sim->module->hkid_start_bit;
    const struct {
        uint64_t field;
        uint64_t value;
    } fields[] = {
        { 0x2004, tdr->tdcx[2] | key },
        { 0x2010, sim_td_field(td, 0x111000030000000a) },
        { 0x201a, sim_td_field(td, 0x1110000300000004) & ~key },
        { 0x2032, sim_td_field(td, 0x111000030000000b) },
        { 0x4026, SIM_TD_HKID },
        { 0xa020000200000002, 0 },
        { 0xa020000000000003, TDX_TDVPS_BASE_PAGES },
        { 0xa020000200000004, 0 },
        { 0xa020000300000006, 0 },
        { 0xa020000300000010, td->vcpu | key },
        { 0xa020000300000016, 0 },
    };
    SimCall call;

    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        ASSERT_OK(sim_call(td->sim, 0, &call, TDH_VP_RD, td->vcpu,
                           fields[i].field, 0));
        g_assert_cmphex(call.gpr[TDX_R8], ==, fields[i].value);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(hidden); i++) {
        g_assert_cmphex(sim_td_call(td, TDH_VP_RD, td->vcpu, hidden[i], 0), ==,
                        TDX_METADATA_FIELD_NOT_READABLE);
    }
    sim_td_free(td);
}

static uint64_t write_td(SimTd *td, uint64_t field, uint64_t value,
                         uint64_t mask, uint64_t *old)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_MNG_WR, [TDX_RCX] = td->tdr, [TDX_RDX] = field,
        [TDX_R8] = value, [TDX_R9] = mask,
    };

    g_assert_true(tdx_module_seamcall(td->sim->module, 0, gpr, NULL));
    *old = gpr[TDX_R8];
    return gpr[TDX_RAX];
}

static void test_no_cpuid_value(void)
{
    static const struct {
        uint64_t field;
        uint64_t read;
        uint64_t write;
    } cases[] = {
        { CPUID_FIELD(0x24u, 0, 0), TDX_METADATA_FIELD_NOT_READABLE,
          TDX_METADATA_FIELD_NOT_READABLE },
        { CPUID_FIELD(0x7u, 3, 0), TDX_METADATA_FIELD_NOT_READABLE,
          TDX_METADATA_FIELD_NOT_READABLE },
        { CPUID_FIELD(0x80000003u, 0, 0), 0,
          TDX_METADATA_FIELD_NOT_READABLE },
        { CPUID_FIELD(0x7u, 0, 1), 0, TDX_METADATA_FIELD_NOT_WRITABLE },
        { CPUID_FIELD(0x7u, 0, 1) | 1 << 17, TDX_METADATA_FIELD_ID_INCORRECT,
          TDX_METADATA_FIELD_ID_INCORRECT },
        { CPUID_FIELD(0x7u, 0, 1) | 1 << 24, TDX_METADATA_FIELD_ID_INCORRECT,
          TDX_METADATA_FIELD_ID_INCORRECT },
    };
    SimTd *td = new_td(0);
    uint64_t old;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmphex(sim_td_call(td, TDH_MNG_RD, td->tdr, cases[i].field, 0),
                        ==, cases[i].read);
        g_assert_cmphex(write_td(td, cases[i].field, 0, NONE, &old), ==,
                        cases[i].write);
    }
    sim_td_free(td);
}

typedef struct NextField {
    uint64_t id;
    uint64_t next;
} NextField;

static void check_next(SimTd *td, const NextField *cases, size_t n)
{
    SimCall call;

    for (size_t i = 0; i < n; i++) {
        ASSERT_OK(sim_call(td->sim, 0, &call, LEAF_VERSION(TDH_MNG_RD, 1),
                           td->tdr, cases[i].id, 0));
        g_assert_cmphex(call.gpr[TDX_RDX], ==, cases[i].next);
    }
}

/* From one CPUID value to the next; leaves to configure come first */
static void test_cpuid_order(void)
{
    static const NextField cases[] = {
        { CPUID_FIELD(0x1u, NO_SUBLEAF, 0), CPUID_FIELD(0x1u, NO_SUBLEAF, 1) },
        { CPUID_FIELD(0x1u, NO_SUBLEAF, 1), CPUID_FIELD(0x4u, 0, 0) },
        { CPUID_FIELD(0x80000008u, NO_SUBLEAF, 1),
          CPUID_FIELD(0x0u, NO_SUBLEAF, 0) },
        { CPUID_FIELD(0x18u, 3, 1), CPUID_FIELD(0x2u, NO_SUBLEAF, 0) },
        { CPUID_FIELD(0x80000002u, NO_SUBLEAF, 1), 0x9810000000000001 },
        /* The bits that do not matter stay, but for the context */
        { 0x0000000000000000 | (CPUID_FIELD(0x4u, 0, 1) & 0x3f00000000ffffff),
          0x0010000000000000 |
          (CPUID_FIELD(0x4u, 1, 0) & 0x3f00000000ffffff) },
    };
    SimTd *td = new_td(0);

    check_next(td, cases, G_N_ELEMENTS(cases));
    sim_td_free(td);
}

/* From field to field where some are not for the host */
static void test_td_order(void)
{
    static const NextField cases[] = {
        { 0x8010000000000001, 0x8010000200000002 },
        { 0x8010000100000002, 0x8010000300000004 },
        { 0x8010000200000005, 0x8010000300000010 },
        { 0x8010000300000010, 0x8010000300000011 },
        { 0x8010000300000018, 0x8010000300000020 },
        { 0x8010000300000023, 0x8110000100000001 },
        { 0x8110000300000002, 0x8210000100000000 },
        { 0x8210000300000001, 0x9010000200000001 },
        { 0x9010000100000005, 0x1110000300000000 },
        { 0x111000010000000c, 0x911000010000000e },
        { 0x911000020000000f, 0x9110000300000011 },
        { 0x9110000300000015, 0x9110000300000016 },
        { 0x9110000300000016, 0x9110000000000018 },
        { 0x911000000000001a, 0x9110000300000021 },
        { 0x9110000300000021, 0x9110000300000023 },
        { 0x9110000300000026, 0x9110000200000800 },
        { 0x9110000200000812, 0x9210000300000000 },
        { 0x9210000100000002, 0x1310000300000000 },
        { 0x1310000300000005, 0x1310000300000010 },
        { 0x1310000300000025, CPUID_FIELD(0x1u, NO_SUBLEAF, 0) },
        { 0x9810000300000006, 0x9810000100000020 },
        { 0x9810000200000034, 0x9810000300000040 },
        { 0x9810000300000043, 0x9910000300000000 },
        { 0x991000030000008f, 0x9a10000300000000 },
        { 0x9a100003000001ff, 0x9c10000200000000 },
        { 0x9c1000020000023f, NONE },
    };
    static const uint64_t hidden[] = {
        0x111000030000000d, 0x9110000300000010, 0x9110000300000017,
        0x9110000300000022, 0x9110000000000080, 0x911000020000020f,
        0x1310000300000057, 0x961000030000010a, 0x9610000300000480,
        0x9610000300000489, 0x9610000300000493, 0x981000030000001f,
        0x2010000300000000, 0x21100003000001ff,
    };
    SimTd *td = new_td(0);

    check_next(td, cases, G_N_ELEMENTS(cases));
    for (gsize i = 0; i < G_N_ELEMENTS(hidden); i++) {
        g_assert_cmphex(sim_td_call(td, TDH_MNG_RD, td->tdr, hidden[i], 0), ==,
                        TDX_METADATA_FIELD_NOT_READABLE);
    }
    sim_td_free(td);
}

static void test_td_values(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t params = SIM_TD_SHARED;
    SimTd td;

    sim_td_create(&td, sim);
    sim_write64(sim, params + 8, 0x60207); /* AVX, PKRU, AMX */
    sim_write64(sim, params + 16, 4);
    sim_write64(sim, params + 24, 0x1e);
    sim_write64(sim, params + 40, 40);
    sim_write64(sim, params + 80, 0x1111);      /* MRCONFIGID */
    sim_write64(sim, params + 128 + 8, 0x2222); /* MROWNER */
    sim_write64(sim, params + 176 + 40, 0x3333); /* MROWNERCONFIG */
    ASSERT_OK(sim_td_call(&td, TDH_MNG_INIT, td.tdr, params, 0));

    g_assert_cmphex(sim_td_field(&td, 0x8010000300000015), ==,
                    tdx_tdr(sim->module, td.tdr)->tdcx[5] |
                    (uint64_t)SIM_TD_HKID << sim->module->hkid_start_bit);
    g_assert_cmphex(sim_td_field(&td, 0x8010000300000016), ==, 0);
    g_assert_cmphex(sim_td_field(&td, 0x8110000300000002), ==, 1);
    g_assert_cmphex(sim_td_field(&td, 0x8210000100000000), ==, 1);
    g_assert_cmphex(sim_td_field(&td, 0x911000010000000e), ==, 79);
    g_assert_cmphex(sim_td_field(&td, 0x9010000200000002), ==, 0);
    g_assert_cmphex(sim_td_field(&td, 0x1310000300000010), ==, 0x1111);
    g_assert_cmphex(sim_td_field(&td, 0x1310000300000019), ==, 0x2222);
    g_assert_cmphex(sim_td_field(&td, 0x1310000300000025), ==, 0x3333);
    /* Compacted: 256 bytes, 8, 64 on a line, 8192 on a line */
    g_assert_cmphex(sim_td_field(&td, 0x9110000200000801), ==, 0);
    g_assert_cmphex(sim_td_field(&td, 0x9110000200000802), ==, 576);
    g_assert_cmphex(sim_td_field(&td, 0x9110000200000805), ==, 0);
    g_assert_cmphex(sim_td_field(&td, 0x9110000200000809), ==, 832);
    g_assert_cmphex(sim_td_field(&td, 0x9110000200000811), ==, 896);
    g_assert_cmphex(sim_td_field(&td, 0x9110000200000812), ==, 960);
    g_assert_cmphex(sim_td_field(&td, 0x911000020000000f), ==, 9152);

    /* Version 0 of VP.INIT gives no x2APIC id */
    g_assert_cmphex(sim_td_field(&td, 0x9110000000000019), ==, 1);
    td.vcpu = sim_td_add_vcpu(&td, 0);
    g_assert_cmphex(sim_td_field(&td, 0x9110000000000019), ==, 0);
    g_assert_cmphex(sim_td_field(&td, 0x911000000000001a), ==, 0);
    g_assert_cmphex(sim_td_field(&td, 0x9010000200000002), ==, 1);
    sim_td_destroy(&td);
    sim_free(sim);
}

static void test_posted_interrupts(void)
{
    SimTd *td = new_td(0);
    SimPlatform *sim = td->sim;
    static const struct {
        uint64_t field;
        uint64_t value;
        uint64_t mask;
        uint64_t status;
        uint64_t old;
    } steps[] = {
        { 0x4000, 0x80, 0x80, 0xc000073000000002, 0 },
        { 0x0002, 0x100, 0xffff, 0xc0000c0300000000, 0 },
        { 0x0002, 0xf2, 0xffff, 0, 0xffff },
        { 0x4000, 0x80, 0x80, 0xc000073000002016, 0 },
        { 0x2016, 0x12320, UINT64_MAX, 0xc0000c0300000000, 0 },
        { 0x2016, 0x12340, UINT64_MAX, 0, UINT64_MAX },
        /* The host sees and sets one bit of these controls */
        { 0x4000, 0x81, 0x80, 0, 0 },
        { 0x4000, 0, 0x80, 0, 0x80 },
        /* Bits that are not seen can only be repeated as zero */
        { 0x4000, 0x3f, 0xff, 0xc0000c0300000000, 0 },
        { 0x4000, 0x3f, 0x7f, 0xc0000c0100000000, 0 },
        { 0x2016, 0x3f, 0x3f, 0xc0000c0100000000, 0 },
        { 0x2016, 0x123ff, ~0x3fULL, 0, 0x12340 },
        { 0x203c, 0x5000, UINT64_MAX, 0, 0 },
        { 0x203c, 0x5008, UINT64_MAX, 0xc0000c0300000000, 0 },
        { 0x203c, 0x10000000005000, UINT64_MAX, 0xc0000c0300000000, 0 },
        { 0x203c, 0, 0xfff, 0xc0000c0100000000, 0 },
        { 0x401e, 0x80000000, 0x80000000, 0, 0 },
        { 0x401e, 0x1, 0x1, 0xc0000c0100000000, 0 },
        { 0x401e, 0x40000002, 0xffffffff, 0xc0000c0300000000, 0 },
        { 0x401e, 0, 0xc0000000, 0, 0x80000000 },
        /* Nothing behind the end of an element */
        { 0x4024, 0x100000001, UINT64_MAX, 0xc0000c0300000000, 0 },
        { 0x4024, 0x7, UINT64_MAX, 0, 0 },
        { 0x200000000000000b, 0x100, UINT64_MAX, 0xc0000c0300000000, 0 },
        { 0x200000000000000b, 0x1, UINT64_MAX, 0, 0 },
        { 0x4000, 0x80, 0, 0xc0000c0100000000, 0 },
        { 0x6820, 2, UINT64_MAX, 0xc0000c0100000000, 0 },
        { 0x6830, 2, UINT64_MAX, 0xc0000c0000000000, 0 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        uint64_t gpr[TDX_NUM_GPRS] = {
            [TDX_RAX] = TDH_VP_WR, [TDX_RCX] = td->vcpu,
            [TDX_RDX] = steps[i].field, [TDX_R8] = steps[i].value,
            [TDX_R9] = steps[i].mask,
        };

        g_assert_true(tdx_module_seamcall(sim->module, 0, gpr, NULL));
        g_test_message("field 0x%" PRIx64 " := 0x%" PRIx64, steps[i].field,
                       steps[i].value);
        g_assert_cmphex(gpr[TDX_RAX], ==, steps[i].status);
        if (steps[i].field != 0x203c) { /* the TDCS page that stands there */
            g_assert_cmphex(gpr[TDX_R8], ==, steps[i].old);
        }
    }
    sim_td_free(td);
}

static void test_mng_wr(void)
{
    static const struct {
        uint64_t field;
        uint64_t value;
        uint64_t mask;
        uint64_t status;
        uint64_t old;
    } steps[] = {
        { TD_FIELD_HP_LOCK_TIMEOUT, 2000000, NONE, 0, 1000000 },
        /* All of it or nothing, 10 milliseconds to 100 seconds */
        { TD_FIELD_HP_LOCK_TIMEOUT, 20000, 0xffff,
          TDX_METADATA_WR_MASK_NOT_VALID, 0 },
        { TD_FIELD_HP_LOCK_TIMEOUT, 9999, NONE,
          TDX_METADATA_FIELD_VALUE_NOT_VALID, 0 },
        { TD_FIELD_HP_LOCK_TIMEOUT, 100000001, NONE,
          TDX_METADATA_FIELD_VALUE_NOT_VALID, 0 },
        { TD_FIELD_HP_LOCK_TIMEOUT, 10000, NONE, 0, 2000000 },
        { TD_FIELD_HP_LOCK_TIMEOUT, 5, 0, TDX_METADATA_FIELD_NOT_WRITABLE,
          0 },
        { TD_FIELD_VM_CTLS, 1, NONE, 0, 0 },
        { TD_FIELD_VM_CTLS, 2, NONE, TDX_METADATA_FIELD_VALUE_NOT_VALID, 0 },
        { TD_FIELD_VM_CTLS, 2, 2, TDX_METADATA_FIELD_NOT_WRITABLE, 0 },
        { TD_FIELD_VM_CTLS, 0, NONE, 0, 1 },
        { TD_FIELD_VM_CTLS + 3, 1, NONE, 0, 0 },
        { TD_FIELD_VM_CTLS + 3, 1, NONE, 0, 1 },
    };
    SimTd *td = new_td(0);
    uint64_t old;

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_assert_cmphex(write_td(td, steps[i].field, steps[i].value,
                                 steps[i].mask, &old), ==, steps[i].status);
        g_assert_cmphex(old, ==, steps[i].old);
    }
    g_assert_cmphex(sim_td_field(td, TD_FIELD_HP_LOCK_TIMEOUT), ==, 10000);
    g_assert_cmphex(sim_td_field(td, TD_FIELD_VM_CTLS), ==, 0);
    sim_td_free(td);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td-metadata/chain/td", test_td_chain);
    g_test_add_func("/td-metadata/chain/vp", test_vp_chain);
    g_test_add_func("/td-metadata/version-0", test_version_0);
    g_test_add_func("/td-metadata/ascending", test_tables_ascend);
    g_test_add_func("/td-metadata/cpuid", test_cpuid_values);
    g_test_add_func("/td-metadata/cpuid/none", test_no_cpuid_value);
    g_test_add_func("/td-metadata/cpuid/order", test_cpuid_order);
    g_test_add_func("/td-metadata/td/order", test_td_order);
    g_test_add_func("/td-metadata/td/values", test_td_values);
    g_test_add_func("/td-metadata/vp/values", test_vp_values);
    g_test_add_func("/td-metadata/vp-wr", test_posted_interrupts);
    g_test_add_func("/td-metadata/mng-wr", test_mng_wr);
    return g_test_run();
}
