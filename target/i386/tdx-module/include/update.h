/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Putting another module in the place of one that runs: what the P-SEAMLDR
 * does with it.  No SEAMCALL may be under way and nobody may be looking.
 */

#ifndef TDX_INCLUDE_UPDATE_H
#define TDX_INCLUDE_UPDATE_H

#include "module.h"

/* Bytes of the header that precedes handoff data (P-SEAMLDR 6.1) */
#define TDX_HANDOFF_HEADER_SIZE 8

/**
 * TdxHandoffHeader: what is known of the data that TDH.SYS.SHUTDOWN has left
 * @hv: version of its format
 * @size: bytes, without the header
 */
typedef struct TdxHandoffHeader {
    bool valid;
    uint16_t hv;
    uint32_t size;
} TdxHandoffHeader;

TdxHandoffHeader tdx_module_handoff(const TdxModule *m);

/** tdx_module_drop_handoff: there is none any more */
void tdx_module_drop_handoff(TdxModule *m);

/**
 * tdx_module_install: @cfg is loaded, in state SYSINIT_PENDING, and has
 * forgotten all, private memory apart.
 * @update: handoff data stays, for its TDH.SYS.UPDATE
 */
void tdx_module_install(TdxModule *m, const TdxModuleConfig *cfg, bool update);

/** tdx_module_unload: nothing is loaded any more; nobody may call @m */
void tdx_module_unload(TdxModule *m);

/**
 * tdx_module_set_config: be @cfg, in the state that is; for those who restore
 * one
 */
void tdx_module_set_config(TdxModule *m, const TdxModuleConfig *cfg);

#endif /* TDX_INCLUDE_UPDATE_H */
