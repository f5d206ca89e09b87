/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VM entry: each check on host state, one case that breaks it and no other.
 */

#include "entry-fixture.h"

#define RULE(name) X86_VMX_RULE_##name
#define OK X86_VMX_RULE_NONE
#define WIDE (1ULL << TEST_PHYS_BITS)
/* The CPU has 57-bit linear addresses: bits 63:56 must agree */
#define CANONICAL    0xff00000000000000
#define NONCANONICAL 0x0100000000000000

#define EXIT(n) BITS(EXIT_CONTROLS, 1U << (n))
/* A host outside IA-32e mode, and its guest */
#define HOST_32 \
    CLEAR(EXIT_CONTROLS, 1 << 9), CLEAR(ENTRY_CONTROLS, 1 << 9), \
    SET(HOST_RIP, 0x1000)

static const EntryCase cases[] = {
    { RULE(HOST_CR0_FIXED), { CLEAR(HOST_CR0, 1 << 5) } },
    { RULE(HOST_CR0_FIXED), { BITS(HOST_CR0, 1ULL << 32) } },
    { RULE(HOST_CR4_FIXED), { CLEAR(HOST_CR4, 1 << 13) } },
    { RULE(HOST_CR4_FIXED), { BITS(HOST_CR4, 1U << 31) } },
    { RULE(HOST_CET_WP), { BITS(HOST_CR4, 1 << 23),
                           CLEAR(HOST_CR0, 1 << 16) } },
    { OK, { BITS(HOST_CR4, 1 << 23) } },
    { RULE(HOST_CR3_WIDTH), { SET(HOST_CR3, WIDE) } },
    { RULE(HOST_CR3_WIDTH), { SET(HOST_CR3, 1ULL << 62) } },
    { OK, { SET(HOST_CR3, 3ULL << 61) }, CPU_LAM },
    { RULE(HOST_SYSENTER_ESP_CANONICAL),
      { SET(HOST_SYSENTER_ESP, NONCANONICAL) } },
    { RULE(HOST_SYSENTER_EIP_CANONICAL),
      { SET(HOST_SYSENTER_EIP, NONCANONICAL) } },
    { OK, { SET(HOST_SYSENTER_EIP, CANONICAL),
            SET(HOST_SYSENTER_ESP, CANONICAL) } },
    { RULE(HOST_PERF_RESERVED), { EXIT(12),
                                  SET(HOST_PERF_GLOBAL_CTRL, 0x10) } },
    { OK, { SET(HOST_PERF_GLOBAL_CTRL, 0x10) } },
    { RULE(HOST_PAT_TYPES), { EXIT(19), SET(HOST_PAT, 2) } },
    { RULE(HOST_PAT_TYPES), { EXIT(19), SET(HOST_PAT, 3ULL << 56) } },
    { RULE(HOST_PAT_TYPES), { EXIT(19), SET(HOST_PAT, 8 << 8) } },
    { OK, { EXIT(19), SET(HOST_PAT, 0x0007040600070105) } },
    { RULE(HOST_EFER_RESERVED), { EXIT(21), SET(HOST_EFER, 0x502) } },
    { RULE(HOST_EFER_LMA), { EXIT(21), SET(HOST_EFER, 0x100) } },
    { RULE(HOST_EFER_LME), { EXIT(21), SET(HOST_EFER, 0x400) } },
    { OK, { EXIT(21), SET(HOST_EFER, 0xd01) } },
    { RULE(HOST_S_CET_RESERVED), { EXIT(28), SET(HOST_S_CET, 0x40) } },
    { RULE(HOST_S_CET_RESERVED), { EXIT(28),
                                   SET(HOST_S_CET, NONCANONICAL) } },
    { RULE(HOST_SSP_ALIGN), { EXIT(28), SET(HOST_SSP, 2) } },
    { RULE(HOST_SSP_TABLE_CANONICAL),
      { EXIT(28), SET(HOST_INTR_SSP_TABLE, NONCANONICAL) } },
    { RULE(HOST_PKRS_RESERVED), { EXIT(29), SET(HOST_PKRS, 1ULL << 32) } },

    { RULE(HOST_CS_RPL), { SET(HOST_CS_SELECTOR, 9) } },
    { RULE(HOST_CS_RPL), { SET(HOST_CS_SELECTOR, 0xc) } },
    { RULE(HOST_SS_RPL), { SET(HOST_SS_SELECTOR, 0x12) } },
    { RULE(HOST_DS_RPL), { SET(HOST_DS_SELECTOR, 1) } },
    { RULE(HOST_ES_RPL), { SET(HOST_ES_SELECTOR, 4) } },
    { RULE(HOST_FS_RPL), { SET(HOST_FS_SELECTOR, 3) } },
    { RULE(HOST_GS_RPL), { SET(HOST_GS_SELECTOR, 4) } },
    { RULE(HOST_TR_RPL), { SET(HOST_TR_SELECTOR, 0x19) } },
    { RULE(HOST_CS_NULL), { SET(HOST_CS_SELECTOR, 0) } },
    { RULE(HOST_TR_NULL), { SET(HOST_TR_SELECTOR, 0) } },
    { RULE(HOST_SS_NULL), { HOST_32, SET(HOST_SS_SELECTOR, 0) },
      CPU_NOT_LONG },
    { OK, { SET(HOST_SS_SELECTOR, 0) } },
    { RULE(HOST_FS_CANONICAL), { SET(HOST_FS_BASE, NONCANONICAL) } },
    { RULE(HOST_GS_CANONICAL), { SET(HOST_GS_BASE, NONCANONICAL) } },
    { RULE(HOST_GDTR_CANONICAL), { SET(HOST_GDTR_BASE, NONCANONICAL) } },
    { RULE(HOST_IDTR_CANONICAL), { SET(HOST_IDTR_BASE, NONCANONICAL) } },
    { RULE(HOST_TR_CANONICAL), { SET(HOST_TR_BASE, NONCANONICAL) } },

    { RULE(HOST_LMA_GUEST), { { 0 } }, CPU_NOT_LONG },
    { RULE(HOST_LMA_SIZE), { CLEAR(ENTRY_CONTROLS, 1 << 9) }, CPU_NOT_LONG },
    { RULE(HOST_LMA_SIZE), { HOST_32 } },
    { RULE(HOST_32_PCIDE), { HOST_32, BITS(HOST_CR4, 1 << 17) },
      CPU_NOT_LONG },
    { RULE(HOST_32_RIP), { HOST_32, SET(HOST_RIP, 1ULL << 32) },
      CPU_NOT_LONG },
    { RULE(HOST_64_PAE), { CLEAR(HOST_CR4, 1 << 5) } },
    { RULE(HOST_64_RIP), { SET(HOST_RIP, NONCANONICAL) } },
};

static void test_cases(void)
{
    entry_run_all(cases, G_N_ELEMENTS(cases));
}

static void test_covered(void)
{
    entry_covered(cases, G_N_ELEMENTS(cases), RULE(HOST_CR0_FIXED),
                  RULE(CR0_FIXED) - 1);
}

static void test_dirty(void)
{
    static const EntryCase host = { RULE(HOST_CS_NULL),
                                    { SET(HOST_CS_SELECTOR, 0) } };
    static const EntryCase mode = { RULE(HOST_LMA_GUEST), { { 0 } },
                                    CPU_NOT_LONG };

    g_assert_cmpint(entry_run(&host, 0).broken.rule, ==, OK);
    g_assert_cmpint(entry_run(&host, X86_VMCS_GROUP_HOST).broken.rule, ==,
                    RULE(HOST_CS_NULL));
    /* The CPU's own mode is in no group */
    g_assert_cmpint(entry_run(&mode, 0).broken.rule, ==,
                    RULE(HOST_LMA_GUEST));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmx/entry/host/cases", test_cases);
    g_test_add_func("/vmx/entry/host/covered", test_covered);
    g_test_add_func("/vmx/entry/host/dirty", test_dirty);
    return g_test_run();
}
