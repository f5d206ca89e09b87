/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TD control structure: the pages that TDH.MNG.ADDCX adds, accessed with the
 * TD's HKID.
 */

#ifndef TDX_TD_TDCS_H
#define TDX_TD_TDCS_H

#include "../abi/td-config.h"
#include "tdr.h"
#include "mrtd.h"
#include "td-cpuid.h"

/* Which part of the TDCS each page holds, in order of arrival */
typedef enum TdxTdcsPage {
    TDX_TDCS_CONTROL,      /* TdxTdcs */
    TDX_TDCS_VIRTUAL_CPUS, /* TdxTdcsVirtualCpus */
    TDX_TDCS_MSR_BITMAPS,
    TDX_TDCS_SEPT_ROOT,
    TDX_TDCS_NO_SHARED_EPT, /* zeros: vCPUs' shared EPT until one is set */
    TDX_TDCS_MEASUREMENT,  /* TdxTdcsMeasurement */
    TDX_TDCS_L2_SEPT_ROOT, /* one for each L2 VM */
} TdxTdcsPage;

/* TD_CTLS (TDCALL 5.1) */
#define TDX_TD_CTLS_PENDING_VE_DISABLE (1ULL << 0)
#define TDX_TD_CTLS_ENUM_TOPOLOGY      (1ULL << 1)
#define TDX_TD_CTLS_VIRT_CPUID2        (1ULL << 2)
#define TDX_TD_CTLS_REDUCE_VE          (1ULL << 3)
#define TDX_TD_CTLS_LOCK               (1ULL << 63)
#define TDX_TD_CTLS_KNOWN (TDX_TD_CTLS_PENDING_VE_DISABLE | \
                           TDX_TD_CTLS_ENUM_TOPOLOGY | \
                           TDX_TD_CTLS_VIRT_CPUID2 | \
                           TDX_TD_CTLS_REDUCE_VE | TDX_TD_CTLS_LOCK)

/* NOTIFY_ENABLES: tell the guest of what looks like zero-stepping */
#define TDX_NOTIFY_ZERO_STEP (1ULL << 0)

#define TDX_NUM_RTMRS 4

/* What TDH.VP.INIT version 0 clears, kept as one word */
#define TDX_TD_TOPOLOGY_ENUM_CONFIGURED (1u << 0)
#define TDX_TD_VE_REDUCTION_VALID       (1u << 1)

/*
 * TDX_TDCS_CONTROL.  Written by TDH.MNG.INIT under the exclusive TDR lock
 * and constant afterwards, except where a lock or "atomic" is named.
 */
typedef struct TdxTdcs {
    TdxLock op_state_lock;
    TdxLock sept_lock;     /* of the Secure EPT trees as a whole */
    TdxLock epoch_lock;
    uint16_t pad0;
    uint32_t op_state;     /* TdxOpState; atomic */

    uint32_t num_vcpus;       /* TDH.VP.INIT done; atomic */
    uint32_t num_assoc_vcpus; /* atomic */
    uint32_t td_flags;        /* TDX_TD_*; atomic */

    uint64_t td_epoch;     /* epoch_lock; atomic for readers */
    uint32_t refcount[2];  /* vCPUs inside, by parity of epoch; atomic */

    uint64_t attributes;
    uint64_t xfam;
    uint32_t max_vcpus;
    uint32_t num_l2_vms;
    uint64_t eptp;
    uint64_t config_flags;
    uint32_t tsc_frequency;
    uint32_t virtual_maxpa;
    uint64_t tsc_offset;
    uint64_t tsc_multiplier;
    uint64_t arch_capabilities;
    uint64_t hp_lock_timeout; /* microseconds; atomic */
    uint64_t vm_ctls[TDX_MAX_VMS]; /* atomic */
    uint32_t msr_config_ctls;
    uint32_t num_event_filters;
    uint8_t mrconfigid[48];
    uint8_t mrowner[48];
    uint8_t mrownerconfig[48];
    uint8_t mrtd[TDX_MR_SIZE];

    /* For the guest */
    uint32_t xsave_size;       /* of its extended state, compacted by XFAM */
    uint32_t pad2;
    uint64_t virtual_arch_capabilities;
    uint64_t td_ctls;          /* atomic */
    uint64_t notify_enables;   /* atomic */
    uint64_t feature_paravirt; /* atomic */
    uint32_t cpuid_configured; /* by TdxCpuidFlag */
    uint32_t cpuid_flags;      /* by TdxCpuidFlag; atomic */
    TdxLock rtmr_lock;
    bool tee_info_valid;       /* @tee_info_hash is; rtmr_lock */
    uint32_t pad1;
    uint8_t rtmr[TDX_NUM_RTMRS][TDX_MR_SIZE]; /* rtmr_lock */
    uint8_t tee_info_hash[TDX_MR_SIZE];       /* rtmr_lock */

    /*
     * Of the module that began the build; 0: that had no such thing, or the
     * TD is not being built.  Under the exclusive TDR lock.
     */
    uint16_t crypto_context;
} TdxTdcs;

/*
 * TDX_TDCS_VIRTUAL_CPUS, under the exclusive TDR lock.
 * @x2apic_id: of the vCPUs by index
 * @cpuid: what CPUID_CONFIG set, in the order of tdx_cpuid_config[]
 * @values: CPUID_VALUES, in the order of tdx_native_cpuid_at()
 */
typedef struct TdxTdcsVirtualCpus {
    uint32_t x2apic_id[TDX_MAX_VCPUS];
    TdxCpuidValue cpuid[TDX_NUM_CPUID_CONFIG];
    TdxCpuidValue values[TDX_NUM_NATIVE_CPUID];
} TdxTdcsVirtualCpus;

/* TDX_TDCS_MEASUREMENT: the running MRTD; under the exclusive TDR lock */
typedef struct TdxTdcsMeasurement {
    TdxMrtd mrtd;
} TdxTdcsMeasurement;

_Static_assert(sizeof(TdxTdcs) <= TDX_PAGE_4K, "fits its page");
_Static_assert(sizeof(TdxTdcsVirtualCpus) <= TDX_PAGE_4K, "fits its page");
_Static_assert(sizeof(TdxTdcsMeasurement) <= TDX_PAGE_4K, "fits its page");

static inline TdxOpState tdx_op_state(const TdxTdcs *tdcs)
{
    return __atomic_load_n(&tdcs->op_state, __ATOMIC_SEQ_CST);
}

static inline uint64_t tdx_td_ctls_of(const TdxTdcs *tdcs)
{
    return __atomic_load_n(&tdcs->td_ctls, __ATOMIC_SEQ_CST);
}

/**
 * tdx_td_gpa_width: guest physical address bits by GPAW, SHARED bit included
 */
static inline unsigned tdx_td_gpa_width(const TdxTdcs *tdcs)
{
    return tdcs->config_flags & TDX_CONFIG_GPAW ? 52 : 48;
}

/* --- TLB tracking (TD life cycle 7) -------------------------------------- */

static inline uint64_t tdx_td_epoch(const TdxTdcs *tdcs)
{
    return __atomic_load_n(&tdcs->td_epoch, __ATOMIC_SEQ_CST);
}

/* vCPUs inside the TD that entered in an epoch of @epoch's parity */
static inline uint32_t tdx_td_epoch_refcount(const TdxTdcs *tdcs,
                                             uint64_t epoch)
{
    return __atomic_load_n(&tdcs->refcount[epoch & 1], __ATOMIC_SEQ_CST);
}

#endif /* TDX_TD_TDCS_H */
