/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.PAGE.RECLAIM: take a page back from a TD in teardown.
 */

#include "../pamt/operands.h"
#include "../pamt/page.h"
#include "../td/tdr.h"
#include "answers.h"

/* PAMT 11 steps 7a to 9a; @owner: to be locked till the page is free */
static uint64_t leave_owner(const TdxPamtRef *page, TdxPamtRef *owner)
{
    TdxModule *m = page->m;
    uint64_t tdr_hpa = pamt_owner(page->entry);
    uint64_t status;
    TdxTdr *tdr;

    status = pamt_lock_implicit(owner, m, tdr_hpa, TDX_LOCK_TYPE_SHARED,
                                TDX_OPERAND_TDR);
    if (status != TDX_SUCCESS) {
        return status;
    }
    tdr = tdx_tdr(m, tdr_hpa);
    if (!tdr) {
        return tdx_fatal(m, "no memory where a TDR is");
    }
    if (tdr->lifecycle != TDX_TD_TEARDOWN) {
        return tdx_wrong_lifecycle(m, tdr_hpa, tdr);
    }
    tdx_tdr_sub_children(tdr, tdx_level_size(page->level) / TDX_PAGE_4K);
    return TDX_SUCCESS;
}

/* PAMT 11 steps 7b and 8b */
static uint64_t check_childless(const TdxPamtRef *page)
{
    TdxTdr *tdr = tdx_tdr(page->m, page->hpa);

    if (!tdr) {
        return tdx_fatal(page->m, "no memory where a TDR is");
    }
    if (tdr->lifecycle != TDX_TD_TEARDOWN) {
        return tdx_wrong_lifecycle(page->m, page->hpa, tdr);
    }
    if (tdx_tdr_chldcnt(tdr)) {
        return tdx_fails(page->m, TDX_TD_ASSOCIATED_PAGES_EXIST, "CHLDCNT",
                         tdx_tdr_chldcnt(tdr), TDX_CAUSE_NOT, 0);
    }
    return TDX_SUCCESS;
}

/* PAMT 11 */
static TdxStatus tdh_phymem_page_reclaim(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    TdxPageType type;
    uint64_t status;
    PAMT_REF(page);
    PAMT_REF(owner);

    pamt_clear_outputs(c);

    if (!tdx_private_hpa_ok(m, rcx, TDX_PAGE_4K)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_RCX);
    }
    if (!pamt_find(&page, c, rcx)) {
        return tdx_op(TDX_OPERAND_ADDR_RANGE_ERROR, TDX_RCX);
    }
    status = pamt_lock(&page, TDX_LEVEL_4K, TDX_LOCK_TYPE_EXCLUSIVE, TDX_RCX);
    if (status != TDX_SUCCESS) {
        return status;
    }
    type = pamt_type(page.entry);
    if (type == TDX_PT_NDA || type == TDX_PT_RSVD) {
        return pamt_wrong_type(m, TDX_PAGE_METADATA_INCORRECT, TDX_RCX,
                               page.hpa, page.entry);
    }
    c->gpr[TDX_RCX] = type;
    c->gpr[TDX_RDX] = pamt_owner(page.entry);
    c->gpr[TDX_R8] = page.level;
    if (!tdx_aligned(rcx, tdx_level_size(page.level))) {
        return tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RCX), NULL, rcx,
                         TDX_CAUSE_LEVEL, page.level);
    }
    if (tdx_fault_at(c, TDX_FAULT_AT_OWNER)) {
        return c->fault;
    }
    status = type == TDX_PT_TDR ? check_childless(&page)
                                : leave_owner(&page, &owner);
    if (status != TDX_SUCCESS) {
        return status;
    }
    c->gpr[TDX_R9] = pamt_free(&page);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_PHYMEM_PAGE_RECLAIM = {
    TDX_LEAF_ID(TDH_PHYMEM_PAGE_RECLAIM),
    .what = "Take a page back from a TD in teardown",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "page" } },
    .out = { { TDX_RCX, "type", TDX_ZERO },
             { TDX_RDX, "owner", TDX_ZERO },
             { TDX_R8, "level", TDX_ZERO }, { TDX_R9, "hint", TDX_ZERO },
             { TDX_R10, "zero", TDX_ZERO },
             { TDX_R11, "zero", TDX_ZERO } },
    .handler = tdh_phymem_page_reclaim,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_OWNED_PAGE,
        { TDX_OP(TDX_OPERAND_BUSY, TDX_OPERAND_TDR),
          "the owner's TDR is locked", TDX_FAULT_AT_OWNER },
        { TDX_LIFECYCLE_STATE_INCORRECT, "the TD is not in teardown",
          TDX_FAULT_AT_OWNER },
        { TDX_TD_ASSOCIATED_PAGES_EXIST,
          "the page is a TDR, and its TD has other pages",
          TDX_FAULT_AT_OWNER }
    ),
};
