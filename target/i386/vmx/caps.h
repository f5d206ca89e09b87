/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What VMX of a CPU can do: the capability MSRs, from the list of controls.
 */

#ifndef X86_VMX_CAPS_H
#define X86_VMX_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "../x86-defs/vmx-controls-list.h"

/**
 * X86VmxConfig: what VMX has to know of the rest of the CPU.
 * @revision: VMCS revision identifier
 * @phys_bits: width of physical addresses in a VMCS; without the KeyIDs that
 *   software outside SEAM may not use
 * @linear_bits: 48, or 57 if the CPU has 5-level paging
 * @cr0_fixed0, @cr0_fixed1, @cr4_fixed0, @cr4_fixed1: bits that must be one,
 *   and bits that may be, in VMX operation
 * @cr3_lam: bits of CR3 for linear-address masking, if the CPU has it
 * @efer: bits of IA32_EFER that exist
 * @debugctl: bits of IA32_DEBUGCTL that may be loaded
 * @perf_global_ctrl: bits of IA32_PERF_GLOBAL_CTRL that exist
 * @rtit_ctl, @lbr_ctl: bits of these MSRs that exist
 * @sgx, @rtm: the CPU has them
 * @seam: the VMCS is one of the TDX module's
 */
typedef struct X86VmxConfig {
    uint32_t revision;
    uint8_t phys_bits;
    uint8_t linear_bits;
    uint64_t cr0_fixed0;
    uint64_t cr0_fixed1;
    uint64_t cr4_fixed0;
    uint64_t cr4_fixed1;
    uint64_t cr3_lam;
    uint64_t efer;
    uint64_t debugctl;
    uint64_t perf_global_ctrl;
    uint64_t rtit_ctl;
    uint64_t lbr_ctl;
    bool sgx;
    bool rtm;
    bool seam;
} X86VmxConfig;

/**
 * X86VmxCaps: what a CPU offers.  Set by x86_vmx_caps_init(), and then
 * constant but for x86_vmx_caps_offer() and x86_vmx_caps_offer_bit().
 * @may, @must: by word, bits of it that may be one and those that must be
 * @basic, @misc, @ept_vpid: whole MSRs
 * @present: bitmap by X86VmxControl
 */
typedef struct X86VmxCaps {
    X86VmxConfig config;
    uint64_t may[X86_VMX_WORDS];
    uint64_t must[X86_VMX_WORDS];
    uint64_t basic;
    uint64_t misc;
    uint64_t ept_vpid;
    uint64_t vmcs_enum;
    uint64_t present[X86_VMX_CTLS / 64 + 1];
} X86VmxCaps;

/** x86_vmx_caps_init: what the lists in vmx-controls-list.h offer */
void x86_vmx_caps_init(X86VmxCaps *caps, const X86VmxConfig *config);

/**
 * x86_vmx_caps_offer: offer @control or not, whatever the list says.  For a
 * default1 control that is whether it may be zero.
 */
void x86_vmx_caps_offer(X86VmxCaps *caps, X86VmxControl control, bool on);

/** Capability MSRs with single bits that x86_vmx_caps_offer_bit() changes */
typedef enum X86VmxCapsMsr {
    X86_VMX_CAPS_BASIC,
    X86_VMX_CAPS_MISC,
    X86_VMX_CAPS_EPT_VPID,
} X86VmxCapsMsr;

/** x86_vmx_caps_offer_bit: the same for a bit that is not a control's */
void x86_vmx_caps_offer_bit(X86VmxCaps *caps, X86VmxCapsMsr msr,
                            unsigned bit, bool on);

/** x86_vmx_caps_offer_all: offer every control and bit there is a name for */
void x86_vmx_caps_offer_all(X86VmxCaps *caps);

/**
 * x86_vmx_caps_msr: read a capability MSR, 0x480 to 0x493.
 * Returns false if the CPU does not have it: RDMSR raises #GP.
 */
bool x86_vmx_caps_msr(const X86VmxCaps *caps, uint32_t msr, uint64_t *val);

/** x86_vmx_caps_allow: do the bits of @word obey the (TRUE) capability MSR? */
static inline bool x86_vmx_caps_allow(const X86VmxCaps *caps, X86VmxWord word,
                                      uint64_t val)
{
    return (val & caps->must[word]) == caps->must[word] &&
           !(val & ~caps->may[word]);
}

/**
 * x86_vmx_caps_has: may @control be one?  A control in a word that cannot be
 * activated may not.
 */
static inline bool x86_vmx_caps_has(const X86VmxCaps *caps,
                                    X86VmxControl control)
{
    return caps->present[control / 64] >> (control % 64) & 1;
}

/** x86_vmx_caps_bit: is bit @bit of a whole capability MSR @msr one? */
static inline bool x86_vmx_caps_bit(uint64_t msr, unsigned bit)
{
    return msr >> bit & 1;
}

/** x86_vmx_control_name: "PROC2 EPT", or NULL for a bit without a name */
const char *x86_vmx_control_name(X86VmxWord word, unsigned bit);

#endif /* X86_VMX_CAPS_H */
