/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Control registers and XCR0 of a TD's guest (TD CPU 3).
 */

#include "../../x86-defs/vmx-qual.h"
#include "../../x86-defs/msr-bits.h"
#include "../sys/platform.h"
#include "exit.h"

#define CR0_LMSW 0xeULL /* MP, EM, TS: what LMSW may set and clear here */

/* XCR0 */
#define XCR0_X87    (1ULL << 0)
#define XCR0_SSE    (1ULL << 1)
#define XCR0_AVX    (1ULL << 2)
#define XCR0_AVX512 (7ULL << 5)
#define XCR0_AMX    (3ULL << 17)

static TdxExitEnd ve(TdxExit *e, TdxVeCategory category)
{
    return tdx_exit_inject_ve(e, category, e->vmcs->exit_qualification);
}

/* Does a value have all bits that must be one, and none that must be zero? */
static bool fixed_bits_ok(const TdxExit *e, uint64_t value, uint32_t fixed0,
                          uint32_t fixed1, uint64_t except)
{
    return !(tdx_common_msr(e->m, fixed0) & ~value & ~except) &&
           !(value & ~tdx_common_msr(e->m, fixed1));
}

/* 3.1 */
static TdxExitEnd mov_to_cr0(TdxExit *e, uint64_t value)
{
    X86Vmcs *v = e->vmcs;

    if (!fixed_bits_ok(e, value, X86_MSR_VMX_CR0_FIXED0,
                       X86_MSR_VMX_CR0_FIXED1, TDX_CR0_PE | TDX_CR0_PG) ||
        (value & (TDX_CR0_PE | TDX_CR0_PG)) == TDX_CR0_PG ||
        (v->guest_cr4 & TDX_CR4_CET && !(value & TDX_CR0_WP))) {
        return tdx_exit_inject_gp(e);
    }
    if (!(value & TDX_CR0_PE) || !(value & TDX_CR0_NE) ||
        value & (TDX_CR0_NW | TDX_CR0_CD | ~(uint64_t)UINT32_MAX)) {
        return ve(e, TDX_VE_UNSUPPORTED);
    }
    v->guest_cr0 = (value & ~TDX_CR0_RESERVED) |
                   (v->guest_cr0 & TDX_CR0_RESERVED);
    return TDX_EXIT_DONE;
}

/* 3.2 */
static TdxExitEnd mov_to_cr4(TdxExit *e, uint64_t value)
{
    X86Vmcs *v = e->vmcs;

    if (!fixed_bits_ok(e, value, X86_MSR_VMX_CR4_FIXED0,
                       X86_MSR_VMX_CR4_FIXED1, TDX_CR4_VMXE) ||
        value & tdx_vp_cr4_unsupported(e->tdcs) ||
        (value & TDX_CR4_CET && !(v->guest_cr0 & TDX_CR0_WP))) {
        return tdx_exit_inject_gp(e);
    }
    if (tdx_exit_reduce_ve(e)) {
        if (!tdx_td_flag(e->tdcs, TDX_FLAG_MCE) &&
            value & ~v->cr4_shadow & TDX_CR4_MCE) {
            return tdx_exit_inject_gp(e);
        }
        v->cr4_shadow = (v->cr4_shadow & ~TDX_CR4_MCE) |
                        (value & TDX_CR4_MCE);
        return TDX_EXIT_DONE;
    }
    return ve(e, value & TDX_CR4_MCE ? TDX_VE_UNSUPPORTED
                                     : TDX_VE_CONFIGURABLE);
}

/* PE can only be set, and is always */
static TdxExitEnd lmsw(TdxExit *e, uint16_t source)
{
    e->vmcs->guest_cr0 = (e->vmcs->guest_cr0 & ~CR0_LMSW) |
                         (source & CR0_LMSW);
    return TDX_EXIT_DONE;
}

TdxExitEnd tdx_exit_cr_access(TdxExit *e)
{
    X86VmxCrQual q = x86_vmx_cr_qual_decode(e->vmcs->exit_qualification);
    uint64_t value = q.gpr == TDX_RSP ? e->vmcs->guest_rsp : e->gpr[q.gpr];

    if (q.access == X86_VMX_CR_MOV_TO && q.cr == 0) {
        return mov_to_cr0(e, value);
    }
    if (q.access == X86_VMX_CR_MOV_TO && q.cr == 4) {
        return mov_to_cr4(e, value);
    }
    if (q.access == X86_VMX_CR_LMSW) {
        return lmsw(e, q.lmsw_source);
    }
    return tdx_exit_unexpected(e);
}

/* XCR0 bits that the processor has */
static uint64_t native_xcr0(const TdxModule *m)
{
    const uint32_t *native = tdx_native_cpuid(m, X86_CPUID_XSAVE, 0);

    return (uint64_t)native[TDX_CPUID_EDX] << 32 | native[TDX_CPUID_EAX];
}

static bool all_or_none(uint64_t value, uint64_t group)
{
    return !(value & group) || (value & group) == group;
}

/* TD running 3.4 */
static bool xcr0_ok(const TdxExit *e, uint64_t value)
{
    return !(value & ~(native_xcr0(e->m) & e->tdcs->xfam)) &&
           value & XCR0_X87 &&
           !(value & XCR0_AVX && !(value & XCR0_SSE)) &&
           all_or_none(value, XCR0_AVX512) &&
           !(value & XCR0_AVX512 && !(value & XCR0_AVX)) &&
           all_or_none(value, XCR0_AMX);
}

TdxExitEnd tdx_exit_xsetbv(TdxExit *e)
{
    uint64_t value = tdx_exit_edx_eax(e);

    if ((uint32_t)e->gpr[TDX_RCX] || !xcr0_ok(e, value)) {
        return tdx_exit_inject_gp(e);
    }
    e->guest->xcr0 = value;
    return TDX_EXIT_DONE;
}
