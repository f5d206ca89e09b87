/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Convertible memory: which of the machine's RAM may become TDX-private.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "system/hostmem.h"
#include "seam-internal.h"

/*
 * Firmware never offers the first MiB: legacy video memory and shadowed ROMs
 * are in it.
 */
#define CMR_LOWEST (1 * MiB)

typedef struct CmrWalk {
    TdxRange seamrr;
    TdxRange *cmr;
    unsigned n;
    bool full;
} CmrWalk;

/* Append [base, end), joined to the last entry where they touch */
static void add_range(CmrWalk *walk, uint64_t base, uint64_t end)
{
    base = ROUND_UP(base, SEAM_PAGE_SIZE);
    end = QEMU_ALIGN_DOWN(end, SEAM_PAGE_SIZE);
    if (base >= end) {
        return;
    }
    if (walk->n) {
        TdxRange *last = &walk->cmr[walk->n - 1];

        if (last->base + last->size == base) {
            last->size += end - base;
            return;
        }
    }
    if (walk->n == TDX_MAX_CMRS) {
        walk->full = true;
        return;
    }
    walk->cmr[walk->n++] = (TdxRange) { base, end - base };
}

/*
 * The machine's RAM is what memory backends hold; all else that behaves like
 * RAM belongs to a device.  Persistent memory and memory that a driver plugs
 * in parts are not offered either.
 */
static bool is_convertible(MemoryRegion *mr)
{
    return memory_region_is_ram(mr) && !mr->readonly && !mr->rom_device &&
           !memory_region_is_ram_device(mr) &&
           !memory_region_is_nonvolatile(mr) &&
           !memory_region_has_ram_discard_manager(mr) &&
           object_dynamic_cast(memory_region_owner(mr), TYPE_MEMORY_BACKEND);
}

static bool visit_range(Int128 start, Int128 len, const MemoryRegion *mr,
                        hwaddr offset_in_region, void *opaque)
{
    CmrWalk *walk = opaque;
    uint64_t base = MAX(int128_get64(start), CMR_LOWEST);
    uint64_t end = int128_get64(start) + int128_getlo(len);
    uint64_t seamrr_end = walk->seamrr.base + walk->seamrr.size;

    if (!is_convertible((MemoryRegion *)mr)) {
        return false;
    }
    if (walk->seamrr.size && walk->seamrr.base < end && seamrr_end > base) {
        add_range(walk, base, walk->seamrr.base);
        base = seamrr_end;
    }
    add_range(walk, base, end);
    return walk->full;
}

bool seam_find_cmrs(TdxRange seamrr, TdxRange cmr[TDX_MAX_CMRS], Error **errp)
{
    CmrWalk walk = { .seamrr = seamrr, .cmr = cmr };

    memset(cmr, 0, TDX_MAX_CMRS * sizeof(cmr[0]));
    WITH_RCU_READ_LOCK_GUARD() {
        flatview_for_each_range(address_space_to_flatview(
                                    &address_space_memory),
                                visit_range, &walk);
    }
    if (walk.full) {
        error_setg(errp, "RAM is in more than %d pieces, which is what the "
                   "TDX module's table of convertible memory holds; use "
                   "fewer, larger memory devices", TDX_MAX_CMRS);
        return false;
    }
    return true;
}
