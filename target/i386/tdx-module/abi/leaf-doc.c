/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What each modelled leaf is for, what of it is missing, and what it can
 * answer.  The tests hold every answer that they see against this table.
 */

#include <string.h>

#include "leaf-doc.h"
#include "status.h"

#define LIST(...) (const uint64_t[]) { __VA_ARGS__, TDX_STATUS_NONE }

/* What the steps that many leaves share can answer */
#define LP_KNOWN     TDX_SYS_LP_INIT_NOT_DONE
#define PAMT_ENTRY   TDX_OPERAND_INVALID, TDX_OPERAND_ADDR_RANGE_ERROR, \
                     TDX_OPERAND_BUSY
#define OWNED_PAGE   PAMT_ENTRY, TDX_PAGE_METADATA_INCORRECT
#define NEW_PAGE     OWNED_PAGE, TDX_MISSING_PAMT_PAGE_PAIR
#define TD_WITH_KEY  OWNED_PAGE, TDX_TD_FATAL, TDX_TD_KEYS_NOT_CONFIGURED
#define TD_STATE     TD_WITH_KEY, TDX_TDCS_NOT_ALLOCATED, \
                     TDX_OP_STATE_INCORRECT
#define VCPU         TD_STATE, TDX_TDCX_NUM_INCORRECT, \
                     TDX_VCPU_STATE_INCORRECT, TDX_VCPU_ASSOCIATED
#define SEPT_ENTRY   TD_STATE, TDX_EPT_WALK_FAILED, \
                     TDX_EPT_ENTRY_STATE_INCORRECT
#define SEPT_BLOCKED SEPT_ENTRY, TDX_GPA_RANGE_NOT_BLOCKED, \
                     TDX_TLB_TRACKING_NOT_DONE
#define FIELD_READ   TDX_METADATA_FIELD_ID_INCORRECT, \
                     TDX_METADATA_FIELD_NOT_READABLE, \
                     TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT
#define FIELD_WRITE  TDX_METADATA_FIELD_ID_INCORRECT, \
                     TDX_METADATA_FIELD_NOT_WRITABLE, \
                     TDX_METADATA_FIELD_VALUE_NOT_VALID

static const TdxLeafDoc docs[] = {
    {
        0, "Enter a vCPU of a TD",
        "Makes its checks, then reports that the vCPU cannot be entered.",
        LIST(VCPU, TDX_LIMIT_CPUID_MAXVAL_SET, TDX_INCONSISTENT_MSR,
             TDX_INCORRECT_MSR_VALUE, TDX_TSC_ROLLBACK,
             TDX_NON_RECOVERABLE_VCPU),
        LIST(TDX_SUCCESS, TDX_NON_RECOVERABLE_TD,
             TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE,
             TDX_NON_RECOVERABLE_TD_WRONG_APIC_MODE),
    },
    {
        1, "Add a TDCS page to a TD", NULL,
        LIST(TDX_SUCCESS, TD_WITH_KEY, TDX_MISSING_PAMT_PAGE_PAIR,
             TDX_OP_STATE_INCORRECT, TDX_TDCX_NUM_INCORRECT,
             TDX_RND_NO_ENTROPY),
    },
    {
        2, "Add a page with content and measurement", NULL,
        LIST(TDX_SUCCESS, SEPT_ENTRY, TDX_MISSING_PAMT_PAGE_PAIR),
        LIST(TDX_INCOMPATIBLE_MRTD_CONTEXT),
    },
    {
        3, "Add Secure EPT pages", NULL,
        LIST(TDX_SUCCESS, SEPT_ENTRY, TDX_MISSING_PAMT_PAGE_PAIR,
             TDX_L2_SEPT_WALK_FAILED, TDX_L2_SEPT_ENTRY_NOT_FREE),
    },
    {
        4, "Add a TDVPS page to a vCPU", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_MISSING_PAMT_PAGE_PAIR,
             TDX_TDCX_NUM_INCORRECT, TDX_VCPU_STATE_INCORRECT),
    },
    {
        5, "Move a 4K page of a TD to another address", NULL,
        LIST(TDX_SUCCESS, SEPT_BLOCKED, TDX_MISSING_PAMT_PAGE_PAIR),
    },
    {
        6, "Add a 4K or 2M page for the guest to accept", NULL,
        LIST(TDX_SUCCESS, SEPT_ENTRY, TDX_MISSING_PAMT_PAGE_PAIR),
    },
    {
        7, "Block a range of guest addresses", NULL,
        LIST(TDX_SUCCESS, SEPT_ENTRY, TDX_GPA_RANGE_ALREADY_BLOCKED),
    },
    {
        8, "Program a TD's key on this package", NULL,
        LIST(TDX_SUCCESS, OWNED_PAGE, TDX_TD_FATAL,
             TDX_LIFECYCLE_STATE_INCORRECT, TDX_KEY_CONFIGURED,
             TDX_KEY_GENERATION_FAILED),
    },
    {
        9, "Create a TD with a KeyID", NULL,
        LIST(TDX_SUCCESS, NEW_PAGE, TDX_HKID_NOT_FREE, TDX_RND_NO_ENTROPY),
    },
    {
        10, "Create a vCPU", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_MISSING_PAMT_PAGE_PAIR),
    },
    {
        11, "Read a metadata field of a TD",
        "Fields that only the owner of a debugged TD may see are not "
        "readable.",
        LIST(TDX_SUCCESS, TD_STATE, FIELD_READ),
    },
    {
        12, "Read 8 bytes of a debugged TD", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_TD_NON_DEBUG,
             TDX_EPT_ENTRY_NOT_PRESENT, TDX_EPT_ENTRY_STATE_INCORRECT),
    },
    {
        13, "Write a metadata field of a TD",
        "Fields that only the owner of a debugged TD may set are not "
        "writable.",
        LIST(TDX_SUCCESS, TD_STATE, FIELD_WRITE,
             TDX_METADATA_FIELD_NOT_READABLE,
             TDX_METADATA_WR_MASK_NOT_VALID),
    },
    {
        14, "Write 8 bytes of a debugged TD", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_TD_NON_DEBUG,
             TDX_EPT_ENTRY_NOT_PRESENT, TDX_EPT_ENTRY_STATE_INCORRECT),
    },
    {
        15, "Split a large page",
        "Interrupted by an injected fault only.",
        LIST(TDX_SUCCESS, SEPT_BLOCKED, TDX_MISSING_PAMT_PAGE_PAIR,
             TDX_L2_SEPT_WALK_FAILED, TDX_PAGE_NOT_FREE,
             TDX_INTERRUPTED_RESTARTABLE, TDX_INTERRUPTED_BUSY),
        LIST(TDX_L2_SEPT_PAGE_NOT_PROVIDED),
    },
    {
        16, "Measure 256 bytes of a page", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_EPT_ENTRY_NOT_PRESENT),
        LIST(TDX_INCOMPATIBLE_MRTD_CONTEXT),
    },
    {
        17, "End the measurement of a TD", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_NO_VCPUS),
        LIST(TDX_INCOMPATIBLE_MRTD_CONTEXT),
    },
    {
        18, "Take a vCPU off this processor", NULL,
        LIST(TDX_SUCCESS, TD_WITH_KEY, TDX_TDCX_NUM_INCORRECT,
             TDX_VCPU_NOT_ASSOCIATED),
    },
    {
        19, "Check that no vCPU is on any processor", NULL,
        LIST(TDX_SUCCESS, OWNED_PAGE, TDX_TD_FATAL,
             TDX_LIFECYCLE_STATE_INCORRECT, TDX_FLUSHVP_NOT_DONE),
    },
    {
        20, "Free a TD's KeyID", NULL,
        LIST(TDX_SUCCESS, OWNED_PAGE, TDX_LIFECYCLE_STATE_INCORRECT,
             TDX_WBCACHE_NOT_COMPLETE),
    },
    {
        21, "Initialise a TD from TD_PARAMS",
        "Event filters are checked and forgotten.",
        LIST(TDX_SUCCESS, TD_STATE, TDX_LIMIT_CPUID_MAXVAL_SET,
             TDX_INCONSISTENT_MSR, TDX_INCORRECT_MSR_VALUE,
             TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED,
             TDX_EVENT_FILTER_INVALID, TDX_EVENT_FILTER_ORDER_INVALID),
    },
    {
        22, "Initialise a vCPU", NULL,
        LIST(TDX_SUCCESS, VCPU, TDX_INCONSISTENT_MSR,
             TDX_MAX_VCPUS_EXCEEDED, TDX_X2APIC_ID_NOT_UNIQUE),
    },
    {
        23, "Merge pages into a large one",
        "Interrupted by an injected fault only.",
        LIST(TDX_SUCCESS, SEPT_BLOCKED, TDX_EPT_INVALID_PROMOTE_CONDITIONS,
             TDX_INTERRUPTED_RESTARTABLE, TDX_INTERRUPTED_BUSY),
    },
    {
        24, "Read the PAMT entry of a page", NULL,
        LIST(TDX_SUCCESS, PAMT_ENTRY),
    },
    {
        25, "Read a Secure EPT entry", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_EPT_WALK_FAILED),
    },
    {
        26, "Read a metadata field of a vCPU",
        "Fields that only the owner of a debugged TD may see are not "
        "readable.",
        LIST(TDX_SUCCESS, VCPU, FIELD_READ),
    },
    { 27, "Nothing: kept for old hosts", NULL, LIST(TDX_SUCCESS) },
    {
        28, "Take a page back from a TD in teardown", NULL,
        LIST(TDX_SUCCESS, OWNED_PAGE, TDX_LIFECYCLE_STATE_INCORRECT,
             TDX_TD_ASSOCIATED_PAGES_EXIST),
    },
    {
        29, "Remove a blocked page from a TD", NULL,
        LIST(TDX_SUCCESS, SEPT_BLOCKED),
    },
    {
        30, "Remove an empty Secure EPT page", NULL,
        LIST(TDX_SUCCESS, SEPT_BLOCKED, TDX_EPT_PAGE_NOT_FREE),
    },
    {
        31, "Program the module's key on this package", NULL,
        LIST(TDX_SUCCESS, TDX_SYS_BUSY, TDX_SYS_KEY_CONFIG_NOT_PENDING,
             TDX_KEY_CONFIGURED, TDX_OPERAND_BUSY,
             TDX_KEY_GENERATION_FAILED),
    },
    {
        32, "Describe the module and convertible memory", NULL,
        LIST(TDX_SUCCESS, LP_KNOWN, TDX_OPERAND_INVALID),
    },
    {
        33, "Initialise the module",
        "VMX controls and the table of expected CPUID values are not "
        "checked; there are no fatal-error diagnostics.",
        LIST(TDX_SUCCESS, TDX_OPERAND_INVALID, TDX_SYS_BUSY,
             TDX_SYS_INIT_NOT_PENDING, TDX_INCORRECT_MSR_VALUE,
             TDX_LIMIT_CPUID_MAXVAL_SET, TDX_CPUID_LEAF_NOT_SUPPORTED,
             TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED, TDX_INVALID_WBINVD_SCOPE,
             TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED, TDX_CMR_LIST_INVALID,
             TDX_SMRR_NOT_SUPPORTED, TDX_SMRR_LOCK_NOT_SUPPORTED,
             TDX_SMRR_NOT_LOCKED, TDX_INVALID_SMRR_CONFIGURATION,
             TDX_SMRR_OVERLAPS_CMR, TDX_RND_NO_ENTROPY),
        LIST(TDX_INCORRECT_CPUID_VALUE, TDX_INCOMPATIBLE_SEAM_CAPABILITIES,
             TDX_SYS_INCOMPATIBLE_SIGSTRUCT),
    },
    {
        34, "Read a metadata field of the module", NULL,
        LIST(TDX_SUCCESS, LP_KNOWN, TDX_METADATA_FIELD_ID_INCORRECT,
             TDX_METADATA_FIELD_NOT_READABLE,
             TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT),
    },
    {
        35, "Initialise this processor", "VMX controls are not compared.",
        LIST(TDX_SUCCESS, TDX_SYS_BUSY, TDX_SYS_LP_INIT_NOT_PENDING,
             TDX_SYS_LP_INIT_DONE, TDX_LIMIT_CPUID_MAXVAL_SET,
             TDX_INCONSISTENT_CPUID_FIELD, TDX_INCONSISTENT_MSR,
             TDX_INVALID_PKG_ID),
        LIST(TDX_INCOMPATIBLE_SEAM_CAPABILITIES),
    },
    {
        36, "Initialise the next part of a TDMR's PAMT", NULL,
        LIST(TDX_SUCCESS, TDX_OPERAND_INVALID, TDX_OPERAND_BUSY,
             TDX_TDMR_ALREADY_INITIALIZED),
    },
    {
        37, "Write all metadata fields of the module to memory", NULL,
        LIST(TDX_SUCCESS, LP_KNOWN, TDX_OPERAND_INVALID,
             TDX_METADATA_FIELD_ID_INCORRECT, TDX_METADATA_LIST_OVERFLOW),
    },
    {
        38, "Begin the next TLB epoch of a TD", NULL,
        LIST(TDX_SUCCESS, TD_STATE, TDX_PREVIOUS_TLB_EPOCH_BUSY),
    },
    {
        39, "Unblock a range of guest addresses", NULL,
        LIST(TDX_SUCCESS, SEPT_ENTRY, TDX_TLB_TRACKING_NOT_DONE),
    },
    {
        40, "Write back caches for KeyIDs that are being freed",
        "There are no caches: it ends in one call, unless an injected fault "
        "interrupts it.",
        LIST(TDX_SUCCESS, TDX_OPERAND_INVALID, TDX_OPERAND_BUSY,
             TDX_NO_HKID_READY_TO_WBCACHE, TDX_WBCACHE_RESUME_ERROR,
             TDX_INTERRUPTED_RESUMABLE),
    },
    {
        41, "Write back a page's cache lines",
        "There are no caches: it makes its checks only.",
        LIST(TDX_SUCCESS, OWNED_PAGE),
    },
    {
        43, "Write a metadata field of a vCPU",
        "Fields that only the owner of a debugged TD may set are not "
        "writable.",
        LIST(TDX_SUCCESS, VCPU, FIELD_WRITE,
             TDX_TD_VMCS_FIELD_NOT_INITIALIZED),
    },
    {
        44, "Nothing: kept for old hosts", NULL, LIST(TDX_SUCCESS),
    },
    {
        45, "Configure TDMRs, their PAMTs and the module's KeyID", NULL,
        LIST(TDX_SUCCESS, TDX_SYS_BUSY, TDX_SYS_CONFIG_NOT_PENDING,
             TDX_OPERAND_INVALID, TDX_INVALID_TDMR, TDX_NON_ORDERED_TDMR,
             TDX_TDMR_OUTSIDE_CMRS, TDX_INVALID_PAMT, TDX_PAMT_OUTSIDE_CMRS,
             TDX_PAMT_OVERLAP, TDX_INVALID_RESERVED_IN_TDMR,
             TDX_NON_ORDERED_RESERVED_IN_TDMR),
    },
    {
        52, "Shut the module down for an update",
        "No handoff data is prepared.",
        LIST(TDX_SUCCESS, TDX_OPERAND_INVALID, TDX_SYS_BUSY,
             TDX_UPDATE_COMPATIBILITY_SENSITIVE),
    },
    {
        53, "Take over the TDs of the module before",
        "There is never a module before.",
        LIST(TDX_SYS_BUSY, TDX_SYS_STATE_INCORRECT, TDX_SYS_INVALID_HANDOFF),
        LIST(TDX_SUCCESS),
    },
    {
        58, "Give a 2M range its PAMT page pair", NULL,
        LIST(TDX_SUCCESS, PAMT_ENTRY, TDX_PAGE_NOT_FREE,
             TDX_HPA_RANGE_NOT_FREE),
    },
    {
        59, "Take the PAMT page pair of a 2M range back", NULL,
        LIST(TDX_SUCCESS, PAMT_ENTRY, TDX_NO_PAMT_PAGE_PAIR,
             TDX_PAMT_PAGE_NOT_EMPTY),
    },
    {
        69, "Forget all TDs, TDMRs and keys",
        "Interrupted by an injected fault only.",
        LIST(TDX_SUCCESS, TDX_SYS_BUSY, TDX_INTERRUPTED_RESUMABLE),
    },
};

const TdxLeafDoc *tdx_leaf_doc(const TdxLeaf *leaf)
{
    size_t i;

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
        if (docs[i].number == leaf->number) {
            return &docs[i];
        }
    }
    return NULL;
}

/* Keeps @out ascending and without repetition */
static size_t insert(uint64_t *out, size_t n, uint64_t status)
{
    size_t i = n;

    while (i > 0 && out[i - 1] > status) {
        i--;
    }
    if ((i > 0 && out[i - 1] == status) || n == TDX_LEAF_MAX_STATUSES) {
        return n;
    }
    memmove(&out[i + 1], &out[i], (n - i) * sizeof(out[0]));
    out[i] = status;
    return n + 1;
}

size_t tdx_leaf_statuses(const TdxLeaf *leaf,
                         uint64_t out[TDX_LEAF_MAX_STATUSES])
{
    const TdxLeafDoc *doc = leaf ? tdx_leaf_doc(leaf) : NULL;
    bool always = doc && !leaf->needs;
    unsigned states = always ? leaf->states : TDX_WHEN_READY;
    size_t n = 0, i;

    /* Life cycle 1.2: RAX is wrong, or the module lacks the leaf */
    n = insert(out, n, TDX_OPERAND_INVALID);
    if ((states & TDX_WHEN_UP) != TDX_WHEN_UP ||
        !(states & TDX_WHEN_DISABLING)) {
        n = insert(out, n, TDX_SYS_NOT_READY);
    }
    if (!(states & TDX_STATE_BIT(TDX_SYS_SHUTDOWN_STATE))) {
        n = insert(out, n, TDX_SYS_SHUTDOWN);
    }
    for (i = 0; doc && doc->statuses[i] != TDX_STATUS_NONE; i++) {
        n = insert(out, n, doc->statuses[i]);
    }
    return n;
}

bool tdx_leaf_may_return(const TdxLeaf *leaf, uint64_t status)
{
    uint64_t all[TDX_LEAF_MAX_STATUSES];
    size_t n = tdx_leaf_statuses(leaf, all);

    while (n > 0) {
        if (all[--n] == tdx_op(status, 0)) {
            return true;
        }
    }
    return false;
}

/* --- operands ------------------------------------------------------------ */

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
