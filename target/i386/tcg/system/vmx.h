/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What TCG's instruction helpers ask about VMX operation and SEAM.
 */

#ifndef TARGET_I386_TCG_SYSTEM_VMX_H
#define TARGET_I386_TCG_SYSTEM_VMX_H

#include "cpu.h"

/** x86_vmx_root: is the CPU in VMX root operation, and not in SMM? */
bool x86_vmx_root(CPUX86State *env);

/**
 * x86_vmx_check_cr: raise #GP(0) if writing @val to CR0 or CR4 (@reg) would
 * change a bit that VMX operation fixes.  @ra: as for other exceptions.
 */
void x86_vmx_check_cr(CPUX86State *env, int reg, uint64_t val, uintptr_t ra);

/**
 * x86_cr_reserved_fault: a reserved bit of CR3 or CR4 is being set: #GP(0),
 * or what stock QEMU does where an SVM guest runs.
 */
G_NORETURN void x86_cr_reserved_fault(CPUX86State *env, uintptr_t ra);

/**
 * x86_seam_rdmsr_insn, x86_seam_wrmsr_insn: execute RDMSR or WRMSR if the
 * MSR is one of a CPU with SEAM; false if a stock CPU's way is to be taken.
 * May raise #GP(0).
 */
bool x86_seam_rdmsr_insn(CPUX86State *env, uintptr_t ra);
bool x86_seam_wrmsr_insn(CPUX86State *env, uintptr_t ra);

#endif /* TARGET_I386_TCG_SYSTEM_VMX_H */
