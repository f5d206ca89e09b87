/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a VM exit of a TD to what handles it, and on to the guest or the VMM
 * (TD running 3.1).
 */

#include <glib.h>
#include <string.h>

#include "../../x86-defs/vmx-controls-list.h"
#include "../core/uninitialized.h"
#include "../exit/epf.h"
#include "../exit/exit.h"

/* Reason bits that no exit of a TD has */
#define REASON_IMPOSSIBLE (0x73ff0000u & ~X86_VMX_EXIT_BUS_LOCK)

#define RFLAGS_TF    (1ULL << 8)
#define DEBUGCTL_BTF (1ULL << 1)

#define VECTOR_PF 14

static TdxExitEnd inject_ve_instruction(TdxExit *e)
{
    return tdx_exit_inject_ve(e, TDX_VE_PARAVIRT, e->vmcs->exit_qualification);
}

static TdxExitEnd inject_ve_pconfig(TdxExit *e)
{
    return tdx_exit_inject_ve(e, TDX_VE_CONFIGURABLE,
                          e->vmcs->exit_qualification);
}

/* To the VMM with the qualification, as it is */
static TdxExitEnd leave_plain(TdxExit *e)
{
    e->rcx = e->vmcs->exit_qualification;
    return tdx_exit_leave(e, TDX_SUCCESS);
}

static TdxExitEnd leave_interrupt(TdxExit *e)
{
    e->r9 = e->vmcs->exit_intr_info;
    return leave_plain(e);
}

static TdxExitEnd triple_fault(TdxExit *e)
{
    e->rcx = e->vmcs->exit_qualification;
    return tdx_exit_leave(e, TDX_NON_RECOVERABLE_VCPU);
}

static TdxExitEnd pml_full(TdxExit *e)
{
    return tdx_exit_impossible(e,
                               "a TD without a page-modification log fills it");
}

/* 3.3; what is not there is not to be expected */
static TdxExitHandler *const handlers[] = {
#define EXIT(name, handler) [X86_VMX_EXIT_REASON_##name] = handler
    EXIT(EXCEPTION_NMI, tdx_exit_exception_nmi),
    EXIT(EXTERNAL_INTERRUPT, leave_interrupt),
    EXIT(TRIPLE_FAULT, triple_fault),
    EXIT(INIT, leave_plain),
    EXIT(OTHER_SMI, tdx_exit_smi),
    EXIT(NMI_WINDOW, tdx_exit_nmi_window),
    EXIT(TASK_SWITCH, leave_plain),
    EXIT(CPUID, tdx_exit_cpuid),
    EXIT(GETSEC, tdx_exit_inject_ud),
    EXIT(HLT, inject_ve_instruction),
    EXIT(INVD, inject_ve_instruction),
    EXIT(RDPMC, tdx_exit_rdpmc),
    EXIT(RSM, tdx_exit_inject_ud),
    EXIT(VMCALL, inject_ve_instruction),
    EXIT(VMCLEAR, tdx_exit_inject_ud),
    EXIT(VMLAUNCH, tdx_exit_inject_ud),
    EXIT(VMPTRLD, tdx_exit_inject_ud),
    EXIT(VMPTRST, tdx_exit_inject_ud),
    EXIT(VMREAD, tdx_exit_inject_ud),
    EXIT(VMRESUME, tdx_exit_inject_ud),
    EXIT(VMWRITE, tdx_exit_inject_ud),
    EXIT(VMXOFF, tdx_exit_inject_ud),
    EXIT(VMXON, tdx_exit_inject_ud),
    EXIT(CR_ACCESS, tdx_exit_cr_access),
    EXIT(IO_INSTRUCTION, inject_ve_instruction),
    EXIT(RDMSR, tdx_exit_rdmsr),
    EXIT(WRMSR, tdx_exit_wrmsr),
    EXIT(MWAIT, tdx_exit_inject_ud),
    EXIT(MONITOR, tdx_exit_inject_ud),
    [42] = tdx_exit_smi, /* after a wake-up from a C-state */
    EXIT(EPT_VIOLATION, tdx_exit_ept_violation),
    EXIT(EPT_MISCONFIG, tdx_exit_ept_misconfig),
    EXIT(INVEPT, tdx_exit_inject_ud),
    EXIT(INVVPID, tdx_exit_inject_ud),
    EXIT(WBINVD, inject_ve_instruction),
    EXIT(XSETBV, tdx_exit_xsetbv),
    EXIT(APIC_WRITE, inject_ve_instruction),
    EXIT(VMFUNC, tdx_exit_inject_ud),
    EXIT(ENCLS, tdx_exit_inject_ud),
    EXIT(PML_FULL, pml_full),
    EXIT(PCONFIG, inject_ve_pconfig),
    EXIT(ENCLV, tdx_exit_inject_ud),
    EXIT(ENQCMD_PASID, tdx_exit_inject_gp),
    EXIT(ENQCMDS_PASID, tdx_exit_inject_ud),
    EXIT(BUS_LOCK, leave_plain),
    EXIT(INSTRUCTION_TIMEOUT, tdx_exit_notification),
    EXIT(SEAMCALL, tdx_exit_inject_ud),
    EXIT(TDCALL, tdx_exit_tdcall),
#undef EXIT
};

/* 3.1, step 8 */
static TdxExitEnd failed_entry(TdxExit *e)
{
    uint32_t basic = e->reason & X86_VMX_EXIT_BASIC;

    e->rcx = e->vmcs->exit_qualification;
    switch (basic) {
    case X86_VMX_EXIT_REASON_INVALID_GUEST_STATE:
        return tdx_exit_leave(e, tdx_exit_debug(e) ? TDX_SUCCESS
                                           : TDX_NON_RECOVERABLE_TD);
    case X86_VMX_EXIT_REASON_MACHINE_CHECK:
        return tdx_exit_leave(e, TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE);
    default:
        tdx_fatal(e->m, "the entry of a TD failed for no reason there is");
        return TDX_EXIT_GONE;
    }
}

static bool may_vector(uint32_t reason)
{
    return reason == X86_VMX_EXIT_REASON_TASK_SWITCH ||
           reason == X86_VMX_EXIT_REASON_EPT_VIOLATION ||
           reason == X86_VMX_EXIT_REASON_EPT_MISCONFIG;
}

/* 3.2: what was being delivered is delivered again */
static void deliver_again(TdxExit *e)
{
    X86Vmcs *v = e->vmcs;
    X86VmcsEvent event = x86_vmcs_event(v->idt_vectoring_info);

    event.nmi_unblocked = false;
    v->entry_intr_info = x86_vmcs_event_info(event);
    v->entry_error_code = v->idt_vectoring_error_code;
    v->entry_instr_length = v->exit_instr_length;
    if (event.type == X86_VMCS_EVENT_NMI) {
        v->guest_interruptibility &= ~X86_VMCS_BLOCK_NMI;
    }
}

/* The TD has been killed */
static TdxExitEnd leave_dead(TdxExit *e)
{
    e->rcx = e->vmcs->exit_qualification;
    e->r9 = e->vmcs->exit_intr_info;
    return tdx_exit_leave(e, TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE);
}

/* 3.1, steps 2 to 9 */
static TdxExitEnd handle(TdxExit *e)
{
    uint32_t reason = e->vmcs->exit_reason;
    uint32_t basic = reason & X86_VMX_EXIT_BASIC;

    if (tdx_tdr_fatal(e->tdr)) {
        return leave_dead(e);
    }
    if (reason & X86_VMX_EXIT_BUS_LOCK) {
        e->run->bus_lock = true;
    }
    if (reason & REASON_IMPOSSIBLE && !tdx_exit_debug(e)) {
        tdx_fatal(e->m, "an exit reason has bits that no TD can cause");
        return TDX_EXIT_GONE;
    }
    tdx_epf_exit(e);
    if (e->vmcs->idt_vectoring_info & X86_VMCS_EVENT_VALID) {
        if (!may_vector(basic)) {
            return tdx_exit_impossible(e, "an exit interrupts the delivery of an "
                                   "event that cannot");
        }
        deliver_again(e);
    }
    if (reason & X86_VMX_EXIT_ENTRY_FAILURE) {
        return failed_entry(e);
    }
    if (basic >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[basic]) {
        return tdx_exit_unexpected(e);
    }
    return handlers[basic](e);
}

void tdx_exit_advance(TdxExit *e)
{
    X86Vmcs *v = e->vmcs;

    v->guest_rip += v->exit_instr_length;
    v->guest_interruptibility &= ~(X86_VMCS_BLOCK_STI |
                                   X86_VMCS_BLOCK_MOV_SS);
    v->guest_pending_debug &= ~X86_VMCS_PENDING_BS;
    if (v->guest_rflags & RFLAGS_TF && !(v->guest_debugctl & DEBUGCTL_BTF)) {
        v->guest_pending_debug |= X86_VMCS_PENDING_BS;
    }
}

static void arm_nmi_window(TdxExit *e)
{
    if (__atomic_load_n(&e->tdvps->pend_nmi, __ATOMIC_SEQ_CST) &&
        !e->tdvps->ve_info.valid) {
        e->vmcs->proc_controls |= X86_VMX_PROC_NMI_WINDOW_EXITING;
    }
}

/* Has the owner of a TD that is debugged asked for what is injected? */
static bool injection_intercepted(const TdxExit *e)
{
    const X86Vmcs *v = e->vmcs;
    X86VmcsEvent event = x86_vmcs_event(v->entry_intr_info);
    bool bit = v->exception_bitmap >> (event.vector & 31) & 1;

    if (!tdx_exit_debug(e) || !event.valid ||
        event.type == X86_VMCS_EVENT_NMI ||
        event.type == X86_VMCS_EVENT_EXT_INTR) {
        return false;
    }
    if (event.vector == VECTOR_PF) {
        return bit == ((v->entry_error_code & v->pf_error_mask) ==
                       v->pf_error_match);
    }
    return bit;
}

/* 3.1, steps 10 to 12 */
static TdxExitEnd finish(TdxExit *e, TdxExitEnd end)
{
    if (end == TDX_EXIT_DONE) {
        arm_nmi_window(e);
        tdx_exit_advance(e);
    } else if (end == TDX_EXIT_RESTART) {
        e->vmcs->guest_interruptibility &= ~(X86_VMCS_BLOCK_STI |
                                             X86_VMCS_BLOCK_MOV_SS);
    } else if (end != TDX_EXIT_INJECTED) {
        return end;
    }
    /* What was read on the way is no more: the guest must not go on with it */
    if (tdx_tdr_fatal(e->tdr)) {
        return leave_dead(e);
    }
    if (e->run->bus_lock) {
        e->reason = X86_VMX_EXIT_REASON_BUS_LOCK;
        return tdx_exit_leave(e, TDX_SUCCESS);
    }
    if (injection_intercepted(e)) {
        e->reason = X86_VMX_EXIT_REASON_EXCEPTION_NMI;
        e->r9 = e->vmcs->entry_intr_info;
        return tdx_exit_leave(e, TDX_SUCCESS);
    }
    return end;
}

static const char *reason_name(uint32_t reason)
{
#define NAME(name, number, words) case number: return words;
    switch (reason & X86_VMX_EXIT_BASIC) {
    X86_VMX_EXIT_LIST(NAME)
    }
#undef NAME
    return NULL;
}

static void observe(const TdxExit *e)
{
    const TdxObserver *observer = tdx_observer(e->m);

    if (observer && observer->td_exit) {
        observer->td_exit(e->m->opaque, e->lp, e->run->vp.hpa,
                          e->vmcs->exit_reason, reason_name(e->reason),
                          e->vmcs->exit_qualification);
    }
}

/* By the reason that the processor had; what the VMM hears may be another */
static void count_exit(const TdxExit *e, bool left)
{
    unsigned basic = e->vmcs->exit_reason & X86_VMX_EXIT_BASIC;
    TdxExitCount *n =
        &e->m->counts[e->lp].exit[MIN(basic, TDX_EXIT_POINTS)];

    tdx_count(&n->exits);
    if (left) {
        tdx_count(&n->left);
    }
}

TdxTdVerdict tdx_module_td_exit(TdxModule *m, unsigned lp,
                                uint64_t gpr[TDX_NUM_GPRS])
{
    TdxExitEnd end;
    TDX_UNINITIALIZED TdxExit e;

    if (__atomic_load_n(&m->st.fatal, __ATOMIC_SEQ_CST)) {
        return TDX_TD_GONE;
    }
    tdx_exit_init(&e, m, lp, gpr);
    e.reason = e.vmcs->exit_reason & ~X86_VMX_EXIT_BUS_LOCK;
    observe(&e);
    end = finish(&e, handle(&e));
    count_exit(&e, end == TDX_EXIT_LEAVE);
    if (end == TDX_EXIT_LEAVE) {
        tdx_exit_finish_leave(&e);
    }
    if (end == TDX_EXIT_GONE ||
        __atomic_load_n(&m->st.fatal, __ATOMIC_SEQ_CST)) {
        return TDX_TD_GONE;
    }
    return end == TDX_EXIT_LEAVE ? TDX_TD_LEAVE : TDX_TD_RESUME;
}
