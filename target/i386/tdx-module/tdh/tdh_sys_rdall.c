/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.RDALL: dump the metadata fields of the module.
 */

#include "../core/call.h"
#include "../metadata/engine.h"
#include "answers.h"

/* RDALL, metadata 3 */
static TdxStatus tdh_sys_rdall(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t buffer_hpa = c->gpr[TDX_RDX];
    uint64_t start = c->gpr[TDX_R8]; /* its context does not matter */
    uint8_t buf[TDX_PAGE_4K];
    const TdxField *f;
    unsigned index;
    size_t used;
    TdxStatus status;

    c->gpr[TDX_R8] = TDX_FIELD_ID_NONE;

    status = tdx_check_lp_init(c) ?:
             tdx_check_shared_hpa(m, buffer_hpa, sizeof(buf), sizeof(buf),
                                  TDX_RDX) ?:
             tdx_require(tdx_field_dump_start(&tdx_sys_fields,
                                              tdx_field_features(m), start, &f,
                                              &index),
                         TDX_METADATA_FIELD_ID_INCORRECT);
    if (status) {
        return status;
    }
    /* The host's bytes stay where no element is written */
    tdx_read_shared(m, buffer_hpa, buf, sizeof(buf));
    c->gpr[TDX_R8] = tdx_field_dump(&tdx_sys_fields, tdx_field_features(m), m,
                                    false, f, index, buf, sizeof(buf), &used);
    tdx_write_shared(m, buffer_hpa, buf, used);
    return c->gpr[TDX_R8] == TDX_FIELD_ID_NONE ? TDX_SUCCESS
                                               : TDX_METADATA_LIST_OVERFLOW;
}

const TdxLeaf tdx_leaf_TDH_SYS_RDALL = {
    TDX_LEAF_ID(TDH_SYS_RDALL),
    .what = "Write all metadata fields of the module to memory",
    .states = TDX_WHEN_UP,
    .since_1_5 = true,
    .in = { { TDX_RDX, "buffer" }, { TDX_R8, "field" } },
    .out = { { TDX_R8, "next_field", TDX_ONES } },
    .fields = &tdx_sys_fields,
    .handler = tdh_sys_rdall,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_LP_INIT,
        { TDX_OPERAND_INVALID, "the address cannot be used" },
        { TDX_METADATA_FIELD_ID_INCORRECT,
          "the dump cannot begin with the field" },
        { TDX_METADATA_LIST_OVERFLOW,
          "the buffer is full: the output says where to go on",
          TDX_FAULT_NOWHERE }
    ),
};
