/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What query-tdx-module tells of the P-SEAMLDR and of updates.
 */

#include "qemu/osdep.h"
#include "monitor.h"
#include "target/i386/tdx-module/include/update.h"

static TdxModuleLeafList *loader_leaves(const Seamldr *l)
{
    TdxModuleLeafList *list = NULL, **tail = &list;

    for (unsigned i = 0; i <= SEAMLDR_NUM_LEAVES; i++) {
        SeamldrCalls n = seamldr_calls(l, i);
        const char *name = seamldr_leaf_name(SEAMLDR_CALL | i);
        TdxModuleLeaf *info;

        if (!n.calls) {
            continue;
        }
        info = g_new0(TdxModuleLeaf, 1);
        info->name = g_strdup(name ?: "unknown");
        info->has_number = name != NULL;
        info->number = name ? i : 0;
        info->calls = n.calls;
        info->errors = n.errors;
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

static uint32_t lps_called(const SeamldrState *st)
{
    switch (st->flow) {
    case SEAMLDR_FLOW_INSTALL:
        return st->install.count;
    case SEAMLDR_FLOW_SHUTDOWN:
        return st->shutdown.count;
    case SEAMLDR_FLOW_CLEANUP:
        return st->cleanup.count;
    default:
        return 0;
    }
}

TdxLoaderInfo *seam_monitor_loader(const TdxModule *m)
{
    static const TdxLoaderFlow flows[] = {
        [SEAMLDR_FLOW_READY] = TDX_LOADER_FLOW_READY,
        [SEAMLDR_FLOW_INSTALL] = TDX_LOADER_FLOW_INSTALL,
        [SEAMLDR_FLOW_SHUTDOWN] = TDX_LOADER_FLOW_SHUTDOWN,
        [SEAMLDR_FLOW_CLEANUP] = TDX_LOADER_FLOW_CLEANUP,
    };
    TdxLoaderInfo *info = g_new0(TdxLoaderInfo, 1);
    Seamldr *l = seam_device()->loader;
    const SeamldrState *st = seamldr_state(l);
    const uint8_t *svn = st->extend.tee_tcb_svn;
    TdxHandoffHeader h = tdx_module_handoff(m);

    info->gone = !st->extend.p_seamldr_ready;
    info->module_ready = seamldr_ready(l);
    info->flow = flows[st->flow];
    info->lps_called = lps_called(st);
    info->svn = g_strdup_printf("%u.%u", svn[1], svn[0]);
    info->installs = st->installs;
    info->remaining_updates = st->remaining;
    if (h.valid) {
        info->handoff = g_new0(TdxModuleHandoff, 1);
        info->handoff->version = h.hv;
        info->handoff->size = h.size;
    }
    info->leaves = loader_leaves(l);
    return info;
}
