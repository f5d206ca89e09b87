/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the monitor's commands on the TDX module share.
 */

#ifndef HW_I386_SEAM_MONITOR_H
#define HW_I386_SEAM_MONITOR_H

#include "qapi/qapi-commands-tdx-module.h"
#include "../seam-internal.h"
#include "target/i386/tdx-module/include/query.h"

/** seam_monitor_module: the loaded module; NULL and @errp if there is none */
TdxModule *seam_monitor_module(Error **errp);

/** seam_monitor_config: its configuration, to be freed */
TdxQueryConfig *seam_monitor_config(const TdxModule *m);

TdxModuleRange *seam_monitor_range(uint64_t base, uint64_t size);

/** seam_monitor_tdmr: fill @info from @tdmr */
void seam_monitor_tdmr(const TdxQueryTdmr *tdmr, TdxModuleTdmr *info);

TdxModulePageCounts *seam_monitor_counts(const TdxUseCounts *counts);

/**
 * seam_monitor_limit: an argument that limits the output
 * Returns 0 and @errp when it is not 1 to @most.
 */
uint32_t seam_monitor_limit(bool has, uint32_t limit, uint32_t usual,
                            uint32_t most, Error **errp);

/** seam_monitor_loader: what has loaded @m */
TdxLoaderInfo *seam_monitor_loader(const TdxModule *m);

/** seam_add_state_properties: what tests and the monitor can read */
void seam_add_state_properties(ObjectClass *oc);

#endif /* HW_I386_SEAM_MONITOR_H */
