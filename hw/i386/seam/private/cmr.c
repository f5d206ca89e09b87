/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Convertible memory: the ranges of RAM that firmware lets become TDX-private.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/units.h"
#include "../seam-internal.h"

/*
 * Firmware never offers the first MiB: legacy video memory and shadowed ROMs
 * are in it.
 */
#define CMR_LOWEST (1 * MiB)

typedef struct CmrTable {
    TdxRange *cmr;
    unsigned n;
    bool full;
} CmrTable;

/* Append [base, end), joined to the last entry where they touch */
static void add_range(CmrTable *table, uint64_t base, uint64_t end)
{
    base = ROUND_UP(base, SEAM_PAGE_SIZE);
    end = QEMU_ALIGN_DOWN(end, SEAM_PAGE_SIZE);
    if (base >= end) {
        return;
    }
    if (table->n) {
        TdxRange *last = &table->cmr[table->n - 1];

        if (last->base + last->size == base) {
            last->size += end - base;
            return;
        }
    }
    if (table->n == TDX_MAX_CMRS) {
        table->full = true;
        return;
    }
    table->cmr[table->n++] = (TdxRange) { base, end - base };
}

unsigned seam_find_cmrs(const TdxModuleDevice *s, TdxRange cmr[TDX_MAX_CMRS],
                        Error **errp)
{
    const TdxRange seamrr = s->plat.seamrr;
    CmrTable table = { .cmr = cmr };

    memset(cmr, 0, TDX_MAX_CMRS * sizeof(cmr[0]));
    for (guint i = 0; i < s->all_ram->len; i++) {
        const SeamRam *ram = &g_array_index(s->all_ram, SeamRam, i);
        uint64_t base = MAX(ram->hpa, CMR_LOWEST);
        uint64_t end = ram->hpa + ram->size;

        if (seamrr.base < end && seamrr.base + seamrr.size > base) {
            add_range(&table, base, seamrr.base);
            base = seamrr.base + seamrr.size;
        }
        add_range(&table, base, end);
    }
    if (table.full) {
        error_setg(errp, "RAM is in more than %d pieces, which is what the "
                   "TDX module's table of convertible memory holds; use "
                   "fewer, larger memory devices", TDX_MAX_CMRS);
    }
    return table.n;
}
