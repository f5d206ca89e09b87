/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TD_PARAMS.CPUID_CONFIG: checks, and the values that follow from it
 * (TD life cycle 4.4.2).
 */

#include <glib.h>

#include "../../x86-defs/msr-bits.h"
#include "../core/observe.h"
#include "td-cpuid.h"

/*
 * Family and model of processors that have TDX, newest first, each with its
 * last stepping: a TD that may migrate can be told that it runs on its host's
 * model or on an older one.
 */
static const uint32_t tdx_fms[] = {
    0xd06d1, 0xa06e1, 0xa06d1, 0xa06f3, 0xc06f2, 0x806f8,
};

static bool same_model(uint32_t a, uint32_t b)
{
    return !((a ^ b) & ~X86_CPUID_FMS_STEPPING);
}

static unsigned stepping(uint32_t fms)
{
    return fms & X86_CPUID_FMS_STEPPING;
}

static bool fms_permitted(uint32_t native, uint32_t fms)
{
    bool older = false;
    size_t i;

    if (same_model(fms, native)) {
        return stepping(fms) <= stepping(native);
    }
    for (i = 0; i < G_N_ELEMENTS(tdx_fms); i++) {
        if (older && same_model(tdx_fms[i], fms)) {
            return stepping(fms) <= stepping(tdx_fms[i]);
        }
        older |= same_model(tdx_fms[i], native);
    }
    return false;
}

static uint64_t entry_id(const TdxCpuidConfig *entry)
{
    return (uint64_t)entry->subleaf << 32 | entry->leaf;
}

/* @value of @reg is not what may be configured */
static TdxStatus invalid(const TdxModule *m, const TdxCpuidConfig *entry,
                         const char *reg, uint32_t value, uint64_t *bad_leaf)
{
    *bad_leaf = entry_id(entry);
    return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_OPERAND_CPUID_CONFIG),
                     reg, value, TDX_CAUSE_INVALID, 0);
}

/* Rules of single leaves, beyond which bits may be set */
static TdxStatus check_entry(const TdxModule *m, const TdxTdCpuidInput *in,
                             const TdxCpuidConfig *entry, TdxCpuidValue *value,
                             uint64_t *bad_leaf)
{
    uint32_t native_fms = m->plat.pkg_fms[0];
    uint32_t tsx;

    if (entry->leaf == X86_CPUID_FMS) {
        if (!value->reg[TDX_CPUID_EAX]) {
            value->reg[TDX_CPUID_EAX] = native_fms;
        }
        if (in->migratable
            ? !fms_permitted(native_fms, value->reg[TDX_CPUID_EAX])
            : value->reg[TDX_CPUID_EAX] != native_fms) {
            return invalid(m, entry, "EAX", value->reg[TDX_CPUID_EAX],
                           bad_leaf);
        }
    } else if (entry->leaf == X86_CPUID_FEATURES && entry->subleaf == 0) {
        tsx = value->reg[TDX_CPUID_EBX] & (X86_CPUID_7_0_EBX_HLE |
                                           X86_CPUID_7_0_EBX_RTM);
        if (tsx == X86_CPUID_7_0_EBX_HLE || tsx == X86_CPUID_7_0_EBX_RTM) {
            return invalid(m, entry, "EBX", value->reg[TDX_CPUID_EBX],
                           bad_leaf);
        }
        if (tsx && !in->tsx_ctrl) {
            return tdx_op(TDX_INCORRECT_MSR_VALUE,
                          X86_MSR_ARCH_CAPABILITIES);
        }
    }
    return TDX_SUCCESS;
}

/* Leaf 0x80000008, EAX[7:0] */
static TdxStatus check_pa_bits(const TdxModule *m, const TdxTdCpuidInput *in,
                               uint32_t eax, uint32_t *virtual_maxpa)
{
    unsigned native = m->plat.max_pa;
    unsigned max = MIN(native, in->gpa_width);
    unsigned wanted = eax & 0xff;

    if (!in->maxpa_virt) {
        *virtual_maxpa = in->maxgpa_virt ? max : native;
        return TDX_SUCCESS;
    }
    if (!wanted) {
        wanted = max;
    } else if (wanted < TDX_MIN_VIRT_MAXPA || wanted > max) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID,
                                   TDX_OPERAND_CPUID_CONFIG), "MAXPA",
                         wanted, TDX_CAUSE_INVALID, 0);
    }
    *virtual_maxpa = wanted;
    return TDX_SUCCESS;
}

static TdxStatus check_config(const TdxModule *m, const TdxTdCpuidInput *in,
                              const TdxCpuidConfig *entry,
                              TdxCpuidValue *value, uint32_t *virtual_maxpa,
                              uint64_t *bad_leaf)
{
    static const char *const names[TDX_NUM_CPUID_REGS] = {
        [TDX_CPUID_EAX] = "EAX", [TDX_CPUID_EBX] = "EBX",
        [TDX_CPUID_ECX] = "ECX", [TDX_CPUID_EDX] = "EDX",
    };
    unsigned i = entry - tdx_cpuid_config;
    TdxStatus status;

    for (unsigned reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
        uint32_t wanted = in->config[i].reg[reg];

        if (wanted & ~(entry->direct[reg] | entry->allow[reg])) {
            return invalid(m, entry, names[reg], wanted, bad_leaf);
        }
        value->reg[reg] = wanted & tdx_cpuid_config_mask(m, i, reg);
    }
    status = check_entry(m, in, entry, value, bad_leaf);
    if (!status && entry->leaf == X86_CPUID_PA_BITS) {
        status = check_pa_bits(m, in, in->config[i].reg[TDX_CPUID_EAX],
                               virtual_maxpa);
    }
    return status;
}

/*
 * TD life cycle 4.4.2.  The module's order of leaves is not quite that of
 * CPUID_CONFIG; it decides which of several wrong ones is reported.
 */
TdxStatus tdx_td_cpuid_check(const TdxModule *m, const TdxTdCpuidInput *in,
                             TdxCpuidValue *values, uint32_t *virtual_maxpa,
                             uint64_t *bad_leaf)
{
    uint32_t leaf, subleaf;

    *bad_leaf = 0;
    for (unsigned i = 0; tdx_native_cpuid_at(m, i, &leaf, &subleaf); i++) {
        const TdxCpuidConfig *entry = tdx_cpuid_config_of(leaf, subleaf);
        TdxStatus status;

        if (!entry) {
            continue;
        }
        status = check_config(m, in, entry, &values[entry - tdx_cpuid_config],
                              virtual_maxpa, bad_leaf);
        if (status) {
            return status;
        }
    }
    return TDX_SUCCESS;
}

static bool all_zero(const TdxCpuidValue *value)
{
    return !(value->reg[TDX_CPUID_EAX] | value->reg[TDX_CPUID_EBX] |
             value->reg[TDX_CPUID_ECX] | value->reg[TDX_CPUID_EDX]);
}

/*
 * Step 20.  A level without a type ends the list for a guest: the core level
 * must have come before.  What stands behind it is only held against itself.
 */
TdxStatus tdx_td_cpuid_check_topology(const TdxCpuidValue *config)
{
    const TdxCpuidConfig *first = tdx_cpuid_config_of(X86_CPUID_TOPOLOGY, 0);
    const TdxCpuidValue *levels = config + (first - tdx_cpuid_config);
    unsigned last_type = X86_CPUID_LEVEL_NONE;
    bool native = all_zero(&levels[0]), core = false;

    for (unsigned i = 0; i < TDX_NUM_TOPOLOGY_LEVELS; i++) {
        uint32_t ecx = levels[i].reg[TDX_CPUID_ECX];
        unsigned type = X86_CPUID_LEVEL_TYPE(ecx);

        if (native) {
            /* The hardware's levels then, all of them */
            if (!all_zero(&levels[i])) {
                return TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED;
            }
            continue;
        }
        if (type == X86_CPUID_LEVEL_NONE
            ? !core
            : type <= last_type || type > X86_CPUID_LEVEL_DIE ||
              X86_CPUID_LEVEL(ecx) != i ||
              (type == X86_CPUID_LEVEL_SMT && i > 0)) {
            return TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED;
        }
        core |= type == X86_CPUID_LEVEL_CORE;
        last_type = type;
    }
    return TDX_SUCCESS;
}
