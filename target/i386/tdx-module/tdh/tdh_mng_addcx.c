/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDH.MNG.ADDCX: add a control structure page to a TD.
 */

#include <string.h>

#include "../sept/sept.h"
#include "../td/td.h"
#include "answers.h"

/* A TD without the migration feature's use still gets its key (4.3) */
static TdxStatus draw_migration_key(TdxModule *m)
{
    uint8_t key[32];

    return m->ops->random(m->opaque, key, sizeof(key)) ? TDX_SUCCESS
                                                       : TDX_RND_NO_ENTROPY;
}

/* What a new page holds, by its place in the TDCS */
static void fill_page(unsigned index, void *content)
{
    if (index == TDX_TDCS_MSR_BITMAPS) {
        memset(content, 0xff, TDX_PAGE_4K);
    } else if (index == TDX_TDCS_SEPT_ROOT || index >= TDX_TDCS_L2_SEPT_ROOT) {
        tdx_sept_clear_table(content);
    }
}

/* TD life cycle 4.3 */
static TdxStatus tdh_mng_addcx(TdxCall *c)
{
    TdxModule *m = c->m;
    uint64_t hpa = c->gpr[TDX_RCX];
    TD_REF(td);
    PAMT_REF(page);
    void *content;
    TdxStatus status;
    unsigned index;

    status = tdx_td_lock(&td, c, c->gpr[TDX_RDX], TDX_LOCK_TYPE_EXCLUSIVE,
                         TDX_RDX) ?:
             tdx_require(!tdx_tdr_fatal(td.tdr), TDX_TD_FATAL) ?:
             tdx_require(td.tdr->lifecycle == TDX_TD_KEYS_CONFIGURED,
                         tdx_fails(m, TDX_TD_KEYS_NOT_CONFIGURED, "TD", td.hpa,
                                   TDX_CAUSE_LIFECYCLE, td.tdr->lifecycle));
    if (status) {
        return status;
    }
    index = td.tdr->num_tdcx;
    status = tdx_require(index < TDX_MAX_TDCS_PAGES, TDX_TDCX_NUM_INCORRECT) ?:
             tdx_pamt_get_free(&page, c, hpa, TDX_LEVEL_4K, TDX_RCX);
    if (status) {
        return status;
    }
    if (index + 1 == TDX_TDCS_BASE_PAGES) {
        status = draw_migration_key(m);
        if (status) {
            return status;
        }
    }
    if (index >= TDX_TDCS_BASE_PAGES) {
        status = tdx_td_map_tdcs(&td) ?:
                 tdx_td_check_op_state(&td, TD_OP(UNINITIALIZED));
        if (status) {
            return status;
        }
    }
    status = tdx_td_take_page(m, hpa, td.tdr->hkid, &content);
    if (status) {
        return status;
    }
    fill_page(index, content);
    td.tdr->tdcx[index] = hpa;
    td.tdr->num_tdcx++;
    tdx_td_add_page(&td, &page, TDX_PT_TDCX);
    return TDX_SUCCESS;
}

const TdxLeaf tdx_leaf_TDH_MNG_ADDCX = {
    TDX_LEAF_ID(TDH_MNG_ADDCX),
    .what = "Add a TDCS page to a TD",
    .states = TDX_WHEN_READY,
    .in = { { TDX_RCX, "page" }, { TDX_RDX, "tdr" } },
    .handler = tdh_mng_addcx,
    .answers = TDX_ANSWERS(
        { TDX_SUCCESS },
        ANSWERS_TD_WITH_KEY,
        { TDX_TDCX_NUM_INCORRECT,
          "the TD has all the pages that it can have" },
        ANSWERS_FREE_PAGE,
        { TDX_RND_NO_ENTROPY,
          "the last page needs a key, and there is no random number" },
        { TDX_OP_STATE_INCORRECT,
          "a page for L2 VMs comes after TDH.MNG.INIT" }
    ),
};
