/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.SYS.TDMR.INIT: initialise the PAMT of a TDMR, chunk by chunk.
 */

#include <glib.h>

#include "../pamt/bitmap.h"
#include "../pamt/page.h"

/* Pages whose metadata one call initialises (life cycle 9) */
#define STATIC_CHUNK_PAGES  1024
#define DYNAMIC_CHUNK_PAGES 4096

/* ... and one that is interrupted; the next one does the rest of its chunk */
#define INTERRUPTED_PAGES   512

#define CACHE_LINE 64
#define BITS_PER_WORD 64
#define ENTRIES_PER_PAGE (TDX_PAGE_4K / TDX_PAMT_ENTRY_SIZE)

static uint64_t line_up(uint64_t offset)
{
    return (offset + CACHE_LINE - 1) & ~(CACHE_LINE - 1ULL);
}

/*
 * Bytes [@first, @end) of a PAMT area are used for the first time: they leave
 * KeyID 0 and become zeros, which is what entries of free pages are made of.
 * A call takes the cache lines that begin in its bytes.  So a line is taken
 * once, by the call that comes to it first, and never with live entries.
 */
static TdxStatus take(TdxModule *m, const TdxRange *area, uint64_t first,
                      uint64_t end)
{
    first = area->base + line_up(first);
    end = area->base + line_up(end);
    if (first < end && !m->ops->private_take(m->opaque, first, end - first)) {
        return tdx_fatal(m, "no memory where the PAMT is to be");
    }
    return TDX_SUCCESS;
}

/* Entries whose pages end in bytes (@first, @end] of the TDMR */
static TdxStatus init_entries(TdxModule *m, const TdxTdmr *tdmr, TdxLevel level,
                              uint64_t first, uint64_t end)
{
    uint64_t size = tdx_level_size(level);

    return take(m, &tdmr->pamt[level], first / size * TDX_PAMT_ENTRY_SIZE,
                end / size * TDX_PAMT_ENTRY_SIZE);
}

/* Static: pages @page .. @end - 1 of the TDMR are reserved */
static TdxStatus reserve_entries(TdxModule *m, const TdxTdmr *tdmr,
                                 uint64_t page, uint64_t end)
{
    while (page < end) {
        uint64_t stop = MIN(end, (page / ENTRIES_PER_PAGE + 1) *
                                 ENTRIES_PER_PAGE);
        TdxPamtEntry *e = tdx_global(m, tdmr->pamt[TDX_LEVEL_4K].base +
                                        page * TDX_PAMT_ENTRY_SIZE,
                                     (stop - page) * TDX_PAMT_ENTRY_SIZE);

        if (!e) {
            return TDX_STATUS_NONE;
        }
        for (; page < stop; page++) {
            tdx_pamt_set_type(e++, TDX_PT_RSVD);
        }
    }
    return TDX_SUCCESS;
}

/* Dynamic: the same in the page bitmap */
static TdxStatus reserve_bits(TdxModule *m, const TdxTdmr *tdmr,
                              uint64_t page, uint64_t end)
{
    while (page < end) {
        uint64_t stop = MIN(end, (page / BITS_PER_WORD + 1) * BITS_PER_WORD);
        TdxPamtBit bits;
        TdxStatus status = tdx_pamt_bit(m, tdmr,
                                        tdmr->base + page * TDX_PAGE_4K, &bits);

        if (status) {
            return status;
        }
        bits.mask = UINT64_MAX >> (BITS_PER_WORD - (stop - page))
                    << page % BITS_PER_WORD;
        tdx_pamt_bit_test_and_set(&bits);
        page = stop;
    }
    return TDX_SUCCESS;
}

/* The 4K level of bytes [@first, @end) of the TDMR */
static TdxStatus init_4k(TdxModule *m, const TdxTdmr *tdmr, uint64_t first,
                         uint64_t end)
{
    const TdxRange *area = &tdmr->pamt[TDX_LEVEL_4K];
    uint64_t page = first / TDX_PAGE_4K;
    uint64_t page_end = end / TDX_PAGE_4K;
    TdxStatus status;
    uint32_t i;

    tdx_pamt_observe_range(m, tdmr->base + first, TDX_LEVEL_4K, page_end - page,
                           NULL, TDX_PT_NDA, 0);
    if (m->st.dynamic_pamt) {
        status = take(m, area, page / 8, page_end / 8);
    } else {
        status = take(m, area, page * TDX_PAMT_ENTRY_SIZE,
                      page_end * TDX_PAMT_ENTRY_SIZE);
    }
    for (i = 0; i < tdmr->num_rsvd && status == TDX_SUCCESS; i++) {
        const TdxRange *rsvd = &tdmr->rsvd[i];
        uint64_t from = MAX(rsvd->base / TDX_PAGE_4K, page);
        uint64_t to = MIN((rsvd->base + rsvd->size) / TDX_PAGE_4K, page_end);

        status = m->st.dynamic_pamt ? reserve_bits(m, tdmr, from, to)
                                    : reserve_entries(m, tdmr, from, to);
        if (from < to) {
            tdx_pamt_observe_range(m, tdmr->base + from * TDX_PAGE_4K,
                                   TDX_LEVEL_4K, to - from, NULL, TDX_PT_RSVD,
                                   0);
        }
    }
    return status;
}

static TdxStatus init_chunk(TdxCall *c, TdxTdmr *tdmr)
{
    TdxModule *m = c->m;
    uint64_t chunk = TDX_PAGE_4K * (m->st.dynamic_pamt ? DYNAMIC_CHUNK_PAGES
                                                       : STATIC_CHUNK_PAGES);
    uint64_t first = tdmr->last_initialized - tdmr->base;
    uint64_t end = tdx_fault_at(c, TDX_FAULT_INTERRUPTION)
                   ? first + TDX_PAGE_4K * INTERRUPTED_PAGES
                   : (first / chunk + 1) * chunk;
    TdxStatus status = init_4k(m, tdmr, first, end);

    if (status == TDX_SUCCESS) {
        status = init_entries(m, tdmr, TDX_LEVEL_2M, first, end);
    }
    if (status == TDX_SUCCESS) {
        /* Not empty when the chunk ends at a 1 GiB boundary */
        status = init_entries(m, tdmr, TDX_LEVEL_1G, first, end);
    }
    if (status == TDX_SUCCESS) {
        /* Publishes the entries to other LPs: see tdx_pamt_find() */
        __atomic_store_n(&tdmr->last_initialized, tdmr->base + end,
                         __ATOMIC_RELEASE);
    }
    return status;
}

/* Life cycle 9 */
static TdxStatus tdh_sys_tdmr_init(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    TdxStatus status;
    TdxTdmr *tdmr;
    TDX_LOCK_GUARD(mutex);

    c->gpr[TDX_RDX] = 0;

    if (!tdx_private_hpa_ok(m, rcx, TDX_PAGE_1G)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    tdmr = tdx_pamt_tdmr(m, rcx);
    status = tdx_require(tdmr && tdmr->base == rcx,
                         tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RCX),
                                   NULL, rcx, TDX_CAUSE_NOT_TDMR_BASE, 0)) ?:
             tdx_take(&mutex, &tdmr->lock, TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX) ?:
             tdx_require(tdmr->last_initialized < tdmr->base + tdmr->size,
                         TDX_TDMR_ALREADY_INITIALIZED);
    if (status) {
        return status;
    }
    status = init_chunk(c, tdmr);
    if (status == TDX_SUCCESS) {
        c->gpr[TDX_RDX] = tdmr->last_initialized & ~(TDX_PAGE_1G - 1);
    }
    return status;
}

const TdxLeaf tdx_leaf_TDH_SYS_TDMR_INIT = {
    TDX_LEAF_ID(TDH_SYS_TDMR_INIT),
    .what = "Initialise the next part of a TDMR's PAMT",
    .states = TDX_WHEN_READY,
    .piecewise = true,
    .in = { { TDX_RCX, "tdmr_base" } },
    .out = { { TDX_RDX, "next", TDX_ZERO } },
    .handler = tdh_sys_tdmr_init,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        { TDX_OPERAND_INVALID, "the address is not the base of a TDMR" },
        { TDX_OPERAND_BUSY, "another call works on the TDMR" },
        { TDX_TDMR_ALREADY_INITIALIZED, "there is nothing left to do" }
    ),
};
