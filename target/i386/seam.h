/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPU support for Intel SEAM: the state that a TDXHost CPU has beyond a
 * stock x86 CPU, and what the rest of QEMU may ask it.
 */

/* Ahead of the guard: cpu.h includes this file for those that vmx.h needs */
#include "target/i386/cpu.h"

#ifndef TARGET_I386_SEAM_H
#define TARGET_I386_SEAM_H

/**
 * X86SeamState: what ArchCPU.seam points to on a CPU with SEAM; the pointer
 * is NULL on every other CPU, and stays as it is after realize.
 * @keyid_bits: width of the KeyID field at the top of a physical address
 * @tdx_keyid_bits: the upper ones of these, which only TDX KeyIDs have set
 * @mktme_keyids: number of KeyIDs 1 .. @mktme_keyids
 * @tdx_keyids: number of the TDX KeyIDs, from @mktme_keyids + 1
 * @keyid_mask: the KeyID field
 * @seamrr_base: first byte of the SEAM range
 * @seamrr_size: its size in bytes, a power of two
 * @partial_write_erratum: a partial write poisons TDX-private memory
 */
typedef struct X86SeamState {
    uint8_t keyid_bits;
    uint8_t tdx_keyid_bits;
    uint32_t mktme_keyids;
    uint32_t tdx_keyids;
    uint64_t keyid_mask;
    uint64_t seamrr_base;
    uint64_t seamrr_size;
    bool partial_write_erratum;
} X86SeamState;

/** x86_cpu_has_seam: is @cpu one that has SEAM? */
static inline bool x86_cpu_has_seam(const X86CPU *cpu)
{
    return cpu->seam != NULL;
}

/**
 * x86_seam_host_phys_bits: width of the physical addresses that software
 * outside SEAM may use.  Above it are the address bits that MAXPHYADDR does
 * not have, and those that only TDX KeyIDs have set; both are reserved.
 */
static inline unsigned x86_seam_host_phys_bits(const X86CPU *cpu)
{
    return cpu->phys_bits - (cpu->seam ? cpu->seam->tdx_keyid_bits : 0);
}

/**
 * x86_seam_strip_keyid: the address in memory of physical address @addr.
 * MKTME KeyIDs alias KeyID 0: memory encryption is not modelled.
 */
static inline uint64_t x86_seam_strip_keyid(const X86CPU *cpu, uint64_t addr)
{
    return cpu->seam ? addr & ~cpu->seam->keyid_mask : addr;
}

/** x86_seam_partial_write_erratum: see docs/specs/tdx-host-cpu.rst */
static inline bool x86_seam_partial_write_erratum(const X86CPU *cpu)
{
    return cpu->seam && cpu->seam->partial_write_erratum;
}

/**
 * x86_seam_rsvd_error: what a reserved-bit #PF has in its error code beside
 * RSVD. Only a present entry has reserved bits, hence P; stock CPUs leave
 * it out.
 */
static inline int x86_seam_rsvd_error(const X86CPU *cpu)
{
    return cpu->seam ? PG_ERROR_P_MASK : 0;
}

/*
 * MemTxAttrs.space of private memory, and the index of its address space:
 * what private KeyIDs see, by addresses without KeyID.
 */
#define X86_SPACE_PRIVATE 2

#ifdef CONFIG_USER_ONLY

static inline uint64_t x86_seam_tcg_features(const X86CPU *cpu, FeatureWord w)
{
    return 0;
}

static inline void x86_seam_cpuid_tsc(const X86CPU *cpu, uint32_t *eax,
                                      uint32_t *ebx, uint32_t *ecx,
                                      uint32_t *edx)
{
    *eax = *ebx = *ecx = *edx = 0;
}

#else

/**
 * x86_seam_private_root: private memory, for whoever has it to map it there.
 * There is one for all CPUs.
 */
MemoryRegion *x86_seam_private_root(void);

/** x86_seam_init_memory: @cpu, which may have SEAM, gets its address space */
void x86_seam_init_memory(X86CPU *cpu);

/**
 * x86_seam_tcg_features: the bits of feature word @w that @cpu has under TCG
 * in addition to what TCG gives to every CPU.
 */
uint64_t x86_seam_tcg_features(const X86CPU *cpu, FeatureWord w);

/** x86_seam_cpuid_tsc: CPUID leaf 15H; zeros on a CPU without SEAM */
void x86_seam_cpuid_tsc(const X86CPU *cpu, uint32_t *eax, uint32_t *ebx,
                        uint32_t *ecx, uint32_t *edx);

/**
 * x86_seam_rdmsr: read @msr of @cpu as SEAM software does.
 * Covers the MSRs that a TDX module samples.  Never faults and takes no
 * lock; may be called from any thread.
 * Returns false when the CPU does not have the MSR.
 */
bool x86_seam_rdmsr(const X86CPU *cpu, uint32_t msr, uint64_t *val);

/* How a CPU with SEAM takes a guest's RDMSR or WRMSR */
typedef enum X86SeamMsr {
    X86_SEAM_MSR_STOCK,     /* not ours: as on any other CPU */
    X86_SEAM_MSR_DONE,
    X86_SEAM_MSR_GP,
} X86SeamMsr;

/** x86_seam_guest_rdmsr: RDMSR of @msr by the guest; @cpu has SEAM */
X86SeamMsr x86_seam_guest_rdmsr(const X86CPU *cpu, uint32_t msr,
                                uint64_t *val);

/** x86_seam_guest_wrmsr: WRMSR of @msr by the guest; @cpu has SEAM */
X86SeamMsr x86_seam_guest_wrmsr(X86CPU *cpu, uint32_t msr, uint64_t val);

/* --- what TCG's instruction helpers ask ---------------------------------- */

/**
 * x86_cr_reserved_fault: a reserved bit of CR3 or CR4 is being set: #GP(0),
 * or what stock QEMU does where an SVM guest runs.
 */
G_NORETURN void x86_cr_reserved_fault(CPUX86State *env, uintptr_t ra);

/** x86_seam_line_stored: MOVDIR64B has written to the line at @addr */
void x86_seam_line_stored(CPUX86State *env, target_ulong addr);

/**
 * x86_seam_check_poison: @size bytes at @paddr are about to be accessed.
 * May raise #MC; @probe: what is asked is only whether the access could be.
 * Returns whether such accesses to the page have to be asked for each time.
 */
bool x86_seam_check_poison(CPUX86State *env, hwaddr paddr, int size,
                           MMUAccessType access_type, bool probe,
                           uintptr_t ra);

/**
 * x86_seam_private_size: x86_seam_tlb_size() for private memory of a TD.
 * Smaller than a page where a line of it is lost; an access to that raises #MC.
 */
vaddr x86_seam_private_size(CPUX86State *env, hwaddr paddr, vaddr page_size,
                            int size, MMUAccessType access_type, bool probe,
                            uintptr_t ra);

/**
 * x86_seam_integrity_mce: the machine check of a TD that reads the lost line
 * around @hpa; @fetch: for code
 */
G_NORETURN void x86_seam_integrity_mce(CPUX86State *env, uint64_t hpa,
                                       bool fetch, uintptr_t ra);

/**
 * x86_seam_tlb_size: size of the TLB entry to be made for an access, which may
 * raise #MC.  @page_size: that of the page in the guest's tables
 */
static inline vaddr x86_seam_tlb_size(CPUX86State *env, hwaddr paddr,
                                      MemTxAttrs attrs, vaddr page_size,
                                      int size, MMUAccessType access_type,
                                      bool probe, uintptr_t ra)
{
    if (unlikely(attrs.space)) {
        return x86_seam_private_size(env, paddr, page_size, size, access_type,
                                     probe, ra);
    }
    if (likely(!x86_seam_partial_write_erratum(env_archcpu(env))) ||
        !x86_seam_check_poison(env, paddr, size, access_type, probe, ra)) {
        return page_size;
    }
    return 1; /* less than a page: good for this access only */
}

/**
 * x86_seam_rdmsr_insn, x86_seam_wrmsr_insn: execute RDMSR or WRMSR if the
 * MSR is one of a CPU with SEAM; false if a stock CPU's way is to be taken.
 * May raise #GP(0).
 */
bool x86_seam_rdmsr_insn(CPUX86State *env, uintptr_t ra);
bool x86_seam_wrmsr_insn(CPUX86State *env, uintptr_t ra);

#endif /* !CONFIG_USER_ONLY */

#endif /* TARGET_I386_SEAM_H */
