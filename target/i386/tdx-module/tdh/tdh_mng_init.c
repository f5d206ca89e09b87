/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.INIT: initialise a TD from TD_PARAMS.
 */

#include "../td/msr.h"
#include "../td/td-params.h"
#include "answers.h"

/* RCX bit 0: R8 has a list of event filters */
#define RCX_EVENT_FILTERS 1ULL

/* The bits of RCX that are no address */
static uint64_t rcx_flags(const TdxModule *m)
{
    return m->cfg.features0 & TDX_FEATURES0_EVENT_FILTERING
           ? RCX_EVENT_FILTERS : 0;
}

/* TD life cycle 4.4 */
static TdxStatus tdh_mng_init(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint64_t td_params = c->gpr[TDX_RDX];
    TdxTdcsMeasurement *measurement;
    TdxTdParams params;
    TD_REF(td);
    TdxStatus status;

    c->gpr[TDX_RCX] = 0;

    status = tdx_td_check_cpuid_limit(c) ?:
             tdx_td_lock(&td, c, rcx & ~rcx_flags(m),
                         TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX) ?:
             tdx_td_check_state_nolock(&td, TD_OP(UNINITIALIZED)) ?:
             tdx_check_shared_hpa(m, td_params, TDX_TD_PARAMS_SIZE,
                                  TDX_TD_PARAMS_SIZE, TDX_RDX);
    if (status) {
        return status;
    }
    tdx_td_params_load(m, td_params, &params);
    status = tdx_td_params_apply(c, &td, &params, rcx & RCX_EVENT_FILTERS,
                                 c->gpr[TDX_R8], &c->gpr[TDX_RCX]);
    status = status ?:
             tdx_td_guest_cpuid_settle(&td) ?:
             tdx_td_msr_bitmap_fill(&td);
    if (status) {
        return status;
    }
    measurement = tdx_td_tdcs_page(&td, TDX_TDCS_MEASUREMENT);
    if (!measurement) {
        return tdx_td_no_content(m, td.tdr, "a TDCS page has no memory");
    }
    tdx_mrtd_init(&measurement->mrtd);
    tdx_td_begin_build(&td);
    tdx_td_set_op_state(&td, TDX_OP_INITIALIZED);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MNG_INIT = {
    TDX_LEAF_ID(TDH_MNG_INIT),
    .what = "Initialise a TD from TD_PARAMS",
    .missing = "Event filters are checked and forgotten.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" }, { TDX_RDX, "td_params" },
            { TDX_R8, "event_filters" } },
    .out = { { TDX_RCX, "cpuid_leaf", TDX_ZERO } },
    .handler = tdh_mng_init,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        { TDX_LIMIT_CPUID_MAXVAL_SET, "IA32_MISC_ENABLE limits CPUID" },
        ANSWERS_TD_STATE,
        { TDX_INCONSISTENT_MSR,
          "IA32_TSC_ADJUST differs from what it was at TDH.SYS.INIT" },
        { TDX_INCORRECT_MSR_VALUE,
          "an MSR has not what a feature of the TD needs" },
        { TDX_OP(TDX_OPERAND_INVALID, TDX_OPERAND_CPUID_CONFIG),
          "a CPUID value cannot be configured so: the leaf is in RCX",
          TDX_FAULT_NOWHERE },
        { TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED,
          "the topology cannot be described in CPUID 0x1f" },
        { TDX_EVENT_FILTER_INVALID, "an event filter is not valid" },
        { TDX_EVENT_FILTER_ORDER_INVALID,
          "event filters are not in ascending order" }
    ),
};
