/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.CONFIG (45): give the module its memory and its private KeyID.
 */

#include <glib.h>

#include "../pamt/tdmr.h"

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
static uint64_t config_tdmr(TdxModule *m, unsigned i, uint64_t info_hpa)
{
    TdxTdmrInfo info;
    TdxTdmr tdmr;
    uint64_t status;

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
uint64_t tdh_sys_config(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t array_hpa = c->gpr[TDX_RCX];
    uint64_t num_tdmrs = c->gpr[TDX_RDX];
    uint64_t r8 = c->gpr[TDX_R8];
    uint64_t info_hpa[TDX_MAX_TDMRS];
    TDX_LOCK_GUARD(global);

    if (!tdx_guard_try(&global, &m->st.global_lock, TDX_LOCK_TYPE_EXCLUSIVE)) {
        return TDX_SYS_BUSY;
    }
    if (tdx_sys_state(m) != TDX_SYSINIT_DONE) {
        return TDX_SYS_CONFIG_NOT_PENDING;
    }
    if (!tdx_all_lps_init(m)) {
        return TDX_SYS_CONFIG_NOT_PENDING;
    }
    if (!tdx_shared_hpa_ok(m, array_hpa, TDX_TDMR_INFO_ALIGN,
                           TDX_TDMR_INFO_ALIGN)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    if (num_tdmrs > m->cfg.max_tdmrs) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX), NULL,
                         num_tdmrs, TDX_CAUSE_TOO_HIGH, m->cfg.max_tdmrs);
    }
    if (num_tdmrs < 1) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX), NULL,
                         num_tdmrs, TDX_CAUSE_ZERO, 0);
    }
    if (!r8_is_valid(m, r8)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_R8);
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
        uint64_t status = config_tdmr(m, i, info_hpa[i]);

        if (status != TDX_SUCCESS) {
            return status;
        }
    }
    m->st.num_tdmrs = num_tdmrs;
    m->st.pkg_config_bitmap = 0;
    tdx_set_sys_state(m, TDX_SYSCONFIG_DONE);
    return TDX_SUCCESS;
}
