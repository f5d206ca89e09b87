/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos client of the tdx-module device: a TD, built and taken apart.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "tdx-td.h"

#define TDCS_PAGES  6
#define TDVPS_PAGES 6

#define LEVEL_2M  1
#define ROOT_LEVEL 3

#define PT_NDA 0

#define PAGE (4 * KiB)
#define RANGE (2 * MiB)

static void call(QTdxTd *td, uint64_t leaf, uint64_t rcx, uint64_t rdx,
                 uint64_t r8)
{
    tdx_assert_status(tdx_call(td->qts, 0, leaf, rcx, rdx, r8), TDX_SUCCESS);
}

uint64_t tdx_td_page(QTdxTd *td)
{
    uint64_t page = td->next;
    uint64_t range = page & ~(RANGE - 1);

    if (!td->ranges->len ||
        g_array_index(td->ranges, uint64_t, td->ranges->len - 1) != range) {
        call(td, TDH_PHYMEM_PAMT_ADD, range | LEVEL_2M, td->pair_next,
             td->pair_next + PAGE);
        td->pair_next += 2 * PAGE;
        td->pairs_added++;
        g_array_append_val(td->ranges, range);
    }
    td->next += PAGE;
    g_array_append_val(td->pages, page);
    return page;
}

static void write_params(QTdxTd *td, uint64_t params)
{
    static const uint64_t words[] = {
        0,      /* ATTRIBUTES */
        3,      /* XFAM: x87 and SSE */
        1,      /* MAX_VCPUS */
        0x1e,   /* EPTP_CONTROLS: write-back, four levels */
        0,      /* CONFIG_FLAGS */
        40,     /* TSC_FREQUENCY: 1 GHz */
    };

    qtest_memset(td->qts, params, 0, KiB);
    for (int i = 0; i < ARRAY_SIZE(words); i++) {
        qtest_writeq(td->qts, params + 8 * i, words[i]);
    }
}

void tdx_td_build(QTdxTd *td, QTestState *qts, const int *key_lp,
                  uint64_t hkid, uint64_t first, uint64_t pairs,
                  uint64_t params)
{
    *td = (QTdxTd) {
        .qts = qts,
        .next = first,
        .pair_next = pairs,
        .pages = g_array_new(false, false, sizeof(uint64_t)),
        .ranges = g_array_new(false, false, sizeof(uint64_t)),
    };
    td->tdr = tdx_td_page(td);
    g_array_set_size(td->pages, 0); /* it goes last */
    call(td, TDH_MNG_CREATE, td->tdr, hkid, 0);
    for (; *key_lp >= 0; key_lp++) {
        tdx_assert_status(tdx_call(qts, *key_lp, TDH_MNG_KEY_CONFIG, td->tdr,
                                   0, 0), TDX_SUCCESS);
    }
    for (int i = 0; i < TDCS_PAGES; i++) {
        call(td, TDH_MNG_ADDCX, tdx_td_page(td), td->tdr, 0);
    }
    write_params(td, params);
    call(td, TDH_MNG_INIT, td->tdr, params, 0);

    td->vcpu = tdx_td_page(td);
    call(td, TDH_VP_CREATE, td->vcpu, td->tdr, 0);
    for (int i = 1; i < TDVPS_PAGES; i++) {
        call(td, TDH_VP_ADDCX, tdx_td_page(td), td->vcpu, 0);
    }
    call(td, TDH_VP_INIT, td->vcpu, 0, 0);
    for (int level = ROOT_LEVEL; level >= LEVEL_2M; level--) {
        call(td, TDH_MEM_SEPT_ADD, level, td->tdr, tdx_td_page(td));
    }
}

void tdx_td_add_page(QTdxTd *td, uint64_t gpa, uint64_t source)
{
    TdxRegs r = {
        .rax = TDH_MEM_PAGE_ADD, .rcx = gpa, .rdx = td->tdr,
        .r8 = tdx_td_page(td), .r9 = source,
    };

    g_assert_true(tdx_seamcall(td->qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
}

uint64_t tdx_td_rd(QTdxTd *td, uint64_t field)
{
    TdxRegs r = { .rax = TDH_MNG_RD, .rcx = td->tdr, .rdx = field };

    g_assert_true(tdx_seamcall(td->qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    return r.r8;
}

static void assert_free(QTdxTd *td, uint64_t page)
{
    TdxRegs r = { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = page };

    g_assert_true(tdx_seamcall(td->qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    g_assert_cmpint(r.rcx, ==, PT_NDA);
}

void tdx_td_destroy(QTdxTd *td, const int *wb_lp)
{
    unsigned pairs_removed = 0;

    call(td, TDH_VP_FLUSH, td->vcpu, 0, 0);
    call(td, TDH_MNG_VPFLUSHDONE, td->tdr, 0, 0);
    for (; *wb_lp >= 0; wb_lp++) {
        tdx_assert_status(tdx_call(td->qts, *wb_lp, TDH_PHYMEM_CACHE_WB, 0, 0,
                                   0), TDX_SUCCESS);
    }
    call(td, TDH_MNG_KEY_FREEID, td->tdr, 0, 0);
    for (int i = 0; i < td->pages->len; i++) {
        call(td, TDH_PHYMEM_PAGE_RECLAIM,
             g_array_index(td->pages, uint64_t, i), 0, 0);
    }
    call(td, TDH_PHYMEM_PAGE_RECLAIM, td->tdr, 0, 0);
    for (int i = 0; i < td->ranges->len; i++) {
        call(td, TDH_PHYMEM_PAMT_REMOVE,
             g_array_index(td->ranges, uint64_t, i) | LEVEL_2M, 0, 0);
        pairs_removed++;
    }
    g_assert_cmpint(pairs_removed, ==, td->pairs_added);
    for (int i = 0; i < td->pages->len; i++) {
        assert_free(td, g_array_index(td->pages, uint64_t, i));
    }
    assert_free(td, td->tdr);
    g_array_free(td->pages, true);
    g_array_free(td->ranges, true);
}
