/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * IA32_FEATURE_CONTROL before anything locked it, which a firmware that does
 * not know it leaves to us: VMXON obeys it, the lock holds, INIT keeps it.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost -smp 2 -bios qboot.rom
 */

#include "seam-guest.h"

#define LOCK 1
#define VMX_INSIDE_SMX 2
#define VMX_OUTSIDE_SMX 4

static uint32_t region[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pointer;
/* Set by the second processor */
static volatile uint64_t ap_control; /* shared */
static volatile bool ap_done; /* shared */

static void do_wrmsr(void *val)
{
    wrmsr(X86_MSR_FEATURE_CONTROL, (uintptr_t)val);
}

static int write_control(uint64_t val)
{
    return catch_fault(do_wrmsr, (void *)val);
}

/* The second processor, in two lives */
static void ap_lock(void)
{
    wrmsr(X86_MSR_FEATURE_CONTROL, LOCK);
    ap_done = true;
}

static void ap_look(void)
{
    ap_control = rdmsr(X86_MSR_FEATURE_CONTROL);
    ap_done = true;
}

static void ap_run(void (*fn)(void))
{
    ap_done = false;
    ap_start(1, fn);
    while (!ap_done) {
        asm volatile("pause");
    }
}

int main(void)
{
    guest_init();
    region[0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    pointer = (uintptr_t)region;
    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);

    ok(rdmsr(X86_MSR_FEATURE_CONTROL) == 0, "it is zero after reset");
    ok(catch_fault(insn_vmxon, &pointer) == EXC_GP && fault.error == 0,
       "VMXON while it is not locked");
    ok(write_control(VMX_OUTSIDE_SMX) == NONE &&
       rdmsr(X86_MSR_FEATURE_CONTROL) == VMX_OUTSIDE_SMX, "VMX on, not locked");
    ok(catch_fault(insn_vmxon, &pointer) == EXC_GP,
       "VMXON while it is still not locked");
    ok(write_control(1ull << 40) == EXC_GP &&
       write_control(VMX_INSIDE_SMX) == EXC_GP &&
       rdmsr(X86_MSR_FEATURE_CONTROL) == VMX_OUTSIDE_SMX,
       "reserved bits, among them SMX, which does not exist");
    ok(write_control(0) == NONE && rdmsr(X86_MSR_FEATURE_CONTROL) == 0,
       "it can be written again");
    ok(write_control(LOCK | VMX_OUTSIDE_SMX) == NONE, "VMX on, locked");
    ok(write_control(LOCK | VMX_OUTSIDE_SMX) == EXC_GP,
       "the lock holds, even for the same value");
    ok(catch_fault(insn_vmxon, &pointer) == NONE && status_flags() == 0,
       "VMXON");
    ok(catch_fault(insn_vmxoff, NULL) == NONE, "VMXOFF");

    ap_control = -1;
    ap_run(ap_look);
    ok(ap_control == 0, "each processor has its own");
    ap_run(ap_lock);
    ap_run(ap_look);
    ok(ap_control == LOCK, "INIT does not change it");
    return test_end();
}
