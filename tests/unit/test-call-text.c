/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMCALLs, their answers and the reasons of these in words.
 */

#include <glib.h>

#include "include/text.h"
#include "abi/status.h"

#define NO_CAUSE { TDX_CAUSE_NONE }

static void test_status(void)
{
    static const struct {
        uint64_t status;
        const char *words;
    } known[] = {
        { 0, "TDX_SUCCESS" },
        { 0xc000010000000001, "TDX_OPERAND_INVALID(RCX)" },
        { 0xc000010000000000, "TDX_OPERAND_INVALID(RAX)" },
        { 0xc000010000000040, "TDX_OPERAND_INVALID(ATTRIBUTES)" },
        { 0x80000200000000ba, "TDX_OPERAND_BUSY(KOT)" },
        { 0x8000020200000000, "TDX_SYS_BUSY" },
        { 0xc0000a0000000003, "TDX_INVALID_TDMR(TDMR 3)" },
        { 0xc0000a1000000102, "TDX_INVALID_PAMT(TDMR 2, 2M PAMT)" },
        { 0xc0000a1200010203,
          "TDX_PAMT_OVERLAP(TDMR 3, 1G PAMT, TDMR 1)" },
        { 0xc0000a2000000501,
          "TDX_INVALID_RESERVED_IN_TDMR(TDMR 1, reserved area 5)" },
        { 0xc0000921000001a0, "TDX_INCORRECT_MSR_VALUE(MSR 0x1a0)" },
        { 0xc000090800000015, "TDX_CPUID_LEAF_NOT_SUPPORTED(CPUID 0x15)" },
        { 0xc000060800000002, "TDX_OP_STATE_INCORRECT(RUNNABLE)" },
        { 0xc000070000000008, "TDX_VCPU_STATE_INCORRECT(VCPU_DISABLED)" },
        { 0xc0000b0000000001, "TDX_EPT_WALK_FAILED(RCX)" },
        { 0xc0000b0300000000, "TDX_EPT_ENTRY_NOT_PRESENT" },
        { 0xc000062100000007, "TDX_X2APIC_ID_NOT_UNIQUE(0x7)" },
        { 0xdead000000000000, "0xdead000000000000" },
    };
    char buf[128];

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_assert_cmpstr(tdx_status_format(known[i].status, buf, sizeof(buf)),
                        ==, known[i].words);
    }
}

static void test_call(void)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RCX] = 0x1000, [TDX_RDX] = 0xa00000300000008, [TDX_R8] = 3,
        [TDX_R9] = 4,
    };
    char buf[TDX_CALL_TEXT_SIZE];

    gpr[TDX_RAX] = TDH_SYS_RD;
    g_assert_cmpstr(tdx_call_format(gpr, buf, sizeof(buf)), ==,
                    "TDH.SYS.RD(field=0xa00000300000008 TDX_FEATURES0)");
    gpr[TDX_RAX] = TDH_PHYMEM_PAMT_ADD;
    g_assert_cmpstr(tdx_call_format(gpr, buf, sizeof(buf)), ==,
                    "TDH.PHYMEM.PAMT.ADD(range=0x1000, "
                    "pamt_page0=0xa00000300000008, pamt_page1=0x3)");
    gpr[TDX_RAX] = 1ULL << 16 | TDH_VP_INIT;
    g_assert_true(g_str_has_prefix(tdx_call_format(gpr, buf, sizeof(buf)),
                                   "TDH.VP.INIT/1(tdvpr=0x1000"));
    gpr[TDX_RAX] = TDH_SYS_KEY_CONFIG;
    g_assert_cmpstr(tdx_call_format(gpr, buf, sizeof(buf)), ==,
                    "TDH.SYS.KEY.CONFIG()");
    gpr[TDX_RAX] = 999;
    g_assert_cmpstr(tdx_call_format(gpr, buf, sizeof(buf)), ==,
                    "leaf 999(RCX=0x1000, RDX=0xa00000300000008, R8=0x3)");

    /* An element of an array, a field of a TD, an id that is no field */
    gpr[TDX_RAX] = TDH_SYS_RD;
    gpr[TDX_RDX] = 0x9000000300000082;
    tdx_call_format(gpr, buf, sizeof(buf));
    g_assert_cmpstr(buf, ==,
                    "TDH.SYS.RD(field=0x9000000300000082 CMR_BASE[2])");
    gpr[TDX_RAX] = TDH_MNG_RD;
    gpr[TDX_RDX] = 0x9010000200000004;
    tdx_call_format(gpr, buf, sizeof(buf));
    g_assert_cmpstr(buf, ==, "TDH.MNG.RD(tdr=0x1000, "
                    "field=0x9010000200000004 OP_STATE)");
    gpr[TDX_RDX] = 0x7f00000000000000;
    tdx_call_format(gpr, buf, sizeof(buf));
    g_assert_cmpstr(buf, ==,
                    "TDH.MNG.RD(tdr=0x1000, field=0x7f00000000000000)");

    /* What does not fit is left out, with an end in the buffer */
    g_assert_cmpstr(tdx_call_format(gpr, buf, 12), ==, "TDH.MNG.RD(");
    g_assert_cmpstr(tdx_call_format(gpr, buf, 1), ==, "");
}

static void test_outputs(void)
{
    uint64_t gpr[TDX_NUM_GPRS] = {
        [TDX_RDX] = 0x9000000100000000, [TDX_R8] = 0,
    };
    char buf[TDX_CALL_TEXT_SIZE];

    g_assert_cmpstr(tdx_outputs_format(34, gpr, buf, sizeof(buf)), ==,
                    "next_field=0x9000000100000000 NUM_CMRS, value=0x0");
    gpr[TDX_RDX] = UINT64_MAX;
    gpr[TDX_R8] = 7;
    g_assert_cmpstr(tdx_outputs_format(34, gpr, buf, sizeof(buf)), ==,
                    "next_field=0xffffffffffffffff, value=0x7");
    /* No outputs, outputs that are zero, no such leaf */
    g_assert_cmpstr(tdx_outputs_format(45, gpr, buf, sizeof(buf)), ==, "");
    gpr[TDX_RDX] = 0;
    g_assert_cmpstr(tdx_outputs_format(36, gpr, buf, sizeof(buf)), ==, "");
    g_assert_cmpstr(tdx_outputs_format(999, gpr, buf, sizeof(buf)), ==, "");
}

static void test_class(void)
{
    static const struct {
        uint64_t status;
        bool error;
        bool busy;
    } known[] = {
        { TDX_SUCCESS, false, false },
        { TDX_TDMR_ALREADY_INITIALIZED, false, false },
        { TDX_OPERAND_INVALID, true, false },
        { TDX_SYS_NOT_READY, true, false },
        { TDX_TD_FATAL, true, false },
        { TDX_MISSING_PAMT_PAGE_PAIR, false, false },
        { TDX_FLUSHVP_NOT_DONE, false, false },
        { TDX_INTERRUPTED_RESUMABLE, false, false },
        { TDX_RND_NO_ENTROPY, false, false },
        { TDX_OPERAND_BUSY, false, true },
        { TDX_SYS_BUSY, false, true },
        { TDX_PREVIOUS_TLB_EPOCH_BUSY, false, true },
    };

    const uint64_t gpr[TDX_NUM_GPRS] = { 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_assert_cmpint(tdx_answer_is_error(gpr, known[i].status), ==,
                        known[i].error);
        g_assert_cmpint(tdx_status_is_busy(known[i].status), ==,
                        known[i].busy);
    }
}

/* To ask for a field that there is not is how a host finds out */
static void test_question(void)
{
    static const struct {
        uint64_t leaf;
        uint64_t field;
        uint64_t status;
        bool error;
    } known[] = {
        { 34, 0x9100000000000013, TDX_METADATA_FIELD_ID_INCORRECT, false },
        { 11, 0x9410000300000601, TDX_METADATA_FIELD_NOT_READABLE, false },
        { 1 << 16 | 11, 0x9410000300000601, TDX_METADATA_FIELD_ID_INCORRECT,
          false },
        { 26, 0xa020000000000007, TDX_METADATA_FIELD_NOT_READABLE, false },
        /* Bits that no id has */
        { 34, 0x7f00000000000000, TDX_METADATA_FIELD_ID_INCORRECT, true },
        { 11, 0x8010000000000001 | 1 << 24, TDX_METADATA_FIELD_ID_INCORRECT,
          true },
        /* Another answer, another leaf */
        { 11, 0x8010000000000001, TDX_OPERAND_INVALID, true },
        { 11, 0x8010000000000001, TDX_METADATA_FIELD_VALUE_NOT_VALID, true },
        { 13, 0x9110000300000011, TDX_METADATA_FIELD_ID_INCORRECT, true },
        { 37, 0, TDX_METADATA_FIELD_ID_INCORRECT, true },
        { 999, 0, TDX_METADATA_FIELD_ID_INCORRECT, true },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        uint64_t gpr[TDX_NUM_GPRS] = {
            [TDX_RAX] = known[i].leaf, [TDX_RDX] = known[i].field,
        };

        g_assert_cmpint(tdx_answer_is_error(gpr, known[i].status), ==,
                        known[i].error);
    }
}

/* Why does @rax with RCX @rcx end in @status? */
static void assert_reason(uint64_t rax, uint64_t rcx, uint64_t status,
                          TdxCause cause, const char *reason)
{
    uint64_t gpr[TDX_NUM_GPRS] = { [TDX_RAX] = rax, [TDX_RCX] = rcx };
    char buf[TDX_CALL_TEXT_SIZE];

    tdx_reason_format(gpr, status, &cause, TDX_SYSINIT_DONE, buf,
                      sizeof(buf));
    g_assert_cmpstr(buf, ==, reason);
}

static void test_reason(void)
{
    uint64_t bad_rcx = tdx_op(TDX_OPERAND_INVALID, TDX_RCX);

    /* The operand alone, the operand and what is wrong with it */
    assert_reason(9, 0x1001, bad_rcx, (TdxCause)NO_CAUSE, "page 0x1001");
    assert_reason(9, 0x1001, bad_rcx,
                  (TdxCause){ TDX_CAUSE_UNALIGNED, NULL, 0x1001, 0x1000 },
                  "page 0x1001 is not aligned to 0x1000");
    /* Flags and a level beside the address that was looked at */
    assert_reason(59, 0x80200001, tdx_op(TDX_NO_PAMT_PAGE_PAIR, TDX_RCX),
                  (TdxCause){ TDX_CAUSE_TYPE, NULL, 0x80200000, 0 },
                  "range 0x80200000 is a page of type PT_NDA");
    /* Something that the operand leads to */
    assert_reason(45, 0x2000, bad_rcx,
                  (TdxCause){ TDX_CAUSE_UNALIGNED, NULL, 0x7777, 0x200 },
                  "tdmr_info_array 0x2000: 0x7777 is not aligned to 0x200");
    assert_reason(45, 0x2000, TDX_INVALID_TDMR | 1,
                  (TdxCause){ TDX_CAUSE_ZERO, "TDMR_SIZE", 0, 0 },
                  "TDMR_SIZE 0x0 is zero");
    assert_reason(45, 0x2000, TDX_INVALID_TDMR | 1, (TdxCause)NO_CAUSE, "");
    /* RAX itself */
    assert_reason(1ULL << 24 | 45, 0, TDX_OPERAND_INVALID, (TdxCause)NO_CAUSE,
                  "RAX 0x100002d has reserved bits set");
    assert_reason(999, 0, TDX_OPERAND_INVALID, (TdxCause)NO_CAUSE,
                  "there is no leaf 999");
    assert_reason(2ULL << 16 | 45, 0, TDX_OPERAND_INVALID, (TdxCause)NO_CAUSE,
                  "there is no version 2 of TDH.SYS.CONFIG");
    assert_reason(58, 0, TDX_OPERAND_INVALID, (TdxCause)NO_CAUSE,
                  "this module has no TDH.PHYMEM.PAMT.ADD, or not in this "
                  "mode");
    /* A field, known and unknown; NUM_PKGS is field 0 */
    assert_reason(34, 0, TDX_METADATA_FIELD_NOT_READABLE, (TdxCause)NO_CAUSE,
                  "field 0x0 NUM_PKGS");
    assert_reason(13, 0, TDX_METADATA_FIELD_NOT_WRITABLE, (TdxCause)NO_CAUSE,
                  "field 0x0");
    /* The state of the module */
    assert_reason(58, 0, TDX_SYS_NOT_READY, (TdxCause)NO_CAUSE,
                  "the module is in state SYSINIT_DONE");
    assert_reason(45, 0, TDX_SYS_BUSY, (TdxCause)NO_CAUSE,
                  "the lock of the whole module is taken");
}

static void test_cause(void)
{
    static const struct {
        TdxCause cause;
        const char *words;
    } known[] = {
        { NO_CAUSE, "" },
        { { TDX_CAUSE_LOCKED, "2M PAMT entry of", 0x200000, 0 },
          "2M PAMT entry of 0x200000 is locked" },
        { { TDX_CAUSE_LEVEL, NULL, 0x1000, 1 },
          "0x1000 lies in a page of size 2M" },
        { { TDX_CAUSE_LIFECYCLE, "TD", 0x3000, 2 },
          "TD 0x3000 is in the life cycle state TD_BLOCKED" },
        { { TDX_CAUSE_SEPT_STATE, "4K Secure EPT entry for GPA", 0x5000, 0 },
          "4K Secure EPT entry for GPA 0x5000 is SEPT_FREE" },
    };
    char buf[TDX_CALL_TEXT_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        g_assert_cmpstr(tdx_cause_format(&known[i].cause, buf, sizeof(buf)),
                        ==, known[i].words);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/call-text/status", test_status);
    g_test_add_func("/call-text/call", test_call);
    g_test_add_func("/call-text/outputs", test_outputs);
    g_test_add_func("/call-text/class", test_class);
    g_test_add_func("/call-text/question", test_question);
    g_test_add_func("/call-text/reason", test_reason);
    g_test_add_func("/call-text/cause", test_cause);
    return g_test_run();
}
