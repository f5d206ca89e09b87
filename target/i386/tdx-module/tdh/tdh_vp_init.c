/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.INIT: give a vCPU its initial state.
 */

#include "../vp/vp.h"
#include "answers.h"

/* What a vCPU counts as that was given no x2APIC id, by version 0 */
#define NO_X2APIC_ID 0

/* TD life cycle 5.3, step 10; the TDR is locked exclusively if @unique */
static TdxStatus claim_x2apic_id(TdxTdRef *td, uint32_t id, uint32_t index,
                                 bool unique)
{
    TdxTdcsVirtualCpus *cpus = tdx_td_tdcs_page(td, TDX_TDCS_VIRTUAL_CPUS);
    uint32_t i;

    if (!cpus) {
        return tdx_td_no_content(td->m, td->tdr, "a TDCS page has no memory");
    }
    for (i = 0; unique && i < index; i++) {
        if (cpus->x2apic_id[i] == id) {
            return tdx_op(TDX_X2APIC_ID_NOT_UNIQUE, id);
        }
    }
    cpus->x2apic_id[index] = id;
    return TDX_SUCCESS;
}

/* Steps 8 to 10; the vCPU has been counted already */
static TdxStatus identify(const TdxCall *c, TdxTdRef *td, uint32_t index)
{
    uint64_t x2apic_id = c->gpr[TDX_R8];

    if (index >= td->tdcs->max_vcpus || index >= TDX_MAX_VCPUS) {
        return TDX_MAX_VCPUS_EXCEEDED;
    }
    if (c->version == 0) {
        return claim_x2apic_id(td, NO_X2APIC_ID, index, false);
    }
    if (x2apic_id > UINT32_MAX) {
        return tdx_bad_operand(c->m, TDX_R8, x2apic_id, TDX_CAUSE_TOO_HIGH,
                               UINT32_MAX);
    }
    return claim_x2apic_id(td, x2apic_id, index, true);
}

/* TD life cycle 5.3 */
static TdxStatus tdh_vp_init(TdxCall *c)
{
    VP_REF(vp);
    TD_REF(td);
    TdxStatus status;
    uint32_t index;

    status = tdx_td_check_tsc_adjust(c) ?:
             tdx_check_version(c, 1) ?:
             tdx_vp_lock(&vp, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RCX) ?:
             tdx_td_lock_owner(&td, &vp.page,
                               c->version ? TDX_LOCK_TYPE_EXCLUSIVE
                                          : TDX_LOCK_TYPE_SHARED) ?:
             tdx_td_check_state(&td, TD_OPS_BUILD) ?:
             tdx_vp_map(&vp, &td) ?:
             tdx_vp_check_complete(&vp, &td) ?:
             tdx_require(vp.tdvps->state == TDX_VCPU_UNINITIALIZED,
                         tdx_fails(vp.m, tdx_op(TDX_VCPU_STATE_INCORRECT,
                                                vp.tdvps->state),
                                   "vCPU", vp.hpa, TDX_CAUSE_VCPU_STATE,
                                   vp.tdvps->state)) ?:
             tdx_vp_map_vmcs(&vp);
    if (status) {
        return status;
    }
    index = __atomic_fetch_add(&td.tdcs->num_vcpus, 1, __ATOMIC_SEQ_CST);
    status = identify(c, &td, index);
    if (status) {
        __atomic_fetch_sub(&td.tdcs->num_vcpus, 1, __ATOMIC_SEQ_CST);
        return status;
    }
    if (c->version == 0) {
        __atomic_fetch_and(&td.tdcs->td_flags,
                           ~(TDX_TD_TOPOLOGY_ENUM_CONFIGURED |
                             TDX_TD_VE_REDUCTION_VALID), __ATOMIC_SEQ_CST);
    }
    vp.tdvps->x2apic_id = c->version ? c->gpr[TDX_R8] : NO_X2APIC_ID;
    vp.tdvps->exit_tsc = c->m->ops->tsc(c->m->opaque, c->lp);
    status = tdx_vp_reset(c, &vp, &td, index, c->gpr[TDX_RDX]);
    if (status) {
        __atomic_fetch_sub(&td.tdcs->num_vcpus, 1, __ATOMIC_SEQ_CST);
        return status;
    }
    return tdx_vp_associate(c, &vp, &td);
}

const TdxLeaf tdx_leaf_TDH_VP_INIT = {
    TDX_LEAF_ID(TDH_VP_INIT),
    .what = "Initialise a vCPU",
    .max_version = 1,
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdvpr" }, { TDX_RDX, "initial_rcx" },
            { TDX_R8, "x2apic_id" } },
    .handler = tdh_vp_init,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        { TDX_INCONSISTENT_MSR,
          "IA32_TSC_ADJUST differs from what it was at TDH.SYS.INIT" },
        ANSWERS_VCPU,
        { TDX_MAX_VCPUS_EXCEEDED,
          "the TD has as many vCPUs as TD_PARAMS allows" },
        { TDX_X2APIC_ID_NOT_UNIQUE,
          "version 1: another vCPU has the x2APIC id" }
    ),
};
