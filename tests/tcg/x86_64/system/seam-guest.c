/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the bare-metal guests for VMX and SEAM share.
 */

#include "seam-guest.h"

#define MAX_APS 8
#define AP_STACK 8192
/* The page that a STARTUP signal names: below 1 MiB, not used by the BIOS */
#define TRAMPOLINE 0x8000
#define X2APIC_ENABLE (3ull << 10)
#define CPUID_X2APIC (1 << 21)
#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_NB_CPUS 5
#define ICR_INIT 0x4500
#define ICR_STARTUP 0x4600

struct fault fault;
uint64_t insn_rip, insn_flags;

void *ap_stack;
void (*ap_function)(void);
volatile uint64_t ap_running; /* set by another processor */

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static uint64_t gdt[] = {
    0,
    0x00af9b000000ffff,     /* 08: code, 64-bit */
    0x00cf93000000ffff,     /* 10: data */
    0x00cff3000000ffff,     /* 18: data, CPL 3 */
    0x00affb000000ffff,     /* 20: code, 64-bit, CPL 3 */
    0x00cf9b000000ffff,     /* 28: code, 32-bit */
    0, 0,                   /* 30: TSS */
};
static struct {
    uint64_t low, high;
} idt[256];
struct table_register idtr = { sizeof(idt) - 1, 0 };
static struct {
    uint32_t reserved;
    uint64_t rsp[3];
    uint64_t ist[9];
    uint16_t reserved2, iomap;
} __attribute__((packed)) tss;
static unsigned tests;
static bool failed;

static void set_gate(unsigned vector, const char *entry, unsigned dpl)
{
    uint64_t addr = (uintptr_t)entry;

    idt[vector].low = (addr & 0xffff) | 0x08 << 16 | 0x8eull << 40 |
                      (uint64_t)dpl << 45 | (addr >> 16 & 0xffff) << 48;
    idt[vector].high = addr >> 32;
}

void guest_init(void)
{
    struct table_register gdtr = { sizeof(gdt) - 1, (uintptr_t)gdt };
    uint64_t base = (uintptr_t)&tss;
    uint32_t regs[4];

    /* Mask the interrupt controllers: only exceptions come. */
    outb(0x21, 0xff);
    outb(0xa1, 0xff);
    for (unsigned i = 0; i < 32; i++) {
        set_gate(i, exception_entries + 16 * i, 0);
    }
    set_gate(VECTOR_RETURN, return_entry, 3);
    tss.rsp[0] = (uintptr_t)exception_stack_end;
    tss.iomap = sizeof(tss);
    gdt[6] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
             (base >> 24 & 0xff) << 56;
    gdt[7] = base >> 32;
    idtr.base = (uintptr_t)idt;
    asm volatile("lgdt %0; lidt %1; ltr %w2"
                 : : "m"(gdtr), "m"(idtr), "r"(0x30));
    asm volatile("mov %0, %%ss" : : "r"(0x10));
    cpuid(1, 0, regs);
    if (regs[2] & CPUID_X2APIC) {
        wrmsr(X86_MSR_APIC_BASE, rdmsr(X86_MSR_APIC_BASE) | X2APIC_ENABLE);
    }
}

static void print_fault(void)
{
    ml_printf("# vector %d error %lx rip %lx insn %lx cr2 %lx flags %lx\n",
              (int)fault.vector, fault.error, fault.rip, insn_rip, fault.cr2,
              insn_flags);
}

/* An exception that no test caught ends the guest, without a plan. */
void unexpected_exception(void)
{
    print_fault();
    for (;;) {
        outb(0xf4, 0x7f);
    }
}

void ok(bool good, const char *title)
{
    tests++;
    if (!good) {
        failed = true;
        print_fault();
    }
    ml_printf("%sok %u - %s\n", good ? "" : "not ", tests, title);
}

int test_end(void)
{
    ml_printf("1..%u\n", tests);
    return failed;
}

/* --- other processors ---------------------------------------------------- */

uint32_t num_processors(void)
{
    uint32_t low;

    outw(FW_CFG_SELECTOR, FW_CFG_NB_CPUS);
    low = inb(FW_CFG_DATA);
    return low | (uint32_t)inb(FW_CFG_DATA) << 8;
}

/* Where the copy of one of the trampoline's variables lies */
static void *trampoline_var(char *var)
{
    return (void *)(uintptr_t)(TRAMPOLINE + (var - ap_trampoline));
}

void ap_send_init(uint32_t apic_id)
{
    wrmsr(X86_MSR_X2APIC_ICR, (uint64_t)apic_id << 32 | ICR_INIT);
}

void ap_prepare(uint32_t apic_id, void (*fn)(void))
{
    static char stacks[MAX_APS][AP_STACK] __attribute__((aligned(16)));
    struct table_register *gdtr = trampoline_var(ap_gdtr);
    uint32_t *ivt_ud;
    char *copy = (char *)TRAMPOLINE;

    for (char *from = ap_trampoline; from < ap_trampoline_end; from++) {
        *copy++ = *from;
    }
    *(uint32_t *)trampoline_var(ap_cr3) = read_cr3();
    gdtr->limit = sizeof(gdt) - 1;
    *(uint32_t *)((char *)gdtr + 2) = (uintptr_t)gdt;
    /* The compiler must not see a pointer near NULL. */
    asm("" : "=r"(ivt_ud) : "0"((uintptr_t)EXC_UD * 4));
    *ivt_ud = (TRAMPOLINE >> 4) << 16 | (ap_real_ud - ap_trampoline);
    ap_stack = stacks[apic_id % MAX_APS] + AP_STACK;
    ap_function = fn;
    ap_running = 0;
}

void ap_send_startup(uint32_t apic_id)
{
    wrmsr(X86_MSR_X2APIC_ICR, (uint64_t)apic_id << 32 | ICR_STARTUP |
          TRAMPOLINE >> 12);
}

bool ap_vmxon_real_mode_ud(void)
{
    return *(uint16_t *)trampoline_var(ap_real_mode_ud);
}

void ap_start(uint32_t apic_id, void (*fn)(void))
{
    ap_send_init(apic_id);
    ap_prepare(apic_id, fn);
    while (!ap_running) {
        ap_send_startup(apic_id);
        asm volatile("pause");
    }
}
