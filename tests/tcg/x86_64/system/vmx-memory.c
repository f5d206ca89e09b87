/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT and interrupt table of a bare-metal VMX guest.
 */

#include "vmx-memory.h"

#define TABLE X86_EPT_RWX
#define EPTP_WB_4 (X86_MEM_TYPE_WB | 3 << X86_EPTP_WALK_SHIFT)
#define INVEPT_ALL 2ull
#define CS 0x08
#define INTERRUPT_GATE 0x8e00ull

uint64_t vmx_idt[512] __attribute__((aligned(PAGE_SIZE)));

static uint64_t pml4[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pd[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pt[512] __attribute__((aligned(PAGE_SIZE)));

void vmx_ept_init(const void *page)
{
    uint64_t base = (uintptr_t)page & ~(VMX_LARGE - 1);

    pml4[0] = (uintptr_t)pdpt | TABLE;
    pdpt[0] = (uintptr_t)pd | TABLE;
    for (unsigned i = 0; i < 512; i++) {
        pd[i] = i * VMX_LARGE | VMX_PAGE | X86_EPT_LARGE;
        pt[i] = (base + i * PAGE_SIZE) | VMX_PAGE;
    }
    pd[base / VMX_LARGE] = (uintptr_t)pt | TABLE;
    vmwrite(X86_VMCS_EPT_POINTER, (uintptr_t)pml4 | EPTP_WB_4);
}

uint64_t *vmx_ept_entry(const void *page)
{
    return &pt[(uintptr_t)page / PAGE_SIZE % 512];
}

void vmx_ept_map(const void *page, uint64_t bits)
{
    struct {
        uint64_t eptp, zero;
    } desc = { 0 };

    *vmx_ept_entry(page) = bits;
    asm volatile("invept %0, %1" : : "m"(desc), "r"(INVEPT_ALL)
                 : "cc", "memory");
}

void vmx_gate(unsigned vector, void (*fn)(void))
{
    uint64_t rip = (uintptr_t)fn;

    vmx_idt[vector * 2] = (rip & 0xffff) | CS << 16 | INTERRUPT_GATE << 32 |
                          (rip >> 16 & 0xffff) << 48;
    vmx_idt[vector * 2 + 1] = rip >> 32;
}

void vmx_use_idt(void)
{
    vmwrite(X86_VMCS_GUEST_IDTR_BASE, (uintptr_t)vmx_idt);
    vmwrite(X86_VMCS_GUEST_IDTR_LIMIT, sizeof(vmx_idt) - 1);
}
