/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Loading registers in bulk on a world switch: MOV CR and its like check,
 * flush and derive with each register, which is not wanted here.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "tcg/helper-tcg.h"
#include "engine.h"

bool vmx_canonical(CPUX86State *env, uint64_t addr)
{
    unsigned bits = env_archcpu(env)->vmx->caps.config.linear_bits;

    return sextract64(addr, 0, bits) == (int64_t)addr;
}

void vmx_set_crs(CPUX86State *env, uint64_t cr0, uint64_t cr3, uint64_t cr4,
                 uint64_t efer)
{
    env->cr[0] = cr0 | CR0_ET_MASK;
    env->cr[3] = cr3;
    env->cr[4] = cr4;
    env->efer = efer;
}

void vmx_update_hflags(CPUX86State *env)
{
    env->hflags &= ~(HF_SMAP_MASK | HF_UMIP_MASK | HF_SVME_MASK);
    if (env->cr[4] & CR4_SMAP_MASK) {
        env->hflags |= HF_SMAP_MASK;
    }
    if (env->cr[4] & CR4_UMIP_MASK) {
        env->hflags |= HF_UMIP_MASK;
    }
    x86_update_hflags(env);
    /* These a translation block takes from RFLAGS as they are then. */
    env->hflags &= ~(HF_TF_MASK | HF_VM_MASK | HF_IOPL_MASK);
    cpu_sync_bndcs_hflags(env);
    cpu_sync_avx_hflag(env);
}
