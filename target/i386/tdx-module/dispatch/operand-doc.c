/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the names of operands mean, for the documentation.
 */

#include <string.h>

#include "../include/leaf.h"

static const struct {
    const char *name;
    const char *what;
} operand_docs[] = {
    { "attributes", "ATTRIBUTES of the TD, or what L2 VMs may do with a page" },
    { "bepoch", "TLB epoch in which the page was blocked" },
    { "binding", "service TD that is meant" },
    { "buffer", "address of a 4 KiB buffer" },
    { "cmr_info", "address of an array of CMR_INFO, 512-byte aligned" },
    { "cpuid_leaf", "CPUID leaf (31:0) and subleaf (63:32) at fault" },
    { "data", "guest physical address of what is measured" },
    { "diagnostics", "version 1: where and how fatal errors are reported" },
    { "entry", "Secure EPT entry" },
    { "event_filters", "address of a list of event filters" },
    { "exit_qualification", "exit qualification" },
    { "exit_reason", "exit reason (31:0) and category of the #VE (39:32)" },
    { "expected_high", "expected value, EDX and ECX" },
    { "expected_low", "expected value, EBX and EAX" },
    { "ext_err", "Secure EPT entry at fault, else 0" },
    { "ext_level", "level (2:0) and state (15:8) of the entry, else 0" },
    { "extended_instruction", "extended instruction information" },
    { "extended_qualification", "extended exit qualification" },
    { "features", "version 1: TDX_FEATURES0 bits to enable" },
    { "field", "metadata field id; all ones for the first" },
    { "flags", "#VE for each CPUID at CPL 0 (0), at CPL 1 to 3 (1)" },
    { "gla", "guest linear address" },
    { "gpa", "guest physical address, level in 2:0 where pages have sizes" },
    { "gpa_level", "guest physical address, level in 2:0" },
    { "gpa_width", "width of guest physical addresses" },
    { "handoff_version", "handoff version (15:0), refuse when TDs would suffer"
      " (16)" },
    { "hint", "bit 62: the last page of its 2M range" },
    { "hkid", "private KeyID" },
    { "hkid_flags", "the module's private KeyID (15:0), Dynamic PAMT (16)" },
    { "initial_rcx", "RCX that the guest starts with" },
    { "instruction", "instruction length (31:0) and information (63:32)" },
    { "interruptibility", "interruptibility at the time" },
    { "interruption_info", "VM exit interruption information" },
    { "l2_attributes", "what L2 VMs may do, 16 bits each; if asked for" },
    { "l2_page1", "page for the tables of L2 VM 1; bit 63: not used" },
    { "l2_page2", "page for the tables of L2 VM 2; bit 63: not used" },
    { "l2_page3", "page for the tables of L2 VM 3; bit 63: not used" },
    { "level", "size of the page: 0 is 4K, 1 is 2M, 2 is 1G" },
    { "level_state", "level (2:0) and state (15:8) of the entry" },
    { "list", "guest physical address of a list" },
    { "mask", "bits to write" },
    { "mask_high", "compared bits, EDX and ECX" },
    { "mask_low", "compared bits, EBX and EAX" },
    { "next", "memory below it is ready for use" },
    { "next_field", "id of the field that follows, all ones after the last" },
    { "num_cmrs", "number of CMR_INFO entries" },
    { "num_tdmrs", "number of TDMR_INFO structures" },
    { "old_page", "page that was replaced; bit 62: the last of its 2M range" },
    { "old_value", "value before" },
    { "owner", "TDR of the TD that owns the page" },
    { "page", "address of a page; as output, bit 62: the last of its 2M range"
    },
    { "pamt_page0", "PAMT page of the range's lower half" },
    { "pamt_page1", "PAMT page of the range's upper half" },
    { "range", "address of a 2M range, level 1 in 2:0" },
    { "register_mask", "registers that the VMM is to see" },
    { "report", "guest physical address of the report" },
    { "reportmacstruct", "guest physical address of a REPORTMACSTRUCT" },
    { "reserved", "must be 0" },
    { "resume", "0 to start, 1 to go on after an interruption" },
    { "rtmr", "number of the RTMR" },
    { "sept_page", "Secure EPT page; as output, bit 62: the last of its 2M "
      "range" },
    { "source", "page whose content is copied" },
    { "state", "guest physical address of the state to enter with" },
    { "subtype", "subtype of the report" },
    { "sys_rd", "1: there is TDG.SYS.RD" },
    { "td_params", "address of TD_PARAMS, 1024-byte aligned" },
    { "tdmr_base", "base of a TDMR" },
    { "tdmr_info_array", "address of an array of addresses of TDMR_INFO" },
    { "tdr", "TDR page of the TD; bit 0 is a flag of some leaves" },
    { "tdsysinfo", "address of a TDSYSINFO_STRUCT, 1024-byte aligned" },
    { "tdsysinfo_size", "its size in bytes" },
    { "tdvpr", "TDVPR page of the vCPU" },
    { "tdvpr_flags", "TDVPR page of the vCPU, flags in 53:52" },
    { "type", "page type" },
    { "value", "value of the field or memory" },
    { "vcpu_index", "index of the vCPU" },
    { "vcpus", "vCPUs that are there (31:0) and that may be (63:32)" },
    { "vm", "number of an L2 VM" },
    { "vms", "L2 VMs" },
    { "x2apic_id", "version 1: x2APIC id of the vCPU" },
    { "rbx", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "rbp", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "rsi", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "rdi", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "r10", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "r11", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "r12", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "r13", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "r14", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "r15", "what the guest passes by TDG.VP.VMCALL, else 0" },
    { "zero", "0" },
};

const char *tdx_operand_doc(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(operand_docs) / sizeof(operand_docs[0]); i++) {
        if (!strcmp(operand_docs[i].name, name)) {
            return operand_docs[i].what;
        }
    }
    return NULL;
}
