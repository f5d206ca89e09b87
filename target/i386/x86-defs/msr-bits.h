/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bits of MSRs: SDM Vol. 4, and what TDX adds.
 */

#ifndef X86_MSR_BITS_H
#define X86_MSR_BITS_H

#include "msr-list.h"

/* By the names of the SDM, without IA32_ */
#define X86_MISC_PACKAGE_ENERGY_FILTERING    (1ULL << 0)
#define X86_XAPIC_DISABLED                   (1ULL << 0)

#define X86_SPEC_CTRL_IBRS                   (1ULL << 0)
#define X86_SPEC_CTRL_STIBP                  (1ULL << 1)
#define X86_SPEC_CTRL_SSBD                   (1ULL << 2)
#define X86_SPEC_CTRL_BHI_DIS_S              (1ULL << 10)
#define X86_PRED_CMD_IBPB                    (1ULL << 0)

#define X86_ARCH_CAP_TSX_CTRL                (1ULL << 7)
#define X86_ARCH_CAP_MISC_PACKAGE_CTLS       (1ULL << 10)
#define X86_ARCH_CAP_ENERGY_FILTERING        (1ULL << 11)
#define X86_ARCH_CAP_XAPIC_DISABLE           (1ULL << 21)

#define X86_MTRRCAP_SMRR                     (1ULL << 11)
#define X86_MTRRCAP_SMRR_LOCK                (1ULL << 14)
#define X86_MTRRCAP_SEAMRR                   (1ULL << 15)

#define X86_MISC_ENABLE_FAST_STRINGS         (1ULL << 0)
#define X86_MISC_ENABLE_PERFMON              (1ULL << 7)
#define X86_MISC_ENABLE_BTS_UNAVAILABLE      (1ULL << 11)
#define X86_MISC_ENABLE_PEBS_UNAVAILABLE     (1ULL << 12)
#define X86_MISC_ENABLE_EST                  (1ULL << 16)
#define X86_MISC_ENABLE_MONITOR_FSM          (1ULL << 18)
#define X86_MISC_ENABLE_LIMIT_CPUID          (1ULL << 22)

#define X86_SMRR_ADDRESS                     0xfffff000ULL
#define X86_SMRR_LOCK                        (1ULL << 10)
#define X86_SMRR_VALID                       (1ULL << 11)

#define X86_SEAMRR_BASE_CONFIGURED           (1ULL << 3)
#define X86_SEAMRR_MASK_LOCK                 (1ULL << 10)
#define X86_SEAMRR_MASK_VALID                (1ULL << 11)
#define X86_SEAMRR_ADDRESS                   0x000ffffffe000000ULL

#define X86_PERF_CAP_FREEZE_WHILE_SMM        (1ULL << 12)
#define X86_PERF_CAP_FULL_WRITE              (1ULL << 13)

/* AES-XTS with 128 and 256 bits, each without and with integrity */
#define X86_TME_ALGORITHMS                   0xfULL
#define X86_TME_AES_XTS_128                  (1ULL << 0)
#define X86_TME_CAP_KEYID_BITS_SHIFT         32
#define X86_TME_CAP_KEYS_SHIFT               36
#define X86_TME_ACTIVATE_LOCK                (1ULL << 0)
#define X86_TME_ACTIVATE_ENABLE              (1ULL << 1)
#define X86_TME_ACTIVATE_POLICY_SHIFT        4
#define X86_TME_POLICY_AES_XTS_256           2ULL
#define X86_TME_ACTIVATE_KEYID_BITS_SHIFT    32
#define X86_TME_ACTIVATE_TDX_BITS_SHIFT      36
#define X86_TME_ACTIVATE_ALGORITHMS_SHIFT    48

#endif /* X86_MSR_BITS_H */
