/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking at a module from outside while it works: configuration, PAMT, TDs,
 * statistics of calls.
 *
 * Nothing here takes a lock, changes anything or makes a private page, so no
 * SEAMCALL notices.  What is read may change meanwhile: each item is shown as
 * it was before or after a change, and items may differ in that.  Nothing that
 * is read is trusted.
 *
 * tdx_module_reset() and whatever replaces the state as a whole must not run
 * at the same time.
 */

#ifndef TDX_INCLUDE_QUERY_H
#define TDX_INCLUDE_QUERY_H

#include "leaf.h"
#include "../vp/vp.h"

/* --- the module ------------------------------------------------------------ */

/**
 * TdxQueryConfig: what the life cycle has set up.
 * @num_tdmrs: 0 before TDH.SYS.CONFIG has succeeded
 * @hkid: 0 before TDH.SYS.CONFIG
 * @tdmr: copies; last_initialized goes on meanwhile
 */
typedef struct TdxQueryConfig {
    uint32_t sys_state;
    bool fatal;
    bool dynamic_pamt;
    uint16_t hkid;
    uint32_t num_init_lps;
    uint32_t num_init_pkgs;
    uint32_t num_tdmrs;
    TdxTdmr tdmr[TDX_MAX_TDMRS];
} TdxQueryConfig;

void tdx_query_config(const TdxModule *m, TdxQueryConfig *cfg);

/** tdx_query_lp_init: has LP @lp done TDH.SYS.LP.INIT? */
bool tdx_query_lp_init(const TdxModule *m, unsigned lp);

/** tdx_query_hkids: how many HKIDs are in @state? */
unsigned tdx_query_hkids(const TdxModule *m, TdxHkidState state);

/**
 * tdx_query_calls: calls of @leaf by all LPs since the module was loaded;
 * NULL: of all numbers that are no leaf
 */
TdxCallCount tdx_query_calls(const TdxModule *m, const TdxLeaf *leaf);

/* --- PAMT ------------------------------------------------------------------ */

/* @page: 4 KiB pages; @pairs: 2 MiB ranges with a PAMT page pair */
typedef struct TdxUseCounts {
    uint64_t page[TDX_NUM_USES];
    uint64_t pairs;
} TdxUseCounts;

#define TDX_QUERY_WORDS_OF_2M 8

/**
 * TdxQueryRange: what the PAMT has about 2 MiB, copied.
 * @size: 2 MiB, or 1 GiB where all of that is free or uninitialised
 * @changing: the 4K entries changed too fast to be copied
 * @has_4k: there are 4K entries; without @page all of them are free
 * @page: TDX_PAMT_CHILDREN entries, valid during the visit
 * @rsvd: pages in reserved areas, a bit each
 * @bits: of the page bitmap; Dynamic PAMT only
 */
typedef struct TdxQueryRange {
    const TdxTdmr *tdmr;
    uint64_t hpa;
    uint64_t size;
    bool initialized;
    bool changing;
    bool has_4k;
    TdxPamtEntry large; /* 1G */
    TdxPamtEntry range; /* 2M */
    const TdxPamtEntry *page;
    uint64_t rsvd[TDX_QUERY_WORDS_OF_2M];
    uint64_t bits[TDX_QUERY_WORDS_OF_2M];
} TdxQueryRange;

/** TdxQueryVisit: returns false to end the walk before @r */
typedef bool TdxQueryVisit(void *opaque, const TdxQueryRange *r);

/**
 * tdx_query_pamt: visit what lies in TDMRs of [@base, @end), in ascending
 * order.
 * @base: aligned to 2 MiB
 * @whole: take the whole of a GiB that is free in one visit
 *
 * Ends early when it has worked for long.  Returns where it has come to: the
 * address to go on from, or @end.
 */
uint64_t tdx_query_pamt(TdxModule *m, const TdxQueryConfig *cfg,
                        uint64_t base, uint64_t end, bool whole,
                        TdxQueryVisit *visit, void *opaque);

/** tdx_query_count: add the pages of @r */
void tdx_query_count(const TdxQueryConfig *cfg, const TdxQueryRange *r,
                     TdxUseCounts *counts);

/** tdx_query_use: use of page number @i, 0..511, of @r */
TdxUse tdx_query_use(const TdxQueryConfig *cfg, const TdxQueryRange *r,
                     unsigned i);

/**
 * tdx_query_owner: TDR of the TD that a page belongs to, by its entry; 0 for
 * none
 */
uint64_t tdx_query_owner(const TdxPamtEntry *e);

/* --- TDs ------------------------------------------------------------------- */

/**
 * TdxQueryTd: a TD.
 * @has_tdcs: @tdcs is valid: complete, initialised or not, and its key is
 *   still there
 */
typedef struct TdxQueryTd {
    TdxTdr tdr;
    bool has_tdcs;
    TdxTdcs tdcs;
} TdxQueryTd;

/**
 * tdx_query_td: the TD whose TDR is at @hpa.
 * Returns false when there is none (any more).
 */
bool tdx_query_td(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                  TdxQueryTd *td);

/** tdx_query_vcpu: the vCPU of @td whose TDVPR is at @hpa; as above */
bool tdx_query_vcpu(TdxModule *m, const TdxQueryConfig *cfg,
                    const TdxQueryTd *td, uint64_t hpa, TdxTdvps *tdvps);

#endif /* TDX_INCLUDE_QUERY_H */
