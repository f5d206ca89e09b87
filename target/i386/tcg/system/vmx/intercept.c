/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a VMX guest executes or raises, and whether it exits: SDM Vol. 3,
 * chapter "VMX Non-Root Operation".
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "target/i386/x86-defs/vmx-qual.h"
#include "engine.h"

/* Offsets in the MSR bitmap */
#define MSR_BITMAP_HIGH  0x400
#define MSR_BITMAP_WRITE 0x800
#define MSR_LOW_LAST     0x1fffu
#define MSR_HIGH_FIRST   0xc0000000u

G_NORETURN void vmx_exit_qual(CPUX86State *env, X86VmxExitReason reason,
                              uint64_t qualification, uintptr_t ra)
{
    vmx_exit(env, &(VmxExit) {
        .reason = reason,
        .qualification = qualification,
    }, ra);
}

/*
 * env gets the state of the instruction that exits: once, as with icount the
 * second time would count.
 */
static unsigned restore(CPUX86State *env, uintptr_t ra)
{
    return cpu_restore_state(env_cpu(env), ra) ? env_archcpu(env)->insn_len : 0;
}

G_NORETURN void vmx_exit_insn(CPUX86State *env, X86VmxExitReason reason,
                              uintptr_t ra)
{
    VmxExit exit = { .reason = reason };
    VmxInsn insn;

    exit.insn_len = restore(env, ra);
    switch (reason) {
    case X86_VMX_EXIT_REASON_VMCLEAR:
    case X86_VMX_EXIT_REASON_VMPTRLD:
    case X86_VMX_EXIT_REASON_VMPTRST:
    case X86_VMX_EXIT_REASON_VMREAD:
    case X86_VMX_EXIT_REASON_VMWRITE:
    case X86_VMX_EXIT_REASON_VMXON:
    case X86_VMX_EXIT_REASON_INVEPT:
    case X86_VMX_EXIT_REASON_INVVPID:
    case X86_VMX_EXIT_REASON_GDTR_IDTR:
    case X86_VMX_EXIT_REASON_LDTR_TR:
    case X86_VMX_EXIT_REASON_RDRAND:
    case X86_VMX_EXIT_REASON_RDSEED:
        insn = vmx_insn_decode(env);
        exit.insn_info = vmx_insn_info(env, reason, &insn);
        if (vmx_insn_has_mem(&insn)) {
            exit.qualification = vmx_insn_disp(env, &insn);
        }
        break;
    default:
        break;
    }
    vmx_exit(env, &exit, 0);
}

/* --- MSRs and I/O ------------------------------------------------------- */

static bool msr_exits(CPUX86State *env, const VmxControls *ctl, uint32_t msr,
                      bool write)
{
    uint8_t bits = UINT8_MAX;
    unsigned at = 0;

    if (!(ctl->proc & X86_VMX_PROC_MSR_BITMAPS)) {
        return true;
    }
    if (msr >= MSR_HIGH_FIRST && msr <= MSR_HIGH_FIRST + MSR_LOW_LAST) {
        at += MSR_BITMAP_HIGH;
        msr -= MSR_HIGH_FIRST;
    } else if (msr > MSR_LOW_LAST) {
        return true;
    }
    if (write) {
        at += MSR_BITMAP_WRITE;
    }
    at += msr / 8;
    if (!x86_vmx_td(env)) {
        bits = x86_ldub_phys(env_cpu(env),
                             x86_seam_strip_keyid(env_archcpu(env),
                                                  ctl->msr_bitmap + at));
    } else if (ctl->td_msr_bitmap) {
        bits = ctl->td_msr_bitmap[at];
    }
    return bits >> (msr % 8) & 1;
}

static bool io_exits(CPUX86State *env, const VmxControls *ctl, uint32_t port,
                     unsigned size)
{
    if (!(ctl->proc & X86_VMX_PROC_IO_BITMAPS)) {
        return ctl->proc & X86_VMX_PROC_UNCOND_IO_EXITING;
    }
    if (port + size > 0x10000) {
        return true;
    }
    for (unsigned i = port; i < port + size; i++) {
        uint64_t at = x86_seam_strip_keyid(env_archcpu(env),
                                           ctl->io_bitmap[i / 0x8000]);

        if (x86_ldub_phys(env_cpu(env), at + i % 0x8000 / 8) >> (i % 8) & 1) {
            return true;
        }
    }
    return false;
}

void x86_vmx_check_io(CPUX86State *env, uint32_t port, uint32_t param,
                      uintptr_t ra)
{
    unsigned size = param >> SVM_IOIO_SIZE_SHIFT & 7;
    X86VmxIoQual qual;
    unsigned length;
    VmxInsn insn;

    if (!io_exits(env, x86_vmx_controls(env), port & 0xffff, size)) {
        return;
    }
    length = restore(env, ra);
    insn = vmx_insn_decode(env);
    qual = (X86VmxIoQual) {
        .port = port,
        .size = size,
        .in = param & SVM_IOIO_TYPE_MASK,
        .string = param & SVM_IOIO_STR_MASK,
        .rep = param & SVM_IOIO_REP_MASK,
        /* E4 to E7, not EC to EF */
        .immediate = (insn.opcode & 0xfc) == 0xe4,
    };
    vmx_exit(env, &(VmxExit) {
        .reason = X86_VMX_EXIT_REASON_IO_INSTRUCTION,
        .qualification = x86_vmx_io_qual(qual),
        .insn_len = length,
    }, 0);
}

/* --- instructions ------------------------------------------------------- */

static void mov_dr(CPUX86State *env, unsigned dr, bool from, uintptr_t ra)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    VmxExit exit = { .reason = X86_VMX_EXIT_REASON_DR_ACCESS };

    if (!(ctl->proc & X86_VMX_PROC_MOV_DR_EXITING) ||
        ((dr == 4 || dr == 5) && (env->cr[4] & CR4_DE_MASK))) {
        return;
    }
    exit.insn_len = restore(env, ra);
    {
        VmxInsn insn = vmx_insn_decode(env);

        exit.qualification = x86_vmx_dr_qual((X86VmxDrQual) {
            .dr = dr,
            .from = from,
            .gpr = vmx_insn_rm(&insn),
        });
    }
    vmx_exit(env, &exit, 0);
}

static void rdtsc(CPUX86State *env, uintptr_t ra)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    bool exits = ctl->proc & X86_VMX_PROC_RDTSC_EXITING;
    VmxInsn insn;
    bool rdtscp;

    if (!exits && (ctl->proc2 & X86_VMX_PROC2_RDTSCP)) {
        return;
    }
    /* EIP is that of the instruction already. */
    insn = vmx_insn_decode(env);
    rdtscp = insn.opcode == 0x0f01;
    if (rdtscp && !(ctl->proc2 & X86_VMX_PROC2_RDTSCP)) {
        raise_exception_ra(env, EXCP06_ILLOP, ra);
    }
    if (exits) {
        vmx_exit_insn(env, rdtscp ? X86_VMX_EXIT_REASON_RDTSCP :
                      X86_VMX_EXIT_REASON_RDTSC, ra);
    }
}

void x86_vmx_rdpid(CPUX86State *env, uintptr_t ra)
{
    if (x86_vmx_guest(env) &&
        !(x86_vmx_controls(env)->proc2 & X86_VMX_PROC2_RDTSCP)) {
        raise_exception_ra(env, EXCP06_ILLOP, ra);
    }
}

/* PAUSE-loop exiting: SDM "Instructions That Cause VM Exits Conditionally" */
static void pause_insn(CPUX86State *env, uintptr_t ra)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t now, gap;

    if (vmx->ctl.proc & X86_VMX_PROC_PAUSE_EXITING) {
        vmx_exit_insn(env, X86_VMX_EXIT_REASON_PAUSE, ra);
    }
    if (!(vmx->ctl.proc2 & X86_VMX_PROC2_PAUSE_LOOP_EXITING) ||
        (env->hflags & HF_CPL_MASK)) {
        return;
    }
    now = cpu_get_tsc(env);
    gap = now - vmx->ple_last;
    vmx->ple_last = now;
    if (gap > vmx->run->ple_gap) {
        vmx->ple_first = now;
    } else if (now - vmx->ple_first > vmx->run->ple_window) {
        vmx_exit_insn(env, X86_VMX_EXIT_REASON_PAUSE, ra);
    }
}

/* INVD and WBINVD, whose privilege QEMU does not check */
static void cpl0(CPUX86State *env, uintptr_t ra)
{
    if (env->hflags & HF_CPL_MASK) {
        raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
    }
}

void helper_vmx_rdrand(CPUX86State *env, uint32_t seed)
{
    uint32_t control = seed ? X86_VMX_PROC2_RDSEED_EXITING :
                              X86_VMX_PROC2_RDRAND_EXITING;

    if (x86_vmx_controls(env)->proc2 & control) {
        vmx_exit_insn(env, seed ? X86_VMX_EXIT_REASON_RDSEED :
                      X86_VMX_EXIT_REASON_RDRAND, GETPC());
    }
}

void x86_vmx_invlpg(CPUX86State *env, uint64_t addr, uintptr_t ra)
{
    if (x86_vmx_controls(env)->proc & X86_VMX_PROC_INVLPG_EXITING) {
        vmx_exit_qual(env, X86_VMX_EXIT_REASON_INVLPG, addr, ra);
    }
}

/* --- exceptions --------------------------------------------------------- */

/* B0 to B3 */
#define DR6_BP 0xfu

target_ulong x86_vmx_db_begin(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (!x86_vmx_guest(env)) {
        return env->dr[6] & ~(target_ulong)DR6_BP;
    }
    vmx->old_dr6 = env->dr[6];
    vmx->old_dr7 = env->dr[7];
    return env->dr[6] & ~(target_ulong)(DR6_BP | DR6_BD | DR6_BS);
}

/* The cause that DR6 has; a #DB that exits changes neither DR6 nor DR7.GD. */
static uint64_t debug_qualification(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t cause = env->dr[6] & (DR6_BP | DR6_BD | DR6_BS);

    env->dr[6] = vmx->old_dr6;
    env->dr[7] = vmx->old_dr7;
    return cause;
}

static G_NORETURN void exit_exception(CPUX86State *env, X86VmcsEvent event,
                                      int error, uint64_t qual,
                                      unsigned length, uintptr_t ra)
{
    event.valid = true;
    event.error_code = event.type == X86_VMCS_EVENT_HW_EXCEPTION &&
                       (env->cr[0] & CR0_PE_MASK) &&
                       exception_has_error_code(event.vector);
    vmx_exit(env, &(VmxExit) {
        .reason = X86_VMX_EXIT_REASON_EXCEPTION_NMI,
        .qualification = qual,
        .intr_info = x86_vmcs_event_info(event),
        .intr_error = event.error_code ? error : 0,
        .insn_len = length,
    }, ra);
}

void x86_vmx_page_fault(CPUX86State *env, int error_code, uint64_t addr,
                        uintptr_t ra)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    bool bit = ctl->exception_bitmap & (1u << EXCP0E_PAGE);
    bool match = (error_code & ctl->pf_mask) == ctl->pf_match;

    if (bit == match) {
        exit_exception(env, (X86VmcsEvent) {
            .type = X86_VMCS_EVENT_HW_EXCEPTION,
            .vector = EXCP0E_PAGE,
        }, error_code, addr, 0, ra);
    }
}

static void exception(CPUX86State *env, unsigned vector, int error,
                      uintptr_t ra)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    uint64_t qual = 0;

    /* A page fault had its turn before CR2 was written. */
    if (vector == EXCP0E_PAGE ||
        !(ctl->exception_bitmap & (1u << vector))) {
        if (vector == EXCP01_DB) {
            env->dr[6] |= env_archcpu(env)->vmx->old_dr6 &
                          ~(target_ulong)DR6_BP;
        }
        return;
    }
    if (vector == EXCP01_DB) {
        qual = debug_qualification(env);
    }
    exit_exception(env, (X86VmcsEvent) {
        .type = X86_VMCS_EVENT_HW_EXCEPTION,
        .vector = vector,
    }, error, qual, 0, ra);
}

/* INT3 and INTO are exceptions, INT n is none. */
static void software_interrupt(CPUX86State *env, unsigned vector,
                               unsigned length, uintptr_t ra)
{
    VmxInsn insn;

    if ((vector != EXCP03_INT3 && vector != EXCP04_INTO) ||
        !(x86_vmx_controls(env)->exception_bitmap & (1u << vector))) {
        return;
    }
    insn = vmx_insn_decode(env);
    if (insn.opcode == 0xcd) {
        return;
    }
    exit_exception(env, (X86VmcsEvent) {
        .type = X86_VMCS_EVENT_SW_EXCEPTION,
        .vector = vector,
    }, 0, 0, length, ra);
}

/*
 * SDM Vol. 3, "Error Code": EXT says that the exception comes of delivering an
 * event which is not an instruction's INT n, INT3 or INTO.  TCG never sets it.
 */
static int with_ext(CPUX86State *env, int vector, int error)
{
    X86VmcsEvent event = x86_vmcs_event(env_archcpu(env)->vmx->vectoring.info);
    bool selector = vector >= EXCP0A_TSS && vector <= EXCP0D_GPF;
    bool instruction = event.type == X86_VMCS_EVENT_SW_INTR ||
                       event.type == X86_VMCS_EVENT_SW_EXCEPTION;

    return error | (event.valid && selector && !instruction);
}

int x86_vmx_raise(CPUX86State *env, int vector, bool is_int, int error,
                  int length, uintptr_t ra)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (is_int) {
        software_interrupt(env, vector, length, ra);
        return error;
    }
    if (vector == EXCP08_DBLE &&
               (vmx->ctl.exception_bitmap & (1u << EXCP08_DBLE))) {
        /* The event that led to it is not reported. */
        vmx->vectoring.info = 0;
        exception(env, vector, error, ra);
    }
    return with_ext(env, vector, error);
}

void x86_vmx_triple_fault(CPUX86State *env, uintptr_t ra)
{
    env_archcpu(env)->vmx->vectoring.info = 0;
    vmx_exit_qual(env, X86_VMX_EXIT_REASON_TRIPLE_FAULT, 0, ra);
}

void x86_vmx_task_switch(CPUX86State *env, uint32_t selector, int source,
                         uintptr_t ra)
{
    static const X86VmxTaskSource sources[] = {
        X86_VMX_TASK_JMP, X86_VMX_TASK_IRET, X86_VMX_TASK_CALL,
    };
    X86VmxTaskQual qual = {
        .selector = selector,
        .source = env_archcpu(env)->vmx->vectoring.info ? X86_VMX_TASK_GATE :
                  sources[source],
    };

    vmx_exit_qual(env, X86_VMX_EXIT_REASON_TASK_SWITCH,
                  x86_vmx_task_qual(qual), ra);
}

/* ICEBP is a #DB that no debug condition causes. */
static void icebp(CPUX86State *env, uintptr_t ra)
{
    if (x86_vmx_controls(env)->exception_bitmap & (1u << EXCP01_DB)) {
        unsigned length = restore(env, ra);

        exit_exception(env, (X86VmcsEvent) {
            .type = X86_VMCS_EVENT_PRIV_SW,
            .vector = EXCP01_DB,
        }, 0, 0, length, 0);
    }
}

/* --- SVM's sites -------------------------------------------------------- */

void vmx_intercept(CPUX86State *env, uint32_t type, uint64_t param,
                   uintptr_t ra)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const VmxControls *ctl = &vmx->ctl;
    uint32_t msr = env->regs[R_ECX];
    int vector;

    switch (type) {
    case SVM_EXIT_READ_DR0 ... SVM_EXIT_READ_DR7:
        mov_dr(env, type - SVM_EXIT_READ_DR0, true, ra);
        break;
    case SVM_EXIT_WRITE_DR0 ... SVM_EXIT_WRITE_DR7:
        mov_dr(env, type - SVM_EXIT_WRITE_DR0, false, ra);
        break;
    case SVM_EXIT_EXCP_BASE ... SVM_EXIT_EXCP_BASE + 31:
        vector = type - SVM_EXIT_EXCP_BASE;
        exception(env, vector, with_ext(env, vector, param), ra);
        break;
    case SVM_EXIT_CPUID:
        vmx_exit_insn(env, X86_VMX_EXIT_REASON_CPUID, ra);
    case SVM_EXIT_MSR:
        if (!vmx->msr_list && msr_exits(env, ctl, msr, param)) {
            vmx_exit_insn(env, param ? X86_VMX_EXIT_REASON_WRMSR :
                          X86_VMX_EXIT_REASON_RDMSR, ra);
        }
        break;
    case SVM_EXIT_HLT:
        if (ctl->proc & X86_VMX_PROC_HLT_EXITING) {
            vmx_exit_insn(env, X86_VMX_EXIT_REASON_HLT, ra);
        }
        break;
    case SVM_EXIT_PAUSE:
        pause_insn(env, ra);
        break;
    case SVM_EXIT_RDTSC:
        rdtsc(env, ra);
        break;
    case SVM_EXIT_RDPMC:
        if (ctl->proc & X86_VMX_PROC_RDPMC_EXITING) {
            vmx_exit_insn(env, X86_VMX_EXIT_REASON_RDPMC, ra);
        }
        break;
    case SVM_EXIT_INVD:
        cpl0(env, ra);
        vmx_exit_insn(env, X86_VMX_EXIT_REASON_INVD, ra);
    case SVM_EXIT_WBINVD:
        cpl0(env, ra);
        if (ctl->proc2 & X86_VMX_PROC2_WBINVD_EXITING) {
            vmx_exit_insn(env, X86_VMX_EXIT_REASON_WBINVD, ra);
        }
        break;
    case SVM_EXIT_XSETBV:
        /* #GP at CPL > 0 comes first, and is checked next. */
        if (!(env->hflags & HF_CPL_MASK)) {
            vmx_exit_insn(env, X86_VMX_EXIT_REASON_XSETBV, ra);
        }
        break;
    case SVM_EXIT_GDTR_READ:
    case SVM_EXIT_GDTR_WRITE:
    case SVM_EXIT_IDTR_READ:
    case SVM_EXIT_IDTR_WRITE:
        if (ctl->proc2 & X86_VMX_PROC2_DESC_TABLE_EXITING) {
            vmx_exit_insn(env, X86_VMX_EXIT_REASON_GDTR_IDTR, ra);
        }
        break;
    case SVM_EXIT_LDTR_READ:
    case SVM_EXIT_LDTR_WRITE:
    case SVM_EXIT_TR_READ:
    case SVM_EXIT_TR_WRITE:
        if (ctl->proc2 & X86_VMX_PROC2_DESC_TABLE_EXITING) {
            vmx_exit_insn(env, X86_VMX_EXIT_REASON_LDTR_TR, ra);
        }
        break;
    case SVM_EXIT_ICEBP:
        icebp(env, ra);
        break;
    default:
        /*
         * Control registers, INVLPG and I/O have sites of their own; the rest
         * does not exist on this CPU, or does not exit.
         */
        break;
    }
}
