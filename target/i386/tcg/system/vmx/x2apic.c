/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which MSRs of an x2APIC exist, and what they take, where QEMU's APIC does not
 * look.
 */

#include "qemu/osdep.h"
#include "cpu.h"
#include "target/i386/x86-defs/msr-list.h"
#include "engine.h"

/*
 * SDM Vol. 3, "x2APIC Register Address Space": QEMU's APIC takes writes to
 * registers that cannot be written, and reads others that do not exist.
 */
bool vmx_x2apic_exists(uint32_t msr, bool write)
{
    enum {
        ISR_TO_IRR_LAST = X86_MSR_X2APIC_IRR0 + 7,
        LVT_TIMER       = X86_MSR_X2APIC_ICR + 2,
        INITIAL_COUNT   = X86_MSR_X2APIC_ICR + 8,
        CURRENT_COUNT,
        DIVIDE          = X86_MSR_X2APIC_ICR + 14,
    };

    switch (msr) {
    case X86_MSR_X2APIC_APICID:
    case X86_MSR_X2APIC_VERSION:
    case X86_MSR_X2APIC_PPR:
    case X86_MSR_X2APIC_LDR:
    case X86_MSR_X2APIC_ISR0 ... ISR_TO_IRR_LAST:
    case CURRENT_COUNT:
        return !write;
    case X86_MSR_X2APIC_EOI:
    case X86_MSR_X2APIC_SELF_IPI:
        return write;
    case X86_MSR_X2APIC_TPR:
    case X86_MSR_X2APIC_SIVR:
    case X86_MSR_X2APIC_ESR:
    case X86_MSR_X2APIC_ICR:
    case LVT_TIMER ... INITIAL_COUNT:
    case DIVIDE:
        return true;
    default:
        return false;
    }
}

/* Reserved bits, for which QEMU's APIC does not look */
bool vmx_x2apic_takes(uint32_t msr, uint64_t val)
{
    switch (msr) {
    case X86_MSR_X2APIC_TPR:
    case X86_MSR_X2APIC_SELF_IPI:
        return val <= UINT8_MAX;
    case X86_MSR_X2APIC_EOI:
    case X86_MSR_X2APIC_ESR:
        return !val;
    default:
        return true;
    }
}

bool vmx_is_x2apic(uint32_t msr)
{
    return msr >= X86_MSR_X2APIC_FIRST && msr <= X86_MSR_X2APIC_LAST;
}
