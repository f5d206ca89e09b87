/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * General-purpose registers in the order of their encoding, which is also
 * that of operand ids.
 */

#ifndef TDX_ABI_GPR_H
#define TDX_ABI_GPR_H

#include "../../x86-defs/vcpu-state.h"

typedef enum TdxGpr {
    TDX_RAX = X86_GPR_RAX,
    TDX_RCX = X86_GPR_RCX,
    TDX_RDX = X86_GPR_RDX,
    TDX_RBX = X86_GPR_RBX,
    TDX_RSP = X86_GPR_RSP,
    TDX_RBP = X86_GPR_RBP,
    TDX_RSI = X86_GPR_RSI,
    TDX_RDI = X86_GPR_RDI,
    TDX_R8 = X86_GPR_R8,
    TDX_R9 = X86_GPR_R9,
    TDX_R10 = X86_GPR_R10,
    TDX_R11 = X86_GPR_R11,
    TDX_R12 = X86_GPR_R12,
    TDX_R13 = X86_GPR_R13,
    TDX_R14 = X86_GPR_R14,
    TDX_R15 = X86_GPR_R15,
    TDX_NUM_GPRS = X86_GPRS
} TdxGpr;

#endif /* TDX_ABI_GPR_H */
