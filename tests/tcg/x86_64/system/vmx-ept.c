/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT under a guest in 64-bit mode: what an access that it refuses reports,
 * KeyIDs in its entries, and events whose delivery it cuts short.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c vmx-memory.c
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost -icount shift=1
 */

#include "vmx-memory.h"

#define RFLAGS_IF (1ull << 9)
#define VALUE 0x0123456789abcdefull
#define VECTOR 0x40
#define EVENT (X86_VMCS_EVENT_VALID | \
               X86_VMCS_EVENT_EXT_INTR << X86_VMCS_EVENT_TYPE_SHIFT | VECTOR)

/* Exit qualification */
#define Q_READ 1
#define Q_WRITE 2
#define Q_FETCH 4
#define Q_ALLOWS(rwx) ((rwx) << 3)
#define Q_LINEAR 0x80
#define Q_FINAL 0x100

static struct vmx_vcpu vcpu;
static uint64_t data[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t other[512] __attribute__((aligned(PAGE_SIZE)));
/* What guest code leaves to the host code, which the compiler cannot see */
static volatile uint64_t seen;
static volatile uint64_t delivered; /* likewise */

static void start(void (*fn)(void))
{
    vmx_init(&vcpu, fn);
    vmx_controls(X86_VMCS_PROC_CONTROLS, X86_MSR_VMX_TRUE_PROCBASED_CTLS,
                 X86_VMX_PROC_SECONDARY);
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_EPT);
    vmx_ept_init(data);
    vmx_ept_map(data, (uintptr_t)data | VMX_PAGE);
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
    vmx_ept_map(data, (uintptr_t)other | VMX_PAGE);
    exits(X86_VMX_EXIT_REASON_VMCALL, "its page lies elsewhere");
    ok(seen == ~VALUE, "it reads what is there");
    vmx_skip();
    vmx_ept_map(data, 0);
    violates(Q_READ | Q_LINEAR | Q_FINAL, &data[1], "no page to read");
    vmx_ept_map(data, (uintptr_t)data | X86_EPT_WRITE);
    exits(X86_VMX_EXIT_REASON_EPT_MISCONFIG, "a page that can but be written");
    ok(vmread(X86_VMCS_GUEST_PHYSICAL_ADDRESS) == (uintptr_t)&data[1],
       "is told with its address");

    start(guest_writes);
    vmx_ept_map(data, (uintptr_t)data | (VMX_PAGE & ~X86_EPT_WRITE));
    violates(Q_WRITE | Q_ALLOWS(X86_EPT_READ | X86_EPT_EXECUTE) | Q_LINEAR |
             Q_FINAL, &data[2], "a page that must not be written");

    data[0] = 0xc1010f; /* vmcall */
    start(guest_calls);
    vmx_ept_map(data, (uintptr_t)data | (VMX_PAGE & ~X86_EPT_EXECUTE));
    violates(Q_FETCH | Q_ALLOWS(X86_EPT_READ | X86_EPT_WRITE) | Q_LINEAR |
             Q_FINAL, data, "a page that must not be executed");
    vmx_ept_map(data, (uintptr_t)data | VMX_PAGE);
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
    vmx_ept_map(data, (uintptr_t)other | VMX_PAGE | 1ull << shift);
    exits(X86_VMX_EXIT_REASON_VMCALL, "an EPT entry with an MKTME KeyID");
    ok(seen == ~VALUE, "means the same memory");
    vmx_skip();
    vmx_ept_map(data, (uintptr_t)other | VMX_PAGE | (mktme + 1ull) << shift);
    exits(X86_VMX_EXIT_REASON_EPT_MISCONFIG, "one with a TDX KeyID does not");
    vmx_ept_map(data, (uintptr_t)other | VMX_PAGE);
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
    vmx_gate(VECTOR, vector_entry);
    start(guest_waits);
    vmwrite(X86_VMCS_GUEST_RFLAGS, 2 | RFLAGS_IF);
    vmx_use_idt();
    vmx_ept_map(vmx_idt, 0);
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, EVENT);
    violates(Q_READ | Q_LINEAR | Q_FINAL, &vmx_idt[VECTOR * 2],
             "an interrupt whose gate EPT refuses");
    ok(vmread(X86_VMCS_IDT_VECTORING_INFO) == EVENT, "is not lost");
    ok(vmread(X86_VMCS_GUEST_RIP) == (uintptr_t)guest_waits,
       "nor has the guest moved");
    ok(!delivered, "nor was it delivered");
    vmx_ept_map(vmx_idt, (uintptr_t)vmx_idt | VMX_PAGE);
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
    vmx_ept_map(data, (uintptr_t)other | VMX_PAGE);
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
    ok(((uintptr_t)data ^ (uintptr_t)vmx_idt) < VMX_LARGE,
       "pages lie together");
    test_accesses();
    test_keyids();
    test_delivery();
    return test_end();
}
