/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The defence against zero-stepping (TD running 4.4).
 */

#include "../../x86-defs/vmx-qual.h"
#include "epf.h"

void tdx_epf_exit(TdxExit *e)
{
    if (e->vmcs->guest_rip != e->run->rip_at_entry) {
        e->tdvps->epf_count = 0;
        e->tdvps->epf_list_size = 0;
    }
}

void tdx_epf_log(TdxExit *e, uint64_t gpa)
{
    TdxTdvps *t = e->tdvps;

    if (t->epf_count < TDX_EPF_THRESHOLD) {
        t->epf_count++;
        return;
    }
    for (uint32_t i = 0; i < t->epf_list_size && i < TDX_EPF_LIST_SIZE; i++) {
        if (t->epf_list[i] == gpa) {
            return;
        }
    }
    if (t->epf_list_size < TDX_EPF_LIST_SIZE) {
        t->epf_list[t->epf_list_size++] = gpa;
    }
}

static bool usable(const TdxTdRef *td, const TdxSeptWalk *walk)
{
    const uint64_t rwx = TDX_SEPT_R | TDX_SEPT_W | TDX_SEPT_XS;

    if (tdx_exit_page_pending(walk)) {
        return !(tdx_td_ctls_of(td->tdcs) & TDX_TD_CTLS_PENDING_VE_DISABLE);
    }
    return tdx_sept_state(walk->value) == TDX_SEPT_MAPPED &&
           (walk->value & rwx) == rwx;
}

/* Has the guest asked to be told, and can it be? */
static bool wants_notice(const TdxTdRef *td, const TdxVpRef *vp)
{
    const X86Vmcs *v = vp->vmcs;
    uint64_t shared = 1ULL << (tdx_td_gpa_width(td->tdcs) - 1);
    X86VmxEptQual q = x86_vmx_ept_qual_decode(v->exit_qualification);

    return __atomic_load_n(&td->tdcs->notify_enables, __ATOMIC_SEQ_CST) &
           TDX_NOTIFY_ZERO_STEP &&
           (v->exit_reason & X86_VMX_EXIT_BASIC) ==
           X86_VMX_EXIT_REASON_EPT_VIOLATION &&
           !(v->guest_physical_address & shared) &&
           !(v->guest_interruptibility & X86_VMCS_BLOCK_NMI) &&
           !q.nmi_unblocked &&
           !(v->idt_vectoring_info & X86_VMCS_EVENT_VALID) &&
           !vp->tdvps->ve_info.valid;
}

TdxEpfResult tdx_epf_filter(TdxTdRef *td, TdxVpRef *vp, uint64_t *gpa)
{
    const TdxTdvps *t = vp->tdvps;
    TDX_LOCK_GUARD(tree);

    if (!t->epf_list_size) {
        return TDX_EPF_PASS;
    }
    if (!tdx_guard_try(&tree, &td->tdcs->sept_lock, TDX_LOCK_TYPE_SHARED)) {
        return TDX_EPF_BUSY;
    }
    for (uint32_t i = 0; i < t->epf_list_size && i < TDX_EPF_LIST_SIZE; i++) {
        TdxSeptWalk walk =
            tdx_sept_walk(td->m, tdx_td_eptp(td, 0), t->epf_list[i],
                          TDX_LEVEL_4K);

        if (!walk.entry) {
            return TDX_EPF_LOST;
        }
        if (!usable(td, &walk)) {
            *gpa = t->epf_list[i] & ~(uint64_t)(TDX_PAGE_4K - 1);
            return TDX_EPF_FAULT;
        }
    }
    return wants_notice(td, vp) ? TDX_EPF_NOTIFY : TDX_EPF_PASS;
}
