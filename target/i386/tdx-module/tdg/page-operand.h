/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the TDCALL leaves on a page of the guest share (TDCALL 4.7, 4.12).
 */

#ifndef TDX_TDG_PAGE_OPERAND_H
#define TDX_TDG_PAGE_OPERAND_H

#include "../exit/tdcall.h"

/**
 * tdx_tdg_page_operand: operand RCX: level in bits 2:0, GPA of a private page
 * @max_level: largest pages that the leaf takes
 */
TdxStatus tdx_tdg_page_operand(const TdxCall *c, unsigned max_level,
                               uint64_t *gpa, unsigned *level);

/** tdx_tdg_page_walk: to the entry at @level, or whatever is in the way */
TdxStatus tdx_tdg_page_walk(TdxCall *c, uint64_t gpa, unsigned level,
                       TdxSeptWalk *walk);

/** tdx_tdg_page_lock: take the entry's lock; @walk has its value then */
TdxStatus tdx_tdg_page_lock(TdxSeptWalk *walk);

/** tdx_tdg_page_violation: end in the VMM, which is told of the entry */
TdxStatus tdx_tdg_page_violation(TdxCall *c, const TdxSeptWalk *walk,
                                 uint64_t gpa, unsigned level, TdxEeqType type);

#endif /* TDX_TDG_PAGE_OPERAND_H */
