/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A logical processor of a simulated machine that can run TDs.
 */

#include <string.h>

#include "sim-run.h"
#include "../../target/i386/x86-defs/msr-list.h"

/* The area of XSAVES: XMM registers, and what the header says of them */
#define XSAVE_XMM       160
#define XSAVE_HEADER    512
#define XSTATE_SSE      (1ULL << 1)
#define XCOMP_COMPACTED (1ULL << 63)

#define RFLAGS_TF    (1ULL << 8)
#define DEBUGCTL_BTF (1ULL << 1)
#define DR6_INIT     0xffff0ff0ULL
#define DR7_INIT     0x400ULL

SimLp *sim_lp(SimPlatform *sim, unsigned lp)
{
    return &sim->lp[lp];
}

uint64_t *sim_lp_msr(SimPlatform *sim, unsigned lp, uint32_t msr)
{
    return g_hash_table_lookup(sim->lp[lp].msr, GUINT_TO_POINTER(msr));
}

void sim_set_lp_msr(SimPlatform *sim, unsigned lp, uint32_t msr,
                    uint64_t value)
{
    g_hash_table_insert(sim->lp[lp].msr, GUINT_TO_POINTER(msr),
                        g_memdup2(&value, sizeof(value)));
}

uint64_t *sim_cpu_msr(SimLp *lp, uint32_t msr)
{
    switch (msr) {
    case X86_MSR_SPEC_CTRL:
        return &lp->regs.spec_ctrl;
    case X86_MSR_UMWAIT_CONTROL:
        return &lp->regs.umwait_control;
    case X86_MSR_TSX_CTRL:
        return &lp->regs.tsx_ctrl;
    case X86_MSR_XFD:
        return &lp->regs.xfd;
    case X86_MSR_XFD_ERR:
        return &lp->regs.xfd_err;
    case X86_MSR_DS_AREA:
        return &lp->regs.ds_area;
    case X86_MSR_UARCH_MISC_CTL:
        return &lp->regs.uarch_misc_ctl;
    case X86_MSR_STAR:
        return &lp->regs.star;
    case X86_MSR_LSTAR:
        return &lp->regs.lstar;
    case X86_MSR_FMASK:
        return &lp->regs.fmask;
    case X86_MSR_KERNEL_GS_BASE:
        return &lp->regs.kernel_gs_base;
    case X86_MSR_TSC_AUX:
        return &lp->regs.tsc_aux;
    default:
        return NULL;
    }
}

/* --- what the module asks of the machine --------------------------------- */

static void sim_wrmsr(void *opaque, unsigned lp, uint32_t msr, uint64_t value)
{
    sim_set_lp_msr(opaque, lp, msr, value);
}

static void sim_vmm_save(void *opaque, unsigned lp, TdxVmmState *vmm)
{
    const SimLp *l = sim_lp(opaque, lp);

    vmm->regs = l->regs;
    vmm->debugctl = l->debugctl;
    memcpy(vmm->xmm, l->xmm, sizeof(vmm->xmm));
}

static void sim_vmm_load(void *opaque, unsigned lp, const TdxVmmState *vmm)
{
    SimLp *l = sim_lp(opaque, lp);

    l->regs = vmm->regs;
    l->debugctl = vmm->debugctl;
    memcpy(l->xmm, vmm->xmm, sizeof(l->xmm));
}

static bool sim_event_pending(void *opaque, unsigned lp)
{
    SimLp *l = sim_lp(opaque, lp);

    if (l->no_events) {
        return false;
    }
    if (l->polls) {
        l->polls--;
        return false;
    }
    return true;
}

static void sim_ept_flush(void *opaque, unsigned lp, uint64_t eptp)
{
}

static bool sim_report(void *opaque, unsigned lp,
                       uint8_t report[TDX_REPORTMACSTRUCT_SIZE])
{
    SimPlatform *sim = opaque;

    if (sim->report_fails) {
        return false;
    }
    tdx_report_sign(report, sim->report_key);
    return true;
}

static TdxReportResult sim_verify_report(
    void *opaque, unsigned lp, const uint8_t report[TDX_REPORTMACSTRUCT_SIZE])
{
    SimPlatform *sim = opaque;

    return sim->verify ? *sim->verify
                       : tdx_report_verify(report, sim->report_key);
}

void sim_run_ops(TdxPlatformOps *ops)
{
    ops->wrmsr = sim_wrmsr;
    ops->vmm_save = sim_vmm_save;
    ops->vmm_load = sim_vmm_load;
    ops->event_pending = sim_event_pending;
    ops->ept_flush = sim_ept_flush;
    ops->report = sim_report;
    ops->verify_report = sim_verify_report;
}

/* --- to a TD and back ---------------------------------------------------- */

static void load_guest(SimLp *l)
{
    const uint8_t *area = l->run.state->xsave;
    uint64_t xstate_bv;

    l->regs = *l->run.state;
    l->debugctl = l->run.vmcs->guest_debugctl;
    memset(l->xmm, 0, sizeof(l->xmm));
    memcpy(&xstate_bv, area + XSAVE_HEADER, sizeof(xstate_bv));
    if (xstate_bv & XSTATE_SSE) {
        memcpy(l->xmm, area + XSAVE_XMM, sizeof(l->xmm));
    }
}

static void store_guest(SimLp *l)
{
    uint64_t header[2] = {
        XSTATE_SSE, XCOMP_COMPACTED | l->run.state->xsave_mask
    };
    uint8_t *area = l->run.state->xsave;
    X86VcpuState *state = l->run.state;
    X86VcpuState now = l->regs;

    /* What is not the CPU's */
    memcpy(now.gpr, state->gpr, sizeof(now.gpr));
    now.xsave = state->xsave;
    now.xsave_mask = state->xsave_mask;
    now.xsave_size = state->xsave_size;
    *state = now;
    memcpy(area + XSAVE_XMM, l->xmm, sizeof(l->xmm));
    memcpy(area + XSAVE_HEADER, header, sizeof(header));
}

TdxSeamcall sim_seamcall(SimPlatform *sim, unsigned lp,
                         uint64_t gpr[TDX_NUM_GPRS])
{
    SimLp *l = sim_lp(sim, lp);
    TdxSeamcall result = tdx_module_seamcall(sim->module, lp, gpr, &l->run);

    if (result == TDX_SEAMCALL_RUN_TD) {
        l->in_td = true;
        memcpy(l->gpr, gpr, sizeof(l->gpr));
        load_guest(l);
    }
    return result;
}

/* What any VM exit that ends in the VMM leaves of its debug state */
static void leave(SimLp *l)
{
    X86VmcsEvent event = x86_vmcs_event(l->run.vmcs->exit_intr_info);

    l->in_td = false;
    l->dr7 = DR7_INIT;
    l->interruptibility &= ~(X86_VMCS_BLOCK_STI | X86_VMCS_BLOCK_MOV_SS);
    if (event.valid && event.type == X86_VMCS_EVENT_NMI &&
        !l->run.vmcs->exit_reason) {
        l->interruptibility |= X86_VMCS_BLOCK_NMI;
    }
    /* The SEAMCALL was the instruction that is single-stepped */
    l->pending_debug = l->rflags & RFLAGS_TF && !(l->debugctl & DEBUGCTL_BTF)
                       ? X86_VMCS_PENDING_BS : 0;
}

TdxTdVerdict sim_td_exit(SimPlatform *sim, unsigned lp)
{
    SimLp *l = sim_lp(sim, lp);
    TdxTdVerdict verdict;

    store_guest(l);
    l->run.vmcs->entry_intr_info &= ~X86_VMCS_EVENT_VALID;
    verdict = tdx_module_td_exit(sim->module, lp, l->gpr);
    switch (verdict) {
    case TDX_TD_RESUME:
        load_guest(l);
        break;
    case TDX_TD_LEAVE:
        leave(l);
        break;
    case TDX_TD_GONE:
        l->in_td = false;
        break;
    }
    return verdict;
}

/* --- life ---------------------------------------------------------------- */

void sim_run_init(SimPlatform *sim)
{
    sim->lp = g_new0(SimLp, sim->info.num_lps);
    for (unsigned lp = 0; lp < sim->info.num_lps; lp++) {
        SimLp *l = &sim->lp[lp];

        l->regs.dr6 = DR6_INIT;
        l->dr7 = DR7_INIT;
        l->rflags = 2;
        l->no_events = true;
        l->msr = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    }
}

void sim_run_clear(SimPlatform *sim)
{
    for (unsigned lp = 0; sim->lp && lp < sim->info.num_lps; lp++) {
        g_hash_table_destroy(sim->lp[lp].msr);
    }
    g_free(sim->lp);
}
