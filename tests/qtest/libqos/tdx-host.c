/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that builds TDs by SEAMCALL and keeps its own books.
 */

#include "qemu/osdep.h"
#include "tdx-host.h"

#define PAMT_AT   (16ULL << 20)
#define PAIRS_AT  (TDX_HOST_BASE + (1ULL << 30))
#define LEVEL_2M  1
#define ROOT      3
#define TDCS_PAGES 6
#define TDVPS_PAGES 6

/* States of SEPT entries as reported */
#define NL_MAPPED 0x84

TdxRegs tdx_ok_at(const char *where, QTestState *qts, TdxRegs r)
{
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status_at(where, r.rax, TDX_SUCCESS);
    return r;
}

/* One that each package must make */
static void ok_in_packages(QTdxHost *h, uint64_t rax, uint64_t rcx)
{
    for (unsigned lp = 0; lp < MAX(h->pkgs, 1); lp++) {
        tdx_assert_status(tdx_call(h->qts, lp, rax, rcx, 0, 0), TDX_SUCCESS);
    }
}

/* --- memory -------------------------------------------------------------- */

void tdx_host_init(QTdxHost *h, QTestState *qts, bool dynamic)
{
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = TDX_HOST_SIZE };

    *h = (QTdxHost) {
        .qts = qts, .dynamic = dynamic,
        .next = TDX_HOST_BASE, .pair_next = PAIRS_AT,
    };
    tdx_place_pamts(&t, dynamic, PAMT_AT);
    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1,
                 TDX_HOST_HKID | (dynamic ? TDX_CONFIG_DYNAMIC_PAMT : 0));
    tdx_init_tdmr(qts, 0, &t);
}

void tdx_host_start(QTdxHost *h, bool dynamic, const char *args)
{
    g_autofree char *all = g_strconcat(TDX_HOST_MACHINE, args, NULL);

    tdx_host_init(h, tdx_start("", all), dynamic);
}

unsigned tdx_host_range(uint64_t hpa)
{
    g_assert_cmphex(hpa, >=, TDX_HOST_BASE);
    g_assert_cmphex(hpa, <, TDX_HOST_BASE + TDX_HOST_SIZE);
    return (hpa - TDX_HOST_BASE) / TDX_2M;
}

uint64_t tdx_host_pair(QTdxHost *h)
{
    uint64_t pair = h->pair_next;

    h->pair_next += 2 * TDX_4K;
    return pair;
}

void tdx_host_get(QTdxHost *h, uint64_t hpa)
{
    unsigned i = tdx_host_range(hpa);

    if (h->used[i]++ || !h->dynamic) {
        return;
    }
    h->pair[i][0] = tdx_host_pair(h);
    h->pair[i][1] = h->pair[i][0] + TDX_4K;
    tdx_ok(h->qts, .rax = TDH_PHYMEM_PAMT_ADD,
           .rcx = (hpa & -TDX_2M) | LEVEL_2M, .rdx = h->pair[i][0],
           .r8 = h->pair[i][1]);
    h->adds++;
}

void tdx_host_put(QTdxHost *h, uint64_t out)
{
    uint64_t hpa = out & ~TDX_HINT;
    unsigned i = tdx_host_range(hpa);
    TdxRegs r;

    g_assert_cmpuint(h->used[i], >, 0);
    h->used[i]--;
    g_assert_cmpint(!!(out & TDX_HINT), ==, h->dynamic && !h->used[i]);
    if (h->used[i] || !h->dynamic) {
        return;
    }
    r = tdx_ok(h->qts, .rax = TDH_PHYMEM_PAMT_REMOVE,
               .rcx = (hpa & -TDX_2M) | LEVEL_2M);
    g_assert_cmphex(r.rdx, ==, h->pair[i][0]);
    g_assert_cmphex(r.r8, ==, h->pair[i][1]);
    h->pair[i][0] = h->pair[i][1] = 0;
    h->removes++;
}

uint64_t tdx_host_page(QTdxHost *h)
{
    uint64_t page = h->next;

    h->next += TDX_4K;
    tdx_host_get(h, page);
    return page;
}

/* --- building ------------------------------------------------------------ */

static uint64_t td_page(QHostTd *td)
{
    uint64_t page = tdx_host_page(td->host);

    g_array_append_val(td->pages, page);
    return page;
}

void host_td_create(QHostTd *td, QTdxHost *h, uint64_t attributes,
                   uint16_t hkid)
{
    const uint64_t params = TDX_HOST_SHARED;
    QTestState *qts = h->qts;

    *td = (QHostTd) {
        .host = h, .tdr = tdx_host_page(h),
        .pages = g_array_new(false, false, sizeof(uint64_t)),
    };
    tdx_ok(qts, .rax = TDH_MNG_CREATE, .rcx = td->tdr, .rdx = hkid);
    ok_in_packages(h, TDH_MNG_KEY_CONFIG, td->tdr);
    for (int i = 0; i < TDCS_PAGES; i++) {
        tdx_ok(qts, .rax = TDH_MNG_ADDCX, .rcx = td_page(td),
               .rdx = td->tdr);
    }
    qtest_memset(qts, params, 0, 1024);
    qtest_writeq(qts, params, attributes);
    qtest_writeq(qts, params + 8, 3);       /* XFAM: x87 and SSE */
    qtest_writew(qts, params + 16, 4);      /* vCPUs */
    qtest_writeq(qts, params + 24, 0x1e);   /* 4 levels, write-back */
    qtest_writew(qts, params + 40, 40);     /* 1 GHz */
    tdx_ok(qts, .rax = TDH_MNG_INIT, .rcx = td->tdr, .rdx = params);

    td->vcpu = td_page(td);
    tdx_ok(qts, .rax = TDH_VP_CREATE, .rcx = td->vcpu, .rdx = td->tdr);
    for (int i = 1; i < TDVPS_PAGES; i++) {
        tdx_ok(qts, .rax = TDH_VP_ADDCX, .rcx = td_page(td),
               .rdx = td->vcpu);
    }
    tdx_ok(qts, .rax = TDH_VP_INIT, .rcx = td->vcpu);
}

unsigned host_td_state(QHostTd *td, uint64_t gpa)
{
    TdxRegs r = tdx_ok(td->host->qts, .rax = TDH_MEM_SEPT_RD, .rcx = gpa,
                       .rdx = td->tdr);

    return r.rdx >> 8 & 0xff;
}

void host_td_tables(QHostTd *td, uint64_t gpa, unsigned level)
{
    for (unsigned l = ROOT; l > level; l--) {
        uint64_t entry = (gpa & -(TDX_4K << 9 * l)) | l;

        if (host_td_state(td, entry) != NL_MAPPED) {
            tdx_ok(td->host->qts, .rax = TDH_MEM_SEPT_ADD, .rcx = entry,
                   .rdx = td->tdr, .r8 = td_page(td));
        }
    }
}

void host_td_add(QHostTd *td, uint64_t gpa, uint64_t hpa, uint64_t source)
{
    host_td_tables(td, gpa, 0);
    tdx_host_get(td->host, hpa);
    tdx_ok(td->host->qts, .rax = TDH_MEM_PAGE_ADD, .rcx = gpa,
           .rdx = td->tdr, .r8 = hpa, .r9 = source);
}

void host_td_aug(QHostTd *td, uint64_t gpa, uint64_t hpa)
{
    host_td_tables(td, gpa, 0);
    tdx_host_get(td->host, hpa);
    tdx_ok(td->host->qts, .rax = TDH_MEM_PAGE_AUG, .rcx = gpa,
           .rdx = td->tdr, .r8 = hpa);
}

void host_td_block(QHostTd *td, uint64_t gpa)
{
    tdx_ok(td->host->qts, .rax = TDH_MEM_RANGE_BLOCK, .rcx = gpa,
           .rdx = td->tdr);
}

/* --- large pages --------------------------------------------------------- */

void host_td_promote(QHostTd *td, uint64_t gpa, uint64_t hpa)
{
    QTdxHost *h = td->host;
    unsigned i = tdx_host_range(hpa);
    TdxRegs r;

    g_assert_cmpuint(h->used[i], ==, 512);
    r = tdx_ok(h->qts, .rax = TDH_MEM_PAGE_PROMOTE, .rcx = gpa | LEVEL_2M,
               .rdx = td->tdr, .r12 = 12, .r13 = 13);
    if (h->dynamic) {
        g_assert_cmphex(r.r12, ==, h->pair[i][0]);
        g_assert_cmphex(r.r13, ==, h->pair[i][1]);
    } else {
        g_assert_cmphex(r.r12, ==, 12);
        g_assert_cmphex(r.r13, ==, 13);
    }
    h->promotes++;
    h->used[i] = 0;
    h->pair[i][0] = h->pair[i][1] = 0;
    for (unsigned j = 0;; j++) {
        g_assert_cmpuint(j, <, td->pages->len);
        if (g_array_index(td->pages, uint64_t, j) == (r.rcx & ~TDX_HINT)) {
            g_array_remove_index_fast(td->pages, j);
            break;
        }
    }
    tdx_host_put(h, r.rcx);
}

void host_td_demote(QHostTd *td, uint64_t gpa, uint64_t hpa)
{
    QTdxHost *h = td->host;
    unsigned i = tdx_host_range(hpa);
    uint64_t pair = h->dynamic ? tdx_host_pair(h) : 0;

    g_assert_cmpuint(h->used[i], ==, 0);
    tdx_ok(h->qts, .rax = TDH_MEM_PAGE_DEMOTE, .rcx = gpa | LEVEL_2M,
           .rdx = td->tdr, .r8 = td_page(td), .r12 = pair,
           .r13 = pair + TDX_4K);
    h->demotes++;
    h->used[i] = 512;
    if (h->dynamic) {
        h->pair[i][0] = pair;
        h->pair[i][1] = pair + TDX_4K;
    }
}

/* --- end ----------------------------------------------------------------- */

uint64_t host_td_field(QHostTd *td, uint64_t field)
{
    return tdx_ok(td->host->qts, .rax = TDH_MNG_RD, .rcx = td->tdr,
                  .rdx = field).r8;
}

void host_td_stop(QHostTd *td)
{
    QTestState *qts = td->host->qts;

    tdx_ok(qts, .rax = TDH_VP_FLUSH, .rcx = td->vcpu);
    tdx_ok(qts, .rax = TDH_MNG_VPFLUSHDONE, .rcx = td->tdr);
    ok_in_packages(td->host, TDH_PHYMEM_CACHE_WB, 0);
    tdx_ok(qts, .rax = TDH_MNG_KEY_FREEID, .rcx = td->tdr);
}

void host_td_reclaim(QHostTd *td, uint64_t hpa)
{
    TdxRegs r = tdx_ok(td->host->qts, .rax = TDH_PHYMEM_PAGE_RECLAIM,
                       .rcx = hpa);

    g_assert_cmphex(r.rdx, ==, hpa == td->tdr ? 0 : td->tdr);
    if (r.r8) {
        /* A large page has no pair to think of */
        g_assert_cmphex(r.r9, ==, 0);
        return;
    }
    g_assert_cmphex(r.r9 & ~TDX_HINT, ==, 0);
    tdx_ok(td->host->qts, .rax = TDH_PHYMEM_PAGE_WBINVD, .rcx = hpa);
    tdx_host_put(td->host, hpa | r.r9);
}

void host_td_destroy(QHostTd *td)
{
    for (unsigned i = 0; i < td->pages->len; i++) {
        host_td_reclaim(td, g_array_index(td->pages, uint64_t, i));
    }
    host_td_reclaim(td, td->tdr);
    g_array_free(td->pages, true);
}
