/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.INIT (33): start the module.
 */

#include "../abi/msr.h"
#include "../core/state.h"
#include "../sys/cpuid.h"
#include "../sys/platform-msr.h"
#include "../sys/platform.h"

/* R8 of version 1: where and how fatal errors are reported */
#define R8_RSVD_MASK     (0x3fULL | 3ULL << 52)
#define R8_LOG_HPA_MASK  0x000fffffffffffc0ULL /* all ones: no log */
#define R8_NOTIFY_SHIFT  54
#define R8_NOTIFY_MASK   3ULL
#define R8_VECTOR_SHIFT  56
#define LOG_LINE         64
#define NOTIFY_INTERRUPT 1
#define MIN_VECTOR       16 /* lower ones are exceptions */

/* Life cycle 3.9 */
static bool diagnostics_valid(const TdxModule *m, uint64_t r8)
{
    uint64_t log_hpa = r8 & R8_LOG_HPA_MASK;
    uint64_t notify = (r8 >> R8_NOTIFY_SHIFT) & R8_NOTIFY_MASK;

    if (r8 & R8_RSVD_MASK) {
        return false;
    }
    if (log_hpa != R8_LOG_HPA_MASK &&
        !tdx_shared_hpa_ok(m, log_hpa, LOG_LINE, LOG_LINE)) {
        return false;
    }
    return notify != NOTIFY_INTERRUPT || r8 >> R8_VECTOR_SHIFT >= MIN_VECTOR;
}

/* Life cycle 3 */
uint64_t tdh_sys_init(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint64_t r8 = c->gpr[TDX_R8];
    uint64_t canary, status;
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
    status = tdx_check_platform(c);
    if (status != TDX_SUCCESS) {
        return status;
    }
    if (!m->ops->random(m->opaque, &canary, sizeof(canary))) {
        return TDX_RND_NO_ENTROPY;
    }
    if (c->version == 1 && !diagnostics_valid(m, r8)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_R8);
    }
    tdx_sample_msrs(c);
    m->st.tsc_adjust = tdx_msr(c, TDX_MSR_TSC_ADJUST);
    __atomic_store_n(&m->st.num_init_lps, 0, __ATOMIC_SEQ_CST);
    m->st.num_init_pkgs = 0;
    m->st.pkg_config_bitmap = 0;
    tdx_set_sys_state(m, TDX_SYSINIT_DONE);
    return TDX_SUCCESS;
}
