/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checking and applying TD_PARAMS (TD life cycle 4.4).
 */

#include <glib.h>
#include <string.h>

#include "../../x86-defs/msr-bits.h"
#include "../sys/platform-msr.h"
#include "../sept/sept.h"
#include "td-params.h"

#define EPTP_WB         6ULL

bool tdx_td_params_load(TdxModule *m, uint64_t hpa, TdxTdParams *params)
{
    unsigned i, reg;
    bool ok = tdx_read_shared(m, hpa, params, sizeof(*params));

    params->attributes = GUINT64_FROM_LE(params->attributes);
    params->xfam = GUINT64_FROM_LE(params->xfam);
    params->max_vcpus = GUINT16_FROM_LE(params->max_vcpus);
    params->eptp_controls = GUINT64_FROM_LE(params->eptp_controls);
    params->config_flags = GUINT64_FROM_LE(params->config_flags);
    params->tsc_frequency = GUINT16_FROM_LE(params->tsc_frequency);
    params->arch_capabilities = GUINT64_FROM_LE(params->arch_capabilities);
    for (i = 0; i < TDX_NUM_CPUID_CONFIG; i++) {
        for (reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
            params->cpuid[i].reg[reg] =
                GUINT32_FROM_LE(params->cpuid[i].reg[reg]);
        }
    }
    return ok;
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
    while (n--) {
        if (*bytes++) {
            return false;
        }
    }
    return true;
}

/* TD_PARAMS field @op is @value, which cannot be */
static TdxStatus refuse(const TdxModule *m, uint32_t op, uint64_t value)
{
    return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, op), tdx_operand_name(op),
                     value, TDX_CAUSE_INVALID, 0);
}

/* A field of TD_PARAMS that must be zero is not */
static TdxStatus zero_wanted(const TdxModule *m, const char *field)
{
    return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX), field, 0,
                     TDX_CAUSE_NOT_ZERO, 0);
}

/* Of a group of bits all or none must be set */
static bool all_or_none(uint64_t value, uint64_t group)
{
    return !(value & group) || (value & group) == group;
}

uint64_t tdx_td_attributes_known(const TdxModule *m)
{
    const uint32_t *leaf7_1 = tdx_native_cpuid(m, X86_CPUID_FEATURES, 1);
    uint64_t known = TDX_ATTR_DEBUG | TDX_ATTR_ICSSD |
                     TDX_ATTR_SEPT_VE_DISABLE | TDX_ATTR_MIGRATABLE |
                     TDX_ATTR_PKS | TDX_ATTR_PERFMON;

    if (leaf7_1[TDX_CPUID_EAX] & X86_CPUID_7_1_EAX_LASS) {
        known |= TDX_ATTR_LASS;
    }
    return known;
}

uint64_t tdx_td_xfam_known(const TdxModule *m)
{
    const uint32_t *xcr0 = tdx_native_cpuid(m, X86_CPUID_XSAVE, 0);
    const uint32_t *xss = tdx_native_cpuid(m, X86_CPUID_XSAVE, 1);

    return TDX_XFAM_SUPPORTED & ((xcr0[TDX_CPUID_EAX] & TDX_XFAM_IN_XCR0) |
                                 (xss[TDX_CPUID_ECX] & TDX_XFAM_IN_XSS));
}

static bool attributes_ok(const TdxModule *m, uint64_t attributes)
{
    if (attributes & ~tdx_td_attributes_known(m)) {
        return false;
    }
    if (attributes & TDX_ATTR_MIGRATABLE &&
        attributes & (TDX_ATTR_DEBUG | TDX_ATTR_PERFMON)) {
        return false;
    }
    return !(attributes & TDX_ATTR_PERFMON && attributes & TDX_ATTR_ICSSD);
}

static bool xfam_ok(const TdxModule *m, uint64_t xfam)
{
    return !(xfam & ~tdx_td_xfam_known(m)) &&
           (xfam & TDX_XFAM_FIXED1) == TDX_XFAM_FIXED1 &&
           all_or_none(xfam, TDX_XFAM_AVX512) &&
           !(xfam & TDX_XFAM_AVX512 && !(xfam & TDX_XFAM_AVX)) &&
           all_or_none(xfam, TDX_XFAM_CET) &&
           all_or_none(xfam, TDX_XFAM_AMX);
}

static bool config_flags_ok(uint64_t flags)
{
    return !(flags & ~TDX_CONFIG_FIXED0) &&
           !(flags & TDX_CONFIG_MAXPA_VIRT && flags & TDX_CONFIG_MAXGPA_VIRT);
}

/* The emulated machine walks five levels as well as four */
static bool eptp_controls_ok(uint64_t controls, uint64_t flags)
{
    if (controls == (EPTP_WB | TDX_EPTP_LEVEL(TDX_SEPT_LEVEL_PML5E))) {
        return true;
    }
    return controls == (EPTP_WB | TDX_EPTP_LEVEL(TDX_SEPT_LEVEL_PML4E)) &&
           !(flags & TDX_CONFIG_GPAW);
}

/* Unless the host says that it configures them, it must not */
static bool arch_capabilities_ok(const TdxTdParams *p)
{
    bool used = p->msr_config_ctls & TDX_MSR_CONFIG_ARCH_CAPABILITIES;

    return !(p->arch_capabilities &
             ~(used ? TDX_ARCH_CAPABILITIES_CONFIG : 0));
}

/* Steps 19 and 20 */
static TdxStatus apply_cpuid(const TdxCall *c, TdxTdRef *td,
                             const TdxTdParams *p, uint64_t *bad_leaf)
{
    TdxTdcsVirtualCpus *cpus = tdx_td_tdcs_page(td, TDX_TDCS_VIRTUAL_CPUS);
    TdxTdCpuidInput in = {
        .config = p->cpuid,
        .migratable = p->attributes & TDX_ATTR_MIGRATABLE,
        .maxpa_virt = p->config_flags & TDX_CONFIG_MAXPA_VIRT,
        .maxgpa_virt = p->config_flags & TDX_CONFIG_MAXGPA_VIRT,
        .gpa_width = tdx_td_gpa_width(td->tdcs),
    };
    TdxStatus status;

    if (!cpus) {
        return tdx_td_no_content(td->m, td->tdr, "a TDCS page has no memory");
    }
    in.tsx_ctrl = tdx_msr(c, X86_MSR_ARCH_CAPABILITIES) &
                  X86_ARCH_CAP_TSX_CTRL;
    status = tdx_td_cpuid_check(td->m, &in, cpus->cpuid,
                                &td->tdcs->virtual_maxpa, bad_leaf);
    return status ? status : tdx_td_cpuid_check_topology(p->cpuid);
}

/* A module without TD partitioning takes the same bytes to be reserved */
static unsigned max_l2_vms(const TdxModule *m)
{
    return m->cfg.features0 & TDX_FEATURES0_TD_PARTITIONING ? TDX_MAX_L2_VMS
                                                            : 0;
}

TdxStatus tdx_td_params_apply(const TdxCall *c, TdxTdRef *td,
                              const TdxTdParams *p, bool has_filters,
                              uint64_t filters, uint64_t *bad_leaf)
{
    TdxModule *m = td->m;
    TdxTdcs *tdcs = td->tdcs;
    TdxStatus status;

    *bad_leaf = 0;
    tdcs->td_epoch = 1;
    tdcs->num_vcpus = 0;
    tdcs->num_assoc_vcpus = 0;
    tdcs->hp_lock_timeout = TDX_DEFAULT_HP_LOCK_TIMEOUT;
    tdcs->td_flags = TDX_TD_TOPOLOGY_ENUM_CONFIGURED |
                     TDX_TD_VE_REDUCTION_VALID;

    if (!attributes_ok(m, p->attributes)) {
        return refuse(m, TDX_OPERAND_ATTRIBUTES, p->attributes);
    }
    tdcs->attributes = p->attributes;
    tdcs->td_ctls = p->attributes & TDX_ATTR_SEPT_VE_DISABLE
                    ? TDX_TD_CTLS_PENDING_VE_DISABLE : 0;
    if (!xfam_ok(m, p->xfam)) {
        return refuse(m, TDX_OPERAND_XFAM, p->xfam);
    }
    tdcs->xfam = p->xfam;
    if (p->max_vcpus < 1 || p->max_vcpus > TDX_MAX_VCPUS) {
        return refuse(m, TDX_OPERAND_MAX_VCPUS, p->max_vcpus);
    }
    tdcs->max_vcpus = p->max_vcpus;
    if (p->num_l2_vms > max_l2_vms(m)) {
        return refuse(m, TDX_OPERAND_NUM_L2_VMS, p->num_l2_vms);
    }
    tdcs->num_l2_vms = p->num_l2_vms;
    status = tdx_require(td->tdr->num_tdcx >=
                         TDX_TDCS_BASE_PAGES + p->num_l2_vms,
                         TDX_TDCS_NOT_ALLOCATED) ?:
             tdx_require(!p->reserved20,
                         zero_wanted(m, "RESERVED20"));
    if (status) {
        return status;
    }
    if (!config_flags_ok(p->config_flags)) {
        return refuse(m, TDX_OPERAND_EXEC_CONTROLS, p->config_flags);
    }
    tdcs->config_flags = p->config_flags;
    if (!eptp_controls_ok(p->eptp_controls, p->config_flags)) {
        return refuse(m, TDX_OPERAND_EPTP_CONTROLS, p->eptp_controls);
    }
    tdcs->eptp = p->eptp_controls |
                 tdx_with_hkid(m, td->tdr->tdcx[TDX_TDCS_SEPT_ROOT],
                               td->tdr->hkid);
    if (p->tsc_frequency < TDX_MIN_TSC_FREQUENCY ||
        p->tsc_frequency > TDX_MAX_TSC_FREQUENCY) {
        return refuse(m, TDX_OPERAND_TSC_FREQUENCY, p->tsc_frequency);
    }
    tdcs->tsc_frequency = p->tsc_frequency;
    status = tdx_td_check_tsc_adjust(c);
    if (status) {
        return status;
    }
    tdx_td_init_tsc(c, td);
    if (!all_zero(p->reserved42, sizeof(p->reserved42))) {
        return zero_wanted(m, "RESERVED42");
    }
    memcpy(tdcs->mrconfigid, p->mrconfigid, sizeof(tdcs->mrconfigid));
    memcpy(tdcs->mrowner, p->mrowner, sizeof(tdcs->mrowner));
    memcpy(tdcs->mrownerconfig, p->mrownerconfig,
           sizeof(tdcs->mrownerconfig));
    if (p->msr_config_ctls & ~TDX_MSR_CONFIG_ARCH_CAPABILITIES) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX),
                         "MSR_CONFIG_CTLS", p->msr_config_ctls,
                         TDX_CAUSE_RESERVED_BITS,
                         p->msr_config_ctls &
                         ~TDX_MSR_CONFIG_ARCH_CAPABILITIES);
    }
    tdcs->msr_config_ctls = p->msr_config_ctls;
    if (!all_zero(p->reserved232, sizeof(p->reserved232))) {
        return zero_wanted(m, "RESERVED232");
    }
    if (has_filters && p->attributes & TDX_ATTR_PERFMON) {
        status = tdx_td_event_filters_check(m, filters);
        if (status) {
            return status;
        }
    }
    status = apply_cpuid(c, td, p, bad_leaf) ?:
             tdx_require(all_zero(p->reserved_end, sizeof(p->reserved_end)),
                         zero_wanted(m, "RESERVED_END"));
    if (status) {
        return status;
    }
    if (!arch_capabilities_ok(p)) {
        return refuse(m, TDX_OPERAND_IA32_ARCH_CAPABILITIES_CONFIG,
                      p->arch_capabilities);
    }
    tdcs->arch_capabilities = p->arch_capabilities;
    return TDX_SUCCESS;
}
