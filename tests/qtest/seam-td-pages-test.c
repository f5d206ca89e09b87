/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of a TD but for its running: built of pages on both sides of a
 * 2 MiB boundary, with large pages made and split, and taken apart until
 * every page is free again.  The host's books say what the module must say.
 */

#include "qemu/osdep.h"
#include "libqos/tdx-host.h"

/* 64 pages, half of them below the boundary, in both address spaces */
#define NUM_PAGES  64
#define GPA        (TDX_2M - NUM_PAGES / 2 * TDX_4K)
#define HPA        (TDX_HOST_BASE + 16 * TDX_2M - NUM_PAGES / 2 * TDX_4K)
/* 512 pages that become a large one, and a large one that is split */
#define GPA_SMALL  (4 * TDX_2M)
#define HPA_SMALL  (TDX_HOST_BASE + 20 * TDX_2M)
#define GPA_LARGE  (6 * TDX_2M)
#define HPA_LARGE  (TDX_HOST_BASE + 24 * TDX_2M)
#define END        (TDX_HOST_BASE + 25 * TDX_2M)

#define HKID 3
#define SOURCE (TDX_HOST_SHARED + TDX_4K)

/* Page types */
enum {
    PT_NDA = 0, PT_REG = 3, PT_TDR = 4, PT_TDCX = 5, PT_TDVPR = 6,
    PT_EPT = 8, PT_PAMT = 15, NUM_PT,
};

/* States of SEPT entries */
enum {
    MAPPED = 4, PENDING = 2, NL_MAPPED = 0x84,
};

typedef struct Count {
    unsigned type[NUM_PT];
    unsigned owned;
} Count;

/* What RDMD says of each 4K page of a part of the memory */
static void look_at(QTdxHost *h, uint64_t from, uint64_t to, uint64_t owner,
                    Count *n)
{
    for (uint64_t hpa = from; hpa < to; hpa += TDX_4K) {
        unsigned i = tdx_host_range(hpa);
        TdxRegs r = tdx_ok(h->qts, .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = hpa);

        g_assert_cmpuint(r.rcx, <, NUM_PT);
        /* A page is looked up in its pair, where its range has one */
        if (r.rcx != PT_PAMT && r.rcx != PT_REG) {
            g_assert_cmpuint(r.r8, ==, h->dynamic && !h->pair[i][0]);
        }
        n->type[r.rcx]++;
        if (r.rcx != PT_NDA && r.rcx != PT_TDR && r.rcx != PT_PAMT) {
            g_assert_cmphex(r.rdx, ==, owner);
            n->owned++;
        }
    }
}

/* The pairs of all ranges, as the module and as the books know them */
static void compare_pairs(QTdxHost *h)
{
    for (unsigned i = 0; h->dynamic && i < TDX_HOST_RANGES; i++) {
        TdxRegs r = tdx_ok(h->qts, .rax = TDH_PHYMEM_PAGE_RDMD,
                           .rcx = (TDX_HOST_BASE + i * TDX_2M) | 1);

        g_assert_cmphex(r.r10, ==, h->pair[i][0]);
        g_assert_cmphex(r.r11, ==, h->pair[i][1]);
        g_assert_cmpint(r.rcx >> 63, ==, !!h->pair[i][0]);
    }
}

static void track(QHostTd *td)
{
    tdx_ok(td->host->qts, .rax = TDH_MEM_TRACK, .rcx = td->tdr);
}

/* Without a pair there is no 4K page: the host is told what it lacks */
static void map_without_pair(QHostTd *td)
{
    host_td_tables(td, GPA_SMALL, 0);
    tdx_assert_status(tdx_call(td->host->qts, 0, TDH_MEM_PAGE_AUG, GPA_SMALL,
                               td->tdr, HPA_SMALL),
                      tdx_op(TDX_MISSING_PAMT_PAGE_PAIR, 8));
}

static void build(QHostTd *td, QTdxHost *h)
{
    Count n = { 0 };

    host_td_create(td, h, 0, HKID);
    for (unsigned i = 0; i < NUM_PAGES; i++) {
        host_td_add(td, GPA + i * TDX_4K, HPA + i * TDX_4K, SOURCE);
    }
    g_assert_cmpuint(host_td_state(td, GPA), ==, MAPPED);
    g_assert_cmpuint(h->used[tdx_host_range(HPA)], ==, NUM_PAGES / 2);
    g_assert_cmpuint(h->used[tdx_host_range(HPA) + 1], ==, NUM_PAGES / 2);

    tdx_ok(h->qts, .rax = TDH_MR_FINALIZE, .rcx = td->tdr);
    g_assert_cmpuint(host_td_field(td, TDX_MD_TD_OP_STATE), ==, 2);

    look_at(h, TDX_HOST_BASE, END, td->tdr, &n);
    g_assert_cmpuint(n.type[PT_TDR], ==, 1);
    g_assert_cmpuint(n.type[PT_TDVPR], ==, 1);
    g_assert_cmpuint(n.type[PT_TDCX], ==, 6 + 5);
    /* Levels 2 and 1 once, tables on both sides of the boundary */
    g_assert_cmpuint(n.type[PT_EPT], ==, 2 + 2);
    g_assert_cmpuint(n.type[PT_REG], ==, NUM_PAGES);
    g_assert_cmpuint(n.owned, ==, host_td_field(td, TDX_MD_CHLDCNT));
    /* Pair pages are in use where they lie: the control pages' range too */
    n = (Count) { 0 };
    look_at(h, TDX_HOST_BASE + (1ULL << 30),
            TDX_HOST_BASE + (1ULL << 30) + TDX_2M, td->tdr, &n);
    g_assert_cmpuint(n.type[PT_PAMT], ==, 2 * h->adds);
    compare_pairs(h);
}

/* 4K pages to a 2M one and back; the pages' state goes with them */
static void promote_and_demote(QHostTd *td)
{
    for (unsigned i = 0; i < 512; i++) {
        host_td_aug(td, GPA_SMALL + i * TDX_4K, HPA_SMALL + i * TDX_4K);
    }
    host_td_block(td, GPA_SMALL | 1);
    /* A running TD may still know the mapping */
    tdx_assert_status(tdx_call(td->host->qts, 0, TDH_MEM_PAGE_PROMOTE,
                               GPA_SMALL | 1, td->tdr, 0),
                      tdx_op(TDX_TLB_TRACKING_NOT_DONE, 1));
    track(td);
    host_td_promote(td, GPA_SMALL, HPA_SMALL);
    g_assert_cmpuint(host_td_state(td, GPA_SMALL | 1), ==, PENDING);
    compare_pairs(td->host);

    host_td_block(td, GPA_SMALL | 1);
    track(td);
    host_td_demote(td, GPA_SMALL, HPA_SMALL);
    g_assert_cmpuint(host_td_state(td, GPA_SMALL | 1), ==, NL_MAPPED);
    g_assert_cmpuint(host_td_state(td, GPA_SMALL + 511 * TDX_4K), ==,
                     PENDING);
    compare_pairs(td->host);
}

static void demote_and_promote(QHostTd *td)
{
    uint64_t children = host_td_field(td, TDX_MD_CHLDCNT);

    host_td_tables(td, GPA_LARGE, 1);
    tdx_ok(td->host->qts, .rax = TDH_MEM_PAGE_AUG, .rcx = GPA_LARGE | 1,
           .rdx = td->tdr, .r8 = HPA_LARGE);
    g_assert_cmpuint(host_td_field(td, TDX_MD_CHLDCNT), ==, children + 512);
    host_td_block(td, GPA_LARGE | 1);
    track(td);
    host_td_demote(td, GPA_LARGE, HPA_LARGE);
    g_assert_cmpuint(host_td_field(td, TDX_MD_CHLDCNT), ==,
                     children + 512 + 1);
    host_td_block(td, GPA_LARGE | 1);
    track(td);
    host_td_promote(td, GPA_LARGE, HPA_LARGE);
    g_assert_cmpuint(host_td_field(td, TDX_MD_CHLDCNT), ==, children + 512);
}

/* As from a running TD: block, track, remove */
static void remove_pages(QHostTd *td)
{
    QTdxHost *h = td->host;

    for (unsigned i = 0; i < NUM_PAGES; i++) {
        host_td_block(td, GPA + i * TDX_4K);
    }
    track(td);
    for (unsigned i = 0; i < NUM_PAGES; i++) {
        uint64_t hpa = HPA + i * TDX_4K;
        TdxRegs r = tdx_ok(h->qts, .rax = TDH_MEM_PAGE_REMOVE,
                           .rcx = GPA + i * TDX_4K, .rdx = td->tdr);

        g_assert_cmphex(r.rcx & ~TDX_HINT, ==, hpa);
        tdx_ok(h->qts, .rax = TDH_PHYMEM_PAGE_WBINVD, .rcx = hpa);
        tdx_host_put(h, r.rcx);
    }
}

static void test_td(const void *data)
{
    bool dynamic = data;
    QTdxHost h;
    QHostTd td;
    Count n = { 0 };

    tdx_host_start(&h, dynamic, "");
    build(&td, &h);
    if (dynamic) {
        map_without_pair(&td);
    }
    promote_and_demote(&td);
    demote_and_promote(&td);
    remove_pages(&td);

    tdx_assert_status(tdx_call(h.qts, 0, TDH_PHYMEM_PAGE_RECLAIM, td.tdr, 0,
                               0), TDX_LIFECYCLE_STATE_INCORRECT);
    host_td_stop(&td);
    tdx_assert_status(tdx_call(h.qts, 0, TDH_PHYMEM_PAGE_RECLAIM, td.tdr, 0,
                               0), TDX_TD_ASSOCIATED_PAGES_EXIST);
    for (unsigned i = 0; i < 512; i++) {
        host_td_reclaim(&td, HPA_SMALL + i * TDX_4K);
    }
    host_td_reclaim(&td, HPA_LARGE);
    host_td_destroy(&td);

    look_at(&h, TDX_HOST_BASE, END, 0, &n);
    look_at(&h, TDX_HOST_BASE + (1ULL << 30), h.pair_next, 0, &n);
    g_assert_cmpuint(n.type[PT_NDA], ==,
                     (END - TDX_HOST_BASE + h.pair_next - TDX_HOST_BASE -
                      (1ULL << 30)) / TDX_4K);
    compare_pairs(&h);
    g_assert_cmpuint(h.promotes, ==, 2);
    g_assert_cmpuint(h.demotes, ==, 2);
    /* Ranges: control pages, two of the 64 pages, one of the 512 */
    g_assert_cmpuint(h.adds, ==, dynamic ? 4 : 0);
    g_assert_cmpuint(h.removes, ==, h.adds);
    qtest_quit(h.qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_data_func("seam/td-pages/dynamic", (void *)true, test_td);
    qtest_add_data_func("seam/td-pages/static", (void *)false, test_td);
    return g_test_run();
}
