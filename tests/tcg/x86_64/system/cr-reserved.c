/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reserved bits of CR3 and CR4 raise #GP(0), with all registers as they were,
 * on CPUs without VMX as on the TDXHost CPU; what only the latter has does not
 * exist on the former; and it takes no base that is not canonical.
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

/* SDM Vol. 2, LGDT/LIDT, LLDT, LTR; the widest addresses that the CPU has */
#define CANONICAL 0x00ffffffffff0000ull
#define NOT_CANONICAL (1ull << 57)
#define DESC_LDT 0x82ull
#define DESC_TSS 0x89ull

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static uint64_t gdt[16];
static struct table_register table;

static void lgdt(void *arg)
{
    asm volatile("lgdt table(%%rip)" : : : "memory");
}

static void lidt(void *arg)
{
    asm volatile("lidt table(%%rip)" : : : "memory");
}

static void lldt(void *arg)
{
    asm volatile("lldt %w0" : : "r"(arg));
}

static void ltr(void *arg)
{
    asm volatile("ltr %w0" : : "r"(arg));
}

/* The selector of a system segment in our GDT's last two entries */
static void *segment(uint64_t type, uint64_t base)
{
    unsigned n = sizeof(gdt) / 8 - 2;

    gdt[n] = 0xfff | (base & 0xffffff) << 16 | type << 40 |
             (base >> 24 & 0xff) << 56;
    gdt[n + 1] = base >> 32;
    return (void *)(uintptr_t)(n * 8);
}

static void test_bases(void)
{
    struct table_register old_gdt, old_idt, now;
    uint64_t sel = (uintptr_t)segment(0, 0);

    asm volatile("sgdt %0; sidt %1" : "=m"(old_gdt), "=m"(old_idt));
    table = (struct table_register) { 0xfff, NOT_CANONICAL };
    ok(catch_fault(lgdt, NULL) == EXC_GP && fault.error == 0,
       "LGDT of a base that is not canonical");
    ok(catch_fault(lidt, NULL) == EXC_GP && fault.error == 0, "LIDT of one");
    asm volatile("sgdt %0" : "=m"(now));
    ok(now.base == old_gdt.base && now.limit == old_gdt.limit,
       "the register is as before");

    for (unsigned i = 0; i < (old_gdt.limit + 1u) / 8; i++) {
        gdt[i] = ((uint64_t *)old_gdt.base)[i];
    }
    table = (struct table_register) { sizeof(gdt) - 1, (uintptr_t)gdt };
    ok(catch_fault(lgdt, NULL) == NONE, "LGDT of one that is");
    ok(catch_fault(lldt, segment(DESC_LDT, NOT_CANONICAL)) == EXC_GP &&
       fault.error == sel, "LLDT of a base that is not canonical");
    ok(catch_fault(ltr, segment(DESC_TSS, NOT_CANONICAL)) == EXC_GP &&
       fault.error == sel, "LTR of one");
    ok(catch_fault(lldt, segment(DESC_LDT, CANONICAL)) == NONE,
       "LLDT of one that only 5-level paging can reach");
    table = old_gdt;
    lgdt(NULL);
    lldt(NULL);
}

static void test_tdx_host(void)
{
    reserved(write_cr4_marked, read_cr4() | 1 << 17,
             "CR4.PCIDE is reserved without PCID");
    test_bases();
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
    } else {
        test_tdx_host();
    }
    return test_end();
}
