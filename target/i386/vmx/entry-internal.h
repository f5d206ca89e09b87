/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the checks of VM entry share.
 */

#ifndef X86_VMX_ENTRY_INTERNAL_H
#define X86_VMX_ENTRY_INTERNAL_H

#include "entry-checks.h"

/*
 * End with rule NAME unless @holds.  NAME is pasted at once in each: some
 * are macros as well.
 */
#define REQUIRE_RULE(holds, rule, of)                                     \
    do {                                                                  \
        if (!(holds)) {                                                   \
            return (X86VmxBroken) { rule, of };                           \
        }                                                                 \
    } while (0)
#define REQUIRE(holds, NAME) \
    REQUIRE_RULE(holds, X86_VMX_RULE_##NAME, \
                 x86_vmx_rule_field(X86_VMX_RULE_##NAME))
/* The same about another field than the rule's own */
#define REQUIRE_OF(holds, NAME, of) \
    REQUIRE_RULE(holds, X86_VMX_RULE_##NAME, of)

/* End with what @call ends with */
#define REQUIRE_ALL(call)                                                 \
    do {                                                                  \
        X86VmxBroken broken_ = (call);                                    \
                                                                          \
        if (broken_.rule != X86_VMX_RULE_NONE) {                          \
            return broken_;                                               \
        }                                                                 \
    } while (0)

#define HOLDS ((X86VmxBroken) { X86_VMX_RULE_NONE, 0 })

/* CR0, CR4, IA32_EFER, RFLAGS */
#define CR0_PE      (1ULL << 0)
#define CR0_WP      (1ULL << 16)
#define CR0_PG      (1ULL << 31)
#define CR4_PAE     (1ULL << 5)
#define CR4_PCIDE   (1ULL << 17)
#define CR4_CET     (1ULL << 23)
#define EFER_LME    (1ULL << 8)
#define EFER_LMA    (1ULL << 10)
#define RFLAGS_TF   (1ULL << 8)
#define RFLAGS_IF   (1ULL << 9)
#define RFLAGS_VM   (1ULL << 17)
#define RFLAGS_ONE  (1ULL << 1)
#define RFLAGS_ZERO 0xffffffffffc08028ULL

static inline bool pin(const X86VmxEntry *e, uint32_t bit)
{
    return e->vmcs->pin_controls & bit;
}

static inline bool proc(const X86VmxEntry *e, uint32_t bit)
{
    return e->vmcs->proc_controls & bit;
}

/* Words that are not activated count as zero */
static inline bool proc2(const X86VmxEntry *e, uint32_t bit)
{
    return proc(e, X86_VMX_PROC_SECONDARY) && e->vmcs->proc2_controls & bit;
}

static inline bool proc3(const X86VmxEntry *e, uint64_t bit)
{
    return proc(e, X86_VMX_PROC_TERTIARY) && e->vmcs->proc3_controls & bit;
}

static inline bool func(const X86VmxEntry *e, uint64_t bit)
{
    return proc2(e, X86_VMX_PROC2_VM_FUNCTIONS) &&
           e->vmcs->vmfunc_controls & bit;
}

static inline bool on_exit_do(const X86VmxEntry *e, uint32_t bit)
{
    return e->vmcs->exit_controls & bit;
}

static inline bool on_entry_do(const X86VmxEntry *e, uint32_t bit)
{
    return e->vmcs->entry_controls & bit;
}

static inline bool unrestricted(const X86VmxEntry *e)
{
    return proc2(e, X86_VMX_PROC2_UNRESTRICTED_GUEST);
}

static inline bool ia32e_guest(const X86VmxEntry *e)
{
    return on_entry_do(e, X86_VMX_ENTRY_IA32E_GUEST);
}

/* If A then B */
static inline bool implies(bool a, bool b)
{
    return !a || b;
}

static inline bool phys(const X86VmxEntry *e, uint64_t addr)
{
    return !(addr >> e->caps->config.phys_bits);
}

static inline bool phys_page(const X86VmxEntry *e, uint64_t addr)
{
    return phys(e, addr) && !(addr & 0xfff);
}

/* Are bits 63:@bits - 1 equal? */
static inline bool sign_extended(uint64_t addr, unsigned bits)
{
    uint64_t high = addr >> (bits - 1);

    return high == 0 || high == UINT64_MAX >> (bits - 1);
}

/* For the widest addresses that the CPU has, whatever CR4.LA57 is */
static inline bool canonical(const X86VmxEntry *e, uint64_t addr)
{
    return sign_extended(addr, e->caps->config.linear_bits);
}

/* SDM 11.12.4: UC, WC, WT, WP, WB, UC- */
static inline bool pat_types(uint64_t pat)
{
    for (unsigned i = 0; i < 8; i++, pat >>= 8) {
        uint8_t type = (uint8_t)pat;

        if (type > 7 || type == 2 || type == 3) {
            return false;
        }
    }
    return true;
}

static inline bool cr_fixed(uint64_t val, uint64_t fixed0, uint64_t fixed1)
{
    return (val & fixed0) == fixed0 && !(val & ~fixed1);
}

static inline bool cr3_width(const X86VmxEntry *e, uint64_t cr3)
{
    return phys(e, cr3 & ~e->caps->config.cr3_lam);
}

/* IA32_S_CET: bits 9:6 are reserved */
static inline bool s_cet(const X86VmxEntry *e, uint64_t val)
{
    return !(val & 0x3c0) && canonical(e, val);
}

/* The event to inject, not valid if there is none */
static inline X86VmcsEvent event(const X86VmxEntry *e)
{
    return x86_vmcs_event(e->vmcs->entry_intr_info);
}

static inline bool inject(const X86VmxEntry *e, X86VmcsEventType type)
{
    X86VmcsEvent ev = event(e);

    return ev.valid && ev.type == type;
}

#endif /* X86_VMX_ENTRY_INTERNAL_H */
