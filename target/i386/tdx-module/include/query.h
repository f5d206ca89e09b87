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
#include "../abi/states.h"

/* --- the module ------------------------------------------------------------ */

/**
 * TdxQueryTdmr: a TDMR.
 * @pamt: by TdxLevel; 4K is the page bitmap with Dynamic PAMT
 * @rsvd: reserved areas; base is the offset in the TDMR
 * @last_initialized: TDH.SYS.TDMR.INIT has come up to here
 */
typedef struct TdxQueryTdmr {
    uint64_t base;
    uint64_t size;
    TdxRange pamt[TDX_NUM_PAMT_LEVELS];
    TdxRange rsvd[TDX_MAX_RSVD_PER_TDMR];
    uint32_t num_rsvd;
    uint64_t last_initialized;
} TdxQueryTdmr;

/**
 * TdxQueryConfig: the module, and what its life cycle has set up.
 * @module, @platform: what it was made with; as long as it exists
 * @features0: TDX_FEATURES0 as reported
 * @first_tdx_hkid: lowest private HKID
 * @has_dynamic_pamt: the module knows Dynamic PAMT; @dynamic_pamt: it is on
 * @hkid: the module's own, 0 before TDH.SYS.CONFIG
 * @num_tdmrs: 0 before TDH.SYS.CONFIG has succeeded
 * @tdmr: copies; last_initialized goes on meanwhile
 */
typedef struct TdxQueryConfig {
    const TdxModuleConfig *module;
    const TdxPlatformInfo *platform;
    uint64_t features0;
    uint16_t first_tdx_hkid;
    bool has_dynamic_pamt;

    uint32_t sys_state; /* TdxSysState, or anything after a bad restore */
    bool fatal;
    bool dynamic_pamt;
    uint16_t hkid;
    uint32_t num_init_lps;
    uint32_t num_init_pkgs;
    uint32_t num_tdmrs;
    TdxQueryTdmr tdmr[TDX_MAX_TDMRS];
} TdxQueryConfig;

void tdx_query_config(const TdxModule *m, TdxQueryConfig *cfg);

/** tdx_query_state: what the module is in now */
TdxSysState tdx_query_state(const TdxModule *m);

/** tdx_query_lp_init: has LP @lp done TDH.SYS.LP.INIT? */
bool tdx_query_lp_init(const TdxModule *m, unsigned lp);

/**
 * tdx_query_cpuid_leaf: what the module reads of CPUID at TDH.SYS.INIT.
 * @rank: from 0, in its order
 * @subleaf: TDX_CPUID_NO_SUBLEAF for a leaf without subleaves
 * Returns false behind the last one.
 */
bool tdx_query_cpuid_leaf(const TdxModule *m, unsigned rank, uint32_t *leaf,
                          uint32_t *subleaf);

/** tdx_query_hkids: how many HKIDs are in @state? */
unsigned tdx_query_hkids(const TdxModule *m, TdxHkidState state);

/* @errors: those with bit 63 of the status, or VMfailInvalid */
typedef struct TdxQueryCalls {
    uint64_t calls;
    uint64_t errors;
} TdxQueryCalls;

/**
 * tdx_query_calls: calls of @leaf by all LPs since the module was loaded;
 * NULL: of all numbers that are no leaf
 */
TdxQueryCalls tdx_query_calls(const TdxModule *m, const TdxLeaf *leaf);

/** tdx_query_tdcalls: calls of TDCALL @leaf by all TDs, likewise */
TdxQueryCalls tdx_query_tdcalls(const TdxModule *m, const TdxLeaf *leaf);

/* @left: those that ended in the VMM */
typedef struct TdxQueryExits {
    uint64_t exits;
    uint64_t left;
} TdxQueryExits;

/**
 * tdx_query_exits: VM exits of all TDs with basic reason @reason; any that is
 * none: all such
 */
TdxQueryExits tdx_query_exits(const TdxModule *m, uint32_t reason);

/**
 * tdx_query_ves: how often the module gave a #VE to a TD, by the category's
 * rank in TDX_VE_CATEGORIES
 */
uint64_t tdx_query_ves(const TdxModule *m, unsigned rank);

/* --- PAMT ------------------------------------------------------------------ */

/* @page: 4 KiB pages by TdxUse; @pairs: 2 MiB ranges with a PAMT page pair */
typedef struct TdxUseCounts {
    uint64_t page[TDX_NUM_USES];
    uint64_t pairs;
} TdxUseCounts;

#define TDX_QUERY_WORDS_OF_2M 8
#define TDX_QUERY_PAGES_OF_2M 512

/* Entries as they are in memory; the module's own */
typedef struct TdxQueryRaw TdxQueryRaw;

/**
 * TdxQueryRange: what the PAMT has about 2 MiB, copied.
 * @tdmr: its number in the TdxQueryConfig
 * @size: 2 MiB, or 1 GiB where all of that is free or uninitialised
 * @changing: the 4K entries changed too fast to be copied
 * @has_4k: there are 4K entries
 * @written: and they were ever written to; else each is that of a free page
 * @rsvd: pages in reserved areas, a bit each
 * @bits: of the page bitmap; Dynamic PAMT only
 * @raw: for the functions below; valid during the visit
 */
typedef struct TdxQueryRange {
    unsigned tdmr;
    uint64_t hpa;
    uint64_t size;
    bool initialized;
    bool changing;
    bool has_4k;
    bool written;
    uint64_t rsvd[TDX_QUERY_WORDS_OF_2M];
    uint64_t bits[TDX_QUERY_WORDS_OF_2M];
    const TdxQueryRaw *raw;
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
 * TdxQueryEntry: a PAMT entry.
 * @type: TdxPageType, or any other number
 * @owner: TDR of the TD that the page belongs to; 0 for none
 * @bepoch: of a page of type REG: TD_EPOCH in which it was blocked
 * @pair, @page_count: of a 2M entry of type PAMT: its page pair, and how many
 *   pages of the range TDs use
 * @exclusive, @readers, @host_priority: of its lock
 */
typedef struct TdxQueryEntry {
    unsigned type;
    uint64_t owner;
    uint64_t bepoch;
    uint64_t pair[2];
    unsigned page_count;
    bool exclusive;
    unsigned readers;
    bool host_priority;
} TdxQueryEntry;

/**
 * tdx_query_entry: the entry of @level that describes @r.
 * @i: which of its 4K entries, 0..511; @r has those
 */
TdxQueryEntry tdx_query_entry(const TdxQueryRange *r, TdxLevel level,
                              unsigned i);

/** tdx_query_has_pair: does a page pair hold the 4K entries of @r? */
bool tdx_query_has_pair(const TdxQueryConfig *cfg, const TdxQueryRange *r);

/**
 * tdx_query_owned: does the module or a TD own the page at @hpa?  False for
 * what the host never gave to them, or got back.
 */
bool tdx_query_owned(TdxModule *m, uint64_t hpa);

/** tdx_query_owner: the owner in the entry of @level, as above */
uint64_t tdx_query_owner(const TdxQueryRange *r, TdxLevel level, unsigned i);

/* --- TDs ------------------------------------------------------------------- */

#define TDX_QUERY_MR_SIZE 48

/**
 * TdxQueryTd: a TD.
 * @fatal: it has lost its integrity
 * @pkg_config_bitmap: packages that have the TD's key
 * @num_tdcx: control pages
 * @pages: of 4 KiB that it owns
 * @has_op_state: what follows is known: all control pages are there, and so
 *   is the TD's key.  Before TDH.MNG.INIT all but @op_state is zero.
 * @gpa_width: of guest physical addresses, SHARED bit included
 * @mrtd: final once the TD is RUNNABLE
 */
typedef struct TdxQueryTd {
    TdxLifecycle lifecycle;
    bool fatal;
    uint16_t hkid;
    uint32_t pkg_config_bitmap;
    uint32_t num_tdcx;
    uint64_t pages;

    bool has_op_state;
    TdxOpState op_state;
    uint64_t attributes;
    uint64_t xfam;
    unsigned gpa_width;
    uint32_t max_vcpus;
    uint32_t num_vcpus;
    uint32_t num_assoc_vcpus;
    uint64_t td_epoch;
    uint8_t mrtd[TDX_QUERY_MR_SIZE];
} TdxQueryTd;

/**
 * tdx_query_td: the TD whose TDR is at @hpa.
 * Returns false when there is none (any more).
 */
bool tdx_query_td(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                  TdxQueryTd *td);

/**
 * TdxQueryVcpu: a vCPU.
 * @state: TdxVcpuState, or any other number
 * @index, @x2apic_id: in a state other than UNINITIALIZED
 * @has_lp: it is associated with LP @lp
 * @pages: that it has, TDVPR included
 */
typedef struct TdxQueryVcpu {
    uint32_t state;
    uint32_t index;
    uint32_t x2apic_id;
    bool has_lp;
    uint32_t lp;
    uint32_t pages;
} TdxQueryVcpu;

/** tdx_query_vcpu: the vCPU of @td whose TDVPR is at @hpa; as above */
bool tdx_query_vcpu(TdxModule *m, const TdxQueryConfig *cfg,
                    const TdxQueryTd *td, uint64_t hpa, TdxQueryVcpu *vcpu);

/* --- Secure EPT ------------------------------------------------------------ */

/* Entries that the walk of a GPA meets, at most */
#define TDX_QUERY_SEPT_LEVELS 5

/**
 * TdxQuerySept: an entry of a Secure EPT.
 * @level: 0 maps 4 KiB, each one above 512 times that
 * @table: page that it is in
 * @value: with the HKID
 * @state: TDX_SEPT_INVALID if its bits make no sense
 * @has_hpa: it leads to a page or a table, at @hpa
 */
typedef struct TdxQuerySept {
    unsigned level;
    uint64_t table;
    uint64_t value;
    TdxSeptState state;
    bool has_hpa;
    uint64_t hpa;
} TdxQuerySept;

/**
 * tdx_query_sept: walk the Secure EPT of the TD whose TDR is at @hpa.
 * @gpa: private; SHARED bit and offset do not matter
 * @sept: entries from the root on
 * Returns how many there are, 0 when there is no such TD or it has no
 * Secure EPT (any more).
 */
unsigned tdx_query_sept(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                        uint64_t gpa,
                        TdxQuerySept sept[TDX_QUERY_SEPT_LEVELS]);

#endif /* TDX_INCLUDE_QUERY_H */
