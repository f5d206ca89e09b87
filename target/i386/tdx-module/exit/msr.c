/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RDMSR and WRMSR of a TD's guest that its MSR bitmap lets exit (TD CPU 2).
 */

#include "../td/msr.h"
#include "msr-special.h"

static TdxExitEnd ve(TdxExit *e, TdxVeCategory category)
{
    return tdx_exit_inject_ve(e, category, 0);
}

TdxExitEnd tdx_exit_msr_reducible(TdxExit *e)
{
    return tdx_exit_reduce_ve(e) ? tdx_exit_inject_gp(e)
                                 : ve(e, TDX_VE_CONFIGURABLE);
}

static TdxExitEnd access_msr(TdxExit *e, bool write)
{
    uint32_t msr = e->gpr[TDX_RCX];
    TdxMsrRule rule;

    if (!tdx_td_msr_bitmapped(msr)) {
        return ve(e, TDX_VE_PARAVIRT);
    }
    rule = tdx_td_msr_rule(msr, write);
    switch ((TdxMsrRuleKind)rule.kind) {
    case TDX_MSR_REDUCIBLE:
        return tdx_exit_msr_reducible(e);
    case TDX_MSR_DIRECT:
        if (tdx_td_msr_has(e->m, e->tdcs, rule.arg)) {
            return tdx_exit_impossible(e, "the MSR bitmap of a TD has changed");
        }
        return tdx_exit_inject_gp(e);
    case TDX_MSR_VE:
        return ve(e, TDX_VE_PARAVIRT);
    case TDX_MSR_GP:
        return tdx_exit_inject_gp(e);
    case TDX_MSR_FLAG:
        return tdx_td_flag(e->tdcs, rule.arg) ? ve(e, TDX_VE_CONFIGURABLE)
                                          : tdx_exit_inject_gp(e);
    case TDX_MSR_SPECIAL:
        break;
    }
    return write ? tdx_exit_wrmsr_special(e, rule.arg, msr)
                 : tdx_exit_rdmsr_special(e, rule.arg, msr);
}

TdxExitEnd tdx_exit_rdmsr(TdxExit *e)
{
    return access_msr(e, false);
}

TdxExitEnd tdx_exit_wrmsr(TdxExit *e)
{
    return access_msr(e, true);
}
