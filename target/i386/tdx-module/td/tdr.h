/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The TD Root page: what ties a TD's pages, key and life cycle together.
 */

#ifndef TDX_TD_TDR_H
#define TDX_TD_TDR_H

#include "../core/call.h"

/*
 * Content of a PT_TDR page, accessed with the global HKID.  All of it is
 * protected by the lock in the page's PAMT entry, except @chldcnt and
 * @fatal, which holders of the shared lock change too.
 */
typedef struct TdxTdr {
    uint32_t fatal;              /* atomic */
    uint32_t lifecycle;          /* TdxLifecycle */
    uint32_t hkid;               /* the TD's own */
    uint32_t pkg_config_bitmap;  /* packages that have the TD's key */
    uint64_t chldcnt;            /* 4 KiB pages owned by this TD; atomic */
    uint32_t num_tdcx;
    uint32_t handoff_version;    /* of the module that created the TD */
    uint64_t tdcx[TDX_MAX_TDCS_PAGES]; /* HPAs in order of arrival */
    uint8_t uuid[32];
    uint8_t svn_minor;           /* of the module that created the TD */
    uint8_t svn_major;
} TdxTdr;

/* tdx_tdr: content of the TDR at @hpa; NULL after tdx_fatal() */
static inline TdxTdr *tdx_tdr(TdxModule *m, uint64_t hpa)
{
    return tdx_global(m, hpa, sizeof(TdxTdr));
}

/* A TD that has lost its integrity is dead, but can be taken apart */
static inline bool tdx_tdr_fatal(const TdxTdr *tdr)
{
    return __atomic_load_n(&tdr->fatal, __ATOMIC_SEQ_CST);
}

/* @before: NULL for a new TD */
static inline void tdx_observe_lifecycle(const TdxModule *m, uint64_t hpa,
                                         const char *before,
                                         TdxLifecycle after)
{
    const TdxObserver *observer = tdx_observer(m);

    if (observer) {
        observer->state(m->opaque, "LIFECYCLE_STATE", hpa, before,
                        tdx_lifecycle_name(after));
    }
}

/* Under the exclusive lock of the TDR at @hpa */
static inline void tdx_set_lifecycle(const TdxModule *m, uint64_t hpa,
                                     TdxTdr *tdr, TdxLifecycle state)
{
    tdx_observe_lifecycle(m, hpa, tdx_lifecycle_name(tdr->lifecycle), state);
    tdr->lifecycle = state;
}

/* The status for a leaf that is not for this state of life */
static inline TdxStatus tdx_wrong_lifecycle(const TdxModule *m, uint64_t hpa,
                                            const TdxTdr *tdr)
{
    return tdx_fails(m, TDX_LIFECYCLE_STATE_INCORRECT, "TD", hpa,
                     TDX_CAUSE_LIFECYCLE, tdr->lifecycle);
}

static inline uint64_t tdx_tdr_chldcnt(const TdxTdr *tdr)
{
    return __atomic_load_n(&tdr->chldcnt, __ATOMIC_SEQ_CST);
}

/* @pages: 4 KiB pages that came (or went) */
static inline void tdx_tdr_add_children(TdxTdr *tdr, uint64_t pages)
{
    __atomic_fetch_add(&tdr->chldcnt, pages, __ATOMIC_SEQ_CST);
}

static inline void tdx_tdr_sub_children(TdxTdr *tdr, uint64_t pages)
{
    __atomic_fetch_sub(&tdr->chldcnt, pages, __ATOMIC_SEQ_CST);
}

#endif /* TDX_TD_TDR_H */
