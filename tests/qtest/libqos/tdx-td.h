/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos client of the tdx-module device: a TD, built and taken apart as a
 * host kernel does it, under Dynamic PAMT.
 */

#ifndef QGRAPH_TDX_TD_H
#define QGRAPH_TDX_TD_H

#include "tdx-module.h"

/* Metadata of a TD */
#define TDX_MD_CHLDCNT 0x8010000300000004ULL
#define TDX_MD_MRTD(i) (0x1310000300000000ULL + (i))

/**
 * QTdxTd: a TD and the host memory that it lives in.
 * @next: next 4 KiB page to give away; page pairs are added as it gets to
 *   new 2 MiB ranges
 * @pair_next: next two pages for a page pair
 * @pages: what the TD got, without its TDR
 * @ranges: 2 MiB ranges with a page pair of ours
 * @pairs_added: TDH.PHYMEM.PAMT.ADD calls that worked
 */
typedef struct QTdxTd {
    QTestState *qts;
    uint64_t tdr;
    uint64_t vcpu;
    uint64_t next;
    uint64_t pair_next;
    GArray *pages;
    GArray *ranges;
    unsigned pairs_added;
} QTdxTd;

/**
 * tdx_td_build: a TD with six TDCS pages, one vCPU on LP 0 and the SEPT tables
 * that map 4 KiB pages of the first 2 MiB; not finalised.
 * @first: first page that may be given away
 * @pairs: memory for page pairs
 * @params: 1 KiB of ordinary memory for TD_PARAMS
 * @key_lp: one LP of each package, ended by -1
 */
void tdx_td_build(QTdxTd *td, QTestState *qts, const int *key_lp,
                  uint64_t hkid, uint64_t first, uint64_t pairs,
                  uint64_t params);

/** tdx_td_page: a page to give to the TD, with a page pair over it */
uint64_t tdx_td_page(QTdxTd *td);

/** tdx_td_add_page: TDH.MEM.PAGE.ADD from @source, 4 KiB of memory */
void tdx_td_add_page(QTdxTd *td, uint64_t gpa, uint64_t source);

/** tdx_td_rd: a metadata field */
uint64_t tdx_td_rd(QTdxTd *td, uint64_t field);

/**
 * tdx_td_destroy: take it apart; all pages must come back, and as many page
 * pairs as were added.  @wb_lp: one LP of each package, ended by -1
 */
void tdx_td_destroy(QTdxTd *td, const int *wb_lp);

#endif /* QGRAPH_TDX_TD_H */
