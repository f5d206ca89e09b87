/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a bare-metal VMX host lays out in memory for its guest: an EPT that can
 * be changed by the page, and an interrupt table.
 */

#ifndef VMX_MEMORY_H
#define VMX_MEMORY_H

#include "vmx-guest.h"
#include "../../../../target/i386/x86-defs/ept.h"

/* What a page is mapped by, beside its address */
#define VMX_PAGE (X86_EPT_RWX | X86_MEM_TYPE_WB << X86_EPT_MEM_TYPE_SHIFT)
/* The memory that is mapped by the page: that around this program */
#define VMX_LARGE (2ull << 20)

/* The guest's interrupt table, if it has one: a page */
extern uint64_t vmx_idt[512];

/*
 * An EPT in which a GPA is the address in memory; of 4 KiB pages where @page
 * is.  The current VMCS gets its EPTP.
 */
void vmx_ept_init(const void *page);

/* The entry of a page of this program */
uint64_t *vmx_ept_entry(const void *page);

/* Write it, and invalidate what was derived from it */
void vmx_ept_map(const void *page, uint64_t bits);

/* An interrupt gate to @fn */
void vmx_gate(unsigned vector, void (*fn)(void));

/* Have the guest of the current VMCS use the table. */
void vmx_use_idt(void);

#endif /* VMX_MEMORY_H */
