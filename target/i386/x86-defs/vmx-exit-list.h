/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Basic exit reasons, SDM Vol. 3 appendix C, and VM-instruction errors,
 * chapter "VMX Instruction Reference": X(NAME, number, words).
 */

#ifndef X86_VMX_EXIT_LIST_H
#define X86_VMX_EXIT_LIST_H

#define X86_VMX_EXIT_LIST(X)                                                 \
    X(EXCEPTION_NMI,        0, "exception or NMI")                           \
    X(EXTERNAL_INTERRUPT,   1, "external interrupt")                         \
    X(TRIPLE_FAULT,         2, "triple fault")                               \
    X(INIT,                 3, "INIT signal")                                \
    X(SIPI,                 4, "start-up IPI")                               \
    X(IO_SMI,               5, "SMI after an I/O instruction")               \
    X(OTHER_SMI,            6, "other SMI")                                  \
    X(INTERRUPT_WINDOW,     7, "interrupt window")                           \
    X(NMI_WINDOW,           8, "NMI window")                                 \
    X(TASK_SWITCH,          9, "task switch")                                \
    X(CPUID,               10, "CPUID")                                      \
    X(GETSEC,              11, "GETSEC")                                     \
    X(HLT,                 12, "HLT")                                        \
    X(INVD,                13, "INVD")                                       \
    X(INVLPG,              14, "INVLPG")                                     \
    X(RDPMC,               15, "RDPMC")                                      \
    X(RDTSC,               16, "RDTSC")                                      \
    X(RSM,                 17, "RSM")                                        \
    X(VMCALL,              18, "VMCALL")                                     \
    X(VMCLEAR,             19, "VMCLEAR")                                    \
    X(VMLAUNCH,            20, "VMLAUNCH")                                   \
    X(VMPTRLD,             21, "VMPTRLD")                                    \
    X(VMPTRST,             22, "VMPTRST")                                    \
    X(VMREAD,              23, "VMREAD")                                     \
    X(VMRESUME,            24, "VMRESUME")                                   \
    X(VMWRITE,             25, "VMWRITE")                                    \
    X(VMXOFF,              26, "VMXOFF")                                     \
    X(VMXON,               27, "VMXON")                                      \
    X(CR_ACCESS,           28, "control-register access")                    \
    X(DR_ACCESS,           29, "MOV DR")                                     \
    X(IO_INSTRUCTION,      30, "I/O instruction")                            \
    X(RDMSR,               31, "RDMSR")                                      \
    X(WRMSR,               32, "WRMSR")                                      \
    X(INVALID_GUEST_STATE, 33, "VM-entry failure: invalid guest state")      \
    X(MSR_LOAD_FAILURE,    34, "VM-entry failure: MSR loading")              \
    X(MWAIT,               36, "MWAIT")                                      \
    X(MONITOR_TRAP,        37, "monitor trap flag")                          \
    X(MONITOR,             39, "MONITOR")                                    \
    X(PAUSE,               40, "PAUSE")                                      \
    X(MACHINE_CHECK,       41, "VM-entry failure: machine check")            \
    X(TPR_THRESHOLD,       43, "TPR below threshold")                        \
    X(APIC_ACCESS,         44, "APIC access")                                \
    X(VIRTUALIZED_EOI,     45, "virtualized EOI")                            \
    X(GDTR_IDTR,           46, "access to GDTR or IDTR")                     \
    X(LDTR_TR,             47, "access to LDTR or TR")                       \
    X(EPT_VIOLATION,       48, "EPT violation")                              \
    X(EPT_MISCONFIG,       49, "EPT misconfiguration")                       \
    X(INVEPT,              50, "INVEPT")                                     \
    X(RDTSCP,              51, "RDTSCP")                                     \
    X(PREEMPTION_TIMER,    52, "VMX-preemption timer expired")               \
    X(INVVPID,             53, "INVVPID")                                    \
    X(WBINVD,              54, "WBINVD or WBNOINVD")                         \
    X(XSETBV,              55, "XSETBV")                                     \
    X(APIC_WRITE,          56, "APIC write")                                 \
    X(RDRAND,              57, "RDRAND")                                     \
    X(INVPCID,             58, "INVPCID")                                    \
    X(VMFUNC,              59, "VMFUNC")                                     \
    X(ENCLS,               60, "ENCLS")                                      \
    X(RDSEED,              61, "RDSEED")                                     \
    X(PML_FULL,            62, "page-modification log full")                 \
    X(XSAVES,              63, "XSAVES")                                     \
    X(XRSTORS,             64, "XRSTORS")                                    \
    X(PCONFIG,             65, "PCONFIG")                                    \
    X(SPP,                 66, "sub-page permission event")                  \
    X(UMWAIT,              67, "UMWAIT")                                     \
    X(TPAUSE,              68, "TPAUSE")                                     \
    X(LOADIWKEY,           69, "LOADIWKEY")                                  \
    X(ENCLV,               70, "ENCLV")                                      \
    X(ENQCMD_PASID,        72, "ENQCMD PASID translation failure")           \
    X(ENQCMDS_PASID,       73, "ENQCMDS PASID translation failure")          \
    X(BUS_LOCK,            74, "bus lock")                                   \
    X(INSTRUCTION_TIMEOUT, 75, "instruction timeout")                        \
    X(SEAMCALL,            76, "SEAMCALL")                                   \
    X(TDCALL,              77, "TDCALL")                                     \
    X(RDMSRLIST,           78, "RDMSRLIST")                                  \
    X(WRMSRLIST,           79, "WRMSRLIST")                                  \
    X(RDMSR_IMM,           84, "RDMSR with an immediate")                    \
    X(WRMSR_IMM,           85, "WRMSRNS with an immediate")

/* The reason's other bits */
#define X86_VMX_EXIT_BASIC          0x0000ffffu
#define X86_VMX_EXIT_SHADOW_STACK   (1u << 25)
#define X86_VMX_EXIT_BUS_LOCK       (1u << 26)
#define X86_VMX_EXIT_ENCLAVE        (1u << 27)
#define X86_VMX_EXIT_PENDING_MTF    (1u << 28)
#define X86_VMX_EXIT_FROM_ROOT      (1u << 29)
#define X86_VMX_EXIT_ENTRY_FAILURE  (1u << 31)

#define X86_VMX_ERROR_LIST(X)                                                \
    X(VMCALL_IN_ROOT,        1, "VMCALL executed in VMX root operation")     \
    X(VMCLEAR_ADDRESS,       2, "VMCLEAR with invalid physical address")     \
    X(VMCLEAR_VMXON,         3, "VMCLEAR with VMXON pointer")                \
    X(VMLAUNCH_NOT_CLEAR,    4, "VMLAUNCH with non-clear VMCS")              \
    X(VMRESUME_NOT_LAUNCHED, 5, "VMRESUME with non-launched VMCS")           \
    X(VMRESUME_AFTER_VMXOFF, 6, "VMRESUME after VMXOFF")                     \
    X(ENTRY_CONTROLS,        7, "VM entry with invalid control field(s)")    \
    X(ENTRY_HOST_STATE,      8, "VM entry with invalid host-state field(s)") \
    X(VMPTRLD_ADDRESS,       9, "VMPTRLD with invalid physical address")     \
    X(VMPTRLD_VMXON,        10, "VMPTRLD with VMXON pointer")                \
    X(VMPTRLD_REVISION,     11, "VMPTRLD with incorrect VMCS revision")      \
    X(UNSUPPORTED_FIELD,    12, "VMREAD/VMWRITE of unsupported component")   \
    X(READ_ONLY_FIELD,      13, "VMWRITE to read-only VMCS component")       \
    X(VMXON_IN_ROOT,        15, "VMXON executed in VMX root operation")      \
    X(ENTRY_EXECUTIVE,      16, "VM entry with invalid executive VMCS")      \
    X(ENTRY_EXEC_LAUNCH,    17, "VM entry with non-launched executive VMCS") \
    X(ENTRY_EXEC_VMXON,     18, "VM entry with another executive VMCS")      \
    X(VMCALL_NOT_CLEAR,     19, "VMCALL with non-clear VMCS")                \
    X(VMCALL_EXIT_CONTROLS, 20, "VMCALL with invalid VM-exit controls")      \
    X(VMCALL_MSEG_REVISION, 22, "VMCALL with incorrect MSEG revision")       \
    X(VMXOFF_DUAL_MONITOR,  23, "VMXOFF under dual-monitor treatment")       \
    X(VMCALL_SMM_FEATURES,  24, "VMCALL with invalid SMM-monitor features")  \
    X(ENTRY_EXEC_CONTROLS,  25, "VM entry from SMM with invalid controls")   \
    X(ENTRY_MOV_SS,         26, "VM entry with events blocked by MOV SS")    \
    X(INVEPT_OPERAND,       28, "invalid operand to INVEPT/INVVPID")

/** X86VmxExitReason: basic exit reasons */
#define X86_VMX_ENUM(name, number, words) X86_VMX_EXIT_REASON_##name = (number),
typedef enum X86VmxExitReason {
    X86_VMX_EXIT_LIST(X86_VMX_ENUM)
} X86VmxExitReason;
#undef X86_VMX_ENUM

/** X86VmxError: what VM_INSTRUCTION_ERROR says; 0 is no error */
#define X86_VMX_ENUM(name, number, words) X86_VMX_ERROR_##name = (number),
typedef enum X86VmxError {
    X86_VMX_ERROR_NONE,
    X86_VMX_ERROR_LIST(X86_VMX_ENUM)
} X86VmxError;
#undef X86_VMX_ENUM

/* Qualification of VM-entry failure 33: why, where there is a reason */
#define X86_VMX_ENTRY_QUAL_PDPTE        2
#define X86_VMX_ENTRY_QUAL_NMI          3
#define X86_VMX_ENTRY_QUAL_LINK_POINTER 4

#endif /* X86_VMX_EXIT_LIST_H */
