/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fields of a TD VMCS by their encoding.
 */

#include "vmcs-field.h"

bool tdx_vmcs_read(const X86Vmcs *vmcs, uint32_t encoding, uint64_t *value)
{
#define READ(name, encoding, member, ...) \
    case encoding: \
        *value = vmcs->member; \
        return true;
    switch (encoding) {
    default:
        return false;
    X86_VMCS_FIELD_LIST(READ)
    }
#undef READ
}

bool tdx_vmcs_write(X86Vmcs *vmcs, uint32_t encoding, uint64_t value)
{
#define WRITE(name, encoding, member, ...) \
    case encoding: \
        vmcs->member = value; \
        return true;
    switch (encoding) {
    X86_VMCS_FIELD_LIST(WRITE)
    }
#undef WRITE
    return false;
}
