/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Control registers and MSRs in VMX operation: bits that it fixes, guest/host
 * masks and read shadows, and the MSRs that only a CPU with VMX has.
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "target/i386/x86-defs/msr-list.h"
#include "target/i386/x86-defs/vmx-qual.h"
#include "engine.h"

/* The fraction bits of a TSC multiplier */
#define TSC_MULTIPLIER_FRACTION 48

/* --- writes ------------------------------------------------------------- */

static void check_fixed(CPUX86State *env, int reg, uint64_t val, uintptr_t ra)
{
    X86CPU *cpu = env_archcpu(env);
    X86VmxFixed fixed;

    if ((reg != 0 && reg != 4) || !x86_vmx_operation(env)) {
        return;
    }
    fixed = reg ? x86_vmx_cr4_fixed(cpu) : x86_vmx_cr0_fixed(cpu);
    if (reg == 0 && x86_vmx_guest(env) &&
        (cpu->vmx->ctl.proc2 & X86_VMX_PROC2_UNRESTRICTED_GUEST)) {
        fixed.fixed0 &= ~(uint64_t)(CR0_PE_MASK | CR0_PG_MASK);
    }
    if (!x86_vmx_cr_supported(fixed, val)) {
        qemu_log_mask(LOG_GUEST_ERROR, "MOV CR%d: 0x%" PRIx64 " clears or sets "
                      "bits that VMX operation fixes\n", reg, val);
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
}

static G_NORETURN void exit_cr(CPUX86State *env, X86VmxCrQual qual,
                               uintptr_t ra)
{
    VmxExit exit = { .reason = X86_VMX_EXIT_REASON_CR_ACCESS };
    VmxInsn insn;

    if (cpu_restore_state(env_cpu(env), ra)) {
        exit.insn_len = env_archcpu(env)->insn_len;
    }
    insn = vmx_insn_decode(env);
    if (qual.access == X86_VMX_CR_MOV_TO ||
        qual.access == X86_VMX_CR_MOV_FROM) {
        qual.gpr = vmx_insn_rm(&insn);
    } else if (qual.access == X86_VMX_CR_LMSW) {
        qual.lmsw_memory = vmx_insn_has_mem(&insn);
    }
    exit.qualification = x86_vmx_cr_qual(qual);
    vmx_exit(env, &exit, 0);
}

static bool is_cr3_target(const VmxControls *ctl, uint64_t val)
{
    for (unsigned i = 0; i < ctl->cr3_targets; i++) {
        if (ctl->cr3_target[i] == val) {
            return true;
        }
    }
    return false;
}

/* MOV to CR in the guest: may exit; the value that the register gets */
static uint64_t guest_write(CPUX86State *env, int reg, uint64_t val,
                            uintptr_t ra)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    uint64_t mask = reg ? ctl->cr4_mask : ctl->cr0_mask;
    uint64_t shadow = reg ? ctl->cr4_shadow : ctl->cr0_shadow;
    bool exits;

    switch (reg) {
    case 0:
    case 4:
        exits = (val ^ shadow) & mask;
        break;
    case 3:
        exits = (ctl->proc & X86_VMX_PROC_CR3_LOAD_EXITING) &&
                !is_cr3_target(ctl, val);
        break;
    case 8:
        exits = ctl->proc & X86_VMX_PROC_CR8_LOAD_EXITING;
        break;
    default:
        exits = false;
        break;
    }
    if (exits) {
        exit_cr(env, (X86VmxCrQual) {
            .cr = reg, .access = X86_VMX_CR_MOV_TO,
        }, ra);
    }
    return reg == 0 || reg == 4 ? (val & ~mask) | (env->cr[reg] & mask) : val;
}

target_ulong x86_vmx_write_cr(CPUX86State *env, int reg, target_ulong val,
                              uintptr_t ra)
{
    if (!env_archcpu(env)->vmx) {
        return val;
    }
    if (x86_vmx_guest(env)) {
        val = guest_write(env, reg, val, ra);
    }
    if (reg == 0) {
        /* SDM Vol. 2, MOV to CR0: what stock QEMU does not check */
        if ((val >> 32) ||
            ((val & CR0_PG_MASK) && !(val & CR0_PE_MASK)) ||
            ((val & CR0_NW_MASK) && !(val & CR0_CD_MASK)) ||
            ((val & CR0_PG_MASK) && !(env->cr[0] & CR0_PG_MASK) &&
             (env->efer & MSR_EFER_LME) && !(env->cr[4] & CR4_PAE_MASK))) {
            raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
        }
    }
    if ((reg == 8 && val > 0xf) ||
        (reg == 4 && (val & CR4_PCIDE_MASK) &&
         !(env->features[FEAT_1_ECX] & CPUID_EXT_PCID))) {
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    check_fixed(env, reg, val, ra);
    return val;
}

bool x86_vmx_clts(CPUX86State *env, uintptr_t ra)
{
    const VmxControls *ctl;

    if (!x86_vmx_guest(env)) {
        return false;
    }
    ctl = x86_vmx_controls(env);
    if (!(ctl->cr0_mask & CR0_TS_MASK)) {
        return false;
    }
    if (ctl->cr0_shadow & CR0_TS_MASK) {
        exit_cr(env, (X86VmxCrQual) { .access = X86_VMX_CR_CLTS }, ra);
    }
    return true;
}

/* LMSW looks at the low four bits, and never clears PE. */
void helper_vmx_lmsw(CPUX86State *env, target_ulong src)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    uint64_t looks = CR0_MP_MASK | CR0_EM_MASK | CR0_TS_MASK |
                     (src & CR0_PE_MASK);
    uint64_t owned = looks & ~ctl->cr0_mask;

    if ((src ^ ctl->cr0_shadow) & ctl->cr0_mask & looks) {
        exit_cr(env, (X86VmxCrQual) {
            .access = X86_VMX_CR_LMSW, .lmsw_source = src,
        }, GETPC());
    }
    cpu_x86_update_cr0(env, (env->cr[0] & ~owned) | (src & owned));
}

/* --- reads -------------------------------------------------------------- */

target_ulong helper_vmx_read_cr(CPUX86State *env, uint32_t reg)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    uint32_t exiting = reg == 3 ? X86_VMX_PROC_CR3_STORE_EXITING :
                       reg == 8 ? X86_VMX_PROC_CR8_STORE_EXITING : 0;

    if (ctl->proc & exiting) {
        exit_cr(env, (X86VmxCrQual) {
            .cr = reg, .access = X86_VMX_CR_MOV_FROM,
        }, GETPC());
    }
    switch (reg) {
    case 0:
        return (env->cr[0] & ~ctl->cr0_mask) |
               (ctl->cr0_shadow & ctl->cr0_mask);
    case 4:
        return (env->cr[4] & ~ctl->cr4_mask) |
               (ctl->cr4_shadow & ctl->cr4_mask);
    case 8:
        return ctl->proc & X86_VMX_PROC_TPR_SHADOW ? vmx_vapic_cr8(env) :
                                                     helper_read_cr8(env);
    default:
        return env->cr[reg];
    }
}

/* --- the time-stamp counter --------------------------------------------- */

uint64_t x86_vmx_tsc(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t tsc = cpu_get_tsc(env);
    uint64_t low, high;

    if (!vmx || !x86_vmx_guest(env) || !vmx->ctl.tsc_multiplier) {
        return tsc + env->tsc_offset;
    }
    mulu64(&low, &high, tsc + vmx->host_tsc_offset, vmx->ctl.tsc_multiplier);
    return (low >> TSC_MULTIPLIER_FRACTION |
            high << (64 - TSC_MULTIPLIER_FRACTION)) + vmx->ctl.tsc_offset;
}

/* Software sets the counter itself, also where a guest has an offset. */
static void write_tsc(CPUX86State *env, uint64_t val)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t offset = val - cpu_get_tsc(env);

    if (x86_vmx_guest(env)) {
        env->tsc_offset += offset - vmx->host_tsc_offset;
        vmx->host_tsc_offset = offset;
    } else {
        env->tsc_offset = offset;
    }
}

/* --- MSRs --------------------------------------------------------------- */

X86VmxMsr x86_vmx_rdmsr(CPUX86State *env, uint32_t msr, uint64_t *val)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    switch (msr) {
    case X86_MSR_TSC:
        /* The list that VM exit stores has the CPU's own as the exit began. */
        *val = vmx->msr_list ? vmx->exit_tsc + vmx->host_tsc_offset :
                               x86_vmx_tsc(env);
        return X86_VMX_MSR_DONE;
    case X86_MSR_DEBUGCTL:
        *val = vmx->debugctl;
        return X86_VMX_MSR_DONE;
    default:
        return vmx_vapic_rdmsr(env, msr, val);
    }
}

X86VmxMsr x86_vmx_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    switch (msr) {
    case X86_MSR_TSC:
        write_tsc(env, val);
        return X86_VMX_MSR_DONE;
    case X86_MSR_DEBUGCTL:
        if (val & ~vmx->caps.config.debugctl) {
            return X86_VMX_MSR_GP;
        }
        vmx->debugctl = val;
        return X86_VMX_MSR_DONE;
    case X86_MSR_SYSENTER_ESP:
    case X86_MSR_SYSENTER_EIP:
    case X86_MSR_LSTAR:
    case X86_MSR_CSTAR:
    case X86_MSR_FS_BASE:
    case X86_MSR_GS_BASE:
    case X86_MSR_KERNEL_GS_BASE:
        return vmx_canonical(env, val) ? X86_VMX_MSR_STOCK :
                                         X86_VMX_MSR_GP;
    default:
        return vmx_vapic_wrmsr(env, msr, val);
    }
}

bool x86_vmx_msr_fault(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (!vmx || !vmx->msr_list) {
        return false;
    }
    vmx->msr_failed = true;
    return true;
}

/* --- bases of descriptor tables and system segments ---------------------- */

void x86_vmx_check_base(CPUX86State *env, uint64_t base, int error,
                        uintptr_t ra)
{
    if (env_archcpu(env)->vmx && !vmx_canonical(env, base)) {
        raise_exception_err_ra(env, EXCP0D_GPF, error, ra);
    }
}

void helper_vmx_check_base(CPUX86State *env, target_ulong base)
{
    x86_vmx_check_base(env, base, 0, GETPC());
}
