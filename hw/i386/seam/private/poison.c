/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The partial write erratum of the first processors with TDX: a write of less
 * than a cache line that reaches private memory without going through a cache
 * poisons the line, and whoever then reads it takes a machine check.  Which
 * lines have poison is known here; processors ask when they fill their TLBs.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "migration/qemu-file-types.h"
#include "../seam-internal.h"
#include "../trace.h"

/* --- making and ending poison --------------------------------------------- */

bool seam_poison_partial(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    uint64_t *lines = seam_lines_find(&s->lines, hpa);
    uint64_t mask = seam_lines_touched(hpa, len) &
                    ~seam_lines_covered(hpa, len);

    if (!s->partial_write_erratum || !lines) {
        return false;
    }
    mask &= qatomic_read(lines);
    if (!mask) {
        return false;
    }
    trace_seam_private_poisoned(hpa, len);
    qemu_log_mask(LOG_GUEST_ERROR, "private memory at 0x%" PRIx64 ": a partial "
                  "write poisons it, reading it is a machine check\n", hpa);
    if (qatomic_fetch_or(seam_lines_need(&s->poison, hpa), mask)) {
        return false;
    }
    seam_flush_tlbs(); /* from then on each load from the page asks */
    return true;
}

/* TLB entries that ask for each load find for themselves that it is over */
void seam_poison_clear(TdxModuleDevice *s, uint64_t hpa, uint64_t lines)
{
    uint64_t *poison = seam_lines_find(&s->poison, hpa);

    if (poison && qatomic_read(poison) & lines) {
        qatomic_and(poison, ~lines);
    }
}

uint64_t seam_poison_count(const TdxModuleDevice *s)
{
    uint64_t hpa = 0, count = 0;
    uint64_t *poison;

    for (; (poison = seam_lines_next(&s->poison, &hpa));
         hpa += SEAM_PAGE_SIZE) {
        count += ctpop64(qatomic_read(poison));
    }
    return count;
}

/* --- for the processors --------------------------------------------------- */

bool seam_partial_write(uint64_t hpa, uint64_t len)
{
    TdxModuleDevice *s = seam_device();

    return s && seam_poison_partial(s, hpa, len);
}

void seam_whole_write(uint64_t hpa)
{
    TdxModuleDevice *s = seam_device();
    uint64_t line;

    if (s && seam_find_poison(hpa, SEAM_LINE_SIZE, &line)) {
        seam_poison_clear(s, hpa, seam_lines_touched(hpa, SEAM_LINE_SIZE));
        seam_watch_settle(s, hpa);
    }
}

bool seam_find_poison(uint64_t hpa, uint64_t len, uint64_t *line)
{
    TdxModuleDevice *s = seam_device();
    uint64_t *poison = s ? seam_lines_find(&s->poison, hpa) : NULL;
    uint64_t found = 0;

    if (poison && len) {
        found = qatomic_read(poison) & seam_lines_touched(hpa, len);
    }
    if (found) {
        *line = (hpa & -SEAM_PAGE_SIZE) |
                (uint64_t)ctz64(found) << SEAM_LINE_BITS;
    }
    return found;
}

/* --- migration ------------------------------------------------------------ */

static int put_poison(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field, JSONWriter *vmdesc)
{
    TdxModuleDevice *s = pv;

    seam_watch_save(&s->poison, f);
    return 0;
}

/* The integrity state came before, and left no poison */
static int get_poison(QEMUFile *f, void *pv, size_t size,
                      const VMStateField *field)
{
    TdxModuleDevice *s = pv;
    int ret = seam_watch_load(s, &s->poison, f);

    seam_flush_tlbs();
    return ret;
}

static const VMStateInfo vmstate_info_poison = {
    .name = "tdx-module poison",
    .get = get_poison,
    .put = put_poison,
};

static bool poison_needed(void *opaque)
{
    TdxModuleDevice *s = opaque;

    return seam_poison_count(s) > 0;
}

const VMStateDescription vmstate_poison = {
    .name = "tdx-module/poison",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = poison_needed,
    .fields = (const VMStateField[]) {
        {
            .name = "poison",
            .info = &vmstate_info_poison,
            .flags = VMS_SINGLE,
            .size = sizeof(TdxModuleDevice),
            .offset = 0,
        },
        VMSTATE_END_OF_LIST()
    },
};
