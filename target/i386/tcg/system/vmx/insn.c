/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMX operation: VMXON, VMXOFF, what they fix while VMX operation lasts, and
 * the other VMX instructions as far as a CPU without VMX guests has them.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "exec/cpu_ldst.h"
#include "tcg/helper-tcg.h"
#include "trace.h"

#define A20_MASK (1U << 20)

/* No VMCS can be current, see helper_vmptrld(). */
#define VMCS_NONE UINT64_MAX

void x86_vmx_check_cr(CPUX86State *env, int reg, uint64_t val, uintptr_t ra)
{
    X86CPU *cpu = env_archcpu(env);
    X86VmxFixed fixed;

    if ((reg != 0 && reg != 4) || !x86_vmx_root(env)) {
        return;
    }
    fixed = reg ? x86_vmx_cr4_fixed(cpu) : x86_vmx_cr0_fixed(cpu);
    if (!x86_vmx_cr_supported(fixed, val)) {
        qemu_log_mask(LOG_GUEST_ERROR, "MOV CR%d: 0x%" PRIx64 " clears or sets "
                      "bits that VMX operation fixes\n", reg, val);
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
}

/* The #UD that all VMX instructions share: wrong processor mode. */
static bool wrong_mode(CPUX86State *env)
{
    return !(env->cr[0] & CR0_PE_MASK) || (env->eflags & VM_MASK) ||
           ((env->hflags & HF_LMA_MASK) && !(env->hflags & HF_CS64_MASK));
}

static G_NORETURN void raise_ud(CPUX86State *env, const char *insn,
                                const char *why, uintptr_t ra)
{
    qemu_log_mask(LOG_GUEST_ERROR, "%s: #UD, %s\n", insn, why);
    raise_exception_ra(env, EXCP06_ILLOP, ra);
}

static G_NORETURN void raise_gp(CPUX86State *env, const char *insn,
                                const char *why, uintptr_t ra)
{
    qemu_log_mask(LOG_GUEST_ERROR, "%s: #GP(0), %s\n", insn, why);
    raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
}

/* VMfail while no VMCS is current, as RFLAGS bits */
static target_ulong vm_fail_invalid(const char *insn, const char *why)
{
    qemu_log_mask(LOG_GUEST_ERROR, "%s: VMfailInvalid, %s\n", insn, why);
    return CC_C;
}

/* Checks at the start of each instruction that needs VMX operation */
static void check_vmx_root(CPUX86State *env, const char *insn, uintptr_t ra)
{
    if (!x86_vmx_root(env)) {
        raise_ud(env, insn, "not in VMX operation", ra);
    }
    if (wrong_mode(env)) {
        raise_ud(env, insn, "wrong processor mode", ra);
    }
    if (env->hflags & HF_CPL_MASK) {
        raise_gp(env, insn, "CPL > 0", ra);
    }
}

/*
 * A physical address in an operand of a VMX instruction: page aligned, and
 * without bits that software outside SEAM may not set.
 */
static bool valid_region(X86CPU *cpu, uint64_t addr)
{
    return QEMU_IS_ALIGNED(addr, TARGET_PAGE_SIZE) &&
           !(addr >> x86_seam_host_phys_bits(cpu));
}

/*
 * Does the region start with our VMCS revision identifier?  Bit 31, the
 * shadow-VMCS indicator, must be clear.
 */
static bool valid_revision(X86CPU *cpu, uint64_t addr)
{
    return x86_ldl_phys(CPU(cpu), x86_seam_strip_keyid(cpu, addr)) ==
           X86_VMX_REVISION_ID;
}

static void set_vmx_operation(X86CPU *cpu, bool on, uint64_t ptr)
{
    CPUState *cs = CPU(cpu);
    X86VmxState *vmx = cpu->vmx;

    /* An INIT is either taken, or kept for VMXOFF, and never lost. */
    bql_lock();
    vmx->vmxon = on;
    vmx->vmxon_ptr = ptr;
    if (on && (cs->interrupt_request & CPU_INTERRUPT_INIT)) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_INIT);
        vmx->init_pending = true;
    } else if (!on && vmx->init_pending) {
        vmx->init_pending = false;
        cpu_interrupt(cs, CPU_INTERRUPT_INIT);
    }
    bql_unlock();
}

target_ulong helper_vmxon(CPUX86State *env, target_ulong ea)
{
    static const char insn[] = "VMXON";
    X86CPU *cpu = env_archcpu(env);
    uintptr_t ra = GETPC();
    uint64_t control = env->msr_ia32_feature_control;
    uint64_t addr;

    if (!cpu->vmx || !(env->cr[4] & CR4_VMXE_MASK)) {
        raise_ud(env, insn, "CR4.VMXE is clear", ra);
    }
    if (wrong_mode(env)) {
        raise_ud(env, insn, "wrong processor mode", ra);
    }
    if (env->hflags & HF_CPL_MASK) {
        raise_gp(env, insn, "CPL > 0", ra);
    }
    if (x86_vmx_root(env)) {
        return vm_fail_invalid(insn, "already in VMX root operation");
    }
    if (!(env->a20_mask & A20_MASK)) {
        raise_gp(env, insn, "A20 is masked", ra);
    }
    if (!x86_vmx_cr_supported(x86_vmx_cr0_fixed(cpu), env->cr[0])) {
        raise_gp(env, insn, "CR0 is not supported in VMX operation", ra);
    }
    if (!x86_vmx_cr_supported(x86_vmx_cr4_fixed(cpu), env->cr[4])) {
        raise_gp(env, insn, "CR4 is not supported in VMX operation", ra);
    }
    if (!(control & FEATURE_CONTROL_LOCKED) ||
        !(control & FEATURE_CONTROL_VMXON_ENABLED_OUTSIDE_SMX)) {
        raise_gp(env, insn, "IA32_FEATURE_CONTROL does not allow it", ra);
    }

    addr = cpu_ldq_data_ra(env, ea, ra);
    if (!valid_region(cpu, addr)) {
        return vm_fail_invalid(insn, "invalid address of the VMXON region");
    }
    if (!valid_revision(cpu, addr)) {
        return vm_fail_invalid(insn, "wrong VMCS revision identifier");
    }
    set_vmx_operation(cpu, true, addr);
    trace_x86_vmxon(CPU(cpu)->cpu_index, addr);
    return 0;
}

target_ulong helper_vmxoff(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);

    check_vmx_root(env, "VMXOFF", GETPC());
    set_vmx_operation(cpu, false, 0);
    trace_x86_vmxoff(CPU(cpu)->cpu_index);
    return 0;
}

/*
 * VMREAD, VMWRITE, VMLAUNCH, VMRESUME and VMCALL end like this: the first
 * four need a current VMCS, the last one would report its failure there.
 */
target_ulong helper_vmx_no_vmcs(CPUX86State *env)
{
    static const char insn[] = "VMX instruction";

    check_vmx_root(env, insn, GETPC());
    return vm_fail_invalid(insn, "no current VMCS");
}

/*
 * VMCLEAR writes what the CPU caches of a VMCS to memory and marks it clear;
 * nothing is cached here, and what marks it is the implementation's matter.
 */
target_ulong helper_vmclear(CPUX86State *env, target_ulong ea)
{
    static const char insn[] = "VMCLEAR";
    X86CPU *cpu = env_archcpu(env);
    uintptr_t ra = GETPC();
    uint64_t addr;

    check_vmx_root(env, insn, ra);
    addr = cpu_ldq_data_ra(env, ea, ra);
    if (!valid_region(cpu, addr)) {
        return vm_fail_invalid(insn, "invalid address of the VMCS");
    }
    if (addr == cpu->vmx->vmxon_ptr) {
        return vm_fail_invalid(insn, "address of the VMXON region");
    }
    return 0;
}

/*
 * VMPTRLD fails for every address: VMX guests are not modelled, as the
 * capability MSRs say by offering no control.
 */
target_ulong helper_vmptrld(CPUX86State *env, target_ulong ea)
{
    static const char insn[] = "VMPTRLD";
    X86CPU *cpu = env_archcpu(env);
    uintptr_t ra = GETPC();
    uint64_t addr;

    check_vmx_root(env, insn, ra);
    addr = cpu_ldq_data_ra(env, ea, ra);
    if (!valid_region(cpu, addr)) {
        return vm_fail_invalid(insn, "invalid address of the VMCS");
    }
    if (addr == cpu->vmx->vmxon_ptr) {
        return vm_fail_invalid(insn, "address of the VMXON region");
    }
    if (!valid_revision(cpu, addr)) {
        return vm_fail_invalid(insn, "wrong VMCS revision identifier");
    }
    qemu_log_mask(LOG_UNIMP, "VMPTRLD: VMX guests are not modelled\n");
    return CC_C;
}

target_ulong helper_vmptrst(CPUX86State *env, target_ulong ea)
{
    uintptr_t ra = GETPC();

    check_vmx_root(env, "VMPTRST", ra);
    cpu_stq_data_ra(env, ea, VMCS_NONE, ra);
    return 0;
}

#ifdef TARGET_X86_64
void helper_vmx_mov_ss(CPUX86State *env, target_ulong next_eip)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (vmx) {
        vmx->mov_ss_eip = next_eip;
    }
}
#endif
