/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fields of a TD VMCS by their encoding.  The module is not bound by what
 * VMREAD and VMWRITE allow to software.
 */

#ifndef TDX_VP_VMCS_FIELD_H
#define TDX_VP_VMCS_FIELD_H

#include "../../x86-defs/vmcs.h"

/** tdx_vmcs_read: field @encoding as a number; false: there is no such field */
bool tdx_vmcs_read(const X86Vmcs *vmcs, uint32_t encoding, uint64_t *value);

/** tdx_vmcs_write: @value is cut to the field's width; false: no such field */
bool tdx_vmcs_write(X86Vmcs *vmcs, uint32_t encoding, uint64_t value);

#endif /* TDX_VP_VMCS_FIELD_H */
