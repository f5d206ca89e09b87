/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDX-private memory: what private KeyIDs see at an address.  It is a second,
 * sparse RAM beside the machine's own, in an address space that only processors
 * have, so that nothing but TDs and the TDX module reaches it.  One content per
 * address serves all private KeyIDs: the module itself keeps them apart.
 */

#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "qemu/bitmap.h"
#include "qemu/cutils.h"
#include "qemu/madvise.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/units.h"
#include "exec/qemu-compat-tcg.h"
#include "system/system.h"
#include "system/tcg.h"
#include "../seam-internal.h"
#include "../trace.h"

/* --- chunks -------------------------------------------------------------- */

static bool in_cmr(const TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    for (int i = 0; i < TDX_MAX_CMRS; i++) {
        const TdxRange *r = &s->plat.cmr[i];

        if (hpa >= r->base && hpa - r->base < r->size) {
            return len <= r->size - (hpa - r->base);
        }
    }
    return false;
}

static SeamChunk *get_chunk(TdxModuleDevice *s, uint64_t hpa)
{
    uint64_t i = hpa >> SEAM_CHUNK_BITS;

    return i < s->num_chunks ? qatomic_load_acquire(&s->chunks[i]) : NULL;
}

/*
 * Behind a chunk, never accessible.  Without it the host puts chunks just
 * 1 GiB apart, and then the first-level cache of some CPUs, which finds a line
 * by a hash of address bits 12 to 27, holds either a TDCS in one chunk or a
 * PAMT entry at the same place in the next, but not both.
 */
#define GUARD_SIZE (2 * MiB)

/*
 * Private memory is as locked as the user wants QEMU's memory to be, but that
 * must not give a page to what nobody has touched: a mapping which would be
 * filled at once is made without access first.
 */
static void *map_chunk(Error **errp)
{
    void *host = mmap(NULL, SEAM_CHUNK_SIZE + GUARD_SIZE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (host == MAP_FAILED) {
        goto fail;
    }
    if (should_mlock(mlock_state)) {
#ifdef MLOCK_ONFAULT
        /* Instead of "all of it", which the mapping began with */
        if (mlock2(host, SEAM_CHUNK_SIZE, MLOCK_ONFAULT)) {
            goto fail;
        }
#endif
    }
    if (mprotect(host, SEAM_CHUNK_SIZE, PROT_READ | PROT_WRITE)) {
        goto fail;
    }
    return host;

fail:
    error_setg_errno(errp, errno, "the TDX module gets no private memory%s",
                     should_mlock(mlock_state)
                     ? ", all of which counts as locked" : "");
    if (host != MAP_FAILED) {
        munmap(host, SEAM_CHUNK_SIZE + GUARD_SIZE);
    }
    return NULL;
}

/* NULL when the host has no room for it, which stops the module */
static SeamChunk *new_chunk(TdxModuleDevice *s, uint64_t hpa)
{
    uint64_t base = QEMU_ALIGN_DOWN(hpa, SEAM_CHUNK_SIZE);
    g_autofree char *name = g_strdup_printf("tdx-private-%" PRIx64, base);
    Error *err = NULL;
    void *host = map_chunk(&err);
    SeamChunk *chunk;

    if (!host) {
        error_report_err(err);
        return NULL;
    }
    chunk = g_new0(SeamChunk, 1);
    chunk->host = host;
    memory_region_init_ram_ptr(&chunk->mr, OBJECT(s), name, SEAM_CHUNK_SIZE,
                               host);
    /*
     * A huge page would back 2 MiB for the sake of one PAMT entry.  A host
     * that has none need not be asked.
     */
    qemu_madvise(host, SEAM_CHUNK_SIZE, QEMU_MADV_NOHUGEPAGE);
    memory_region_add_subregion(x86_seam_private_root(), base, &chunk->mr);
    chunk->used = bitmap_new(SEAM_PAGES_PER_CHUNK);
    trace_seam_private_chunk(base);
    return chunk;
}

/*
 * The chunk around @hpa, created at need.  RAM blocks come into being under
 * the BQL; a vCPU may wait for it inside a SEAMCALL because nobody who holds
 * the BQL ever waits for a lock of the module.
 */
static SeamChunk *need_chunk(TdxModuleDevice *s, uint64_t hpa)
{
    SeamChunk *chunk = get_chunk(s, hpa);

    if (!chunk) {
        BQL_LOCK_GUARD();
        chunk = get_chunk(s, hpa);
        if (!chunk) {
            chunk = new_chunk(s, hpa);
            qatomic_store_release(&s->chunks[hpa >> SEAM_CHUNK_BITS], chunk);
        }
    }
    return chunk;
}

void seam_private_resize(TdxModuleDevice *s)
{
    uint64_t need = 0;

    for (int i = 0; i < TDX_MAX_CMRS; i++) {
        const TdxRange *r = &s->plat.cmr[i];

        if (r->size) {
            need = MAX(need, DIV_ROUND_UP(r->base + r->size,
                                          SEAM_CHUNK_SIZE));
        }
    }
    if (need > s->num_chunks) {
        s->chunks = g_renew(SeamChunk *, s->chunks, need);
        memset(s->chunks + s->num_chunks, 0,
               (need - s->num_chunks) * sizeof(s->chunks[0]));
        s->num_chunks = need;
        seam_lines_resize(&s->lines, need);
        seam_lines_resize(&s->poison, need);
    }
}

/* Code that was translated from a page goes when its content does */
static void forget_code(SeamChunk *chunk, unsigned long page)
{
    ram_addr_t addr = memory_region_get_ram_addr(&chunk->mr) +
                      (page << SEAM_PAGE_BITS);

    if (tcg_enabled() &&
        !physical_memory_get_dirty_flag(addr, DIRTY_MEMORY_CODE)) {
        tb_invalidate_phys_range(current_cpu, addr, addr + SEAM_PAGE_SIZE - 1);
    }
}

/* Gives the memory back to the host, unless that is not possible */
static void blank_chunk(SeamChunk *chunk)
{
    unsigned long page = 0;

    for (; (page = find_next_bit(chunk->used, SEAM_PAGES_PER_CHUNK, page)) <
           SEAM_PAGES_PER_CHUNK; page++) {
        forget_code(chunk, page);
    }
    page = 0;
    if (should_mlock(mlock_state) ||
        ram_block_discard_range(chunk->mr.ram_block, 0, SEAM_CHUNK_SIZE)) {
        for (; (page = find_next_bit(chunk->used, SEAM_PAGES_PER_CHUNK, page))
               < SEAM_PAGES_PER_CHUNK; page++) {
            memset(chunk->host + (page << SEAM_PAGE_BITS), 0, SEAM_PAGE_SIZE);
        }
    }
    bitmap_zero(chunk->used, SEAM_PAGES_PER_CHUNK);
}

/*
 * What KeyID 0 sees stays: it has read zero since the memory became private,
 * and what the host wrote after it got a page back is the host's.
 */
void seam_private_discard(void *opaque)
{
    TdxModuleDevice *s = opaque;

    for (uint64_t i = 0; i < s->num_chunks; i++) {
        SeamChunk *chunk = qatomic_load_acquire(&s->chunks[i]);

        if (chunk) {
            blank_chunk(chunk);
        }
    }
    seam_integrity_reset(s);
}

/* --- access -------------------------------------------------------------- */

void *seam_private_page(void *opaque, uint64_t hpa, uint16_t hkid)
{
    TdxModuleDevice *s = opaque;
    uint64_t offset = hpa & (SEAM_CHUNK_SIZE - 1);
    unsigned long page = offset >> SEAM_PAGE_BITS;
    SeamChunk *chunk = get_chunk(s, hpa);

    if (likely(chunk && test_bit(page, chunk->used))) {
        return chunk->host + offset;
    }
    if (!in_cmr(s, hpa, 1)) {
        return NULL;
    }
    chunk = need_chunk(s, hpa);
    if (!chunk) {
        return NULL;
    }
    set_bit_atomic(page, chunk->used);
    return chunk->host + offset;
}

bool seam_private_blank(void *opaque, uint64_t hpa)
{
    TdxModuleDevice *s = opaque;
    unsigned long page = (hpa & (SEAM_CHUNK_SIZE - 1)) >> SEAM_PAGE_BITS;
    SeamChunk *chunk = get_chunk(s, hpa);

    return in_cmr(s, hpa, 1) && !(chunk && test_bit(page, chunk->used));
}

/*
 * Lines become private, and what KeyID 0 sees becomes zero; no page is touched
 * that is so already.  False: there is no RAM, or no more of it.
 */
static bool take_shared(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    RCU_READ_LOCK_GUARD();

    while (len) {
        const SeamRam *ram = seam_ram_by_hpa(s, hpa);
        uint64_t offset, l;
        const char *host;

        if (!ram) {
            return false;
        }
        offset = hpa - ram->hpa;
        l = MIN(len, ram->size - offset);
        host = qemu_map_ram_ptr(ram->mr->ram_block,
                                ram->base + offset -
                                memory_region_get_ram_addr(ram->mr));
        seam_integrity_take(s, hpa, ram->base + offset, l);
        if (!buffer_is_zero(host, l)) {
            MemTxResult result;

            seam_integrity_writer(SEAM_WRITER_TAKING);
            result = address_space_set(&address_space_memory, hpa, 0, l,
                                       MEMTXATTRS_UNSPECIFIED);
            seam_integrity_writer(SEAM_WRITER_DEVICE);
            if (result != MEMTX_OK) {
                return false;
            }
            /* That was a write like others */
            seam_integrity_take(s, hpa, ram->base + offset, l);
        }
        hpa += l;
        len -= l;
    }
    return true;
}

static void clear_private(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    while (len) {
        uint64_t offset = hpa & (SEAM_CHUNK_SIZE - 1);
        uint64_t n = MIN(len, SEAM_PAGE_SIZE - (hpa & (SEAM_PAGE_SIZE - 1)));
        SeamChunk *chunk = get_chunk(s, hpa);

        if (!chunk) {
            n = MIN(len, SEAM_CHUNK_SIZE - offset);
        } else if (test_bit(offset >> SEAM_PAGE_BITS, chunk->used) &&
                   !buffer_is_zero(chunk->host + offset, n)) {
            forget_code(chunk, offset >> SEAM_PAGE_BITS);
            memset(chunk->host + offset, 0, n);
        }
        hpa += n;
        len -= n;
    }
}

bool seam_private_take(void *opaque, uint64_t hpa, uint64_t len)
{
    TdxModuleDevice *s = opaque;

    /*
     * Lines that nobody wrote through KeyID 0 since they became private, such
     * as those of a page that the host got back and gives again, read zero
     * there still, and stores to them are still told.
     */
    if (!seam_integrity_untouched(s, hpa, len) &&
        (!in_cmr(s, hpa, len) || !take_shared(s, hpa, len))) {
        return false;
    }
    clear_private(s, hpa, len);
    return true;
}

void seam_private_written(void *opaque, uint64_t hpa, uint64_t len)
{
    SeamChunk *chunk = get_chunk(opaque, hpa);

    if (chunk) {
        forget_code(chunk, (hpa & (SEAM_CHUNK_SIZE - 1)) >> SEAM_PAGE_BITS);
    }
}

/* Out of line, or the other way would save registers for this one */
static __attribute__((noinline))
void *intact_slowly(TdxModuleDevice *s, uint64_t hpa, uint64_t len)
{
    if (!seam_line_is_private(&s->lines, hpa, len)) {
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

    if (likely(seam_line_is_private(&s->lines, hpa, len))) {
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
        if (!seam_line_is_private(&s->lines, hpa, n)) {
            trace_seam_private_lost(hpa, n);
            return true;
        }
    }
    return false;
}

/* --- processors in a TD --------------------------------------------------- */

void *seam_td_memory(uint64_t hpa, uint64_t len)
{
    TdxModuleDevice *s = seam_device();

    return s ? seam_private_intact(s, hpa, len) : NULL;
}

bool seam_td_page_is_whole(uint64_t hpa)
{
    TdxModuleDevice *s = seam_device();

    return s && seam_line_is_private(&s->lines, hpa & -SEAM_PAGE_SIZE,
                                     SEAM_PAGE_SIZE);
}

/* --- migration ------------------------------------------------------------ */

void *seam_private_next(TdxModuleDevice *s, uint64_t *hpa)
{
    uint64_t i = *hpa >> SEAM_CHUNK_BITS;
    unsigned long page = (*hpa & (SEAM_CHUNK_SIZE - 1)) >> SEAM_PAGE_BITS;

    for (; i < s->num_chunks; i++, page = 0) {
        SeamChunk *chunk = s->chunks[i];

        if (!chunk) {
            continue;
        }
        page = find_next_bit(chunk->used, SEAM_PAGES_PER_CHUNK, page);
        if (page < SEAM_PAGES_PER_CHUNK) {
            *hpa = i << SEAM_CHUNK_BITS | (uint64_t)page << SEAM_PAGE_BITS;
            return chunk->host + ((uint64_t)page << SEAM_PAGE_BITS);
        }
    }
    return NULL;
}
