/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The second stage of address translation: guest-physical addresses through
 * EPT, and the VM exits of what EPT refuses.
 *
 * The TLB of MMU_NESTED_IDX caches what a walk finds, always for 4 KiB: a
 * guest's INVLPG has to do with the size of the guest's own page, and
 * whatever invalidates EPT translations forgets all of them.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "tcg/helper-tcg.h"
#include "engine.h"
#include "stage2.h"
#include "target/i386/vmx/ept.h"
#include "x86-defs/vmcs.h"
#include "x86-defs/vmx-exit-list.h"

#define PML_ENTRIES 512

/* --- EPT tables and the log in memory ----------------------------------- */

/*
 * The host address of an entry that lies in RAM, by way of the TLB for
 * physical addresses: it knows dirty pages, code, ROM and poison.
 */
static uint64_t *entry_in_ram(CPUX86State *env, uint64_t addr,
                              MMUAccessType access)
{
    void *host;
    int flags = probe_access_full_mmu(env, addr, 0, access, MMU_PHYS_IDX,
                                      &host, NULL);

    return flags & TLB_INVALID_MASK ? NULL : host;
}

/*
 * What is not in RAM is a device's, as far as QEMU knows, and a load from a
 * device in the middle of a block means to begin its instruction again.  A walk
 * is of no instruction.  But where instructions are counted no device may ask
 * for the time then: nothing answers.
 */
static uint64_t load_entry(CPUX86State *env, uint64_t addr)
{
    bool io = env_cpu(env)->neg.can_do_io;
    uint64_t entry;

    if (!vmx_may_ask_device(env)) {
        return UINT64_MAX;
    }
    env_cpu(env)->neg.can_do_io = true;
    entry = cpu_ldq_mmuidx_ra(env, addr, MMU_PHYS_IDX, 0);
    env_cpu(env)->neg.can_do_io = io;
    return entry;
}

static void store_entry(CPUX86State *env, uint64_t addr, uint64_t entry)
{
    bool io = env_cpu(env)->neg.can_do_io;

    if (vmx_may_ask_device(env)) {
        env_cpu(env)->neg.can_do_io = true;
        cpu_stq_mmuidx_ra(env, addr, entry, MMU_PHYS_IDX, 0);
        env_cpu(env)->neg.can_do_io = io;
    }
}

static bool read_entry(void *opaque, uint64_t addr, uint64_t *entry)
{
    CPUX86State *env = opaque;
    uint64_t *host;

    addr = x86_seam_strip_keyid(env_archcpu(env), addr);
    host = entry_in_ram(env, addr, MMU_DATA_LOAD);
    *entry = host ? le64_to_cpu(qatomic_read(host)) : load_entry(env, addr);
    return true;
}

static bool update_entry(void *opaque, uint64_t addr, uint64_t old,
                         uint64_t entry)
{
    CPUX86State *env = opaque;
    uint64_t *host;

    addr = x86_seam_strip_keyid(env_archcpu(env), addr);
    host = entry_in_ram(env, addr, MMU_DATA_STORE);
    if (host) {
        old = cpu_to_le64(old);
        return qatomic_cmpxchg(host, old, cpu_to_le64(entry)) == old;
    }
    store_entry(env, addr, entry);
    return true;
}

/* SDM Vol. 3, section "Page-Modification Logging" */
static bool log_store(void *opaque, uint64_t gpa)
{
    CPUX86State *env = opaque;
    X86Vmcs *vmcs = env_archcpu(env)->vmx->run;
    uint64_t addr;

    if (vmcs->pml_index >= PML_ENTRIES) {
        return false;
    }
    addr = x86_seam_strip_keyid(env_archcpu(env), vmcs->pml_addr) +
           vmcs->pml_index * sizeof(uint64_t);
    store_entry(env, addr, gpa & TARGET_PAGE_MASK);
    vmcs->pml_index--;
    return true;
}

static bool read_entry_debug(void *opaque, uint64_t addr, uint64_t *entry)
{
    CPUX86State *env = opaque;

    addr = x86_seam_strip_keyid(env_archcpu(env), addr);
    *entry = x86_ldq_phys(env_cpu(env), addr);
    return true;
}

/* --- translation -------------------------------------------------------- */

/* The tables that translate @gpa, of @td if it is one */
static X86Ept tables(CPUX86State *env, const TdxTdRun *td, uint64_t gpa,
                     bool debug)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    X86Ept ept = {
        .caps = &vmx->caps,
        .eptp = vmx->ctl.eptp,
        .read = debug ? read_entry_debug : read_entry,
        .update = debug ? NULL : update_entry,
        .log = vmx->ctl.pml ? log_store : NULL,
        .opaque = env,
    };

    if (td) {
        vmx_td_tables(env, td, gpa, debug, &ept);
    }
    return ept;
}

/* Where the walk has led; false: private memory whose content is lost */
static bool take_page(CPUX86State *env, const TdxTdRun *td, uint64_t gpa,
                      bool debug, uint64_t address, hwaddr *paddr,
                      MemTxAttrs *attrs)
{
    *paddr = x86_seam_strip_keyid(env_archcpu(env), address);
    *attrs = cpu_get_mem_attrs(env);
    return !td || !vmx_td_is_private(td, gpa) ||
           vmx_td_page(env, *paddr, debug, attrs);
}

bool vmx_mmu_stage2(CPUX86State *env, uint64_t gpa, MMUAccessType access,
                    hwaddr *paddr, int *prot, MemTxAttrs *attrs)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const X86Ept ept = tables(env, vmx->td, gpa, false);
    /*
     * Why the address is wanted is known to the caller of the TLB alone, and
     * only matters to the exit qualification.
     */
    const X86EptAccess wanted = {
        .gpa = gpa,
        .read = access == MMU_DATA_LOAD,
        .write = access == MMU_DATA_STORE,
        .fetch = access == MMU_INST_FETCH,
        .gla_valid = true,
    };
    X86EptWalk walk;
    X86EptResult result;

    vmx->mmu.fault.lost = false;
    vmx->mmu.fault.convertible = false;
    vmx->mmu.fault.fetch = wanted.fetch;
    do {
        result = x86_ept_walk(&ept, &wanted, &walk);
    } while (result == X86_EPT_AGAIN);

    if (unlikely(vmx->mmu.fault.lost)) {
        return false;
    }
    switch (result) {
    case X86_EPT_OK:
        *prot = (walk.cacheable & X86_EPT_READ ? PAGE_READ : 0) |
                (walk.cacheable & X86_EPT_WRITE ? PAGE_WRITE : 0) |
                (walk.cacheable & X86_EPT_EXECUTE ? PAGE_EXEC : 0);
        return take_page(env, vmx->td, gpa, false, walk.address, paddr,
                         attrs);
    case X86_EPT_VIOLATION:
        vmx->mmu.fault.convertible = walk.convertible;
        vmx->mmu.fault.reason = X86_VMX_EXIT_REASON_EPT_VIOLATION;
        vmx->mmu.fault.qualification = x86_vmx_ept_qual(&walk.qual);
        return false;
    case X86_EPT_LOG_FULL:
        vmx->mmu.fault.reason = X86_VMX_EXIT_REASON_PML_FULL;
        return false;
    default:
        vmx->mmu.fault.reason = X86_VMX_EXIT_REASON_EPT_MISCONFIG;
        return false;
    }
}

bool vmx_mmu_ptw_store(CPUX86State *env, uint64_t gpa, void **host)
{
    int flags = probe_access_full_mmu(env, gpa, 0, MMU_DATA_STORE,
                                      MMU_NESTED_IDX, host, NULL);

    return !(flags & TLB_INVALID_MASK);
}

void vmx_mmu_stage2_exit(CPUX86State *env, uint64_t gpa, vaddr gla,
                         int mmu_idx, bool walk, uintptr_t ra)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;
    const bool linear = mmu_idx != MMU_NESTED_IDX;
    VmxExit exit = {
        .reason = vmx->mmu.fault.reason,
        .gpa = gpa,
    };

    if (linear) {
        exit.gla = is_mmu_index_32(mmu_idx & ~MMU_VMX_BANK) ?
                   (uint32_t)gla : gla;
    }
    if (!vmx->mmu.fault.lost &&
        exit.reason == X86_VMX_EXIT_REASON_EPT_VIOLATION) {
        X86VmxEptQual qual =
            x86_vmx_ept_qual_decode(vmx->mmu.fault.qualification);

        qual.gla_valid = linear;
        qual.gla_access = linear && !walk;
        /*
         * With accessed and dirty flags each access to the guest's tables
         * counts as a write; without, one that sets a flag.  A write reads.
         */
        if (walk && (vmx->ctl.ept_ad || qual.write)) {
            qual.read = true;
            qual.write = true;
        }
        exit.qualification = x86_vmx_ept_qual(&qual);
        vmx_ve_try(env, &exit, ra);
    }
    if (vmx->mmu.fault.lost) {
        x86_seam_integrity_mce(env, vmx->mmu.fault.hpa,
                               !walk && vmx->mmu.fault.fetch, ra);
    }
    vmx_exit(env, &exit, ra);
}

/* --- debuggers ---------------------------------------------------------- */

bool vmx_stage2_debug(CPUX86State *env, uint64_t gpa, hwaddr *paddr,
                      MemTxAttrs *attrs)
{
    const TdxTdRun *td = qatomic_read(&env_archcpu(env)->vmx->td);
    const X86Ept ept = tables(env, td, gpa, true);
    const X86EptAccess any = { .gpa = gpa };
    X86EptWalk walk;

    if (x86_ept_walk(&ept, &any, &walk) != X86_EPT_OK) {
        return false;
    }
    return take_page(env, td, gpa, true, walk.address, paddr, attrs);
}
