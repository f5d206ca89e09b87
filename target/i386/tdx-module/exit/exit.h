/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VM exits of a TD: what one consists of, and how its handling can end
 * (TD running 3).
 */

#ifndef TDX_EXIT_EXIT_H
#define TDX_EXIT_EXIT_H

#include "../../x86-defs/vmx-exit-list.h"
#include "../td/guest-cpuid.h"
#include "../vp/run.h"
#include "../vp/vmcs-init.h"

/* How the handling of an exit ends */
typedef enum TdxExitEnd {
    TDX_EXIT_DONE,     /* the instruction is done with: RIP goes on */
    TDX_EXIT_INJECTED, /* the guest gets an exception: RIP stays */
    TDX_EXIT_RESTART,  /* the instruction runs again, after an event */
    TDX_EXIT_LEAVE,    /* to the VMM, as the members of TdxExit say */
    TDX_EXIT_GONE,     /* the module has stopped */
} TdxExitEnd;

/**
 * TdxExit: a VM exit under way.
 * @gpr: the guest's registers, in TdxGpr order, apart from RSP
 * @reason: basic exit reason
 * @rax, @rcx, @rdx, @r8, @r9: with TDX_EXIT_LEAVE, for the VMM
 * @trap: the instruction that leaves is done with
 * @vmcall: it is TDG.VP.VMCALL, whose registers pass as @rcx says
 */
typedef struct TdxExit {
    TdxModule *m;
    unsigned lp;
    TdxRunning *run;
    uint64_t *gpr;
    TdxTdr *tdr;
    TdxTdcs *tdcs;
    TdxTdvps *tdvps;
    X86Vmcs *vmcs;
    X86VcpuState *guest;
    uint32_t reason;

    uint64_t rax;
    uint64_t rcx;
    uint64_t rdx;
    uint64_t r8;
    uint64_t r9;
    bool trap;
    bool vmcall;
} TdxExit;

/** tdx_exit_init: an exit of what runs on @lp, with no answer yet */
static inline void tdx_exit_init(TdxExit *e, TdxModule *m, unsigned lp,
                                 uint64_t *gpr)
{
    TdxRunning *run = tdx_vp_running(m, lp);

    e->m = m;
    e->lp = lp;
    e->run = run;
    e->gpr = gpr;
    e->tdr = run->td.tdr;
    e->tdcs = run->td.tdcs;
    e->tdvps = run->vp.tdvps;
    e->vmcs = run->vp.vmcs;
    e->guest = &run->vp.tdvps->guest;
    e->reason = 0;
    e->rax = 0;
    e->rcx = 0;
    e->rdx = 0;
    e->r8 = 0;
    e->r9 = 0;
    e->trap = false;
    e->vmcall = false;
}

/* One file each: what one kind of exit does */
typedef TdxExitEnd TdxExitHandler(TdxExit *e);

TdxExitHandler tdx_exit_cpuid;
TdxExitHandler tdx_exit_rdmsr;
TdxExitHandler tdx_exit_wrmsr;
TdxExitHandler tdx_exit_cr_access;
TdxExitHandler tdx_exit_xsetbv;
TdxExitHandler tdx_exit_ept_violation;
TdxExitHandler tdx_exit_ept_misconfig;
TdxExitHandler tdx_exit_exception_nmi;
TdxExitHandler tdx_exit_smi;
TdxExitHandler tdx_exit_nmi_window;
TdxExitHandler tdx_exit_notification;
TdxExitHandler tdx_exit_rdpmc;
TdxExitHandler tdx_exit_tdcall;

/* --- exceptions: inject.c ------------------------------------------------- */

/* Extended information of EPT violations (TD life cycle 5.6) */
typedef enum TdxEeqType {
    TDX_EEQ_NONE,
    TDX_EEQ_ACCEPT = 1,
    TDX_EEQ_ATTR_WR = 5,
    TDX_EEQ_PENDING = 6,
} TdxEeqType;

/** tdx_exit_inject_ud, tdx_exit_inject_gp: #UD, #GP(0) at the guest's RIP */
TdxExitEnd tdx_exit_inject_ud(TdxExit *e);
TdxExitEnd tdx_exit_inject_gp(TdxExit *e);

/** tdx_exit_inject_pf: #PF at @gla */
TdxExitEnd tdx_exit_inject_pf(TdxExit *e, uint64_t gla, uint32_t error_code);

/** tdx_exit_inject_nmi: the NMI that the host has asked for */
TdxExitEnd tdx_exit_inject_nmi(TdxExit *e);

/** tdx_exit_inject_ve: #VE that tells of this exit; no memory is concerned */
TdxExitEnd tdx_exit_inject_ve(TdxExit *e, TdxVeCategory category,
                          uint64_t qualification);

/** tdx_exit_inject_ept_ve: #VE that tells of an EPT violation */
TdxExitEnd tdx_exit_inject_ept_ve(TdxExit *e, TdxVeCategory category,
                              uint64_t qualification, uint64_t gla,
                              uint64_t gpa);

/* --- the VMM: leave.c ----------------------------------------------------- */

/** tdx_exit_leave: an asynchronous exit with @status and this exit's reason */
TdxExitEnd tdx_exit_leave(TdxExit *e, TdxStatus status);

/** tdx_exit_leave_ept: the same, as EPT violation at the page of @gpa */
TdxExitEnd tdx_exit_leave_ept(TdxExit *e, uint64_t qualification, uint64_t gpa,
                          TdxEeqType type, uint32_t info);

/** tdx_exit_unexpected: what controls let happen only in debugged TDs */
TdxExitEnd tdx_exit_unexpected(TdxExit *e);

/** tdx_exit_impossible: what no processor does, except in debugged TDs */
TdxExitEnd tdx_exit_impossible(TdxExit *e, const char *why);

/** tdx_exit_finish_leave: write the VMM's registers, and give it the LP */
void tdx_exit_finish_leave(TdxExit *e);

/* --- guest state ---------------------------------------------------------- */

static inline bool tdx_exit_debug(const TdxExit *e)
{
    return e->tdcs->attributes & TDX_ATTR_DEBUG;
}

static inline bool tdx_exit_reduce_ve(const TdxExit *e)
{
    return tdx_td_ctls_of(e->tdcs) & TDX_TD_CTLS_REDUCE_VE;
}

/* CPL of the guest */
static inline unsigned tdx_exit_cpl(const TdxExit *e)
{
    return x86_vmcs_ar_dpl(e->vmcs->guest_ss_ar);
}

/* Does the guest execute 64-bit code? */
static inline bool tdx_exit_64bit(const TdxExit *e)
{
    return e->vmcs->guest_efer & TDX_EFER_LMA &&
           e->vmcs->guest_cs_ar & X86_VMCS_AR_L;
}

/* EDX:EAX, and to it */
static inline uint64_t tdx_exit_edx_eax(const TdxExit *e)
{
    return e->gpr[TDX_RDX] << 32 | (uint32_t)e->gpr[TDX_RAX];
}

static inline void tdx_exit_set_edx_eax(TdxExit *e, uint64_t value)
{
    e->gpr[TDX_RAX] = (uint32_t)value;
    e->gpr[TDX_RDX] = value >> 32;
}

/** tdx_exit_advance: the instruction is done with (TD running 3.1, step 10) */
void tdx_exit_advance(TdxExit *e);

#endif /* TDX_EXIT_EXIT_H */
