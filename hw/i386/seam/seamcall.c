/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The way of a SEAMCALL from the CPU emulation to the TDX module or the
 * P-SEAMLDR.
 */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "seam-internal.h"
#include "trace/control.h"

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
    if (seam_is_loader_call(gpr)) {
        return seam_loader_call(s, gpr);
    }
    /* The CPU has no TD mode yet: no TdxTdRun */
    return tdx_module_seamcall(s->module, lp, gpr, NULL) !=
           TDX_SEAMCALL_VMFAIL;
}

/* May somebody look on?  All of it when nobody does */
static inline bool observed(void)
{
    return trace_events_enabled_count || qemu_loglevel_mask(LOG_GUEST_ERROR);
}

/* VMfailInvalid before anybody who could answer is reached */
static bool refuse(unsigned cpu, const uint64_t *gpr, const char *why)
{
    if (unlikely(observed())) {
        seam_observe_refusal(cpu, gpr, why);
    }
    return false;
}

bool seam_seamcall(X86CPU *cpu, uint64_t *gpr)
{
    TdxModuleDevice *s = loaded;
    unsigned index = CPU(cpu)->cpu_index;
    int lp;

    if (unlikely(!s)) {
        return refuse(index, gpr, "this machine has no TDX module");
    }
    lp = index < s->num_cpus ? s->lp_of_cpu[index] : -1;
    /* Or it came to the place of one that the module counts */
    if (unlikely(lp < 0 || s->found.lp[lp].cpu != cpu)) {
        return refuse(index, gpr, "the TDX module does not count this "
                      "processor, which was plugged since the last reset");
    }
    if (unlikely(observed())) {
        return seam_observed_call(s, lp, gpr, call);
    }
    return call(s, lp, gpr);
}
