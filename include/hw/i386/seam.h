/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The TDX module device as the CPU emulation and the monitor see it.
 */

#ifndef HW_I386_SEAM_H
#define HW_I386_SEAM_H

#include "cpu.h"
#include "target/i386/tdx-module/include/module.h"

#define TYPE_TDX_MODULE "tdx-module"

/**
 * seam_seamcall: hand a SEAMCALL to whom RAX[63] selects: the TDX module or
 * the P-SEAMLDR.
 * @cpu: the calling processor; the architectural checks of the instruction
 *   itself have passed
 * @gpr: its general purpose registers in encoding order (env->regs)
 * @run: see tdx_module_seamcall(); NULL: this processor executes nothing
 *
 * To be called without the BQL, from many vCPUs at once; while one of them is
 * in here no other thread may call for the same @cpu.
 * Returns TDX_SEAMCALL_VMFAIL, with no register changed, when nobody is
 * loaded, the module has stopped, another processor is inside the P-SEAMLDR,
 * or @cpu was not there when the machine started.
 */
TdxSeamcall seam_seamcall(X86CPU *cpu, uint64_t *gpr, TdxTdRun *run);

/**
 * seam_td_exit: a VM exit of the TD that runs on @cpu, as for
 * tdx_module_td_exit().  With or without the BQL.
 */
TdxTdVerdict seam_td_exit(X86CPU *cpu, uint64_t *gpr);

/* --- what the TDX module asks of the CPU emulation: target/i386/tcg ------ */

/** x86_seam_save_vmm, x86_seam_load_vmm: vmm_save, vmm_load of a platform */
void x86_seam_save_vmm(X86CPU *cpu, TdxVmmState *vmm);
void x86_seam_load_vmm(X86CPU *cpu, const TdxVmmState *vmm);

/** x86_seam_store_td: store of a platform */
void x86_seam_store_td(X86CPU *cpu);

/** x86_seam_event_pending: event_pending of a platform */
bool x86_seam_event_pending(X86CPU *cpu);

/**
 * x86_seam_td_loaded: the state of @cpu and that of the module have been
 * loaded.  @run: the TD that the module says it runs; NULL: none
 * Returns whether @cpu agrees.
 */
bool x86_seam_td_loaded(X86CPU *cpu, const TdxTdRun *run);

/* A subsection of that of VMX */
extern const struct VMStateDescription vmstate_x86_seam_td;

/* --- memory -------------------------------------------------------------- */

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
