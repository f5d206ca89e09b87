/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a vCPU's TD VMCS begins with (TD running 2.1 to 2.3).
 */

#include "../../x86-defs/ept.h"
#include "../../x86-defs/vmx-controls-list.h"
#include "../../x86-defs/msr-bits.h"
#include "../sys/platform.h"
#include "../td/guest-cpuid.h"
#include "vmcs-init.h"

/* Bits that a control has to have on some processors: the low half of an MSR */
#define PIN_FIXED1   0xffffff16u
#define PROC_FIXED1  0x04046173u
#define EXIT_FIXED1  0x00036dfbu
#define ENTRY_FIXED1 0xff8011fbu

#define VECTOR_MC 18
#define CR0_INIT  (TDX_CR0_PE | TDX_CR0_NE)
#define CR4_INIT  (TDX_CR4_MCE | TDX_CR4_VMXE)
#define EFER_INIT (TDX_EFER_SCE | TDX_EFER_LME | TDX_EFER_NXE)
#define PAT_INIT  0x0007040600070406ULL
#define DR7_INIT  0x400
#define RIP_INIT  0xfffffff0
#define RFLAGS_INIT 2

/* CR4 bits that are the module's in each TD: no such feature there */
#define CR4_OWNED (TDX_CR4_MCE | TDX_CR4_VMXE | TDX_CR4_SMXE | 1ULL << 15 | \
                   1ULL << 26 | 7ULL << 29 | ~0x1ffffffffULL)

#define VMCS_NO_ADDRESS UINT64_MAX

/* More HKIDs than that do not fit into a VPID, with the VM in its low bits */
#define VPID_HKIDS    4096
#define VPID_VM_SHIFT 2

/* All counters; the fixed counter 0 alone */
#define PERF_GLOBAL_ALL   0xffULL
#define PERF_GLOBAL_FIXED (1ULL << 32)

static uint32_t fixed1(const TdxModule *m, uint32_t msr, uint32_t mask)
{
    return tdx_common_msr(m, msr) & mask;
}

static bool has_attr(const TdxTdcs *tdcs, uint64_t attribute)
{
    return tdcs->attributes & attribute;
}

uint64_t tdx_vp_cr4_unsupported(const TdxTdcs *tdcs)
{
    uint64_t cr4 = TDX_CR4_KL;

    if (!(tdcs->xfam & TDX_XFAM_PKRU)) {
        cr4 |= TDX_CR4_PKE;
    }
    if ((tdcs->xfam & TDX_XFAM_CET) != TDX_XFAM_CET) {
        cr4 |= TDX_CR4_CET;
    }
    if (!(tdcs->xfam & TDX_XFAM_UINTR)) {
        cr4 |= TDX_CR4_UINTR;
    }
    if (!has_attr(tdcs, TDX_ATTR_PKS)) {
        cr4 |= TDX_CR4_PKS;
    }
    if (!has_attr(tdcs, TDX_ATTR_LASS)) {
        cr4 |= TDX_CR4_LASS;
    }
    return cr4;
}

/* Does the guest's SPEC_CTRL differ from the processor's? */
static bool hides_ddpd(const TdxModule *m, const TdxTdcs *tdcs)
{
    const uint32_t *native = tdx_native_cpuid(m, X86_CPUID_FEATURES, 2);

    return native[TDX_CPUID_EDX] & X86_CPUID_7_2_EDX_DDPD &&
           !tdx_td_flag(tdcs, TDX_FLAG_DDPD);
}

uint32_t tdx_vp_proc_controls(const TdxModule *m, const TdxTdcs *tdcs)
{
    uint32_t controls =
        X86_VMX_PROC_TSC_OFFSETTING | X86_VMX_PROC_HLT_EXITING |
        X86_VMX_PROC_TERTIARY | X86_VMX_PROC_TPR_SHADOW |
        X86_VMX_PROC_UNCOND_IO_EXITING | X86_VMX_PROC_MSR_BITMAPS |
        X86_VMX_PROC_SECONDARY;

    if (!tdx_td_flag(tdcs, TDX_FLAG_MONITOR)) {
        controls |= X86_VMX_PROC_MWAIT_EXITING | X86_VMX_PROC_MONITOR_EXITING;
    }
    if (!has_attr(tdcs, TDX_ATTR_PERFMON)) {
        controls |= X86_VMX_PROC_RDPMC_EXITING;
    }
    return controls | fixed1(m, X86_MSR_VMX_TRUE_PROCBASED_CTLS, PROC_FIXED1);
}

static uint32_t proc2_controls(const TdxModule *m, const TdxTdcs *tdcs)
{
    uint32_t allowed = tdx_common_msr(m, X86_MSR_VMX_PROCBASED_CTLS2) >> 32;
    uint32_t controls =
        X86_VMX_PROC2_EPT | X86_VMX_PROC2_RDTSCP | X86_VMX_PROC2_X2APIC_MODE |
        X86_VMX_PROC2_VPID | X86_VMX_PROC2_WBINVD_EXITING |
        X86_VMX_PROC2_UNRESTRICTED_GUEST | X86_VMX_PROC2_APIC_REGISTER_VIRT |
        X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY | X86_VMX_PROC2_INVPCID |
        X86_VMX_PROC2_VM_FUNCTIONS | X86_VMX_PROC2_ENCLS_EXITING |
        X86_VMX_PROC2_EPT_VIOLATION_VE | X86_VMX_PROC2_CONCEAL_FROM_PT |
        X86_VMX_PROC2_XSAVES | X86_VMX_PROC2_PASID_TRANSLATION |
        X86_VMX_PROC2_PT_GUEST_PHYSICAL | X86_VMX_PROC2_TSC_SCALING |
        (allowed & X86_VMX_PROC2_ENCLV_EXITING);

    if (tdx_td_flag(tdcs, TDX_FLAG_WAITPKG)) {
        controls |= X86_VMX_PROC2_USER_WAIT_PAUSE;
    }
    if (tdx_td_flag(tdcs, TDX_FLAG_PCONFIG)) {
        controls |= X86_VMX_PROC2_PCONFIG;
    }
    return controls;
}

static uint32_t exit_controls(const TdxModule *m, const TdxTdcs *tdcs)
{
    uint32_t controls =
        X86_VMX_EXIT_SAVE_DEBUG | X86_VMX_EXIT_HOST_64 |
        X86_VMX_EXIT_LOAD_PERF_GLOBAL | X86_VMX_EXIT_ACK_INTERRUPT |
        X86_VMX_EXIT_SAVE_PAT | X86_VMX_EXIT_LOAD_PAT |
        X86_VMX_EXIT_SAVE_EFER | X86_VMX_EXIT_LOAD_EFER |
        X86_VMX_EXIT_CONCEAL_FROM_PT | X86_VMX_EXIT_CLEAR_RTIT_CTL |
        X86_VMX_EXIT_CLEAR_LBR_CTL | X86_VMX_EXIT_CLEAR_UINV |
        X86_VMX_EXIT_LOAD_CET;

    if (has_attr(tdcs, TDX_ATTR_PERFMON | TDX_ATTR_DEBUG)) {
        controls |= X86_VMX_EXIT_SAVE_PERF_GLOBAL;
    }
    return controls | fixed1(m, X86_MSR_VMX_TRUE_EXIT_CTLS, EXIT_FIXED1);
}

static uint32_t entry_controls(const TdxModule *m, const TdxTdcs *tdcs)
{
    uint32_t controls =
        X86_VMX_ENTRY_LOAD_DEBUG | X86_VMX_ENTRY_LOAD_PERF_GLOBAL |
        X86_VMX_ENTRY_LOAD_PAT | X86_VMX_ENTRY_LOAD_EFER |
        X86_VMX_ENTRY_CONCEAL_FROM_PT | X86_VMX_ENTRY_LOAD_RTIT_CTL |
        X86_VMX_ENTRY_LOAD_UINV | X86_VMX_ENTRY_LOAD_CET |
        X86_VMX_ENTRY_LOAD_LBR_CTL;

    if (has_attr(tdcs, TDX_ATTR_PKS | TDX_ATTR_DEBUG)) {
        controls |= X86_VMX_ENTRY_LOAD_PKRS;
    }
    return controls | fixed1(m, X86_MSR_VMX_TRUE_ENTRY_CTLS, ENTRY_FIXED1);
}

static void init_controls(X86Vmcs *v, const TdxModule *m, const TdxTdcs *tdcs)
{
    v->pin_controls = X86_VMX_PIN_EXT_INTR_EXITING |
                      X86_VMX_PIN_NMI_EXITING | X86_VMX_PIN_VIRTUAL_NMIS |
                      fixed1(m, X86_MSR_VMX_TRUE_PINBASED_CTLS, PIN_FIXED1);
    v->proc_controls = tdx_vp_proc_controls(m, tdcs);
    v->proc2_controls = proc2_controls(m, tdcs);
    v->proc3_controls =
        (tdcs->config_flags & TDX_CONFIG_GPAW ? X86_VMX_PROC3_GPAW : 0) |
        (hides_ddpd(m, tdcs) ? X86_VMX_PROC3_VIRTUAL_SPEC_CTRL : 0);
    v->exit_controls = exit_controls(m, tdcs);
    v->entry_controls = entry_controls(m, tdcs);
    v->exception_bitmap = 1u << VECTOR_MC;
    v->encls_exit_bitmap = UINT64_MAX;
    v->enclv_exit_bitmap = UINT64_MAX;
    v->pconfig_exit_bitmap = UINT64_MAX;
    v->tsc_offset = tdcs->tsc_offset;
    v->tsc_multiplier = tdcs->tsc_multiplier;
}

static void init_cr_masks(X86Vmcs *v, const TdxModule *m, const TdxTdcs *tdcs)
{
    uint64_t fixed0 = tdx_common_msr(m, X86_MSR_VMX_CR0_FIXED0);
    uint64_t fixed1 = tdx_common_msr(m, X86_MSR_VMX_CR0_FIXED1);

    v->cr0_mask = ((fixed0 | ~fixed1) & ~TDX_CR0_PG) | TDX_CR0_PE |
                  TDX_CR0_NE | TDX_CR0_NW | TDX_CR0_CD | TDX_CR0_RESERVED |
                  ~(uint64_t)UINT32_MAX;
    v->cr0_shadow = fixed0 | TDX_CR0_PE | TDX_CR0_NE;

    fixed0 = tdx_common_msr(m, X86_MSR_VMX_CR4_FIXED0);
    fixed1 = tdx_common_msr(m, X86_MSR_VMX_CR4_FIXED1);
    v->cr4_mask = fixed0 | ~fixed1 | CR4_OWNED | tdx_vp_cr4_unsupported(tdcs);
    v->cr4_shadow = (fixed0 & ~TDX_CR4_VMXE) | TDX_CR4_MCE;
}

/* HPA of one of the TD's or vCPU's pages, with its HKID as the processor has */
static void init_addresses(X86Vmcs *v, const TdxVpRef *vp, const TdxTdRef *td)
{
    const TdxTdr *tdr = td->tdr;
    const TdxModule *m = td->m;
    uint64_t zero_page = tdx_with_hkid(m, tdr->tdcx[TDX_TDCS_NO_SHARED_EPT],
                                       tdr->hkid);

    v->io_bitmap_a = VMCS_NO_ADDRESS;
    v->io_bitmap_b = VMCS_NO_ADDRESS;
    v->msr_bitmap = tdx_with_hkid(m, tdr->tdcx[TDX_TDCS_MSR_BITMAPS],
                                  tdr->hkid);
    v->exit_msr_store_addr = VMCS_NO_ADDRESS;
    v->exit_msr_load_addr = VMCS_NO_ADDRESS;
    v->entry_msr_load_addr = VMCS_NO_ADDRESS;
    v->executive_vmcs = VMCS_NO_ADDRESS;
    v->pml_addr = VMCS_NO_ADDRESS;
    v->virtual_apic_addr = tdx_with_hkid(m, vp->tdvps->page[TDX_TDVPS_VAPIC],
                                         tdr->hkid);
    v->apic_access_addr = VMCS_NO_ADDRESS;
    v->posted_intr_desc_addr = TDX_PI_DESC_ADDR_NONE;
    v->posted_intr_vector = TDX_PI_VECTOR_NONE;
    v->ept_pointer = tdx_without_hkid(m, td->tdcs->eptp);
    v->eptp_list_addr = VMCS_NO_ADDRESS;
    v->vmread_bitmap = VMCS_NO_ADDRESS;
    v->vmwrite_bitmap = VMCS_NO_ADDRESS;
    v->ve_info_addr = tdx_with_hkid(m, vp->hpa, tdr->hkid);
    v->low_pasid_directory = zero_page;
    v->high_pasid_directory = zero_page;
    v->shared_ept_pointer = zero_page;
    v->vmcs_link_pointer = X86_VMCS_NO_LINK;
    v->guest_pdpte0 = VMCS_NO_ADDRESS;
    v->guest_pdpte1 = VMCS_NO_ADDRESS;
    v->guest_pdpte2 = VMCS_NO_ADDRESS;
    v->guest_pdpte3 = VMCS_NO_ADDRESS;
    v->td_hkid = tdr->hkid;
    v->vpid = tdr->hkid < VPID_HKIDS ? tdr->hkid << VPID_VM_SHIFT : 0;
}

/* Flat 32-bit segments, as protected mode begins */
static void init_segments(X86Vmcs *v)
{
    static const X86VmcsSegment code = { 0, UINT32_MAX, 0xc09b, 0 };
    static const X86VmcsSegment data = { 0, UINT32_MAX, 0xc093, 0 };
    static const X86VmcsSegment ldtr = { 0, UINT16_MAX, 0x10082, 0 };
    static const X86VmcsSegment tr = { 0, UINT16_MAX, 0x8b, 0 };

    x86_vmcs_set_segment(v, X86_VMCS_CS, code);
    x86_vmcs_set_segment(v, X86_VMCS_DS, data);
    x86_vmcs_set_segment(v, X86_VMCS_ES, data);
    x86_vmcs_set_segment(v, X86_VMCS_FS, data);
    x86_vmcs_set_segment(v, X86_VMCS_GS, data);
    x86_vmcs_set_segment(v, X86_VMCS_SS, data);
    x86_vmcs_set_segment(v, X86_VMCS_LDTR, ldtr);
    x86_vmcs_set_segment(v, X86_VMCS_TR, tr);
    v->guest_gdtr_limit = UINT16_MAX;
}

void tdx_vp_vmcs_init(X86Vmcs *v, const TdxVpRef *vp, const TdxTdRef *td)
{
    v->revision = X86_VMCS_REVISION;
    v->launch_state = X86_VMCS_LAUNCH_CLEAR;
    init_controls(v, td->m, td->tdcs);
    init_cr_masks(v, td->m, td->tdcs);
    init_addresses(v, vp, td);
    init_segments(v);
    v->guest_cr0 = CR0_INIT;
    v->guest_cr4 = CR4_INIT;
    v->guest_efer = EFER_INIT;
    v->guest_pat = PAT_INIT;
    v->guest_dr7 = DR7_INIT;
    v->guest_rip = RIP_INIT;
    v->guest_rflags = RFLAGS_INIT;
    v->guest_perf_global_ctrl = has_attr(td->tdcs, TDX_ATTR_PERFMON)
                                ? PERF_GLOBAL_ALL : PERF_GLOBAL_FIXED;
}

void tdx_vp_update_lma(X86Vmcs *v)
{
    bool lma = v->guest_efer & TDX_EFER_LME && v->guest_cr0 & TDX_CR0_PG;

    v->guest_efer = (v->guest_efer & ~TDX_EFER_LMA) |
                    (lma ? TDX_EFER_LMA : 0);
    v->entry_controls = (v->entry_controls & ~X86_VMX_ENTRY_IA32E_GUEST) |
                        (lma ? X86_VMX_ENTRY_IA32E_GUEST : 0);
}
