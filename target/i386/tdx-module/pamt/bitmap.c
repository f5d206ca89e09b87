/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The page bitmap of a TDMR under Dynamic PAMT: one bit for each 4 KiB page,
 * set while the page is a PAMT page or if it lies in a reserved area (PAMT 4).
 */

#include "bitmap.h"
#include "walk.h"

#define BITS_PER_WORD 64

/* The words of @pages pages from number @page on, which lie in one page */
static uint64_t *words_at(TdxModule *m, const TdxTdmr *tdmr, uint64_t page,
                          unsigned pages)
{
    uint64_t hpa = tdmr->pamt[TDX_LEVEL_4K].base +
                   page / BITS_PER_WORD * sizeof(uint64_t);

    return tdx_global(m, hpa, pages / BITS_PER_WORD * sizeof(uint64_t));
}

TdxStatus tdx_pamt_bit(TdxModule *m, const TdxTdmr *tdmr, uint64_t hpa,
                       TdxPamtBit *bit)
{
    uint64_t page = (hpa - tdmr->base) / TDX_PAGE_4K;

    bit->word = words_at(m, tdmr, page, BITS_PER_WORD);
    bit->mask = 1ULL << page % BITS_PER_WORD;
    return bit->word ? TDX_SUCCESS : TDX_STATUS_NONE;
}

TdxStatus tdx_pamt_bits_of_pair(TdxModule *m, TdxTdmr *const tdmr[2],
                                const uint64_t hpa[2], TdxPamtBit bit[2])
{
    TdxStatus status = tdx_pamt_bit(m, tdmr[0], hpa[0], &bit[0]);

    if (status) {
        return status;
    }
    /* TDMRs start at multiples of 1 GiB */
    if ((hpa[0] ^ hpa[1]) < BITS_PER_WORD * TDX_PAGE_4K) {
        bit[1].word = bit[0].word;
        bit[1].mask = 1ULL << hpa[1] / TDX_PAGE_4K % BITS_PER_WORD;
        return TDX_SUCCESS;
    }
    return tdx_pamt_bit(m, tdmr[1], hpa[1], &bit[1]);
}

TdxStatus tdx_pamt_bits_of_2m(TdxModule *m, const TdxTdmr *tdmr, uint64_t hpa,
                              uint64_t **words)
{
    uint64_t range = (hpa - tdmr->base) / TDX_PAGE_2M;

    /* 64 bytes, aligned: they do not cross a page */
    *words = words_at(m, tdmr, range * TDX_PAMT_CHILDREN, TDX_PAMT_CHILDREN);
    return *words ? TDX_SUCCESS : TDX_STATUS_NONE;
}
