/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TD_PARAMS.CPUID_CONFIG: checks, and the values that follow from it
 * (TD life cycle 4.4.2).
 */

#include <glib.h>

#include "../abi/msr.h"
#include "td-cpuid.h"

#define LEAF_FMS      0x1
#define LEAF_FEATURES 0x7
#define LEAF_TOPOLOGY 0x1f
#define LEAF_PA_BITS  0x80000008

#define FEATURES_EBX_HLE (1u << 4)
#define FEATURES_EBX_RTM (1u << 11)

/* MIN_VIRT_MAXPA */
#define MIN_VIRT_MAXPA 45

/* CPUID 0x1F ECX: level number, then its type */
#define TOPOLOGY_LEVEL(ecx) ((ecx) & 0xff)
#define TOPOLOGY_TYPE(ecx)  (((ecx) >> 8) & 0xff)
#define TOPOLOGY_TYPE_SMT   1
#define TOPOLOGY_TYPE_CORE  2

/*
 * Family and model of processors that have TDX, newest first, each with its
 * last stepping: a TD that may migrate can be told that it runs on its host's
 * model or on an older one.
 */
static const uint32_t tdx_fms[] = {
    0xd06d1, 0xa06e1, 0xa06d1, 0xa06f3, 0xc06f2, 0x806f8,
};

#define FMS_STEPPING 0xfu

static bool same_model(uint32_t a, uint32_t b)
{
    return !((a ^ b) & ~FMS_STEPPING);
}

static bool fms_permitted(uint32_t native, uint32_t fms)
{
    bool older = false;
    size_t i;

    if (same_model(fms, native)) {
        return (fms & FMS_STEPPING) <= (native & FMS_STEPPING);
    }
    for (i = 0; i < G_N_ELEMENTS(tdx_fms); i++) {
        if (older && same_model(tdx_fms[i], fms)) {
            return (fms & FMS_STEPPING) <= (tdx_fms[i] & FMS_STEPPING);
        }
        older |= same_model(tdx_fms[i], native);
    }
    return false;
}

static uint64_t entry_id(const TdxCpuidConfig *entry)
{
    return (uint64_t)entry->subleaf << 32 | entry->leaf;
}

static uint64_t invalid(const TdxCpuidConfig *entry, uint64_t *bad_leaf)
{
    *bad_leaf = entry_id(entry);
    return tdx_op(TDX_OPERAND_INVALID, TDX_OPERAND_CPUID_CONFIG);
}

/* Rules of single leaves, beyond which bits may be set */
static uint64_t check_entry(const TdxModule *m, const TdxTdCpuidInput *in,
                            const TdxCpuidConfig *entry, TdxCpuidValue *value,
                            uint64_t *bad_leaf)
{
    uint32_t native_fms = m->plat.pkg_fms[0];
    uint32_t tsx;

    if (entry->leaf == LEAF_FMS) {
        if (!value->reg[TDX_CPUID_EAX]) {
            value->reg[TDX_CPUID_EAX] = native_fms;
        }
        if (in->migratable
            ? !fms_permitted(native_fms, value->reg[TDX_CPUID_EAX])
            : value->reg[TDX_CPUID_EAX] != native_fms) {
            return invalid(entry, bad_leaf);
        }
    } else if (entry->leaf == LEAF_FEATURES && entry->subleaf == 0) {
        tsx = value->reg[TDX_CPUID_EBX] & (FEATURES_EBX_HLE |
                                           FEATURES_EBX_RTM);
        if (tsx == FEATURES_EBX_HLE || tsx == FEATURES_EBX_RTM) {
            return invalid(entry, bad_leaf);
        }
        if (tsx && !in->tsx_ctrl) {
            return tdx_op(TDX_INCORRECT_MSR_VALUE,
                          TDX_MSR_ARCH_CAPABILITIES);
        }
    }
    return TDX_SUCCESS;
}

/* Leaf 0x80000008, EAX[7:0] */
static uint64_t check_pa_bits(const TdxModule *m, const TdxTdCpuidInput *in,
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
    } else if (wanted < MIN_VIRT_MAXPA || wanted > max) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_OPERAND_CPUID_CONFIG);
    }
    *virtual_maxpa = wanted;
    return TDX_SUCCESS;
}

uint64_t tdx_td_cpuid_check(const TdxModule *m, const TdxTdCpuidInput *in,
                            TdxCpuidValue *values, uint32_t *virtual_maxpa,
                            uint64_t *bad_leaf)
{
    unsigned i, reg;
    uint64_t status;

    *bad_leaf = 0;
    for (i = 0; i < TDX_NUM_CPUID_CONFIG; i++) {
        const TdxCpuidConfig *entry = &tdx_cpuid_config[i];

        for (reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
            uint32_t wanted = in->config[i].reg[reg];

            if (wanted & ~(entry->direct[reg] | entry->allow[reg])) {
                return invalid(entry, bad_leaf);
            }
            values[i].reg[reg] = wanted & tdx_cpuid_config_mask(m, i, reg);
        }
        status = check_entry(m, in, entry, &values[i], bad_leaf);
        if (!status && entry->leaf == LEAF_PA_BITS) {
            status = check_pa_bits(m, in, in->config[i].reg[TDX_CPUID_EAX],
                                   virtual_maxpa);
        }
        if (status) {
            return status;
        }
    }
    return TDX_SUCCESS;
}

uint64_t tdx_td_cpuid_check_topology(const TdxCpuidValue *config)
{
    unsigned level = 0, last_type = 0;
    bool ended = false, any = false, core = false;
    unsigned i;

    for (i = 0; i < TDX_NUM_CPUID_CONFIG; i++) {
        const uint32_t *reg = config[i].reg;
        unsigned type = TOPOLOGY_TYPE(reg[TDX_CPUID_ECX]);

        if (tdx_cpuid_config[i].leaf != LEAF_TOPOLOGY) {
            continue;
        }
        any |= reg[TDX_CPUID_EAX] || reg[TDX_CPUID_EBX] ||
               reg[TDX_CPUID_ECX];
        if (!type) {
            /* Behind the last level there is nothing but the level number */
            if (reg[TDX_CPUID_EAX] || reg[TDX_CPUID_EBX]) {
                return TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED;
            }
            ended = true;
            level++;
            continue;
        }
        if (ended || TOPOLOGY_LEVEL(reg[TDX_CPUID_ECX]) != level ||
            type <= last_type) {
            return TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED;
        }
        core |= type == TOPOLOGY_TYPE_CORE;
        last_type = type;
        level++;
    }
    return any && !core ? TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED : TDX_SUCCESS;
}
