/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMX operation: the state that a CPU with VMX has beyond a stock x86 CPU
 * under TCG, and what the rest of QEMU may ask it.
 */

#ifndef TARGET_I386_VMX_H
#define TARGET_I386_VMX_H

#include "target/i386/cpu.h"

/* An MSR that QEMU has no name for; the SDM's */
#define MSR_IA32_VMX_PROCBASED_CTLS3      0x492

/*
 * VMCS revision identifier: any number that fits 31 bits, but not 0, which
 * memory that nobody wrote holds
 */
#define X86_VMX_REVISION_ID 0x53454d31

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

struct X86Vmcs;

/**
 * VmxControls: the controls that the guest runs with, decoded at VM entry;
 * good while hflags has HF_VMX_GUEST_MASK.
 * @pin, @proc, @proc2, @exit, @entry: words of controls as in the VMCS; @proc2
 *   is 0 where @proc does not activate it
 * @intercept: instructions that exit, a bit for each VmxIntercept
 * @cr0_mask, @cr0_shadow: guest/host mask and read shadow; CR4's likewise
 * @cr3_targets: how many of @cr3_target count
 * @ept, @ept_ad, @ept_levels, @eptp: guest-physical addresses are translated
 *   by EPT, with accessed and dirty flags, of 4 or 5 levels, from there
 * @vpid: tag of linear translations; 0 unless VPID is on
 * @pml: stores that set a dirty flag are logged
 */
typedef struct VmxControls {
    uint32_t pin;
    uint32_t proc;
    uint32_t proc2;
    uint32_t exit;
    uint32_t entry;
    uint64_t intercept;
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
    uint32_t reason;
    uint64_t qualification;
    uint64_t gpa;
    uint64_t gla;
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
 * @eptp, @vpid: the tag; @eptp is 0 without EPT
 * @guest, @host: what the guest's translations and the host's were made with
 * @pdpte: the PDPTEs that a guest with PAE paging under EPT runs with
 * @pdpte_walk: the same with the accessed flags that a walk wants to see
 * @fault: what EPT answered to the latest guest-physical address it refused
 */
typedef struct VmxMmu {
    bool valid;
    uint64_t eptp;
    uint16_t vpid;
    VmxWorld guest;
    VmxWorld host;
    uint64_t pdpte[4];
    uint64_t pdpte_walk[4];
    struct {
        uint32_t reason;
        uint64_t qualification;
    } fault;
} VmxMmu;

/**
 * X86VmxState: what ArchCPU.vmx points to on a CPU with VMX; the pointer is
 * NULL on every other CPU, and stays as it is after realize.
 * @vmxon: in VMX operation; written by the vCPU's thread under the BQL
 * @vmxon_ptr: the VMXON region, while in VMX operation
 * @init_pending: an INIT came in VMX operation, which VMXOFF lets through
 * @mov_ss_eip: EIP after the latest MOV SS or POP SS
 * @run: the VMCS that the guest runs with, in non-root operation
 * @ctl: its controls, decoded
 * @vectoring: the event that is being delivered to the guest
 * @mmu: tag of the guest's translations
 */
typedef struct X86VmxState {
    bool vmxon;
    uint64_t vmxon_ptr;
    bool init_pending;
    uint64_t mov_ss_eip;

    struct X86Vmcs *run;
    VmxControls ctl;
    VmxEvent vectoring;
    VmxMmu mmu;
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

/** x86_vmx_reset: reset, and INIT outside VMX operation; @cpu has VMX */
void x86_vmx_reset(X86CPU *cpu);

/**
 * x86_vmx_raise_init: an INIT signal arrives at @cpu.
 * It stays pending while @cpu is in VMX operation.  BQL held.
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

/* --- what TCG's instruction helpers ask ---------------------------------- */

/**
 * x86_vmx_root: is the CPU in VMX root operation?
 * An SMI leaves it until RSM.
 */
static inline bool x86_vmx_root(CPUX86State *env)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;

    return vmx && vmx->vmxon && !(env->hflags & HF_SMM_MASK);
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

/** x86_vmx_guest: is the CPU in VMX non-root operation? */
static inline bool x86_vmx_guest(const CPUX86State *env)
{
    return env->hflags & HF_VMX_GUEST_MASK;
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

/* --- translations: vmx/mmu.c and vmx/stage2.c ---------------------------- */

/**
 * vmx_mmu_host_leave: VM entry has passed its checks, and the host's state is
 * still the one loaded.
 */
void vmx_mmu_host_leave(CPUX86State *env);

/**
 * vmx_mmu_enter: non-root operation begins, with the guest's state and
 * controls loaded.  Forgets translations that are not the guest's own.
 */
void vmx_mmu_enter(CPUX86State *env);

/**
 * vmx_mmu_exit: non-root operation ends, the host's state is not loaded yet.
 * Writes the PDPTEs to the VMCS.
 */
void vmx_mmu_exit(CPUX86State *env);

/**
 * vmx_mmu_host_enter: the host's state is loaded after an exit.  Forgets
 * translations that were not made with it.
 */
void vmx_mmu_host_enter(CPUX86State *env);

/**
 * vmx_mmu_invept: INVEPT @type with its operands checked: 1 single context,
 * 2 all contexts
 */
void vmx_mmu_invept(CPUX86State *env, unsigned type, uint64_t eptp);

/**
 * vmx_mmu_invvpid: INVVPID @type with its operands checked: 0 an address,
 * 1 single context, 2 all contexts, 3 single context but global translations
 */
void vmx_mmu_invvpid(CPUX86State *env, unsigned type, uint16_t vpid,
                     uint64_t addr);

/* x86_vmx_flush_world(), x86_vmx_flush_page() on a CPU that has both worlds */
void vmx_mmu_flush_world(CPUX86State *env);
void vmx_mmu_flush_page(CPUX86State *env, vaddr addr);

/**
 * x86_vmx_flush_world: forget the linear translations of the world @cpu is
 * in; all of them on a CPU that runs no guest.  The caller is @cpu's thread.
 */
void x86_vmx_flush_world(X86CPU *cpu);

/** x86_vmx_flush_page: the same of the page of linear address @addr */
void x86_vmx_flush_page(X86CPU *cpu, vaddr addr);

/** x86_vmx_ept: do guest-physical addresses go through EPT now? */
static inline bool x86_vmx_ept(CPUX86State *env)
{
    return unlikely(x86_vmx_guest(env)) && x86_vmx_controls(env)->ept;
}

/**
 * x86_vmx_paging_phys_bits: width of the physical addresses that entries of
 * page tables may have.  Guest-physical ones have no KeyIDs.
 */
static inline unsigned x86_vmx_paging_phys_bits(CPUX86State *env)
{
    return x86_vmx_ept(env) ? env_archcpu(env)->phys_bits :
                              x86_seam_host_phys_bits(env_archcpu(env));
}

/** x86_vmx_strip_keyid: as x86_seam_strip_keyid(), likewise */
static inline uint64_t x86_vmx_strip_keyid(CPUX86State *env, uint64_t addr)
{
    return x86_vmx_ept(env) ? addr :
                              x86_seam_strip_keyid(env_archcpu(env), addr);
}

/**
 * x86_vmx_ptw_access: what a walk of page tables does to get an entry.
 * Everybody asks to store, so that flags can be set, but EPT without dirty
 * flags lets entries be read that must not be written.
 */
static inline MMUAccessType x86_vmx_ptw_access(CPUX86State *env)
{
    return x86_vmx_ept(env) && !x86_vmx_controls(env)->ept_ad ?
           MMU_DATA_LOAD : MMU_DATA_STORE;
}

/* x86_vmx_ptw_store() where the entry was got by a load */
bool vmx_mmu_ptw_store(CPUX86State *env, uint64_t gpa, void **host);

/**
 * x86_vmx_ptw_store: a flag is to be set in the entry at @gpa, whose memory
 * is *@host (NULL: not RAM).  Returns false when EPT refuses that; @host may
 * change otherwise.
 */
static inline bool x86_vmx_ptw_store(CPUX86State *env, uint64_t gpa,
                                     void **host)
{
    return x86_vmx_ptw_access(env) == MMU_DATA_STORE ||
           vmx_mmu_ptw_store(env, gpa, host);
}

/**
 * vmx_mmu_stage2: translate guest-physical address @gpa by EPT.
 * Sets accessed and dirty flags and logs stores as the controls say.
 * @paddr, @prot, @attrs: the answer; @prot has the access and what else needs
 *   no flag to be set
 * Returns false when EPT refuses; vmx_mmu_stage2_exit() tells the reason.
 */
bool vmx_mmu_stage2(CPUX86State *env, uint64_t gpa, MMUAccessType access,
                    hwaddr *paddr, int *prot, MemTxAttrs *attrs);

/**
 * vmx_mmu_stage2_exit: the VM exit for what vmx_mmu_stage2() has refused.
 * @gpa: the guest-physical address
 * @gla: the linear address, unless @mmu_idx says that there is none
 * @walk: @gpa is that of an entry of the guest's page tables
 */
G_NORETURN void vmx_mmu_stage2_exit(CPUX86State *env, uint64_t gpa, vaddr gla,
                                    int mmu_idx, bool walk, uintptr_t ra);

/**
 * x86_vmx_pdpte: does the walk of linear address @addr, with PAE paging, take
 * its first entry from a register?  *@host: that
 */
static inline bool x86_vmx_pdpte(CPUX86State *env, vaddr addr, void **host)
{
    if (!x86_vmx_ept(env)) {
        return false;
    }
    *host = &env_archcpu(env)->vmx->mmu.pdpte_walk[addr >> 30 & 3];
    return true;
}

/* x86_vmx_load_pdptes() in a guest */
void vmx_mmu_load_pdptes(CPUX86State *env, int reg, uint64_t val,
                         uintptr_t ra);

/**
 * x86_vmx_load_pdptes: control register @reg is about to be written with
 * @val, all checks passed.  Loads a guest's PDPTEs if that does so; may raise
 * #GP(0) or exit.
 */
static inline void x86_vmx_load_pdptes(CPUX86State *env, int reg,
                                       uint64_t val, uintptr_t ra)
{
    if (x86_vmx_ept(env)) {
        vmx_mmu_load_pdptes(env, reg, val, ra);
    }
}

/**
 * vmx_mmu_debug_walk: the physical address of linear address @addr of a guest
 * under EPT, and the attributes to reach it with; changes nothing.  Returns
 * -1 when there is none.
 */
hwaddr vmx_mmu_debug_walk(CPUX86State *env, vaddr addr, MemTxAttrs *attrs);

/* --- control registers --------------------------------------------------- */

/**
 * x86_vmx_check_cr: raise #GP(0) if writing @val to CR0 or CR4 (@reg) would
 * change a bit that VMX operation fixes.  @ra: as for other exceptions.
 */
void x86_vmx_check_cr(CPUX86State *env, int reg, uint64_t val, uintptr_t ra);

#endif /* !CONFIG_USER_ONLY */

#endif /* TARGET_I386_VMX_H */
