/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sizes and limits of the TDX module ABI, each once: what the metadata tables
 * say is what the code obeys.
 */

#ifndef TDX_ABI_LIMITS_H
#define TDX_ABI_LIMITS_H

#include <stdint.h>

/* Addresses are checked against the architectural limit, not max_pa */
#define TDX_HPA_LIMIT (1ULL << 52)

/* Addresses that a Dynamic PAMT entry can hold (PAMT 2.2) */
#define TDX_DYNAMIC_PAMT_HPA_BITS 48

#define TDX_PAGE_4K (1ULL << 12)
#define TDX_PAGE_2M (1ULL << 21)
#define TDX_PAGE_1G (1ULL << 30)

/* --- the machine --------------------------------------------------------- */

#define TDX_MAX_CMRS  32
#define TDX_MAX_PKGS  8
#define TDX_NUM_HKIDS 2048

#define TDX_VENDOR_INTEL 0x8086

/* --- the module ---------------------------------------------------------- */

#define TDX_MAX_TDMRS 64
#define TDX_MAX_RSVD_PER_TDMR 16
#define TDX_MAX_FMS 64 /* room for processors in ALLOWED_FMS */

/* Security version of module 1.5.25; no image may have less */
#define TDX_SVN_MINOR 13
#define TDX_SVN_MAJOR 1

/* Handing TDs over to another module: what versions this build can do */
#define TDX_MODULE_HV     1
#define TDX_MIN_UPDATE_HV 0
#define TDX_NO_DOWNGRADE  1

/* Bytes of handoff data, and pages for it less one (P-SEAMLDR 6.1, 4.2) */
#define TDX_HANDOFF_SIZE      0xd08f
#define TDX_MIN_HANDOFF_PAGES 13

/* How this build keeps the MRTD of a TD that is being built (P-SEAMLDR 6.3) */
#define TDX_CRYPTO_CONTEXT 1

/* From this version on handoff data has the counts of sensitive TDs */
#define TDX_HV_WITH_COUNTS 1

/* An entry of the PAMT in bytes; of Dynamic PAMT's page bitmap in bits */
#define TDX_PAMT_ENTRY_SIZE  16
#define TDX_PAMT_BITMAP_BITS 1

/* What stands for the subleaf of a CPUID leaf that has none */
#define TDX_CPUID_NO_SUBLEAF UINT32_MAX

#define TDX_NUM_NATIVE_CPUID 79 /* leaves and subleaves, see sys/cpuid.c */
#define TDX_NUM_COMMON_MSRS 27 /* see sys/lp.c */

/* --- TDs (TD life cycle 4.3, 5.2) ---------------------------------------- */

#define TDX_MAX_VCPUS  576
#define TDX_MAX_L2_VMS 3
#define TDX_MAX_VMS    (1 + TDX_MAX_L2_VMS)

/* 4 KiB pages that TDH.MNG.ADDCX gives to a TD */
#define TDX_TDCS_BASE_PAGES   6
#define TDX_TDCS_PAGES_PER_L2 1
#define TDX_MAX_TDCS_PAGES \
    (TDX_TDCS_BASE_PAGES + TDX_TDCS_PAGES_PER_L2 * TDX_MAX_L2_VMS)

/* 4 KiB pages of a vCPU, TDVPR included */
#define TDX_TDVPS_BASE_PAGES   6
#define TDX_TDVPS_PAGES_PER_L2 3
#define TDX_MAX_TDVPS_PAGES \
    (TDX_TDVPS_BASE_PAGES + TDX_TDVPS_PAGES_PER_L2 * TDX_MAX_L2_VMS)

/* TD_PARAMS.CPUID_CONFIG, and the room that metadata has for it */
#define TDX_NUM_CPUID_CONFIG 28
#define TDX_MAX_CPUID_CONFIG 32
/* Of them, the subleaves of leaf 0x1F, one after the other */
#define TDX_NUM_TOPOLOGY_LEVELS 6

/* A TD's physical address width, unless it is the processor's */
#define TDX_MIN_VIRT_MAXPA 45

#define TDX_MAX_EVENT_FILTERS 512

/* TD_PARAMS.TSC_FREQUENCY, in units of 25 MHz */
#define TDX_TSC_UNIT_HZ       25000000
#define TDX_MIN_TSC_FREQUENCY 4
#define TDX_MAX_TSC_FREQUENCY 400

/* HP_LOCK_TIMEOUT, in microseconds */
#define TDX_MIN_HP_LOCK_TIMEOUT     10000
#define TDX_DEFAULT_HP_LOCK_TIMEOUT 1000000
#define TDX_MAX_HP_LOCK_TIMEOUT     100000000

/* Entries of a Secure EPT table */
#define TDX_SEPT_ENTRIES 512

#endif /* TDX_ABI_LIMITS_H */
