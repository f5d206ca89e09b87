/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The monitor's TDX module commands, for emulators that have no TDX module.
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-tdx-module.h"

static void *no_module(Error **errp)
{
    error_setg(errp, "this emulator has no TDX module; "
               "use qemu-system-x86_64");
    return NULL;
}

TdxModuleInfo *qmp_query_tdx_module(Error **errp)
{
    return no_module(errp);
}

TdxModulePamt *qmp_query_tdx_pamt(bool has_view, TdxModulePamtView view,
                                  bool has_base, uint64_t base,
                                  bool has_size, uint64_t size,
                                  bool has_level, TdxModulePamtLevel level,
                                  bool has_in_use, bool in_use,
                                  bool has_granule, uint64_t granule,
                                  bool has_limit, uint32_t limit,
                                  Error **errp)
{
    return no_module(errp);
}

TdxModuleTds *qmp_query_tdx_tds(bool has_base, uint64_t base, bool has_limit,
                                uint32_t limit, bool has_vcpus, bool vcpus,
                                Error **errp)
{
    return no_module(errp);
}

TdxModuleSeptEntryList *qmp_query_tdx_sept(uint64_t tdr, uint64_t gpa,
                                           Error **errp)
{
    return no_module(errp);
}

TdxModuleCheck *qmp_x_tdx_check(Error **errp)
{
    return no_module(errp);
}
