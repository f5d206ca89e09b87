/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MSRs of a processor in x2APIC mode: which of them can be read and
 * written, and what they take.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu TDXHost
 */

#include "seam-guest.h"

/* Registers of an APIC page, and their x2APIC MSRs */
#define REG(name) (((unsigned)X86_MSR_X2APIC_##name & 0xff) * 16)
#define MSR(reg) (X86_MSR_X2APIC_FIRST + (uintptr_t)(reg) / 16)
enum {
    ID = REG(APICID), PPR = REG(PPR), EOI = REG(EOI), ISR = REG(ISR0),
    IRR = REG(IRR0), ESR = REG(ESR), SELF_IPI = REG(SELF_IPI),
};

static void read_msr(void *arg)
{
    rdmsr((uintptr_t)arg);
}

static void write_zero(void *arg)
{
    wrmsr((uintptr_t)arg, 0);
}

static void write_one(void *arg)
{
    wrmsr((uintptr_t)arg, 1);
}

/* SDM Vol. 3, "x2APIC Register Address Space" */
static void test_registers(void)
{
    static const uint16_t no_write[] = { ID, 0x030, PPR, 0x0d0, ISR, 0x180,
                                         IRR, 0x270, 0x390 };
    static const uint16_t neither[] = { 0x090, 0x0c0, 0x0e0, 0x310 };
    static const uint16_t no_read[] = { EOI, SELF_IPI };
    bool good = true;

    for (unsigned i = 0; i < sizeof(no_write) / sizeof(*no_write); i++) {
        void *msr = (void *)(uintptr_t)MSR(no_write[i]);

        good &= catch_fault(read_msr, msr) == NONE &&
                catch_fault(write_zero, msr) == EXC_GP;
    }
    ok(good, "registers that are read-only");
    good = true;
    for (unsigned i = 0; i < sizeof(neither) / sizeof(*neither); i++) {
        void *msr = (void *)(uintptr_t)MSR(neither[i]);

        good &= catch_fault(read_msr, msr) == EXC_GP &&
                catch_fault(write_zero, msr) == EXC_GP;
    }
    ok(good, "registers that do not exist");
    good = true;
    for (unsigned i = 0; i < sizeof(no_read) / sizeof(*no_read); i++) {
        good &= catch_fault(read_msr,
                            (void *)(uintptr_t)MSR(no_read[i])) == EXC_GP;
    }
    ok(good, "registers that are write-only");
    ok(catch_fault(write_zero, (void *)MSR(ESR)) == NONE &&
       catch_fault(write_one, (void *)MSR(ESR)) == EXC_GP &&
       catch_fault(write_zero, (void *)MSR(EOI)) == NONE &&
       catch_fault(write_one, (void *)MSR(EOI)) == EXC_GP &&
       rdmsr(MSR(ESR)) == 0, "ESR and EOI take zero alone");
}

int main(void)
{
    guest_init();
    test_registers();
    return test_end();
}
