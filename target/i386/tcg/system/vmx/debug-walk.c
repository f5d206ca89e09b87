/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a debugger finds a VMX guest's memory: the guest's page tables and EPT
 * are walked without a trace of it in either.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/qemu-compat.h"
#include "tcg/system/vmx/stage2.h"

bool vmx_debug_read(CPUX86State *env, uint64_t gpa, void *buf, size_t len)
{
    MemTxAttrs attrs;
    hwaddr addr;

    return vmx_stage2_debug(env, gpa, &addr, &attrs) &&
           address_space_read(cpu_addressspace(env_cpu(env), attrs), addr,
                              attrs, buf, len) == MEMTX_OK;
}

/* An entry of the guest's page tables; false where EPT has no memory for it */
static bool read_entry(CPUX86State *env, uint64_t gpa, bool wide,
                       uint64_t *entry)
{
    *entry = 0;
    if (!vmx_debug_read(env, gpa, entry, wide ? 8 : 4)) {
        return false;
    }
    *entry = le64_to_cpu(*entry);
    return true;
}

/* The guest-physical address of linear address @addr */
static bool walk(CPUX86State *env, uint64_t addr, uint64_t *gpa)
{
    const bool lma = env->efer & MSR_EFER_LMA;
    const bool la57 = lma && (env->cr[4] & CR4_LA57_MASK);
    const bool pae = env->cr[4] & CR4_PAE_MASK;
    const unsigned bits = pae ? 9 : 10;
    unsigned level = la57 ? 5 : lma ? 4 : pae ? 3 : 2;
    uint64_t table = env->cr[3] & PG_ADDRESS_MASK;

    if (!(env->cr[0] & CR0_PG_MASK)) {
        *gpa = addr;
        return true;
    }
    if (lma && sextract64(addr, 0, la57 ? 57 : 48) != (int64_t)addr) {
        return false;
    }
    for (; level; level--) {
        unsigned shift = TARGET_PAGE_BITS + (level - 1) * bits;
        unsigned index = addr >> shift & ((1u << bits) - 1);
        /* Of the upper levels only that of 1 GiB has pages */
        bool large = lma ? level == 3 || level == 2 :
                     level == 2 && (pae || (env->cr[4] & CR4_PSE_MASK));
        uint64_t entry;

        if (level == 3 && !lma) {
            entry = env_archcpu(env)->vmx->mmu.pdpte[index & 3];
        } else if (!read_entry(env, table + index * (pae ? 8 : 4), pae,
                               &entry)) {
            return false;
        }
        if (!(entry & PG_PRESENT_MASK)) {
            return false;
        }
        table = entry & PG_ADDRESS_MASK;
        if (level == 1 || (large && (entry & PG_PSE_MASK))) {
            if (!pae && level == 2) {
                /* PSE-36: address bits 39:32 */
                table = (table & 0xffc00000) | (entry & 0x1fe000) << 19;
            }
            *gpa = (table & ~MAKE_64BIT_MASK(0, shift)) |
                   (addr & MAKE_64BIT_MASK(0, shift));
            return true;
        }
    }
    return false;
}

hwaddr vmx_mmu_debug_walk(CPUX86State *env, vaddr addr, MemTxAttrs *attrs)
{
    uint64_t gpa;
    hwaddr paddr;

    if (!walk(env, addr, &gpa) ||
        !vmx_stage2_debug(env, gpa, &paddr, attrs)) {
        return -1;
    }
    return paddr & TARGET_PAGE_MASK;
}
