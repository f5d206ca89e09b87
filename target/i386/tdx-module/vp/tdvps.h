/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * State of a virtual processor: the TDVPR page and its children, accessed
 * with the TD's HKID.
 */

#ifndef TDX_VP_TDVPS_H
#define TDX_VP_TDVPS_H

#include "../../x86-defs/ve-info.h"
#include "../td/tdcs.h"

#define TDX_ASSOC_NONE UINT32_MAX

/* Posted-interrupt fields that the host has not written yet */
#define TDX_PI_DESC_ADDR_NONE UINT64_MAX
#define TDX_PI_VECTOR_NONE    UINT16_MAX

/* What a vCPU's pages hold, in order of arrival (TD running 2.2) */
typedef enum TdxTdvpsPage {
    TDX_TDVPS_TDVPR, /* TdxTdvps */
    TDX_TDVPS_VMCS,  /* X86Vmcs */
    TDX_TDVPS_VAPIC,
    TDX_TDVPS_XSAVE, /* three of them */
} TdxTdvpsPage;

#define TDX_XSAVE_PAGES 3

/* VE_INFO: what the processor, or the module, tells of a #VE (5.1) */
typedef struct TdxVeInfo {
    uint32_t exit_reason;
    uint32_t valid; /* 0 or X86_VE_INFO_BUSY */
    uint64_t exit_qualification;
    uint64_t gla;
    uint64_t gpa;
    uint16_t eptp_index;
    uint16_t pad0;
    uint32_t insn_len;
    uint32_t insn_info;
    uint8_t category; /* TdxVeCategory */
    uint8_t pad1[3];
    uint64_t extended_insn_info;
    uint32_t interruptibility;
    uint32_t pad2;
    uint64_t apic_data;
} TdxVeInfo;

/* LAST_TD_EXIT: what the next entry has to complete (TD running 7) */
typedef enum TdxLastTdExit {
    TDX_LAST_ASYNC_FAULT,
    TDX_LAST_ASYNC_TRAP,
    TDX_LAST_TDVMCALL,
} TdxLastTdExit;

/* Suspected of zero-stepping: as many GPAs, after so many exits (4.4) */
#define TDX_EPF_LIST_SIZE 32
#define TDX_EPF_THRESHOLD 6

#define TDX_NUM_CPUID_CONTROL 128

/* MSR images of a vCPU that no processor of the model has: vp/msr-image.c */
#define TDX_NUM_PMU_IMAGES 64

/*
 * First page of a vCPU, the TDVPR.  Writers hold the exclusive lock of the
 * page, or run the vCPU, except where "atomic" says that holders of the
 * shared one write too.
 */
typedef struct TdxTdvps {
    TdxVeInfo ve_info;   /* first: the processor writes it too */
    uint32_t state;      /* TdxVcpuState; atomic */
    uint32_t assoc_lpid; /* LP, or TDX_ASSOC_NONE; atomic */
    uint32_t index;      /* order of TDH.VP.INIT in its TD */
    uint32_t x2apic_id;
    uint32_t num_pages;
    uint32_t last_td_exit; /* TdxLastTdExit */
    uint64_t vcpu_epoch; /* TD_EPOCH of the last entry; 0: none yet */
    uint64_t exit_tsc;   /* native TSC of the last exit, or TDH.VP.INIT */
    uint64_t page[TDX_MAX_TDVPS_PAGES]; /* HPAs; the first is the TDVPR */
    uint64_t initial_rcx; /* guest RCX and R8 at its first entry */
    uint64_t pend_nmi;    /* by TDH.VP.WR; atomic */
    uint64_t state_details;
    uint64_t hp_lock_busy_start; /* TSC, while @hp_lock_busy */
    bool hp_lock_busy;
    uint8_t cpuid_supervisor_ve;
    uint8_t cpuid_user_ve;
    uint8_t cpuid_control[TDX_NUM_CPUID_CONTROL];
    uint8_t pad;
    uint32_t epf_count;     /* POSSIBLY_EPF_STEPPING */
    uint32_t epf_list_size;
    uint64_t epf_list[TDX_EPF_LIST_SIZE];
    uint64_t l2_ctls[TDX_MAX_VMS];
    uint64_t tsc_deadline[TDX_MAX_VMS];
    uint64_t misc_enable;   /* what the guest sees of these MSRs */
    uint64_t smi_count;
    uint64_t lbr_depth;
    uint64_t pmu[TDX_NUM_PMU_IMAGES];
    X86VcpuState guest;
} TdxTdvps;

/* What the processor writes is the beginning */
_Static_assert(offsetof(TdxVeInfo, valid) == offsetof(X86VeInfo, busy) &&
               offsetof(TdxVeInfo, exit_qualification) ==
               offsetof(X86VeInfo, exit_qualification) &&
               offsetof(TdxVeInfo, gla) == offsetof(X86VeInfo, gla) &&
               offsetof(TdxVeInfo, gpa) == offsetof(X86VeInfo, gpa) &&
               offsetof(TdxVeInfo, eptp_index) ==
               offsetof(X86VeInfo, eptp_index), "ABI");

_Static_assert(offsetof(TdxVeInfo, category) == 44 &&
               offsetof(TdxVeInfo, interruptibility) == 56 &&
               sizeof(TdxVeInfo) == 72, "ABI");
_Static_assert(sizeof(TdxTdvps) <= TDX_PAGE_4K, "fits its page");

#endif /* TDX_VP_TDVPS_H */
