/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.ENTER: run a vCPU.
 *
 * On a machine that cannot run TDs all checks are made and the entry itself
 * fails, as one does on a processor that finds the guest state unfit: the
 * vCPU is disabled by that and its TD goes on without it.
 */

#include <string.h>

#include "../../x86-defs/vmx-controls-list.h"
#include "../../x86-defs/msr-bits.h"
#include "../core/uninitialized.h"
#include "../exit/epf.h"
#include "../sys/platform-msr.h"
#include "answers.h"

/* Operand RCX */
#define RCX_TDVPR      0x000ffffffffff000ULL
#define RCX_HOST_HINT  (1ULL << 52) /* HOST_RECOVERABILITY_HINT */
#define RCX_RESUME_L1  (1ULL << 53)

/* The hint in a status that the guest gets */
#define STATUS_HINT    (1ULL << 60)

/* VMX basic exit reason 33 with the flag of a failed entry */
#define EXIT_INVALID_GUEST_STATE (1U << 31 | 33)

/* RDX on exit: what its upper half would tell */
#define EXTENDED_ENTRY_FAILURE 7

/* Qualification of an EPT violation by a store */
#define EPT_VIOLATION_WRITE 2

/* What each asynchronous exit clears, but for the outputs that it has */
static void clear_outputs(TdxCall *c, const TdxTdRef *td)
{
    static const TdxGpr cleared[] = {
        TDX_RCX, TDX_RBX, TDX_RSI, TDX_RDI, TDX_R8, TDX_R9, TDX_R10, TDX_R11,
        TDX_R12, TDX_R13, TDX_R14, TDX_R15,
    };
    size_t i;

    for (i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++) {
        c->gpr[cleared[i]] = 0;
    }
    if (!(td->tdcs->config_flags & TDX_CONFIG_NO_RBP_MOD)) {
        c->gpr[TDX_RBP] = 0;
    }
}

/* TD life cycle 5.6, exit A */
static TdxStatus leave_failed(TdxCall *c, const TdxTdRef *td)
{
    clear_outputs(c, td);
    c->gpr[TDX_RDX] = EXTENDED_ENTRY_FAILURE;
    return tdx_op(TDX_NON_RECOVERABLE_VCPU, EXIT_INVALID_GUEST_STATE);
}

/* Step 13: a guest that was promised MONITOR finds it at work */
static TdxStatus check_monitor(const TdxCall *c, const TdxTdRef *td)
{
    return tdx_require(!tdx_td_flag(td->tdcs, TDX_FLAG_MONITOR) ||
                       tdx_msr(c, X86_MSR_MISC_ENABLE) &
                       X86_MISC_ENABLE_MONITOR_FSM,
                       tdx_op(TDX_INCORRECT_MSR_VALUE, X86_MSR_MISC_ENABLE));
}

/* TD running 1.2, step 4: the vCPU counts in the TD's present epoch */
static TdxStatus join_epoch(const TdxCall *c, TdxTdRef *td, TdxVpRef *vp)
{
    TDX_LOCK_GUARD(lock);
    uint64_t epoch;

    if (!tdx_guard_try(&lock, &td->tdcs->epoch_lock, TDX_LOCK_TYPE_SHARED)) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_TD_EPOCH);
    }
    epoch = tdx_td_epoch(td->tdcs);
    __atomic_fetch_add(&td->tdcs->refcount[epoch & 1], 1, __ATOMIC_SEQ_CST);
    if (vp->tdvps->vcpu_epoch != epoch) {
        c->m->ops->tlb_flush(c->m->opaque, c->lp);
        vp->tdvps->vcpu_epoch = epoch;
    }
    return TDX_SUCCESS;
}

static void leave_epoch(TdxTdRef *td, const TdxVpRef *vp)
{
    __atomic_fetch_sub(&td->tdcs->refcount[vp->tdvps->vcpu_epoch & 1], 1,
                       __ATOMIC_SEQ_CST);
}

/* A machine that cannot run TDs */
static TdxStatus fail_entry(TdxCall *c, TdxTdRef *td, TdxVpRef *vp)
{
    TdxStatus status = join_epoch(c, td, vp);

    if (status) {
        return status;
    }
    tdx_vp_set_state(vp, TDX_VCPU_DISABLED);
    vp->tdvps->exit_tsc = c->m->ops->tsc(c->m->opaque, c->lp);
    leave_epoch(td, vp);
    return leave_failed(c, td);
}

/* 4.4: an exit as if the vCPU had been entered and had failed at @gpa */
static TdxStatus synthetic_exit(TdxCall *c, TdxTdRef *td, TdxVpRef *vp,
                                uint64_t gpa)
{
    TdxModule *m = c->m;
    TdxVmmState vmm = { 0 };
    TdxVmmState scrubbed;

    vp->tdvps->last_td_exit = TDX_LAST_ASYNC_FAULT;
    m->ops->vmm_save(m->opaque, c->lp, &vmm);
    scrubbed = vmm;
    tdx_vp_scrub_vmm(m, c->lp, td->tdcs, &scrubbed);
    vmm.regs.xcr0 = scrubbed.regs.xcr0;
    vmm.regs.xss = scrubbed.regs.xss;
    vmm.regs.xsave_mask = scrubbed.regs.xsave_mask;
    memset(vmm.xmm, 0, sizeof(vmm.xmm));
    m->ops->vmm_load(m->opaque, c->lp, &vmm);

    clear_outputs(c, td);
    c->gpr[TDX_RCX] = EPT_VIOLATION_WRITE;
    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R8] = gpa;
    return tdx_op(TDX_SUCCESS, X86_VMX_EXIT_REASON_EPT_VIOLATION);
}

/* 1.2, steps 9 and 10: what is pending for the guest */
static void prepare_guest(const TdxCall *c, TdxVpRef *vp)
{
    TdxTdvps *tdvps = vp->tdvps;

    if (tdvps->last_td_exit == TDX_LAST_ASYNC_TRAP) {
        tdvps->guest.gpr[TDX_RAX] &= ~STATUS_HINT;
        if (c->gpr[TDX_RCX] & RCX_HOST_HINT) {
            tdvps->guest.gpr[TDX_RAX] |= STATUS_HINT;
        }
    }
    if (__atomic_load_n(&tdvps->pend_nmi, __ATOMIC_SEQ_CST) &&
        !tdvps->ve_info.valid) {
        vp->vmcs->proc_controls |= X86_VMX_PROC_NMI_WINDOW_EXITING;
    }
}

/* The guest wants to hear of what looked like zero-stepping */
static void notify(const TdxCall *c)
{
    TDX_UNINITIALIZED TdxExit e;

    tdx_exit_init(&e, c->m, c->lp, c->gpr);
    tdx_exit_inject_ept_ve(&e, TDX_VE_ARCHITECTURAL,
                           e.vmcs->exit_qualification, 0,
                           e.vmcs->guest_physical_address);
}

/* As if an SMI came before the guest's first instruction */
static TdxStatus leave_at_once(TdxCall *c)
{
    TDX_UNINITIALIZED TdxExit e;

    tdx_exit_init(&e, c->m, c->lp, c->gpr);
    e.reason = X86_VMX_EXIT_REASON_OTHER_SMI;
    e.tdvps->exit_tsc = c->m->ops->tsc(c->m->opaque, c->lp);
    tdx_exit_leave(&e, TDX_SUCCESS);
    tdx_exit_finish_leave(&e);
    return c->gpr[TDX_RAX];
}

/* 1.2, from step 4 on */
static TdxStatus enter(TdxCall *c, TdxTdRef *td, TdxVpRef *vp)
{
    TdxRunning *run = tdx_vp_prepare_run(c->m, c->lp);
    TdxEpfResult filter;
    TdxStatus status;
    uint64_t gpa = 0;

    status = tdx_vp_load_xsave(c->m, c->lp, vp) ?:
             join_epoch(c, td, vp);
    if (status) {
        return status;
    }
    filter = tdx_epf_filter(td, vp, &gpa);
    switch (filter) {
    case TDX_EPF_PASS:
    case TDX_EPF_NOTIFY:
        break;
    case TDX_EPF_FAULT:
        leave_epoch(td, vp);
        return synthetic_exit(c, td, vp, gpa);
    case TDX_EPF_BUSY:
        leave_epoch(td, vp);
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_SEPT);
    case TDX_EPF_LOST:
        leave_epoch(td, vp);
        tdx_td_kill(td->tdr);
        return TDX_TD_FATAL;
    }
    tdx_guard_release(&td->op_state);
    if (run->last_tdvpr != vp->hpa) {
        tdx_vp_flush_translations(c->m, c->lp, td);
        run->last_tdvpr = vp->hpa;
    }
    prepare_guest(c, vp);
    tdx_vp_load(c, td, vp, c->run);
    if (filter == TDX_EPF_NOTIFY) {
        notify(c);
    }
    if (tdx_fault_at(c, TDX_FAULT_INTERRUPTION)) {
        return leave_at_once(c);
    }
    c->entered = true;
    return TDX_SUCCESS;
}

/* Signed: a counter may turn over, but not go back */
static TdxStatus check_tsc(const TdxCall *c, const TdxVpRef *vp)
{
    uint64_t now = c->m->ops->tsc(c->m->opaque, c->lp);

    return tdx_require((int64_t)(now - vp->tdvps->exit_tsc) >= 0,
                       TDX_TSC_ROLLBACK);
}

/* TD life cycle 5.6 */
static TdxStatus tdh_vp_enter(TdxCall *c)
{
    uint64_t rcx = c->gpr[TDX_RCX];
    VP_REF(vp);
    TD_REF(td);
    TdxStatus status;

    status = tdx_td_check_cpuid_limit(c) ?:
             tdx_require(!(rcx & ~(RCX_TDVPR | RCX_HOST_HINT |
                                   RCX_RESUME_L1)),
                         tdx_bad_operand(c->m, TDX_RCX, rcx,
                                         TDX_CAUSE_RESERVED_BITS,
                                         rcx & ~(RCX_TDVPR | RCX_HOST_HINT |
                                                 RCX_RESUME_L1))) ?:
             tdx_vp_open(c, &vp, &td, rcx & RCX_TDVPR, TD_OPS_RUN,
                     TDX_VCPU_READY);
    if (status) {
        return status;
    }
    status = tdx_require(!(rcx & RCX_HOST_HINT) ||
                         vp.tdvps->last_td_exit == TDX_LAST_ASYNC_TRAP,
                         tdx_bad_operand(c->m, TDX_RCX, rcx,
                                         TDX_CAUSE_NO_TRAP, 0)) ?:
             /* No L2 VM has run */
             tdx_require(!(rcx & RCX_RESUME_L1),
                         tdx_bad_operand(c->m, TDX_RCX, rcx,
                                         TDX_CAUSE_RESERVED_BITS,
                                         RCX_RESUME_L1)) ?:
             tdx_td_check_tsc_adjust(c) ?:
             check_tsc(c, &vp) ?:
             check_monitor(c, &td);
    if (status) {
        return status;
    }
    return c->run ? enter(c, &td, &vp) : fail_entry(c, &td, &vp);
}

const TdxLeaf tdx_leaf_TDH_VP_ENTER = {
    TDX_LEAF_ID(TDH_VP_ENTER),
    .what = "Enter a vCPU of a TD",
    .missing = "A host that steps a guest instruction by instruction is not "
               "hindered.  On a machine that cannot run TDs, the leaf makes "
               "its checks, then reports that the vCPU cannot be entered.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdvpr_flags" } },
    .out = { { TDX_RCX, "exit_qualification" },
             { TDX_RDX, "extended_qualification" }, { TDX_RBX, "rbx" },
             { TDX_RBP, "rbp" }, { TDX_RSI, "rsi" }, { TDX_RDI, "rdi" },
             { TDX_R8, "gpa" }, { TDX_R9, "interruption_info" },
             { TDX_R10, "r10" }, { TDX_R11, "r11" }, { TDX_R12, "r12" },
             { TDX_R13, "r13" }, { TDX_R14, "r14" }, { TDX_R15, "r15" } },
    .handler = tdh_vp_enter,
    .answers = TDX_ANSWERS(
        { TDX_LIMIT_CPUID_MAXVAL_SET, "IA32_MISC_ENABLE limits CPUID" },
        ANSWERS_VCPU,
        { TDX_INCONSISTENT_MSR,
          "IA32_TSC_ADJUST differs from what it was at TDH.SYS.INIT" },
        { TDX_TSC_ROLLBACK, "the TSC went back since the last exit" },
        { TDX_INCORRECT_MSR_VALUE,
          "the guest has MONITOR, IA32_MISC_ENABLE has not" },
        { TDX_SUCCESS, "the guest exits: see the outputs",
          TDX_FAULT_INTERRUPTION },
        { TDX_NON_RECOVERABLE_VCPU, "the vCPU cannot go on",
          TDX_FAULT_NOWHERE },
        { TDX_NON_RECOVERABLE_TD, "the TD cannot go on", TDX_FAULT_NOWHERE },
        { TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE,
          "the TD was killed: its memory is out of reach",
          TDX_FAULT_NOWHERE },
        { TDX_NON_RECOVERABLE_TD_CORRUPTED_MD,
          "the processor makes no report on the TD", TDX_FAULT_NOWHERE },
        { TDX_HOST_PRIORITY_BUSY_TIMEOUT,
          "the host has waited too long for a lock of the guest",
          TDX_FAULT_NOWHERE },
        { TDX_NON_RECOVERABLE_TD_WRONG_APIC_MODE,
          "the local APIC is not in x2APIC mode", TDX_FAULT_NOWHERE,
          .on_silicon = true }
    ),
};
