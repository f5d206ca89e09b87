/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of performance event filters that TDH.MNG.INIT accepts
 * (TD life cycle 4.4, step 18).
 */

#include <glib.h>

#include "td-params.h"

/* The operand: how many filters, and where; the rest is reserved */
#define LIST_COUNT_MASK   0xfffULL
#define LIST_HPA_MASK     0x000ffffffffff000ULL

/* A filter: which event with which unit mask a TD may count */
#define FILTER_EVENT_MASK  0xffULL
#define FILTER_UMASK_SHIFT 32
#define FILTER_UMASK_MASK  (0xffULL << FILTER_UMASK_SHIFT)
/*
 * The enhanced kind of filters, which the module does not have, would use the
 * others: these are one for a filter that compares the whole unit mask, and
 * all else is zero.
 */
#define FILTER_MASK_BITS   (0xffffULL << 48)

/* What the list is ordered by, and no two filters have in common */
static unsigned filter_key(uint64_t filter)
{
    return (filter & FILTER_UMASK_MASK) >> (FILTER_UMASK_SHIFT - 8) |
           (filter & FILTER_EVENT_MASK);
}

/* @filter: little endian, as the host has written them */
static TdxStatus check_filters(const uint64_t *filter, unsigned count)
{
    const uint64_t free_bits = FILTER_EVENT_MASK | FILTER_UMASK_MASK;
    uint64_t before = 0;
    TdxStatus status;

    for (unsigned i = 0; i < count; i++) {
        uint64_t value = GUINT64_FROM_LE(filter[i]);

        status = tdx_require((value & ~free_bits) == FILTER_MASK_BITS,
                             tdx_op(TDX_EVENT_FILTER_INVALID, i)) ?:
                 tdx_require(!i || filter_key(before) < filter_key(value),
                             tdx_op(TDX_EVENT_FILTER_ORDER_INVALID, i));
        if (status) {
            return status;
        }
        before = value;
    }
    return TDX_SUCCESS;
}

/*
 * The model counts no performance events: nothing is kept of a list that is
 * in order.
 */
TdxStatus tdx_td_event_filters_check(TdxModule *m, uint64_t list)
{
    unsigned count = list & LIST_COUNT_MASK;
    uint64_t hpa = list & LIST_HPA_MASK;
    uint64_t filter[TDX_MAX_EVENT_FILTERS];

    if (list & ~(LIST_COUNT_MASK | LIST_HPA_MASK) || count < 1 ||
        count > TDX_MAX_EVENT_FILTERS ||
        !tdx_shared_hpa_ok(m, hpa, TDX_PAGE_4K, TDX_PAGE_4K)) {
        return tdx_bad_operand(m, TDX_R8, list, TDX_CAUSE_INVALID, 0);
    }
    tdx_read_shared(m, hpa, filter, count * sizeof(filter[0]));
    return check_filters(filter, count);
}
