/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every metadata field of vCPU scope (TD life cycle 5.5; TD running 2, 6, 7;
 * TDCALL 5.2).
 */

#include "../../x86-defs/vmx-controls-list.h"
#include "../vp/msr-image.h"
#include "../vp/run.h"
#include "../vp/vmcs-field.h"
#include "../vp/vmcs-init.h"
#include "td-fields.h"

#define GET(name, path) \
    static uint64_t get_##name(const void *scope, unsigned index) \
    { \
        const TdxVpRef *vp = scope; \
        return vp->tdvps->path; \
    }
#define GET_ATOMIC(path) \
    static uint64_t get_##path(const void *scope, unsigned index) \
    { \
        const TdxVpRef *vp = scope; \
        return __atomic_load_n(&vp->tdvps->path, __ATOMIC_SEQ_CST); \
    }

GET_ATOMIC(pend_nmi)
GET_ATOMIC(index)
GET_ATOMIC(num_pages)
GET_ATOMIC(assoc_lpid)
GET_ATOMIC(vcpu_epoch)
GET_ATOMIC(state)
GET(last_td_exit, last_td_exit)
GET(exit_tsc, exit_tsc)
GET(state_details, state_details)
GET(cpuid_supervisor_ve, cpuid_supervisor_ve)
GET(cpuid_user_ve, cpuid_user_ve)
GET(cpuid_control, cpuid_control[index % TDX_NUM_CPUID_CONTROL])
GET(l2_ctls, l2_ctls[index % TDX_MAX_VMS])
GET(tsc_deadline, tsc_deadline[index % TDX_MAX_VMS])
GET(gpr, guest.gpr[index % TDX_NUM_GPRS])
GET(dr, guest.dr[index % 4])
GET(dr6, guest.dr6)
GET(xcr0, guest.xcr0)
GET(cr2, guest.cr2)
GET(ve_reason, ve_info.exit_reason)
GET(ve_valid, ve_info.valid)
GET(ve_qualification, ve_info.exit_qualification)
GET(ve_gla, ve_info.gla)
GET(ve_gpa, ve_info.gpa)
GET(ve_eptp_index, ve_info.eptp_index)
GET(ve_insn_len, ve_info.insn_len)
GET(ve_insn_info, ve_info.insn_info)
GET(ve_category, ve_info.category)
GET(ve_interruptibility, ve_info.interruptibility)

static uint64_t get_page_pa(const void *scope, unsigned index)
{
    const TdxVpRef *vp = scope;

    return index < vp->tdvps->num_pages
           ? tdx_with_hkid(vp->m, vp->tdvps->page[index],
                           vp->td->tdr->hkid) : 0;
}

static uint64_t get_vmcs(const void *scope, uint32_t code)
{
    const TdxVpRef *vp = scope;
    uint64_t value = 0;

    tdx_vmcs_read(vp->vmcs, code, &value);
    return value;
}

static uint64_t get_msr(const void *scope, uint32_t code)
{
    const TdxVpRef *vp = scope;
    const uint64_t *image = tdx_vp_msr_image(vp->tdvps,
                                             tdx_vp_msr_of_code(code));

    return image ? *image : 0;
}

/* Virtual-APIC page and extended state, by words */
static uint64_t get_word(const TdxVpRef *vp, unsigned page, unsigned index)
{
    const unsigned per_page = TDX_PAGE_4K / sizeof(uint64_t);
    const uint64_t *words = tdx_td_private(vp->m, vp->td->tdr,
                                       vp->tdvps->page[page +
                                                       index / per_page],
                                       TDX_PAGE_4K);

    if (!words) {
        tdx_td_no_content(vp->m, vp->td->tdr, "a TDVPS page has no memory");
        return 0;
    }
    return words[index % per_page];
}

static uint64_t get_vapic(const void *scope, unsigned index)
{
    return get_word(scope, TDX_TDVPS_VAPIC, index);
}

static uint64_t get_xsave(const void *scope, unsigned index)
{
    return get_word(scope, TDX_TDVPS_XSAVE, index);
}

/* By VM, of which only the TD itself has ever run */
#define GET_VM0(name, value) \
    static uint64_t get_##name(const void *scope, unsigned index) \
    { \
        const TdxVpRef *vp = scope; \
        return index || !vp->vmcs ? 0 : (value); \
    }

/* What an L2 VM would get of these unless the TD asked for more */
GET_VM0(base_cr0_mask, vp->vmcs->cr0_mask & ~(uint64_t)TDX_CR0_PE)
GET_VM0(base_cr0_shadow, TDX_CR0_NE)
GET_VM0(base_cr4_shadow, vp->vmcs->cr4_shadow | TDX_CR4_VMXE)
GET_VM0(cr0_mask, vp->vmcs->cr0_mask)
GET_VM0(cr0_shadow, vp->vmcs->cr0_shadow)
GET_VM0(cr4_mask, vp->vmcs->cr4_mask)
GET_VM0(cr4_shadow, vp->vmcs->cr4_shadow)
GET_VM0(pin_controls, vp->vmcs->pin_controls)
/* as it would be if the TD's CPUID had everything */
GET_VM0(proc2_controls,
        vp->vmcs->proc2_controls | X86_VMX_PROC2_USER_WAIT_PAUSE)
GET_VM0(no_address, UINT64_MAX)
GET_VM0(no_vector, UINT16_MAX)
GET_VM0(true, true)

GET(epf_stepping, epf_count)
GET(hp_lock_busy, hp_lock_busy)
GET(hp_lock_busy_start, hp_lock_busy_start)

static uint64_t get_gpr_from_rbp(const void *scope, unsigned index)
{
    return get_gpr(scope, index + TDX_RBP);
}

#define TDX_XSAVE_WORDS (TDX_XSAVE_SIZE / sizeof(uint64_t))
#define L2_CTLS_WRITABLE       0x3
#define CPUID_CONTROL_WRITABLE 0x3

#define FIELDS(id_, name_, n, get_) \
    .id = id_, .name = name_, .fields = n, .elems = 1, .get = get_
#define FIELD(id_, name_, get_) FIELDS(id_, name_, 1, get_)
#define PER_VM(id_, name_, get_) FIELDS(id_, name_, TDX_MAX_VMS, get_)

#define HOST        .host_rd = UINT64_MAX
#define DEBUG       .debug_rd = UINT64_MAX
#define DEBUG_WRITE .debug_rd = UINT64_MAX, .debug_wr = UINT64_MAX
#define GUEST       .guest_rd = UINT64_MAX
#define GUEST_WRITE .guest_rd = UINT64_MAX, .guest_wr = UINT64_MAX

static const TdxField rows[] = {
    /* The VMCS */
#define VMCS_ID(encoding) \
    (0x0024000000000000ULL | (encoding) | \
     ((encoding) >> 13 == X86_VMCS_WIDTH_16 ? 1ULL << 32 : \
      (encoding) >> 13 == X86_VMCS_WIDTH_32 ? 2ULL << 32 : 3ULL << 32))
#define TDX_VMCS_ACCESS(name_, rd, wr, drd, dwr) \
    { .id = VMCS_ID(X86_VMCS_##name_), .name = #name_, .fields = 1, \
      .elems = 1, .by_code = get_vmcs, .host_rd = rd, .host_wr = wr, \
      .debug_rd = drd, .debug_wr = dwr },
#include "vmcs-access-list.h"
    { FIELDS(0x0120000300000000, "VAPIC", 512, get_vapic), DEBUG },
    { FIELD(0x0220000200000000, "VE_EXIT_REASON", get_ve_reason), DEBUG },
    { FIELD(0x0220000200000001, "VE_VALID", get_ve_valid), DEBUG },
    { FIELD(0x0220000300000002, "VE_EXIT_QUALIFICATION",
            get_ve_qualification), DEBUG },
    { FIELD(0x0220000300000003, "VE_GLA", get_ve_gla), DEBUG },
    { FIELD(0x0220000300000004, "VE_GPA", get_ve_gpa), DEBUG },
    { FIELD(0x0220000100000005, "VE_EPTP_INDEX", get_ve_eptp_index), DEBUG },
    { FIELD(0x8220000200000010, "VE_INSTRUCTION_LENGTH", get_ve_insn_len),
      DEBUG },
    { FIELD(0x8220000200000011, "VE_INSTRUCTION_INFO", get_ve_insn_info),
      DEBUG },
    { FIELD(0x8220000000000013, "VE_CATEGORY", get_ve_category), DEBUG,
      CAME_WITH(VE_REDUCTION) },
    { FIELD(0x8220000200000014, "VE_INTERRUPTIBILITY",
            get_ve_interruptibility), DEBUG,
      CAME_WITH(VE_INFO_INTR_STATE) },
    /* Registers; RSP is in the VMCS */
    { FIELDS(0x1020000300000000, "GUEST_GPRS", TDX_RSP, get_gpr),
      DEBUG_WRITE },
    { FIELD(0x1020000300000004, "GUEST_RSP", get_gpr) },
    { .id = 0x1020000300000005, .name = "GUEST_GPRS_FROM_RBP",
      .fields = TDX_NUM_GPRS - TDX_RBP, .elems = 1, .get = get_gpr_from_rbp,
      DEBUG_WRITE },
    { FIELDS(VP_FIELD_DR0, "GUEST_DR0_TO_DR3", 4, get_dr),
      DEBUG_WRITE },
    { FIELD(VP_FIELD_DR6, "GUEST_DR6", get_dr6), DEBUG,
      .debug_wr = UINT32_MAX },
    { FIELD(0x1120000300000020, "GUEST_XCR0", get_xcr0), DEBUG },
    { FIELD(VP_FIELD_CR2, "GUEST_CR2", get_cr2), DEBUG_WRITE },
    { FIELD(0x9120000300000100, "VCPU_STATE_DETAILS", get_state_details),
      HOST, GUEST },
    { FIELDS(0x1220000300000000, "GUEST_XSAVE", TDX_XSAVE_WORDS, get_xsave),
      DEBUG },
#define TDX_MSR_IMAGE(msr, n, wr) \
    { .id = 0x1320000300000000 | VP_MSR_CODE(msr), .name = "MSR_" #msr, \
      .fields = n, .elems = 1, .by_code = get_msr, DEBUG, .debug_wr = wr },
#include "../vp/msr-image-list.h"
    /* Management */
    { FIELD(0xa020000000000000, "VCPU_STATE", get_state), DEBUG },
    { FIELD(0xa020000200000002, "VCPU_INDEX", get_index), HOST, GUEST },
    { FIELD(0xa020000000000003, "NUM_TDVPS_PAGES", get_num_pages), HOST },
    { FIELD(0xa020000200000004, "ASSOC_LPID", get_assoc_lpid), HOST },
    { FIELD(0xa020000300000006, "VCPU_EPOCH", get_vcpu_epoch), HOST },
    { FIELD(0xa020000000000007, "CPUID_SUPERVISOR_VE",
            get_cpuid_supervisor_ve), HOST, GUEST, .guest_wr = UINT8_MAX },
    { FIELD(0xa020000000000008, "CPUID_USER_VE", get_cpuid_user_ve),
      HOST, GUEST, .guest_wr = UINT8_MAX },
    { FIELD(0xa02000030000000a, "LAST_EXIT_TSC", get_exit_tsc), DEBUG },
    { FIELD(VP_FIELD_PEND_NMI, "PEND_NMI", get_pend_nmi), HOST,
      .host_wr = UINT8_MAX },
    { FIELD(0xa02000000000000d, "LAST_EPF_GPA_LIST_IDX", NULL), DEBUG },
    { FIELD(0xa02000000000000e, "POSSIBLY_EPF_STEPPING", get_epf_stepping),
      DEBUG },
    { FIELD(0xa02000000000000f, "LAST_TD_EXIT", get_last_td_exit), DEBUG },
    { FIELDS(0xa020000300000010, "TDVPS_PAGE_PA", TDX_MAX_TDVPS_PAGES,
             get_page_pa), HOST },
    { FIELD(0xa020000300000030, "HP_LOCK_BUSY_START",
            get_hp_lock_busy_start), DEBUG,
      CAME_WITH(HOST_PRIORITY_LOCKS) },
    { FIELD(0xa020000000000031, "HP_LOCK_BUSY", get_hp_lock_busy), DEBUG,
      CAME_WITH(HOST_PRIORITY_LOCKS) },
    { FIELD(0xa020000300000032, "LAST_SEAMDB_INDEX", get_true), DEBUG,
      CAME_WITH(TD_PRESERVING) },
    { FIELD(0xa020000000000040, "CURR_VM", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0xa020000100000041, "L2_EXIT_HOST_ROUTED", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0xa020000000000042, "L2_EXIT_PENDING", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000000000044, "VM_LAUNCHED", get_true), DEBUG },
    { PER_VM(0xa020000000000048, "LP_DEPENDENT_HPA_UPDATED", get_true),
      DEBUG },
    { PER_VM(0xa02000000000004c, "MODULE_DEPENDENT_HOST_STATE_UPDATED",
             get_true), DEBUG,
      CAME_WITH(TD_PRESERVING) },
    { FIELDS(0xa020000300000050, "L2_CTLS", TDX_MAX_VMS, get_l2_ctls),
      DEBUG,
      .guest_rd = UINT64_MAX, .guest_wr = L2_CTLS_WRITABLE,
      CAME_WITH(TD_PARTITIONING) },
    { FIELDS(0xa020000300000054, "L2_DEBUG_CTLS", TDX_MAX_VMS, NULL),
      DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELDS(0xa020000300000058, "TSC_DEADLINE", TDX_MAX_VMS,
             get_tsc_deadline), DEBUG, GUEST_WRITE,
      CAME_WITH(TD_PARTITIONING) },
    { FIELDS(0xa02000030000005c, "SHADOW_TSC_DEADLINE", TDX_MAX_VMS, NULL),
      DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0xa020000300000080, "BASE_L2_CR0_GUEST_HOST_MASK",
            get_base_cr0_mask), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0xa020000300000081, "BASE_L2_CR0_READ_SHADOW",
            get_base_cr0_shadow), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0xa020000300000082, "BASE_L2_CR4_GUEST_HOST_MASK",
            get_cr4_mask), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELD(0xa020000300000083, "BASE_L2_CR4_READ_SHADOW",
            get_base_cr4_shadow), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000084, "SHADOW_CR0_GUEST_HOST_MASK",
             get_cr0_mask), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000088, "SHADOW_CR0_READ_SHADOW",
             get_cr0_shadow), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa02000030000008c, "SHADOW_CR4_GUEST_HOST_MASK",
             get_cr4_mask), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000090, "SHADOW_CR4_READ_SHADOW",
             get_cr4_shadow), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000200000094, "SHADOW_NOTIFY_WINDOW", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000098, "SHADOW_PID_HPA", get_no_address), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa02000020000009c, "SHADOW_PINBASED_EXEC_CTLS",
             get_pin_controls), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa0200002000000a4, "SHADOW_PLE_GAP", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa0200002000000a8, "SHADOW_PLE_WINDOW", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa0200001000000ac, "SHADOW_POSTED_INTR_VECTOR",
             get_no_vector), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa0200002000000b0, "SHADOW_PROCBASED_EXEC_CTLS2",
             get_proc2_controls), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa0200003000000b4, "SHADOW_SHARED_EPTP", get_no_address),
      DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000100, "L2_ENTER_GUEST_STATE_GPA",
             get_no_address), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000104, "L2_ENTER_GUEST_STATE_HPA",
             get_no_address), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000108, "L2_MSR_BITMAPS_UPDATED", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa02000030000010c, "L2_SHADOW_MSR_BITMAPS", NULL), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000110, "L2_VAPIC_GPA", get_no_address), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { PER_VM(0xa020000300000114, "L2_VAPIC_HPA", get_no_address), DEBUG,
      CAME_WITH(TD_PARTITIONING) },
    { FIELDS(0xa120000000000000, "CPUID_CONTROL", TDX_NUM_CPUID_CONTROL,
             get_cpuid_control), DEBUG, .guest_rd = UINT8_MAX,
      .guest_wr = CPUID_CONTROL_WRITABLE,
      CAME_WITH(CPUID_VIRT_GUEST_CTRL) },
};

const TdxFieldTable tdx_vp_fields = {
    .row = rows,
    .rows = sizeof(rows) / sizeof(rows[0]),
};
