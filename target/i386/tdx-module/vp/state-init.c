/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a vCPU's registers outside of its VMCS begin with (TD running 2.3).
 */

#include <string.h>

#include "../../x86-defs/msr-bits.h"
#include "../sys/platform-msr.h"
#include "../td/guest-cpuid.h"
#include "vmcs-init.h"

#define DR6_INIT   0xffff0ff0ULL
#define XCR0_INIT  1
#define FMASK_INIT 0x20200ULL

/* XSAVES area: the header's second word says that it is compacted */
#define XSAVE_XCOMP_BV  520
#define XCOMP_COMPACTED (1ULL << 63)

/* CPUID 0x1C, EAX: depths of the LBR stack that the processor has, 8 to 64 */
#define LBR_DEPTHS    0xffu
#define LBR_DEPTH_UNIT 8

static uint64_t lbr_depth_max(const TdxModule *m)
{
    uint32_t depths = tdx_native_cpuid(m, X86_CPUID_LBR, TDX_CPUID_NO_SUBLEAF)
                      [TDX_CPUID_EAX] & LBR_DEPTHS;
    uint64_t depth = 0;

    for (; depths; depths >>= 1) {
        depth += LBR_DEPTH_UNIT;
    }
    return depth;
}

/* TD CPU 2.6 */
static uint64_t misc_enable(const TdxCall *c, const TdxTdcs *tdcs)
{
    uint64_t native = tdx_msr(c, X86_MSR_MISC_ENABLE);
    uint64_t value = native & (X86_MISC_ENABLE_FAST_STRINGS |
                               X86_MISC_ENABLE_BTS_UNAVAILABLE);

    if (tdcs->attributes & TDX_ATTR_PERFMON) {
        value |= X86_MISC_ENABLE_PERFMON;
    } else {
        value |= native & X86_MISC_ENABLE_PEBS_UNAVAILABLE;
    }
    if (tdx_td_flag(tdcs, TDX_FLAG_EST)) {
        value |= X86_MISC_ENABLE_EST;
    }
    if (tdx_td_flag(tdcs, TDX_FLAG_MONITOR)) {
        value |= X86_MISC_ENABLE_MONITOR_FSM;
    }
    return value;
}

TdxStatus tdx_vp_state_init(const TdxCall *c, TdxVpRef *vp, const TdxTdRef *td)
{
    const TdxModule *m = c->m;
    TdxTdvps *tdvps = vp->tdvps;
    X86VcpuState *guest = &tdvps->guest;
    const uint32_t *native = tdx_native_cpuid(m, X86_CPUID_FEATURES, 2);
    TdxTdcsVirtualCpus *cpus = tdx_td_tdcs_page(td, TDX_TDCS_VIRTUAL_CPUS);
    uint8_t *area = tdx_td_private(vp->m, td->tdr,
                                   tdvps->page[TDX_TDVPS_XSAVE], TDX_PAGE_4K);
    uint64_t xcomp_bv = XCOMP_COMPACTED;
    int fms = tdx_cpuid_index(X86_CPUID_FMS, 0);

    if (!cpus || !area) {
        return tdx_td_no_content(vp->m, td->tdr,
                                 "a page of a vCPU has no memory");
    }
    guest->gpr[TDX_RBX] = tdx_td_gpa_width(td->tdcs);
    guest->gpr[TDX_RCX] = tdvps->initial_rcx;
    guest->gpr[TDX_R8] = tdvps->initial_rcx;
    guest->gpr[TDX_RDX] = cpus->values[fms].reg[TDX_CPUID_EAX];
    guest->gpr[TDX_RSI] = tdvps->index;
    guest->dr6 = DR6_INIT;
    guest->xcr0 = XCR0_INIT;
    guest->fmask = FMASK_INIT;
    if (native[TDX_CPUID_EDX] & X86_CPUID_7_2_EDX_DDPD &&
        !tdx_td_flag(td->tdcs, TDX_FLAG_DDPD)) {
        guest->spec_ctrl = TDX_SPEC_CTRL_DDPD_U;
    }
    if (td->tdcs->xfam & TDX_XFAM_LBR) {
        tdvps->lbr_depth = lbr_depth_max(m);
    }
    for (unsigned vm = 0; vm <= td->tdcs->num_l2_vms; vm++) {
        tdvps->tsc_deadline[vm] = UINT64_MAX;
    }
    tdvps->misc_enable = misc_enable(c, td->tdcs);
    memcpy(area + XSAVE_XCOMP_BV, &xcomp_bv, sizeof(xcomp_bv));
    return TDX_SUCCESS;
}
