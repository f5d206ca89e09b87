/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MSRs as a TD's guest finds them (TD CPU 2; TD running 2.4).
 */

#include <string.h>

#include "../../x86-defs/msr-bits.h"
#include "../sys/platform.h"
#include "msr.h"

/* Two ranges of numbers, each with bits for reading, then for writing */
#define RANGE_SIZE    0x2000u
#define HIGH_BASE     0xc0000000u
#define WRITE_OFFSET  2048 /* bytes */
#define HIGH_OFFSET   1024

#define PERF_CAPABILITIES_METRICS (1ULL << 15)

static const struct {
    uint32_t first;
    uint32_t last;
    TdxMsrRule read;
    TdxMsrRule write;
} ranges[] = {
#define DIRECT(what) { TDX_MSR_DIRECT, TDX_MSR_HAS_##what }
#define D         DIRECT(ALL)
#define D_PERFMON DIRECT(PERFMON)
#define D_METRICS DIRECT(METRICS)
#define D_WAITPKG DIRECT(WAITPKG)
#define D_TSX     DIRECT(TSX)
#define D_XFD     DIRECT(XFD)
#define D_PT      DIRECT(PT)
#define D_CET     DIRECT(CET)
#define D_PKS     DIRECT(PKS)
#define D_UINTR   DIRECT(UINTR)
#define D_LBR     DIRECT(LBR)
#define V         { TDX_MSR_VE, 0 }
#define G         { TDX_MSR_GP, 0 }
#define R         { TDX_MSR_REDUCIBLE, 0 }
#define F(flag)   { TDX_MSR_FLAG, TDX_FLAG_##flag }
#define S(what)   { TDX_MSR_SPECIAL, TDX_MSR_SPECIAL_##what }
#define TDX_MSR_RANGE(first, last, read, write) { first, last, read, write },
#include "msr-list.h"
#undef TDX_MSR_RANGE
#undef D
#undef V
#undef G
#undef R
#undef F
#undef S
};

bool tdx_td_msr_bitmapped(uint32_t msr)
{
    return msr < RANGE_SIZE || msr - HIGH_BASE < RANGE_SIZE;
}

TdxMsrRule tdx_td_msr_rule(uint32_t msr, bool write)
{
    unsigned low = 0, high = sizeof(ranges) / sizeof(ranges[0]);

    while (low < high) {
        unsigned mid = (low + high) / 2;

        if (ranges[mid].last < msr) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low < sizeof(ranges) / sizeof(ranges[0]) && ranges[low].first <= msr) {
        return write ? ranges[low].write : ranges[low].read;
    }
    return (TdxMsrRule) { TDX_MSR_REDUCIBLE, 0 };
}

bool tdx_td_msr_has(const TdxModule *m, const TdxTdcs *tdcs, TdxMsrHas has)
{
    switch (has) {
    case TDX_MSR_HAS_ALL:
        return true;
    case TDX_MSR_HAS_PERFMON:
        return tdcs->attributes & TDX_ATTR_PERFMON;
    case TDX_MSR_HAS_METRICS:
        return tdcs->attributes & TDX_ATTR_PERFMON &&
               tdx_common_msr(m, X86_MSR_PERF_CAPABILITIES) &
               PERF_CAPABILITIES_METRICS;
    case TDX_MSR_HAS_WAITPKG:
        return tdx_td_flag(tdcs, TDX_FLAG_WAITPKG);
    case TDX_MSR_HAS_TSX:
        return tdx_td_flag(tdcs, TDX_FLAG_TSX);
    case TDX_MSR_HAS_XFD:
        return tdx_td_flag(tdcs, TDX_FLAG_XFD);
    case TDX_MSR_HAS_PT:
        return tdcs->xfam & TDX_XFAM_PT;
    case TDX_MSR_HAS_CET:
        return tdcs->xfam & TDX_XFAM_CET;
    case TDX_MSR_HAS_PKS:
        return tdcs->attributes & TDX_ATTR_PKS;
    case TDX_MSR_HAS_UINTR:
        return tdcs->xfam & TDX_XFAM_UINTR;
    case TDX_MSR_HAS_LBR:
        return tdcs->xfam & TDX_XFAM_LBR;
    }
    return false;
}

/* PERF_CAPABILITIES is exact where the TD has PT as well */
static bool is_direct(const TdxModule *m, const TdxTdcs *tdcs, TdxMsrRule rule)
{
    if (rule.kind == TDX_MSR_SPECIAL &&
        rule.arg == TDX_MSR_SPECIAL_PERF_CAPABILITIES) {
        return tdx_td_msr_has(m, tdcs, TDX_MSR_HAS_PERFMON) &&
               tdx_td_msr_has(m, tdcs, TDX_MSR_HAS_PT);
    }
    return rule.kind == TDX_MSR_DIRECT && tdx_td_msr_has(m, tdcs, rule.arg);
}

static void let_through(uint8_t *bitmap, uint32_t msr)
{
    uint32_t bit = msr & (RANGE_SIZE - 1);

    if (msr >= HIGH_BASE) {
        bitmap += HIGH_OFFSET;
    }
    bitmap[bit / 8] &= ~(1u << bit % 8);
}

TdxStatus tdx_td_msr_bitmap_fill(TdxTdRef *td)
{
    uint8_t *bitmap = tdx_td_tdcs_page(td, TDX_TDCS_MSR_BITMAPS);

    if (!bitmap) {
        return tdx_td_no_content(td->m, td->tdr, "a TDCS page has no memory");
    }
    td->tdcs->virtual_arch_capabilities = tdx_td_arch_capabilities(td->m,
                                                               td->tdcs);
    memset(bitmap, 0xff, TDX_PAGE_4K);
    for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        bool read = is_direct(td->m, td->tdcs, ranges[i].read);
        bool write = is_direct(td->m, td->tdcs, ranges[i].write);

        for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++) {
            if (read) {
                let_through(bitmap, msr);
            }
            if (write) {
                let_through(bitmap + WRITE_OFFSET, msr);
            }
        }
    }
    return TDX_SUCCESS;
}
