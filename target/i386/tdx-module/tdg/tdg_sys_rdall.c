/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.SYS.RDALL: dump the metadata fields of the module that guests may read.
 */

#include "answers.h"
#include "field.h"

/* TDCALL 4.10 */
static TdxStatus tdg_sys_rdall(TdxCall *c)
{
    uint64_t start = c->gpr[TDX_R8];
    uint8_t page[TDX_PAGE_4K];
    uint64_t features0 = tdx_field_features(c->m);
    TdxGuestBuffer buffer;
    const TdxField *f;
    TdxStatus status;
    unsigned index;
    size_t used;

    c->gpr[TDX_R8] = TDX_FIELD_ID_NONE;
    status = tdx_tdcall_buffer(c, TDX_RDX, sizeof(page), true, false, &buffer);
    if (status) {
        return status;
    }
    if (!tdx_field_dump_start(&tdx_sys_fields, features0, start, &f,
                              &index)) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    tdx_tdcall_read(c, &buffer, page, sizeof(page));
    c->gpr[TDX_R8] = tdx_field_dump(&tdx_sys_fields, features0, c->m, true, f,
                                    index, page, sizeof(page), &used);
    tdx_tdcall_write(c, &buffer, page, used);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDG_SYS_RDALL = {
    TDX_LEAF_ID(TDG_SYS_RDALL),
    .what = "Dump the module's metadata",
    .states = TDX_WHEN_READY,
    .since_1_5 = true,
    .in = { { TDX_RDX, "buffer" }, { TDX_R8, "field" } },
    .out = { { TDX_R8, "next_field", TDX_ONES } },
    .fields = &tdx_sys_fields,
    .handler = tdg_sys_rdall,
    .answers = TDX_ANSWERS(
        ANSWERS_BUFFER,
        ANSWERS_GUEST_FIELD_ID,
        { TDX_SUCCESS }
    ),
};
