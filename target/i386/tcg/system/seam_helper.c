/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMCALL, the direct stores that a TDX host needs, and its MSRs.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "exec/qemu-compat-tcg.h"
#include "tcg/helper-tcg.h"
#include "tcg/seam-insn.h"
#include "trace.h"
#include CONFIG_DEVICES
#ifdef CONFIG_SEAM
#include "hw/i386/seam.h"
#endif
#include "seam_td.h"

void x86_cr_reserved_fault(CPUX86State *env, uintptr_t ra)
{
    if (env->hflags & HF_GUEST_MASK) {
        cpu_vmexit(env, SVM_EXIT_ERR, 0, ra);
    }
    raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
}

/* --- RDMSR and WRMSR ----------------------------------------------------- */

bool x86_seam_rdmsr_insn(CPUX86State *env, uintptr_t ra)
{
    X86CPU *cpu = env_archcpu(env);
    uint32_t msr = env->regs[R_ECX];
    uint64_t val = 0;
    X86VmxMsr vmx;
    X86SeamMsr seam = X86_SEAM_MSR_STOCK;

    if (!x86_cpu_has_seam(cpu)) {
        return false;
    }
    vmx = x86_vmx_rdmsr(env, msr, &val);
    if (vmx == X86_VMX_MSR_STOCK) {
        seam = x86_seam_guest_rdmsr(cpu, msr, &val);
    }
    if (vmx == X86_VMX_MSR_STOCK && seam == X86_SEAM_MSR_STOCK) {
        return false;
    }
    if (vmx == X86_VMX_MSR_GP || seam == X86_SEAM_MSR_GP) {
        if (!x86_vmx_msr_fault(env)) {
            raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
        }
        return true;
    }
    env->regs[R_EAX] = (uint32_t)val;
    env->regs[R_EDX] = (uint32_t)(val >> 32);
    return true;
}

bool x86_seam_wrmsr_insn(CPUX86State *env, uintptr_t ra)
{
    X86CPU *cpu = env_archcpu(env);
    uint32_t msr = env->regs[R_ECX];
    uint64_t val = (uint32_t)env->regs[R_EAX] |
                   (uint64_t)env->regs[R_EDX] << 32;
    X86VmxMsr vmx;
    X86SeamMsr seam = X86_SEAM_MSR_STOCK;

    if (!x86_cpu_has_seam(cpu)) {
        return false;
    }
    vmx = x86_vmx_wrmsr(env, msr, val);
    if (vmx == X86_VMX_MSR_STOCK) {
        seam = x86_seam_guest_wrmsr(cpu, msr, val);
    }
    if ((vmx == X86_VMX_MSR_GP || seam == X86_SEAM_MSR_GP) &&
        !x86_vmx_msr_fault(env)) {
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    return vmx != X86_VMX_MSR_STOCK || seam != X86_SEAM_MSR_STOCK;
}

/* --- instructions -------------------------------------------------------- */

#ifdef TARGET_X86_64

/* Out of line, or each call would save registers for it */
static __attribute__((noinline))
void trace_seamcall(CPUX86State *env, uint64_t leaf, bool done)
{
    trace_x86_seamcall(env_cpu(env)->cpu_index, leaf, done, env->regs[R_EAX]);
}

/* seam-architecture: SEAMCALL, order of checks; returns if all hold */
static __attribute__((noinline))
void check_seamcall(CPUX86State *env, uintptr_t ra)
{
    /* 1: not in VMX operation, in SMM, or not in 64-bit mode */
    if (!x86_vmx_operation(env) || !(env->hflags & HF_CS64_MASK)) {
        qemu_log_mask(LOG_GUEST_ERROR, "SEAMCALL: #UD, not in VMX operation "
                      "or not in 64-bit mode\n");
        raise_exception_ra(env, EXCP06_ILLOP, ra);
    }
    /* 2: CPL > 0 */
    if (env->hflags & HF_CPL_MASK) {
        qemu_log_mask(LOG_GUEST_ERROR, "SEAMCALL: #GP(0), CPL > 0\n");
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    /* 3: VMX non-root operation; 4: the SEAM range is valid */
    if (x86_vmx_guest(env)) {
        vmx_exit(env, &(VmxExit) {
            .reason = X86_VMX_EXIT_REASON_SEAMCALL,
        }, ra);
    }
    /* 5: blocking by MOV SS; STI blocks interrupts only */
    if (x86_vmx_mov_ss_blocking(env)) {
        qemu_log_mask(LOG_GUEST_ERROR, "SEAMCALL: #GP(0), after MOV SS\n");
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
}

/* Where a kernel is that makes its calls: all that may fail is far from here */
static inline bool in_root_kernel(CPUX86State *env)
{
    const uint32_t wanted = HF_CS64_MASK;
    const uint32_t looked_at = HF_CS64_MASK | HF_CPL_MASK | HF_VMX_GUEST_MASK |
                               HF_INHIBIT_IRQ_MASK;

    return x86_vmx_operation(env) && (env->hflags & looked_at) == wanted;
}

target_ulong helper_seamcall(CPUX86State *env, uint32_t length)
{
    X86CPU *cpu = env_archcpu(env);
    uint64_t leaf = env->regs[R_EAX];
    TdxSeamcall result = TDX_SEAMCALL_VMFAIL;

    if (unlikely(!in_root_kernel(env))) {
        check_seamcall(env, GETPC());
    }
    /* 6 to 8: the P-SEAMLDR and the module */
#ifdef CONFIG_SEAM
    result = seam_seamcall(cpu, env->regs, seam_td_run(cpu));
#endif
    if (result == TDX_SEAMCALL_RUN_TD) {
        seam_td_enter(env, length);
        seam_td_look(env);
        return SEAMCALL_RUN_TD;
    }
    if (trace_event_get_state_backends(TRACE_X86_SEAMCALL)) {
        trace_seamcall(env, leaf, result == TDX_SEAMCALL_DONE);
    }
    return result == TDX_SEAMCALL_DONE ? 0 : CC_C;
}

/*
 * The 64 bytes are read before any is written, so that a fault leaves no
 * trace; the destination lies in one page and cannot fault half-way.
 */
void helper_movdir64b(CPUX86State *env, target_ulong dest, target_ulong src)
{
    enum { LEN = 64 };
    uintptr_t ra = GETPC();
    int mmu_idx = cpu_mmu_index(env_cpu(env), false);
    uint64_t data[LEN / sizeof(uint64_t)];
    void *host;

    if (!QEMU_IS_ALIGNED(dest, LEN)) {
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
        data[i] = cpu_ldq_mmuidx_ra(env, src + i * sizeof(data[0]), mmu_idx,
                                    ra);
    }
    host = probe_access(env, dest, LEN, MMU_DATA_STORE, mmu_idx, ra);
    for (unsigned i = 0; i < ARRAY_SIZE(data); i++) {
        if (host) {
            stq_le_p(host + i * sizeof(data[0]), data[i]);
        } else {
            cpu_stq_mmuidx_ra(env, dest + i * sizeof(data[0]), data[i],
                              mmu_idx, ra);
        }
    }
    if (x86_seam_partial_write_erratum(env_archcpu(env))) {
        x86_seam_line_stored(env, dest);
    }
}

#endif /* TARGET_X86_64 */
