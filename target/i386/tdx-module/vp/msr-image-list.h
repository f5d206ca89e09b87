/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs of a vCPU whose content its pages keep: TDX_MSR_IMAGE(first number, how
 * many, bits that a debugger may write).  Include with the macro defined.
 */

#define ALL UINT64_MAX

TDX_MSR_IMAGE(0x34, 1, ALL)       /* SMI_COUNT */
TDX_MSR_IMAGE(0x48, 1, ALL)       /* SPEC_CTRL */
TDX_MSR_IMAGE(0xe1, 1, ALL)       /* UMWAIT_CONTROL */
TDX_MSR_IMAGE(0x122, 1, ALL)      /* TSX_CTRL */
TDX_MSR_IMAGE(0x186, 8, ALL)      /* PERFEVTSEL0 .. 7 */
TDX_MSR_IMAGE(0x1a0, 1, ALL)      /* MISC_ENABLE */
TDX_MSR_IMAGE(0x1a6, 2, ALL)      /* OFFCORE_RSP */
TDX_MSR_IMAGE(0x1c4, 2, 0)        /* XFD, XFD_ERR */
TDX_MSR_IMAGE(0x309, 7, ALL)      /* FIXED_CTR0 .. 6 */
TDX_MSR_IMAGE(0x329, 1, ALL)      /* PERF_METRICS */
TDX_MSR_IMAGE(0x38d, 1, ALL)      /* FIXED_CTR_CTRL */
TDX_MSR_IMAGE(0x38e, 1, 0)        /* PERF_GLOBAL_STATUS */
TDX_MSR_IMAGE(0x3f1, 2, ALL)      /* PEBS_* */
TDX_MSR_IMAGE(0x3f6, 2, ALL)
TDX_MSR_IMAGE(0x4c1, 8, ALL)      /* A_PMC0 .. 7 */
TDX_MSR_IMAGE(0x600, 1, ALL)      /* DS_AREA */
TDX_MSR_IMAGE(0xda0, 1, 0)        /* XSS */
TDX_MSR_IMAGE(0x14cf, 1, ALL)     /* LBR_DEPTH */
TDX_MSR_IMAGE(0x1b01, 1, ALL)     /* UARCH_MISC_CTL */
TDX_MSR_IMAGE(0xc0000081, 2, 0)   /* STAR, LSTAR */
TDX_MSR_IMAGE(0xc0000084, 1, 0)   /* FMASK */
TDX_MSR_IMAGE(0xc0000102, 1, 0)   /* KERNEL_GS_BASE */
TDX_MSR_IMAGE(0xc0000103, 1, ALL) /* TSC_AUX */

#undef ALL
