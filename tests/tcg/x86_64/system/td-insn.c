/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Instructions that a TD executes and that concern its module: which exception
 * each raises, with what a #VE tells, and what those that are emulated do.
 * TD running 3.3, 3.4; TD CPU 2.
 *
 * Link: seam-guest.c seam-guest-entry.S seam-td.c seam-host-call.S
 * Link: td-guest.c td-guest-entry.S
 * QEMU: -cpu TDXHost -device tdx-module -m 2G
 * QEMU: -cpu TDXHost -device tdx-module -m 2G -icount shift=1
 */

#include "td-guest.h"
#include "../../../../target/i386/x86-defs/vmx-qual.h"

#define EXC_DB 1
#define EXC_VE 20
#define VECTOR_NONE ((uint64_t)NONE)

#define CR0_TS (1ull << 3)
#define CR0_CD (1ull << 30)
#define CR4_MCE (1ull << 6)
#define CR4_OSXSAVE (1ull << 18)
#define RFLAGS_TF (1ull << 8)
#define EFER_SCE 1
#define EFER_NXE (1 << 11)

enum { CONFIGURABLE = 0x10, PARAVIRT = 0x11, UNSUPPORTED = 0x80 };

#define INSN(name, text)                                                \
static void name(void *arg)                                             \
{                                                                       \
    asm volatile(text : : "a"(arg), "c"(0), "d"(0) : "rbx", "memory");  \
}

INSN(do_wbinvd, "wbinvd")
INSN(do_invd, "invd")
INSN(do_in_dx, "mov $0x3f8, %%edx; in %%dx, %%ax")
INSN(do_out, "out %%al, $0x80")
INSN(do_rep_outs, "mov $0x3f8, %%edx; mov $2, %%ecx; xor %%esi, %%esi;"
     "rep outsb")
INSN(do_hlt, "hlt")
INSN(do_rdpmc, "rdpmc")
INSN(do_monitor, "monitor")
INSN(do_mwait, "mwait")
INSN(do_getsec, ".byte 0x0f, 0x37")
INSN(do_rsm, ".byte 0x0f, 0xaa")
INSN(do_vmfunc, "vmfunc")
INSN(do_mov_cr0, "mov %%rax, %%cr0")
INSN(do_mov_cr4, "mov %%rax, %%cr4")
INSN(do_clts, "clts")
INSN(do_lmsw, "lmsw %%ax")
INSN(do_xsetbv, "xsetbv")
INSN(do_xsetbv_1, "inc %%ecx; xsetbv")
INSN(do_rdtsc, "rdtsc")
INSN(do_cpuid, "cpuid")

static void do_rdmsr(void *arg)
{
    rdmsr((uintptr_t)arg);
}

/* Zero to the MSR */
static void do_wrmsr(void *arg)
{
    wrmsr((uintptr_t)arg, 0);
}

static void do_wrmsr_efer(void *arg)
{
    wrmsr(X86_MSR_EFER, rdmsr(X86_MSR_EFER) ^ (uintptr_t)arg);
}

/* The trap comes after the TDCALL. */
static void do_step(void *arg)
{
    asm volatile("pushfq; orl %1, (%%rsp); popfq;"
                 ".byte 0x66, 0x0f, 0x01, 0xcc; ud2"
                 : : "a"((uint64_t)TDG_VP_INFO), "i"((int)RFLAGS_TF)
                 : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
}

/* CR0 and CR4 with these bits changed, made when the test begins */
enum { PLAIN, OF_CR0, OF_CR4 };

struct test {
    const char *title;
    void (*fn)(void *arg);
    uint64_t arg;
    unsigned of;
    struct {
        uint64_t vector;
        uint32_t reason;
        uint32_t category;
        uint64_t qualification;
    } is;
};

#define VE(reason, category, qual) \
    { EXC_VE, X86_VMX_EXIT_REASON_##reason, category, qual }
#define OTHER(vector) { vector, 0, 0, 0 }
#define NO_EXC OTHER(VECTOR_NONE)
/* MOV from RAX */
#define TO_CR(n) (n)
#define IO_OUT 0
#define IO_IN (1 << 3)
#define IO_STRING (1 << 4)
#define IO_REP (1 << 5)
#define IO_IMMEDIATE (1 << 6)
#define IO_WORD 1
#define PORT(n) ((n) << 16)

static const struct test tests[] = {
    { "WBINVD", do_wbinvd, 0, PLAIN, VE(WBINVD, PARAVIRT, 0) },
    { "INVD", do_invd, 0, PLAIN, VE(INVD, PARAVIRT, 0) },
    { "HLT", do_hlt, 0, PLAIN, VE(HLT, PARAVIRT, 0) },
    { "IN AX, DX", do_in_dx, 0, PLAIN,
      VE(IO_INSTRUCTION, PARAVIRT, PORT(0x3f8) | IO_IN | IO_WORD) },
    { "OUT imm8, AL", do_out, 0, PLAIN,
      VE(IO_INSTRUCTION, PARAVIRT, PORT(0x80) | IO_OUT | IO_IMMEDIATE) },
    { "REP OUTSB", do_rep_outs, 0, PLAIN,
      VE(IO_INSTRUCTION, PARAVIRT, PORT(0x3f8) | IO_STRING | IO_REP) },
    { "RDPMC", do_rdpmc, 0, PLAIN, OTHER(EXC_GP) },
    { "MONITOR", do_monitor, 0, PLAIN, OTHER(EXC_UD) },
    { "MWAIT", do_mwait, 0, PLAIN, OTHER(EXC_UD) },
    { "GETSEC", do_getsec, 0, PLAIN, OTHER(EXC_UD) },
    { "RSM", do_rsm, 0, PLAIN, OTHER(EXC_UD) },
    { "VMFUNC", do_vmfunc, 0, PLAIN, OTHER(EXC_UD) },
    { "RDTSC", do_rdtsc, 0, PLAIN, NO_EXC },
    { "CPUID, leaf 0", do_cpuid, 0, PLAIN, NO_EXC },
    { "CPUID, leaf 2", do_cpuid, 2, PLAIN, VE(CPUID, CONFIGURABLE, 0) },

    { "CR0 as it is", do_mov_cr0, 0, OF_CR0, NO_EXC },
    { "CR0.TS", do_mov_cr0, CR0_TS, OF_CR0, NO_EXC },
    { "CLTS", do_clts, 0, PLAIN, NO_EXC },
    { "CR0.NE := 0", do_mov_cr0, CR0_NE, OF_CR0, OTHER(EXC_GP) },
    { "CR0.CD := 1", do_mov_cr0, CR0_CD, OF_CR0,
      VE(CR_ACCESS, UNSUPPORTED, TO_CR(0)) },
    { "LMSW", do_lmsw, CR0_PE | CR0_TS, PLAIN, NO_EXC },
    { "CLTS again", do_clts, 0, PLAIN, NO_EXC },
    { "CR4 as it is", do_mov_cr4, 0, OF_CR4, NO_EXC },
    { "CR4.VMXE := 1", do_mov_cr4, CR4_VMXE, OF_CR4,
      VE(CR_ACCESS, UNSUPPORTED, TO_CR(4)) },
    { "CR4.SMXE := 1", do_mov_cr4, CR4_SMXE, OF_CR4, OTHER(EXC_GP) },
    { "CR4.MCE := 0", do_mov_cr4, CR4_MCE, OF_CR4,
      VE(CR_ACCESS, CONFIGURABLE, TO_CR(4)) },
    { "CR4.OSXSAVE := 1", do_mov_cr4, CR4_OSXSAVE, OF_CR4, NO_EXC },
    { "XCR0 := x87, SSE", do_xsetbv, 3, PLAIN, NO_EXC },
    { "XCR0 := SSE", do_xsetbv, 2, PLAIN, OTHER(EXC_GP) },
    { "XCR0 := x87, SSE, AVX", do_xsetbv, 7, PLAIN, OTHER(EXC_GP) },
    { "XSETBV of register 1", do_xsetbv_1, 3, PLAIN, OTHER(EXC_GP) },

    { "EFER.SCE", do_wrmsr_efer, EFER_SCE, PLAIN, NO_EXC },
    { "EFER.NXE", do_wrmsr_efer, EFER_NXE, PLAIN,
      VE(WRMSR, UNSUPPORTED, 0) },
    { "RDMSR of APIC_BASE", do_rdmsr, X86_MSR_APIC_BASE, PLAIN,
      VE(RDMSR, PARAVIRT, 0) },
    { "WRMSR to the TSC", do_wrmsr, X86_MSR_TSC, PLAIN,
      VE(WRMSR, PARAVIRT, 0) },
    { "WRMSR to LSTAR", do_wrmsr, X86_MSR_LSTAR, PLAIN, NO_EXC },
    { "RDMSR of x2APIC ID", do_rdmsr, X86_MSR_X2APIC_APICID, PLAIN,
      VE(RDMSR, CONFIGURABLE, 0) },
    { "WRMSR to x2APIC ICR", do_wrmsr, X86_MSR_X2APIC_ICR, PLAIN,
      VE(WRMSR, PARAVIRT, 0) },
    { "RDMSR of 0x800", do_rdmsr, X86_MSR_X2APIC_FIRST, PLAIN, OTHER(EXC_GP) },
    { "WRMSR of 0 to SELF_IPI", do_wrmsr, X86_MSR_X2APIC_SELF_IPI, PLAIN,
      VE(APIC_WRITE, PARAVIRT, 0x3f0) },
    { "a single-stepped TDCALL", do_step, 0, PLAIN, OTHER(EXC_DB) },
};

#define TESTS (sizeof(tests) / sizeof(tests[0]))

static struct td td;
static struct seam_regs regs;

static void guest(unsigned vcpu)
{
    for (unsigned i = 0; i < TESTS; i++) {
        const struct test *t = &tests[i];
        struct seam_regs ve = { .rax = TDG_VP_VEINFO_GET | 1 << 16 };
        struct seam_regs call = {
            .rax = TDG_VP_VMCALL, .rcx = TD_CALL_MASK, .r11 = i,
        };
        uint64_t arg = t->of == OF_CR0 ? read_cr0() ^ t->arg :
                       t->of == OF_CR4 ? read_cr4() ^ t->arg : t->arg;

        call.r12 = (int64_t)catch_fault(t->fn, (void *)arg);
        if (call.r12 == EXC_VE) {
            tdcall_regs(&ve);
            call.r13 = ve.rax;
            call.r14 = ve.rcx;
            call.r15 = ve.rdx;
        }
        tdcall_regs(&call);
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
    for (unsigned i = 0; i < TESTS; i++) {
        const struct test *t = &tests[i];
        bool good = td_enter(&td, 0, &regs) &&
                    regs.rax == X86_VMX_EXIT_REASON_TDCALL &&
                    regs.r11 == i && regs.r12 == t->is.vector && !regs.r13 &&
                    regs.r14 == (t->is.reason | (uint64_t)t->is.category << 32) &&
                    regs.r15 == t->is.qualification;

        if (!good) {
            ml_printf("# rax %lx rcx %lx r11 %lx vector %ld ve %lx reason %lx "
                      "qualification %lx\n", regs.rax, regs.rcx, regs.r11,
                      regs.r12, regs.r13, regs.r14, regs.r15);
        }
        ok(good, t->title);
    }
    ok(td_end(&td), "the TD ends");
    return test_end();
}
