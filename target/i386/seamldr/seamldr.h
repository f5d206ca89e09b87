/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR: the program in SEAM memory that loads TDX modules.  Like the
 * module it knows nothing of QEMU; it is above the module, which it puts in
 * place and takes away.
 */

#ifndef SEAMLDR_H
#define SEAMLDR_H

#include "../tdx-module/include/module.h"
#include "abi/layout.h"

#define SEAMLDR_CALL (1ULL << 63) /* RAX: for the loader, not the module */

#define SEAMLDR_LEAF(number, id, name) SEAMLDR_##id = number,
typedef enum SeamldrLeaf {
#include "abi/leaf-list.h"
    SEAMLDR_NUM_LEAVES
} SeamldrLeaf;
#undef SEAMLDR_LEAF

#define SEAMLDR_STATUS(name, value) name = value,
typedef enum SeamldrStatus {
#include "abi/status-list.h"
    SEAMLDR_STATUS_MAX = UINT64_MAX, /* 64 bits wide */
} SeamldrStatus;
#undef SEAMLDR_STATUS

/** Names; NULL for what is none.  @rax: bit 63 is set */
const char *seamldr_leaf_name(uint64_t rax);
const char *seamldr_status_name(uint64_t status);

/* --- the loader ---------------------------------------------------------- */

/**
 * SeamldrConfig: which loader.
 * @update: modules can be replaced; else it just tells about itself
 * @seamdb_size: modules that the SEAM database holds
 * @debug_unlocked: the platform takes modules that are signed for debugging
 */
typedef struct SeamldrConfig {
    bool update;
    uint32_t seamdb_size;
    bool debug_unlocked;
    uint32_t build_date;
    uint16_t build_num;
} SeamldrConfig;

/**
 * SeamldrOps: what it needs of a machine beside TdxPlatformOps; @opaque is
 * theirs.
 */
typedef struct SeamldrOps {
    /** @x2apic_id: of a logical processor */
    uint32_t (*x2apic_id)(void *opaque, unsigned lp);

    /** @event_pending: would an event interrupt @lp if it were the host's? */
    bool (*event_pending)(void *opaque, unsigned lp);

    /**
     * @begin, @end: around what changes the loader's state or the module, so
     * that nobody looks at them meanwhile
     */
    void (*begin)(void *opaque);
    void (*end)(void *opaque);
} SeamldrOps;

typedef struct Seamldr Seamldr;

/**
 * seamldr_new: the loader of a machine that firmware has loaded @module on,
 * which is made with @boot, and which must outlive it
 */
Seamldr *seamldr_new(const SeamldrConfig *cfg, TdxModule *module,
                     const TdxModuleConfig *boot, const TdxPlatformInfo *plat,
                     const TdxPlatformOps *tdx_ops, const SeamldrOps *ops,
                     void *opaque);
void seamldr_free(Seamldr *l);

/**
 * seamldr_reset: the platform was reset.  The caller resets the module, which
 * is the one of @boot again by then: tdx_module_set_config().
 */
void seamldr_reset(Seamldr *l);

/** seamldr_ready: can the module be called?  Any thread, no lock. */
bool seamldr_ready(const Seamldr *l);

/**
 * seamldr_ready_flag: where that stands, atomic, as long as @l lives: for who
 * asks in each call of the module
 */
const uint8_t *seamldr_ready_flag(const Seamldr *l);

/* Room for why a call has failed */
#define SEAMLDR_WHY_SIZE 160

/**
 * seamldr_call: execute a SEAMCALL with RAX[63] set on logical processor @lp.
 * @gpr: as for tdx_module_seamcall(); RAX and RDX alone change
 * @why: set to a line on why the status is no success, or ""
 * Returns false for VMfailInvalid: another processor is in here, or the loader
 * is gone.
 */
bool seamldr_call(Seamldr *l, unsigned lp, uint64_t gpr[TDX_NUM_GPRS],
                  char why[SEAMLDR_WHY_SIZE]);

/* --- its state ----------------------------------------------------------- */

typedef enum SeamldrFlow {
    SEAMLDR_FLOW_READY,
    SEAMLDR_FLOW_INSTALL,
    SEAMLDR_FLOW_SHUTDOWN,
    SEAMLDR_FLOW_CLEANUP,
    SEAMLDR_NUM_FLOWS
} SeamldrFlow;

#define SEAMLDR_MAX_LPS 1024 /* by x2APIC id */

/* Which processors have called in a session */
typedef struct SeamldrSession {
    uint64_t called[SEAMLDR_MAX_LPS / 64];
    uint32_t count;
} SeamldrSession;

/**
 * SeamldrState: all that the loader remembers; plain data (1.5).
 * @flow: a SeamldrFlow: which session is open
 * @snapshot: what SEAMEXTEND was as INSTALL began
 * @seamdb_used, @remaining: the database of modules
 * @key_dirty, @cache_dirty: by package: a module was installed since CLEANUP
 * @key_progress, @cache_progress: how far CLEANUP is
 * @init_done: an INSTALL session has been through
 * @rules, @num_handoff_pages: the SIGSTRUCT of the module that is installed
 * @installs: modules installed since the platform was reset; nobody but those
 *   who look on asks for it
 */
typedef struct SeamldrState {
    uint32_t flow;
    SeamExtend extend;
    SeamExtend snapshot;
    SeamldrSession install;
    SeamldrSession shutdown;
    SeamldrSession cleanup;
    uint32_t seamdb_used;
    uint32_t remaining;
    bool key_dirty[TDX_MAX_PKGS];
    bool cache_dirty[TDX_MAX_PKGS];
    uint32_t key_progress[TDX_MAX_PKGS];
    uint32_t cache_progress[TDX_MAX_PKGS];
    bool init_done;
    TdxHandoffRules rules;
    uint16_t num_handoff_pages;
    uint32_t installs;
} SeamldrState;

/** seamldr_state: it, to look at or to restore; not while a call is made */
SeamldrState *seamldr_state(Seamldr *l);

/** seamldr_state_error: why a restored @st cannot be, or NULL */
const char *seamldr_state_error(const Seamldr *l, const SeamldrState *st);

/* @errors: those with bit 63 of the status, or VMfailInvalid */
typedef struct SeamldrCalls {
    uint64_t calls;
    uint64_t errors;
} SeamldrCalls;

/** seamldr_calls: of @leaf; SEAMLDR_NUM_LEAVES: of numbers that are none */
SeamldrCalls seamldr_calls(const Seamldr *l, SeamldrLeaf leaf);

/* --- faults -------------------------------------------------------------- */

/**
 * SeamldrFault: calls of one leaf that are made to fail.
 * @status: with @vmfail, none: the call ends in VMfailInvalid
 * @fatal: INSTALL: it is the failure that costs the module
 * @nth, @count, @calls, @hits, @on_hit: as those of TdxFault
 */
typedef struct SeamldrFault SeamldrFault;
struct SeamldrFault {
    SeamldrLeaf leaf;
    SeamldrStatus status;
    bool vmfail;
    bool fatal;
    uint64_t nth;
    uint64_t count;
    void (*on_hit)(SeamldrFault *f, unsigned lp, uint64_t call);
    uint64_t calls;
    uint64_t hits;
    SeamldrFault *next;
};

/**
 * seamldr_fault_parse: set what @f injects.
 * @leaf: such as "seamldr.install", in any case
 * @status: such as "SEAMLDR_ENOENTROPY", with or without "SEAMLDR_"; or
 *   "vmfailinvalid"
 * @operand: NULL, or "unrecoverable"
 * Returns NULL, or one line on why that cannot be, to be freed.
 */
char *seamldr_fault_parse(SeamldrFault *f, const char *leaf,
                          const char *status, const char *operand);

/** seamldr_is_leaf: does @name name a leaf of the loader? */
bool seamldr_is_leaf(const char *name);

/**
 * seamldr_fault_add, seamldr_fault_remove: let it strike, or not any more;
 * not while a call is made
 */
void seamldr_fault_add(Seamldr *l, SeamldrFault *f);
void seamldr_fault_remove(Seamldr *l, SeamldrFault *f);

#endif /* SEAMLDR_H */
