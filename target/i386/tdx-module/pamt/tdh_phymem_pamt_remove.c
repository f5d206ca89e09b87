/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.PAMT.REMOVE (59): take the page pair of an unused 2 MiB range.
 */

#include "pamt.h"

/*
 * PAMT 6 step 6.  A page that is leaving its TD is locked implicitly, without
 * the range above it: until that lock is gone its entry is not to be given
 * away, free as it may already look.
 */
static uint64_t check_empty(const TdxPamtRef *range)
{
    TdxLock held = 0;
    unsigned i;

    for (i = 0; i < TDX_PAMT_CHILDREN; i++) {
        TdxPamtEntry *e = pamt_child(range, range->entry, TDX_LEVEL_2M, i);

        if (!e) {
            return TDX_STATUS_NONE;
        }
        held |= __atomic_load_n(&e->lock, __ATOMIC_ACQUIRE);
        if (pamt_type(e) != TDX_PT_NDA) {
            return tdx_op(TDX_PAMT_PAGE_NOT_EMPTY,
                          i / (TDX_PAMT_CHILDREN / 2));
        }
    }
    if (held & ~TDX_LOCK_HOST_PRIORITY) {
        return tdx_op(TDX_OPERAND_BUSY, TDX_RCX);
    }
    if (pamt_count(range->entry)) {
        return tdx_fatal(range->m, "pages counted in an empty PAMT page pair");
    }
    return TDX_SUCCESS;
}

/* PAMT 6 */
uint64_t tdh_phymem_pamt_remove(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t hpa, status;
    uint64_t page[2];
    PAMT_REF(range);

    if (!m->st.dynamic_pamt) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RAX);
    }
    if (!pamt_range_operand(m, c->gpr[TDX_RCX], &hpa)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    if (!pamt_find(&range, m, hpa)) {
        return tdx_op(TDX_OPERAND_ADDR_RANGE_ERROR, TDX_RCX);
    }
    status = pamt_lock(&range, TDX_LEVEL_2M, TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX);
    if (status != TDX_SUCCESS) {
        return status;
    }
    if (range.level != TDX_LEVEL_2M || pamt_type(range.entry) != TDX_PT_PAMT) {
        return tdx_op(TDX_NO_PAMT_PAGE_PAIR, TDX_RCX);
    }
    status = check_empty(&range);
    if (status != TDX_SUCCESS) {
        return status;
    }
    status = pamt_pair_release(&range, page);
    if (status != TDX_SUCCESS) {
        return status;
    }
    pamt_set_type(range.entry, TDX_PT_NDA);
    c->gpr[TDX_RDX] = page[0];
    c->gpr[TDX_R8] = page[1];
    return TDX_SUCCESS;
}
