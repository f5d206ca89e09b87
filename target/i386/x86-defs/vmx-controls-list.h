/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every VMX control, and every bit of the capability MSRs that announces
 * something else: SDM Vol. 3, "VM-Execution Control Fields" and the two
 * sections on exit and entry controls; appendix A.
 *
 * The last column says what the CPU offers, 1 or 0.  It is the only place:
 * the capability MSRs, the checks of VM entry and the VMCS fields that exist
 * follow from it.  Change a line once the engine obeys the control and its
 * tests are green.
 */

#ifndef X86_VMX_CONTROLS_LIST_H
#define X86_VMX_CONTROLS_LIST_H

#include <stdint.h>

/*
 * X(WORD, name of the field, capability MSR, TRUE MSR, default1)
 * default1: bits that are one unless the TRUE MSR lets a named control be
 * zero.  Words without a TRUE MSR name the same MSR twice; PROC3, FUNC and
 * EXIT2 have MSRs with 64 allowed-1 bits.
 */
#define X86_VMX_WORD_LIST(X)                                                 \
    X(PIN,   VMX_PINBASED_CTLS,   VMX_TRUE_PINBASED_CTLS,  0x00000016)       \
    X(PROC,  VMX_PROCBASED_CTLS,  VMX_TRUE_PROCBASED_CTLS, 0x0401e172)       \
    X(PROC2, VMX_PROCBASED_CTLS2, VMX_PROCBASED_CTLS2,     0)                \
    X(PROC3, VMX_PROCBASED_CTLS3, VMX_PROCBASED_CTLS3,     0)                \
    X(FUNC,  VMX_VMFUNC,          VMX_VMFUNC,              0)                \
    X(EXIT,  VMX_EXIT_CTLS,       VMX_TRUE_EXIT_CTLS,      0x00036dff)       \
    X(EXIT2, VMX_EXIT_CTLS2,      VMX_EXIT_CTLS2,          0)                \
    X(ENTRY, VMX_ENTRY_CTLS,      VMX_TRUE_ENTRY_CTLS,     0x000011ff)

/*
 * X(WORD, NAME, bit, offered)
 * offered: may software give the control the setting that is not its
 * default?  That is 1, and 0 for a control of the default1 class.
 */
#define X86_VMX_CONTROL_LIST(X)                                              \
    X(PIN,   EXT_INTR_EXITING,      0, 1)                                    \
    X(PIN,   NMI_EXITING,           3, 1)                                    \
    X(PIN,   VIRTUAL_NMIS,          5, 1)                                    \
    X(PIN,   PREEMPTION_TIMER,      6, 1)                                    \
    X(PIN,   POSTED_INTERRUPTS,     7, 1)                                    \
                                                                             \
    X(PROC,  INTR_WINDOW_EXITING,   2, 1)                                    \
    X(PROC,  TSC_OFFSETTING,        3, 1)                                    \
    X(PROC,  HLT_EXITING,           7, 1)                                    \
    X(PROC,  INVLPG_EXITING,        9, 1)                                    \
    X(PROC,  MWAIT_EXITING,        10, 1)                                    \
    X(PROC,  RDPMC_EXITING,        11, 1)                                    \
    X(PROC,  RDTSC_EXITING,        12, 1)                                    \
    X(PROC,  CR3_LOAD_EXITING,     15, 1)                                    \
    X(PROC,  CR3_STORE_EXITING,    16, 1)                                    \
    X(PROC,  TERTIARY,             17, 0)                                    \
    X(PROC,  CR8_LOAD_EXITING,     19, 1)                                    \
    X(PROC,  CR8_STORE_EXITING,    20, 1)                                    \
    X(PROC,  TPR_SHADOW,           21, 1)                                    \
    X(PROC,  NMI_WINDOW_EXITING,   22, 1)                                    \
    X(PROC,  MOV_DR_EXITING,       23, 1)                                    \
    X(PROC,  UNCOND_IO_EXITING,    24, 1)                                    \
    X(PROC,  IO_BITMAPS,           25, 1)                                    \
    X(PROC,  MONITOR_TRAP,         27, 1)                                    \
    X(PROC,  MSR_BITMAPS,          28, 1)                                    \
    X(PROC,  MONITOR_EXITING,      29, 1)                                    \
    X(PROC,  PAUSE_EXITING,        30, 1)                                    \
    X(PROC,  SECONDARY,            31, 1)                                    \
                                                                             \
    X(PROC2, APIC_ACCESSES,         0, 0)                                    \
    X(PROC2, EPT,                   1, 1)                                    \
    X(PROC2, DESC_TABLE_EXITING,    2, 1)                                    \
    X(PROC2, RDTSCP,                3, 1)                                    \
    X(PROC2, X2APIC_MODE,           4, 1)                                    \
    X(PROC2, VPID,                  5, 1)                                    \
    X(PROC2, WBINVD_EXITING,        6, 1)                                    \
    X(PROC2, UNRESTRICTED_GUEST,    7, 1)                                    \
    X(PROC2, APIC_REGISTER_VIRT,    8, 1)                                    \
    X(PROC2, VIRTUAL_INTR_DELIVERY, 9, 1)                                    \
    X(PROC2, PAUSE_LOOP_EXITING,   10, 1)                                    \
    X(PROC2, RDRAND_EXITING,       11, 1)                                    \
    X(PROC2, INVPCID,              12, 0)                                    \
    X(PROC2, VM_FUNCTIONS,         13, 0)                                    \
    X(PROC2, VMCS_SHADOWING,       14, 0)                                    \
    X(PROC2, ENCLS_EXITING,        15, 0)                                    \
    X(PROC2, RDSEED_EXITING,       16, 1)                                    \
    X(PROC2, PML,                  17, 1)                                    \
    X(PROC2, EPT_VIOLATION_VE,     18, 1)                                    \
    X(PROC2, CONCEAL_FROM_PT,      19, 0)                                    \
    X(PROC2, XSAVES,               20, 0)                                    \
    X(PROC2, PASID_TRANSLATION,    21, 0)                                    \
    X(PROC2, MODE_BASED_EXECUTE,   22, 0)                                    \
    X(PROC2, SUB_PAGE_WRITE,       23, 0)                                    \
    X(PROC2, PT_GUEST_PHYSICAL,    24, 0)                                    \
    X(PROC2, TSC_SCALING,          25, 1)                                    \
    X(PROC2, USER_WAIT_PAUSE,      26, 0)                                    \
    X(PROC2, PCONFIG,              27, 0)                                    \
    X(PROC2, ENCLV_EXITING,        28, 0)                                    \
    X(PROC2, BUS_LOCK_DETECTION,   30, 0)                                    \
    X(PROC2, INSTRUCTION_TIMEOUT,  31, 0)                                    \
                                                                             \
    X(PROC3, LOADIWKEY_EXITING,     0, 0)                                    \
    X(PROC3, HLAT,                  1, 0)                                    \
    X(PROC3, EPT_PAGING_WRITE,      2, 0)                                    \
    X(PROC3, GUEST_PAGING_VERIFY,   3, 0)                                    \
    X(PROC3, IPI_VIRTUALIZATION,    4, 0)                                    \
    X(PROC3, GPAW,                  5, 0)                                    \
    X(PROC3, VIRTUAL_SPEC_CTRL,     7, 0)                                    \
                                                                             \
    X(FUNC,  EPTP_SWITCHING,        0, 0)                                    \
                                                                             \
    X(EXIT,  SAVE_DEBUG,            2, 1)                                    \
    X(EXIT,  HOST_64,               9, 1)                                    \
    X(EXIT,  LOAD_PERF_GLOBAL,     12, 0)                                    \
    X(EXIT,  ACK_INTERRUPT,        15, 1)                                    \
    X(EXIT,  SAVE_PAT,             18, 1)                                    \
    X(EXIT,  LOAD_PAT,             19, 1)                                    \
    X(EXIT,  SAVE_EFER,            20, 1)                                    \
    X(EXIT,  LOAD_EFER,            21, 1)                                    \
    X(EXIT,  SAVE_TIMER,           22, 1)                                    \
    X(EXIT,  CLEAR_BNDCFGS,        23, 0)                                    \
    X(EXIT,  CONCEAL_FROM_PT,      24, 0)                                    \
    X(EXIT,  CLEAR_RTIT_CTL,       25, 0)                                    \
    X(EXIT,  CLEAR_LBR_CTL,        26, 0)                                    \
    X(EXIT,  CLEAR_UINV,           27, 0)                                    \
    X(EXIT,  LOAD_CET,             28, 0)                                    \
    X(EXIT,  LOAD_PKRS,            29, 0)                                    \
    X(EXIT,  SAVE_PERF_GLOBAL,     30, 0)                                    \
    X(EXIT,  SECONDARY,            31, 0)                                    \
                                                                             \
    X(EXIT2, SAVE_FRED,             0, 0)                                    \
    X(EXIT2, LOAD_FRED,             1, 0)                                    \
    X(EXIT2, SHADOW_STACK_BUSY,     3, 0)                                    \
                                                                             \
    X(ENTRY, LOAD_DEBUG,            2, 1)                                    \
    X(ENTRY, IA32E_GUEST,           9, 1)                                    \
    X(ENTRY, TO_SMM,               10, 0)                                    \
    X(ENTRY, DEACTIVATE_DUAL,      11, 0)                                    \
    X(ENTRY, LOAD_PERF_GLOBAL,     13, 0)                                    \
    X(ENTRY, LOAD_PAT,             14, 1)                                    \
    X(ENTRY, LOAD_EFER,            15, 1)                                    \
    X(ENTRY, LOAD_BNDCFGS,         16, 0)                                    \
    X(ENTRY, CONCEAL_FROM_PT,      17, 0)                                    \
    X(ENTRY, LOAD_RTIT_CTL,        18, 0)                                    \
    X(ENTRY, LOAD_UINV,            19, 0)                                    \
    X(ENTRY, LOAD_CET,             20, 0)                                    \
    X(ENTRY, LOAD_LBR_CTL,         21, 0)                                    \
    X(ENTRY, LOAD_PKRS,            22, 0)                                    \
    X(ENTRY, LOAD_FRED,            23, 0)

/*
 * IA32_VMX_BASIC beside the revision (30:0), the region's size (44:32) and
 * its memory type (53:50): X(NAME, bit, offered).  NO_SEAMRET_INVD_VMCS:
 * SEAMRET from the P-SEAMLDR keeps the current VMCS.
 */
#define X86_VMX_BASIC_LIST(X)            \
    X(REGION_32BIT,        48, 0)        \
    X(DUAL_MONITOR,        49, 0)        \
    X(INS_OUTS_INFO,       54, 0)        \
    X(TRUE_CTLS,           55, 1)        \
    X(ANY_ERROR_CODE,      56, 0)        \
    X(NESTED_EXCEPTION,    58, 0)        \
    X(NO_SEAMRET_INVD_VMCS, 60, 1)

/*
 * IA32_VMX_MISC beside the rate of the preemption timer (4:0), the number of
 * CR3 targets (24:16) and the recommended MSR list size (27:25).
 */
#define X86_VMX_MISC_LIST(X)             \
    X(SAVE_EFER_LMA,        5, 1)        \
    X(ACTIVITY_HLT,         6, 1)        \
    X(ACTIVITY_SHUTDOWN,    7, 0)        \
    X(ACTIVITY_WAIT_SIPI,   8, 0)        \
    X(PT_IN_VMX,           14, 0)        \
    X(RDMSR_SMBASE,        15, 0)        \
    X(SMM_BLOCK_VMXOFF,    28, 0)        \
    X(VMWRITE_READ_ONLY,   29, 0)        \
    X(ZERO_LENGTH_INJECT,  30, 1)

/* IA32_VMX_EPT_VPID_CAP */
#define X86_VMX_EPT_VPID_LIST(X)         \
    X(EPT_EXECUTE_ONLY,     0, 1)        \
    X(EPT_LEVELS_4,         6, 1)        \
    X(EPT_LEVELS_5,         7, 1)        \
    X(EPT_UC,               8, 1)        \
    X(EPT_WB,              14, 1)        \
    X(EPT_2M,              16, 1)        \
    X(EPT_1G,              17, 1)        \
    X(INVEPT,              20, 1)        \
    X(EPT_AD,              21, 1)        \
    X(EPT_EXIT_INFO,       22, 0)        \
    X(EPT_SSS,             23, 0)        \
    X(INVEPT_SINGLE,       25, 1)        \
    X(INVEPT_ALL,          26, 1)        \
    X(INVVPID,             32, 1)        \
    X(INVVPID_ADDRESS,     40, 1)        \
    X(INVVPID_SINGLE,      41, 1)        \
    X(INVVPID_ALL,         42, 1)        \
    X(INVVPID_RETAIN,      43, 1)

/*
 * Numbers in IA32_VMX_MISC: CR3 targets (at most 4), how many TSC ticks make
 * one of the preemption timer, as a power of two, and how many entries a list
 * of MSRs may have: units of 512, less one of them
 */
#define X86_VMX_CR3_TARGETS    4
#define X86_VMX_TIMER_SHIFT    5
#define X86_VMX_MSR_LIST_UNITS 0
#define X86_VMX_MSR_LIST_MAX   (512 * (X86_VMX_MSR_LIST_UNITS + 1))

/* Fields of IA32_VMX_BASIC and IA32_VMX_MISC */
#define X86_VMX_BASIC_SIZE_SHIFT      32
#define X86_VMX_BASIC_MEM_TYPE_SHIFT  50
#define X86_VMX_MISC_CR3_TARGET_SHIFT 16
#define X86_VMX_MISC_MSR_LIST_SHIFT   25

/** X86VmxWord: the words of controls */
#define X86_VMX_ENUM(word, ...) X86_VMX_WORD_##word,
typedef enum X86VmxWord {
    X86_VMX_WORD_LIST(X86_VMX_ENUM)
    X86_VMX_WORDS
} X86VmxWord;
#undef X86_VMX_ENUM

/** X86VmxControl: a control by number; ALWAYS and NONE are no controls */
#define X86_VMX_ENUM(word, name, bit, offered) X86_VMX_CTL_##word##_##name,
typedef enum X86VmxControl {
    X86_VMX_CTL_ALWAYS,
    X86_VMX_CTL_NONE,
    X86_VMX_CONTROL_LIST(X86_VMX_ENUM)
    /* Not a control: the fields that only a CPU with SEAM has */
    X86_VMX_CTL_SEAM,
    X86_VMX_CTLS
} X86VmxControl;
#undef X86_VMX_ENUM

/* X86_VMX_WORD_NAME: the bit of a control in its word */
#define X86_VMX_ENUM(word, name, bit, offered) \
    X86_VMX_##word##_##name = 1u << (bit),
enum X86VmxControlBit { X86_VMX_CONTROL_LIST(X86_VMX_ENUM) };
#undef X86_VMX_ENUM

/* X86_VMX_BASIC_NAME and its like: the bit number in the capability MSR */
#define X86_VMX_ENUM(name, bit, offered) X86_VMX_BASIC_##name = (bit),
enum X86VmxBasicBit { X86_VMX_BASIC_LIST(X86_VMX_ENUM) };
#undef X86_VMX_ENUM
#define X86_VMX_ENUM(name, bit, offered) X86_VMX_MISC_##name = (bit),
enum X86VmxMiscBit { X86_VMX_MISC_LIST(X86_VMX_ENUM) };
#undef X86_VMX_ENUM
#define X86_VMX_ENUM(name, bit, offered) X86_VMX_CAP_##name = (bit),
enum X86VmxEptVpidBit { X86_VMX_EPT_VPID_LIST(X86_VMX_ENUM) };
#undef X86_VMX_ENUM

#endif /* X86_VMX_CONTROLS_LIST_H */
