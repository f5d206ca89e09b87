/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reserved bits of CR3 and CR4 raise #GP(0), with all registers as they were,
 * on CPUs without VMX as on the TDXHost CPU; and what only the latter has
 * does not exist on the former.
 *
 * Link: seam-guest.c seam-guest-entry.S
 * QEMU: -cpu max
 * QEMU: -cpu qemu64
 * QEMU: -cpu TDXHost
 */

#include "seam-guest.h"

#define MARK 0x123456789abcdef0ull

/* Writes @arg, with a register changed in the same block before. */
#define DEFINE_WRITE(cr)                                                \
static void write_##cr##_marked(void *arg)                              \
{                                                                       \
    asm volatile("lea 1f(%%rip), %%rcx\n\t"                             \
                 "mov %%rcx, insn_rip(%%rip)\n\t"                       \
                 "mov %1, %%rbx\n\t"                                    \
                 "1: mov %0, %%" #cr "\n\t"                             \
                 : : "r"(arg), "i"(MARK) : "rbx", "rcx", "memory");     \
}

DEFINE_WRITE(cr3)
DEFINE_WRITE(cr4)

static void reserved(void (*fn)(void *), uint64_t val, const char *title)
{
    uint64_t cr3 = read_cr3(), cr4 = read_cr4();

    ok(catch_fault(fn, (void *)val) == EXC_GP && fault.error == 0 &&
       fault.rip == insn_rip && read_cr3() == cr3 && read_cr4() == cr4,
       title);
    ok(fault.rbx == MARK, "registers are those before the fault");
}

static void movdir64b(void *arg)
{
    asm volatile("movdir64b (%0), %0" : : "r"(arg) : "memory");
}

static void movdiri(void *arg)
{
    asm volatile("movdiri %0, (%0)" : : "r"(arg) : "memory");
}

static void test_stock(void)
{
    static char line[64] __attribute__((aligned(64)));
    uint32_t r[4];

    reserved(write_cr4_marked, read_cr4() | CR4_VMXE, "CR4.VMXE is reserved");
    cpuid(7, 0, r);
    ok(!(r[2] & (1 << 13 | 1 << 27 | 1 << 28)),
       "CPUID: no TME, MOVDIRI, MOVDIR64B");
    ok(catch_fault(movdir64b, line) == EXC_UD, "MOVDIR64B does not exist");
    ok(catch_fault(movdiri, line) == EXC_UD, "MOVDIRI does not exist");
    ok(catch_fault(insn_vmxon, line) == EXC_UD, "VMXON does not exist");
    ok(catch_fault(insn_vmptrst, line) == EXC_UD, "VMPTRST does not exist");
    ok(catch_fault(insn_vmread, line) == EXC_UD, "VMREAD does not exist");
    ok(catch_fault(insn_seamcall, line) == EXC_UD, "SEAMCALL does not exist");
    ok(rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING) == 0, "no KeyIDs");
    ok(!(rdmsr(0xfe) & 1 << 15), "no SEAMRR");
}

int main(void)
{
    uint32_t r[4];
    unsigned phys_bits;

    guest_init();
    cpuid(0x80000008, 0, r);
    phys_bits = r[0] & 0xff;
    reserved(write_cr4_marked, read_cr4() | 1 << 15, "CR4 bit 15 is reserved");
    reserved(write_cr4_marked, read_cr4() | 1ull << 40,
             "CR4 bit 40 is reserved");
    reserved(write_cr3_marked, read_cr3() | 1ull << phys_bits,
             "CR3 beyond the physical addresses");
    cpuid(1, 0, r);
    if (!(r[2] & 1 << 5)) {
        test_stock();
    }
    return test_end();
}
