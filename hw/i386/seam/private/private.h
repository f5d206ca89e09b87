/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDX-private memory of the tdx-module device.  Each part uses those above it
 * in this file, and none below: where RAM is, which stores are told, poison,
 * integrity, and the memory itself.
 */

#ifndef HW_I386_SEAM_PRIVATE_H
#define HW_I386_SEAM_PRIVATE_H

#include "exec/cpu-common.h"
#include "exec/qemu-compat.h"
#include "migration/vmstate.h"
#include "target/i386/tdx-module/include/platform.h"
#include "line-map.h"

typedef struct TdxModuleDevice TdxModuleDevice;

/* RAM in one piece, where its content and where its address is */
typedef struct SeamRam {
    MemoryRegion *mr;
    ram_addr_t base;
    uint64_t hpa;
    uint64_t size;
} SeamRam;

typedef struct SeamRamList SeamRamList;
/* SeamRamGone: told of RAM that is not where it was any more */
typedef void SeamRamGone(TdxModuleDevice *s, const SeamRam *ram);

/**
 * SeamChunk: private memory of SEAM_CHUNK_SIZE bytes of address space.
 * @used: a bit for each page that private_page() has handed out; atomic.
 *   All others are zero.
 */
typedef struct SeamChunk {
    MemoryRegion mr;
    uint8_t *host;
    unsigned long *used;
} SeamChunk;

/* --- convertible memory -------------------------------------------------- */

/**
 * seam_ram_init: learn where the machine's RAM is, from here on.
 * @gone: told of RAM that may be somewhere else or nowhere; BQL held
 */
void seam_ram_init(TdxModuleDevice *s, SeamRamGone *gone);

/** seam_ram_update: @s->plat.cmr has changed */
void seam_ram_update(TdxModuleDevice *s);

/**
 * seam_ram_by_hpa / seam_ram_by_addr: convertible RAM that is there now, by
 * address; NULL: none is.  Within an RCU critical section, or with the BQL.
 */
const SeamRam *seam_ram_by_hpa(const TdxModuleDevice *s, uint64_t hpa);
const SeamRam *seam_ram_by_addr(const TdxModuleDevice *s, ram_addr_t addr);

/**
 * seam_find_cmrs: what of the machine's RAM can become private.
 * @cmr: filled in ascending order; the rest are null entries
 * Returns their number, and sets @errp when the table cannot hold all.
 */
unsigned seam_find_cmrs(const TdxModuleDevice *s, TdxRange cmr[TDX_MAX_CMRS],
                        Error **errp);

/* --- watching ------------------------------------------------------------ */

/**
 * seam_watch: stores to [@addr, @addr + @len), QEMU's own addresses, are told
 * from here on.  Its lines are private already, or a page whose code is just
 * going would be forgotten.
 */
void seam_watch(ram_addr_t addr, uint64_t len);

/**
 * seam_unwatch: stores to the page around @hpa, which is at @addr, may be fast
 * again, unless it was taken anew.
 */
void seam_unwatch(const TdxModuleDevice *s, uint64_t hpa, ram_addr_t addr);

/**
 * seam_watch_ram_gone: @ram may be somewhere else or nowhere; what was private
 * in that part of it which is not where it was is lost.  A SeamRamGone.
 */
void seam_watch_ram_gone(TdxModuleDevice *s, const SeamRam *ram);

/** seam_watch_forget: all bits of @map, which is one of @s, become clear */
void seam_watch_forget(TdxModuleDevice *s, SeamLineMap *map);

/**
 * seam_watched: must writes to the page around @hpa be told?
 */
bool seam_watched(const TdxModuleDevice *s, uint64_t hpa);

/**
 * seam_watch_settle: a line of the page around @hpa needs no watch any
 * more; stores may be fast again if no other does.
 */
void seam_watch_settle(TdxModuleDevice *s, uint64_t hpa);

/**
 * seam_watch_load: read a map of lines as seam_watch_save() left it;
 * stores to its pages are told from here on.  -errno on error
 */
int seam_watch_load(TdxModuleDevice *s, SeamLineMap *map, QEMUFile *f);
void seam_watch_save(const SeamLineMap *map, QEMUFile *f);

/**
 * seam_flush_tlbs: all processors look anew at what a page of memory is before
 * they use it again.  They do so when they leave their translation block.
 */
void seam_flush_tlbs(void);

/* --- poison --------------------------------------------------------------- */

/**
 * seam_poison_partial: a write of less than a line reaches the memory of
 * [@hpa, @hpa + @len), which lies in one page.  What it touches is the
 * host's after this, which is another's affair.
 * Returns whether it is the first poison of the page.
 */
bool seam_poison_partial(TdxModuleDevice *s, uint64_t hpa, uint64_t len);

/** seam_poison_clear: @lines of the page around @hpa are written as a whole */
void seam_poison_clear(TdxModuleDevice *s, uint64_t hpa, uint64_t lines);

/** seam_poison_count: number of poisoned lines */
uint64_t seam_poison_count(const TdxModuleDevice *s);

extern const VMStateDescription vmstate_poison;

/* --- integrity ----------------------------------------------------------- */

/** seam_integrity_start: watch RAM; vCPUs stopped */
void seam_integrity_start(void);

/** seam_integrity_reset: all lines are the host's */
void seam_integrity_reset(TdxModuleDevice *s);

/**
 * seam_integrity_take: [@hpa, @hpa + @len) is written with a private KeyID.
 * @addr: where KeyID 0 has its content
 */
void seam_integrity_take(TdxModuleDevice *s, uint64_t hpa, ram_addr_t addr,
                         uint64_t len);

/**
 * seam_line_is_private: is all that [@hpa, @hpa + @len), inside of a page,
 * touches private by @map?
 */
static inline bool seam_line_is_private(const SeamLineMap *map, uint64_t hpa,
                                        uint64_t len)
{
    const uint64_t *lines = seam_lines_find(map, hpa);
    uint64_t shared = lines ? ~qatomic_read(lines) : UINT64_MAX;

    return !shared || !(seam_lines_touched(hpa, len) & shared);
}

/**
 * seam_integrity_untouched: was [@hpa, @hpa + @len), inside of a page, not
 * written through KeyID 0 since all of it became private?
 */
bool seam_integrity_untouched(TdxModuleDevice *s, uint64_t hpa, uint64_t len);

/* Who writes to RAM by QEMU's functions; a processor's stores tell of it */
typedef enum SeamWriter {
    SEAM_WRITER_DEVICE,
    SEAM_WRITER_MODULE,  /* for the host, where that wants it */
    SEAM_WRITER_TAKING,  /* the module: what it takes becomes zero */
} SeamWriter;

/** seam_integrity_writer: what this thread writes from here on is @who's */
void seam_integrity_writer(SeamWriter who);

extern const VMStateInfo vmstate_info_integrity;

/* --- private memory ------------------------------------------------------ */

/** seam_private_resize: make room for all of @s->plat.cmr; vCPUs stopped */
void seam_private_resize(TdxModuleDevice *s);

/**
 * seam_private_discard: all of it reads zero and costs the host nothing; the
 * operation private_drop_all.  No page may be in use.
 */
void seam_private_discard(void *opaque);

void *seam_private_page(void *opaque, uint64_t hpa, uint16_t hkid);
bool seam_private_blank(void *opaque, uint64_t hpa);
bool seam_private_take(void *opaque, uint64_t hpa, uint64_t len);

/* The operation private_written: code that was translated from there goes */
void seam_private_written(void *opaque, uint64_t hpa, uint64_t len);

bool seam_private_lost(void *opaque, uint64_t hpa, uint64_t len);
void *seam_private_intact(void *opaque, uint64_t hpa, uint64_t len);

/**
 * seam_private_next: walk the pages that were ever used.
 * @hpa: in: where to start; out: address of the page found
 * Returns its content, NULL at the end.
 */
void *seam_private_next(TdxModuleDevice *s, uint64_t *hpa);

#endif /* HW_I386_SEAM_PRIVATE_H */
