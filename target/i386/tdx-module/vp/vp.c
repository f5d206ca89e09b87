/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Taking hold of a vCPU, and the checks that its leaves share
 * (TD life cycle 2, 5).
 */

#include "vmcs-init.h"

void tdx_vp_unlock(TdxVpRef *vp)
{
    tdx_pamt_unlock(&vp->page);
}

/* Group TDVPR */
TdxStatus tdx_vp_lock(TdxVpRef *vp, const TdxCall *c, uint64_t hpa,
                      TdxLockType type, uint32_t op)
{
    vp->m = c->m;
    vp->hpa = hpa;
    return tdx_pamt_get_page(&vp->page, c, hpa, TDX_LEVEL_4K, TDX_PT_TDVPR,
                             type, op);
}

TdxStatus tdx_vp_map(TdxVpRef *vp, const TdxTdRef *td)
{
    vp->td = td;
    vp->tdvps = tdx_td_private(vp->m, td->tdr, vp->hpa, TDX_PAGE_4K);
    return vp->tdvps ? TDX_SUCCESS
                     : tdx_td_no_content(vp->m, td->tdr,
                                         "a TDVPR page has no memory");
}

TdxStatus tdx_vp_map_vmcs(TdxVpRef *vp)
{
    vp->vmcs = tdx_td_private(vp->m, vp->td->tdr, vp->tdvps->page[TDX_TDVPS_VMCS],
                          TDX_PAGE_4K);
    return vp->vmcs ? TDX_SUCCESS
                    : tdx_td_no_content(vp->m, vp->td->tdr,
                                    "a TD VMCS has no memory");
}

TdxStatus tdx_vp_check_complete(const TdxVpRef *vp, const TdxTdRef *td)
{
    if (vp->tdvps->num_pages < TDX_TDVPS_BASE_PAGES +
        TDX_TDVPS_PAGES_PER_L2 * td->tdcs->num_l2_vms) {
        return TDX_TDCX_NUM_INCORRECT;
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_vp_check_state(const TdxVpRef *vp, unsigned states)
{
    uint32_t state = __atomic_load_n(&vp->tdvps->state, __ATOMIC_SEQ_CST);

    /* Every state but UNINITIALIZED, which no set contains, is one bit */
    if (!(state & states)) {
        return tdx_fails(vp->m, tdx_op(TDX_VCPU_STATE_INCORRECT, state),
                         "vCPU", vp->hpa, TDX_CAUSE_VCPU_STATE, state);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_vp_associate(const TdxCall *c, TdxVpRef *vp, TdxTdRef *td)
{
    uint32_t lp = TDX_ASSOC_NONE;

    /* No other LP can take away what this one has */
    if (__atomic_load_n(&vp->tdvps->assoc_lpid, __ATOMIC_ACQUIRE) == c->lp) {
        return TDX_SUCCESS;
    }
    if (__atomic_compare_exchange_n(&vp->tdvps->assoc_lpid, &lp, c->lp, false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        __atomic_fetch_add(&td->tdcs->num_assoc_vcpus, 1, __ATOMIC_SEQ_CST);
        return TDX_SUCCESS;
    }
    return TDX_VCPU_ASSOCIATED;
}

void tdx_vp_set_state(TdxVpRef *vp, TdxVcpuState state)
{
    const TdxObserver *observer = tdx_observer(vp->m);
    uint32_t before = __atomic_load_n(&vp->tdvps->state, __ATOMIC_RELAXED);

    /* Only who has the vCPU associated changes it: nobody comes in between */
    __atomic_store_n(&vp->tdvps->state, state, __ATOMIC_RELEASE);
    if (observer) {
        observer->state(vp->m->opaque, "VCPU_STATE", vp->hpa,
                        tdx_vcpu_state_name(before),
                        tdx_vcpu_state_name(state));
    }
}

TdxStatus tdx_vp_reset(const TdxCall *c, TdxVpRef *vp, const TdxTdRef *td,
                       uint32_t index, uint64_t initial_rcx)
{
    TdxStatus status;

    vp->tdvps->index = index;
    vp->tdvps->initial_rcx = initial_rcx;
    tdx_vp_vmcs_init(vp->vmcs, vp, td);
    status = tdx_vp_state_init(c, vp, td);
    if (!status) {
        tdx_vp_set_state(vp, TDX_VCPU_READY);
    }
    return status;
}

TdxStatus tdx_vp_open(TdxCall *c, TdxVpRef *vp, TdxTdRef *td, uint64_t hpa,
                      unsigned ops, unsigned states)
{

    return tdx_vp_lock(vp, c, hpa, TDX_LOCK_TYPE_SHARED, TDX_RCX) ?:
           tdx_td_lock_owner(td, &vp->page, TDX_LOCK_TYPE_SHARED) ?:
           tdx_td_check_state(td, ops) ?:
           tdx_vp_map(vp, td) ?:
           tdx_vp_check_complete(vp, td) ?:
           tdx_vp_check_state(vp, states) ?:
           tdx_vp_map_vmcs(vp) ?:
           tdx_vp_associate(c, vp, td);
}
