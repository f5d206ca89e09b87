/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD that is debugged: its VMM reads and writes registers, intercepts
 * exceptions and steps through code; what it writes may be no state that a
 * processor enters.  TD running 2.1, 7.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/vmcs.h"
#include "../../../../target/i386/x86-defs/vmx-controls-list.h"

#define VALID (1u << 31)
#define HW_EXCEPTION (3 << 8)
#define STEPS 5
#define UD2 0x0b0f

static struct td td;
static struct seam_regs regs;

static void ud2(void *arg)
{
    asm volatile("ud2");
}

static void guest(unsigned vcpu)
{
    td_tell(1, 0);
    td_tell(2, catch_fault(ud2, NULL));
    td_tell(3, catch_fault(ud2, NULL));
    for (;;) {
        td_tell(4, 0);
    }
}

/* --- its VMM ------------------------------------------------------------------ */

static void show(void)
{
    ml_printf("# rax %lx rcx %lx rdx %lx r8 %lx r9 %lx r11 %lx r12 %lx\n",
              regs.rax, regs.rcx, regs.rdx, regs.r8, regs.r9, regs.r11,
              regs.r12);
}

static void expect(bool good, const char *title)
{
    if (!good) {
        show();
    }
    ok(good, title);
}

static void enter(void)
{
    td_enter(&td, 0, &regs);
}

static bool calls(uint64_t what, uint64_t value)
{
    return regs.rax == X86_VMX_EXIT_REASON_TDCALL && regs.r11 == what &&
           regs.r12 == value;
}

static uint64_t get_field(uint64_t field)
{
    struct seam_regs call = {
        .rax = TDH_VP_RD, .rcx = td.vcpu[0], .rdx = field,
    };

    seamcall_regs(&call);
    return call.rax ? UINT64_MAX : call.r8;
}

static uint64_t set_field(uint64_t field, uint64_t value, uint64_t mask)
{
    return td_call4(TDH_VP_WR, td.vcpu[0], field, value, mask);
}

static void test_intercept(void)
{
    uint64_t rip = (uintptr_t)ud2;

    ok(!set_field(X86_VMCS_EXCEPTION_BITMAP, 1u << EXC_UD, 1u << EXC_UD),
       "the VMM intercepts #UD");
    enter();
    expect(regs.rax == X86_VMX_EXIT_REASON_EXCEPTION_NMI &&
           regs.r9 == (VALID | HW_EXCEPTION | EXC_UD), "which ends the TD");
    rip = get_field(X86_VMCS_GUEST_RIP);
    ok(rip >= (uintptr_t)ud2 && rip < (uintptr_t)ud2 + 64 &&
       *(uint16_t *)(uintptr_t)rip == UD2, "at the instruction");
    ok(!set_field(X86_VMCS_GUEST_RIP, rip + 2, UINT64_MAX),
       "the VMM skips that");
    enter();
    expect(calls(2, (uint64_t)NONE), "and the TD has seen nothing");
    ok(!set_field(X86_VMCS_EXCEPTION_BITMAP, 0, 1u << EXC_UD),
       "the VMM lets #UD happen");
    enter();
    expect(calls(3, EXC_UD), "and so it does");
}

static void test_steps(void)
{
    uint64_t last = get_field(X86_VMCS_GUEST_RIP);
    unsigned good = 0;

    ok(!set_field(X86_VMCS_PROC_CONTROLS, X86_VMX_PROC_MONITOR_TRAP,
                  X86_VMX_PROC_MONITOR_TRAP), "the VMM steps");
    for (int i = 0; i < STEPS; i++) {
        uint64_t rip;

        enter();
        rip = get_field(X86_VMCS_GUEST_RIP);
        good += regs.rax == X86_VMX_EXIT_REASON_MONITOR_TRAP && rip != last;
        last = rip;
    }
    expect(good == STEPS, "from instruction to instruction");
    ok(!set_field(X86_VMCS_PROC_CONTROLS, 0, X86_VMX_PROC_MONITOR_TRAP),
       "and no more");
    enter();
    expect(calls(4, 0), "the TD goes on");
}

/* None of these is a state to enter; the TD goes on with what was before. */
static void test_invalid(void)
{
    static const struct {
        uint64_t field, value;
        const char *title;
    } tests[] = {
        { X86_VMCS_GUEST_RFLAGS, 0x8002, "reserved bits of RFLAGS" },
        { X86_VMCS_GUEST_RFLAGS, 0x20002, "virtual-8086 mode" },
        { X86_VMCS_GUEST_RIP, 1ull << 62, "RIP beyond all addresses" },
        { X86_VMCS_GUEST_CS_AR, 0, "CS that is none" },
        { X86_VMCS_GUEST_TR_AR, 0x10000, "TR that is unusable" },
        { X86_VMCS_GUEST_INTERRUPTIBILITY, 3, "blocking by STI and MOV SS" },
    };

    for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        uint64_t before = get_field(tests[i].field);
        bool written = !set_field(tests[i].field, tests[i].value, UINT64_MAX);

        enter();
        expect(written && regs.rax ==
               (X86_VMX_EXIT_REASON_INVALID_GUEST_STATE |
                X86_VMX_EXIT_ENTRY_FAILURE), tests[i].title);
        set_field(tests[i].field, before, UINT64_MAX);
    }
    enter();
    expect(calls(4, 0), "the TD goes on");
}

static void no_others(void)
{
}

int main(void)
{
    guest_init();
    ok(td_bring_up(no_others), "the module is ready");
    ok(td_build(&td, 0, 1, TD_ATTR_DEBUG, guest), "a TD is built");
    enter();
    expect(calls(1, 0), "it runs");
    test_intercept();
    test_steps();
    test_invalid();
    ok(td_end(&td), "the TD ends");
    return test_end();
}
