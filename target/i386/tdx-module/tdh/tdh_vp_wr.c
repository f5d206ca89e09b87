/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.WR: write a metadata field of a vCPU.
 */

#include "../metadata/td-fields.h"
#include "answers.h"

#define PI_VECTOR_MAX    0xffULL
#define PI_DESC_SIZE     64
#define NOT_INITIALIZED(field) \
    tdx_op(TDX_TD_VMCS_FIELD_NOT_INITIALIZED, tdx_field_code(field))

static TdxStatus store(uint64_t *field, uint64_t value)
{
    __atomic_store_n(field, value, __ATOMIC_SEQ_CST);
    return TDX_SUCCESS;
}

static TdxStatus store_if(bool valid, uint64_t *field, uint64_t value)
{
    return valid ? store(field, value) : TDX_METADATA_FIELD_VALUE_NOT_VALID;
}

/* Posted interrupts need a vector and a descriptor first */
static TdxStatus set_pin_controls(TdxTdvps *vp, uint64_t value)
{
    TdxStatus status;

    if (value & TDX_PIN_POSTED_INTERRUPTS) {
        status = tdx_require(vp->pi_vector != TDX_PI_VECTOR_NONE,
                             NOT_INITIALIZED(VP_FIELD_PI_VECTOR)) ?:
                 tdx_require(vp->pi_desc_addr != TDX_PI_DESC_ADDR_NONE,
                             NOT_INITIALIZED(VP_FIELD_PI_DESC_ADDR));
        if (status) {
            return status;
        }
    }
    return store(&vp->pin_controls, value);
}

static TdxStatus set_field(const TdxVpRef *ref, const TdxFieldWrite *write)
{
    const TdxModule *m = ref->m;
    TdxTdvps *vp = ref->tdvps;
    uint64_t value = write->new;

    switch (write->field->id) {
    case VP_FIELD_PI_VECTOR:
        return store_if(value <= PI_VECTOR_MAX, &vp->pi_vector, value);
    case VP_FIELD_PI_DESC_ADDR:
        return store_if(tdx_shared_hpa_ok(m, value, PI_DESC_SIZE,
                                          PI_DESC_SIZE),
                        &vp->pi_desc_addr, value);
    case VP_FIELD_SHARED_EPTP:
        return store_if(tdx_shared_hpa_ok(m, value, TDX_PAGE_4K,
                                          TDX_PAGE_4K),
                        &vp->shared_eptp, value);
    case VP_FIELD_PIN_CONTROLS:
        return set_pin_controls(vp, value);
    case VP_FIELD_SECONDARY:
        return store(&vp->secondary_controls, value);
    case VP_FIELD_NOTIFY_WINDOW:
        return store(&vp->notify_window, value);
    case VP_FIELD_PEND_NMI:
        return store(&vp->pend_nmi, value);
    default:
        return TDX_METADATA_FIELD_NOT_WRITABLE;
    }
}

/* TD life cycle 5.5 */
static TdxStatus tdh_vp_wr(TdxCall *c)
{
    uint64_t value = c->gpr[TDX_R8];
    TdxFieldWrite write;
    VP_REF(vp);
    TD_REF(td);
    TdxStatus status;

    c->gpr[TDX_R8] = 0;

    status = tdx_vp_open(c, &vp, &td, c->gpr[TDX_RCX], TD_OPS_WRITE,
                         TDX_VCPU_READY) ?:
             tdx_td_field_write(c, &tdx_vp_fields, &vp, c->gpr[TDX_RDX], value,
                                c->gpr[TDX_R9], &write);
    if (status) {
        return status;
    }
    status = set_field(&vp, &write);
    if (!status) {
        c->gpr[TDX_R8] = write.old;
    }
    return status;
}

const TdxLeaf tdx_leaf_TDH_VP_WR = {
    TDX_LEAF_ID(TDH_VP_WR),
    .what = "Write a metadata field of a vCPU",
    .missing = "Fields that only the owner of a debugged TD may set are not "
               "writable.",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "tdvpr" }, { TDX_RDX, "field" },
            { TDX_R8, "value" }, { TDX_R9, "mask" } },
    .out = { { TDX_R8, "old_value", TDX_ZERO } },
    .fields = &tdx_vp_fields,
    .handler = tdh_vp_wr,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_VCPU,
        ANSWERS_FIELD_WRITE,
        { TDX_TD_VMCS_FIELD_NOT_INITIALIZED,
          "posted interrupts need a vector and a descriptor first" }
    ),
};
