/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The TDX module model as its users see it: create one, hand it SEAMCALLs.
 */

#ifndef TDX_INCLUDE_MODULE_H
#define TDX_INCLUDE_MODULE_H

#include "platform.h"
#include "../abi/gpr.h"

/* TDX_FEATURES0; 64-bit enumerators are a GNU extension */
#define TDX_FEATURE(name, bit) TDX_FEATURES0_##name = 1ULL << (bit),
enum {
#include "../abi/features0-list.h"
};
#undef TDX_FEATURE

/**
 * TdxModuleConfig: which module is loaded.
 * @features0: TDX_FEATURES0 as reported.  Without DYNAMIC_PAMT the module
 *   behaves as one that never heard of it: R8[16] of TDH.SYS.CONFIG is
 *   reserved, the PAMT page pair leaves and metadata fields do not exist.
 * @max_tdmrs: at most TDX_MAX_TDMRS
 * @max_rsvd_per_tdmr: at most TDX_MAX_RSVD_PER_TDMR
 * @sys_disable: TDH.SYS.DISABLE exists, as in modules newer than 1.5.25
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
    uint16_t num_handoff_pages;
    bool sys_disable;
} TdxModuleConfig;

typedef struct TdxModule TdxModule;

/** tdx_module_config_init: the configuration of module 1.5.25 as released */
void tdx_module_config_init(TdxModuleConfig *cfg);

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

/**
 * tdx_module_write_host: write a structure where the host has said, as the
 * P-SEAMLDR does by the rules of the module.
 * @len: a power of two, to which @hpa must be aligned
 * Returns false when the host may not name @hpa, or no memory is there.
 */
bool tdx_module_write_host(TdxModule *m, uint64_t hpa, const void *buf,
                           size_t len);

/**
 * tdx_module_seamcall: execute one SEAMCALL on logical processor @lp.
 * @gpr: general purpose registers in TdxGpr order, RAX[63] clear.  On return
 *   RAX holds the completion status and output registers are written.
 *
 * May be called for different LPs at once; @lp must be below num_lps.
 * Returns false when the module is not there to answer (it stopped after a
 * fatal error): the instruction then ends in VMfailInvalid and no register
 * has changed.
 */
bool tdx_module_seamcall(TdxModule *m, unsigned lp,
                         uint64_t gpr[TDX_NUM_GPRS]);

#endif /* TDX_INCLUDE_MODULE_H */
