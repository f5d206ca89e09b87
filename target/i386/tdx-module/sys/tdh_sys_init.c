/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.INIT (33): start the module.
 */

#include "../tdx-internal.h"
#include "cpuid.h"

#define MSR_IA32_TSC_ADJUST 0x3b

/* Life cycle 3 */
uint64_t tdh_sys_init(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    TDX_LOCK_GUARD(global);

    c->gpr[TDX_RCX] = 0;
    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R8] = 0;
    c->gpr[TDX_R9] = 0;
    c->gpr[TDX_R10] = 0;

    if (c->version > 1) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    if (!tdx_guard_try(&global, &m->st.global_lock, TDX_LOCK_TYPE_EXCLUSIVE)) {
        return TDX_SYS_BUSY;
    }
    if (rcx) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    if (tdx_sys_state(m) != TDX_SYSINIT_PENDING) {
        return TDX_SYS_INIT_NOT_PENDING;
    }
    tdx_sample_cpuid(m, c->lp);
    m->ops->rdmsr(m->opaque, c->lp, MSR_IA32_TSC_ADJUST, &m->st.tsc_adjust);
    tdx_set_sys_state(m, TDX_SYSINIT_DONE);
    return TDX_SUCCESS;
}
