/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.WR (13): write a metadata field of a TD.
 */

#include "td-fields.h"

/* VM_CTLS_FIXED0: the bits that may be one */
#define VM_CTLS_FIXED0 0x1ULL

static uint64_t set_field(TdxTdRef *td, const TdxField *f, uint64_t value)
{
    switch (f->id) {
    case TD_FIELD_HP_LOCK_TIMEOUT:
        __atomic_store_n(&td->tdcs->hp_lock_timeout, value, __ATOMIC_SEQ_CST);
        return TDX_SUCCESS;
    case TD_FIELD_VM_CTLS:
        if (value & ~VM_CTLS_FIXED0) {
            return TDX_METADATA_FIELD_VALUE_NOT_VALID;
        }
        __atomic_store_n(&td->tdcs->vm_ctls, value, __ATOMIC_SEQ_CST);
        return TDX_SUCCESS;
    default:
        return TDX_METADATA_FIELD_NOT_WRITABLE;
    }
}

/* TD life cycle 4.5 */
uint64_t tdh_mng_wr(TdxCall *c)
{
    uint64_t value = c->gpr[TDX_R8];
    const TdxField *f;
    uint64_t old, new;
    TD_REF(td);
    uint64_t status;

    c->gpr[TDX_R8] = 0;

    status = td_lock(&td, c, c->gpr[TDX_RCX], TDX_LOCK_TYPE_SHARED,
                     TDX_RCX);
    if (status) {
        return status;
    }
    status = td_check_state(&td, TD_OPS_WRITE);
    if (status) {
        return status;
    }
    status = td_field_write(c, &tdx_td_fields, &td, c->gpr[TDX_RDX], value,
                            c->gpr[TDX_R9], &f, &old, &new);
    if (status) {
        return status;
    }
    status = set_field(&td, f, new);
    if (!status) {
        c->gpr[TDX_R8] = old;
    }
    return status;
}
