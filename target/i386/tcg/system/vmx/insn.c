/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The VMX instructions but for VM entry: VMXON and VMXOFF, the current VMCS
 * and its fields, INVEPT and INVVPID; and what VMX operation fixes.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "target/i386/vmx/vmcs.h"
#include "target/i386/x86-defs/ept.h"
#include "engine.h"
#include "trace.h"

#define A20_MASK (1U << 20)

/* --- checks that the instructions share --------------------------------- */

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

target_ulong vmx_fail(CPUX86State *env, const char *insn, X86VmxError error)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (error == X86_VMX_ERROR_NONE) {
        return 0;
    }
    if (vmx->vmcs_ptr == X86_VMX_NO_VMCS) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: VMfailInvalid, no current VMCS; "
                      "%s\n", insn, x86_vmx_error_text(error));
        return CC_C;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "%s: VMfailValid %d, %s\n", insn, error,
                  x86_vmx_error_text(error));
    vmx->vmcs.instruction_error = error;
    return CC_Z;
}

target_ulong vmx_fail_invalid(const char *insn, const char *why)
{
    qemu_log_mask(LOG_GUEST_ERROR, "%s: VMfailInvalid, %s\n", insn, why);
    return CC_C;
}

void vmx_check_insn(CPUX86State *env, const char *insn,
                    X86VmxExitReason reason, uintptr_t ra)
{
    if (!x86_vmx_operation(env)) {
        raise_ud(env, insn, "not in VMX operation", ra);
    }
    if (wrong_mode(env)) {
        raise_ud(env, insn, "wrong processor mode", ra);
    }
    if (x86_vmx_guest(env)) {
        vmx_exit_insn(env, reason, ra);
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
           X86_VMCS_REVISION;
}

/* --- VMXON and VMXOFF --------------------------------------------------- */

static void set_vmx_operation(X86CPU *cpu, bool on, uint64_t ptr)
{
    CPUState *cs = CPU(cpu);
    X86VmxState *vmx = cpu->vmx;

    x86_vmx_forget_vmcs(cpu);
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
    if (x86_vmx_guest(env)) {
        vmx_exit_insn(env, X86_VMX_EXIT_REASON_VMXON, ra);
    }
    if (env->hflags & HF_CPL_MASK) {
        raise_gp(env, insn, "CPL > 0", ra);
    }
    if (x86_vmx_root(env)) {
        return vmx_fail(env, insn, X86_VMX_ERROR_VMXON_IN_ROOT);
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
        return vmx_fail_invalid(insn, "invalid address of the VMXON region");
    }
    if (!valid_revision(cpu, addr)) {
        return vmx_fail_invalid(insn, "wrong VMCS revision identifier");
    }
    set_vmx_operation(cpu, true, addr);
    trace_x86_vmxon(CPU(cpu)->cpu_index, addr);
    return 0;
}

target_ulong helper_vmxoff(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);

    vmx_check_insn(env, "VMXOFF", X86_VMX_EXIT_REASON_VMXOFF, GETPC());
    set_vmx_operation(cpu, false, 0);
    trace_x86_vmxoff(CPU(cpu)->cpu_index);
    return 0;
}

/* In VMX root operation there is no SMM monitor to call. */
/*
 * env has EIP, and what flags follow from: a guest's VMCALL need not restore
 * them, unless instructions are counted.
 */
target_ulong helper_vmcall(CPUX86State *env, uint32_t length)
{
    static const char insn[] = "VMCALL";
    uintptr_t ra = GETPC();

    if (!x86_vmx_operation(env)) {
        raise_ud(env, insn, "not in VMX operation", ra);
    }
    if (x86_vmx_guest(env)) {
        vmx_exit(env, &(VmxExit) {
            .reason = X86_VMX_EXIT_REASON_VMCALL, .insn_len = length,
        }, icount_enabled() ? ra : 0);
    }
    if (wrong_mode(env)) {
        raise_ud(env, insn, "wrong processor mode", ra);
    }
    if (env->hflags & HF_CPL_MASK) {
        raise_gp(env, insn, "CPL > 0", ra);
    }
    return vmx_fail(env, insn, X86_VMX_ERROR_VMCALL_IN_ROOT);
}

/* --- the current VMCS --------------------------------------------------- */

/*
 * The CPU works on a copy of the current VMCS, as hardware may: software has
 * to execute VMCLEAR before it looks at the region or lets another CPU use
 * it.  So nothing that the region holds can change between a check and its
 * use, and no host pointer to guest memory is kept.
 */
void x86_vmx_forget_vmcs(X86CPU *cpu)
{
    X86VmxState *vmx = cpu->vmx;

    if (vmx->vmcs_ptr != X86_VMX_NO_VMCS) {
        vmx_phys_write(&cpu->env, vmx->vmcs_ptr, &vmx->vmcs,
                       sizeof(vmx->vmcs));
        vmx->vmcs_ptr = X86_VMX_NO_VMCS;
    }
}

/* VMCLEAR: the region has what the CPU cached, and is marked clear. */
target_ulong helper_vmclear(CPUX86State *env, target_ulong ea)
{
    static const char insn[] = "VMCLEAR";
    X86CPU *cpu = env_archcpu(env);
    X86VmxState *vmx = cpu->vmx;
    uintptr_t ra = GETPC();
    uint32_t clear = X86_VMCS_LAUNCH_CLEAR;
    uint64_t addr;

    vmx_check_insn(env, insn, X86_VMX_EXIT_REASON_VMCLEAR, ra);
    addr = cpu_ldq_data_ra(env, ea, ra);
    if (!valid_region(cpu, addr)) {
        return vmx_fail(env, insn, X86_VMX_ERROR_VMCLEAR_ADDRESS);
    }
    if (addr == vmx->vmxon_ptr) {
        return vmx_fail(env, insn, X86_VMX_ERROR_VMCLEAR_VMXON);
    }
    if (addr == vmx->vmcs_ptr) {
        x86_vmx_forget_vmcs(cpu);
    }
    vmx_phys_write(env, addr + offsetof(X86Vmcs, launch_state), &clear,
                   sizeof(clear));
    return 0;
}

target_ulong helper_vmptrld(CPUX86State *env, target_ulong ea)
{
    static const char insn[] = "VMPTRLD";
    X86CPU *cpu = env_archcpu(env);
    X86VmxState *vmx = cpu->vmx;
    uintptr_t ra = GETPC();
    uint64_t addr;

    vmx_check_insn(env, insn, X86_VMX_EXIT_REASON_VMPTRLD, ra);
    addr = cpu_ldq_data_ra(env, ea, ra);
    if (!valid_region(cpu, addr)) {
        return vmx_fail(env, insn, X86_VMX_ERROR_VMPTRLD_ADDRESS);
    }
    if (addr == vmx->vmxon_ptr) {
        return vmx_fail(env, insn, X86_VMX_ERROR_VMPTRLD_VMXON);
    }
    if (!valid_revision(cpu, addr)) {
        return vmx_fail(env, insn, X86_VMX_ERROR_VMPTRLD_REVISION);
    }
    if (addr != vmx->vmcs_ptr) {
        x86_vmx_forget_vmcs(cpu);
        vmx_phys_read(env, addr, &vmx->vmcs, sizeof(vmx->vmcs));
        vmx->vmcs_ptr = addr;
        vmx->dirty = X86_VMCS_GROUPS;
    }
    return 0;
}

target_ulong helper_vmptrst(CPUX86State *env, target_ulong ea)
{
    uintptr_t ra = GETPC();

    vmx_check_insn(env, "VMPTRST", X86_VMX_EXIT_REASON_VMPTRST, ra);
    cpu_stq_data_ra(env, ea, env_archcpu(env)->vmx->vmcs_ptr, ra);
    return 0;
}

/* An operand of a 32-bit VMREAD or VMWRITE has 32 bits. */
static uint64_t operand(CPUX86State *env, uint64_t val)
{
    return env->hflags & HF_CS64_MASK ? val : (uint32_t)val;
}

static target_ulong vmread(CPUX86State *env, uint64_t field, uint64_t *val,
                           uintptr_t ra)
{
    static const char insn[] = "VMREAD";
    X86VmxState *vmx;
    X86VmxError error;

    vmx_check_insn(env, insn, X86_VMX_EXIT_REASON_VMREAD, ra);
    vmx = env_archcpu(env)->vmx;
    if (vmx->vmcs_ptr == X86_VMX_NO_VMCS) {
        return vmx_fail_invalid(insn, "no current VMCS");
    }
    field = operand(env, field);
    error = x86_vmcs_read(&vmx->caps, &vmx->vmcs, field, val);
    if (error != X86_VMX_ERROR_NONE) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: field 0x%" PRIx64 "\n", insn,
                      field);
    }
    *val = operand(env, *val);
    return vmx_fail(env, insn, error);
}

target_ulong helper_vmread_reg(CPUX86State *env, target_ulong field,
                               uint32_t reg)
{
    uint64_t val = 0;
    target_ulong flags = vmread(env, field, &val, GETPC());

    if (!flags) {
        env->regs[reg] = val;
    }
    return flags;
}

target_ulong helper_vmread_mem(CPUX86State *env, target_ulong field,
                               target_ulong ea)
{
    uintptr_t ra = GETPC();
    uint64_t val = 0;
    target_ulong flags = vmread(env, field, &val, ra);

    if (flags) {
        return flags;
    }
    if (env->hflags & HF_CS64_MASK) {
        cpu_stq_data_ra(env, ea, val, ra);
    } else {
        cpu_stl_data_ra(env, ea, val, ra);
    }
    return 0;
}

/* @ea: where the value is, or NULL for @val */
static target_ulong vmwrite(CPUX86State *env, uint64_t field, uint64_t val,
                            const target_ulong *ea, uintptr_t ra)
{
    static const char insn[] = "VMWRITE";
    X86VmxState *vmx;
    X86VmxError error;

    vmx_check_insn(env, insn, X86_VMX_EXIT_REASON_VMWRITE, ra);
    vmx = env_archcpu(env)->vmx;
    if (vmx->vmcs_ptr == X86_VMX_NO_VMCS) {
        return vmx_fail_invalid(insn, "no current VMCS");
    }
    if (ea) {
        val = env->hflags & HF_CS64_MASK ? cpu_ldq_data_ra(env, *ea, ra) :
                                           cpu_ldl_data_ra(env, *ea, ra);
    }
    field = operand(env, field);
    error = x86_vmcs_write(&vmx->caps, &vmx->vmcs, field, operand(env, val),
                           &vmx->dirty);
    if (error != X86_VMX_ERROR_NONE) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: field 0x%" PRIx64 "\n", insn,
                      field);
    }
    return vmx_fail(env, insn, error);
}

target_ulong helper_vmwrite_reg(CPUX86State *env, target_ulong field,
                                target_ulong val)
{
    return vmwrite(env, field, val, NULL, GETPC());
}

target_ulong helper_vmwrite_mem(CPUX86State *env, target_ulong field,
                                target_ulong ea)
{
    return vmwrite(env, field, 0, &ea, GETPC());
}

/* --- INVEPT and INVVPID ------------------------------------------------- */

enum { INVEPT_SINGLE = 1, INVEPT_ALL };
enum { INVVPID_ADDRESS, INVVPID_SINGLE, INVVPID_ALL, INVVPID_RETAIN };

static bool has_cap(const X86VmxState *vmx, unsigned bit)
{
    return x86_vmx_caps_bit(vmx->caps.ept_vpid, bit);
}

bool vmx_valid_eptp(CPUX86State *env, uint64_t eptp)
{
    X86CPU *cpu = env_archcpu(env);
    const X86VmxState *vmx = cpu->vmx;
    unsigned levels = x86_eptp_levels(eptp);
    unsigned type = eptp & X86_EPTP_MEM_TYPE;

    return (type == X86_MEM_TYPE_WB ? has_cap(vmx, X86_VMX_CAP_EPT_WB) :
            type == X86_MEM_TYPE_UC && has_cap(vmx, X86_VMX_CAP_EPT_UC)) &&
           (levels == 4 ? has_cap(vmx, X86_VMX_CAP_EPT_LEVELS_4) :
            levels == 5 && has_cap(vmx, X86_VMX_CAP_EPT_LEVELS_5)) &&
           (!(eptp & X86_EPTP_AD) || has_cap(vmx, X86_VMX_CAP_EPT_AD)) &&
           !(eptp & (X86_EPTP_SSS | X86_EPTP_RESERVED)) &&
           !(eptp >> x86_seam_host_phys_bits(cpu));
}

target_ulong helper_invept(CPUX86State *env, target_ulong type,
                           target_ulong ea)
{
    static const char insn[] = "INVEPT";
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uintptr_t ra = GETPC();
    uint64_t desc[2];

    if (!vmx || !has_cap(vmx, X86_VMX_CAP_INVEPT)) {
        raise_ud(env, insn, "not supported", ra);
    }
    vmx_check_insn(env, insn, X86_VMX_EXIT_REASON_INVEPT, ra);
    type = operand(env, type);
    if (!((type == INVEPT_SINGLE && has_cap(vmx, X86_VMX_CAP_INVEPT_SINGLE)) ||
          (type == INVEPT_ALL && has_cap(vmx, X86_VMX_CAP_INVEPT_ALL)))) {
        return vmx_fail(env, insn, X86_VMX_ERROR_INVEPT_OPERAND);
    }
    vmx_read_descriptor(env, ea, desc, ra);
    if (desc[1] ||
        (type == INVEPT_SINGLE && !vmx_valid_eptp(env, desc[0]))) {
        return vmx_fail(env, insn, X86_VMX_ERROR_INVEPT_OPERAND);
    }
    vmx_mmu_invept(env, type, desc[0]);
    return 0;
}

target_ulong helper_invvpid(CPUX86State *env, target_ulong type,
                            target_ulong ea)
{
    static const char insn[] = "INVVPID";
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uintptr_t ra = GETPC();
    uint64_t desc[2];

    if (!vmx || !has_cap(vmx, X86_VMX_CAP_INVVPID)) {
        raise_ud(env, insn, "not supported", ra);
    }
    vmx_check_insn(env, insn, X86_VMX_EXIT_REASON_INVVPID, ra);
    type = operand(env, type);
    if (type > INVVPID_RETAIN ||
        !has_cap(vmx, X86_VMX_CAP_INVVPID_ADDRESS + type)) {
        return vmx_fail(env, insn, X86_VMX_ERROR_INVEPT_OPERAND);
    }
    vmx_read_descriptor(env, ea, desc, ra);
    if ((desc[0] >> 16) ||
        (type != INVVPID_ALL && !desc[0]) ||
        (type == INVVPID_ADDRESS && !vmx_canonical(env, desc[1]))) {
        return vmx_fail(env, insn, X86_VMX_ERROR_INVEPT_OPERAND);
    }
    vmx_mmu_invvpid(env, type, desc[0], desc[1]);
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
