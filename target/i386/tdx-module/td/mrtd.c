/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MRTD: SHA-384 over the records of TDH.MEM.PAGE.ADD and TDH.MR.EXTEND
 * (TD life cycle 6.11).
 */

#include <nettle/version.h>
#include <string.h>

#include "mrtd.h"

#define RECORD_SIZE     128
#define RECORD_NAME_LEN 16

/* A context out of private memory: Nettle trusts its fill level */
static bool context_ok(const TdxMrtd *mrtd)
{
    return mrtd->sha384.index < SHA384_BLOCK_SIZE;
}

static void put_record(TdxMrtd *mrtd, const char *name, uint64_t gpa)
{
    uint8_t record[RECORD_SIZE] = { 0 };
    size_t i;

    memcpy(record, name, strlen(name));
    for (i = 0; i < sizeof(gpa); i++) {
        record[RECORD_NAME_LEN + i] = gpa >> (8 * i);
    }
    sha384_update(&mrtd->sha384, sizeof(record), record);
}

void tdx_mrtd_init(TdxMrtd *mrtd)
{
    sha384_init(&mrtd->sha384);
}

bool tdx_mrtd_page_add(TdxMrtd *mrtd, uint64_t gpa)
{
    if (!context_ok(mrtd)) {
        return false;
    }
    put_record(mrtd, "MEM.PAGE.ADD", gpa);
    return true;
}

bool tdx_mrtd_extend(TdxMrtd *mrtd, uint64_t gpa,
                     const uint8_t content[TDX_MR_EXTEND_SIZE])
{
    if (!context_ok(mrtd)) {
        return false;
    }
    put_record(mrtd, "MR.EXTEND", gpa);
    sha384_update(&mrtd->sha384, TDX_MR_EXTEND_SIZE, content);
    return true;
}

bool tdx_mrtd_final(TdxMrtd *mrtd, uint8_t digest[TDX_MR_SIZE])
{
    if (!context_ok(mrtd)) {
        return false;
    }
#if NETTLE_VERSION_MAJOR >= 4
    sha384_digest(&mrtd->sha384, digest);
#else
    sha384_digest(&mrtd->sha384, TDX_MR_SIZE, digest);
#endif
    return true;
}
