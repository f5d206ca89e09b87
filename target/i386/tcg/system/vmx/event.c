/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Events of a VMX guest: what happens at an instruction boundary, injection,
 * the record of an event that is being delivered, the preemption timer.
 */

#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "exec/replay-core.h"
#include "tcg/helper-tcg.h"
#include "x86-defs/ve-info.h"
#include "engine.h"

/* --- the preemption timer ----------------------------------------------- */

void vmx_timer_arm(X86CPU *cpu, uint64_t ticks)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t ms = now / SCALE_MS;
    uint64_t wait = ticks;

    /* Both clocks count while the machine runs: their ratio is the rate. */
    if (ms) {
        uint64_t per_ms = cpu_get_tsc(&cpu->env) / ms;

        wait = muldiv64(ticks, SCALE_MS, MAX(1, MIN(per_ms, UINT32_MAX)));
    }
    timer_mod(cpu->vmx->timer, now + (int64_t)MIN(wait, INT64_MAX / 2) + 1);
}

void vmx_timer_start(CPUX86State *env, uint32_t value)
{
    X86CPU *cpu = env_archcpu(env);
    uint64_t ticks = (uint64_t)value << X86_VMX_TIMER_SHIFT;

    cpu->vmx->timer_tsc = cpu_get_tsc(env) + ticks;
    if (value) {
        vmx_timer_arm(cpu, ticks);
    }
}

uint32_t vmx_timer_stop(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t now = cpu_get_tsc(env);

    timer_del(vmx->timer);
    return now >= vmx->timer_tsc ? 0 :
           (vmx->timer_tsc - now) >> X86_VMX_TIMER_SHIFT;
}

/* --- attention ---------------------------------------------------------- */

void vmx_attention(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const VmxControls *ctl = &vmx->ctl;

    /* x86_vmx_raise_init() looks whether non-root operation has begun. */
    smp_mb();
    if ((ctl->proc & (X86_VMX_PROC_INTR_WINDOW_EXITING |
                      X86_VMX_PROC_NMI_WINDOW_EXITING |
                      X86_VMX_PROC_MONITOR_TRAP)) ||
        vmx->mtf || vmx->pending_debug || vmx->apic.exit_reason ||
        vmx->apic.pending || qatomic_read(&vmx->init_pending) ||
        ((ctl->pin & X86_VMX_PIN_PREEMPTION_TIMER) &&
         cpu_get_tsc(env) >= vmx->timer_tsc)) {
        bool locked = bql_locked();

        if (!locked) {
            bql_lock();
        }
        cpu_interrupt(cs, CPU_INTERRUPT_VMX);
        if (!locked) {
            bql_unlock();
        }
    }
}

void helper_vmx_step(CPUX86State *env)
{
    env_archcpu(env)->vmx->mtf = true;
}

/* --- an instruction boundary -------------------------------------------- */

static void exit_reason(CPUX86State *env, X86VmxExitReason reason)
{
    vmx_switch_to_host(env, &(VmxExit) { .reason = reason });
}

static void exit_event(CPUX86State *env, X86VmxExitReason reason,
                       X86VmcsEvent event)
{
    event.valid = true;
    vmx_switch_to_host(env, &(VmxExit) {
        .reason = reason,
        .intr_info = x86_vmcs_event_info(event),
    });
}

/*
 * Whoever does not return from vmx_exec_interrupt() notes for record and replay
 * what the execution loop would: that something happened at this instruction.
 */
static void leave_exec_interrupt(void)
{
    replay_interrupt();
}

/* HLT goes on after what was no event for the guest. */
static void resume_halt(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);

    if (env_archcpu(env)->vmx->hlt) {
        cs->halted = 1;
        cs->exception_index = EXCP_HLT;
        leave_exec_interrupt();
        cpu_loop_exit(cs);
    }
}

static bool external_interrupt(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    const VmxControls *ctl = x86_vmx_controls(env);
    int vector;

    if (!(ctl->exit & X86_VMX_EXIT_ACK_INTERRUPT)) {
        exit_reason(env, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
        return true;
    }
    cs->interrupt_request &= ~CPU_INTERRUPT_HARD;
    vector = cpu_get_pic_interrupt(env);
    if (vector < 0) {
        return false;
    }
    if (vmx_vapic_notified(env, vector)) {
        resume_halt(env);
        return true;
    }
    exit_event(env, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT, (X86VmcsEvent) {
        .type = X86_VMCS_EVENT_EXT_INTR,
        .vector = vector,
    });
    return true;
}

/* What VM entry found as pending, and nothing else delivered */
static void pending_debug(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t pending = vmx->pending_debug;

    vmx->pending_debug = 0;
    env->dr[6] = x86_vmx_db_begin(env);
    env->dr[6] |= pending & (X86_VMCS_PENDING_BP | X86_VMCS_PENDING_BS);
    leave_exec_interrupt();
    raise_exception(env, EXCP01_DB);
}

/*
 * A single-step trap of the guest waits for what comes before it, the monitor
 * trap flag above all.
 */
void x86_vmx_single_step(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    target_ulong dr6 = env->dr[6];
    uint64_t hits;

    check_hw_breakpoints(env, true);
    hits = env->dr[6] & X86_VMCS_PENDING_BP;
    env->dr[6] = dr6;
    vmx->pending_debug |= X86_VMCS_PENDING_BS;
    if (hits) {
        vmx->pending_debug |= hits | X86_VMCS_PENDING_ENABLED;
    }
    vmx_attention(env);
    cpu_loop_exit_noexc(env_cpu(env));
}

/*
 * Where the end of HLT is seen nothing can be delivered that may fault, and so
 * exit: the trap waits until instructions are executed again.
 */
bool x86_vmx_halt_trap(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (!vmx) {
        return false;
    }
    if (x86_vmx_guest(env)) {
        vmx->hlt = false;
        vmx->pending_debug |= X86_VMCS_PENDING_BS;
        vmx_attention(env);
        return true;
    }
    env->dr[6] |= DR6_BS;
    env->error_code = 0;
    env->exception_is_int = 0;
    env->exception_next_eip = env->eip;
    cs->exception_index = EXCP01_DB;
    return true;
}

bool vmx_exec_interrupt(X86CPU *cpu, int request)
{
    CPUState *cs = CPU(cpu);
    CPUX86State *env = &cpu->env;
    X86VmxState *vmx = cpu->vmx;
    VmxPending pending = vmx_pending(cpu, request);
    int vector;

    switch (pending) {
    case VMX_PENDING_NONE:
        vmx->hlt = vmx->hlt && cs->halted;
        return false;
    case VMX_PENDING_POLL:
        cs->interrupt_request &= ~CPU_INTERRUPT_POLL;
        apic_poll_irq(cpu->apic_state);
        return true;
    case VMX_PENDING_SIPI:
        /* There is no activity state that waits for it. */
        cpu_reset_interrupt(cs, CPU_INTERRUPT_SIPI);
        return false;
    case VMX_PENDING_APIC:
        vmx_switch_to_host(env, &(VmxExit) {
            .reason = vmx->apic.exit_reason,
            .qualification = vmx->apic.exit_qualification,
        });
        return true;
    case VMX_PENDING_INIT:
        vmx->init_pending = false;
        exit_reason(env, X86_VMX_EXIT_REASON_INIT);
        return true;
    case VMX_PENDING_SMI:
        /* It comes once the VMM runs. */
        exit_reason(env, X86_VMX_EXIT_REASON_OTHER_SMI);
        return true;
    case VMX_PENDING_MTF:
        exit_reason(env, X86_VMX_EXIT_REASON_MONITOR_TRAP);
        return true;
    case VMX_PENDING_DEBUG:
        pending_debug(env);
        return true;
    case VMX_PENDING_MACHINE_CHECK:
        cs->interrupt_request &= ~CPU_INTERRUPT_MCE;
        if (vmx->ctl.exception_bitmap & (1u << EXCP12_MCHK)) {
            exit_event(env, X86_VMX_EXIT_REASON_EXCEPTION_NMI, (X86VmcsEvent) {
                .type = X86_VMCS_EVENT_HW_EXCEPTION,
                .vector = EXCP12_MCHK,
            });
            return true;
        }
        do_interrupt_x86_hardirq(env, EXCP12_MCHK, 0);
        return true;
    case VMX_PENDING_TIMER:
        exit_reason(env, X86_VMX_EXIT_REASON_PREEMPTION_TIMER);
        return true;
    case VMX_PENDING_NMI_EXIT:
        cs->interrupt_request &= ~CPU_INTERRUPT_NMI;
        exit_event(env, X86_VMX_EXIT_REASON_EXCEPTION_NMI, (X86VmcsEvent) {
            .type = X86_VMCS_EVENT_NMI,
            .vector = EXCP02_NMI,
        });
        return true;
    case VMX_PENDING_NMI:
        cs->interrupt_request &= ~CPU_INTERRUPT_NMI;
        env->hflags2 |= HF2_NMI_MASK;
        do_interrupt_x86_hardirq(env, EXCP02_NMI, 1);
        return true;
    case VMX_PENDING_NMI_WINDOW:
        exit_reason(env, X86_VMX_EXIT_REASON_NMI_WINDOW);
        return true;
    case VMX_PENDING_INTR_EXIT:
        return external_interrupt(env);
    case VMX_PENDING_INTR:
        cs->interrupt_request &= ~CPU_INTERRUPT_HARD;
        vector = cpu_get_pic_interrupt(env);
        if (vector >= 0) {
            do_interrupt_x86_hardirq(env, vector, 1);
        }
        return true;
    case VMX_PENDING_INTR_WINDOW:
        exit_reason(env, X86_VMX_EXIT_REASON_INTERRUPT_WINDOW);
        return true;
    case VMX_PENDING_VIRTUAL_INTR:
        cs->interrupt_request &= ~CPU_INTERRUPT_VMX;
        vector = vmx_vapic_deliver(env);
        vmx_attention(env);
        do_interrupt_x86_hardirq(env, vector, 1);
        return true;
    default:
        g_assert_not_reached();
    }
}

/* --- delivery ----------------------------------------------------------- */

static bool contributory(unsigned vector)
{
    return vector == EXCP00_DIVZ || (vector >= EXCP0A_TSS &&
                                     vector <= EXCP0D_GPF);
}

void vmx_event_begin(CPUX86State *env, int vector, bool is_int, int error,
                     uint64_t next_eip, bool is_hw)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86VmcsEvent event = { .vector = vector, .valid = true };
    unsigned length = 0;

    vmx->hlt = false;
    if (vmx->injecting) {
        vmx->injecting = false;
        return;
    }
    if (is_int) {
        length = next_eip - env->eip;
        event.type = length == 1 ? X86_VMCS_EVENT_SW_EXCEPTION :
                                   X86_VMCS_EVENT_SW_INTR;
    } else if (is_hw) {
        event.type = vector == EXCP02_NMI ? X86_VMCS_EVENT_NMI :
                                            X86_VMCS_EVENT_EXT_INTR;
    } else {
        event.type = X86_VMCS_EVENT_HW_EXCEPTION;
        event.error_code = (env->cr[0] & CR0_PE_MASK) &&
                           exception_has_error_code(vector);
    }
    vmx->vectoring = (VmxEvent) {
        .info = x86_vmcs_event_info(event),
        .error = event.error_code ? error : 0,
        .insn_len = length,
        .eip = env->eip,
    };
}

void vmx_event_end(CPUX86State *env)
{
    env_archcpu(env)->vmx->vectoring.info = 0;
}

void vmx_inject(CPUX86State *env, uint32_t info, uint32_t error,
                uint32_t insn_len)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86VmcsEvent event = x86_vmcs_event(info);
    uint64_t next_eip = env->eip + insn_len;
    bool is_int = false;
    bool is_hw = false;

    env->hflags &= ~HF_INHIBIT_IRQ_MASK;
    vmx->vectoring = (VmxEvent) {
        .info = info & ~(X86_VMCS_EVENT_ENTRY_RESERVED),
        .error = event.error_code ? error : 0,
        .eip = env->eip,
    };
    switch (event.type) {
    case X86_VMCS_EVENT_OTHER:
        /* An exit by the monitor trap flag, before anything else happens */
        vmx->vectoring.info = 0;
        vmx->mtf = true;
        vmx_attention(env);
        return;
    case X86_VMCS_EVENT_NMI:
        env->hflags2 |= HF2_NMI_MASK;
        is_hw = true;
        break;
    case X86_VMCS_EVENT_EXT_INTR:
        is_hw = true;
        break;
    case X86_VMCS_EVENT_SW_INTR:
    case X86_VMCS_EVENT_SW_EXCEPTION:
        vmx->vectoring.insn_len = insn_len;
        is_int = true;
        break;
    case X86_VMCS_EVENT_PRIV_SW:
        /* A trap: no privilege check, but as after the instruction */
        vmx->vectoring.insn_len = insn_len;
        env->eip = next_eip;
        break;
    default:
        if (contributory(event.vector) || event.vector == EXCP0E_PAGE ||
            event.vector == EXCP08_DBLE) {
            env->old_exception = event.vector;
        } else if (event.vector == X86_VECTOR_VE) {
            env->old_exception = EXCP0E_PAGE; /* of that class */
        }
        break;
    }
    vmx->injecting = true;
    do_interrupt_all(env_archcpu(env), event.vector, is_int, error, next_eip,
                     is_hw);
    env->old_exception = -1;
}
