/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMX operation: the state that a CPU with VMX has beyond a stock x86 CPU
 * under TCG, and what the rest of QEMU may ask it.
 */

#ifndef TARGET_I386_VMX_H
#define TARGET_I386_VMX_H

#include "target/i386/cpu.h"

/* An MSR that QEMU has no name for; the SDM's */
#define MSR_IA32_VMX_PROCBASED_CTLS3      0x492

/*
 * VMCS revision identifier: any number that fits 31 bits, but not 0, which
 * memory that nobody wrote holds
 */
#define X86_VMX_REVISION_ID 0x53454d31

/**
 * X86VmxState: what ArchCPU.vmx points to on a CPU with VMX; the pointer is
 * NULL on every other CPU, and stays as it is after realize.
 * @vmxon: in VMX operation; written by the vCPU's thread under the BQL
 * @vmxon_ptr: the VMXON region, while in VMX operation
 * @init_pending: an INIT came in VMX operation, which VMXOFF lets through
 * @mov_ss_eip: EIP after the latest MOV SS or POP SS
 */
typedef struct X86VmxState {
    bool vmxon;
    uint64_t vmxon_ptr;
    bool init_pending;
    uint64_t mov_ss_eip;
} X86VmxState;

#ifndef CONFIG_USER_ONLY

extern const struct VMStateDescription vmstate_x86_vmx;

/** x86_vmx_reset: reset, and INIT outside VMX operation; @cpu has VMX */
void x86_vmx_reset(X86CPU *cpu);

/**
 * x86_vmx_raise_init: an INIT signal arrives at @cpu.
 * It stays pending while @cpu is in VMX operation.  BQL held.
 */
void x86_vmx_raise_init(X86CPU *cpu);

/**
 * x86_vmx_capability: read VMX capability MSR @msr of @cpu.
 * Returns false for one whose controls do not exist.
 */
bool x86_vmx_capability(const X86CPU *cpu, uint32_t msr, uint64_t *val);

/* CR0 and CR4 in VMX operation: IA32_VMX_CR{0,4}_FIXED{0,1} */
typedef struct X86VmxFixed {
    uint64_t fixed0;
    uint64_t fixed1;
} X86VmxFixed;

/** x86_vmx_cr0_fixed: the bits of CR0 that VMX operation fixes */
X86VmxFixed x86_vmx_cr0_fixed(const X86CPU *cpu);

/** x86_vmx_cr4_fixed: the bits of CR4 that VMX operation fixes */
X86VmxFixed x86_vmx_cr4_fixed(const X86CPU *cpu);

/** x86_vmx_cr_supported: does @val obey @fixed? */
static inline bool x86_vmx_cr_supported(X86VmxFixed fixed, uint64_t val)
{
    return (val & fixed.fixed0) == fixed.fixed0 && !(val & ~fixed.fixed1);
}

/* --- what TCG's instruction helpers ask ---------------------------------- */

/**
 * x86_vmx_root: is the CPU in VMX root operation?
 * An SMI leaves it until RSM.
 */
static inline bool x86_vmx_root(CPUX86State *env)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;

    return vmx && vmx->vmxon && !(env->hflags & HF_SMM_MASK);
}

/**
 * x86_vmx_mov_ss_blocking: has the instruction just before the one at EIP
 * been a MOV SS or POP SS?  STI blocks interrupts only.
 */
static inline bool x86_vmx_mov_ss_blocking(CPUX86State *env)
{
    return (env->hflags & HF_INHIBIT_IRQ_MASK) &&
           env_archcpu(env)->vmx->mov_ss_eip == env->eip;
}

/**
 * x86_vmx_check_cr: raise #GP(0) if writing @val to CR0 or CR4 (@reg) would
 * change a bit that VMX operation fixes.  @ra: as for other exceptions.
 */
void x86_vmx_check_cr(CPUX86State *env, int reg, uint64_t val, uintptr_t ra);

#endif /* !CONFIG_USER_ONLY */

#endif /* TARGET_I386_VMX_H */
