/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT violations that a guest gets as virtualization exceptions (#VE), without
 * a VM exit: SDM Vol. 3, section "Virtualization Exceptions".
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "tcg/helper-tcg.h"
#include "engine.h"
#include "stage2.h"
#include "trace.h"
#include "x86-defs/ve-info.h"

/* The area is private memory of a TD, and ordinary memory of others. */
static bool read_area(CPUX86State *env, uint64_t offset, void *buf,
                      size_t size)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t addr = vmx->run->ve_info_addr + offset;
    const uint8_t *host;

    if (!vmx->td) {
        return vmx_phys_read(env, addr, buf, size);
    }
    host = vmx_td_memory(env, addr, size);
    if (host) {
        memcpy(buf, host, size);
    }
    return host;
}

static void write_area(CPUX86State *env, const void *buf, size_t size)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;
    uint64_t addr = vmx->run->ve_info_addr;
    uint8_t *host;

    if (!vmx->td) {
        vmx_phys_write(env, addr, buf, size);
        return;
    }
    host = vmx_td_memory(env, addr, size);
    if (host) {
        memcpy(host, buf, size);
    }
}

/* "Convertible EPT Violations" and "Virtualization-Exception Information" */
static bool may_deliver(CPUX86State *env)
{
    const X86VmxState *vmx = env_archcpu(env)->vmx;
    uint32_t busy;

    return vmx->mmu.fault.convertible &&
           (vmx->ctl.proc2 & X86_VMX_PROC2_EPT_VIOLATION_VE) &&
           (env->cr[0] & CR0_PE_MASK) && !vmx->vectoring.info &&
           read_area(env, offsetof(X86VeInfo, busy), &busy, sizeof(busy)) &&
           !busy;
}

void vmx_ve_try(CPUX86State *env, const VmxExit *exit, uintptr_t ra)
{
    const X86Vmcs *vmcs = env_archcpu(env)->vmx->run;
    X86VeInfo info;

    if (!may_deliver(env)) {
        return;
    }
    info = (X86VeInfo) {
        .exit_reason = cpu_to_le32(exit->reason),
        .busy = X86_VE_INFO_BUSY,
        .exit_qualification = cpu_to_le64(exit->qualification),
        .gla = cpu_to_le64(exit->gla),
        .gpa = cpu_to_le64(exit->gpa),
        .eptp_index = cpu_to_le16(vmcs->eptp_index),
    };
    write_area(env, &info, offsetof(X86VeInfo, eptp_index) +
                           sizeof(info.eptp_index));
    trace_x86_vmx_ve(env_cpu(env)->cpu_index, exit->qualification, exit->gpa,
                     exit->gla);
    /* It is of that class when its delivery meets another exception. */
    env->old_exception = EXCP0E_PAGE;
    raise_exception_ra(env, X86_VECTOR_VE, ra);
}
