/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The CPUID that a TD's guest sees: what is common to all TDs, what its owner
 * configured, and what follows from its other parameters (TD life cycle 4.5).
 */

#include <glib.h>
#include <string.h>

#include "virtual-cpuid.h"

/* Widths of linear addresses */
#define LA_BITS_4_LEVEL 48
#define LA_BITS_5_LEVEL 57

/* Features whose state XFAM lets a guest use: absent unless all of it is */
static const struct {
    uint32_t leaf;
    uint32_t subleaf;
    uint64_t xfam;
    uint32_t bits[TDX_NUM_CPUID_REGS];
} by_xfam[] = {
    { X86_CPUID_FMS, TDX_CPUID_NO_SUBLEAF, TDX_XFAM_AVX,
      { 0, 0, 0x30001000, 0 } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_AVX, { 0, 0x20, 0x600, 0 } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_AVX512,
      { 0, 0xdc230000, 0x5842, 0x80010c } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_PT, { 0, 0x2000000, 0, 0 } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_PKRU, { 0, 0, 0x8, 0 } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_CET, { 0, 0, 0x80, 0x100000 } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_UINTR, { 0, 0, 0, 0x20 } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_LBR, { 0, 0, 0, 0x80000 } },
    { X86_CPUID_FEATURES, 0, TDX_XFAM_AMX, { 0, 0, 0, 0x3400000 } },
    { X86_CPUID_FEATURES, 1, TDX_XFAM_AVX, { 0x800010, 0, 0, 0x430 } },
    { X86_CPUID_FEATURES, 1, TDX_XFAM_AVX512, { 0x20, 0, 0, 0 } },
    { X86_CPUID_XSAVE, 0, TDX_XFAM_AVX, { 0x4, 0, 0, 0 } },
    { X86_CPUID_XSAVE, 0, TDX_XFAM_AVX512, { 0xe0, 0, 0, 0 } },
    { X86_CPUID_XSAVE, 0, TDX_XFAM_PKRU, { 0x200, 0, 0, 0 } },
    { X86_CPUID_XSAVE, 0, TDX_XFAM_AMX, { 0x60000, 0, 0, 0 } },
    { X86_CPUID_XSAVE, 1, TDX_XFAM_PT, { 0, 0, 0x100, 0 } },
    { X86_CPUID_XSAVE, 1, TDX_XFAM_CET, { 0, 0, 0x1800, 0 } },
    { X86_CPUID_XSAVE, 1, TDX_XFAM_UINTR, { 0, 0, 0x4000, 0 } },
    { X86_CPUID_XSAVE, 1, TDX_XFAM_LBR, { 0, 0, 0x8000, 0 } },
};

static bool has_xfam(const TdxTdRef *td, uint64_t bits)
{
    return (td->tdcs->xfam & bits) == bits;
}

static void clear_unless(bool kept, uint32_t regs[TDX_NUM_CPUID_REGS])
{
    if (!kept) {
        memset(regs, 0, TDX_NUM_CPUID_REGS * sizeof(regs[0]));
    }
}

static void assign(uint32_t *reg, uint32_t bit, bool value)
{
    *reg = (*reg & ~bit) | (value ? bit : 0);
}

/* One register of another leaf that this one depends on */
static uint32_t other(const TdxTdRef *td, uint32_t leaf, uint32_t subleaf,
                      TdxCpuidReg reg)
{
    uint32_t regs[TDX_NUM_CPUID_REGS];

    tdx_td_virtual_cpuid(td, leaf, subleaf, regs);
    return regs[reg];
}

static void configured(const TdxTdRef *td, uint32_t leaf, uint32_t subleaf,
                       uint32_t regs[TDX_NUM_CPUID_REGS])
{
    const TdxTdcsVirtualCpus *cpus = tdx_td_tdcs_page(td,
                                                      TDX_TDCS_VIRTUAL_CPUS);
    const TdxCpuidConfig *entry = tdx_cpuid_config_of(leaf, subleaf);

    tdx_common_cpuid(td->m, leaf, subleaf, regs);
    if (!cpus) {
        tdx_td_no_content(td->m, td->tdr, "a TDCS page has no memory");
    }
    for (unsigned reg = 0; cpus && entry && reg < TDX_NUM_CPUID_REGS; reg++) {
        regs[reg] &= ~(entry->direct[reg] | entry->allow[reg]);
        regs[reg] |= cpus->cpuid[entry - tdx_cpuid_config].reg[reg];
    }
}

/* In the format that is not compacted, of what XCR0 enables */
static uint32_t xsave_size(const TdxTdRef *td)
{
    uint32_t size = TDX_XSAVE_HEADER_END;

    for (unsigned i = 2; i < TDX_NUM_XSAVE_COMPONENTS; i++) {
        const uint32_t *native = tdx_native_cpuid(td->m, X86_CPUID_XSAVE, i);

        if ((td->tdcs->xfam & TDX_XFAM_IN_XCR0) >> i & 1) {
            size = MAX(size, native[TDX_CPUID_EBX] + native[TDX_CPUID_EAX]);
        }
    }
    return size;
}

static bool has_xfd_component(const TdxTdRef *td)
{
    for (unsigned i = 2; i < TDX_NUM_XSAVE_COMPONENTS; i++) {
        const uint32_t *native = tdx_native_cpuid(td->m, X86_CPUID_XSAVE, i);

        if (td->tdcs->xfam >> i & 1 &&
            native[TDX_CPUID_ECX] & X86_CPUID_D_N_ECX_XFD) {
            return true;
        }
    }
    return false;
}

static void xsave(const TdxTdRef *td, uint32_t subleaf,
                  uint32_t regs[TDX_NUM_CPUID_REGS])
{
    if (subleaf == 0) {
        regs[TDX_CPUID_ECX] = xsave_size(td);
    } else if (subleaf == 1) {
        if (!has_xfd_component(td)) {
            regs[TDX_CPUID_EAX] &= ~X86_CPUID_D_1_EAX_XFD;
        }
    } else {
        clear_unless(td->tdcs->xfam >> subleaf & 1, regs);
    }
}

static void features(const TdxTdRef *td, uint32_t subleaf,
                     uint32_t regs[TDX_NUM_CPUID_REGS])
{
    if (subleaf == 0) {
        assign(&regs[TDX_CPUID_ECX], X86_CPUID_7_0_ECX_PKS,
               td->tdcs->attributes & TDX_ATTR_PKS);
        assign(&regs[TDX_CPUID_ECX], X86_CPUID_7_0_ECX_KEY_LOCKER, false);
    } else if (subleaf == 1) {
        assign(&regs[TDX_CPUID_EAX], X86_CPUID_7_1_EAX_LASS,
               td->tdcs->attributes & TDX_ATTR_LASS);
    }
}

/* A level of leaf 0x1F: the processor's levels when none is configured */
static void topology(const TdxTdRef *td, uint32_t subleaf,
                     uint32_t regs[TDX_NUM_CPUID_REGS])
{
    uint32_t first[TDX_NUM_CPUID_REGS];

    configured(td, X86_CPUID_TOPOLOGY, 0, first);
    if (first[TDX_CPUID_EAX] | first[TDX_CPUID_EBX] | first[TDX_CPUID_ECX]) {
        configured(td, X86_CPUID_TOPOLOGY, subleaf, regs);
    } else {
        tdx_common_cpuid(td->m, X86_CPUID_TOPOLOGY, subleaf, regs);
    }
}

/*
 * Leaf 0xB: the threads of a core if leaf 0x1F starts with them, a level of
 * cores as wide as the last one of leaf 0x1F, and empty levels
 */
static void topology_0b(const TdxTdRef *td, uint32_t subleaf,
                        uint32_t regs[TDX_NUM_CPUID_REGS])
{
    uint32_t level[TDX_NUM_CPUID_REGS], last[TDX_NUM_CPUID_REGS] = { 0 };
    uint32_t cores;

    topology(td, 0, level);
    cores = X86_CPUID_LEVEL_TYPE(level[TDX_CPUID_ECX]) == X86_CPUID_LEVEL_SMT;
    if (subleaf < cores) {
        memcpy(regs, level, sizeof(level));
        return;
    }
    for (unsigned i = 0; i < TDX_NUM_TOPOLOGY_LEVELS; i++) {
        topology(td, i, level);
        if (X86_CPUID_LEVEL_TYPE(level[TDX_CPUID_ECX]) !=
            X86_CPUID_LEVEL_NONE) {
            memcpy(last, level, sizeof(level));
        }
    }
    clear_unless(false, regs);
    regs[TDX_CPUID_ECX] = subleaf;
    if (subleaf == cores) {
        regs[TDX_CPUID_EAX] = last[TDX_CPUID_EAX];
        regs[TDX_CPUID_EBX] = last[TDX_CPUID_EBX];
        regs[TDX_CPUID_ECX] |= X86_CPUID_LEVEL_ECX_TYPE(X86_CPUID_LEVEL_CORE);
    }
}

static bool has_perfmon_ext(const TdxTdRef *td, uint32_t subleaf)
{
    if (!(td->tdcs->attributes & TDX_ATTR_PERFMON) ||
        !(other(td, X86_CPUID_FEATURES, 1, TDX_CPUID_EAX) &
          X86_CPUID_7_1_EAX_PERFMON_EXT)) {
        return false;
    }
    return subleaf == 0 ||
           other(td, X86_CPUID_PERFMON_EXT, 0, TDX_CPUID_EAX) >> subleaf & 1;
}

static uint32_t address_widths(const TdxTdRef *td, uint32_t eax)
{
    uint32_t la_bits = other(td, X86_CPUID_FEATURES, 0, TDX_CPUID_ECX) &
                       X86_CPUID_7_0_ECX_LA57 ? LA_BITS_5_LEVEL
                                              : LA_BITS_4_LEVEL;
    uint32_t pa_bits = td->tdcs->virtual_maxpa, gpa_bits = 0;

    if (td->tdcs->config_flags & TDX_CONFIG_MAXGPA_VIRT) {
        gpa_bits = pa_bits;
        pa_bits = td->m->plat.max_pa;
    }
    eax &= ~(X86_CPUID_PA_BITS_MASK | X86_CPUID_LA_BITS_MASK |
             X86_CPUID_GPA_BITS_MASK);
    return eax | pa_bits | la_bits << X86_CPUID_LA_BITS_SHIFT |
           gpa_bits << X86_CPUID_GPA_BITS_SHIFT;
}

/* Rules of single leaves */
static void derive(const TdxTdRef *td, uint32_t leaf, uint32_t subleaf,
                   uint32_t regs[TDX_NUM_CPUID_REGS])
{
    uint64_t attributes = td->tdcs->attributes;

    switch (leaf) {
    case X86_CPUID_MONITOR:
        clear_unless(other(td, X86_CPUID_FMS, TDX_CPUID_NO_SUBLEAF,
                           TDX_CPUID_ECX) & X86_CPUID_1_ECX_MONITOR, regs);
        break;
    case X86_CPUID_FEATURES:
        features(td, subleaf, regs);
        break;
    case X86_CPUID_PERFMON:
        clear_unless(attributes & TDX_ATTR_PERFMON, regs);
        break;
    case X86_CPUID_TOPOLOGY_0B:
        topology_0b(td, subleaf, regs);
        break;
    case X86_CPUID_XSAVE:
        xsave(td, subleaf, regs);
        break;
    case X86_CPUID_PT:
        clear_unless(has_xfam(td, TDX_XFAM_PT), regs);
        break;
    case X86_CPUID_TSC:
        /* As a multiple of the 25 MHz that ECX says */
        regs[TDX_CPUID_EBX] = td->tdcs->tsc_frequency;
        break;
    case X86_CPUID_NATIVE_MODEL:
        clear_unless(!(attributes & TDX_ATTR_MIGRATABLE), regs);
        break;
    case X86_CPUID_LBR:
        clear_unless(has_xfam(td, TDX_XFAM_LBR), regs);
        break;
    case X86_CPUID_TILES:
        clear_unless(has_xfam(td, TDX_XFAM_AMX), regs);
        break;
    case X86_CPUID_TOPOLOGY:
        topology(td, subleaf, regs);
        break;
    case X86_CPUID_PERFMON_EXT:
        clear_unless(has_perfmon_ext(td, subleaf), regs);
        break;
    case X86_CPUID_PA_BITS:
        regs[TDX_CPUID_EAX] = address_widths(td, regs[TDX_CPUID_EAX]);
        break;
    }
}

void tdx_td_virtual_cpuid(const TdxTdRef *td, uint32_t leaf, uint32_t subleaf,
                          uint32_t regs[TDX_NUM_CPUID_REGS])
{
    configured(td, leaf, subleaf, regs);
    for (unsigned i = 0; i < G_N_ELEMENTS(by_xfam); i++) {
        if (by_xfam[i].leaf == leaf && by_xfam[i].subleaf == subleaf &&
            !has_xfam(td, by_xfam[i].xfam)) {
            for (unsigned reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
                regs[reg] &= ~by_xfam[i].bits[reg];
            }
        }
    }
    derive(td, leaf, subleaf, regs);
}
