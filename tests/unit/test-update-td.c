/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDs across an update: in every state, being measured by a module that does
 * it in another way, and what their reports say (P-SEAMLDR 6.3, 6.4).
 */

#include <string.h>

#include "../../target/i386/x86-defs/vmx-exit-list.h"
#include "core/state.h"
#include "sim-run.h"
#include "sim-td.h"
#include "td/measure.h"
#include "update-fixture.h"

#define HANDOFF_VERSION 0x8210000100000000ULL

#define CHLDCNT 0x8010000300000004ULL

#define GPA 0x40000000ULL

#define ASSERT_OK(status) g_assert_cmphex(status, ==, 0)

static uint64_t page_add(SimTd *td, uint64_t gpa, uint64_t page)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_MEM_PAGE_ADD, [TDX_RCX] = gpa, [TDX_RDX] = td->tdr,
        [TDX_R8] = page, [TDX_R9] = SIM_TD_SHARED,
    };

    g_assert_cmpint(tdx_module_seamcall(td->sim->module, 0, gpr, NULL), ==,
                    TDX_SEAMCALL_DONE);
    return gpr[TDX_RAX];
}

/* A TD in build with a page at GPA, and room behind it */
static SimPlatform *begin_build(SimTd *td)
{
    SimPlatform *sim = sim_td_machine(1);

    sim_td_build(td, sim, 0);
    sim_td_tables(td, GPA);
    ASSERT_OK(page_add(td, GPA, sim_td_page(td)));
    return sim;
}

/* A TD in each state of its build; it is built on and taken apart after */
static void test_tds(void)
{
    SimPlatform *sim = sim_td_machine(2);
    TdxModuleConfig cfg = sim->cfg;
    SimTd td;

    sim_td_create(&td, sim);
    cfg.update++;
    update(sim, &cfg);
    sim_td_init(&td, 0);
    g_assert_cmphex(sim_td_field(&td, HANDOFF_VERSION), ==, 1);
    g_assert_cmpuint(sim->module->st.td_build_count, ==, 1);
    cfg.update++;
    cfg.built_in.module_hv = cfg.sigstruct.module_hv = 2;
    update(sim, &cfg);
    g_assert_cmpuint(sim->module->st.td_build_count, ==, 1);
    td.vcpu = sim_td_add_vcpu(&td, 0);
    update(sim, &cfg);
    /* It stays where it was, on LP 0 */
    g_assert_cmphex(sim_leaf(sim, 1, TDH_VP_FLUSH, td.vcpu, 0, 0), ==,
                    0x8000070200000000);
    sim_td_tables(&td, 0);
    update(sim, &cfg);
    g_assert_cmphex(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0), ==, 0);
    g_assert_cmpuint(sim->module->st.td_build_count, ==, 0);
    update(sim, &cfg);
    g_assert_cmphex(sim_td_field(&td, HANDOFF_VERSION), ==, 1);
    sim_td_destroy(&td);
    check(sim);
    sim_free(sim);
}

/* --- the context of the MRTD (P-SEAMLDR 6.3) ------------------------- */

#define UPDATE_COMPATIBILITY (1ULL << 47)

/* A module that keeps the MRTD in its own way */
static TdxModuleConfig module_with(SimPlatform *sim, uint16_t context)
{
    TdxModuleConfig cfg = sim->cfg;

    cfg.crypto_context = context;
    return cfg;
}

static TdxModuleConfig module_before(SimPlatform *sim)
{
    TdxModuleConfig cfg = sim->cfg;

    cfg.features0 &= ~TDX_FEATURES0_UPDATE_COMPATIBILITY;
    return cfg;
}

/* UPDATE version 1 with @features in R9 */
static void update_with(SimPlatform *sim, TdxModuleConfig cfg,
                        uint64_t features)
{
    install(sim, &cfg);
    sim_boot_init(sim);
    ASSERT_OK(update_leaf(sim, 1, features, 0));
    check(sim);
}

/* The three leaves that go on with a build; none changes anything here */
static void assert_build_refused(SimTd *td)
{
    uint64_t page = sim_td_page(td);
    uint64_t pages = sim_td_field(td, CHLDCNT);

    g_assert_cmphex(page_add(td, GPA + 64 * KIB, page), ==,
                    TDX_INCOMPATIBLE_MRTD_CONTEXT);
    g_assert_cmphex(sim_td_call(td, TDH_MR_EXTEND, GPA, td->tdr, 0), ==,
                    TDX_INCOMPATIBLE_MRTD_CONTEXT);
    g_assert_cmphex(sim_td_call(td, TDH_MR_FINALIZE, td->tdr, 0, 0), ==,
                    TDX_INCOMPATIBLE_MRTD_CONTEXT);
    g_assert_cmphex(sim_td_field(td, CHLDCNT), ==, pages);
    check(td->sim);
}

/* What each of them looks at before */
static void test_context_order(void)
{
    SimPlatform *sim;
    SimTd td, bare;
    uint64_t page;

    sim = begin_build(&td);
    update_with(sim, module_with(sim, 2), UPDATE_COMPATIBILITY);
    page = sim_td_page(&td);
    /* Secure EPT entry, source, page to add */
    g_assert_cmphex(page_add(&td, GPA, page), ==, 0xc0000b0d00000001);
    g_assert_cmphex(page_add(&td, GPA + 4 * KIB, td.vcpu), ==,
                    0xc000030000000008);
    g_assert_cmphex(sim_td_call(&td, TDH_MR_EXTEND, GPA + 16, td.tdr, 0), ==,
                    0xc000010000000001);
    g_assert_cmphex(sim_td_call(&td, TDH_MR_EXTEND, GPA + 4 * KIB, td.tdr, 0),
                    ==, 0xc0000b0300000001);
    assert_build_refused(&td);
    sim_td_destroy(&td);
    sim_free(sim);

    sim = sim_td_machine(1);
    sim_td_create(&bare, sim);
    sim_td_init(&bare, 0);
    update_with(sim, module_with(sim, 2), UPDATE_COMPATIBILITY);
    g_assert_cmphex(sim_td_call(&bare, TDH_MR_FINALIZE, bare.tdr, 0, 0), ==,
                    TDX_NO_VCPUS);
    sim_td_destroy(&bare);
    sim_free(sim);
}

/* It is compared only where TDH.SYS.UPDATE was told to */
static void test_context(void)
{
    SimPlatform *sim;
    SimTd td;

    sim = begin_build(&td);
    g_assert_cmpuint(sim_td_tdcs(&td)->crypto_context, ==, 1);
    update_with(sim, sim->cfg, UPDATE_COMPATIBILITY);
    ASSERT_OK(sim_td_call(&td, TDH_MR_EXTEND, GPA, td.tdr, 0));
    update_with(sim, module_with(sim, 2), UPDATE_COMPATIBILITY);
    assert_build_refused(&td);
    update_with(sim, module_with(sim, 2), 1ULL << 36);
    ASSERT_OK(sim_td_call(&td, TDH_MR_EXTEND, GPA, td.tdr, 0));
    update_with(sim, module_with(sim, 3), UPDATE_COMPATIBILITY);
    assert_build_refused(&td);
    /* Version 0 switches it off, whatever R9 has */
    install(sim, &sim->module->cfg);
    sim_boot_init(sim);
    ASSERT_OK(update_leaf(sim, 0, UPDATE_COMPATIBILITY, 0));
    ASSERT_OK(page_add(&td, GPA + 4 * KIB, sim_td_page(&td)));
    /* The module that began it can go on */
    update_with(sim, module_with(sim, 3), UPDATE_COMPATIBILITY);
    assert_build_refused(&td);
    update_with(sim, sim->cfg, UPDATE_COMPATIBILITY);
    ASSERT_OK(page_add(&td, GPA + 8 * KIB, sim_td_page(&td)));
    ASSERT_OK(sim_td_call(&td, TDH_MR_EXTEND, GPA, td.tdr, 0));
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    g_assert_cmpuint(sim_td_tdcs(&td)->crypto_context, ==, 0);
    /* It is not being built any more, and no concern of another module */
    update_with(sim, module_with(sim, 2), UPDATE_COMPATIBILITY);
    ASSERT_OK(sim_td_call(&td, TDH_MNG_RD, td.tdr, CHLDCNT, 0));
    sim_td_destroy(&td);
    sim_free(sim);
}

/* Modules before 1.5.24 leave 0, which no later one has */
static void test_context_before(void)
{
    SimPlatform *sim = sim_td_machine(1);
    const TdxModuleConfig before = module_before(sim);
    SimTd td;

    update(sim, &before);
    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, GPA);
    ASSERT_OK(page_add(&td, GPA, sim_td_page(&td)));
    g_assert_cmpuint(sim_td_tdcs(&td)->crypto_context, ==, 0);
    update_with(sim, sim->cfg, UPDATE_COMPATIBILITY);
    assert_build_refused(&td);
    update(sim, &sim->cfg);
    ASSERT_OK(sim_td_call(&td, TDH_MR_EXTEND, GPA, td.tdr, 0));
    update_with(sim, sim->cfg, UPDATE_COMPATIBILITY);
    assert_build_refused(&td);
    update(sim, &before);
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));
    sim_td_destroy(&td);
    sim_free(sim);
}

/* What has begun under the new module is the new module's */
static void test_context_new(void)
{
    SimPlatform *sim = sim_td_machine(1);
    SimTd td;

    update_with(sim, module_with(sim, 7), UPDATE_COMPATIBILITY);
    sim_td_build(&td, sim, 0);
    g_assert_cmpuint(sim_td_tdcs(&td)->crypto_context, ==, 7);
    sim_td_tables(&td, GPA);
    ASSERT_OK(page_add(&td, GPA, sim_td_page(&td)));
    ASSERT_OK(sim_td_call(&td, TDH_MR_EXTEND, GPA, td.tdr, 0));
    update_with(sim, sim->cfg, UPDATE_COMPATIBILITY);
    assert_build_refused(&td);
    /* A new start forgets what UPDATE was told */
    g_assert_true(sim->module->st.update_compatibility);
    tdx_module_install(sim->module, &sim->cfg, false);
    g_assert_false(sim->module->st.update_compatibility);
    g_array_free(td.pages, true);
    sim_free(sim);
}

/* --- reports --------------------------------------------------------- */

#define OFFSET_REPORT_OLD 1024
#define OFFSET_REPORT_NEW 2048
#define OFFSET_DATA       3072

#define REPORT_MAC  224
#define REPORT_TCB  256
#define REPORT_INFO 512
#define TCB_SVN     (REPORT_TCB + 8)
#define TCB_MRSEAM  (REPORT_TCB + 24)
#define TCB_SVN2    (REPORT_TCB + 128)
#define INFO_MRTD   (REPORT_INFO + 16)
#define INFO_RTMR   (REPORT_INFO + 208)

/* A report tells the module that the TD was created by from the one now */
static void test_report(void)
{
    SimPlatform *sim = sim_td_machine(1);
    TdxModuleConfig cfg = sim->cfg;
    uint8_t info[TDX_TDINFO_SIZE] = { 0 }, report[TDX_TDREPORT_SIZE];
    uint8_t data[TDX_REPORTDATA_SIZE] = { 0 }, hash[TDX_MR_SIZE] = { 0 };
    TdxTdRef ref = { .m = sim->module };
    SimTd td;

    sim_td_create(&td, sim);
    cfg.svn_minor = 77;
    update(sim, &cfg);
    ref.tdr = tdx_tdr(sim->module, td.tdr);
    tdx_td_measure_report(&ref, data, info, hash, report);
    /* TEE_TCB_SVN and TEE_TCB_SVN2 of TEE_TCB_INFO (TDCALL 4.5.1) */
    g_assert_cmpuint(report[256 + 8], ==, 13);
    g_assert_cmpuint(report[256 + 9], ==, 1);
    g_assert_cmpuint(report[256 + 128], ==, 77);
    g_assert_cmpuint(report[256 + 129], ==, 1);
    g_array_free(td.pages, true);
    sim_free(sim);
}

static const uint8_t nothing[TDX_MR_SIZE];

static void enter(SimTd *td)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RAX] = TDH_VP_ENTER, [TDX_RCX] = td->vcpu,
    };

    g_assert_cmpint(sim_seamcall(td->sim, 0, gpr), ==, TDX_SEAMCALL_RUN_TD);
    sim_lp(td->sim, 0)->no_events = true;
}

static TdxTdVerdict leave(SimTd *td, uint32_t reason)
{
    X86Vmcs *v = sim_lp(td->sim, 0)->run.vmcs;

    v->exit_reason = reason;
    v->exit_qualification = 0;
    v->exit_intr_info = 0;
    v->idt_vectoring_info = 0;
    v->guest_rip = 0x1000;
    return sim_td_exit(td->sim, 0);
}

/* The guest's RAX after a TDCALL that does not leave the TD */
static uint64_t tdcall(SimTd *td, uint64_t number, uint64_t rcx, uint64_t rdx)
{
    SimLp *l = sim_lp(td->sim, 0);
    X86Vmcs *v = l->run.vmcs;

    v->guest_efer |= 1 << 10;  /* long mode, in */
    v->guest_cs_ar = 0xa09b;   /* 64-bit code */
    v->exit_instr_length = 4;
    l->gpr[TDX_RAX] = number;
    l->gpr[TDX_RCX] = rcx;
    l->gpr[TDX_RDX] = rdx;
    l->gpr[TDX_R8] = 0;
    g_assert_cmpint(leave(td, X86_VMX_EXIT_REASON_TDCALL), ==, TDX_TD_RESUME);
    return l->gpr[TDX_RAX];
}

static void update_to_svn(SimTd *td, uint8_t svn_minor)
{
    TdxModuleConfig cfg = td->sim->cfg;

    cfg.svn_minor = svn_minor;
    g_assert_cmpint(leave(td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT), ==,
                    TDX_TD_LEAVE);
    update(td->sim, &cfg);
    enter(td);
}

/* Each report has the hash of its TEE_TCB_INFO, 239 bytes (TDCALL 4.5.1) */
static void assert_tcb(const uint8_t *report, uint8_t minor, uint8_t minor2)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
    uint8_t digest[TDX_MR_SIZE];
    gsize len = sizeof(digest);

    g_assert_cmpuint(report[TCB_SVN], ==, minor);
    g_assert_cmpuint(report[TCB_SVN + 1], ==, 1);
    g_assert_cmpuint(report[TCB_SVN2], ==, minor2);
    g_assert_cmpuint(report[TCB_SVN2 + 1], ==, 1);
    g_checksum_update(sum, report + REPORT_TCB, 239);
    g_checksum_get_digest(sum, digest, &len);
    g_assert_cmpmem(digest, len, report + 32, sizeof(digest));
}

/*
 * The measurements are the TD's and the key is the processor's, so that
 * reports of before and after differ in the module that runs, and each is
 * accepted wherever it is verified.
 */
static void test_report_running(void)
{
    const uint64_t old = GPA + OFFSET_REPORT_OLD, new = GPA + OFFSET_REPORT_NEW;
    const uint64_t data = GPA + OFFSET_DATA;
    SimPlatform *sim = sim_td_machine(1);
    const uint8_t *before, *after;
    uint8_t *content;
    SimTd td;

    memset(sim->report_key, 0x5a, sizeof(sim->report_key));
    sim_td_build(&td, sim, 0);
    sim_td_tables(&td, GPA);
    ASSERT_OK(page_add(&td, GPA, sim_td_page(&td)));
    content = tdx_private(sim->module, td.next - TDX_PAGE_4K, SIM_TD_HKID);
    before = content + OFFSET_REPORT_OLD;
    after = content + OFFSET_REPORT_NEW;
    ASSERT_OK(sim_td_call(&td, TDH_MR_FINALIZE, td.tdr, 0, 0));

    enter(&td);
    memset(content + OFFSET_DATA, 0x77, TDX_REPORTDATA_SIZE);
    ASSERT_OK(tdcall(&td, TDG_MR_RTMR_EXTEND, data, 2));
    ASSERT_OK(tdcall(&td, TDG_MR_REPORT, old, data));
    assert_tcb(before, 13, 13);
    update_to_svn(&td, 77);
    ASSERT_OK(tdcall(&td, TDG_MR_REPORT, new, data));
    assert_tcb(after, 13, 77);
    g_assert_cmpmem(before + REPORT_INFO, TDX_TDINFO_SIZE,
                    after + REPORT_INFO, TDX_TDINFO_SIZE);
    g_assert_true(memcmp(after + INFO_MRTD, nothing, sizeof(nothing)));
    g_assert_true(memcmp(after + INFO_RTMR + 2 * TDX_MR_SIZE, nothing,
                         sizeof(nothing)));
    g_assert_cmpmem(before + TCB_MRSEAM, TDX_MR_SIZE, after + TCB_MRSEAM,
                    TDX_MR_SIZE);
    ASSERT_OK(tdcall(&td, TDG_MR_VERIFYREPORT, old, 0));
    ASSERT_OK(tdcall(&td, TDG_MR_VERIFYREPORT, new, 0));

    /* The register goes on from where it was; SVN2 is the last one's */
    ASSERT_OK(tdcall(&td, TDG_MR_RTMR_EXTEND, data, 2));
    update_to_svn(&td, 78);
    ASSERT_OK(tdcall(&td, TDG_MR_VERIFYREPORT, new, 0));
    ASSERT_OK(tdcall(&td, TDG_MR_REPORT, new, data));
    assert_tcb(after, 13, 78);
    g_assert_true(memcmp(before + INFO_RTMR + 2 * TDX_MR_SIZE,
                         after + INFO_RTMR + 2 * TDX_MR_SIZE, TDX_MR_SIZE));
    g_assert_cmpmem(before + REPORT_INFO, INFO_RTMR - REPORT_INFO,
                    after + REPORT_INFO, INFO_RTMR - REPORT_INFO);
    ASSERT_OK(tdcall(&td, TDG_MR_VERIFYREPORT, new, 0));
    content[OFFSET_REPORT_OLD + REPORT_MAC] ^= 1;
    g_assert_cmphex(tdcall(&td, TDG_MR_VERIFYREPORT, old, 0), ==,
                    TDX_INVALID_REPORTMACSTRUCT);
    leave(&td, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
    check(sim);
    sim_td_destroy(&td);
    sim_free(sim);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/update-td/states", test_tds);
    g_test_add_func("/update-td/context", test_context);
    g_test_add_func("/update-td/context/order", test_context_order);
    g_test_add_func("/update-td/context/before", test_context_before);
    g_test_add_func("/update-td/context/new", test_context_new);
    g_test_add_func("/update-td/report", test_report);
    g_test_add_func("/update-td/report/running", test_report_running);
    return g_test_run();
}
