/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Secure EPT tables that the host adds and removes: those of the TD itself,
 * VM 0, and those of its L2 VMs, 1 to 3, for the same range.
 *
 * Entries of an L2 VM's tree are protected by the lock of the TD's own entry
 * for the range.  Only a guest can map pages for an L2 VM.
 */

#ifndef TDX_TD_TABLES_H
#define TDX_TD_TABLES_H

#include "mem.h"

/* In registers R8..R11: no page; set by the module: page not used */
#define TDX_TABLES_NO_PAGE     UINT64_MAX
#define TDX_TABLES_PAGE_UNUSED (1ULL << 63)

/* tdx_tables_reg: the register that names a page of VM @vm */
static inline TdxGpr tdx_tables_reg(unsigned vm)
{
    return TDX_R8 + vm;
}

/**
 * TdxTables: the tables of a leaf, by VM.
 * @walk: to the entry that points to the table, or will; VM 0: see @op
 * @page: their locks
 * @present: there is one
 */
typedef struct TdxTables {
    TdxMemOp *op;
    TdxSeptWalk walk[TDX_MAX_VMS];
    TdxPamtRef page[TDX_MAX_VMS];
    bool present[TDX_MAX_VMS];
} TdxTables;

void tdx_tables_unlock(TdxTables *t);

/* Declared after MEM_OP(@mem_op): their locks end before the entry's */
#define TDX_TABLES(t, mem_op) \
    __attribute__((cleanup(tdx_tables_unlock))) TdxTables t = { .op = &mem_op }

/** tdx_tables_walk: to the entry for @op's range in the tree of L2 VM @vm */
TdxStatus tdx_tables_walk(TdxMemOp *op, unsigned vm, TdxSeptWalk *walk);

/** tdx_tables_fail: @status about L2 entry @walk, and its details */
TdxStatus tdx_tables_fail(TdxMemOp *op, TdxStatus status, unsigned vm,
                          const TdxSeptWalk *walk);

/* --- new tables ---------------------------------------------------------- */

/**
 * tdx_tables_offer: check and lock the free page at @hpa that is to become
 * @vm's table; its register is the operand
 */
TdxStatus tdx_tables_offer(TdxTables *t, unsigned vm, uint64_t hpa);

/**
 * tdx_tables_place: find the entry that will point to @vm's table: an L2 VM's
 * tree has one of the level, or TDX_L2_SEPT_WALK_FAILED
 */
TdxStatus tdx_tables_place(TdxTables *t, unsigned vm);

/** tdx_tables_add: make @vm's page, if there is one, an empty table */
TdxStatus tdx_tables_add(TdxTables *t, unsigned vm);

/* --- old tables ---------------------------------------------------------- */

/**
 * tdx_tables_lock: lock what the entry points to as VM 0's table, and see that
 * no vCPU can still use it: group TRK
 */
TdxStatus tdx_tables_lock(TdxTables *t);

/** tdx_tables_content: entries of VM 0's table */
TdxStatus tdx_tables_content(TdxTables *t, uint64_t **table);

/** tdx_tables_lock_l2: find and lock the tables that L2 VMs have */
TdxStatus tdx_tables_lock_l2(TdxTables *t);

/**
 * tdx_tables_free: give @vm's table, if there is one, back to the host.
 * @entry: what takes the place of its entry
 * Returns its page or TDX_TABLES_NO_PAGE.  The last one of a 2 MiB range
 * carries TDX_PAMT_HINT, so that the order of calls shows.
 */
uint64_t tdx_tables_free(TdxTables *t, unsigned vm, uint64_t entry);

#endif /* TDX_TD_TABLES_H */
