/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT violations and misconfigurations of a TD (TD running 4).
 */

#include "../../x86-defs/vmx-qual.h"
#include "../sept/sept.h"
#include "epf.h"
#include "exit.h"

/* Error code of #PF */
#define PF_PRESENT  (1u << 0)
#define PF_WRITE    (1u << 1)
#define PF_USER     (1u << 2)
#define PF_RESERVED (1u << 3)
#define PF_FETCH    (1u << 4)
#define PF_SHADOW   (1u << 6)

#define CPL_USER 3

/* Physical addresses end there at the latest */
#define MAX_GPA_BITS 52
#define MIN_GPA_BITS 48

static uint64_t shared_bit(const TdxExit *e)
{
    return 1ULL << (tdx_td_gpa_width(e->tdcs) - 1);
}

/* Bits @high:@low */
static uint64_t bits(unsigned high, unsigned low)
{
    return ((1ULL << high) - 1) & ~((1ULL << low) - 1);
}

/* 4.2, step 2: bits that no address of this TD can have */
static bool has_reserved_bits(const TdxExit *e, uint64_t gpa)
{
    unsigned maxpa = e->tdcs->virtual_maxpa;
    uint64_t reserved = 0;

    if (!maxpa || maxpa > MAX_GPA_BITS) {
        maxpa = MAX_GPA_BITS;
    }
    if (!(e->tdcs->config_flags & TDX_CONFIG_GPAW) && maxpa > MIN_GPA_BITS) {
        reserved |= bits(maxpa, MIN_GPA_BITS);
    }
    reserved |= bits(MAX_GPA_BITS, maxpa) & ~shared_bit(e);
    return gpa & reserved;
}

static TdxExitEnd reserved_gpa(TdxExit *e, const X86VmxEptQual *q)
{
    uint64_t gla = e->vmcs->guest_linear_address;

    if (e->tdcs->config_flags & TDX_CONFIG_MAXGPA_VIRT) {
        return tdx_exit_inject_ept_ve(e, TDX_VE_RESERVED_GPA,
                                  e->vmcs->exit_qualification, gla,
                                  e->vmcs->guest_physical_address);
    }
    return tdx_exit_inject_pf(e, gla, PF_PRESENT | PF_RESERVED |
                          (q->write ? PF_WRITE : 0) |
                          (tdx_exit_cpl(e) == CPL_USER ? PF_USER : 0) |
                          (q->fetch ? PF_FETCH : 0) |
                          (q->shadow_stack ? PF_SHADOW : 0));
}

bool tdx_exit_page_pending(const TdxSeptWalk *walk)
{
    TdxSeptState state = tdx_sept_state(walk->value);

    return state == TDX_SEPT_PENDING ||
           state == TDX_SEPT_PENDING_EXPORTED_DIRTY;
}

bool tdx_exit_walk_private(TdxExit *e, uint64_t gpa, unsigned level,
                       TdxSeptWalk *walk)
{
    *walk = tdx_sept_walk(e->m, tdx_td_eptp(&e->run->td, 0), gpa, level);
    if (walk->lost) {
        tdx_cause(e->m, "Secure EPT page for GPA", gpa, TDX_CAUSE_LOST, 0);
    }
    return walk->entry;
}

static TdxExitEnd private_violation(TdxExit *e, uint64_t gpa)
{
    uint64_t q = e->vmcs->exit_qualification;
    TdxSeptWalk walk;

    if (!tdx_exit_walk_private(e, gpa, TDX_LEVEL_4K, &walk)) {
        e->rcx = q;
        return tdx_exit_leave(e, TDX_NON_RECOVERABLE_TD_NON_ACCESSIBLE);
    }
    if (tdx_exit_page_pending(&walk)) {
        if (!(tdx_td_ctls_of(e->tdcs) & TDX_TD_CTLS_PENDING_VE_DISABLE)) {
            return tdx_exit_inject_ept_ve(e, TDX_VE_PENDING, q,
                                      e->vmcs->guest_linear_address, gpa);
        }
        return tdx_exit_leave_ept(e, q, gpa, TDX_EEQ_PENDING, 0);
    }
    tdx_epf_log(e, gpa);
    return tdx_exit_leave_ept(e, q, gpa, TDX_EEQ_NONE, 0);
}

/* 4.2 */
TdxExitEnd tdx_exit_ept_violation(TdxExit *e)
{
    X86Vmcs *v = e->vmcs;
    uint64_t gpa = v->guest_physical_address;
    X86VmxEptQual q = x86_vmx_ept_qual_decode(v->exit_qualification);

    if (q.nmi_unblocked) {
        v->guest_interruptibility |= X86_VMCS_BLOCK_NMI;
    }
    if (q.gla_valid && has_reserved_bits(e, gpa)) {
        return reserved_gpa(e, &q);
    }
    if (!(gpa & shared_bit(e))) {
        return private_violation(e, gpa);
    }
    return tdx_exit_leave_ept(e, v->exit_qualification, gpa, TDX_EEQ_NONE, 0);
}

TdxExitEnd tdx_exit_ept_misconfig(TdxExit *e)
{
    uint64_t gpa = e->vmcs->guest_physical_address;

    if (!(gpa & shared_bit(e))) {
        tdx_fatal(e->m, "the Secure EPT of a TD is misconfigured");
        return TDX_EXIT_GONE;
    }
    e->r8 = gpa & ~(uint64_t)(TDX_PAGE_4K - 1);
    return tdx_exit_leave(e, TDX_SUCCESS);
}
