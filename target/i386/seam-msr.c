/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MSRs of a CPU with SEAM: feature control, total memory encryption,
 * KeyID partitioning and the SEAM range.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "seam.h"
#include "vmx.h"

/* AES-XTS-128 with and without integrity, AES-XTS-256 likewise */
#define TME_ALGORITHMS                  0xfULL
#define TME_CAP_KEYID_BITS_SHIFT        32
#define TME_CAP_MAX_KEYS_SHIFT          36
#define TME_ACTIVATE_LOCK               (1ULL << 0)
#define TME_ACTIVATE_ENABLE             (1ULL << 1)
#define TME_ACTIVATE_POLICY_SHIFT       4
#define TME_POLICY_AES_XTS_256          2ULL
#define TME_ACTIVATE_KEYID_BITS_SHIFT   32
#define TME_ACTIVATE_TDX_BITS_SHIFT     36
#define TME_ACTIVATE_ALGORITHMS_SHIFT   48

/* SMRR, its lock, and SEAMRR are supported */
#define MTRRCAP_SMRR                    (1ULL << 11)
#define MTRRCAP_SMRR_LOCK               (1ULL << 14)
#define MTRRCAP_SEAMRR                  (1ULL << 15)
#define SMRR_MASK_LOCK                  (1ULL << 10)
/* SMRRs exist and can be locked; the one there is locked and not in use */
#define MTRRCAP_SMRR_LOCKABLE           ((1ULL << 11) | (1ULL << 14))
#define MSR_SMRR_PHYSBASE               0x1f2
#define MSR_SMRR_PHYSMASK               0x1f3
#define SMRR_MASK_LOCK                  (1ULL << 10)

#define SEAMRR_BASE_CONFIGURED          (1ULL << 3)
#define SEAMRR_MASK_LOCK                (1ULL << 10)
#define SEAMRR_MASK_VALID               (1ULL << 11)
#define SEAMRR_ADDRESS                  MAKE_64BIT_MASK(25, 27)

/* IA32_MISC_ENABLE: performance monitoring available */
#define MISC_ENABLE_PERFMON             (1ULL << 7)
/* IA32_PERF_CAPABILITIES: freeze while in SMM, full-width counter writes */
#define PERF_CAP_FREEZE_SMM_FULL_WRITE  (3ULL << 12)
/* IA32_ARCH_CAPABILITIES: MSRs 0xbc and 0xbd exist, energy filtering too */
#define ARCH_CAP_SEAM_VIEW              ((3ULL << 10) | (1ULL << 21))

static uint64_t tme_capability(const X86SeamState *seam)
{
    uint64_t max_keys = (1ULL << seam->keyid_bits) - 1;

    return TME_ALGORITHMS |
           (uint64_t)seam->keyid_bits << TME_CAP_KEYID_BITS_SHIFT |
           max_keys << TME_CAP_MAX_KEYS_SHIFT;
}

static uint64_t tme_activate(const X86SeamState *seam)
{
    return TME_ACTIVATE_LOCK | TME_ACTIVATE_ENABLE |
           TME_POLICY_AES_XTS_256 << TME_ACTIVATE_POLICY_SHIFT |
           (uint64_t)seam->keyid_bits << TME_ACTIVATE_KEYID_BITS_SHIFT |
           (uint64_t)seam->tdx_keyid_bits << TME_ACTIVATE_TDX_BITS_SHIFT |
           TME_ALGORITHMS << TME_ACTIVATE_ALGORITHMS_SHIFT;
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
    case MSR_IA32_MKTME_KEYID_PARTITIONING:
        *val = (uint64_t)seam->tdx_keyids << 32 | seam->mktme_keyids;
        break;
    case MSR_MTRRcap:
        *val = MSR_MTRRcap_VCNT | MSR_MTRRcap_FIXRANGE_SUPPORT |
               MSR_MTRRcap_WC_SUPPORTED | MTRRCAP_SMRR | MTRRCAP_SMRR_LOCK |
               MTRRCAP_SEAMRR;
        break;
    case MSR_IA32_SMRR_PHYSBASE:
        *val = 0;
        break;
    case MSR_IA32_SMRR_PHYSMASK:
        /* Locked and not valid: the chipset protects SMRAM, as ever. */
        *val = SMRR_MASK_LOCK;
        break;
    case MSR_IA32_ARCH_CAPABILITIES:
        *val = cpu->env.features[FEAT_ARCH_CAPABILITIES];
        break;
    case MSR_IA32_VMX_BASIC ... MSR_IA32_VMX_EXIT_CTLS2:
        if (!x86_vmx_capability(cpu, msr, val)) {
            return X86_SEAM_MSR_GP;
        }
        break;
    case MSR_IA32_TME_CAPABILITY:
        *val = tme_capability(seam);
        break;
    case MSR_IA32_TME_ACTIVATE:
        *val = tme_activate(seam);
        break;
    case MSR_IA32_SEAMRR_PHYS_BASE:
        *val = seam->seamrr_base | SEAMRR_BASE_CONFIGURED;
        break;
    case MSR_IA32_SEAMRR_PHYS_MASK:
        *val = (SEAMRR_ADDRESS & -seam->seamrr_size) | SEAMRR_MASK_LOCK |
               SEAMRR_MASK_VALID;
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
     * counters, no SMRR and no caches that they could describe.
     */
    switch (msr) {
    case MSR_IA32_WBINVDP:
    case MSR_IA32_WBNOINVDP:
    case MSR_IA32_MISC_PACKAGE_CTLS:
    case MSR_IA32_XAPIC_DISABLE_STATUS:
        *val = 1;
        return true;
    case MSR_IA32_CORE_CAPABILITY:
        *val = cpu->env.features[FEAT_CORE_CAPABILITY];
        return true;
    case MSR_IA32_ARCH_CAPABILITIES:
        *val = cpu->env.features[FEAT_ARCH_CAPABILITIES] | ARCH_CAP_SEAM_VIEW;
        return true;
    case MSR_IA32_MISC_ENABLE:
        *val = cpu->env.msr_ia32_misc_enable | MISC_ENABLE_PERFMON;
        return true;
    case MSR_IA32_PERF_CAPABILITIES:
        *val = PERF_CAP_FREEZE_SMM_FULL_WRITE;
        return true;
    case MSR_MTRRcap:
        x86_seam_guest_rdmsr(cpu, msr, val);
        *val |= MTRRCAP_SMRR_LOCKABLE;
        return true;
    case MSR_SMRR_PHYSBASE:
        *val = 0;
        return true;
    case MSR_SMRR_PHYSMASK:
        *val = SMRR_MASK_LOCK;
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

X86SeamMsr x86_seam_guest_wrmsr(X86CPU *cpu, uint32_t msr, uint64_t val)
{
    uint64_t old;

    if (msr == MSR_IA32_FEATURE_CONTROL) {
        return write_feature_control(cpu, val);
    }
    if (x86_seam_guest_rdmsr(cpu, msr, &old) == X86_SEAM_MSR_STOCK) {
        return X86_SEAM_MSR_STOCK;
    }
    /* All the others are read-only, or were locked by firmware. */
    qemu_log_mask(LOG_GUEST_ERROR,
                  "WRMSR: MSR 0x%x is read-only or locked\n", msr);
    return X86_SEAM_MSR_GP;
}
