/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A CPU for tests of the VMX rules.
 */

#ifndef TESTS_VMX_CONFIG_H
#define TESTS_VMX_CONFIG_H

#include <glib.h>

#include "vmx/caps.h"
#include "x86-defs/vmcs.h"

#define TEST_PHYS_BITS 46

/** test_config: 46-bit addresses, 5-level paging, CR4 without bit 31 */
static inline X86VmxConfig test_config(void)
{
    return (X86VmxConfig) {
        .revision = X86_VMCS_REVISION,
        .phys_bits = TEST_PHYS_BITS,
        .linear_bits = 57,
        .cr0_fixed0 = 0x80000021,
        .cr0_fixed1 = 0xffffffff,
        .cr4_fixed0 = 0x2000,
        .cr4_fixed1 = 0x00ff7fff,
        .efer = 0xd01,
        .debugctl = 3,
        .perf_global_ctrl = 0x70000000f,
        .rtit_ctl = 0xf,
        .lbr_ctl = 0xf,
        .sgx = true,
        .rtm = true,
    };
}

#endif /* TESTS_VMX_CONFIG_H */
