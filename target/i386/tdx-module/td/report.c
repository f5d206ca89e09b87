/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The processor's part of a report on a TD: CPUSVN and MAC (TDCALL 4.5.1), for
 * machines that have nothing else to make them with.
 */

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/version.h>
#include <string.h>

#include "../include/module.h"

#define CPUSVN_OFFSET 16
#define CPUSVN_SIZE   16
#define MAC_OFFSET    224
#define HEADER_SIZE   4
#define REPORT_TYPE   0x81
#define VERSION_MAX   1

/* No processor has this version: it says where the report comes from */
static const uint8_t cpusvn[CPUSVN_SIZE] = "emulated by QEMU";

static void make_mac(const uint8_t report[TDX_REPORTMACSTRUCT_SIZE],
                     const uint8_t key[TDX_REPORT_KEY_SIZE],
                     uint8_t mac[SHA256_DIGEST_SIZE])
{
    struct hmac_sha256_ctx ctx;

    hmac_sha256_set_key(&ctx, TDX_REPORT_KEY_SIZE, key);
    hmac_sha256_update(&ctx, MAC_OFFSET, report);
#if NETTLE_VERSION_MAJOR >= 4
    hmac_sha256_digest(&ctx, mac);
#else
    hmac_sha256_digest(&ctx, SHA256_DIGEST_SIZE, mac);
#endif
}

void tdx_report_sign(uint8_t report[TDX_REPORTMACSTRUCT_SIZE],
                     const uint8_t key[TDX_REPORT_KEY_SIZE])
{
    memcpy(report + CPUSVN_OFFSET, cpusvn, CPUSVN_SIZE);
    make_mac(report, key, report + MAC_OFFSET);
}

TdxReportResult tdx_report_verify(
    const uint8_t report[TDX_REPORTMACSTRUCT_SIZE],
    const uint8_t key[TDX_REPORT_KEY_SIZE])
{
    uint8_t mac[SHA256_DIGEST_SIZE];

    if (memcmp(report + CPUSVN_OFFSET, cpusvn, CPUSVN_SIZE)) {
        return TDX_REPORT_CPUSVN;
    }
    make_mac(report, key, mac);
    if (report[0] != REPORT_TYPE || report[1] || report[2] > VERSION_MAX ||
        report[3] || !memeql_sec(mac, report + MAC_OFFSET, sizeof(mac))) {
        return TDX_REPORT_MAC;
    }
    return TDX_REPORT_OK;
}
