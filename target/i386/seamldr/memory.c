/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How much SEAM memory a module takes (P-SEAMLDR 3.4).  Nothing is kept there:
 * it is arithmetic, so that a module can be too large.
 */

#include "state.h"

/* CPUID leaf 4, subleaf 3: who shares the third level of cache */
#define CPUID_CACHE      4
#define CPUID_CACHE_L3   3
#define SHARING_SHIFT    14
#define SHARING_MASK     0xfff

#define CODE_SIZE (2ULL << 20)
#define ENTRY     8 /* of a page table, in bytes */

static uint64_t pages_of(uint64_t bytes)
{
    return (bytes + SEAMLDR_PAGE - 1) / SEAMLDR_PAGE;
}

/* Pages of the tables that map a region, the root apart */
static uint64_t table_pages(uint64_t size)
{
    uint64_t pages = 0;

    for (unsigned shift = 12; shift <= 30; shift += 9) {
        uint64_t entries = (size + (1ULL << shift) - 1) >> shift;

        pages += pages_of(entries * ENTRY);
    }
    return pages;
}

static uint64_t addressable_lps(const Seamldr *l)
{
    uint32_t regs[4], sharing, power = 1;

    l->tdx->cpuid(l->opaque, 0, CPUID_CACHE, CPUID_CACHE_L3, regs);
    sharing = (regs[0] >> SHARING_SHIFT & SHARING_MASK) + 1;
    while (power < sharing) {
        power *= 2;
    }
    return (uint64_t)l->plat->num_pkgs * power;
}

uint64_t loader_memory_needed(const Seamldr *l, const SeamSigstruct *sig)
{
    uint64_t n = addressable_lps(l);
    uint64_t stack = n * (sig->num_stack_pages + 2);
    uint64_t data = n * (sig->num_tls_pages + 1) +
                    GUINT16_FROM_LE(sig->num_global_pages) + 1 +
                    GUINT16_FROM_LE(sig->num_handoff_pages) + 1;
    uint64_t keyhole = n * (GUINT16_FROM_LE(sig->num_keyhole_pages) + 1);
    /* What maps the keyholes is mapped itself, to be changed */
    const uint64_t region[] = {
        SEAMLDR_PAGE, stack * SEAMLDR_PAGE, data * SEAMLDR_PAGE,
        keyhole * SEAMLDR_PAGE, pages_of(keyhole * ENTRY) * SEAMLDR_PAGE,
        CODE_SIZE,
    };
    uint64_t pages = 1 + n + stack + data + 1;

    for (unsigned i = 0; i < G_N_ELEMENTS(region); i++) {
        pages += table_pages(region[i]);
    }
    return pages * SEAMLDR_PAGE + CODE_SIZE;
}
