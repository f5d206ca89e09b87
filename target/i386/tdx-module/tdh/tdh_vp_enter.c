/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.ENTER: run a vCPU.
 *
 * The machine has no TD mode yet. All checks are made and the entry itself
 * fails, as one does on a processor that finds the guest state unfit: the
 * vCPU is disabled by that and its TD goes on without it.
 */

#include "../../x86-defs/msr-bits.h"
#include "../sys/platform-msr.h"
#include "../vp/vp.h"
#include "answers.h"

/* Operand RCX */
#define RCX_TDVPR      0x000ffffffffff000ULL
#define RCX_HOST_HINT  (1ULL << 52) /* HOST_RECOVERABILITY_HINT */
#define RCX_RESUME_L1  (1ULL << 53)

/* VMX basic exit reason 33 with the flag of a failed entry */
#define EXIT_INVALID_GUEST_STATE (1U << 31 | 33)

/* RDX on exit: what its upper half would tell */
#define EXTENDED_ENTRY_FAILURE 7

/* TD life cycle 5.6, exit A */
static TdxStatus leave_failed(TdxCall *c, const TdxTdRef *td)
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
    c->gpr[TDX_RDX] = EXTENDED_ENTRY_FAILURE;
    return tdx_op(TDX_NON_RECOVERABLE_VCPU, EXIT_INVALID_GUEST_STATE);
}

/* Step 13: a guest that was promised MONITOR finds it at work */
static TdxStatus check_monitor(const TdxCall *c, const TdxTdRef *td)
{
    const TdxCpuidConfig *entry = tdx_cpuid_config_of(X86_CPUID_FMS,
                                                      TDX_CPUID_NO_SUBLEAF);
    const TdxTdcsVirtualCpus *cpus = tdx_td_tdcs_page(td,
                                                      TDX_TDCS_VIRTUAL_CPUS);
    uint32_t features;

    if (!cpus) {
        return tdx_td_no_content(td->m, td->tdr, "a TDCS page has no memory");
    }
    features = cpus->cpuid[entry - tdx_cpuid_config].reg[TDX_CPUID_ECX];
    return tdx_require(!(features & X86_CPUID_1_ECX_MONITOR) ||
                       tdx_msr(c, X86_MSR_MISC_ENABLE) &
                       X86_MISC_ENABLE_MONITOR_FSM,
                       tdx_op(TDX_INCORRECT_MSR_VALUE, X86_MSR_MISC_ENABLE));
}

/* What an entry does to the TD's TLB epochs, and the exit after it */
static TdxStatus enter(TdxCall *c, TdxTdRef *td, TdxVpRef *vp)
{
    TdxTdvps *tdvps = vp->tdvps;
    uint32_t *refcount;
    uint64_t epoch;

    {
        TDX_LOCK_GUARD(lock);

        if (!tdx_guard_try(&lock, &td->tdcs->epoch_lock,
                           TDX_LOCK_TYPE_SHARED)) {
            return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_TD_EPOCH);
        }
        epoch = tdx_td_epoch(td->tdcs);
        refcount = &td->tdcs->refcount[epoch & 1];
        __atomic_fetch_add(refcount, 1, __ATOMIC_SEQ_CST);
    }
    if (tdvps->vcpu_epoch != epoch) {
        c->m->ops->tlb_flush(c->m->opaque, c->lp);
        tdvps->vcpu_epoch = epoch;
    }
    tdx_vp_set_state(vp, TDX_VCPU_DISABLED);
    tdvps->exit_tsc = c->m->ops->tsc(c->m->opaque, c->lp);
    __atomic_fetch_sub(refcount, 1, __ATOMIC_SEQ_CST);
    return leave_failed(c, td);
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

    return tdx_td_check_cpuid_limit(c) ?:
           tdx_require(!(rcx & ~(RCX_TDVPR | RCX_HOST_HINT | RCX_RESUME_L1)),
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
           tdx_vp_open(c, &vp, &td, rcx & RCX_TDVPR, TD_OPS_RUN,
                       TDX_VCPU_READY) ?:
           /* No exit has been a trap, nor has an L2 VM run */
           tdx_require(!(rcx & (RCX_HOST_HINT | RCX_RESUME_L1)),
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
           tdx_td_check_tsc_adjust(c) ?:
           check_tsc(c, &vp) ?:
           check_monitor(c, &td) ?:
           enter(c, &td, &vp);
}

const TdxLeaf tdx_leaf_TDH_VP_ENTER = {
    TDX_LEAF_ID(TDH_VP_ENTER),
    .what = "Enter a vCPU of a TD",
    .missing = "Makes its checks, then reports that the vCPU cannot be "
               "entered.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdvpr_flags" } },
    .out = { { TDX_RCX, "exit_qualification" },
             { TDX_RDX, "extended_qualification" }, { TDX_RBX, "zero" },
             { TDX_RBP, "zero" }, { TDX_RSI, "zero" },
             { TDX_RDI, "zero" }, { TDX_R8, "gpa" },
             { TDX_R9, "interruption_info" }, { TDX_R10, "zero" },
             { TDX_R11, "zero" }, { TDX_R12, "zero" },
             { TDX_R13, "zero" }, { TDX_R14, "zero" },
             { TDX_R15, "zero" } },
    .handler = tdh_vp_enter,
    .answers = TDX_ANSWERS(
        { TDX_LIMIT_CPUID_MAXVAL_SET, "IA32_MISC_ENABLE limits CPUID" },
        ANSWERS_VCPU,
        { TDX_INCONSISTENT_MSR,
          "IA32_TSC_ADJUST differs from what it was at TDH.SYS.INIT" },
        { TDX_TSC_ROLLBACK, "the TSC went back since the last exit" },
        { TDX_INCORRECT_MSR_VALUE,
          "the guest has MONITOR, IA32_MISC_ENABLE has not" },
        { TDX_NON_RECOVERABLE_VCPU, "the guest state cannot be entered",
          TDX_FAULT_NOWHERE },
        { TDX_SUCCESS, "the guest exits: see the outputs",
          .on_silicon = true },
        { TDX_NON_RECOVERABLE_TD, "the TD cannot go on", TDX_FAULT_NOWHERE,
          .on_silicon = true },
        { TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE,
          "the TD was killed: its memory is out of reach",
          TDX_FAULT_NOWHERE, .on_silicon = true },
        { TDX_NON_RECOVERABLE_TD_WRONG_APIC_MODE,
          "the local APIC is not in x2APIC mode", TDX_FAULT_NOWHERE,
          .on_silicon = true }
    ),
};
