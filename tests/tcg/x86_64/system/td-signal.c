/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One processor runs a TD, the other one sends it interrupts, NMIs and INIT,
 * wherever the TD is.  Each ends it once, with nothing lost; INIT waits in
 * VMX root operation.  TD running 3.3, 6.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -smp 2
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/vmcs.h"

#define TIMES 50
#define VECTOR 0x61
#define SVR_ENABLED 0x1ff
#define X2APIC_ENABLE (3ull << 10)
#define VALID (1u << 31)
#define ICR_SELF (1ull << 18)

enum {
    FIXED = 0x4000 | VECTOR,
    NMI = 0x4400,
    INIT = 0x4500,
};

static struct td td;
static struct seam_regs regs;
static uint32_t entries, left, again, started;
static const unsigned runner = 1;

static uint32_t now(uint32_t *what)
{
    return __atomic_load_n(what, __ATOMIC_SEQ_CST);
}

static void add(uint32_t *to)
{
    __atomic_add_fetch(to, 1, __ATOMIC_SEQ_CST);
}

/* Everything that an exit could break: flags, registers, memory */
static void guest(unsigned vcpu)
{
    asm volatile("1: inc %%rax\n\t"
                 "mov %%rax, %%rcx\n\t"
                 "push %%rcx\n\t"
                 "stc\n\t"
                 "adc $0, %%rbx\n\t"
                 "pop %%rdx\n\t"
                 "cmp %%rax, %%rdx\n\t"
                 "jne 2f\n\t"
                 "cmp %%rax, %%rbx\n\t"
                 "je 1b\n\t"
                 "2: hlt" : : "a"(0), "b"(0) : "rcx", "rdx", "memory");
}

static void send_nmi(void *arg)
{
    wrmsr(X86_MSR_X2APIC_ICR, ICR_SELF | NMI);
    asm volatile("nop");
}

/*
 * The processor that runs the TD.  An NMI that it never returns from blocks all
 * others, except in the TD; the boot processor waits meanwhile.
 */
static void run(void)
{
    wrmsr(X86_MSR_APIC_BASE, rdmsr(X86_MSR_APIC_BASE) | X2APIC_ENABLE);
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    catch_fault(send_nmi, NULL);
    td_enter_vmx(1);
    td_call(TDH_SYS_LP_INIT, 0, 0, 0);
    add(&started);
    while (now(&started) < 2) {
        asm volatile("pause");
    }
    for (;;) {
        add(&entries);
        td_enter(&td, 0, &regs);
        if (regs.rax == X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT) {
            wrmsr(X86_MSR_X2APIC_EOI, 0);
        }
        add(&left);
        while (now(&again) != now(&left)) {
            asm volatile("pause");
        }
    }
}

static void start_runner(void)
{
    ap_start(runner, run);
    while (!now(&started)) {
        asm volatile("pause");
    }
}

/* Does @signal end the TD with this exit, each time? */
static bool send(uint32_t signal, uint32_t reason, uint32_t event)
{
    for (unsigned i = 0; i < TIMES; i++) {
        uint32_t before = now(&left);

        /* Another moment each time */
        for (unsigned n = 0; n < i * 100; n++) {
            asm volatile("pause");
        }
        wrmsr(X86_MSR_X2APIC_ICR, (uint64_t)runner << 32 | signal);
        while (now(&left) == before) {
            asm volatile("pause");
        }
        if (regs.rax != reason || regs.rcx || regs.r9 != event) {
            ml_printf("# %u: rax %lx rcx %lx r9 %lx\n", i, regs.rax, regs.rcx,
                      regs.r9);
            return false;
        }
        add(&again);
    }
    return true;
}

int main(void)
{
    guest_init();
    wrmsr(X86_MSR_X2APIC_SIVR, SVR_ENABLED);
    ok(td_bring_up(start_runner), "the module is ready");
    ok(td_build(&td, 0, 1, 0, guest) &&
       !td_call(TDH_VP_FLUSH, td.vcpu[0], 0, 0), "a TD is built");
    add(&started);
    while (!now(&entries)) {
        asm volatile("pause");
    }
    ok(send(FIXED, X86_VMX_EXIT_REASON_EXTERNAL_INTERRUPT, VALID | VECTOR),
       "interrupts end the TD");
    ok(send(NMI, X86_VMX_EXIT_REASON_EXCEPTION_NMI,
            VALID | X86_VMCS_EVENT_NMI << 8 | 2), "NMIs do");
    ok(send(INIT, X86_VMX_EXIT_REASON_INIT, 0), "and INIT does");
    return test_end();
}
