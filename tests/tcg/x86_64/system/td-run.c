/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TD is built and entered by SEAMCALLs alone.  It calls its VMM, and
 * executes what exits: each time it finds what the specification says, or its
 * VMM does.  TD running 1.4, 1.5, 3.3.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -icount shift=1
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/vmx-qual.h"

#define EXC_VE 20
#define NO_MSR 0x12345 /* which no bitmap has */
#define CPUID_PARAVIRT 0x40000000
#define CPUID_TDX 0x21
#define PORT 0x80
#define CR4_OSFXSR (1ull << 9)
#define PASS_XMM3 (1 << 19)
#define REPORT_DATA 128 /* of REPORTMACSTRUCT */

/* What the TD tells of, in this order */
enum {
    HELLO = 1,
    ANSWER,
    INFO,
    ATTRIBUTES,
    VCPUS,
    NO_LEAF,
    CPUID_NATIVE,
    CPUID_OTHER,
    VECTOR,
    VE_REASON,
    VE_QUALIFICATION,
    VE_LENGTH,
    REGISTERS,
    XMM_CALL,
    XMM_PASSED,
    XMM_KEPT,
    REPORT,
    VERIFIED,
    FORGED,
    DONE,
};

static const char no_idt[10]; /* a table without entries */
static struct td td;
static struct seam_regs regs;

/* --- in the TD ----------------------------------------------------------- */

static void tell_ve(void)
{
    struct seam_regs ve = td_tell_ve(VECTOR);

    td_tell(VE_LENGTH, (uint32_t)ve.r10);
}

static void do_cpuid(void *arg)
{
    uint32_t words[4];

    cpuid((uintptr_t)arg, 0, words);
}

static void do_rdmsr(void *arg)
{
    rdmsr((uintptr_t)arg);
}

static void do_inb(void *arg)
{
    asm volatile("inb %0, %%al" : : "i"(PORT) : "rax");
}

static void do_hlt(void *arg)
{
    asm volatile("hlt");
}

static void do_tdcall(void *arg)
{
    struct seam_regs info = { .rax = TDG_VP_INFO };

    tdcall_regs(&info);
}

static void use_sse(void)
{
    write_cr4(read_cr4() | CR4_OSFXSR);
}

static void set_xmms(uint64_t xmm3, uint64_t xmm4)
{
    asm volatile("movq %0, %%xmm3; movq %1, %%xmm4" : : "r"(xmm3), "r"(xmm4));
}

static uint64_t xmm3(void)
{
    uint64_t value;

    asm volatile("movq %%xmm3, %0" : "=r"(value));
    return value;
}

static uint64_t xmm4(void)
{
    uint64_t value;

    asm volatile("movq %%xmm4, %0" : "=r"(value));
    return value;
}

static void tell_xmms(void)
{
    struct seam_regs call = {
        .rax = TDG_VP_VMCALL, .rcx = TD_CALL_MASK | PASS_XMM3,
        .r11 = XMM_CALL,
    };

    use_sse();
    set_xmms(0x3333, 0x4444);
    tdcall_regs(&call);
    td_tell(XMM_PASSED, xmm3());
    td_tell(XMM_KEPT, xmm4());
}

static uint64_t leaf(uint64_t rax, void *rcx, void *rdx)
{
    struct seam_regs call = {
        .rax = rax, .rcx = (uintptr_t)rcx, .rdx = (uintptr_t)rdx,
    };

    tdcall_regs(&call);
    return call.rax;
}

/* The machine knows its own reports, and no others. */
static void tell_reports(void)
{
    static uint8_t report[1024] __attribute__((aligned(1024)));
    static uint8_t data[64] __attribute__((aligned(64)));

    td_tell(REPORT, leaf(TDG_MR_REPORT, report, data));
    td_tell(VERIFIED, leaf(TDG_MR_VERIFYREPORT, report, NULL));
    report[REPORT_DATA] ^= 1;
    td_tell(FORGED, leaf(TDG_MR_VERIFYREPORT, report, NULL));
}

static void guest(unsigned vcpu)
{
    struct seam_regs call = { .rax = TDG_VP_INFO };
    uint32_t words[4];

    td_tell(ANSWER, td_tell(HELLO, 0x1234) + 1);
    tdcall_regs(&call);
    td_tell(INFO, call.rcx);
    td_tell(ATTRIBUTES, call.rdx);
    td_tell(VCPUS, call.r8);
    call = (struct seam_regs) { .rax = 999 };
    tdcall_regs(&call);
    td_tell(NO_LEAF, call.rax);

    cpuid(CPUID_TDX, 0, words);
    td_tell(CPUID_NATIVE, words[1]);
    catch_fault(do_cpuid, (void *)CPUID_PARAVIRT);
    tell_ve();
    catch_fault(do_rdmsr, (void *)X86_MSR_APIC_BASE);
    tell_ve();
    catch_fault(do_inb, NULL);
    tell_ve();
    catch_fault(do_hlt, NULL);
    tell_ve();
    catch_fault(insn_vmcall, NULL);
    tell_ve();
    catch_fault(do_rdmsr, (void *)NO_MSR);
    tell_ve();
    td_tell(VECTOR, catch_fault(insn_vmxon, NULL));
    td_tell(VECTOR, catch_fault(insn_seamcall, NULL));
    td_tell(VECTOR, catch_fault(insn_seamret, NULL));
    td_tell(VECTOR, catch_fault_user(do_tdcall, NULL));

    call = (struct seam_regs) {
        .rax = TDG_VP_VMCALL, .rcx = 1 << 3 | 1 << 5 | 1 << 8 | 1 << 11,
        .rdx = 2, .rbx = 3, .rbp = 5, .rsi = 6, .rdi = 7, .r8 = 8, .r9 = 9,
        .r10 = 10, .r11 = REGISTERS, .r12 = 12, .r13 = 13, .r14 = 14,
        .r15 = 15,
    };
    tdcall_regs(&call);
    td_tell(REGISTERS, call.rax == 0 && call.rdx == 2 && call.rbx == 33 &&
            call.rbp == 55 && call.rsi == 6 && call.rdi == 7 &&
            call.r8 == 88 && call.r9 == 9 && call.r10 == 10 &&
            call.r12 == 12 && call.r13 == 13 && call.r14 == 14 &&
            call.r15 == 15);
    tell_xmms();
    tell_reports();
    td_tell(DONE, 0);
    asm volatile("lidt %0; ud2" : : "m"(no_idt));
}

/* --- its VMM ------------------------------------------------------------- */

/* Enter the TD until it calls, and look whether it tells @value of @what */
static void expect(unsigned what, uint64_t value, const char *title)
{
    bool good = td_enter(&td, 0, &regs) &&
                regs.rax == X86_VMX_EXIT_REASON_TDCALL &&
                regs.rcx == TD_CALL_MASK && regs.r11 == what &&
                regs.r12 == value;

    if (!good) {
        ml_printf("# rax %lx rcx %lx rdx %lx r8 %lx r9 %lx r11 %lx r12 %lx\n",
                  regs.rax, regs.rcx, regs.rdx, regs.r8, regs.r9, regs.r11,
                  regs.r12);
    }
    ok(good, title);
}

static void expect_ve(uint32_t reason, uint64_t qualification,
                      unsigned length, const char *title)
{
    expect(VECTOR, EXC_VE, title);
    expect(VE_REASON, reason, "which tells the reason");
    expect(VE_QUALIFICATION, qualification, "the qualification");
    expect(VE_LENGTH, length, "and the instruction's length");
}

static void expect_calls(void)
{
    expect(HELLO, 0x1234, "the TD calls its VMM");
    regs.r12 = 0x4321;
    expect(ANSWER, 0x4322, "and gets the answer");
    expect(INFO, 48, "TDG.VP.INFO: GPA width");
    expect(ATTRIBUTES, 0, "attributes");
    expect(VCPUS, (uint64_t)TD_MAX_VCPUS << 32 | 1, "vCPUs");
    expect(NO_LEAF, TDX_OPERAND_INVALID, "there is no leaf 999");
}

static void expect_instructions(void)
{
    expect(CPUID_NATIVE, 0x65746e49, "CPUID of TDX says so");
    expect_ve(X86_VMX_EXIT_REASON_CPUID, 0, 2, "CPUID of a VMM is a #VE");
    expect_ve(X86_VMX_EXIT_REASON_RDMSR, 0, 2, "RDMSR of APIC_BASE as well");
    expect_ve(X86_VMX_EXIT_REASON_IO_INSTRUCTION, x86_vmx_io_qual(
                  (X86VmxIoQual) { .port = PORT, .size = 1, .in = true,
                                   .immediate = true }), 2, "IN as well");
    expect_ve(X86_VMX_EXIT_REASON_HLT, 0, 1, "HLT as well");
    expect_ve(X86_VMX_EXIT_REASON_VMCALL, 0, 3, "VMCALL as well");
    expect_ve(X86_VMX_EXIT_REASON_RDMSR, 0, 2, "RDMSR of no MSR as well");
    expect(VECTOR, EXC_UD, "VMXON: #UD");
    expect(VECTOR, EXC_UD, "SEAMCALL: #UD");
    expect(VECTOR, EXC_UD, "SEAMRET: #UD");
    expect(VECTOR, EXC_GP, "TDCALL at CPL 3: #GP");
}

static void expect_registers(void)
{
    td_enter(&td, 0, &regs);
    ok(regs.rax == X86_VMX_EXIT_REASON_TDCALL && regs.rbx == 3 &&
       regs.rbp == 5 && regs.r8 == 8 && regs.r11 == REGISTERS,
       "registers that are selected pass to the VMM");
    ok(!regs.rdx && !regs.rsi && !regs.rdi && !regs.r9 && !regs.r10 &&
       !regs.r12 && !regs.r13 && !regs.r14 && !regs.r15,
       "and no others");
    regs = (struct seam_regs) {
        .rdx = 22, .rbx = 33, .rbp = 55, .rsi = 66, .rdi = 77, .r8 = 88,
        .r9 = 99, .r10 = 110, .r11 = 111, .r12 = 122, .r13 = 133, .r14 = 144,
        .r15 = 155,
    };
    expect(REGISTERS, 1, "the same on the way back");
}

static void expect_xmms(void)
{
    use_sse();
    set_xmms(1, 2);
    td_enter(&td, 0, &regs);
    ok(regs.rcx == (TD_CALL_MASK | PASS_XMM3) && regs.r11 == XMM_CALL &&
       xmm3() == 0x3333, "an XMM register that is selected passes");
    ok(!xmm4(), "others are cleared");
    set_xmms(0x5555, 0x6666);
    expect(XMM_PASSED, 0x5555, "back it passes as well");
    expect(XMM_KEPT, 0x4444, "and others are the TD's own");
}

static void expect_reports(void)
{
    expect(REPORT, 0, "a report on the TD");
    expect(VERIFIED, 0, "which was made on this machine");
    expect(FORGED, TDX_INVALID_REPORTMACSTRUCT, "and none that is forged");
}

static void expect_host_state(void)
{
    wrmsr(X86_MSR_LSTAR, 0x1234);
    wrmsr(X86_MSR_STAR, 0x1234);
    wrmsr(X86_MSR_KERNEL_GS_BASE, 0x1234);
    asm volatile("mov %0, %%dr0; mov %0, %%cr2" : : "r"(0x1234ull));
    expect(DONE, 0, "the TD is through");
    ok(!rdmsr(X86_MSR_LSTAR) && !rdmsr(X86_MSR_STAR) &&
       rdmsr(X86_MSR_FMASK) == 0x20200 && !rdmsr(X86_MSR_KERNEL_GS_BASE),
       "the VMM's MSRs of SYSCALL are in their initial state");
    {
        uint64_t cr2, dr0, dr7;

        asm volatile("mov %%cr2, %0; mov %%dr0, %1; mov %%dr7, %2"
                     : "=r"(cr2), "=r"(dr0), "=r"(dr7));
        ok(!cr2 && !dr0 && dr7 == 0x400, "CR2 and debug registers as well");
    }
}

static void no_others(void)
{
}

int main(void)
{
    guest_init();
    ok(td_bring_up(no_others), "the module is ready");
    ok(td_build(&td, 0, 1, 0, guest), "a TD is built");
    expect_calls();
    expect_instructions();
    expect_registers();
    expect_xmms();
    expect_reports();
    expect_host_state();
    td_enter(&td, 0, &regs);
    ok(regs.rax == (TDX_NON_RECOVERABLE_VCPU |
                    X86_VMX_EXIT_REASON_TRIPLE_FAULT),
       "a triple fault ends the vCPU");
    td_enter(&td, 0, &regs);
    ok((regs.rax & ~0xffffffffull) == TDX_VCPU_STATE_INCORRECT,
       "which cannot be entered again");
    ok(td_end(&td), "the TD ends");
    return test_end();
}
