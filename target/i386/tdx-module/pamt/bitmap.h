/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The page bitmap of Dynamic PAMT: which pages are PAMT pages or reserved
 * (PAMT 4).
 */

#ifndef TDX_PAMT_BITMAP_H
#define TDX_PAMT_BITMAP_H

#include "../core/call.h"

typedef struct TdxPamtBit {
    uint64_t *word;
    uint64_t mask;
} TdxPamtBit;

/**
 * tdx_pamt_bit: the bit of the page at @hpa in @tdmr; Dynamic PAMT only.
 * Returns TDX_SUCCESS or TDX_STATUS_NONE.
 */
TdxStatus tdx_pamt_bit(TdxModule *m, const TdxTdmr *tdmr, uint64_t hpa,
                       TdxPamtBit *bit);

static inline bool tdx_pamt_bit_test(const TdxPamtBit *bit)
{
    return __atomic_load_n(bit->word, __ATOMIC_ACQUIRE) & bit->mask;
}

/* Sets the bits of @mask if none is set; returns those that are */
static inline uint64_t tdx_pamt_bits_claim(uint64_t *word, uint64_t mask)
{
    uint64_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

    do {
        if (old & mask) {
            return old & mask;
        }
    } while (!__atomic_compare_exchange_n(word, &old, old | mask, false,
                                          __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    return 0;
}

static inline void tdx_pamt_bits_clear(uint64_t *word, uint64_t mask)
{
    __atomic_fetch_and(word, ~mask, __ATOMIC_RELEASE);
}

/* Returns what the bit was */
static inline bool tdx_pamt_bit_test_and_set(const TdxPamtBit *bit)
{
    return tdx_pamt_bits_claim(bit->word, bit->mask);
}

static inline void tdx_pamt_bit_clear(const TdxPamtBit *bit)
{
    tdx_pamt_bits_clear(bit->word, bit->mask);
}

/** tdx_pamt_bits_of_pair: tdx_pamt_bit() of two, often neighbours */
TdxStatus tdx_pamt_bits_of_pair(TdxModule *m, TdxTdmr *const tdmr[2],
                                const uint64_t hpa[2], TdxPamtBit bit[2]);

/** tdx_pamt_bits_of_2m: the 512 bits of the 2 MiB range at @hpa, 8 words */
TdxStatus tdx_pamt_bits_of_2m(TdxModule *m, const TdxTdmr *tdmr, uint64_t hpa,
                              uint64_t **words);
#define TDX_PAMT_WORDS_OF_2M 8

#endif /* TDX_PAMT_BITMAP_H */
