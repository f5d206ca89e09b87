/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.INIT (21): initialise a TD from TD_PARAMS.
 */

#include "../td/td-params.h"

/* RCX bit 0: R8 has a list of event filters */
#define RCX_EVENT_FILTERS 1ULL

/* TD life cycle 4.4 */
uint64_t tdh_mng_init(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint64_t td_params = c->gpr[TDX_RDX];
    TdxTdcsMeasurement *measurement;
    TdxTdParams params;
    TD_REF(td);
    uint64_t status;

    c->gpr[TDX_RCX] = 0;

    status = td_check_cpuid_limit(c);
    if (status) {
        return status;
    }
    status = td_lock(&td, c, rcx & ~RCX_EVENT_FILTERS,
                     TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX);
    if (status) {
        return status;
    }
    status = td_check_state_nolock(&td, TD_OP(UNINITIALIZED));
    if (status) {
        return status;
    }
    if (!tdx_shared_hpa_ok(m, td_params, TDX_TD_PARAMS_SIZE,
                           TDX_TD_PARAMS_SIZE)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RDX);
    }
    td_params_load(m, td_params, &params);
    status = td_params_apply(c, &td, &params, rcx & RCX_EVENT_FILTERS,
                             c->gpr[TDX_R8], &c->gpr[TDX_RCX]);
    if (status) {
        return status;
    }
    measurement = td_tdcs_page(&td, TDX_TDCS_MEASUREMENT);
    if (!measurement) {
        return td_no_content(m, td.tdr, "a TDCS page has no memory");
    }
    tdx_mrtd_init(&measurement->mrtd);
    __atomic_fetch_add(&m->st.td_build_count, 1, __ATOMIC_SEQ_CST);
    td_set_op_state(&td, TDX_OP_INITIALIZED);
    return TDX_SUCCESS;
}
