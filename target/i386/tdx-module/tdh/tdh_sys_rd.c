/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.RD: read one metadata field of the module.
 */

#include "../core/call.h"
#include "../metadata/engine.h"
#include "answers.h"

/* SYS.RD, metadata 2 */
static TdxStatus tdh_sys_rd(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t *gpr = c->gpr;
    uint64_t id = gpr[TDX_RDX]; /* its context does not matter */
    const TdxField *f;
    unsigned index;
    TdxStatus status;

    gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    gpr[TDX_R8] = 0;

    status = tdx_check_lp_init(c);
    if (status) {
        return status;
    }
    if (tdx_field_id_is_null(id)) {
        f = tdx_field_first(&tdx_sys_fields, tdx_field_features(m));
        gpr[TDX_RDX] = tdx_field_id(f, 0);
        return TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT;
    }
    if (!tdx_field_id_is_single(id)) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    if (tdx_field_read(&m->sys_field_map, m, id, &gpr[TDX_RDX],
                       &gpr[TDX_R8])) {
        return TDX_SUCCESS;
    }
    return tdx_field_find(&tdx_sys_fields, tdx_field_features(m), id, &index)
           ? TDX_METADATA_FIELD_NOT_READABLE : TDX_METADATA_FIELD_ID_INCORRECT;
}

const TdxLeaf tdx_leaf_TDH_SYS_RD = {
    TDX_LEAF_ID(TDH_SYS_RD),
    .what = "Read a metadata field of the module",
    .states = TDX_WHEN_UP,
    .since_1_5 = true,
    .in = { { TDX_RDX, "field" } },
    .out = { { TDX_RDX, "next_field", TDX_ONES },
             { TDX_R8, "value", TDX_ZERO } },
    .fields = &tdx_sys_fields,
    .handler = tdh_sys_rd,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_LP_INIT,
        ANSWERS_FIELD_READ
    ),
};
