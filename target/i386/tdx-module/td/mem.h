/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the leaves that work on a TD's memory share: operand checks, the way
 * to a Secure EPT entry, and what they report about it (TD life cycle 2, 3).
 *
 * A handler declares MEM_OP(op) and goes through the steps below in the order
 * of its table; the end of the scope releases entry, tree and TD.
 */

#ifndef TDX_TD_MEM_H
#define TDX_TD_MEM_H

#include <limits.h>

#include "../sept/sept.h"
#include "td.h"

/**
 * TdxMemOp: one such leaf under way.
 * @rcx, @rdx: operands as the host gave them; see tdx_mem_check_tdr_flags()
 * @gpa, @level: operand RCX, once tdx_mem_parse_gpa() has succeeded
 * @walk: the entry, once mem_walk() has succeeded
 */
typedef struct TdxMemOp {
    TdxCall *c;
    uint64_t rcx;
    uint64_t rdx;
    uint64_t tdr_flags; /* taken out of @rdx */
    TdxTdRef td;
    TdxLockGuard tree;
    uint64_t gpa;
    unsigned level;
    TdxSeptWalk walk;
    bool entry_locked;
} TdxMemOp;

void tdx_mem_end(TdxMemOp *op);

#define MEM_OP(op) \
    __attribute__((cleanup(tdx_mem_end))) TdxMemOp op = { 0 }

/** tdx_mem_begin: remember the operands and clear outputs RCX and RDX */
void tdx_mem_begin(TdxMemOp *op, TdxCall *c);

/**
 * tdx_mem_check_tdr_flags: flags in the low bits of operand RDX.
 * @flags: bits that the leaf knows
 */
TdxStatus tdx_mem_check_tdr_flags(TdxMemOp *op, uint64_t flags);

/** tdx_mem_lock_td: groups TDR, shared, and B with the OP_STATE lock */
TdxStatus tdx_mem_lock_td(TdxMemOp *op, unsigned ops);

/** tdx_mem_lock_td_exclusive: groups TDR, exclusive, and B without that lock */
TdxStatus tdx_mem_lock_td_exclusive(TdxMemOp *op, unsigned ops);

/** tdx_mem_parse_gpa: group GPA; levels @low to @high */
TdxStatus tdx_mem_parse_gpa(TdxMemOp *op, unsigned low, unsigned high);

/** tdx_mem_check_private: WALK step 1 */
TdxStatus tdx_mem_check_private(const TdxMemOp *op);

/** tdx_mem_lock_tree: WALK step 2 */
TdxStatus tdx_mem_lock_tree(TdxMemOp *op, TdxLockType type);

/** tdx_mem_find: group WALK, with the tree lock */
TdxStatus tdx_mem_find(TdxMemOp *op, TdxLockType type);

/** tdx_mem_find_nolock: group WALK for a leaf that holds the TDR exclusively */
TdxStatus tdx_mem_find_nolock(TdxMemOp *op);

/**
 * tdx_mem_walk_to_leaf: walk without locks to the page of any size around a
 * GPA, for leaves that do not name a level.  It must give some access:
 * TDX_EPT_ENTRY_NOT_PRESENT and details.
 */
TdxStatus tdx_mem_walk_to_leaf(TdxMemOp *op);

/** tdx_mem_lock_entry: group ENTRY */
TdxStatus tdx_mem_lock_entry(TdxMemOp *op);

/* Where tdx_mem_enter() takes the TD's own height for the highest level */
#define MEM_ROOT_LEVEL UINT_MAX

/**
 * tdx_mem_enter: groups TDR, shared, B, GPA, WALK and ENTRY one after the
 * other, with which most leaves begin.
 * @ops: states of the TD that allow the leaf
 * @low, @high: levels it takes; MEM_ROOT_LEVEL
 * @tree: lock on the Secure EPT
 */
TdxStatus tdx_mem_enter(TdxMemOp *op, unsigned ops, unsigned low, unsigned high,
                        TdxLockType tree);

/**
 * tdx_mem_lock_page: lock what the entry points to, exclusively, and see that
 * no vCPU can still use it: group TRK.
 */
TdxStatus tdx_mem_lock_page(TdxMemOp *op, TdxPamtRef *page);

/** tdx_mem_state: state of the entry */
static inline TdxSeptState tdx_mem_state(const TdxMemOp *op)
{
    return tdx_sept_state(op->walk.value);
}

/** tdx_mem_expect: group STATE */
TdxStatus tdx_mem_expect(TdxMemOp *op, unsigned states);

/** tdx_mem_fail: @status with operand id RCX, and the entry's details */
TdxStatus tdx_mem_fail(TdxMemOp *op, TdxStatus status);

/** tdx_mem_details: report the entry in RCX and RDX */
void tdx_mem_details(const TdxMemOp *op);

/** tdx_mem_check_blocked: group TRK step 1 */
TdxStatus tdx_mem_check_blocked(TdxMemOp *op);

/** tdx_mem_check_tracked: group TRK step 2; @page is what the entry maps */
TdxStatus tdx_mem_check_tracked(const TdxMemOp *op, const TdxPamtRef *page);

/** tdx_mem_epoch_passed: have all vCPUs seen what was blocked in @bepoch? */
bool tdx_mem_epoch_passed(const TdxTdcs *tdcs, uint64_t bepoch);

/**
 * tdx_mem_interrupted: does a host event end the call here?  RCX and RDX are
 * the host's operands again then, and nothing must have been committed; the
 * handler returns @op->c->fault.
 */
bool tdx_mem_interrupted(TdxMemOp *op);

/** tdx_mem_hpa: page or table that the entry points to */
uint64_t tdx_mem_hpa(const TdxMemOp *op);

/** tdx_mem_private: tdx_td_private() for the mapped page at @op->gpa */
void *tdx_mem_private(const TdxMemOp *op, uint64_t len);

/** tdx_mem_walk_status: what tdx_sept_walk() has met on the way */
TdxStatus tdx_mem_walk_status(TdxMemOp *op, const TdxSeptWalk *walk);

/**
 * tdx_mem_find_debug: all steps of TDH.MEM.RD and WR up to the access.
 * @states: of the entry that allow it
 * @value: set to where the 8 bytes are
 */
TdxStatus tdx_mem_find_debug(TdxMemOp *op, TdxCall *c, unsigned ops,
                             unsigned states, uint64_t **value);

/** tdx_mem_set: write the entry, which also unlocks it */
void tdx_mem_set(TdxMemOp *op, uint64_t value);

#endif /* TDX_TD_MEM_H */
