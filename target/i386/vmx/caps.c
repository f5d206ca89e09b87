/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Capability MSRs from the list of controls: SDM Vol. 3, appendix A.
 */

#include <stddef.h>

#include "../x86-defs/ept.h"
#include "../x86-defs/msr-list.h"
#include "../x86-defs/vmcs.h"
#include "caps.h"

typedef struct VmxControlInfo {
    X86VmxWord word;
    uint8_t bit;
    bool offered;
    const char *name;
} VmxControlInfo;

static const VmxControlInfo controls[X86_VMX_CTLS] = {
#define X(w, n, b, o) \
    [X86_VMX_CTL_##w##_##n] = { X86_VMX_WORD_##w, b, o, #w " " #n },
    X86_VMX_CONTROL_LIST(X)
#undef X
};

static const uint32_t default1[X86_VMX_WORDS] = {
#define X(w, msr, true_msr, ones) [X86_VMX_WORD_##w] = (ones),
    X86_VMX_WORD_LIST(X)
#undef X
};

/* The control that a word of controls wants to be there; SDM 25.6, 25.7 */
static X86VmxControl activated_by(X86VmxWord word)
{
    switch (word) {
    case X86_VMX_WORD_PROC2:
        return X86_VMX_CTL_PROC_SECONDARY;
    case X86_VMX_WORD_PROC3:
        return X86_VMX_CTL_PROC_TERTIARY;
    case X86_VMX_WORD_FUNC:
        return X86_VMX_CTL_PROC2_VM_FUNCTIONS;
    case X86_VMX_WORD_EXIT2:
        return X86_VMX_CTL_EXIT_SECONDARY;
    default:
        return X86_VMX_CTL_ALWAYS;
    }
}

static bool is_control(X86VmxControl control)
{
    return controls[control].name != NULL;
}

static uint64_t bit_of(X86VmxControl control)
{
    return 1ULL << controls[control].bit;
}

static bool word_exists(const X86VmxCaps *caps, X86VmxWord word)
{
    for (;;) {
        X86VmxControl control = activated_by(word);

        if (control == X86_VMX_CTL_ALWAYS) {
            return true;
        }
        word = controls[control].word;
        if (!(caps->may[word] & bit_of(control))) {
            return false;
        }
    }
}

static bool present(const X86VmxCaps *caps, X86VmxControl control)
{
    switch (control) {
    case X86_VMX_CTL_ALWAYS:
        return true;
    case X86_VMX_CTL_SEAM:
        return caps->config.seam;
    default:
        return is_control(control) &&
               word_exists(caps, controls[control].word) &&
               (caps->may[controls[control].word] & bit_of(control));
    }
}

/* What follows from the words: bitmap of controls, IA32_VMX_VMCS_ENUM */
static void update(X86VmxCaps *caps)
{
    unsigned highest = 0;

    for (unsigned i = 0; i <= X86_VMX_CTLS / 64; i++) {
        caps->present[i] = 0;
    }
    for (unsigned i = 0; i < X86_VMX_CTLS; i++) {
        caps->present[i / 64] |=
            (uint64_t)present(caps, (X86VmxControl)i) << (i % 64);
    }
#define X(name, encoding, member, group, a, b)                            \
    if ((x86_vmx_caps_has(caps, X86_VMX_CTL_##a) ||                       \
         x86_vmx_caps_has(caps, X86_VMX_CTL_##b)) &&                      \
        x86_vmcs_enc_index(encoding) > highest) {                         \
        highest = x86_vmcs_enc_index(encoding);                           \
    }
    X86_VMCS_FIELD_LIST(X)
#undef X
    caps->vmcs_enum = (uint64_t)highest << 1;
}

static void set_control(X86VmxCaps *caps, X86VmxControl control, bool on)
{
    X86VmxWord word = controls[control].word;
    uint64_t bit = bit_of(control);

    if (default1[word] & bit) {
        caps->must[word] = on ? caps->must[word] & ~bit
                              : caps->must[word] | bit;
    } else {
        caps->may[word] = on ? caps->may[word] | bit
                             : caps->may[word] & ~bit;
    }
}

void x86_vmx_caps_offer(X86VmxCaps *caps, X86VmxControl control, bool on)
{
    if (is_control(control)) {
        set_control(caps, control, on);
        update(caps);
    }
}

static uint64_t *whole_msr(X86VmxCaps *caps, X86VmxCapsMsr msr)
{
    switch (msr) {
    case X86_VMX_CAPS_BASIC:
        return &caps->basic;
    case X86_VMX_CAPS_MISC:
        return &caps->misc;
    default:
        return &caps->ept_vpid;
    }
}

void x86_vmx_caps_offer_bit(X86VmxCaps *caps, X86VmxCapsMsr msr,
                            unsigned bit, bool on)
{
    uint64_t *val = whole_msr(caps, msr);

    *val = on ? *val | 1ULL << bit : *val & ~(1ULL << bit);
}

void x86_vmx_caps_init(X86VmxCaps *caps, const X86VmxConfig *config)
{
    *caps = (X86VmxCaps) { .config = *config };
    for (unsigned i = 0; i < X86_VMX_WORDS; i++) {
        caps->may[i] = caps->must[i] = default1[i];
    }
    for (unsigned i = 0; i < X86_VMX_CTLS; i++) {
        if (is_control((X86VmxControl)i)) {
            set_control(caps, (X86VmxControl)i, controls[i].offered);
        }
    }
#define X(name, bit, offered) | (uint64_t)(offered) << (bit)
    caps->basic = config->revision |
                  (uint64_t)X86_VMCS_SIZE << X86_VMX_BASIC_SIZE_SHIFT |
                  (uint64_t)X86_MEM_TYPE_WB << X86_VMX_BASIC_MEM_TYPE_SHIFT
                  X86_VMX_BASIC_LIST(X);
    caps->misc = X86_VMX_CR3_TARGETS << X86_VMX_MISC_CR3_TARGET_SHIFT |
                 X86_VMX_MSR_LIST_UNITS << X86_VMX_MISC_MSR_LIST_SHIFT
                 X86_VMX_MISC_LIST(X);
    caps->ept_vpid = 0 X86_VMX_EPT_VPID_LIST(X);
#undef X
    update(caps);
}

void x86_vmx_caps_offer_all(X86VmxCaps *caps)
{
    for (unsigned i = 0; i < X86_VMX_CTLS; i++) {
        if (is_control((X86VmxControl)i)) {
            set_control(caps, (X86VmxControl)i, true);
        }
    }
#define X(name, bit, offered) | 1ULL << (bit)
    caps->misc |= 4ULL << X86_VMX_MISC_CR3_TARGET_SHIFT X86_VMX_MISC_LIST(X);
    caps->ept_vpid |= 0 X86_VMX_EPT_VPID_LIST(X);
#undef X
    caps->basic |= 1ULL << X86_VMX_BASIC_INS_OUTS_INFO;
    update(caps);
}

/*
 * SDM A.3 to A.5: the low half has the bits that must be one, the high half
 * those that may be; MSRs of 64 controls have only the latter.
 */
static uint64_t controls_msr(const X86VmxCaps *caps, X86VmxWord word,
                             uint64_t must)
{
    switch (word) {
    case X86_VMX_WORD_PROC3:
    case X86_VMX_WORD_FUNC:
    case X86_VMX_WORD_EXIT2:
        return caps->may[word];
    default:
        return caps->may[word] << 32 | must;
    }
}

static uint64_t misc_msr(const X86VmxCaps *caps)
{
    return caps->misc |
           (x86_vmx_caps_has(caps, X86_VMX_CTL_PIN_PREEMPTION_TIMER)
            ? X86_VMX_TIMER_SHIFT : 0);
}

/* SDM A.10: the half of what does not exist reads as zero */
static uint64_t ept_vpid_msr(const X86VmxCaps *caps)
{
    return (x86_vmx_caps_has(caps, X86_VMX_CTL_PROC2_EPT)
            ? caps->ept_vpid & UINT32_MAX : 0) |
           (x86_vmx_caps_has(caps, X86_VMX_CTL_PROC2_VPID)
            ? caps->ept_vpid & ~(uint64_t)UINT32_MAX : 0);
}

bool x86_vmx_caps_msr(const X86VmxCaps *caps, uint32_t msr, uint64_t *val)
{
    /* A word without TRUE MSR names one MSR twice; both say the same then */
#define X(w, plain, true_msr, ones)                                       \
    if (msr == X86_MSR_##plain || msr == X86_MSR_##true_msr) {            \
        X86VmxWord word = X86_VMX_WORD_##w;                               \
                                                                          \
        *val = controls_msr(caps, word, msr == X86_MSR_##plain            \
                                        ? default1[word]                  \
                                        : caps->must[word]);              \
        return word_exists(caps, word);                                   \
    }
    X86_VMX_WORD_LIST(X)
#undef X
    switch (msr) {
    case X86_MSR_VMX_BASIC:
        *val = caps->basic;
        return true;
    case X86_MSR_VMX_MISC:
        *val = misc_msr(caps);
        return true;
    case X86_MSR_VMX_CR0_FIXED0:
        *val = caps->config.cr0_fixed0;
        return true;
    case X86_MSR_VMX_CR0_FIXED1:
        *val = caps->config.cr0_fixed1;
        return true;
    case X86_MSR_VMX_CR4_FIXED0:
        *val = caps->config.cr4_fixed0;
        return true;
    case X86_MSR_VMX_CR4_FIXED1:
        *val = caps->config.cr4_fixed1;
        return true;
    case X86_MSR_VMX_VMCS_ENUM:
        *val = caps->vmcs_enum;
        return true;
    case X86_MSR_VMX_EPT_VPID_CAP:
        *val = ept_vpid_msr(caps);
        return x86_vmx_caps_has(caps, X86_VMX_CTL_PROC2_EPT) ||
               x86_vmx_caps_has(caps, X86_VMX_CTL_PROC2_VPID);
    default:
        return false;
    }
}

const char *x86_vmx_control_name(X86VmxWord word, unsigned bit)
{
    for (unsigned i = 0; i < X86_VMX_CTLS; i++) {
        if (is_control((X86VmxControl)i) && controls[i].word == word &&
            controls[i].bit == bit) {
            return controls[i].name;
        }
    }
    return NULL;
}
