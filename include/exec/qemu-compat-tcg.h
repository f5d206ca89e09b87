/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The part of exec/qemu-compat.h that only emulated processors need.
 */

#ifndef EXEC_QEMU_COMPAT_TCG_H
#define EXEC_QEMU_COMPAT_TCG_H

#include "exec/qemu-compat.h"
#include "exec/cputlb.h"
#include "hw/i386/apic.h"

#if QEMU_SINCE(10, 1)
#include "accel/tcg/cpu-ldst.h"
#include "accel/tcg/cpu-mmu-index.h"
#include "accel/tcg/probe.h"
#include "exec/page-protection.h"
#include "exec/tlb-flags.h"
#include "exec/translation-block.h"
#else
#include "exec/cpu_ldst.h"
#include "exec/exec-all.h"
#define tb_invalidate_phys_range(cpu, start, last) \
    tb_invalidate_phys_range(start, last)
#endif

#if !QEMU_SINCE(10, 2)
#define apic_msr_write(apic, index, val) apic_msr_write(index, val)
#endif

#if QEMU_SINCE(11, 1)
#include "accel/tcg/cpu-loop.h"
#endif

/* The physical page of a virtual address, for looking at alone; or -1 */
static inline hwaddr cpu_page_for_debug(CPUState *cpu, vaddr addr,
                                        MemTxAttrs *attrs)
{
#if QEMU_SINCE(11, 1)
    TranslateForDebugResult found;

    if (!cpu_translate_for_debug(cpu, addr, &found)) {
        return -1;
    }
    *attrs = found.attrs;
    return found.physaddr & TARGET_PAGE_MASK;
#else
    return cpu_get_phys_page_attrs_debug(cpu, addr & TARGET_PAGE_MASK, attrs);
#endif
}

#endif /* EXEC_QEMU_COMPAT_TCG_H */
