/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The second stage of address translation, for the files of the engine.
 */

#ifndef TARGET_I386_TCG_VMX_STAGE2_H
#define TARGET_I386_TCG_VMX_STAGE2_H

#include "target/i386/cpu.h"

/**
 * vmx_stage2_debug: where a guest-physical address lies, for a debugger: no
 * flag is set, no store logged, and it does not matter what may be done there.
 * @paddr, @attrs: the answer
 * Returns false when EPT has no page there.
 */
bool vmx_stage2_debug(CPUX86State *env, uint64_t gpa, hwaddr *paddr,
                      MemTxAttrs *attrs);

#endif /* TARGET_I386_TCG_VMX_STAGE2_H */
