/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What KVM and tdvmm do for a TD that asks them: ports, MSRs, MMIO, HLT. The
 * numbers are the GHCI's; what KVM of Linux 7.3 answers to mistakes is there
 * too.
 */

#include "kvm.h"

#define VECTOR 0x40
#define NMI 2
#define UNKNOWN_MSR 0xdead
#define OTHER_MSR 0x1b          /* IA32_APIC_BASE, which KVM emulates */

void test_lifecycle(const struct test *t)
{
    out(TDVMM_SCRATCH, 1, 0xa1);
}

void test_fatal_error(const struct test *t)
{
    static const union {
        char text[64];
        uint64_t word[8];
    } why = { "Eight registers carry what a guest says before it gives "
              "it up." };
    struct tdcall regs = {
        .rax = TDG_VP_VMCALL, .rcx = PASS_ALL, .r11 = VMCALL_FATAL,
        .r12 = 0x5eed, .r14 = why.word[0], .r15 = why.word[1],
        .rbx = why.word[2], .rdi = why.word[3], .rsi = why.word[4],
        .r8 = why.word[5], .r9 = why.word[6], .rdx = why.word[7],
    };

    tdcall(&regs);
    expect_at("the host ended the TD", 0, 1);
}

void test_port(const struct test *t)
{
    expect(in(TDVMM_SCRATCH, 1), 0);
    out(TDVMM_SCRATCH, 1, 0xa5);
    expect(in(TDVMM_SCRATCH, 1), 0xa5);
    expect(in(0x7ff, 1), 0xff);
}

void test_call_info(const struct test *t)
{
    struct tdcall r;

    for (unsigned leaf = 0; leaf < 2; leaf++) {
        expect(vmcall(VMCALL_INFO, leaf, ~0ull, ~0ull, ~0ull, &r), 0);
        expect(r.r11, 0);
        expect(r.r12, 0);
        expect(r.r13, 0);
        expect(r.r14, 0);
    }
    expect(vmcall(VMCALL_INFO, 2, 0, 0, 0, &r), VMCALL_INVALID);
    expect(vmcall(VMCALL_NOTIFY, VECTOR, 0, 0, 0, &r), 0);
    expect(vmcall(VMCALL_NOTIFY, 31, 0, 0, 0, &r), VMCALL_INVALID);
    expect(vmcall(0x1234, 0, 0, 0, 0, &r), VMCALL_UNSUPPORTED);
}

void test_port_writes(const struct test *t)
{
    out(TDVMM_SCRATCH, 4, 0x12345678);
    out(TDVMM_SCRATCH + 4, 2, 0xabcd9abc);
    out(TDVMM_SCRATCH + 6, 1, 0xffffffde);
    expect(in(TDVMM_SCRATCH, 4), 0x12345678);
    expect(in(TDVMM_SCRATCH + 4, 4), 0x00de9abc);
    expect(vmcall(VMCALL_IO, 3, 1, TDVMM_SCRATCH, 0, 0), VMCALL_INVALID);
    expect(vmcall(VMCALL_IO, 8, 1, TDVMM_SCRATCH, 0, 0), VMCALL_INVALID);
    expect(vmcall(VMCALL_IO, 1, 2, TDVMM_SCRATCH, 0, 0), VMCALL_INVALID);
    expect(in(TDVMM_SCRATCH, 4), 0x12345678);
    /* The instruction is an exit of the module's, which makes a #VE of it */
    asm volatile("outb %b0, %w1" : : "a"(0x77), "d"(TDVMM_SCRATCH));
    expect(last_ve.count, 1);
    expect(last_ve.status, 0);
    expect(last_ve.reason, REASON_IO);
    expect(last_ve.category, VE_NEVER);
    expect(last_ve.qualification, (uint64_t)TDVMM_SCRATCH << 16);
    expect(last_ve.length, 1);
    expect(in(TDVMM_SCRATCH, 1), 0x78);
}

void test_port_reads(const struct test *t)
{
    uint32_t value = 0x5a5a5a5a;

    out(TDVMM_SCRATCH, 4, 0x87654321);
    expect(in(TDVMM_SCRATCH, 1), 0x21);
    expect(in(TDVMM_SCRATCH + 1, 1), 0x43);
    expect(in(TDVMM_SCRATCH, 2), 0x4321);
    expect(in(TDVMM_SCRATCH + 2, 2), 0x8765);
    expect(in(TDVMM_SCRATCH, 4), 0x87654321);
    expect(vmcall(VMCALL_IO, 3, 0, TDVMM_SCRATCH, 0, 0), VMCALL_INVALID);
    asm volatile("inl %w1, %0" : "+a"(value) : "d"(TDVMM_SCRATCH));
    expect(last_ve.reason, REASON_IO);
    /* Bits 2:0 the size less one, 3 IN, 31:16 the port */
    expect(last_ve.qualification, (uint64_t)TDVMM_SCRATCH << 16 | 8 | 3);
    expect(last_ve.length, 1);
    expect(value, 0x5a5a5a5a);
}

void test_msr_read(const struct test *t)
{
    struct tdcall r;

    expect(vmcall(VMCALL_RDMSR, TDVMM_MSR, 0, 0, 0, &r), 0);
    expect(r.r11, 0);
    expect(vmcall(VMCALL_RDMSR, OTHER_MSR, 0, 0, 0, &r), 0);
    /* Where the APIC is, that it is on and in x2APIC mode; bit 8 the BSP */
    expect(r.r11, 0xfee00d00);
    expect(vmcall(VMCALL_RDMSR, UNKNOWN_MSR, 0, 0, 0, &r), VMCALL_INVALID);
    rdmsr(OTHER_MSR);
    expect(last_ve.count, 1);
    expect(last_ve.reason, REASON_RDMSR);
    expect(last_ve.category, VE_NEVER);
    expect(last_ve.qualification, 0);
    expect(last_ve.length, 2);
    rdmsr(TDVMM_MSR);
    expect(last_ve.count, 2);
    expect(last_ve.category, VE_CONFIGURABLE);
}

void test_msr_write(const struct test *t)
{
    struct tdcall r;

    for (unsigned i = 0; i < TDVMM_MSRS; i++) {
        expect(vmcall(VMCALL_WRMSR, TDVMM_MSR + i, 0x1122334455667788 + i, 0,
                      0, &r), 0);
    }
    for (unsigned i = 0; i < TDVMM_MSRS; i++) {
        expect(vmcall(VMCALL_RDMSR, TDVMM_MSR + i, 0, 0, 0, &r), 0);
        expect(r.r11, 0x1122334455667788 + i);
    }
    expect(vmcall(VMCALL_WRMSR, UNKNOWN_MSR, 0, 0, 0, &r), VMCALL_INVALID);
    /* KVM lets a TD not move its APIC */
    expect(vmcall(VMCALL_WRMSR, OTHER_MSR, 0xfee00c00, 0, 0, &r),
           VMCALL_INVALID);
    wrmsr(OTHER_MSR, 0);
    expect(last_ve.reason, REASON_WRMSR);
    expect(last_ve.category, VE_NEVER);
    expect(last_ve.length, 2);
}

static void later(unsigned vector, unsigned vcpu, unsigned ms)
{
    out(TDVMM_SEND, 4, vector | vcpu << 8 | ms << 16);
}

void test_halt(const struct test *t)
{
    /* With interrupts allowed in R12 one ends it, and is taken after STI */
    asm volatile("cli");
    later(VECTOR, t->vcpu, 20);
    expect(vmcall(VMCALL_HLT, 0, 0, 0, 0, 0), 0);
    expect(interrupts[VECTOR], 0);
    asm volatile("sti; nop; cli");
    expect(interrupts[VECTOR], 1);

    /* With interrupts blocked it takes an NMI; the interrupt waits */
    later(VECTOR, t->vcpu, 10);
    later(NMI, t->vcpu, 400);
    expect(vmcall(VMCALL_HLT, 1, 0, 0, 0, 0), 0);
    expect(interrupts[NMI], 1);
    expect(interrupts[VECTOR], 1);
    asm volatile("sti; nop; cli");
    expect(interrupts[VECTOR], 2);

    /* Without HLT the interrupt comes while the TD runs */
    later(VECTOR, t->vcpu, 20);
    asm volatile("sti");
    while (interrupts[VECTOR] == 2) {
        asm volatile("pause");
    }
    asm volatile("cli");
    expect(interrupts[VECTOR], 3);

    asm volatile("hlt");
    expect(last_ve.count, 1);
    expect(last_ve.reason, REASON_HLT);
    expect(last_ve.category, VE_NEVER);
    expect(last_ve.length, 1);
}

static uint64_t mmio(unsigned size, bool write, uint64_t gpa, uint64_t value,
                     uint64_t *result)
{
    struct tdcall r;
    uint64_t status = vmcall(VMCALL_MMIO, size, write, gpa, value, &r);

    if (result) {
        *result = r.r11;
    }
    return status;
}

void test_mmio_reads(const struct test *t)
{
    const uint64_t value = 0x8877665544332211, gpa = TDVMM_MMIO | SHARED;
    volatile uint32_t *view = shared_view(TDVMM_MMIO);
    uint64_t got;

    expect(mmio(8, true, gpa, value, 0), 0);
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (unsigned at = 0; at < 8; at += size) {
            expect(mmio(size, false, gpa + at, 0, &got), 0);
            expect(got, value >> 8 * at & (size == 8 ? ~0ull :
                                           (1ull << 8 * size) - 1));
        }
    }
    expect(mmio(3, false, gpa, 0, 0), VMCALL_INVALID);
    expect(mmio(16, false, gpa, 0, 0), VMCALL_INVALID);
    expect(mmio(4, false, TDVMM_MMIO, 0, 0), VMCALL_INVALID);
    /* An instruction comes back as a #VE that KVM's shared EPT asks for */
    step_over = 2;
    asm volatile("movl (%1), %%eax" : : "a"(0), "c"(view));
    step_over = 0;
    expect(last_ve.count, 1);
    expect(last_ve.reason, REASON_EPT_VIOLATION);
    expect(last_ve.gpa, gpa);
    expect(last_ve.gla, (uint64_t)view);
    /* A read, of an entry without rights, by a linear address */
    expect(last_ve.qualification & 0x1bf, 0x181);
}

void test_mmio_writes(const struct test *t)
{
    const uint64_t gpa = TDVMM_MMIO + 0x100, shared = gpa | SHARED;
    volatile uint32_t *view = shared_view(gpa);
    uint64_t got;

    expect(mmio(1, true, shared, 0xffffff01, 0), 0);
    expect(mmio(1, true, shared + 1, 0x02, 0), 0);
    expect(mmio(2, true, shared + 2, 0xffff0403, 0), 0);
    expect(mmio(4, true, shared + 4, 0xffffffff08070605, 0), 0);
    expect(mmio(8, false, shared, 0, &got), 0);
    expect(got, 0x0807060504030201);
    expect(mmio(8, true, shared, 0x1020304050607080, 0), 0);
    expect(mmio(8, false, shared, 0, &got), 0);
    expect(got, 0x1020304050607080);
    expect(mmio(5, true, shared, 0, 0), VMCALL_INVALID);
    expect(vmcall(VMCALL_MMIO, 4, 2, shared, 0, 0), VMCALL_INVALID);
    expect(mmio(4, true, gpa, 0, 0), VMCALL_INVALID);
    step_over = 2;
    asm volatile("movl %%eax, (%1)" : : "a"(0), "c"(view));
    step_over = 0;
    expect(last_ve.count, 1);
    expect(last_ve.reason, REASON_EPT_VIOLATION);
    expect(last_ve.gpa, shared);
    expect(last_ve.qualification & 0x1bf, 0x182);
}

void test_cpuid_call(const struct test *t)
{
    uint32_t reg[4];
    struct tdcall r;

    /* As tdvmm told KVM: the hypervisor's signature */
    expect(vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0, &r), 0);
    expect(r.r12, 0x40000001);
    expect(r.r13, 0x4b4d564b);
    expect(r.r14, 0x564b4d56);
    expect(r.r15, 0x4d);
    cpuid(0x40000000, 0, reg);
    expect(last_ve.count, 1);
    expect(last_ve.reason, REASON_CPUID);
    expect(last_ve.category, VE_NEVER);
    expect(last_ve.length, 2);
}
