/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the module shows a TD of its CPU and of itself.
 */

#include "kvm.h"

enum { EAX, EBX, ECX, EDX };

/* The leaf as the module answers it, held against what KVM was told of it */
static void compare(uint32_t leaf, uint32_t subleaf, const uint32_t *mask)
{
    uint32_t reg[4];
    struct tdcall r;

    cpuid(leaf, subleaf, reg);
    vmcall(VMCALL_CPUID, leaf, subleaf, 0, 0, &r);
    if ((reg[EAX] ^ r.r12) & mask[EAX] || (reg[EBX] ^ r.r13) & mask[EBX] ||
        (reg[ECX] ^ r.r14) & mask[ECX] || (reg[EDX] ^ r.r15) & mask[EDX]) {
        print("# leaf ");
        print_hex(leaf);
        print("\n");
        expect(reg[EAX] & mask[EAX], r.r12 & mask[EAX]);
        expect(reg[EBX] & mask[EBX], r.r13 & mask[EBX]);
        expect(reg[ECX] & mask[ECX], r.r14 & mask[ECX]);
        expect(reg[EDX] & mask[EDX], r.r15 & mask[EDX]);
    }
}

/* A leaf that ends in a #VE of this category */
static void wants_ve(uint32_t leaf, uint32_t subleaf, unsigned category)
{
    uint64_t count = last_ve.count;
    uint32_t reg[4];

    cpuid(leaf, subleaf, reg);
    if (last_ve.count != count + 1 || last_ve.reason != REASON_CPUID ||
        last_ve.category != category) {
        print("# leaf ");
        print_hex(leaf);
        print("\n");
        expect(last_ve.count, count + 1);
        expect(last_ve.reason, REASON_CPUID);
        expect(last_ve.category, category);
    }
}

static void wants(uint32_t leaf, uint32_t eax, uint32_t ebx, uint32_t ecx,
                  uint32_t edx)
{
    uint32_t reg[4];

    cpuid(leaf, 0, reg);
    expect(reg[EAX], eax);
    expect(reg[EBX], ebx);
    expect(reg[ECX], ecx);
    expect(reg[EDX], edx);
}

void test_cpuid(const struct test *t)
{
    static const uint32_t all[] = { ~0u, ~0u, ~0u, ~0u };
    /* APIC ID; OSXSAVE; MCE, MTRR and MCA, which are 1 without REDUCE_VE */
    static const uint32_t leaf1[] = {
        ~0u, 0x00ffffff, ~(1u << 27), ~(1u << 7 | 1u << 12 | 1u << 14)
    };
    /* OSPKE; CORE_CAPABILITIES */
    static const uint32_t leaf7[] = { ~0u, ~0u, ~(1u << 4), ~(1u << 30) };
    static const uint32_t only_eax[] = { ~0u, 0, 0, 0 };
    static const uint32_t widths[] = { 0xff00ffff, ~0u, ~0u, ~0u };
    uint32_t reg[4];

    wants(0x21, 0, 0x65746e49, 0x20202020, 0x5844546c);
    wants(0x80000000, 0x80000008, 0, 0, 0);
    wants(3, 0, 0, 0, 0);
    cpuid(0, 0, reg);
    expect(reg[EAX], 0x23);
    cpuid(1, 0, reg);
    expect(reg[EBX] >> 24, t->vcpu);
    expect(reg[ECX] >> 31 & 1, 1);          /* a hypervisor */
    expect(reg[ECX] >> 5 & 1, 0);           /* VMX */
    expect(reg[ECX] >> 27 & 1, 0);          /* OSXSAVE, as CR4 */
    expect(reg[EDX] >> 9 & 1, 1);           /* APIC */
    expect(reg[EDX] >> 7 & 1, 1);           /* MCE */
    expect(reg[EDX] >> 12 & 1, 1);          /* MTRR */
    expect(reg[EDX] >> 14 & 1, 1);          /* MCA */
    cpuid(0x80000001, 0, reg);
    expect(reg[EDX] >> 11 & 1, 1);          /* SYSCALL, in 64-bit mode */
    cpuid(0x80000008, 0, reg);
    expect(reg[EAX] >> 16 & 0xff, 0);
    cpuid(0x15, 0, reg);
    expect(reg[EAX], 1);
    expect(reg[ECX], 25000000);

    compare(0, 0, all);
    compare(1, 0, leaf1);
    compare(7, 0, leaf7);
    compare(7, 1, all);
    compare(0xd, 0, only_eax);
    compare(0x15, 0, all);
    compare(0x80000006, 0, all);
    compare(0x80000007, 0, all);
    compare(0x80000008, 0, widths);

    wants_ve(2, 0, VE_CONFIGURABLE);
    wants_ve(6, 0, VE_CONFIGURABLE);
    wants_ve(0xb, 0, VE_CONFIGURABLE);
    wants_ve(0x16, 0, VE_CONFIGURABLE);
    wants_ve(0x40000000, 0, VE_NEVER);
    wants_ve(0x4fffffff, 0, VE_NEVER);
    /* Behind the last leaf is the last leaf, which has four subleaves */
    wants(0x80000009, 0, 0, 0, 0);
    wants_ve(0x80000009, 4, VE_CONFIGURABLE);
}

void test_info(const struct test *t)
{
    struct tdcall r = { .rax = TDG_VP_INFO };
    unsigned vcpus = t->argument & 0xff, host = t->argument >> 8;

    tdcall(&r);
    expect(r.rax, 0);
    expect(r.rcx, 48);
    expect(r.rcx, t->width);
    expect(r.rdx, 1 << 28);                 /* SEPT_VE_DISABLE */
    expect(r.r8 & 0xffffffff, vcpus);
    expect(r.r8 >> 32, host);
    expect(r.r9, t->vcpu);
    expect(r.r10, 1);
    expect(r.r11, 0);
    r = (struct tdcall) { .rax = TDG_VP_INFO | 1 << 16 };
    tdcall(&r);
    expect(r.rax, TDX_OPERAND_INVALID);     /* of RAX, whose id is 0 */
}
