/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A VMX guest in 64-bit mode with the host's page tables: entries that fail,
 * and exits by instructions, events and windows with what they report.
 *
 * Link: seam-guest.c seam-guest-entry.S vmx-guest-host.c
 * QEMU: -cpu TDXHost
 * QEMU: -cpu TDXHost -icount shift=1
 */

#include "vmx-guest.h"

#define HALTS 5000 /* entries; the timer runs out sooner or later */
#define HALT_TICKS 1000
#define RFLAGS_IF (1ull << 9)
#define RFLAGS_TF (1ull << 8)
#define CR0_TS (1ull << 3)
#define CR4_OSFXSR (1ull << 9)
#define MSR_LOW_PASSED 0x174
#define IO_PORT 0x80

#define EVENT(type, vector) \
    (X86_VMCS_EVENT_VALID | X86_VMCS_EVENT_##type << 8 | (vector))

static struct vmx_vcpu vcpu;
static uint8_t msr_bitmap[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
/* MSR 0 each, which takes any value */
static struct {
    uint64_t index, value;
} msr_list[X86_VMX_MSR_LIST_MAX] __attribute__((aligned(16)));
static uint8_t io_bitmap[2 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
/* What guest code leaves to the host code, which the compiler cannot see */
static volatile uint64_t seen;

/* Does the next entry end in an exit with @reason? */
static void exits(uint32_t reason, const char *title)
{
    ok(vmx_run(&vcpu) == reason, title);
}

static void qualifies(uint64_t qual, unsigned length, const char *title)
{
    ok(vmread(X86_VMCS_EXIT_QUALIFICATION) == qual &&
       vmread(X86_VMCS_EXIT_INSTR_LENGTH) == length, title);
}

static void proc(uint32_t controls)
{
    vmx_controls(X86_VMCS_PROC_CONTROLS, 0x48e, controls);
}

static void fails(unsigned error, const char *title)
{
    struct vmx_result r = vmx_launch();

    ok(r.valid && !r.invalid &&
       vmread(X86_VMCS_INSTRUCTION_ERROR) == error, title);
}

/* --- entries that fail -------------------------------------------------- */

static void guest_nothing(void)
{
    asm volatile("vmcall; vmcall");
}

static void launch_after_mov_ss(void)
{
    asm volatile("mov %%ss, %%eax; mov %%eax, %%ss; vmlaunch"
                 : : : "eax", "cc");
}

static void test_failures(void)
{
    struct vmx_result r;

    vmx_init(&vcpu, guest_nothing);
    r = vmx_resume();
    ok(r.valid && vmread(X86_VMCS_INSTRUCTION_ERROR) ==
       X86_VMX_ERROR_VMRESUME_NOT_LAUNCHED, "VMRESUME of a clear VMCS");
    launch_after_mov_ss();
    ok(vmread(X86_VMCS_INSTRUCTION_ERROR) == X86_VMX_ERROR_ENTRY_MOV_SS,
       "VMLAUNCH after MOV SS");
    vmwrite(X86_VMCS_PIN_CONTROLS, 0);
    fails(X86_VMX_ERROR_ENTRY_CONTROLS, "controls that must be one are not");
    vmx_controls(X86_VMCS_PIN_CONTROLS, 0x48d, 0);
    vmwrite(X86_VMCS_HOST_RIP, 0);
    vmwrite(X86_VMCS_HOST_TR_SELECTOR, 0);
    fails(X86_VMX_ERROR_ENTRY_HOST_STATE, "the host's TR is null");
    vmwrite(X86_VMCS_HOST_TR_SELECTOR, 0x30);
    vmwrite(X86_VMCS_GUEST_RFLAGS, 0);
    r = vmx_launch();
    ok(!r.valid && !r.invalid && vmx_reason() ==
       (X86_VMX_EXIT_ENTRY_FAILURE | X86_VMX_EXIT_REASON_INVALID_GUEST_STATE),
       "RFLAGS without bit 1 is an exit that says so");
    vmwrite(X86_VMCS_GUEST_RFLAGS, 2);
    vmwrite(X86_VMCS_ENTRY_MSR_LOAD_ADDR, (uintptr_t)msr_list);
    vmwrite(X86_VMCS_ENTRY_MSR_LOAD_COUNT, UINT32_MAX);
    r = vmx_launch();
    ok(!r.valid && !r.invalid && vmx_reason() ==
       (X86_VMX_EXIT_ENTRY_FAILURE | X86_VMX_EXIT_REASON_MSR_LOAD_FAILURE) &&
       vmread(X86_VMCS_EXIT_QUALIFICATION) == X86_VMX_MSR_LIST_MAX + 1,
       "a list of too many MSRs fails behind its last one");
    vmwrite(X86_VMCS_ENTRY_MSR_LOAD_COUNT, 0);
    exits(X86_VMX_EXIT_REASON_VMCALL, "then the guest runs");
    vmx_skip();
    fails(X86_VMX_ERROR_VMLAUNCH_NOT_CLEAR, "VMLAUNCH of a launched VMCS");
    exits(X86_VMX_EXIT_REASON_VMCALL, "and VMRESUME goes on");
    ok(vmread(X86_VMCS_EXIT_INSTR_LENGTH) == 3, "VMCALL has three bytes");
}

/* --- instructions ------------------------------------------------------- */

static void guest_instructions(void)
{
    asm volatile("mov $1, %%eax; cpuid\n\t"
                 "sgdt 16(%%rsp)\n\t"
                 "lar %%ax, %%ecx\n\t"
                 "invlpg 0x1234(%%rax)\n\t"
                 "mov %%r9, %%dr1\n\t"
                 "mov %%cr3, %%r10\n\t"
                 "outb %%al, $0x80\n\t"
                 "mov $0x81, %%edx; inw %%dx, %%ax\n\t"
                 "hlt; hlt\n\t"
                 "rdtsc\n\t"
                 "wbinvd\n\t"
                 "vmread %%rax, 8(%%rsp,%%rcx,2)\n\t"
                 "vmcall"
                 : : : "rax", "rbx", "rcx", "rdx", "r10", "cc", "memory");
}

static void test_instructions(void)
{
    vmx_init(&vcpu, guest_instructions);
    proc(X86_VMX_PROC_INVLPG_EXITING | X86_VMX_PROC_MOV_DR_EXITING |
         X86_VMX_PROC_CR3_STORE_EXITING | X86_VMX_PROC_UNCOND_IO_EXITING |
         X86_VMX_PROC_HLT_EXITING | X86_VMX_PROC_RDTSC_EXITING |
         X86_VMX_PROC_SECONDARY);
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_DESC_TABLE_EXITING |
            X86_VMX_PROC2_WBINVD_EXITING);
    exits(X86_VMX_EXIT_REASON_CPUID, "CPUID");
    qualifies(0, 2, "CPUID has two bytes");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_GDTR_IDTR, "SGDT");
    qualifies(16, 5, "its displacement and length");
    /* 64-bit addresses, SS, no index, base RSP, identity 0 */
    ok(vmread(X86_VMCS_EXIT_INSTR_INFO) ==
       (2 << 7 | 1 << 11 | 2 << 15 | 1 << 22 | 4 << 23),
       "SGDT: instruction information");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_INVLPG, "INVLPG");
    ok(vmread(X86_VMCS_EXIT_QUALIFICATION) >= 0x1234 &&
       vmread(X86_VMCS_EXIT_INSTR_LENGTH) == 7, "its linear address");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_DR_ACCESS, "MOV DR");
    qualifies(1 | 9 << 8, 4, "DR1 from R9");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_CR_ACCESS, "MOV from CR3");
    qualifies(3 | 1 << 4 | 10 << 8, 4, "CR3 to R10");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_IO_INSTRUCTION, "OUT");
    qualifies(0 | 1 << 6 | IO_PORT << 16, 2, "a byte to an immediate port");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_IO_INSTRUCTION, "IN");
    qualifies(1 | 1 << 3 | (IO_PORT + 1) << 16, 2, "a word from DX");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_HLT, "HLT");
    vmx_skip();
    vmwrite(X86_VMCS_GUEST_ACTIVITY, X86_VMCS_HLT);
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, EVENT(OTHER, 0));
    exits(X86_VMX_EXIT_REASON_MONITOR_TRAP, "an injected monitor trap");
    ok(vmread(X86_VMCS_GUEST_ACTIVITY) == X86_VMCS_HLT ||
       vmread(X86_VMCS_GUEST_ACTIVITY) == X86_VMCS_ACTIVE,
       "the activity state is one there is");
    vmwrite(X86_VMCS_GUEST_ACTIVITY, X86_VMCS_ACTIVE);
    exits(X86_VMX_EXIT_REASON_HLT, "HLT again");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_RDTSC, "RDTSC");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_WBINVD, "WBINVD");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_VMREAD, "VMREAD");
    ok(vmread(X86_VMCS_EXIT_QUALIFICATION) == 8, "its displacement");
    /* scale 2, SS, index RCX, base RSP, second register RAX */
    ok(vmread(X86_VMCS_EXIT_INSTR_INFO) ==
       (1 | 2 << 7 | 2 << 15 | 1 << 18 | 4 << 23),
       "VMREAD: instruction information");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_VMCALL, "the guest's end");
}

/* --- bitmaps, masks and shadows ----------------------------------------- */

static void guest_bitmaps(void)
{
    asm volatile("mov $0x174, %%ecx; rdmsr; wrmsr\n\t"
                 "mov $0xc0000102, %%ecx; rdmsr\n\t"
                 "outb %%al, $0x80; outb %%al, $0x81\n\t"
                 "mov %%cr0, %%rax; mov %%rax, %0\n\t"
                 "clts\n\t"
                 "mov %%cr4, %%rax; mov %%rax, %%cr4\n\t"
                 "vmcall"
                 : "=m"(seen) : : "rax", "rcx", "rdx", "cc", "memory");
}

static void test_bitmaps(void)
{
    vmx_init(&vcpu, guest_bitmaps);
    proc(X86_VMX_PROC_MSR_BITMAPS | X86_VMX_PROC_IO_BITMAPS);
    vmwrite(X86_VMCS_MSR_BITMAP, (uintptr_t)msr_bitmap);
    vmwrite(X86_VMCS_IO_BITMAP_A, (uintptr_t)io_bitmap);
    vmwrite(X86_VMCS_IO_BITMAP_B, (uintptr_t)io_bitmap + PAGE_SIZE);
    msr_bitmap[0x800 + MSR_LOW_PASSED / 8] = 1 << (MSR_LOW_PASSED % 8);
    msr_bitmap[0x400 + (X86_MSR_KERNEL_GS_BASE & 0x1fff) / 8] =
        1 << (X86_MSR_KERNEL_GS_BASE % 8);
    io_bitmap[(IO_PORT + 1) / 8] = 1 << ((IO_PORT + 1) % 8);
    vmwrite(X86_VMCS_CR0_MASK, CR0_TS | CR0_NE);
    vmwrite(X86_VMCS_CR0_SHADOW, CR0_TS);
    vmwrite(X86_VMCS_CR4_MASK, CR4_VMXE);
    exits(X86_VMX_EXIT_REASON_WRMSR, "the write of an MSR, not its read");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_RDMSR, "the read of a high MSR");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_IO_INSTRUCTION, "the second of two ports");
    ok(vmread(X86_VMCS_EXIT_QUALIFICATION) >> 16 == IO_PORT + 1,
       "its number");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_CR_ACCESS, "CLTS while the shadow has TS");
    ok((vmread(X86_VMCS_EXIT_QUALIFICATION) >> 4 & 3) == 2, "it is CLTS");
    ok((seen & CR0_TS) && !(seen & CR0_NE) && (seen & CR0_PG),
       "CR0 reads by its mask and shadow");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_VMCALL, "MOV to CR4 that keeps VMXE's shadow");
    ok(vmread(X86_VMCS_GUEST_CR4) & CR4_VMXE, "and leaves VMXE alone");
}

/* --- CPL 3 -------------------------------------------------------------- */

static struct {
    uint8_t fixed[104];     /* its last word: where the I/O bitmap starts */
    uint8_t io[32];
    uint8_t end;
} tss;

static __attribute__((naked)) void guest_user(void)
{
    asm("outb %al, $0x80; outb %al, $0x81; vmcall");
}

/* The TSS's bitmap lets a guest's program use a port, but not the next one. */
static void test_user(void)
{
    vmx_init(&vcpu, guest_user);
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 1 << EXC_GP);
    vmwrite(X86_VMCS_GUEST_CS_SELECTOR, 0x20 | 3);
    vmwrite(X86_VMCS_GUEST_CS_AR, vmread(X86_VMCS_GUEST_CS_AR) | 3 << 5);
    vmwrite(X86_VMCS_GUEST_SS_SELECTOR, 0x18 | 3);
    vmwrite(X86_VMCS_GUEST_SS_AR, vmread(X86_VMCS_GUEST_SS_AR) | 3 << 5);
    vmwrite(X86_VMCS_GUEST_TR_BASE, (uintptr_t)&tss);
    vmwrite(X86_VMCS_GUEST_TR_LIMIT, sizeof(tss) - 1);
    tss.fixed[102] = sizeof(tss.fixed);
    tss.io[(IO_PORT + 1) / 8] = 1 << ((IO_PORT + 1) % 8);
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "a port that the TSS denies");
    ok(vmread(X86_VMCS_GUEST_RIP) == (uintptr_t)guest_user + 2,
       "after one that it allows");
    ok((vmread(X86_VMCS_GUEST_TR_AR) & 0xf) == 0xb, "the TSS is busy still");
    vmwrite(X86_VMCS_GUEST_RIP, (uintptr_t)guest_user + 4);
    exits(X86_VMX_EXIT_REASON_VMCALL, "VMCALL at CPL 3");
}

/* --- exceptions and events ---------------------------------------------- */

static void guest_faults(void)
{
    asm volatile("1: ud2\n\t"
                 "int3\n\t"
                 "2: mov %0, %%rax\n\t"
                 "mov 0x12345678(%%rax), %%rax\n\t"
                 "jmp 2b"
                 : : "i"(600ull << 30) : "rax", "memory");
}

static void test_exceptions(void)
{
    uint64_t cr2, now;

    vmx_init(&vcpu, guest_faults);
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 1 << EXC_UD | 1 << 3 | 1 << EXC_PF);
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "#UD");
    ok(vmread(X86_VMCS_EXIT_INTR_INFO) == EVENT(HW_EXCEPTION, EXC_UD),
       "a hardware exception without error code");
    vmwrite(X86_VMCS_GUEST_RIP, vmread(X86_VMCS_GUEST_RIP) + 2);
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "INT3");
    ok(vmread(X86_VMCS_EXIT_INTR_INFO) == EVENT(SW_EXCEPTION, 3) &&
       vmread(X86_VMCS_EXIT_INSTR_LENGTH) == 1, "a software exception");
    vmx_skip();
    asm volatile("mov %%cr2, %0" : "=r"(cr2));
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "#PF");
    asm volatile("mov %%cr2, %0" : "=r"(now));
    ok(now == cr2, "CR2 is as before");
    ok(vmread(X86_VMCS_EXIT_INTR_INFO) ==
       (EVENT(HW_EXCEPTION, EXC_PF) | X86_VMCS_EVENT_ERROR_CODE) &&
       vmread(X86_VMCS_EXIT_INTR_ERROR_CODE) == 0, "its error code");
    ok(vmread(X86_VMCS_EXIT_QUALIFICATION) >= 0x12345678,
       "its address qualifies");
    /* With a page fault's mask and match the bit means the opposite. */
    vmwrite(X86_VMCS_PF_ERROR_MASK, 2);
    vmwrite(X86_VMCS_PF_ERROR_MATCH, 2);
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 0);
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "#PF that does not match");
}

static __attribute__((naked)) void guest_table(void)
{
    asm("vmcall; sti; nop; vmcall");
}

static void test_events(void)
{
    uint64_t idtr;

    vmx_init(&vcpu, guest_table);
    exits(X86_VMX_EXIT_REASON_VMCALL, "a guest without interrupt table");
    idtr = vmread(X86_VMCS_GUEST_IDTR_LIMIT);
    vmwrite(X86_VMCS_GUEST_IDTR_LIMIT, 0);
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 1 << EXC_GP);
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, EVENT(SW_INTR, 0x40));
    vmwrite(X86_VMCS_ENTRY_INSTR_LENGTH, 2);
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "INT 40H meets #GP");
    ok(vmread(X86_VMCS_IDT_VECTORING_INFO) == EVENT(SW_INTR, 0x40) &&
       vmread(X86_VMCS_EXIT_INSTR_LENGTH) == 2,
       "which tells of the interrupt on its way");
    /* SDM Vol. 3, "Error Code": the gate's vector, IDT, and EXT or not */
    ok(vmread(X86_VMCS_EXIT_INTR_ERROR_CODE) == (0x40 << 3 | 2),
       "its error code is not one of an external event");
    ok(!(vmread(X86_VMCS_ENTRY_INTR_INFO) & X86_VMCS_EVENT_VALID),
       "the event to inject is gone");
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, EVENT(HW_EXCEPTION, EXC_UD));
    exits(X86_VMX_EXIT_REASON_EXCEPTION_NMI, "#UD meets #GP");
    ok(vmread(X86_VMCS_EXIT_INTR_ERROR_CODE) == (EXC_UD << 3 | 3),
       "its error code is");
    vmwrite(X86_VMCS_EXCEPTION_BITMAP, 0);
    vmwrite(X86_VMCS_ENTRY_INTR_INFO, EVENT(HW_EXCEPTION, EXC_UD));
    exits(X86_VMX_EXIT_REASON_TRIPLE_FAULT, "#UD, #GP, #DF, shutdown");
    vmwrite(X86_VMCS_GUEST_IDTR_LIMIT, idtr);

    vmx_init(&vcpu, guest_table);
    exits(X86_VMX_EXIT_REASON_VMCALL, "a guest with interrupts off");
    vmx_skip();
    proc(X86_VMX_PROC_INTR_WINDOW_EXITING);
    exits(X86_VMX_EXIT_REASON_INTERRUPT_WINDOW, "interrupt window");
    ok(!(vmread(X86_VMCS_GUEST_INTERRUPTIBILITY) & X86_VMCS_BLOCK_STI) &&
       (vmread(X86_VMCS_GUEST_RFLAGS) & RFLAGS_IF),
       "it opens an instruction after STI");
    proc(0);
    exits(X86_VMX_EXIT_REASON_VMCALL, "and no more");

    vmx_init(&vcpu, guest_table);
    proc(X86_VMX_PROC_MONITOR_TRAP);
    exits(X86_VMX_EXIT_REASON_VMCALL, "an exit comes before a trap");
    vmx_skip();
    exits(X86_VMX_EXIT_REASON_MONITOR_TRAP, "monitor trap after STI");
    ok(vmread(X86_VMCS_GUEST_INTERRUPTIBILITY) & X86_VMCS_BLOCK_STI,
       "while STI blocks");
    exits(X86_VMX_EXIT_REASON_MONITOR_TRAP, "after NOP");
    ok(!vmread(X86_VMCS_GUEST_INTERRUPTIBILITY), "it does not");
}

/* --- time --------------------------------------------------------------- */

static void guest_time(void)
{
    asm volatile("rdtsc; shl $32, %%rdx; or %%rdx, %%rax; mov %%rax, %0\n\t"
                 "vmcall\n\t"
                 "1: jmp 1b"
                 : "=m"(seen) : : "rax", "rdx", "cc");
}

static uint64_t rdtsc(void)
{
    uint32_t lo, hi;

    asm volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}

static void test_time(void)
{
    uint64_t before, after;

    vmx_init(&vcpu, guest_time);
    proc(X86_VMX_PROC_TSC_OFFSETTING | X86_VMX_PROC_SECONDARY);
    vmwrite(X86_VMCS_PROC2_CONTROLS, X86_VMX_PROC2_TSC_SCALING);
    vmwrite(X86_VMCS_TSC_MULTIPLIER, 3ull << 47);
    vmwrite(X86_VMCS_TSC_OFFSET, 1ull << 60);
    before = rdtsc();
    exits(X86_VMX_EXIT_REASON_VMCALL, "a guest that reads its clock");
    after = rdtsc();
    seen -= 1ull << 60;
    ok(seen >= before + before / 2 && seen <= after + after / 2 + 1,
       "it counts half as fast again, from another start");
    vmx_skip();
    vmx_controls(X86_VMCS_PIN_CONTROLS, 0x48d, X86_VMX_PIN_PREEMPTION_TIMER);
    vmwrite(X86_VMCS_PREEMPTION_TIMER, 1000);
    before = rdtsc();
    exits(X86_VMX_EXIT_REASON_PREEMPTION_TIMER, "preemption timer");
    ok(rdtsc() - before >= 1000ull << (rdmsr(0x485) & 0x1f),
       "not before its time");
    vmwrite(X86_VMCS_PREEMPTION_TIMER, 0);
    before = vmread(X86_VMCS_GUEST_RIP);
    exits(X86_VMX_EXIT_REASON_PREEMPTION_TIMER, "at once");
    ok(vmread(X86_VMCS_GUEST_RIP) == before, "nothing was executed");
}

static __attribute__((naked)) void guest_halts(void)
{
    asm("hlt; vmcall");
}

/* The timer ends HLT by an exit, and by nothing else, whenever it runs out. */
static void test_halt(void)
{
    unsigned others = 0;

    vmx_init(&vcpu, guest_halts);
    vmx_controls(X86_VMCS_PIN_CONTROLS, X86_MSR_VMX_TRUE_PINBASED_CTLS,
                 X86_VMX_PIN_PREEMPTION_TIMER);
    for (unsigned i = 0; i < HALTS; i++) {
        vmwrite(X86_VMCS_GUEST_RIP, (uintptr_t)guest_halts);
        vmwrite(X86_VMCS_GUEST_ACTIVITY, X86_VMCS_ACTIVE);
        vmwrite(X86_VMCS_PREEMPTION_TIMER, i % HALT_TICKS);
        others += vmx_run(&vcpu) != X86_VMX_EXIT_REASON_PREEMPTION_TIMER;
    }
    ok(!others, "the preemption timer during HLT");
}

int main(void)
{
    guest_init();
    vmx_on(&vcpu);
    test_failures();
    test_instructions();
    test_bitmaps();
    test_user();
    test_exceptions();
    test_events();
    test_time();
    test_halt();
    return test_end();
}
