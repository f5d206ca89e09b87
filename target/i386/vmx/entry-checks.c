/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All checks of VM entry in their order, what a failure means for software
 * and how it reads; entries of MSR lists.
 */

#include <inttypes.h>
#include <stdio.h>

#include "../x86-defs/msr-list.h"
#include "entry-internal.h"
#include "vmcs.h"

/* How an entry ends when a rule does not hold */
typedef enum Outcome {
    OUTCOME_MOV_SS,
    OUTCOME_NOT_CLEAR,
    OUTCOME_NOT_LAUNCHED,
    OUTCOME_CONTROLS,
    OUTCOME_HOST,
    OUTCOME_GUEST,
    OUTCOME_GUEST_LINK,
    OUTCOME_GUEST_PDPTE,
    OUTCOME_MSR_LIST,
} Outcome;

typedef struct RuleInfo {
    const char *name;
    const char *words;
    Outcome outcome;
    uint32_t field;
} RuleInfo;

static const RuleInfo rules[X86_VMX_RULES] = {
#define X(name, outcome, field, words)                                    \
    [X86_VMX_RULE_##name] = {                                             \
        #name, words, OUTCOME_##outcome, X86_VMCS_##field,                \
    },
    X86_VMX_RULE_LIST(X)
#undef X
};

static const RuleInfo *info_of(X86VmxRule rule)
{
    return rule > X86_VMX_RULE_NONE && rule < X86_VMX_RULES ? &rules[rule]
                                                            : NULL;
}

const char *x86_vmx_rule_name(X86VmxRule rule)
{
    return info_of(rule) ? info_of(rule)->name : "?";
}

const char *x86_vmx_rule_words(X86VmxRule rule)
{
    return info_of(rule) ? info_of(rule)->words : "?";
}

uint32_t x86_vmx_rule_field(X86VmxRule rule)
{
    return info_of(rule) ? info_of(rule)->field : 0;
}

void x86_vmx_broken_text(X86VmxBroken broken, const X86Vmcs *vmcs,
                         char *text, size_t size)
{
    const X86VmcsFieldInfo *field = x86_vmcs_field(broken.field);

    snprintf(text, size, "%s is 0x%" PRIx64 ": %s (%s)",
             field ? field->name : "?", field ? x86_vmcs_get(vmcs, field) : 0,
             x86_vmx_rule_words(broken.rule), x86_vmx_rule_name(broken.rule));
}

static X86VmxEntryOutcome fail(X86VmxBroken broken, X86VmxError error)
{
    return (X86VmxEntryOutcome) { .broken = broken, .error = error };
}

/* SDM "VM-Entry Failures During or After Loading Guest State" */
static X86VmxEntryOutcome leave(X86VmxBroken broken, X86VmxExitReason reason,
                                uint64_t qualification)
{
    return (X86VmxEntryOutcome) {
        .broken = broken,
        .exit_reason = reason | X86_VMX_EXIT_ENTRY_FAILURE,
        .qualification = qualification,
    };
}

X86VmxEntryOutcome x86_vmx_entry_outcome(X86VmxBroken broken)
{
    const RuleInfo *info = info_of(broken.rule);

    if (!info) {
        return fail(broken, X86_VMX_ERROR_NONE);
    }
    switch (info->outcome) {
    case OUTCOME_MOV_SS:
        return fail(broken, X86_VMX_ERROR_ENTRY_MOV_SS);
    case OUTCOME_NOT_CLEAR:
        return fail(broken, X86_VMX_ERROR_VMLAUNCH_NOT_CLEAR);
    case OUTCOME_NOT_LAUNCHED:
        return fail(broken, X86_VMX_ERROR_VMRESUME_NOT_LAUNCHED);
    case OUTCOME_CONTROLS:
        return fail(broken, X86_VMX_ERROR_ENTRY_CONTROLS);
    case OUTCOME_HOST:
        return fail(broken, X86_VMX_ERROR_ENTRY_HOST_STATE);
    case OUTCOME_GUEST_LINK:
        return leave(broken, X86_VMX_EXIT_REASON_INVALID_GUEST_STATE,
                     X86_VMX_ENTRY_QUAL_LINK_POINTER);
    case OUTCOME_GUEST_PDPTE:
        return leave(broken, X86_VMX_EXIT_REASON_INVALID_GUEST_STATE,
                     X86_VMX_ENTRY_QUAL_PDPTE);
    case OUTCOME_MSR_LIST:
        /* The caller knows the number of the entry */
        return leave(broken, X86_VMX_EXIT_REASON_MSR_LOAD_FAILURE, 0);
    default:
        return leave(broken, X86_VMX_EXIT_REASON_INVALID_GUEST_STATE, 0);
    }
}

static X86VmxBroken check_all(const X86VmxEntry *e, unsigned dirty)
{
    bool controls = dirty & X86_VMCS_GROUP_CONTROLS;
    bool cr = dirty & X86_VMCS_GROUP_CR;

    REQUIRE_ALL(x86_vmx_check_launch(e));
    /* The virtual TPR is in memory, so a TPR shadow is always looked at */
    if (controls || proc(e, X86_VMX_PROC_TPR_SHADOW)) {
        REQUIRE_ALL(x86_vmx_check_execution_controls(e));
    }
    if (controls) {
        REQUIRE_ALL(x86_vmx_check_exit_controls(e));
        REQUIRE_ALL(x86_vmx_check_entry_controls(e));
    }
    REQUIRE_ALL(x86_vmx_check_event(e));
    /* These look at the mode of the CPU as well */
    REQUIRE_ALL(x86_vmx_check_entry_lists(e));
    if (controls || dirty & X86_VMCS_GROUP_HOST) {
        REQUIRE_ALL(x86_vmx_check_host(e));
    }
    REQUIRE_ALL(x86_vmx_check_address_space(e));
    if (controls || cr || dirty & X86_VMCS_GROUP_GUEST) {
        REQUIRE_ALL(x86_vmx_check_guest_registers(e));
    }
    if (controls || cr || dirty & X86_VMCS_GROUP_SEGMENTS) {
        REQUIRE_ALL(x86_vmx_check_guest_segments(e));
    }
    REQUIRE_ALL(x86_vmx_check_guest_flow(e));
    REQUIRE_ALL(x86_vmx_check_guest_nonregister(e));
    REQUIRE_ALL(x86_vmx_check_guest_link(e));
    REQUIRE_ALL(x86_vmx_check_guest_pdptes(e));
    return HOLDS;
}

static X86VmxBroken check_guest(const X86VmxEntry *e)
{
    REQUIRE_ALL(x86_vmx_check_event(e));
    REQUIRE_ALL(x86_vmx_check_guest_registers(e));
    REQUIRE_ALL(x86_vmx_check_guest_segments(e));
    REQUIRE_ALL(x86_vmx_check_guest_flow(e));
    return x86_vmx_check_guest_nonregister(e);
}

X86VmxEntryOutcome x86_vmx_entry_check_guest(const X86VmxEntry *e)
{
    return x86_vmx_entry_outcome(check_guest(e));
}

X86VmxEntryOutcome x86_vmx_entry_check(const X86VmxEntry *e, unsigned dirty)
{
    return x86_vmx_entry_outcome(check_all(e, dirty));
}

/* --- MSR lists ------------------------------------------------------------ */

static uint32_t list_field(X86VmxMsrList list)
{
    switch (list) {
    case X86_VMX_MSR_EXIT_STORE:
        return X86_VMCS_EXIT_MSR_STORE_ADDR;
    case X86_VMX_MSR_EXIT_LOAD:
        return X86_VMCS_EXIT_MSR_LOAD_ADDR;
    default:
        return X86_VMCS_ENTRY_MSR_LOAD_ADDR;
    }
}

X86VmxBroken x86_vmx_check_msr_entry(X86VmxMsrList list,
                                     const X86VmcsMsrEntry *entry,
                                     bool x2apic, bool smm)
{
    uint32_t field = list_field(list);
    uint32_t msr = entry->index;
    bool load = list != X86_VMX_MSR_EXIT_STORE;
    bool apic = msr >= X86_MSR_X2APIC_FIRST && msr <= X86_MSR_X2APIC_LAST;

    if (load) {
        /* The segment registers' bases are fields of their own */
        REQUIRE_OF(msr != X86_MSR_FS_BASE && msr != X86_MSR_GS_BASE,
                   MSR_FS_GS_BASE, field);
    }
    REQUIRE_OF(!(apic && x2apic), MSR_X2APIC, field);
    if (load) {
        REQUIRE_OF(smm || msr != X86_MSR_SMM_MONITOR_CTL, MSR_SMM, field);
        REQUIRE_OF(msr != X86_MSR_BIOS_UPDT_TRIG &&
                   msr != X86_MSR_BIOS_SIGN_ID, MSR_MICROCODE, field);
    } else {
        REQUIRE_OF(smm || msr != X86_MSR_SMBASE, MSR_SMM, field);
    }
    REQUIRE_OF(!entry->reserved, MSR_RESERVED, field);
    return HOLDS;
}
