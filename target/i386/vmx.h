/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMX operation: the state that a CPU with VMX has beyond a stock x86 CPU
 * under TCG, and what the rest of QEMU may ask it.
 */

#ifndef TARGET_I386_VMX_H
#define TARGET_I386_VMX_H

#include "target/i386/cpu.h"
#include "target/i386/x86-defs/vmcs.h"
#include "target/i386/x86-defs/vmx-exit-list.h"
#include "target/i386/vmx/caps.h"

/* The current-VMCS pointer while no VMCS is current */
#define X86_VMX_NO_VMCS UINT64_MAX

/* Addresses in a TD's page tables, whatever MAXPHYADDR is */
#define X86_TD_PHYS_BITS 52

/* Basic exit reasons that are counted */
#define X86_VMX_EXIT_COUNTERS 96

/*
 * Bits of hflags, hence of a translation block's flags, beside those of cpu.h
 * GUEST: VMX non-root operation, of an ordinary guest or a TD
 * STEP: translate one instruction, look for events after it (monitor trap
 *   flag, a preemption timer that has run out)
 */
#define HF_VMX_GUEST_SHIFT  29
#define HF_VMX_STEP_SHIFT   30
#define HF_VMX_GUEST_MASK   (1u << HF_VMX_GUEST_SHIFT)
#define HF_VMX_STEP_MASK    (1u << HF_VMX_STEP_SHIFT)

/* A second word at the start of each instruction: cc_op, and its length */
#define X86_INSN_START_CC_OP     0xff
#define X86_INSN_START_LEN_SHIFT 8

/* Something that vmx_pending() must look at */
#define CPU_INTERRUPT_VMX   CPU_INTERRUPT_TGT_EXT_0

/**
 * VmxControls: the controls that the guest runs with, decoded at VM entry;
 * good while hflags has HF_VMX_GUEST_MASK.
 * @pin, @proc, @proc2, @exit, @entry: words of controls as in the VMCS; @proc2
 *   is 0 where @proc does not activate it
 * @cr0_mask, @cr0_shadow: guest/host mask and read shadow; CR4's likewise
 * @cr3_targets: how many of @cr3_target count
 * @ept, @ept_ad, @ept_levels, @eptp: guest-physical addresses are translated
 *   by EPT, with accessed and dirty flags, of 4 or 5 levels, from there
 * @vpid: tag of linear translations; 0 unless VPID is on
 * @pml: stores that set a dirty flag are logged
 * @tpr_threshold, @eoi_exit: what of the virtual APIC exits
 * @posted_intr_vector, @posted_intr_desc: notification, and for whom
 * @td_msr_bitmap: the MSR bitmap of a TD, which is in private memory; NULL
 *   where it is at @msr_bitmap, or has no content any more
 */
typedef struct VmxControls {
    uint32_t pin;
    uint32_t proc;
    uint32_t proc2;
    uint32_t exit;
    uint32_t entry;
    uint32_t exception_bitmap;
    uint32_t pf_mask;
    uint32_t pf_match;
    uint64_t cr0_mask;
    uint64_t cr0_shadow;
    uint64_t cr4_mask;
    uint64_t cr4_shadow;
    unsigned cr3_targets;
    uint64_t cr3_target[4];
    uint64_t tsc_offset;
    uint64_t tsc_multiplier;
    uint64_t io_bitmap[2];
    uint64_t msr_bitmap;
    uint64_t virtual_apic;
    uint32_t tpr_threshold;
    uint64_t eoi_exit[4];
    uint16_t posted_intr_vector;
    uint64_t posted_intr_desc;
    const uint8_t *td_msr_bitmap;
    bool ept;
    bool ept_ad;
    uint8_t ept_levels;
    bool pml;
    uint16_t vpid;
    uint64_t eptp;
} VmxControls;

/**
 * VmxExit: what an exit tells the hypervisor.  Who causes one fills in what
 * concerns it; the engine adds the instruction's length and the event whose
 * delivery was cut short.
 * @reason: basic exit reason
 * @qualification: exit qualification
 * @gpa, @gla: guest-physical and guest linear address; 0 if not applicable
 * @intr_info, @intr_error: interruption information with its error code
 * @insn_len: length of the instruction; the engine's where it is 0
 * @insn_info: instruction information
 */
typedef struct VmxExit {
    uint64_t qualification;
    uint64_t gpa;
    uint64_t gla;
    uint32_t reason;
    uint32_t intr_info;
    uint32_t intr_error;
    uint32_t insn_len;
    uint32_t insn_info;
} VmxExit;

/**
 * VmxEvent: an event on its way into the guest.
 * @info: in the format of IDT-vectoring information; 0 while there is none
 * @error: its error code
 * @insn_len: of the instruction, for software interrupts and exceptions
 * @eip: that of the guest when delivery began
 */
typedef struct VmxEvent {
    uint32_t info;
    uint32_t error;
    uint32_t insn_len;
    uint64_t eip;
} VmxEvent;

/*
 * Added to an MMU index: the guest's own one.  MMU_NESTED_IDX translates
 * guest-physical addresses, MMU_PHYS_IDX is for both worlds.
 */
#define MMU_VMX_BANK 8

/**
 * VmxWorld: what linear translations depend on, beside tables in memory.
 * QEMU's TLBs hold what an access may do, not what its page tables say.
 */
typedef struct VmxWorld {
    uint64_t cr3;
    uint64_t efer;
    uint32_t cr0;
    uint32_t cr4;
    uint32_t pkru;
} VmxWorld;

/**
 * VmxMmu: whose translations the guest's bank of MMU indexes holds.
 * @valid: they are someone's
 * @eptp, @shared_eptp, @hkid, @vpid: the tag; @eptp is 0 without EPT, and the
 *   next two are 0 unless it is a TD's
 * @guest, @host: what the guest's translations and the host's were made with
 * @pdpte: the PDPTEs that a guest with PAE paging runs with
 * @pdpte_walk: the same with the accessed flags that a walk wants to see
 * @fault: what EPT answered to the latest guest-physical address it refused;
 *   @convertible: by an entry that lets a #VE come of it; @lost: private
 *   memory at @hpa cannot be read, so it was no answer; @fetch: for code
 */
typedef struct VmxMmu {
    bool valid;
    uint64_t eptp;
    uint64_t shared_eptp;
    uint16_t hkid;
    uint16_t vpid;
    VmxWorld guest;
    VmxWorld host;
    uint64_t pdpte[4];
    uint64_t pdpte_walk[4];
    struct {
        uint32_t reason;
        bool convertible;
        bool lost;
        bool fetch;
        uint64_t qualification;
        uint64_t hpa;
    } fault;
} VmxMmu;

/**
 * VmxVirtualApic: the guest's virtual APIC, in non-root operation.
 * @page: the virtual-APIC page, NULL: no memory is there
 * @pid: the posted-interrupt descriptor, likewise
 * @written: told of each store to one of the two, at @host
 * @maps: vapic.c's, if the two are memory of ordinary guests
 * @rvi, @svi: the highest vector that is requested and that is in service
 * @pending: a virtual interrupt is recognized
 * @exit_reason, @exit_qualification: an exit that is due after the
 *   instruction; none if the reason is 0
 */
typedef struct VmxVirtualApic {
    uint8_t *page;
    uint8_t *pid;
    void (*written)(X86CPU *cpu, const uint8_t *host, size_t size);
    struct VmxApicMaps *maps;
    uint8_t rvi;
    uint8_t svi;
    bool pending;
    uint32_t exit_reason;
    uint64_t exit_qualification;
} VmxVirtualApic;

/**
 * X86VmxState: what ArchCPU.vmx points to on a CPU with VMX; the pointer is
 * NULL on every other CPU, and stays as it is after realize.
 * @vmxon: in VMX operation; written by the vCPU's thread under the BQL
 * @vmxon_ptr: the VMXON region, while in VMX operation
 * @init_pending: an INIT came in VMX operation: VMXOFF lets it through, in
 *   non-root operation it is an exit
 * @mov_ss_eip: EIP after the latest MOV SS or POP SS
 * @caps: what the capability MSRs offer
 * @debugctl: IA32_DEBUGCTL
 * @vmcs_ptr: the current-VMCS pointer
 * @vmcs: the current VMCS; memory is behind until it is current no more
 * @dirty: groups of its fields, X86VmcsGroup, that VMWRITE changed
 * @cpu: whose state this is
 * @run: the VMCS that the guest runs with, in non-root operation
 * @td: the TD that the guest is, NULL: an ordinary guest
 * @seam_td: what running TDs needs here; NULL: none has run yet
 * @non_root: there is one; only for migration
 * @ctl: its controls, decoded
 * @vectoring: the event that is being delivered to the guest
 * @old_dr6, @old_dr7: as before the #DB that is coming up
 * @injecting: @vectoring is what VM entry injects, and is right already
 * @hlt: the activity state is HLT
 * @mtf: an exit by the monitor trap flag is due
 * @pending_debug: what VM entry has to deliver as #DB
 * @host_tsc_offset: env's tsc_offset outside non-root operation
 * @exit_tsc: the TSC when the exit that is being taken began, for MSR lists
 * @timer, @timer_tsc: wakes for the preemption timer, which runs out then
 * @vm_change: the machine's stops and starts
 * @ple_first, @ple_last: TSC of the first and the latest PAUSE of a loop
 * @msr_list, @msr_failed: an MSR list is being processed; a write faulted
 * @mmu: tag of the guest's translations
 * @apic: the guest's virtual APIC
 * @exits, @entries, @failed_entries: how often, by basic exit reason
 */
typedef struct X86VmxState {
    bool vmxon;
    uint64_t vmxon_ptr;
    bool init_pending;
    uint64_t mov_ss_eip;
    X86VmxCaps caps;
    uint64_t debugctl;

    uint64_t vmcs_ptr;
    X86Vmcs vmcs;
    unsigned dirty;

    X86CPU *cpu;
    X86Vmcs *run;
    struct TdxTdRun *td;
    struct X86SeamTd *seam_td;
    bool non_root;
    VmxControls ctl;
    VmxEvent vectoring;
    bool injecting;
    bool hlt;
    uint64_t old_dr6;
    uint64_t old_dr7;
    bool mtf;
    uint64_t pending_debug;
    uint64_t host_tsc_offset;
    uint64_t exit_tsc;
    QEMUTimer *timer;
    struct VMChangeStateEntry *vm_change;
    uint64_t timer_tsc;
    uint64_t ple_first;
    uint64_t ple_last;
    bool msr_list;
    bool msr_failed;
    VmxMmu mmu;
    VmxVirtualApic apic;

    uint64_t exits[X86_VMX_EXIT_COUNTERS];
    uint64_t entries;
    uint64_t failed_entries;
} X86VmxState;

/** x86_vmx_mmu_bank: what the current world adds to an MMU index */
static inline int x86_vmx_mmu_bank(const CPUX86State *env)
{
    return (env->hflags & HF_VMX_GUEST_MASK) /
           (HF_VMX_GUEST_MASK / MMU_VMX_BANK);
}

#ifdef CONFIG_USER_ONLY

static inline void x86_vmx_flush_world(X86CPU *cpu)
{
}

#else

extern const struct VMStateDescription vmstate_x86_vmx;

/** x86_vmx_realize: @cpu has VMX, its features and address widths are known */
void x86_vmx_realize(X86CPU *cpu);

/** x86_vmx_unrealize: undo x86_vmx_realize() */
void x86_vmx_unrealize(X86CPU *cpu);

/** x86_vmx_reset: reset, and INIT outside VMX operation; @cpu has VMX */
void x86_vmx_reset(X86CPU *cpu);

/**
 * x86_vmx_raise_init: an INIT signal arrives at @cpu.
 * It stays pending while @cpu is in VMX root operation.  BQL held.
 */
void x86_vmx_raise_init(X86CPU *cpu);

/**
 * x86_vmx_capability: read VMX capability MSR @msr of @cpu.
 * Returns false for one whose controls do not exist.
 */
bool x86_vmx_capability(const X86CPU *cpu, uint32_t msr, uint64_t *val);

/* CR0 and CR4 in VMX operation: IA32_VMX_CR{0,4}_FIXED{0,1} */
typedef struct X86VmxFixed {
    uint64_t fixed0;
    uint64_t fixed1;
} X86VmxFixed;

/** x86_vmx_cr0_fixed: the bits of CR0 that VMX operation fixes */
X86VmxFixed x86_vmx_cr0_fixed(const X86CPU *cpu);

/** x86_vmx_cr4_fixed: the bits of CR4 that VMX operation fixes */
X86VmxFixed x86_vmx_cr4_fixed(const X86CPU *cpu);

/** x86_vmx_cr_supported: does @val obey @fixed? */
static inline bool x86_vmx_cr_supported(X86VmxFixed fixed, uint64_t val)
{
    return (val & fixed.fixed0) == fixed.fixed0 && !(val & ~fixed.fixed1);
}

/* --- what TCG's instruction helpers ask --------------------------------- */

/** x86_vmx_guest: is the CPU in VMX non-root operation? */
static inline bool x86_vmx_guest(const CPUX86State *env)
{
    return env->hflags & HF_VMX_GUEST_MASK;
}

/** x86_vmx_td: is it in SEAM non-root operation, does it run a TD? */
static inline bool x86_vmx_td(const CPUX86State *env)
{
    return x86_vmx_guest(env) && env_archcpu((CPUX86State *)env)->vmx->td;
}

/**
 * x86_vmx_operation: is the CPU in VMX operation, root or non-root?
 * An SMI leaves it until RSM.
 */
static inline bool x86_vmx_operation(CPUX86State *env)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;

    return vmx && vmx->vmxon && !(env->hflags & HF_SMM_MASK);
}

/** x86_vmx_root: is the CPU in VMX root operation? */
static inline bool x86_vmx_root(CPUX86State *env)
{
    return x86_vmx_operation(env) && !x86_vmx_guest(env);
}

/**
 * x86_vmx_mov_ss_blocking: has the instruction just before the one at EIP
 * been a MOV SS or POP SS?  STI blocks interrupts only.
 */
static inline bool x86_vmx_mov_ss_blocking(CPUX86State *env)
{
    return (env->hflags & HF_INHIBIT_IRQ_MASK) &&
           env_archcpu(env)->vmx->mov_ss_eip == env->eip;
}

/** x86_vmx_controls: those that the guest runs with; in non-root operation */
static inline const VmxControls *x86_vmx_controls(CPUX86State *env)
{
    return &env_archcpu(env)->vmx->ctl;
}

/**
 * vmx_exit: VM exit.  The CPU is in non-root operation.
 * @ra: host address of the code that was running, as for exceptions; 0 where
 *   env has the guest's state of an instruction boundary
 */
G_NORETURN void vmx_exit(CPUX86State *env, const VmxExit *exit, uintptr_t ra);

/**
 * x86_vmx_page_fault: a #PF comes for linear address @addr, CR2 is not written
 * yet.  Exits if the exception bitmap and the masks say so, returns otherwise.
 */
void x86_vmx_page_fault(CPUX86State *env, int error_code, uint64_t addr,
                        uintptr_t ra);

/* --- control registers -------------------------------------------------- */

/**
 * x86_vmx_write_cr: MOV of @val to CR @reg.  May exit, or raise #GP(0) if a
 * bit that VMX operation fixes would change.  Returns what the register gets.
 */
target_ulong x86_vmx_write_cr(CPUX86State *env, int reg, target_ulong val,
                              uintptr_t ra);

/**
 * x86_vmx_check_base: a descriptor table or system segment gets its base in
 * 64-bit mode.  #GP(@error) if @base is not canonical on a CPU with VMX; any
 * other is left to stock QEMU, which takes all.
 */
void x86_vmx_check_base(CPUX86State *env, uint64_t base, int error,
                        uintptr_t ra);

/** x86_vmx_clts: CLTS by a guest that does not own TS: done, or it exits */
bool x86_vmx_clts(CPUX86State *env, uintptr_t ra);

/**
 * x86_vmx_write_tpr: MOV to CR8, all checks passed.  Returns whether the TPR
 * is that of a guest's virtual APIC, and has been written there.
 */
bool x86_vmx_write_tpr(CPUX86State *env, uint64_t cr8);

/* --- MSRs and the TSC --------------------------------------------------- */

/** x86_vmx_tsc: the time-stamp counter as software sees it */
uint64_t x86_vmx_tsc(CPUX86State *env);

/* How a CPU with VMX takes RDMSR and WRMSR */
typedef enum X86VmxMsr {
    X86_VMX_MSR_STOCK,      /* not ours: as on any other CPU */
    X86_VMX_MSR_DONE,
    X86_VMX_MSR_GP,
} X86VmxMsr;

/** x86_vmx_rdmsr: read one, or refuse what stock QEMU would read */
X86VmxMsr x86_vmx_rdmsr(CPUX86State *env, uint32_t msr, uint64_t *val);

/** x86_vmx_wrmsr: write one, or refuse what stock QEMU would take */
X86VmxMsr x86_vmx_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val);

/**
 * x86_vmx_msr_fault: RDMSR or WRMSR is about to raise #GP.  Returns whether it
 * works on an MSR list, where it must not.
 */
bool x86_vmx_msr_fault(CPUX86State *env);

/* --- the current VMCS --------------------------------------------------- */

/** x86_vmx_forget_vmcs: write it to memory, none is current any more */
void x86_vmx_forget_vmcs(X86CPU *cpu);

#endif /* !CONFIG_USER_ONLY */

#include "target/i386/vmx-mmu.h"
#include "target/i386/vmx-events.h"

#endif /* TARGET_I386_VMX_H */
