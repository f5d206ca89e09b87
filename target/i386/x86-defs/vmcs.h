/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The VMCS region as this CPU lays it out, and the bits of its fields: SDM
 * Vol. 3, chapter "Virtual Machine Control Structures".
 */

#ifndef X86_VMCS_H
#define X86_VMCS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmcs-field-list.h"

#define X86_VMCS_SIZE 4096

/*
 * VMCS revision identifier: any number that fits 31 bits, but not 0, which
 * memory that nobody wrote holds.  It changes with the layout of X86Vmcs.
 */
#define X86_VMCS_REVISION       0x53454d31u
#define X86_VMCS_REVISION_SHADOW 0x80000000u

#define X86_VMCS_LAUNCH_CLEAR    0u
#define X86_VMCS_LAUNCH_LAUNCHED 1u

#define X86_VMCS_MEMBER_64(name, encoding, member, ...) uint64_t member;
#define X86_VMCS_MEMBER_32(name, encoding, member, ...) uint32_t member;
#define X86_VMCS_MEMBER_16(name, encoding, member, ...) uint16_t member;

/**
 * X86Vmcs: a VMCS region.
 * @revision: revision identifier, bit 31 the shadow-VMCS indicator
 * @abort: VMX-abort indicator
 * @launch_state: X86_VMCS_LAUNCH_*
 *
 * It lies in memory that software can write behind the CPU's back, from
 * other CPUs as well, and may hold anything: what has been checked in it may
 * be different when it is used.  VM entry therefore checks and loads a copy.
 *
 * Each list of fields has room for more, so that a field that is appended
 * moves no other.
 */
typedef struct X86Vmcs {
    uint32_t revision;
    uint32_t abort;
    uint32_t launch_state;
    uint32_t reserved0[13];
    union {
        struct {
            X86_VMCS_64_LIST(X86_VMCS_MEMBER_64)
        };
        uint64_t room64[120];
    };
    union {
        struct {
            X86_VMCS_NATURAL_LIST(X86_VMCS_MEMBER_64)
        };
        uint64_t room_natural[72];
    };
    union {
        struct {
            X86_VMCS_32_LIST(X86_VMCS_MEMBER_32)
        };
        uint32_t room32[80];
    };
    union {
        struct {
            X86_VMCS_16_LIST(X86_VMCS_MEMBER_16)
        };
        uint16_t room16[48];
    };
    uint8_t reserved1[2080];
} X86Vmcs;

#undef X86_VMCS_MEMBER_64
#undef X86_VMCS_MEMBER_32
#undef X86_VMCS_MEMBER_16

static_assert(sizeof(X86Vmcs) == X86_VMCS_SIZE, "a VMCS region is a page");
static_assert(offsetof(X86Vmcs, room64) == 64 &&
              offsetof(X86Vmcs, room_natural) == 1024 &&
              offsetof(X86Vmcs, room32) == 1600 &&
              offsetof(X86Vmcs, room16) == 1920 &&
              offsetof(X86Vmcs, reserved1) == 2016,
              "the layout is frozen");

/*
 * What changes when software writes a field, for a CPU that keeps decoded
 * state: checks and loads at the next VM entry may be left out for groups
 * that nobody wrote since the last one.  NONE: always taken from the VMCS.
 */
typedef enum X86VmcsGroup {
    X86_VMCS_GROUP_NONE     = 0,
    X86_VMCS_GROUP_CONTROLS = 1 << 0,
    X86_VMCS_GROUP_HOST     = 1 << 1,
    X86_VMCS_GROUP_SEGMENTS = 1 << 2,   /* GDTR, IDTR, and RFLAGS for VM */
    X86_VMCS_GROUP_CR       = 1 << 3,
    X86_VMCS_GROUP_GUEST    = 1 << 4,   /* MSRs, DR7, PDPTEs, link pointer */
    X86_VMCS_GROUP_EVENT    = 1 << 5,   /* event to inject */
    X86_VMCS_GROUPS         = (1 << 6) - 1,
} X86VmcsGroup;

/* --- a field's encoding -------------------------------------------------- */

#define X86_VMCS_ENC_HIGH     (1u << 0)     /* upper half of a 64-bit field */
#define X86_VMCS_ENC_RESERVED 0xffff9000u   /* bits 12 and 31:15 */

typedef enum X86VmcsWidth {
    X86_VMCS_WIDTH_16,
    X86_VMCS_WIDTH_64,
    X86_VMCS_WIDTH_32,
    X86_VMCS_WIDTH_NATURAL,
} X86VmcsWidth;

typedef enum X86VmcsKind {
    X86_VMCS_KIND_CONTROL,
    X86_VMCS_KIND_READ_ONLY,
    X86_VMCS_KIND_GUEST,
    X86_VMCS_KIND_HOST,
} X86VmcsKind;

static inline X86VmcsWidth x86_vmcs_enc_width(uint32_t encoding)
{
    return (X86VmcsWidth)(encoding >> 13 & 3);
}

static inline X86VmcsKind x86_vmcs_enc_kind(uint32_t encoding)
{
    return (X86VmcsKind)(encoding >> 10 & 3);
}

static inline unsigned x86_vmcs_enc_index(uint32_t encoding)
{
    return encoding >> 1 & 0x1ff;
}

/* --- segments ------------------------------------------------------------ */

/* Access rights */
#define X86_VMCS_AR_TYPE      0x0000000fu
#define X86_VMCS_AR_ACCESSED  (1u << 0)
#define X86_VMCS_AR_WRITABLE  (1u << 1)     /* data */
#define X86_VMCS_AR_READABLE  (1u << 1)     /* code */
#define X86_VMCS_AR_CODE      (1u << 3)
#define X86_VMCS_AR_S         (1u << 4)
#define X86_VMCS_AR_DPL_SHIFT 5
#define X86_VMCS_AR_P         (1u << 7)
#define X86_VMCS_AR_AVL       (1u << 12)
#define X86_VMCS_AR_L         (1u << 13)
#define X86_VMCS_AR_DB        (1u << 14)
#define X86_VMCS_AR_G         (1u << 15)
#define X86_VMCS_AR_UNUSABLE  (1u << 16)
#define X86_VMCS_AR_RESERVED  0xfffe0f00u

static inline unsigned x86_vmcs_ar_type(uint32_t ar)
{
    return ar & X86_VMCS_AR_TYPE;
}

static inline unsigned x86_vmcs_ar_dpl(uint32_t ar)
{
    return ar >> X86_VMCS_AR_DPL_SHIFT & 3;
}

/** X86VmcsSegReg: segment registers, in the order of instructions' encoding */
typedef enum X86VmcsSegReg {
    X86_VMCS_ES,
    X86_VMCS_CS,
    X86_VMCS_SS,
    X86_VMCS_DS,
    X86_VMCS_FS,
    X86_VMCS_GS,
    X86_VMCS_LDTR,
    X86_VMCS_TR,
    X86_VMCS_SEGS
} X86VmcsSegReg;

/** X86VmcsSegment: a guest segment register */
typedef struct X86VmcsSegment {
    uint64_t base;
    uint32_t limit;
    uint32_t ar;
    uint16_t selector;
} X86VmcsSegment;

#define X86_VMCS_SEG_LIST(X)                               \
    X(ES, es) X(CS, cs) X(SS, ss) X(DS, ds) X(FS, fs)      \
    X(GS, gs) X(LDTR, ldtr) X(TR, tr)

/** x86_vmcs_get_segment: guest segment register @reg */
static inline X86VmcsSegment x86_vmcs_get_segment(const X86Vmcs *vmcs,
                                                  X86VmcsSegReg reg)
{
#define X86_VMCS_GET(NAME, name)                           \
    if (reg == X86_VMCS_##NAME) {                          \
        return (X86VmcsSegment) {                          \
            .base = vmcs->guest_##name##_base,             \
            .limit = vmcs->guest_##name##_limit,           \
            .ar = vmcs->guest_##name##_ar,                 \
            .selector = vmcs->guest_##name##_selector,     \
        };                                                 \
    }
    X86_VMCS_SEG_LIST(X86_VMCS_GET)
    return (X86VmcsSegment) { .ar = X86_VMCS_AR_UNUSABLE };
#undef X86_VMCS_GET
}

/** x86_vmcs_set_segment: write guest segment register @reg */
static inline void x86_vmcs_set_segment(X86Vmcs *vmcs, X86VmcsSegReg reg,
                                        X86VmcsSegment seg)
{
#define X86_VMCS_SET(NAME, name)                           \
    if (reg == X86_VMCS_##NAME) {                          \
        vmcs->guest_##name##_base = seg.base;              \
        vmcs->guest_##name##_limit = seg.limit;            \
        vmcs->guest_##name##_ar = seg.ar;                  \
        vmcs->guest_##name##_selector = seg.selector;      \
    }
    X86_VMCS_SEG_LIST(X86_VMCS_SET)
#undef X86_VMCS_SET
}

/* --- guest non-register state -------------------------------------------- */

typedef enum X86VmcsActivity {
    X86_VMCS_ACTIVE,
    X86_VMCS_HLT,
    X86_VMCS_SHUTDOWN,
    X86_VMCS_WAIT_SIPI,
} X86VmcsActivity;

#define X86_VMCS_BLOCK_STI      (1u << 0)
#define X86_VMCS_BLOCK_MOV_SS   (1u << 1)
#define X86_VMCS_BLOCK_SMI      (1u << 2)
#define X86_VMCS_BLOCK_NMI      (1u << 3)
#define X86_VMCS_IN_ENCLAVE     (1u << 4)
#define X86_VMCS_BLOCK_RESERVED 0xffffffe0u

#define X86_VMCS_PENDING_BP       0xfULL        /* B0 to B3 */
#define X86_VMCS_PENDING_BLD      (1ULL << 11)  /* zero: a bus lock */
#define X86_VMCS_PENDING_ENABLED  (1ULL << 12)  /* a breakpoint was met */
#define X86_VMCS_PENDING_BS       (1ULL << 14)
#define X86_VMCS_PENDING_RTM      (1ULL << 16)
#define X86_VMCS_PENDING_RESERVED \
    ~(X86_VMCS_PENDING_BP | X86_VMCS_PENDING_BLD | X86_VMCS_PENDING_ENABLED | \
      X86_VMCS_PENDING_BS | X86_VMCS_PENDING_RTM)

#define X86_VMCS_NO_LINK UINT64_MAX

/* --- events: entry injection, exit interruption, IDT vectoring ----------- */

typedef enum X86VmcsEventType {
    X86_VMCS_EVENT_EXT_INTR,
    X86_VMCS_EVENT_RESERVED,
    X86_VMCS_EVENT_NMI,
    X86_VMCS_EVENT_HW_EXCEPTION,
    X86_VMCS_EVENT_SW_INTR,         /* INT n */
    X86_VMCS_EVENT_PRIV_SW,         /* INT1 */
    X86_VMCS_EVENT_SW_EXCEPTION,    /* INT3, INTO */
    X86_VMCS_EVENT_OTHER,           /* entry: MTF exit, SYSCALL for FRED */
} X86VmcsEventType;

#define X86_VMCS_EVENT_VECTOR       0x000000ffu
#define X86_VMCS_EVENT_TYPE_SHIFT   8
#define X86_VMCS_EVENT_ERROR_CODE   (1u << 11)
#define X86_VMCS_EVENT_NMI_UNBLOCK  (1u << 12)  /* exit: by IRET */
#define X86_VMCS_EVENT_NESTED       (1u << 13)  /* with FRED */
#define X86_VMCS_EVENT_VALID        (1u << 31)
/* What VM entry wants to be zero */
#define X86_VMCS_EVENT_ENTRY_RESERVED 0x7ffff000u

/** X86VmcsEvent: interruption information, decoded */
typedef struct X86VmcsEvent {
    uint8_t vector;
    X86VmcsEventType type;
    bool error_code;
    bool nmi_unblocked;
    bool valid;
} X86VmcsEvent;

static inline X86VmcsEvent x86_vmcs_event(uint32_t info)
{
    return (X86VmcsEvent) {
        .vector = info & X86_VMCS_EVENT_VECTOR,
        .type = (X86VmcsEventType)(info >> X86_VMCS_EVENT_TYPE_SHIFT & 7),
        .error_code = info & X86_VMCS_EVENT_ERROR_CODE,
        .nmi_unblocked = info & X86_VMCS_EVENT_NMI_UNBLOCK,
        .valid = info & X86_VMCS_EVENT_VALID,
    };
}

static inline uint32_t x86_vmcs_event_info(X86VmcsEvent event)
{
    return event.vector |
           (uint32_t)event.type << X86_VMCS_EVENT_TYPE_SHIFT |
           (event.error_code ? X86_VMCS_EVENT_ERROR_CODE : 0) |
           (event.nmi_unblocked ? X86_VMCS_EVENT_NMI_UNBLOCK : 0) |
           (event.valid ? X86_VMCS_EVENT_VALID : 0);
}

/* --- entries of the MSR lists -------------------------------------------- */

/** X86VmcsMsrEntry: an entry of a VM-exit or VM-entry MSR list, 16 bytes */
typedef struct X86VmcsMsrEntry {
    uint32_t index;
    uint32_t reserved;
    uint64_t value;
} X86VmcsMsrEntry;

#endif /* X86_VMCS_H */
