/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MSRs of a CPU with SEAM: feature control, total memory encryption,
 * KeyID partitioning and the SEAM range; and those against speculation, which
 * every such CPU has.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "seam.h"
#include "vmx.h"
#include "x86-defs/msr-bits.h"

static uint64_t tme_capability(const X86SeamState *seam)
{
    uint64_t max_keys = (1ULL << seam->keyid_bits) - 1;

    return X86_TME_ALGORITHMS |
           (uint64_t)seam->keyid_bits << X86_TME_CAP_KEYID_BITS_SHIFT |
           max_keys << X86_TME_CAP_KEYS_SHIFT;
}

static uint64_t tme_activate(const X86SeamState *seam)
{
    return X86_TME_ACTIVATE_LOCK | X86_TME_ACTIVATE_ENABLE |
           X86_TME_POLICY_AES_XTS_256 << X86_TME_ACTIVATE_POLICY_SHIFT |
           (uint64_t)seam->keyid_bits << X86_TME_ACTIVATE_KEYID_BITS_SHIFT |
           (uint64_t)seam->tdx_keyid_bits << X86_TME_ACTIVATE_TDX_BITS_SHIFT |
           X86_TME_ALGORITHMS << X86_TME_ACTIVATE_ALGORITHMS_SHIFT;
}

/* Bits that IA32_SPEC_CTRL has, as CPUID says */
static uint64_t spec_ctrl_valid(const X86CPU *cpu)
{
    uint32_t edx = cpu->env.features[FEAT_7_0_EDX];

    return (edx & CPUID_7_0_EDX_SPEC_CTRL ? X86_SPEC_CTRL_IBRS : 0) |
           (edx & CPUID_7_0_EDX_STIBP ? X86_SPEC_CTRL_STIBP : 0) |
           (edx & CPUID_7_0_EDX_SPEC_CTRL_SSBD ? X86_SPEC_CTRL_SSBD : 0) |
           (cpu->env.features[FEAT_7_2_EDX] & CPUID_7_2_EDX_BHI_CTRL
            ? X86_SPEC_CTRL_BHI_DIS_S : 0);
}

/*
 * The MSRs that this CPU has and a stock one has not, or that read otherwise
 * there: X86_SEAM_MSR_GP is a number of ours without an MSR.
 */
X86SeamMsr x86_seam_guest_rdmsr(const X86CPU *cpu, uint32_t msr,
                                uint64_t *val)
{
    const X86SeamState *seam = cpu->seam;

    switch (msr) {
    case MSR_IA32_FEATURE_CONTROL:
        *val = cpu->env.msr_ia32_feature_control;
        break;
    case MSR_IA32_SPEC_CTRL:
        if (!spec_ctrl_valid(cpu)) {
            return X86_SEAM_MSR_GP;
        }
        *val = cpu->env.spec_ctrl;
        break;
    case MSR_IA32_PRED_CMD:
        return X86_SEAM_MSR_GP; /* write-only */
    case X86_MSR_MKTME_KEYID_PARTITIONING:
        *val = (uint64_t)seam->tdx_keyids << 32 | seam->mktme_keyids;
        break;
    case MSR_MTRRcap:
        *val = MSR_MTRRcap_VCNT | MSR_MTRRcap_FIXRANGE_SUPPORT |
               MSR_MTRRcap_WC_SUPPORTED | X86_MTRRCAP_SMRR |
               X86_MTRRCAP_SMRR_LOCK | X86_MTRRCAP_SEAMRR;
        break;
    case X86_MSR_SMRR_PHYSBASE:
        *val = 0;
        break;
    case X86_MSR_SMRR_PHYSMASK:
        /* Locked and not valid: the chipset protects SMRAM, as ever. */
        *val = X86_SMRR_LOCK;
        break;
    case MSR_IA32_ARCH_CAPABILITIES:
        *val = cpu->env.features[FEAT_ARCH_CAPABILITIES];
        break;
    case X86_MSR_VMX_BASIC ... X86_MSR_VMX_EXIT_CTLS2:
        if (!x86_vmx_capability(cpu, msr, val)) {
            return X86_SEAM_MSR_GP;
        }
        break;
    case X86_MSR_TME_CAPABILITY:
        *val = tme_capability(seam);
        break;
    case X86_MSR_TME_ACTIVATE:
        *val = tme_activate(seam);
        break;
    case X86_MSR_SEAMRR_PHYS_BASE:
        *val = seam->seamrr_base | X86_SEAMRR_BASE_CONFIGURED;
        break;
    case X86_MSR_SEAMRR_PHYS_MASK:
        *val = (X86_SEAMRR_ADDRESS & -seam->seamrr_size) |
               X86_SEAMRR_MASK_LOCK | X86_SEAMRR_MASK_VALID;
        break;
    default:
        return X86_SEAM_MSR_STOCK;
    }
    return X86_SEAM_MSR_DONE;
}

bool x86_seam_rdmsr(const X86CPU *cpu, uint32_t msr, uint64_t *val)
{
    if (!x86_cpu_has_seam(cpu)) {
        return false;
    }
    /*
     * SEAM software finds the platform as firmware must leave it for TDX.
     * The host does not see these: QEMU has no x2APIC lock, no performance
     * counters and no caches that they could describe.
     */
    switch (msr) {
    case X86_MSR_WBINVDP:
    case X86_MSR_WBNOINVDP:
    case X86_MSR_MISC_PACKAGE_CTLS:
    case X86_MSR_XAPIC_DISABLE_STATUS:
        *val = 1;
        return true;
    case MSR_IA32_CORE_CAPABILITY:
        *val = cpu->env.features[FEAT_CORE_CAPABILITY];
        return true;
    case MSR_IA32_ARCH_CAPABILITIES:
        *val = cpu->env.features[FEAT_ARCH_CAPABILITIES] |
               X86_ARCH_CAP_MISC_PACKAGE_CTLS | X86_ARCH_CAP_ENERGY_FILTERING |
               X86_ARCH_CAP_XAPIC_DISABLE;
        return true;
    case MSR_IA32_MISC_ENABLE:
        *val = cpu->env.msr_ia32_misc_enable | X86_MISC_ENABLE_PERFMON;
        return true;
    case MSR_IA32_PERF_CAPABILITIES:
        *val = X86_PERF_CAP_FREEZE_WHILE_SMM | X86_PERF_CAP_FULL_WRITE;
        return true;
    default:
        return x86_seam_guest_rdmsr(cpu, msr, val) == X86_SEAM_MSR_DONE;
    }
}

static X86SeamMsr write_feature_control(X86CPU *cpu, uint64_t val)
{
    uint64_t valid = FEATURE_CONTROL_LOCKED |
                     FEATURE_CONTROL_VMXON_ENABLED_OUTSIDE_SMX;

    if (cpu->env.mcg_cap & MCG_LMCE_P) {
        valid |= FEATURE_CONTROL_LMCE;
    }
    if (cpu->env.msr_ia32_feature_control & FEATURE_CONTROL_LOCKED) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "WRMSR: IA32_FEATURE_CONTROL is locked\n");
        return X86_SEAM_MSR_GP;
    }
    if (val & ~valid) {
        qemu_log_mask(LOG_GUEST_ERROR, "WRMSR: reserved bits 0x%" PRIx64
                      " of IA32_FEATURE_CONTROL\n", val & ~valid);
        return X86_SEAM_MSR_GP;
    }
    cpu->env.msr_ia32_feature_control = val;
    return X86_SEAM_MSR_DONE;
}

static X86SeamMsr write_spec_ctrl(X86CPU *cpu, uint64_t val)
{
    uint64_t valid = spec_ctrl_valid(cpu);

    if (!valid || val & ~valid) {
        qemu_log_mask(LOG_GUEST_ERROR, "WRMSR: reserved bits 0x%" PRIx64
                      " of IA32_SPEC_CTRL\n", val & ~valid);
        return X86_SEAM_MSR_GP;
    }
    cpu->env.spec_ctrl = val;
    return X86_SEAM_MSR_DONE;
}

/* A command, of which TCG has nothing to forget */
static X86SeamMsr write_pred_cmd(const X86CPU *cpu, uint64_t val)
{
    bool ibpb = cpu->env.features[FEAT_7_0_EDX] & CPUID_7_0_EDX_SPEC_CTRL;
    uint64_t valid = ibpb ? X86_PRED_CMD_IBPB : 0;

    if (!ibpb || val & ~valid) {
        qemu_log_mask(LOG_GUEST_ERROR, "WRMSR: reserved bits 0x%" PRIx64
                      " of IA32_PRED_CMD\n", val & ~valid);
        return X86_SEAM_MSR_GP;
    }
    return X86_SEAM_MSR_DONE;
}

X86SeamMsr x86_seam_guest_wrmsr(X86CPU *cpu, uint32_t msr, uint64_t val)
{
    uint64_t old;

    switch (msr) {
    case MSR_IA32_FEATURE_CONTROL:
        return write_feature_control(cpu, val);
    case MSR_IA32_SPEC_CTRL:
        return write_spec_ctrl(cpu, val);
    case MSR_IA32_PRED_CMD:
        return write_pred_cmd(cpu, val);
    }
    if (x86_seam_guest_rdmsr(cpu, msr, &old) == X86_SEAM_MSR_STOCK) {
        return X86_SEAM_MSR_STOCK;
    }
    /* All the others are read-only, or were locked by firmware. */
    qemu_log_mask(LOG_GUEST_ERROR,
                  "WRMSR: MSR 0x%x is read-only or locked\n", msr);
    return X86_SEAM_MSR_GP;
}
