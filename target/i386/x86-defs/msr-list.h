/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every MSR that this project names: X(NAME, number) in the order of their
 * numbers.  The SDM's name is IA32_NAME.
 */

#ifndef X86_MSR_LIST_H
#define X86_MSR_LIST_H

#define X86_MSR_LIST(X)                       \
    X(TSC,                      0x00000010)   \
    X(APIC_BASE,                0x0000001b)   \
    X(FEATURE_CONTROL,          0x0000003a)   \
    X(TSC_ADJUST,               0x0000003b)   \
    X(SPEC_CTRL,                0x00000048)   \
    X(PRED_CMD,                 0x00000049)   \
    X(BIOS_UPDT_TRIG,           0x00000079)   \
    X(MKTME_KEYID_PARTITIONING, 0x00000087)   \
    X(BIOS_SIGN_ID,             0x0000008b)   \
    X(WBINVDP,                  0x00000098)   \
    X(WBNOINVDP,                0x00000099)   \
    X(SMM_MONITOR_CTL,          0x0000009b)   \
    X(SMBASE,                   0x0000009e)   \
    X(MISC_PACKAGE_CTLS,        0x000000bc)   \
    X(XAPIC_DISABLE_STATUS,     0x000000bd)   \
    X(CORE_CAPABILITIES,        0x000000cf)   \
    X(UMWAIT_CONTROL,           0x000000e1)   \
    X(MTRRCAP,                  0x000000fe)   \
    X(ARCH_CAPABILITIES,        0x0000010a)   \
    X(FLUSH_CMD,                0x0000010b)   \
    X(TSX_CTRL,                 0x00000122)   \
    X(SYSENTER_CS,              0x00000174)   \
    X(SYSENTER_ESP,             0x00000175)   \
    X(SYSENTER_EIP,             0x00000176)   \
    X(MCG_CAP,                  0x00000179)   \
    X(MCG_STATUS,               0x0000017a)   \
    X(MISC_ENABLE,              0x000001a0)   \
    X(XFD,                      0x000001c4)   \
    X(XFD_ERR,                  0x000001c5)   \
    X(DEBUGCTL,                 0x000001d9)   \
    X(SMRR_PHYSBASE,            0x000001f2)   \
    X(SMRR_PHYSMASK,            0x000001f3)   \
    X(PAT,                      0x00000277)   \
    X(MTRR_DEF_TYPE,            0x000002ff)   \
    X(FIXED_CTR0,               0x00000309)   \
    X(PERF_CAPABILITIES,        0x00000345)   \
    X(FIXED_CTR_CTRL,           0x0000038d)   \
    X(PERF_GLOBAL_STATUS,       0x0000038e)   \
    X(PERF_GLOBAL_CTRL,         0x0000038f)   \
    X(VMX_BASIC,                0x00000480)   \
    X(VMX_PINBASED_CTLS,        0x00000481)   \
    X(VMX_PROCBASED_CTLS,       0x00000482)   \
    X(VMX_EXIT_CTLS,            0x00000483)   \
    X(VMX_ENTRY_CTLS,           0x00000484)   \
    X(VMX_MISC,                 0x00000485)   \
    X(VMX_CR0_FIXED0,           0x00000486)   \
    X(VMX_CR0_FIXED1,           0x00000487)   \
    X(VMX_CR4_FIXED0,           0x00000488)   \
    X(VMX_CR4_FIXED1,           0x00000489)   \
    X(VMX_VMCS_ENUM,            0x0000048a)   \
    X(VMX_PROCBASED_CTLS2,      0x0000048b)   \
    X(VMX_EPT_VPID_CAP,         0x0000048c)   \
    X(VMX_TRUE_PINBASED_CTLS,   0x0000048d)   \
    X(VMX_TRUE_PROCBASED_CTLS,  0x0000048e)   \
    X(VMX_TRUE_EXIT_CTLS,       0x0000048f)   \
    X(VMX_TRUE_ENTRY_CTLS,      0x00000490)   \
    X(VMX_VMFUNC,               0x00000491)   \
    X(VMX_PROCBASED_CTLS3,      0x00000492)   \
    X(VMX_EXIT_CTLS2,           0x00000493)   \
    X(RTIT_CTL,                 0x00000570)   \
    X(DS_AREA,                  0x00000600)   \
    X(U_CET,                    0x000006a0)   \
    X(S_CET,                    0x000006a2)   \
    X(PL0_SSP,                  0x000006a4)   \
    X(PL1_SSP,                  0x000006a5)   \
    X(PL2_SSP,                  0x000006a6)   \
    X(PL3_SSP,                  0x000006a7)   \
    X(INTERRUPT_SSP_TABLE,      0x000006a8)   \
    X(TSC_DEADLINE,             0x000006e0)   \
    X(PKRS,                     0x000006e1)   \
    X(X2APIC_FIRST,             0x00000800)   \
    X(X2APIC_APICID,            0x00000802)   \
    X(X2APIC_VERSION,           0x00000803)   \
    X(X2APIC_TPR,               0x00000808)   \
    X(X2APIC_PPR,               0x0000080a)   \
    X(X2APIC_EOI,               0x0000080b)   \
    X(X2APIC_LDR,               0x0000080d)   \
    X(X2APIC_SIVR,              0x0000080f)   \
    X(X2APIC_ISR0,              0x00000810)   \
    X(X2APIC_TMR0,              0x00000818)   \
    X(X2APIC_IRR0,              0x00000820)   \
    X(X2APIC_ESR,               0x00000828)   \
    X(X2APIC_ICR,               0x00000830)   \
    X(X2APIC_SELF_IPI,          0x0000083f)   \
    X(X2APIC_LAST,              0x000008ff)   \
    X(TME_CAPABILITY,           0x00000981)   \
    X(TME_ACTIVATE,             0x00000982)   \
    X(UINTR_MISC,               0x00000988)   \
    X(BNDCFGS,                  0x00000d90)   \
    X(XSS,                      0x00000da0)   \
    X(SEAMRR_PHYS_BASE,         0x00001400)   \
    X(SEAMRR_PHYS_MASK,         0x00001401)   \
    X(LBR_CTL,                  0x000014ce)   \
    X(LBR_DEPTH,                0x000014cf)   \
    X(UARCH_MISC_CTL,           0x00001b01)   \
    X(EFER,                     0xc0000080)   \
    X(STAR,                     0xc0000081)   \
    X(LSTAR,                    0xc0000082)   \
    X(CSTAR,                    0xc0000083)   \
    X(FMASK,                    0xc0000084)   \
    X(FS_BASE,                  0xc0000100)   \
    X(GS_BASE,                  0xc0000101)   \
    X(KERNEL_GS_BASE,           0xc0000102)   \
    X(TSC_AUX,                  0xc0000103)

#define X86_MSR_ENUM(name, number) X86_MSR_##name = (number),
/** X86Msr: X86_MSR_NAME is the number of IA32_NAME */
enum X86Msr { X86_MSR_LIST(X86_MSR_ENUM) };
#undef X86_MSR_ENUM

#endif /* X86_MSR_LIST_H */
