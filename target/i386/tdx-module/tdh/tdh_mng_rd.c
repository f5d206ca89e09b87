/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.RD: read a metadata field of a TD.
 */

#include "answers.h"
#include "field-read.h"

/* Where the table's next field is beyond CPUID_VALUES, these come first */
static void lead_into_cpuid(TdxCall *c, uint64_t id)
{
    if (tdx_field_class(id) < TD_CLASS_CPUID &&
        c->gpr[TDX_RDX] == tdx_td_first_id_from(c->m, TD_CLASS_CPUID)) {
        c->gpr[TDX_RDX] = tdx_td_cpuid_first_id(c->m);
    }
}

/* TD life cycle 4.5 */
static TdxStatus tdh_mng_rd(TdxCall *c)
{
    uint64_t id = c->gpr[TDX_RDX];
    TD_REF(td);
    TdxStatus status;

    tdx_field_nothing(c);
    status = tdx_check_version(c, 1) ?:
             tdx_td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_SHARED,
                         TDX_RCX) ?:
             tdx_td_check_state(&td, TD_OPS_READ);
    if (status) {
        return status;
    }
    if (tdx_field_class(id) == TD_CLASS_CPUID) {
        status = tdx_td_cpuid_read(c, &td, id);
    } else {
        status = tdx_field_table_read(c, &(TdxFieldScope) {
            tdx_field_features(c->m), &tdx_td_fields, &td,
            tdx_td_field_host(&td),
        }, id);
        if (c->version) {
            lead_into_cpuid(c, id);
        }
    }
    return tdx_field_read_end(c, &td, status);
}

const TdxLeaf tdx_leaf_TDH_MNG_RD = {
    TDX_LEAF_ID(TDH_MNG_RD),
    .what = "Read a metadata field of a TD",
    .missing = "Fields that only the owner of a debugged TD may see are not "
               "readable.",
    .max_version = 1,
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" }, { TDX_RDX, "field" } },
    .out = { { TDX_RDX, "next_field", TDX_ONES_V1 },
             { TDX_R8, "value", TDX_ZERO } },
    .fields = &tdx_td_fields,
    .handler = tdh_mng_rd,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        ANSWERS_FIELD_READ
    ),
};
