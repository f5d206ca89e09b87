/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Events that the module gives to a guest, and #VE above all (TD running 3.2,
 * 3.5, 5).
 */

#include "../../x86-defs/ve-info.h"
#include "exit.h"

#define VECTOR_NMI 2
#define VECTOR_UD  6
#define VECTOR_DF  8
#define VECTOR_GP  13
#define VECTOR_PF  14

#define RFLAGS_RF (1ULL << 16)

static void inject(TdxExit *e, X86VmcsEventType type, uint8_t vector)
{
    X86VmcsEvent event = { .vector = vector, .type = type, .valid = true };

    e->vmcs->entry_intr_info = x86_vmcs_event_info(event);
    if (type == X86_VMCS_EVENT_HW_EXCEPTION) {
        e->vmcs->guest_rflags |= RFLAGS_RF;
    }
}

/* In real mode exceptions have no error codes */
static void inject_with_code(TdxExit *e, uint8_t vector, uint32_t code)
{
    inject(e, X86_VMCS_EVENT_HW_EXCEPTION, vector);
    if (e->vmcs->guest_cr0 & TDX_CR0_PE) {
        e->vmcs->entry_intr_info |= X86_VMCS_EVENT_ERROR_CODE;
    }
    e->vmcs->entry_error_code = code;
}

TdxExitEnd tdx_exit_inject_ud(TdxExit *e)
{
    inject(e, X86_VMCS_EVENT_HW_EXCEPTION, VECTOR_UD);
    return TDX_EXIT_INJECTED;
}

TdxExitEnd tdx_exit_inject_gp(TdxExit *e)
{
    inject_with_code(e, VECTOR_GP, 0);
    return TDX_EXIT_INJECTED;
}

TdxExitEnd tdx_exit_inject_nmi(TdxExit *e)
{
    inject(e, X86_VMCS_EVENT_NMI, VECTOR_NMI);
    return TDX_EXIT_INJECTED;
}

/* The exception that was being delivered may make a worse one of it (3.2) */
TdxExitEnd tdx_exit_inject_pf(TdxExit *e, uint64_t gla, uint32_t error_code)
{
    X86VmcsEvent vectored = x86_vmcs_event(e->vmcs->idt_vectoring_info);

    e->guest->cr2 = gla;
    if (vectored.valid && vectored.type == X86_VMCS_EVENT_HW_EXCEPTION) {
        if (vectored.vector == VECTOR_DF) {
            e->reason = X86_VMX_EXIT_REASON_TRIPLE_FAULT;
            return tdx_exit_leave(e, TDX_NON_RECOVERABLE_VCPU);
        }
        if (vectored.vector == VECTOR_PF || vectored.vector == X86_VECTOR_VE) {
            inject_with_code(e, VECTOR_DF, 0);
            return TDX_EXIT_INJECTED;
        }
    }
    inject_with_code(e, VECTOR_PF, error_code);
    return TDX_EXIT_INJECTED;
}

static void count_ve(const TdxExit *e, uint8_t category)
{
    uint64_t *ve = e->m->counts[e->lp].ve;

    switch (category) {
#define X(name, value, words)              \
    case TDX_VE_##name:                    \
        tdx_count(&ve[TDX_VE_RANK_##name]); \
        break;
    TDX_VE_CATEGORIES(X)
#undef X
    }
}

static TdxExitEnd inject_ve(TdxExit *e, const TdxVeInfo *info)
{
    TdxVeInfo *ve = &e->tdvps->ve_info;

    /* The guest has not read the last one */
    if (ve->valid) {
        inject_with_code(e, VECTOR_DF, 0);
        return TDX_EXIT_INJECTED;
    }
    ve->exit_reason = info->exit_reason;
    ve->exit_qualification = info->exit_qualification;
    ve->gla = info->gla;
    ve->gpa = info->gpa;
    ve->eptp_index = e->vmcs->eptp_index;
    ve->insn_len = e->vmcs->exit_instr_length;
    ve->insn_info = e->vmcs->exit_instr_info;
    ve->category = info->category;
    ve->interruptibility = e->vmcs->guest_interruptibility;
    ve->valid = X86_VE_INFO_BUSY;
    inject(e, X86_VMCS_EVENT_HW_EXCEPTION, X86_VECTOR_VE);
    count_ve(e, info->category);
    tdx_observe_ve(e->m, e->run->vp.hpa, info->exit_reason, info->category);
    return TDX_EXIT_INJECTED;
}

TdxExitEnd tdx_exit_inject_ve(TdxExit *e, TdxVeCategory category,
                          uint64_t qualification)
{
    TdxVeInfo info = {
        .exit_reason = e->reason,
        .exit_qualification = qualification,
        .category = category,
    };

    return inject_ve(e, &info);
}

TdxExitEnd tdx_exit_inject_ept_ve(TdxExit *e, TdxVeCategory category,
                              uint64_t qualification, uint64_t gla,
                              uint64_t gpa)
{
    TdxVeInfo info = {
        .exit_reason = X86_VMX_EXIT_REASON_EPT_VIOLATION,
        .exit_qualification = qualification,
        .gla = gla,
        .gpa = gpa,
        .category = category,
    };

    return inject_ve(e, &info);
}
