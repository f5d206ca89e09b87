/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a vCPU's pages keep its MSRs.
 */

#ifndef TDX_VP_MSR_IMAGE_H
#define TDX_VP_MSR_IMAGE_H

#include "tdvps.h"

/* The code of an MSR as metadata: two ranges of numbers, one after the other */
#define VP_MSR_HIGH     0xc0000000u
#define VP_MSR_RANGE    0x2000u
#define VP_MSR_CODE(msr) \
    ((msr) >= VP_MSR_HIGH ? (msr) - VP_MSR_HIGH + VP_MSR_RANGE : (msr))

static inline uint32_t tdx_vp_msr_of_code(uint32_t code)
{
    return code < VP_MSR_RANGE ? code : code - VP_MSR_RANGE + VP_MSR_HIGH;
}

/** tdx_vp_msr_image: where @msr is kept; NULL: nowhere */
uint64_t *tdx_vp_msr_image(TdxTdvps *tdvps, uint32_t msr);

#endif /* TDX_VP_MSR_IMAGE_H */
