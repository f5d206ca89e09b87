/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exits that no instruction causes: interrupts, NMIs, machine checks
 * (TD running 3.3, 6).
 */

#include "../../x86-defs/vmx-controls-list.h"
#include "exit.h"

#define VECTOR_MC 18

/* Qualification of an SMI: it is a machine check */
#define SMI_MSMI (1ULL << 0)

/* Qualification of a notification */
#define NOTIFY_CONTEXT_INVALID (1ULL << 0)
#define NOTIFY_NMI_UNBLOCKED   (1ULL << 12)

TdxExitEnd tdx_exit_exception_nmi(TdxExit *e)
{
    X86VmcsEvent event = x86_vmcs_event(e->vmcs->exit_intr_info);

    e->rcx = e->vmcs->exit_qualification;
    e->r9 = e->vmcs->exit_intr_info;
    if (event.type == X86_VMCS_EVENT_NMI) {
        return tdx_exit_leave(e, TDX_SUCCESS);
    }
    if (event.vector == VECTOR_MC) {
        return tdx_exit_leave(e, TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE);
    }
    return tdx_exit_impossible(e, "a TD had an exit by an exception that is not "
                           "intercepted");
}

TdxExitEnd tdx_exit_smi(TdxExit *e)
{
    e->rcx = e->vmcs->exit_qualification;
    e->r9 = e->vmcs->exit_intr_info;
    return tdx_exit_leave(e, e->rcx & SMI_MSMI &&
                         e->reason == X86_VMX_EXIT_REASON_OTHER_SMI
                         ? TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE
                         : TDX_SUCCESS);
}

/* 6.3.  Where there is nothing to inject the window just closes */
TdxExitEnd tdx_exit_nmi_window(TdxExit *e)
{
    e->vmcs->proc_controls &= ~X86_VMX_PROC_NMI_WINDOW_EXITING;
    if (__atomic_load_n(&e->tdvps->pend_nmi, __ATOMIC_SEQ_CST) &&
        !e->tdvps->ve_info.valid) {
        __atomic_store_n(&e->tdvps->pend_nmi, 0, __ATOMIC_SEQ_CST);
        return tdx_exit_inject_nmi(e);
    }
    return TDX_EXIT_INJECTED;
}

TdxExitEnd tdx_exit_notification(TdxExit *e)
{
    e->rcx = e->vmcs->exit_qualification;
    if (e->rcx & NOTIFY_NMI_UNBLOCKED) {
        e->vmcs->guest_interruptibility |= X86_VMCS_BLOCK_NMI;
    }
    return tdx_exit_leave(e, e->rcx & NOTIFY_CONTEXT_INVALID
                         ? TDX_NON_RECOVERABLE_TD : TDX_SUCCESS);
}

TdxExitEnd tdx_exit_rdpmc(TdxExit *e)
{
    if (e->tdcs->attributes & TDX_ATTR_PERFMON) {
        return tdx_exit_impossible(e, "RDPMC exits though the TD has PERFMON");
    }
    return tdx_exit_inject_gp(e);
}
