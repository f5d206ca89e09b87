/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VM entry: each check on controls, one case that breaks it and no other.
 */

#include "entry-fixture.h"

#define RULE(name) X86_VMX_RULE_##name
#define OK X86_VMX_RULE_NONE
#define WIDE (1ULL << TEST_PHYS_BITS)

/* Bits of the control words, by number as in the SDM's tables */
#define PIN(n)   BITS(PIN_CONTROLS, 1U << (n))
#define PROC(n)  BITS(PROC_CONTROLS, 1U << (n))
#define PROC2(n) BITS(PROC2_CONTROLS, 1U << (n))
#define PROC3(n) BITS(PROC3_CONTROLS, 1U << (n))
#define EXIT(n)  BITS(EXIT_CONTROLS, 1U << (n))
#define ENTRY(n) BITS(ENTRY_CONTROLS, 1U << (n))
#define NO_EPT   CLEAR(PROC2_CONTROLS, 2)

/* A TPR shadow; virtual-interrupt delivery as well, and posted interrupts */
#define SHADOW   PROC(21), SET(VIRTUAL_APIC_ADDR, ENTRY_APIC)
#define DELIVERY SHADOW, PROC2(9), PIN(0)

static const EntryCase cases[] = {
    { OK },
    { RULE(MOV_SS), { { 0 } }, CPU_MOV_SS },
    { RULE(LAUNCH_STATE_LAUNCHED), { { 0 } }, CPU_RESUME },

    { RULE(PIN_ALLOWED), { CLEAR(PIN_CONTROLS, 2) } },
    { RULE(PIN_ALLOWED), { PIN(8) } },
    { RULE(PROC_ALLOWED), { CLEAR(PROC_CONTROLS, 2) } },
    { RULE(PROC_ALLOWED), { PROC(0) } },
    { RULE(PROC2_ALLOWED), { PROC2(29) } },
    { OK, { PROC2(29), CLEAR(PROC_CONTROLS, 1U << 31) } },
    { RULE(PROC3_ALLOWED), { BITS(PROC3_CONTROLS, 1ULL << 40) } },
    { OK, { BITS(PROC3_CONTROLS, 1ULL << 40),
            CLEAR(PROC_CONTROLS, 1U << 17) } },
    { RULE(CR3_TARGETS), { SET(CR3_TARGET_COUNT, 5) } },
    { OK, { SET(CR3_TARGET_COUNT, 4) } },
    { RULE(IO_BITMAP_A_PAGE), { PROC(25), SET(IO_BITMAP_A, 0x800) } },
    { RULE(IO_BITMAP_A_PAGE), { PROC(25), SET(IO_BITMAP_A, WIDE) } },
    { OK, { SET(IO_BITMAP_A, 1), SET(IO_BITMAP_B, 1) } },
    { RULE(IO_BITMAP_B_PAGE), { PROC(25), SET(IO_BITMAP_B, 1) } },
    { RULE(IO_BITMAP_B_PAGE), { PROC(25), SET(IO_BITMAP_B, WIDE) } },
    { RULE(MSR_BITMAP_PAGE), { PROC(28), SET(MSR_BITMAP, 0x10) } },
    { RULE(MSR_BITMAP_PAGE), { PROC(28), SET(MSR_BITMAP, WIDE) } },

    { OK, { SHADOW, SET(TPR_THRESHOLD, 5) } },
    { RULE(VIRTUAL_APIC_PAGE), { PROC(21), SET(VIRTUAL_APIC_ADDR, 8) } },
    { RULE(VIRTUAL_APIC_PAGE), { PROC(21), SET(VIRTUAL_APIC_ADDR, WIDE) } },
    { RULE(TPR_THRESHOLD_RESERVED), { SHADOW, SET(TPR_THRESHOLD, 0x10) } },
    { OK, { DELIVERY, SET(TPR_THRESHOLD, 0x10) } },
    { RULE(TPR_THRESHOLD_VTPR), { SHADOW, SET(TPR_THRESHOLD, 6) } },
    { OK, { SHADOW, SET(TPR_THRESHOLD, 6), PROC2(0) } },
    { RULE(VIRTUAL_NMIS_EXITING), { PIN(5) } },
    { RULE(NMI_WINDOW_VIRTUAL), { PROC(22) } },
    { OK, { PROC(22), PIN(3), PIN(5) } },
    { RULE(APIC_ACCESS_PAGE), { PROC2(0), SET(APIC_ACCESS_ADDR, 0x80) } },
    { RULE(APIC_ACCESS_PAGE), { PROC2(0), SET(APIC_ACCESS_ADDR, WIDE) } },
    { RULE(X2APIC_MODE_SHADOW), { PROC2(4) } },
    { RULE(APIC_REGISTER_SHADOW), { PROC2(8) } },
    { RULE(INTR_DELIVERY_SHADOW), { PROC2(9) } },
    { RULE(IPI_VIRT_SHADOW), { PROC3(4) } },
    { RULE(X2APIC_MODE_ACCESSES), { SHADOW, PROC2(4), PROC2(0) } },
    { RULE(INTR_DELIVERY_EXITING), { SHADOW, PROC2(9) } },
    { RULE(POSTED_DELIVERY), { PIN(7), EXIT(15) } },
    { RULE(POSTED_ACK), { DELIVERY, PIN(7) } },
    { OK, { DELIVERY, PIN(7), EXIT(15) } },
    { RULE(POSTED_VECTOR), { SHADOW, PROC2(9), BITS(PIN_CONTROLS, 0x81),
                             EXIT(15), SET(POSTED_INTR_VECTOR, 0x100) } },
    { RULE(POSTED_DESC_ALIGN), { SHADOW, PROC2(9), BITS(PIN_CONTROLS, 0x81),
                                 EXIT(15),
                                 SET(POSTED_INTR_DESC_ADDR, 0x20) } },
    { RULE(POSTED_DESC_WIDTH), { SHADOW, PROC2(9), BITS(PIN_CONTROLS, 0x81),
                                 EXIT(15),
                                 SET(POSTED_INTR_DESC_ADDR, WIDE) } },
    { RULE(VPID_ZERO), { PROC2(5) } },
    { OK, { PROC2(5), SET(VPID, 1) } },

    { RULE(EPTP_MEM_TYPE), { SET(EPT_POINTER, 0x501d) } },
    { RULE(EPTP_MEM_TYPE), { SET(EPT_POINTER, 0x5018) }, CPU_NO_UC },
    { OK, { SET(EPT_POINTER, 0x5018) } },
    { RULE(EPTP_LEVELS), { SET(EPT_POINTER, 0x5016) } },
    { RULE(EPTP_LEVELS), { SET(EPT_POINTER, 0x502e) } },
    { OK, { SET(EPT_POINTER, 0x5026) } },
    { RULE(EPTP_LEVELS), { SET(EPT_POINTER, 0x5026) }, CPU_NO_LEVELS_5 },
    { OK, { SET(EPT_POINTER, 0x50de) } },
    { RULE(EPTP_AD), { SET(EPT_POINTER, 0x505e) }, CPU_NO_AD },
    { RULE(EPTP_SSS), { SET(EPT_POINTER, 0x509e) }, CPU_NO_SSS },
    { RULE(EPTP_RESERVED), { SET(EPT_POINTER, 0x511e) } },
    { RULE(EPTP_RESERVED), { SET(EPT_POINTER, 0x581e) } },
    { RULE(EPTP_RESERVED), { SET(EPT_POINTER, WIDE | 0x501e) } },
    { OK, { SET(EPT_POINTER, WIDE | 0x501e), NO_EPT } },
    { RULE(PML_EPT), { PROC2(17), NO_EPT } },
    { RULE(PML_PAGE), { PROC2(17), SET(PML_ADDR, 8) } },
    { RULE(PML_PAGE), { PROC2(17), SET(PML_ADDR, WIDE) } },
    { RULE(UNRESTRICTED_EPT), { PROC2(7), NO_EPT } },
    { RULE(MODE_BASED_EPT), { PROC2(22), NO_EPT } },
    { RULE(SPP_EPT), { PROC2(23), NO_EPT } },
    { RULE(SPP_PAGE), { PROC2(23), SET(SPP_TABLE_POINTER, 8) } },
    { RULE(HLAT_EPT), { PROC3(1), NO_EPT } },
    { RULE(PAGING_WRITE_EPT), { PROC3(2), NO_EPT } },
    { RULE(PAGING_VERIFY_EPT), { PROC3(3), NO_EPT } },
    { RULE(HLAT_RESERVED), { PROC3(1), SET(HLAT_POINTER, 4) } },
    { RULE(HLAT_RESERVED), { PROC3(1), SET(HLAT_POINTER, WIDE) } },
    { OK, { PROC3(1), SET(HLAT_POINTER, 0x1018) } },

    { RULE(FUNC_ALLOWED), { PROC2(13), SET(VMFUNC_CONTROLS, 2) } },
    { OK, { SET(VMFUNC_CONTROLS, 2) } },
    { RULE(EPTP_SWITCHING_EPT), { PROC2(13), SET(VMFUNC_CONTROLS, 1),
                                  NO_EPT } },
    { RULE(EPTP_LIST_PAGE), { PROC2(13), SET(VMFUNC_CONTROLS, 1),
                              SET(EPTP_LIST_ADDR, 8) } },
    { RULE(VMREAD_BITMAP_PAGE), { PROC2(14), SET(VMREAD_BITMAP, 8) } },
    { RULE(VMREAD_BITMAP_PAGE), { PROC2(14), SET(VMREAD_BITMAP, WIDE) } },
    { RULE(VMWRITE_BITMAP_PAGE), { PROC2(14), SET(VMWRITE_BITMAP, 8) } },
    { RULE(VMWRITE_BITMAP_PAGE), { PROC2(14), SET(VMWRITE_BITMAP, WIDE) } },
    { RULE(VE_INFO_PAGE), { PROC2(18), SET(VE_INFO_ADDR, 8) } },
    { RULE(PT_PHYSICAL_EPT), { PROC2(24), ENTRY(18), EXIT(25), NO_EPT } },
    { RULE(PT_PHYSICAL_ENTRY), { PROC2(24), EXIT(25) } },
    { RULE(PT_PHYSICAL_EXIT), { PROC2(24), ENTRY(18) } },
    { RULE(PASID_LOW_PAGE), { PROC2(21), SET(LOW_PASID_DIRECTORY, 8) } },
    { RULE(PASID_HIGH_PAGE), { PROC2(21), SET(HIGH_PASID_DIRECTORY, 8) } },
    { RULE(PID_TABLE_ALIGN), { SHADOW, PROC3(4),
                               SET(PID_POINTER_TABLE, 4) } },
    { RULE(PID_TABLE_WIDTH), { SHADOW, PROC3(4),
                               SET(PID_POINTER_TABLE, WIDE) } },
    { RULE(PID_TABLE_END), { SHADOW, PROC3(4),
                             SET(PID_POINTER_TABLE, WIDE - 8),
                             SET(LAST_PID_POINTER_INDEX, 1) } },

    { RULE(EXIT_ALLOWED), { CLEAR(EXIT_CONTROLS, 1) } },
    { RULE(EXIT_ALLOWED), { EXIT(11), EXIT(14), EXIT(10),
                            CLEAR(EXIT_CONTROLS, 1 << 13) } },
    { RULE(EXIT2_ALLOWED), { SET(EXIT2_CONTROLS, 1ULL << 40) } },
    { OK, { SET(EXIT2_CONTROLS, 1ULL << 40),
            CLEAR(EXIT_CONTROLS, 1U << 31) } },
    { RULE(SAVE_TIMER_ACTIVE), { EXIT(22) } },
    { OK, { EXIT(22), PIN(6) } },
    { RULE(EXIT_STORE_ADDR), { SET(EXIT_MSR_STORE_ADDR, 8),
                               SET(EXIT_MSR_STORE_COUNT, 1) } },
    { OK, { SET(EXIT_MSR_STORE_ADDR, 8) } },
    { RULE(EXIT_STORE_ADDR), { SET(EXIT_MSR_STORE_ADDR, WIDE),
                               SET(EXIT_MSR_STORE_COUNT, 1) } },
    { RULE(EXIT_STORE_END), { SET(EXIT_MSR_STORE_ADDR, WIDE - 16),
                              SET(EXIT_MSR_STORE_COUNT, 2) } },
    { OK, { SET(EXIT_MSR_STORE_ADDR, WIDE - 16),
            SET(EXIT_MSR_STORE_COUNT, 1) } },
    { RULE(EXIT_LOAD_ADDR), { SET(EXIT_MSR_LOAD_ADDR, 8),
                              SET(EXIT_MSR_LOAD_COUNT, 1) } },
    { RULE(EXIT_LOAD_END), { SET(EXIT_MSR_LOAD_ADDR, WIDE - 16),
                             SET(EXIT_MSR_LOAD_COUNT, 2) } },

    { RULE(ENTRY_ALLOWED), { CLEAR(ENTRY_CONTROLS, 1) } },
    { RULE(ENTRY_ALLOWED), { ENTRY(31) } },
    /* Type 1, and type 7 without the monitor trap flag */
    { RULE(EVENT_TYPE), { SET(ENTRY_INTR_INFO, 0x80000120) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x00000120) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000700) } },
    { RULE(EVENT_TYPE), { SET(ENTRY_INTR_INFO, 0x80000700) }, CPU_NO_MTF },
    { RULE(EVENT_VECTOR), { SET(ENTRY_INTR_INFO, 0x80000203) } },
    { RULE(EVENT_VECTOR), { SET(ENTRY_INTR_INFO, 0x80000320) } },
    { RULE(EVENT_VECTOR), { SET(ENTRY_INTR_INFO, 0x80000701) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000202) } },
    /* #UD has no error code, #PF has one, INT n and #BP never */
    { OK, { SET(ENTRY_INTR_INFO, 0x80000306) } },
    { RULE(EVENT_ERROR_CODE), { SET(ENTRY_INTR_INFO, 0x80000b06) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000b06) }, CPU_ANY_ERROR },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000b0e) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000b11) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000b15) } },
    { RULE(EVENT_ERROR_CODE), { SET(ENTRY_INTR_INFO, 0x8000030e) } },
    { RULE(EVENT_ERROR_CODE), { SET(ENTRY_INTR_INFO, 0x80000c0e),
                                SET(ENTRY_INSTR_LENGTH, 2) } },
    /* Not in real mode either, where all that is an unrestricted guest */
    { RULE(EVENT_ERROR_CODE), { PROC2(7), SET(GUEST_CR0, 0x20),
                                SET(ENTRY_INTR_INFO, 0x80000b0d) } },
    { RULE(EVENT_RESERVED), { SET(ENTRY_INTR_INFO, 0x80001202) } },
    { RULE(EVENT_RESERVED), { SET(ENTRY_INTR_INFO, 0xc0000202) } },
    { RULE(EVENT_ERROR_HIGH), { SET(ENTRY_INTR_INFO, 0x80000b0e),
                                SET(ENTRY_ERROR_CODE, 0x10000) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000306),
            SET(ENTRY_ERROR_CODE, 0x10000) } },
    { RULE(EVENT_LENGTH), { SET(ENTRY_INTR_INFO, 0x80000480),
                            SET(ENTRY_INSTR_LENGTH, 16) } },
    { RULE(EVENT_LENGTH), { SET(ENTRY_INTR_INFO, 0x80000501),
                            SET(ENTRY_INSTR_LENGTH, 16) } },
    { RULE(EVENT_LENGTH), { SET(ENTRY_INTR_INFO, 0x80000603) },
      CPU_NO_ZERO_LEN },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000603) } },
    { OK, { SET(ENTRY_INTR_INFO, 0x80000603),
            SET(ENTRY_INSTR_LENGTH, 15) } },
    { RULE(ENTRY_LOAD_ADDR), { SET(ENTRY_MSR_LOAD_ADDR, 8),
                               SET(ENTRY_MSR_LOAD_COUNT, 1) } },
    { RULE(ENTRY_LOAD_END), { SET(ENTRY_MSR_LOAD_ADDR, WIDE - 16),
                              SET(ENTRY_MSR_LOAD_COUNT, UINT32_MAX) } },
    { RULE(ENTRY_TO_SMM), { ENTRY(10) } },
    { RULE(ENTRY_DUAL_MONITOR), { ENTRY(11) } },
    { RULE(ENTRY_SMM_BOTH), { ENTRY(10), ENTRY(11) }, CPU_SMM },
};

static void test_cases(void)
{
    entry_run_all(cases, G_N_ELEMENTS(cases));
}

/* LAUNCH_STATE_CLEAR is about a field without an encoding */
static void test_launch_state(void)
{
    X86Vmcs vmcs = { .launch_state = X86_VMCS_LAUNCH_LAUNCHED };
    X86VmxEntry e = { .vmcs = &vmcs };
    X86VmxBroken broken = x86_vmx_check_launch(&e);

    g_assert_cmpint(broken.rule, ==, RULE(LAUNCH_STATE_CLEAR));
    g_assert_cmpuint(x86_vmx_entry_outcome(broken).error, ==, 4);
    e.resume = true;
    g_assert_cmpint(x86_vmx_check_launch(&e).rule, ==, OK);
}

static void test_covered(void)
{
    entry_covered(cases, G_N_ELEMENTS(cases), RULE(LAUNCH_STATE_LAUNCHED),
                  RULE(HOST_CR0_FIXED) - 1);
}

/* Groups that nobody wrote are not looked at; what else there is, is */
static void test_dirty(void)
{
    static const EntryCase pin = {
        RULE(PIN_ALLOWED), { CLEAR(PIN_CONTROLS, 2) }
    };
    static const EntryCase event = {
        RULE(EVENT_TYPE), { SET(ENTRY_INTR_INFO, 0x80000120) }
    };
    static const EntryCase threshold = {
        RULE(TPR_THRESHOLD_VTPR), { SHADOW, SET(TPR_THRESHOLD, 6) }
    };

    g_assert_cmpint(entry_run(&pin, 0).broken.rule, ==, OK);
    g_assert_cmpint(entry_run(&pin, X86_VMCS_GROUP_CONTROLS).broken.rule, ==,
                    RULE(PIN_ALLOWED));
    g_assert_cmpint(entry_run(&event, 0).broken.rule, ==, RULE(EVENT_TYPE));
    g_assert_cmpint(entry_run(&threshold, 0).broken.rule, ==,
                    RULE(TPR_THRESHOLD_VTPR));
}

static void test_text(void)
{
    X86Vmcs vmcs = { .cr3_target_count = 9 };
    X86VmxBroken broken = { RULE(CR3_TARGETS), X86_VMCS_CR3_TARGET_COUNT };
    char text[120];

    x86_vmx_broken_text(broken, &vmcs, text, sizeof(text));
    g_assert_cmpstr(text, ==, "CR3_TARGET_COUNT is 0x9: no more than the CPU "
                    "has (CR3_TARGETS)");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmx/entry/controls/cases", test_cases);
    g_test_add_func("/vmx/entry/controls/launch-state", test_launch_state);
    g_test_add_func("/vmx/entry/controls/covered", test_covered);
    g_test_add_func("/vmx/entry/controls/dirty", test_dirty);
    g_test_add_func("/vmx/entry/controls/text", test_text);
    return g_test_run();
}
