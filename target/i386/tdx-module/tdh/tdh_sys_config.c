/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.CONFIG: give the module its memory and its private KeyID.
 */

#include <glib.h>

#include "../pamt/tdmr.h"
#include "answers.h"

/* R8 */
#define R8_HKID_MASK    0xffffULL
#define R8_DYNAMIC_PAMT (1ULL << 16)

/*
 * Copy @len bytes of 64-bit words from the host, once: the host can change
 * them at any time.  Where no memory is, ones are read, as on a bus where
 * nobody answers; no check accepts them.
 */
static void read_words(TdxModule *m, uint64_t hpa, uint64_t *words, size_t len)
{
    tdx_read_shared(m, hpa, words, len);
    for (size_t i = 0; i < len / sizeof(words[0]); i++) {
        words[i] = GUINT64_FROM_LE(words[i]);
    }
}

/* SYS.CONFIG 7.1.6 */
static bool r8_is_valid(const TdxModule *m, uint64_t r8)
{
    uint64_t known = R8_HKID_MASK;

    if (tdx_has_dynamic_pamt(m)) {
        known |= R8_DYNAMIC_PAMT;
    }
    if (r8 & ~known) {
        tdx_cause(m, NULL, r8, TDX_CAUSE_RESERVED_BITS, r8 & ~known);
        return false;
    }
    if (!tdx_hkid_is_private(m, r8 & R8_HKID_MASK)) {
        tdx_cause(m, "HKID", r8 & R8_HKID_MASK, TDX_CAUSE_NOT_PRIVATE_HKID,
                  m->private_hkid_min);
        return false;
    }
    return true;
}

/* SYS.CONFIG 7.2 */
static TdxStatus config_tdmr(TdxModule *m, unsigned i, uint64_t info_hpa)
{
    TdxTdmrInfo info;
    TdxTdmr tdmr;
    TdxStatus status;

    if (!tdx_shared_hpa_ok(m, info_hpa, TDX_TDMR_INFO_ALIGN,
                           TDX_TDMR_INFO_ALIGN)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    read_words(m, info_hpa, (uint64_t *)&info, sizeof(info));
    status = tdx_verify_tdmr(m, i, &info, &tdmr);
    if (status == TDX_SUCCESS) {
        m->st.tdmr[i] = tdmr;
    }
    return status;
}

/* SYS.CONFIG 7.1 */
static TdxStatus tdh_sys_config(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t array_hpa = c->gpr[TDX_RCX];
    uint64_t num_tdmrs = c->gpr[TDX_RDX];
    uint64_t r8 = c->gpr[TDX_R8];
    uint64_t info_hpa[TDX_MAX_TDMRS];
    TDX_LOCK_GUARD(global);
    TdxStatus status;

    status = tdx_take_global(&global, m, TDX_LOCK_TYPE_EXCLUSIVE) ?:
             tdx_require(tdx_sys_state(m) == TDX_SYSINIT_DONE,
                         TDX_SYS_CONFIG_NOT_PENDING) ?:
             tdx_require(tdx_all_lps_init(m), TDX_SYS_CONFIG_NOT_PENDING) ?:
             tdx_check_shared_hpa(m, array_hpa, TDX_TDMR_INFO_ALIGN,
                                  TDX_TDMR_INFO_ALIGN, TDX_RCX) ?:
             tdx_require(num_tdmrs <= m->cfg.max_tdmrs,
                         tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX),
                                   NULL, num_tdmrs, TDX_CAUSE_TOO_HIGH,
                                   m->cfg.max_tdmrs)) ?:
             tdx_require(num_tdmrs >= 1,
                         tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX),
                                   NULL, num_tdmrs, TDX_CAUSE_ZERO, 0)) ?:
             tdx_require(r8_is_valid(m, r8),
                         tdx_op(TDX_OPERAND_INVALID, TDX_R8));
    if (status) {
        return status;
    }

    /* These persist whatever happens to the rest (7.1.7) */
    m->st.hkid = r8 & R8_HKID_MASK;
    m->st.kot[m->st.hkid].state = TDX_HKID_RESERVED;
    m->st.dynamic_pamt = r8 & R8_DYNAMIC_PAMT;

    if (m->st.dynamic_pamt &&
        m->hkid_start_bit > TDX_DYNAMIC_PAMT_HPA_BITS) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_R8),
                         "address bits for Dynamic PAMT", m->hkid_start_bit,
                         TDX_CAUSE_TOO_HIGH, TDX_DYNAMIC_PAMT_HPA_BITS);
    }
    read_words(m, array_hpa, info_hpa, num_tdmrs * sizeof(info_hpa[0]));
    for (unsigned i = 0; i < num_tdmrs; i++) {
        status = config_tdmr(m, i, info_hpa[i]);
        if (status) {
            return status;
        }
    }
    m->st.num_tdmrs = num_tdmrs;
    m->st.pkg_config_bitmap = 0;
    /* Its TDs are lost; nobody may bring them back over what comes now */
    m->st.handoff = (TdxHandoff) { 0 };
    tdx_set_sys_state(m, TDX_SYSCONFIG_DONE);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_SYS_CONFIG = {
    TDX_LEAF_ID(TDH_SYS_CONFIG),
    .what = "Configure TDMRs, their PAMTs and the module's KeyID",
    .states = TDX_WHEN_UP,
    .in = { { TDX_RCX, "tdmr_info_array" }, { TDX_RDX, "num_tdmrs" },
            { TDX_R8, "hkid_flags" } },
    .handler = tdh_sys_config,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SYS_BUSY,
        { TDX_SYS_CONFIG_NOT_PENDING,
          "a processor is not initialised, or the module is configured" },
        { TDX_OPERAND_INVALID,
          "an operand or the address of a TDMR_INFO cannot be used" },
        { TDX_INVALID_TDMR, "a TDMR is not aligned or carries a KeyID" },
        { TDX_NON_ORDERED_TDMR, "TDMRs are not in ascending order" },
        { TDX_INVALID_RESERVED_IN_TDMR,
          "a reserved area is not aligned or not in its TDMR" },
        { TDX_NON_ORDERED_RESERVED_IN_TDMR,
          "reserved areas are not in ascending order" },
        { TDX_TDMR_OUTSIDE_CMRS,
          "what is not reserved is not all convertible memory" },
        { TDX_INVALID_PAMT,
          "a PAMT area is too small, not aligned or carries a KeyID" },
        { TDX_PAMT_OUTSIDE_CMRS, "a PAMT area is not all convertible memory" },
        { TDX_PAMT_OVERLAP,
          "a PAMT area overlaps another or usable memory of a TDMR" }
    ),
};
