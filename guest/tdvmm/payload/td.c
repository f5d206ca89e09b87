/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TDVMCALLs by name, exceptions, a console.
 */

#include "td.h"
#include "x86-defs/msr-list.h"

#define GATE 0x8e00
#define VECTORS 0x50
#define APIC_ENABLED 0x100
#define SPURIOUS 0x4f
enum { VECTOR_NMI = 2, VECTOR_GP = 13, VECTOR_VE = 20, FIRST_INTERRUPT = 32 };

struct gate {
    uint16_t low, selector, type, middle;
    uint32_t high, reserved;
};

extern const char stubs[];
static struct gate idt[VECTORS];

volatile struct ve last_ve;
volatile unsigned interrupts[256];
volatile unsigned last_gp;
volatile unsigned step_over;

uint64_t vmcall(unsigned function, uint64_t r12, uint64_t r13, uint64_t r14,
                uint64_t r15, struct tdcall *out)
{
    struct tdcall regs = {
        .rax = TDG_VP_VMCALL, .rcx = PASS_R10_TO_R15, .r11 = function,
        .r12 = r12, .r13 = r13, .r14 = r14, .r15 = r15,
    };

    tdcall(&regs);
    if (out) {
        *out = regs;
    }
    return regs.rax ? regs.rax : regs.r10;
}

/* CPUID 21H, "IntelTDX    "; a TD's module answers it by itself */
bool in_td(void)
{
    static signed char known;
    uint32_t eax = 0x21, ebx, ecx = 0, edx;

    if (!known) {
        asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        known = ebx == 0x65746e49 && edx == 0x5844546c ? 1 : -1;
    }
    return known > 0;
}

static void out_plain(uint16_t port, unsigned size, uint32_t value)
{
    if (size == 1) {
        asm volatile("outb %%al, %%dx" : : "a"(value), "d"(port));
    } else {
        asm volatile("outl %%eax, %%dx" : : "a"(value), "d"(port));
    }
}

static uint32_t in_plain(uint16_t port, unsigned size)
{
    uint32_t value = 0;

    if (size == 1) {
        asm volatile("inb %%dx, %%al" : "+a"(value) : "d"(port));
    } else {
        asm volatile("inl %%dx, %%eax" : "+a"(value) : "d"(port));
    }
    return value;
}

void out(uint16_t port, unsigned size, uint32_t value)
{
    if (!in_td()) {
        out_plain(port, size, value);
        return;
    }
    vmcall(VMCALL_IO, size, 1, port, value, 0);
}

uint32_t in(uint16_t port, unsigned size)
{
    struct tdcall regs;

    if (!in_td()) {
        return in_plain(port, size);
    }
    vmcall(VMCALL_IO, size, 0, port, 0, &regs);
    return regs.r11;
}

void print(const char *text)
{
    while (*text) {
        out(TDVMM_UART, 1, *text++);
    }
}

void print_hex(uint64_t value)
{
    char text[19] = "0x";
    char *at = text + 2;

    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 15;

        if (digit || at > text + 2 || !shift) {
            *at++ = "0123456789abcdef"[digit];
        }
    }
    *at = 0;
    print(text);
}

void leave_td(int status)
{
    for (;;) {
        out(TDVMM_EXIT, 1, status);
    }
}

uint64_t accept_page(uint64_t gpa, unsigned level)
{
    struct tdcall regs = { .rax = TDG_MEM_PAGE_ACCEPT, .rcx = gpa | level };

    tdcall(&regs);
    return regs.rax;
}

void accept_range(uint64_t gpa, uint64_t size)
{
    for (uint64_t at = gpa; at < gpa + size; at += PAGE) {
        uint64_t status = accept_page(at, 0);

        if (status && status >> 32 != TDX_PAGE_ALREADY_ACCEPTED >> 32) {
            print("accept of ");
            print_hex(at);
            print(": ");
            print_hex(status);
            print("\n");
            leave_td(1);
        }
    }
}

/* The host does 2 MiB at a time, and may want to be asked again */
uint64_t map_gpa(uint64_t gpa, uint64_t size)
{
    uint64_t end = gpa + size, status;
    struct tdcall regs;

    do {
        status = vmcall(VMCALL_MAP_GPA, gpa, end - gpa, 0, 0, &regs);
        gpa = regs.r11;
    } while (status == VMCALL_RETRY && gpa < end);
    return status;
}

static void handle_ve(struct frame *frame)
{
    struct tdcall regs = { .rax = TDG_VP_VEINFO_GET | 1 << 16 };

    tdcall(&regs);
    last_ve.status = regs.rax;
    last_ve.reason = regs.rcx;
    last_ve.category = regs.rcx >> 32;
    last_ve.qualification = regs.rdx;
    last_ve.gla = regs.r8;
    last_ve.gpa = regs.r9;
    last_ve.length = regs.r10;
    last_ve.count++;
    /* The CPU, which makes these without the module, writes no length */
    frame->rip += last_ve.reason == REASON_EPT_VIOLATION ? step_over :
        last_ve.length;
}

void handle_vector(struct frame *frame);
void handle_vector(struct frame *frame)
{
    interrupts[frame->vector & 0xff]++;
    if (frame->vector == VECTOR_VE) {
        handle_ve(frame);
    } else if (frame->vector == VECTOR_GP && step_over) {
        last_gp++;
        frame->rip += step_over;
    } else if (frame->vector >= FIRST_INTERRUPT) {
        wrmsr(X86_MSR_X2APIC_EOI, 0);
    } else if (frame->vector != VECTOR_NMI) {
        print("exception ");
        print_hex(frame->vector);
        print(" error ");
        print_hex(frame->error);
        print(" at ");
        print_hex(frame->rip);
        print("\n");
        leave_td(1);
    }
}

void take_exceptions(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = { sizeof(idt) - 1, (uint64_t)idt };

    for (unsigned i = 0; i < VECTORS; i++) {
        uint64_t at = (uint64_t)stubs + 16 * i;

        idt[i] = (struct gate) {
            .low = at, .selector = TDVMM_CS, .type = GATE, .middle = at >> 16,
            .high = at >> 32,
        };
    }
    asm volatile("lidt %0" : : "m"(idtr));
    /* The APIC is in x2APIC mode, but its software switch is off */
    vmcall(VMCALL_WRMSR, X86_MSR_X2APIC_SIVR, APIC_ENABLED | SPURIOUS, 0, 0,
           0);
}
