/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The VMX engine's other client: TDs.  TDH.VP.ENTER enters one with what the
 * TDX module says, and the module is told of each VM exit.  TD running 1.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "tcg/helper-tcg.h"
#include "hw/i386/seam.h"
#include "target/i386/vmx/entry-checks.h"
#include "target/i386/x86-defs/vmx-controls-list.h"
#include "seam_td.h"
#include "vmx/engine.h"

#define DR7_RESET 0x400

/* RFLAGS' arithmetic flags */
#define RFLAGS_STATUS (CC_C | CC_P | CC_A | CC_Z | CC_S | CC_O)

static X86SeamTd *seam_td_of(CPUX86State *env)
{
    return env_archcpu(env)->vmx->seam_td;
}

void seam_td_alloc(X86CPU *cpu)
{
    cpu->vmx->seam_td = g_new0(X86SeamTd, 1);
}

/* --- the VMM's world ----------------------------------------------------- */

static void save_host(CPUX86State *env, SeamHost *h, uint32_t length)
{
    h->cr0 = env->cr[0];
    h->cr3 = env->cr[3];
    h->cr4 = env->cr[4];
    h->efer = env->efer;
    h->pat = env->pat;
    h->eip = env->eip + length;
    h->rsp = env->regs[R_ESP];
    h->eflags = cpu_compute_eflags(env) & ~RFLAGS_STATUS;
    h->sysenter_cs = env->sysenter_cs;
    h->sysenter_esp = env->sysenter_esp;
    h->sysenter_eip = env->sysenter_eip;
    for (int i = 0; i < ARRAY_SIZE(h->segs); i++) {
        h->segs[i] = env->segs[i];
    }
    h->ldt = env->ldt;
    h->tr = env->tr;
    h->gdt = env->gdt;
    h->idt = env->idt;
    h->nmi_blocked = env->hflags2 & HF2_NMI_MASK;
}

/* The module has loaded what is not here: x86_seam_load_vmm() */
static void load_host(CPUX86State *env, const SeamHost *h, bool nmi)
{
    vmx_set_crs(env, h->cr0, h->cr3, h->cr4, h->efer);
    env->pat = h->pat;
    env->sysenter_cs = h->sysenter_cs;
    env->sysenter_esp = h->sysenter_esp;
    env->sysenter_eip = h->sysenter_eip;
    for (int i = 0; i < ARRAY_SIZE(h->segs); i++) {
        env->segs[i] = h->segs[i];
    }
    env->ldt = h->ldt;
    env->tr = h->tr;
    env->gdt = h->gdt;
    env->idt = h->idt;
    env->eip = h->eip;
    env->regs[R_ESP] = h->rsp;
    env->eflags = 0;
    cpu_load_eflags(env, h->eflags, ~(RFLAGS_STATUS | DF_MASK));
    vmx_leave_non_root(env, nmi || h->nmi_blocked);
}

static void leave(CPUX86State *env, bool nmi)
{
    load_host(env, &seam_td_of(env)->host, nmi);
    helper_rechecking_single_step(env);
}

/*
 * On silicon the processor shuts down, and no reset line brings back what has
 * happened; the user shall see the machine as it was.
 */
static void stop_machine(CPUX86State *env)
{
    /* It has ended in VMfailInvalid, as all that follow. */
    seam_td_of(env)->host.eflags |= CC_C;
    memset(env->regs, 0, sizeof(env->regs));
    load_host(env, &seam_td_of(env)->host, false);
    qemu_system_vmstop_request_prepare();
    qemu_system_vmstop_request(RUN_STATE_INTERNAL_ERROR);
}

/* --- the TD's ------------------------------------------------------------ */

/* Private memory around an address of the VMCS; NULL: nothing, or lost */
static void *td_page(CPUX86State *env, uint64_t addr)
{
    return seam_td_memory(x86_seam_strip_keyid(env_archcpu(env), addr),
                          TARGET_PAGE_SIZE);
}

uint8_t *seam_td_vapic(CPUX86State *env)
{
    return td_page(env, x86_vmx_controls(env)->virtual_apic);
}

static void decode_controls(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);
    VmxControls *ctl = &cpu->vmx->ctl;

    vmx_decode_controls(cpu);
    /* They are no more those of the current VMCS. */
    cpu->vmx->dirty |= X86_VMCS_GROUP_CONTROLS;
    ctl->td_msr_bitmap = td_page(env, ctl->msr_bitmap);
}

/*
 * Its VMM has written guest state of a TD that is debugged.  What the module
 * alone decides on is not a matter of this CPU's capabilities.
 */
static X86VmxEntryOutcome check_guest(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86VmxCaps caps = vmx->caps;

    caps.config.debugctl = UINT64_MAX;
    caps.config.perf_global_ctrl = UINT64_MAX;
    return x86_vmx_entry_check_guest(&(X86VmxEntry) {
        .caps = &caps,
        .vmcs = vmx->run,
        .long_mode = true,
    });
}

/* The module hears of it as of an exit, with nothing of the TD loaded. */
static void fail_entry(CPUX86State *env, const X86VmxEntryOutcome *outcome)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86Vmcs *v = vmx->run;

    vmx->failed_entries++;
    v->exit_reason = outcome->exit_reason;
    v->exit_qualification = outcome->qualification;
    v->exit_intr_info = 0;
    v->idt_vectoring_info = 0;
    if (seam_td_exit(env_archcpu(env), env->regs) == TDX_TD_LEAVE) {
        leave(env, false);
    } else {
        stop_machine(env);
    }
}

void seam_td_enter(CPUX86State *env, uint32_t length)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86SeamTd *td = vmx->seam_td;

    save_host(env, &td->host, length);
    vmx_mmu_host_leave(env);
    vmx->host_tsc_offset = env->tsc_offset;
    if (env->dr[7] != DR7_RESET) {
        cpu_x86_update_dr7(env, DR7_RESET);
    }
    vmx->run = td->run.vmcs;
    vmx->td = &td->run;
    if (unlikely(td->run.debug)) {
        X86VmxEntryOutcome outcome = check_guest(env);

        if (outcome.broken.rule != X86_VMX_RULE_NONE) {
            fail_entry(env, &outcome);
            return;
        }
    }
    decode_controls(env);
    seam_load_vcpu(env, td->run.state);
    vmx_load_guest(env);
    td->run.vmcs->launch_state = X86_VMCS_LAUNCH_LAUNCHED;
    vmx_run_guest(env);
}

/*
 * What of a TD's state the module looks at and may change while it handles an
 * exit, and the TD goes on.
 */
typedef struct Seen {
    uint64_t rflags;
    uint64_t pending_debug;
    uint32_t blocking;
} Seen;

static Seen see(const X86Vmcs *v)
{
    return (Seen) {
        .rflags = v->guest_rflags,
        .pending_debug = v->guest_pending_debug,
        .blocking = v->guest_interruptibility,
    };
}

static bool crs_changed(const CPUX86State *env, const X86Vmcs *v)
{
    return v->guest_cr0 != env->cr[0] || v->guest_cr4 != env->cr[4] ||
           v->guest_efer != env->efer;
}

static bool changed(CPUX86State *env, Seen seen)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;
    const X86Vmcs *v = vmx->run;
    const X86VcpuState *s = vmx->td->state;

    return (v->entry_intr_info & X86_VMCS_EVENT_VALID) ||
           v->guest_rflags != seen.rflags ||
           v->guest_pending_debug != seen.pending_debug ||
           v->guest_interruptibility != seen.blocking ||
           v->guest_debugctl != vmx->debugctl ||
           v->proc_controls != vmx->ctl.proc ||
           v->cr4_shadow != vmx->ctl.cr4_shadow || crs_changed(env, v) ||
           s->cr2 != env->cr[2] || s->xcr0 != env->xcr0 ||
           s->xss != env->xss ||
           (env_cpu(env)->interrupt_request & CPU_INTERRUPT_VMX);
}

static void load_changes(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const X86Vmcs *v = vmx->run;
    const X86VcpuState *s = vmx->td->state;

    env->cr[2] = s->cr2;
    env->xcr0 = s->xcr0;
    env->xss = s->xss;
    if (crs_changed(env, v)) {
        vmx_mmu_exit(env); /* which translations were made with */
        vmx_set_crs(env, v->guest_cr0, env->cr[3], v->guest_cr4,
                    v->guest_efer);
        vmx_mmu_enter(env);
    }
    env->eflags = 0;
    cpu_load_eflags(env, v->guest_rflags, ~(RFLAGS_STATUS | DF_MASK));
    vmx_load_blocking(env);
    vmx_update_hflags(env);
    vmx->debugctl = v->guest_debugctl;
    vmx->ctl.proc = v->proc_controls;
    vmx->ctl.cr4_shadow = v->cr4_shadow;
}

/* The TD goes on.  Returns whether the processor must look anew what it is. */
static bool resume(CPUX86State *env, Seen seen)
{
    CPUState *cs = env_cpu(env);
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const X86Vmcs *v = vmx->run;
    bool inject = v->entry_intr_info & X86_VMCS_EVENT_VALID;

    env->eip = v->guest_rip;
    vmx->vectoring.info = 0;
    if (likely(!changed(env, seen))) {
        return false;
    }
    load_changes(env);
    vmx->pending_debug = inject ? 0 : v->guest_pending_debug;
    vmx->mtf = inject && (vmx->ctl.proc & X86_VMX_PROC_MONITOR_TRAP);
    if (cs->interrupt_request & CPU_INTERRUPT_VMX) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_VMX);
    }
    vmx_attention(env);
    if (inject) {
        vmx_inject(env, v->entry_intr_info, v->entry_error_code,
                   v->entry_instr_length);
    }
    return true;
}

bool seam_td_exited(CPUX86State *env)
{
    const X86Vmcs *v = seam_td_of(env)->run.vmcs;
    X86VmcsEvent event = x86_vmcs_event(v->exit_intr_info);
    bool nmi = (v->exit_reason & X86_VMX_EXIT_BASIC) ==
               X86_VMX_EXIT_REASON_EXCEPTION_NMI &&
               event.type == X86_VMCS_EVENT_NMI;
    Seen seen = see(v);

    vmx_mmu_exit(env);
    seam_store_core(env, seam_td_of(env)->run.state);
    switch (seam_td_exit(env_archcpu(env), env->regs)) {
    case TDX_TD_RESUME:
        return resume(env, seen);
    case TDX_TD_LEAVE:
        leave(env, nmi);
        break;
    case TDX_TD_GONE:
        stop_machine(env);
        break;
    }
    return true;
}

/* Called by the module before it lets go of a TD that has exited */
void x86_seam_store_td(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;

    if (!x86_vmx_guest(env)) {
        return; /* It has not come so far. */
    }
    vmx_save_td_rest(env);
    seam_store_rest(env, cpu->vmx->td->state);
}

bool x86_seam_event_pending(X86CPU *cpu)
{
    return (qatomic_read(&CPU(cpu)->interrupt_request) &
            (CPU_INTERRUPT_HARD | CPU_INTERRUPT_NMI | CPU_INTERRUPT_SMI |
             CPU_INTERRUPT_POLL | CPU_INTERRUPT_MCE)) ||
           qatomic_read(&cpu->vmx->init_pending);
}

/* --- what only a TD has -------------------------------------------------- */

/*
 * Whoever runs next may have to be told of what was pending already: blocks of
 * code look for it only when something has come since the last time.
 */
void seam_td_look(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);

    if (unlikely(qatomic_read(&cs->interrupt_request))) {
        qatomic_set(&cs->neg.icount_decr.u16.high, -1);
    }
}

/* EIP is that of the TDCALL.  Returns whether the block ends. */
target_ulong helper_tdcall(CPUX86State *env, uint32_t length)
{
    const VmxExit exit = {
        .reason = X86_VMX_EXIT_REASON_TDCALL,
        .insn_len = length,
    };
    target_ulong eip = env->eip;

    if (!x86_vmx_guest(env)) {
        raise_exception_ra(env, EXCP06_ILLOP, GETPC());
    }
    if (env->hflags & HF_CPL_MASK) {
        raise_exception_err_ra(env, EXCP0D_GPF, 0, GETPC());
    }
    if (!x86_vmx_td(env)) {
        vmx_exit(env, &exit, GETPC());
    }
    /* Where it still is, the module wants it again after an event */
    if (vmx_exit_td(env, &exit) || env->eip == eip) {
        seam_td_look(env);
        return true;
    }
    env->eip = eip;
    return false;
}

/* --- migration ----------------------------------------------------------- */

static const VMStateDescription vmstate_segment = {
    .name = "cpu/vmx/td/segment",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(selector, SegmentCache),
        VMSTATE_UINT64(base, SegmentCache),
        VMSTATE_UINT32(limit, SegmentCache),
        VMSTATE_UINT32(flags, SegmentCache),
        VMSTATE_END_OF_LIST()
    },
};

#define SEGMENT(member) \
    VMSTATE_STRUCT(member, SeamHost, 1, vmstate_segment, SegmentCache)

static const VMStateDescription vmstate_host = {
    .name = "cpu/vmx/td/host",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT64(cr0, SeamHost),
        VMSTATE_UINT64(cr3, SeamHost),
        VMSTATE_UINT64(cr4, SeamHost),
        VMSTATE_UINT64(efer, SeamHost),
        VMSTATE_UINT64(pat, SeamHost),
        VMSTATE_UINT64(eip, SeamHost),
        VMSTATE_UINT64(rsp, SeamHost),
        VMSTATE_UINT64(eflags, SeamHost),
        VMSTATE_UINT64(sysenter_cs, SeamHost),
        VMSTATE_UINT64(sysenter_esp, SeamHost),
        VMSTATE_UINT64(sysenter_eip, SeamHost),
        VMSTATE_STRUCT_ARRAY(segs, SeamHost, 6, 1, vmstate_segment,
                             SegmentCache),
        SEGMENT(ldt),
        SEGMENT(tr),
        SEGMENT(gdt),
        SEGMENT(idt),
        VMSTATE_BOOL(nmi_blocked, SeamHost),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_td = {
    .name = "cpu/vmx/td/run",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT(host, X86SeamTd, 1, vmstate_host, SeamHost),
        VMSTATE_END_OF_LIST()
    },
};

static bool td_needed(void *opaque)
{
    X86VmxState *vmx = opaque;

    return vmx->td;
}

static int td_pre_load(void *opaque)
{
    X86VmxState *vmx = opaque;

    vmx->td = seam_td_run(vmx->cpu);
    return 0;
}

const VMStateDescription vmstate_x86_seam_td = {
    .name = "cpu/vmx/td",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = td_needed,
    .pre_load = td_pre_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_POINTER(seam_td, X86VmxState, vmstate_td, X86SeamTd),
        VMSTATE_END_OF_LIST()
    },
};

bool x86_seam_td_loaded(X86CPU *cpu, const TdxTdRun *run)
{
    X86VmxState *vmx = cpu->vmx;

    if (!vmx->td || !run) {
        return !vmx->td && !run;
    }
    vmx->seam_td->run = *run;
    vmx->run = run->vmcs;
    decode_controls(&cpu->env);
    vmx_vapic_map(&cpu->env);
    return true;
}
