/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A vCPU that runs on a logical processor: what is held while it does, the
 * way in and the way out (TD running 1).
 */

#ifndef TDX_VP_RUN_H
#define TDX_VP_RUN_H

#include "../core/lines.h"
#include "vp.h"

#define TDX_XSAVE_SIZE (TDX_XSAVE_PAGES * TDX_PAGE_4K)

/**
 * TdxRunning: what a logical processor knows of the TDs that it runs.
 * @td, @vp: the TD and vCPU that runs now, with the shared locks of their TDR
 *   and TDVPR pages; @vp.tdvps is NULL while none does
 * @vmm: registers of the VMM meanwhile
 * @rip_at_entry: the guest's at the last entry
 * @bus_lock: a bus lock has been seen since, and not been told
 * @last_tdvpr: HPA of the vCPU that ran here last; 0: none, or flushed
 * @area: the guest's extended state in one piece while it runs
 * @xsave: that, where it is more than a page
 */
typedef struct TdxRunning {
    TdxTdRef td;
    TdxVpRef vp;
    TdxVmmState vmm;
    uint64_t rip_at_entry;
    bool bus_lock;
    uint64_t last_tdvpr;
    uint8_t *area;
    uint8_t xsave[TDX_XSAVE_SIZE];
} TdxRunning;

/* Components that TDs have in XCR0 and IA32_XSS; the VMM gets SSE always */
#define TDX_XSTATE_SSE (1ULL << 1)

/* The compacted area that XSAVES writes */
#define TDX_XSAVE_XMM       160
#define TDX_XSAVE_XSTATE_BV 512
#define TDX_XSAVE_XCOMP_BV  520

/* A mask of all general registers */
#define TDX_ALL_GPRS ((1ULL << TDX_NUM_GPRS) - 1)

/** tdx_vp_set_gprs: all but RSP, which belongs to the VMCS */
static inline void tdx_vp_set_gprs(uint64_t gpr[TDX_NUM_GPRS],
                                   const uint64_t from[TDX_NUM_GPRS])
{
    uint64_t rsp = gpr[TDX_RSP];

    tdx_copy_lines(gpr, from, TDX_NUM_GPRS * sizeof(gpr[0]));
    gpr[TDX_RSP] = rsp;
}

/** tdx_vp_running: @lp's; NULL: no TD has ever run there */
static inline TdxRunning *tdx_vp_running(const TdxModule *m, unsigned lp)
{
    return m->lps[lp].running;
}

/** tdx_vp_runs_td: does @lp run a TD now? */
static inline bool tdx_vp_runs_td(const TdxModule *m, unsigned lp)
{
    return m->lps[lp].running && m->lps[lp].running->vp.tdvps;
}

/** tdx_vp_prepare_run: @lp's TdxRunning, made if there is none */
TdxRunning *tdx_vp_prepare_run(TdxModule *m, unsigned lp);

/** tdx_vp_flush_translations: forget what @lp has cached of the TD's */
void tdx_vp_flush_translations(TdxModule *m, unsigned lp, const TdxTdRef *td);

/**
 * tdx_vp_load_xsave: find the guest's extended state in one piece, before
 * tdx_vp_load().  Answers TDX_TD_FATAL, or stops the module, where it is not
 * to be found.
 */
TdxStatus tdx_vp_load_xsave(TdxModule *m, unsigned lp, const TdxVpRef *vp);

/**
 * tdx_vp_load: step 12 to 15 of an entry; @td and @vp, whose locks move to the
 * LP, are set to nothing.
 * @run: what the engine is told
 */
void tdx_vp_load(const TdxCall *c, TdxTdRef *td, TdxVpRef *vp, TdxTdRun *run);

/** tdx_vp_td_run: what the engine is told of the vCPU that runs by @r */
TdxTdRun tdx_vp_td_run(const TdxRunning *r);

/**
 * tdx_vp_adopt: @lp runs the vCPU that its TdxRunning names by @vp.hpa alone,
 * as it did when the state was saved; the locks in memory are still held.
 * False: that cannot have been.
 */
bool tdx_vp_adopt(TdxModule *m, unsigned lp);

/**
 * tdx_vp_store: step 2 to 4 of an exit: guest state back to its pages.
 * Returns false when they have lost their integrity meanwhile, or are gone.
 */
bool tdx_vp_store(TdxModule *m, unsigned lp);

/**
 * tdx_vp_leave: step 6 to 8 of an exit, of a vCPU that has been stored or never
 * will: let go of it and give the LP back to the VMM.
 * @counted: it still counts in the epoch that it entered in
 * @xmms: XMM registers that pass to the VMM
 */
void tdx_vp_leave(TdxModule *m, unsigned lp, bool counted, uint16_t xmms);

/**
 * tdx_vp_scrub_vmm: what a VMM finds after a TD with these parameters has run
 * (TD running 1.5)
 */
void tdx_vp_scrub_vmm(TdxModule *m, unsigned lp, const TdxTdcs *tdcs,
                  TdxVmmState *vmm);

/** tdx_vp_state_details: VCPU_STATE_DETAILS as of now (TD running 6.4) */
uint64_t tdx_vp_state_details(const TdxVpRef *vp);

/** tdx_vp_resume_hint: RCX[63] of an exit with these details */
bool tdx_vp_resume_hint(const TdxTdcs *tdcs, uint64_t details);

#endif /* TDX_VP_RUN_H */
