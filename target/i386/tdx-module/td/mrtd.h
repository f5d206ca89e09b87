/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The running measurement of a TD's build, MRTD.
 *
 * It lives in the TD's own control pages between SEAMCALLs, so it must be
 * plain data: that is why it is Nettle's SHA-384 context and not GLib's
 * checksum object, which can neither be saved nor placed in memory.
 */

#ifndef TDX_TD_MRTD_H
#define TDX_TD_MRTD_H

#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdint.h>

#define TDX_MR_SIZE SHA384_DIGEST_SIZE

/* TDH.MR.EXTEND measures this much of a page */
#define TDX_MR_EXTEND_SIZE 256

typedef struct TdxMrtd {
    struct sha384_ctx sha384;
} TdxMrtd;

void tdx_mrtd_init(TdxMrtd *mrtd);

/** tdx_mrtd_page_add: a page was added at @gpa; false when @mrtd is corrupt */
bool tdx_mrtd_page_add(TdxMrtd *mrtd, uint64_t gpa);

/** tdx_mrtd_extend: @content of the chunk at @gpa; false when corrupt */
bool tdx_mrtd_extend(TdxMrtd *mrtd, uint64_t gpa,
                     const uint8_t content[TDX_MR_EXTEND_SIZE]);

/** tdx_mrtd_final: end the measurement; false when @mrtd is corrupt */
bool tdx_mrtd_final(TdxMrtd *mrtd, uint8_t digest[TDX_MR_SIZE]);

#endif /* TDX_TD_MRTD_H */
