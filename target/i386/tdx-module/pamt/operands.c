/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Operands and outputs that several PHYMEM leaves have in common.
 */

#include "operands.h"

/* PAMT 5 step 2 */
bool tdx_pamt_range_operand(const TdxModule *m, uint64_t rcx, uint64_t *hpa)
{
    *hpa = rcx & TDX_PAMT_OPERAND_HPA_MASK;
    if ((rcx & TDX_PAMT_OPERAND_LEVEL_MASK) != TDX_LEVEL_2M) {
        tdx_cause(m, "level", rcx & TDX_PAMT_OPERAND_LEVEL_MASK, TDX_CAUSE_NOT,
                  TDX_LEVEL_2M);
        return false;
    }
    if (rcx & TDX_PAMT_OPERAND_RSVD_MASK) {
        tdx_cause(m, NULL, rcx, TDX_CAUSE_RESERVED_BITS,
                  rcx & TDX_PAMT_OPERAND_RSVD_MASK);
        return false;
    }
    return tdx_private_hpa_ok(m, *hpa, TDX_PAGE_2M);
}

void tdx_pamt_clear_outputs(TdxCall *c)
{
    c->gpr[TDX_RCX] = 0;
    c->gpr[TDX_RDX] = 0;
    c->gpr[TDX_R8] = 0;
    c->gpr[TDX_R9] = 0;
    c->gpr[TDX_R10] = 0;
    c->gpr[TDX_R11] = 0;
}
