/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the bare-metal guests for VMX and SEAM share: exceptions that are
 * caught, code at CPL 3 and in compatibility mode, other processors, and the
 * instructions under test.
 */

#ifndef SEAM_GUEST_H
#define SEAM_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <minilib.h>

#include "../../../../target/i386/tdx-module/abi/leaf-number.h"
#include "../../../../target/i386/tdx-module/abi/status.h"
#include "../../../../target/i386/x86-defs/msr-list.h"

#define PAGE_SIZE 4096

#define RFLAGS_CF 0x001
/* CF, PF, AF, ZF, SF, OF: what VMX instructions define */
#define RFLAGS_STATUS 0x8d5

#define CR0_PE (1ull << 0)
#define CR0_NE (1ull << 5)
#define CR0_PG (1ull << 31)
#define CR4_SMXE (1ull << 14)
#define CR4_VMXE (1ull << 13)

#define EXC_UD 6
#define EXC_GP 13
#define EXC_PF 14
/* Code at CPL 3 or in compatibility mode returns through this vector. */
#define VECTOR_RETURN 0x80
/* No exception */
#define NONE (-1)

#define PF_P 1
#define PF_W 2
#define PF_RSVD 8

/* The latest exception; vector is NONE after a catch without one. */
struct fault {
    int64_t vector;
    uint64_t error;
    uint64_t rip;
    uint64_t cr2;
    uint64_t rbx;
};
extern struct fault fault;

/* Set by the instruction wrappers below */
extern uint64_t insn_rip;
extern uint64_t insn_flags;

/* Interrupt table, segments and a stack for exceptions; boot processor. */
void guest_init(void);
extern const char exception_entries[], return_entry[];
extern char exception_stack_end[];
void unexpected_exception(void);

/*
 * Call @fn(@arg) until it returns or raises an exception; returns the
 * exception's vector or NONE. Boot processor only.
 */
int catch_fault(void (*fn)(void *), void *arg);
/* The same at CPL 3 */
int catch_fault_user(void (*fn)(void *), void *arg);
/* Run 32-bit code, which ends by INT VECTOR_RETURN, in compatibility mode. */
int catch_fault_compat(const void *code);

/* 32-bit code for it, in assembly */
#define COMPAT(name, insn)                              \
    extern const char name[];                           \
    asm(".code32\n" #name ":\n\t" insn "\n\t"           \
        "int $0x80\n\t.code64");

/* TAP: one test, the plan at the end; test_end() returns main()'s result. */
void ok(bool good, const char *title);
int test_end(void);

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;

    asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t val)
{
    asm volatile("wrmsr" : : "a"((uint32_t)val),
                 "d"((uint32_t)(val >> 32)), "c"(msr));
}

static inline void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
    asm volatile("cpuid" : "=a"(regs[0]), "=b"(regs[1]), "=c"(regs[2]),
                 "=d"(regs[3]) : "0"(leaf), "2"(subleaf));
}

static inline uint64_t read_cr0(void)
{
    uint64_t val;

    asm volatile("mov %%cr0, %0" : "=r"(val));
    return val;
}

static inline uint64_t read_cr3(void)
{
    uint64_t val;

    asm volatile("mov %%cr3, %0" : "=r"(val));
    return val;
}

static inline uint64_t read_cr4(void)
{
    uint64_t val;

    asm volatile("mov %%cr4, %0" : "=r"(val));
    return val;
}

static inline void write_cr0(uint64_t val)
{
    asm volatile("mov %0, %%cr0" : : "r"(val) : "memory");
}

static inline void write_cr3(uint64_t val)
{
    asm volatile("mov %0, %%cr3" : : "r"(val) : "memory");
}

static inline void write_cr4(uint64_t val)
{
    asm volatile("mov %0, %%cr4" : : "r"(val) : "memory");
}

static inline void outw(uint16_t port, uint16_t val)
{
    asm volatile("outw %0, %1" : : "a"(val), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t val;

    asm volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
    return val;
}

static inline void outb(uint16_t port, uint8_t val)
{
    asm volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

/*
 * A function for catch_fault() that executes INSN with all status flags set
 * and @arg in RDX; it notes where INSN starts and what flags INSN leaves.
 */
#define DEFINE_INSN(name, insn)                                         \
static inline void name(void *arg)                                      \
{                                                                       \
    asm volatile("lea 1f(%%rip), %%rcx\n\t"                             \
                 "mov %%rcx, insn_rip(%%rip)\n\t"                       \
                 "pushq %1\n\t"                                         \
                 "popfq\n\t"                                            \
                 "1: " insn "\n\t"                                      \
                 "pushfq\n\t"                                           \
                 "popq insn_flags(%%rip)"                               \
                 : : "d"(arg), "i"(RFLAGS_STATUS | 2)                   \
                 : "rax", "rcx", "cc", "memory");                       \
}

DEFINE_INSN(insn_vmxon, "vmxon (%%rdx)")
DEFINE_INSN(insn_vmxoff, "vmxoff")
DEFINE_INSN(insn_vmclear, "vmclear (%%rdx)")
DEFINE_INSN(insn_vmptrld, "vmptrld (%%rdx)")
DEFINE_INSN(insn_vmptrst, "vmptrst (%%rdx)")
DEFINE_INSN(insn_vmread, "vmread %%rax, %%rcx")
DEFINE_INSN(insn_vmwrite, "vmwrite %%rcx, %%rax")
DEFINE_INSN(insn_vmlaunch, "vmlaunch")
DEFINE_INSN(insn_vmresume, "vmresume")
DEFINE_INSN(insn_vmcall, "vmcall")
DEFINE_INSN(insn_vmfunc, "vmfunc")
DEFINE_INSN(insn_invept, "invept (%%rdx), %%rax")
DEFINE_INSN(insn_invvpid, "invvpid (%%rdx), %%rax")
DEFINE_INSN(insn_tdcall, ".byte 0x66, 0x0f, 0x01, 0xcc")
DEFINE_INSN(insn_seamret, ".byte 0x66, 0x0f, 0x01, 0xcd")
DEFINE_INSN(insn_seamops, ".byte 0x66, 0x0f, 0x01, 0xce")
DEFINE_INSN(insn_seamcall, ".byte 0x66, 0x0f, 0x01, 0xcf")

/* Status flags that the latest instruction left */
static inline uint64_t status_flags(void)
{
    return insn_flags & RFLAGS_STATUS;
}

/* RAX, RCX, RDX and R8 of a SEAMCALL; returns false for VMfailInvalid. */
struct seamcall {
    uint64_t rax, rcx, rdx, r8;
};

static inline bool seamcall(struct seamcall *regs)
{
    register uint64_t r8 asm("r8") = regs->r8;
    bool failed;

    asm volatile(".byte 0x66, 0x0f, 0x01, 0xcf"
                 : "+a"(regs->rax), "+c"(regs->rcx), "+d"(regs->rdx), "+r"(r8),
                   "=@ccc"(failed)
                 : : "r9", "r10", "r11", "memory");
    regs->r8 = r8;
    return !failed;
}

/*
 * Start the processor with APIC id @apic_id, which calls @fn in 64-bit mode
 * on a stack of its own: INIT, then STARTUP until it runs. The others are
 * the steps. No time is measured: a step that never ends hangs the guest.
 */
void ap_start(uint32_t apic_id, void (*fn)(void));
void ap_send_init(uint32_t apic_id);
void ap_prepare(uint32_t apic_id, void (*fn)(void));
void ap_send_startup(uint32_t apic_id);
/* The number of processors; their APIC ids are 0 and up in these machines. */
uint32_t num_processors(void);
extern volatile uint64_t ap_running; /* set by another processor */
extern char ap_trampoline[], ap_trampoline_end[];
extern char ap_cr3[], ap_gdtr[], ap_real_ud[], ap_real_mode_ud[];
/* Did VMXON raise #UD in real mode, when the latest processor started? */
bool ap_vmxon_real_mode_ud(void);

#endif /* SEAM_GUEST_H */
