/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which instructions and events leave a guest, by the controls in its VMCS.
 */

#include "sim-run.h"
#include "core/address.h"
#include "../../target/i386/x86-defs/vmx-controls-list.h"
#include "../../target/i386/x86-defs/vmx-exit-list.h"
#include "../../target/i386/x86-defs/vmx-qual.h"


#define CR0_TS (1u << 3)
#define CR0_PE 1u
#define LMSW_BITS 0xeu
#define VECTOR_PF 14

#define MSR_RANGE      0x2000u
#define MSR_HIGH       0xc0000000u
#define BITMAP_HIGH    1024
#define BITMAP_WRITE   2048

static bool mov_to_exits(const X86Vmcs *v, uint8_t cr, uint64_t value)
{
    switch (cr) {
    case 0:
        return (value ^ v->cr0_shadow) & v->cr0_mask;
    case 4:
        return (value ^ v->cr4_shadow) & v->cr4_mask;
    case 3:
        return v->proc_controls & X86_VMX_PROC_CR3_LOAD_EXITING;
    default:
        return v->proc_controls & X86_VMX_PROC_CR8_LOAD_EXITING;
    }
}

static bool mov_from_exits(const X86Vmcs *v, uint8_t cr)
{
    return (cr == 3 && v->proc_controls & X86_VMX_PROC_CR3_STORE_EXITING) ||
           (cr == 8 && v->proc_controls & X86_VMX_PROC_CR8_STORE_EXITING);
}

static bool cr_exits(const X86Vmcs *v, const uint64_t *gpr)
{
    X86VmxCrQual q = x86_vmx_cr_qual_decode(v->exit_qualification);

    switch (q.access) {
    case X86_VMX_CR_MOV_TO:
        return mov_to_exits(v, q.cr, q.gpr == TDX_RSP ? v->guest_rsp
                                                      : gpr[q.gpr]);
    case X86_VMX_CR_MOV_FROM:
        return mov_from_exits(v, q.cr);
    case X86_VMX_CR_CLTS:
        return v->cr0_mask & v->cr0_shadow & CR0_TS;
    case X86_VMX_CR_LMSW:
        break;
    }
    /* PE can be set by LMSW, not cleared */
    return ((q.lmsw_source ^ v->cr0_shadow) & v->cr0_mask & LMSW_BITS) ||
           (q.lmsw_source & ~v->cr0_shadow & v->cr0_mask & CR0_PE);
}

bool sim_msr_exits(SimPlatform *sim, uint64_t bitmap_hpa, uint32_t msr,
                   bool write)
{
    const uint8_t *bitmap = sim_memory_page(&sim->private, bitmap_hpa, false);
    uint32_t bit = msr;

    if (msr - MSR_HIGH < MSR_RANGE) {
        bit = msr - MSR_HIGH + BITMAP_HIGH * 8;
    } else if (msr >= MSR_RANGE) {
        return true;
    }
    bit += write ? BITMAP_WRITE * 8 : 0;
    return bitmap && bitmap[bit / 8] >> bit % 8 & 1;
}

static bool msr_exits(SimPlatform *sim, const X86Vmcs *v, uint32_t msr,
                      bool write)
{
    uint64_t hpa = tdx_without_hkid(sim->module, v->msr_bitmap);

    return !(v->proc_controls & X86_VMX_PROC_MSR_BITMAPS) ||
           sim_msr_exits(sim, hpa, msr, write);
}

static bool exception_exits(const X86Vmcs *v)
{
    X86VmcsEvent event = x86_vmcs_event(v->exit_intr_info);
    bool bit = v->exception_bitmap >> (event.vector & 31) & 1;

    if (event.type == X86_VMCS_EVENT_NMI) {
        return true;
    }
    if (event.vector == VECTOR_PF) {
        return bit == ((v->exit_intr_error_code & v->pf_error_mask) ==
                       v->pf_error_match);
    }
    return bit;
}

bool sim_would_exit(SimPlatform *sim, unsigned lp)
{
    const SimLp *l = sim_lp(sim, lp);
    const X86Vmcs *v = l->run.vmcs;
    const uint64_t *gpr = l->gpr;
    uint32_t proc = v->proc_controls, proc2 = v->proc2_controls;

    switch (v->exit_reason & X86_VMX_EXIT_BASIC) {
    case X86_VMX_EXIT_REASON_EXCEPTION_NMI:
        return exception_exits(v);
    case X86_VMX_EXIT_REASON_NMI_WINDOW:
        return proc & X86_VMX_PROC_NMI_WINDOW_EXITING;
    case X86_VMX_EXIT_REASON_INVLPG:
    case X86_VMX_EXIT_REASON_INVPCID:
        return proc & X86_VMX_PROC_INVLPG_EXITING;
    case X86_VMX_EXIT_REASON_RDPMC:
        return proc & X86_VMX_PROC_RDPMC_EXITING;
    case X86_VMX_EXIT_REASON_RDTSC:
    case X86_VMX_EXIT_REASON_RDTSCP:
        return proc & X86_VMX_PROC_RDTSC_EXITING;
    case X86_VMX_EXIT_REASON_CR_ACCESS:
        return cr_exits(v, gpr);
    case X86_VMX_EXIT_REASON_DR_ACCESS:
        return proc & X86_VMX_PROC_MOV_DR_EXITING;
    case X86_VMX_EXIT_REASON_RDMSR:
        return msr_exits(sim, v, gpr[TDX_RCX], false);
    case X86_VMX_EXIT_REASON_WRMSR:
        return msr_exits(sim, v, gpr[TDX_RCX], true);
    case X86_VMX_EXIT_REASON_MWAIT:
        return proc & X86_VMX_PROC_MWAIT_EXITING;
    case X86_VMX_EXIT_REASON_MONITOR:
        return proc & X86_VMX_PROC_MONITOR_EXITING;
    case X86_VMX_EXIT_REASON_PAUSE:
        return proc & X86_VMX_PROC_PAUSE_EXITING;
    case X86_VMX_EXIT_REASON_GDTR_IDTR:
    case X86_VMX_EXIT_REASON_LDTR_TR:
        return proc2 & X86_VMX_PROC2_DESC_TABLE_EXITING;
    case X86_VMX_EXIT_REASON_RDRAND:
        return proc2 & X86_VMX_PROC2_RDRAND_EXITING;
    case X86_VMX_EXIT_REASON_RDSEED:
        return proc2 & X86_VMX_PROC2_RDSEED_EXITING;
    case X86_VMX_EXIT_REASON_XSAVES:
    case X86_VMX_EXIT_REASON_XRSTORS:
        return !(proc2 & X86_VMX_PROC2_XSAVES) || v->xss_exit_bitmap;
    case X86_VMX_EXIT_REASON_PCONFIG:
        return proc2 & X86_VMX_PROC2_PCONFIG;
    case X86_VMX_EXIT_REASON_UMWAIT:
    case X86_VMX_EXIT_REASON_TPAUSE:
        return proc2 & X86_VMX_PROC2_USER_WAIT_PAUSE &&
               proc & X86_VMX_PROC_RDTSC_EXITING;
    case X86_VMX_EXIT_REASON_LOADIWKEY:
        return v->proc3_controls & X86_VMX_PROC3_LOADIWKEY_EXITING;
    case X86_VMX_EXIT_REASON_BUS_LOCK:
        return proc2 & X86_VMX_PROC2_BUS_LOCK_DETECTION;
    case X86_VMX_EXIT_REASON_INSTRUCTION_TIMEOUT:
        return proc2 & X86_VMX_PROC2_INSTRUCTION_TIMEOUT;
    default:
        return true;
    }
}
