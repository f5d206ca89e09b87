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
 * @rcx, @rdx: operands as the host gave them; see mem_check_tdr_flags()
 * @gpa, @level: operand RCX, once mem_parse_gpa() has succeeded
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

void mem_end(TdxMemOp *op);

#define MEM_OP(op) \
    __attribute__((cleanup(mem_end))) TdxMemOp op = { 0 }

/** mem_begin: remember the operands and clear outputs RCX and RDX */
void mem_begin(TdxMemOp *op, TdxCall *c);

/**
 * mem_check_tdr_flags: flags in the low bits of operand RDX.
 * @flags: bits that the leaf knows
 */
TdxStatus mem_check_tdr_flags(TdxMemOp *op, uint64_t flags);

/** mem_lock_td: groups TDR, shared, and B with the OP_STATE lock */
TdxStatus mem_lock_td(TdxMemOp *op, unsigned ops);

/** mem_lock_td_exclusive: groups TDR, exclusive, and B without that lock */
TdxStatus mem_lock_td_exclusive(TdxMemOp *op, unsigned ops);

/** mem_parse_gpa: group GPA; levels @low to @high */
TdxStatus mem_parse_gpa(TdxMemOp *op, unsigned low, unsigned high);

/** mem_check_private: WALK step 1 */
TdxStatus mem_check_private(const TdxMemOp *op);

/** mem_lock_tree: WALK step 2 */
TdxStatus mem_lock_tree(TdxMemOp *op, TdxLockType type);

/** mem_find: group WALK, with the tree lock */
TdxStatus mem_find(TdxMemOp *op, TdxLockType type);

/** mem_find_nolock: group WALK for a leaf that holds the TDR exclusively */
TdxStatus mem_find_nolock(TdxMemOp *op);

/**
 * mem_walk_to_leaf: walk without locks to the page of any size around a GPA,
 * for leaves that do not name a level.  It must give some access:
 * TDX_EPT_ENTRY_NOT_PRESENT and details.
 */
TdxStatus mem_walk_to_leaf(TdxMemOp *op);

/** mem_lock_entry: group ENTRY */
TdxStatus mem_lock_entry(TdxMemOp *op);

/* Where mem_enter() takes the TD's own height for the highest level */
#define MEM_ROOT_LEVEL UINT_MAX

/**
 * mem_enter: groups TDR, shared, B, GPA, WALK and ENTRY one after the other,
 * with which most leaves begin.
 * @ops: states of the TD that allow the leaf
 * @low, @high: levels it takes; MEM_ROOT_LEVEL
 * @tree: lock on the Secure EPT
 */
TdxStatus mem_enter(TdxMemOp *op, unsigned ops, unsigned low, unsigned high,
                    TdxLockType tree);

/**
 * mem_lock_page: lock what the entry points to, exclusively, and see that no
 * vCPU can still use it: group TRK.
 */
TdxStatus mem_lock_page(TdxMemOp *op, TdxPamtRef *page);

/** mem_state: state of the entry */
static inline TdxSeptState mem_state(const TdxMemOp *op)
{
    return tdx_sept_state(op->walk.value);
}

/** mem_expect: group STATE */
TdxStatus mem_expect(TdxMemOp *op, unsigned states);

/** mem_fail: @status with operand id RCX, and the entry's details */
TdxStatus mem_fail(TdxMemOp *op, TdxStatus status);

/** mem_details: report the entry in RCX and RDX */
void mem_details(const TdxMemOp *op);

/** mem_check_blocked: group TRK step 1 */
TdxStatus mem_check_blocked(TdxMemOp *op);

/** mem_check_tracked: group TRK step 2; @page is what the entry maps */
TdxStatus mem_check_tracked(const TdxMemOp *op, const TdxPamtRef *page);

/** mem_epoch_passed: have all vCPUs seen what was blocked in @bepoch? */
bool mem_epoch_passed(const TdxTdcs *tdcs, uint64_t bepoch);

/**
 * mem_interrupted: does a host event end the call here?  RCX and RDX are the
 * host's operands again then, and nothing must have been committed; the
 * handler returns @op->c->fault.
 */
bool mem_interrupted(TdxMemOp *op);

/** mem_hpa: page or table that the entry points to */
uint64_t mem_hpa(const TdxMemOp *op);

/** mem_private: td_private() for the mapped page at @op->gpa */
void *mem_private(const TdxMemOp *op, uint64_t len);

/** mem_walk_status: what tdx_sept_walk() has met on the way */
TdxStatus mem_walk_status(TdxMemOp *op, const TdxSeptWalk *walk);

/**
 * mem_find_debug: all steps of TDH.MEM.RD and WR up to the access.
 * @states: of the entry that allow it
 * @value: set to where the 8 bytes are
 */
TdxStatus mem_find_debug(TdxMemOp *op, TdxCall *c, unsigned ops,
                         unsigned states, uint64_t **value);

/** mem_set: write the entry, which also unlocks it */
void mem_set(TdxMemOp *op, uint64_t value);

#endif /* TDX_TD_MEM_H */
