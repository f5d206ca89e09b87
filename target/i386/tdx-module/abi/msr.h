/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs that the module reads, and what it looks for in them.
 */

#ifndef TDX_ABI_MSR_H
#define TDX_ABI_MSR_H

#define TDX_MSR_TSC_ADJUST            0x3b
#define TDX_MSR_KEYID_PARTITIONING    0x87
#define TDX_MSR_WBINVDP               0x98
#define TDX_MSR_WBNOINVDP             0x99
#define TDX_MSR_MISC_PACKAGE_CTLS     0xbc
#define TDX_MSR_XAPIC_DISABLE_STATUS  0xbd
#define TDX_MSR_CORE_CAPABILITIES     0xcf
#define TDX_MSR_MTRRCAP               0xfe
#define TDX_MSR_ARCH_CAPABILITIES     0x10a
#define TDX_MSR_MISC_ENABLE           0x1a0
#define TDX_MSR_SMRR_PHYSBASE         0x1f2
#define TDX_MSR_SMRR_PHYSMASK         0x1f3
#define TDX_MSR_PERF_CAPABILITIES     0x345
#define TDX_MSR_VMX_BASIC             0x480
#define TDX_MSR_VMX_MISC              0x485
#define TDX_MSR_VMX_CR0_FIXED0        0x486
#define TDX_MSR_VMX_CR0_FIXED1        0x487
#define TDX_MSR_VMX_CR4_FIXED0        0x488
#define TDX_MSR_VMX_CR4_FIXED1        0x489
#define TDX_MSR_VMX_PROCBASED_CTLS2   0x48b
#define TDX_MSR_VMX_EPT_VPID_CAP      0x48c
#define TDX_MSR_VMX_TRUE_PINBASED     0x48d
#define TDX_MSR_VMX_TRUE_PROCBASED    0x48e
#define TDX_MSR_VMX_TRUE_EXIT         0x48f
#define TDX_MSR_VMX_TRUE_ENTRY        0x490
#define TDX_MSR_VMX_PROCBASED_CTLS3   0x492
#define TDX_MSR_TME_CAPABILITY        0x981
#define TDX_MSR_TME_ACTIVATE          0x982

#define TDX_MISC_PACKAGE_ENERGY_FILTERING (1ULL << 0)
#define TDX_XAPIC_DISABLED                (1ULL << 0)

#define TDX_ARCH_CAP_MISC_PACKAGE_CTLS    (1ULL << 10)
#define TDX_ARCH_CAP_ENERGY_FILTERING     (1ULL << 11)
#define TDX_ARCH_CAP_XAPIC_DISABLE        (1ULL << 21)

#define TDX_MTRRCAP_SMRR                  (1ULL << 11)
#define TDX_MTRRCAP_SMRR_LOCK             (1ULL << 14)
#define TDX_MTRRCAP_SEAMRR                (1ULL << 15)

#define TDX_MISC_ENABLE_FAST_STRINGS      (1ULL << 0)
#define TDX_MISC_ENABLE_PERFMON           (1ULL << 7)
#define TDX_MISC_ENABLE_BTS_UNAVAILABLE   (1ULL << 11)
#define TDX_MISC_ENABLE_MONITOR_FSM       (1ULL << 18)
#define TDX_MISC_ENABLE_LIMIT_CPUID       (1ULL << 22)

#define TDX_SMRR_ADDRESS                  0xfffff000ULL
#define TDX_SMRR_LOCK                     (1ULL << 10)
#define TDX_SMRR_VALID                    (1ULL << 11)

#define TDX_PERF_FREEZE_WHILE_SMM         (1ULL << 12)
#define TDX_PERF_FULL_WRITE               (1ULL << 13)

/* AES-XTS with 128 and 256 bits, each without and with integrity */
#define TDX_TME_ALGORITHMS                0xfULL
#define TDX_TME_AES_XTS_128               (1ULL << 0)
#define TDX_TME_CAP_KEYID_BITS_SHIFT      32
#define TDX_TME_CAP_KEYS_SHIFT            36
#define TDX_TME_ACTIVATE_LOCK             (1ULL << 0)
#define TDX_TME_ACTIVATE_ENABLE           (1ULL << 1)
#define TDX_TME_ACTIVATE_KEYID_BITS_SHIFT 32
#define TDX_TME_ACTIVATE_TDX_BITS_SHIFT   36
#define TDX_TME_ACTIVATE_ALGORITHMS_SHIFT 48

#endif /* TDX_ABI_MSR_H */
