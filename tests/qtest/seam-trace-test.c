/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Trace events of the tdx-module device, and what "-d guest_errors" says of a
 * host's mistakes.
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "libqos/tdx-loader.h"

#define HKID 3

/* Of the host's image, as it is written in patterns */
#define INSTALL "SEAMLDR\\.INSTALL\\(RCX=0x14000000\\)"

/* Not in any TDMR */
#define RAM_FREE 0x4000000ULL

typedef struct Log {
    char *file;
    char *text;
    const char *at; /* what comes after the last line that was expected */
    QTdxHost host;
} Log;

static char *log_file(void)
{
    char *file = NULL;
    int fd = g_file_open_tmp("seam-trace-XXXXXX", &file, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return file;
}

/* @more, @args: arguments; the log goes to a file of its own */
static QTestState *log_start(Log *l, const char *more, const char *args)
{
    g_autofree char *all = NULL;

    *l = (Log) { .file = log_file() };
    all = g_strdup_printf("%s %s -D %s", more, args, l->file);
    return tdx_start("", all);
}

static void host_start(Log *l, const char *args)
{
    QTestState *qts = log_start(l, TDX_HOST_MACHINE, args);

    tdx_host_init(&l->host, qts, true);
}

static void log_read(Log *l, QTestState *qts)
{
    qtest_quit(qts);
    g_assert_true(g_file_get_contents(l->file, &l->text, NULL, NULL));
    l->at = l->text;
}

static void log_free(Log *l)
{
    unlink(l->file);
    g_free(l->file);
    g_free(l->text);
}

/* A line of the log that @pattern describes all of, behind the last one */
static void expect_line(Log *l, const char *pattern, ...) G_GNUC_PRINTF(2, 3);
static void expect_line(Log *l, const char *pattern, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;
    g_autoptr(GRegex) regex = NULL;
    g_autoptr(GMatchInfo) found = NULL;
    int end;
    va_list args;

    va_start(args, pattern);
    text = g_strdup_vprintf(pattern, args);
    va_end(args);
    line = g_strdup_printf("^%s$", text);
    regex = g_regex_new(line, G_REGEX_MULTILINE, 0, NULL);
    g_assert_nonnull(regex);
    if (!g_regex_match(regex, l->at, 0, &found)) {
        g_printerr("no '%s' in\n%s", text, l->at);
        g_assert_not_reached();
    }
    g_match_info_fetch_pos(found, 0, NULL, &end);
    l->at += end;
}

static unsigned count_lines(const Log *l, const char *prefix)
{
    g_auto(GStrv) lines = g_strsplit(l->text, "\n", -1);
    unsigned n = 0;

    for (int i = 0; lines[i]; i++) {
        n += g_str_has_prefix(lines[i], prefix);
    }
    return n;
}

/* --- trace events -------------------------------------------------------- */

#define NS "[0-9]+ ns"

static void test_calls(void)
{
    static const int first_lp[] = { 0, -1 };
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = 1ULL << 30 };
    unsigned calls;
    QTestState *qts;
    Log l;

    qts = log_start(&l, "-m 4G -smp 2,sockets=1", "-trace 'seam_*'");
    tdx_place_pamts(&t, true, 0x1000000);
    tdx_bring_up(qts, 2, first_lp, &t, 1, 2 | TDX_CONFIG_DYNAMIC_PAMT);
    calls = tdx_init_tdmr(qts, 0, &t);
    tdx_rd(qts, TDX_MD_FEATURES0);
    log_read(&l, qts);

    expect_line(&l, "seam_load 2 LPs in 1 packages, 2 CMRs");
    expect_line(&l, "seam_seamcall lp 0 "
                "TDH\\.SYS\\.INIT\\(reserved=0x0, diagnostics=0x0\\)");
    expect_line(&l, "seam_state lp 0 SYSINIT_PENDING -> SYSINIT_DONE");
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.INIT\\(reserved=0x0, "
                "diagnostics=0x0\\) = TDX_SUCCESS \\[\\] " NS);
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.LP\\.INIT\\(\\) = "
                "TDX_SUCCESS \\[\\] " NS);
    expect_line(&l, "seam_seamret lp 1 TDH\\.SYS\\.LP\\.INIT\\(\\) = "
                "TDX_SUCCESS \\[\\] " NS);
    expect_line(&l, "seam_state lp 0 SYSINIT_DONE -> SYSCONFIG_DONE");
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.CONFIG\\("
                "tdmr_info_array=0x[0-9a-f]+, num_tdmrs=0x1, "
                "hkid_flags=0x10002\\) = TDX_SUCCESS \\[\\] " NS);
    expect_line(&l, "seam_state lp 0 SYSCONFIG_DONE -> SYS_READY");
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.KEY\\.CONFIG\\(\\) = "
                "TDX_SUCCESS \\[\\] " NS);
    expect_line(&l, "seam_pamt lp 0 0x100000000 4K x4096: none -> PT_NDA "
                "owner 0x0");
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.TDMR\\.INIT\\("
                "[a-z_]+=0x100000000\\) = TDX_SUCCESS "
                "\\[[a-z_]+=0x100000000\\] " NS);
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.TDMR\\.INIT\\("
                "[a-z_]+=0x100000000\\) = TDX_SUCCESS "
                "\\[[a-z_]+=0x140000000\\] " NS);
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.RD\\("
                "field=0xa00000300000008 TDX_FEATURES0\\) = TDX_SUCCESS "
                "\\[next_field=0x9000000100000000 NUM_CMRS, "
                "value=0x[0-9a-f]+\\] " NS);
    g_assert_cmpuint(count_lines(&l, "seam_seamret lp 0 TDH.SYS.TDMR.INIT"),
                     ==, calls);
    g_assert_cmpuint(count_lines(&l, "seam_seamret"), ==,
                     count_lines(&l, "seam_seamcall"));
    log_free(&l);
}

static void test_td(void)
{
    QHostTd td;
    uint64_t vcpu;
    Log l;

    host_start(&l, "-trace seam_td_state -trace seam_pamt");
    host_td_create(&td, &l.host, 0, HKID);
    tdx_ok(l.host.qts, .rax = TDH_MR_FINALIZE, .rcx = td.tdr);
    vcpu = td.vcpu;
    host_td_stop(&td);
    host_td_destroy(&td);
    log_read(&l, l.host.qts);

    expect_line(&l, "seam_pamt lp 0 0x100000000 2M x1: PT_NDA -> PT_PAMT "
                "owner 0x0");
    expect_line(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: none "
                "-> TD_HKID_ASSIGNED");
    expect_line(&l, "seam_pamt lp 0 0x100000000 4K x1: PT_NDA -> PT_TDR "
                "owner 0x0");
    expect_line(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: "
                "TD_HKID_ASSIGNED -> TD_KEYS_CONFIGURED");
    expect_line(&l, "seam_pamt lp 0 0x100001000 4K x1: PT_NDA -> PT_TDCX "
                "owner 0x100000000");
    expect_line(&l, "seam_td_state lp 0 OP_STATE of 0x100000000: "
                "UNINITIALIZED -> INITIALIZED");
    expect_line(&l, "seam_td_state lp 0 VCPU_STATE of 0x%" PRIx64 ": "
                "VCPU_UNINITIALIZED -> VCPU_READY", vcpu);
    expect_line(&l, "seam_td_state lp 0 OP_STATE of 0x100000000: "
                "INITIALIZED -> RUNNABLE");
    expect_line(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: "
                "TD_KEYS_CONFIGURED -> TD_BLOCKED");
    expect_line(&l, "seam_td_state lp 0 LIFECYCLE_STATE of 0x100000000: "
                "TD_BLOCKED -> TD_TEARDOWN");
    expect_line(&l, "seam_pamt lp 0 0x100001000 4K x1: PT_TDCX -> PT_NDA "
                "owner 0x100000000");
    expect_line(&l, "seam_pamt lp 0 0x100000000 4K x1: PT_TDR -> PT_NDA "
                "owner 0x0");
    expect_line(&l, "seam_pamt lp 0 0x100000000 2M x1: PT_PAMT -> PT_NDA "
                "owner 0x0");
    g_assert_cmpuint(count_lines(&l, "seam_seam"), ==, 0);
    log_free(&l);
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
    Log l;

    qts = log_start(&l, "", "");
    tdx_call(qts, 0, TDH_SYS_LP_SHUTDOWN, 0, 0, 0);
    set_trace(qts, true);
    tdx_init_lps(qts, 1);
    set_trace(qts, false);
    tdx_rd(qts, TDX_MD_FEATURES0);
    log_read(&l, qts);

    expect_line(&l, "seam_state lp 0 SYSINIT_PENDING -> SYSINIT_DONE");
    expect_line(&l, "seam_seamret lp 0 TDH\\.SYS\\.LP\\.INIT.*");
    g_assert_cmpuint(count_lines(&l, "seam_seamret"), ==, 2);
    log_free(&l);
}

static void test_private(void)
{
    QTestState *qts;
    QHostTd td;
    TdxRegs r;
    Log l;

    host_start(&l, "-trace 'seam_private_*' -trace seam_vmfailinvalid "
               "-d guest_errors");
    qts = l.host.qts;
    host_td_create(&td, &l.host, 0, HKID);
    qtest_writeq(qts, td.tdr + 8, 1);
    r = (TdxRegs) { .rax = TDH_MNG_RD, .rcx = td.tdr,
                    .rdx = TDX_MD_TD_LIFECYCLE };
    g_assert_false(tdx_seamcall(qts, 0, &r));
    g_assert_false(tdx_seamcall(qts, 0, &r));
    log_read(&l, qts);

    expect_line(&l, "seam_private_written private memory written through "
                "KeyID 0: 0x100000008 \\+ 8");
    expect_line(&l, "private memory at 0x100000008: 8 bytes were written "
                "through another KeyID, its content is lost");
    expect_line(&l, "seam_private_lost integrity violation in 0x100000000 "
                "\\+ [0-9]+");
    expect_line(&l, "seam_vmfailinvalid lp 0 TDH\\.MNG\\.RD\\("
                "tdr=0x100000000, field=0x8010000200000005 "
                "LIFECYCLE_STATE\\): VMfailInvalid 0x100000000 was written "
                "by the host, its content is lost");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.RD\\(.*\\): "
                "VMfailInvalid: 0x100000000 was written by the host, its "
                "content is lost");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.RD\\(.*\\): "
                "VMfailInvalid: the module has stopped: the host wrote to the "
                "module's own structures");
    log_free(&l);
}

/* Calls that meet another one; a fault object stands for the other one */
static void test_busy(void)
{
    const char *faults =
        "-object tdx-fault,id=f0,leaf=TDH.SYS.INIT,status=TDX_SYS_BUSY,nth=1 "
        "-object tdx-fault,id=f1,leaf=TDH.SYS.KEY.CONFIG,"
        "status=TDX_OPERAND_BUSY,operand=KET,nth=1";
    QTestState *qts;
    Log l;

    qts = log_start(&l, faults, "-trace seam_busy -d guest_errors");
    tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0);
    tdx_call(qts, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0);
    log_read(&l, qts);

    expect_line(&l, "seam_busy lp 0 TDH\\.SYS\\.INIT\\(.*\\) = TDX_SYS_BUSY: "
                "the lock of the whole module is taken");
    expect_line(&l, "seam_busy lp 0 TDH\\.SYS\\.KEY\\.CONFIG\\(\\) = "
                "TDX_OPERAND_BUSY\\(KET\\): ");
    /* Not the host's mistake */
    g_assert_cmpuint(count_lines(&l, "SEAMCALL on LP"), ==, 0);
    log_free(&l);
}

/* --- guest errors -------------------------------------------------------- */

/*
 * Memory is the host's to write before it gives it away, and again when it has
 * got it back.  What it must not touch is what the module or a TD has.
 */
static void test_written_errors(void)
{
    const uint64_t range = TDX_HOST_BASE + 64 * TDX_2M;
    const uint64_t pair = TDX_HOST_BASE + 32 * TDX_2M;
    QTestState *qts;
    QHostTd td;
    Log l;

    host_start(&l, "-d guest_errors -trace seam_private_written");
    qts = l.host.qts;
    host_td_create(&td, &l.host, 0, HKID);
    qtest_memset(qts, pair, 0xa5, 2 * TDX_4K);
    tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_ADD, range | 1, pair,
                               pair + TDX_4K), TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_REMOVE, range | 1, 0,
                               0), TDX_SUCCESS);
    qtest_memset(qts, pair, 0, 2 * TDX_4K);
    qtest_writeb(qts, td.tdr + 4000, 0);
    log_read(&l, qts);
    expect_line(&l, "seam_private_written private memory written through "
                "KeyID 0: 0x%" PRIx64 " \\+ 1", td.tdr + 4000);
    expect_line(&l, "private memory at 0x%" PRIx64 ": 1 bytes were written "
                "through another KeyID, its content is lost", td.tdr + 4000);
    g_assert_cmpuint(count_lines(&l, ""), ==, 2 + 1);
    log_free(&l);
}

static void test_config_errors(void)
{
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = 1ULL << 30 };
    const uint64_t at = RAM_FREE;
    QTestState *qts;
    Log l;

    qts = log_start(&l, TDX_HOST_MACHINE, "-d guest_errors");
    tdx_call(qts, 0, TDH_SYS_RD, 0, TDX_MD_FEATURES0, 0);
    tdx_call(qts, 0, TDH_MNG_CREATE, TDX_HOST_BASE, HKID, 0);
    tdx_init_lps(qts, 1);
    tdx_call(qts, 0, 3ULL << 16 | TDH_SYS_CONFIG, at, 1, 2);
    tdx_call(qts, 0, TDH_SYS_CONFIG, at + 8, 1, 2);
    tdx_call(qts, 0, TDH_SYS_CONFIG, at, 65, 2);
    tdx_call(qts, 0, TDH_SYS_CONFIG, at, 1, 0x40002);
    tdx_call(qts, 0, TDH_SYS_RD, 0, 0x7f00000000000000, 0);
    /* That is no field either, but it could be one */
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_RD, 0, 0x3f00000000000000, 0),
                      TDX_METADATA_FIELD_ID_INCORRECT);

    tdx_place_pamts(&t, false, 0x1000000);
    t.base += 0x1000;
    tdx_write_tdmrs(qts, &t, 1, at);
    tdx_call(qts, 0, TDH_SYS_CONFIG, at, 1, 2);
    t.base -= 0x1000;
    t.pamt[1].base += 0x200;
    tdx_write_tdmrs(qts, &t, 1, at);
    tdx_call(qts, 0, TDH_SYS_CONFIG, at, 1, 2);
    t.pamt[1].base = t.pamt[2].base;
    tdx_write_tdmrs(qts, &t, 1, at);
    tdx_call(qts, 0, TDH_SYS_CONFIG, at, 1, 2);
    log_read(&l, qts);

    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.RD\\("
                "field=0xa00000300000008 TDX_FEATURES0\\): "
                "TDX_SYS_LP_INIT_NOT_DONE: LP 0x0 has not done "
                "TDH\\.SYS\\.LP\\.INIT");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(page=0x100000000, "
                "hkid=0x3\\): TDX_SYS_NOT_READY: the module is in state "
                "SYSINIT_PENDING");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG/3\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RAX\\): there is no version 3 of "
                "TDH\\.SYS\\.CONFIG");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RCX\\): tdmr_info_array 0x4000008 is "
                "not aligned to 0x200");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RDX\\): num_tdmrs 0x41 is higher than "
                "0x40");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_OPERAND_INVALID\\(R8\\): hkid_flags 0x40002 has bits "
                "that must be zero: 0x40000");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.RD\\("
                "field=0x7f00000000000000\\): "
                "TDX_METADATA_FIELD_ID_INCORRECT: "
                "field 0x7f00000000000000");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_INVALID_TDMR\\(TDMR 0\\): TDMR_BASE 0x100001000 is not "
                "aligned to 0x40000000");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_INVALID_PAMT\\(TDMR 0, 2M PAMT\\): PAMT_2M_BASE "
                "0x[0-9a-f]+200 is not aligned to 0x1000");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_PAMT_OVERLAP\\(TDMR 0, 2M PAMT, TDMR 0\\): PAMT_2M_BASE "
                "0x%" PRIx64 " overlaps with what begins at 0x%" PRIx64,
                t.pamt[1].base, t.pamt[2].base);
    /* One line for each mistake, and none for what is right */
    g_assert_cmpuint(count_lines(&l, ""), ==, 10 + 1);
    log_free(&l);
}

static void test_page_errors(void)
{
    const uint64_t page = TDX_HOST_BASE + 8 * TDX_2M;
    QTestState *qts;
    QHostTd td;
    Log l;

    host_start(&l, "-d guest_errors");
    qts = l.host.qts;
    host_td_create(&td, &l.host, 0, HKID);
    /* What a host is told to do first is no mistake */
    tdx_assert_status(tdx_call(qts, 0, TDH_MNG_CREATE, page, 4, 0),
                      tdx_op(TDX_MISSING_PAMT_PAGE_PAIR, 1));
    tdx_call(qts, 0, TDH_MNG_CREATE, td.tdr, 4, 0);
    tdx_call(qts, 0, TDH_MNG_CREATE, RAM_FREE, 4, 0);
    tdx_call(qts, 0, TDH_MNG_CREATE, page, 0, 0);
    tdx_call(qts, 0, TDH_MNG_KEY_FREEID, td.tdr, 0, 0);
    tdx_call(qts, 0, TDH_PHYMEM_PAMT_REMOVE, page | 1, 0, 0);
    tdx_call(qts, 0, TDH_MEM_SEPT_ADD, 0x1003, td.tdr, page);
    tdx_call(qts, 0, TDH_MEM_RANGE_BLOCK, 0, td.tdr, 0);
    log_read(&l, qts);

    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(.*\\): "
                "TDX_PAGE_METADATA_INCORRECT\\(RCX\\): page 0x100000000 is a "
                "page of type PT_TDR");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(.*\\): "
                "TDX_OPERAND_ADDR_RANGE_ERROR\\(RCX\\): page 0x4000000 lies "
                "in no TDMR");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RDX\\): hkid 0x0 is not one of the "
                "TDX KeyIDs, the first is 0x2");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.KEY\\.FREEID\\(.*\\): "
                "TDX_LIFECYCLE_STATE_INCORRECT: TD 0x100000000 is in the "
                "life cycle state TD_KEYS_CONFIGURED");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.PHYMEM\\.PAMT\\.REMOVE\\(.*\\): "
                "TDX_NO_PAMT_PAGE_PAIR\\(RCX\\): range 0x101000000 is a page "
                "of type PT_NDA");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MEM\\.SEPT\\.ADD\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RCX\\): gpa 0x1000 is not aligned to "
                "0x8000000000");
    expect_line(&l, "SEAMCALL on LP 0: TDH\\.MEM\\.RANGE\\.BLOCK\\(.*\\): "
                "TDX_EPT_WALK_FAILED\\(RCX\\): gpa 0x0: 512G Secure EPT "
                "entry for GPA 0x0 is SEPT_FREE");
    g_assert_cmpuint(count_lines(&l, ""), ==, 7 + 1);
    log_free(&l);
}

static void test_loader(void)
{
    QTestState *qts;
    Log l;

    qts = log_start(&l, "", "-d guest_errors -trace seam_seamret");
    tdx_call(qts, 0, 1ULL << 63, RAM_FREE, 0, 0);
    tdx_call(qts, 0, 1ULL << 63, RAM_FREE + 8, 0, 0);
    tdx_call(qts, 0, 1ULL << 63 | 1, RAM_FREE, 0, 0);
    log_read(&l, qts);

    expect_line(&l, "seam_seamret lp 0 SEAMLDR\\.INFO\\(RCX=0x4000000\\) = "
                "SEAMLDR_SUCCESS \\[\\] " NS);
    expect_line(&l, "SEAMCALL on LP 0: SEAMLDR\\.INFO\\(RCX=0x4000008\\): "
                "SEAMLDR_EBADPARAM: the buffer 0x4000008 is not aligned to "
                "0x100");
    expect_line(&l, "SEAMCALL on LP 0: SEAMLDR\\.INSTALL\\(RCX=0x4000000\\): "
                "SEAMLDR_EBADPARAM: SEAMLDR_PARAMS has reserved bits set");
    log_free(&l);
}

/* From a processor that was plugged after firmware had counted them */
static void test_refused(void)
{
    g_autofree char *answer = NULL;
    QTestState *qts;
    Log l;

    qts = log_start(&l, "-smp 1,maxcpus=2,sockets=1,cores=2 ",
                    "-d guest_errors -trace seam_refused "
                    "-trace seam_seamcall");
    qtest_qmp_device_add(qts, "TDXHost-x86_64-cpu", "cpu1", "{ "
                         "'socket-id': 0, 'core-id': 1, 'thread-id': 0 }");
    answer = qtest_command(qts, "seamcall cpu1 0x23");
    g_assert_true(g_str_has_prefix(answer, "OK vmfail 0x23 "));
    log_read(&l, qts);

    expect_line(&l, "seam_refused cpu 1 TDH\\.SYS\\.LP\\.INIT\\(\\): "
                "VMfailInvalid: the TDX module does not count this processor, "
                "which was plugged since the last reset");
    expect_line(&l, "SEAMCALL on processor 1: TDH\\.SYS\\.LP\\.INIT\\(\\): "
                "VMfailInvalid: the TDX module does not count this processor, "
                "which was plugged since the last reset");
    g_assert_cmpuint(count_lines(&l, "seam_seamcall"), ==, 0);
    log_free(&l);
}

/* What an INSTALL costs that failed is told, with the words of the check */
static void test_install(void)
{
    QTestState *qts;
    Log l;

    host_start(&l, "-trace seam_seamret -d guest_errors");
    qts = l.host.qts;
    tdx_call(qts, 0, TDH_SYS_SHUTDOWN, 1, 0, 0);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, SEAM_SIG_COVERED_AGAIN);
    tdx_loader(qts, 0, SEAMLDR_INSTALL, TDX_LOADER_PARAMS);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    qtest_writeb(qts, TDX_LOADER_PAGES + SEAMLDR_PAGE - 1, 1);
    tdx_loader(qts, 0, SEAMLDR_INSTALL, TDX_LOADER_PARAMS);
    log_read(&l, qts);

    expect_line(&l, "seam_seamret lp 0 " INSTALL " = SEAMLDR_EBADSIG "
                "\\[\\] " NS);
    expect_line(&l, "SEAMCALL on LP 0: " INSTALL ": SEAMLDR_EBADSIG: "
                "the signature is of something else");
    expect_line(&l, "seam_seamret lp 0 " INSTALL " = SEAMLDR_EBADHASH "
                "\\[unrecoverable\\] " NS);
    expect_line(&l, "SEAMCALL on LP 0: " INSTALL ": SEAMLDR_EBADHASH: "
                ".*; no module is loaded any more");
    log_free(&l);
}

/* Who does not ask is told nothing */
static void test_silence(void)
{
    QTestState *qts;
    Log l;

    qts = log_start(&l, "", "");
    tdx_call(qts, 0, TDH_SYS_CONFIG, 1, 0, 0);
    tdx_init_lps(qts, 1);
    log_read(&l, qts);
    g_assert_cmpstr(l.text, ==, "");
    log_free(&l);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam-trace/calls", test_calls);
    qtest_add_func("/seam-trace/td", test_td);
    qtest_add_func("/seam-trace/switch", test_switch);
    qtest_add_func("/seam-trace/private", test_private);
    qtest_add_func("/seam-trace/busy", test_busy);
    qtest_add_func("/seam-trace/loader", test_loader);
    qtest_add_func("/seam-trace/refused", test_refused);
    qtest_add_func("/seam-trace/install", test_install);
    qtest_add_func("/seam-trace/silence", test_silence);
    qtest_add_func("/seam-guest-errors/written", test_written_errors);
    qtest_add_func("/seam-guest-errors/config", test_config_errors);
    qtest_add_func("/seam-guest-errors/pages", test_page_errors);
    return g_test_run();
}
