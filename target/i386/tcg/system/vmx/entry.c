/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMLAUNCH and VMRESUME: the checks are those of vmx/, here the controls are
 * decoded and the guest's state loaded.  SDM Vol. 3, chapter "VM Entries".
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/helper-proto.h"
#include "tcg/helper-tcg.h"
#include "target/i386/vmx/entry-checks.h"
#include "target/i386/x86-defs/ept.h"
#include "engine.h"
#include "trace.h"

/* CR0 bits that no world switch changes: 28:19, 17, 15:6, CD, NW */
#define CR0_KEPT 0x7ffaffc0ULL

uint64_t vmx_loaded_cr0(CPUX86State *env, uint64_t cr0)
{
    return (cr0 & ~CR0_KEPT) | (env->cr[0] & CR0_KEPT);
}

/* --- controls ----------------------------------------------------------- */

void vmx_decode_controls(X86CPU *cpu)
{
    const X86Vmcs *v = cpu->vmx->run;
    VmxControls *ctl = &cpu->vmx->ctl;

    ctl->pin = v->pin_controls;
    ctl->proc = v->proc_controls;
    ctl->proc2 = v->proc_controls & X86_VMX_PROC_SECONDARY ?
                 v->proc2_controls : 0;
    ctl->exit = v->exit_controls;
    ctl->entry = v->entry_controls;
    ctl->exception_bitmap = v->exception_bitmap;
    ctl->pf_mask = v->pf_error_mask;
    ctl->pf_match = v->pf_error_match;
    ctl->cr0_mask = v->cr0_mask;
    ctl->cr0_shadow = v->cr0_shadow;
    ctl->cr4_mask = v->cr4_mask;
    ctl->cr4_shadow = v->cr4_shadow;
    ctl->cr3_targets = MIN(v->cr3_target_count, 4);
    ctl->cr3_target[0] = v->cr3_target0;
    ctl->cr3_target[1] = v->cr3_target1;
    ctl->cr3_target[2] = v->cr3_target2;
    ctl->cr3_target[3] = v->cr3_target3;
    ctl->io_bitmap[0] = v->io_bitmap_a;
    ctl->io_bitmap[1] = v->io_bitmap_b;
    ctl->msr_bitmap = v->msr_bitmap;
    ctl->td_msr_bitmap = NULL;
    ctl->virtual_apic = v->virtual_apic_addr;
    ctl->tpr_threshold = v->tpr_threshold;
    ctl->eoi_exit[0] = v->eoi_exit_bitmap0;
    ctl->eoi_exit[1] = v->eoi_exit_bitmap1;
    ctl->eoi_exit[2] = v->eoi_exit_bitmap2;
    ctl->eoi_exit[3] = v->eoi_exit_bitmap3;
    ctl->posted_intr_vector = v->posted_intr_vector;
    ctl->posted_intr_desc = v->posted_intr_desc_addr;

    ctl->tsc_offset = ctl->proc & X86_VMX_PROC_TSC_OFFSETTING ?
                      v->tsc_offset : 0;
    ctl->tsc_multiplier = ctl->proc & X86_VMX_PROC_TSC_OFFSETTING &&
                          ctl->proc2 & X86_VMX_PROC2_TSC_SCALING ?
                          v->tsc_multiplier : 0;

    ctl->ept = ctl->proc2 & X86_VMX_PROC2_EPT;
    ctl->eptp = ctl->ept ? v->ept_pointer : 0;
    ctl->ept_ad = ctl->ept && v->ept_pointer & X86_EPTP_AD;
    ctl->ept_levels = ctl->ept ? x86_eptp_levels(v->ept_pointer) : 0;
    ctl->pml = ctl->ept && ctl->proc2 & X86_VMX_PROC2_PML;
    ctl->vpid = ctl->proc2 & X86_VMX_PROC2_VPID ? v->vpid : 0;
}

/* --- guest state -------------------------------------------------------- */

static uint64_t guest_efer(CPUX86State *env, const X86Vmcs *v)
{
    uint64_t efer = env->efer;
    bool long_mode = v->entry_controls & X86_VMX_ENTRY_IA32E_GUEST;

    if (v->entry_controls & X86_VMX_ENTRY_LOAD_EFER) {
        return v->guest_efer;
    }
    efer &= ~(uint64_t)MSR_EFER_LMA;
    if (v->guest_cr0 & CR0_PG_MASK) {
        efer &= ~(uint64_t)MSR_EFER_LME;
    }
    return long_mode ? efer | MSR_EFER_LMA | MSR_EFER_LME : efer;
}

static void load_segments(CPUX86State *env, const X86Vmcs *v)
{
#define LOAD(NAME, name)                                                  \
    vmx_load_segment(vmx_segment(env, X86_VMCS_##NAME),                   \
                     x86_vmcs_get_segment(v, X86_VMCS_##NAME),            \
                     X86_VMCS_##NAME == X86_VMCS_SS);
    X86_VMCS_SEG_LIST(LOAD)
#undef LOAD
    /* TCG keeps the TSS as one that is not busy, and looks for its type so. */
    env->tr.flags &= ~DESC_TSS_BUSY_MASK;
    env->gdt.base = v->guest_gdtr_base;
    env->gdt.limit = v->guest_gdtr_limit;
    env->idt.base = v->guest_idtr_base;
    env->idt.limit = v->guest_idtr_limit;
}

void vmx_load_blocking(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint32_t blocking = vmx->run->guest_interruptibility;

    env->hflags &= ~HF_INHIBIT_IRQ_MASK;
    if (blocking & (X86_VMCS_BLOCK_STI | X86_VMCS_BLOCK_MOV_SS)) {
        env->hflags |= HF_INHIBIT_IRQ_MASK;
        /* Any other address tells that it is not MOV SS. */
        vmx->mov_ss_eip = blocking & X86_VMCS_BLOCK_MOV_SS ? env->eip :
                                                             ~env->eip;
    }
    env->hflags2 &= ~HF2_NMI_MASK;
    if (blocking & X86_VMCS_BLOCK_NMI) {
        env->hflags2 |= HF2_NMI_MASK;
    }
}

void vmx_load_guest(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const X86Vmcs *v = vmx->run;

    vmx_set_crs(env, vmx_loaded_cr0(env, v->guest_cr0), v->guest_cr3,
                v->guest_cr4, guest_efer(env, v));
    env->sysenter_cs = v->guest_sysenter_cs;
    env->sysenter_esp = v->guest_sysenter_esp;
    env->sysenter_eip = v->guest_sysenter_eip;
    if (v->entry_controls & X86_VMX_ENTRY_LOAD_PAT) {
        env->pat = v->guest_pat;
    }
    load_segments(env, v);
    env->regs[R_ESP] = v->guest_rsp;
    env->eip = v->guest_rip;
    env->eflags = 0;
    cpu_load_eflags(env, v->guest_rflags,
                    ~(CC_O | CC_S | CC_Z | CC_A | CC_P | CC_C | DF_MASK));
    vmx_load_blocking(env);
    vmx_update_hflags(env);
    if (v->entry_controls & X86_VMX_ENTRY_LOAD_DEBUG) {
        vmx->debugctl = v->guest_debugctl;
        if (env->dr[7] != v->guest_dr7) {
            cpu_x86_update_dr7(env, v->guest_dr7);
        }
    }
}

/* --- the entry ---------------------------------------------------------- */

/* The host's state is loaded as by an exit, but nothing else is saved. */
static void fail_entry(CPUX86State *env, uint32_t reason, uint64_t qual)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint32_t basic = reason & X86_VMX_EXIT_BASIC;

    vmx->failed_entries++;
    if (basic < X86_VMX_EXIT_COUNTERS) {
        vmx->exits[basic]++;
    }
    trace_x86_vmx_entry_failed(env_cpu(env)->cpu_index, reason, qual);
    vmx->run->exit_reason = reason;
    vmx->run->exit_qualification = qual;
    vmx_load_host(env, env->hflags2 & HF2_NMI_MASK);
}

void vmx_run_guest(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const X86Vmcs *v = vmx->run;
    const VmxControls *ctl = &vmx->ctl;
    bool inject = v->entry_intr_info & X86_VMCS_EVENT_VALID;

    vmx->entries++;
    vmx->vectoring.info = 0;
    vmx->hlt = v->guest_activity == X86_VMCS_HLT && !inject;
    vmx->pending_debug = inject ? 0 : v->guest_pending_debug;
    vmx->mtf = false;
    vmx->ple_last = 0;
    env->hflags |= HF_VMX_GUEST_MASK;
    if (ctl->proc & X86_VMX_PROC_MONITOR_TRAP) {
        env->hflags |= HF_VMX_STEP_MASK;
        vmx->mtf = inject;
    }
    env->tsc_offset = vmx->host_tsc_offset + ctl->tsc_offset;
    vmx_mmu_enter(env);
    if (ctl->pin & X86_VMX_PIN_PREEMPTION_TIMER) {
        vmx_timer_start(env, v->preemption_timer);
    }
    if (ctl->proc & X86_VMX_PROC_TPR_SHADOW) {
        vmx_vapic_map(env);
        vmx_vapic_begin(env, v->guest_intr_status);
    }
    vmx_attention(env);
    if (inject) {
        vmx_inject(env, v->entry_intr_info, v->entry_error_code,
                   v->entry_instr_length);
    }
    if (vmx->hlt) {
        cs->halted = 1;
        cs->exception_index = EXCP_HLT;
        cpu_loop_exit(cs);
    }
}

static void enter(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86Vmcs *v = &vmx->vmcs;
    bool nmi_blocked = env->hflags2 & HF2_NMI_MASK;
    VmxMsrFail fail;

    if (vmx->dirty & X86_VMCS_GROUP_CONTROLS) {
        vmx_decode_controls(env_archcpu(env));
    }
    vmx_load_guest(env);
    fail = vmx_load_msrs(env, v->entry_msr_load_addr, v->entry_msr_load_count,
                         true);
    if (fail.index) {
        env->hflags2 = (env->hflags2 & ~HF2_NMI_MASK) |
                       (nmi_blocked ? HF2_NMI_MASK : 0);
        fail_entry(env, X86_VMX_EXIT_REASON_MSR_LOAD_FAILURE |
                   X86_VMX_EXIT_ENTRY_FAILURE, fail.index);
        return;
    }
    v->launch_state = X86_VMCS_LAUNCH_LAUNCHED;
    vmx->dirty = 0;
    vmx_run_guest(env);
}

static bool read_phys(void *opaque, uint64_t addr, void *buf, size_t size)
{
    return vmx_phys_read(opaque, addr, buf, size);
}

/* End VMLAUNCH or VMRESUME like an instruction that set @flags. */
static void next_insn(CPUX86State *env, target_ulong flags, unsigned length)
{
    env->cc_src = flags;
    env->cc_op = CC_OP_EFLAGS;
    env->eip += length;
    do_end_instruction(env);
    helper_rechecking_single_step(env);
}

/* env has EIP and RFLAGS; the block ends after this. */
void helper_vmentry(CPUX86State *env, uint32_t resume, uint32_t length)
{
    const char *insn = resume ? "VMRESUME" : "VMLAUNCH";
    X86CPU *cpu = env_archcpu(env);
    X86VmxState *vmx = cpu->vmx;
    X86VmxEntryOutcome outcome;
    X86VmxEntry entry;

    vmx_check_insn(env, insn, resume ? X86_VMX_EXIT_REASON_VMRESUME :
                   X86_VMX_EXIT_REASON_VMLAUNCH, GETPC());
    if (vmx->vmcs_ptr == X86_VMX_NO_VMCS) {
        next_insn(env, vmx_fail_invalid(insn, "no current VMCS"), length);
        return;
    }
    entry = (X86VmxEntry) {
        .caps = &vmx->caps,
        .vmcs = &vmx->vmcs,
        .resume = resume,
        .mov_ss = x86_vmx_mov_ss_blocking(env),
        .long_mode = env->efer & MSR_EFER_LMA,
        .current = vmx->vmcs_ptr,
        .read = read_phys,
        .opaque = env,
    };
    outcome = x86_vmx_entry_check(&entry, vmx->dirty);
    if (outcome.broken.rule != X86_VMX_RULE_NONE &&
        qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        char text[256];

        x86_vmx_broken_text(outcome.broken, &vmx->vmcs, text, sizeof(text));
        qemu_log("%s: %s\n", insn, text);
    }
    if (outcome.error != X86_VMX_ERROR_NONE) {
        next_insn(env, vmx_fail(env, insn, outcome.error), length);
        return;
    }
    vmx->run = &vmx->vmcs;
    vmx_mmu_host_leave(env);
    vmx->host_tsc_offset = env->tsc_offset;
    if (outcome.exit_reason) {
        fail_entry(env, outcome.exit_reason, outcome.qualification);
        return;
    }
    trace_x86_vmx_entry(CPU(cpu)->cpu_index, insn, vmx->vmcs.guest_rip,
                        vmx->vmcs.entry_intr_info);
    enter(env);
}
