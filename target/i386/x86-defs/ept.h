/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bits of EPT entries and of the EPT pointer: SDM Vol. 3, section "The
 * Extended Page Table Mechanism" and "Extended-Page-Table Pointer (EPTP)".
 */

#ifndef X86_EPT_H
#define X86_EPT_H

#include <stdint.h>

/* Entries */
#define X86_EPT_READ             (1ULL << 0)
#define X86_EPT_WRITE            (1ULL << 1)
#define X86_EPT_EXECUTE          (1ULL << 2)
#define X86_EPT_RWX              7ULL
#define X86_EPT_MEM_TYPE_SHIFT   3          /* leaf entries: bits 5:3 */
#define X86_EPT_IGNORE_PAT       (1ULL << 6)
#define X86_EPT_LARGE            (1ULL << 7)
#define X86_EPT_ACCESSED         (1ULL << 8)
#define X86_EPT_DIRTY            (1ULL << 9)
#define X86_EPT_USER_EXECUTE     (1ULL << 10)
#define X86_EPT_VERIFY_PAGING    (1ULL << 57)
#define X86_EPT_PAGING_WRITE     (1ULL << 58)
#define X86_EPT_SUPERVISOR_SHSTK (1ULL << 60)
#define X86_EPT_SUPPRESS_VE      (1ULL << 63)
#define X86_EPT_ADDRESS          0x000ffffffffff000ULL

/* Memory types */
#define X86_MEM_TYPE_UC 0
#define X86_MEM_TYPE_WC 1
#define X86_MEM_TYPE_WT 4
#define X86_MEM_TYPE_WP 5
#define X86_MEM_TYPE_WB 6

/* EPTP */
#define X86_EPTP_MEM_TYPE        7ULL
#define X86_EPTP_WALK_SHIFT      3          /* levels - 1 */
#define X86_EPTP_WALK            7ULL
#define X86_EPTP_AD              (1ULL << 6)
#define X86_EPTP_SSS             (1ULL << 7)
#define X86_EPTP_RESERVED        0xf00ULL   /* bits 11:8 */

static inline unsigned x86_eptp_levels(uint64_t eptp)
{
    return (eptp >> X86_EPTP_WALK_SHIFT & X86_EPTP_WALK) + 1;
}

#endif /* X86_EPT_H */
