/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPUID as the module knows it: native values sampled once, and what of them
 * a TD's owner may configure.
 */

#include <string.h>

#include "cpuid.h"

#define NONE TDX_CPUID_NO_SUBLEAF

/* Results of CPUID leaf 0 and 0x80000000: the highest leaf of the range */
#define EXTENDED 0x80000000u

const TdxCpuidConfig tdx_cpuid_config[TDX_NUM_CPUID_CONFIG] = {
#define CACHE_LEVEL(n) \
    { 0x4, n, .direct = { 0xffffc3ff, 0xfffff000, 0xffffffff, 0x7 } }
#define TOPOLOGY_LEVEL(n) \
    { 0x1f, n, .direct = { 0x1f, 0xffff, 0xffff, 0 } }
#define TRANSLATION_CACHE(n) \
    { 0x18, n, .direct = { 0, 0, 0, 0x3ffc000 } }
    { 0x1, NONE, .direct = { 0xfff3fff, 0xff0000, 0, 0 },
                 .allow = { 0, 0, 0x31044d88, 0xb8445080 } },
    CACHE_LEVEL(0),
    CACHE_LEVEL(1),
    CACHE_LEVEL(2),
    CACHE_LEVEL(3),
    { 0x7, 0, .allow = { 0, 0xdc2b9b18, 0x2417f65, 0x4005411c } },
    { 0x7, 1, .allow = { 0x4881db0, 0, 0, 0x24430 } },
    { 0xa, NONE },
    { 0x1c, NONE, .allow = { 0xff, 0, 0, 0 } },
    { 0x80000008, NONE, .direct = { 0xff, 0, 0, 0 },
                        .allow = { 0, 0x200, 0, 0 } },
    { 0x7, 2, .allow = { 0, 0, 0, 0x28 } },
    { 0x23, 0, .allow = { 0xf, 0, 0, 0 } },
    TOPOLOGY_LEVEL(0),
    TOPOLOGY_LEVEL(1),
    TOPOLOGY_LEVEL(2),
    TOPOLOGY_LEVEL(3),
    TOPOLOGY_LEVEL(4),
    TOPOLOGY_LEVEL(5),
    { 0x19, NONE },
    TRANSLATION_CACHE(0),
    TRANSLATION_CACHE(1),
    TRANSLATION_CACHE(2),
    TRANSLATION_CACHE(3),
    TRANSLATION_CACHE(4),
    TRANSLATION_CACHE(5),
    TRANSLATION_CACHE(6),
    TRANSLATION_CACHE(7),
    TRANSLATION_CACHE(8),
#undef CACHE_LEVEL
#undef TOPOLOGY_LEVEL
#undef TRANSLATION_CACHE
};

/*
 * Leaves whose native values the module looks at, ascending.  It goes through
 * them in another order, by @rank: those that can be configured come first,
 * and what came with later releases comes last.
 */
static const struct {
    uint32_t leaf;
    uint32_t subleaf;
    uint8_t rank;
} sampled[TDX_NUM_NATIVE_CPUID] = {
    { 0x0, NONE, 10 }, { 0x1, NONE, 0 }, { 0x2, NONE, 72 }, { 0x3, NONE, 11 },
    { 0x4, 0, 1 }, { 0x4, 1, 2 }, { 0x4, 2, 3 }, { 0x4, 3, 4 }, { 0x4, 4, 12 },
    { 0x5, NONE, 63 }, { 0x6, NONE, 13 }, { 0x7, 0, 5 }, { 0x7, 1, 6 },
    { 0x7, 2, 14 }, { 0x8, NONE, 15 }, { 0xa, NONE, 7 }, { 0xb, 0, 64 },
    { 0xb, 1, 65 }, { 0xb, 2, 66 }, { 0xd, 0, 16 }, { 0xd, 1, 17 },
    { 0xd, 2, 18 }, { 0xd, 3, 19 }, { 0xd, 4, 20 }, { 0xd, 5, 21 },
    { 0xd, 6, 22 }, { 0xd, 7, 23 }, { 0xd, 8, 24 }, { 0xd, 9, 25 },
    { 0xd, 10, 26 }, { 0xd, 11, 27 }, { 0xd, 12, 28 }, { 0xd, 13, 29 },
    { 0xd, 14, 30 }, { 0xd, 15, 31 }, { 0xd, 16, 32 }, { 0xd, 17, 33 },
    { 0xd, 18, 34 }, { 0xe, NONE, 35 }, { 0x11, NONE, 36 }, { 0x12, NONE, 37 },
    { 0x13, NONE, 38 }, { 0x14, 0, 39 }, { 0x14, 1, 40 }, { 0x15, NONE, 41 },
    { 0x18, 0, 68 }, { 0x18, 1, 69 }, { 0x18, 2, 70 }, { 0x18, 3, 71 },
    { 0x18, 4, 73 }, { 0x18, 5, 74 }, { 0x18, 6, 75 }, { 0x18, 7, 76 },
    { 0x18, 8, 77 }, { 0x19, NONE, 42 }, { 0x1a, NONE, 67 }, { 0x1c, NONE, 8 },
    { 0x1d, 0, 43 }, { 0x1d, 1, 44 }, { 0x1e, NONE, 45 }, { 0x1f, 0, 46 },
    { 0x1f, 1, 47 }, { 0x1f, 2, 48 }, { 0x1f, 3, 49 }, { 0x1f, 4, 50 },
    { 0x1f, 5, 51 }, { 0x20, NONE, 52 }, { 0x21, 0, 53 }, { 0x22, NONE, 58 },
    { 0x23, 0, 59 }, { 0x23, 1, 60 }, { 0x23, 2, 61 }, { 0x23, 3, 62 },
    { EXTENDED, NONE, 54 }, { EXTENDED + 1, NONE, 55 },
    { EXTENDED + 2, NONE, 78 }, { EXTENDED + 6, NONE, 56 },
    { EXTENDED + 7, NONE, 57 }, { EXTENDED + 8, NONE, 9 },
};

/* A processor answers leaves beyond its highest with those of another leaf */
static bool has_leaf(TdxModule *m, unsigned lp, uint32_t leaf)
{
    uint32_t range[TDX_NUM_CPUID_REGS];

    m->ops->cpuid(m->opaque, lp, leaf & EXTENDED, 0, range);
    return leaf <= range[TDX_CPUID_EAX] &&
           !((leaf ^ range[TDX_CPUID_EAX]) & EXTENDED);
}

void tdx_sample_cpuid(TdxModule *m, unsigned lp)
{
    unsigned i;

    for (i = 0; i < TDX_NUM_NATIVE_CPUID; i++) {
        uint32_t *regs = m->st.native_cpuid[i];
        uint32_t leaf = sampled[i].leaf, subleaf = sampled[i].subleaf;

        memset(regs, 0, sizeof(m->st.native_cpuid[i]));
        if (has_leaf(m, lp, leaf)) {
            m->ops->cpuid(m->opaque, lp, leaf, subleaf == NONE ? 0 : subleaf,
                          regs);
        }
    }
}

const uint32_t *tdx_native_cpuid(const TdxModule *m, uint32_t leaf,
                                 uint32_t subleaf)
{
    static const uint32_t nothing[TDX_NUM_CPUID_REGS];
    unsigned low = 0, high = TDX_NUM_NATIVE_CPUID;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (sampled[mid].leaf == leaf && sampled[mid].subleaf == subleaf) {
            return m->st.native_cpuid[mid];
        }
        if (sampled[mid].leaf < leaf ||
            (sampled[mid].leaf == leaf && sampled[mid].subleaf < subleaf)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return nothing;
}

const uint32_t *tdx_native_cpuid_at(const TdxModule *m, unsigned rank,
                                    uint32_t *leaf, uint32_t *subleaf)
{
    for (unsigned i = 0; i < TDX_NUM_NATIVE_CPUID; i++) {
        if (sampled[i].rank == rank) {
            *leaf = sampled[i].leaf;
            *subleaf = sampled[i].subleaf;
            return m->st.native_cpuid[i];
        }
    }
    return NULL;
}

const TdxCpuidConfig *tdx_cpuid_config_of(uint32_t leaf, uint32_t subleaf)
{
    for (unsigned i = 0; i < TDX_NUM_CPUID_CONFIG; i++) {
        if (tdx_cpuid_config[i].leaf == leaf &&
            tdx_cpuid_config[i].subleaf == subleaf) {
            return &tdx_cpuid_config[i];
        }
    }
    return NULL;
}

/* Metadata 6 */
uint32_t tdx_cpuid_config_mask(const TdxModule *m, unsigned i,
                               TdxCpuidReg reg)
{
    const TdxCpuidConfig *entry = &tdx_cpuid_config[i];
    const uint32_t *native = tdx_native_cpuid(m, entry->leaf, entry->subleaf);

    return entry->direct[reg] | (entry->allow[reg] & native[reg]);
}
