/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The memory of a TD: which EPT translates a guest-physical address, with
 * tables where, and what it means that private memory cannot be read.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "stage2.h"
#include "target/i386/tdx-module/include/module.h"
#include "x86-defs/vmcs.h"
#include CONFIG_DEVICES
#ifdef CONFIG_SEAM
#include "hw/i386/seam.h"
#endif

uint8_t *vmx_td_memory(CPUX86State *env, uint64_t hpa, size_t len)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint8_t *host = NULL;

    hpa = x86_seam_strip_keyid(env_archcpu(env), hpa);
#ifdef CONFIG_SEAM
    host = seam_td_memory(hpa, len);
#endif
    if (!host) {
        vmx->mmu.fault.lost = true;
        vmx->mmu.fault.hpa = hpa;
    }
    return host;
}

/*
 * Whatever KeyID the entry above has, it is read with the TD's.  The TDX module
 * changes entries while vCPUs of the TD run.
 */
static bool read_secure(void *opaque, uint64_t addr, uint64_t *entry)
{
    uint8_t *host = vmx_td_memory(opaque, addr, sizeof(*entry));

    if (host) {
        *entry = le64_to_cpu(qatomic_read((uint64_t *)host));
    }
    return host;
}

bool vmx_td_is_private(const X86VmxState *vmx, uint64_t gpa)
{
    return !(gpa & vmx->td->shared);
}

void vmx_td_tables(CPUX86State *env, uint64_t gpa, X86Ept *ept)
{
    X86CPU *cpu = env_archcpu(env);

    if (x86_ept_of_td(ept, gpa, cpu->vmx->td->shared,
                      cpu->vmx->run->shared_ept_pointer,
                      cpu->seam->tdx_keyid_bits)) {
        ept->read = read_secure;
        ept->update = NULL; /* the EPTP has no flags enabled */
        ept->log = NULL;
    }
}

bool vmx_td_page(CPUX86State *env, uint64_t hpa, MemTxAttrs *attrs)
{
    attrs->space = X86_SPACE_PRIVATE;
    return vmx_td_memory(env, hpa, 1);
}
