/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bits with which a TD is configured, and which of them there are: FIXED0 is
 * what may be one, FIXED1 what must be (metadata 7).
 */

#ifndef TDX_ABI_TD_CONFIG_H
#define TDX_ABI_TD_CONFIG_H

/* ATTRIBUTES; what may be one depends on the processor */
#define TDX_ATTR_DEBUG           (1ULL << 0)
#define TDX_ATTR_ICSSD           (1ULL << 16)
#define TDX_ATTR_LASS            (1ULL << 27)
#define TDX_ATTR_SEPT_VE_DISABLE (1ULL << 28)
#define TDX_ATTR_MIGRATABLE      (1ULL << 29)
#define TDX_ATTR_PKS             (1ULL << 30)
#define TDX_ATTR_PERFMON         (1ULL << 63)
#define TDX_ATTR_FIXED1          0ULL

/* XFAM; what may be one depends on the processor */
#define TDX_XFAM_AVX       (1ULL << 2)
#define TDX_XFAM_AVX512    (7ULL << 5)
#define TDX_XFAM_PT        (1ULL << 8)
#define TDX_XFAM_PKRU      (1ULL << 9)
#define TDX_XFAM_CET       (3ULL << 11)
#define TDX_XFAM_UINTR     (1ULL << 14)
#define TDX_XFAM_LBR       (1ULL << 15)
#define TDX_XFAM_AMX       (3ULL << 17)
#define TDX_XFAM_SUPPORTED 0x6dbe7ULL
#define TDX_XFAM_FIXED1    0x3ULL

/* Bits by the register that enables them */
#define TDX_XFAM_IN_XCR0   0x602ffULL
#define TDX_XFAM_IN_XSS    0x1fd00ULL

/* CONFIG_FLAGS */
#define TDX_CONFIG_GPAW        (1ULL << 0)
#define TDX_CONFIG_FLEXIBLE_PENDING_VE (1ULL << 1)
#define TDX_CONFIG_NO_RBP_MOD  (1ULL << 2) /* RBP is kept across TD exits */
#define TDX_CONFIG_MAXPA_VIRT  (1ULL << 3)
#define TDX_CONFIG_MAXGPA_VIRT (1ULL << 4)
#define TDX_CONFIG_FIXED0      0x1fULL
#define TDX_CONFIG_FIXED1      0ULL

/* MSR_CONFIG_CTLS, and the bits of IA32_ARCH_CAPABILITIES that it opens */
#define TDX_MSR_CONFIG_ARCH_CAPABILITIES 0x1
#define TDX_ARCH_CAPABILITIES_CONFIG     0x1180010ULL

/* VM_CTLS, of the TD and of each of its L2 VMs */
#define TDX_VM_CTLS_FIXED0 0x1ULL
#define TDX_VM_CTLS_FIXED1 0ULL

#endif /* TDX_ABI_TD_CONFIG_H */
