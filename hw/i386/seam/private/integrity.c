/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Integrity of private memory: which cache lines were last written with a
 * private KeyID.  A write through KeyID 0, from wherever it comes, makes a
 * line the host's; whoever then reads it with a private KeyID finds that its
 * content is lost.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/rcu.h"
#include "exec/qemu-compat-tcg.h"
#include "exec/ram-watch.h"
#include "migration/qemu-file-types.h"
#include "system/tcg.h"
#include "../seam-internal.h"
#include "target/i386/tdx-module/include/query.h"
#include "../trace.h"

/* --- lines --------------------------------------------------------------- */

bool seam_integrity_untouched(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    return len <= SEAM_PAGE_SIZE - (hpa & (SEAM_PAGE_SIZE - 1)) &&
           seam_line_is_private(&s->lines, hpa, len);
}

void seam_integrity_take(TdxModuleDevice *s, uint64_t hpa, ram_addr_t addr,
                         uint64_t len)
{
    uint64_t done = 0, n;

    for (; done < len; done += n) {
        uint64_t mask;

        n = seam_lines_in_page(hpa + done, len - done);
        mask = seam_lines_touched(hpa + done, n);
        qatomic_or(seam_lines_need(&s->lines, hpa + done), mask);
        if (unlikely(s->partial_write_erratum)) {
            /* The module writes whole lines */
            seam_poison_clear(s, hpa + done, mask);
        }
    }
    seam_watch(addr, len);
}

static __thread SeamWriter writer;

void seam_integrity_writer(SeamWriter who)
{
    writer = who;
}

/*
 * A private line becomes the host's; @first of its page.  That is a mistake
 * where the module or a TD owns the page, and not where the host has got it
 * back, which must not cost it a flush for each page.
 */
static void line_lost(TdxModuleDevice *s, uint64_t hpa, uint64_t len,
                      bool first)
{
    bool told = trace_event_get_state_backends(TRACE_SEAM_PRIVATE_WRITTEN) ||
                qemu_loglevel_mask(LOG_GUEST_ERROR);

    if (writer == SEAM_WRITER_TAKING || !(first || told) ||
        !tdx_query_owned(s->module, hpa)) {
        return;
    }
    trace_seam_private_written(hpa, len);
    qemu_log_mask(LOG_GUEST_ERROR, "private memory at 0x%" PRIx64
                  ": %" PRIu64 " bytes were written through another "
                  "KeyID, its content is lost\n", hpa, len);
    if (first) {
        seam_flush_tlbs(); /* from then on each access of a TD asks */
    }
}

/*
 * [@addr, @addr + @len) is inside of a page.  A processor's store ends in its
 * cache; of what it writes past that seam.h's functions are told.
 */
static void page_written(TdxModuleDevice *s, const SeamRam *ram,
                         ram_addr_t addr, uint64_t len, bool cached)
{
    uint64_t hpa = ram->hpa + (addr - ram->base);
    uint64_t *lines = seam_lines_find(&s->lines, hpa);
    uint64_t mask = seam_lines_touched(hpa, len);

    if (!seam_watched(s, hpa)) {
        return;
    }
    if (!cached) {
        seam_poison_partial(s, hpa, len);
        seam_poison_clear(s, hpa, seam_lines_covered(hpa, len));
    }
    if (lines && qatomic_read(lines) & mask) {
        uint64_t before = qatomic_fetch_and(lines, ~mask);

        line_lost(s, hpa, len, before == UINT64_MAX);
    }
    /* Another thread may find the same at once, which does no harm */
    if (!seam_watched(s, hpa)) {
        seam_unwatch(s, hpa, addr);
    }
}

static void ram_was_written(uint64_t addr, uint64_t len, bool by_cpu)
{
    TdxModuleDevice *s = seam_device();
    const SeamRam *ram = NULL;
    ram_addr_t n;

    if (!s) {
        return;
    }
    RCU_READ_LOCK_GUARD();
    /* A write lies in one RAM block, but not all of it may be convertible */
    for (; len; addr += n, len -= n) {
        n = seam_lines_in_page(addr, len);
        if (!ram || addr - ram->base >= ram->size) {
            ram = seam_ram_by_addr(s, addr);
        }
        if (ram) {
            page_written(s, ram, addr, n, by_cpu || writer);
        }
    }
}

static bool ram_watched(uint64_t addr)
{
    TdxModuleDevice *s = seam_device();
    const SeamRam *ram;

    if (!s) {
        return false;
    }
    RCU_READ_LOCK_GUARD();
    ram = seam_ram_by_addr(s, addr);
    return ram && seam_watched(s, ram->hpa + (addr - ram->base));
}

/* --- life ---------------------------------------------------------------- */

void seam_integrity_start(void)
{
    static const RamWatch seam_watch = {
        .written = ram_was_written,
        .watched = ram_watched,
    };

    qatomic_set(&ram_watch, &seam_watch);
}

void seam_integrity_reset(TdxModuleDevice *s)
{
    seam_watch_forget(s, &s->poison);
    seam_watch_forget(s, &s->lines);
}

/* --- migration ----------------------------------------------------------- */

static int put_integrity(QEMUFile *f, void *pv, size_t size,
                         const VMStateField *field, JSONWriter *vmdesc)
{
    TdxModuleDevice *s = pv;

    seam_watch_save(&s->lines, f);
    return 0;
}

static int get_integrity(QEMUFile *f, void *pv, size_t size,
                         const VMStateField *field)
{
    TdxModuleDevice *s = pv;

    seam_integrity_reset(s);
    return seam_watch_load(s, &s->lines, f);
}

const VMStateInfo vmstate_info_integrity = {
    .name = "tdx-module integrity",
    .get = get_integrity,
    .put = put_integrity,
};
