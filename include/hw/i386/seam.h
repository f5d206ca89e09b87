/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The TDX module device as the CPU emulation and the monitor see it.
 */

#ifndef HW_I386_SEAM_H
#define HW_I386_SEAM_H

#include "cpu.h"

#define TYPE_TDX_MODULE "tdx-module"

/**
 * seam_seamcall: hand a SEAMCALL to whom RAX[63] selects: the TDX module or
 * the P-SEAMLDR.
 * @cpu: the calling processor; the architectural checks of the instruction
 *   itself have passed
 * @gpr: its general purpose registers in encoding order (env->regs)
 *
 * To be called without the BQL, from many vCPUs at once; while one of them is
 * in here no other thread may call for the same @cpu.
 * Returns false for VMfailInvalid: nobody is loaded, the module has stopped,
 * another processor is inside the P-SEAMLDR, or @cpu was not there when the
 * machine started.  No register has changed then.
 */
bool seam_seamcall(X86CPU *cpu, uint64_t *gpr);

/**
 * seam_partial_write: the calling processor, which has the partial write
 * erratum, is about to write [@hpa, @hpa + @len), within a page, past its
 * cache.
 * Returns whether to flush its TLB: the first poison of the page.  Others'
 * are flushed as soon as they come to it.
 */
bool seam_partial_write(uint64_t hpa, uint64_t len);

/**
 * seam_whole_write: the calling processor has written all of the line at @hpa,
 * past its cache.
 */
void seam_whole_write(uint64_t hpa);

/**
 * seam_find_poison: would a read of [@hpa, @hpa + @len), within a page, find
 * poison?  Any thread; false when @len is 0.
 * @line: its first byte; the first such line's
 */
bool seam_find_poison(uint64_t hpa, uint64_t len, uint64_t *line);

/**
 * seam_td_memory: what private KeyIDs see at [@hpa, @hpa + @len), within a
 * page, for the calling processor to read and write.
 * NULL when a line of it is lost, which a processor takes as a machine check,
 * or there is no memory.  Good until the next reset; may take the BQL.
 */
void *seam_td_memory(uint64_t hpa, uint64_t len);

/** seam_td_page_is_whole: no line of the private page around @hpa is lost */
bool seam_td_page_is_whole(uint64_t hpa);

#endif /* HW_I386_SEAM_H */
