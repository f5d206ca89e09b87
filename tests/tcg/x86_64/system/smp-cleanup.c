/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * SEAMLDR.CLEANUP and interrupts that the host would take: the loader gives
 * way to one after each key that it has forgotten, and to none while the host
 * has interrupts off (P-SEAMLDR 5.2).  Each package has a processor, whose call
 * does the work of its package.
 *
 * Link: seam-guest.c seam-host-call.S
 * Link: seam-guest-entry.S
 * Checked: x-tdx-check
 * QEMU: -cpu TDXHost -device tdx-module -smp 2,sockets=2,cores=1
 */

#include "seam-update.h"

#define VECTOR 0x41
#define X2APIC_ENABLE (3ull << 10)
#define SIVR_ENABLE 0x1ff

struct gate {
    uint64_t low, high;
};

static struct gate idt[VECTOR + 1] __attribute__((aligned(16)));
static uint32_t vmxon_regions[2][PAGE_SIZE / 4]
    __attribute__((aligned(PAGE_SIZE)));
static uint64_t interrupts;
static bool finished;

static uint64_t taken(void)
{
    return __atomic_load_n(&interrupts, __ATOMIC_SEQ_CST);
}

static void __attribute__((interrupt)) count_interrupt(void *frame)
{
    __atomic_add_fetch(&interrupts, 1, __ATOMIC_SEQ_CST);
    wrmsr(X86_MSR_X2APIC_EOI, 0);
}

/* In VMX operation, and open for interrupts from itself */
static void prepare(unsigned cpu)
{
    const uint64_t entry = (uintptr_t)count_interrupt;
    const uint64_t region = (uintptr_t)vmxon_regions[cpu];
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = { sizeof(idt) - 1, (uintptr_t)idt };

    idt[VECTOR].low = (entry & 0xffff) | 0x08 << 16 | 0x8eull << 40 |
                      (entry >> 16 & 0xffff) << 48;
    idt[VECTOR].high = entry >> 32;
    asm volatile("lidt %0" : : "m"(idtr));
    wrmsr(X86_MSR_APIC_BASE, rdmsr(X86_MSR_APIC_BASE) | X2APIC_ENABLE);
    wrmsr(X86_MSR_X2APIC_SIVR, SIVR_ENABLE);
    wrmsr(X86_MSR_X2APIC_TPR, 0);

    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    vmxon_regions[cpu][0] = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmxon %0" : : "m"(region) : "cc", "memory");
}

/* SEAMCALL in the shadow of STI, in which the interrupt still waits */
static uint64_t cleanup_open(void)
{
    uint64_t rax = LOADER(LDR_CLEANUP);

    wrmsr(X86_MSR_X2APIC_SELF_IPI, VECTOR);
    asm volatile("sti\n\t"
                 ".byte 0x66, 0x0f, 0x01, 0xcf\n\t"
                 "nop\n\t"
                 "cli" : "+a"(rax) : : "cc", "memory");
    return rax;
}

static uint64_t cleanup_closed(void)
{
    uint64_t rax = LOADER(LDR_CLEANUP);

    wrmsr(X86_MSR_X2APIC_SELF_IPI, VECTOR);
    asm volatile(".byte 0x66, 0x0f, 0x01, 0xcf" : "+a"(rax) : : "cc",
                 "memory");
    return rax;
}

static void second_package(void)
{
    const uint64_t keys = rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING) >> 32;
    const uint64_t before = taken();
    uint64_t calls = 0, late = 0, status;

    prepare(1);
    do {
        status = cleanup_open();
        late += taken() != before + ++calls;
    } while (status == SEAMLDR_EINTERRUPT && calls < 1000);
    /* One of each key, at least one of the cache, and the one that ended */
    ok(calls >= keys + 2, "CLEANUP is interrupted after each key");
    ok(status == SEAMLDR_SUCCESS, "and ends");
    ok(!late, "each time the interrupt is taken at once");
    __atomic_store_n(&finished, true, __ATOMIC_SEQ_CST);
    for (;;) {
        asm volatile("hlt");
    }
}

int main(void)
{
    guest_init();
    prepare(0);
    ok(cleanup_closed() == SEAMLDR_SUCCESS && !taken(),
       "CLEANUP with interrupts off");
    asm volatile("sti; nop; cli");
    ok(taken() == 1, "the interrupt comes after it");
    ok(cleanup_closed() == SEAMLDR_EBADCALL, "this package is done");
    ap_start(1, second_package);
    while (!__atomic_load_n(&finished, __ATOMIC_SEQ_CST)) {
        asm volatile("pause");
    }
    return test_end();
}
