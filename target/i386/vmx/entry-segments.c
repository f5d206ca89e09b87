/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks on the guest's segment registers: SDM Vol. 3, section "Checks on
 * Guest Segment Registers".
 */

#include "entry-internal.h"

/* Where a register's fields are, for the text of a failure */
static uint32_t field_of(X86VmxRule rule, X86VmcsSegReg reg)
{
    /* The rule names the field of one register, the others are beside it */
    uint32_t field = x86_vmx_rule_field(rule);
    uint32_t first;

    switch (x86_vmcs_enc_width(field)) {
    case X86_VMCS_WIDTH_16:
        first = X86_VMCS_GUEST_ES_SELECTOR;
        break;
    case X86_VMCS_WIDTH_NATURAL:
        first = X86_VMCS_GUEST_ES_BASE;
        break;
    default:
        first = field < X86_VMCS_GUEST_ES_AR ? X86_VMCS_GUEST_ES_LIMIT
                                             : X86_VMCS_GUEST_ES_AR;
        break;
    }
    return first + 2 * reg;
}

#define REQUIRE_SEG(holds, NAME) \
    REQUIRE_RULE(holds, X86_VMX_RULE_##NAME, \
                 field_of(X86_VMX_RULE_##NAME, reg))

static bool usable(const X86VmcsSegment *seg)
{
    return !(seg->ar & X86_VMCS_AR_UNUSABLE);
}

static bool granularity(const X86VmcsSegment *seg)
{
    bool pages = seg->ar & X86_VMCS_AR_G;

    return pages ? (seg->limit & 0xfff) == 0xfff : !(seg->limit >> 20);
}

static X86VmxBroken check_selectors(const X86VmxEntry *e, bool v86)
{
    const X86Vmcs *v = e->vmcs;
    X86VmcsSegment ldtr = x86_vmcs_get_segment(v, X86_VMCS_LDTR);

    REQUIRE(!(v->guest_tr_selector & 4), SEL_TR_GDT);
    REQUIRE(implies(usable(&ldtr), !(ldtr.selector & 4)), SEL_LDTR_GDT);
    REQUIRE(v86 || unrestricted(e) ||
            (v->guest_ss_selector & 3) == (v->guest_cs_selector & 3),
            SEL_SS_RPL);
    return HOLDS;
}

static X86VmxBroken check_base(const X86VmxEntry *e, X86VmcsSegReg reg,
                               bool v86)
{
    X86VmcsSegment seg = x86_vmcs_get_segment(e->vmcs, reg);

    switch (reg) {
    case X86_VMCS_LDTR:
        REQUIRE_SEG(implies(usable(&seg), canonical(e, seg.base)),
                    BASE_CANONICAL);
        break;
    case X86_VMCS_TR:
        REQUIRE_SEG(canonical(e, seg.base), BASE_CANONICAL);
        break;
    case X86_VMCS_FS:
    case X86_VMCS_GS:
        REQUIRE_SEG(implies(v86, seg.base == (uint64_t)seg.selector << 4),
                    BASE_V86);
        REQUIRE_SEG(canonical(e, seg.base), BASE_CANONICAL);
        break;
    default:
        REQUIRE_SEG(implies(v86, seg.base == (uint64_t)seg.selector << 4),
                    BASE_V86);
        REQUIRE_SEG(implies(reg == X86_VMCS_CS || usable(&seg),
                            !(seg.base >> 32)), BASE_HIGH);
        break;
    }
    return HOLDS;
}

/* --- access rights -------------------------------------------------------- */

static bool is_code(const X86VmcsSegment *seg)
{
    return seg->ar & X86_VMCS_AR_CODE;
}

/* Code segments, accessed: execute-only or readable, conforming or not */
#define CODE_ACCESSED             9
#define CODE_READ_ACCESSED        11
#define CODE_CONFORMING_ACCESSED  13
#define CODE_CONF_READ_ACCESSED   15
/* Data segments, accessed and writable: expand-up and expand-down */
#define DATA_WRITE_ACCESSED       3
#define DATA_DOWN_WRITE_ACCESSED  7
/* System segments */
#define SYSTEM_LDT                2
#define SYSTEM_TSS16_BUSY         3
#define SYSTEM_TSS_BUSY           11

static bool cs_type(const X86VmxEntry *e, const X86VmcsSegment *seg)
{
    switch (x86_vmcs_ar_type(seg->ar)) {
    case CODE_ACCESSED:
    case CODE_READ_ACCESSED:
    case CODE_CONFORMING_ACCESSED:
    case CODE_CONF_READ_ACCESSED:
        return true;
    case DATA_WRITE_ACCESSED:
        return unrestricted(e);
    default:
        return false;
    }
}

static bool ss_type(const X86VmcsSegment *seg)
{
    unsigned type = x86_vmcs_ar_type(seg->ar);

    return type == DATA_WRITE_ACCESSED || type == DATA_DOWN_WRITE_ACCESSED;
}

static X86VmxBroken check_cs_dpl(const X86VmxEntry *e)
{
    X86VmcsSegment cs = x86_vmcs_get_segment(e->vmcs, X86_VMCS_CS);
    X86VmcsSegment ss = x86_vmcs_get_segment(e->vmcs, X86_VMCS_SS);
    unsigned dpl = x86_vmcs_ar_dpl(cs.ar);

    switch (x86_vmcs_ar_type(cs.ar)) {
    case DATA_WRITE_ACCESSED:
        REQUIRE(dpl == 0, AR_CS_DPL_DATA);
        break;
    case CODE_ACCESSED:
    case CODE_READ_ACCESSED:
        REQUIRE(dpl == x86_vmcs_ar_dpl(ss.ar), AR_CS_DPL_NONCONFORMING);
        break;
    default:
        REQUIRE(dpl <= x86_vmcs_ar_dpl(ss.ar), AR_CS_DPL_CONFORMING);
        break;
    }
    return HOLDS;
}

/* For an unusable SS too: its DPL is the privilege level */
static X86VmxBroken check_ss_dpl(const X86VmxEntry *e)
{
    X86VmcsSegment cs = x86_vmcs_get_segment(e->vmcs, X86_VMCS_CS);
    X86VmcsSegment ss = x86_vmcs_get_segment(e->vmcs, X86_VMCS_SS);
    unsigned dpl = x86_vmcs_ar_dpl(ss.ar);
    bool real = !(e->vmcs->guest_cr0 & CR0_PE);

    REQUIRE(implies(!unrestricted(e), dpl == (ss.selector & 3)),
            AR_SS_DPL_RPL);
    REQUIRE(implies(real ||
                    x86_vmcs_ar_type(cs.ar) == DATA_WRITE_ACCESSED, dpl == 0),
            AR_SS_DPL_ZERO);
    return HOLDS;
}

/* What every segment register in use must have */
static X86VmxBroken check_common(const X86VmcsSegment *seg, X86VmcsSegReg reg)
{
    REQUIRE_SEG(seg->ar & X86_VMCS_AR_P, AR_PRESENT);
    REQUIRE_SEG(!(seg->ar & X86_VMCS_AR_RESERVED), AR_RESERVED);
    REQUIRE_SEG(granularity(seg), AR_GRANULARITY);
    return HOLDS;
}

static X86VmxBroken check_cs(const X86VmxEntry *e)
{
    X86VmcsSegReg reg = X86_VMCS_CS;
    X86VmcsSegment seg = x86_vmcs_get_segment(e->vmcs, reg);
    bool code_64 = ia32e_guest(e) && seg.ar & X86_VMCS_AR_L;

    REQUIRE(cs_type(e, &seg), AR_CS_TYPE);
    REQUIRE_SEG(seg.ar & X86_VMCS_AR_S, AR_S);
    REQUIRE_ALL(check_cs_dpl(e));
    REQUIRE_ALL(check_common(&seg, reg));
    REQUIRE(implies(code_64, !(seg.ar & X86_VMCS_AR_DB)), AR_CS_DB);
    return HOLDS;
}

static X86VmxBroken check_ss(const X86VmxEntry *e)
{
    X86VmcsSegReg reg = X86_VMCS_SS;
    X86VmcsSegment seg = x86_vmcs_get_segment(e->vmcs, reg);

    if (usable(&seg)) {
        REQUIRE(ss_type(&seg), AR_SS_TYPE);
        REQUIRE_SEG(seg.ar & X86_VMCS_AR_S, AR_S);
    }
    REQUIRE_ALL(check_ss_dpl(e));
    if (usable(&seg)) {
        REQUIRE_ALL(check_common(&seg, reg));
    }
    return HOLDS;
}

static X86VmxBroken check_data(const X86VmxEntry *e, X86VmcsSegReg reg)
{
    X86VmcsSegment seg = x86_vmcs_get_segment(e->vmcs, reg);
    unsigned type = x86_vmcs_ar_type(seg.ar);

    if (!usable(&seg)) {
        return HOLDS;
    }
    REQUIRE_SEG(seg.ar & X86_VMCS_AR_ACCESSED, AR_DATA_ACCESSED);
    REQUIRE_SEG(implies(is_code(&seg), seg.ar & X86_VMCS_AR_READABLE),
                AR_DATA_READABLE);
    REQUIRE_SEG(seg.ar & X86_VMCS_AR_S, AR_S);
    /* Conforming code can be used at every level */
    REQUIRE_SEG(unrestricted(e) || type > CODE_READ_ACCESSED ||
                x86_vmcs_ar_dpl(seg.ar) >= (seg.selector & 3u), AR_DATA_DPL);
    REQUIRE_ALL(check_common(&seg, reg));
    return HOLDS;
}

static X86VmxBroken check_tr(const X86VmxEntry *e)
{
    X86VmcsSegReg reg = X86_VMCS_TR;
    X86VmcsSegment seg = x86_vmcs_get_segment(e->vmcs, reg);
    unsigned type = x86_vmcs_ar_type(seg.ar);

    REQUIRE(type == SYSTEM_TSS_BUSY ||
            (type == SYSTEM_TSS16_BUSY && !ia32e_guest(e)), AR_TR_TYPE);
    REQUIRE_SEG(!(seg.ar & X86_VMCS_AR_S), AR_SYSTEM);
    REQUIRE_ALL(check_common(&seg, reg));
    REQUIRE(usable(&seg), AR_TR_USABLE);
    return HOLDS;
}

static X86VmxBroken check_ldtr(const X86VmxEntry *e)
{
    X86VmcsSegReg reg = X86_VMCS_LDTR;
    X86VmcsSegment seg = x86_vmcs_get_segment(e->vmcs, reg);

    if (!usable(&seg)) {
        return HOLDS;
    }
    REQUIRE(x86_vmcs_ar_type(seg.ar) == SYSTEM_LDT, AR_LDTR_TYPE);
    REQUIRE_SEG(!(seg.ar & X86_VMCS_AR_S), AR_SYSTEM);
    REQUIRE_ALL(check_common(&seg, reg));
    return HOLDS;
}

/* Limit and access rights of what virtual-8086 mode uses are one value */
static X86VmxBroken check_v86(const X86VmxEntry *e, X86VmcsSegReg reg)
{
    X86VmcsSegment seg = x86_vmcs_get_segment(e->vmcs, reg);

    REQUIRE_SEG(seg.limit == 0xffff, LIMIT_V86);
    REQUIRE_SEG(seg.ar == 0xf3, AR_V86);
    return HOLDS;
}

X86VmxBroken x86_vmx_check_guest_segments(const X86VmxEntry *e)
{
    bool v86 = e->vmcs->guest_rflags & RFLAGS_VM;
    int reg;

    REQUIRE_ALL(check_selectors(e, v86));
    for (reg = X86_VMCS_ES; reg <= X86_VMCS_TR; reg++) {
        REQUIRE_ALL(check_base(e, (X86VmcsSegReg)reg, v86));
    }
    if (v86) {
        for (reg = X86_VMCS_ES; reg <= X86_VMCS_GS; reg++) {
            REQUIRE_ALL(check_v86(e, (X86VmcsSegReg)reg));
        }
    } else {
        REQUIRE_ALL(check_cs(e));
        REQUIRE_ALL(check_ss(e));
        REQUIRE_ALL(check_data(e, X86_VMCS_DS));
        REQUIRE_ALL(check_data(e, X86_VMCS_ES));
        REQUIRE_ALL(check_data(e, X86_VMCS_FS));
        REQUIRE_ALL(check_data(e, X86_VMCS_GS));
    }
    REQUIRE_ALL(check_tr(e));
    REQUIRE_ALL(check_ldtr(e));
    REQUIRE(canonical(e, e->vmcs->guest_gdtr_base), GDTR_CANONICAL);
    REQUIRE(canonical(e, e->vmcs->guest_idtr_base), IDTR_CANONICAL);
    REQUIRE(!(e->vmcs->guest_gdtr_limit >> 16), GDTR_LIMIT_HIGH);
    REQUIRE(!(e->vmcs->guest_idtr_limit >> 16), IDTR_LIMIT_HIGH);
    return HOLDS;
}
