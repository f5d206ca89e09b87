/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Geometry of physical memory: what is convertible, what of a TDMR can
 * become private, what overlaps.  Pure functions of their arguments.
 */

#ifndef TDX_SYS_GEOMETRY_H
#define TDX_SYS_GEOMETRY_H

#include "../core/state.h"

/** tdx_range_wraps: does @base + @size leave 64 bits? */
static inline bool tdx_range_wraps(uint64_t base, uint64_t size)
{
    return base + size < base;
}

/**
 * tdx_cmrs_valid: may the module trust a list of convertible memory?
 * @cmr: TDX_MAX_CMRS entries; size 0 is a null entry, anywhere
 * @hkid_mask: address bits that hold a KeyID
 */
bool tdx_cmrs_valid(const TdxRange *cmr, uint64_t hkid_mask);

/**
 * tdx_in_cmrs: is [@base, @base + @size) convertible as a whole?
 * @cmr: a valid list.  Entries that touch count as one.
 * @size: not 0
 */
bool tdx_in_cmrs(const TdxRange *cmr, uint64_t base, uint64_t size);

/**
 * tdx_next_available: walk the parts of @tdmr outside its reserved areas.
 * @pos: 0 to begin with; changed
 * @area: the next part, never empty
 * Returns false when there is none left.
 */
bool tdx_next_available(const TdxTdmr *tdmr, unsigned *pos, TdxRange *area);

/** tdx_overlaps_available: does @r meet @tdmr outside reserved areas? */
bool tdx_overlaps_available(const TdxTdmr *tdmr, const TdxRange *r);

#endif /* TDX_SYS_GEOMETRY_H */
