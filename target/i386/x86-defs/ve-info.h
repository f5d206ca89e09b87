/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a processor tells software of a virtualization exception (#VE): SDM
 * Vol. 3, section "Virtualization Exceptions".
 */

#ifndef X86_VE_INFO_H
#define X86_VE_INFO_H

#include <stdint.h>

#define X86_VECTOR_VE 20

/* @busy: the processor delivers no #VE before software writes 0 there */
#define X86_VE_INFO_BUSY UINT32_MAX

/** X86VeInfo: the virtualization-exception information area */
typedef struct X86VeInfo {
    uint32_t exit_reason;
    uint32_t busy;
    uint64_t exit_qualification;
    uint64_t gla;
    uint64_t gpa;
    uint16_t eptp_index;
} X86VeInfo;

#endif /* X86_VE_INFO_H */
