/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * State of the tdx-module device and what its files offer to each other.
 */

#ifndef HW_I386_SEAM_INTERNAL_H
#define HW_I386_SEAM_INTERNAL_H

#include "exec/cpu-common.h"
#include "exec/memory.h"
#include "hw/i386/seam.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"
#include "qemu/notify.h"
#include "target/i386/tdx-module/include/module.h"
#include "line-map.h"

OBJECT_DECLARE_SIMPLE_TYPE(TdxModuleDevice, TDX_MODULE)

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

/**
 * SeamLp: a logical processor as the module counts it.
 * @cpu: a reference is held; NULL: gone before the machine came here
 * @index: QEMU's CPU index
 * @pkg: package number
 * @there: for migration: @cpu is plugged
 */
typedef struct SeamLp {
    X86CPU *cpu;
    uint32_t index;
    uint32_t pkg;
    bool there;
} SeamLp;

/**
 * SeamFound: what firmware found as it last started, which is what the module
 * has until the next time.
 * @started: a processor has run since
 * @lp: by LP number; room for all processors that the machine can have
 */
typedef struct SeamFound {
    bool started;
    uint32_t num_lps;
    uint32_t num_pkgs;
    uint32_t num_cmrs;
    SeamLp *lp;
    TdxRange cmr[TDX_MAX_CMRS];
} SeamFound;

/* RAM in one piece, where its content and where its address is */
typedef struct SeamRam {
    MemoryRegion *mr;
    ram_addr_t base;
    uint64_t hpa;
    uint64_t size;
} SeamRam;

typedef struct SeamRamList SeamRamList;
typedef struct SeamWindow SeamWindow;

struct TdxModuleDevice {
    DeviceState parent_obj;

    /* properties */
    TdxModuleConfig cfg;
    bool dynamic_pamt;
    bool check;             /* what is loaded must be consistent */
    uint64_t window_addr;   /* of @window; 0: none */

    SeamWindow *window;     /* for tests; see window.c */
    Notifier machine_done;
    TdxPlatformInfo plat;
    TdxPlatformOps ops;
    TdxModule *module;
    SeamFound found;        /* changes only while no vCPU runs */
    SeamFound saved;        /* the same on its way out or in */
    int *lp_of_cpu;         /* by cpu_index; -1: unknown to the module */
    unsigned num_cpus;      /* size of lp_of_cpu */
    uint32_t fms;           /* CPUID(1).EAX */
    uint32_t loader_busy;   /* an LP is inside the P-SEAMLDR; atomic */

    SeamChunk **chunks;     /* by HPA >> SEAM_CHUNK_BITS; atomic */
    uint64_t num_chunks;

    MemoryListener listener;
    GArray *all_ram;        /* what could be convertible: SeamRam, ascending */
    SeamRamList *ram;       /* the part of it that is, and is there; RCU */
    SeamLineMap lines;      /* last written with a private KeyID */
    bool partial_write_erratum; /* the processors have it */
    SeamLineMap poison;     /* the host's, with poison in them; see poison.c */
};

/* --- platform ------------------------------------------------------------ */

/** seam_platform_init: what of the machine never changes; @s->ops */
void seam_platform_init(TdxModuleDevice *s);

/**
 * seam_fence_available: can seam_fence_others() be called on this host?
 * seam_fence_others: see TdxPlatformOps; it takes microseconds
 */
bool seam_fence_available(void);
void seam_fence_others(void *opaque);

/**
 * seam_read_shared / seam_write_shared: RAM as KeyID 0 sees it; these are the
 * operations of that name in TdxPlatformOps.  Safe without the BQL.
 */
bool seam_read_shared(void *opaque, uint64_t hpa, void *buf, size_t len);
bool seam_write_shared(void *opaque, uint64_t hpa, const void *buf,
                       size_t len);

/* --- firmware ------------------------------------------------------------ */

/** seam_firmware_init: to be called once, when the machine is complete */
void seam_firmware_init(TdxModuleDevice *s);

/**
 * seam_firmware_start: the machine starts, or starts again: find processors
 * and memory, load the module; vCPUs stopped.
 * Returns false when there is more than the module takes; it does without.
 */
bool seam_firmware_start(TdxModuleDevice *s, Error **errp);

/**
 * seam_lp_is_there: is @lp a processor that the module counts and that is
 * plugged?  BQL held.
 */
bool seam_lp_is_there(const TdxModuleDevice *s, unsigned lp);

extern const VMStateDescription vmstate_seam_found;

/* --- convertible memory -------------------------------------------------- */

/** seam_ram_init: learn where the machine's RAM is, from here on */
void seam_ram_init(TdxModuleDevice *s);

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

/**
 * seam_private_next: walk the pages that were ever used.
 * @hpa: in: where to start; out: address of the page found
 * Returns its content, NULL at the end.
 */
void *seam_private_next(TdxModuleDevice *s, uint64_t *hpa);

/* --- integrity ----------------------------------------------------------- */

/** seam_integrity_start: watch RAM; vCPUs stopped */
void seam_integrity_start(void);

/**
 * seam_integrity_ram_gone: @ram may be somewhere else or nowhere; what was
 * private in that part of it which is not where it was is lost.  BQL held.
 */
void seam_integrity_ram_gone(TdxModuleDevice *s, const SeamRam *ram);

/** seam_integrity_reset: all lines are the host's */
void seam_integrity_reset(TdxModuleDevice *s);

/**
 * seam_integrity_take: [@hpa, @hpa + @len) is written with a private KeyID.
 * @addr: where KeyID 0 has its content
 */
void seam_integrity_take(TdxModuleDevice *s, uint64_t hpa, ram_addr_t addr,
                         uint64_t len);

/**
 * seam_integrity_untouched: was [@hpa, @hpa + @len), inside of a page, not
 * written through KeyID 0 since all of it became private?
 */
bool seam_integrity_untouched(TdxModuleDevice *s, uint64_t hpa, uint64_t len);

bool seam_private_lost(void *opaque, uint64_t hpa, uint64_t len);
void *seam_private_intact(void *opaque, uint64_t hpa, uint64_t len);

/**
 * seam_integrity_watched: must writes to the page around @hpa be told?
 */
bool seam_integrity_watched(const TdxModuleDevice *s, uint64_t hpa);

/**
 * seam_integrity_settle: a line of the page around @hpa needs no watch any
 * more; stores may be fast again if no other does.
 */
void seam_integrity_settle(TdxModuleDevice *s, uint64_t hpa);

/**
 * seam_integrity_load: read a map of lines as seam_integrity_save() left it;
 * stores to its pages are told from here on.  -errno on error
 */
int seam_integrity_load(TdxModuleDevice *s, SeamLineMap *map, QEMUFile *f);
void seam_integrity_save(const SeamLineMap *map, QEMUFile *f);

/* Who writes to RAM by QEMU's functions; a processor's stores tell of it */
typedef enum SeamWriter {
    SEAM_WRITER_DEVICE,
    SEAM_WRITER_MODULE,  /* for the host, where that wants it */
    SEAM_WRITER_TAKING,  /* the module: what it takes becomes zero */
} SeamWriter;

/** seam_integrity_writer: what this thread writes from here on is @who's */
void seam_integrity_writer(SeamWriter who);

extern const VMStateInfo vmstate_info_integrity;

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

/* --- calls --------------------------------------------------------------- */

/** seam_is_loader_call: is it for the P-SEAMLDR? */
static inline bool seam_is_loader_call(const uint64_t *gpr)
{
    return gpr[TDX_RAX] >> 63;
}

/** seam_loader_call: SEAMCALL with RAX[63] set; as seam_seamcall() */
bool seam_loader_call(TdxModuleDevice *s, uint64_t *gpr);

/* What the P-SEAMLDR is asked by @rax, and what it answers there, by name */
const char *seam_loader_leaf_name(uint64_t rax);
const char *seam_loader_status_name(uint64_t rax);

/* Executes a SEAMCALL on @lp; as seam_seamcall() */
typedef bool SeamCallFunc(TdxModuleDevice *s, unsigned lp, uint64_t *gpr);

/**
 * seam_observed_call: @func under the eyes of whoever has turned on trace
 * events or the log of guest errors
 */
bool seam_observed_call(TdxModuleDevice *s, unsigned lp, uint64_t *gpr,
                        SeamCallFunc *func);

/**
 * seam_observe_refusal: tell them that a SEAMCALL on QEMU's processor @cpu
 * reaches nobody, and why
 */
void seam_observe_refusal(unsigned cpu, const uint64_t *gpr, const char *why);

/** seam_device: the loaded module, NULL when there is none */
TdxModuleDevice *seam_device(void);
void seam_device_set(TdxModuleDevice *s);

/** seam_window_realize: put the window for tests into memory, if wanted */
bool seam_window_realize(TdxModuleDevice *s, Error **errp);

/** seam_qtest_init: offer the qtest commands */
void seam_qtest_init(void);

/* --- fault injection ----------------------------------------------------- */

/** seam_faults_add: @s has a new module: the faults that there are follow */
void seam_faults_add(TdxModuleDevice *s);

/* --- vmstate and properties ---------------------------------------------- */

extern const VMStateDescription vmstate_tdx_module;

/** seam_add_state_properties: what tests and the monitor can read */
void seam_add_state_properties(ObjectClass *oc);

#endif /* HW_I386_SEAM_INTERNAL_H */
