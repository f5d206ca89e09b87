/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The steps that the leaves on a TD's memory share (TD life cycle 2, 3, 7).
 */

#include <glib.h>

#include "mem.h"

/* Operand RCX, "page info" */
#define INFO_LEVEL 0x7ULL
#define INFO_GPA   0x000ffffffffff000ULL

/* BEPOCH[63]: the page's entry is in use by a migration */
#define BEPOCH_MIG_FLAG (1ULL << 63)

/* RDX on output */
#define DETAILS_STATE_SHIFT 8

/* By level, for the observer: a SEPT entry is named by what it maps */
static const char *const sept_entry_at[] = {
    "4K Secure EPT entry for GPA", "2M Secure EPT entry for GPA",
    "1G Secure EPT entry for GPA", "512G Secure EPT entry for GPA",
    "256T Secure EPT entry for GPA",
};

void tdx_mem_end(TdxMemOp *op)
{
    if (op->entry_locked) {
        tdx_sept_store(op->walk.entry, op->walk.value);
    }
    tdx_guard_release(&op->tree);
    tdx_td_unlock(&op->td);
}

void tdx_mem_begin(TdxMemOp *op, TdxCall *c)
{
    op->c = c;
    op->rcx = c->gpr[TDX_RCX];
    op->rdx = c->gpr[TDX_RDX];
    c->gpr[TDX_RCX] = 0;
    c->gpr[TDX_RDX] = 0;
}

TdxStatus tdx_mem_check_tdr_flags(TdxMemOp *op, uint64_t flags)
{
    if (op->rdx & ~(INFO_GPA | flags)) {
        return tdx_fails(op->c->m, tdx_op(TDX_OPERAND_INVALID, TDX_RDX), NULL,
                         op->rdx, TDX_CAUSE_RESERVED_BITS,
                         op->rdx & ~(INFO_GPA | flags));
    }
    op->tdr_flags = op->rdx & flags;
    op->rdx &= ~flags;
    return TDX_SUCCESS;
}

TdxStatus tdx_mem_lock_td(TdxMemOp *op, unsigned ops)
{
    return tdx_td_lock(&op->td, op->c, op->rdx,
                  TDX_LOCK_TYPE_SHARED, TDX_RDX) ?:
           tdx_td_check_state(&op->td, ops);
}

TdxStatus tdx_mem_lock_td_exclusive(TdxMemOp *op, unsigned ops)
{
    return tdx_td_lock(&op->td, op->c, op->rdx,
                  TDX_LOCK_TYPE_EXCLUSIVE, TDX_RDX) ?:
           tdx_td_check_state_nolock(&op->td, ops);
}

/* Which check of tdx_mem_parse_gpa() has failed */
static void tell_gpa(const TdxMemOp *op, unsigned low, unsigned high)
{
    TdxModule *m = op->c->m;
    uint64_t more = op->rcx & ~(INFO_LEVEL | INFO_GPA);

    if (more) {
        tdx_cause(m, NULL, op->rcx, TDX_CAUSE_RESERVED_BITS, more);
    } else if (op->level < low) {
        tdx_cause(m, "level", op->level, TDX_CAUSE_TOO_LOW, low);
    } else if (op->level > high) {
        tdx_cause(m, "level", op->level, TDX_CAUSE_TOO_HIGH, high);
    } else {
        tdx_cause(m, NULL, op->gpa, TDX_CAUSE_UNALIGNED,
                  tdx_sept_level_size(op->level));
    }
}

TdxStatus tdx_mem_parse_gpa(TdxMemOp *op, unsigned low, unsigned high)
{
    op->level = op->rcx & INFO_LEVEL;
    op->gpa = op->rcx & INFO_GPA;
    if (op->rcx & ~(INFO_LEVEL | INFO_GPA) ||
        op->level < low || op->level > high ||
        !tdx_aligned(op->gpa, tdx_sept_level_size(op->level))) {
        tell_gpa(op, low, high);
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_mem_check_private(const TdxMemOp *op)
{
    unsigned width = tdx_td_gpa_width(op->td.tdcs);
    uint64_t shared = 1ULL << (width - 1);
    uint64_t limit = 1ULL << MIN(width, op->td.tdcs->virtual_maxpa & 63);

    if (op->gpa & shared || op->gpa >= limit) {
        return tdx_fails(op->c->m, tdx_op(TDX_OPERAND_INVALID, TDX_RCX), NULL,
                         op->gpa, TDX_CAUSE_TOO_HIGH,
                         MIN(shared, limit) - 1);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_mem_walk_status(TdxMemOp *op, const TdxSeptWalk *walk)
{
    if (walk->entry) {
        return TDX_SUCCESS;
    }
    if (walk->lost) {
        tdx_cause(op->c->m, "Secure EPT page for GPA", op->gpa,
                  TDX_CAUSE_LOST, 0);
        tdx_td_kill(op->td.tdr);
    }
    return tdx_td_no_content(op->c->m, op->td.tdr,
                             "an SEPT page has no memory");
}

static TdxStatus walk_to(TdxMemOp *op, unsigned level)
{
    op->walk = tdx_sept_walk(op->c->m, tdx_td_eptp(&op->td, 0), op->gpa,
                             level);
    return tdx_mem_walk_status(op, &op->walk);
}

/* An injected failure that is reported with the details of the entry */
static TdxStatus fault_at_entry(TdxMemOp *op)
{
    return tdx_fault_at(op->c, TDX_FAULT_AT_SEPT_ENTRY)
           ? tdx_mem_fail(op, op->c->fault) : TDX_SUCCESS;
}

static TdxStatus walk_to_level(TdxMemOp *op)
{
    return walk_to(op, op->level) ?:
           (op->walk.level == op->level ? fault_at_entry(op)
                                        : tdx_mem_fail(op,
                                                       TDX_EPT_WALK_FAILED));
}

TdxStatus tdx_mem_find_nolock(TdxMemOp *op)
{
    return tdx_mem_check_private(op) ?:
           walk_to_level(op);
}

TdxStatus tdx_mem_lock_tree(TdxMemOp *op, TdxLockType type)
{
    if (!tdx_guard_try(&op->tree, &op->td.tdcs->sept_lock, type)) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_OPERAND_SEPT);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_mem_find(TdxMemOp *op, TdxLockType type)
{
    TdxStatus status = tdx_mem_check_private(op);

    if (!status) {
        status = tdx_mem_lock_tree(op, type);
    }
    return status ? status : walk_to_level(op);
}

TdxStatus tdx_mem_walk_to_leaf(TdxMemOp *op)
{
    TdxStatus status = walk_to(op, TDX_LEVEL_4K);

    if (status) {
        return status;
    }
    if (!(op->walk.value & TDX_SEPT_RWX) ||
        !(TDX_SEPT_ANY_LEAF & TDX_SEPT_IN(tdx_mem_state(op)))) {
        return tdx_mem_fail(op, TDX_EPT_ENTRY_NOT_PRESENT);
    }
    return fault_at_entry(op);
}

TdxStatus tdx_mem_lock_entry(TdxMemOp *op)
{
    uint64_t old = __atomic_fetch_or(op->walk.entry, TDX_SEPT_LOCK,
                                     __ATOMIC_ACQUIRE);

    op->walk.value = old & ~TDX_SEPT_LOCK;
    if (old & TDX_SEPT_LOCK) {
        return tdx_mem_fail(op, TDX_OPERAND_BUSY);
    }
    op->entry_locked = true;
    return TDX_SUCCESS;
}

TdxStatus tdx_mem_expect(TdxMemOp *op, unsigned states)
{
    return states & TDX_SEPT_IN(tdx_mem_state(op))
           ? TDX_SUCCESS : tdx_mem_fail(op, TDX_EPT_ENTRY_STATE_INCORRECT);
}

/* TD life cycle 3.3 */
void tdx_mem_details(const TdxMemOp *op)
{
    uint64_t state = tdx_sept_reported(tdx_mem_state(op));

    op->c->gpr[TDX_RCX] = tdx_sept_view(op->c->m, op->walk.value);
    op->c->gpr[TDX_RDX] = op->walk.level | state << DETAILS_STATE_SHIFT;
}

TdxStatus tdx_mem_fail(TdxMemOp *op, TdxStatus status)
{
    tdx_mem_details(op);
    return tdx_fails(op->c->m, tdx_op(status, TDX_RCX),
                     sept_entry_at[op->walk.level % G_N_ELEMENTS(sept_entry_at)],
                     op->gpa, TDX_CAUSE_SEPT_STATE, tdx_mem_state(op));
}

/* Does group TRK apply? */
static bool needs_tracking(const TdxMemOp *op)
{
    return !tdx_td_check_op_state(&op->td, TD_OPS_RUN) &&
           !(TDX_SEPT_UNTRACKED & TDX_SEPT_IN(tdx_mem_state(op)));
}

TdxStatus tdx_mem_check_blocked(TdxMemOp *op)
{
    if (needs_tracking(op) &&
        !(TDX_SEPT_ANY_BLOCKED & TDX_SEPT_IN(tdx_mem_state(op)))) {
        return tdx_mem_fail(op, TDX_GPA_RANGE_NOT_BLOCKED);
    }
    return TDX_SUCCESS;
}

TdxStatus tdx_mem_check_tracked(const TdxMemOp *op, const TdxPamtRef *page)
{
    if (needs_tracking(op) &&
        !tdx_mem_epoch_passed(op->td.tdcs, tdx_pamt_bepoch(page->entry))) {
        return tdx_fails(op->c->m, tdx_op(TDX_TLB_TRACKING_NOT_DONE, TDX_RCX),
                         "BEPOCH", tdx_pamt_bepoch(page->entry),
                         TDX_CAUSE_NOT_OVER, tdx_td_epoch(op->td.tdcs));
    }
    return TDX_SUCCESS;
}

/* TD life cycle 7 */
bool tdx_mem_epoch_passed(const TdxTdcs *tdcs, uint64_t bepoch)
{
    uint64_t previous = tdx_td_epoch(tdcs) - 1;

    if (bepoch & BEPOCH_MIG_FLAG) {
        return false;
    }
    return bepoch < previous ||
           (bepoch == previous && !tdx_td_epoch_refcount(tdcs, bepoch));
}

/* TD life cycle 6.9, "event status" */
bool tdx_mem_interrupted(TdxMemOp *op)
{
    if (!tdx_fault_at(op->c, TDX_FAULT_INTERRUPTION)) {
        return false;
    }
    op->c->gpr[TDX_RCX] = op->rcx;
    op->c->gpr[TDX_RDX] = op->rdx | op->tdr_flags;
    return true;
}

uint64_t tdx_mem_hpa(const TdxMemOp *op)
{
    return tdx_sept_hpa(op->c->m, op->walk.value);
}

void *tdx_mem_private(const TdxMemOp *op, uint64_t len)
{
    uint64_t offset = op->gpa & (tdx_sept_level_size(op->walk.level) - 1);

    return tdx_td_private(op->c->m, op->td.tdr, tdx_mem_hpa(op) + offset, len);
}

void tdx_mem_set(TdxMemOp *op, uint64_t value)
{
    op->entry_locked = false;
    op->walk.value = value;
    tdx_sept_store(op->walk.entry, value);
}

TdxStatus tdx_mem_enter(TdxMemOp *op, unsigned ops, unsigned low, unsigned high,
                        TdxLockType tree)
{
    TdxStatus status = tdx_mem_lock_td(op, ops);

    if (status) {
        return status;
    }
    if (high == MEM_ROOT_LEVEL) {
        high = tdx_sept_root_level(op->td.tdcs->eptp);
    }
    return tdx_mem_parse_gpa(op, low, high) ?:
           tdx_mem_find(op, tree) ?:
           tdx_mem_lock_entry(op);
}

TdxStatus tdx_mem_lock_page(TdxMemOp *op, TdxPamtRef *page)
{
    return tdx_pamt_lock_implicit(page, op->c->m, tdx_mem_hpa(op),
                             TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX) ?:
           tdx_mem_check_blocked(op) ?:
           tdx_mem_check_tracked(op, page);
}
