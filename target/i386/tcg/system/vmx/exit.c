/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VM exits: exit information is recorded, the guest's state saved and the
 * host's loaded.  SDM Vol. 3, chapter "VM Exits".
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "system/runstate.h"
#include "tcg/helper-tcg.h"
#include "target/i386/vmx/entry-checks.h"
#include "target/i386/vmx/vmcs.h"
#include "../seam_td.h"
#include "engine.h"
#include "trace.h"

/* Why a VM exit could not be completed, in the VMCS region */
enum { ABORT_MSR_STORE = 1, ABORT_MSR_LOAD = 4 };

/* RFLAGS after a VM exit: only the bit that is always one */
#define RFLAGS_RESET 2

#define DR7_RESET 0x400

/* --- MSR lists ---------------------------------------------------------- */

/*
 * RDMSR and WRMSR as their instructions do them: a fault is noted, see
 * x86_vmx_msr_fault(), and not raised.
 */
static bool list_access(CPUX86State *env, void (*access)(CPUX86State *),
                        uint32_t msr, uint64_t *val)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    target_ulong rax = env->regs[R_EAX];
    target_ulong rcx = env->regs[R_ECX];
    target_ulong rdx = env->regs[R_EDX];

    env->regs[R_ECX] = msr;
    env->regs[R_EAX] = (uint32_t)*val;
    env->regs[R_EDX] = *val >> 32;
    vmx->msr_failed = false;
    vmx->msr_list = true;
    access(env);
    vmx->msr_list = false;
    *val = (uint32_t)env->regs[R_EAX] | (uint64_t)env->regs[R_EDX] << 32;
    env->regs[R_EAX] = rax;
    env->regs[R_ECX] = rcx;
    env->regs[R_EDX] = rdx;
    return !vmx->msr_failed;
}

static bool x2apic(CPUX86State *env)
{
    return cpu_get_apic_base(env_archcpu(env)->apic_state) &
           MSR_IA32_APICBASE_EXTD;
}

/*
 * What follows a list longer than IA32_VMX_MISC allows is undefined.  Here its
 * first entry too many fails, so that no guest keeps the CPU for minutes.
 */
static bool list_too_long(uint32_t i, uint32_t count)
{
    if (i < X86_VMX_MSR_LIST_MAX) {
        return false;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "a list of %u MSRs, where %u are allowed\n",
                  count, X86_VMX_MSR_LIST_MAX);
    return true;
}

VmxMsrFail vmx_load_msrs(CPUX86State *env, uint64_t addr, uint32_t count,
                         bool entry)
{
    X86VmxMsrList list = entry ? X86_VMX_MSR_ENTRY_LOAD :
                                 X86_VMX_MSR_EXIT_LOAD;
    bool x2 = count && x2apic(env);

    for (uint32_t i = 0; i < count; i++) {
        X86VmcsMsrEntry e = { 0 };
        X86VmxBroken broken;

        if (list_too_long(i, count)) {
            return (VmxMsrFail) { .index = i + 1 };
        }

        vmx_phys_read(env, addr + i * sizeof(e), &e, sizeof(e));
        broken = x86_vmx_check_msr_entry(list, &e, x2, false);
        if (broken.rule != X86_VMX_RULE_NONE ||
            !list_access(env, helper_wrmsr, e.index, &e.value)) {
            qemu_log_mask(LOG_GUEST_ERROR, "VM %s: entry %u of the MSR list: "
                          "MSR 0x%x = 0x%" PRIx64 ": %s\n",
                          entry ? "entry" : "exit", i + 1, e.index, e.value,
                          broken.rule != X86_VMX_RULE_NONE ?
                          x86_vmx_rule_words(broken.rule) :
                          "WRMSR would fault");
            return (VmxMsrFail) { .index = i + 1 };
        }
    }
    return (VmxMsrFail) { .index = 0 };
}

static VmxMsrFail store_msrs(CPUX86State *env, uint64_t addr, uint32_t count)
{
    bool x2 = count && x2apic(env);

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = addr + i * sizeof(X86VmcsMsrEntry);
        X86VmcsMsrEntry e = { 0 };
        X86VmxBroken broken;

        if (list_too_long(i, count)) {
            return (VmxMsrFail) { .index = i + 1 };
        }

        vmx_phys_read(env, at, &e, sizeof(e));
        broken = x86_vmx_check_msr_entry(X86_VMX_MSR_EXIT_STORE, &e, x2,
                                         false);
        e.value = 0;
        if (broken.rule != X86_VMX_RULE_NONE ||
            !list_access(env, helper_rdmsr, e.index, &e.value)) {
            qemu_log_mask(LOG_GUEST_ERROR, "VM exit: entry %u of the MSR-store "
                          "list: MSR 0x%x\n", i + 1, e.index);
            return (VmxMsrFail) { .index = i + 1 };
        }
        vmx_phys_write(env, at + offsetof(X86VmcsMsrEntry, value), &e.value,
                       sizeof(e.value));
    }
    return (VmxMsrFail) { .index = 0 };
}

/* A VMX abort leaves the CPU in shutdown, which resets a PC. */
static void vmx_abort(CPUX86State *env, uint32_t indicator)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    qemu_log_mask(LOG_GUEST_ERROR, "VMX abort %u\n", indicator);
    vmx->vmcs.abort = indicator;
    x86_vmx_forget_vmcs(env_archcpu(env));
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
}

/* --- guest state -------------------------------------------------------- */

/* What TCG leaves out: that a segment was accessed, that a TSS is busy */
static inline uint32_t saved_ar(CPUX86State *env, X86VmcsSegReg reg)
{
    uint32_t ar = vmx_save_ar(vmx_segment(env, reg));

    if (reg == X86_VMCS_TR) {
        return ar | DESC_TSS_BUSY_MASK >> DESC_TYPE_SHIFT;
    }
    return reg == X86_VMCS_LDTR || ar & X86_VMCS_AR_UNUSABLE ?
           ar : ar | X86_VMCS_AR_ACCESSED;
}

static void save_segments(CPUX86State *env, X86Vmcs *v)
{
#define SAVE(NAME, name)                                                  \
    x86_vmcs_set_segment(v, X86_VMCS_##NAME, (X86VmcsSegment) {           \
        .selector = vmx_segment(env, X86_VMCS_##NAME)->selector,          \
        .base = vmx_segment(env, X86_VMCS_##NAME)->base,                  \
        .limit = vmx_segment(env, X86_VMCS_##NAME)->limit,                \
        .ar = saved_ar(env, X86_VMCS_##NAME),                             \
    });
    X86_VMCS_SEG_LIST(SAVE)
#undef SAVE
    v->guest_gdtr_base = env->gdt.base;
    v->guest_gdtr_limit = env->gdt.limit;
    v->guest_idtr_base = env->idt.base;
    v->guest_idtr_limit = env->idt.limit;
}

static void save_blocking(CPUX86State *env, X86Vmcs *v)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint32_t blocking = 0;
    bool mov_ss = x86_vmx_mov_ss_blocking(env);

    if (env->hflags & HF_INHIBIT_IRQ_MASK) {
        blocking |= mov_ss ? X86_VMCS_BLOCK_MOV_SS : X86_VMCS_BLOCK_STI;
    }
    if (env->hflags2 & HF2_NMI_MASK) {
        blocking |= X86_VMCS_BLOCK_NMI;
    }
    v->guest_interruptibility = blocking;
    v->guest_activity = vmx->hlt ? X86_VMCS_HLT : X86_VMCS_ACTIVE;
    v->guest_pending_debug = vmx->pending_debug;
    if (mov_ss && (env->eflags & TF_MASK)) {
        v->guest_pending_debug |= X86_VMCS_PENDING_BS;
    }
}

/* Where the guest is, and what it may do there: all that most exits need */
static void save_core(CPUX86State *env, X86Vmcs *v)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    v->guest_cr0 = env->cr[0];
    v->guest_cr4 = env->cr[4];
    if (vmx->ctl.exit & X86_VMX_EXIT_SAVE_DEBUG) {
        v->guest_debugctl = vmx->debugctl;
    }
    if (vmx->ctl.exit & X86_VMX_EXIT_SAVE_EFER) {
        v->guest_efer = env->efer;
    }
    v->guest_rsp = env->regs[R_ESP];
    v->guest_rip = vmx->vectoring.info ? vmx->vectoring.eip : env->eip;
    v->guest_rflags = cpu_compute_eflags(env);
    save_blocking(env, v);
}

static void save_rest(CPUX86State *env, X86Vmcs *v)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const VmxControls *ctl = &vmx->ctl;

    v->guest_cr3 = env->cr[3];
    if (ctl->exit & X86_VMX_EXIT_SAVE_DEBUG) {
        v->guest_dr7 = env->dr[7];
    }
    v->guest_sysenter_cs = env->sysenter_cs;
    v->guest_sysenter_esp = env->sysenter_esp;
    v->guest_sysenter_eip = env->sysenter_eip;
    if (ctl->exit & X86_VMX_EXIT_SAVE_PAT) {
        v->guest_pat = env->pat;
    }
    if (x86_vmx_caps_bit(vmx->caps.misc, X86_VMX_MISC_SAVE_EFER_LMA)) {
        v->entry_controls &= ~X86_VMX_ENTRY_IA32E_GUEST;
        if (env->efer & MSR_EFER_LMA) {
            v->entry_controls |= X86_VMX_ENTRY_IA32E_GUEST;
        }
    }
    save_segments(env, v);
    if (ctl->proc & X86_VMX_PROC_TPR_SHADOW) {
        uint16_t status = vmx_vapic_end(env);

        if (ctl->proc2 & X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY) {
            v->guest_intr_status = status;
        }
    }
    if (ctl->pin & X86_VMX_PIN_PREEMPTION_TIMER) {
        uint32_t left = vmx_timer_stop(env);

        if (ctl->exit & X86_VMX_EXIT_SAVE_TIMER) {
            v->preemption_timer = left;
        }
    }
}

/* A TD's virtual APIC goes on if the TD does. */
static void save_td(CPUX86State *env, X86Vmcs *v)
{
    VmxVirtualApic *apic = &env_archcpu(env)->vmx->apic;

    save_core(env, v);
    v->guest_cs_ar = saved_ar(env, X86_VMCS_CS);
    v->guest_ss_ar = saved_ar(env, X86_VMCS_SS);
    v->guest_intr_status = apic->rvi | apic->svi << 8;
    apic->exit_reason = 0;
}

void vmx_save_td_rest(CPUX86State *env)
{
    save_rest(env, env_archcpu(env)->vmx->run);
}

/* --- host state --------------------------------------------------------- */

static void load_host_segments(CPUX86State *env, const X86Vmcs *v, bool long64)
{
    enum {
        DATA = DESC_P_MASK | DESC_S_MASK | DESC_B_MASK | DESC_G_MASK |
               DESC_W_MASK | DESC_A_MASK,
        CODE = DESC_P_MASK | DESC_S_MASK | DESC_G_MASK | DESC_CS_MASK |
               DESC_R_MASK | DESC_A_MASK,
        /* A busy 64-bit TSS, which TCG keeps as one that is not busy */
        TSS = DESC_P_MASK | 9 << DESC_TYPE_SHIFT,
        TSS_LIMIT = 0x67,
        TABLE_LIMIT = 0xffff,
    };

    /* With a null selector it is not usable. */
#define LOAD(reg, sel, address)                                           \
    env->segs[reg].selector = v->sel;                                     \
    env->segs[reg].base = address;                                        \
    env->segs[reg].limit = UINT32_MAX;                                    \
    env->segs[reg].flags = v->sel ? DATA : 0;
    LOAD(R_ES, host_es_selector, 0)
    LOAD(R_CS, host_cs_selector, 0)
    LOAD(R_SS, host_ss_selector, 0)
    LOAD(R_DS, host_ds_selector, 0)
    LOAD(R_FS, host_fs_selector, v->host_fs_base)
    LOAD(R_GS, host_gs_selector, v->host_gs_base)
#undef LOAD
    env->segs[R_CS].flags = CODE | (long64 ? DESC_L_MASK : DESC_B_MASK);
    env->tr = (SegmentCache) {
        .selector = v->host_tr_selector,
        .base = v->host_tr_base,
        .limit = TSS_LIMIT,
        .flags = TSS,
    };
    env->ldt = (SegmentCache) { 0 };
    env->gdt.base = v->host_gdtr_base;
    env->gdt.limit = TABLE_LIMIT;
    env->idt.base = v->host_idtr_base;
    env->idt.limit = TABLE_LIMIT;
}

void vmx_leave_non_root(CPUX86State *env, bool nmi_blocked)
{
    CPUState *cs = env_cpu(env);
    X86VmxState *vmx = env_archcpu(env)->vmx;

    env->hflags &= ~(HF_VMX_GUEST_MASK | HF_VMX_STEP_MASK |
                     HF_INHIBIT_IRQ_MASK);
    vmx_update_hflags(env);
    if (env->dr[7] != DR7_RESET) {
        cpu_x86_update_dr7(env, DR7_RESET);
    }
    env->hflags2 &= ~HF2_NMI_MASK;
    if (nmi_blocked) {
        env->hflags2 |= HF2_NMI_MASK;
    }
    env->tsc_offset = vmx->host_tsc_offset;
    env->old_exception = -1;
    vmx->vectoring.info = 0;
    vmx->pending_debug = 0;
    vmx->mtf = false;
    vmx->hlt = false;
    cs->halted = 0;
    if (cs->interrupt_request & CPU_INTERRUPT_VMX) {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_VMX);
    }
    vmx->run = NULL;
    vmx->td = NULL;
    vmx_mmu_host_enter(env);
}

void vmx_load_host(CPUX86State *env, bool nmi_blocked)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const X86Vmcs *v = vmx->run;
    uint32_t controls = v->exit_controls;
    bool long64 = controls & X86_VMX_EXIT_HOST_64;
    uint64_t efer = env->efer & ~(uint64_t)(MSR_EFER_LMA | MSR_EFER_LME);

    if (controls & X86_VMX_EXIT_LOAD_EFER) {
        efer = v->host_efer;
    } else if (long64) {
        efer |= MSR_EFER_LMA | MSR_EFER_LME;
    }
    vmx_set_crs(env, vmx_loaded_cr0(env, v->host_cr0), v->host_cr3,
                v->host_cr4, efer);
    if (controls & X86_VMX_EXIT_LOAD_PAT) {
        env->pat = v->host_pat;
    }
    vmx->debugctl = 0;
    env->sysenter_cs = v->host_sysenter_cs;
    env->sysenter_esp = v->host_sysenter_esp;
    env->sysenter_eip = v->host_sysenter_eip;
    load_host_segments(env, v, long64);
    env->eip = v->host_rip;
    env->regs[R_ESP] = v->host_rsp;
    env->eflags = 0;
    cpu_load_eflags(env, RFLAGS_RESET,
                    ~(CC_O | CC_S | CC_Z | CC_A | CC_P | CC_C | DF_MASK));

    vmx_leave_non_root(env, nmi_blocked);
    if (vmx_load_msrs(env, v->exit_msr_load_addr, v->exit_msr_load_count,
                      false).index) {
        vmx_abort(env, ABORT_MSR_LOAD);
    }
}

/* --- the exit ----------------------------------------------------------- */

static void record(CPUX86State *env, X86Vmcs *v, const VmxExit *exit)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const VmxEvent *event = &vmx->vectoring;

    v->exit_reason = exit->reason;
    v->exit_qualification = exit->qualification;
    v->guest_linear_address = exit->gla;
    v->guest_physical_address = exit->gpa;
    v->exit_intr_info = exit->intr_info;
    v->exit_intr_error_code = exit->intr_error;
    v->idt_vectoring_info = event->info;
    v->idt_vectoring_error_code = event->error;
    v->exit_instr_length = event->info && event->insn_len ? event->insn_len :
                                                            exit->insn_len;
    v->exit_instr_info = exit->insn_info;
    v->entry_intr_info &= ~X86_VMCS_EVENT_VALID;
}

static void note(CPUX86State *env, const VmxExit *exit)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint32_t basic = exit->reason & X86_VMX_EXIT_BASIC;

    if (trace_event_get_state_backends(TRACE_X86_VMX_EXIT)) {
        trace_x86_vmx_exit(env_cpu(env)->cpu_index,
                           x86_vmx_exit_name(exit->reason), exit->reason,
                           exit->qualification, env->eip, exit->intr_info,
                           vmx->vectoring.info);
    }
    if (basic < X86_VMX_EXIT_COUNTERS) {
        vmx->exits[basic]++;
    }
    record(env, vmx->run, exit);
}

bool vmx_exit_td(CPUX86State *env, const VmxExit *exit)
{
    note(env, exit);
    save_td(env, env_archcpu(env)->vmx->run);
    return seam_td_exited(env);
}

void vmx_switch_to_host(CPUX86State *env, const VmxExit *exit)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86Vmcs *v = vmx->run;
    uint32_t basic = exit->reason & X86_VMX_EXIT_BASIC;
    bool nmi = basic == X86_VMX_EXIT_REASON_EXCEPTION_NMI &&
               x86_vmcs_event(exit->intr_info).type == X86_VMCS_EVENT_NMI;
    bool virtual_nmis = vmx->ctl.pin & X86_VMX_PIN_VIRTUAL_NMIS;
    bool nmi_blocked = nmi ||
                       (!virtual_nmis && (env->hflags2 & HF2_NMI_MASK));

    if (vmx->td) {
        /* The TDX module decides who goes on. */
        vmx_exit_td(env, exit);
        return;
    }
    if (v->exit_msr_store_count && !vmx->exit_tsc) {
        vmx->exit_tsc = cpu_get_tsc(env);
    }
    note(env, exit);
    save_core(env, v);
    save_rest(env, v);
    if (store_msrs(env, v->exit_msr_store_addr,
                   v->exit_msr_store_count).index) {
        vmx_abort(env, ABORT_MSR_STORE);
    }
    vmx->exit_tsc = 0;
    vmx_mmu_exit(env);
    vmx_load_host(env, nmi_blocked);
}

G_NORETURN void vmx_exit(CPUX86State *env, const VmxExit *exit, uintptr_t ra)
{
    CPUState *cs = env_cpu(env);
    X86VmxState *vmx = env_archcpu(env)->vmx;
    VmxExit e = *exit;

    if (!vmx->td && vmx->run->exit_msr_store_count && !icount_enabled()) {
        vmx->exit_tsc = cpu_get_tsc(env);
    }
    if (cpu_restore_state(cs, ra) && !e.insn_len) {
        e.insn_len = env_archcpu(env)->insn_len;
    }
    /* Counted instructions are exact by now, and so is the clock. */
    cs->neg.can_do_io = true;
    vmx_switch_to_host(env, &e);
    cs->exception_index = -1;
    cpu_loop_exit(cs);
}
