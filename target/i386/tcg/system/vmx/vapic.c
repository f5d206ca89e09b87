/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The virtual APIC of a VMX guest: TPR shadow, x2APIC MSRs, delivery of
 * virtual interrupts, posted interrupts.  SDM Vol. 3, chapter "APIC
 * Virtualization and Virtual Interrupts".
 */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "cpu.h"
#include "exec/qemu-compat-tcg.h"
#include "target/i386/vmx/vmcs.h"
#include "target/i386/x86-defs/msr-list.h"
#include "../seam_td.h"
#include "engine.h"
#include "trace.h"

/* The virtual-APIC page has 16 bytes for each of the x2APIC MSRs. */
#define REGISTER_LEN 16
#define REGISTER(msr) (((msr) - X86_MSR_X2APIC_FIRST) * REGISTER_LEN)

enum {
    VTPR      = REGISTER(X86_MSR_X2APIC_TPR),
    VPPR      = REGISTER(X86_MSR_X2APIC_PPR),
    VEOI      = REGISTER(X86_MSR_X2APIC_EOI),
    VISR      = REGISTER(X86_MSR_X2APIC_ISR0),
    VIRR      = REGISTER(X86_MSR_X2APIC_IRR0),
    PAGE_LEN  = REGISTER(X86_MSR_X2APIC_LAST + 1),
};

/* Posted-interrupt descriptor: 256 requests, then ON as bit 256 */
#define PID_REQUESTS    4
#define PID_NOTIFICATION 32
#define PID_ON          1u
#define PID_LEN         64

/* The class of a vector, which is its priority */
#define CLASS(vector) ((vector) & 0xf0)

/**
 * VmxApicMaps: where the guest's two structures are in this process, as
 * long as neither their addresses nor the machine's memory map change.
 */
struct VmxApicMaps {
    struct VmxApicMap {
        MemoryRegionCache cache;
        uint64_t addr;
    } page, pid;
};

/* --- the two structures in memory ---------------------------------------- */

static void unmap(struct VmxApicMap *map)
{
    address_space_cache_destroy(&map->cache);
    memset(map, 0, sizeof(*map));
}

/* NULL where there is no RAM of @len bytes */
static uint8_t *map_ram(CPUX86State *env, struct VmxApicMap *map,
                        uint64_t addr, size_t len)
{
    X86CPU *cpu = env_archcpu(env);
    CPUState *cs = CPU(cpu);
    MemTxAttrs attrs = cpu_get_mem_attrs(env);
    AddressSpace *as =
        cpu_get_address_space(cs, cpu_asidx_from_attrs(cs, attrs));

    RCU_READ_LOCK_GUARD();
    addr = x86_seam_strip_keyid(cpu, addr);
    /* The cache holds a reference: another map has another address. */
    if (map->cache.fv != address_space_to_flatview(as) || map->addr != addr) {
        unmap(map);
        map->addr = addr;
        address_space_cache_init(&map->cache, as, addr, len, true);
    }
    return map->cache.len == len ? map->cache.ptr : NULL;
}

static void ram_changed(X86CPU *cpu, const uint8_t *host, size_t size)
{
    struct VmxApicMaps *maps = cpu->vmx->apic.maps;
    MemoryRegionCache *cache = &maps->page.cache;

    if (host >= maps->pid.cache.ptr && host < maps->pid.cache.ptr + PID_LEN) {
        cache = &maps->pid.cache;
    }
    address_space_cache_invalidate(cache, host - cache->ptr, size);
}

/* The page of a TD is private memory, its descriptor is not. */
static void td_changed(X86CPU *cpu, const uint8_t *host, size_t size)
{
    const VmxVirtualApic *apic = &cpu->vmx->apic;

    if (host < apic->page || host >= apic->page + PAGE_LEN) {
        ram_changed(cpu, host, size);
    }
}

void vmx_vapic_map(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const VmxControls *ctl = &vmx->ctl;
    VmxVirtualApic *apic = &vmx->apic;

    if (!apic->maps) {
        apic->maps = g_new0(struct VmxApicMaps, 1);
    }
    if (vmx->td) {
        apic->page = seam_td_vapic(env);
    } else {
        apic->page = map_ram(env, &apic->maps->page, ctl->virtual_apic,
                             PAGE_LEN);
    }
    apic->pid = NULL;
    if (ctl->pin & X86_VMX_PIN_POSTED_INTERRUPTS) {
        apic->pid = map_ram(env, &apic->maps->pid, ctl->posted_intr_desc,
                            PID_LEN);
    }
    apic->written = vmx->td ? td_changed : ram_changed;
}

void vmx_vapic_unmap(X86CPU *cpu)
{
    VmxVirtualApic *apic = &cpu->vmx->apic;

    if (apic->maps) {
        unmap(&apic->maps->page);
        unmap(&apic->maps->pid);
        g_free(apic->maps);
    }
    memset(apic, 0, sizeof(*apic));
}

/* Where there is no memory, ones are read and nothing is written. */
static uint32_t load(const X86VmxState *vmx, unsigned offset)
{
    const uint8_t *page = vmx->apic.page;

    return page ? ldl_le_p(page + offset) : UINT32_MAX;
}

static void store(X86VmxState *vmx, unsigned offset, uint32_t val)
{
    uint8_t *page = vmx->apic.page;

    if (page) {
        stl_le_p(page + offset, val);
        vmx->apic.written(vmx->cpu, page + offset, sizeof(val));
    }
}

static unsigned register_of(unsigned bitmap, uint8_t vector)
{
    return bitmap + vector / 32 * REGISTER_LEN;
}

static void set_vector(X86VmxState *vmx, unsigned bitmap, uint8_t vector)
{
    unsigned at = register_of(bitmap, vector);

    store(vmx, at, load(vmx, at) | 1u << (vector % 32));
}

static void clear_vector(X86VmxState *vmx, unsigned bitmap, uint8_t vector)
{
    unsigned at = register_of(bitmap, vector);

    store(vmx, at, load(vmx, at) & ~(1u << (vector % 32)));
}

/* 0 if there is none */
static uint8_t highest_vector(const X86VmxState *vmx, unsigned bitmap)
{
    for (int i = 7; i >= 0; i--) {
        uint32_t bits = load(vmx, register_of(bitmap, i * 32));

        if (bits) {
            return i * 32 + 31 - clz32(bits);
        }
    }
    return 0;
}

/* --- the virtual interrupts ----------------------------------------------- */

static bool delivers(const VmxControls *ctl)
{
    return ctl->proc2 & X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY;
}

/* "Evaluation of Pending Virtual Interrupts" */
static void evaluate(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    VmxVirtualApic *apic = &vmx->apic;

    apic->pending = !(vmx->ctl.proc & X86_VMX_PROC_INTR_WINDOW_EXITING) &&
                    CLASS(apic->rvi) > CLASS(load(vmx, VPPR));
    if (apic->pending) {
        vmx_attention(env);
    }
}

/* "PPR Virtualization" */
static void virtualize_ppr(X86VmxState *vmx)
{
    uint8_t tpr = load(vmx, VTPR);
    uint8_t svi = vmx->apic.svi;

    store(vmx, VPPR, CLASS(tpr) >= CLASS(svi) ? tpr : CLASS(svi));
}

/* An exit once the instruction is through */
static void exit_after(CPUX86State *env, X86VmxExitReason reason,
                       uint64_t qualification)
{
    VmxVirtualApic *apic = &env_archcpu(env)->vmx->apic;

    apic->exit_reason = reason;
    apic->exit_qualification = qualification;
    vmx_attention(env);
}

/* "TPR Virtualization" */
static void virtualize_tpr(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const VmxControls *ctl = &vmx->ctl;

    if (delivers(ctl)) {
        virtualize_ppr(vmx);
        evaluate(env);
    } else if (CLASS(load(vmx, VTPR)) >> 4 < (ctl->tpr_threshold & 0xf)) {
        exit_after(env, X86_VMX_EXIT_REASON_TPR_THRESHOLD, 0);
    }
}

/* "EOI Virtualization" */
static void virtualize_eoi(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    uint8_t vector = vmx->apic.svi;

    clear_vector(vmx, VISR, vector);
    vmx->apic.svi = highest_vector(vmx, VISR);
    virtualize_ppr(vmx);
    if (vmx->ctl.eoi_exit[vector / 64] >> (vector % 64) & 1) {
        exit_after(env, X86_VMX_EXIT_REASON_VIRTUALIZED_EOI, vector);
    } else {
        evaluate(env);
    }
}

/* "Self-IPI Virtualization" */
static void virtualize_self_ipi(CPUX86State *env, uint8_t vector)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    set_vector(vmx, VIRR, vector);
    vmx->apic.rvi = MAX(vmx->apic.rvi, vector);
    evaluate(env);
}

/* "Virtual-Interrupt Delivery" */
uint8_t vmx_vapic_deliver(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    VmxVirtualApic *apic = &vmx->apic;
    uint8_t vector = apic->rvi;

    set_vector(vmx, VISR, vector);
    apic->svi = vector;
    store(vmx, VPPR, CLASS(vector));
    clear_vector(vmx, VIRR, vector);
    apic->rvi = highest_vector(vmx, VIRR);
    apic->pending = false;
    trace_x86_vmx_virtual_interrupt(env_cpu(env)->cpu_index, vector);
    return vector;
}

/* --- posted interrupts ---------------------------------------------------- */

static void end_of_interrupt(CPUX86State *env)
{
    CPUState *cs = env_cpu(env);
    X86CPU *cpu = env_archcpu(env);
    uint64_t base = cpu_get_apic_base(cpu->apic_state);

    if (base & MSR_IA32_APICBASE_EXTD) {
        apic_msr_write(cpu->apic_state,
                       X86_MSR_X2APIC_EOI - X86_MSR_X2APIC_FIRST, 0);
    } else {
        address_space_stl(cs->as, (base & MSR_IA32_APICBASE_BASE) + VEOI, 0,
                          MEMTXATTRS_UNSPECIFIED, NULL);
    }
}

/* The requests go to VIRR; other processors post to the descriptor now. */
static void take_posted(CPUX86State *env)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    VmxVirtualApic *apic = &vmx->apic;

    for (unsigned i = 0; i < PID_REQUESTS; i++) {
        uint64_t *pir = (uint64_t *)apic->pid + i;
        uint64_t bits = qatomic_read(pir) ? le64_to_cpu(qatomic_xchg(pir, 0)) :
                                            0;

        for (unsigned half = 0; bits; half++, bits >>= 32) {
            unsigned at = register_of(VIRR, i * 64 + half * 32);

            if ((uint32_t)bits) {
                store(vmx, at, load(vmx, at) | (uint32_t)bits);
                apic->rvi = MAX(apic->rvi, i * 64 + half * 32 + 31 -
                                clz32(bits));
            }
        }
    }
}

/* "Posted-Interrupt Processing" */
bool vmx_vapic_notified(CPUX86State *env, int vector)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    VmxVirtualApic *apic = &vmx->apic;

    if (!(vmx->ctl.pin & X86_VMX_PIN_POSTED_INTERRUPTS) ||
        vector != vmx->ctl.posted_intr_vector) {
        return false;
    }
    if (apic->pid) {
        qatomic_and((uint32_t *)(apic->pid + PID_NOTIFICATION),
                    cpu_to_le32(~PID_ON));
    }
    end_of_interrupt(env);
    if (apic->pid) {
        take_posted(env);
        apic->written(vmx->cpu, apic->pid, PID_LEN);
    }
    trace_x86_vmx_posted(env_cpu(env)->cpu_index, apic->rvi);
    evaluate(env);
    return true;
}

/* --- non-root operation begins and ends ----------------------------------- */

void vmx_vapic_begin(CPUX86State *env, uint16_t intr_status)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    VmxVirtualApic *apic = &vmx->apic;

    apic->rvi = intr_status;
    apic->svi = intr_status >> 8;
    apic->pending = false;
    apic->exit_reason = 0;
    if (delivers(&vmx->ctl)) {
        virtualize_ppr(vmx);
        evaluate(env);
    }
}

uint16_t vmx_vapic_end(CPUX86State *env)
{
    VmxVirtualApic *apic = &env_archcpu(env)->vmx->apic;

    apic->pending = false;
    apic->exit_reason = 0;
    return apic->rvi | apic->svi << 8;
}

/* --- CR8 and the x2APIC MSRs ---------------------------------------------- */

bool x86_vmx_write_tpr(CPUX86State *env, uint64_t cr8)
{
    if (!x86_vmx_guest(env) ||
        !(x86_vmx_controls(env)->proc & X86_VMX_PROC_TPR_SHADOW)) {
        return false;
    }
    store(env_archcpu(env)->vmx, VTPR, (cr8 & 0xf) << 4);
    virtualize_tpr(env);
    return true;
}

uint8_t vmx_vapic_cr8(CPUX86State *env)
{
    return CLASS(load(env_archcpu(env)->vmx, VTPR)) >> 4;
}

/* Is the register one of the guest's virtual APIC? */
static bool virtual_register(CPUX86State *env, uint32_t msr, bool write)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;
    const VmxControls *ctl = &vmx->ctl;

    if (!x86_vmx_guest(env) || vmx->msr_list ||
        !(ctl->proc2 & X86_VMX_PROC2_X2APIC_MODE)) {
        return false;
    }
    if (msr == X86_MSR_X2APIC_TPR) {
        return true;
    }
    if (write) {
        return delivers(ctl) && (msr == X86_MSR_X2APIC_EOI ||
                                 msr == X86_MSR_X2APIC_SELF_IPI);
    }
    return ctl->proc2 & X86_VMX_PROC2_APIC_REGISTER_VIRT;
}

X86VmxMsr vmx_vapic_rdmsr(CPUX86State *env, uint32_t msr, uint64_t *val)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (!vmx_is_x2apic(msr)) {
        return X86_VMX_MSR_STOCK;
    }
    if (virtual_register(env, msr, false)) {
        *val = load(vmx, REGISTER(msr)) |
               (uint64_t)load(vmx, REGISTER(msr) + 4) << 32;
        return X86_VMX_MSR_DONE;
    }
    return vmx_x2apic_exists(msr, false) ? X86_VMX_MSR_STOCK : X86_VMX_MSR_GP;
}

X86VmxMsr vmx_vapic_wrmsr(CPUX86State *env, uint32_t msr, uint64_t val)
{
    X86VmxState *vmx = env_archcpu(env)->vmx;

    if (!vmx_is_x2apic(msr)) {
        return X86_VMX_MSR_STOCK;
    }
    if (!vmx_x2apic_exists(msr, true) || !vmx_x2apic_takes(msr, val)) {
        return X86_VMX_MSR_GP;
    }
    if (!virtual_register(env, msr, true)) {
        return X86_VMX_MSR_STOCK;
    }
    store(vmx, REGISTER(msr), val);
    store(vmx, REGISTER(msr) + 4, 0);
    if (msr == X86_MSR_X2APIC_TPR) {
        virtualize_tpr(env);
    } else if (msr == X86_MSR_X2APIC_EOI) {
        virtualize_eoi(env);
    } else if (CLASS(val)) {
        virtualize_self_ipi(env, val);
    } else {
        exit_after(env, X86_VMX_EXIT_REASON_APIC_WRITE, REGISTER(msr));
    }
    return X86_VMX_MSR_DONE;
}
