/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.PHYMEM.PAGE.RDMD: tell what the PAMT knows about a page.
 */

#include "../pamt/operands.h"
#include "../pamt/page.h"
#include "answers.h"

#define RDMD_NON_LEAF (1ULL << 63) /* in RCX */

/* PAMT 10: what the locked entry says, in registers */
static void report_entry(const TdxPamtRef *page, uint64_t *gpr)
{
    TdxPageType type = tdx_pamt_type(page->entry);

    gpr[TDX_RCX] = type;
    gpr[TDX_R8] = page->level;
    switch (type) {
    case TDX_PT_PAMT:
        gpr[TDX_RCX] |= RDMD_NON_LEAF;
        gpr[TDX_R10] = tdx_pamt_pair_hpa(page->entry, 0);
        gpr[TDX_R11] = tdx_pamt_pair_hpa(page->entry, 1);
        return;
    case TDX_PT_REG:
    case TDX_PT_EPT:
        gpr[TDX_R9] = tdx_pamt_bepoch(page->entry);
        break;
    default:
        break;
    }
    gpr[TDX_RDX] = tdx_pamt_owner(page->entry);
}

/* PAMT 10 */
static TdxStatus tdh_phymem_page_rdmd(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t rcx = c->gpr[TDX_RCX];
    uint64_t level = rcx & TDX_PAMT_OPERAND_LEVEL_MASK;
    uint64_t hpa = rcx & TDX_PAMT_OPERAND_HPA_MASK;
    TdxStatus status;
    PAMT_REF(page);

    tdx_pamt_clear_outputs(c);

    status = tdx_require(!(rcx & TDX_PAMT_OPERAND_RSVD_MASK) &&
                         level <= TDX_LEVEL_1G &&
                         (!level || m->st.dynamic_pamt),
                         tdx_bad_operand(m, TDX_RCX, rcx, TDX_CAUSE_INVALID, 0)) ?:
             tdx_check_private_hpa(m, hpa, tdx_level_size(level), TDX_RCX) ?:
             tdx_pamt_find(&page, c, hpa, TDX_RCX) ?:
             tdx_pamt_lock(&page, level, TDX_LOCK_TYPE_SHARED, TDX_RCX);
    if (status) {
        return status;
    }
    if (level == TDX_LEVEL_4K) {
        status = tdx_pamt_check_not_pamt(&page, TDX_RCX);
        if (status == TDX_STATUS_NONE) {
            return status;
        }
        if (status) {
            /* The bitmap cannot tell a PAMT page from a reserved one */
            c->gpr[TDX_RCX] = TDX_PT_PAMT;
            c->gpr[TDX_R8] = TDX_LEVEL_4K;
            return TDX_SUCCESS;
        }
    }
    report_entry(&page, c->gpr);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_PHYMEM_PAGE_RDMD = {
    TDX_LEAF_ID(TDH_PHYMEM_PAGE_RDMD),
    .what = "Read the PAMT entry of a page",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "page" } },
    .out = { { TDX_RCX, "type", TDX_ZERO },
             { TDX_RDX, "owner", TDX_ZERO },
             { TDX_R8, "level", TDX_ZERO },
             { TDX_R9, "bepoch", TDX_ZERO },
             { TDX_R10, "pamt_page0", TDX_ZERO },
             { TDX_R11, "pamt_page1", TDX_ZERO } },
    .handler = tdh_phymem_page_rdmd,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_PAMT_ENTRY
    ),
};
