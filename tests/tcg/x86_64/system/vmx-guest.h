/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A VMX host of a bare-metal guest: a VMCS for 64-bit code that shares the
 * host's page tables and descriptor tables, and the way in and out.
 */

#ifndef VMX_GUEST_H
#define VMX_GUEST_H

#include "seam-guest.h"
#include "../../../../target/i386/x86-defs/vmcs.h"
#include "../../../../target/i386/x86-defs/vmx-controls-list.h"
#include "../../../../target/i386/x86-defs/vmx-exit-list.h"

#define VMX_STACK 4096

/* What a virtual CPU needs beside registers; one for each */
struct vmx_vcpu {
    uint8_t vmxon[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    uint8_t vmcs[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    uint8_t stack[VMX_STACK] __attribute__((aligned(16)));
    bool launched;
};

/* VMfail of the latest VM entry: CF, ZF or neither */
struct vmx_result {
    bool invalid, valid;
};

static inline uint64_t vmread(uint64_t field)
{
    uint64_t val = 0;

    asm volatile("vmread %1, %0" : "=rm"(val) : "r"(field) : "cc");
    return val;
}

static inline void vmwrite(uint64_t field, uint64_t val)
{
    asm volatile("vmwrite %1, %0" : : "r"(field), "rm"(val) : "cc");
}

static inline uint32_t vmx_reason(void)
{
    return vmread(X86_VMCS_EXIT_REASON);
}

/* VMXON, with the feature on */
void vmx_on(struct vmx_vcpu *vcpu);

/* Make the VMCS current, with state and controls for guest code @fn */
void vmx_init(struct vmx_vcpu *vcpu, void (*fn)(void));

/* Controls as the capability MSRs want them, with @wanted set in addition */
void vmx_controls(uint64_t field, uint32_t msr, uint32_t wanted);

/* VMLAUNCH, VMRESUME; returns when the guest exits or the entry fails */
struct vmx_result vmx_launch(void);
struct vmx_result vmx_resume(void);

/* VM entry by whichever is due; returns the exit reason, ~0 for VMfail */
uint32_t vmx_run(struct vmx_vcpu *vcpu);

/* Skip the instruction that exited */
void vmx_skip(void);

#endif /* VMX_GUEST_H */
