/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What "-d guest_errors" says of a host's mistakes.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-loader.h"
#include "libqos/tdx-log.h"

#define HKID 3

/* Of the host's image, as it is written in patterns */
#define INSTALL "SEAMLDR\\.INSTALL\\(RCX=0x14000000\\)"

/* Not in any TDMR */
#define RAM_FREE 0x4000000ULL

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
    QTdxLog l;

    tdx_log_start_host(&l, "-d guest_errors -trace seam_private_written");
    qts = l.host.qts;
    host_td_create(&td, &l.host, 0, HKID);
    qtest_memset(qts, pair, 0xa5, 2 * TDX_4K);
    tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_ADD, range | 1, pair,
                               pair + TDX_4K), TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_REMOVE, range | 1, 0,
                               0), TDX_SUCCESS);
    qtest_memset(qts, pair, 0, 2 * TDX_4K);
    qtest_writeb(qts, td.tdr + 4000, 0);
    tdx_log_read(&l, qts);
    tdx_log_has(&l, "seam_private_written private memory written through "
                "KeyID 0: 0x%" PRIx64 " \\+ 1", td.tdr + 4000);
    tdx_log_has(&l, "private memory at 0x%" PRIx64 ": 1 bytes were written "
                "through another KeyID, its content is lost", td.tdr + 4000);
    g_assert_cmpuint(tdx_log_count(&l, ""), ==, 2 + 1);
    tdx_log_free(&l);
}

static void test_config_errors(void)
{
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = 1ULL << 30 };
    const uint64_t at = RAM_FREE;
    QTestState *qts;
    QTdxLog l;

    qts = tdx_log_start(&l, TDX_HOST_MACHINE, "-d guest_errors");
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
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.RD\\("
                "field=0xa00000300000008 TDX_FEATURES0\\): "
                "TDX_SYS_LP_INIT_NOT_DONE: LP 0x0 has not done "
                "TDH\\.SYS\\.LP\\.INIT");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(page=0x100000000, "
                "hkid=0x3\\): TDX_SYS_NOT_READY: the module is in state "
                "SYSINIT_PENDING");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG/3\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RAX\\): there is no version 3 of "
                "TDH\\.SYS\\.CONFIG");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RCX\\): tdmr_info_array 0x4000008 is "
                "not aligned to 0x200");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RDX\\): num_tdmrs 0x41 is higher than "
                "0x40");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_OPERAND_INVALID\\(R8\\): hkid_flags 0x40002 has bits "
                "that must be zero: 0x40000");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.RD\\("
                "field=0x7f00000000000000\\): "
                "TDX_METADATA_FIELD_ID_INCORRECT: "
                "field 0x7f00000000000000");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_INVALID_TDMR\\(TDMR 0\\): TDMR_BASE 0x100001000 is not "
                "aligned to 0x40000000");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_INVALID_PAMT\\(TDMR 0, 2M PAMT\\): PAMT_2M_BASE "
                "0x[0-9a-f]+200 is not aligned to 0x1000");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.SYS\\.CONFIG\\(.*\\): "
                "TDX_PAMT_OVERLAP\\(TDMR 0, 2M PAMT, TDMR 0\\): PAMT_2M_BASE "
                "0x%" PRIx64 " overlaps with what begins at 0x%" PRIx64,
                t.pamt[1].base, t.pamt[2].base);
    /* One line for each mistake, and none for what is right */
    g_assert_cmpuint(tdx_log_count(&l, ""), ==, 10 + 1);
    tdx_log_free(&l);
}

static void test_page_errors(void)
{
    const uint64_t page = TDX_HOST_BASE + 8 * TDX_2M;
    QTestState *qts;
    QHostTd td;
    QTdxLog l;

    tdx_log_start_host(&l, "-d guest_errors");
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
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(.*\\): "
                "TDX_PAGE_METADATA_INCORRECT\\(RCX\\): page 0x100000000 is a "
                "page of type PT_TDR");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(.*\\): "
                "TDX_OPERAND_ADDR_RANGE_ERROR\\(RCX\\): page 0x4000000 lies "
                "in no TDMR");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.CREATE\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RDX\\): hkid 0x0 is not one of the "
                "TDX KeyIDs, the first is 0x2");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MNG\\.KEY\\.FREEID\\(.*\\): "
                "TDX_LIFECYCLE_STATE_INCORRECT: TD 0x100000000 is in the "
                "life cycle state TD_KEYS_CONFIGURED");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.PHYMEM\\.PAMT\\.REMOVE\\(.*\\): "
                "TDX_NO_PAMT_PAGE_PAIR\\(RCX\\): range 0x101000000 is a page "
                "of type PT_NDA");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MEM\\.SEPT\\.ADD\\(.*\\): "
                "TDX_OPERAND_INVALID\\(RCX\\): gpa 0x1000 is not aligned to "
                "0x8000000000");
    tdx_log_has(&l, "SEAMCALL on LP 0: TDH\\.MEM\\.RANGE\\.BLOCK\\(.*\\): "
                "TDX_EPT_WALK_FAILED\\(RCX\\): gpa 0x0: 512G Secure EPT "
                "entry for GPA 0x0 is SEPT_FREE");
    g_assert_cmpuint(tdx_log_count(&l, ""), ==, 7 + 1);
    tdx_log_free(&l);
}

static void test_loader(void)
{
    QTestState *qts;
    QTdxLog l;

    qts = tdx_log_start(&l, "", "-d guest_errors -trace seam_seamret");
    tdx_call(qts, 0, 1ULL << 63, RAM_FREE, 0, 0);
    tdx_call(qts, 0, 1ULL << 63, RAM_FREE + 8, 0, 0);
    tdx_call(qts, 0, 1ULL << 63 | 1, RAM_FREE, 0, 0);
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "seam_seamret lp 0 SEAMLDR\\.INFO\\(RCX=0x4000000\\) = "
                "SEAMLDR_SUCCESS \\[\\] " TDX_LOG_NS);
    tdx_log_has(&l, "SEAMCALL on LP 0: SEAMLDR\\.INFO\\(RCX=0x4000008\\): "
                "SEAMLDR_EBADPARAM: the buffer 0x4000008 is not aligned to "
                "0x100");
    tdx_log_has(&l, "SEAMCALL on LP 0: SEAMLDR\\.INSTALL\\(RCX=0x4000000\\): "
                "SEAMLDR_EBADPARAM: SEAMLDR_PARAMS has reserved bits set");
    tdx_log_free(&l);
}

/* From a processor that was plugged after firmware had counted them */
static void test_refused(void)
{
    g_autofree char *answer = NULL;
    QTestState *qts;
    QTdxLog l;

    qts = tdx_log_start(&l, "-smp 1,maxcpus=2,sockets=1,cores=2 ",
                        "-d guest_errors -trace seam_refused "
                        "-trace seam_seamcall");
    qtest_qmp_device_add(qts, "TDXHost-x86_64-cpu", "cpu1", "{ "
                         "'socket-id': 0, 'core-id': 1, 'thread-id': 0 }");
    answer = qtest_command(qts, "seamcall cpu1 0x23");
    g_assert_true(g_str_has_prefix(answer, "OK vmfail 0x23 "));
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "seam_refused cpu 1 TDH\\.SYS\\.LP\\.INIT\\(\\): "
                "VMfailInvalid: the TDX module does not count this processor, "
                "which was plugged since the last reset");
    tdx_log_has(&l, "SEAMCALL on processor 1: TDH\\.SYS\\.LP\\.INIT\\(\\): "
                "VMfailInvalid: the TDX module does not count this processor, "
                "which was plugged since the last reset");
    g_assert_cmpuint(tdx_log_count(&l, "seam_seamcall"), ==, 0);
    tdx_log_free(&l);
}

/* What an INSTALL costs that failed is told, with the words of the check */
static void test_install(void)
{
    QTestState *qts;
    QTdxLog l;

    tdx_log_start_host(&l, "-trace seam_seamret -d guest_errors");
    qts = l.host.qts;
    tdx_call(qts, 0, TDH_SYS_SHUTDOWN, 1, 0, 0);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, SEAM_SIG_COVERED_AGAIN);
    tdx_loader(qts, 0, SEAMLDR_INSTALL, TDX_LOADER_PARAMS);
    tdx_write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    qtest_writeb(qts, TDX_LOADER_PAGES + SEAMLDR_PAGE - 1, 1);
    tdx_loader(qts, 0, SEAMLDR_INSTALL, TDX_LOADER_PARAMS);
    tdx_log_read(&l, qts);

    tdx_log_has(&l, "seam_seamret lp 0 " INSTALL " = SEAMLDR_EBADSIG "
                "\\[\\] " TDX_LOG_NS);
    tdx_log_has(&l, "SEAMCALL on LP 0: " INSTALL ": SEAMLDR_EBADSIG: "
                "the signature is of something else");
    tdx_log_has(&l, "seam_seamret lp 0 " INSTALL " = SEAMLDR_EBADHASH "
                "\\[unrecoverable\\] " TDX_LOG_NS);
    tdx_log_has(&l, "SEAMCALL on LP 0: " INSTALL ": SEAMLDR_EBADHASH: "
                ".*; no module is loaded any more");
    tdx_log_free(&l);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/seam-guest-errors/loader", test_loader);
    qtest_add_func("/seam-guest-errors/refused", test_refused);
    qtest_add_func("/seam-guest-errors/install", test_install);
    qtest_add_func("/seam-guest-errors/written", test_written_errors);
    qtest_add_func("/seam-guest-errors/config", test_config_errors);
    qtest_add_func("/seam-guest-errors/pages", test_page_errors);
    return g_test_run();
}
