/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bits of ATTRIBUTES and XFAM, with which a TD is configured (metadata 7).
 */

#ifndef TDX_ABI_TD_CONFIG_H
#define TDX_ABI_TD_CONFIG_H

#define TDX_ATTR_DEBUG           (1ULL << 0)
#define TDX_ATTR_ICSSD           (1ULL << 16)
#define TDX_ATTR_LASS            (1ULL << 27)
#define TDX_ATTR_SEPT_VE_DISABLE (1ULL << 28)
#define TDX_ATTR_MIGRATABLE      (1ULL << 29)
#define TDX_ATTR_PKS             (1ULL << 30)
#define TDX_ATTR_PERFMON         (1ULL << 63)

#define TDX_XFAM_AVX       (1ULL << 2)
#define TDX_XFAM_AVX512    (7ULL << 5)
#define TDX_XFAM_PT        (1ULL << 8)
#define TDX_XFAM_PKRU      (1ULL << 9)
#define TDX_XFAM_CET       (3ULL << 11)
#define TDX_XFAM_UINTR     (1ULL << 14)
#define TDX_XFAM_LBR       (1ULL << 15)
#define TDX_XFAM_AMX       (3ULL << 17)

/* Bits by the register that enables them */
#define TDX_XFAM_IN_XCR0   0x602ffULL
#define TDX_XFAM_IN_XSS    0x1fd00ULL

#endif /* TDX_ABI_TD_CONFIG_H */
