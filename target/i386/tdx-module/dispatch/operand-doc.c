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
    { "bepoch", "TLB epoch in which the page was blocked" },
    { "buffer", "address of a 4 KiB buffer" },
    { "cmr_info", "address of an array of CMR_INFO, 512-byte aligned" },
    { "cpuid_leaf", "CPUID leaf (31:0) and subleaf (63:32) at fault" },
    { "diagnostics", "version 1: where and how fatal errors are reported" },
    { "entry", "Secure EPT entry" },
    { "event_filters", "address of a list of event filters" },
    { "exit_qualification", "exit qualification" },
    { "expected_high", "expected value, EDX and ECX" },
    { "expected_low", "expected value, EBX and EAX" },
    { "ext_err", "Secure EPT entry at fault, else 0" },
    { "ext_level", "level (2:0) and state (15:8) of the entry, else 0" },
    { "extended_qualification", "extended exit qualification" },
    { "features", "version 1: TDX_FEATURES0 bits to enable" },
    { "field", "metadata field id; all ones for the first" },
    { "gpa", "guest physical address, level in 2:0 where pages have sizes" },
    { "handoff_version", "handoff version (15:0), refuse when TDs would suffer"
      " (16)" },
    { "hint", "bit 62: the last page of its 2M range" },
    { "hkid", "private KeyID" },
    { "hkid_flags", "the module's private KeyID (15:0), Dynamic PAMT (16)" },
    { "initial_rcx", "RCX that the guest starts with" },
    { "interruption_info", "VM exit interruption information" },
    { "l2_attributes", "what L2 VMs may do, 16 bits each; if asked for" },
    { "l2_page1", "page for the tables of L2 VM 1; bit 63: not used" },
    { "l2_page2", "page for the tables of L2 VM 2; bit 63: not used" },
    { "l2_page3", "page for the tables of L2 VM 3; bit 63: not used" },
    { "level", "size of the page: 0 is 4K, 1 is 2M, 2 is 1G" },
    { "level_state", "level (2:0) and state (15:8) of the entry" },
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
    { "reserved", "must be 0" },
    { "resume", "0 to start, 1 to go on after an interruption" },
    { "sept_page", "Secure EPT page; as output, bit 62: the last of its 2M "
      "range" },
    { "source", "page whose content is copied" },
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
    { "x2apic_id", "version 1: x2APIC id of the vCPU" },
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
