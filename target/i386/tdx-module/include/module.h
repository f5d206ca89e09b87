/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The TDX module model as its users see it: create one, hand it SEAMCALLs.
 */

#ifndef TDX_INCLUDE_MODULE_H
#define TDX_INCLUDE_MODULE_H

#include "../../x86-defs/vmcs.h"
#include "platform.h"
#include "../abi/gpr.h"

/* TDX_FEATURES0; 64-bit enumerators are a GNU extension */
#define TDX_FEATURE(name, bit) TDX_FEATURES0_##name = 1ULL << (bit),
enum {
#include "../abi/features0-list.h"
};
#undef TDX_FEATURE

/**
 * TdxHandoffRules: which handoff data a module can write and read.
 * @module_hv: the version of its own
 * @min_update_hv: the lowest that it can do
 * @no_downgrade: it writes its own version only
 */
typedef struct TdxHandoffRules {
    uint16_t module_hv;
    uint16_t min_update_hv;
    bool no_downgrade;
} TdxHandoffRules;

/**
 * TdxModuleConfig: which module is loaded.
 * @features0: TDX_FEATURES0 as reported.  Without DYNAMIC_PAMT the module
 *   behaves as one that never heard of it: R8[16] of TDH.SYS.CONFIG is
 *   reserved, the PAMT page pair leaves and metadata fields do not exist.
 * @max_tdmrs: at most TDX_MAX_TDMRS
 * @max_rsvd_per_tdmr: at most TDX_MAX_RSVD_PER_TDMR
 * @svn_minor, @svn_major: security version, by the SIGSTRUCT
 * @num_handoff_pages: pages for handoff data less one, by the SIGSTRUCT
 * @min_handoff_pages: what the module itself needs there
 * @built_in: versions of handoff data that the module was built for
 * @sigstruct: those that it was signed for; TDH.SYS.INIT compares the two
 * @crypto_context: version of the context in which it keeps the MRTD of a TD
 *   that is being built; of no effect without UPDATE_COMPATIBILITY
 * @need_msr: the module wants @need_value in the bits @need_mask of this MSR;
 *   no bits: nothing of the kind
 * @sys_disable: TDH.SYS.DISABLE exists, as in modules newer than 1.5.25
 * @first_generation: a module 1.0.  Leaves of the host and of guests that came
 *   later (TdxLeaf.since_1_5) do not exist, the reading of metadata by
 *   TDH.SYS.RD first among them, so that a host that asks for a field gets
 *   TDX_SYS_NOT_READY; nor do fields of TDs and vCPUs that came with a feature.
 *   TDX_FEATURES0 must be 0.
 */
typedef struct TdxModuleConfig {
    uint16_t major;
    uint16_t minor;
    uint16_t update;
    uint16_t internal;
    uint16_t build_num;
    uint32_t build_date;
    uint64_t features0;
    uint16_t max_tdmrs;
    uint16_t max_rsvd_per_tdmr;
    uint8_t svn_minor;
    uint8_t svn_major;
    uint16_t num_handoff_pages;
    uint16_t min_handoff_pages;
    TdxHandoffRules built_in;
    TdxHandoffRules sigstruct;
    uint16_t crypto_context;
    uint32_t need_msr;
    uint64_t need_mask;
    uint64_t need_value;
    bool sys_disable;
    bool first_generation;
} TdxModuleConfig;

typedef struct TdxModule TdxModule;

/** tdx_module_config_init: the configuration of module 1.5.25 as released */
void tdx_module_config_init(TdxModuleConfig *cfg);

/**
 * tdx_module_config_modelled: the same without what is not modelled, with
 * TDH.SYS.DISABLE: a module that a host can believe
 */
void tdx_module_config_modelled(TdxModuleConfig *cfg);

/**
 * tdx_module_config_error: what makes @cfg impossible, or NULL.
 * The text names the field and its allowed range.
 */
const char *tdx_module_config_error(const TdxModuleConfig *cfg);

/**
 * tdx_module_new: load a module on a platform; SYS state is SYSINIT_PENDING.
 * @cfg, @info: copied; @cfg must have passed tdx_module_config_error()
 * @ops, @opaque: must outlive the module
 */
TdxModule *tdx_module_new(const TdxModuleConfig *cfg,
                          const TdxPlatformInfo *info,
                          const TdxPlatformOps *ops, void *opaque);

void tdx_module_free(TdxModule *m);

/** tdx_module_config: which module is loaded */
const TdxModuleConfig *tdx_module_config(const TdxModule *m);

/**
 * tdx_module_observe: tell @observer what happens, in calls that begin after
 * this; NULL: nobody.  All members are set.  SEAMCALLs may be running.
 */
void tdx_module_observe(TdxModule *m, const TdxObserver *observer);

/**
 * tdx_module_reset: the platform was reset and loads the module afresh.
 * No SEAMCALL may be running.  The caller clears private memory.
 */
void tdx_module_reset(TdxModule *m);

/* What a SEAMCALL ends in */
typedef enum TdxSeamcall {
    TDX_SEAMCALL_VMFAIL, /* VMfailInvalid: nobody there to answer */
    TDX_SEAMCALL_DONE,   /* VMsucceed: RAX has the completion status */
    TDX_SEAMCALL_RUN_TD, /* the TD of the TdxTdRun runs on this LP now */
} TdxSeamcall;

/**
 * TdxTdRun: the TD that runs on a logical processor, from the SEAMCALL that
 * answers TDX_SEAMCALL_RUN_TD to the exit that is answered TDX_TD_LEAVE.
 * @vmcs: controls, guest state and EPT pointers; the caller writes guest state
 *   and exit information to it after each VM exit
 * @state: what a VMCS does not hold; GPRs only while the TD does not run
 * @shared: the bit of a guest physical address that tells shared memory, which
 *   the shared EPT translates, from private memory, which the Secure EPT does
 * @hkid: KeyID of private pages and of the tables that lead to them
 * @debug: the VMM may have written the guest state in @vmcs, so that an entry
 *   can find it invalid
 */
typedef struct TdxTdRun {
    X86Vmcs *vmcs;
    X86VcpuState *state;
    uint64_t shared;
    uint16_t hkid;
    bool debug;
} TdxTdRun;

/**
 * tdx_module_seamcall: execute one SEAMCALL on logical processor @lp.
 * @gpr: general purpose registers in TdxGpr order, RAX[63] clear.  On return
 *   RAX holds the completion status and output registers are written; with
 *   TDX_SEAMCALL_RUN_TD they are those of the TD, but for RSP.
 * @run: set with TDX_SEAMCALL_RUN_TD.  NULL: the machine cannot run TDs.  An
 *   entry then fails as it does where the processor finds the state of the
 *   guest unfit.
 *
 * May be called for different LPs at once; @lp must be below num_lps and not
 * run a TD.
 * With TDX_SEAMCALL_VMFAIL, the module having stopped after a fatal error, no
 * register has changed.
 */
TdxSeamcall tdx_module_seamcall(TdxModule *m, unsigned lp,
                                uint64_t gpr[TDX_NUM_GPRS], TdxTdRun *run);

/* How it goes on after a VM exit of a TD */
typedef enum TdxTdVerdict {
    TDX_TD_RESUME, /* the TD runs on; its VMCS may have an event to inject */
    TDX_TD_LEAVE,  /* the SEAMCALL returns to the VMM */
    TDX_TD_GONE,   /* the module has stopped for good: so does the machine */
} TdxTdVerdict;

/**
 * tdx_module_td_exit: the TD that runs on @lp has had a VM exit.
 * @gpr: general purpose registers in TdxGpr order, those of the TD; on return
 *   those of whoever runs next.  RSP is neither read nor written.
 *
 * Exit information is in the VMCS of the TdxTdRun, guest state in it and in
 * its X86VcpuState; what of these changes is for the next VM entry to load.
 */
TdxTdVerdict tdx_module_td_exit(TdxModule *m, unsigned lp,
                                uint64_t gpr[TDX_NUM_GPRS]);

#endif /* TDX_INCLUDE_MODULE_H */
