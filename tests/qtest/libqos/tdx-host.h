/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that builds TDs by SEAMCALL and keeps its own books of the memory it
 * gave away: what the module says is held against them.
 */

#ifndef QGRAPH_TDX_HOST_H
#define QGRAPH_TDX_HOST_H

#include "tdx-td.h"

/* The machine: RAM is [0, 2 GiB) and [4 GiB, 6 GiB), the latter a TDMR */
#define TDX_HOST_MACHINE "-m 4G "
#define TDX_HOST_BASE    (4ULL << 30)
#define TDX_HOST_SIZE    (2ULL << 30)
#define TDX_HOST_RANGES  1024 /* of 2 MiB */
#define TDX_HOST_HKID    2    /* the module's own */
#define TDX_HOST_SHARED  (256ULL << 20) /* TD_PARAMS, sources of pages */

#define TDX_4K 0x1000ULL
#define TDX_2M 0x200000ULL

/* Bit 62 of an output: the last page of its range, the pair may go */
#define TDX_HINT (1ULL << 62)

/* Metadata fields of a TD */
#define TDX_MD_TD_LIFECYCLE 0x8010000200000005ULL
#define TDX_MD_TD_OP_STATE  0x9010000200000004ULL
#define TDX_MD_TD_EPOCH     0x9210000300000000ULL

#define TDX_ATTR_DEBUG 1

/**
 * QTdxHost: one processor's host and its books, an element per 2 MiB range.
 * @pkgs: packages, of an LP each; 0 for one
 * @next, @pair_next: where control pages and PAMT pages come from
 * @used: pages of the range that TDs have
 * @pair: PAMT pages of the range, 0 for none
 * @adds, @removes: how often PAMT.ADD and PAMT.REMOVE succeeded
 * @promotes, @demotes: pairs that came and went with large pages
 */
typedef struct QTdxHost {
    QTestState *qts;
    bool dynamic;
    unsigned pkgs;
    uint64_t next, pair_next;
    unsigned used[TDX_HOST_RANGES];
    uint64_t pair[TDX_HOST_RANGES][2];
    unsigned adds, removes, promotes, demotes;
} QTdxHost;

/**
 * QHostTd: a TD.
 * @pages: its control pages and Secure EPT pages but the TDR (uint64_t)
 */
typedef struct QHostTd {
    QTdxHost *host;
    uint64_t tdr, vcpu;
    GArray *pages;
} QHostTd;

/** tdx_ok: SEAMCALL on LP 0 that must succeed; returns all registers */
TdxRegs tdx_ok_at(const char *where, QTestState *qts, TdxRegs r);
#define tdx_ok(qts, ...) \
    tdx_ok_at(G_STRLOC, qts, (TdxRegs) { __VA_ARGS__ })

/** tdx_host_start: start QEMU with a module whose TDMR is initialised */
void tdx_host_start(QTdxHost *h, bool dynamic, const char *args);

/** tdx_host_init: the same on a QEMU that runs already */
void tdx_host_init(QTdxHost *h, QTestState *qts, bool dynamic);

/** tdx_host_get: @hpa is about to become a TD's 4K page: see to its pair */
void tdx_host_get(QTdxHost *h, uint64_t hpa);

/**
 * tdx_host_put: the 4K page @out came back, in the form of outputs with the
 * hint.  Asserts that the hint is right; removes the pair with the last page.
 */
void tdx_host_put(QTdxHost *h, uint64_t out);

/** tdx_host_page: another page for a TD's control structures */
uint64_t tdx_host_page(QTdxHost *h);

/** tdx_host_pair: two more pages for a PAMT page pair */
uint64_t tdx_host_pair(QTdxHost *h);

/** tdx_host_range: index of @hpa in the books */
unsigned tdx_host_range(uint64_t hpa);

/** host_td_create: up to and with MNG.INIT and one vCPU; in OP_STATE 1 */
void host_td_create(QHostTd *td, QTdxHost *h, uint64_t attributes,
                   uint16_t hkid);

/** host_td_tables: Secure EPT pages down to the one with @level's entries */
void host_td_tables(QHostTd *td, uint64_t gpa, unsigned level);

/** host_td_add / host_td_aug: map a 4K page, from shared memory or pending */
void host_td_add(QHostTd *td, uint64_t gpa, uint64_t hpa, uint64_t source);
void host_td_aug(QHostTd *td, uint64_t gpa, uint64_t hpa);

/** host_td_block: RANGE.BLOCK of @gpa, which has the level in its low bits */
void host_td_block(QHostTd *td, uint64_t gpa);

/** host_td_promote / host_td_demote: at 2M level, once blocked and tracked */
void host_td_promote(QHostTd *td, uint64_t gpa, uint64_t hpa);
void host_td_demote(QHostTd *td, uint64_t gpa, uint64_t hpa);

/** host_td_state: state of the SEPT entry of @gpa, as SEPT.RD reports it */
unsigned host_td_state(QHostTd *td, uint64_t gpa);

/** host_td_field: MNG.RD */
uint64_t host_td_field(QHostTd *td, uint64_t field);

/** host_td_stop: flush, give the KeyID back; pages may be reclaimed then */
void host_td_stop(QHostTd *td);

/** host_td_reclaim: PAGE.RECLAIM of one page of the TD, 4K or 2M */
void host_td_reclaim(QHostTd *td, uint64_t hpa);

/** host_td_destroy: reclaim what is in @td->pages and the TDR */
void host_td_destroy(QHostTd *td);

#endif /* QGRAPH_TDX_HOST_H */
