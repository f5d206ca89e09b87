/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A VMX host for the bare-metal guests: see vmx-guest.h.
 */

#include "vmx-guest.h"

/* Selectors of seam-guest.c's descriptor table */
#define CS 0x08
#define DS 0x10
#define TSS 0x30

/* Access rights */
#define AR_CODE (X86_VMCS_AR_P | X86_VMCS_AR_S | 0xb | X86_VMCS_AR_L | \
                 X86_VMCS_AR_G)
#define AR_DATA (X86_VMCS_AR_P | X86_VMCS_AR_S | 0x3 | X86_VMCS_AR_DB | \
                 X86_VMCS_AR_G)
#define AR_TSS  (X86_VMCS_AR_P | 0xb)

void vmx_on(struct vmx_vcpu *vcpu)
{
    uint64_t pointer = (uintptr_t)vcpu->vmxon;

    write_cr0(read_cr0() | CR0_NE);
    write_cr4(read_cr4() | CR4_VMXE);
    *(uint32_t *)vcpu->vmxon = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmxon %0" : : "m"(pointer) : "cc", "memory");
}

void vmx_controls(uint64_t field, uint32_t msr, uint32_t wanted)
{
    vmwrite(field, (uint32_t)rdmsr(msr) | wanted);
}

static void host_state(void)
{
    struct table {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdtr, idtr;

    asm volatile("sgdt %0; sidt %1" : "=m"(gdtr), "=m"(idtr));
    vmwrite(X86_VMCS_HOST_CR0, read_cr0());
    vmwrite(X86_VMCS_HOST_CR3, read_cr3());
    vmwrite(X86_VMCS_HOST_CR4, read_cr4());
    vmwrite(X86_VMCS_HOST_CS_SELECTOR, CS);
    vmwrite(X86_VMCS_HOST_SS_SELECTOR, DS);
    vmwrite(X86_VMCS_HOST_DS_SELECTOR, DS);
    vmwrite(X86_VMCS_HOST_ES_SELECTOR, DS);
    vmwrite(X86_VMCS_HOST_TR_SELECTOR, TSS);
    vmwrite(X86_VMCS_HOST_GDTR_BASE, gdtr.base);
    vmwrite(X86_VMCS_HOST_IDTR_BASE, idtr.base);
    vmwrite(X86_VMCS_GUEST_GDTR_BASE, gdtr.base);
    vmwrite(X86_VMCS_GUEST_GDTR_LIMIT, gdtr.limit);
    vmwrite(X86_VMCS_GUEST_IDTR_BASE, idtr.base);
    vmwrite(X86_VMCS_GUEST_IDTR_LIMIT, idtr.limit);
}

static void guest_state(void)
{
#define SEGMENT(name, sel, rights)                      \
    vmwrite(X86_VMCS_GUEST_##name##_SELECTOR, sel);     \
    vmwrite(X86_VMCS_GUEST_##name##_BASE, 0);           \
    vmwrite(X86_VMCS_GUEST_##name##_LIMIT, 0xffffffff); \
    vmwrite(X86_VMCS_GUEST_##name##_AR, rights)

    SEGMENT(CS, CS, AR_CODE);
    SEGMENT(SS, DS, AR_DATA);
    SEGMENT(DS, DS, AR_DATA);
    SEGMENT(ES, DS, AR_DATA);
    SEGMENT(FS, DS, AR_DATA);
    SEGMENT(GS, DS, AR_DATA);
    SEGMENT(LDTR, 0, X86_VMCS_AR_UNUSABLE);
    SEGMENT(TR, TSS, AR_TSS);
#undef SEGMENT
    vmwrite(X86_VMCS_GUEST_TR_LIMIT, 0x67);
    vmwrite(X86_VMCS_GUEST_CR0, read_cr0());
    vmwrite(X86_VMCS_GUEST_CR3, read_cr3());
    vmwrite(X86_VMCS_GUEST_CR4, read_cr4());
    vmwrite(X86_VMCS_GUEST_DR7, 0x400);
    vmwrite(X86_VMCS_GUEST_RFLAGS, 2);
    vmwrite(X86_VMCS_VMCS_LINK_POINTER, X86_VMCS_NO_LINK);
}

void vmx_init(struct vmx_vcpu *vcpu, void (*fn)(void))
{
    uint64_t pointer = (uintptr_t)vcpu->vmcs;

    *(uint32_t *)vcpu->vmcs = rdmsr(X86_MSR_VMX_BASIC) & 0x7fffffff;
    asm volatile("vmclear %0; vmptrld %0" : : "m"(pointer) : "cc", "memory");
    vcpu->launched = false;
    vmx_controls(X86_VMCS_PIN_CONTROLS, X86_MSR_VMX_TRUE_PINBASED_CTLS, 0);
    vmx_controls(X86_VMCS_PROC_CONTROLS, X86_MSR_VMX_TRUE_PROCBASED_CTLS, 0);
    vmx_controls(X86_VMCS_EXIT_CONTROLS, X86_MSR_VMX_TRUE_EXIT_CTLS,
                 X86_VMX_EXIT_HOST_64);
    vmx_controls(X86_VMCS_ENTRY_CONTROLS, X86_MSR_VMX_TRUE_ENTRY_CTLS,
                 X86_VMX_ENTRY_IA32E_GUEST);
    host_state();
    guest_state();
    vmwrite(X86_VMCS_GUEST_RIP, (uintptr_t)fn);
    vmwrite(X86_VMCS_GUEST_RSP, (uintptr_t)vcpu->stack + VMX_STACK - 8);
}

/* HOST_RSP is 0x6c14, HOST_RIP 0x6c16; an exit leaves all other registers. */
#define ENTRY(insn, result)                                             \
    asm volatile("pushq %%rbp\n\t"                                      \
                 "pushq %%rbx\n\t"                                      \
                 "mov $0x6c14, %%eax\n\t"                               \
                 "vmwrite %%rsp, %%rax\n\t"                             \
                 "mov $0x6c16, %%eax\n\t"                               \
                 "lea 1f(%%rip), %%rbx\n\t"                             \
                 "vmwrite %%rbx, %%rax\n\t"                             \
                 insn "\n\t"                                            \
                 "setc %%al\n\t"                                        \
                 "setz %%ah\n\t"                                        \
                 "jmp 2f\n\t"                                           \
                 "1: xor %%eax, %%eax\n\t"                              \
                 "2: popq %%rbx\n\t"                                    \
                 "popq %%rbp"                                           \
                 : "=&a"(result)                                        \
                 : : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",     \
                 "r11", "r12", "r13", "r14", "r15", "cc", "memory")

struct vmx_result vmx_launch(void)
{
    uint16_t flags;

    ENTRY("vmlaunch", flags);
    return (struct vmx_result) { flags & 1, flags >> 8 & 1 };
}

struct vmx_result vmx_resume(void)
{
    uint16_t flags;

    ENTRY("vmresume", flags);
    return (struct vmx_result) { flags & 1, flags >> 8 & 1 };
}

uint32_t vmx_run(struct vmx_vcpu *vcpu)
{
    struct vmx_result r = vcpu->launched ? vmx_resume() : vmx_launch();

    if (r.invalid || r.valid) {
        return ~0u;
    }
    vcpu->launched |= !(vmx_reason() & X86_VMX_EXIT_ENTRY_FAILURE);
    return vmx_reason();
}

void vmx_skip(void)
{
    vmwrite(X86_VMCS_GUEST_RIP, vmread(X86_VMCS_GUEST_RIP) +
            vmread(X86_VMCS_EXIT_INSTR_LENGTH));
}
