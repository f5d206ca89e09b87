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

#define FIELD(id_, name_) .id = id_, .name = name_, .fields = 1, .elems = 1
#define ACCESS(get_, rd, wr) .get = get_, .host_rd = rd, .host_wr = wr
/* The host can change all that it sees */
#define WRITABLE(get_, bits) ACCESS(get_, bits, bits)

#define PI_DESC_WRITABLE     (~0x3fULL)
#define SHARED_EPTP_WRITABLE 0x000ffffffffff000ULL
/* Secondary controls of the host: bus-lock detection, notification exits */
#define SECONDARY_WRITABLE   0xc0000000ULL

/* Only the owner of a TD that is debugged might see these */
#define GUEST_STATE(id_, name_, n) \
    .id = id_, .name = name_, .fields = n, .elems = 1

static const TdxField rows[] = {
    { FIELD(VP_FIELD_PI_VECTOR, "POSTED_INTERRUPT_NOTIFICATION_VECTOR"),
      WRITABLE(get_pi_vector, UINT16_MAX) },
    { GUEST_STATE(0x0024000100000800, "GUEST_SELECTORS", 8) },
    { FIELD(VP_FIELD_PI_DESC_ADDR, "POSTED_INTERRUPT_DESCRIPTOR_ADDRESS"),
      ACCESS(get_pi_desc_addr, UINT64_MAX, PI_DESC_WRITABLE) },
    { FIELD(VP_FIELD_SHARED_EPTP, "SHARED_EPT_POINTER"),
      WRITABLE(get_shared_eptp, SHARED_EPTP_WRITABLE) },
    { FIELD(VP_FIELD_PIN_CONTROLS, "PIN_BASED_EXEC_CONTROLS"),
      WRITABLE(get_pin_controls, TDX_PIN_POSTED_INTERRUPTS) },
    { FIELD(VP_FIELD_SECONDARY, "SECONDARY_EXEC_CONTROLS"),
      WRITABLE(get_secondary_controls, SECONDARY_WRITABLE) },
    { FIELD(VP_FIELD_NOTIFY_WINDOW, "NOTIFY_WINDOW"),
      WRITABLE(get_notify_window, UINT32_MAX) },
    { GUEST_STATE(0x0024000300006800, "GUEST_CR0_CR3_CR4", 3) },
    { GUEST_STATE(0x0024000300006806, "GUEST_SEGMENT_BASES", 8) },
    { GUEST_STATE(0x002400030000681a, "GUEST_DR7_RSP_RIP_RFLAGS", 4) },
    { GUEST_STATE(0x1020000300000000, "GUEST_GPRS", 16) },
    { FIELD(0x9120000300000100, "VCPU_STATE_DETAILS"),
      .host_rd = UINT64_MAX },
    { FIELD(VP_FIELD_PEND_NMI, "PEND_NMI"), WRITABLE(get_pend_nmi, UINT8_MAX) },
};

const TdxFieldTable tdx_vp_fields = {
    .row = rows,
    .rows = sizeof(rows) / sizeof(rows[0]),
};
