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

/* Out of line, or each call of the module would make room for its text */
static __attribute__((noinline))
TdxSeamcall loader_call(TdxModuleDevice *s, unsigned lp, uint64_t *gpr)
{
    char why[SEAMLDR_WHY_SIZE];
    bool answered = seamldr_call(s->loader, lp, gpr, why);

    seam_observe_why(why);
    return answered ? TDX_SEAMCALL_DONE : TDX_SEAMCALL_VMFAIL;
}

/* A function of its own is for those who look on. */
static inline QEMU_ALWAYS_INLINE
TdxSeamcall call(TdxModuleDevice *s, unsigned lp, uint64_t *gpr, TdxTdRun *run)
{
    if (seam_is_loader_call(gpr)) {
        return loader_call(s, lp, gpr);
    }
    if (unlikely(!qatomic_read(s->module_ready))) {
        seam_observe_why("the P-SEAMLDR has made no module ready");
        return TDX_SEAMCALL_VMFAIL;
    }
    return tdx_module_seamcall(s->module, lp, gpr, run);
}

/* May somebody look on?  All of it when nobody does */
static inline bool observed(void)
{
    return trace_events_enabled_count || qemu_loglevel_mask(LOG_GUEST_ERROR);
}

/* VMfailInvalid before anybody who could answer is reached */
static TdxSeamcall refuse(unsigned cpu, const uint64_t *gpr, const char *why)
{
    if (unlikely(observed())) {
        seam_observe_refusal(cpu, gpr, why);
    }
    return TDX_SEAMCALL_VMFAIL;
}

/* -1: the module does not count @cpu */
static int lp_of(const TdxModuleDevice *s, X86CPU *cpu)
{
    unsigned index = CPU(cpu)->cpu_index;

    /* It may have come to the place of one that the module counts. */
    return likely(index < s->num_cpus && s->by_index[index].cpu == cpu)
           ? s->by_index[index].lp : -1;
}

TdxSeamcall seam_seamcall(X86CPU *cpu, uint64_t *gpr, TdxTdRun *run)
{
    TdxModuleDevice *s = loaded;
    unsigned index = CPU(cpu)->cpu_index;
    int lp;

    if (unlikely(!s)) {
        return refuse(index, gpr, "this machine has no TDX module");
    }
    lp = lp_of(s, cpu);
    if (unlikely(lp < 0)) {
        return refuse(index, gpr, "the TDX module does not count this "
                      "processor, which was plugged since the last reset");
    }
    if (unlikely(observed())) {
        return seam_observed_call(s, lp, gpr, run, call);
    }
    return call(s, lp, gpr, run);
}

TdxTdVerdict seam_td_exit(X86CPU *cpu, uint64_t *gpr)
{
    TdxModuleDevice *s = loaded;
    int lp = lp_of(s, cpu);

    if (unlikely(observed())) {
        return seam_observed_td_exit(s, lp, gpr);
    }
    return tdx_module_td_exit(s->module, lp, gpr);
}
