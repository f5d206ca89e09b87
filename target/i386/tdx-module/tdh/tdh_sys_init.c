/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.INIT: start the module.
 */

#include "../../x86-defs/msr-bits.h"
#include "../core/call.h"
#include "../sys/cpuid.h"
#include "../sys/handoff.h"
#include "../sys/platform-msr.h"
#include "../sys/platform.h"
#include "answers.h"

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
static TdxStatus tdh_sys_init(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint64_t r8 = c->gpr[TDX_R8];
    TdxStatus status;
    uint64_t canary;
    TDX_LOCK_GUARD(global);

    c->gpr[TDX_RCX] = 0;
    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R8] = 0;
    c->gpr[TDX_R9] = 0;
    c->gpr[TDX_R10] = 0;

    status = tdx_check_version(c, 1) ?:
             tdx_take_global(&global, m, TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_require(!rcx, tdx_bad_operand(m, TDX_RCX, rcx,
                                               TDX_CAUSE_RESERVED_BITS, rcx)) ?:
             tdx_require(tdx_sys_state(m) == TDX_SYSINIT_PENDING,
                         TDX_SYS_INIT_NOT_PENDING);
    if (status) {
        return status;
    }
    tdx_sample_cpuid(m, c->lp);
    status = tdx_check_platform(c) ?:
             tdx_require(tdx_sigstruct_fits(m),
                         TDX_SYS_INCOMPATIBLE_SIGSTRUCT) ?:
             tdx_require(m->ops->random(m->opaque, &canary, sizeof(canary)),
                         TDX_RND_NO_ENTROPY) ?:
             tdx_require(c->version != 1 || diagnostics_valid(m, r8),
                         tdx_bad_operand(m, TDX_R8, r8, TDX_CAUSE_INVALID, 0));
    if (status) {
        return status;
    }
    tdx_sample_msrs(c);
    m->st.tsc_adjust = tdx_msr(c, X86_MSR_TSC_ADJUST);
    __atomic_store_n(&m->st.num_init_lps, 0, __ATOMIC_SEQ_CST);
    m->st.num_init_pkgs = 0;
    m->st.pkg_config_bitmap = 0;
    tdx_set_sys_state(m, TDX_SYSINIT_DONE);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_INIT = {
    TDX_LEAF_ID(TDH_SYS_INIT),
    .what = "Initialise the module",
    .missing = "VMX controls and the table of expected CPUID values are not "
               "checked; there are no fatal-error diagnostics.",
    .max_version = 1,
    .states = TDX_WHEN_UP,
    .in = { { TDX_RCX, "reserved" }, { TDX_R8, "diagnostics" } },
    .out = { { TDX_RCX, "cpuid_leaf", TDX_ZERO },
             { TDX_RDX, "mask_low", TDX_ZERO },
             { TDX_R8, "mask_high", TDX_ZERO },
             { TDX_R9, "expected_low", TDX_ZERO },
             { TDX_R10, "expected_high", TDX_ZERO } },
    .handler = tdh_sys_init,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SYS_BUSY,
        { TDX_OPERAND_INVALID,
          "a reserved bit is set; version 1: the diagnostics cannot be used" },
        { TDX_SYS_INIT_NOT_PENDING, "the module is initialised" },
        { TDX_INCORRECT_MSR_VALUE,
          "an MSR has not the value that the module needs" },
        { TDX_LIMIT_CPUID_MAXVAL_SET, "IA32_MISC_ENABLE limits CPUID" },
        { TDX_CPUID_LEAF_NOT_SUPPORTED, "the processor lacks a CPUID leaf" },
        { TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED,
          "CPUID 0x1f describes no topology that the module knows" },
        { TDX_INVALID_WBINVD_SCOPE,
          "WBINVD works on an unknown set of processors" },
        { TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED,
          "there are more KeyIDs than the module can count" },
        { TDX_CMR_LIST_INVALID,
          "the convertible memory ranges are not in order" },
        { TDX_SMRR_NOT_SUPPORTED, "the processor has no SMRR" },
        { TDX_SMRR_LOCK_NOT_SUPPORTED, "the SMRR cannot be locked" },
        { TDX_SMRR_NOT_LOCKED, "the SMRR is not locked" },
        { TDX_INVALID_SMRR_CONFIGURATION, "the SMRR is not a valid range" },
        { TDX_SMRR_OVERLAPS_CMR, "the SMRR lies in convertible memory" },
        { TDX_SYS_INCOMPATIBLE_SIGSTRUCT,
          "the module was signed for other handoff data than built for" },
        { TDX_RND_NO_ENTROPY, "there is no random number" },
        { TDX_INCORRECT_CPUID_VALUE,
          "a CPUID value is not what the module needs: see the outputs",
          .on_silicon = true },
        { TDX_INCOMPATIBLE_SEAM_CAPABILITIES,
          "a VMX control that the module needs is missing",
          .on_silicon = true }
    ),
};
