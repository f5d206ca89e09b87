/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking at TDs and their vCPUs.
 */

#include <string.h>

#include "query-internal.h"

/* Is the page at @hpa what it should be, now? */
static bool still_is(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                     TdxPageType type)
{
    TdxPamtEntry e;

    return tdx_peek_leaf(m, cfg, hpa, &e) && pamt_type(&e) == type;
}

bool tdx_query_td(TdxModule *m, const TdxQueryConfig *cfg, uint64_t hpa,
                  TdxQueryTd *td)
{
    const TdxTdr *tdr = &td->tdr;

    memset(td, 0, sizeof(*td));
    if (!tdx_peek_private(m, hpa, cfg->hkid, &td->tdr, sizeof(td->tdr)) ||
        tdr->lifecycle > TDX_TD_TEARDOWN) {
        return false;
    }
    td->has_tdcs = !tdr->fatal && tdr->num_tdcx >= TDX_TDCS_BASE_PAGES &&
                   (tdr->lifecycle == TDX_TD_KEYS_CONFIGURED ||
                    tdr->lifecycle == TDX_TD_BLOCKED) &&
                   tdx_peek_private(m, tdr->tdcx[TDX_TDCS_CONTROL], tdr->hkid,
                                    &td->tdcs, sizeof(td->tdcs));
    /* In this order: who takes a TD apart begins with its control structure */
    td->has_tdcs = td->has_tdcs &&
                   td->tdcs.op_state <= TDX_OP_START_IMPORT &&
                   still_is(m, cfg, tdr->tdcx[TDX_TDCS_CONTROL], TDX_PT_TDCX);
    return still_is(m, cfg, hpa, TDX_PT_TDR);
}

bool tdx_query_vcpu(TdxModule *m, const TdxQueryConfig *cfg,
                    const TdxQueryTd *td, uint64_t hpa, TdxTdvps *tdvps)
{
    return td->has_tdcs &&
           tdx_peek_private(m, hpa, td->tdr.hkid, tdvps, sizeof(*tdvps)) &&
           still_is(m, cfg, hpa, TDX_PT_TDVPR);
}
