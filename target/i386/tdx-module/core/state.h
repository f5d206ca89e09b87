/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * State of a TDX module.
 */

#ifndef TDX_CORE_STATE_H
#define TDX_CORE_STATE_H

#include "../include/module.h"
#include "../include/fault.h"
#include "lock.h"
#include "../abi/field.h"
#include "../include/leaf.h"
#include "../abi/limits.h"
#include "../abi/states.h"
#include "../abi/status.h"

typedef struct TdxTdmr {
    uint64_t base;
    uint64_t size;
    TdxRange pamt[TDX_NUM_PAMT_LEVELS]; /* 4K is the bitmap when dynamic */
    TdxRange rsvd[TDX_MAX_RSVD_PER_TDMR]; /* base is the offset in the TDMR */
    uint32_t num_rsvd;
    uint64_t last_initialized; /* TDH.SYS.TDMR.INIT has come up to here */
    TdxLock lock;
} TdxTdmr;

/* Key Ownership Table entry (PAMT 14) */
typedef struct TdxKotEntry {
    uint32_t state; /* TdxHkidState */
    uint32_t wbinvd_bitmap; /* packages that have not written back yet */
} TdxKotEntry;

/* WBINVD tracking of one package (PHYMEM.CACHE.WB) */
typedef struct TdxWbt {
    TdxLock lock;
    bool interrupted; /* a write-back waits for the host to resume it */
    uint64_t hkids[TDX_NUM_HKIDS / 64]; /* what it is for: a bit for each */
} TdxWbt;

/*
 * What a module leaves to the next one, which may do without: a copy, since
 * that one begins with nothing.  Locks are not handed over (P-SEAMLDR 6.1).
 */
typedef struct TdxHandoff {
    uint32_t size;
    uint32_t pkg_config_bitmap;
    uint32_t num_tdmrs;
    uint32_t td_build_count;
    uint16_t hv;
    uint16_t hkid;
    bool valid;
    bool dynamic_pamt;
    TdxTdmr tdmr[TDX_MAX_TDMRS];
    TdxKotEntry kot[TDX_NUM_HKIDS];
    TdxWbt wbt[TDX_MAX_PKGS];
} TdxHandoff;

/*
 * What a module knows, apart from private memory: all of it is plain data, and
 * each member is one of dispatch/save.c's fields.
 */
typedef struct TdxState {
    uint32_t sys_state; /* TdxSysState; atomic */
    bool fatal;         /* atomic */
    TdxLock global_lock;
    TdxLock kot_lock;

    /* TDH.SYS.DISABLE forgets all from here on */
    uint32_t num_init_lps;       /* atomic */
    uint32_t num_init_pkgs;
    uint32_t pkg_config_bitmap;
    uint16_t hkid;               /* global private HKID */
    bool dynamic_pamt;           /* enabled by TDH.SYS.CONFIG */
    bool update_compatibility;   /* enabled by TDH.SYS.UPDATE */
    uint32_t num_tdmrs;
    TdxTdmr tdmr[TDX_MAX_TDMRS];
    TdxKotEntry kot[TDX_NUM_HKIDS];
    TdxWbt wbt[TDX_MAX_PKGS];
    uint64_t tsc_adjust;         /* IA32_TSC_ADJUST at TDH.SYS.INIT */
    uint32_t td_build_count;     /* TDs initialised, not finalised; atomic */
    uint32_t native_cpuid[TDX_NUM_NATIVE_CPUID][4]; /* as of TDH.SYS.INIT */
    uint64_t common_msr[TDX_NUM_COMMON_MSRS]; /* of the LP of TDH.SYS.INIT */
    TdxHandoff handoff;          /* of TDH.SYS.SHUTDOWN, for another module */
} TdxState;

typedef struct TdxLp TdxLp; /* core/lp.h */
typedef struct TdxCallCounts TdxCallCounts;

/* Where leaf numbers end in practice; none behind is known */
#define TDX_ENTRY_POINTS 256

/* Of a leaf, or of a number that is none, what each call needs */
typedef struct TdxEntryPoint {
    TdxLeafHandler *handler; /* NULL: this module does not have it */
    uint8_t states;          /* TDX_WHEN_* */
    uint8_t max_version;
    uint8_t num_outputs;
    uint8_t output[TDX_LEAF_MAX_OPERANDS]; /* TdxGpr */
} TdxEntryPoint;

struct TdxModule {
    TdxModuleConfig cfg;
    TdxPlatformInfo plat;
    const TdxPlatformOps *ops;
    void *opaque;
    const TdxObserver *observer; /* atomic; mostly NULL */

    /* Derived from plat once (life cycle 2) */
    uint8_t hkid_start_bit;
    uint64_t hkid_mask;
    uint16_t private_hkid_min;
    uint16_t private_hkid_max;

    uint64_t features0; /* TDX_FEATURES0 as reported: metadata 5 */

    /* Where calls must be fast: what this module has of leaves and fields */
    TdxEntryPoint entry[TDX_ENTRY_POINTS]; /* by leaf number */
    TdxFieldMap sys_field_map; /* of tdx_sys_fields */

    TdxFault *faults; /* a list; atomic */

    TdxState st;
    TdxLp *lps; /* plat.num_lps of them */

    /* For those who look at the module; neither saved nor restored */
    const char *stopped_by; /* with st.fatal: why; NULL: not known; atomic */
    uint32_t forgotten;    /* times that tdx_forget() was called; atomic */
    TdxCallCounts *counts; /* plat.num_lps of them */
};

static inline TdxSysState tdx_sys_state(const TdxModule *m)
{
    return __atomic_load_n(&m->st.sys_state, __ATOMIC_SEQ_CST);
}

/**
 * tdx_forget: lose all that was done since the module was loaded, LPs
 * included, apart from the SYS state and the lock that the caller holds.
 */
void tdx_forget(TdxModule *m);

/** tdx_has_dynamic_pamt: does this module know Dynamic PAMT at all? */
static inline bool tdx_has_dynamic_pamt(const TdxModule *m)
{
    return m->cfg.features0 & TDX_FEATURES0_DYNAMIC_PAMT;
}

/** tdx_has_update_compatibility: is this module 1.5.24 or later in that? */
static inline bool tdx_has_update_compatibility(const TdxModule *m)
{
    return m->cfg.features0 & TDX_FEATURES0_UPDATE_COMPATIBILITY;
}

/**
 * tdx_field_features: those that metadata fields have come with.  A module 1.5
 * has also the fields of features that it does not report, but for Dynamic
 * PAMT, of which the first of them had never heard; module 1.0 has none.
 */
static inline uint64_t tdx_field_features(const TdxModule *m)
{
    return m->cfg.first_generation
           ? 0 : m->cfg.features0 | ~(uint64_t)TDX_FEATURES0_DYNAMIC_PAMT;
}

#endif /* TDX_CORE_STATE_H */
