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
#include "exec/exec-all.h"
#include "exec/ram-watch.h"
#include "exec/ram_addr.h"
#include "migration/qemu-file-types.h"
#include "system/tcg.h"
#include "seam-internal.h"
#include "target/i386/tdx-module/include/query.h"
#include "trace.h"

/* --- lines --------------------------------------------------------------- */

/* Is all that [@hpa, @hpa + @len), inside of a page, touches private? */
static inline bool is_private(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    const uint64_t *lines = seam_lines_find(&s->lines, hpa);
    uint64_t shared = lines ? ~qatomic_read(lines) : UINT64_MAX;

    return !shared || !(seam_lines_touched(hpa, len) & shared);
}

bool seam_integrity_untouched(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    return len <= SEAM_PAGE_SIZE - (hpa & (SEAM_PAGE_SIZE - 1)) &&
           is_private(s, hpa, len);
}

/* Out of line, or the other way would save registers for this one */
static __attribute__((noinline))
void *intact_slowly(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    if (!is_private(s, hpa, len)) {
        trace_seam_private_lost(hpa, len);
        return NULL;
    }
    return seam_private_page(s, hpa, 0);
}

/* The way of nearly all accesses of the module: not a step too many */
void *seam_private_intact(void *opaque, uint64_t hpa, uint64_t len)
{
    TdxModuleDevice *s = opaque;
    const SeamChunk *chunk;
    uint64_t offset = hpa & (SEAM_CHUNK_SIZE - 1);

    if (likely(is_private(s, hpa, len))) {
        chunk = qatomic_load_acquire(&s->chunks[hpa >> SEAM_CHUNK_BITS]);
        if (likely(chunk && test_bit(offset >> SEAM_PAGE_BITS, chunk->used))) {
            return chunk->host + offset;
        }
    }
    return intact_slowly(s, hpa, len);
}

bool seam_private_lost(void *opaque, uint64_t hpa, uint64_t len)
{
    TdxModuleDevice *s = opaque;
    uint64_t n;

    for (; len; hpa += n, len -= n) {
        n = seam_lines_in_page(hpa, len);
        if (!is_private(s, hpa, n)) {
            trace_seam_private_lost(hpa, n);
            return true;
        }
    }
    return false;
}

/* --- watching ------------------------------------------------------------ */

/*
 * Stores to [@addr, @addr + @len) are told from here on.  Its lines are
 * private already, or a page whose code is just going would be forgotten.
 */
static void watch(ram_addr_t addr, uint64_t len)
{
    /* Finding TLB entries is slow; a watched page has no dirty ones */
    if (tcg_enabled() &&
        ((addr ^ (addr + len - 1)) >= SEAM_PAGE_SIZE ||
         cpu_physical_memory_get_dirty_flag(addr, DIRTY_MEMORY_CODE))) {
        cpu_physical_memory_test_and_clear_dirty(addr, len,
                                                 DIRTY_MEMORY_CODE);
    }
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
    watch(addr, len);
}

bool seam_integrity_watched(const TdxModuleDevice *s, uint64_t hpa)
{
    uint64_t *lines = seam_lines_find(&s->lines, hpa);
    uint64_t *poison = seam_lines_find(&s->poison, hpa);

    return (lines && qatomic_read(lines)) || (poison && qatomic_read(poison));
}

/*
 * Stores to the page may be fast again.  Code from it may have come into
 * being meanwhile: first the flag, then all of the code, so that code that
 * comes later clears the flag again.  The page may have been taken anew.
 */
static void unwatch(const TdxModuleDevice *s, uint64_t hpa, ram_addr_t addr)
{
    addr &= ~(ram_addr_t)(SEAM_PAGE_SIZE - 1);
    if (tcg_enabled()) {
        cpu_physical_memory_set_dirty_flag(addr, DIRTY_MEMORY_CODE);
        tb_invalidate_phys_range(addr, addr + SEAM_PAGE_SIZE - 1);
        smp_mb(); /* whoever takes it sets the lines, then clears the flag */
        if (seam_integrity_watched(s, hpa)) {
            watch(addr, SEAM_PAGE_SIZE);
        }
    }
}

void seam_integrity_settle(TdxModuleDevice *s, uint64_t hpa)
{
    const SeamRam *ram;

    RCU_READ_LOCK_GUARD();
    ram = seam_ram_by_hpa(s, hpa & -SEAM_PAGE_SIZE);
    if (ram && !seam_integrity_watched(s, hpa)) {
        unwatch(s, hpa, ram->base + (hpa - ram->hpa));
    }
}

static __thread SeamWriter writer;

void seam_integrity_writer(SeamWriter who)
{
    writer = who;
}

/*
 * A private line becomes the host's.  That is a mistake where the module or a
 * TD owns the page, and not where the host has got it back.
 */
static void tell_written(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    if (writer != SEAM_WRITER_TAKING &&
        (trace_event_get_state_backends(TRACE_SEAM_PRIVATE_WRITTEN) ||
         qemu_loglevel_mask(LOG_GUEST_ERROR)) &&
        tdx_query_owned(s->module, hpa)) {
        trace_seam_private_written(hpa, len);
        qemu_log_mask(LOG_GUEST_ERROR, "private memory at 0x%" PRIx64
                      ": %" PRIu64 " bytes were written through another "
                      "KeyID, its content is lost\n", hpa, len);
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

    if (!seam_integrity_watched(s, hpa)) {
        return;
    }
    if (!cached) {
        seam_poison_partial(s, hpa, len);
        seam_poison_clear(s, hpa, seam_lines_covered(hpa, len));
    }
    if (lines && qatomic_read(lines) & mask) {
        qatomic_and(lines, ~mask);
        tell_written(s, hpa, len);
    }
    /* Another thread may find the same at once, which does no harm */
    if (!seam_integrity_watched(s, hpa)) {
        unwatch(s, hpa, addr);
    }
}

static void ram_was_written(ram_addr_t addr, ram_addr_t len, bool by_cpu)
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

static bool ram_watched(ram_addr_t addr)
{
    TdxModuleDevice *s = seam_device();
    const SeamRam *ram;

    if (!s) {
        return false;
    }
    RCU_READ_LOCK_GUARD();
    ram = seam_ram_by_addr(s, addr);
    return ram && seam_integrity_watched(s, ram->hpa + (addr - ram->base));
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

/* Lines of @map that were in @ram, which is where it was or not */
static void lose(TdxModuleDevice *s, SeamLineMap *map, const SeamRam *ram)
{
    uint64_t hpa = QEMU_ALIGN_DOWN(ram->hpa, SEAM_PAGE_SIZE);
    uint64_t *lines;

    for (; (lines = seam_lines_next(map, &hpa)) && hpa - ram->hpa < ram->size;
         hpa += SEAM_PAGE_SIZE) {
        const SeamRam *now = seam_ram_by_hpa(s, hpa);
        ram_addr_t addr = ram->base + (hpa - ram->hpa);

        if (!now || now->base + (hpa - now->hpa) != addr) {
            qatomic_set(lines, 0);
            unwatch(s, hpa, addr);
        }
    }
}

void seam_integrity_ram_gone(TdxModuleDevice *s, const SeamRam *ram)
{
    lose(s, &s->poison, ram);
    lose(s, &s->lines, ram);
}

static void forget(TdxModuleDevice *s, SeamLineMap *map)
{
    uint64_t hpa = 0;
    uint64_t *lines;

    for (; (lines = seam_lines_next(map, &hpa)); hpa += SEAM_PAGE_SIZE) {
        qatomic_set(lines, 0);
        seam_integrity_settle(s, hpa);
    }
}

void seam_integrity_reset(TdxModuleDevice *s)
{
    forget(s, &s->poison);
    forget(s, &s->lines);
}

/* --- migration ----------------------------------------------------------- */

#define NO_MORE_PAGES UINT64_MAX

void seam_integrity_save(const SeamLineMap *map, QEMUFile *f)
{
    uint64_t hpa = 0;
    uint64_t *lines;

    for (; (lines = seam_lines_next(map, &hpa)); hpa += SEAM_PAGE_SIZE) {
        qemu_put_be64(f, hpa);
        qemu_put_be64(f, *lines);
    }
    qemu_put_be64(f, NO_MORE_PAGES);
}

int seam_integrity_load(TdxModuleDevice *s, SeamLineMap *map, QEMUFile *f)
{
    uint64_t hpa;

    while ((hpa = qemu_get_be64(f)) != NO_MORE_PAGES) {
        const SeamRam *ram = seam_ram_by_hpa(s, hpa);

        if (!ram || hpa & (SEAM_PAGE_SIZE - 1)) {
            error_report("tdx-module: the saved state has private lines at "
                         "0x%" PRIx64 ", where this machine has no RAM", hpa);
            return -EINVAL;
        }
        qatomic_set(seam_lines_need(map, hpa), qemu_get_be64(f));
        watch(ram->base + (hpa - ram->hpa), SEAM_PAGE_SIZE);
    }
    return 0;
}

static int put_integrity(QEMUFile *f, void *pv, size_t size,
                         const VMStateField *field, JSONWriter *vmdesc)
{
    TdxModuleDevice *s = pv;

    seam_integrity_save(&s->lines, f);
    return 0;
}

static int get_integrity(QEMUFile *f, void *pv, size_t size,
                         const VMStateField *field)
{
    TdxModuleDevice *s = pv;

    seam_integrity_reset(s);
    return seam_integrity_load(s, &s->lines, f);
}

const VMStateInfo vmstate_info_integrity = {
    .name = "tdx-module integrity",
    .get = get_integrity,
    .put = put_integrity,
};
