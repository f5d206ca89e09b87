/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A reset in VMX operation ends it, and drops the INIT that waited.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost -action reboot=reset
 * QEMU: -cpu TDXHost -device tdx-module -action reboot=reset
 */

#include "seam-guest.h"

/* Memory that neither firmware nor this program's loading touches */
#define BOOTS 0x600000
#define RESET_CONTROL 0xcf9
#define RESET_FULL 6

static uint32_t region[PAGE_SIZE / 4] __attribute__((aligned(PAGE_SIZE)));

int main(void)
{
    uint64_t pointer = (uintptr_t)region;
    uint32_t *boots;

    asm("" : "=r"(boots) : "0"((uintptr_t)BOOTS));
    guest_init();
    region[0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    ++*boots;
    if (*boots == 1) {
        write_cr0(read_cr0() | CR0_NE);
        write_cr4(read_cr4() | CR4_VMXE);
        if (catch_fault(insn_vmxon, &pointer) == NONE && !status_flags()) {
            ap_send_init(0);
            outb(RESET_CONTROL, RESET_FULL);
        }
        for (;;) {
            asm volatile("pause");
        }
    }
    ok(*boots == 2, "no INIT came after the reset");
    ok(!(read_cr4() & CR4_VMXE), "CR4.VMXE is clear");
    ok(catch_fault(insn_vmxoff, NULL) == EXC_UD, "VMXOFF after the reset");
    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    ok(catch_fault(insn_vmxon, &pointer) == NONE && status_flags() == 0,
       "VMXON after the reset");
    ok(catch_fault(insn_vmxoff, NULL) == NONE && status_flags() == 0,
       "VMXOFF after it");
    ok(rdmsr(X86_MSR_FEATURE_CONTROL) == 5, "firmware locked it again");
    return test_end();
}
