/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The checks of VM entry: is a VMCS one that can be entered, and if not,
 * what does software see and why?
 */

#ifndef X86_VMX_ENTRY_CHECKS_H
#define X86_VMX_ENTRY_CHECKS_H

#include <stddef.h>

#include "../x86-defs/vmcs.h"
#include "../x86-defs/vmx-exit-list.h"
#include "caps.h"
#include "entry-rule-list.h"

/** X86VmxRule: a check by number; NONE: all that was asked for holds */
typedef enum X86VmxRule {
    X86_VMX_RULE_NONE,
#define X86_VMX_ENUM(name, outcome, field, words) X86_VMX_RULE_##name,
    X86_VMX_RULE_LIST(X86_VMX_ENUM)
#undef X86_VMX_ENUM
    X86_VMX_RULES
} X86VmxRule;

/**
 * X86VmxEntry: a VM entry to be checked.
 * @vmcs: a copy, if others can write to the region
 * @resume: VMRESUME, not VMLAUNCH
 * @mov_ss: MOV SS blocks events at VMLAUNCH or VMRESUME
 * @smm: the CPU is in SMM
 * @long_mode: IA32_EFER.LMA of the CPU at the time
 * @current: physical address of the VMCS region
 * @read: read @size bytes of memory at physical address @addr, which is
 *   within the width but may be anywhere; false if there is nothing
 */
typedef struct X86VmxEntry {
    const X86VmxCaps *caps;
    const X86Vmcs *vmcs;
    bool resume;
    bool mov_ss;
    bool smm;
    bool long_mode;
    uint64_t current;
    bool (*read)(void *opaque, uint64_t addr, void *buf, size_t size);
    void *opaque;
} X86VmxEntry;

/** X86VmxBroken: a rule that does not hold, and the field that it is about */
typedef struct X86VmxBroken {
    X86VmxRule rule;
    uint32_t field;
} X86VmxBroken;

/**
 * X86VmxEntryOutcome: what comes of an entry.
 * @broken: NONE, or why it fails; then one of the others tells how
 * @error: VMfailValid with this error, or X86_VMX_ERROR_NONE
 * @exit_reason: VM exit with this reason, which has bit 31 set, or 0
 * @qualification: of that exit
 */
typedef struct X86VmxEntryOutcome {
    X86VmxBroken broken;
    X86VmxError error;
    uint32_t exit_reason;
    uint64_t qualification;
} X86VmxEntryOutcome;

/**
 * x86_vmx_entry_check: all checks, from launch state to PDPTEs.
 * @dirty: X86VmcsGroups written since the last entry of this VMCS on this
 *   CPU that succeeded; checks of others alone are left out.
 *   X86_VMCS_GROUPS: leave out nothing.
 */
X86VmxEntryOutcome x86_vmx_entry_check(const X86VmxEntry *e, unsigned dirty);

/**
 * x86_vmx_entry_check_guest: the checks of guest state and of the event to
 * inject, where controls, host state and memory are known to be right
 */
X86VmxEntryOutcome x86_vmx_entry_check_guest(const X86VmxEntry *e);

/* Parts of it, in the order of the SDM */
X86VmxBroken x86_vmx_check_launch(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_execution_controls(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_exit_controls(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_entry_controls(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_event(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_entry_lists(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_host(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_address_space(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_guest_registers(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_guest_segments(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_guest_flow(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_guest_nonregister(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_guest_link(const X86VmxEntry *e);
X86VmxBroken x86_vmx_check_guest_pdptes(const X86VmxEntry *e);

/** x86_vmx_entry_outcome: what @broken means for software */
X86VmxEntryOutcome x86_vmx_entry_outcome(X86VmxBroken broken);

/** X86VmxMsrList: the lists of MSRs */
typedef enum X86VmxMsrList {
    X86_VMX_MSR_ENTRY_LOAD,
    X86_VMX_MSR_EXIT_STORE,
    X86_VMX_MSR_EXIT_LOAD,
} X86VmxMsrList;

/**
 * x86_vmx_check_msr_entry: may @entry stand in @list?
 * @x2apic: the local APIC is in x2APIC mode
 *
 * Whether RDMSR or WRMSR would fault is for the caller to find out.  A failed
 * VM entry has reason MSR_LOAD_FAILURE and qualifies with the entry's number,
 * from 1; a failed VM exit is a VMX abort.
 */
X86VmxBroken x86_vmx_check_msr_entry(X86VmxMsrList list,
                                     const X86VmcsMsrEntry *entry,
                                     bool x2apic, bool smm);

/** x86_vmx_rule_name, x86_vmx_rule_words: "?" for a number without a rule */
const char *x86_vmx_rule_name(X86VmxRule rule);
const char *x86_vmx_rule_words(X86VmxRule rule);

/** x86_vmx_rule_field: the field that a rule is about in the first place */
uint32_t x86_vmx_rule_field(X86VmxRule rule);

/**
 * x86_vmx_broken_text: write "FIELD is VALUE: words (RULE)" to @text.
 * Ends with NUL like snprintf().
 */
void x86_vmx_broken_text(X86VmxBroken broken, const X86Vmcs *vmcs,
                         char *text, size_t size);

#endif /* X86_VMX_ENTRY_CHECKS_H */
