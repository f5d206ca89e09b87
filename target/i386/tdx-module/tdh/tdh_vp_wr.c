/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.VP.WR: write a metadata field of a vCPU.
 */

#include "../../x86-defs/vmx-controls-list.h"
#include "../../x86-defs/msr-bits.h"
#include "../metadata/td-fields.h"
#include "../sys/platform.h"
#include "../vp/msr-image.h"
#include "../vp/vmcs-field.h"
#include "../vp/vmcs-init.h"
#include "answers.h"

#define PI_VECTOR_MAX    0xffULL
#define PI_DESC_SIZE     64
#define NOT_INITIALIZED(field) tdx_op(TDX_TD_VMCS_FIELD_NOT_INITIALIZED, field)

/* A field that names a structure of the host */
static TdxStatus check_host_address(const TdxModule *m, uint64_t value,
                                    uint64_t size)
{
    return tdx_require(tdx_shared_hpa_ok(m, value, size, size),
                       TDX_METADATA_FIELD_VALUE_NOT_VALID);
}

/* Posted interrupts need a vector and a descriptor first */
static TdxStatus check_pin_controls(const X86Vmcs *v, uint64_t value)
{
    if (!(value & X86_VMX_PIN_POSTED_INTERRUPTS)) {
        return TDX_SUCCESS;
    }
    return tdx_require(v->posted_intr_vector != TDX_PI_VECTOR_NONE,
                       NOT_INITIALIZED(X86_VMCS_POSTED_INTR_VECTOR)) ?:
           tdx_require(v->posted_intr_desc_addr != TDX_PI_DESC_ADDR_NONE,
                       NOT_INITIALIZED(X86_VMCS_POSTED_INTR_DESC_ADDR));
}

/* What the processor allows, and a log needs a page */
static TdxStatus check_proc2_controls(const TdxVpRef *vp, uint64_t value)
{
    uint32_t allowed =
        tdx_common_msr(vp->m, X86_MSR_VMX_PROCBASED_CTLS2) >> 32;
    const X86Vmcs *v = vp->vmcs;

    return tdx_require(!(value & ~v->proc2_controls & ~allowed) &&
                       !(value & X86_VMX_PROC2_PML && v->pml_addr ==
                         UINT64_MAX),
                       TDX_METADATA_FIELD_VALUE_NOT_VALID);
}

static TdxStatus check_vmcs_field(const TdxVpRef *vp, uint32_t encoding,
                                  uint64_t value)
{
    switch (encoding) {
    case X86_VMCS_POSTED_INTR_VECTOR:
        return tdx_require(value <= PI_VECTOR_MAX,
                           TDX_METADATA_FIELD_VALUE_NOT_VALID);
    case X86_VMCS_POSTED_INTR_DESC_ADDR:
        return check_host_address(vp->m, value, PI_DESC_SIZE);
    case X86_VMCS_SHARED_EPT_POINTER:
    case X86_VMCS_PML_ADDR:
        return check_host_address(vp->m, value, TDX_PAGE_4K);
    case X86_VMCS_PIN_CONTROLS:
        return check_pin_controls(vp->vmcs, value);
    case X86_VMCS_PROC2_CONTROLS:
        return check_proc2_controls(vp, value);
    default:
        return TDX_SUCCESS;
    }
}

/* CR0 and CR4 as if the guest had written them; LMA follows from CR0 */
static TdxStatus set_cr(const TdxVpRef *vp, uint32_t encoding, uint64_t value)
{
    X86Vmcs *v = vp->vmcs;
    bool cr0 = encoding == X86_VMCS_GUEST_CR0;
    uint64_t mask = cr0 ? v->cr0_mask : v->cr4_mask & ~TDX_CR4_MCE;
    uint64_t shadow = cr0 ? v->cr0_shadow : v->cr4_shadow;
    uint64_t *cr = cr0 ? &v->guest_cr0 : &v->guest_cr4;

    if ((value ^ shadow) & mask) {
        return TDX_METADATA_FIELD_VALUE_NOT_VALID;
    }
    if (!cr0) {
        mask |= TDX_CR4_MCE;
        v->cr4_shadow = (v->cr4_shadow & ~TDX_CR4_MCE) |
                        (value & TDX_CR4_MCE);
    }
    *cr = (*cr & mask) | (value & ~mask);
    tdx_vp_update_lma(v);
    return TDX_SUCCESS;
}

static TdxStatus set_vmcs_field(const TdxVpRef *vp, uint32_t encoding,
                                uint64_t value)
{
    TdxStatus status = check_vmcs_field(vp, encoding, value);

    if (status) {
        return status;
    }
    if (encoding == X86_VMCS_GUEST_CR0 || encoding == X86_VMCS_GUEST_CR4) {
        return set_cr(vp, encoding, value);
    }
    tdx_vmcs_write(vp->vmcs, encoding, value);
    if (encoding == X86_VMCS_GUEST_EFER) {
        tdx_vp_update_lma(vp->vmcs);
    }
    return TDX_SUCCESS;
}

static TdxStatus set_field(const TdxVpRef *vp, const TdxFieldWrite *write)
{
    uint64_t value = write->new, *image;

    switch (tdx_field_class(write->field->id)) {
    case VP_CLASS_VMCS:
        return set_vmcs_field(vp, write->code, value);
    case VP_CLASS_GPRS:
        vp->tdvps->guest.gpr[write->code % TDX_NUM_GPRS] = value;
        return TDX_SUCCESS;
    case VP_CLASS_MSRS:
        image = tdx_vp_msr_image(vp->tdvps, tdx_vp_msr_of_code(write->code));
        *image = value;
        return TDX_SUCCESS;
    }
    switch (write->field->id) {
    case VP_FIELD_DR0:
        vp->tdvps->guest.dr[write->index % 4] = value;
        return TDX_SUCCESS;
    case VP_FIELD_DR6:
        vp->tdvps->guest.dr6 = value;
        return TDX_SUCCESS;
    case VP_FIELD_CR2:
        vp->tdvps->guest.cr2 = value;
        return TDX_SUCCESS;
    case VP_FIELD_PEND_NMI:
        __atomic_store_n(&vp->tdvps->pend_nmi, value, __ATOMIC_SEQ_CST);
        return TDX_SUCCESS;
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
             tdx_td_field_write(&(TdxFieldScope) {
                                tdx_field_features(c->m), &tdx_vp_fields, &vp,
                                tdx_td_field_host(&td),
                            }, c->gpr[TDX_RDX], value, c->gpr[TDX_R9],
                            &write) ?:
             set_field(&vp, &write);
    if (!status) {
        c->gpr[TDX_R8] = write.old;
    }
    return status;
}

const TdxLeaf tdx_leaf_TDH_VP_WR = {
    TDX_LEAF_ID(TDH_VP_WR),
    .what = "Write a metadata field of a vCPU",
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
