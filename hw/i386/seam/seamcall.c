/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The way of a SEAMCALL from the CPU emulation to the TDX module or the
 * P-SEAMLDR, and its trace events.
 */

#include "qemu/osdep.h"
#include "seam-internal.h"
#include "target/i386/tdx-module/abi/names.h"
#include "target/i386/tdx-module/tdx-internal.h"
#include "trace.h"

#define LEAF_IS_LOADER (1ULL << 63)

/* Only set while no vCPU runs */
static TdxModuleDevice *loaded;

TdxModuleDevice *seam_device(void)
{
    return loaded;
}

void seam_device_set(TdxModuleDevice *s)
{
    loaded = s;
}

static bool call(TdxModuleDevice *s, unsigned lp, uint64_t *gpr)
{
    if (gpr[TDX_RAX] & LEAF_IS_LOADER) {
        return seam_loader_call(s, gpr);
    }
    return tdx_module_seamcall(s->module, lp, gpr);
}

static const char *leaf_name(uint64_t rax, char *buf, size_t len)
{
    const TdxLeaf *leaf = rax & LEAF_IS_LOADER
                          ? NULL : tdx_leaf_find(rax & TDX_RAX_LEAF_MASK);

    if (leaf) {
        return leaf->name;
    }
    snprintf(buf, len, "%s.0x%x", rax & LEAF_IS_LOADER ? "SEAMLDR" : "leaf",
             (unsigned)(rax & TDX_RAX_LEAF_MASK));
    return buf;
}

/* Out of line: its buffers would cost each call that is not traced */
static __attribute__((noinline))
bool traced_call(TdxModuleDevice *s, unsigned lp, uint64_t *gpr)
{
    char leaf_buf[32], status[96];
    const char *leaf = leaf_name(gpr[TDX_RAX], leaf_buf, sizeof(leaf_buf));
    bool loader = gpr[TDX_RAX] & LEAF_IS_LOADER;
    uint32_t before = tdx_sys_state(s->module), after;

    trace_seam_seamcall(lp, leaf, gpr[TDX_RAX], gpr[TDX_RCX], gpr[TDX_RDX],
                        gpr[TDX_R8]);
    if (!call(s, lp, gpr)) {
        trace_seam_vmfailinvalid(lp, leaf);
        return false;
    }
    if (loader) {
        snprintf(status, sizeof(status), "0x%" PRIx64, gpr[TDX_RAX]);
    } else {
        tdx_status_format(gpr[TDX_RAX], status, sizeof(status));
    }
    trace_seam_seamret(lp, leaf, status, gpr[TDX_RCX], gpr[TDX_RDX],
                       gpr[TDX_R8]);
    /* With several LPs at work the change may be another's: good enough */
    after = tdx_sys_state(s->module);
    if (after != before) {
        trace_seam_state(lp, tdx_sys_state_name(before), tdx_sys_state_name(after));
    }
    return true;
}

static bool tracing(void)
{
    return trace_event_get_state_backends(TRACE_SEAM_SEAMCALL) ||
           trace_event_get_state_backends(TRACE_SEAM_SEAMRET) ||
           trace_event_get_state_backends(TRACE_SEAM_VMFAILINVALID) ||
           trace_event_get_state_backends(TRACE_SEAM_STATE);
}

bool seam_seamcall(X86CPU *cpu, uint64_t *gpr)
{
    TdxModuleDevice *s = loaded;
    unsigned index = CPU(cpu)->cpu_index;
    int lp;

    if (!s || index >= s->num_cpus) {
        return false;
    }
    lp = s->lp_of_cpu[index];
    if (lp < 0) {
        return false;
    }
    if (unlikely(tracing())) {
        return traced_call(s, lp, gpr);
    }
    return call(s, lp, gpr);
}
