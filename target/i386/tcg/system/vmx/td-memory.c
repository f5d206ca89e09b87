/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The memory of a TD: which EPT translates a guest-physical address, with
 * tables where, and what it means that private memory cannot be read.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "stage2.h"
#include "x86-defs/vmcs.h"
#include CONFIG_DEVICES
#ifdef CONFIG_SEAM
#include "hw/i386/seam.h"
#endif

/* Private memory at @hpa, which may have a KeyID; NULL: lost, or none */
static uint8_t *private_memory(CPUX86State *env, uint64_t hpa, size_t len)
{
#ifdef CONFIG_SEAM
    return seam_td_memory(x86_seam_strip_keyid(env_archcpu(env), hpa), len);
#else
    return NULL;
#endif
}

uint8_t *vmx_td_memory(CPUX86State *env, uint64_t hpa, size_t len)
{
    uint8_t *host = private_memory(env, hpa, len);
    VmxMmu *mmu = &env_archcpu(env)->vmx->mmu;

    if (!host) {
        mmu->fault.lost = true;
        mmu->fault.hpa = x86_seam_strip_keyid(env_archcpu(env), hpa);
    }
    return host;
}

/* The TDX module changes entries while vCPUs of the TD run. */
static bool read_at(const uint8_t *host, uint64_t *entry)
{
    if (host) {
        *entry = le64_to_cpu(qatomic_read((const uint64_t *)host));
    }
    return host;
}

/* Whatever KeyID the entry above has, it is read with the TD's. */
static bool read_secure(void *opaque, uint64_t addr, uint64_t *entry)
{
    return read_at(vmx_td_memory(opaque, addr, sizeof(*entry)), entry);
}

static bool read_secure_debug(void *opaque, uint64_t addr, uint64_t *entry)
{
    return read_at(private_memory(opaque, addr, sizeof(*entry)), entry);
}

bool vmx_td_is_private(const TdxTdRun *td, uint64_t gpa)
{
    return !(gpa & td->shared);
}

void vmx_td_tables(CPUX86State *env, const TdxTdRun *td, uint64_t gpa,
                   bool debug, X86Ept *ept)
{
    if (x86_ept_of_td(ept, gpa, td->shared, td->vmcs->shared_ept_pointer,
                      env_archcpu(env)->seam->tdx_keyid_bits)) {
        ept->read = debug ? read_secure_debug : read_secure;
        ept->update = NULL; /* the EPTP has no flags enabled */
        ept->log = NULL;
    }
}

bool vmx_td_page(CPUX86State *env, uint64_t hpa, bool debug,
                 MemTxAttrs *attrs)
{
    attrs->space = X86_SPACE_PRIVATE;
    return debug ? private_memory(env, hpa, 1) : vmx_td_memory(env, hpa, 1);
}
