/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Geometry of physical memory.
 */

#include "../core/address.h"
#include "geometry.h"

/* Life cycle 3.1 p */
bool tdx_cmrs_valid(const TdxRange *cmr, uint64_t hkid_mask)
{
    uint64_t end_of_last = 0;

    for (unsigned i = 0; i < TDX_MAX_CMRS; i++) {
        uint64_t last = cmr[i].base + cmr[i].size - 1;

        if (!cmr[i].size) {
            continue;
        }
        if (tdx_range_wraps(cmr[i].base, cmr[i].size) ||
            ((cmr[i].base | last) & hkid_mask) ||
            last > TDX_HPA_LIMIT ||
            !tdx_aligned(cmr[i].base | cmr[i].size, TDX_PAGE_4K) ||
            cmr[i].base < end_of_last) {
            return false;
        }
        end_of_last = cmr[i].base + cmr[i].size;
    }
    return true;
}

bool tdx_in_cmrs(const TdxRange *cmr, uint64_t base, uint64_t size)
{
    uint64_t end = base + size;

    /* The list ascends: follow @base through the entries that hold it */
    for (unsigned i = 0; i < TDX_MAX_CMRS && base < end; i++) {
        uint64_t cmr_end = cmr[i].base + cmr[i].size;

        if (cmr[i].base <= base && base < cmr_end) {
            base = cmr_end;
        }
    }
    return base >= end;
}

bool tdx_next_available(const TdxTdmr *tdmr, unsigned *pos, TdxRange *area)
{
    while (*pos <= tdmr->num_rsvd) {
        unsigned i = (*pos)++;
        uint64_t start = 0, end = tdmr->size;

        if (i > 0) {
            start = tdmr->rsvd[i - 1].base + tdmr->rsvd[i - 1].size;
        }
        if (i < tdmr->num_rsvd) {
            end = tdmr->rsvd[i].base;
        }
        if (start < end) {
            area->base = tdmr->base + start;
            area->size = end - start;
            return true;
        }
    }
    return false;
}

bool tdx_overlaps_available(const TdxTdmr *tdmr, const TdxRange *r)
{
    unsigned pos = 0;
    TdxRange area;

    while (tdx_next_available(tdmr, &pos, &area)) {
        if (tdx_ranges_overlap(area.base, area.size, r->base, r->size)) {
            return true;
        }
    }
    return false;
}
