/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPUID of a TD's guest (TD CPU 1).
 */

#include <glib.h>
#include <string.h>

#include "../metadata/td-fields.h"
#include "exit.h"

/* Software may use these; the guest asks its VMM */
#define HYPERVISOR_FIRST 0x40000000u
#define HYPERVISOR_LAST  0x4fffffffu

#define EXTENDED_BASE    0x80000000u
#define LAST_BASE_LEAF   0x23u
#define LAST_EXTENDED    0x80000008u

/* CPUID_CONTROL */
#define CONTROL_SUPERVISOR (1u << 0)
#define CONTROL_USER       (1u << 1)

#define FMS_EBX_APIC_ID_SHIFT 24
#define FMS_EBX_APIC_ID       0xff000000u
#define FMS_ECX_OSXSAVE       (1u << 27)
#define FEATURES_EBX_TSX      (1u << 4 | 1u << 11)
#define FEATURES_ECX_OSPKE    (1u << 4)
#define EXTENDED_EDX_SYSCALL  (1u << 11)
#define THERMAL_EAX_ARAT      (1u << 2)
#define CACHE_EAX_CONFIGURED  0xffffc000u /* sharing, cores */
#define TSX_CPUID_CLEAR       (1ULL << 1)
#define TOPOLOGY_LEVEL        0xffu
#define LAST_CACHE_SUBLEAF    3

/* Leaves with rules of their own, beyond those in td-cpuid.h */
#define LEAF_CACHE_DESCRIPTORS 0x2
#define LEAF_CACHE      0x4
#define LEAF_THERMAL    0x6
#define LEAF_DCA        0x9
#define LEAF_RDT_M      0xf
#define LEAF_RDT_A      0x10
#define LEAF_PCONFIG    0x1b
#define LEAF_EXTENDED_FEATURES 0x80000001

/* XSAVE sizes */
#define XSAVE_ALIGN     (1u << 1)
#define XSAVE_ALIGNMENT 64

/* A CPUID under way; @regs is EAX, EBX, ECX, EDX */
typedef struct Cpuid {
    TdxExit *e;
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t regs[TDX_NUM_CPUID_REGS];
} Cpuid;

static bool enum_topology(const TdxExit *e)
{
    return tdx_td_ctls_of(e->tdcs) & TDX_TD_CTLS_ENUM_TOPOLOGY;
}

static TdxExitEnd ve(TdxExit *e, TdxVeCategory category)
{
    return tdx_exit_inject_ve(e, category, 0);
}

/* In the format that is not compacted */
static uint32_t xsave_size(const TdxModule *m, uint64_t xcr0)
{
    uint32_t size = TDX_XSAVE_HEADER_END;

    for (unsigned i = 2; i < TDX_NUM_XSAVE_COMPONENTS; i++) {
        const uint32_t *native = tdx_native_cpuid(m, X86_CPUID_XSAVE, i);

        if (xcr0 >> i & 1) {
            size = MAX(size, native[TDX_CPUID_EBX] + native[TDX_CPUID_EAX]);
        }
    }
    return size;
}

static uint32_t xsaves_size(const TdxModule *m, uint64_t mask)
{
    uint32_t size = TDX_XSAVE_HEADER_END;

    for (unsigned i = 2; i < TDX_NUM_XSAVE_COMPONENTS; i++) {
        const uint32_t *native = tdx_native_cpuid(m, X86_CPUID_XSAVE, i);

        if (mask >> i & 1) {
            if (native[TDX_CPUID_ECX] & XSAVE_ALIGN) {
                size = (size + XSAVE_ALIGNMENT - 1) & ~(XSAVE_ALIGNMENT - 1);
            }
            size += native[TDX_CPUID_EAX];
        }
    }
    return size;
}

static void features_1(Cpuid *c)
{
    const TdxExit *e = c->e;
    uint32_t id = enum_topology(e) ? e->tdvps->x2apic_id : e->tdvps->index;

    c->regs[TDX_CPUID_EBX] = (c->regs[TDX_CPUID_EBX] & ~FMS_EBX_APIC_ID) |
                             id << FMS_EBX_APIC_ID_SHIFT;
    c->regs[TDX_CPUID_ECX] &= ~FMS_ECX_OSXSAVE;
    if (e->vmcs->guest_cr4 & TDX_CR4_OSXSAVE) {
        c->regs[TDX_CPUID_ECX] |= FMS_ECX_OSXSAVE;
    }
}

static void features_7(Cpuid *c)
{
    const TdxExit *e = c->e;

    if (tdx_td_flag(e->tdcs, TDX_FLAG_TSX) &&
        e->guest->tsx_ctrl & TSX_CPUID_CLEAR) {
        c->regs[TDX_CPUID_EBX] &= ~FEATURES_EBX_TSX;
    }
    c->regs[TDX_CPUID_ECX] &= ~FEATURES_ECX_OSPKE;
    if (e->vmcs->guest_cr4 & TDX_CR4_PKE) {
        c->regs[TDX_CPUID_ECX] |= FEATURES_ECX_OSPKE;
    }
}

/* The caches that the processor has, as far as they are not configured */
static void native_cache(Cpuid *c)
{
    const uint32_t *native = tdx_native_cpuid(c->e->m, LEAF_CACHE, c->subleaf);
    uint32_t eax = c->regs[TDX_CPUID_EAX] & CACHE_EAX_CONFIGURED;

    memcpy(c->regs, native, sizeof(c->regs));
    c->regs[TDX_CPUID_EAX] = (native[TDX_CPUID_EAX] & ~CACHE_EAX_CONFIGURED) |
                             eax;
}

/* Leaves that are paravirtualised without REDUCE_VE, or with @flag */
static bool needs_ve(const Cpuid *c)
{
    const TdxExit *e = c->e;
    bool plain = !tdx_exit_reduce_ve(e);

    switch (c->leaf) {
    case LEAF_CACHE_DESCRIPTORS:
        return !(tdx_td_ctls_of(e->tdcs) & TDX_TD_CTLS_VIRT_CPUID2);
    case X86_CPUID_TOPOLOGY_0B:
    case X86_CPUID_TOPOLOGY:
        return !enum_topology(e);
    case LEAF_THERMAL:
    case 0xc:
    case 0x16:
    case 0x17:
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
    case 0x80000005:
        return plain;
    case LEAF_DCA:
        return plain || tdx_td_flag(e->tdcs, TDX_FLAG_DCA);
    case LEAF_RDT_M:
        return plain || tdx_td_flag(e->tdcs, TDX_FLAG_RDT_M);
    case LEAF_RDT_A:
        return plain || tdx_td_flag(e->tdcs, TDX_FLAG_RDT_A);
    case LEAF_PCONFIG:
        return plain || tdx_td_flag(e->tdcs, TDX_FLAG_PCONFIG);
    default:
        return false;
    }
}

/* 1.2: what changes while the guest runs */
static void dynamic_parts(Cpuid *c)
{
    const TdxExit *e = c->e;

    tdx_td_guest_cpuid_flags(e->tdcs, c->leaf, c->subleaf, c->regs);
    switch (c->leaf) {
    case X86_CPUID_FMS:
        features_1(c);
        break;
    case LEAF_CACHE:
        if (c->subleaf <= LAST_CACHE_SUBLEAF && tdx_exit_reduce_ve(e)) {
            native_cache(c);
        }
        break;
    case X86_CPUID_FEATURES:
        if (c->subleaf == 0) {
            features_7(c);
        }
        break;
    case X86_CPUID_TOPOLOGY_0B:
    case X86_CPUID_TOPOLOGY:
        c->regs[TDX_CPUID_EDX] = e->tdvps->x2apic_id;
        break;
    case X86_CPUID_XSAVE:
        if (c->subleaf == 0) {
            c->regs[TDX_CPUID_EBX] = xsave_size(e->m, e->guest->xcr0);
            c->regs[TDX_CPUID_ECX] =
                tdx_native_cpuid(e->m, X86_CPUID_XSAVE, 0)[TDX_CPUID_ECX];
        } else if (c->subleaf == 1) {
            c->regs[TDX_CPUID_EBX] =
                xsaves_size(e->m, e->guest->xcr0 | e->guest->xss);
        }
        break;
    case LEAF_EXTENDED_FEATURES:
        c->regs[TDX_CPUID_EDX] &= ~EXTENDED_EDX_SYSCALL;
        if (tdx_exit_64bit(e)) {
            c->regs[TDX_CPUID_EDX] |= EXTENDED_EDX_SYSCALL;
        }
        break;
    }
}

static TdxExitEnd answer(Cpuid *c)
{
    uint64_t *gpr = c->e->gpr;

    gpr[TDX_RAX] = c->regs[TDX_CPUID_EAX];
    gpr[TDX_RBX] = c->regs[TDX_CPUID_EBX];
    gpr[TDX_RCX] = c->regs[TDX_CPUID_ECX];
    gpr[TDX_RDX] = c->regs[TDX_CPUID_EDX];
    return TDX_EXIT_DONE;
}

/* Step 4: not in the table */
static TdxExitEnd unknown(Cpuid *c)
{
    if (!tdx_td_cpuid_is_fixed0(c->leaf)) {
        if (!tdx_exit_reduce_ve(c->e)) {
            return ve(c->e, TDX_VE_CONFIGURABLE);
        }
        if (c->leaf == X86_CPUID_TOPOLOGY_0B || c->leaf == X86_CPUID_TOPOLOGY) {
            c->regs[TDX_CPUID_ECX] = c->subleaf & TOPOLOGY_LEVEL;
            c->regs[TDX_CPUID_EDX] = c->e->tdvps->x2apic_id;
        }
        return answer(c);
    }
    return needs_ve(c) ? ve(c->e, TDX_VE_CONFIGURABLE) : answer(c);
}

TdxExitEnd tdx_exit_cpuid(TdxExit *e)
{
    Cpuid c = {
        .e = e, .leaf = e->gpr[TDX_RAX], .subleaf = e->gpr[TDX_RCX],
    };
    bool user = tdx_exit_cpl(e);
    const TdxTdcsVirtualCpus *cpus;
    uint8_t control = user ? CONTROL_USER : CONTROL_SUPERVISOR;
    int index;

    if (c.leaf >= HYPERVISOR_FIRST && c.leaf <= HYPERVISOR_LAST) {
        return ve(e, TDX_VE_PARAVIRT);
    }
    if (user ? e->tdvps->cpuid_user_ve : e->tdvps->cpuid_supervisor_ve) {
        return ve(e, TDX_VE_CONFIGURABLE);
    }
    if (c.leaf > LAST_EXTENDED ||
        (c.leaf > LAST_BASE_LEAF && c.leaf < EXTENDED_BASE)) {
        c.leaf = LAST_BASE_LEAF;
    }
    index = tdx_cpuid_index(c.leaf, c.subleaf);
    if (index < 0) {
        return unknown(&c);
    }
    if (e->tdvps->cpuid_control[index] & control || needs_ve(&c)) {
        return ve(e, TDX_VE_CONFIGURABLE);
    }
    cpus = tdx_td_tdcs_page(&e->run->td, TDX_TDCS_VIRTUAL_CPUS);
    if (!cpus) {
        return tdx_exit_leave(e, TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE);
    }
    memcpy(c.regs, cpus->values[index].reg, sizeof(c.regs));
    dynamic_parts(&c);
    return answer(&c);
}
