/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * State of the tdx-module device and what its files offer to each other.
 */

#ifndef HW_I386_SEAM_INTERNAL_H
#define HW_I386_SEAM_INTERNAL_H

#include "hw/i386/seam.h"
#include "exec/qemu-compat.h"
#include "migration/vmstate.h"
#include "qemu/notify.h"
#include "target/i386/seamldr/seamldr.h"
#include "target/i386/tdx-module/include/describe.h"
#include "target/i386/tdx-module/include/module.h"
#include "private/private.h"

OBJECT_DECLARE_SIMPLE_TYPE(TdxModuleDevice, TDX_MODULE)

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

typedef struct SeamWindow SeamWindow;

/*
 * A processor by its cpu_index, where each SEAMCALL looks for it.
 * @cpu: NULL: unknown to the module
 */
typedef struct SeamCpu {
    X86CPU *cpu;
    int lp;
} SeamCpu;

/* The entry to the TD that an LP runs; @known: somebody looked on */
typedef struct SeamEntered {
    bool known;
    uint64_t gpr[TDX_NUM_GPRS];
    int64_t start;
} SeamEntered;

struct TdxModuleDevice {
    DeviceState parent_obj;

    /* properties */
    TdxModuleConfig cfg;
    OnOffAuto dynamic_pamt;
    bool features0_given;
    bool update;            /* the module can be updated */
    uint32_t seamdb_size;
    bool debug_unlocked;
    bool version_given;
    bool check;             /* what is loaded must be consistent */
    uint64_t window_addr;   /* of @window; 0: none */

    SeamWindow *window;     /* for tests; see window.c */
    Notifier machine_done;
    TdxPlatformInfo plat;
    TdxPlatformOps ops;
    TdxModule *module;
    Seamldr *loader;
    const uint8_t *module_ready; /* of @loader: seamldr_ready_flag() */
    bool loader_took_bql;   /* the call that it is in */
    SeamldrState saved_loader; /* on its way out or in, with its module */
    uint8_t saved_module[TDX_DESCRIPTION_MAX]; /* in words */
    SeamFound found;        /* changes only while no vCPU runs */
    SeamFound saved;        /* the same on its way out or in */
    SeamCpu *by_index;      /* by cpu_index */
    unsigned num_cpus;      /* size of by_index and entered */
    SeamEntered *entered;   /* by LP; its own thread's */
    uint32_t fms;           /* CPUID(1).EAX */
    uint8_t report_key[TDX_REPORT_KEY_SIZE]; /* of the machine */

    SeamChunk **chunks;     /* by HPA >> SEAM_CHUNK_BITS; atomic */
    uint64_t num_chunks;

    MemoryListener listener;
    SeamRamGone *ram_gone;
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

/* --- calls --------------------------------------------------------------- */

/** seam_is_loader_call: is it for the P-SEAMLDR? */
static inline bool seam_is_loader_call(const uint64_t *gpr)
{
    return gpr[TDX_RAX] >> 63;
}

/** seam_loader_new: the P-SEAMLDR of @s->module, which is there */
Seamldr *seam_loader_new(TdxModuleDevice *s);

/* Executes a SEAMCALL on @lp; as seam_seamcall() */
typedef TdxSeamcall SeamCallFunc(TdxModuleDevice *s, unsigned lp,
                                 uint64_t *gpr, TdxTdRun *run);

/**
 * seam_observed_call: @func under the eyes of whoever has turned on trace
 * events or the log of guest errors
 */
TdxSeamcall seam_observed_call(TdxModuleDevice *s, unsigned lp, uint64_t *gpr,
                               TdxTdRun *run, SeamCallFunc *func);

/** seam_observed_td_exit: tdx_module_td_exit(), likewise */
TdxTdVerdict seam_observed_td_exit(TdxModuleDevice *s, unsigned lp,
                                   uint64_t *gpr);

/**
 * seam_observe_refusal: tell them that a SEAMCALL on QEMU's processor @cpu
 * reaches nobody, and why
 */
void seam_observe_refusal(unsigned cpu, const uint64_t *gpr, const char *why);

/** seam_observe_why: in words, why the call that is made here fails */
void seam_observe_why(const char *why);

/** seam_device: the loaded module, NULL when there is none */
TdxModuleDevice *seam_device(void);
void seam_device_set(TdxModuleDevice *s);

/* --- vmstate ------------------------------------------------------------- */

extern const VMStateDescription vmstate_tdx_module;
extern const VMStateDescription vmstate_seam_loader;

#endif /* HW_I386_SEAM_INTERNAL_H */
