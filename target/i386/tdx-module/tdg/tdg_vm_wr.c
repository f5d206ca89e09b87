/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDG.VM.WR: write a metadata field of the TD.
 */

#include "answers.h"
#include "field.h"

/* Another vCPU has changed the field meanwhile */
static TdxStatus exchange(uint64_t *field, uint64_t old, uint64_t new)
{
    return tdx_require(__atomic_compare_exchange_n(field, &old, new, false,
                                                   __ATOMIC_SEQ_CST,
                                                   __ATOMIC_SEQ_CST),
                       tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_METADATA_FIELD));
}

/* TDCALL 5.1, "write rules of TD_CTLS" */
static TdxStatus set_td_ctls(TdxTdcs *tdcs, uint64_t new)
{
    const uint64_t implied = TDX_TD_CTLS_ENUM_TOPOLOGY |
                             TDX_TD_CTLS_VIRT_CPUID2;
    uint64_t old = tdx_td_ctls_of(tdcs);
    bool flexible = tdcs->config_flags & TDX_CONFIG_FLEXIBLE_PENDING_VE;
    uint32_t flags = __atomic_load_n(&tdcs->td_flags, __ATOMIC_SEQ_CST);
    TdxStatus status;

    status = tdx_require(!(old & TDX_TD_CTLS_LOCK) || new == old,
                         TDX_METADATA_FIELD_VALUE_NOT_VALID) ?:
             tdx_require(flexible || !((new ^ old) &
                                       TDX_TD_CTLS_PENDING_VE_DISABLE),
                         TDX_METADATA_FIELD_VALUE_NOT_VALID);
    if (status) {
        return status;
    }
    if (new & TDX_TD_CTLS_REDUCE_VE) {
        new |= implied;
    }
    status = tdx_require(!(new & TDX_TD_CTLS_ENUM_TOPOLOGY) ||
                         flags & TDX_TD_TOPOLOGY_ENUM_CONFIGURED,
                         TDX_METADATA_FIELD_VALUE_NOT_VALID) ?:
             tdx_require(!(new & ~TDX_TD_CTLS_KNOWN),
                         TDX_METADATA_FIELD_VALUE_NOT_VALID) ?:
             exchange(&tdcs->td_ctls, old, new);
    if (!status) {
        tdx_td_flags_update(tdcs);
    }
    return status;
}

static TdxStatus set_feature_paravirt(TdxCall *c, uint64_t new)
{
    TdxTdcs *tdcs = c->exit->tdcs;
    uint64_t old = __atomic_load_n(&tdcs->feature_paravirt, __ATOMIC_SEQ_CST);
    TdxStatus status = tdx_require(!tdx_tdg_locked(c) || new == old,
                                   TDX_METADATA_FIELD_VALUE_NOT_VALID) ?:
                       exchange(&tdcs->feature_paravirt, old, new);

    if (!status) {
        tdx_td_flags_update(tdcs);
    }
    return status;
}

static TdxStatus set_field(TdxCall *c, const TdxFieldWrite *write)
{
    TdxTdcs *tdcs = c->exit->tdcs;

    switch (write->field->id) {
    case TD_FIELD_NOTIFY_ENABLES:
        return exchange(&tdcs->notify_enables, write->old, write->new);
    case TD_FIELD_TD_CTLS:
        return set_td_ctls(tdcs, write->new);
    case TD_FIELD_FEATURE_PARAVIRT:
        return set_feature_paravirt(c, write->new);
    default:
        return TDX_METADATA_FIELD_NOT_WRITABLE;
    }
}

/* TDCALL 4.8 */
static TdxStatus tdg_vm_wr(TdxCall *c)
{
    TdxFieldScope scope = tdx_tdg_td_scope(c);
    uint64_t value = c->gpr[TDX_R8];

    c->gpr[TDX_R8] = 0;
    return tdx_require(!c->gpr[TDX_RCX],
                       tdx_op(TDX_OPERAND_INVALID, TDX_RCX)) ?:
           tdx_require(!tdx_tdg_hidden_field(c, c->gpr[TDX_RDX]),
                       TDX_METADATA_FIELD_NOT_WRITABLE) ?:
           tdx_tdg_field_write(c, &scope, value, set_field);
}

const TdxLeaf tdx_leaf_TDG_VM_WR = {
    TDX_LEAF_ID(TDG_VM_WR),
    .what = "Write a metadata field of the TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "zero" }, { TDX_RDX, "field" }, { TDX_R8, "value" },
            { TDX_R9, "mask" } },
    .out = { { TDX_R8, "old_value", TDX_ZERO } },
    .fields = &tdx_td_fields,
    .handler = tdg_vm_wr,
    .answers = TDX_ANSWERS(
        { TDX_OPERAND_INVALID, "RCX is not zero" },
        ANSWERS_GUEST_FIELD_WRITE,
        { TDX_OPERAND_BUSY, "another vCPU writes the field" },
        { TDX_SUCCESS }
    ),
};
