/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Exit qualifications as structures, each with a function to and from the
 * number in the VMCS: SDM Vol. 3, section "Basic VM-Exit Information".
 */

#ifndef X86_VMX_QUAL_H
#define X86_VMX_QUAL_H

#include <stdbool.h>
#include <stdint.h>

/* --- control-register accesses ------------------------------------------- */

typedef enum X86VmxCrAccess {
    X86_VMX_CR_MOV_TO,
    X86_VMX_CR_MOV_FROM,
    X86_VMX_CR_CLTS,
    X86_VMX_CR_LMSW,
} X86VmxCrAccess;

/**
 * X86VmxCrQual
 * @cr: number of the control register; 0 for CLTS and LMSW
 * @gpr: general-purpose register of MOV CR
 * @lmsw_memory: LMSW's operand is in memory
 * @lmsw_source: LMSW's operand
 */
typedef struct X86VmxCrQual {
    uint8_t cr;
    X86VmxCrAccess access;
    uint8_t gpr;
    bool lmsw_memory;
    uint16_t lmsw_source;
} X86VmxCrQual;

static inline uint64_t x86_vmx_cr_qual(X86VmxCrQual q)
{
    return (q.cr & 0xfu) | (uint64_t)q.access << 4 |
           (uint64_t)q.lmsw_memory << 6 | (q.gpr & 0xfull) << 8 |
           (uint64_t)q.lmsw_source << 16;
}

static inline X86VmxCrQual x86_vmx_cr_qual_decode(uint64_t qual)
{
    return (X86VmxCrQual) {
        .cr = qual & 0xf,
        .access = (X86VmxCrAccess)(qual >> 4 & 3),
        .lmsw_memory = qual >> 6 & 1,
        .gpr = qual >> 8 & 0xf,
        .lmsw_source = (uint16_t)(qual >> 16),
    };
}

/* --- MOV DR -------------------------------------------------------------- */

typedef struct X86VmxDrQual {
    uint8_t dr;
    bool from;
    uint8_t gpr;
} X86VmxDrQual;

static inline uint64_t x86_vmx_dr_qual(X86VmxDrQual q)
{
    return (q.dr & 7u) | (uint64_t)q.from << 4 | (q.gpr & 0xfull) << 8;
}

static inline X86VmxDrQual x86_vmx_dr_qual_decode(uint64_t qual)
{
    return (X86VmxDrQual) {
        .dr = qual & 7,
        .from = qual >> 4 & 1,
        .gpr = qual >> 8 & 0xf,
    };
}

/* --- I/O instructions ---------------------------------------------------- */

/**
 * X86VmxIoQual
 * @size: of the access in bytes: 1, 2 or 4
 * @immediate: the port is an immediate operand, not DX
 */
typedef struct X86VmxIoQual {
    uint16_t port;
    uint8_t size;
    bool in;
    bool string;
    bool rep;
    bool immediate;
} X86VmxIoQual;

static inline uint64_t x86_vmx_io_qual(X86VmxIoQual q)
{
    return ((q.size - 1u) & 7) | (uint64_t)q.in << 3 |
           (uint64_t)q.string << 4 | (uint64_t)q.rep << 5 |
           (uint64_t)q.immediate << 6 | (uint64_t)q.port << 16;
}

static inline X86VmxIoQual x86_vmx_io_qual_decode(uint64_t qual)
{
    return (X86VmxIoQual) {
        .size = (qual & 7) + 1,
        .in = qual >> 3 & 1,
        .string = qual >> 4 & 1,
        .rep = qual >> 5 & 1,
        .immediate = qual >> 6 & 1,
        .port = (uint16_t)(qual >> 16),
    };
}

/* --- task switches ------------------------------------------------------- */

typedef enum X86VmxTaskSource {
    X86_VMX_TASK_CALL,
    X86_VMX_TASK_IRET,
    X86_VMX_TASK_JMP,
    X86_VMX_TASK_GATE,
} X86VmxTaskSource;

typedef struct X86VmxTaskQual {
    uint16_t selector;
    X86VmxTaskSource source;
} X86VmxTaskQual;

static inline uint64_t x86_vmx_task_qual(X86VmxTaskQual q)
{
    return q.selector | (uint64_t)q.source << 30;
}

static inline X86VmxTaskQual x86_vmx_task_qual_decode(uint64_t qual)
{
    return (X86VmxTaskQual) {
        .selector = (uint16_t)qual,
        .source = (X86VmxTaskSource)(qual >> 30 & 3),
    };
}

/* --- APIC accesses ------------------------------------------------------- */

typedef enum X86VmxApicAccess {
    X86_VMX_APIC_READ          = 0,
    X86_VMX_APIC_WRITE         = 1,
    X86_VMX_APIC_FETCH         = 2,
    X86_VMX_APIC_EVENT         = 3,     /* linear, during event delivery */
    X86_VMX_APIC_PHYS_EVENT    = 10,
    X86_VMX_APIC_PHYS          = 15,
} X86VmxApicAccess;

typedef struct X86VmxApicQual {
    uint16_t offset;
    X86VmxApicAccess access;
} X86VmxApicQual;

static inline uint64_t x86_vmx_apic_qual(X86VmxApicQual q)
{
    return (q.offset & 0xfffu) | (uint64_t)q.access << 12;
}

static inline X86VmxApicQual x86_vmx_apic_qual_decode(uint64_t qual)
{
    return (X86VmxApicQual) {
        .offset = qual & 0xfff,
        .access = (X86VmxApicAccess)(qual >> 12 & 0xf),
    };
}

/* --- EPT violations ------------------------------------------------------ */

/**
 * X86VmxEptQual
 * @read, @write, @fetch: what the access was
 * @readable, @writable, @executable: of the guest-physical address; AND over
 *   the EPT entries that were used
 * @user_executable: with mode-based execute control only
 * @gla_valid: the guest linear address is valid
 * @gla_access: the access was to the translation of the linear address, not
 *   to a paging-structure entry on the way; only with @gla_valid
 * @gla_user, @gla_writable, @gla_nx: of the linear address by the guest's
 *   tables; only with @gla_access and advanced exit information
 * @nmi_unblocked: by the IRET that caused the exit
 * @shadow_stack: a shadow-stack access
 * @supervisor_shadow_stack: by the EPT entry's bit 60
 * @paging_verify: by guest-paging verification
 * @async: not caused by an instruction, but by a trace or the like
 */
typedef struct X86VmxEptQual {
    bool read;
    bool write;
    bool fetch;
    bool readable;
    bool writable;
    bool executable;
    bool user_executable;
    bool gla_valid;
    bool gla_access;
    bool gla_user;
    bool gla_writable;
    bool gla_nx;
    bool nmi_unblocked;
    bool shadow_stack;
    bool supervisor_shadow_stack;
    bool paging_verify;
    bool async;
} X86VmxEptQual;

/* X(member, bit) */
#define X86_VMX_EPT_QUAL_LIST(X)       \
    X(read,                     0)     \
    X(write,                    1)     \
    X(fetch,                    2)     \
    X(readable,                 3)     \
    X(writable,                 4)     \
    X(executable,               5)     \
    X(user_executable,          6)     \
    X(gla_valid,                7)     \
    X(gla_access,               8)     \
    X(gla_user,                 9)     \
    X(gla_writable,            10)     \
    X(gla_nx,                  11)     \
    X(nmi_unblocked,           12)     \
    X(shadow_stack,            13)     \
    X(supervisor_shadow_stack, 14)     \
    X(paging_verify,           15)     \
    X(async,                   16)

static inline uint64_t x86_vmx_ept_qual(const X86VmxEptQual *q)
{
#define X86_VMX_BIT(member, bit) | (uint64_t)q->member << (bit)
    return 0 X86_VMX_EPT_QUAL_LIST(X86_VMX_BIT);
#undef X86_VMX_BIT
}

static inline X86VmxEptQual x86_vmx_ept_qual_decode(uint64_t qual)
{
#define X86_VMX_BIT(member, bit) .member = qual >> (bit) & 1,
    return (X86VmxEptQual) { X86_VMX_EPT_QUAL_LIST(X86_VMX_BIT) };
#undef X86_VMX_BIT
}

/* --- #DB: the bits of DR6 as the exit reports them ----------------------- */

#define X86_VMX_DB_QUAL_BP  0xfull
#define X86_VMX_DB_QUAL_BLD (1ull << 11)
#define X86_VMX_DB_QUAL_BD  (1ull << 13)
#define X86_VMX_DB_QUAL_BS  (1ull << 14)
#define X86_VMX_DB_QUAL_RTM (1ull << 16)

#endif /* X86_VMX_QUAL_H */
