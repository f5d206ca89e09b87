/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAM non-root operation: what a processor keeps while it runs a TD, and what
 * the files about it offer to each other and to the VMX engine.
 */

#ifndef TARGET_I386_TCG_SEAM_TD_H
#define TARGET_I386_TCG_SEAM_TD_H

#include "target/i386/tdx-module/include/module.h"
#include "target/i386/vmx.h"

/**
 * SeamHost: registers of the VMM that a VM exit brings back, as they were at
 * the SEAMCALL.  The others are the module's affair, see TdxVmmState.
 * @eip: behind the SEAMCALL
 * @eflags: as VMsucceed leaves them
 * @nmi_blocked: NMIs are blocked
 */
typedef struct SeamHost {
    uint64_t cr0;
    uint64_t cr3;
    uint64_t cr4;
    uint64_t efer;
    uint64_t pat;
    uint64_t eip;
    uint64_t rsp;
    uint64_t eflags;
    uint64_t sysenter_cs;
    uint64_t sysenter_esp;
    uint64_t sysenter_eip;
    SegmentCache segs[6];
    SegmentCache ldt;
    SegmentCache tr;
    SegmentCache gdt;
    SegmentCache idt;
    bool nmi_blocked;
} SeamHost;

/**
 * X86SeamTd: what X86VmxState.seam_td points to.
 * @run: the TD that runs here, good while X86VmxState.td points to it
 * @host: of the VMM that has entered it
 */
typedef struct X86SeamTd {
    TdxTdRun run;
    SeamHost host;
} X86SeamTd;

/* --- seam_td.c: the way to a TD and back --------------------------------- */

/** seam_td_alloc: room for a TD on @cpu, which has none yet */
void seam_td_alloc(X86CPU *cpu);

/** seam_td_run: where the module is to say which TD runs on @cpu */
static inline TdxTdRun *seam_td_run(X86CPU *cpu)
{
    if (unlikely(!cpu->vmx->seam_td)) {
        seam_td_alloc(cpu);
    }
    return &cpu->vmx->seam_td->run;
}

/**
 * seam_td_enter: a SEAMCALL has been answered by "run this TD", with its
 * general purpose registers loaded.  EIP is that of the SEAMCALL, which has
 * @length bytes.
 */
void seam_td_enter(CPUX86State *env, uint32_t length);

/**
 * seam_td_exited: the TD has had a VM exit.  The VMCS has exit information and
 * what of the guest's state each exit needs, env all of the latter; afterwards
 * the state of who runs next.
 * Returns whether that is more than general purpose registers and EIP.
 */
bool seam_td_exited(CPUX86State *env);

/**
 * seam_td_look: a block of code that runs is about to be left for another
 * world, which has to look for events that were pending already.
 */
void seam_td_look(CPUX86State *env);

/** seam_td_vapic: where the virtual APIC's page of the TD is; or NULL */
uint8_t *seam_td_vapic(CPUX86State *env);

/* --- seam_state.c: registers that no VMCS has ---------------------------- */

/** seam_load_vcpu: load all registers of @s but GPRs */
void seam_load_vcpu(CPUX86State *env, const X86VcpuState *s);

/**
 * seam_store_core, seam_store_rest: bring to @s what the module looks at while
 * it handles an exit, and all else but GPRs
 */
void seam_store_core(const CPUX86State *env, X86VcpuState *s);
void seam_store_rest(CPUX86State *env, X86VcpuState *s);

#endif /* TARGET_I386_TCG_SEAM_TD_H */
