/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the bare-metal guests that are TDX hosts share: the module brought up
 * on all processors, with one TDMR, and SEAMCALLs with all registers.
 *
 * The machine must have 4 GiB: RAM is [0, 2 GiB) and [4 GiB, 6 GiB).
 */

#ifndef SEAM_HOST_H
#define SEAM_HOST_H

#include "seam-guest.h"

#define HOST_MAX_CPUS 8
/* The TDMR; its PAMT lies behind it */
#define HOST_TDMR  (4ull << 30)
#ifndef HOST_SIZE
#define HOST_SIZE  (1ull << 30)
#endif
#define HOST_RANGE (2ull << 20)
#define HOST_HKIDS 2 /* the module has the first, TDs the others */

#define OP_RCX 1

/* All registers but RSP */
struct seam_regs {
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

/* SEAMCALL on any processor; returns false for VMfailInvalid. */
bool seamcall_regs(struct seam_regs *regs);

/* SEAMCALL with these operands; returns RAX, all ones for VMfailInvalid. */
uint64_t host_call(uint64_t leaf, uint64_t rcx, uint64_t rdx, uint64_t r8);

/*
 * Run @fn on @cpus processors, this one included, with the module ready and
 * Dynamic PAMT enabled; @fn gets a number from 0 on. Returns when all have
 * returned; false: the module did not come up.
 */
bool host_run(uint32_t cpus, void (*fn)(uint32_t cpu));

/*
 * TDMRs, keys and the PAMT, with Dynamic PAMT; host_run() does that.  Keys are
 * configured for the package of this processor.
 */
void host_configure(void);

/* All processors of host_run() wait here for the last one. */
void host_barrier(void);

/* The first KeyID that a TD may have */
uint64_t host_first_td_hkid(void);

#endif /* SEAM_HOST_H */
