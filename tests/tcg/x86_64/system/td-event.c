/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Interrupts and NMIs around a TD that runs: those of the host end it, those
 * that are meant for it are delivered.  TD running 6.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -icount shift=1
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/vmcs.h"
#include "../../../../target/i386/x86-defs/vmx-controls-list.h"

#define EXC_NMI 2
#define HOST_VECTOR 0x61
#define NOTIFY 0xe2
#define POSTED 0x41
#define SELF 0x52
/* What exception_entries has no other use for: all those of the TD come here */
#define TAKEN 31

#define SVR_ENABLED 0x1ff
#define ICR_SELF (1ull << 18)
#define ICR_NMI (4 << 8)
#define LVT_TIMER 0x832
#define TIMER_COUNT 0x838
#define TIMER_DIVIDE 0x83e
#define DIVIDE_BY_1 11

#define FIELD_PEND_NMI 0x202000000000000bull
#define VALID (1u << 31)

/* What the VMM wants of the TD */
enum {
    SPIN = 1,
    SELF_IPI,
    TPR,
    REPORT,
};

/* Reports that the TD asks for while interrupts come, so often a tick */
#define REPORTS 5000
#define TICK 20000

static struct td td;
static struct seam_regs regs;
static struct {
    uint64_t requests[4];
    uint64_t on;
    uint64_t reserved[3];
} pid __attribute__((aligned(64)));

/* --- in the TD ----------------------------------------------------------- */

static void spin(void *arg)
{
    td_tell(SPIN, 0);
    asm volatile("sti; 1: pause; jmp 1b");
}

static void self_ipi(void *arg)
{
    asm volatile("sti");
    wrmsr(X86_MSR_X2APIC_SELF_IPI, SELF);
    asm volatile("1: pause; jmp 1b");
}

/* Its vectors are like the last exception. */
static void use_vector(unsigned vector)
{
    struct td_table idt;
    uint64_t *gate;
    uint64_t addr = (uintptr_t)exception_entries + TAKEN * 16;

    asm volatile("sidt %0" : "=m"(idt));
    gate = (uint64_t *)(uintptr_t)(idt.base + vector * 16);
    gate[0] = (addr & 0xffff) | 0x08 << 16 | 0x8eull << 40 |
              (addr >> 16 & 0xffff) << 48;
    gate[1] = addr >> 32;
}

static uint64_t in_service(unsigned vector)
{
    return rdmsr(X86_MSR_X2APIC_ISR0 + vector / 32) >> (vector % 32) & 1;
}

/* How many reports are refused; one that an event ends is made again */
static uint64_t refused_reports(void)
{
    static uint8_t report[1024] __attribute__((aligned(1024)));
    static uint8_t data[64] __attribute__((aligned(64)));
    uint64_t refused = 0;

    for (int i = 0; i < REPORTS; i++) {
        struct seam_regs r = {
            .rax = TDG_MR_REPORT, .rcx = (uintptr_t)report,
            .rdx = (uintptr_t)data,
        };

        tdcall_regs(&r);
        refused += !!r.rax;
    }
    return refused;
}

static void guest(unsigned vcpu)
{
    uint64_t wanted = td_tell(0, 0);
    int vector;

    use_vector(POSTED);
    use_vector(SELF);
    for (;;) {
        switch (wanted) {
        case SPIN:
            vector = catch_fault(spin, NULL);
            asm volatile("cli");
            wanted = td_tell(vector, in_service(POSTED));
            wrmsr(X86_MSR_X2APIC_EOI, 0);
            break;
        case SELF_IPI:
            vector = catch_fault(self_ipi, NULL);
            asm volatile("cli");
            wanted = td_tell(vector, in_service(SELF));
            wrmsr(X86_MSR_X2APIC_EOI, 0);
            break;
        case TPR:
            asm volatile("mov %0, %%cr8" : : "r"(5ull));
            wanted = td_tell(TPR, rdmsr(X86_MSR_X2APIC_TPR));
            asm volatile("mov %0, %%cr8" : : "r"(0ull));
            break;
        case REPORT:
            wanted = td_tell(REPORT, refused_reports());
            break;
        }
    }
}

/* --- its VMM ------------------------------------------------------------- */

static void show(void)
{
    ml_printf("# rax %lx rcx %lx rdx %lx r8 %lx r9 %lx r11 %lx r12 %lx\n",
              regs.rax, regs.rcx, regs.rdx, regs.r8, regs.r9, regs.r11,
              regs.r12);
}

/* Enter, with @wanted as the answer to its call */
static void enter(uint64_t wanted)
{
    regs.r12 = wanted;
    td_enter(&td, 0, &regs);
}

static void calls(uint64_t what, uint64_t value, const char *title)
{
    bool good = regs.rax == X86_VMX_EXIT_REASON_TDCALL && regs.r11 == what &&
                regs.r12 == value;

    if (!good) {
        show();
    }
    ok(good, title);
}

static void exits(uint32_t reason, uint32_t event, const char *title)
{
    bool good = regs.rax == reason && !regs.rcx && !regs.rdx && !regs.r8 &&
                regs.r9 == event;

    if (!good) {
        show();
    }
    ok(good, title);
}

static bool set_field(uint64_t field, uint64_t value, uint64_t mask)
{
    return !td_call4(TDH_VP_WR, td.vcpu[0], field, value, mask);
}

static void send_nmi(void *arg)
{
    wrmsr(X86_MSR_X2APIC_ICR, ICR_SELF | ICR_NMI);
    asm volatile("nop");
}

/* CLI holds them back from the VMM, and from it alone. */
static void test_interrupt(void)
{
    enter(SPIN);
    calls(SPIN, 0, "it waits for an interrupt");
    wrmsr(X86_MSR_X2APIC_SELF_IPI, HOST_VECTOR);
    enter(0);
    exits(X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT, VALID | HOST_VECTOR,
          "an interrupt that is pending ends the TD at once");
    ok(in_service(HOST_VECTOR), "it has been acknowledged");
    wrmsr(X86_MSR_X2APIC_EOI, 0);

    wrmsr(TIMER_DIVIDE, DIVIDE_BY_1);
    wrmsr(LVT_TIMER, HOST_VECTOR);
    wrmsr(TIMER_COUNT, 10 * 1000 * 1000);
    enter(0);
    exits(X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT, VALID | HOST_VECTOR,
          "the timer's interrupt ends the TD while it runs");
    wrmsr(X86_MSR_X2APIC_EOI, 0);
}

/* The handler does not return by IRET, so that the first NMI blocks others. */
static void test_nmi(void)
{
    ok(catch_fault(send_nmi, NULL) == EXC_NMI, "the VMM takes an NMI");
    ok(catch_fault(send_nmi, NULL) == NONE, "which blocks the next");
    enter(0);
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, VALID | 2 << 8 | EXC_NMI,
          "but not in a TD, which it ends");
    ok(catch_fault(send_nmi, NULL) == NONE, "NMIs are blocked in the VMM");
    enter(0);
    ok((uint32_t)regs.rax == X86_VMX_EXIT_REASON_EXCEPTION_NMI,
       "the last one ends the TD");
    ok(set_field(FIELD_PEND_NMI, 1, 1), "the VMM sends an NMI to the TD");
    enter(0);
    calls(EXC_NMI, 0, "which takes it");
}

static void test_posted(void)
{
    ok(set_field(X86_VMCS_POSTED_INTR_VECTOR, NOTIFY, UINT64_MAX) &&
       set_field(X86_VMCS_POSTED_INTR_DESC_ADDR, (uintptr_t)&pid,
                 ~0x3full) &&
       set_field(X86_VMCS_PIN_CONTROLS, X86_VMX_PIN_POSTED_INTERRUPTS,
                 X86_VMX_PIN_POSTED_INTERRUPTS),
       "there is a posted-interrupt descriptor");
    pid.requests[POSTED / 64] = 1ull << (POSTED % 64);
    pid.on = 1;
    enter(SPIN);
    calls(SPIN, 0, "the TD waits for an interrupt");
    wrmsr(X86_MSR_X2APIC_SELF_IPI, NOTIFY);
    enter(0);
    calls(TAKEN, 1, "the TD takes a posted interrupt");
    ok(!pid.on && !pid.requests[POSTED / 64], "which is posted no longer");
    ok(!in_service(NOTIFY), "the notification has ended");

    enter(SELF_IPI);
    calls(TAKEN, 1, "an IPI to itself is taken");
    enter(TPR);
    calls(TPR, 0x50, "CR8 is the virtual APIC's TPR");
}

/* A TDCALL that takes long ends for an event, and is not done then. */
static void test_restart(void)
{
    unsigned interrupts = 0;

    wrmsr(LVT_TIMER, HOST_VECTOR);
    regs.r12 = REPORT;
    do {
        wrmsr(TIMER_COUNT, TICK);
        td_enter(&td, 0, &regs);
        if (in_service(HOST_VECTOR)) {
            wrmsr(X86_MSR_X2APIC_EOI, 0);
            interrupts++;
        }
    } while (regs.rax == X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT);
    wrmsr(TIMER_COUNT, 0);
    calls(REPORT, 0, "a report that an interrupt ends is made again");
    ok(interrupts, "interrupts came meanwhile");
}

static void no_others(void)
{
}

int main(void)
{
    guest_init();
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    ok(td_bring_up(no_others), "the module is ready");
    ok(td_build(&td, 0, 1, 0, guest), "a TD is built");
    enter(0);
    calls(0, 0, "it runs");
    test_interrupt();
    test_nmi();
    test_posted();
    test_restart();
    ok(td_end(&td), "the TD ends");
    return test_end();
}
