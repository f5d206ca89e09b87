/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Registers that no VMCS has, of a TD and of the VMM around it: a VM exit of
 * an ordinary guest leaves these alone, the TDX module switches them.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "hw/i386/seam.h"
#include "seam_td.h"

#define DR7_RESET 0x400
#define MXCSR_RESET 0x1f80

/* The header of the XSAVE area, behind the legacy region */
#define XSAVE_HEADER_SIZE 64
#define XCOMP_COMPACTED (1ULL << 63)

/* What TCG keeps of extended state */
#define XSTATE_TCG (XSTATE_FP_MASK | XSTATE_SSE_MASK | XSTATE_YMM_MASK | \
                    XSTATE_PKRU_MASK)

/* --- extended state ------------------------------------------------------ */

/* Where a component of a compacted area is; NULL: it has none, or no room */
static void *component(const X86VcpuState *s, unsigned wanted)
{
    uint64_t at = sizeof(X86LegacyXSaveArea) + XSAVE_HEADER_SIZE;

    if (!(s->xsave_mask >> wanted & 1)) {
        return NULL;
    }
    for (unsigned i = XSTATE_YMM_BIT; i < XSAVE_STATE_AREA_COUNT; i++) {
        const ExtSaveArea *area = &x86_ext_save_areas[i];

        if (!(s->xsave_mask >> i & 1)) {
            continue;
        }
        if (area->ecx & ESA_FEATURE_ALIGN64_MASK) {
            at = ROUND_UP(at, 64);
        }
        if (i == wanted) {
            return at + area->size <= s->xsave_size ? s->xsave + at : NULL;
        }
        at += area->size;
    }
    return NULL;
}

static uint64_t *header(const X86VcpuState *s)
{
    return s->xsave + sizeof(X86LegacyXSaveArea);
}

static bool has_area(const X86VcpuState *s)
{
    return s->xsave &&
           s->xsave_size >= sizeof(X86LegacyXSaveArea) + XSAVE_HEADER_SIZE;
}

static void store_fpu(CPUX86State *env, X86LegacyXSaveArea *area)
{
    uint8_t tags = 0;

    for (int i = 0; i < 8; i++) {
        tags |= !env->fptags[i] << i;
        memcpy(&area->fpregs[i], &env->fpregs[(env->fpstt + i) & 7],
               sizeof(area->fpregs[i]));
    }
    area->fcw = env->fpuc;
    area->fsw = (env->fpus & ~(7 << 11)) | (env->fpstt & 7) << 11;
    area->ftw = tags;
    area->reserved = 0;
    area->fpop = env->fpop;
    area->fpip = env->fpip;
    area->fpdp = env->fpdp;
}

static void load_fpu(CPUX86State *env, const X86LegacyXSaveArea *area)
{
    cpu_set_fpuc(env, area->fcw);
    env->fpus = area->fsw & ~(7 << 11);
    env->fpstt = area->fsw >> 11 & 7;
    env->fpop = area->fpop;
    env->fpip = area->fpip;
    env->fpdp = area->fpdp;
    for (int i = 0; i < 8; i++) {
        env->fptags[i] = !(area->ftw >> i & 1);
        memcpy(&env->fpregs[(env->fpstt + i) & 7], &area->fpregs[i],
               sizeof(area->fpregs[i]));
    }
}

static void init_fpu(CPUX86State *env)
{
    helper_fninit(env);
    /* As one object, it would be cleared by a slow string instruction. */
    for (int i = 0; i < ARRAY_SIZE(env->fpregs); i += 4) {
        memset(&env->fpregs[i], 0, 4 * sizeof(env->fpregs[0]));
    }
}

/* Half number @half of all vector registers: to memory */
static void store_halves(const CPUX86State *env, void *to, unsigned half)
{
    for (int i = 0; i < TDX_NUM_XMMS; i++, to += sizeof(TdxXmm)) {
        const ZMMReg *reg = &env->xmm_regs[i];

#if HOST_BIG_ENDIAN
        stq_le_p(to, reg->ZMM_Q(2 * half));
        stq_le_p(to + 8, reg->ZMM_Q(2 * half + 1));
#else
        memcpy(to, &reg->ZMM_X(half), sizeof(TdxXmm));
#endif
    }
}

/* From memory */
static void load_halves(CPUX86State *env, const void *from, unsigned half)
{
    for (int i = 0; i < TDX_NUM_XMMS; i++, from += sizeof(TdxXmm)) {
        ZMMReg *reg = &env->xmm_regs[i];

#if HOST_BIG_ENDIAN
        reg->ZMM_Q(2 * half) = ldq_le_p(from);
        reg->ZMM_Q(2 * half + 1) = ldq_le_p(from + 8);
#else
        memcpy(&reg->ZMM_X(half), from, sizeof(TdxXmm));
#endif
    }
}

static void clear_halves(CPUX86State *env, unsigned half)
{
    for (int i = 0; i < TDX_NUM_XMMS; i++) {
        memset(&env->xmm_regs[i].ZMM_X(half), 0, sizeof(TdxXmm));
    }
}

static void load_or_clear(CPUX86State *env, const void *from, unsigned half)
{
    if (from) {
        load_halves(env, from, half);
    } else {
        clear_halves(env, half);
    }
}

static void store_xsave(CPUX86State *env, const X86VcpuState *s)
{
    X86LegacyXSaveArea *legacy = s->xsave;
    void *at;

    if (!has_area(s)) {
        return;
    }
    /* What lies behind the registers; the rest is written, byte for byte */
    memset(legacy->hw_reserved, 0, sizeof(legacy->hw_reserved));
    memset(legacy->sw_reserved, 0, sizeof(legacy->sw_reserved));
    memset(header(s), 0, XSAVE_HEADER_SIZE);
    header(s)[0] = s->xsave_mask & XSTATE_TCG;
    header(s)[1] = s->xsave_mask | XCOMP_COMPACTED;
    store_fpu(env, legacy);
    legacy->mxcsr = env->mxcsr;
    legacy->mxcsr_mask = 0xffff;
    store_halves(env, legacy->xmm_regs, 0);
    at = component(s, XSTATE_YMM_BIT);
    if (at) {
        store_halves(env, at, 1);
    }
    at = component(s, XSTATE_PKRU_BIT);
    if (at) {
        stq_le_p(at, env->pkru);
    }
}

static void load_xsave(CPUX86State *env, const X86VcpuState *s)
{
    X86LegacyXSaveArea *legacy = s->xsave;
    uint64_t have;

    if (!has_area(s)) {
        return;
    }
    have = header(s)[0] & s->xsave_mask;
    if (have & XSTATE_FP_MASK) {
        load_fpu(env, legacy);
    } else {
        init_fpu(env);
    }
    cpu_set_mxcsr(env, have & (XSTATE_SSE_MASK | XSTATE_YMM_MASK) ?
                  legacy->mxcsr & 0xffff : MXCSR_RESET);
    load_or_clear(env, have & XSTATE_SSE_MASK ? legacy->xmm_regs : NULL, 0);
    if (s->xsave_mask & XSTATE_YMM_MASK) {
        load_or_clear(env, have & XSTATE_YMM_MASK ?
                      component(s, XSTATE_YMM_BIT) : NULL, 1);
    }
    if (s->xsave_mask & XSTATE_PKRU_MASK) {
        const void *at = component(s, XSTATE_PKRU_BIT);

        env->pkru = have & XSTATE_PKRU_MASK && at ? ldq_le_p(at) : 0;
    }
}

/* --- both of them -------------------------------------------------------- */

/* Breakpoints of whoever leaves are gone, those of who comes not there yet. */
static void load_dr(CPUX86State *env, const X86VcpuState *s)
{
    uint64_t dr7 = env->dr[7], differ = 0;

    for (int i = 0; i < ARRAY_SIZE(s->dr); i++) {
        differ |= env->dr[i] ^ s->dr[i];
    }
    if (differ) {
        cpu_x86_update_dr7(env, DR7_RESET);
        for (int i = 0; i < ARRAY_SIZE(s->dr); i++) {
            env->dr[i] = s->dr[i];
        }
        cpu_x86_update_dr7(env, dr7);
    }
    env->dr[6] = s->dr6;
}

static void load_registers(CPUX86State *env, const X86VcpuState *s)
{
    env->cr[2] = s->cr2;
    load_dr(env, s);
    env->xcr0 = s->xcr0;
    env->xss = s->xss;
    env->msr_xfd = s->xfd;
    env->msr_xfd_err = s->xfd_err;
    env->star = s->star;
    env->lstar = s->lstar;
    env->fmask = s->fmask;
    env->kernelgsbase = s->kernel_gs_base;
    env->tsc_aux = s->tsc_aux;
    env->spec_ctrl = s->spec_ctrl;
    env->umwait = s->umwait_control;
    env->tsx_ctrl = s->tsx_ctrl;
}

static void store_registers(const CPUX86State *env, X86VcpuState *s)
{
    for (int i = 0; i < ARRAY_SIZE(s->dr); i++) {
        s->dr[i] = env->dr[i];
    }
    s->dr6 = env->dr[6];
    s->xfd = env->msr_xfd;
    s->xfd_err = env->msr_xfd_err;
    s->star = env->star;
    s->lstar = env->lstar;
    s->fmask = env->fmask;
    s->kernel_gs_base = env->kernelgsbase;
    s->tsc_aux = env->tsc_aux;
    s->spec_ctrl = env->spec_ctrl;
    s->umwait_control = env->umwait;
    s->tsx_ctrl = env->tsx_ctrl;
}

/* --- a TD ---------------------------------------------------------------- */

void seam_load_vcpu(CPUX86State *env, const X86VcpuState *s)
{
    load_registers(env, s);
    load_xsave(env, s);
}

void seam_store_core(const CPUX86State *env, X86VcpuState *s)
{
    s->cr2 = env->cr[2];
    s->xcr0 = env->xcr0;
    s->xss = env->xss;
}

void seam_store_rest(CPUX86State *env, X86VcpuState *s)
{
    store_registers(env, s);
    store_xsave(env, s);
}

/* --- the VMM ------------------------------------------------------------- */

void x86_seam_save_vmm(X86CPU *cpu, TdxVmmState *vmm)
{
    CPUX86State *env = &cpu->env;

    seam_store_core(env, &vmm->regs);
    store_registers(env, &vmm->regs);
    vmm->debugctl = cpu->vmx->debugctl;
    store_halves(env, vmm->xmm, 0);
}

void x86_seam_load_vmm(X86CPU *cpu, const TdxVmmState *vmm)
{
    CPUX86State *env = &cpu->env;
    uint64_t init = vmm->regs.xsave_mask;

    load_registers(env, &vmm->regs);
    cpu->vmx->debugctl = vmm->debugctl;
    if (init & XSTATE_FP_MASK) {
        init_fpu(env);
    }
    if (init & (XSTATE_SSE_MASK | XSTATE_YMM_MASK)) {
        cpu_set_mxcsr(env, MXCSR_RESET);
    }
    load_halves(env, vmm->xmm, 0);
    if (init & XSTATE_YMM_MASK) {
        clear_halves(env, 1);
    }
    if (init & XSTATE_PKRU_MASK) {
        env->pkru = 0;
    }
}
