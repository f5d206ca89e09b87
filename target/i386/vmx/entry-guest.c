/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks on the guest-state area beside segments: SDM Vol. 3, section "Checks
 * on the Guest State Area".
 */

#include "entry-internal.h"

X86VmxBroken x86_vmx_check_guest_registers(const X86VmxEntry *e)
{
    const X86VmxConfig *c = &e->caps->config;
    const X86Vmcs *v = e->vmcs;
    bool paging = v->guest_cr0 & CR0_PG;
    uint64_t cr0_fixed0 = c->cr0_fixed0;

    if (unrestricted(e)) {
        cr0_fixed0 &= ~(CR0_PE | CR0_PG);
    }
    REQUIRE(cr_fixed(v->guest_cr0, cr0_fixed0, c->cr0_fixed1), CR0_FIXED);
    REQUIRE(implies(paging, v->guest_cr0 & CR0_PE), CR0_PG_PE);
    REQUIRE(cr_fixed(v->guest_cr4, c->cr4_fixed0, c->cr4_fixed1), CR4_FIXED);
    REQUIRE(implies(v->guest_cr4 & CR4_CET, v->guest_cr0 & CR0_WP), CET_WP);
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_DEBUG)) {
        REQUIRE(!(v->guest_debugctl & ~c->debugctl), DEBUGCTL_RESERVED);
    }
    REQUIRE(implies(ia32e_guest(e), paging), IA32E_PG);
    REQUIRE(implies(ia32e_guest(e), v->guest_cr4 & CR4_PAE), IA32E_PAE);
    REQUIRE(implies(v->guest_cr4 & CR4_PCIDE, ia32e_guest(e)), IA32E_PCIDE);
    REQUIRE(cr3_width(e, v->guest_cr3), CR3_WIDTH);
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_DEBUG)) {
        REQUIRE(!(v->guest_dr7 >> 32), DR7_HIGH);
    }
    REQUIRE(canonical(e, v->guest_sysenter_esp), SYSENTER_ESP_CANONICAL);
    REQUIRE(canonical(e, v->guest_sysenter_eip), SYSENTER_EIP_CANONICAL);
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_CET)) {
        REQUIRE(s_cet(e, v->guest_s_cet), S_CET_RESERVED);
        REQUIRE(canonical(e, v->guest_intr_ssp_table), SSP_TABLE_CANONICAL);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_PERF_GLOBAL)) {
        REQUIRE(!(v->guest_perf_global_ctrl & ~c->perf_global_ctrl),
                PERF_RESERVED);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_PAT)) {
        REQUIRE(pat_types(v->guest_pat), PAT_TYPES);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_EFER)) {
        bool lma = v->guest_efer & EFER_LMA;
        bool lme = v->guest_efer & EFER_LME;

        REQUIRE(!(v->guest_efer & ~c->efer), EFER_RESERVED);
        REQUIRE(lma == ia32e_guest(e), EFER_LMA);
        REQUIRE(implies(paging, lme == lma), EFER_LME);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_BNDCFGS)) {
        REQUIRE(!(v->guest_bndcfgs & 0xffc) &&
                canonical(e, v->guest_bndcfgs), BNDCFGS_RESERVED);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_RTIT_CTL)) {
        REQUIRE(!(v->guest_rtit_ctl & ~c->rtit_ctl), RTIT_CTL_RESERVED);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_LBR_CTL)) {
        REQUIRE(!(v->guest_lbr_ctl & ~c->lbr_ctl), LBR_CTL_RESERVED);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_PKRS)) {
        REQUIRE(!(v->guest_pkrs >> 32), PKRS_RESERVED);
    }
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_UINV)) {
        REQUIRE(v->guest_uinv <= 0xff, UINV_RESERVED);
    }
    return HOLDS;
}

/* --- RIP, RFLAGS, SSP ----------------------------------------------------- */

X86VmxBroken x86_vmx_check_guest_flow(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool code_64 = ia32e_guest(e) && v->guest_cs_ar & X86_VMCS_AR_L;
    /* Not canonical: only what is above the width has to agree */
    unsigned bits = e->caps->config.linear_bits + 1;
    bool no_vm = ia32e_guest(e) || !(v->guest_cr0 & CR0_PE);

    REQUIRE(code_64 || !(v->guest_rip >> 32), RIP_HIGH);
    REQUIRE(!code_64 || sign_extended(v->guest_rip, bits), RIP_WIDTH);
    REQUIRE(!(v->guest_rflags & RFLAGS_ZERO) && v->guest_rflags & RFLAGS_ONE,
            RFLAGS_RESERVED);
    REQUIRE(implies(no_vm, !(v->guest_rflags & RFLAGS_VM)), RFLAGS_VM);
    REQUIRE(implies(inject(e, X86_VMCS_EVENT_EXT_INTR),
                    v->guest_rflags & RFLAGS_IF), RFLAGS_IF);
    if (on_entry_do(e, X86_VMX_ENTRY_LOAD_CET)) {
        REQUIRE(!(v->guest_ssp & 3) &&
                (code_64 ? sign_extended(v->guest_ssp, bits)
                         : !(v->guest_ssp >> 32)), SSP_ALIGN);
    }
    return HOLDS;
}

/* --- non-register state --------------------------------------------------- */

static bool activity_supported(const X86VmxEntry *e)
{
    switch (e->vmcs->guest_activity) {
    case X86_VMCS_ACTIVE:
        return true;
    case X86_VMCS_HLT:
        return x86_vmx_caps_bit(e->caps->misc, X86_VMX_MISC_ACTIVITY_HLT);
    case X86_VMCS_SHUTDOWN:
        return x86_vmx_caps_bit(e->caps->misc,
                                X86_VMX_MISC_ACTIVITY_SHUTDOWN);
    case X86_VMCS_WAIT_SIPI:
        return x86_vmx_caps_bit(e->caps->misc,
                                X86_VMX_MISC_ACTIVITY_WAIT_SIPI);
    default:
        return false;
    }
}

/* Can the event be delivered in the activity state? */
static bool activity_event(uint32_t activity, X86VmcsEvent ev)
{
    bool machine_check = ev.type == X86_VMCS_EVENT_HW_EXCEPTION &&
                         ev.vector == 18;
    bool debug = ev.type == X86_VMCS_EVENT_HW_EXCEPTION && ev.vector == 1;
    bool nmi = ev.type == X86_VMCS_EVENT_NMI;

    if (!ev.valid) {
        return true;
    }
    switch (activity) {
    case X86_VMCS_HLT:
        return ev.type == X86_VMCS_EVENT_EXT_INTR || nmi || debug ||
               machine_check || ev.type == X86_VMCS_EVENT_OTHER;
    case X86_VMCS_SHUTDOWN:
        return nmi || machine_check;
    case X86_VMCS_WAIT_SIPI:
        return false;
    default:
        return true;
    }
}

static X86VmxBroken check_activity(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    uint32_t activity = v->guest_activity;
    bool blocked = v->guest_interruptibility &
                   (X86_VMCS_BLOCK_STI | X86_VMCS_BLOCK_MOV_SS);

    REQUIRE(activity_supported(e), ACTIVITY_SUPPORTED);
    REQUIRE(implies(activity == X86_VMCS_HLT,
                    x86_vmcs_ar_dpl(v->guest_ss_ar) == 0), ACTIVITY_HLT_DPL);
    REQUIRE(implies(blocked, activity == X86_VMCS_ACTIVE), ACTIVITY_BLOCKED);
    REQUIRE(activity_event(activity, event(e)), ACTIVITY_EVENT);
    REQUIRE(implies(on_entry_do(e, X86_VMX_ENTRY_TO_SMM),
                    activity != X86_VMCS_WAIT_SIPI), ACTIVITY_SIPI_SMM);
    return HOLDS;
}

static X86VmxBroken check_interruptibility(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    uint32_t blocking = v->guest_interruptibility;
    bool sti = blocking & X86_VMCS_BLOCK_STI;
    bool mov_ss = blocking & X86_VMCS_BLOCK_MOV_SS;
    bool smi = blocking & X86_VMCS_BLOCK_SMI;
    bool nmi = blocking & X86_VMCS_BLOCK_NMI;
    bool enclave = blocking & X86_VMCS_IN_ENCLAVE;

    REQUIRE(!(blocking & X86_VMCS_BLOCK_RESERVED), BLOCK_RESERVED);
    REQUIRE(!(sti && mov_ss), BLOCK_BOTH);
    REQUIRE(implies(sti, v->guest_rflags & RFLAGS_IF), BLOCK_STI_IF);
    REQUIRE(implies(inject(e, X86_VMCS_EVENT_EXT_INTR), !sti && !mov_ss),
            BLOCK_EXT_INTR);
    REQUIRE(implies(inject(e, X86_VMCS_EVENT_NMI), !mov_ss),
            BLOCK_NMI_MOV_SS);
    REQUIRE(implies(smi, e->smm), BLOCK_SMI_IN_SMM);
    REQUIRE(implies(on_entry_do(e, X86_VMX_ENTRY_TO_SMM), smi),
            BLOCK_SMI_ENTRY);
    REQUIRE(implies(inject(e, X86_VMCS_EVENT_NMI) &&
                    pin(e, X86_VMX_PIN_VIRTUAL_NMIS), !nmi),
            BLOCK_NMI_VIRTUAL);
    REQUIRE(implies(enclave, !mov_ss && e->caps->config.sgx), BLOCK_ENCLAVE);
    return HOLDS;
}

/* IA32_DEBUGCTL.BTF: single-step on branches */
#define DEBUGCTL_BTF (1ULL << 1)

static bool pending_rtm(const X86VmxEntry *e)
{
    uint64_t others = X86_VMCS_PENDING_BP | X86_VMCS_PENDING_BLD |
                      X86_VMCS_PENDING_BS;
    uint64_t pending = e->vmcs->guest_pending_debug;

    return e->caps->config.rtm && !(pending & others) &&
           pending & X86_VMCS_PENDING_ENABLED &&
           !(e->vmcs->guest_interruptibility & X86_VMCS_BLOCK_MOV_SS);
}

static X86VmxBroken check_pending_debug(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    uint64_t pending = v->guest_pending_debug;
    uint64_t reserved = X86_VMCS_PENDING_RESERVED;
    bool held = v->guest_interruptibility & (X86_VMCS_BLOCK_STI |
                                             X86_VMCS_BLOCK_MOV_SS) ||
                v->guest_activity == X86_VMCS_HLT;
    bool stepping = v->guest_rflags & RFLAGS_TF &&
                    !(v->guest_debugctl & DEBUGCTL_BTF);

    if (!x86_vmx_caps_has(e->caps, X86_VMX_CTL_PROC2_BUS_LOCK_DETECTION)) {
        reserved |= X86_VMCS_PENDING_BLD;
    }
    REQUIRE(!(pending & reserved), PENDING_RESERVED);
    REQUIRE(implies(held && stepping, pending & X86_VMCS_PENDING_BS),
            PENDING_BS_SET);
    REQUIRE(implies(held && !stepping, !(pending & X86_VMCS_PENDING_BS)),
            PENDING_BS_CLEAR);
    REQUIRE(implies(pending & X86_VMCS_PENDING_RTM, pending_rtm(e)),
            PENDING_RTM);
    return HOLDS;
}

X86VmxBroken x86_vmx_check_guest_nonregister(const X86VmxEntry *e)
{
    REQUIRE_ALL(check_activity(e));
    REQUIRE_ALL(check_interruptibility(e));
    REQUIRE_ALL(check_pending_debug(e));
    return HOLDS;
}

X86VmxBroken x86_vmx_check_guest_link(const X86VmxEntry *e)
{
    uint64_t link = e->vmcs->vmcs_link_pointer;
    bool shadowing = proc2(e, X86_VMX_PROC2_VMCS_SHADOWING);
    bool to_smm = on_entry_do(e, X86_VMX_ENTRY_TO_SMM);
    uint32_t revision = UINT32_MAX;

    if (link == X86_VMCS_NO_LINK) {
        return HOLDS;
    }
    REQUIRE(phys_page(e, link), LINK_PAGE);
    if (!e->read(e->opaque, link, &revision, sizeof(revision))) {
        revision = UINT32_MAX;
    }
    REQUIRE((revision & ~X86_VMCS_REVISION_SHADOW) ==
            e->caps->config.revision, LINK_REVISION);
    REQUIRE(!!(revision & X86_VMCS_REVISION_SHADOW) == shadowing,
            LINK_SHADOW);
    REQUIRE(implies(!e->smm || to_smm, link != e->current), LINK_CURRENT);
    return HOLDS;
}

/* --- PDPTEs --------------------------------------------------------------- */

/* Bits 2:1, 8:5 and those above the width are reserved in a present one */
static bool pdpte(const X86VmxEntry *e, uint64_t val)
{
    return !(val & 1) || (!(val & 0x1e6) && phys(e, val));
}

X86VmxBroken x86_vmx_check_guest_pdptes(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    uint64_t entries[4] = {
        v->guest_pdpte0, v->guest_pdpte1, v->guest_pdpte2, v->guest_pdpte3,
    };

    if (!(v->guest_cr0 & CR0_PG) || !(v->guest_cr4 & CR4_PAE) ||
        ia32e_guest(e)) {
        return HOLDS;
    }
    /* Without EPT they are loaded as MOV to CR3 does, from memory */
    if (!proc2(e, X86_VMX_PROC2_EPT) &&
        !e->read(e->opaque, v->guest_cr3 & 0xffffffe0u, entries,
                 sizeof(entries))) {
        return HOLDS;
    }
    REQUIRE(pdpte(e, entries[0]), PDPTE0_RESERVED);
    REQUIRE(pdpte(e, entries[1]), PDPTE1_RESERVED);
    REQUIRE(pdpte(e, entries[2]), PDPTE2_RESERVED);
    REQUIRE(pdpte(e, entries[3]), PDPTE3_RESERVED);
    return HOLDS;
}
