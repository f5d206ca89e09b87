/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the leaves on a vCPU share: taking hold of it, with the checks that all
 * of them make (TD life cycle 2, 5).
 *
 * A handler declares VP_REF(vp) and, for its TD, TD_REF(td); the end of the
 * scope releases their locks.
 */

#ifndef TDX_VP_VP_H
#define TDX_VP_VP_H

#include "../td/td.h"
#include "tdvps.h"

/**
 * TdxVpRef: a vCPU that a leaf works on.
 * @page: lock of the TDVPR page
 * @tdvps, @td: valid once tdx_vp_map() has succeeded
 * @vmcs: valid once tdx_vp_map_vmcs() has
 */
typedef struct TdxVpRef {
    TdxModule *m;
    TdxPamtRef page;
    uint64_t hpa;
    TdxTdvps *tdvps;
    X86Vmcs *vmcs;
    const TdxTdRef *td;
} TdxVpRef;

void tdx_vp_unlock(TdxVpRef *vp);

/** tdx_vp_move: like tdx_pamt_move() */
static inline void tdx_vp_move(TdxVpRef *to, TdxVpRef *from)
{
    TDX_MOVE(to, from, m);
    TDX_MOVE(to, from, hpa);
    TDX_MOVE(to, from, tdvps);
    TDX_MOVE(to, from, vmcs);
    TDX_MOVE(to, from, td);
    tdx_pamt_move(&to->page, &from->page);
}

/** tdx_vp_ref_none: like tdx_pamt_ref_none() */
static inline void tdx_vp_ref_none(TdxVpRef *vp)
{
    vp->m = NULL;
    tdx_pamt_ref_none(&vp->page);
    vp->hpa = 0;
    vp->tdvps = NULL;
    vp->vmcs = NULL;
    vp->td = NULL;
}

#define VP_REF(vp) \
    __attribute__((cleanup(tdx_vp_unlock))) TDX_UNINITIALIZED TdxVpRef vp; \
    tdx_vp_ref_none(&vp)

/** tdx_vp_lock: group TDVPR, an explicit operand */
TdxStatus tdx_vp_lock(TdxVpRef *vp, const TdxCall *c, uint64_t hpa,
                      TdxLockType type, uint32_t op);

/** tdx_vp_map: make @vp->tdvps valid; its TD is locked */
TdxStatus tdx_vp_map(TdxVpRef *vp, const TdxTdRef *td);

/** tdx_vp_map_vmcs: make @vp->vmcs valid; its pages are complete */
TdxStatus tdx_vp_map_vmcs(TdxVpRef *vp);

/**
 * tdx_vp_check_complete: TDX_TDCX_NUM_INCORRECT while TDVPS pages are missing
 */
TdxStatus tdx_vp_check_complete(const TdxVpRef *vp, const TdxTdRef *td);

/** tdx_vp_check_state: TDX_VCPU_STATE_INCORRECT with the state it is in */
TdxStatus tdx_vp_check_state(const TdxVpRef *vp, unsigned states);

/** tdx_vp_set_state: under the page's lock, shared for leaving READY */
void tdx_vp_set_state(TdxVpRef *vp, TdxVcpuState state);

/**
 * tdx_vp_reset: initial state of vCPU number @index; its page is exclusive and
 * its VMCS mapped.  Answers TDX_TD_FATAL, or stops the module, where its other
 * pages are not to be found; then the vCPU is uninitialised as before.
 */
TdxStatus tdx_vp_reset(const TdxCall *c, TdxVpRef *vp, const TdxTdRef *td,
                       uint32_t index, uint64_t initial_rcx);

/**
 * tdx_vp_associate: bind the vCPU to the calling LP, if it is not yet; a vCPU
 * of another LP: TDX_VCPU_ASSOCIATED.
 */
TdxStatus tdx_vp_associate(const TdxCall *c, TdxVpRef *vp, TdxTdRef *td);

/**
 * tdx_vp_open: all that the leaves on an initialised vCPU have in common: take
 * hold of the vCPU at @hpa, operand RCX, and of its TD, and associate it.
 * @ops: OP_STATEs in which the leaf is legal
 * @states: vCPU states in which it is
 */
TdxStatus tdx_vp_open(TdxCall *c, TdxVpRef *vp, TdxTdRef *td, uint64_t hpa,
                      unsigned ops, unsigned states);

#endif /* TDX_VP_VP_H */
