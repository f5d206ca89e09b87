/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Trace events of the tdx-module device.
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "libqos/tdx-log.h"

#define HKID 3

static void test_calls(void)
{
    static const int first_lp[] = { 0, -1 };
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = 1ULL << 30 };
    unsigned calls;
    QTestState *qts;
    QTdxLog l;

    qts = tdx_log_start(&l, "-m 4G -smp 2,sockets=1", "-trace 'seam_*'");
    tdx_place_pamts(&t, true, 0x1000000);
    tdx_bring_up(qts, 2, first_lp, &t, 1, 2 | TDX_CONFIG_DYNAMIC_PAMT);
    calls = tdx_init_tdmr(qts, 0, &t);
    tdx_rd(qts, TDX_MD_FEATURES0);
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "seam_load 2 LPs in 1 packages, 2 CMRs");
    tdx_log_has(&l, "seam_seamcall lp 0 "
                "TDH\\.SYS\\.INIT\\(reserved=0x0, diagnostics=0x0\\)");
    tdx_log_has(&l, "seam_state lp 0 SYSINIT_PENDING -> SYSINIT_DONE");
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.INIT\\(reserved=0x0, "
                "diagnostics=0x0\\) = TDX_SUCCESS \\[\\] " TDX_LOG_NS);
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.LP\\.INIT\\(\\) = "
                "TDX_SUCCESS \\[\\] " TDX_LOG_NS);
    tdx_log_has(&l, "seam_seamret lp 1 TDH\\.SYS\\.LP\\.INIT\\(\\) = "
                "TDX_SUCCESS \\[\\] " TDX_LOG_NS);
    tdx_log_has(&l, "seam_state lp 0 SYSINIT_DONE -> SYSCONFIG_DONE");
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.CONFIG\\("
                "tdmr_info_array=0x[0-9a-f]+, num_tdmrs=0x1, "
                "hkid_flags=0x10002\\) = TDX_SUCCESS \\[\\] " TDX_LOG_NS);
    tdx_log_has(&l, "seam_state lp 0 SYSCONFIG_DONE -> SYS_READY");
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.KEY\\.CONFIG\\(\\) = "
                "TDX_SUCCESS \\[\\] " TDX_LOG_NS);
    tdx_log_has(&l, "seam_pamt lp 0 0x100000000 4K x4096: none -> PT_NDA "
                "owner 0x0");
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.TDMR\\.INIT\\("
                "[a-z_]+=0x100000000\\) = TDX_SUCCESS "
                "\\[[a-z_]+=0x100000000\\] " TDX_LOG_NS);
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.TDMR\\.INIT\\("
                "[a-z_]+=0x100000000\\) = TDX_SUCCESS "
                "\\[[a-z_]+=0x140000000\\] " TDX_LOG_NS);
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.RD\\("
                "field=0xa00000300000008 TDX_FEATURES0\\) = TDX_SUCCESS "
                "\\[next_field=0x9000000100000000 NUM_CMRS, "
                "value=0x[0-9a-f]+\\] " TDX_LOG_NS);
    g_assert_cmpuint(tdx_log_count(&l, "seam_seamret lp 0 TDH.SYS.TDMR.INIT"),
                     ==, calls);
    g_assert_cmpuint(tdx_log_count(&l, "seam_seamret"), ==,
                     tdx_log_count(&l, "seam_seamcall"));
    tdx_log_free(&l);
}

static void test_td(void)
{
    QHostTd td;
    uint64_t vcpu;
    QTdxLog l;

    tdx_log_start_host(&l, "-trace seam_td_state -trace seam_pamt");
    host_td_create(&td, &l.host, 0, HKID);
    tdx_ok(l.host.qts, .rax = TDH_MR_FINALIZE, .rcx = td.tdr);
    vcpu = td.vcpu;
    host_td_stop(&td);
    host_td_destroy(&td);
    tdx_log_read(&l, l.host.qts);

    tdx_log_has(&l, "seam_pamt lp 0 0x100000000 2M x1: PT_NDA -> PT_PAMT "
                "owner 0x0");
    tdx_log_has(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: none "
                "-> TD_HKID_ASSIGNED");
    tdx_log_has(&l, "seam_pamt lp 0 0x100000000 4K x1: PT_NDA -> PT_TDR "
                "owner 0x0");
    tdx_log_has(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: "
                "TD_HKID_ASSIGNED -> TD_KEYS_CONFIGURED");
    tdx_log_has(&l, "seam_pamt lp 0 0x100001000 4K x1: PT_NDA -> PT_TDCX "
                "owner 0x100000000");
    tdx_log_has(&l, "seam_td_state lp 0 OP_STATE of 0x100000000: "
                "UNINITIALIZED -> INITIALIZED");
    tdx_log_has(&l, "seam_td_state lp 0 VCPU_STATE of 0x%" PRIx64 ": "
                "VCPU_UNINITIALIZED -> VCPU_READY", vcpu);
    tdx_log_has(&l, "seam_td_state lp 0 OP_STATE of 0x100000000: "
                "INITIALIZED -> RUNNABLE");
    tdx_log_has(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: "
                "TD_KEYS_CONFIGURED -> TD_BLOCKED");
    tdx_log_has(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: "
                "TD_BLOCKED -> TD_TEARDOWN");
    tdx_log_has(&l, "seam_pamt lp 0 0x100001000 4K x1: PT_TDCX -> PT_NDA "
                "owner 0x100000000");
    tdx_log_has(&l, "seam_pamt lp 0 0x100000000 4K x1: PT_TDR -> PT_NDA "
                "owner 0x0");
    tdx_log_has(&l, "seam_pamt lp 0 0x100000000 2M x1: PT_PAMT -> PT_NDA "
                "owner 0x0");
    g_assert_cmpuint(tdx_log_count(&l, "seam_seam"), ==, 0);
    tdx_log_free(&l);
}

static void set_trace(QTestState *qts, bool enable)
{
    qtest_qmp_assert_success(qts,
        "{ 'execute': 'trace-event-set-state',"
        "  'arguments': { 'name': 'seam_*', 'enable': %i } }", enable);
}

/* The monitor turns events on and off while the machine runs */
static void test_switch(void)
{
    QTestState *qts;
    QTdxLog l;

    qts = tdx_log_start(&l, "", "");
    tdx_call(qts, 0, TDH_SYS_LP_SHUTDOWN, 0, 0, 0);
    set_trace(qts, true);
    tdx_init_lps(qts, 1);
    set_trace(qts, false);
    tdx_rd(qts, TDX_MD_FEATURES0);
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "seam_state lp 0 SYSINIT_PENDING -> SYSINIT_DONE");
    tdx_log_has(&l, "seam_seamret lp 0 TDH\\.SYS\\.LP\\.INIT.*");
    g_assert_cmpuint(tdx_log_count(&l, "seam_seamret"), ==, 2);
    tdx_log_free(&l);
}

static void test_private(void)
{
    QTestState *qts;
    QHostTd td;
    TdxRegs r;
    QTdxLog l;

    tdx_log_start_host(&l, "-trace 'seam_private_*' -trace seam_vmfailinvalid "
                       "-d guest_errors");
    qts = l.host.qts;
    host_td_create(&td, &l.host, 0, HKID);
    qtest_writeq(qts, td.tdr + 8, 1);
    r = (TdxRegs) { .rax = TDH_MNG_RD, .rcx = td.tdr,
                    .rdx = TDX_MD_TD_LIFECYCLE };
    g_assert_false(tdx_seamcall(qts, 0, &r));
    g_assert_false(tdx_seamcall(qts, 0, &r));
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "seam_private_written private memory written through "
                "KeyID 0: 0x100000008 \\+ 8");
    tdx_log_has(&l, "private memory at 0x100000008: 8 bytes were written "
                "through another KeyID, its content is lost");
    tdx_log_has(&l, "seam_private_lost integrity violation in 0x100000000 "
                "\\+ [0-9]+");
    tdx_log_has(&l, "seam_vmfailinvalid lp 0 TDH\\.MNG\\.RD\\("
                "tdr=0x100000000, field=0x8010000200000005 "
                "LIFECYCLE_STATE\\): VMfailInvalid 0x100000000 was written "
                "by the host, its content is lost");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.RD\\(.*\\): "
                "VMfailInvalid: 0x100000000 was written by the host, its "
                "content is lost");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.RD\\(.*\\): "
                "VMfailInvalid: the module has stopped: the host wrote to the "
                "module's own structures");
    tdx_log_free(&l);
}

/* Calls that meet another one; a fault object stands for the other one */
static void test_busy(void)
{
    const char *faults =
        "-object tdx-fault,id=f0,leaf=TDH.SYS.INIT,status=TDX_SYS_BUSY,nth=1 "
        "-object tdx-fault,id=f1,leaf=TDH.SYS.KEY.CONFIG,"
        "status=TDX_OPERAND_BUSY,operand=KET,nth=1";
    QTestState *qts;
    QTdxLog l;

    qts = tdx_log_start(&l, faults, "-trace seam_busy -d guest_errors");
    tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0);
    tdx_call(qts, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0);
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "seam_busy lp 0 TDH\\.SYS\\.INIT\\(.*\\) = TDX_SYS_BUSY: "
                "the lock of the whole module is taken");
    tdx_log_has(&l, "seam_busy lp 0 TDH\\.SYS\\.KEY\\.CONFIG\\(\\) = "
                "TDX_OPERAND_BUSY\\(KET\\): ");
    /* Not the host's mistake */
    g_assert_cmpuint(tdx_log_count(&l, "SEAMCALL on LP"), ==, 0);
    tdx_log_free(&l);
}

/* Who does not ask is told nothing */
static void test_silence(void)
{
    QTestState *qts;
    QTdxLog l;

    qts = tdx_log_start(&l, "", "");
    tdx_call(qts, 0, TDH_SYS_CONFIG, 1, 0, 0);
    tdx_init_lps(qts, 1);
    tdx_log_read(&l, qts);
    g_assert_cmpstr(l.text, ==, "");
    tdx_log_free(&l);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam-trace/calls", test_calls);
    qtest_add_func("/seam-trace/td", test_td);
    qtest_add_func("/seam-trace/switch", test_switch);
    qtest_add_func("/seam-trace/private", test_private);
    qtest_add_func("/seam-trace/busy", test_busy);
    qtest_add_func("/seam-trace/silence", test_silence);
    return g_test_run();
}
