/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VM.RD: read a metadata field of the TD.
 */

#include "answers.h"
#include "field.h"

/* TDCALL 4.8 */
static TdxStatus tdg_vm_rd(TdxCall *c)
{
    TdxFieldScope scope = tdx_tdg_td_scope(c);
    uint64_t id = c->gpr[TDX_RDX];

    c->gpr[TDX_R8] = 0;
    if (c->version) {
        c->gpr[TDX_RDX] = TDX_FIELD_ID_NONE;
    }
    return tdx_require(c->version <= 1,
                       tdx_op(TDX_OPERAND_INVALID, TDX_RAX)) ?:
           tdx_require(!c->gpr[TDX_RCX],
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
           tdx_require(!tdx_tdg_hidden_field(c, id),
                       TDX_METADATA_FIELD_NOT_READABLE) ?:
           tdx_td_field_read(&scope, id, c->version ? &c->gpr[TDX_RDX] : NULL,
                         &c->gpr[TDX_R8]);
}

const TdxLeaf tdx_leaf_TDG_VM_RD = {
    TDX_LEAF_ID(TDG_VM_RD),
    .what = "Read a metadata field of the TD",
    .max_version = 1,
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "zero" }, { TDX_RDX, "field" } },
    .out = { { TDX_RDX, "next_field", TDX_ONES_V1 },
             { TDX_R8, "value", TDX_ZERO } },
    .fields = &tdx_td_fields,
    .handler = tdg_vm_rd,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "an operand is reserved" },
        ANSWERS_GUEST_FIELD_READ,
        { TDX_SUCCESS }
    ),
};
