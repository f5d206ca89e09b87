/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VM entry: each check on guest state, one case that breaks it and no other;
 * the entries of MSR lists.
 */

#include "entry-fixture.h"

#define RULE(name) X86_VMX_RULE_##name
#define OK X86_VMX_RULE_NONE
#define WIDE (1ULL << TEST_PHYS_BITS)
#define CANONICAL    0xff00000000000000
#define NONCANONICAL 0x0100000000000000

#define ENTRY(n) BITS(ENTRY_CONTROLS, 1U << (n))
#define UNRESTRICTED BITS(PROC2_CONTROLS, 1 << 7)
#define INJECT(info) SET(ENTRY_INTR_INFO, info)
#define OF(field) 0, X86_VMCS_##field
/* A 32-bit guest */
#define GUEST_32 CLEAR(ENTRY_CONTROLS, 1 << 9), SET(GUEST_RIP, 0x1000)
/* Blocking and pending debug exceptions */
#define STI    BITS(GUEST_INTERRUPTIBILITY, 1)
#define MOV_SS BITS(GUEST_INTERRUPTIBILITY, 2)
#define TF     BITS(GUEST_RFLAGS, 1 << 8)
#define IF     BITS(GUEST_RFLAGS, 1 << 9)

static const EntryCase registers[] = {
    { RULE(CR0_FIXED), { CLEAR(GUEST_CR0, 1 << 5) } },
    { RULE(CR0_FIXED), { BITS(GUEST_CR0, 1ULL << 32) } },
    { RULE(CR0_FIXED), { GUEST_32, CLEAR(GUEST_CR0, 1U << 31) } },
    { OK, { GUEST_32, CLEAR(GUEST_CR0, 1U << 31), UNRESTRICTED } },
    { RULE(CR0_PG_PE), { CLEAR(GUEST_CR0, 1), UNRESTRICTED } },
    { RULE(CR4_FIXED), { CLEAR(GUEST_CR4, 1 << 13) } },
    { RULE(CR4_FIXED), { BITS(GUEST_CR4, 1 << 15) } },
    { RULE(CET_WP), { BITS(GUEST_CR4, 1 << 23),
                      CLEAR(GUEST_CR0, 1 << 16) } },
    { RULE(DEBUGCTL_RESERVED), { SET(GUEST_DEBUGCTL, 4) } },
    { OK, { SET(GUEST_DEBUGCTL, 4), CLEAR(ENTRY_CONTROLS, 4) } },
    { RULE(IA32E_PG), { CLEAR(GUEST_CR0, 1U << 31), UNRESTRICTED } },
    { RULE(IA32E_PAE), { CLEAR(GUEST_CR4, 1 << 5) } },
    { RULE(IA32E_PCIDE), { GUEST_32, BITS(GUEST_CR4, 1 << 17) } },
    { OK, { BITS(GUEST_CR4, 1 << 17) } },
    { RULE(CR3_WIDTH), { SET(GUEST_CR3, WIDE) } },
    { RULE(DR7_HIGH), { SET(GUEST_DR7, 1ULL << 32) } },
    { OK, { SET(GUEST_DR7, 1ULL << 32), CLEAR(ENTRY_CONTROLS, 4) } },
    { RULE(SYSENTER_ESP_CANONICAL),
      { SET(GUEST_SYSENTER_ESP, NONCANONICAL) } },
    { RULE(SYSENTER_EIP_CANONICAL),
      { SET(GUEST_SYSENTER_EIP, NONCANONICAL) } },
    { RULE(S_CET_RESERVED), { ENTRY(20), SET(GUEST_S_CET, 0x80) } },
    { RULE(SSP_TABLE_CANONICAL),
      { ENTRY(20), SET(GUEST_INTR_SSP_TABLE, NONCANONICAL) } },
    { RULE(PERF_RESERVED), { ENTRY(13), SET(GUEST_PERF_GLOBAL_CTRL, 16) } },
    { RULE(PAT_TYPES), { ENTRY(14), SET(GUEST_PAT, 2ULL << 24) } },
    { OK, { SET(GUEST_PAT, 2ULL << 24) } },
    { RULE(EFER_RESERVED), { ENTRY(15), BITS(GUEST_EFER, 2) } },
    { RULE(EFER_LMA), { ENTRY(15), CLEAR(GUEST_EFER, 0x400) } },
    { RULE(EFER_LME), { ENTRY(15), CLEAR(GUEST_EFER, 0x100) } },
    { OK, { ENTRY(15) } },
    /* LME may be ahead of LMA only while paging is off */
    { RULE(EFER_LME), { ENTRY(15), GUEST_32, SET(GUEST_EFER, 0x100) } },
    { OK, { ENTRY(15), GUEST_32, SET(GUEST_EFER, 0x100), UNRESTRICTED,
            CLEAR(GUEST_CR0, 1U << 31) } },
    { RULE(BNDCFGS_RESERVED), { ENTRY(16), SET(GUEST_BNDCFGS, 4) } },
    { RULE(BNDCFGS_RESERVED), { ENTRY(16),
                                SET(GUEST_BNDCFGS, NONCANONICAL) } },
    { RULE(RTIT_CTL_RESERVED), { ENTRY(18), SET(GUEST_RTIT_CTL, 0x10) } },
    { RULE(LBR_CTL_RESERVED), { ENTRY(21), SET(GUEST_LBR_CTL, 0x10) } },
    { RULE(PKRS_RESERVED), { ENTRY(22), SET(GUEST_PKRS, 1ULL << 32) } },
    { RULE(UINV_RESERVED), { ENTRY(19), SET(GUEST_UINV, 0x100) } },
};

/* Virtual-8086 mode: six segment registers that look all the same */
#define V86 \
    GUEST_32, BITS(GUEST_RFLAGS, 1 << 17), \
    SET(GUEST_ES_SELECTOR, 0), SET(GUEST_CS_SELECTOR, 0), \
    SET(GUEST_SS_SELECTOR, 0), SET(GUEST_DS_SELECTOR, 0), \
    SET(GUEST_FS_SELECTOR, 0), SET(GUEST_GS_SELECTOR, 0)
#define V86_LIMITS \
    SET(GUEST_ES_LIMIT, 0xffff), SET(GUEST_CS_LIMIT, 0xffff), \
    SET(GUEST_SS_LIMIT, 0xffff), SET(GUEST_DS_LIMIT, 0xffff), \
    SET(GUEST_FS_LIMIT, 0xffff), SET(GUEST_GS_LIMIT, 0xffff)
#define V86_RIGHTS \
    SET(GUEST_ES_AR, 0xf3), SET(GUEST_CS_AR, 0xf3), SET(GUEST_SS_AR, 0xf3), \
    SET(GUEST_DS_AR, 0xf3), SET(GUEST_FS_AR, 0xf3), SET(GUEST_GS_AR, 0xf3)

static const EntryCase segments[] = {
    { RULE(SEL_TR_GDT), { SET(GUEST_TR_SELECTOR, 0x1c) } },
    { RULE(SEL_LDTR_GDT), { SET(GUEST_LDTR_AR, 0x82),
                            SET(GUEST_LDTR_SELECTOR, 4) } },
    { OK, { SET(GUEST_LDTR_SELECTOR, 4) } },
    { RULE(SEL_SS_RPL), { SET(GUEST_SS_SELECTOR, 0x13) } },
    { OK, { SET(GUEST_SS_SELECTOR, 0x13), UNRESTRICTED } },
    { RULE(BASE_CANONICAL), { SET(GUEST_TR_BASE, NONCANONICAL) } },
    { RULE(BASE_CANONICAL), { SET(GUEST_FS_BASE, NONCANONICAL) },
      OF(GUEST_FS_BASE) },
    { RULE(BASE_CANONICAL), { SET(GUEST_GS_BASE, NONCANONICAL) },
      OF(GUEST_GS_BASE) },
    { RULE(BASE_CANONICAL), { SET(GUEST_LDTR_AR, 0x82),
                              SET(GUEST_LDTR_BASE, NONCANONICAL) },
      OF(GUEST_LDTR_BASE) },
    { OK, { SET(GUEST_LDTR_BASE, NONCANONICAL) } },
    { OK, { SET(GUEST_FS_BASE, CANONICAL), SET(GUEST_GS_BASE, CANONICAL) } },
    { RULE(BASE_HIGH), { SET(GUEST_CS_BASE, 1ULL << 32) } },
    { RULE(BASE_HIGH), { SET(GUEST_SS_BASE, 1ULL << 32) },
      OF(GUEST_SS_BASE) },
    { RULE(BASE_HIGH), { SET(GUEST_DS_BASE, 1ULL << 32) },
      OF(GUEST_DS_BASE) },
    { RULE(BASE_HIGH), { SET(GUEST_ES_BASE, 1ULL << 63) },
      OF(GUEST_ES_BASE) },
    { OK, { SET(GUEST_DS_AR, 0x10000), SET(GUEST_DS_BASE, 1ULL << 32) } },
    { RULE(BASE_V86), { V86, SET(GUEST_ES_SELECTOR, 0x10) },
      OF(GUEST_ES_BASE) },
    { RULE(BASE_V86), { V86, SET(GUEST_GS_BASE, 0x10) },
      OF(GUEST_GS_BASE) },
    { OK, { V86, V86_LIMITS, V86_RIGHTS } },
    { OK, { V86, V86_LIMITS, V86_RIGHTS, SET(GUEST_SS_SELECTOR, 0x123),
            SET(GUEST_SS_BASE, 0x1230) } },
    { RULE(LIMIT_V86), { V86, V86_LIMITS, V86_RIGHTS,
                         SET(GUEST_CS_LIMIT, 0xfffff) } },
    { RULE(LIMIT_V86), { V86, V86_LIMITS, V86_RIGHTS,
                         SET(GUEST_GS_LIMIT, 0) }, OF(GUEST_GS_LIMIT) },
    { RULE(AR_V86), { V86, V86_LIMITS, V86_RIGHTS,
                      SET(GUEST_CS_AR, 0x93) } },
    { RULE(AR_V86), { V86, V86_LIMITS, V86_RIGHTS,
                      SET(GUEST_FS_AR, 0x10000) }, OF(GUEST_FS_AR) },

    { RULE(AR_CS_TYPE), { SET(GUEST_CS_AR, 0xa098) } },
    { RULE(AR_CS_TYPE), { SET(GUEST_CS_AR, 0xa093) } },
    { RULE(AR_CS_TYPE), { SET(GUEST_CS_AR, 0xa091), UNRESTRICTED } },
    { OK, { SET(GUEST_CS_AR, 0xa093), UNRESTRICTED } },
    { OK, { SET(GUEST_CS_AR, 0xa09f) } },
    { RULE(AR_SS_TYPE), { SET(GUEST_SS_AR, 0xc091) } },
    { RULE(AR_SS_TYPE), { SET(GUEST_SS_AR, 0xc09b) } },
    { OK, { SET(GUEST_SS_AR, 0xc097) } },
    { OK, { SET(GUEST_SS_AR, 0x10000) } },
    { RULE(AR_DATA_ACCESSED), { SET(GUEST_DS_AR, 0xc092) } },
    { RULE(AR_DATA_ACCESSED), { SET(GUEST_GS_AR, 0xc092) },
      OF(GUEST_GS_AR) },
    { RULE(AR_DATA_READABLE), { SET(GUEST_DS_AR, 0xc099) } },
    { OK, { SET(GUEST_DS_AR, 0xc09b), SET(GUEST_ES_AR, 0xc091) } },
    { RULE(AR_S), { SET(GUEST_CS_AR, 0xa08b) } },
    { RULE(AR_S), { SET(GUEST_SS_AR, 0xc083) }, OF(GUEST_SS_AR) },
    { RULE(AR_S), { SET(GUEST_FS_AR, 0xc083) }, OF(GUEST_FS_AR) },
    { RULE(AR_CS_DPL_DATA), { SET(GUEST_CS_AR, 0xa0b3), UNRESTRICTED } },
    { RULE(AR_CS_DPL_NONCONFORMING), { SET(GUEST_CS_AR, 0xa0fb) } },
    { RULE(AR_CS_DPL_CONFORMING), { SET(GUEST_CS_AR, 0xa0ff) } },
    { RULE(AR_SS_DPL_RPL), { SET(GUEST_CS_AR, 0xa09f),
                             SET(GUEST_SS_AR, 0xc0f3) } },
    { RULE(AR_SS_DPL_ZERO), { SET(GUEST_CS_AR, 0xa093), UNRESTRICTED,
                              SET(GUEST_SS_AR, 0xc0f3) } },
    { RULE(AR_DATA_DPL), { SET(GUEST_DS_SELECTOR, 0x13) } },
    { OK, { SET(GUEST_DS_SELECTOR, 0x13), UNRESTRICTED } },
    { OK, { SET(GUEST_DS_SELECTOR, 0x13), SET(GUEST_DS_AR, 0xc09f) } },
    { OK, { SET(GUEST_DS_SELECTOR, 0x13), SET(GUEST_DS_AR, 0xc0f3) } },
    { RULE(AR_PRESENT), { CLEAR(GUEST_CS_AR, 0x80) } },
    { RULE(AR_PRESENT), { CLEAR(GUEST_SS_AR, 0x80) }, OF(GUEST_SS_AR) },
    { RULE(AR_PRESENT), { CLEAR(GUEST_ES_AR, 0x80) }, OF(GUEST_ES_AR) },
    { RULE(AR_PRESENT), { CLEAR(GUEST_TR_AR, 0x80) }, OF(GUEST_TR_AR) },
    { RULE(AR_PRESENT), { SET(GUEST_LDTR_AR, 2) }, OF(GUEST_LDTR_AR) },
    { RULE(AR_RESERVED), { BITS(GUEST_CS_AR, 0x100) } },
    { RULE(AR_RESERVED), { BITS(GUEST_CS_AR, 0x20000) } },
    { RULE(AR_RESERVED), { BITS(GUEST_SS_AR, 0x800) }, OF(GUEST_SS_AR) },
    { RULE(AR_RESERVED), { BITS(GUEST_TR_AR, 0x20000) }, OF(GUEST_TR_AR) },
    { RULE(AR_RESERVED), { SET(GUEST_LDTR_AR, 0x182) },
      OF(GUEST_LDTR_AR) },
    { RULE(AR_CS_DB), { BITS(GUEST_CS_AR, 0x4000) } },
    { OK, { GUEST_32, BITS(GUEST_CS_AR, 0x4000) } },
    { RULE(AR_GRANULARITY), { SET(GUEST_CS_LIMIT, 0xfffffffe) } },
    { RULE(AR_GRANULARITY), { CLEAR(GUEST_CS_AR, 0x8000) } },
    { RULE(AR_GRANULARITY), { BITS(GUEST_TR_AR, 0x8000) },
      OF(GUEST_TR_AR) },
    { RULE(AR_GRANULARITY), { SET(GUEST_LDTR_AR, 0x82),
                              SET(GUEST_LDTR_LIMIT, 1 << 20) },
      OF(GUEST_LDTR_AR) },
    { OK, { SET(GUEST_DS_LIMIT, 0xfffff) } },
    { RULE(AR_TR_TYPE), { SET(GUEST_TR_AR, 0x89) } },
    { RULE(AR_TR_TYPE), { SET(GUEST_TR_AR, 0x83) } },
    { OK, { GUEST_32, SET(GUEST_TR_AR, 0x83) } },
    { RULE(AR_LDTR_TYPE), { SET(GUEST_LDTR_AR, 0x83) } },
    { RULE(AR_SYSTEM), { SET(GUEST_TR_AR, 0x9b) } },
    { RULE(AR_SYSTEM), { SET(GUEST_LDTR_AR, 0x92) }, OF(GUEST_LDTR_AR) },
    { RULE(AR_TR_USABLE), { BITS(GUEST_TR_AR, 0x10000) } },
    { RULE(GDTR_CANONICAL), { SET(GUEST_GDTR_BASE, NONCANONICAL) } },
    { RULE(IDTR_CANONICAL), { SET(GUEST_IDTR_BASE, NONCANONICAL) } },
    { RULE(GDTR_LIMIT_HIGH), { SET(GUEST_GDTR_LIMIT, 0x10000) } },
    { RULE(IDTR_LIMIT_HIGH), { SET(GUEST_IDTR_LIMIT, 0x10000) } },
};

static const EntryCase others[] = {
    { RULE(RIP_HIGH), { GUEST_32, SET(GUEST_RIP, 1ULL << 32) } },
    { RULE(RIP_HIGH), { CLEAR(GUEST_CS_AR, 0x2000) } },
    { RULE(RIP_WIDTH), { SET(GUEST_RIP, 1ULL << 57) } },
    /* Not canonical, but within the width */
    { OK, { SET(GUEST_RIP, NONCANONICAL) } },
    { RULE(RFLAGS_RESERVED), { SET(GUEST_RFLAGS, 0) } },
    { RULE(RFLAGS_RESERVED), { BITS(GUEST_RFLAGS, 8) } },
    { RULE(RFLAGS_RESERVED), { BITS(GUEST_RFLAGS, 1 << 5) } },
    { RULE(RFLAGS_RESERVED), { BITS(GUEST_RFLAGS, 1 << 15) } },
    { RULE(RFLAGS_RESERVED), { BITS(GUEST_RFLAGS, 1 << 22) } },
    { RULE(RFLAGS_RESERVED), { BITS(GUEST_RFLAGS, 1ULL << 63) } },
    { OK, { BITS(GUEST_RFLAGS, 0x3d7fd7 & ~0x20000) } },
    { RULE(RFLAGS_IF), { INJECT(0x80000020) } },
    { OK, { INJECT(0x80000020), IF } },
    { RULE(SSP_ALIGN), { ENTRY(20), SET(GUEST_SSP, 1) } },
    { RULE(SSP_ALIGN), { ENTRY(20), SET(GUEST_SSP, 1ULL << 57) } },
    { RULE(SSP_ALIGN), { ENTRY(20), GUEST_32,
                         SET(GUEST_SSP, 1ULL << 32) } },

    { RULE(ACTIVITY_SUPPORTED), { SET(GUEST_ACTIVITY, 4) } },
    { RULE(ACTIVITY_SUPPORTED), { SET(GUEST_ACTIVITY, 1) }, CPU_NO_HLT },
    { OK, { SET(GUEST_ACTIVITY, 1) } },
    { RULE(ACTIVITY_HLT_DPL), { SET(GUEST_ACTIVITY, 1),
                                SET(GUEST_CS_AR, 0xa0fb),
                                SET(GUEST_SS_AR, 0xc0f3), UNRESTRICTED } },
    { RULE(ACTIVITY_BLOCKED), { SET(GUEST_ACTIVITY, 1), STI, IF } },
    { RULE(ACTIVITY_BLOCKED), { SET(GUEST_ACTIVITY, 2), MOV_SS } },
    { RULE(ACTIVITY_EVENT), { SET(GUEST_ACTIVITY, 1), INJECT(0x80000306) } },
    { OK, { SET(GUEST_ACTIVITY, 1), INJECT(0x80000301) } },
    { OK, { SET(GUEST_ACTIVITY, 1), INJECT(0x80000202) } },
    { OK, { SET(GUEST_ACTIVITY, 1), INJECT(0x80000700) } },
    { RULE(ACTIVITY_EVENT), { SET(GUEST_ACTIVITY, 2), INJECT(0x80000301) } },
    { RULE(ACTIVITY_EVENT), { SET(GUEST_ACTIVITY, 2), INJECT(0x80000020),
                              IF } },
    { OK, { SET(GUEST_ACTIVITY, 2), INJECT(0x80000312) } },
    { RULE(ACTIVITY_EVENT), { SET(GUEST_ACTIVITY, 3), INJECT(0x80000202) } },
    { OK, { SET(GUEST_ACTIVITY, 3) } },
    { RULE(ACTIVITY_SIPI_SMM), { SET(GUEST_ACTIVITY, 3), ENTRY(10),
                                 SET(GUEST_INTERRUPTIBILITY, 4) }, CPU_SMM },

    { RULE(BLOCK_RESERVED), { SET(GUEST_INTERRUPTIBILITY, 0x20) } },
    { RULE(BLOCK_BOTH), { STI, MOV_SS, IF } },
    { RULE(BLOCK_STI_IF), { STI } },
    { OK, { STI, IF } },
    { RULE(BLOCK_EXT_INTR), { STI, IF, INJECT(0x80000020) } },
    { RULE(BLOCK_EXT_INTR), { MOV_SS, IF, INJECT(0x80000020) } },
    { RULE(BLOCK_NMI_MOV_SS), { MOV_SS, INJECT(0x80000202) } },
    { RULE(BLOCK_SMI_IN_SMM), { SET(GUEST_INTERRUPTIBILITY, 4) } },
    { OK, { SET(GUEST_INTERRUPTIBILITY, 4) }, CPU_SMM },
    { RULE(BLOCK_SMI_ENTRY), { ENTRY(10) }, CPU_SMM },
    { RULE(BLOCK_NMI_VIRTUAL), { BITS(PIN_CONTROLS, 0x28),
                                 SET(GUEST_INTERRUPTIBILITY, 8),
                                 INJECT(0x80000202) } },
    { OK, { SET(GUEST_INTERRUPTIBILITY, 8), INJECT(0x80000202) } },
    { RULE(BLOCK_ENCLAVE), { SET(GUEST_INTERRUPTIBILITY, 0x10) },
      CPU_NO_SGX },
    { RULE(BLOCK_ENCLAVE), { SET(GUEST_INTERRUPTIBILITY, 0x12) } },
    { OK, { SET(GUEST_INTERRUPTIBILITY, 0x10) } },

    { RULE(PENDING_RESERVED), { SET(GUEST_PENDING_DEBUG, 0x10) } },
    { RULE(PENDING_RESERVED), { SET(GUEST_PENDING_DEBUG, 1 << 13) } },
    { RULE(PENDING_RESERVED), { SET(GUEST_PENDING_DEBUG, 1 << 15) } },
    { RULE(PENDING_RESERVED), { SET(GUEST_PENDING_DEBUG, 1ULL << 63) } },
    { RULE(PENDING_RESERVED), { SET(GUEST_PENDING_DEBUG, 1 << 11) },
      CPU_NO_BUS_LOCK },
    { OK, { SET(GUEST_PENDING_DEBUG, 0x580f) } },
    { RULE(PENDING_BS_SET), { MOV_SS, TF } },
    { RULE(PENDING_BS_SET), { STI, IF, TF } },
    { RULE(PENDING_BS_SET), { SET(GUEST_ACTIVITY, 1), TF } },
    { OK, { MOV_SS, TF, SET(GUEST_PENDING_DEBUG, 0x4000) } },
    { RULE(PENDING_BS_CLEAR), { MOV_SS, SET(GUEST_PENDING_DEBUG, 0x4000) } },
    { RULE(PENDING_BS_CLEAR), { MOV_SS, TF, SET(GUEST_DEBUGCTL, 2),
                                SET(GUEST_PENDING_DEBUG, 0x4000) } },
    { OK, { SET(GUEST_PENDING_DEBUG, 0x4000) } },
    { RULE(PENDING_RTM), { SET(GUEST_PENDING_DEBUG, 0x10000) } },
    { RULE(PENDING_RTM), { SET(GUEST_PENDING_DEBUG, 0x11001) } },
    { RULE(PENDING_RTM), { SET(GUEST_PENDING_DEBUG, 0x11000), MOV_SS } },
    { RULE(PENDING_RTM), { SET(GUEST_PENDING_DEBUG, 0x11000) }, CPU_NO_RTM },
    { OK, { SET(GUEST_PENDING_DEBUG, 0x11000) } },

    { RULE(LINK_PAGE), { SET(VMCS_LINK_POINTER, ENTRY_VMCS + 8) } },
    { RULE(LINK_PAGE), { SET(VMCS_LINK_POINTER, WIDE) } },
    { RULE(LINK_REVISION), { SET(VMCS_LINK_POINTER, 0x99000) } },
    { RULE(LINK_SHADOW), { SET(VMCS_LINK_POINTER, ENTRY_SHADOW) } },
    { RULE(LINK_SHADOW), { SET(VMCS_LINK_POINTER, ENTRY_VMCS),
                           BITS(PROC2_CONTROLS, 1 << 14) } },
    { OK, { SET(VMCS_LINK_POINTER, ENTRY_SHADOW),
            BITS(PROC2_CONTROLS, 1 << 14) } },
    { OK, { SET(VMCS_LINK_POINTER, ENTRY_VMCS) } },
    { RULE(LINK_CURRENT), { SET(VMCS_LINK_POINTER, ENTRY_CURRENT) } },
    { OK, { SET(VMCS_LINK_POINTER, ENTRY_CURRENT) }, CPU_SMM },

    { RULE(PDPTE0_RESERVED), { GUEST_32, SET(GUEST_PDPTE0, 3) } },
    { RULE(PDPTE1_RESERVED), { GUEST_32, SET(GUEST_PDPTE1, 0x21) } },
    { RULE(PDPTE2_RESERVED), { GUEST_32, SET(GUEST_PDPTE2, WIDE | 1) } },
    { RULE(PDPTE3_RESERVED), { GUEST_32, SET(GUEST_PDPTE3, 0x101) } },
    { OK, { GUEST_32, SET(GUEST_PDPTE0, 0x1e6),
            SET(GUEST_PDPTE1, 0xe19) } },
    { OK, { SET(GUEST_PDPTE0, 3) } },
    { OK, { GUEST_32, SET(GUEST_PDPTE0, 3), CLEAR(GUEST_CR4, 1 << 5) } },
    /* Without EPT they come from memory */
    { RULE(PDPTE3_RESERVED), { GUEST_32, CLEAR(PROC2_CONTROLS, 2),
                               SET(GUEST_CR3, ENTRY_BAD_PDPTES) } },
    { OK, { GUEST_32, CLEAR(PROC2_CONTROLS, 2), SET(GUEST_PDPTE0, 3) } },
};

/* RFLAGS.VM: first the segments would be found wrong in a full check */
static void test_vm_flag(void)
{
    static const EntryCase long_mode = {
        RULE(RFLAGS_VM), { BITS(GUEST_RFLAGS, 1 << 17) }
    };
    static const EntryCase real_mode = {
        RULE(RFLAGS_VM), { BITS(GUEST_RFLAGS, 1 << 17), GUEST_32,
                           UNRESTRICTED, SET(GUEST_CR0, 0x20) }
    };
    static const EntryCase v86 = {
        OK, { BITS(GUEST_RFLAGS, 1 << 17), GUEST_32 }
    };

    g_assert_cmpint(entry_run(&long_mode, 0).broken.rule, ==,
                    RULE(RFLAGS_VM));
    g_assert_cmpint(entry_run(&real_mode, 0).broken.rule, ==,
                    RULE(RFLAGS_VM));
    g_assert_cmpint(entry_run(&v86, 0).broken.rule, ==, OK);
}

static void test_registers(void)
{
    entry_run_all(registers, G_N_ELEMENTS(registers));
    entry_covered(registers, G_N_ELEMENTS(registers), RULE(CR0_FIXED),
                  RULE(SEL_TR_GDT) - 1);
}

static void test_segments(void)
{
    entry_run_all(segments, G_N_ELEMENTS(segments));
    entry_covered(segments, G_N_ELEMENTS(segments), RULE(SEL_TR_GDT),
                  RULE(RIP_HIGH) - 1);
}

static void test_others(void)
{
    entry_run_all(others, G_N_ELEMENTS(others));
    entry_covered(others, G_N_ELEMENTS(others), RULE(RIP_HIGH),
                  RULE(RFLAGS_RESERVED));
    entry_covered(others, G_N_ELEMENTS(others), RULE(RFLAGS_IF),
                  RULE(MSR_FS_GS_BASE) - 1);
}

/* SDM "Loading MSRs", "Saving MSRs" */
static void test_msr_lists(void)
{
    static const struct {
        uint32_t msr;
        bool x2apic;
        bool smm;
        X86VmxRule load;
        X86VmxRule store;
        uint32_t reserved;
    } entries[] = {
        { 0xc0000080 },
        { 0xc0000102 },
        { 0xc0000100, .load = RULE(MSR_FS_GS_BASE) },
        { 0xc0000101, .load = RULE(MSR_FS_GS_BASE) },
        { 0x808 },
        { 0x800, true, .load = RULE(MSR_X2APIC), .store = RULE(MSR_X2APIC) },
        { 0x8ff, true, .load = RULE(MSR_X2APIC), .store = RULE(MSR_X2APIC) },
        { 0x7ff, true },
        { 0x900, true },
        { 0x9b, .load = RULE(MSR_SMM) },
        { 0x9b, .smm = true },
        { 0x9e, .store = RULE(MSR_SMM) },
        { 0x9e, .smm = true },
        { 0x79, .load = RULE(MSR_MICROCODE) },
        { 0x8b, .load = RULE(MSR_MICROCODE) },
        { 0x10, .load = RULE(MSR_RESERVED), .store = RULE(MSR_RESERVED),
          .reserved = 1 },
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(entries); i++) {
        X86VmcsMsrEntry entry = {
            .index = entries[i].msr, .reserved = entries[i].reserved,
        };

        for (int list = X86_VMX_MSR_ENTRY_LOAD; list <= X86_VMX_MSR_EXIT_LOAD;
             list++) {
            X86VmxBroken broken = x86_vmx_check_msr_entry(
                list, &entry, entries[i].x2apic, entries[i].smm);

            g_assert_cmpint(broken.rule, ==,
                            list == X86_VMX_MSR_EXIT_STORE
                            ? entries[i].store : entries[i].load);
            if (broken.rule) {
                g_assert_cmphex(x86_vmx_entry_outcome(broken).exit_reason, ==,
                                0x80000022);
            }
        }
    }
}

/* Guest state by itself: whatever else is wrong with the VMCS */
static void test_guest_alone(void)
{
    g_autofree X86Vmcs *vmcs = g_new(X86Vmcs, 1);
    X86VmxCaps caps;
    X86VmxEntry e = { .caps = &caps, .vmcs = vmcs, .long_mode = true };
    X86VmxEntryOutcome out;

    entry_init_caps(&caps, 0);
    entry_init_vmcs(vmcs);
    vmcs->pin_controls = 0;
    vmcs->host_cr4 = 0;
    out = x86_vmx_entry_check_guest(&e);
    g_assert_cmpint(out.broken.rule, ==, X86_VMX_RULE_NONE);
    g_assert_cmphex(out.exit_reason, ==, 0);

    vmcs->guest_rflags = 0;
    out = x86_vmx_entry_check_guest(&e);
    g_assert_cmpint(out.broken.rule, ==, RULE(RFLAGS_RESERVED));
    g_assert_cmphex(out.exit_reason, ==, 0x80000021);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vmx/entry/guest/registers", test_registers);
    g_test_add_func("/vmx/entry/guest/segments", test_segments);
    g_test_add_func("/vmx/entry/guest/others", test_others);
    g_test_add_func("/vmx/entry/guest/vm-flag", test_vm_flag);
    g_test_add_func("/vmx/entry/guest/msr-lists", test_msr_lists);
    g_test_add_func("/vmx/entry/guest/alone", test_guest_alone);
    return g_test_run();
}
