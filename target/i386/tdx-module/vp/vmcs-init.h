/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a vCPU's TD VMCS and registers begin with.
 */

#ifndef TDX_VP_VMCS_INIT_H
#define TDX_VP_VMCS_INIT_H

#include "vp.h"

/* Bits of MSRs that the module names */
#define TDX_SPEC_CTRL_DDPD_U (1ULL << 8)

/* Bits of CR0 and CR4 that the module names */
#define TDX_CR0_PE  (1ULL << 0)
#define TDX_CR0_NE  (1ULL << 5)
#define TDX_CR0_WP  (1ULL << 16)
#define TDX_CR0_NW  (1ULL << 29)
#define TDX_CR0_CD  (1ULL << 30)
#define TDX_CR0_PG  (1ULL << 31)
#define TDX_CR4_MCE   (1ULL << 6)
#define TDX_CR4_VMXE  (1ULL << 13)
#define TDX_CR4_SMXE  (1ULL << 14)
#define TDX_CR4_OSXSAVE (1ULL << 18)
#define TDX_CR4_KL    (1ULL << 19)
#define TDX_CR4_PKE   (1ULL << 22)
#define TDX_CR4_CET   (1ULL << 23)
#define TDX_CR4_PKS   (1ULL << 24)
#define TDX_CR4_UINTR (1ULL << 25)
#define TDX_CR4_LASS  (1ULL << 27)

/* CR0 bits that a guest cannot change nor read as anything else */
#define TDX_CR0_RESERVED 0x1ffaffc0ULL

/* EFER */
#define TDX_EFER_SCE (1ULL << 0)
#define TDX_EFER_LME (1ULL << 8)
#define TDX_EFER_LMA (1ULL << 10)
#define TDX_EFER_NXE (1ULL << 11)

/** tdx_vp_cr4_unsupported: CR4 bits whose feature the TD does not have */
uint64_t tdx_vp_cr4_unsupported(const TdxTdcs *tdcs);

/** tdx_vp_proc_controls: primary controls of a new vCPU */
uint32_t tdx_vp_proc_controls(const TdxModule *m, const TdxTdcs *tdcs);

/**
 * tdx_vp_vmcs_init: controls, addresses and guest state of a new vCPU
 * (TD running 2.1 to 2.3).  Its TDVPS page is zero.
 */
void tdx_vp_vmcs_init(X86Vmcs *vmcs, const TdxVpRef *vp, const TdxTdRef *td);

/** tdx_vp_update_lma: EFER.LMA, and the control of VM entry, by LME and PG */
void tdx_vp_update_lma(X86Vmcs *vmcs);

/** tdx_vp_state_init: all other registers; @c: TDH.VP.INIT on this LP */
TdxStatus tdx_vp_state_init(const TdxCall *c, TdxVpRef *vp, const TdxTdRef *td);

#endif /* TDX_VP_VMCS_INIT_H */
