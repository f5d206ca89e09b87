/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Translations of a VMX guest: which of them may be kept over world switches,
 * and what makes them void.
 *
 * The host has MMU indexes 0 to 5, its guest 8 to 13, and index 7 translates
 * guest-physical addresses.  No world switch flushes anything as long as the
 * same guest comes and goes: the guest's bank has a tag, which is compared at
 * VM entry.  Whatever flushes a TLB flushes that of its own world.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "tcg/helper-tcg.h"
#include "x86-defs/vmcs.h"
#include "tdx-module/include/module.h"

#define HOST_LINEAR  0x3f
#define GUEST_LINEAR (HOST_LINEAR << MMU_VMX_BANK)
#define PHYSICAL     (1 << MMU_PHYS_IDX)
#define NESTED       (1 << MMU_NESTED_IDX)

/* What of the registers decides on an access: SDM Vol. 3, chapter "Paging" */
#define WORLD_CR0 (CR0_PE_MASK | CR0_WP_MASK | CR0_PG_MASK)
#define WORLD_CR4 (CR4_PSE_MASK | CR4_PAE_MASK | CR4_PGE_MASK |         \
                   CR4_LA57_MASK | CR4_SMEP_MASK | CR4_SMAP_MASK |      \
                   CR4_PKE_MASK | CR4_PKS_MASK)
#define WORLD_EFER (MSR_EFER_LMA | MSR_EFER_NXE)

static VmxMmu *mmu_of(CPUX86State *env)
{
    return &env_archcpu(env)->vmx->mmu;
}

static VmxWorld world_of(const CPUX86State *env)
{
    return (VmxWorld) {
        .cr3 = env->cr[3],
        .efer = env->efer & WORLD_EFER,
        .cr0 = env->cr[0] & WORLD_CR0,
        .cr4 = env->cr[4] & WORLD_CR4,
        .pkru = env->pkru,
    };
}

/*
 * Without world_of(): what has just been written by halves would be read as a
 * whole, for which the processor has to wait.
 */
static bool world_is(const CPUX86State *env, const VmxWorld *then)
{
    return !((env->cr[3] ^ then->cr3) |
             ((env->efer & WORLD_EFER) ^ then->efer) |
             ((env->cr[0] & WORLD_CR0) ^ then->cr0) |
             ((env->cr[4] & WORLD_CR4) ^ then->cr4) |
             (env->pkru ^ then->pkru));
}

/* Does a guest with these registers have PDPTE registers? */
static bool has_pdptes(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    return (cr0 & CR0_PG_MASK) && (cr4 & CR4_PAE_MASK) &&
           !(efer & MSR_EFER_LMA);
}

/* The PDPTEs at @cr3 in the guest's memory; EPT may refuse to read them */
static void read_pdptes(CPUX86State *env, uint64_t cr3, uint64_t pdpte[4],
                        uintptr_t ra)
{
    int mmu_idx = x86_vmx_ept(env) ? MMU_NESTED_IDX : MMU_PHYS_IDX;
    uint64_t addr = x86_vmx_strip_keyid(env, cr3 & 0xffffffe0);

    for (int i = 0; i < 4; i++) {
        pdpte[i] = cpu_ldq_mmuidx_ra(env, addr + i * sizeof(uint64_t),
                                     mmu_idx, ra);
    }
}

static void set_pdptes(VmxMmu *mmu, const uint64_t pdpte[4])
{
    for (int i = 0; i < 4; i++) {
        mmu->pdpte[i] = pdpte[i];
        mmu->pdpte_walk[i] = pdpte[i] | PG_ACCESSED_MASK;
    }
}

/* --- world switches ----------------------------------------------------- */

void vmx_mmu_host_leave(CPUX86State *env)
{
    mmu_of(env)->host = world_of(env);
}

void vmx_mmu_enter(CPUX86State *env)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    const X86Vmcs *vmcs = env_archcpu(env)->vmx->run;
    VmxMmu *mmu = mmu_of(env);
    uint64_t eptp = ctl->ept ? ctl->eptp : 0;
    const TdxTdRun *td = env_archcpu(env)->vmx->td;
    uint64_t shared_eptp = td ? vmcs->shared_ept_pointer : 0;
    uint16_t hkid = td ? td->hkid : 0;

    /*
     * Without VPIDs each switch forgets combined mappings.  What a processor
     * caches of EPT alone is little: hypervisors expect a dirty flag that they
     * have cleared to be set again.
     */
    if (!mmu->valid || mmu->eptp != eptp || mmu->hkid != hkid ||
        mmu->shared_eptp != shared_eptp || !ctl->vpid) {
        tlb_flush_by_mmuidx(env_cpu(env), GUEST_LINEAR | NESTED);
    } else if (mmu->vpid != ctl->vpid || !world_is(env, &mmu->guest)) {
        tlb_flush_by_mmuidx(env_cpu(env), GUEST_LINEAR);
    }
    mmu->valid = true;
    mmu->eptp = eptp;
    mmu->shared_eptp = shared_eptp;
    mmu->hkid = hkid;
    mmu->vpid = ctl->vpid;
    if (has_pdptes(env->cr[0], env->cr[4], env->efer)) {
        uint64_t pdpte[4] = {
            vmcs->guest_pdpte0, vmcs->guest_pdpte1,
            vmcs->guest_pdpte2, vmcs->guest_pdpte3,
        };

        if (!ctl->ept) {
            read_pdptes(env, env->cr[3], pdpte, 0);
        }
        set_pdptes(mmu, pdpte);
    }
}

void vmx_mmu_exit(CPUX86State *env)
{
    const VmxControls *ctl = x86_vmx_controls(env);
    X86Vmcs *vmcs = env_archcpu(env)->vmx->run;
    VmxMmu *mmu = mmu_of(env);

    mmu->guest = world_of(env);
    if (ctl->ept && has_pdptes(env->cr[0], env->cr[4], env->efer)) {
        vmcs->guest_pdpte0 = mmu->pdpte[0];
        vmcs->guest_pdpte1 = mmu->pdpte[1];
        vmcs->guest_pdpte2 = mmu->pdpte[2];
        vmcs->guest_pdpte3 = mmu->pdpte[3];
    }
}

void vmx_mmu_host_enter(CPUX86State *env)
{
    VmxMmu *mmu = mmu_of(env);

    /* Without VPIDs both worlds share one tag, which each switch flushes */
    if (!mmu->vpid || !world_is(env, &mmu->host)) {
        tlb_flush_by_mmuidx(env_cpu(env), HOST_LINEAR);
    }
}

/* --- invalidation ------------------------------------------------------- */

void vmx_mmu_flush_world(CPUX86State *env)
{
    tlb_flush_by_mmuidx(env_cpu(env), x86_vmx_guest(env) ?
                        GUEST_LINEAR : HOST_LINEAR | PHYSICAL);
}

void vmx_mmu_flush_page(CPUX86State *env, vaddr addr)
{
    tlb_flush_page_by_mmuidx(env_cpu(env), addr, x86_vmx_guest(env) ?
                             GUEST_LINEAR : HOST_LINEAR);
}

static bool same_tables(uint64_t eptp, uint64_t other)
{
    return !((eptp ^ other) & PG_ADDRESS_MASK);
}

void vmx_mmu_invept(CPUX86State *env, unsigned type, uint64_t eptp)
{
    VmxMmu *mmu = mmu_of(env);

    /*
     * A single context is that of the tables, whatever else the EPTP says; a TD
     * has two of them, and those that its host knows are the shared ones.
     */
    if (mmu->valid && (type != 1 || same_tables(mmu->eptp, eptp) ||
                       same_tables(mmu->shared_eptp, eptp))) {
        tlb_flush_by_mmuidx(env_cpu(env), GUEST_LINEAR | NESTED);
    }
}

void vmx_mmu_td_flush(CPUX86State *env, uint64_t eptp)
{
    VmxMmu *mmu = mmu_of(env);

    if (mmu->valid && mmu->hkid && same_tables(mmu->eptp, eptp)) {
        tlb_flush_by_mmuidx(env_cpu(env), GUEST_LINEAR | NESTED);
    }
}

void vmx_mmu_invvpid(CPUX86State *env, unsigned type, uint16_t vpid,
                     uint64_t addr)
{
    VmxMmu *mmu = mmu_of(env);

    if (!mmu->valid || (type != 2 && mmu->vpid != vpid)) {
        return;
    }
    if (type == 0) {
        tlb_flush_page_by_mmuidx(env_cpu(env), addr, GUEST_LINEAR);
    } else {
        tlb_flush_by_mmuidx(env_cpu(env), GUEST_LINEAR);
    }
}

/* --- PDPTE registers ---------------------------------------------------- */

/* SDM Vol. 3, section "PDPTE Registers": the writes that load them */
static bool loads_pdptes(const CPUX86State *env, int reg, uint64_t val)
{
    switch (reg) {
    case 0:
        return (env->cr[0] ^ val) & (CR0_CD_MASK | CR0_NW_MASK | CR0_PG_MASK);
    case 3:
        return true;
    case 4:
        return (env->cr[4] ^ val) & (CR4_PAE_MASK | CR4_PGE_MASK |
                                     CR4_PSE_MASK | CR4_SMEP_MASK);
    default:
        return false;
    }
}

void vmx_mmu_load_pdptes(CPUX86State *env, int reg, uint64_t val,
                         uintptr_t ra)
{
    uint64_t cr0 = reg == 0 ? val : env->cr[0];
    uint64_t cr3 = reg == 3 ? val : env->cr[3];
    uint64_t cr4 = reg == 4 ? val : env->cr[4];
    uint64_t reserved = ~MAKE_64BIT_MASK(0, x86_vmx_paging_phys_bits(env)) |
                        MAKE_64BIT_MASK(5, 4) | MAKE_64BIT_MASK(1, 2);
    uint64_t pdpte[4];

    /* Setting CR0.PG with EFER.LME leads to IA-32e mode */
    if ((env->efer & (MSR_EFER_LMA | MSR_EFER_LME)) ||
        !has_pdptes(cr0, cr4, env->efer) || !loads_pdptes(env, reg, val)) {
        return;
    }
    read_pdptes(env, cr3, pdpte, ra);
    for (int i = 0; i < 4; i++) {
        if ((pdpte[i] & PG_PRESENT_MASK) && (pdpte[i] & reserved)) {
            raise_exception_err_ra(env, EXCP0D_GPF, 0, ra);
        }
    }
    set_pdptes(mmu_of(env), pdpte);
}
