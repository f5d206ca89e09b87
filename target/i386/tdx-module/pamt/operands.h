/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Operands and outputs that PHYMEM leaves share.
 */

#ifndef TDX_PAMT_OPERANDS_H
#define TDX_PAMT_OPERANDS_H

#include "../core/call.h"

/* A page or range with its level in one register (PAMT 5, 10) */
#define TDX_PAMT_OPERAND_LEVEL_MASK 0x7ULL
#define TDX_PAMT_OPERAND_HPA_MASK   (TDX_HPA_LIMIT - TDX_PAGE_4K)
#define TDX_PAMT_OPERAND_RSVD_MASK \
    (~(TDX_PAMT_OPERAND_LEVEL_MASK | TDX_PAMT_OPERAND_HPA_MASK))

/** tdx_pamt_range_operand: is @rcx a 2 MiB range?  @hpa: its address */
bool tdx_pamt_range_operand(const TdxModule *m, uint64_t rcx, uint64_t *hpa);

/** tdx_pamt_clear_outputs: RCX, RDX, R8 .. R11 := 0 */
void tdx_pamt_clear_outputs(TdxCall *c);

#endif /* TDX_PAMT_OPERANDS_H */
