/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Completion statuses and operand ids of SEAMCALL leaves, how a status is
 * put together, and how it is said in words.
 */

#ifndef TDX_ABI_STATUS_H
#define TDX_ABI_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * TdxStatus: how a leaf ends, or a step of one.  A type of its own: the
 * compiler tells a pointer to one, and a function that returns one, from
 * those of plain numbers, and one enumeration from another.
 *
 * TDX_SUCCESS is 0, so that the checks of a leaf chain, in the order in which
 * the specification lists them, and the first that fails ends the chain:
 *
 *     status = tdx_this(...) ?:
 *              tdx_require(that, TDX_SOMETHING) ?:
 *              tdx_the_other(...);
 *
 * 64-bit enumerators are a GNU extension that QEMU's compilers all have.
 */
#define TDX_STATUS(name, value) name = value,
typedef enum TdxStatus {
#include "status-list.h"
    /*
     * The module's "status never set" marker.  A handler returns it after
     * tdx_fatal(); it never reaches a guest.
     */
    TDX_STATUS_NONE = UINT64_MAX,
} TdxStatus;
#undef TDX_STATUS

/* Operand ids 0..15 are the registers, see TdxGpr */
#define TDX_OPERAND(name, value) TDX_OPERAND_##name = value,
enum {
#include "operand-list.h"
};
#undef TDX_OPERAND

#define TDX_STATUS_ERROR (1ULL << 63)

/*
 * tdx_require: a check by itself.  Unless @ok, the value is @status, which is
 * looked at only then: it may tell the observer why.
 */
#define tdx_require(ok, status) ((ok) ? (TdxStatus)TDX_SUCCESS : (status))

/* Bits 31:0 name the operand (or MSR, CPUID leaf, index ...) at fault */
static inline TdxStatus tdx_op(uint64_t status, uint32_t id)
{
    return (status & ~(uint64_t)UINT32_MAX) | id;
}

/* The same of a constant, for a table; @status without details */
#define TDX_OP(status, id) ((TdxStatus)((status) | (id)))

/* Bits 31:0 carry four numbers, lowest byte first */
static inline TdxStatus tdx_multi(uint64_t status, uint8_t b0, uint8_t b1,
                                  uint8_t b2, uint8_t b3)
{
    return tdx_op(status, b0 | (uint32_t)b1 << 8 | (uint32_t)b2 << 16 |
                          (uint32_t)b3 << 24);
}

/** tdx_status_name: name of @status without its details, NULL if unknown */
const char *tdx_status_name(uint64_t status);

/**
 * tdx_status_find: the status of a name, with or without "TDX_", in upper or
 * lower case; false if there is none
 */
bool tdx_status_find(const char *name, TdxStatus *status);

/** tdx_operand_name: name of operand id @id, NULL if it is none */
const char *tdx_operand_name(uint32_t id);

/** tdx_operand_find: the id of a name in upper or lower case; false: none */
bool tdx_operand_find(const char *name, uint32_t *id);

/** tdx_status_operand: operand id in @status; UINT32_MAX: it has none */
uint32_t tdx_status_operand(uint64_t status);

/**
 * tdx_status_names_operand: do bits 31:0 of @status name an operand, so that
 * 0 means RAX?
 */
bool tdx_status_names_operand(uint64_t status);

/**
 * tdx_status_format: @status in words with its details by name, e.g.
 * "TDX_OPERAND_INVALID(RCX)", "TDX_PAMT_OVERLAP(TDMR 1, 2M PAMT, TDMR 0)"
 * @buf, @len: where to write it; always terminated
 * Returns @buf.
 */
char *tdx_status_format(uint64_t status, char *buf, size_t len);

#endif /* TDX_ABI_STATUS_H */
