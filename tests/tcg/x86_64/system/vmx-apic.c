/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The virtual APIC of a VMX guest: CR8 and the x2APIC MSRs, virtual
 * interrupts with their ends, interrupts that another processor posts while
 * the guest runs or is halted.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c vmx-memory.c
 * QEMU: -cpu TDXHost -smp 2
 * QEMU: -cpu TDXHost -smp 2 -icount shift=1
 */

#include "vmx-memory.h"

#define XAPIC 0xfee00000ull
#define SVR_ENABLED 0x1ff
#define ICR_ASSERT 0x4000
#define RFLAGS_IF (1ull << 9)
#define TRIES 1000

/* The vectors of the test, by priority, and that of notifications */
#define LOW 0x31
#define MIDDLE 0x52
#define HIGH 0xf3
#define NOTIFY 0xe2

#define APIC_ENABLED (1ul << 11)
#define APIC_X2 (1ul << 10)

/* Registers of an APIC page, and their x2APIC MSRs */
#define REG(name) (((unsigned)X86_MSR_X2APIC_##name & 0xff) * 16)
#define MSR(reg) (X86_MSR_X2APIC_FIRST + (uintptr_t)(reg) / 16)
enum {
    ID = REG(APICID), TPR = REG(TPR), PPR = REG(PPR), EOI = REG(EOI),
    SVR = REG(SIVR), ISR = REG(ISR0), IRR = REG(IRR0), ICR = REG(ICR),
    SELF_IPI = REG(SELF_IPI),
};

static struct vmx_vcpu vcpu;
static uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static uint8_t msr_bitmap[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct {
    uint64_t requests[4];
    uint64_t on;
    uint64_t reserved[3];
} pid __attribute__((aligned(64)));

/* What the guest saw: the vectors in the order of their delivery */
static uint8_t taken[8];
static uint64_t num_taken, seen[2];

static uint32_t *reg(unsigned offset)
{
    return (uint32_t *)(page + offset);
}

static bool vector_is(unsigned bitmap, unsigned vector)
{
    return *reg(bitmap + vector / 32 * 16) >> (vector % 32) & 1;
}

static void set_vector(unsigned bitmap, unsigned vector)
{
    *reg(bitmap + vector / 32 * 16) |= 1u << (vector % 32);
}

/* Does the next entry end in an exit with @reason? */
static void exits(uint32_t reason, const char *title)
{
    ok(vmx_run(&vcpu) == reason, title);
}

/* --- the guest's interrupts ---------------------------------------------- */

/* Notes its vector; the second kind ends the interrupt as well. */
#define HANDLER(name, vector, end)                                      \
static __attribute__((naked)) void name(void)                           \
{                                                                       \
    asm("pushq %%rax; pushq %%rcx; pushq %%rdx\n\t"                     \
        "mov %0, %%rax\n\t"                                             \
        "movb %1, taken(%%rax)\n\t"                                     \
        "incq %0\n\t"                                                   \
        end                                                             \
        "popq %%rdx; popq %%rcx; popq %%rax; iretq"                     \
        : "+m"(num_taken) : "i"(vector));                               \
}

#define END "xor %%eax, %%eax; xor %%edx, %%edx; mov $0x80b, %%ecx; wrmsr\n\t"

HANDLER(take_low, LOW, END)
HANDLER(take_middle, MIDDLE, "")
HANDLER(take_high, HIGH, END)

static void controls(uint32_t pin, uint32_t proc, uint32_t proc2)
{
    vmx_controls(X86_VMCS_PIN_CONTROLS, X86_MSR_VMX_TRUE_PINBASED_CTLS, pin);
    vmx_controls(X86_VMCS_PROC_CONTROLS, X86_MSR_VMX_TRUE_PROCBASED_CTLS,
                 proc | X86_VMX_PROC_TPR_SHADOW | X86_VMX_PROC_SECONDARY |
                 X86_VMX_PROC_MSR_BITMAPS);
    vmwrite(X86_VMCS_PROC2_CONTROLS, proc2);
}

/* Nothing is left of the test before: no field of the VMCS, no interrupt. */
static void prepare(void (*fn)(void))
{
    uint64_t region = (uintptr_t)vcpu.vmcs;

    asm volatile("vmclear %0" : : "m"(region) : "cc", "memory");
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        vcpu.vmcs[i] = 0;
        page[i] = 0;
    }
    vmx_init(&vcpu, fn);
    num_taken = 0;
    controls(0, 0, 0);
    vmwrite(X86_VMCS_VIRTUAL_APIC_ADDR, (uintptr_t)page);
    vmwrite(X86_VMCS_MSR_BITMAP, (uintptr_t)msr_bitmap);
    vmx_use_idt();
}

#define X2APIC (X86_VMX_PROC2_X2APIC_MODE)
#define DELIVERY (X86_VMX_PROC2_VIRTUAL_INTR_DELIVERY | X2APIC | \
                  X86_VMX_PROC2_APIC_REGISTER_VIRT)

static void prepare_delivery(void (*fn)(void))
{
    prepare(fn);
    controls(X86_VMX_PIN_EXT_INTR_EXITING, 0, DELIVERY);
}

static void interrupt_status(unsigned svi, unsigned rvi)
{
    vmwrite(X86_VMCS_GUEST_INTR_STATUS, svi << 8 | rvi);
}

static bool status_is(unsigned svi, unsigned rvi)
{
    return vmread(X86_VMCS_GUEST_INTR_STATUS) == (svi << 8 | rvi);
}

/* --- TPR shadow ---------------------------------------------------------- */

static void guest_tpr(void)
{
    asm volatile("mov %%cr8, %%rax; mov %%rax, %0\n\t"
                 "mov $0xb, %%eax; mov %%rax, %%cr8\n\t"
                 "vmcall\n\t"
                 "mov $3, %%eax; mov %%rax, %%cr8\n\t"
                 "vmcall"
                 : "=m"(seen[0]) : : "rax", "cc", "memory");
}

static void write_cr8(void *arg)
{
    asm volatile("mov %0, %%cr8" : : "r"(arg));
}

static void test_tpr(void)
{
    uint64_t own;

    ok(catch_fault(write_cr8, (void *)0x10) == EXC_GP,
       "MOV to CR8 of more than four bits");
    write_cr8((void *)1);
    prepare(guest_tpr);
    *reg(TPR) = 0x7f;
    *reg(PPR) = 0x1234;
    vmwrite(X86_VMCS_TPR_THRESHOLD, 4);
    exits(X86_VMX_EXIT_REASON_VMCALL, "TPR above its threshold");
    ok(seen[0] == 7, "CR8 reads as the class of VTPR");
    ok(*reg(TPR) == 0xb0, "MOV to CR8 writes all of VTPR");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_TPR_THRESHOLD, "TPR below its threshold");
    ok(*reg(TPR) == 0x30, "it has been written");
    ok(*(uint8_t *)(uintptr_t)vmread(X86_VMCS_GUEST_RIP) == 0x0f &&
       vmread(X86_VMCS_EXIT_INSTR_LENGTH) == 0,
       "the exit comes after the instruction");
    ok(vmx_resume().valid &&
       vmread(X86_VMCS_INSTRUCTION_ERROR) == X86_VMX_ERROR_ENTRY_CONTROLS,
       "VM entry wants VTPR above the threshold");
    vmwrite(X86_VMCS_TPR_THRESHOLD, 3);
    exits(X86_VMX_EXIT_REASON_VMCALL, "the threshold itself is not below");
    ok(*reg(PPR) == 0x1234, "VPPR is not touched");
    asm volatile("mov %%cr8, %0" : "=r"(own));
    ok(own == 1, "the host's TPR has stayed");
    write_cr8(NULL);
}

/* --- x2APIC MSRs --------------------------------------------------------- */

static void guest_x2apic(void)
{
    asm volatile("mov $0x808, %%ecx; rdmsr\n\t"
                 "shl $32, %%rdx; or %%rdx, %%rax; mov %%rax, %0\n\t"
                 "mov $0x65, %%eax; xor %%edx, %%edx; wrmsr\n\t"
                 "mov $0x802, %%ecx; rdmsr; mov %%eax, %1\n\t"
                 "vmcall\n\t"
                 "mov $0x808, %%ecx; mov $0x100, %%eax; xor %%edx, %%edx\n\t"
                 "wrmsr\n\t"
                 "vmcall"
                 : "=m"(seen[0]), "=m"(seen[1])
                 : : "rax", "rcx", "rdx", "cc", "memory");
}

static void test_x2apic(void)
{
    prepare(guest_x2apic);
    controls(0, 0, X2APIC | X86_VMX_PROC2_APIC_REGISTER_VIRT);
    *reg(TPR) = 0xabcdef21;
    *reg(TPR + 4) = 0x76543210;
    *reg(ID) = 0x600dcafe;
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 1 << EXC_GP);
    exits(X86_VMX_EXIT_REASON_VMCALL, "a guest with x2APIC MSRs of its own");
    ok(seen[0] == 0x76543210abcdef21, "RDMSR reads eight bytes of the page");
    ok((uint32_t)seen[1] == 0x600dcafe, "APIC ID likewise");
    ok(*reg(TPR) == 0x65 && *reg(TPR + 4) == 0, "WRMSR writes the TPR");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "#GP for bit 8 of the TPR");

    prepare(guest_x2apic);
    controls(0, 0, X2APIC | X86_VMX_PROC2_APIC_REGISTER_VIRT);
    msr_bitmap[MSR(ID) / 8] = 1 << (MSR(ID) % 8);
    exits(X86_VMX_EXIT_REASON_RDMSR, "the bitmap comes first");
    msr_bitmap[MSR(ID) / 8] = 0;

    prepare(guest_x2apic);
    controls(0, 0, X2APIC);
    *reg(ID) = 0x600dcafe;
    exits(X86_VMX_EXIT_REASON_VMCALL, "the same without other registers");
    ok((uint32_t)seen[1] == 0 && *reg(TPR) == 0x65,
       "the TPR alone is that of the page");
}

/* --- virtual interrupts -------------------------------------------------- */

static void guest_interrupts(void)
{
    asm volatile("vmcall\n\t"
                 "sti; nop\n\t"
                 "vmcall\n\t"
                 "mov $2, %%eax; mov %%rax, %%cr8\n\t"
                 "vmcall\n\t"
                 "mov $1, %%eax; mov %%rax, %%cr8\n\t"
                 "vmcall\n\t"
                 END
                 "vmcall"
                 : : : "rax", "rcx", "rdx", "cc", "memory");
}

static void test_delivery(void)
{
    prepare_delivery(guest_interrupts);
    *reg(TPR) = 0x55;
    set_vector(IRR, MIDDLE);
    set_vector(IRR, LOW);
    set_vector(IRR, HIGH);
    interrupt_status(0, HIGH);
    exits(X86_VMX_EXIT_REASON_VMCALL, "IF is clear: no virtual interrupt");
    ok(num_taken == 0 && *reg(PPR) == 0x55, "VM entry has set VPPR to VTPR");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_VMCALL, "STI, then one interrupt");
    ok(num_taken == 1 && taken[0] == HIGH && !vector_is(IRR, HIGH) &&
       !vector_is(ISR, HIGH), "the highest, which the guest has ended");
    ok(status_is(0, MIDDLE) && vector_is(IRR, MIDDLE),
       "the next is not above the TPR's class");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_VMCALL, "MOV to CR8, then another");
    ok(num_taken == 2 && taken[1] == MIDDLE && status_is(MIDDLE, LOW) &&
       vector_is(ISR, MIDDLE), "in service, above the one that waits");
    ok(*reg(PPR) == (MIDDLE & 0xf0), "VPPR has its class");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_VMCALL, "MOV to CR8 of less");
    ok(num_taken == 2 && *reg(PPR) == (MIDDLE & 0xf0),
       "what is in service still holds the last one back");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_VMCALL, "its end lets the last through");
    ok(num_taken == 3 && taken[2] == LOW && status_is(0, 0) &&
       !vector_is(ISR, MIDDLE) && *reg(PPR) == 0x10, "nothing is left");
}

static void guest_self_ipi(void)
{
    asm volatile("sti; nop\n\t"
                 "mov $0x83f, %%ecx; mov $0xf3, %%eax; xor %%edx, %%edx\n\t"
                 "wrmsr\n\t"
                 "mov $0x83f, %%ecx; mov $0x0f, %%eax; wrmsr\n\t"
                 "vmcall"
                 : : : "rax", "rcx", "rdx", "cc", "memory");
}

static void test_self_ipi(void)
{
    prepare_delivery(guest_self_ipi);
    vmwrite(X86_VMCS_EOI_EXIT_BITMAP3, 1ull << (HIGH - 192));
    exits(X86_VMX_EXIT_REASON_VIRTUALIZED_EOI, "self-IPI, and its end exits");
    ok(num_taken == 1 && taken[0] == HIGH &&
       vmread(X86_VMCS_EXIT_QUALIFICATION) == HIGH, "with its vector");
    ok(*reg(SELF_IPI) == HIGH && status_is(0, 0), "it is over already");
    exits(X86_VMX_EXIT_REASON_APIC_WRITE, "a self-IPI of a vector below 16");
    ok(vmread(X86_VMCS_EXIT_QUALIFICATION) == SELF_IPI &&
       *reg(SELF_IPI) == 0x0f, "has been written, and is the host's to do");
    exits(X86_VMX_EXIT_REASON_VMCALL, "then the guest goes on");
}

static void guest_window(void)
{
    asm volatile("sti; nop; vmcall");
}

static void test_window(void)
{
    prepare_delivery(guest_window);
    controls(X86_VMX_PIN_EXT_INTR_EXITING, X86_VMX_PROC_INTR_WINDOW_EXITING,
             DELIVERY);
    set_vector(IRR, HIGH);
    interrupt_status(0, HIGH);
    exits(X86_VMX_EXIT_REASON_INTERRUPT_WINDOW, "interrupt window");
    ok(num_taken == 0 && status_is(0, HIGH),
       "while the host waits for it none is delivered");
    controls(X86_VMX_PIN_EXT_INTR_EXITING, 0, DELIVERY);
    exits(X86_VMX_EXIT_REASON_VMCALL, "VM entry delivers it");
    ok(num_taken == 1 && taken[0] == HIGH, "at once");
}

static void guest_hlt(void)
{
    asm volatile("cli\n\t"
                 "mov $0x83f, %%ecx; mov %0, %%eax; xor %%edx, %%edx\n\t"
                 "wrmsr\n\t"
                 "sti; hlt\n\t"
                 "vmcall"
                 : : "i"(LOW) : "rax", "rcx", "rdx", "cc", "memory");
}

static void test_hlt(void)
{
    prepare_delivery(guest_hlt);
    set_vector(IRR, HIGH);
    interrupt_status(0, HIGH);
    vmwrite(X86_VMCS_GUEST_ACTIVITY, X86_VMCS_HLT);
    vmwrite(X86_VMCS_GUEST_RFLAGS, RFLAGS_IF | 2);
     exits(X86_VMX_EXIT_REASON_VMCALL, "virtual interrupts end HLT");
    ok(num_taken == 2 && taken[0] == HIGH && taken[1] == LOW,
       "at VM entry and in the guest");
}

/* --- posted interrupts --------------------------------------------------- */

static void xapic_write(unsigned offset, uint32_t val)
{
    asm volatile("movl %0, (%1)" : : "r"(val), "r"(XAPIC + offset)
                 : "memory");
}

static uint32_t post, posted;

static void notify(void)
{
    xapic_write(ICR + 0x10, 0);
    xapic_write(ICR, ICR_ASSERT | NOTIFY);
}

/* The other processor posts what it is told to. */
static void poster(void)
{
    for (;;) {
        uint32_t vector = __atomic_exchange_n(&post, 0, __ATOMIC_SEQ_CST);

        if (vector) {
            __atomic_fetch_or(&pid.requests[vector / 64],
                              1ull << (vector % 64), __ATOMIC_SEQ_CST);
            if (!(__atomic_fetch_or(&pid.on, 1, __ATOMIC_SEQ_CST) & 1)) {
                notify();
            }
            __atomic_add_fetch(&posted, 1, __ATOMIC_SEQ_CST);
        }
        asm volatile("pause");
    }
}

/* Waits for a vector in a loop, then for another in HLT. */
static void guest_posted(void)
{
    asm volatile("sti\n\t"
                 "movl %2, %0\n\t"
                 "1: pause; cmpq $1, %1; jne 1b\n\t"
                 "cli; movl %3, %0\n\t"
                 "sti; hlt\n\t"
                 "cli; cmpq $2, %1; mov %1, %%rax\n\t"
                 "vmcall"
                 : "+m"(post), "+m"(num_taken) : "i"(HIGH), "i"(LOW)
                 : "rax", "cc", "memory");
}

/* HLT while the TPR holds what is posted back: only the timer ends it. */
static void guest_masked(void)
{
    asm volatile("mov $0xf, %%eax; mov %%rax, %%cr8\n\t"
                 "movl %1, %0\n\t"
                 "sti; hlt\n\t"
                 "vmcall"
                 : "+m"(post) : "i"(HIGH) : "rax", "cc", "memory");
}

static uint32_t num_posted(void)
{
    return __atomic_load_n(&posted, __ATOMIC_SEQ_CST);
}

static void prepare_posted(void (*fn)(void))
{
    prepare(fn);
    controls(X86_VMX_PIN_EXT_INTR_EXITING | X86_VMX_PIN_POSTED_INTERRUPTS |
             X86_VMX_PIN_PREEMPTION_TIMER, 0, DELIVERY);
    vmx_controls(X86_VMCS_EXIT_CONTROLS, X86_MSR_VMX_TRUE_EXIT_CTLS,
                 X86_VMX_EXIT_HOST_64 | X86_VMX_EXIT_ACK_INTERRUPT);
    vmwrite(X86_VMCS_POSTED_INTR_VECTOR, NOTIFY);
    vmwrite(X86_VMCS_POSTED_INTR_DESC_ADDR, (uintptr_t)&pid);
    vmwrite(X86_VMCS_PREEMPTION_TIMER, UINT32_MAX);
}

static void test_posted(void)
{
    unsigned tries = 0;
    uint32_t reason;

    posted = 0;
    pid.on = 0;
    pid.requests[HIGH / 64] = 0;
    prepare_posted(guest_posted);
    exits(X86_VMX_EXIT_REASON_VMCALL, "posted interrupts need no exit");
    ok(num_taken == 2 && taken[0] == HIGH && taken[1] == LOW,
       "while the guest runs, and while it is halted");
    ok(!pid.on && !pid.requests[HIGH / 64] && !pid.requests[LOW / 64] &&
       status_is(0, 0), "the descriptor is empty");

    prepare_posted(guest_masked);
    vmwrite(X86_VMCS_PREEMPTION_TIMER, 1u << 16);
    /*
     * The other processor takes its time.  What it has sent waits for entry,
     * and longer if the timer, which comes first, has run out by then.
     */
    do {
        reason = vmx_run(&vcpu);
    } while (reason == X86_VMX_EXIT_REASON_PREEMPTION_TIMER &&
             (num_posted() < 3 || (pid.on && tries++ < TRIES)));
    exits(X86_VMX_EXIT_REASON_PREEMPTION_TIMER,
          "HLT goes on after a notification for an interrupt of low priority");
    ok(vmread(X86_VMCS_GUEST_ACTIVITY) == X86_VMCS_HLT, "the guest is halted");
    ok(status_is(0, HIGH) && vector_is(IRR, HIGH) &&
       num_taken == 0, "and the interrupt is requested");

    prepare_posted(guest_masked);
    controls(X86_VMX_PIN_EXT_INTR_EXITING | X86_VMX_PIN_PREEMPTION_TIMER, 0,
             DELIVERY);
    exits(X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT,
          "without the control the notification is an external interrupt");
    ok((vmread(X86_VMCS_EXIT_INTR_INFO) & 0xff) == NOTIFY && pid.on,
       "and the descriptor is left to the host");
    while (num_posted() < 4) {
        asm volatile("pause");
    }
    if (rdmsr(X86_MSR_APIC_BASE) & APIC_X2) {
        wrmsr(X86_MSR_X2APIC_EOI, 0);
    } else {
        xapic_write(EOI, 0);
    }
}

int main(void)
{
    uint64_t base;

    guest_init();
    vmx_gate(LOW, take_low);
    vmx_gate(MIDDLE, take_middle);
    vmx_gate(HIGH, take_high);
    vmx_on(&vcpu);
    test_tpr();
    test_x2apic();
    test_delivery();
    test_self_ipi();
    test_window();
    test_hlt();
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    ap_start(1, poster);
    test_posted();
    base = rdmsr(X86_MSR_APIC_BASE);
    wrmsr(X86_MSR_APIC_BASE, base & ~APIC_ENABLED & ~APIC_X2);
    wrmsr(X86_MSR_APIC_BASE, base & ~APIC_X2);
    xapic_write(SVR, SVR_ENABLED);
    test_posted();
    return test_end();
}
