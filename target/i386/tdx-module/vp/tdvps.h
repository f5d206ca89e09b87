/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * State of a virtual processor: the TDVPR page and its children, accessed
 * with the TD's HKID.
 */

#ifndef TDX_VP_TDVPS_H
#define TDX_VP_TDVPS_H

#include "../td/tdcs.h"

#define TDX_ASSOC_NONE UINT32_MAX

/* Posted-interrupt fields that the host has not written yet */
#define TDX_PI_DESC_ADDR_NONE UINT64_MAX
#define TDX_PI_VECTOR_NONE    UINT16_MAX

/*
 * Pin-based controls of a new vCPU: external interrupts and NMIs exit, NMIs
 * are virtual, and the bits that are always one.
 */
#define TDX_PIN_CONTROLS 0x3f
/*
 * Secondary controls of a new vCPU: EPT, VPIDs and unrestricted guest, without
 * which there is no TD.
 */
#define TDX_SECONDARY_CONTROLS 0xa2
/* The host may turn posted interrupts on */
#define TDX_PIN_POSTED_INTERRUPTS 0x80

/*
 * First page of a vCPU, the TDVPR.  Writers hold the exclusive lock of the
 * page, except where "atomic" says that holders of the shared one write too.
 */
typedef struct TdxTdvps {
    uint32_t state;      /* TdxVcpuState; atomic */
    uint32_t assoc_lpid; /* LP, or TDX_ASSOC_NONE; atomic */
    uint32_t index;      /* order of TDH.VP.INIT in its TD */
    uint32_t x2apic_id;
    uint32_t num_pages;
    uint32_t pad;
    uint64_t vcpu_epoch; /* TD_EPOCH of the last entry; 0: none yet */
    uint64_t exit_tsc;   /* native TSC of the last exit, or TDH.VP.INIT */
    uint64_t page[TDX_MAX_TDVPS_PAGES]; /* HPAs; the first is the TDVPR */
    uint64_t initial_rcx; /* guest RCX and R8 at its first entry */

    /* What TDH.VP.WR lets the host set; atomic */
    uint64_t pend_nmi;
    uint64_t pi_desc_addr;
    uint64_t pi_vector;
    uint64_t pin_controls;
    uint64_t secondary_controls;
    uint64_t notify_window;
    uint64_t shared_eptp;
} TdxTdvps;

_Static_assert(sizeof(TdxTdvps) <= TDX_PAGE_4K, "fits its page");

#endif /* TDX_VP_TDVPS_H */
