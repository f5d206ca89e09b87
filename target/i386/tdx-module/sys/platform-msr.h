/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading the caller's MSRs.
 */

#ifndef TDX_SYS_PLATFORM_MSR_H
#define TDX_SYS_PLATFORM_MSR_H

#include "../core/call.h"

/* An MSR of the calling LP; zero where the machine does not have it */
static inline uint64_t tdx_msr(const TdxCall *c, uint32_t msr)
{
    uint64_t value;

    return c->m->ops->rdmsr(c->m->opaque, c->lp, msr, &value) ? value : 0;
}

#endif /* TDX_SYS_PLATFORM_MSR_H */
