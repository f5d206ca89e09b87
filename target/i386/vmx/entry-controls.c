/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks on VMX controls: SDM Vol. 3, section "Checks on VMX Controls".
 */

#include "../x86-defs/ept.h"
#include "entry-internal.h"

X86VmxBroken x86_vmx_check_launch(const X86VmxEntry *e)
{
    bool launched = e->vmcs->launch_state == X86_VMCS_LAUNCH_LAUNCHED;

    REQUIRE(!e->mov_ss, MOV_SS);
    REQUIRE(e->resume || !launched, LAUNCH_STATE_CLEAR);
    REQUIRE(!e->resume || launched, LAUNCH_STATE_LAUNCHED);
    return HOLDS;
}

static unsigned cr3_targets(const X86VmxEntry *e)
{
    return e->caps->misc >> X86_VMX_MISC_CR3_TARGET_SHIFT & 0x1ff;
}

/* Bits 7:4 of VTPR; memory that is not there reads as ones */
static unsigned virtual_tpr(const X86VmxEntry *e)
{
    uint8_t tpr;

    if (!e->read(e->opaque, e->vmcs->virtual_apic_addr + 0x80, &tpr, 1)) {
        return 0xf;
    }
    return tpr >> 4;
}

static X86VmxBroken check_apic(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool shadow = proc(e, X86_VMX_PROC_TPR_SHADOW);
    bool accesses = proc2(e, X86_VMX_PROC2_APIC_ACCESSES);
    bool delivery = proc2(e, X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY);
    bool x2apic = proc2(e, X86_VMX_PROC2_X2APIC_MODE);
    bool registers = proc2(e, X86_VMX_PROC2_APIC_REGISTER_VIRT);
    bool ipi = proc3(e, X86_VMX_PROC3_IPI_VIRTUALIZATION);
    bool posted = pin(e, X86_VMX_PIN_POSTED_INTERRUPTS);
    bool ext_intr = pin(e, X86_VMX_PIN_EXT_INTR_EXITING);
    bool ack = on_exit_do(e, X86_VMX_EXIT_ACK_INTERRUPT);

    if (shadow) {
        REQUIRE(phys_page(e, v->virtual_apic_addr), VIRTUAL_APIC_PAGE);
        REQUIRE(delivery || v->tpr_threshold <= 0xf, TPR_THRESHOLD_RESERVED);
        REQUIRE(delivery || accesses || v->tpr_threshold <= virtual_tpr(e),
                TPR_THRESHOLD_VTPR);
    }
    REQUIRE(implies(pin(e, X86_VMX_PIN_VIRTUAL_NMIS),
                    pin(e, X86_VMX_PIN_NMI_EXITING)), VIRTUAL_NMIS_EXITING);
    REQUIRE(implies(proc(e, X86_VMX_PROC_NMI_WINDOW_EXITING),
                    pin(e, X86_VMX_PIN_VIRTUAL_NMIS)), NMI_WINDOW_VIRTUAL);
    REQUIRE(implies(accesses, phys_page(e, v->apic_access_addr)),
            APIC_ACCESS_PAGE);
    REQUIRE(implies(x2apic, shadow), X2APIC_MODE_SHADOW);
    REQUIRE(implies(registers, shadow), APIC_REGISTER_SHADOW);
    REQUIRE(implies(delivery, shadow), INTR_DELIVERY_SHADOW);
    REQUIRE(implies(ipi, shadow), IPI_VIRT_SHADOW);
    REQUIRE(implies(x2apic, !accesses), X2APIC_MODE_ACCESSES);
    REQUIRE(implies(delivery, ext_intr), INTR_DELIVERY_EXITING);
    REQUIRE(implies(posted, delivery), POSTED_DELIVERY);
    REQUIRE(implies(posted, ack), POSTED_ACK);
    REQUIRE(implies(posted, v->posted_intr_vector <= 0xff), POSTED_VECTOR);
    REQUIRE(implies(posted, !(v->posted_intr_desc_addr & 0x3f)),
            POSTED_DESC_ALIGN);
    REQUIRE(implies(posted, phys(e, v->posted_intr_desc_addr)),
            POSTED_DESC_WIDTH);
    return HOLDS;
}

static bool eptp_mem_type(const X86VmxEntry *e)
{
    switch (e->vmcs->ept_pointer & X86_EPTP_MEM_TYPE) {
    case X86_MEM_TYPE_UC:
        return x86_vmx_caps_bit(e->caps->ept_vpid, X86_VMX_CAP_EPT_UC);
    case X86_MEM_TYPE_WB:
        return x86_vmx_caps_bit(e->caps->ept_vpid, X86_VMX_CAP_EPT_WB);
    default:
        return false;
    }
}

static bool eptp_levels(const X86VmxEntry *e)
{
    switch (x86_eptp_levels(e->vmcs->ept_pointer)) {
    case 4:
        return x86_vmx_caps_bit(e->caps->ept_vpid, X86_VMX_CAP_EPT_LEVELS_4);
    case 5:
        return x86_vmx_caps_bit(e->caps->ept_vpid, X86_VMX_CAP_EPT_LEVELS_5);
    default:
        return false;
    }
}

static X86VmxBroken check_ept(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    uint64_t eptp = v->ept_pointer;
    bool ept = proc2(e, X86_VMX_PROC2_EPT);
    bool pml = proc2(e, X86_VMX_PROC2_PML);
    bool spp = proc2(e, X86_VMX_PROC2_SUB_PAGE_WRITE);
    bool hlat = proc3(e, X86_VMX_PROC3_HLAT);

    if (ept) {
        REQUIRE(eptp_mem_type(e), EPTP_MEM_TYPE);
        REQUIRE(eptp_levels(e), EPTP_LEVELS);
        REQUIRE(implies(eptp & X86_EPTP_AD,
                        x86_vmx_caps_bit(e->caps->ept_vpid,
                                         X86_VMX_CAP_EPT_AD)), EPTP_AD);
        REQUIRE(implies(eptp & X86_EPTP_SSS,
                        x86_vmx_caps_bit(e->caps->ept_vpid,
                                         X86_VMX_CAP_EPT_SSS)), EPTP_SSS);
        REQUIRE(!(eptp & X86_EPTP_RESERVED) && phys(e, eptp), EPTP_RESERVED);
    }
    REQUIRE(implies(pml, ept), PML_EPT);
    REQUIRE(implies(pml, phys_page(e, v->pml_addr)), PML_PAGE);
    REQUIRE(implies(unrestricted(e), ept), UNRESTRICTED_EPT);
    REQUIRE(implies(proc2(e, X86_VMX_PROC2_MODE_BASED_EXECUTE), ept),
            MODE_BASED_EPT);
    REQUIRE(implies(spp, ept), SPP_EPT);
    REQUIRE(implies(spp, phys_page(e, v->spp_table_pointer)), SPP_PAGE);
    REQUIRE(implies(hlat, ept), HLAT_EPT);
    REQUIRE(implies(proc3(e, X86_VMX_PROC3_EPT_PAGING_WRITE), ept),
            PAGING_WRITE_EPT);
    REQUIRE(implies(proc3(e, X86_VMX_PROC3_GUEST_PAGING_VERIFY), ept),
            PAGING_VERIFY_EPT);
    /* Bits 3 and 4 are PWT and PCD */
    REQUIRE(implies(hlat, phys_page(e, v->hlat_pointer & ~0x18ULL)),
            HLAT_RESERVED);
    return HOLDS;
}

static X86VmxBroken check_functions(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool ept = proc2(e, X86_VMX_PROC2_EPT);
    bool switching = func(e, X86_VMX_FUNC_EPTP_SWITCHING);
    bool shadowing = proc2(e, X86_VMX_PROC2_VMCS_SHADOWING);

    REQUIRE(implies(proc2(e, X86_VMX_PROC2_VM_FUNCTIONS),
                    x86_vmx_caps_allow(e->caps, X86_VMX_WORD_FUNC,
                                       v->vmfunc_controls)), FUNC_ALLOWED);
    REQUIRE(implies(switching, ept), EPTP_SWITCHING_EPT);
    REQUIRE(implies(switching, phys_page(e, v->eptp_list_addr)),
            EPTP_LIST_PAGE);
    REQUIRE(implies(shadowing, phys_page(e, v->vmread_bitmap)),
            VMREAD_BITMAP_PAGE);
    REQUIRE(implies(shadowing, phys_page(e, v->vmwrite_bitmap)),
            VMWRITE_BITMAP_PAGE);
    REQUIRE(implies(proc2(e, X86_VMX_PROC2_EPT_VIOLATION_VE),
                    phys_page(e, v->ve_info_addr)), VE_INFO_PAGE);
    return HOLDS;
}

static X86VmxBroken check_others(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool trace = proc2(e, X86_VMX_PROC2_PT_GUEST_PHYSICAL);
    bool pasid = proc2(e, X86_VMX_PROC2_PASID_TRANSLATION);
    bool ipi = proc3(e, X86_VMX_PROC3_IPI_VIRTUALIZATION);

    REQUIRE(implies(trace, proc2(e, X86_VMX_PROC2_EPT)), PT_PHYSICAL_EPT);
    REQUIRE(implies(trace, on_entry_do(e, X86_VMX_ENTRY_LOAD_RTIT_CTL)),
            PT_PHYSICAL_ENTRY);
    REQUIRE(implies(trace, on_exit_do(e, X86_VMX_EXIT_CLEAR_RTIT_CTL)),
            PT_PHYSICAL_EXIT);
    REQUIRE(implies(pasid, phys_page(e, v->low_pasid_directory)),
            PASID_LOW_PAGE);
    REQUIRE(implies(pasid, phys_page(e, v->high_pasid_directory)),
            PASID_HIGH_PAGE);
    REQUIRE(implies(ipi, !(v->pid_pointer_table & 7)), PID_TABLE_ALIGN);
    REQUIRE(implies(ipi, phys(e, v->pid_pointer_table)), PID_TABLE_WIDTH);
    REQUIRE(implies(ipi, phys(e, v->pid_pointer_table +
                                 8ULL * v->last_pid_pointer_index)),
            PID_TABLE_END);
    return HOLDS;
}

X86VmxBroken x86_vmx_check_execution_controls(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool io = proc(e, X86_VMX_PROC_IO_BITMAPS);

    REQUIRE(x86_vmx_caps_allow(e->caps, X86_VMX_WORD_PIN, v->pin_controls),
            PIN_ALLOWED);
    REQUIRE(x86_vmx_caps_allow(e->caps, X86_VMX_WORD_PROC, v->proc_controls),
            PROC_ALLOWED);
    REQUIRE(implies(proc(e, X86_VMX_PROC_SECONDARY),
                    x86_vmx_caps_allow(e->caps, X86_VMX_WORD_PROC2,
                                       v->proc2_controls)), PROC2_ALLOWED);
    REQUIRE(implies(proc(e, X86_VMX_PROC_TERTIARY),
                    x86_vmx_caps_allow(e->caps, X86_VMX_WORD_PROC3,
                                       v->proc3_controls)), PROC3_ALLOWED);
    REQUIRE(v->cr3_target_count <= cr3_targets(e), CR3_TARGETS);
    REQUIRE(implies(io, phys_page(e, v->io_bitmap_a)), IO_BITMAP_A_PAGE);
    REQUIRE(implies(io, phys_page(e, v->io_bitmap_b)), IO_BITMAP_B_PAGE);
    REQUIRE(implies(proc(e, X86_VMX_PROC_MSR_BITMAPS),
                    phys_page(e, v->msr_bitmap)), MSR_BITMAP_PAGE);
    REQUIRE_ALL(check_apic(e));
    REQUIRE(implies(proc2(e, X86_VMX_PROC2_VPID), v->vpid != 0), VPID_ZERO);
    REQUIRE_ALL(check_ept(e));
    REQUIRE_ALL(check_functions(e));
    REQUIRE_ALL(check_others(e));
    return HOLDS;
}

/* Where an MSR list begins, and where it ends if it has entries */
static bool list_begin(const X86VmxEntry *e, uint64_t addr, uint32_t count)
{
    return !count || (!(addr & 0xf) && phys(e, addr));
}

static bool list_end(const X86VmxEntry *e, uint64_t addr, uint32_t count)
{
    return !count ||
           phys(e, addr + (uint64_t)count * sizeof(X86VmcsMsrEntry) - 1);
}

X86VmxBroken x86_vmx_check_exit_controls(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;

    REQUIRE(x86_vmx_caps_allow(e->caps, X86_VMX_WORD_EXIT, v->exit_controls),
            EXIT_ALLOWED);
    REQUIRE(implies(on_exit_do(e, X86_VMX_EXIT_SECONDARY),
                    x86_vmx_caps_allow(e->caps, X86_VMX_WORD_EXIT2,
                                       v->exit2_controls)), EXIT2_ALLOWED);
    REQUIRE(implies(on_exit_do(e, X86_VMX_EXIT_SAVE_TIMER),
                    pin(e, X86_VMX_PIN_PREEMPTION_TIMER)),
            SAVE_TIMER_ACTIVE);
    REQUIRE(list_begin(e, v->exit_msr_store_addr, v->exit_msr_store_count),
            EXIT_STORE_ADDR);
    REQUIRE(list_end(e, v->exit_msr_store_addr, v->exit_msr_store_count),
            EXIT_STORE_END);
    REQUIRE(list_begin(e, v->exit_msr_load_addr, v->exit_msr_load_count),
            EXIT_LOAD_ADDR);
    REQUIRE(list_end(e, v->exit_msr_load_addr, v->exit_msr_load_count),
            EXIT_LOAD_END);
    return HOLDS;
}

X86VmxBroken x86_vmx_check_entry_controls(const X86VmxEntry *e)
{
    REQUIRE(x86_vmx_caps_allow(e->caps, X86_VMX_WORD_ENTRY,
                               e->vmcs->entry_controls), ENTRY_ALLOWED);
    return HOLDS;
}

/* --- event injection ------------------------------------------------------ */

static bool event_type(const X86VmxEntry *e, X86VmcsEvent ev)
{
    switch (ev.type) {
    case X86_VMCS_EVENT_RESERVED:
        return false;
    case X86_VMCS_EVENT_OTHER:
        return x86_vmx_caps_has(e->caps, X86_VMX_CTL_PROC_MONITOR_TRAP);
    default:
        return true;
    }
}

static bool event_vector(X86VmcsEvent ev)
{
    switch (ev.type) {
    case X86_VMCS_EVENT_NMI:
        return ev.vector == 2;
    case X86_VMCS_EVENT_HW_EXCEPTION:
        return ev.vector <= 31;
    case X86_VMCS_EVENT_OTHER:
        return ev.vector == 0;
    default:
        return true;
    }
}

/* #DF, #TS, #NP, #SS, #GP, #PF, #AC, and #CP where the CPU has CET */
static bool has_error_code(const X86VmxEntry *e, unsigned vector)
{
    switch (vector) {
    case 8:
    case 10 ... 14:
    case 17:
        return true;
    case 21:
        return e->caps->config.cr4_fixed1 & CR4_CET;
    default:
        return false;
    }
}

static bool event_error_code(const X86VmxEntry *e, X86VmcsEvent ev)
{
    /* In real mode no event has one */
    bool real = unrestricted(e) && !(e->vmcs->guest_cr0 & CR0_PE);

    if (ev.type != X86_VMCS_EVENT_HW_EXCEPTION || real) {
        return !ev.error_code;
    }
    return ev.error_code == has_error_code(e, ev.vector) ||
           x86_vmx_caps_bit(e->caps->basic, X86_VMX_BASIC_ANY_ERROR_CODE);
}

static bool event_length(const X86VmxEntry *e, X86VmcsEvent ev)
{
    uint32_t length = e->vmcs->entry_instr_length;

    switch (ev.type) {
    case X86_VMCS_EVENT_SW_INTR:
    case X86_VMCS_EVENT_PRIV_SW:
    case X86_VMCS_EVENT_SW_EXCEPTION:
        return length <= 15 &&
               (length || x86_vmx_caps_bit(e->caps->misc,
                                           X86_VMX_MISC_ZERO_LENGTH_INJECT));
    default:
        return true;
    }
}

X86VmxBroken x86_vmx_check_event(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    X86VmcsEvent ev = event(e);

    if (!ev.valid) {
        return HOLDS;
    }
    REQUIRE(event_type(e, ev), EVENT_TYPE);
    REQUIRE(event_vector(ev), EVENT_VECTOR);
    REQUIRE(event_error_code(e, ev), EVENT_ERROR_CODE);
    REQUIRE(!(v->entry_intr_info & X86_VMCS_EVENT_ENTRY_RESERVED),
            EVENT_RESERVED);
    REQUIRE(implies(ev.error_code, v->entry_error_code <= 0xffff),
            EVENT_ERROR_HIGH);
    REQUIRE(event_length(e, ev), EVENT_LENGTH);
    return HOLDS;
}

X86VmxBroken x86_vmx_check_entry_lists(const X86VmxEntry *e)
{
    const X86Vmcs *v = e->vmcs;
    bool to_smm = on_entry_do(e, X86_VMX_ENTRY_TO_SMM);
    bool deactivate = on_entry_do(e, X86_VMX_ENTRY_DEACTIVATE_DUAL);

    REQUIRE(list_begin(e, v->entry_msr_load_addr, v->entry_msr_load_count),
            ENTRY_LOAD_ADDR);
    REQUIRE(list_end(e, v->entry_msr_load_addr, v->entry_msr_load_count),
            ENTRY_LOAD_END);
    REQUIRE(implies(to_smm, e->smm), ENTRY_TO_SMM);
    REQUIRE(implies(deactivate, e->smm), ENTRY_DUAL_MONITOR);
    REQUIRE(!(to_smm && deactivate), ENTRY_SMM_BOTH);
    return HOLDS;
}
