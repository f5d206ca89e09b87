/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What code in a TD needs: TDCALLs, TDVMCALLs, exceptions, a console.
 */

#ifndef PAYLOAD_TD_H
#define PAYLOAD_TD_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

#define TDX_TDCALL(number, id, name) id = number,
enum {
#include "abi/leaf-list.h"
};

#define TDX_STATUS(name, number) name = number,
enum td_status {
#include "abi/status-list.h"
};

#define PAGE 0x1000ul
#define LARGE (2ul << 20)
#define SHARED (1ull << TDVMM_SHARED_BIT)

/* Functions of TDG.VP.VMCALL, and what the host answers in R10 */
enum {
    VMCALL_CPUID = 10, VMCALL_HLT = 12, VMCALL_IO = 30, VMCALL_RDMSR = 31,
    VMCALL_WRMSR = 32, VMCALL_MMIO = 48, VMCALL_INFO = 0x10000,
    VMCALL_MAP_GPA, VMCALL_GET_QUOTE, VMCALL_FATAL, VMCALL_NOTIFY,
};
#define VMCALL_RETRY 1
#define VMCALL_INVALID 0x8000000000000000ull
#define VMCALL_ALIGN 0x8000000000000002ull
#define VMCALL_UNSUPPORTED 0x8000000000000003ull

/* Which registers go to the host and back: bits of RCX */
#define PASS_R10_TO_R15 0xfc00
#define PASS_ALL 0xffcc

/* Exit reasons of #VE, and its categories */
enum { REASON_CPUID = 10, REASON_HLT = 12, REASON_VMCALL = 18,
       REASON_IO = 30, REASON_RDMSR = 31, REASON_WRMSR = 32,
       REASON_EPT_VIOLATION = 48 };
enum { VE_ARCH = 0, VE_PENDING = 1, VE_CONFIGURABLE = 0x10, VE_NEVER = 0x11,
       VE_UNSUPPORTED = 0x80 };

/* In the order in which entry.S loads and stores them */
struct tdcall {
    uint64_t rax, rcx, rdx, rbx, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

void tdcall(struct tdcall *regs);

struct frame {
    uint64_t rbp, r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* The last #VE, of any vCPU */
struct ve {
    uint64_t count;
    uint64_t status;            /* of TDG.VP.VEINFO.GET */
    uint32_t reason, category;
    uint64_t qualification, gla, gpa;
    uint32_t length;
};

extern volatile struct ve last_ve;
extern volatile unsigned interrupts[256];   /* how often each vector came */
extern volatile unsigned last_gp;           /* #GPs that were stepped over */

/* td.c */
uint64_t vmcall(unsigned function, uint64_t r12, uint64_t r13, uint64_t r14,
                uint64_t r15, struct tdcall *out);
uint64_t accept_page(uint64_t gpa, unsigned level);
void accept_range(uint64_t gpa, uint64_t size);
uint64_t map_gpa(uint64_t gpa, uint64_t size);
void out(uint16_t port, unsigned size, uint32_t value);
uint32_t in(uint16_t port, unsigned size);
bool in_td(void);                   /* or in an ordinary VM */
void take_exceptions(void);
void print(const char *text);
void print_hex(uint64_t value);
void leave_td(int status) __attribute__((noreturn));

/* Instructions that fault are stepped over if they are so long */
extern volatile unsigned step_over;

int payload_main(unsigned vcpu, uint64_t argument, unsigned width);

static inline void *private_view(uint64_t gpa)
{
    return (void *)gpa;
}

static inline volatile void *shared_view(uint64_t gpa)
{
    return (void *)(TDVMM_SHARED_VIEW + gpa);
}

static inline void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t *reg)
{
    asm volatile("cpuid" : "=a"(reg[0]), "=b"(reg[1]), "=c"(reg[2]),
                 "=d"(reg[3]) : "a"(leaf), "c"(subleaf));
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low = 0, high = 0;

    asm volatile("rdmsr" : "+a"(low), "+d"(high) : "c"(msr));
    return low | (uint64_t)high << 32;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr" : : "a"((uint32_t)value), "d"(value >> 32), "c"(msr)
                 : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return low | (uint64_t)high << 32;
}

#endif
