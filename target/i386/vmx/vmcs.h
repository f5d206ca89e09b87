/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A VMCS's fields by their encoding, with the rules of VMREAD and VMWRITE.
 */

#ifndef X86_VMX_VMCS_H
#define X86_VMX_VMCS_H

#include "../x86-defs/vmcs.h"
#include "../x86-defs/vmx-exit-list.h"
#include "caps.h"

/**
 * X86VmcsFieldInfo: a field.
 * @name: as in vmcs-field-list.h
 * @encoding: with "full" access
 * @offset: in X86Vmcs, bytes
 * @group: X86VmcsGroup
 * @condition: it exists if the CPU has one of these
 */
typedef struct X86VmcsFieldInfo {
    const char *name;
    uint16_t encoding;
    uint16_t offset;
    uint8_t group;
    uint8_t condition[2];
} X86VmcsFieldInfo;

/**
 * x86_vmcs_field: look up a field; the access type of @encoding does not
 * matter.  NULL if there is none, on any CPU.
 */
const X86VmcsFieldInfo *x86_vmcs_field(uint64_t encoding);

/** x86_vmcs_field_at: field number @i in the order of the list, or NULL */
const X86VmcsFieldInfo *x86_vmcs_field_at(unsigned i);

/** x86_vmcs_field_exists: does a CPU with @caps have @field? */
static inline bool x86_vmcs_field_exists(const X86VmxCaps *caps,
                                         const X86VmcsFieldInfo *field)
{
    return x86_vmx_caps_has(caps, (X86VmxControl)field->condition[0]) ||
           x86_vmx_caps_has(caps, (X86VmxControl)field->condition[1]);
}

/** x86_vmcs_get: the whole of @field, zero-extended, no rules */
uint64_t x86_vmcs_get(const X86Vmcs *vmcs, const X86VmcsFieldInfo *field);

/** x86_vmcs_set: store as much of @val as @field is wide, no rules */
void x86_vmcs_set(X86Vmcs *vmcs, const X86VmcsFieldInfo *field, uint64_t val);

/**
 * x86_vmcs_read: VMREAD.
 * @encoding: the operand; 64 bits in 64-bit mode, else zero-extended
 * @val: what is read, zero-extended; outside 64-bit mode the destination
 *   gets its low half
 *
 * Returns X86_VMX_ERROR_NONE or UNSUPPORTED_FIELD, and *@val is untouched
 * then.  SDM Vol. 3, section "VMREAD, VMWRITE, and Encodings of VMCS Fields".
 */
X86VmxError x86_vmcs_read(const X86VmxCaps *caps, const X86Vmcs *vmcs,
                          uint64_t encoding, uint64_t *val);

/**
 * x86_vmcs_write: VMWRITE.
 * @encoding, @val: the operands, zero-extended outside 64-bit mode
 * @dirty: the field's X86VmcsGroup is set in it
 *
 * Returns X86_VMX_ERROR_NONE, UNSUPPORTED_FIELD or READ_ONLY_FIELD.
 */
X86VmxError x86_vmcs_write(const X86VmxCaps *caps, X86Vmcs *vmcs,
                           uint64_t encoding, uint64_t val, unsigned *dirty);

/**
 * x86_vmcs_dump: tell the value of each field that exists, one a line.
 * @line: called with a line of text without its end
 */
void x86_vmcs_dump(const X86VmxCaps *caps, const X86Vmcs *vmcs,
                   void (*line)(void *opaque, const char *text),
                   void *opaque);

/** x86_vmx_exit_name: name of basic exit reason @reason, or "?" */
const char *x86_vmx_exit_name(uint32_t reason);

/** x86_vmx_error_text: VM-instruction error @error in words, or "?" */
const char *x86_vmx_error_text(uint32_t error);

#endif /* X86_VMX_VMCS_H */
