/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.WR: write a metadata field of a TD.
 */

#include "../metadata/td-fields.h"
#include "answers.h"

static TdxStatus set_hp_lock_timeout(TdxTdcs *tdcs, const TdxFieldWrite *write)
{
    TdxStatus status;

    status = tdx_require(write->mask == UINT64_MAX,
                         TDX_METADATA_WR_MASK_NOT_VALID) ?:
             tdx_require(write->new >= TDX_MIN_HP_LOCK_TIMEOUT &&
                         write->new <= TDX_MAX_HP_LOCK_TIMEOUT,
                         TDX_METADATA_FIELD_VALUE_NOT_VALID);
    if (status) {
        return status;
    }
    __atomic_store_n(&tdcs->hp_lock_timeout, write->new, __ATOMIC_SEQ_CST);
    return TDX_SUCCESS;
}

static TdxStatus set_field(TdxTdRef *td, const TdxFieldWrite *write)
{
    switch (write->field->id) {
    case TD_FIELD_HP_LOCK_TIMEOUT:
        return set_hp_lock_timeout(td->tdcs, write);
    case TD_FIELD_VM_CTLS:
        __atomic_store_n(&td->tdcs->vm_ctls[write->index], write->new,
                         __ATOMIC_SEQ_CST);
        return TDX_SUCCESS;
    default:
        return TDX_METADATA_FIELD_NOT_WRITABLE;
    }
}

/* TD life cycle 4.5 */
static TdxStatus tdh_mng_wr(TdxCall *c)
{
    uint64_t value = c->gpr[TDX_R8];
    uint64_t id = c->gpr[TDX_RDX];
    TdxFieldWrite write;
    TD_REF(td);
    TdxStatus status;

    c->gpr[TDX_R8] = 0;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_SHARED,
                         TDX_RCX) ?:
             tdx_td_check_state(&td, TD_OPS_WRITE);
    if (status) {
        return status;
    }
    if (tdx_field_class(id) == TD_CLASS_CPUID) {
        return tdx_td_cpuid_write(c, id);
    }
    status = tdx_td_field_write(&(TdxFieldScope) {
                                tdx_field_features(c->m), &tdx_td_fields, &td,
                                tdx_td_field_host(&td),
                            }, id, value, c->gpr[TDX_R9], &write);
    if (status) {
        return status;
    }
    status = set_field(&td, &write);
    if (!status) {
        c->gpr[TDX_R8] = write.old;
    }
    return status;
}

const TdxLeaf tdx_leaf_TDH_MNG_WR = {
    TDX_LEAF_ID(TDH_MNG_WR),
    .what = "Write a metadata field of a TD",
    .missing = "Fields that only the owner of a debugged TD may set are not "
               "writable.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdr" }, { TDX_RDX, "field" }, { TDX_R8, "value" },
            { TDX_R9, "mask" } },
    .out = { { TDX_R8, "old_value", TDX_ZERO } },
    .fields = &tdx_td_fields,
    .handler = tdh_mng_wr,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_STATE,
        ANSWERS_FIELD_WRITE,
        { TDX_METADATA_FIELD_NOT_READABLE,
          "a CPUID value of the TD that the host may not see" },
        { TDX_METADATA_WR_MASK_NOT_VALID,
          "the field can be written as a whole only" }
    ),
};
