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
static TdxStatus leave_owner(const TdxPamtRef *page, TdxPamtRef *owner)
{
    TdxModule *m = page->m;
    uint64_t tdr_hpa = tdx_pamt_owner(page->entry);
    TdxStatus status;
    TdxTdr *tdr;

    status = tdx_pamt_lock_implicit(owner, m, tdr_hpa, TDX_LOCK_TYPE_SHARED,
                                    TDX_OPERAND_TDR);
    if (status) {
        return status;
    }
    tdr = tdx_tdr(m, tdr_hpa);
    status = tdx_require(tdr, TDX_STATUS_NONE) ?:
             tdx_require(tdr->lifecycle == TDX_TD_TEARDOWN,
                         tdx_wrong_lifecycle(m, tdr_hpa, tdr));
    if (status) {
        return status;
    }
    tdx_tdr_sub_children(tdr, tdx_level_size(page->level) / TDX_PAGE_4K);
    return TDX_SUCCESS;
}

/* PAMT 11 steps 7b and 8b */
static TdxStatus check_childless(const TdxPamtRef *page)
{
    TdxTdr *tdr = tdx_tdr(page->m, page->hpa);

    return tdx_require(tdr, TDX_STATUS_NONE) ?:
           tdx_require(tdr->lifecycle == TDX_TD_TEARDOWN,
                       tdx_wrong_lifecycle(page->m, page->hpa, tdr)) ?:
           tdx_require(!tdx_tdr_chldcnt(tdr),
                       tdx_fails(page->m, TDX_TD_ASSOCIATED_PAGES_EXIST,
                                 "CHLDCNT", tdx_tdr_chldcnt(tdr),
                                 TDX_CAUSE_NOT, 0));
}

/* PAMT 11 */
static TdxStatus tdh_phymem_page_reclaim(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    TdxPageType type;
    TdxStatus status;
    PAMT_REF(page);
    PAMT_REF(owner);

    tdx_pamt_clear_outputs(c);

    status = tdx_check_private_hpa(m, rcx, TDX_PAGE_4K, TDX_RCX) ?:
             tdx_pamt_find(&page, c, rcx, TDX_RCX) ?:
             tdx_pamt_lock(&page, TDX_LEVEL_4K, TDX_LOCK_TYPE_EXCLUSIVE,
                           TDX_RCX);
    if (status) {
        return status;
    }
    type = tdx_pamt_type(page.entry);
    if (type == TDX_PT_NDA || type == TDX_PT_RSVD) {
        return tdx_pamt_wrong_type(m, TDX_PAGE_METADATA_INCORRECT, TDX_RCX,
                                   page.hpa, page.entry);
    }
    c->gpr[TDX_RCX] = type;
    c->gpr[TDX_RDX] = tdx_pamt_owner(page.entry);
    c->gpr[TDX_R8] = page.level;
    status = tdx_require(tdx_aligned(rcx, tdx_level_size(page.level)),
                         tdx_fails(m, tdx_op(TDX_OPERAND_INVALID, TDX_RCX),
                                   NULL, rcx, TDX_CAUSE_LEVEL, page.level)) ?:
             tdx_require(!tdx_fault_at(c, TDX_FAULT_AT_OWNER), c->fault) ?:
             (type == TDX_PT_TDR ? check_childless(&page)
                                 : leave_owner(&page, &owner));
    if (status) {
        return status;
    }
    c->gpr[TDX_R9] = tdx_pamt_free(&page);
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
