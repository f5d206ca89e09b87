/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every metadata field of vCPU scope (TD life cycle 5.5).
 */

#include "td-fields.h"

#define GET_ATOMIC(path) \
    static uint64_t get_##path(const void *scope, unsigned index) \
    { \
        const TdxVpRef *vp = scope; \
        return __atomic_load_n(&vp->tdvps->path, __ATOMIC_SEQ_CST); \
    }

GET_ATOMIC(pi_vector)
GET_ATOMIC(pi_desc_addr)
GET_ATOMIC(shared_eptp)
GET_ATOMIC(pin_controls)
GET_ATOMIC(secondary_controls)
GET_ATOMIC(notify_window)
GET_ATOMIC(pend_nmi)
GET_ATOMIC(index)
GET_ATOMIC(num_pages)
GET_ATOMIC(assoc_lpid)
GET_ATOMIC(vcpu_epoch)

/* What each vCPU of a TD has from there */
#define GET_FROM_TD(name, path) \
    static uint64_t get_##name(const void *scope, unsigned index) \
    { \
        const TdxVpRef *vp = scope; \
        return vp->td->path; \
    }

GET_FROM_TD(tsc_offset, tdcs->tsc_offset)
GET_FROM_TD(tsc_multiplier, tdcs->tsc_multiplier)
GET_FROM_TD(eptp, tdcs->eptp)
GET_FROM_TD(hkid, tdr->hkid)

static uint64_t with_hkid(const TdxVpRef *vp, uint64_t hpa)
{
    return tdx_with_hkid(vp->m, hpa, vp->td->tdr->hkid);
}

static uint64_t get_msr_bitmaps(const void *scope, unsigned index)
{
    const TdxVpRef *vp = scope;

    return with_hkid(vp, vp->td->tdr->tdcx[TDX_TDCS_MSR_BITMAPS]);
}

static uint64_t get_page_pa(const void *scope, unsigned index)
{
    const TdxVpRef *vp = scope;

    return index < vp->tdvps->num_pages
           ? with_hkid(vp, vp->tdvps->page[index]) : 0;
}

#define FIELD(id_, name_) .id = id_, .name = name_, .fields = 1, .elems = 1
#define ACCESS(get_, rd, wr) .get = get_, .host_rd = rd, .host_wr = wr
/* The host can change all that it sees */
#define WRITABLE(get_, bits) ACCESS(get_, bits, bits)

#define PI_DESC_WRITABLE     (~0x3fULL)
#define SHARED_EPTP_WRITABLE 0x000ffffffffff000ULL
/* Secondary controls of the host: bus-lock detection, notification exits */
#define SECONDARY_WRITABLE   0xc0000000ULL

#define READABLE(get_) ACCESS(get_, UINT64_MAX, 0)
#define ARRAY(id_, name_, n) \
    .id = id_, .name = name_, .fields = n, .elems = 1

/* Only the owner of a TD that is debugged might see these */
#define HIDDEN(id_, name_, n) ARRAY(id_, name_, n)

static const TdxField rows[] = {
    /* The VMCS: by width, and by type in each of them */
    { HIDDEN(0x0024000100000000, "VPID", 1) },
    { FIELD(VP_FIELD_PI_VECTOR, "POSTED_INTERRUPT_NOTIFICATION_VECTOR"),
      WRITABLE(get_pi_vector, UINT16_MAX) },
    { HIDDEN(0x0024000100000004, "CONTROLS_16", 2) },
    { HIDDEN(0x0024000100000800, "GUEST_SELECTORS", 11) },
    { HIDDEN(0x0024000300002000, "CONTROLS_64", 2) },
    { FIELD(0x0024000300002004, "MSR_BITMAP_ADDRESS"),
      READABLE(get_msr_bitmaps) },
    { HIDDEN(0x0024000300002006, "MSR_LISTS", 4) },
    { FIELD(0x0024000300002010, "TSC_OFFSET"), READABLE(get_tsc_offset) },
    { HIDDEN(0x0024000300002012, "APIC_ADDRESSES", 2) },
    { FIELD(VP_FIELD_PI_DESC_ADDR, "POSTED_INTERRUPT_DESCRIPTOR_ADDRESS"),
      ACCESS(get_pi_desc_addr, UINT64_MAX, PI_DESC_WRITABLE) },
    { FIELD(0x002400030000201a, "EPTP"), READABLE(get_eptp) },
    { HIDDEN(0x002400030000201c, "EOI_EXIT_BITMAPS", 4) },
    { HIDDEN(0x0024000300002026, "BITMAPS_64", 5) },
    { FIELD(0x0024000300002032, "TSC_MULTIPLIER"),
      READABLE(get_tsc_multiplier) },
    { HIDDEN(0x0024000300002034, "TERTIARY_EXEC_CONTROLS", 4) },
    { FIELD(VP_FIELD_SHARED_EPTP, "SHARED_EPT_POINTER"),
      WRITABLE(get_shared_eptp, SHARED_EPTP_WRITABLE) },
    { HIDDEN(0x002400030000203e, "PCONFIG_HLAT", 2) },
    { HIDDEN(0x002400030000204a, "SPEC_CTRL", 2) },
    { HIDDEN(0x0024000300002400, "GUEST_PHYSICAL_ADDRESS", 1) },
    { HIDDEN(0x0024000300002800, "GUEST_STATE_64", 9) },
    { HIDDEN(0x0024000300002814, "GUEST_RTIT_LBR_PKRS", 3) },
    { FIELD(VP_FIELD_PIN_CONTROLS, "PIN_BASED_EXEC_CONTROLS"),
      WRITABLE(get_pin_controls, TDX_PIN_POSTED_INTERRUPTS) },
    { HIDDEN(0x0024000200004002, "CONTROLS_32", 14) },
    { FIELD(VP_FIELD_SECONDARY, "SECONDARY_EXEC_CONTROLS"),
      WRITABLE(get_secondary_controls, SECONDARY_WRITABLE) },
    { FIELD(VP_FIELD_NOTIFY_WINDOW, "NOTIFY_WINDOW"),
      WRITABLE(get_notify_window, UINT32_MAX) },
    { FIELD(0x0024000200004026, "TD_HKID"), READABLE(get_hkid) },
    { HIDDEN(0x0024000200004400, "EXIT_INFORMATION_32", 8) },
    { HIDDEN(0x0024000200004800, "GUEST_STATE_32", 22) },
    { HIDDEN(0x002400020000482e, "GUEST_PREEMPTION_TIMER", 1) },
    { HIDDEN(0x0024000300006000, "CR_MASKS_SHADOWS_TARGETS", 8) },
    { HIDDEN(0x0024000300006400, "EXIT_INFORMATION", 6) },
    { HIDDEN(0x0024000300006800, "GUEST_STATE", 23) },
    /* What is not in the VMCS */
    { HIDDEN(0x1020000300000000, "GUEST_GPRS", 16) },
    { HIDDEN(0x1120000300000000, "GUEST_DR0_TO_DR3", 4) },
    { HIDDEN(0x1120000300000006, "GUEST_DR6", 1) },
    { HIDDEN(0x1120000300000020, "GUEST_XCR0", 1) },
    { HIDDEN(0x1120000300000028, "GUEST_CR2", 1) },
    { FIELD(0x9120000300000100, "VCPU_STATE_DETAILS"),
      .host_rd = UINT64_MAX },
    { HIDDEN(0xa020000000000000, "VCPU_STATE", 1) },
    { FIELD(0xa020000200000002, "VCPU_INDEX"), READABLE(get_index) },
    { FIELD(0xa020000000000003, "NUM_TDVPS_PAGES"),
      READABLE(get_num_pages) },
    { FIELD(0xa020000200000004, "ASSOC_LPID"), READABLE(get_assoc_lpid) },
    { FIELD(0xa020000300000006, "VCPU_EPOCH"), READABLE(get_vcpu_epoch) },
    { FIELD(0xa020000000000007, "CPUID_SUPERVISOR_VE"),
      .host_rd = UINT64_MAX },
    { FIELD(0xa020000000000008, "CPUID_USER_VE"), .host_rd = UINT64_MAX },
    { HIDDEN(0xa02000030000000a, "LAST_EXIT_TSC", 1) },
    { FIELD(VP_FIELD_PEND_NMI, "PEND_NMI"), WRITABLE(get_pend_nmi, UINT8_MAX) },
    { ARRAY(0xa020000300000010, "TDVPS_PAGE_PA", TDX_MAX_TDVPS_PAGES),
      READABLE(get_page_pa) },
};

const TdxFieldTable tdx_vp_fields = {
    .row = rows,
    .rows = sizeof(rows) / sizeof(rows[0]),
};
