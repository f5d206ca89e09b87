/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Native MSRs of a simulated machine, as the recorded conversations assume
 * them where they do not give their own.
 */

#include "sim-platform.h"
#include "../../target/i386/x86-defs/msr-list.h"

/* CR4 bits that are there with features of CPUID alone */
#define CR4_FIXED1 0x3776fffULL
#define CR4_LA57   (1ULL << 12)
#define CR4_KL     (1ULL << 19)
#define CR4_LASS   (1ULL << 27)
#define CR4_LAM    (1ULL << 28)

static const struct {
    uint32_t msr;
    uint64_t value;
} values[] = {
    { X86_MSR_VMX_BASIC, 0x1da040000000013 },
    { X86_MSR_VMX_TRUE_PINBASED_CTLS, 0xff00000016 },
    { X86_MSR_VMX_TRUE_PROCBASED_CTLS, 0xfffbfffe04006172 },
    { X86_MSR_VMX_PROCBASED_CTLS2, 0xffffffff00000000 },
    { X86_MSR_VMX_PROCBASED_CTLS3, 0xbf },
    { X86_MSR_VMX_TRUE_EXIT_CTLS, 0xffffffff00036dfb },
    { X86_MSR_VMX_TRUE_ENTRY_CTLS, 0x00ffffff000011fb },
    { X86_MSR_VMX_MISC, 0x7004c1e7 },
    { X86_MSR_VMX_EPT_VPID_CAP, 0xf01067341c1 },
    { X86_MSR_VMX_CR0_FIXED0, 0x80000021 },
    { X86_MSR_VMX_CR0_FIXED1, 0xffffffff },
    { X86_MSR_VMX_CR4_FIXED0, 0x2000 },
    { X86_MSR_MISC_ENABLE, 0x850089 },
    { X86_MSR_PERF_CAPABILITIES, 0xf4c6 },
    { X86_MSR_ARCH_CAPABILITIES, 0x122fd6b },
};

static bool has(SimPlatform *sim, uint32_t subleaf, unsigned reg, unsigned bit)
{
    uint32_t regs[4];

    sim->ops.cpuid(sim, 0, 7, subleaf, regs);
    return regs[reg] >> bit & 1;
}

bool sim_default_msr(SimPlatform *sim, uint32_t msr, uint64_t *value)
{
    if (msr == X86_MSR_VMX_CR4_FIXED1) {
        *value = CR4_FIXED1 | (has(sim, 0, 2, 16) ? CR4_LA57 : 0) |
                 (has(sim, 0, 2, 23) ? CR4_KL : 0) |
                 (has(sim, 1, 0, 6) ? CR4_LASS : 0) |
                 (has(sim, 1, 0, 26) ? CR4_LAM : 0);
        return true;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
        if (values[i].msr == msr) {
            *value = values[i].value;
            return true;
        }
    }
    return false;
}
