/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * VMCS fields by their encoding: SDM Vol. 3, section "VMREAD, VMWRITE, and
 * Encodings of VMCS Fields".
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmcs.h"

enum {
#define X(name, encoding, member, group, a, b) FIELD_##name,
    X86_VMCS_FIELD_LIST(X)
#undef X
    FIELDS
};

static const X86VmcsFieldInfo fields[FIELDS] = {
#define X(name, encoding, member, group, a, b)                            \
    [FIELD_##name] = {                                                    \
        #name, encoding, offsetof(X86Vmcs, member),                       \
        X86_VMCS_GROUP_##group,                                           \
        { X86_VMX_CTL_##a, X86_VMX_CTL_##b },                             \
    },
    X86_VMCS_FIELD_LIST(X)
#undef X
};

/*
 * Fields by a short form of their encoding: width, kind, and six bits of the
 * index, of which no field has more.  0: none.
 */
#define SHORT_BITS 10
#define SHORT(encoding) \
    ((encoding) >> 13 << 8 | ((encoding) >> 10 & 3) << 6 | \
     ((encoding) >> 1 & 0x3f))

static const uint8_t by_encoding[1 << SHORT_BITS] = {
#define X(name, encoding, member, group, a, b) \
    [SHORT(encoding)] = 1 + FIELD_##name,
    X86_VMCS_FIELD_LIST(X)
#undef X
};

static_assert(FIELDS < UINT8_MAX, "the index holds each field's number");
#define X(name, encoding, member, group, a, b) \
    static_assert(((encoding) >> 1 & 0x1ff) < 64 && !((encoding) & 1), #name);
X86_VMCS_FIELD_LIST(X)
#undef X

const X86VmcsFieldInfo *x86_vmcs_field(uint64_t encoding)
{
    uint64_t full = encoding & ~(uint64_t)X86_VMCS_ENC_HIGH;
    unsigned i;

    if (full >> 15 || full & X86_VMCS_ENC_RESERVED) {
        return NULL;
    }
    i = by_encoding[SHORT(full)];
    /* The short form leaves out bits of the index */
    return i && fields[i - 1].encoding == full ? &fields[i - 1] : NULL;
}

const X86VmcsFieldInfo *x86_vmcs_field_at(unsigned i)
{
    return i < FIELDS ? &fields[i] : NULL;
}

static unsigned size_of(const X86VmcsFieldInfo *field)
{
    switch (x86_vmcs_enc_width(field->encoding)) {
    case X86_VMCS_WIDTH_16:
        return 2;
    case X86_VMCS_WIDTH_32:
        return 4;
    default:
        return 8;
    }
}

uint64_t x86_vmcs_get(const X86Vmcs *vmcs, const X86VmcsFieldInfo *field)
{
    const char *at = (const char *)vmcs + field->offset;
    uint16_t val16;
    uint32_t val32;
    uint64_t val64;

    switch (size_of(field)) {
    case 2:
        memcpy(&val16, at, sizeof(val16));
        return val16;
    case 4:
        memcpy(&val32, at, sizeof(val32));
        return val32;
    default:
        memcpy(&val64, at, sizeof(val64));
        return val64;
    }
}

void x86_vmcs_set(X86Vmcs *vmcs, const X86VmcsFieldInfo *field, uint64_t val)
{
    char *at = (char *)vmcs + field->offset;
    uint16_t val16 = (uint16_t)val;
    uint32_t val32 = (uint32_t)val;

    switch (size_of(field)) {
    case 2:
        memcpy(at, &val16, sizeof(val16));
        break;
    case 4:
        memcpy(at, &val32, sizeof(val32));
        break;
    default:
        memcpy(at, &val, sizeof(val));
        break;
    }
}

/* The field that VMREAD or VMWRITE means, NULL if this CPU has none such */
static const X86VmcsFieldInfo *operand_field(const X86VmxCaps *caps,
                                             uint64_t encoding)
{
    const X86VmcsFieldInfo *field = x86_vmcs_field(encoding);

    if (!field || !x86_vmcs_field_exists(caps, field)) {
        return NULL;
    }
    /* Only 64-bit fields have an upper half */
    if (encoding & X86_VMCS_ENC_HIGH &&
        x86_vmcs_enc_width(field->encoding) != X86_VMCS_WIDTH_64) {
        return NULL;
    }
    return field;
}

X86VmxError x86_vmcs_read(const X86VmxCaps *caps, const X86Vmcs *vmcs,
                          uint64_t encoding, uint64_t *val)
{
    const X86VmcsFieldInfo *field = operand_field(caps, encoding);

    if (!field) {
        return X86_VMX_ERROR_UNSUPPORTED_FIELD;
    }
    *val = x86_vmcs_get(vmcs, field);
    if (encoding & X86_VMCS_ENC_HIGH) {
        *val >>= 32;
    }
    return X86_VMX_ERROR_NONE;
}

X86VmxError x86_vmcs_write(const X86VmxCaps *caps, X86Vmcs *vmcs,
                           uint64_t encoding, uint64_t val, unsigned *dirty)
{
    const X86VmcsFieldInfo *field = operand_field(caps, encoding);

    if (!field) {
        return X86_VMX_ERROR_UNSUPPORTED_FIELD;
    }
    if (x86_vmcs_enc_kind(field->encoding) == X86_VMCS_KIND_READ_ONLY &&
        !x86_vmx_caps_bit(caps->misc, X86_VMX_MISC_VMWRITE_READ_ONLY)) {
        return X86_VMX_ERROR_READ_ONLY_FIELD;
    }
    if (encoding & X86_VMCS_ENC_HIGH) {
        val = val << 32 | (x86_vmcs_get(vmcs, field) & UINT32_MAX);
    }
    x86_vmcs_set(vmcs, field, val);
    *dirty |= field->group;
    return X86_VMX_ERROR_NONE;
}

void x86_vmcs_dump(const X86VmxCaps *caps, const X86Vmcs *vmcs,
                   void (*line)(void *opaque, const char *text),
                   void *opaque)
{
    char text[64];

    for (unsigned i = 0; i < FIELDS; i++) {
        const X86VmcsFieldInfo *field = &fields[i];

        if (x86_vmcs_field_exists(caps, field)) {
            snprintf(text, sizeof(text), "%04x %-24s %0*" PRIx64,
                     field->encoding, field->name,
                     (int)(2 * size_of(field)), x86_vmcs_get(vmcs, field));
            line(opaque, text);
        }
    }
}

const char *x86_vmx_exit_name(uint32_t reason)
{
    reason &= X86_VMX_EXIT_BASIC;
#define X(name, number, words) \
    if (reason == (number)) {  \
        return #name;          \
    }
    X86_VMX_EXIT_LIST(X)
#undef X
    return "?";
}

const char *x86_vmx_error_text(uint32_t error)
{
#define X(name, number, words) \
    if (error == (number)) {   \
        return words;          \
    }
    X86_VMX_ERROR_LIST(X)
#undef X
    return "?";
}
