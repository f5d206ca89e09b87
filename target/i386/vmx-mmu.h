/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Translations of a VMX guest, and of its host: vmx/mmu.c and vmx/stage2.c.
 */

#ifndef TARGET_I386_VMX_MMU_H
#define TARGET_I386_VMX_MMU_H

#include "target/i386/vmx.h"

#ifndef CONFIG_USER_ONLY

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

/**
 * vmx_mmu_td_flush: forget translations of the TD whose Secure EPT is at
 * @eptp, without KeyID.  The caller is the CPU's thread.
 */
void vmx_mmu_td_flush(CPUX86State *env, uint64_t eptp);

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
 * page tables may have.  Guest-physical ones have no KeyIDs, and a TD's may be
 * wider than the machine's: the shared bit is up there.
 */
static inline unsigned x86_vmx_paging_phys_bits(CPUX86State *env)
{
    if (!x86_vmx_ept(env)) {
        return x86_seam_host_phys_bits(env_archcpu(env));
    }
    return env_archcpu(env)->vmx->td ? X86_TD_PHYS_BITS :
                                       env_archcpu(env)->phys_bits;
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
 * vmx_mmu_stage2_exit: the VM exit for what vmx_mmu_stage2() has refused, or
 * the #VE or machine check that comes instead.
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
    if (!x86_vmx_guest(env)) {
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
    if (x86_vmx_guest(env)) {
        vmx_mmu_load_pdptes(env, reg, val, ra);
    }
}

/**
 * vmx_mmu_debug_walk: the physical address of linear address @addr of a guest
 * under EPT, and the attributes to reach it with; changes nothing.  Returns
 * -1 when there is none.
 */
hwaddr vmx_mmu_debug_walk(CPUX86State *env, vaddr addr, MemTxAttrs *attrs);

/**
 * vmx_debug_read: read guest-physical memory at @gpa, under EPT and in a page;
 * false where there is none
 */
bool vmx_debug_read(CPUX86State *env, uint64_t gpa, void *buf, size_t len);

/**
 * x86_vmx_debug_read: what the current world has at "physical" address @addr,
 * for the monitor, which follows page tables; zeros where nothing is
 */
void x86_vmx_debug_read(CPUX86State *env, uint64_t addr, void *buf,
                        size_t len);

/** x86_vmx_dump: a line for "info registers" on the world that the CPU is in */
void x86_vmx_dump(CPUX86State *env, FILE *f);

#endif /* !CONFIG_USER_ONLY */

#endif /* TARGET_I386_VMX_MMU_H */
