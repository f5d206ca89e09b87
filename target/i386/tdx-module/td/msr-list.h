/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs as a TD's guest finds them (TD CPU 2.3), in the order of their
 * numbers: TDX_MSR_RANGE(first, last, read, write), where an access is
 *
 * D       direct: the processor acts on the guest's own state
 * D_x     direct where the TD has x, see TdxMsrHas; else #GP
 * V       #VE, whatever REDUCE_VE
 * G       #GP
 * R       #VE, but #GP while REDUCE_VE is 1
 * F(x)    #VE while CPUID flag x is 1, else #GP
 * S(x)    what exit/msr-special.c does about x
 *
 * What is in no range is R.  The same table makes the MSR bitmaps and decides
 * about the exits that are left.  Include with the macro defined.
 */

TDX_MSR_RANGE(0x0, 0x1, V, V)                 /* P5_MC_ADDR, P5_MC_TYPE */
TDX_MSR_RANGE(0x6, 0x6, V, V)                 /* MONITOR_FILTER_SIZE */
TDX_MSR_RANGE(0x10, 0x10, D, V)               /* TSC */
TDX_MSR_RANGE(0x17, 0x17, V, R)               /* PLATFORM_ID */
TDX_MSR_RANGE(0x1b, 0x1b, V, V)               /* APIC_BASE */
TDX_MSR_RANGE(0x33, 0x33, F(CORE_CAP), F(CORE_CAP)) /* MEMORY_CTRL */
TDX_MSR_RANGE(0x34, 0x34, S(SMI_COUNT), S(SMI_COUNT))
TDX_MSR_RANGE(0x3a, 0x3a, S(LOCKED), R)       /* FEATURE_CONTROL */
TDX_MSR_RANGE(0x48, 0x49, D, D)               /* SPEC_CTRL, PRED_CMD */
TDX_MSR_RANGE(0x4e, 0x4e, S(LOCKED), R)       /* PPIN_CTL */
TDX_MSR_RANGE(0x79, 0x79, R, S(IGNORED))      /* BIOS_UPDT_TRIG */
TDX_MSR_RANGE(0x87, 0x87, F(PCONFIG), F(PCONFIG)) /* KEYID_PARTITIONING */
TDX_MSR_RANGE(0x8b, 0x8b, S(BIOS_SIGN_ID), S(IGNORED))
TDX_MSR_RANGE(0x8c, 0x8f, G, G)               /* SGXLEPUBKEYHASH */
TDX_MSR_RANGE(0x98, 0x9b, G, G)               /* WBINVDP .. SMM_MONITOR_CTL */
TDX_MSR_RANGE(0x9e, 0x9e, G, G)               /* SMBASE */
TDX_MSR_RANGE(0xbc, 0xbc, D, V)               /* MISC_PACKAGE_CTLS */
TDX_MSR_RANGE(0xbd, 0xbd, S(XAPIC_DISABLED), D)
TDX_MSR_RANGE(0xc1, 0xc8, D_PERFMON, D_PERFMON) /* PMC0 .. 7 */
TDX_MSR_RANGE(0xce, 0xce, S(ZERO), R)         /* PLATFORM_INFO */
TDX_MSR_RANGE(0xcf, 0xcf, F(CORE_CAP), G)     /* CORE_CAPABILITIES */
TDX_MSR_RANGE(0xe1, 0xe1, D_WAITPKG, D_WAITPKG) /* UMWAIT_CONTROL */
TDX_MSR_RANGE(0xed, 0xf0, F(CORE_CAP), F(CORE_CAP)) /* RAR_* */
TDX_MSR_RANGE(0xfe, 0xfe, F(MTRR), G)         /* MTRRCAP */
TDX_MSR_RANGE(0x10a, 0x10a, S(ARCH_CAPABILITIES), D)
TDX_MSR_RANGE(0x10b, 0x10b, D, D)             /* FLUSH_CMD */
TDX_MSR_RANGE(0x122, 0x122, D_TSX, D_TSX)     /* TSX_CTRL */
TDX_MSR_RANGE(0x140, 0x140, S(ZERO), S(ZERO)) /* MISC_FEATURES_ENABLES */
TDX_MSR_RANGE(0x174, 0x176, D, D)             /* SYSENTER_* */
TDX_MSR_RANGE(0x179, 0x179, F(MCA), G)        /* MCG_CAP */
TDX_MSR_RANGE(0x17a, 0x17b, F(MCA), F(MCA))   /* MCG_STATUS, MCG_CTL */
TDX_MSR_RANGE(0x186, 0x18d, D_PERFMON, D_PERFMON) /* PERFEVTSEL0 .. 7 */
TDX_MSR_RANGE(0x195, 0x195, G, G)             /* OVERCLOCKING_STATUS */
TDX_MSR_RANGE(0x198, 0x199, F(EST), F(EST))   /* PERF_STATUS, PERF_CTL */
TDX_MSR_RANGE(0x19a, 0x19c, F(ACPI), F(ACPI)) /* CLOCK_MODULATION, THERM_* */
TDX_MSR_RANGE(0x19d, 0x19d, F(TM2), F(TM2))   /* THERM2_CTL */
TDX_MSR_RANGE(0x1a0, 0x1a0, S(MISC_ENABLE), S(MISC_ENABLE))
TDX_MSR_RANGE(0x1a6, 0x1a7, D_PERFMON, D_PERFMON) /* OFFCORE_RSP */
TDX_MSR_RANGE(0x1c4, 0x1c5, D_XFD, D_XFD)     /* XFD, XFD_ERR */
TDX_MSR_RANGE(0x1d9, 0x1d9, S(DEBUGCTL), S(DEBUGCTL))
TDX_MSR_RANGE(0x1f2, 0x1f3, F(MTRR), F(MTRR)) /* SMRR */
TDX_MSR_RANGE(0x1f6, 0x1f7, F(MTRR), F(MTRR)) /* SMRR2 */
TDX_MSR_RANGE(0x1f8, 0x1fa, F(DCA), F(DCA))   /* DCA caps */
TDX_MSR_RANGE(0x200, 0x213, F(MTRR), F(MTRR)) /* MTRR_PHYSBASE, PHYSMASK */
TDX_MSR_RANGE(0x250, 0x250, F(MTRR), F(MTRR)) /* fixed MTRRs */
TDX_MSR_RANGE(0x258, 0x259, F(MTRR), F(MTRR))
TDX_MSR_RANGE(0x268, 0x26f, F(MTRR), F(MTRR))
TDX_MSR_RANGE(0x276, 0x276, G, G)             /* SLAM_ENABLE */
TDX_MSR_RANGE(0x277, 0x277, D, D)             /* PAT */
TDX_MSR_RANGE(0x280, 0x29f, F(MCA), F(MCA))   /* MCi_CTL2 */
TDX_MSR_RANGE(0x2a0, 0x2a7, F(MTRR), F(MTRR)) /* PRMRR_BASE */
TDX_MSR_RANGE(0x2c0, 0x2c1, F(MTRR), F(MTRR)) /* FUSARR */
TDX_MSR_RANGE(0x2ff, 0x2ff, F(MTRR), F(MTRR)) /* MTRR_DEF_TYPE */
TDX_MSR_RANGE(0x309, 0x310, D_PERFMON, D_PERFMON) /* FIXED_CTR0 .. 7 */
TDX_MSR_RANGE(0x329, 0x329, D_METRICS, D_METRICS) /* PERF_METRICS */
TDX_MSR_RANGE(0x345, 0x345, S(PERF_CAPABILITIES), D_PERFMON)
TDX_MSR_RANGE(0x38d, 0x392, D_PERFMON, D_PERFMON) /* FIXED_CTR_CTRL, .. */
TDX_MSR_RANGE(0x3f1, 0x3f2, D_PERFMON, D_PERFMON) /* PEBS_* */
TDX_MSR_RANGE(0x3f6, 0x3f7, D_PERFMON, D_PERFMON)
TDX_MSR_RANGE(0x400, 0x473, F(MCA), F(MCA))   /* MCi_* */
TDX_MSR_RANGE(0x480, 0x480, S(VMX), G)        /* VMX_BASIC */
TDX_MSR_RANGE(0x481, 0x484, R, G)
TDX_MSR_RANGE(0x485, 0x489, S(VMX), G)        /* VMX_MISC, CR0 and CR4 */
TDX_MSR_RANGE(0x48a, 0x48a, R, G)
TDX_MSR_RANGE(0x48b, 0x492, S(VMX), G)        /* VMX_PROCBASED_CTLS2, .. */
TDX_MSR_RANGE(0x4c1, 0x4c8, D_PERFMON, D_PERFMON) /* A_PMC0 .. 7 */
TDX_MSR_RANGE(0x4d0, 0x4d0, F(MCA), F(MCA))   /* MCG_EXT_CTL */
TDX_MSR_RANGE(0x500, 0x500, G, G)             /* SGX_SVN_STATUS */
TDX_MSR_RANGE(0x560, 0x561, D_PT, D_PT)       /* RTIT_* */
TDX_MSR_RANGE(0x570, 0x572, D_PT, D_PT)
TDX_MSR_RANGE(0x580, 0x587, D_PT, D_PT)
TDX_MSR_RANGE(0x600, 0x600, D, D)             /* DS_AREA */
TDX_MSR_RANGE(0x6a0, 0x6a0, D_CET, D_CET)     /* U_CET */
TDX_MSR_RANGE(0x6a2, 0x6a2, D_CET, D_CET)     /* S_CET */
TDX_MSR_RANGE(0x6a4, 0x6a8, D_CET, D_CET)     /* PL0 .. 3_SSP, table */
TDX_MSR_RANGE(0x6e0, 0x6e0, F(TSC_DEADLINE), F(TSC_DEADLINE))
TDX_MSR_RANGE(0x6e1, 0x6e1, D_PKS, D_PKS)     /* PKRS */
TDX_MSR_RANGE(0x800, 0x801, G, G)             /* x2APIC: reserved */
TDX_MSR_RANGE(0x802, 0x802, S(X2APIC_ID), G)
TDX_MSR_RANGE(0x803, 0x803, V, G)             /* version */
TDX_MSR_RANGE(0x804, 0x807, G, G)
TDX_MSR_RANGE(0x808, 0x80c, D, D)             /* TPR, PPR, EOI */
TDX_MSR_RANGE(0x80d, 0x80d, V, G)             /* LDR */
TDX_MSR_RANGE(0x80e, 0x80e, D, D)
TDX_MSR_RANGE(0x80f, 0x80f, V, V)             /* SIVR */
TDX_MSR_RANGE(0x810, 0x827, D, D)             /* ISR, TMR, IRR */
TDX_MSR_RANGE(0x828, 0x828, V, V)             /* ESR */
TDX_MSR_RANGE(0x829, 0x82e, G, G)
TDX_MSR_RANGE(0x82f, 0x830, V, V)             /* LVT CMCI, ICR */
TDX_MSR_RANGE(0x831, 0x831, G, G)
TDX_MSR_RANGE(0x832, 0x838, V, V)             /* LVTs, initial count */
TDX_MSR_RANGE(0x839, 0x839, V, G)             /* current count */
TDX_MSR_RANGE(0x83a, 0x83a, V, V)             /* LVT of HWP */
TDX_MSR_RANGE(0x83b, 0x83d, G, G)
TDX_MSR_RANGE(0x83e, 0x83e, V, V)             /* divide configuration */
TDX_MSR_RANGE(0x83f, 0x83f, D, D)             /* SELF_IPI */
TDX_MSR_RANGE(0x840, 0x8ff, G, G)
TDX_MSR_RANGE(0x981, 0x984, F(TME), F(TME))   /* TME_* */
TDX_MSR_RANGE(0x985, 0x98a, D_UINTR, D_UINTR) /* UINTR_* */
TDX_MSR_RANGE(0xc80, 0xc80, G, R)             /* DEBUG_INTERFACE */
TDX_MSR_RANGE(0xc81, 0xc82, F(RDT_A), F(RDT_A)) /* QOS configuration */
TDX_MSR_RANGE(0xc8d, 0xc8f, F(RDT_M), F(RDT_M)) /* QM_*, PQR_ASSOC */
TDX_MSR_RANGE(0xc90, 0xd8f, F(RDT_A), F(RDT_A)) /* QOS masks */
TDX_MSR_RANGE(0xd90, 0xd90, G, G)             /* BNDCFGS */
TDX_MSR_RANGE(0xd93, 0xd93, G, G)             /* PASID */
TDX_MSR_RANGE(0xda0, 0xda0, D, S(XSS))
TDX_MSR_RANGE(0x1200, 0x12ff, D_LBR, D_LBR)   /* LBR_INFO */
TDX_MSR_RANGE(0x14ce, 0x14cf, D_LBR, D_LBR)   /* LBR_CTL, LBR_DEPTH */
TDX_MSR_RANGE(0x1500, 0x16ff, D_LBR, D_LBR)   /* LBR_FROM, LBR_TO */
TDX_MSR_RANGE(0x1b01, 0x1b01, D, D)           /* UARCH_MISC_CTL */
TDX_MSR_RANGE(0xc0000080, 0xc0000080, D, S(EFER))
TDX_MSR_RANGE(0xc0000081, 0xc0000082, D, D)   /* STAR, LSTAR */
TDX_MSR_RANGE(0xc0000083, 0xc0000083, V, V)   /* CSTAR */
TDX_MSR_RANGE(0xc0000084, 0xc0000084, D, D)   /* FMASK */
TDX_MSR_RANGE(0xc0000100, 0xc0000103, D, D)   /* FS, GS bases, TSC_AUX */
