/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a virtual CPU has that a VMCS does not hold.
 */

#ifndef X86_VCPU_STATE_H
#define X86_VCPU_STATE_H

#include <stdint.h>

/** X86Gpr: general-purpose registers, in the order of their encoding */
typedef enum X86Gpr {
    X86_GPR_RAX,
    X86_GPR_RCX,
    X86_GPR_RDX,
    X86_GPR_RBX,
    X86_GPR_RSP,
    X86_GPR_RBP,
    X86_GPR_RSI,
    X86_GPR_RDI,
    X86_GPR_R8,
    X86_GPR_R9,
    X86_GPR_R10,
    X86_GPR_R11,
    X86_GPR_R12,
    X86_GPR_R13,
    X86_GPR_R14,
    X86_GPR_R15,
    X86_GPRS
} X86Gpr;

/**
 * X86VcpuState: a vCPU's registers beside those in its VMCS.
 * @gpr: by X86Gpr; RSP is the VMCS's and the one here is not used
 * @dr: DR0 to DR3; DR7 is the VMCS's
 * @xcr0, @xss: as the guest has them
 * @xsave_mask: components of the area at @xsave: XCR0 | IA32_XSS
 * @xsave: extended state in the format of XSAVES; host memory that the
 *   owner of this structure owns as well, never a guest's address
 * @xsave_size: of the area in bytes
 */
typedef struct X86VcpuState {
    uint64_t gpr[X86_GPRS];
    uint64_t cr2;
    uint64_t dr[4];
    uint64_t dr6;
    uint64_t xcr0;
    uint64_t xss;
    uint64_t xfd;
    uint64_t xfd_err;
    uint64_t star;
    uint64_t lstar;
    uint64_t cstar;
    uint64_t fmask;
    uint64_t kernel_gs_base;
    uint64_t tsc_aux;
    uint64_t spec_ctrl;
    uint64_t umwait_control;
    uint64_t tsx_ctrl;
    uint64_t uarch_misc_ctl;
    uint64_t ds_area;
    uint64_t xsave_mask;
    void *xsave;
    uint32_t xsave_size;
} X86VcpuState;

#endif /* X86_VCPU_STATE_H */
