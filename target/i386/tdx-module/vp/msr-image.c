/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a vCPU's pages keep its MSRs.
 */

#include "../../x86-defs/msr-list.h"
#include "msr-image.h"

static const struct {
    uint32_t first;
    uint32_t n;
} images[] = {
#define TDX_MSR_IMAGE(msr, n, wr) { msr, n },
#include "msr-image-list.h"
#undef TDX_MSR_IMAGE
};

/* MSRs that no processor of the model has are kept by their place above */
static uint64_t *pmu_image(TdxTdvps *tdvps, uint32_t msr)
{
    unsigned at = 0;

    for (unsigned i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        if (msr - images[i].first < images[i].n) {
            at += msr - images[i].first;
            return at < TDX_NUM_PMU_IMAGES ? &tdvps->pmu[at] : NULL;
        }
        at += images[i].n;
    }
    return NULL;
}

uint64_t *tdx_vp_msr_image(TdxTdvps *tdvps, uint32_t msr)
{
    X86VcpuState *guest = &tdvps->guest;

    switch (msr) {
    case 0x34:
        return &tdvps->smi_count;
    case X86_MSR_SPEC_CTRL:
        return &guest->spec_ctrl;
    case X86_MSR_UMWAIT_CONTROL:
        return &guest->umwait_control;
    case X86_MSR_TSX_CTRL:
        return &guest->tsx_ctrl;
    case X86_MSR_MISC_ENABLE:
        return &tdvps->misc_enable;
    case X86_MSR_XFD:
        return &guest->xfd;
    case X86_MSR_XFD_ERR:
        return &guest->xfd_err;
    case X86_MSR_DS_AREA:
        return &guest->ds_area;
    case X86_MSR_XSS:
        return &guest->xss;
    case X86_MSR_LBR_DEPTH:
        return &tdvps->lbr_depth;
    case X86_MSR_UARCH_MISC_CTL:
        return &guest->uarch_misc_ctl;
    case X86_MSR_STAR:
        return &guest->star;
    case X86_MSR_LSTAR:
        return &guest->lstar;
    case X86_MSR_FMASK:
        return &guest->fmask;
    case X86_MSR_KERNEL_GS_BASE:
        return &guest->kernel_gs_base;
    case X86_MSR_TSC_AUX:
        return &guest->tsc_aux;
    default:
        return pmu_image(tdvps, msr);
    }
}
