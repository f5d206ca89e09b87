/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Measurements of a running TD: RTMRs and TDREPORT (TDCALL 4.3, 4.5).
 */

#include <glib.h>
#include <nettle/sha2.h>
#include <nettle/version.h>
#include <string.h>

#include "measure.h"

/* TDREPORT, by offset */
#define REPORT_TYPE          0
#define REPORT_TYPE_TD       0x81
#define REPORT_TCB_HASH      32
#define REPORT_INFO_HASH     80
#define REPORT_DATA          128
#define REPORT_TCB           256
#define REPORT_TCB_SIZE      239
#define REPORT_INFO          512

/* TEE_TCB_INFO */
#define TCB_VALID            0
#define TCB_VALID_ALL        0x301ffULL
#define TCB_SVN              8
#define TCB_MRSEAM           24
#define TCB_SVN2             128

/* TDINFO */
#define INFO_ATTRIBUTES      0
#define INFO_XFAM            8
#define INFO_MRTD            16
#define INFO_MRCONFIGID      64
#define INFO_MROWNER         112
#define INFO_MROWNERCONFIG   160
#define INFO_RTMR            208

/* What was measured of the module itself: nobody else's measurement */
static const char mrseam[TDX_MR_SIZE] = "TDX module modelled in QEMU, not by "
                                        "Intel";

static void digest(struct sha384_ctx *ctx, uint8_t hash[TDX_MR_SIZE])
{
#if NETTLE_VERSION_MAJOR >= 4
    sha384_digest(ctx, hash);
#else
    sha384_digest(ctx, TDX_MR_SIZE, hash);
#endif
}

static void put64(uint8_t *at, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(at, &value, sizeof(value));
}

void tdx_td_measure_extend(uint8_t rtmr[TDX_MR_SIZE],
                       const uint8_t data[TDX_MR_SIZE])
{
    struct sha384_ctx ctx;

    sha384_init(&ctx);
    sha384_update(&ctx, TDX_MR_SIZE, rtmr);
    sha384_update(&ctx, TDX_MR_SIZE, data);
    digest(&ctx, rtmr);
}

bool tdx_td_measure_info(const TdxTdRef *td, uint8_t info[TDX_TDINFO_SIZE],
                     uint8_t hash[TDX_MR_SIZE])
{
    const TdxTdcs *tdcs = td->tdcs;
    struct sha384_ctx ctx;

    memset(info, 0, TDX_TDINFO_SIZE);
    put64(info + INFO_ATTRIBUTES, tdcs->attributes);
    put64(info + INFO_XFAM, tdcs->xfam);
    memcpy(info + INFO_MRTD, tdcs->mrtd, TDX_MR_SIZE);
    memcpy(info + INFO_MRCONFIGID, tdcs->mrconfigid, TDX_MR_SIZE);
    memcpy(info + INFO_MROWNER, tdcs->mrowner, TDX_MR_SIZE);
    memcpy(info + INFO_MROWNERCONFIG, tdcs->mrownerconfig, TDX_MR_SIZE);
    memcpy(info + INFO_RTMR, tdcs->rtmr, sizeof(tdcs->rtmr));
    if (tdcs->tee_info_valid) {
        memcpy(hash, tdcs->tee_info_hash, TDX_MR_SIZE);
        return false;
    }
    sha384_init(&ctx);
    sha384_update(&ctx, TDX_TDINFO_SIZE, info);
    digest(&ctx, hash);
    return true;
}

/* SVN2 is of the module that runs now, which may not be the TD's first one */
static void put_tcb(const TdxTdRef *td, uint8_t *tcb)
{
    put64(tcb + TCB_VALID, TCB_VALID_ALL);
    tcb[TCB_SVN] = td->tdr->svn_minor;
    tcb[TCB_SVN + 1] = td->tdr->svn_major;
    memcpy(tcb + TCB_MRSEAM, mrseam, sizeof(mrseam));
    tcb[TCB_SVN2] = td->m->cfg.svn_minor;
    tcb[TCB_SVN2 + 1] = td->m->cfg.svn_major;
}

void tdx_td_measure_report(const TdxTdRef *td,
                       const uint8_t data[TDX_REPORTDATA_SIZE],
                       const uint8_t info[TDX_TDINFO_SIZE],
                       const uint8_t hash[TDX_MR_SIZE],
                       uint8_t report[TDX_TDREPORT_SIZE])
{
    struct sha384_ctx ctx;

    memset(report, 0, TDX_TDREPORT_SIZE);
    report[REPORT_TYPE] = REPORT_TYPE_TD;
    put_tcb(td, report + REPORT_TCB);
    sha384_init(&ctx);
    sha384_update(&ctx, REPORT_TCB_SIZE, report + REPORT_TCB);
    digest(&ctx, report + REPORT_TCB_HASH);
    memcpy(report + REPORT_INFO_HASH, hash, TDX_MR_SIZE);
    memcpy(report + REPORT_DATA, data, TDX_REPORTDATA_SIZE);
    memcpy(report + REPORT_INFO, info, TDX_TDINFO_SIZE);
}
