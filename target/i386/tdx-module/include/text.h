/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A SEAMCALL or TDCALL in words: leaf, operands and outputs by name.
 */

#ifndef TDX_INCLUDE_TEXT_H
#define TDX_INCLUDE_TEXT_H

#include "../abi/cause.h"
#include "leaf.h"

/* Room for any of the texts below; what does not fit is left out */
#define TDX_CALL_TEXT_SIZE 1024

/**
 * tdx_call_format: the call that @gpr asks for, e.g.
 * "TDH.SYS.RD(field=0xa00000300000008 TDX_FEATURES0)".  A version follows the
 * name, as in "TDH.VP.INIT/1(...)".  A leaf that is not in the table shows
 * its number and RCX, RDX and R8.
 * Returns @buf, always terminated, as all of these do.
 */
char *tdx_call_format(const uint64_t gpr[TDX_NUM_GPRS], char *buf,
                      size_t len);

/**
 * tdx_outputs_format: what a call gave back, e.g. "value=0x1", without RAX
 * and without outputs that are zero, except for one called "value"
 * @rax: what called it
 */
char *tdx_outputs_format(uint64_t rax, const uint64_t gpr[TDX_NUM_GPRS],
                         char *buf, size_t len);

/** tdx_tdcall_format, tdx_tdcall_outputs_format: the same of a TDCALL */
char *tdx_tdcall_format(const uint64_t gpr[TDX_NUM_GPRS], char *buf,
                        size_t len);
char *tdx_tdcall_outputs_format(uint64_t rax,
                                const uint64_t gpr[TDX_NUM_GPRS], char *buf,
                                size_t len);

/** tdx_ve_category_name: TDX_VE_CATEGORIES's name, "unknown" if there is none */
const char *tdx_ve_category_name(uint8_t category);

/**
 * tdx_answer_is_error: did the host do something wrong?  Not so where all it
 * needs is to call again or to do something else before; nor where it asks for
 * a metadata field, well named, that there is not: hosts find out that way.
 * @gpr: registers as they were when the call was made
 */
bool tdx_answer_is_error(const uint64_t gpr[TDX_NUM_GPRS], uint64_t status);

/** tdx_status_is_busy: did the call meet another one? */
bool tdx_status_is_busy(uint64_t status);

/**
 * tdx_reason_format: why a call ended with @status, in words, e.g. "page
 * 0x1001 is not aligned to 0x1000".  Empty when the status says it all.
 * @gpr: registers as they were when the call was made
 * @cause: the last one that the observer was told in it
 * @state: what the module is in now
 */
char *tdx_reason_format(const uint64_t gpr[TDX_NUM_GPRS], uint64_t status,
                        const TdxCause *cause, TdxSysState state, char *buf,
                        size_t len);

#endif /* TDX_INCLUDE_TEXT_H */
