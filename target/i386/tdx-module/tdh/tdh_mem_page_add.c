/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MEM.PAGE.ADD: add a page with content to a TD being built.
 */

#include <string.h>

#include "../td/mem.h"
#include "answers.h"

/* The target may be the very page that holds the content */
static TdxStatus copy_in(TdxMemOp *op, uint64_t target, uint64_t source)
{
    TdxModule *m = op->c->m;
    uint8_t buf[TDX_PAGE_4K];
    TdxStatus status;
    void *content;

    tdx_read_shared(m, source, buf, sizeof(buf));
    status = tdx_td_take_page(m, target, op->td.tdr->hkid, &content);
    if (!status) {
        memcpy(content, buf, sizeof(buf));
    }
    return status;
}

/* TD life cycle 6.2 */
static TdxStatus tdh_mem_page_add(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t target = c->gpr[TDX_R8];
    uint64_t source = c->gpr[TDX_R9];
    TdxTdcsMeasurement *measurement;
    MEM_OP(op);
    PAMT_REF(page);
    TdxStatus status;

    tdx_mem_begin(&op, c);
    status = tdx_mem_lock_td_exclusive(&op, TD_OPS_BUILD) ?:
             tdx_mem_parse_gpa(&op, TDX_LEVEL_4K, TDX_LEVEL_4K) ?:
             tdx_mem_find_nolock(&op) ?:
             tdx_mem_expect(&op, TDX_SEPT_IN(TDX_SEPT_FREE)) ?:
             tdx_check_shared_hpa(m, source, TDX_PAGE_4K, TDX_PAGE_4K,
                                  TDX_R9) ?:
             tdx_pamt_get_free(&page, c, target, TDX_LEVEL_4K, TDX_R8) ?:
             tdx_td_check_build(&op.td);
    if (status) {
        return status;
    }
    measurement = tdx_td_tdcs_page(&op.td, TDX_TDCS_MEASUREMENT);
    status = tdx_require(measurement,
                         tdx_td_no_content(m, op.td.tdr,
                                           "a TDCS page has no memory")) ?:
             tdx_require(tdx_mrtd_page_add(&measurement->mrtd, op.gpa),
                         tdx_fatal(m, "the measurement of a TD is corrupt")) ?:
             copy_in(&op, target, source);
    if (status) {
        return status;
    }
    tdx_pamt_set_bepoch(page.entry, 0);
    tdx_td_add_page(&op.td, &page, TDX_PT_REG);
    tdx_mem_set(&op, tdx_sept_leaf(m, target, op.td.tdr->hkid, false));
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MEM_PAGE_ADD = {
    TDX_LEAF_ID(TDH_MEM_PAGE_ADD),
    .what = "Add a page with content and measurement",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "gpa" }, { TDX_RDX, "tdr" }, { TDX_R8, "page" },
            { TDX_R9, "source" } },
    .out = { { TDX_RCX, "ext_err", TDX_ZERO },
             { TDX_RDX, "ext_level", TDX_ZERO } },
    .handler = tdh_mem_page_add,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_SEPT_ENTRY,
        ANSWERS_FREE_PAGE,
        { TDX_INCOMPATIBLE_MRTD_CONTEXT,
          "the TD was begun by a module that measures in another way" }
    ),
};
