/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CPUID_VALUES: the CPUID that a TD's guest sees, as metadata
 * (TD life cycle 4.5).
 */

#include <string.h>

#include "td-fields.h"

/* Field code: leaf[31], leaf[6:0], subleaf or none, and which half */
#define FIELD_BASE       0x9410000300000000ULL
#define CODE_LEAF31      (1u << 16)
#define CODE_LEAF_SHIFT  9
#define CODE_LEAF_MASK   0x7fu
#define CODE_SUBLEAF_SHIFT 1
#define CODE_SUBLEAF_MASK  0x7fu
#define CODE_SUBLEAF_NONE  0x7fu
#define CODE_HALF          1u

#define LEAF_TSC     0x15
#define LEAF_PA_BITS 0x80000008
#define CRYSTAL_HZ   25000000

static uint32_t code_of(uint32_t leaf, uint32_t subleaf)
{
    uint32_t code = subleaf == TDX_CPUID_NO_SUBLEAF ? CODE_SUBLEAF_NONE
                                                    : subleaf;

    code = (code & CODE_SUBLEAF_MASK) << CODE_SUBLEAF_SHIFT;
    return code | (leaf & CODE_LEAF_MASK) << CODE_LEAF_SHIFT |
           (leaf >> 31 ? CODE_LEAF31 : 0);
}

/* Native values, what the TD's owner configured, and what is made up */
static void guest_cpuid(const TdxTdRef *td, uint32_t leaf, uint32_t subleaf,
                        const uint32_t *native,
                        uint32_t regs[TDX_NUM_CPUID_REGS])
{
    const TdxTdcsVirtualCpus *cpus = td_tdcs_page(td, TDX_TDCS_VIRTUAL_CPUS);
    unsigned i, reg;

    memcpy(regs, native, TDX_NUM_CPUID_REGS * sizeof(regs[0]));
    for (i = 0; cpus && i < TDX_NUM_CPUID_CONFIG; i++) {
        const TdxCpuidConfig *entry = &tdx_cpuid_config[i];

        if (entry->leaf != leaf || entry->subleaf != subleaf) {
            continue;
        }
        for (reg = 0; reg < TDX_NUM_CPUID_REGS; reg++) {
            regs[reg] &= ~(entry->direct[reg] | entry->allow[reg]);
            regs[reg] |= cpus->cpuid[i].reg[reg];
        }
    }
    if (leaf == LEAF_TSC) {
        regs[TDX_CPUID_EAX] = 1;
        regs[TDX_CPUID_EBX] = td->tdcs->tsc_frequency;
        regs[TDX_CPUID_ECX] = CRYSTAL_HZ;
        regs[TDX_CPUID_EDX] = 0;
    } else if (leaf == LEAF_PA_BITS) {
        regs[TDX_CPUID_EAX] &= ~0xffu;
        regs[TDX_CPUID_EAX] |= td->tdcs->virtual_maxpa;
    }
}

/* The field that follows @code, whose leaf is number @i */
static uint64_t next_id(const TdxTdRef *td, uint32_t code, unsigned i)
{
    uint32_t leaf, subleaf;

    if (!(code & CODE_HALF)) {
        return FIELD_BASE + code + 1;
    }
    if (tdx_native_cpuid_at(td->m, i + 1, &leaf, &subleaf)) {
        return FIELD_BASE + code_of(leaf, subleaf);
    }
    return td_first_id_from(TD_CLASS_CPUID + 1);
}

uint64_t td_cpuid_first_id(const TdxModule *m)
{
    uint32_t leaf, subleaf;

    tdx_native_cpuid_at(m, 0, &leaf, &subleaf);
    return FIELD_BASE + code_of(leaf, subleaf);
}

uint64_t td_cpuid_read(TdxCall *c, TdxTdRef *td, uint64_t id)
{
    uint32_t code = tdx_field_code(id);
    uint32_t regs[TDX_NUM_CPUID_REGS];
    uint32_t leaf, subleaf;
    const uint32_t *native;
    unsigned i, low;

    if (!tdx_field_id_is_single(id)) {
        return TDX_METADATA_FIELD_ID_INCORRECT;
    }
    for (i = 0; ; i++) {
        native = tdx_native_cpuid_at(c->m, i, &leaf, &subleaf);
        if (!native) {
            return TDX_METADATA_FIELD_ID_INCORRECT;
        }
        if (code_of(leaf, subleaf) == (code & ~CODE_HALF)) {
            break;
        }
    }
    guest_cpuid(td, leaf, subleaf, native, regs);
    low = code & CODE_HALF ? TDX_CPUID_ECX : TDX_CPUID_EAX;
    c->gpr[TDX_R8] = (uint64_t)regs[low + 1] << 32 | regs[low];
    if (c->version) {
        c->gpr[TDX_RDX] = next_id(td, code, i);
    }
    return TDX_SUCCESS;
}
