/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the leaves on a TD share: taking hold of it, with the checks that all
 * of them make (TD life cycle 2).
 *
 * A handler declares TD_REF(td); the end of the scope releases its locks.
 * Functions that return a status return TDX_SUCCESS, the status to answer
 * with, or TDX_STATUS_NONE after tdx_fatal(): pass on whatever is not
 * TDX_SUCCESS.
 */

#ifndef TDX_TD_TD_H
#define TDX_TD_TD_H

#include "../pamt/page.h"
#include "tdcs.h"

/* A set of OP_STATEs */
#define TD_OP(state) (1u << TDX_OP_##state)

/* The sets of TD life cycle 1.2 */
#define TD_OPS_BUILD   TD_OP(INITIALIZED)
#define TD_OPS_VP_ADD  (TD_OP(INITIALIZED) | TD_OP(STATE_IMPORT))
#define TD_OPS_RUN     (TD_OP(RUNNABLE) | TD_OP(LIVE_EXPORT) | \
                        TD_OP(LIVE_IMPORT))
#define TD_OPS_AUG     (TD_OPS_BUILD | TD_OPS_RUN)
#define TD_OPS_SEPT_ADD (TD_OPS_AUG | TD_OP(MEMORY_IMPORT) | \
                         TD_OP(STATE_IMPORT) | TD_OP(POST_IMPORT))
#define TD_OPS_BLOCK   (TD_OPS_AUG | TD_OP(PAUSED_EXPORT) | \
                        TD_OP(POST_EXPORT) | TD_OP(POST_IMPORT))
#define TD_OPS_REMOVE  (TD_OPS_BLOCK | TD_OP(FAILED_IMPORT))
#define TD_OPS_TRACK   (TD_OPS_BLOCK | TD_OP(MEMORY_IMPORT) | \
                        TD_OP(STATE_IMPORT))
#define TD_OPS_READ    (TD_OPS_TRACK | TD_OP(FAILED_IMPORT))
#define TD_OPS_WRITE   (TD_OPS_READ & ~(TD_OP(PAUSED_EXPORT) | \
                                        TD_OP(POST_EXPORT)))
#define TD_OPS_IMPORT  (TD_OP(MEMORY_IMPORT) | TD_OP(STATE_IMPORT) | \
                        TD_OP(POST_IMPORT) | TD_OP(LIVE_IMPORT) | \
                        TD_OP(FAILED_IMPORT))

/**
 * TdxTdRef: a TD that a leaf works on.
 * @page: lock of the TDR page
 * @hpa: of the TDR
 * @tdr: valid once locked
 * @tdcs: valid once tdx_td_map_tdcs() or a td_check_*() has succeeded
 */
typedef struct TdxTdRef {
    TdxModule *m;
    TdxPamtRef page;
    TdxLockGuard op_state;
    uint64_t hpa;
    TdxTdr *tdr;
    TdxTdcs *tdcs;
} TdxTdRef;

void tdx_td_unlock(TdxTdRef *td);

/** tdx_td_move: like tdx_pamt_move(); OP_STATE is not locked any more */
static inline void tdx_td_move(TdxTdRef *to, TdxTdRef *from)
{
    TDX_MOVE(to, from, m);
    TDX_MOVE(to, from, hpa);
    TDX_MOVE(to, from, tdr);
    TDX_MOVE(to, from, tdcs);
    to->op_state = (TdxLockGuard) { 0 };
    tdx_pamt_move(&to->page, &from->page);
}

/** tdx_td_ref_none: like tdx_pamt_ref_none() */
static inline void tdx_td_ref_none(TdxTdRef *td)
{
    td->m = NULL;
    tdx_pamt_ref_none(&td->page);
    td->op_state.lock = NULL;
    td->op_state.type = TDX_LOCK_TYPE_SHARED;
    td->hpa = 0;
    td->tdr = NULL;
    td->tdcs = NULL;
}

#define TD_REF(td) \
    __attribute__((cleanup(tdx_td_unlock))) TDX_UNINITIALIZED TdxTdRef td; \
    tdx_td_ref_none(&td)

/** tdx_td_lock: group TDR, an explicit TDR operand @hpa with operand id @op */
TdxStatus tdx_td_lock(TdxTdRef *td, const TdxCall *c, uint64_t hpa,
                      TdxLockType type, uint32_t op);

/** tdx_td_lock_owner: group TDRi, the owner of @page, which is locked */
TdxStatus tdx_td_lock_owner(TdxTdRef *td, const TdxPamtRef *page,
                            TdxLockType type);

/**
 * tdx_td_check_state: group B, with the OP_STATE lock held shared from here on
 */
TdxStatus tdx_td_check_state(TdxTdRef *td, unsigned ops);

/**
 * tdx_td_check_state_nolock: group B of leaves that hold the TDR exclusively
 */
TdxStatus tdx_td_check_state_nolock(TdxTdRef *td, unsigned ops);

/** tdx_td_set_op_state: under the exclusive lock of the TDR */
void tdx_td_set_op_state(TdxTdRef *td, TdxOpState state);

/** tdx_td_check_op_state: TDX_OP_STATE_INCORRECT unless in one of @ops */
TdxStatus tdx_td_check_op_state(const TdxTdRef *td, unsigned ops);

/**
 * tdx_td_remap: find the built TD at @hpa, whose TDR page is locked, again; it
 * may be dead
 */
TdxStatus tdx_td_remap(TdxTdRef *td, TdxModule *m, uint64_t hpa);

/** tdx_td_map_tdcs: make @td->tdcs valid; the TDCS must be built */
TdxStatus tdx_td_map_tdcs(TdxTdRef *td);

/**
 * tdx_td_private: @len bytes, in one page, under the key of the TD of @tdr.
 * NULL when no memory is there, or their integrity is: then the TD is dead
 * from now on.  In one that is dead already nothing is checked, so that it
 * can be taken apart.
 */
void *tdx_td_private(TdxModule *m, TdxTdr *tdr, uint64_t hpa, uint64_t len);

/** tdx_td_kill: the TD has lost its integrity */
static inline void tdx_td_kill(TdxTdr *tdr)
{
    __atomic_store_n(&tdr->fatal, true, __ATOMIC_SEQ_CST);
}

/**
 * tdx_td_no_content: the status after tdx_td_private() has returned NULL.
 * @why: for tdx_fatal() if memory is missing
 */
TdxStatus tdx_td_no_content(TdxModule *m, const TdxTdr *tdr, const char *why);

/**
 * tdx_td_intact: has all content been found so far, by what cannot answer a
 * status itself?  It calls tdx_td_no_content() where it finds none; this is
 * the status for that.
 */
TdxStatus tdx_td_intact(const TdxTdRef *td);

/**
 * tdx_td_eptp: EPTP of the Secure EPT of VM @vm: 0 is the TD itself, the
 * others are its L2 VMs, of which tdx_td_num_vms() tells how many there are
 */
uint64_t tdx_td_eptp(const TdxTdRef *td, unsigned vm);

/** tdx_td_hp_lock_timeout_ticks: HP_LOCK_TIMEOUT in ticks of the native TSC */
uint64_t tdx_td_hp_lock_timeout_ticks(const TdxModule *m, const TdxTdcs *tdcs);

/** tdx_td_num_vms: the TD and its L2 VMs */
static inline unsigned tdx_td_num_vms(const TdxTdRef *td)
{
    uint32_t l2_vms = td->tdcs->num_l2_vms;

    return 1 + (l2_vms < TDX_MAX_L2_VMS ? l2_vms : TDX_MAX_L2_VMS);
}

/**
 * tdx_td_begin_build, tdx_td_end_build: its MRTD is kept as this module does
 * it, or there is none to keep any more.  Under the exclusive lock of the TDR.
 */
void tdx_td_begin_build(TdxTdRef *td);
void tdx_td_end_build(TdxTdRef *td);

/**
 * tdx_td_check_build: TDX_INCOMPATIBLE_MRTD_CONTEXT for a TD whose build began
 * otherwise, if TDH.SYS.UPDATE was asked to have that looked at (P-SEAMLDR 6.3)
 */
TdxStatus tdx_td_check_build(const TdxTdRef *td);

/** tdx_td_tdcs_page: a page of the TDCS, NULL as from tdx_td_private() */
void *tdx_td_tdcs_page(const TdxTdRef *td, unsigned page);

/**
 * tdx_td_take_page: the page at @hpa becomes private with @hkid and reads zero.
 * @content: set to its host pointer unless NULL
 */
TdxStatus tdx_td_take_page(TdxModule *m, uint64_t hpa, uint16_t hkid,
                           void **content);

/** tdx_td_add_page: give a free page @ref, exclusively locked, to @td */
void tdx_td_add_page(TdxTdRef *td, TdxPamtRef *ref, TdxPageType type);

/**
 * tdx_td_check_cpuid_limit: TDX_LIMIT_CPUID_MAXVAL_SET if it is set on this LP
 */
TdxStatus tdx_td_check_cpuid_limit(const TdxCall *c);

/** tdx_td_check_tsc_adjust: IA32_TSC_ADJUST is what TDH.SYS.INIT saw */
TdxStatus tdx_td_check_tsc_adjust(const TdxCall *c);

/** tdx_td_init_tsc: the virtual TSC of @td starts at zero now */
void tdx_td_init_tsc(const TdxCall *c, TdxTdRef *td);

#endif /* TDX_TD_TD_H */
