/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every check of a VM entry, in the order of the SDM's chapter "VM Entries"
 * (its numbers in the edition of 2024 stand before each group).
 *
 * X(NAME, outcome, field, "what must hold")
 *
 * Those of FRED are not here; its controls cannot be offered without them.
 */

#ifndef X86_VMX_ENTRY_RULE_LIST_H
#define X86_VMX_ENTRY_RULE_LIST_H

#define X86_VMX_RULE_LIST(X)                                                 \
    /* SDM 27.1, and VMLAUNCH/VMRESUME in the instruction reference */       \
    X(MOV_SS, MOV_SS, INSTRUCTION_ERROR, "no blocking by MOV SS")            \
    X(LAUNCH_STATE_CLEAR, NOT_CLEAR, INSTRUCTION_ERROR,                      \
      "VMLAUNCH wants a clear VMCS")                                         \
    X(LAUNCH_STATE_LAUNCHED, NOT_LAUNCHED, INSTRUCTION_ERROR,                \
      "VMRESUME wants a launched VMCS")                                      \
    /* 27.2.1.1: VM-execution control fields */                              \
    X(PIN_ALLOWED, CONTROLS, PIN_CONTROLS, "as the capability MSR allows")   \
    X(PROC_ALLOWED, CONTROLS, PROC_CONTROLS, "as the capability MSR allows") \
    X(PROC2_ALLOWED, CONTROLS, PROC2_CONTROLS,                               \
      "as the capability MSR allows")                                        \
    X(PROC3_ALLOWED, CONTROLS, PROC3_CONTROLS,                               \
      "as the capability MSR allows")                                        \
    X(CR3_TARGETS, CONTROLS, CR3_TARGET_COUNT, "no more than the CPU has")   \
    X(IO_BITMAP_A_PAGE, CONTROLS, IO_BITMAP_A,                               \
      "a page within the physical-address width")                            \
    X(IO_BITMAP_B_PAGE, CONTROLS, IO_BITMAP_B,                               \
      "a page within the physical-address width")                            \
    X(MSR_BITMAP_PAGE, CONTROLS, MSR_BITMAP,                                 \
      "a page within the physical-address width")                            \
    X(VIRTUAL_APIC_PAGE, CONTROLS, VIRTUAL_APIC_ADDR,                        \
      "a page within the physical-address width")                            \
    X(TPR_THRESHOLD_RESERVED, CONTROLS, TPR_THRESHOLD, "bits 31:4 are zero") \
    X(TPR_THRESHOLD_VTPR, CONTROLS, TPR_THRESHOLD,                           \
      "not above the virtual TPR")                                           \
    X(VIRTUAL_NMIS_EXITING, CONTROLS, PIN_CONTROLS,                          \
      "virtual NMIs only with NMI exiting")                                  \
    X(NMI_WINDOW_VIRTUAL, CONTROLS, PROC_CONTROLS,                           \
      "NMI-window exiting only with virtual NMIs")                           \
    X(APIC_ACCESS_PAGE, CONTROLS, APIC_ACCESS_ADDR,                          \
      "a page within the physical-address width")                            \
    X(X2APIC_MODE_SHADOW, CONTROLS, PROC2_CONTROLS,                          \
      "x2APIC mode only with a TPR shadow")                                  \
    X(APIC_REGISTER_SHADOW, CONTROLS, PROC2_CONTROLS,                        \
      "APIC registers only with a TPR shadow")                               \
    X(INTR_DELIVERY_SHADOW, CONTROLS, PROC2_CONTROLS,                        \
      "interrupt delivery only with a TPR shadow")                           \
    X(IPI_VIRT_SHADOW, CONTROLS, PROC3_CONTROLS,                             \
      "virtual IPIs only with a TPR shadow")                                 \
    X(X2APIC_MODE_ACCESSES, CONTROLS, PROC2_CONTROLS,                        \
      "not x2APIC mode and APIC accesses")                                   \
    X(INTR_DELIVERY_EXITING, CONTROLS, PIN_CONTROLS,                         \
      "interrupt delivery with interrupt exiting")                           \
    X(POSTED_DELIVERY, CONTROLS, PIN_CONTROLS,                               \
      "posted interrupts with interrupt delivery")                           \
    X(POSTED_ACK, CONTROLS, EXIT_CONTROLS,                                   \
      "posted interrupts with acknowledgement")                              \
    X(POSTED_VECTOR, CONTROLS, POSTED_INTR_VECTOR, "a vector from 0 to 255") \
    X(POSTED_DESC_ALIGN, CONTROLS, POSTED_INTR_DESC_ADDR, "64-byte aligned") \
    X(POSTED_DESC_WIDTH, CONTROLS, POSTED_INTR_DESC_ADDR,                    \
      "within the physical-address width")                                   \
    X(VPID_ZERO, CONTROLS, VPID, "VPID 0 is the host's")                     \
    X(EPTP_MEM_TYPE, CONTROLS, EPT_POINTER, "a memory type that the CPU has")\
    X(EPTP_LEVELS, CONTROLS, EPT_POINTER,                                    \
      "a number of levels that the CPU has")                                 \
    X(EPTP_AD, CONTROLS, EPT_POINTER, "accessed and dirty flags exist")      \
    X(EPTP_SSS, CONTROLS, EPT_POINTER,                                       \
      "supervisor shadow-stack control exists")                              \
    X(EPTP_RESERVED, CONTROLS, EPT_POINTER, "reserved bits are zero")        \
    X(PML_EPT, CONTROLS, PROC2_CONTROLS,                                     \
      "page-modification log only with EPT")                                 \
    X(PML_PAGE, CONTROLS, PML_ADDR,                                          \
      "a page within the physical-address width")                            \
    X(UNRESTRICTED_EPT, CONTROLS, PROC2_CONTROLS,                            \
      "unrestricted guest only with EPT")                                    \
    X(MODE_BASED_EPT, CONTROLS, PROC2_CONTROLS,                              \
      "mode-based execution only with EPT")                                  \
    X(SPP_EPT, CONTROLS, PROC2_CONTROLS,                                     \
      "sub-page permissions only with EPT")                                  \
    X(SPP_PAGE, CONTROLS, SPP_TABLE_POINTER,                                 \
      "a page within the physical-address width")                            \
    X(HLAT_EPT, CONTROLS, PROC3_CONTROLS, "HLAT only with EPT")              \
    X(PAGING_WRITE_EPT, CONTROLS, PROC3_CONTROLS,                            \
      "paging-write control only with EPT")                                  \
    X(PAGING_VERIFY_EPT, CONTROLS, PROC3_CONTROLS,                           \
      "guest-paging verification only with EPT")                             \
    X(HLAT_RESERVED, CONTROLS, HLAT_POINTER, "reserved bits are zero")       \
    X(FUNC_ALLOWED, CONTROLS, VMFUNC_CONTROLS,                               \
      "VM functions that the CPU has")                                       \
    X(EPTP_SWITCHING_EPT, CONTROLS, VMFUNC_CONTROLS,                         \
      "EPTP switching only with EPT")                                        \
    X(EPTP_LIST_PAGE, CONTROLS, EPTP_LIST_ADDR,                              \
      "a page within the physical-address width")                            \
    X(VMREAD_BITMAP_PAGE, CONTROLS, VMREAD_BITMAP,                           \
      "a page within the physical-address width")                            \
    X(VMWRITE_BITMAP_PAGE, CONTROLS, VMWRITE_BITMAP,                         \
      "a page within the physical-address width")                            \
    X(VE_INFO_PAGE, CONTROLS, VE_INFO_ADDR,                                  \
      "a page within the physical-address width")                            \
    X(PT_PHYSICAL_EPT, CONTROLS, PROC2_CONTROLS,                             \
      "guest-physical trace output with EPT")                                \
    X(PT_PHYSICAL_ENTRY, CONTROLS, ENTRY_CONTROLS,                           \
      "guest-physical trace output, RTIT_CTL loaded")                        \
    X(PT_PHYSICAL_EXIT, CONTROLS, EXIT_CONTROLS,                             \
      "guest-physical trace output, RTIT_CTL cleared")                       \
    X(PASID_LOW_PAGE, CONTROLS, LOW_PASID_DIRECTORY,                         \
      "a page within the physical-address width")                            \
    X(PASID_HIGH_PAGE, CONTROLS, HIGH_PASID_DIRECTORY,                       \
      "a page within the physical-address width")                            \
    X(PID_TABLE_ALIGN, CONTROLS, PID_POINTER_TABLE, "8-byte aligned")        \
    X(PID_TABLE_WIDTH, CONTROLS, PID_POINTER_TABLE,                          \
      "within the physical-address width")                                   \
    X(PID_TABLE_END, CONTROLS, LAST_PID_POINTER_INDEX,                       \
      "the last entry within the physical-address width")                    \
    /* 27.2.1.2: VM-exit control fields */                                   \
    X(EXIT_ALLOWED, CONTROLS, EXIT_CONTROLS, "as the capability MSR allows") \
    X(EXIT2_ALLOWED, CONTROLS, EXIT2_CONTROLS,                               \
      "as the capability MSR allows")                                        \
    X(SAVE_TIMER_ACTIVE, CONTROLS, EXIT_CONTROLS,                            \
      "the preemption timer is saved only if active")                        \
    X(EXIT_STORE_ADDR, CONTROLS, EXIT_MSR_STORE_ADDR,                        \
      "16-byte aligned, within the physical-address width")                  \
    X(EXIT_STORE_END, CONTROLS, EXIT_MSR_STORE_COUNT,                        \
      "the list's end is within the physical-address width")                 \
    X(EXIT_LOAD_ADDR, CONTROLS, EXIT_MSR_LOAD_ADDR,                          \
      "16-byte aligned, within the physical-address width")                  \
    X(EXIT_LOAD_END, CONTROLS, EXIT_MSR_LOAD_COUNT,                          \
      "the list's end is within the physical-address width")                 \
    /* 27.2.1.3: VM-entry control fields */                                  \
    X(ENTRY_ALLOWED, CONTROLS, ENTRY_CONTROLS,                               \
      "as the capability MSR allows")                                        \
    X(EVENT_TYPE, CONTROLS, ENTRY_INTR_INFO, "a type that exists")           \
    X(EVENT_VECTOR, CONTROLS, ENTRY_INTR_INFO, "a vector that the type has") \
    X(EVENT_ERROR_CODE, CONTROLS, ENTRY_INTR_INFO,                           \
      "an error code if and only if the event has one")                      \
    X(EVENT_RESERVED, CONTROLS, ENTRY_INTR_INFO, "reserved bits are zero")   \
    X(EVENT_ERROR_HIGH, CONTROLS, ENTRY_ERROR_CODE, "bits 31:16 are zero")   \
    X(EVENT_LENGTH, CONTROLS, ENTRY_INSTR_LENGTH,                            \
      "the length of an instruction")                                        \
    X(ENTRY_LOAD_ADDR, CONTROLS, ENTRY_MSR_LOAD_ADDR,                        \
      "16-byte aligned, within the physical-address width")                  \
    X(ENTRY_LOAD_END, CONTROLS, ENTRY_MSR_LOAD_COUNT,                        \
      "the list's end is within the physical-address width")                 \
    X(ENTRY_TO_SMM, CONTROLS, ENTRY_CONTROLS, "entry to SMM only from SMM")  \
    X(ENTRY_DUAL_MONITOR, CONTROLS, ENTRY_CONTROLS,                          \
      "dual-monitor treatment ends only from SMM")                           \
    X(ENTRY_SMM_BOTH, CONTROLS, ENTRY_CONTROLS,                              \
      "not entry to SMM and end of dual monitor")                            \
    /* 27.2.2: host control registers and MSRs */                            \
    X(HOST_CR0_FIXED, HOST, HOST_CR0, "bits that VMX operation fixes")       \
    X(HOST_CR4_FIXED, HOST, HOST_CR4, "bits that VMX operation fixes")       \
    X(HOST_CET_WP, HOST, HOST_CR0, "WP is set with CR4.CET")                 \
    X(HOST_CR3_WIDTH, HOST, HOST_CR3, "within the physical-address width")   \
    X(HOST_SYSENTER_ESP_CANONICAL, HOST, HOST_SYSENTER_ESP, "canonical")     \
    X(HOST_SYSENTER_EIP_CANONICAL, HOST, HOST_SYSENTER_EIP, "canonical")     \
    X(HOST_PERF_RESERVED, HOST, HOST_PERF_GLOBAL_CTRL,                       \
      "reserved bits are zero")                                              \
    X(HOST_PAT_TYPES, HOST, HOST_PAT, "memory types that exist")             \
    X(HOST_EFER_RESERVED, HOST, HOST_EFER, "reserved bits are zero")         \
    X(HOST_EFER_LMA, HOST, HOST_EFER, "LMA as the host's address-space size")\
    X(HOST_EFER_LME, HOST, HOST_EFER, "LME as the host's address-space size")\
    X(HOST_S_CET_RESERVED, HOST, HOST_S_CET,                                 \
      "reserved bits are zero, canonical")                                   \
    X(HOST_SSP_ALIGN, HOST, HOST_SSP, "4-byte aligned, canonical")           \
    X(HOST_SSP_TABLE_CANONICAL, HOST, HOST_INTR_SSP_TABLE, "canonical")      \
    X(HOST_PKRS_RESERVED, HOST, HOST_PKRS, "bits 63:32 are zero")            \
    /* 27.2.3: host segment and descriptor-table registers */                \
    X(HOST_CS_RPL, HOST, HOST_CS_SELECTOR, "RPL 0, in the GDT")              \
    X(HOST_SS_RPL, HOST, HOST_SS_SELECTOR, "RPL 0, in the GDT")              \
    X(HOST_DS_RPL, HOST, HOST_DS_SELECTOR, "RPL 0, in the GDT")              \
    X(HOST_ES_RPL, HOST, HOST_ES_SELECTOR, "RPL 0, in the GDT")              \
    X(HOST_FS_RPL, HOST, HOST_FS_SELECTOR, "RPL 0, in the GDT")              \
    X(HOST_GS_RPL, HOST, HOST_GS_SELECTOR, "RPL 0, in the GDT")              \
    X(HOST_TR_RPL, HOST, HOST_TR_SELECTOR, "RPL 0, in the GDT")              \
    X(HOST_CS_NULL, HOST, HOST_CS_SELECTOR, "not the null selector")         \
    X(HOST_TR_NULL, HOST, HOST_TR_SELECTOR, "not the null selector")         \
    X(HOST_SS_NULL, HOST, HOST_SS_SELECTOR, "not null for a 32-bit host")    \
    X(HOST_FS_CANONICAL, HOST, HOST_FS_BASE, "canonical")                    \
    X(HOST_GS_CANONICAL, HOST, HOST_GS_BASE, "canonical")                    \
    X(HOST_GDTR_CANONICAL, HOST, HOST_GDTR_BASE, "canonical")                \
    X(HOST_IDTR_CANONICAL, HOST, HOST_IDTR_BASE, "canonical")                \
    X(HOST_TR_CANONICAL, HOST, HOST_TR_BASE, "canonical")                    \
    /* 27.2.4: address-space size */                                         \
    X(HOST_LMA_GUEST, HOST, ENTRY_CONTROLS,                                  \
      "an IA-32e guest only from IA-32e mode")                               \
    X(HOST_LMA_SIZE, HOST, EXIT_CONTROLS,                                    \
      "a 64-bit host as the CPU's mode is")                                  \
    X(HOST_32_PCIDE, HOST, HOST_CR4, "PCIDE only with a 64-bit host")        \
    X(HOST_32_RIP, HOST, HOST_RIP, "bits 63:32 are zero for a 32-bit host")  \
    X(HOST_64_PAE, HOST, HOST_CR4, "PAE with a 64-bit host")                 \
    X(HOST_64_RIP, HOST, HOST_RIP, "canonical")                              \
    /* 27.3.1.1: guest control registers, debug registers and MSRs */        \
    X(CR0_FIXED, GUEST, GUEST_CR0, "bits that VMX operation fixes")          \
    X(CR0_PG_PE, GUEST, GUEST_CR0, "paging only in protected mode")          \
    X(CR4_FIXED, GUEST, GUEST_CR4, "bits that VMX operation fixes")          \
    X(CET_WP, GUEST, GUEST_CR0, "WP is set with CR4.CET")                    \
    X(DEBUGCTL_RESERVED, GUEST, GUEST_DEBUGCTL, "reserved bits are zero")    \
    X(IA32E_PG, GUEST, GUEST_CR0, "an IA-32e guest has paging on")           \
    X(IA32E_PAE, GUEST, GUEST_CR4, "an IA-32e guest has PAE")                \
    X(IA32E_PCIDE, GUEST, GUEST_CR4, "PCIDE only with an IA-32e guest")      \
    X(CR3_WIDTH, GUEST, GUEST_CR3, "within the physical-address width")      \
    X(DR7_HIGH, GUEST, GUEST_DR7, "bits 63:32 are zero")                     \
    X(SYSENTER_ESP_CANONICAL, GUEST, GUEST_SYSENTER_ESP, "canonical")        \
    X(SYSENTER_EIP_CANONICAL, GUEST, GUEST_SYSENTER_EIP, "canonical")        \
    X(S_CET_RESERVED, GUEST, GUEST_S_CET,                                    \
      "reserved bits are zero, canonical")                                   \
    X(SSP_TABLE_CANONICAL, GUEST, GUEST_INTR_SSP_TABLE, "canonical")         \
    X(PERF_RESERVED, GUEST, GUEST_PERF_GLOBAL_CTRL, "reserved bits are zero")\
    X(PAT_TYPES, GUEST, GUEST_PAT, "memory types that exist")                \
    X(EFER_RESERVED, GUEST, GUEST_EFER, "reserved bits are zero")            \
    X(EFER_LMA, GUEST, GUEST_EFER,                                           \
      "LMA as the guest is an IA-32e one or not")                            \
    X(EFER_LME, GUEST, GUEST_EFER, "LME as LMA when paging is on")           \
    X(BNDCFGS_RESERVED, GUEST, GUEST_BNDCFGS,                                \
      "reserved bits are zero, canonical")                                   \
    X(RTIT_CTL_RESERVED, GUEST, GUEST_RTIT_CTL, "reserved bits are zero")    \
    X(LBR_CTL_RESERVED, GUEST, GUEST_LBR_CTL, "reserved bits are zero")      \
    X(PKRS_RESERVED, GUEST, GUEST_PKRS, "bits 63:32 are zero")               \
    X(UINV_RESERVED, GUEST, GUEST_UINV, "bits 15:8 are zero")                \
    /* 27.3.1.2: guest segment registers; the field is that of the register */\
    X(SEL_TR_GDT, GUEST, GUEST_TR_SELECTOR, "in the GDT")                    \
    X(SEL_LDTR_GDT, GUEST, GUEST_LDTR_SELECTOR, "in the GDT")                \
    X(SEL_SS_RPL, GUEST, GUEST_SS_SELECTOR, "RPL as that of CS")             \
    X(BASE_V86, GUEST, GUEST_CS_BASE,                                        \
      "16 times the selector in virtual-8086 mode")                          \
    X(BASE_CANONICAL, GUEST, GUEST_TR_BASE, "canonical")                     \
    X(BASE_HIGH, GUEST, GUEST_CS_BASE, "bits 63:32 are zero")                \
    X(LIMIT_V86, GUEST, GUEST_CS_LIMIT, "FFFFH in virtual-8086 mode")        \
    X(AR_V86, GUEST, GUEST_CS_AR, "F3H in virtual-8086 mode")                \
    X(AR_CS_TYPE, GUEST, GUEST_CS_AR,                                        \
      "accessed code, or data if unrestricted")                              \
    X(AR_SS_TYPE, GUEST, GUEST_SS_AR, "accessed writable data")              \
    X(AR_DATA_ACCESSED, GUEST, GUEST_DS_AR, "accessed")                      \
    X(AR_DATA_READABLE, GUEST, GUEST_DS_AR, "code must be readable")         \
    X(AR_S, GUEST, GUEST_CS_AR, "code or data, not a system segment")        \
    X(AR_CS_DPL_DATA, GUEST, GUEST_CS_AR, "DPL 0 for a data segment")        \
    X(AR_CS_DPL_NONCONFORMING, GUEST, GUEST_CS_AR, "DPL as that of SS")      \
    X(AR_CS_DPL_CONFORMING, GUEST, GUEST_CS_AR, "DPL not above that of SS")  \
    X(AR_SS_DPL_RPL, GUEST, GUEST_SS_AR, "DPL as the RPL")                   \
    X(AR_SS_DPL_ZERO, GUEST, GUEST_SS_AR,                                    \
      "DPL 0 in real mode and with CS a data segment")                       \
    X(AR_DATA_DPL, GUEST, GUEST_DS_AR, "DPL not below the RPL")              \
    X(AR_PRESENT, GUEST, GUEST_CS_AR, "present")                             \
    X(AR_RESERVED, GUEST, GUEST_CS_AR, "reserved bits are zero")             \
    X(AR_CS_DB, GUEST, GUEST_CS_AR, "D is zero in 64-bit mode")              \
    X(AR_GRANULARITY, GUEST, GUEST_CS_AR, "granularity fits the limit")      \
    X(AR_TR_TYPE, GUEST, GUEST_TR_AR, "a busy TSS of the guest's mode")      \
    X(AR_LDTR_TYPE, GUEST, GUEST_LDTR_AR, "an LDT")                          \
    X(AR_SYSTEM, GUEST, GUEST_TR_AR, "a system segment")                     \
    X(AR_TR_USABLE, GUEST, GUEST_TR_AR, "usable")                            \
    /* 27.3.1.3: guest descriptor-table registers */                         \
    X(GDTR_CANONICAL, GUEST, GUEST_GDTR_BASE, "canonical")                   \
    X(IDTR_CANONICAL, GUEST, GUEST_IDTR_BASE, "canonical")                   \
    X(GDTR_LIMIT_HIGH, GUEST, GUEST_GDTR_LIMIT, "bits 31:16 are zero")       \
    X(IDTR_LIMIT_HIGH, GUEST, GUEST_IDTR_LIMIT, "bits 31:16 are zero")       \
    /* 27.3.1.4: guest RIP, RFLAGS and SSP */                                \
    X(RIP_HIGH, GUEST, GUEST_RIP, "bits 63:32 are zero outside 64-bit mode") \
    X(RIP_WIDTH, GUEST, GUEST_RIP, "within the linear-address width")        \
    X(RFLAGS_RESERVED, GUEST, GUEST_RFLAGS,                                  \
      "reserved bits are zero, bit 1 is one")                                \
    X(RFLAGS_VM, GUEST, GUEST_RFLAGS, "no VM in IA-32e and real mode")       \
    X(RFLAGS_IF, GUEST, GUEST_RFLAGS, "IF for an external interrupt")        \
    X(SSP_ALIGN, GUEST, GUEST_SSP,                                           \
      "4-byte aligned, within the mode's addresses")                         \
    /* 27.3.1.5: guest non-register state */                                 \
    X(ACTIVITY_SUPPORTED, GUEST, GUEST_ACTIVITY, "a state that the CPU has") \
    X(ACTIVITY_HLT_DPL, GUEST, GUEST_ACTIVITY,                               \
      "HLT only at privilege level 0")                                       \
    X(ACTIVITY_BLOCKED, GUEST, GUEST_ACTIVITY,                               \
      "active while STI or MOV SS blocks")                                   \
    X(ACTIVITY_EVENT, GUEST, GUEST_ACTIVITY,                                 \
      "the event is one that the state lets through")                        \
    X(ACTIVITY_SIPI_SMM, GUEST, GUEST_ACTIVITY,                              \
      "no wait for SIPI with entry to SMM")                                  \
    X(BLOCK_RESERVED, GUEST, GUEST_INTERRUPTIBILITY,                         \
      "reserved bits are zero")                                              \
    X(BLOCK_BOTH, GUEST, GUEST_INTERRUPTIBILITY, "not by STI and MOV SS")    \
    X(BLOCK_STI_IF, GUEST, GUEST_INTERRUPTIBILITY,                           \
      "not by STI with IF clear")                                            \
    X(BLOCK_EXT_INTR, GUEST, GUEST_INTERRUPTIBILITY,                         \
      "none for an external interrupt")                                      \
    X(BLOCK_NMI_MOV_SS, GUEST, GUEST_INTERRUPTIBILITY,                       \
      "not by MOV SS for an NMI")                                            \
    X(BLOCK_SMI_IN_SMM, GUEST, GUEST_INTERRUPTIBILITY, "of SMIs only in SMM")\
    X(BLOCK_SMI_ENTRY, GUEST, GUEST_INTERRUPTIBILITY,                        \
      "of SMIs for an entry to SMM")                                         \
    X(BLOCK_NMI_VIRTUAL, GUEST, GUEST_INTERRUPTIBILITY,                      \
      "not of NMIs for a virtual NMI")                                       \
    X(BLOCK_ENCLAVE, GUEST, GUEST_INTERRUPTIBILITY,                          \
      "in an enclave only with SGX, not by MOV SS")                          \
    X(PENDING_RESERVED, GUEST, GUEST_PENDING_DEBUG, "reserved bits are zero")\
    X(PENDING_BS_SET, GUEST, GUEST_PENDING_DEBUG,                            \
      "BS is set while single-stepping is blocked")                          \
    X(PENDING_BS_CLEAR, GUEST, GUEST_PENDING_DEBUG,                          \
      "BS is clear unless single-stepping is blocked")                       \
    X(PENDING_RTM, GUEST, GUEST_PENDING_DEBUG,                               \
      "RTM only with bit 12 alone, RTM in the CPU, no MOV SS")               \
    X(LINK_PAGE, GUEST_LINK, VMCS_LINK_POINTER,                              \
      "a page within the physical-address width")                            \
    X(LINK_REVISION, GUEST_LINK, VMCS_LINK_POINTER,                          \
      "the revision identifier is ours")                                     \
    X(LINK_SHADOW, GUEST_LINK, VMCS_LINK_POINTER,                            \
      "a shadow VMCS with VMCS shadowing")                                   \
    X(LINK_CURRENT, GUEST_LINK, VMCS_LINK_POINTER, "not the current VMCS")   \
    /* 27.3.1.6: guest page-directory-pointer-table entries */               \
    X(PDPTE0_RESERVED, GUEST_PDPTE, GUEST_PDPTE0, "reserved bits are zero")  \
    X(PDPTE1_RESERVED, GUEST_PDPTE, GUEST_PDPTE1, "reserved bits are zero")  \
    X(PDPTE2_RESERVED, GUEST_PDPTE, GUEST_PDPTE2, "reserved bits are zero")  \
    X(PDPTE3_RESERVED, GUEST_PDPTE, GUEST_PDPTE3, "reserved bits are zero")  \
    /* 27.4, 28.4 and 28.6: entries of MSR lists; the field is the list's */ \
    X(MSR_FS_GS_BASE, MSR_LIST, ENTRY_MSR_LOAD_ADDR,                         \
      "not FS base or GS base")                                              \
    X(MSR_X2APIC, MSR_LIST, ENTRY_MSR_LOAD_ADDR,                             \
      "no APIC register in x2APIC mode")                                     \
    X(MSR_SMM, MSR_LIST, ENTRY_MSR_LOAD_ADDR, "not SMM's own")               \
    X(MSR_MICROCODE, MSR_LIST, ENTRY_MSR_LOAD_ADDR, "no update of microcode")\
    X(MSR_RESERVED, MSR_LIST, ENTRY_MSR_LOAD_ADDR, "bits 63:32 are zero")

#endif /* X86_VMX_ENTRY_RULE_LIST_H */
