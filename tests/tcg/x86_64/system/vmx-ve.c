/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * EPT violations that a guest gets as virtualization exceptions: SDM Vol. 3,
 * section "Virtualization Exceptions".
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c vmx-memory.c
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost -icount shift=1
 */

#include "vmx-memory.h"
#include "../../../../target/i386/x86-defs/ve-info.h"

#define VALUE 0x0123456789abcdefull
#define EXC_DF 8
#define UNWRITTEN 0xffff /* of 16 bits, what nobody has written */

/* Exit qualification: a read, of a linear address, and not by a page walk */
#define QUAL_READ 0x181

static struct vmx_vcpu vcpu;
static uint64_t data[512] __attribute__((aligned(PAGE_SIZE)));
static union {
    volatile X86VeInfo ve; /* the processor writes it */
    uint8_t page[PAGE_SIZE];
} area __attribute__((aligned(PAGE_SIZE)));
/* What guest code leaves to the host code, which the compiler cannot see */
static volatile uint64_t seen, exceptions;

/* What the guest does about it: it goes on behind a MOV of 8 bytes */
static void __attribute__((naked)) ve_entry(void)
{
    asm volatile("incq %0; addq $8, (%%rsp); iretq" : "+m"(exceptions));
}

static void __attribute__((naked)) gp_entry(void)
{
    asm volatile("vmcall");
}

static void guest_reads(void)
{
    asm volatile("1: mov $0, %%eax\n\t"
                 ".byte 0x48, 0x8b, 0x04, 0x25; .long data + 8\n\t"
                 "mov %%rax, %0\n\t"
                 "vmcall\n\t"
                 "jmp 1b" : "=m"(seen) : : "rax");
}

static void start(void)
{
    vmx_gate(X86_VECTOR_VE, ve_entry);
    vmx_gate(EXC_GP, gp_entry);
    data[1] = VALUE;
    area.ve.eptp_index = UNWRITTEN;
    vmx_init(&vcpu, guest_reads);
    vmx_controls(X86_VMCS_PROC_CONTROLS, X86_MSR_VMX_TRUE_PROCBASED_CTLS,
                 X86_VMX_PROC_SECONDARY);
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_EPT |
                                     X86_VMX_PROC2_EPT_VIOLATION_VE);
    vmx_ept_init(data);
    vmwrite(X86_VMCS_VE_INFO_ADDR, (uintptr_t)&area);
    vmx_use_idt();
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 0);
    vmx_ept_map(data, 0);
}

/* An exit that the violation is; the guest has seen nothing */
static void violates(const char *title)
{
    uint64_t before = exceptions;

    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_EPT_VIOLATION &&
       vmread(X86_VMCS_EXIT_QUALIFICATION) == QUAL_READ &&
       exceptions == before, title);
}

static void test_exception(void)
{
    start();
    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_VMCALL && exceptions == 1,
       "a violation is an exception");
    ok(area.ve.exit_reason == X86_VMX_EXIT_REASON_EPT_VIOLATION &&
       area.ve.exit_qualification == QUAL_READ,
       "with reason and qualification");
    ok(area.ve.gla == (uintptr_t)&data[1] && area.ve.gpa == area.ve.gla,
       "with both addresses");
    ok(area.ve.busy == X86_VE_INFO_BUSY && !area.ve.eptp_index,
       "and the area is in use");
    vmx_skip();
    violates("while it is, the next one is an exit");
    area.ve.busy = 0;
    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_VMCALL && exceptions == 2,
       "and an exception when it is free again");
    vmx_skip();
    vmx_ept_map(data, (uintptr_t)data | VMX_PAGE);
    area.ve.busy = 0;
    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_VMCALL && seen == VALUE &&
       !area.ve.busy, "no violation, no exception");
}

/* Does the next entry end in one, and not in the handler of #GP? */
static bool double_fault(void)
{
    return vmx_run(&vcpu) == X86_VMX_EXIT_REASON_EXCEPTION_NMI &&
           (vmread(X86_VMCS_EXIT_INTR_INFO) & 0xff) == EXC_DF;
}

static void test_conditions(void)
{
    start();
    vmx_ept_map(data, X86_EPT_SUPPRESS_VE);
    area.ve.busy = 0;
    violates("an entry can say that it shall be an exit");
    vmx_ept_map(data, (uintptr_t)data | X86_EPT_SUPPRESS_VE | X86_EPT_WRITE);
    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_EPT_MISCONFIG,
       "a misconfiguration is one");
    vmx_ept_map(data, 0);
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_EPT);
    violates("without the control it is");
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_EPT |
                                     X86_VMX_PROC2_EPT_VIOLATION_VE);
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 1u << X86_VECTOR_VE);
    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_EXCEPTION_NMI &&
       (vmread(X86_VMCS_EXIT_INTR_INFO) & 0xff) == X86_VECTOR_VE &&
       area.ve.busy, "exceptions can be intercepted");
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 0);
    area.ve.busy = 0;
    vmx_ept_map(vmx_idt, 0);
    ok(vmx_run(&vcpu) == X86_VMX_EXIT_REASON_EPT_VIOLATION &&
       vmread(X86_VMCS_GUEST_PHYSICAL_ADDRESS) ==
       (uintptr_t)&vmx_idt[X86_VECTOR_VE * 2],
       "what delivery of one meets is an exit");
    ok((vmread(X86_VMCS_IDT_VECTORING_INFO) & 0xff) == X86_VECTOR_VE,
       "that tells of it");
    vmx_ept_map(vmx_idt, (uintptr_t)vmx_idt | VMX_PAGE);
    vmwrite(X86_VMCS_GUEST_IDTR_LIMIT, X86_VECTOR_VE * 16 - 1);
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 1u << EXC_DF);
    area.ve.busy = 0;
    ok(double_fault(), "a fault in delivery makes a double fault of it");
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, X86_VMCS_EVENT_VALID |
            X86_VMCS_EVENT_HW_EXCEPTION << X86_VMCS_EVENT_TYPE_SHIFT |
            X86_VECTOR_VE);
    ok(double_fault(), "as of one that the host injects");
    vmwrite(X86_VMCS_VE_INFO_ADDR, 8);
    ok(vmx_run(&vcpu) == ~0u &&
       vmread(X86_VMCS_INSTRUCTION_ERROR) == X86_VMX_ERROR_ENTRY_CONTROLS,
       "the area is a page");
}

int main(void)
{
    guest_init();
    vmx_on(&vcpu);
    ok(((uintptr_t)data ^ (uintptr_t)&area) < VMX_LARGE, "pages lie together");
    test_exception();
    test_conditions();
    return test_end();
}
