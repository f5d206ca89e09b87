/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secure EPT trees of L2 VMs, as far as the host adds and removes their
 * tables beside those of the TD itself.
 *
 * Entries of an L2 tree are protected by the lock of the TD's own entry for
 * the same range.  Only a guest can map pages for an L2 VM.
 */

#ifndef TDX_TD_L2_H
#define TDX_TD_L2_H

#include "mem.h"

/* In registers R9..R11: no page; set by the module: page not used */
#define L2_NO_PAGE     UINT64_MAX
#define L2_PAGE_UNUSED (1ULL << 63)

static inline TdxGpr tdx_l2_reg(unsigned vm)
{
    return TDX_R9 + vm - 1;
}

/** tdx_l2_walk: to the entry for @op's range in the tree of VM 1..num_l2_vms */
TdxStatus tdx_l2_walk(TdxMemOp *op, unsigned vm, TdxSeptWalk *walk);

/** tdx_l2_fail: @status about L2 entry @walk, and its details */
TdxStatus tdx_l2_fail(TdxMemOp *op, TdxStatus status, unsigned vm,
                      const TdxSeptWalk *walk);

/**
 * TdxL2Tables: the L2 tables that go together with the TD's own table.
 * Declare with L2_TABLES(t), which releases the locks.
 */
typedef struct TdxL2Tables {
    TdxSeptWalk walk[TDX_MAX_L2_VMS];
    TdxPamtRef page[TDX_MAX_L2_VMS];
    bool present[TDX_MAX_L2_VMS];
} TdxL2Tables;

void tdx_l2_tables_unlock(TdxL2Tables *t);

#define L2_TABLES(t) \
    __attribute__((cleanup(tdx_l2_tables_unlock))) TdxL2Tables t = { 0 }

/** tdx_l2_tables_lock: find the tables for @op's range and lock their pages */
TdxStatus tdx_l2_tables_lock(TdxL2Tables *t, TdxMemOp *op);

/**
 * tdx_l2_table_free: give @vm's table, if there is one, back to the host; the
 * VM's register says which it was if @report.  The last one of a 2 MiB range
 * carries TDX_PAMT_HINT, so that the order of calls shows.
 */
void tdx_l2_table_free(TdxL2Tables *t, TdxMemOp *op, unsigned vm, bool report);

/**
 * tdx_l2_tables_offered: check and lock the pages in R9..R11 that are to become
 * tables for @op's range, of those VMs that the TD has.
 */
TdxStatus tdx_l2_tables_offered(TdxL2Tables *t, TdxMemOp *op);

/** tdx_l2_tables_place: find the entries that will point to them */
TdxStatus tdx_l2_tables_place(TdxL2Tables *t, TdxMemOp *op);

/** tdx_l2_tables_add: make them empty tables */
TdxStatus tdx_l2_tables_add(TdxL2Tables *t, TdxMemOp *op);

/**
 * tdx_l2_table_fill: make @page, free and locked, an empty table
 * @entry: set to what points to it
 */
TdxStatus tdx_l2_table_fill(TdxMemOp *op, TdxPamtRef *page, uint64_t *entry);

#endif /* TDX_TD_L2_H */
