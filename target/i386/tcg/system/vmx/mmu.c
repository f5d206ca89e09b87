/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Translations of a VMX guest: which of them may be kept over world switches,
 * and what makes them void.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/cputlb.h"

void vmx_mmu_enter(CPUX86State *env)
{
    tlb_flush(env_cpu(env));
}

void vmx_mmu_exit(CPUX86State *env)
{
    tlb_flush(env_cpu(env));
}

void vmx_mmu_invept(CPUX86State *env, unsigned type, uint64_t eptp)
{
    tlb_flush(env_cpu(env));
}

void vmx_mmu_invvpid(CPUX86State *env, unsigned type, uint16_t vpid,
                     uint64_t addr)
{
    tlb_flush(env_cpu(env));
}
