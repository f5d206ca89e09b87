/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPUID as the module knows it: native values sampled once, and what of them
 * a TD's owner may configure.
 */

#include <string.h>

#include "cpuid.h"

#define NONE TDX_CPUID_NO_SUBLEAF

const TdxCpuidConfig tdx_cpuid_config[TDX_NUM_CPUID_CONFIG] = {
#define CACHE_LEVEL(n) \
    { X86_CPUID_CACHE, n, \
      .direct = { 0xffffc3ff, 0xfffff000, 0xffffffff, 0x7 } }
#define TOPOLOGY_LEVEL(n) \
    { X86_CPUID_TOPOLOGY, n, .direct = { 0x1f, 0xffff, 0xffff, 0 } }
#define TRANSLATION_CACHE(n) \
    { X86_CPUID_TRANSLATION, n, .direct = { 0, 0, 0, 0x3ffc000 } }
    { X86_CPUID_FMS, NONE, .direct = { 0xfff3fff, 0xff0000, 0, 0 },
      .allow = { 0, 0, 0x31044d88, 0xb8445080 } },
    CACHE_LEVEL(0),
    CACHE_LEVEL(1),
    CACHE_LEVEL(2),
    CACHE_LEVEL(3),
    { X86_CPUID_FEATURES, 0,
      .allow = { 0, 0xdc2b9b18, 0x2417f65, 0x4005411c } },
    { X86_CPUID_FEATURES, 1, .allow = { 0x4881db0, 0, 0, 0x24430 } },
    { X86_CPUID_PERFMON, NONE },
    { X86_CPUID_LBR, NONE, .allow = { 0xff, 0, 0, 0 } },
    { X86_CPUID_PA_BITS, NONE, .direct = { 0xff, 0, 0, 0 },
      .allow = { 0, 0x200, 0, 0 } },
    { X86_CPUID_FEATURES, 2, .allow = { 0, 0, 0, 0x28 } },
    { X86_CPUID_PERFMON_EXT, 0, .allow = { 0xf, 0, 0, 0 } },
    TOPOLOGY_LEVEL(0),
    TOPOLOGY_LEVEL(1),
    TOPOLOGY_LEVEL(2),
    TOPOLOGY_LEVEL(3),
    TOPOLOGY_LEVEL(4),
    TOPOLOGY_LEVEL(5),
    { X86_CPUID_KEY_LOCKER, NONE },
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
 * @fixed: bits that do not come from the processor in any TD, but are
 * @ones: 1 here and 0 elsewhere, until a rule of their own says otherwise
 */
static const struct {
    uint32_t leaf;
    uint32_t subleaf;
    uint8_t rank;
    uint32_t fixed[TDX_NUM_CPUID_REGS];
    uint32_t ones[TDX_NUM_CPUID_REGS];
} sampled[TDX_NUM_NATIVE_CPUID] = {
#define ALL UINT32_MAX
#define EVERY { ALL, ALL, ALL, ALL }
#define CACHE_LEVEL(n) \
    { X86_CPUID_CACHE, n, (n) + 1, .fixed = { 0x3c00, 0, 0, 0xfffffff8 } }
#define XSAVE_COMPONENT(n) \
    { X86_CPUID_XSAVE, n, (n) + 16, .fixed = { 0, 0, 0, ALL } }
#define TOPOLOGY_LEVEL(n) \
    { X86_CPUID_TOPOLOGY, n, (n) + 46, \
      .fixed = { 0xffffffe0, 0xffff0000, 0xffff0000, ALL } }
#define TRANSLATION_CACHE(n, rank) { X86_CPUID_TRANSLATION, n, rank }
    { X86_CPUID_MAX_LEAF, NONE, 10, .fixed = { ALL, 0, 0, 0 },
      .ones = { X86_CPUID_PERFMON_EXT } },
    { X86_CPUID_FMS, NONE, 0,
      .fixed = { 0xf000c000, 0xff0000ff, 0x88010060, 0x40120600 },
      .ones = { 0, 0, 0x80000000, 0x200 } },
    { X86_CPUID_TLBS, NONE, 72, .fixed = EVERY, .ones = { 0xfeff01 } },
    { X86_CPUID_SERIAL, NONE, 11, .fixed = EVERY },
    CACHE_LEVEL(0), CACHE_LEVEL(1), CACHE_LEVEL(2), CACHE_LEVEL(3),
    { X86_CPUID_CACHE, 4, 12, .fixed = EVERY },
    { X86_CPUID_MONITOR, NONE, 63,
      .fixed = { 0xffff0000, 0xffff0000, 0xfffffffc, 0 } },
    { X86_CPUID_THERMAL, NONE, 13, .fixed = EVERY, .ones = { 0x4 } },
    { X86_CPUID_FEATURES, 0, 5,
      .fixed = { 0, 0x404006, 0x643e8010, 0x2298c3 } },
    { X86_CPUID_FEATURES, 1, 6, .fixed = { 0xfb77e20f, ALL, ALL, 0xfffdbbcf } },
    { X86_CPUID_FEATURES, 2, 14, .fixed = { ALL, ALL, ALL, 0xffffffc0 } },
    { 0x8, NONE, 15, .fixed = EVERY },
    { X86_CPUID_PERFMON, NONE, 7, .fixed = { 0, 0, 0, 0xffff6000 } },
    { X86_CPUID_TOPOLOGY_0B, 0, 64,
      .fixed = { 0xffffffe0, 0xffff0000, 0xffff0000, ALL } },
    { X86_CPUID_TOPOLOGY_0B, 1, 65,
      .fixed = { 0xffffffe0, 0xffff0000, 0xffff0000, ALL } },
    { X86_CPUID_TOPOLOGY_0B, 2, 66, .fixed = { ALL, ALL, 0xffffff00, ALL } },
    { X86_CPUID_XSAVE, 0, 16, .fixed = { 0xfff9fd18, ALL, 0, ALL } },
    { X86_CPUID_XSAVE, 1, 17, .fixed = { 0xffffffe0, ALL, 0xffff26ff, ALL } },
    XSAVE_COMPONENT(2), XSAVE_COMPONENT(3), XSAVE_COMPONENT(4),
    XSAVE_COMPONENT(5), XSAVE_COMPONENT(6), XSAVE_COMPONENT(7),
    XSAVE_COMPONENT(8), XSAVE_COMPONENT(9), XSAVE_COMPONENT(10),
    XSAVE_COMPONENT(11), XSAVE_COMPONENT(12), XSAVE_COMPONENT(13),
    XSAVE_COMPONENT(14), XSAVE_COMPONENT(15), XSAVE_COMPONENT(16),
    XSAVE_COMPONENT(17), XSAVE_COMPONENT(18),
    { 0xe, NONE, 35, .fixed = EVERY },
    { 0x11, NONE, 36, .fixed = EVERY },
    { X86_CPUID_SGX, NONE, 37, .fixed = EVERY },
    { 0x13, NONE, 38, .fixed = EVERY },
    { X86_CPUID_PT, 0, 39, .fixed = { 0, 0xfffffe00, 0x7ffffff0, ALL } },
    { X86_CPUID_PT, 1, 40, .fixed = { 0xfff8, 0, ALL, ALL } },
    { X86_CPUID_TSC, NONE, 41, .fixed = { ALL, 0, ALL, ALL },
      .ones = { 0x1, 0, 0x17d7840 } },
    TRANSLATION_CACHE(0, 68), TRANSLATION_CACHE(1, 69),
    TRANSLATION_CACHE(2, 70), TRANSLATION_CACHE(3, 71),
    TRANSLATION_CACHE(4, 73), TRANSLATION_CACHE(5, 74),
    TRANSLATION_CACHE(6, 75), TRANSLATION_CACHE(7, 76),
    TRANSLATION_CACHE(8, 77),
    { X86_CPUID_KEY_LOCKER, NONE, 42, .fixed = EVERY },
    { X86_CPUID_NATIVE_MODEL, NONE, 67, .fixed = { 0, ALL, ALL, ALL } },
    { X86_CPUID_LBR, NONE, 8 },
    { X86_CPUID_TILES, 0, 43 },
    { X86_CPUID_TILES, 1, 44 },
    { X86_CPUID_TMUL, NONE, 45 },
    TOPOLOGY_LEVEL(0), TOPOLOGY_LEVEL(1), TOPOLOGY_LEVEL(2), TOPOLOGY_LEVEL(3),
    TOPOLOGY_LEVEL(4), TOPOLOGY_LEVEL(5),
    { X86_CPUID_HRESET, NONE, 52, .fixed = EVERY },
    { X86_CPUID_TDX, 0, 53, .fixed = EVERY,
      .ones = { 0, 0x65746e49, 0x20202020, 0x5844546c } },
    { 0x22, NONE, 58, .fixed = EVERY },
    { X86_CPUID_PERFMON_EXT, 0, 59, .fixed = { 0xfffffff0, 0, ALL, ALL } },
    { X86_CPUID_PERFMON_EXT, 1, 60, .fixed = { 0, 0, ALL, ALL } },
    { X86_CPUID_PERFMON_EXT, 2, 61, .fixed = EVERY },
    { X86_CPUID_PERFMON_EXT, 3, 62, .fixed = { 0, ALL, ALL, ALL } },
    { X86_CPUID_EXTENDED, NONE, 54, .fixed = EVERY,
      .ones = { X86_CPUID_PA_BITS } },
    { X86_CPUID_EXT_FEATURES, NONE, 55,
      .fixed = { ALL, ALL, 0xfffffede, 0xd3efffff } },
    { X86_CPUID_BRAND, NONE, 78, .fixed = EVERY,
      .ones = { 0x65746e49, 0x58204454, 0x6c202020 } },
    { X86_CPUID_EXT_CACHE, NONE, 56, .fixed = { ALL, ALL, 0xffff, ALL },
      .ones = { 0, 0, 0x7040 } },
    { X86_CPUID_INVARIANT_TSC, NONE, 57,
      .fixed = { ALL, ALL, ALL, 0xfffffeff } },
    { X86_CPUID_PA_BITS, NONE, 9, .fixed = { 0, 0xfffffdff, ALL, ALL } },
#undef ALL
#undef EVERY
#undef CACHE_LEVEL
#undef XSAVE_COMPONENT
#undef TOPOLOGY_LEVEL
#undef TRANSLATION_CACHE
};

/* A processor answers leaves beyond its highest with those of another leaf */
static bool has_leaf(TdxModule *m, unsigned lp, uint32_t leaf)
{
    uint32_t range[TDX_NUM_CPUID_REGS];

    m->ops->cpuid(m->opaque, lp, leaf & X86_CPUID_EXTENDED, 0, range);
    return leaf <= range[TDX_CPUID_EAX] &&
           !((leaf ^ range[TDX_CPUID_EAX]) & X86_CPUID_EXTENDED);
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

/* Index in sampled[], or TDX_NUM_NATIVE_CPUID */
static unsigned find(uint32_t leaf, uint32_t subleaf)
{
    unsigned low = 0, high = TDX_NUM_NATIVE_CPUID;

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (sampled[mid].leaf == leaf && sampled[mid].subleaf == subleaf) {
            return mid;
        }
        if (sampled[mid].leaf < leaf ||
            (sampled[mid].leaf == leaf && sampled[mid].subleaf < subleaf)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return TDX_NUM_NATIVE_CPUID;
}

const uint32_t *tdx_native_cpuid(const TdxModule *m, uint32_t leaf,
                                 uint32_t subleaf)
{
    static const uint32_t nothing[TDX_NUM_CPUID_REGS];
    unsigned i = find(leaf, subleaf);

    return i < TDX_NUM_NATIVE_CPUID ? m->st.native_cpuid[i] : nothing;
}

int tdx_cpuid_index(uint32_t leaf, uint32_t subleaf)
{
    unsigned i = find(leaf, subleaf);

    if (i == TDX_NUM_NATIVE_CPUID) {
        i = find(leaf, TDX_CPUID_NO_SUBLEAF);
    }
    return i == TDX_NUM_NATIVE_CPUID ? -1 : sampled[i].rank;
}

void tdx_common_cpuid(const TdxModule *m, uint32_t leaf, uint32_t subleaf,
                      uint32_t regs[TDX_NUM_CPUID_REGS])
{
    unsigned i = find(leaf, subleaf);

    for (unsigned reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
        regs[reg] = i < TDX_NUM_NATIVE_CPUID
                    ? (m->st.native_cpuid[i][reg] & ~sampled[i].fixed[reg]) |
                      sampled[i].ones[reg]
                    : 0;
    }
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
