/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the steps that many TDCALL leaves share can answer, and when: rows for
 * TDX_ANSWERS().
 */

#ifndef TDX_TDG_ANSWERS_H
#define TDX_TDG_ANSWERS_H

#include "../abi/status.h"

/* A structure in the guest's memory */
#define ANSWERS_BUFFER \
    { TDX_OPERAND_INVALID, "an address is misaligned, too high or shared " \
      "where it must be private" }

#define ANSWERS_GUEST_FIELD_ID \
    { TDX_METADATA_FIELD_ID_INCORRECT, "there is no such field" }

#define ANSWERS_GUEST_FIELD_READ \
    { TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT, "the field id is all ones" }, \
    ANSWERS_GUEST_FIELD_ID, \
    { TDX_METADATA_FIELD_NOT_READABLE, "the field is not for guests" }

#define ANSWERS_GUEST_FIELD_WRITE \
    ANSWERS_GUEST_FIELD_ID, \
    { TDX_METADATA_FIELD_NOT_WRITABLE, "no bit of the mask can be written" }, \
    { TDX_METADATA_FIELD_VALUE_NOT_VALID, "the value breaks a rule of the " \
      "field" }

#endif /* TDX_TDG_ANSWERS_H */
