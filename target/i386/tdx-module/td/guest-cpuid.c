/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The CPUID that a TD's guest sees, and the flags in it (TD CPU 1).
 */

#include <string.h>

#include "guest-cpuid.h"
#include "td-cpuid.h"
#include "virtual-cpuid.h"

/*
 * @one: 1 while REDUCE_VE is 0, whatever the configuration
 * @paravirt: bit of FEATURE_PARAVIRT_CTLS, or TDX_PARAVIRT_NONE
 */
static const struct {
    uint32_t leaf;
    uint32_t subleaf;
    TdxCpuidReg reg;
    uint8_t bit;
    bool one;
    TdxParavirt paravirt;
} flags[TDX_NUM_CPUID_FLAGS] = {
#define PLAIN_CONFIGURED false
#define PLAIN_ONE        true
#define TDX_CPUID_FLAG(name, leaf, subleaf, reg, bit, plain, paravirt) \
    [TDX_FLAG_##name] = { leaf, subleaf, TDX_CPUID_##reg, bit, \
                          PLAIN_##plain, TDX_PARAVIRT_##paravirt },
#include "cpuid-flag-list.h"
#undef TDX_CPUID_FLAG
};

static bool value_of(const TdxTdcs *tdcs, TdxCpuidFlag flag, uint64_t td_ctls,
                     uint64_t paravirt)
{
    bool configured = tdcs->cpuid_configured >> flag & 1;

    if (flags[flag].paravirt == TDX_PARAVIRT_NONE) {
        return configured;
    }
    if (!(td_ctls & TDX_TD_CTLS_REDUCE_VE)) {
        return configured || flags[flag].one;
    }
    return configured && paravirt >> flags[flag].paravirt & 1;
}

void tdx_td_flags_update(TdxTdcs *tdcs)
{
    uint64_t td_ctls = tdx_td_ctls_of(tdcs);
    uint64_t paravirt = __atomic_load_n(&tdcs->feature_paravirt,
                                        __ATOMIC_SEQ_CST);
    uint32_t now = 0;

    for (unsigned i = 0; i < TDX_NUM_CPUID_FLAGS; i++) {
        now |= (uint32_t)value_of(tdcs, i, td_ctls, paravirt) << i;
    }
    __atomic_store_n(&tdcs->cpuid_flags, now, __ATOMIC_SEQ_CST);
}

void tdx_td_guest_cpuid_flags(const TdxTdcs *tdcs, uint32_t leaf,
                              uint32_t subleaf, uint32_t regs[TDX_NUM_CPUID_REGS])
{
    for (unsigned i = 0; i < TDX_NUM_CPUID_FLAGS; i++) {
        uint32_t *reg = &regs[flags[i].reg];

        if (flags[i].leaf == leaf && (flags[i].subleaf == subleaf ||
                                      flags[i].subleaf ==
                                      TDX_CPUID_NO_SUBLEAF)) {
            *reg &= ~(1u << flags[i].bit);
            *reg |= (uint32_t)tdx_td_flag(tdcs, i) << flags[i].bit;
        }
    }
}

TdxStatus tdx_td_guest_cpuid_settle(TdxTdRef *td)
{
    TdxTdcsVirtualCpus *cpus = tdx_td_tdcs_page(td, TDX_TDCS_VIRTUAL_CPUS);
    TdxTdcs *tdcs = td->tdcs;
    uint32_t leaf, subleaf;
    TdxStatus status;

    if (!cpus) {
        return tdx_td_no_content(td->m, td->tdr, "a TDCS page has no memory");
    }
    for (unsigned i = 0; tdx_native_cpuid_at(td->m, i, &leaf, &subleaf); i++) {
        tdx_td_virtual_cpuid(td, leaf, subleaf, cpus->values[i].reg);
    }
    status = tdx_td_intact(td);
    if (status) {
        return status;
    }
    tdcs->cpuid_configured = 0;
    for (unsigned i = 0; i < TDX_NUM_CPUID_FLAGS; i++) {
        int index = tdx_cpuid_index(flags[i].leaf,
                                    flags[i].subleaf == TDX_CPUID_NO_SUBLEAF
                                    ? 0 : flags[i].subleaf);

        tdcs->cpuid_configured |=
            (cpus->values[index].reg[flags[i].reg] >> flags[i].bit & 1u) << i;
    }
    tdcs->xsave_size = tdx_td_xbuff_offset(td, TDX_NUM_XSAVE_COMPONENTS);
    tdx_td_flags_update(tdcs);
    return TDX_SUCCESS;
}

/* --- where the components of a vCPU's extended state are ------------------ */

#define XSAVE_ALIGNMENT   64

uint32_t tdx_td_xbuff_offset(const TdxTdRef *td, unsigned wanted)
{
    uint32_t offset = TDX_XSAVE_HEADER_END;

    /* x87 and SSE, number 0 and 1, have their place before the header */
    for (unsigned i = 2; i < TDX_NUM_XSAVE_COMPONENTS; i++) {
        const uint32_t *native = tdx_native_cpuid(td->m, X86_CPUID_XSAVE, i);

        if (!(td->tdcs->xfam >> i & 1)) {
            continue;
        }
        if (native[TDX_CPUID_ECX] & X86_CPUID_D_N_ECX_ALIGNED) {
            offset = (offset + XSAVE_ALIGNMENT - 1) & ~(XSAVE_ALIGNMENT - 1);
        }
        if (i == wanted) {
            return offset;
        }
        offset += native[TDX_CPUID_EAX];
    }
    return wanted == TDX_NUM_XSAVE_COMPONENTS ? offset : 0;
}
