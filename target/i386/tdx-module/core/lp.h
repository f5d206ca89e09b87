/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A logical processor as the module knows it, and what it tells the others.
 */

#ifndef TDX_CORE_LP_H
#define TDX_CORE_LP_H

#include "state.h"

/* 1G entries that a call shares without counting: see pamt/block.h */
#define TDX_LP_SHARES 4

/*
 * Every SEAMCALL writes its own LP's: however an array of these is aligned,
 * no cache line holds members of two.
 */
struct TdxLp {
    uint8_t before[64];
    bool init;        /* TDH.SYS.LP.INIT done; migrates with the state */
    uint32_t active;  /* a SEAMCALL, or a TD, is running here; announced */
    uintptr_t share[TDX_LP_SHARES]; /* which entries; announced; 0: none */
    struct TdxRunning *running; /* vp/run.h; NULL: no TD has run here yet */
    uint8_t after[56];
};

/* Calls of one leaf by one LP, which alone writes them; atomic */
typedef struct TdxCallCount {
    uint64_t calls;
    uint64_t errors; /* bit 63 of the status, or VMfailInvalid */
} TdxCallCount;

/* What TDs do on an LP; likewise */
typedef struct TdxExitCount {
    uint64_t exits;
    uint64_t left; /* those that ended in the VMM */
} TdxExitCount;

/* Numbers of TDCALL leaves and of exit reasons end below */
#define TDX_TDCALL_POINTS 64
#define TDX_EXIT_POINTS   96

/*
 * By number of leaf or reason; what lies behind shares one; no two LPs share a
 * line
 */
struct TdxCallCounts {
    TdxCallCount leaf[TDX_ENTRY_POINTS + 1];
    TdxCallCount tdcall[TDX_TDCALL_POINTS + 1];
    TdxExitCount exit[TDX_EXIT_POINTS + 1];
    uint64_t ve[TDX_NUM_VE_CATEGORIES];
    uint8_t pad[64];
};

/* Only the LP itself counts, others look on: no locked instruction */
static inline void tdx_count(uint64_t *n)
{
    __atomic_store_n(n, *n + 1, __ATOMIC_RELAXED);
}

static inline void tdx_count_call(TdxCallCount *n, TdxStatus status)
{
    tdx_count(&n->calls);
    if (status & TDX_STATUS_ERROR) {
        tdx_count(&n->errors);
    }
}

/** tdx_all_lps_init: has every LP of the machine done TDH.SYS.LP.INIT? */
bool tdx_all_lps_init(const TdxModule *m);

/**
 * tdx_others_active: is a SEAMCALL under way on an LP other than @lp?
 * Meaningful after the caller has changed the state so that new calls turn
 * away (TDH.SYS.SHUTDOWN, TDH.SYS.DISABLE).
 */
bool tdx_others_active(const TdxModule *m, unsigned lp);

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

#endif /* TDX_CORE_LP_H */
