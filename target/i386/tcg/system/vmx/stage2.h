/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The second stage of address translation, for the files of the engine.
 */

#ifndef TARGET_I386_TCG_VMX_STAGE2_H
#define TARGET_I386_TCG_VMX_STAGE2_H

#include "target/i386/cpu.h"
#include "target/i386/tdx-module/include/module.h"
#include "target/i386/vmx/ept.h"

/**
 * vmx_stage2_debug: where a guest-physical address lies, for a debugger: no
 * flag is set, no store logged, and it does not matter what may be done there.
 * @paddr, @attrs: the answer
 * Returns false when EPT has no page there.
 */
bool vmx_stage2_debug(CPUX86State *env, uint64_t gpa, hwaddr *paddr,
                      MemTxAttrs *attrs);

/* --- ve.c --------------------------------------------------------------- */

/**
 * vmx_ve_try: the guest gets the EPT violation @exit as #VE if vmx->mmu.fault
 * and the guest's state allow it; returns if they do not.
 */
void vmx_ve_try(CPUX86State *env, const VmxExit *exit, uintptr_t ra);

/*
 * --- td-memory.c: a TD runs ------------------------------------------------
 * @debug: for another thread, when @td may be over
 */

/** vmx_td_is_private: is @gpa without the shared bit? */
bool vmx_td_is_private(const TdxTdRun *td, uint64_t gpa);

/**
 * vmx_td_tables: turn @ept, set up for an ordinary guest that has the TD's
 * EPTP, into that which translates @gpa
 */
void vmx_td_tables(CPUX86State *env, const TdxTdRun *td, uint64_t gpa,
                   bool debug, X86Ept *ept);

/**
 * vmx_td_page: what Secure EPT leads to is private memory at @hpa.
 * @attrs: to reach it with
 * Returns false when the line at @hpa is lost; vmx->mmu.fault tells so unless
 * @debug.
 */
bool vmx_td_page(CPUX86State *env, uint64_t hpa, bool debug,
                 MemTxAttrs *attrs);

/**
 * vmx_td_memory: private memory at @hpa, which may have a KeyID, of @len bytes
 * in one page.  NULL when a line is lost; vmx->mmu.fault tells so.
 */
uint8_t *vmx_td_memory(CPUX86State *env, uint64_t hpa, size_t len);

#endif /* TARGET_I386_TCG_VMX_STAGE2_H */
