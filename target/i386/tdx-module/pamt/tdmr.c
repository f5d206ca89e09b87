/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Verification of one TDMR: its range, its reserved areas, its PAMTs.
 */

#include "entry.h"
#include "../sys/geometry.h"
#include "tdmr.h"

/* With Dynamic PAMT, the bitmap has one bit for each 4 KiB page */
#define BITMAP_PAGES_PER_BYTE 8

/* Order in which the PAMTs are laid out, and in which they are compared */
static const TdxLevel levels_down[] = {
    TDX_LEVEL_1G, TDX_LEVEL_2M, TDX_LEVEL_4K
};
static const TdxLevel levels_up[] = {
    TDX_LEVEL_4K, TDX_LEVEL_2M, TDX_LEVEL_1G
};

/* Members of TDMR_INFO, as the ABI calls them */
#define TDMR_BASE   "TDMR_BASE"
#define TDMR_SIZE   "TDMR_SIZE"
#define RSVD_OFFSET "RSVD_OFFSET"
#define RSVD_SIZE   "RSVD_SIZE"

static const char *const pamt_base_name[TDX_NUM_PAMT_LEVELS] = {
    [TDX_LEVEL_4K] = "PAMT_4K_BASE",
    [TDX_LEVEL_2M] = "PAMT_2M_BASE",
    [TDX_LEVEL_1G] = "PAMT_1G_BASE",
};
static const char *const pamt_size_name[TDX_NUM_PAMT_LEVELS] = {
    [TDX_LEVEL_4K] = "PAMT_4K_SIZE",
    [TDX_LEVEL_2M] = "PAMT_2M_SIZE",
    [TDX_LEVEL_1G] = "PAMT_1G_SIZE",
};

/* [@base, @base + @size) lies below the limit and names no KeyID */
static bool plain_hpa_range(const TdxModule *m, uint64_t base, uint64_t size)
{
    uint64_t last = base + size - 1;

    return base < TDX_HPA_LIMIT && !(base & m->hkid_mask) &&
           last < TDX_HPA_LIMIT && !(last & m->hkid_mask);
}

/* SYS.CONFIG 7.2 up to the reserved areas */
static TdxStatus verify_range(const TdxModule *m, unsigned i,
                              const TdxTdmrInfo *info)
{
    const TdxTdmr *prev = i ? &m->st.tdmr[i - 1] : NULL;
    TdxStatus invalid = tdx_multi(TDX_INVALID_TDMR, i, 0, 0, 0);
    TdxStatus non_ordered = tdx_multi(TDX_NON_ORDERED_TDMR, i, 0, 0, 0);

    return tdx_require(!tdx_range_wraps(info->base, info->size),
                       tdx_fails(m, invalid, TDMR_BASE, info->base,
                                 TDX_CAUSE_WRAPS, info->size)) ?: /* 7.2.2 */
           tdx_require(!prev || info->base >= prev->base,
                       tdx_fails(m, non_ordered, TDMR_BASE, info->base,
                                 TDX_CAUSE_TOO_LOW, prev->base)) ?: /* 7.2.3 */
           tdx_require(!prev || info->base >= prev->base + prev->size,
                       tdx_fails(m, non_ordered, TDMR_BASE, info->base,
                                 TDX_CAUSE_OVERLAPS, prev->base)) ?: /* 7.2.4 */
           tdx_require(tdx_aligned(info->base, TDX_PAGE_1G),
                       tdx_fails(m, invalid, TDMR_BASE, info->base,
                                 TDX_CAUSE_UNALIGNED,
                                 TDX_PAGE_1G)) ?: /* 7.2.5 */
           tdx_require(tdx_aligned(info->size, TDX_PAGE_1G),
                       tdx_fails(m, invalid, TDMR_SIZE, info->size,
                                 TDX_CAUSE_UNALIGNED, TDX_PAGE_1G)) ?:
           tdx_require(info->size,
                       tdx_fails(m, invalid, TDMR_SIZE, info->size,
                                 TDX_CAUSE_ZERO, 0)) ?:
           tdx_require(plain_hpa_range(m, info->base, info->size),
                       tdx_fails(m, invalid, TDMR_BASE, info->base,
                                 TDX_CAUSE_TOO_LARGE,
                                 info->size)); /* 7.2.6, 7.2.7 */
}

/* SYS.CONFIG 7.3 on area number @j, which is not null */
static TdxStatus verify_reserved_area(const TdxModule *m, unsigned i,
                                      unsigned j, const TdxTdmrInfo *info)
{
    const TdxRange *r = &info->rsvd[j];
    const TdxRange *prev = j ? r - 1 : NULL;
    TdxStatus invalid = tdx_multi(TDX_INVALID_RESERVED_IN_TDMR, i, j, 0, 0);
    TdxStatus non_ordered = tdx_multi(TDX_NON_ORDERED_RESERVED_IN_TDMR, i, j, 0,
                                     0);

    return tdx_require(!tdx_range_wraps(r->base, r->size),
                       tdx_fails(m, invalid, RSVD_OFFSET, r->base,
                                 TDX_CAUSE_WRAPS, r->size)) ?: /* 7.3.1 */
           tdx_require(!prev || r->base >= prev->base,
                       tdx_fails(m, non_ordered, RSVD_OFFSET, r->base,
                                 TDX_CAUSE_TOO_LOW, prev->base)) ?: /* 7.3.2 */
           tdx_require(!prev || r->base >= prev->base + prev->size,
                       tdx_fails(m, non_ordered, RSVD_OFFSET, r->base,
                                 TDX_CAUSE_OVERLAPS, prev->base)) ?: /* 7.3.3 */
           tdx_require(tdx_aligned(r->base, TDX_PAGE_4K),
                       tdx_fails(m, invalid, RSVD_OFFSET, r->base,
                                 TDX_CAUSE_UNALIGNED,
                                 TDX_PAGE_4K)) ?: /* 7.3.4 */
           tdx_require(tdx_aligned(r->size, TDX_PAGE_4K),
                       tdx_fails(m, invalid, RSVD_SIZE, r->size,
                                 TDX_CAUSE_UNALIGNED, TDX_PAGE_4K)) ?:
           tdx_require(!tdx_range_wraps(info->base, r->base) &&
                       !tdx_range_wraps(info->base + r->base, r->size),
                       tdx_fails(m, invalid, RSVD_OFFSET, r->base,
                                 TDX_CAUSE_WRAPS, r->size)) ?: /* 7.3.5 */
           tdx_require(r->base + r->size <= info->size,
                       tdx_fails(m, invalid, RSVD_OFFSET, r->base,
                                 TDX_CAUSE_TOO_LARGE, r->size)); /* 7.3.6 */
}

/*
 * SYS.CONFIG 7.3.  A module with fewer reserved areas per TDMR has a shorter
 * TDMR_INFO: what stands behind its last area is not part of it.
 */
static TdxStatus verify_reserved(const TdxModule *m, unsigned i,
                                 const TdxTdmrInfo *info, TdxTdmr *tdmr)
{
    unsigned max = m->cfg.max_rsvd_per_tdmr;

    for (unsigned j = 0; j < max; j++) {
        TdxStatus status;

        if (!info->rsvd[j].size) {
            if (j + 1 < max && info->rsvd[j + 1].size) {
                return tdx_fails(m, tdx_multi(TDX_NON_ORDERED_RESERVED_IN_TDMR,
                                              i, j, 0, 0),
                                 RSVD_SIZE, 0, TDX_CAUSE_ZERO, 0);
            }
            continue;
        }
        status = verify_reserved_area(m, i, j, info);
        if (status) {
            return status;
        }
        tdmr->rsvd[tdmr->num_rsvd++] = info->rsvd[j];
    }
    return TDX_SUCCESS;
}

static uint64_t pamt_size(const TdxModule *m, TdxLevel level,
                          uint64_t tdmr_size)
{
    static const uint64_t page_size[TDX_NUM_PAMT_LEVELS] = {
        [TDX_LEVEL_4K] = TDX_PAGE_4K,
        [TDX_LEVEL_2M] = TDX_PAGE_2M,
        [TDX_LEVEL_1G] = TDX_PAGE_1G,
    };
    uint64_t pages = tdmr_size / page_size[level];

    if (level == TDX_LEVEL_4K && m->st.dynamic_pamt) {
        return pages / BITMAP_PAGES_PER_BYTE;
    }
    return pages * TDX_PAMT_ENTRY_SIZE;
}

/* SYS.CONFIG 7.4 step A */
static bool pamt_is_valid(const TdxModule *m, TdxLevel level,
                          const TdxTdmr *tdmr)
{
    const TdxRange *pamt = &tdmr->pamt[level];
    const char *base = pamt_base_name[level];
    const char *size = pamt_size_name[level];
    uint64_t needed = pamt_size(m, level, tdmr->size);

    if (tdx_range_wraps(pamt->base, pamt->size)) {
        tdx_cause(m, base, pamt->base, TDX_CAUSE_WRAPS, pamt->size);
        return false;
    }
    if (!tdx_aligned(pamt->base, TDX_PAGE_4K)) {
        tdx_cause(m, base, pamt->base, TDX_CAUSE_UNALIGNED, TDX_PAGE_4K);
        return false;
    }
    if (!tdx_aligned(pamt->size, TDX_PAGE_4K)) {
        tdx_cause(m, size, pamt->size, TDX_CAUSE_UNALIGNED, TDX_PAGE_4K);
        return false;
    }
    if (pamt->size < needed) {
        tdx_cause(m, size, pamt->size, TDX_CAUSE_TOO_LOW, needed);
        return false;
    }
    if (!plain_hpa_range(m, pamt->base, pamt->size)) {
        tdx_cause(m, base, pamt->base, TDX_CAUSE_TOO_LARGE, pamt->size);
        return false;
    }
    return true;
}

static bool overlap(const TdxRange *a, const TdxRange *b)
{
    return tdx_ranges_overlap(a->base, a->size, b->base, b->size);
}

/* A PAMT of TDMR @i, which is @tdmr, meets what belongs to TDMR @j */
static TdxStatus pamt_overlap(const TdxModule *m, unsigned i,
                              const TdxTdmr *tdmr, TdxLevel level, unsigned j,
                              uint64_t other)
{
    return tdx_fails(m, tdx_multi(TDX_PAMT_OVERLAP, i, level, j, 0),
                     pamt_base_name[level], tdmr->pamt[level].base,
                     TDX_CAUSE_OVERLAPS, other);
}

/* SYS.CONFIG 7.4 step B */
static TdxStatus verify_pamts_apart(const TdxModule *m, unsigned i,
                                    const TdxTdmr *tdmr)
{
    for (unsigned j = 0; j < i; j++) {
        for (unsigned n = 0; n < TDX_NUM_PAMT_LEVELS; n++) {
            TdxLevel level = levels_up[n];

            for (unsigned k = 0; k < TDX_NUM_PAMT_LEVELS; k++) {
                if (overlap(&tdmr->pamt[level], &m->st.tdmr[j].pamt[k])) {
                    return pamt_overlap(m, i, tdmr, level, j,
                                        m->st.tdmr[j].pamt[k].base);
                }
            }
        }
    }
    for (unsigned a = 0; a < TDX_NUM_PAMT_LEVELS; a++) {
        for (unsigned b = a + 1; b < TDX_NUM_PAMT_LEVELS; b++) {
            if (overlap(&tdmr->pamt[levels_up[a]],
                        &tdmr->pamt[levels_up[b]])) {
                return pamt_overlap(m, i, tdmr, levels_up[a], i,
                                    tdmr->pamt[levels_up[b]].base);
            }
        }
    }
    return TDX_SUCCESS;
}

/* A PAMT of TDMR @i in memory that TDMR @j makes available */
static TdxStatus verify_pamts_reserved(const TdxModule *m, unsigned i,
                                       const TdxTdmr *with_pamt, unsigned j,
                                       const TdxTdmr *tdmr)
{
    for (unsigned n = 0; n < TDX_NUM_PAMT_LEVELS; n++) {
        TdxLevel level = levels_up[n];

        if (tdx_overlaps_available(tdmr, &with_pamt->pamt[level])) {
            return pamt_overlap(m, i, with_pamt, level, j, tdmr->base);
        }
    }
    return TDX_SUCCESS;
}

/* SYS.CONFIG 7.4 step C */
static TdxStatus verify_pamts_outside(const TdxModule *m, unsigned i,
                                      const TdxTdmr *tdmr)
{
    for (unsigned j = 0; j <= i; j++) {
        const TdxTdmr *other = j < i ? &m->st.tdmr[j] : tdmr;
        TdxStatus status = verify_pamts_reserved(m, i, tdmr, j, other);

        if (status == TDX_SUCCESS && j < i) {
            status = verify_pamts_reserved(m, j, other, i, tdmr);
        }
        if (status) {
            return status;
        }
    }
    return TDX_SUCCESS;
}

/* SYS.CONFIG 7.4 */
static TdxStatus verify_pamts(const TdxModule *m, unsigned i,
                              const TdxTdmr *tdmr)
{
    TdxStatus status;

    for (unsigned n = 0; n < TDX_NUM_PAMT_LEVELS; n++) {
        TdxLevel level = levels_down[n];

        if (!pamt_is_valid(m, level, tdmr)) {
            return tdx_multi(TDX_INVALID_PAMT, i, level, 0, 0);
        }
    }
    status = verify_pamts_apart(m, i, tdmr);
    if (status == TDX_SUCCESS) {
        status = verify_pamts_outside(m, i, tdmr);
    }
    if (status) {
        return status;
    }
    for (unsigned n = 0; n < TDX_NUM_PAMT_LEVELS; n++) { /* step D */
        TdxLevel level = levels_down[n];

        if (!tdx_in_cmrs(m->plat.cmr, tdmr->pamt[level].base,
                         tdmr->pamt[level].size)) {
            return tdx_fails(m, tdx_multi(TDX_PAMT_OUTSIDE_CMRS, i, level, 0,
                                          0),
                             pamt_base_name[level], tdmr->pamt[level].base,
                             TDX_CAUSE_NOT_IN_CMRS, tdmr->pamt[level].size);
        }
    }
    return TDX_SUCCESS;
}

/* SYS.CONFIG 7.5 */
static TdxStatus verify_convertible(const TdxModule *m, unsigned i,
                                    const TdxTdmr *tdmr)
{
    unsigned pos = 0;
    TdxRange area;

    while (tdx_next_available(tdmr, &pos, &area)) {
        if (!tdx_in_cmrs(m->plat.cmr, area.base, area.size)) {
            return tdx_fails(m, tdx_multi(TDX_TDMR_OUTSIDE_CMRS, i, 0, 0, 0),
                             "what is not reserved at", area.base,
                             TDX_CAUSE_NOT_IN_CMRS, area.size);
        }
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_verify_tdmr(const TdxModule *m, unsigned i,
                          const TdxTdmrInfo *info, TdxTdmr *tdmr)
{
    TdxStatus status;

    status = verify_range(m, i, info);
    if (status) {
        return status;
    }
    *tdmr = (TdxTdmr) {
        .base = info->base,
        .size = info->size,
        .pamt = {
            [TDX_LEVEL_4K] = info->pamt_4k,
            [TDX_LEVEL_2M] = info->pamt_2m,
            [TDX_LEVEL_1G] = info->pamt_1g,
        },
        .last_initialized = info->base,
    };
    status = verify_reserved(m, i, info, tdmr); /* 7.2.8 */
    if (status) {
        return status;
    }
    status = verify_pamts(m, i, tdmr); /* 7.2.9 */
    if (status) {
        return status;
    }
    return verify_convertible(m, i, tdmr); /* 7.2.10 */
}
