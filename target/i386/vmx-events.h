/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a VMX guest does that may be a VM exit, and what happens to it between
 * instructions: vmx/intercept.c and vmx/event.c.
 */

#ifndef TARGET_I386_VMX_EVENTS_H
#define TARGET_I386_VMX_EVENTS_H

#include "target/i386/vmx.h"

#ifndef CONFIG_USER_ONLY

/* --- intercepts: the CPU is in non-root operation ----------------------- */

/** vmx_intercept: SVM's site @type with its @param.  Exits, or returns. */
void vmx_intercept(CPUX86State *env, uint32_t type, uint64_t param,
                   uintptr_t ra);

/** x86_vmx_check_io: an I/O instruction, @param as SVM has it */
void x86_vmx_check_io(CPUX86State *env, uint32_t port, uint32_t param,
                      uintptr_t ra);

/** x86_vmx_invlpg: INVLPG of linear address @addr */
void x86_vmx_invlpg(CPUX86State *env, uint64_t addr, uintptr_t ra);

/** x86_vmx_rdpid: RDPID, in either world; #UD where the guest has none */
void x86_vmx_rdpid(CPUX86State *env, uintptr_t ra);

/**
 * x86_vmx_raise: an interrupt instruction of @length bytes, or an exception
 * that is @vector after it has been combined with one before.  Returns the
 * error code to deliver.
 */
int x86_vmx_raise(CPUX86State *env, int vector, bool is_int, int error,
                  int length, uintptr_t ra);

/**
 * x86_vmx_db_begin: DR6 and DR7 are about to tell of a #DB, in either world.
 * Returns DR6 without causes; in non-root operation even without BD and BS,
 * which are to tell of this #DB and no earlier one.
 */
target_ulong x86_vmx_db_begin(CPUX86State *env);

/** x86_vmx_single_step: an instruction with RFLAGS.TF has been executed */
G_NORETURN void x86_vmx_single_step(CPUX86State *env);

/**
 * x86_vmx_halt_trap: HLT was executed with RFLAGS.TF, and ends; outside the
 * execution of instructions.  Returns whether the trap will be delivered there.
 */
bool x86_vmx_halt_trap(CPUX86State *env);

/** x86_vmx_triple_fault: exits */
G_NORETURN void x86_vmx_triple_fault(CPUX86State *env, uintptr_t ra);

/** x86_vmx_task_switch: exits; @source is seg_helper.c's */
G_NORETURN void x86_vmx_task_switch(CPUX86State *env, uint32_t selector,
                                    int source, uintptr_t ra);

/* --- events: the CPU is in non-root operation --------------------------- */

/** VmxPending: what happens at an instruction boundary, by priority */
typedef enum VmxPending {
    VMX_PENDING_NONE,
    VMX_PENDING_POLL,
    VMX_PENDING_SIPI,
    VMX_PENDING_APIC,
    VMX_PENDING_INIT,
    VMX_PENDING_SMI,
    VMX_PENDING_MACHINE_CHECK,
    VMX_PENDING_MTF,
    VMX_PENDING_DEBUG,
    VMX_PENDING_TIMER,
    VMX_PENDING_NMI_EXIT,
    VMX_PENDING_NMI,
    VMX_PENDING_NMI_WINDOW,
    VMX_PENDING_INTR_EXIT,
    VMX_PENDING_INTR,
    VMX_PENDING_INTR_WINDOW,
    VMX_PENDING_VIRTUAL_INTR,
} VmxPending;

/** vmx_pending: what is next, of what @request and the guest's state allow */
VmxPending vmx_pending(X86CPU *cpu, int request);

/** vmx_exec_interrupt: let it happen.  BQL held.  False: nothing happened. */
bool vmx_exec_interrupt(X86CPU *cpu, int request);

/**
 * vmx_event_begin: delivery of an event through the IDT begins; the arguments
 * are do_interrupt_all()'s
 */
void vmx_event_begin(CPUX86State *env, int vector, bool is_int, int error,
                     uint64_t next_eip, bool is_hw);

/** vmx_event_end: it has been delivered */
void vmx_event_end(CPUX86State *env);

/** vmx_timer_arm: look at the preemption timer after @ticks of the TSC */
void vmx_timer_arm(X86CPU *cpu, uint64_t ticks);

/** vmx_decode_controls: fill @ctl from @run */
void vmx_decode_controls(X86CPU *cpu);

/**
 * vmx_vapic_map: find what @ctl says of the virtual APIC in the machine's
 * memory, as for a guest of VMLAUNCH
 */
void vmx_vapic_map(CPUX86State *env);

/** vmx_vapic_unmap: there is no virtual APIC any more.  BQL held. */
void vmx_vapic_unmap(X86CPU *cpu);

#endif /* !CONFIG_USER_ONLY */

#endif /* TARGET_I386_VMX_EVENTS_H */
