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

/* Leaves whose native values the module looks at, ascending */
static const struct {
    uint32_t leaf;
    uint32_t subleaf;
} sampled[TDX_NUM_NATIVE_CPUID] = {
    { 0x0, NONE }, { 0x1, NONE }, { 0x2, NONE }, { 0x3, NONE },
    { 0x4, 0 }, { 0x4, 1 }, { 0x4, 2 }, { 0x4, 3 }, { 0x4, 4 },
    { 0x5, NONE }, { 0x6, NONE },
    { 0x7, 0 }, { 0x7, 1 }, { 0x7, 2 },
    { 0x8, NONE }, { 0xa, NONE },
    { 0xb, 0 }, { 0xb, 1 }, { 0xb, 2 },
    { 0xd, 0 }, { 0xd, 1 }, { 0xd, 2 }, { 0xd, 3 }, { 0xd, 4 },
    { 0xd, 5 }, { 0xd, 6 }, { 0xd, 7 }, { 0xd, 8 }, { 0xd, 9 },
    { 0xd, 10 }, { 0xd, 11 }, { 0xd, 12 }, { 0xd, 13 }, { 0xd, 14 },
    { 0xd, 15 }, { 0xd, 16 }, { 0xd, 17 }, { 0xd, 18 },
    { 0xe, NONE }, { 0x11, NONE }, { 0x12, NONE }, { 0x13, NONE },
    { 0x14, 0 }, { 0x14, 1 }, { 0x15, NONE },
    { 0x18, 0 }, { 0x18, 1 }, { 0x18, 2 }, { 0x18, 3 }, { 0x18, 4 },
    { 0x18, 5 }, { 0x18, 6 }, { 0x18, 7 }, { 0x18, 8 },
    { 0x19, NONE }, { 0x1a, NONE }, { 0x1c, NONE },
    { 0x1d, 0 }, { 0x1d, 1 }, { 0x1e, NONE },
    { 0x1f, 0 }, { 0x1f, 1 }, { 0x1f, 2 }, { 0x1f, 3 }, { 0x1f, 4 },
    { 0x1f, 5 },
    { 0x20, NONE }, { 0x21, 0 }, { 0x22, NONE },
    { 0x23, 0 }, { 0x23, 1 }, { 0x23, 2 }, { 0x23, 3 },
    { EXTENDED, NONE }, { EXTENDED + 1, NONE }, { EXTENDED + 2, NONE },
    { EXTENDED + 6, NONE }, { EXTENDED + 7, NONE }, { EXTENDED + 8, NONE },
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

const uint32_t *tdx_native_cpuid_at(const TdxModule *m, unsigned i,
                                    uint32_t *leaf, uint32_t *subleaf)
{
    if (i >= TDX_NUM_NATIVE_CPUID) {
        return NULL;
    }
    *leaf = sampled[i].leaf;
    *subleaf = sampled[i].subleaf;
    return m->st.native_cpuid[i];
}

/* Metadata 6 */
uint32_t tdx_cpuid_config_mask(const TdxModule *m, unsigned i,
                               TdxCpuidReg reg)
{
    const TdxCpuidConfig *entry = &tdx_cpuid_config[i];
    const uint32_t *native = tdx_native_cpuid(m, entry->leaf, entry->subleaf);

    return entry->direct[reg] | (entry->allow[reg] & native[reg]);
}
