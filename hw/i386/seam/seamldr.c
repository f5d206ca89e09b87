/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR: a loader that tells about itself and the module that is
 * loaded, and that has no run-time update (SEAM architecture 5).
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "seam-internal.h"

#define SEAMLDR_LEAF_MASK (~(1ULL << 63))
#define SEAMLDR_INFO      0
#define SEAMLDR_INSTALL   1
#define SEAMLDR_SHUTDOWN  2
#define SEAMLDR_SEAMINFO  3

#define SEAMLDR_SUCCESS   0
#define SEAMLDR_EBADPARAM 0x8000000000000000ULL
#define SEAMLDR_EBADCALL  0x8000000000000003ULL

#define SEAMLDR_VENDOR_INTEL 0x8086
#define SEAMLDR_MAJOR        1
#define SEAMLDR_MINOR        5
#define SEAMLDR_UPDATE       0

typedef struct QEMU_PACKED SeamldrInfo {
    uint32_t version;
    uint32_t attributes;
    uint32_t vendor_id;
    uint32_t build_date;
    uint16_t build_num;
    uint16_t minor;
    uint16_t major;
    uint16_t update;
    uint32_t acm_x2apicid;
    uint32_t num_remaining_updates;
    /* Begins with a mask of its valid parts; none: nothing is measured */
    uint8_t seam_info[128];
    uint8_t seam_ready;
    uint8_t seam_debug;
    uint8_t p_seam_ready;
    uint8_t reserved[93];
} SeamldrInfo;

QEMU_BUILD_BUG_ON(sizeof(SeamldrInfo) != 256);

static uint64_t seamldr_info(TdxModuleDevice *s, uint64_t hpa)
{
    const SeamldrInfo info = {
        .vendor_id = cpu_to_le32(SEAMLDR_VENDOR_INTEL),
        .build_date = cpu_to_le32(s->cfg.build_date),
        .build_num = cpu_to_le16(s->cfg.build_num),
        .minor = cpu_to_le16(SEAMLDR_MINOR),
        .major = cpu_to_le16(SEAMLDR_MAJOR),
        .update = cpu_to_le16(SEAMLDR_UPDATE),
        .acm_x2apicid = cpu_to_le32(X86_CPU(first_cpu)->apic_id),
        .seam_ready = 1,
        .p_seam_ready = 1,
    };

    return tdx_module_write_host(s->module, hpa, &info, sizeof(info))
           ? SEAMLDR_SUCCESS : SEAMLDR_EBADPARAM;
}

static uint64_t dispatch(TdxModuleDevice *s, const uint64_t *gpr)
{
    switch (gpr[TDX_RAX] & SEAMLDR_LEAF_MASK) {
    case SEAMLDR_INFO:
        return seamldr_info(s, gpr[TDX_RCX]);
    default:
        /* INSTALL, SHUTDOWN and SEAMINFO too: this loader has no update */
        return SEAMLDR_EBADCALL;
    }
}

const char *seam_loader_leaf_name(uint64_t rax)
{
    switch (rax & SEAMLDR_LEAF_MASK) {
    case SEAMLDR_INFO:
        return "SEAMLDR.INFO";
    case SEAMLDR_INSTALL:
        return "SEAMLDR.INSTALL";
    case SEAMLDR_SHUTDOWN:
        return "SEAMLDR.SHUTDOWN";
    case SEAMLDR_SEAMINFO:
        return "SEAMLDR.SEAMINFO";
    default:
        return "unknown leaf of the P-SEAMLDR";
    }
}

const char *seam_loader_status_name(uint64_t rax)
{
    switch (rax) {
    case SEAMLDR_SUCCESS:
        return "SEAMLDR_SUCCESS";
    case SEAMLDR_EBADPARAM:
        return "SEAMLDR_EBADPARAM";
    case SEAMLDR_EBADCALL:
        return "SEAMLDR_EBADCALL";
    default:
        return "unknown status of the P-SEAMLDR";
    }
}

bool seam_loader_call(TdxModuleDevice *s, uint64_t *gpr)
{
    if (qatomic_xchg(&s->loader_busy, 1)) {
        return false;
    }
    gpr[TDX_RAX] = dispatch(s, gpr);
    qatomic_store_release(&s->loader_busy, 0);
    return true;
}
