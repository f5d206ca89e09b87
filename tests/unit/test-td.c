/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Building, measuring and taking apart a TD: what recorded conversations do
 * not show.
 */

#include <string.h>

#include "sim-td.h"
#include "td/mrtd.h"

#define ASSERT_OK(call) g_assert_cmphex(call, ==, 0)

#define SOURCE (SIM_TD_SHARED + 1 * MIB)

#define FIELD_CHLDCNT 0x8010000300000004ULL
#define FIELD_MRTD    0x1310000300000000ULL

static void fill_source(SimPlatform *sim, uint64_t seed)
{
    uint64_t i;

    for (i = 0; i < TDX_PAGE_4K; i += 8) {
        sim_write64(sim, SOURCE + i, (seed + i) * 0x9e3779b97f4a7c15ULL);
    }
}

static uint64_t page_add(SimTd *td, uint64_t gpa, uint64_t page,
                         uint64_t source)
{
    SimCall call = { .gpr = {
        [TDX_RAX] = TDH_MEM_PAGE_ADD, [TDX_RCX] = gpa, [TDX_RDX] = td->tdr,
        [TDX_R8] = page, [TDX_R9] = source,
    } };

    g_assert_true(tdx_module_seamcall(td->sim->module, 0, call.gpr, NULL));
    return call.gpr[TDX_RAX];
}

/* --- measurement -------------------------------------------------------- */

static void expect_record(GChecksum *sum, const char *name, uint64_t gpa)
{
    uint8_t record[128] = { 0 };

    memcpy(record, name, strlen(name));
    gpa = GUINT64_TO_LE(gpa);
    memcpy(record + 16, &gpa, sizeof(gpa));
    g_checksum_update(sum, record, sizeof(record));
}

static void expect_mrtd(SimTd *td, GChecksum *sum)
{
    uint8_t digest[48];
    gsize len = sizeof(digest);
    unsigned i;

    g_checksum_get_digest(sum, digest, &len);
    g_assert_cmpuint(len, ==, sizeof(digest));
    for (i = 0; i < sizeof(digest) / 8; i++) {
        uint64_t word;

        memcpy(&word, digest + 8 * i, sizeof(word));
        g_assert_cmphex(sim_td_field(td, FIELD_MRTD + i), ==, word);
    }
}

static void test_mrtd(void)
{
    SimPlatform *sim = sim_td_machine(1);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
    uint64_t gpa = 0x200000;
    SimTd td;

    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, gpa);
    for (uint64_t page = 0; page < 3; page++, gpa += TDX_PAGE_4K) {
        fill_source(sim, page);
        ASSERT_OK(page_add(&td, gpa, sim_td_page(&td), SOURCE));
        expect_record(sum, "MEM.PAGE.ADD", gpa);
        for (uint64_t i = 0; page != 1 && i < TDX_PAGE_4K; i += 256) {
            ASSERT_OK(sim_td_call(&td, TDH_MR_EXTEND, gpa + i, td.tdr, 0));
            expect_record(sum, "MR.EXTEND", gpa + i);
            for (uint64_t at = i; at < i + 256; at += 8) {
                uint64_t word = GUINT64_TO_LE(sim_read64(sim, SOURCE + at));

                g_checksum_update(sum, (uint8_t *)&word, sizeof(word));
            }
        }
    }
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    expect_mrtd(&td, sum);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* A measurement goes on from a copy of the page that holds it */
static void test_mrtd_is_plain_data(void)
{
    static const uint8_t chunk[TDX_MR_EXTEND_SIZE] = { 1, 2, 3 };
    uint8_t with[TDX_MR_SIZE], without[TDX_MR_SIZE];
    TdxMrtd mrtd, copy;

    tdx_mrtd_init(&mrtd);
    g_assert_true(tdx_mrtd_page_add(&mrtd, 0x1000));
    memcpy(&copy, &mrtd, sizeof(copy));
    memset(&mrtd, 0xaa, sizeof(mrtd));
    g_assert_true(tdx_mrtd_extend(&copy, 0x1000, chunk));
    g_assert_true(tdx_mrtd_final(&copy, with));

    tdx_mrtd_init(&mrtd);
    g_assert_true(tdx_mrtd_page_add(&mrtd, 0x1000));
    g_assert_true(tdx_mrtd_extend(&mrtd, 0x1000, chunk));
    g_assert_true(tdx_mrtd_final(&mrtd, without));
    g_assert_cmpmem(with, sizeof(with), without, sizeof(without));
}

static void test_mrtd_corrupt(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxTdcsMeasurement *measurement;
    TdxTdr *tdr;
    SimTd td;
    SimCall call;

    sim_td_build(&td, sim, 0);
    tdr = tdx_tdr(sim->module, td.tdr);
    measurement = tdx_private(sim->module, tdr->tdcx[TDX_TDCS_MEASUREMENT],
                              tdr->hkid);
    memset(measurement, 0xff, sizeof(*measurement));
    sim_call(sim, 0, &call, TDH_MR_FINALIZE, td.tdr, 0, 0);
    g_assert_false(call.answered);
    g_assert_nonnull(sim->fatal_reason);
    g_array_free(td.pages, true);
    sim_free(sim);
}

/* --- pages -------------------------------------------------------------- */

static void test_add_in_place(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t gpa = 0x400000;
    uint64_t page;
    SimCall call;
    SimTd td;

    sim_td_build(&td, sim, TDX_ATTR_DEBUG);
    sim_td_tables(&td, gpa);
    page = sim_td_page(&td);
    sim_write64(sim, page + 0x18, 0x1122334455667788);
    ASSERT_OK(page_add(&td, gpa, page, page));
    /* The TD has it, and nobody else sees it */
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_RD, gpa + 0x18, td.tdr, 0));
    g_assert_cmphex(call.gpr[TDX_R8], ==, 0x1122334455667788);
    g_assert_cmphex(sim_read64(sim, page + 0x18), ==, 0);
    sim_td_destroy(&td);
    sim_free(sim);
}

static void test_relocate_keeps_content(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t gpa = 0x400000;
    uint64_t from, to;
    SimCall call;
    SimTd td;

    sim_td_build(&td, sim, TDX_ATTR_DEBUG);
    sim_td_tables(&td, gpa);
    from = sim_td_page(&td);
    to = sim_td_page(&td);
    fill_source(sim, 7);
    ASSERT_OK(page_add(&td, gpa, from, SOURCE));
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_PAGE_RELOCATE, gpa, td.tdr, to));
    g_assert_cmphex(call.gpr[TDX_RCX], ==, from);
    ASSERT_OK(sim_call(sim, 0, &call, TDH_MEM_RD, gpa + 0x100, td.tdr, 0));
    g_assert_cmphex(call.gpr[TDX_R8], ==, sim_read64(sim, SOURCE + 0x100));
    sim_td_destroy(&td);
    sim_free(sim);
}

static void test_state_is_hidden(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimTd td;

    sim_td_build(&td, sim, 0);
    for (guint i = 0; i < td.pages->len; i++) {
        uint64_t page = g_array_index(td.pages, uint64_t, i);

        for (uint64_t at = 0; at < TDX_PAGE_4K; at += 8) {
            g_assert_cmphex(sim_read64(sim, page + at), ==, 0);
        }
    }
    g_assert_cmpuint(sim_td_field(&td, FIELD_CHLDCNT), ==, td.pages->len);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* --- vCPUs and tracking ------------------------------------------------- */

static void test_enter(void)
{
    SimPlatform *sim = sim_td_machine(2);
    TdxTdcs *tdcs;
    SimCall call;
    SimTd td;

    sim_td_build(&td, sim, 0);
    tdcs = sim_td_tdcs(&td);
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    tdx_op(TDX_OP_STATE_INCORRECT, TDX_OP_INITIALIZED));
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu | 1, 0, 0), ==,
                    tdx_op(TDX_OPERAND_INVALID, TDX_RCX));
    g_assert_cmphex(sim_call_status(sim, 1, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    TDX_VCPU_ASSOCIATED);
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu | 1ULL << 53, 0, 0),
                    ==, tdx_op(TDX_OPERAND_INVALID, TDX_RCX));
    /* Fails as an entry with unfit guest state: bit 31, reason 33 */
    g_assert_cmphex(sim_call(sim, 0, &call, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    0x4000000180000021);
    g_assert_cmphex(call.gpr[TDX_RCX], ==, 0);
    g_assert_cmphex(call.gpr[TDX_RDX], ==, 7);
    g_assert_cmphex(call.gpr[TDX_R15], ==, 0);
    g_assert_cmpuint(tdcs->refcount[0] + tdcs->refcount[1], ==, 0);
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    tdx_op(TDX_VCPU_STATE_INCORRECT, TDX_VCPU_DISABLED));
    sim_td_destroy(&td);
    sim_free(sim);
}

/* An entry that the processor's state forbids */
static void test_enter_processor(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimTd td;

    /* CPUID 1, ECX[3] of TD_PARAMS: the TD has MONITOR */
    sim_td_create(&td, sim);
    sim_write64(sim, SIM_TD_SHARED + 256 + 8, 1 << 3);
    sim->tsc = 1000;
    sim_td_init(&td, 0);
    td.vcpu = sim_td_add_vcpu(&td, 0);
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));

    sim_set_msr(sim, 0x1a0, 1 << 22);
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu | 1, 0, 0), ==,
                    TDX_LIMIT_CPUID_MAXVAL_SET);
    sim_set_msr(sim, 0x1a0, 0);
    sim_set_msr(sim, 0x3b, 5);
    sim->tsc = 10;
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    tdx_op(TDX_INCONSISTENT_MSR, 0x3b));
    sim_set_msr(sim, 0x3b, 0);
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    TDX_TSC_ROLLBACK);
    sim->tsc = 100000;
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    tdx_op(TDX_INCORRECT_MSR_VALUE, 0x1a0));
    sim_set_msr(sim, 0x1a0, 1 << 18);
    g_assert_cmphex(sim_td_call(&td, TDH_VP_ENTER, td.vcpu, 0, 0), ==,
                    0x4000000180000021);
    sim_td_destroy(&td);
    sim_free(sim);
}

static void test_tracking_waits_for_vcpus(void)
{
    SimPlatform *sim = sim_td_machine(1);
    uint64_t gpa = 0x600000;
    TdxTdcs *tdcs;
    SimTd td;

    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, gpa);
    tdcs = sim_td_tdcs(&td);
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_AUG, gpa, td.tdr,
                          sim_td_page(&td)));
    ASSERT_OK(sim_td_call(&td, TDH_MEM_RANGE_BLOCK, gpa, td.tdr, 0));
    g_assert_cmphex(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, gpa, td.tdr, 0), ==,
                    tdx_op(TDX_TLB_TRACKING_NOT_DONE, TDX_RCX));
    /* A vCPU that entered in epoch 1 is still inside */
    tdcs->refcount[1] = 1;
    ASSERT_OK(sim_td_call(&td, TDH_MEM_TRACK, td.tdr, 0, 0));
    g_assert_cmphex(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, gpa, td.tdr, 0), ==,
                    tdx_op(TDX_TLB_TRACKING_NOT_DONE, TDX_RCX));
    g_assert_cmphex(sim_td_call(&td, TDH_MEM_TRACK, td.tdr, 0, 0), ==,
                    TDX_PREVIOUS_TLB_EPOCH_BUSY);
    tdcs->refcount[1] = 0;
    ASSERT_OK(sim_td_call(&td, TDH_MEM_PAGE_REMOVE, gpa, td.tdr, 0));
    sim_td_destroy(&td);
    sim_free(sim);
}

/* --- failures of the platform ------------------------------------------- */

static void test_no_entropy(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimTd td = { .sim = sim };

    td.pages = g_array_new(false, false, sizeof(uint64_t));
    td.next = SIM_TD_BASE;
    td.pamt_next = SIM_TD_BASE + GIB;
    td.tdr = sim_td_page(&td);
    sim->no_entropy = true;
    g_assert_cmphex(sim_td_call(&td, TDH_MNG_CREATE, td.tdr, SIM_TD_HKID, 0),
                    ==, TDX_RND_NO_ENTROPY);
    sim->no_entropy = false;
    ASSERT_OK(sim_td_call(&td, TDH_MNG_CREATE, td.tdr, SIM_TD_HKID, 0));
    sim->key_busy = true;
    g_assert_cmphex(sim_td_call(&td, TDH_MNG_KEY_CONFIG, td.tdr, 0, 0), ==,
                    tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_KET));
    sim->key_busy = false;
    sim->no_entropy = true;
    g_assert_cmphex(sim_td_call(&td, TDH_MNG_KEY_CONFIG, td.tdr, 0, 0), ==,
                    TDX_KEY_GENERATION_FAILED);
    sim->no_entropy = false;
    ASSERT_OK(sim_td_call(&td, TDH_MNG_KEY_CONFIG, td.tdr, 0, 0));
    for (int i = 1; i < TDX_TDCS_BASE_PAGES; i++) {
        ASSERT_OK(sim_td_call(&td, TDH_MNG_ADDCX, sim_td_page(&td), td.tdr, 0));
    }
    sim->no_entropy = true;
    g_assert_cmphex(sim_td_call(&td, TDH_MNG_ADDCX, sim_td_page(&td), td.tdr,
                                0),
                    ==, TDX_RND_NO_ENTROPY);
    g_array_free(td.pages, true);
    sim_free(sim);
}

static void test_msrs(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimTd td;

    sim_td_create(&td, sim);
    sim_set_msr(sim, 0x1a0, 1 << 22);
    g_assert_cmphex(sim_td_call(&td, TDH_MNG_INIT, td.tdr, SIM_TD_SHARED, 0),
                    ==, TDX_LIMIT_CPUID_MAXVAL_SET);
    sim_set_msr(sim, 0x1a0, 0);
    sim_td_init(&td, 0);
    sim_set_msr(sim, 0x3b, 5);
    g_assert_cmphex(sim_td_call(&td, TDH_VP_INIT, td.tdr, 0, 0), ==,
                    tdx_op(TDX_INCONSISTENT_MSR, 0x3b));
    sim_set_msr(sim, 0x3b, 0);
    sim_td_destroy(&td);
    sim_free(sim);
}

/* A vCPU with all its pages, to be initialised */
static uint64_t new_vcpu(SimTd *td)
{
    uint64_t vcpu = sim_td_page(td);

    ASSERT_OK(sim_td_call(td, TDH_VP_CREATE, vcpu, td->tdr, 0));
    for (int i = 1; i < TDX_TDVPS_BASE_PAGES; i++) {
        ASSERT_OK(sim_td_call(td, TDH_VP_ADDCX, sim_td_page(td), vcpu, 0));
    }
    return vcpu;
}

/* Without an x2APIC id, a vCPU counts as number 0 */
static void test_x2apic_ids(void)
{
    const uint64_t v1 = LEAF_VERSION(TDH_VP_INIT, 1);
    SimPlatform *sim = sim_td_machine(1);
    uint64_t first, vcpu;
    SimTd td;

    sim_td_create(&td, sim);
    sim_td_init(&td, 0);
    first = new_vcpu(&td);
    ASSERT_OK(sim_td_call(&td, TDH_VP_INIT, first, 0, UINT64_MAX));
    vcpu = new_vcpu(&td);
    g_assert_cmphex(sim_td_call(&td, v1, vcpu, 0, 0), ==,
                    TDX_X2APIC_ID_NOT_UNIQUE);
    g_assert_cmphex(sim_td_call(&td, v1, vcpu, 0, 1ULL << 32), ==,
                    tdx_op(TDX_OPERAND_INVALID, TDX_R8));
    ASSERT_OK(sim_td_call(&td, v1, vcpu, 0, UINT32_MAX));
    ASSERT_OK(sim_td_call(&td, TDH_VP_FLUSH, first, 0, 0));
    ASSERT_OK(sim_td_call(&td, TDH_VP_FLUSH, vcpu, 0, 0));
    g_assert_cmphex(sim_td_field(&td, 0x9c10000200000000), ==, 0);
    g_assert_cmphex(sim_td_field(&td, 0x9c10000200000001), ==, UINT32_MAX);
    vcpu = new_vcpu(&td);
    g_assert_cmphex(sim_td_call(&td, v1, vcpu, 0, UINT32_MAX), ==,
                    tdx_op(TDX_X2APIC_ID_NOT_UNIQUE, UINT32_MAX));
    ASSERT_OK(sim_td_call(&td, v1, vcpu, 0, 7));
    g_assert_cmphex(((TdxTdvps *)tdx_private(sim->module, vcpu,
                                             SIM_TD_HKID))->x2apic_id, ==, 7);
    ASSERT_OK(sim_td_call(&td, TDH_VP_FLUSH, vcpu, 0, 0));
    sim_td_destroy(&td);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/td/mrtd", test_mrtd);
    g_test_add_func("/td/mrtd/plain-data", test_mrtd_is_plain_data);
    g_test_add_func("/td/mrtd/corrupt", test_mrtd_corrupt);
    g_test_add_func("/td/add-in-place", test_add_in_place);
    g_test_add_func("/td/relocate", test_relocate_keeps_content);
    g_test_add_func("/td/hidden", test_state_is_hidden);
    g_test_add_func("/td/enter", test_enter);
    g_test_add_func("/td/enter/processor", test_enter_processor);
    g_test_add_func("/td/tracking", test_tracking_waits_for_vcpus);
    g_test_add_func("/td/x2apic-ids", test_x2apic_ids);
    g_test_add_func("/td/no-entropy", test_no_entropy);
    g_test_add_func("/td/msrs", test_msrs);
    return g_test_run();
}
