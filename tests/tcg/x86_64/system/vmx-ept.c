/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT under a guest in 64-bit mode: what an access that it refuses reports,
 * KeyIDs in its entries, and events whose delivery it cuts short.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost -icount shift=1
 */

#include "vmx-guest.h"
#include "../../../../target/i386/x86-defs/ept.h"

#define RFLAGS_IF (1ull << 9)
#define TABLE X86_EPT_RWX
#define PAGE (X86_EPT_RWX | X86_MEM_TYPE_WB << X86_EPT_MEM_TYPE_SHIFT)
#define EPTP_WB_4 (X86_MEM_TYPE_WB | 3 << X86_EPTP_WALK_SHIFT)
#define LARGE (2ull << 20)
#define VALUE 0x0123456789abcdefull
#define VECTOR 0x40
#define EVENT (X86_VMCS_EVENT_VALID | \
               X86_VMCS_EVENT_EXT_INTR << X86_VMCS_EVENT_TYPE_SHIFT | VECTOR)
#define INTERRUPT_GATE 0x8e00
#define CS 0x08

/* Exit qualification */
#define Q_READ 1
#define Q_WRITE 2
#define Q_FETCH 4
#define Q_ALLOWS(rwx) ((rwx) << 3)
#define Q_LINEAR 0x80
#define Q_FINAL 0x100

static struct vmx_vcpu vcpu;
/* GPAs are addresses in memory, in 4 KiB pages where LARGE lies this program */
static uint64_t pml4[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pdpt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pd[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t pt[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t data[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t other[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t idt[512] __attribute__((aligned(PAGE_SIZE)));
/* What guest code leaves to the host code, which the compiler cannot see */
static volatile uint64_t seen;
static volatile uint64_t delivered; /* likewise */

static uint64_t *entry_of(void *page)
{
    return &pt[(uintptr_t)page / PAGE_SIZE % 512];
}

static void map(void *page, uint64_t bits)
{
    struct {
        uint64_t eptp, zero;
    } desc = { 0 };

    *entry_of(page) = bits;
    asm volatile("invept %0, %1" : : "m"(desc), "r"(2ull) : "cc", "memory");
}

static void start(void (*fn)(void))
{
    uint64_t base = (uintptr_t)data & ~(LARGE - 1);

    pml4[0] = (uintptr_t)pdpt | TABLE;
    pdpt[0] = (uintptr_t)pd | TABLE;
    for (unsigned i = 0; i < 512; i++) {
        pd[i] = i * LARGE | PAGE | X86_EPT_LARGE;
        pt[i] = (base + i * PAGE_SIZE) | PAGE;
    }
    pd[base / LARGE] = (uintptr_t)pt | TABLE;
    vmx_init(&vcpu, fn);
    vmx_controls(X86_VMCS_PROC_CONTROLS, X86_MSR_VMX_TRUE_PROCBASED_CTLS,
                 X86_VMX_PROC_SECONDARY);
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_EPT);
    vmwrite(X86_VMCS_EPT_POINTER, (uintptr_t)pml4 | EPTP_WB_4);
    map(data, (uintptr_t)data | PAGE);
}

/* Does the next entry end in an exit with @reason? */
static void exits(uint32_t reason, const char *title)
{
    ok(vmx_run(&vcpu) == reason, title);
}

static void violates(uint64_t qual, void *addr, const char *title)
{
    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_EPT_VIOLATION &&
       vmread(X86_VMCS_EXIT_QUALIFICATION) == qual &&
       vmread(X86_VMCS_GUEST_PHYSICAL_ADDRESS) == (uintptr_t)addr &&
       vmread(X86_VMCS_GUEST_LINEAR_ADDRESS) == (uintptr_t)addr, title);
}

/* --- accesses ----------------------------------------------------------- */

static void guest_accesses(void)
{
    asm volatile("1: mov %0, %%rax\n\t"
                 "mov %%rax, %1\n\t"
                 "vmcall\n\t"
                 "jmp 1b" : : "m"(data[1]), "m"(seen) : "rax");
}

static void guest_writes(void)
{
    asm volatile("1: movq $1, %0; vmcall; jmp 1b" : "=m"(data[2]));
}

static void guest_calls(void)
{
    asm volatile("jmp *%0" : : "r"(data));
}

static void test_accesses(void)
{
    data[1] = VALUE;
    other[1] = ~VALUE;
    start(guest_accesses);
    exits(X86_VMX_EXIT_REASON_VMCALL, "a guest under EPT");
    ok(seen == VALUE, "it reads memory");
    vmx_skip();
    map(data, (uintptr_t)other | PAGE);
    exits(X86_VMX_EXIT_REASON_VMCALL, "its page lies elsewhere");
    ok(seen == ~VALUE, "it reads what is there");
    vmx_skip();
    map(data, 0);
    violates(Q_READ | Q_LINEAR | Q_FINAL, &data[1], "no page to read");
    map(data, (uintptr_t)data | X86_EPT_WRITE);
    exits(X86_VMX_EXIT_REASON_EPT_MISCONFIG, "a page that can but be written");
    ok(vmread(X86_VMCS_GUEST_PHYSICAL_ADDRESS) == (uintptr_t)&data[1],
       "is told with its address");

    start(guest_writes);
    map(data, (uintptr_t)data | (PAGE & ~X86_EPT_WRITE));
    violates(Q_WRITE | Q_ALLOWS(X86_EPT_READ | X86_EPT_EXECUTE) | Q_LINEAR |
             Q_FINAL, &data[2], "a page that must not be written");

    data[0] = 0xc1010f; /* vmcall */
    start(guest_calls);
    map(data, (uintptr_t)data | (PAGE & ~X86_EPT_EXECUTE));
    violates(Q_FETCH | Q_ALLOWS(X86_EPT_READ | X86_EPT_WRITE) | Q_LINEAR |
             Q_FINAL, data, "a page that must not be executed");
    map(data, (uintptr_t)data | PAGE);
    exits(X86_VMX_EXIT_REASON_VMCALL, "it goes on where it stopped");
}

/* --- KeyIDs ------------------------------------------------------------- */

static void test_keyids(void)
{
    uint64_t partition = rdmsr(X86_MSR_MKTME_KEYID_PARTITIONING);
    unsigned bits = rdmsr(X86_MSR_TME_ACTIVATE) >> 32 & 0xf;
    uint32_t mktme = partition, regs[4];
    unsigned shift;

    cpuid(0x80000008, 0, regs);
    shift = (regs[0] & 0xff) - bits;
    start(guest_accesses);
    map(data, (uintptr_t)other | PAGE | 1ull << shift);
    exits(X86_VMX_EXIT_REASON_VMCALL, "an EPT entry with an MKTME KeyID");
    ok(seen == ~VALUE, "means the same memory");
    vmx_skip();
    map(data, (uintptr_t)other | PAGE | (mktme + 1ull) << shift);
    exits(X86_VMX_EXIT_REASON_EPT_MISCONFIG, "one with a TDX KeyID does not");
    map(data, (uintptr_t)other | PAGE);
    exits(X86_VMX_EXIT_REASON_VMCALL, "and without it the guest goes on");
}

/* --- an event whose delivery hits EPT ----------------------------------- */

static void __attribute__((naked)) vector_entry(void)
{
    asm volatile("incq %0; iretq" : "+m"(delivered));
}

static void guest_waits(void)
{
    asm volatile("1: vmcall; jmp 1b");
}

static void test_delivery(void)
{
    uint64_t rip = (uintptr_t)vector_entry;

    idt[VECTOR * 2] = (rip & 0xffff) | CS << 16 |
                      (uint64_t)INTERRUPT_GATE << 32 | rip >> 16 << 48;
    idt[VECTOR * 2 + 1] = rip >> 32;
    start(guest_waits);
    vmwrite(X86_VMCS_GUEST_RFLAGS, 2 | RFLAGS_IF);
    vmwrite(X86_VMCS_GUEST_IDTR_BASE, (uintptr_t)idt);
    vmwrite(X86_VMCS_GUEST_IDTR_LIMIT, PAGE_SIZE - 1);
    map(idt, 0);
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, EVENT);
    violates(Q_READ | Q_LINEAR | Q_FINAL, &idt[VECTOR * 2],
             "an interrupt whose gate EPT refuses");
    ok(vmread(X86_VMCS_IDT_VECTORING_INFO) == EVENT, "is not lost");
    ok(vmread(X86_VMCS_GUEST_RIP) == (uintptr_t)guest_waits,
       "nor has the guest moved");
    ok(!delivered, "nor was it delivered");
    map(idt, (uintptr_t)idt | PAGE);
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, EVENT);
    exits(X86_VMX_EXIT_REASON_VMCALL, "injected once more");
    ok(delivered == 1 && !vmread(X86_VMCS_IDT_VECTORING_INFO),
       "it comes, once");
}

/* With -DHOLD: a guest that stays, whose page lies elsewhere */
static void guest_stays(void)
{
    asm volatile("1: jmp 1b");
}

static void hold(void)
{
    data[1] = VALUE;
    other[1] = ~VALUE;
    start(guest_stays);
    map(data, (uintptr_t)other | PAGE);
    ml_printf("held\n");
    vmx_run(&vcpu);
}

int main(void)
{
    guest_init();
    vmx_on(&vcpu);
#ifdef HOLD
    hold();
#else
    (void)hold;
#endif
    ok(((uintptr_t)data ^ (uintptr_t)idt) < LARGE, "pages lie together");
    test_accesses();
    test_keyids();
    test_delivery();
    return test_end();
}
