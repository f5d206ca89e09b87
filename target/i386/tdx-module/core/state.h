/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * State of a TDX module and the services its leaf handlers share.
 */

#ifndef TDX_INTERNAL_H
#define TDX_INTERNAL_H

#include "../include/module.h"
#include "../include/fault.h"
#include "lock.h"
#include "../abi/field.h"
#include "leaf.h"
#include "../abi/limits.h"
#include "../abi/states.h"
#include "../abi/status.h"

#define TDX_CPUID_NO_SUBLEAF UINT32_MAX

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
 * What a module knows, apart from private memory: all of it is plain data,
 * saved and restored as a whole.
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
    uint32_t num_tdmrs;
    TdxTdmr tdmr[TDX_MAX_TDMRS];
    TdxKotEntry kot[TDX_NUM_HKIDS];
    TdxWbt wbt[TDX_MAX_PKGS];
    uint64_t tsc_adjust;         /* IA32_TSC_ADJUST at TDH.SYS.INIT */
    uint32_t td_build_count;     /* TDs initialised, not finalised; atomic */
    uint32_t native_cpuid[TDX_NUM_NATIVE_CPUID][4]; /* as of TDH.SYS.INIT */
    uint64_t common_msr[TDX_NUM_COMMON_MSRS]; /* of the LP of TDH.SYS.INIT */
} TdxState;

/* 1G entries that a call shares without counting: see pamt/block.h */
#define TDX_LP_SHARES 4

/*
 * Every SEAMCALL writes its own LP's: however an array of these is aligned,
 * no cache line holds members of two.
 */
typedef struct TdxLp {
    uint8_t before[64];
    bool init;        /* TDH.SYS.LP.INIT done; migrates with the state */
    uint32_t active;  /* a SEAMCALL is running here; announced */
    uintptr_t share[TDX_LP_SHARES]; /* which entries; announced; 0: none */
    uint8_t after[56];
} TdxLp;

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

/* Calls of one leaf by one LP, which alone writes them; atomic */
typedef struct TdxCallCount {
    uint64_t calls;
    uint64_t errors; /* bit 63 of the status, or VMfailInvalid */
} TdxCallCount;

/* By leaf number; what lies behind shares one; no two LPs share a line */
typedef struct TdxCallCounts {
    TdxCallCount leaf[TDX_ENTRY_POINTS + 1];
    uint8_t pad[64];
} TdxCallCounts;

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
    uint32_t forgotten;    /* times that tdx_forget() was called; atomic */
    TdxCallCounts *counts; /* plat.num_lps of them */
};

/* One SEAMCALL under way */
struct TdxCall {
    TdxModule *m;
    unsigned lp;
    uint8_t version;
    uint64_t *gpr; /* the caller's, in TdxGpr order */
    TdxFaultPoint fault_point; /* where the call is to end in @fault */
    TdxStatus fault;
};

/**
 * tdx_fault_at: is the call to be made to fail here?  The handler undoes what
 * it has begun, as after any failure, and returns @c->fault.
 */
static inline bool tdx_fault_at(TdxCall *c, TdxFaultPoint point)
{
    if (__builtin_expect(c->fault_point != point, true)) {
        return false;
    }
    c->fault_point = TDX_FAULT_NOWHERE;
    return true;
}

#include "observe.h"

/* --- announcements ------------------------------------------------------- */

/*
 * What an LP tells all others before it looks at what they have done: it
 * either finds that or is found by them, once they have called
 * tdx_fence_others().  The one side comes with each call, the other hardly
 * ever, so all of the cost is there where the machine can do that.
 */
#define tdx_announce(m, where, what) \
    do { \
        if ((m)->ops->fence_others) { \
            __atomic_store_n(where, what, __ATOMIC_RELAXED); \
            __atomic_signal_fence(__ATOMIC_SEQ_CST); \
        } else { \
            __atomic_store_n(where, what, __ATOMIC_SEQ_CST); \
        } \
    } while (0)

/* It is over: all that was done meanwhile comes before */
#define tdx_retract(where) __atomic_store_n(where, 0, __ATOMIC_RELEASE)

/** tdx_fence_others: what others have announced before can be seen now */
static inline void tdx_fence_others(const TdxModule *m)
{
    if (m->ops->fence_others) {
        m->ops->fence_others(m->opaque);
    }
}

/* --- state ------------------------------------------------------------- */

static inline TdxSysState tdx_sys_state(const TdxModule *m)
{
    return __atomic_load_n(&m->st.sys_state, __ATOMIC_SEQ_CST);
}

/* Under the global lock, exclusively */
static inline void tdx_set_sys_state(TdxModule *m, TdxSysState state)
{
    TdxSysState before = tdx_sys_state(m);

    __atomic_store_n(&m->st.sys_state, state, __ATOMIC_SEQ_CST);
    tdx_observe_sys_state(m, before, state);
}

/* Has every LP of the machine done TDH.SYS.LP.INIT? */
static inline bool tdx_all_lps_init(const TdxModule *m)
{
    return __atomic_load_n(&m->st.num_init_lps, __ATOMIC_SEQ_CST) >=
           m->plat.num_lps;
}

/** tdx_dispatch_init: lay out @m's entry points, once its cfg is there */
void tdx_dispatch_init(TdxModule *m);

/**
 * tdx_others_active: is a SEAMCALL under way on an LP other than @c's?
 * Meaningful after the caller has changed the state so that new calls turn
 * away (TDH.SYS.SHUTDOWN, TDH.SYS.DISABLE).
 */
bool tdx_others_active(const TdxCall *c);

/**
 * tdx_forget: lose all that was done since the module was loaded, LPs
 * included, apart from the SYS state and the lock that the caller holds.
 */
void tdx_forget(TdxModule *m);

/**
 * tdx_fatal: stop the module for good, for what only a broken platform or
 * the module's own mistake can cause.
 * @why: one line for the log
 * Returns TDX_STATUS_NONE for the handler to return.
 */
uint64_t tdx_fatal(TdxModule *m, const char *why);

/** tdx_has_dynamic_pamt: does this module know Dynamic PAMT at all? */
static inline bool tdx_has_dynamic_pamt(const TdxModule *m)
{
    return m->cfg.features0 & TDX_FEATURES0_DYNAMIC_PAMT;
}

/* --- addresses (life cycle 2.2) ------------------------------------------ */

static inline bool tdx_aligned(uint64_t addr, uint64_t align)
{
    return !(addr & (align - 1));
}

/* KeyID that an address carries */
static inline uint16_t tdx_hkid_of(const TdxModule *m, uint64_t addr)
{
    return (addr & m->hkid_mask) >> m->hkid_start_bit;
}

static inline uint64_t tdx_without_hkid(const TdxModule *m, uint64_t addr)
{
    return addr & ~m->hkid_mask;
}

/* Where @hkid sees what is at @hpa, which carries no KeyID */
static inline uint64_t tdx_with_hkid(const TdxModule *m, uint64_t hpa,
                                     uint16_t hkid)
{
    return hpa | (uint64_t)hkid << m->hkid_start_bit;
}

static inline bool tdx_hkid_is_private(const TdxModule *m, uint64_t hkid)
{
    return hkid >= m->private_hkid_min && hkid <= m->private_hkid_max;
}

/* Half-open ranges; neither may wrap */
static inline bool tdx_ranges_overlap(uint64_t a, uint64_t a_size,
                                      uint64_t b, uint64_t b_size)
{
    return a_size && b_size && a < b + b_size && b < a + a_size;
}

/**
 * tdx_shared_hpa_ok: may the host name [@addr, @addr + @size) as a structure
 * of its own?  @align: power of two.  Shared KeyID bits are allowed.
 */
bool tdx_shared_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t size,
                       uint64_t align);

/** tdx_private_hpa_ok: may the host name @addr as a page for the module? */
bool tdx_private_hpa_ok(const TdxModule *m, uint64_t addr, uint64_t align);

/* --- memory -------------------------------------------------------------- */

/**
 * tdx_read_shared / tdx_write_shared: copy a host structure; @hpa may carry
 * a shared KeyID, which aliases.
 */
bool tdx_read_shared(TdxModule *m, uint64_t hpa, void *buf, size_t len);
bool tdx_write_shared(TdxModule *m, uint64_t hpa, const void *buf, size_t len);

/** tdx_private: content of @hpa under @hkid; see private_page in the ops */
static inline void *tdx_private(TdxModule *m, uint64_t hpa, uint16_t hkid)
{
    return m->ops->private_page(m->opaque, hpa, hkid);
}

/** tdx_lost: would reading this with a private KeyID find no integrity? */
static inline bool tdx_lost(const TdxModule *m, uint64_t hpa, uint64_t len)
{
    return m->ops->private_lost(m->opaque, hpa, len);
}

/** tdx_global_lost: the end of the module, by what tdx_global() has found */
void tdx_global_lost(TdxModule *m, uint64_t hpa);

/**
 * tdx_global: @len bytes, in one page, of a structure that the module itself
 * owns.  NULL after tdx_fatal() when they are not there or lost: a machine
 * check inside of the module, which ends it.
 */
static inline void *tdx_global(TdxModule *m, uint64_t hpa, uint64_t len)
{
    void *content = m->ops->private_intact(m->opaque, hpa, len);

    if (__builtin_expect(!content, false)) {
        tdx_global_lost(m, hpa);
    }
    return content;
}

#endif /* TDX_INTERNAL_H */
