/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Structures that a host and the P-SEAMLDR exchange, little endian, and the
 * image of a module.
 */

#ifndef SEAMLDR_LAYOUT_H
#define SEAMLDR_LAYOUT_H

#include <stdint.h>

#define SEAMLDR_PAGE 4096

/* --- what the loader tells (2.1, 2.3) ------------------------------------ */

#define SEAMLDR_VENDOR_INTEL 0x8086
#define SEAMLDR_MAJOR        1
#define SEAMLDR_MINOR        5
#define SEAMLDR_UPDATE       0

/* FEATURES0 of the loader */
#define SEAMLDR_FEATURE_CLEANUP (1ULL << 1)

/* SEAMEXTEND.valid of a module that is installed */
#define SEAM_EXTEND_VALID 0x1ff

#define SEAM_HASH_SIZE 48

/*
 * The platform register that says what is loaded.  It is bytes 32 to 167 of
 * the answer of SEAMLDR.INFO.
 */
typedef struct SeamExtend {
    uint64_t valid;
    uint8_t tee_tcb_svn[16]; /* minor SVN, major SVN, microcode's, 0 */
    uint8_t mrseam[SEAM_HASH_SIZE];
    uint8_t mrsignerseam[SEAM_HASH_SIZE];
    uint64_t attributes;
    uint8_t seam_ready;      /* the module can be called; atomic */
    uint8_t system_under_debug;
    uint8_t p_seamldr_ready; /* the loader can; atomic */
    uint8_t reserved[5];
} SeamExtend;

typedef struct SeamldrInfo {
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
    SeamExtend seam;
    uint64_t features0;
    uint8_t reserved[80];
} __attribute__((packed)) SeamldrInfo;

#define SEAMLDR_MAX_SOCKETS 8
#define SEAMLDR_MAX_CMRS    32

typedef struct SeamldrSeamInfo {
    uint64_t version;
    uint32_t num_lps;
    uint32_t num_sockets;
    uint32_t socket_cpuid[SEAMLDR_MAX_SOCKETS];
    uint64_t loader_base;
    uint64_t loader_size;
    uint8_t skip_smrr2_check;
    uint8_t tdx_without_integrity;
    uint8_t reserved1[62];
    struct {
        uint64_t base;
        uint64_t size;
    } cmr[SEAMLDR_MAX_CMRS];
    uint8_t reserved2[1408];
} __attribute__((packed)) SeamldrSeamInfo;

/* --- what SEAMLDR.INSTALL is given (3.1, 4.1) ---------------------------- */

#define SEAMLDR_LOAD      0
#define SEAMLDR_REPLACE   1 /* scenario "update" */
#define SEAMLDR_MAX_PAGES 496

typedef struct SeamldrParams {
    uint32_t version;
    uint32_t scenario;
    uint64_t sigstruct;
    uint8_t reserved[104];
    uint64_t num_pages;
    uint64_t page[SEAMLDR_MAX_PAGES];
} __attribute__((packed)) SeamldrParams;

#define SEAM_SIG_HEADER_TYPE     6
#define SEAM_SIG_HEADER_LENGTH   0xe1
#define SEAM_SIG_HEADER_VERSION  0x10000
#define SEAM_SIG_SIZE            0x200
#define SEAM_SIG_KEY_SIZE        0x60
#define SEAM_SIG_EXPONENT_SIZE   1
#define SEAM_SIG_EXPONENT        0x10001
#define SEAM_SIG_DEBUG           (1u << 31) /* of the module's type */
#define SEAM_SIG_MAX_CPUIDS      255

/* What a signature covers: the bytes from 0 to here, and from there on */
#define SEAM_SIG_COVERED_END   128
#define SEAM_SIG_COVERED_AGAIN 900

/* Nobody can take it for a key: it is this text, again and again, unfinished */
#define SEAM_SIG_NO_KEY "NOT A KEY, QEMU TEST IMAGE. "

typedef struct SeamSigstruct {
    uint32_t header_type;
    uint32_t header_length;
    uint32_t header_version;
    uint32_t module_type;
    uint32_t module_vendor;
    uint32_t date;
    uint32_t size;
    uint32_t key_size;
    uint32_t modulus_size;
    uint32_t exponent_size;
    uint8_t reserved1[88];
    uint8_t modulus[384];
    uint32_t exponent;
    uint8_t signature[384];
    uint8_t seamhash[SEAM_HASH_SIZE];
    uint8_t svn_minor;
    uint8_t svn_major;
    uint64_t attributes;
    uint32_t rip_offset;
    uint8_t num_stack_pages;
    uint8_t num_tls_pages;
    uint16_t num_keyhole_pages;
    uint16_t num_global_pages;
    uint16_t max_tdmrs;
    uint16_t max_rsvd_per_tdmr;
    uint16_t pamt_entry_size[3];
    uint8_t reserved2[6];
    uint16_t module_hv;
    uint16_t min_update_hv;
    uint8_t no_downgrade;
    uint8_t reserved3;
    uint16_t num_handoff_pages;
    uint32_t gdt_idt_offset;
    uint32_t fault_wrapper_offset;
    uint8_t reserved4[24];
    uint32_t cpuid_table_size;
    uint32_t cpuid_table[SEAM_SIG_MAX_CPUIDS];
} __attribute__((packed)) SeamSigstruct;

/* --- the image (10) ------------------------------------------------------ */

/* Its first page: what it is, then the description in words */
#define SEAM_IMAGE_MAGIC   "QEMU-TDX"
#define SEAM_IMAGE_VERSION 1

typedef struct SeamImage {
    char magic[8];
    uint32_t version;
    uint32_t length; /* of the description */
    char description[];
} SeamImage;

#define SEAMLDR_LAYOUT(type, member, at) \
    _Static_assert(__builtin_offsetof(type, member) == (at), "P-SEAMLDR ABI")
#define SEAMLDR_SIZE(type, size) \
    _Static_assert(sizeof(type) == (size), "P-SEAMLDR ABI")

SEAMLDR_SIZE(SeamExtend, 136);
SEAMLDR_SIZE(SeamldrInfo, 256);
SEAMLDR_LAYOUT(SeamldrInfo, seam, 32);
SEAMLDR_LAYOUT(SeamldrInfo, features0, 168);
SEAMLDR_SIZE(SeamldrSeamInfo, 2048);
SEAMLDR_LAYOUT(SeamldrSeamInfo, cmr, 128);
SEAMLDR_SIZE(SeamldrParams, 4096);
SEAMLDR_LAYOUT(SeamldrParams, num_pages, 120);
SEAMLDR_SIZE(SeamSigstruct, 2048);
SEAMLDR_LAYOUT(SeamSigstruct, modulus, 128);
SEAMLDR_LAYOUT(SeamSigstruct, signature, 516);
SEAMLDR_LAYOUT(SeamSigstruct, seamhash, 900);
SEAMLDR_LAYOUT(SeamSigstruct, rip_offset, 958);
SEAMLDR_LAYOUT(SeamSigstruct, module_hv, 984);
SEAMLDR_LAYOUT(SeamSigstruct, num_handoff_pages, 990);
SEAMLDR_LAYOUT(SeamSigstruct, cpuid_table_size, 1024);

#endif /* SEAMLDR_LAYOUT_H */
