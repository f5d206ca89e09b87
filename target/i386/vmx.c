/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMX of a CPU beside its instructions: what the capability MSRs say, what is
 * pending for a guest, INIT, reset and migration.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "exec/qemu-compat-tcg.h"
#include "hw/i386/seam.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "system/tcg.h"
#include "vmx.h"

/* IA32_DEBUGCTL: LBR and BTF can be set, and do nothing */
#define DEBUGCTL_BITS 3

/* --- capabilities ------------------------------------------------------- */

X86VmxFixed x86_vmx_cr0_fixed(const X86CPU *cpu)
{
    return (X86VmxFixed) {
        .fixed0 = CR0_PE_MASK | CR0_NE_MASK | CR0_PG_MASK,
        .fixed1 = UINT32_MAX,
    };
}

X86VmxFixed x86_vmx_cr4_fixed(const X86CPU *cpu)
{
    CPUX86State *env = (CPUX86State *)&cpu->env;
    uint64_t reserved = cr4_reserved_bits(env);

    if (!(env->features[FEAT_1_ECX] & CPUID_EXT_PCID)) {
        reserved |= CR4_PCIDE_MASK;
    }
    return (X86VmxFixed) {
        .fixed0 = CR4_VMXE_MASK,
        .fixed1 = ~reserved,
    };
}

bool x86_vmx_capability(const X86CPU *cpu, uint32_t msr, uint64_t *val)
{
    return x86_vmx_caps_msr(&cpu->vmx->caps, msr, val);
}

static uint64_t efer_bits(const CPUX86State *env)
{
    uint64_t bits = 0;

    if (env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_SYSCALL) {
        bits |= MSR_EFER_SCE;
    }
    if (env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_LM) {
        bits |= MSR_EFER_LME | MSR_EFER_LMA;
    }
    if (env->features[FEAT_8000_0001_EDX] & CPUID_EXT2_NX) {
        bits |= MSR_EFER_NXE;
    }
    return bits;
}

/* --- the machine stops and goes on -------------------------------------- */

/*
 * While the machine stands still its memory has all of a VMCS: for whoever
 * reads memory then, and for migration.
 */
static void vmcs_to_memory(X86CPU *cpu)
{
    X86VmxState *vmx = cpu->vmx;

    if (vmx->vmcs_ptr != X86_VMX_NO_VMCS) {
        address_space_write(&address_space_memory,
                            x86_seam_strip_keyid(cpu, vmx->vmcs_ptr),
                            MEMTXATTRS_UNSPECIFIED, &vmx->vmcs,
                            sizeof(vmx->vmcs));
    }
}

/*
 * Where loading a snapshot fails half-way, the machine can still be told to go
 * on.  A guest without its VMCS, which the TDX module has of a TD, cannot.
 */
static bool can_go_on(const X86CPU *cpu)
{
    const X86VmxState *vmx = cpu->vmx;
    bool guest = cpu->env.hflags & HF_VMX_GUEST_MASK;

    return guest == (vmx->run != NULL) && (guest || !vmx->td);
}

static void vm_changed(void *opaque, bool running, RunState state)
{
    X86CPU *cpu = opaque;

    if (!running) {
        vmcs_to_memory(cpu);
    } else if (!can_go_on(cpu)) {
        error_report("processor %d runs a guest that was not restored with it: "
                     "the machine is reset", CPU(cpu)->cpu_index);
        cpu_reset(CPU(cpu));
        qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_ERROR);
    }
}

/* --- INIT, timer, reset ------------------------------------------------- */

/*
 * The clock that wakes us is not the TSC, and may be early.  That is found here
 * and not when the CPU looks: replay has it look only where something happened.
 */
static void wake_for_timer(void *opaque)
{
    X86CPU *cpu = opaque;
    uint64_t now = cpu_get_tsc(&cpu->env);
    uint64_t end = qatomic_read(&cpu->vmx->timer_tsc);

    if (now < end) {
        vmx_timer_arm(cpu, end - now);
    } else {
        cpu_interrupt(CPU(cpu), CPU_INTERRUPT_VMX);
    }
}

void x86_vmx_realize(X86CPU *cpu)
{
    CPUX86State *env = &cpu->env;
    X86VmxFixed cr0 = x86_vmx_cr0_fixed(cpu);
    X86VmxFixed cr4 = x86_vmx_cr4_fixed(cpu);
    X86VmxState *vmx = cpu->vmx;

    x86_vmx_caps_init(&vmx->caps, &(X86VmxConfig) {
        .revision = X86_VMCS_REVISION,
        .phys_bits = x86_seam_host_phys_bits(cpu),
        .linear_bits = env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_LA57 ?
                       57 : 48,
        .cr0_fixed0 = cr0.fixed0,
        .cr0_fixed1 = cr0.fixed1,
        .cr4_fixed0 = cr4.fixed0,
        .cr4_fixed1 = cr4.fixed1,
        .efer = efer_bits(env),
        .debugctl = DEBUGCTL_BITS,
    });
    vmx->cpu = cpu;
    vmx->vmcs_ptr = X86_VMX_NO_VMCS;
    vmx->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, wake_for_timer, cpu);
    vmx->vm_change = qemu_add_vm_change_state_handler(vm_changed, cpu);
}

void x86_vmx_unrealize(X86CPU *cpu)
{
    vmx_vapic_unmap(cpu);
    g_free(cpu->vmx->seam_td);
    qemu_del_vm_change_state_handler(cpu->vmx->vm_change);
    timer_free(cpu->vmx->timer);
}

void x86_vmx_raise_init(X86CPU *cpu)
{
    X86VmxState *vmx = cpu->vmx;

    g_assert(bql_locked());
    if (!vmx || !vmx->vmxon) {
        cpu_interrupt(CPU(cpu), CPU_INTERRUPT_INIT);
        return;
    }
    qatomic_set(&vmx->init_pending, true);
    /* In non-root operation it is an exit; VM entry looks for it as well. */
    smp_mb();
    if (qatomic_read(&cpu->env.hflags) & HF_VMX_GUEST_MASK) {
        cpu_interrupt(CPU(cpu), CPU_INTERRUPT_VMX);
    }
}

void x86_vmx_debug_read(CPUX86State *env, uint64_t addr, void *buf,
                        size_t len)
{
    if (!tcg_enabled() || !x86_vmx_ept(env)) {
        physical_memory_read(addr, buf, len);
    } else if (!vmx_debug_read(env, addr, buf, len)) {
        memset(buf, 0, len);
    }
}

void x86_vmx_flush_world(X86CPU *cpu)
{
    if (tcg_enabled() && cpu->vmx && cpu->vmx->mmu.valid) {
        vmx_mmu_flush_world(&cpu->env);
    } else {
        tlb_flush(CPU(cpu));
    }
}

void x86_vmx_flush_page(X86CPU *cpu, vaddr addr)
{
    if (tcg_enabled() && cpu->vmx && cpu->vmx->mmu.valid) {
        vmx_mmu_flush_page(&cpu->env, addr);
    } else {
        tlb_flush_page(CPU(cpu), addr);
    }
}

void x86_vmx_reset(X86CPU *cpu)
{
    X86VmxState *vmx = cpu->vmx;
    X86VmxCaps caps = vmx->caps;
    QEMUTimer *timer = vmx->timer;
    VMChangeStateEntry *vm_change = vmx->vm_change;
    struct X86SeamTd *seam_td = vmx->seam_td;

    if (timer) {
        timer_del(timer);
    }
    vmx_vapic_unmap(cpu);
    memset(vmx, 0, sizeof(*vmx));
    vmx->cpu = cpu;
    vmx->caps = caps;
    vmx->timer = timer;
    vmx->vm_change = vm_change;
    vmx->seam_td = seam_td;
    vmx->vmcs_ptr = X86_VMX_NO_VMCS;
    cpu->env.hflags &= ~(HF_VMX_GUEST_MASK | HF_VMX_STEP_MASK);
}

/* --- what is pending for a guest ---------------------------------------- */

/*
 * Not before somebody has told of it, as wake_for_timer() does: HLT would end
 * by the clock alone, and without a request nobody looks what ended it.
 */
static bool timer_due(X86CPU *cpu, int request)
{
    X86VmxState *vmx = cpu->vmx;

    return (request & CPU_INTERRUPT_VMX) &&
           (vmx->ctl.pin & X86_VMX_PIN_PREEMPTION_TIMER) &&
           cpu_get_tsc(&cpu->env) >= vmx->timer_tsc;
}

/* SDM Vol. 3, "Priority Among Concurrent Events" and those on windows */
VmxPending vmx_pending(X86CPU *cpu, int request)
{
    CPUX86State *env = &cpu->env;
    X86VmxState *vmx = cpu->vmx;
    const VmxControls *ctl = &vmx->ctl;
    bool shadow = env->hflags & HF_INHIBIT_IRQ_MASK;
    bool mov_ss = x86_vmx_mov_ss_blocking(env);
    bool nmi_blocked = env->hflags2 & HF2_NMI_MASK;
    bool nmi_exits = ctl->pin & X86_VMX_PIN_NMI_EXITING;
    bool virtual_nmis = ctl->pin & X86_VMX_PIN_VIRTUAL_NMIS;
    bool intr_exits = ctl->pin & X86_VMX_PIN_EXT_INTR_EXITING;
    bool intr_open = (env->eflags & IF_MASK) && !shadow;

    if (request & CPU_INTERRUPT_POLL) {
        return VMX_PENDING_POLL;
    }
    if (request & CPU_INTERRUPT_SIPI) {
        return VMX_PENDING_SIPI;
    }
    if (vmx->apic.exit_reason) {
        return VMX_PENDING_APIC;
    }
    if (qatomic_read(&vmx->init_pending)) {
        return VMX_PENDING_INIT;
    }
    /* Others run with it blocked until they exit. */
    if ((request & CPU_INTERRUPT_SMI) && vmx->td) {
        return VMX_PENDING_SMI;
    }
    if (request & CPU_INTERRUPT_MCE) {
        return VMX_PENDING_MACHINE_CHECK;
    }
    if (vmx->mtf) {
        return VMX_PENDING_MTF;
    }
    if (vmx->pending_debug && !mov_ss) {
        return VMX_PENDING_DEBUG;
    }
    if (timer_due(cpu, request)) {
        return VMX_PENDING_TIMER;
    }
    if ((request & CPU_INTERRUPT_NMI) && !mov_ss) {
        /* With virtual NMIs the flag is the guest's own. */
        if (nmi_exits && (virtual_nmis || !nmi_blocked)) {
            return VMX_PENDING_NMI_EXIT;
        }
        if (!nmi_exits && !nmi_blocked) {
            return VMX_PENDING_NMI;
        }
    }
    if ((ctl->proc & X86_VMX_PROC_NMI_WINDOW_EXITING) && !nmi_blocked &&
        !shadow) {
        return VMX_PENDING_NMI_WINDOW;
    }
    if (request & CPU_INTERRUPT_HARD) {
        if (intr_exits) {
            return VMX_PENDING_INTR_EXIT;
        }
        if (intr_open) {
            return VMX_PENDING_INTR;
        }
    }
    if ((ctl->proc & X86_VMX_PROC_INTR_WINDOW_EXITING) && intr_open) {
        return VMX_PENDING_INTR_WINDOW;
    }
    if (vmx->apic.pending && intr_open) {
        return VMX_PENDING_VIRTUAL_INTR;
    }
    return VMX_PENDING_NONE;
}

/* --- migration ---------------------------------------------------------- */

static bool vmx_state_needed(void *opaque)
{
    X86VmxState *vmx = opaque;

    return vmx->vmxon || vmx->debugctl;
}

static int vmx_pre_save(void *opaque)
{
    X86VmxState *vmx = opaque;

    vmx->non_root = vmx->run != NULL;
    return 0;
}

/*
 * The current VMCS is what memory has of it; the controls of a guest that
 * runs follow from it, and its translations are made anew.
 */
static int vmx_post_load(void *opaque, int version_id)
{
    X86VmxState *vmx = opaque;
    X86CPU *cpu = vmx->cpu;
    bool guest = cpu->env.hflags & HF_VMX_GUEST_MASK;

    vmx->run = NULL;
    vmx->mmu.valid = false;
    if (vmx->td) {
        /* The TDX module, which is loaded later, has the rest. */
        return guest && vmx->non_root ? 0 : -EINVAL;
    }
    if (guest != vmx->non_root ||
        (guest && vmx->vmcs_ptr == X86_VMX_NO_VMCS)) {
        return -EINVAL;
    }
    if (vmx->vmcs_ptr != X86_VMX_NO_VMCS) {
        address_space_read(&address_space_memory,
                           x86_seam_strip_keyid(cpu, vmx->vmcs_ptr),
                           MEMTXATTRS_UNSPECIFIED, &vmx->vmcs,
                           sizeof(vmx->vmcs));
    }
    vmx->dirty = X86_VMCS_GROUPS;
    if (guest) {
        vmx->run = &vmx->vmcs;
        vmx_decode_controls(cpu);
        if (vmx->ctl.proc & X86_VMX_PROC_TPR_SHADOW) {
            vmx_vapic_map(&cpu->env);
        }
        if (vmx->ctl.pin & X86_VMX_PIN_PREEMPTION_TIMER) {
            timer_mod(vmx->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
        }
    }
    return 0;
}

const VMStateDescription vmstate_x86_vmx = {
    .name = "cpu/vmx",
    .version_id = 3,
    .minimum_version_id = 3,
    .needed = vmx_state_needed,
    .pre_save = vmx_pre_save,
    .post_load = vmx_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(vmxon, X86VmxState),
        VMSTATE_UINT64(vmxon_ptr, X86VmxState),
        VMSTATE_BOOL(init_pending, X86VmxState),
        VMSTATE_UINT64(mov_ss_eip, X86VmxState),
        VMSTATE_UINT64(debugctl, X86VmxState),
        VMSTATE_UINT64(vmcs_ptr, X86VmxState),
        VMSTATE_BOOL(non_root, X86VmxState),
        VMSTATE_BOOL(hlt, X86VmxState),
        VMSTATE_BOOL(mtf, X86VmxState),
        VMSTATE_UINT64(pending_debug, X86VmxState),
        VMSTATE_UINT64(host_tsc_offset, X86VmxState),
        VMSTATE_UINT64(timer_tsc, X86VmxState),
        VMSTATE_UINT64(ple_first, X86VmxState),
        VMSTATE_UINT64(ple_last, X86VmxState),
        VMSTATE_UINT64_ARRAY(mmu.pdpte, X86VmxState, 4),
        VMSTATE_UINT64_ARRAY(mmu.pdpte_walk, X86VmxState, 4),
        VMSTATE_UINT8(apic.rvi, X86VmxState),
        VMSTATE_UINT8(apic.svi, X86VmxState),
        VMSTATE_BOOL(apic.pending, X86VmxState),
        VMSTATE_UINT32(apic.exit_reason, X86VmxState),
        VMSTATE_UINT64(apic.exit_qualification, X86VmxState),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &vmstate_x86_seam_td,
        NULL
    },
};
