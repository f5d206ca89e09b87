/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exits that end in the VMM (TD running 1.6, 3.3, 7).
 */

#include <string.h>

#include "../core/uninitialized.h"
#include "exit.h"

#define EEQ_INFO_SHIFT 32
#define RCX_HINT       (1ULL << 63)

#define STATUS_FATAL (1ULL << 61)
#define STATUS_NON_RECOVERABLE (1ULL << 62)

/* Bits of an EPT violation's qualification that are the guest's alone */
#define QUALIFICATION_OF_GUEST 0x1f80ULL

#define GPA_PAGE (~(uint64_t)(TDX_PAGE_4K - 1))

TdxExitEnd tdx_exit_leave(TdxExit *e, TdxStatus status)
{
    uint32_t reason = e->reason;

    if (e->run->bus_lock) {
        e->run->bus_lock = false;
        reason |= X86_VMX_EXIT_BUS_LOCK;
    }
    e->rax = tdx_op(status, reason);
    return TDX_EXIT_LEAVE;
}

TdxExitEnd tdx_exit_leave_ept(TdxExit *e, uint64_t qualification, uint64_t gpa,
                          TdxEeqType type, uint32_t info)
{
    if ((e->reason & X86_VMX_EXIT_BASIC) !=
        X86_VMX_EXIT_REASON_EPT_VIOLATION) {
        e->reason = X86_VMX_EXIT_REASON_EPT_VIOLATION;
    }
    e->rcx = qualification & ~QUALIFICATION_OF_GUEST;
    e->rdx = (uint64_t)info << EEQ_INFO_SHIFT | type;
    e->r8 = gpa & GPA_PAGE;
    return tdx_exit_leave(e, TDX_SUCCESS);
}

TdxExitEnd tdx_exit_unexpected(TdxExit *e)
{
    e->rcx = e->vmcs->exit_qualification;
    return tdx_exit_leave(e, tdx_exit_debug(e) ? TDX_SUCCESS
                                               : TDX_NON_RECOVERABLE_TD);
}

TdxExitEnd tdx_exit_impossible(TdxExit *e, const char *why)
{
    if (!tdx_exit_debug(e)) {
        tdx_fatal(e->m, why);
        return TDX_EXIT_GONE;
    }
    e->rcx = e->vmcs->exit_qualification;
    e->r9 = e->vmcs->exit_intr_info;
    return tdx_exit_leave(e, TDX_SUCCESS);
}

/* What comes of the vCPU and its TD (7) */
static void settle(TdxExit *e)
{
    if (e->rax & STATUS_FATAL) {
        tdx_td_kill(e->tdr);
    } else if (e->rax & STATUS_NON_RECOVERABLE) {
        tdx_vp_set_state(&e->run->vp, TDX_VCPU_DISABLED);
    } else {
        e->tdvps->last_td_exit = e->vmcall ? TDX_LAST_TDVMCALL
                               : e->trap ? TDX_LAST_ASYNC_TRAP
                               : TDX_LAST_ASYNC_FAULT;
        tdx_vp_set_state(&e->run->vp, TDX_VCPU_READY);
    }
}

static void pass_registers_out(const TdxExit *e, uint64_t gpr[TDX_NUM_GPRS])
{
    uint64_t passed = e->vmcall ? e->rcx & TDX_ALL_GPRS : 0;

    tdx_clear_lines(gpr, TDX_NUM_GPRS * sizeof(gpr[0]));
    for (; passed; passed &= passed - 1) {
        unsigned i = __builtin_ctzll(passed);

        gpr[i] = e->gpr[i];
    }
    gpr[TDX_RAX] = e->rax;
    gpr[TDX_RCX] = e->rcx;
    if (!e->vmcall) {
        gpr[TDX_RDX] = e->rdx;
        gpr[TDX_R8] = e->r8;
        gpr[TDX_R9] = e->r9;
    }
}

void tdx_exit_finish_leave(TdxExit *e)
{
    bool dead = (e->rax & ~(uint64_t)UINT32_MAX) ==
                TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE;
    bool keeps_rbp = e->tdcs->config_flags & TDX_CONFIG_NO_RBP_MOD;
    uint64_t rbp = e->run->vmm.regs.gpr[TDX_RBP];
    TDX_UNINITIALIZED uint64_t gpr[TDX_NUM_GPRS];

    /* 3.1, step 1: nobody sees it before */
    e->tdvps->exit_tsc = e->m->ops->tsc(e->m->opaque, e->lp);
    pass_registers_out(e, gpr);
    if (keeps_rbp) {
        gpr[TDX_RBP] = rbp;
    }
    if (dead) {
        tdx_td_kill(e->tdr);
        e->guest->xsave = NULL;
    } else {
        uint64_t details = tdx_vp_state_details(&e->run->vp);

        e->tdvps->state_details = details;
        if (tdx_vp_resume_hint(e->tdcs, details)) {
            gpr[TDX_RCX] |= RCX_HINT;
        }
        tdx_copy_lines(e->guest->gpr, e->gpr, sizeof(e->guest->gpr));
        settle(e);
        if (!tdx_vp_store(e->m, e->lp)) {
            tdx_td_no_content(e->m, e->tdr,
                              "the extended state of a vCPU has no memory");
        }
        if (e->trap || e->vmcall) {
            tdx_exit_advance(e);
        }
    }
    tdx_vp_set_gprs(e->gpr, gpr);
    tdx_vp_leave(e->m, e->lp, !dead, e->vmcall ? e->rcx >> TDX_NUM_GPRS : 0);
}
