/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of performance event filters that TDH.MNG.INIT accepts
 * (TD life cycle 4.4, step 18).
 */

#include "td-params.h"

/* The operand: how many filters, and where */
#define LIST_COUNT_MASK 0xfffULL
#define LIST_HPA_MASK   (~LIST_COUNT_MASK)
#define MAX_EVENT_FILTERS 512

/*
 * The model counts no performance events, so there is none that it could let
 * a TD have: it refuses the first filter of any list that is well placed.
 */
uint64_t td_event_filters_check(TdxModule *m, uint64_t list)
{
    unsigned count = list & LIST_COUNT_MASK;
    uint64_t hpa = list & LIST_HPA_MASK;

    if (count < 1 || count > MAX_EVENT_FILTERS ||
        !tdx_shared_hpa_ok(m, hpa, TDX_PAGE_4K, TDX_PAGE_4K)) {
        return tdx_op(TDX_OPERAND_INVALID, TDX_R8);
    }
    return tdx_op(TDX_EVENT_FILTER_INVALID, 0);
}
