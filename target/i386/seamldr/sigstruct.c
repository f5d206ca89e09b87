/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a module is signed with, and the false signature in place of Intel's:
 * it proves nothing, but a change of what it covers shows (P-SEAMLDR 4, 10).
 */

#include "state.h"

#define U32(x) GUINT32_FROM_LE(x)
#define U16(x) GUINT16_FROM_LE(x)

void loader_sha384(uint8_t hash[SEAM_HASH_SIZE], const void *a, size_t a_len,
                   const void *b, size_t b_len)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA384);
    gsize len = SEAM_HASH_SIZE;

    g_checksum_update(sum, a, a_len);
    if (b) {
        g_checksum_update(sum, b, b_len);
    }
    g_checksum_get_digest(sum, hash, &len);
    g_checksum_free(sum);
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    return true;
}

#define FIELD_IS(field, value) \
    loader_require(c, U32(sig->field) == (value), SEAMLDR_EBADSIG, \
                   "SIGSTRUCT." #field " is 0x%x, not 0x%x", \
                   U32(sig->field), (uint32_t)(value))
#define RESERVED(field) \
    loader_require(c, is_zero(sig->field, sizeof(sig->field)), \
                   SEAMLDR_EBADSIG, "SIGSTRUCT." #field " is not zero")

/* 4.1 */
SeamldrStatus sigstruct_check_fields(LoaderCall *c, const SeamSigstruct *sig)
{
    uint32_t gdt = U32(sig->gdt_idt_offset);
    uint32_t wrapper = U32(sig->fault_wrapper_offset);

    return FIELD_IS(header_type, SEAM_SIG_HEADER_TYPE) ?:
           FIELD_IS(header_length, SEAM_SIG_HEADER_LENGTH) ?:
           FIELD_IS(header_version, SEAM_SIG_HEADER_VERSION) ?:
           loader_require(c, !(U32(sig->module_type) & ~SEAM_SIG_DEBUG),
                          SEAMLDR_EBADSIG,
                          "SIGSTRUCT.module_type has reserved bits: 0x%x",
                          U32(sig->module_type)) ?:
           FIELD_IS(module_vendor, SEAMLDR_VENDOR_INTEL) ?:
           FIELD_IS(size, SEAM_SIG_SIZE) ?:
           FIELD_IS(key_size, SEAM_SIG_KEY_SIZE) ?:
           FIELD_IS(modulus_size, SEAM_SIG_KEY_SIZE) ?:
           FIELD_IS(exponent_size, SEAM_SIG_EXPONENT_SIZE) ?:
           RESERVED(reserved1) ?:
           FIELD_IS(exponent, SEAM_SIG_EXPONENT) ?:
           loader_require(c, !sig->attributes, SEAMLDR_EBADSIG,
                          "SIGSTRUCT.attributes is not zero") ?:
           RESERVED(reserved2) ?:
           loader_require(c, U16(sig->min_update_hv) <= U16(sig->module_hv),
                          SEAMLDR_EBADSIG, "SIGSTRUCT.min_update_hv %u is "
                          "above module_hv %u", U16(sig->min_update_hv),
                          U16(sig->module_hv)) ?:
           loader_require(c, !sig->reserved3, SEAMLDR_EBADSIG,
                          "SIGSTRUCT.reserved3 is not zero") ?:
           loader_require(c, !(gdt % SEAMLDR_PAGE) && !gdt == !wrapper,
                          SEAMLDR_EBADSIG, "SIGSTRUCT.gdt_idt_offset 0x%x, "
                          "fault_wrapper_offset 0x%x do not go together",
                          gdt, wrapper) ?:
           RESERVED(reserved4) ?:
           loader_require(c, U32(sig->cpuid_table_size) <= SEAM_SIG_MAX_CPUIDS,
                          SEAMLDR_EBADSIG, "SIGSTRUCT.cpuid_table_size is %u",
                          U32(sig->cpuid_table_size));
}

SeamldrStatus sigstruct_check_key(LoaderCall *c, const SeamSigstruct *sig)
{
    static const char text[] = SEAM_SIG_NO_KEY;
    bool same = true;

    for (size_t i = 0; i < sizeof(sig->modulus); i++) {
        same &= sig->modulus[i] == (uint8_t)text[i % (sizeof(text) - 1)];
    }
    return loader_require(c, same, SEAMLDR_EBADSIG,
                          "the key is not that of images for QEMU");
}

/* The hash of what a true signature covers, as often as there is room */
SeamldrStatus sigstruct_check_signature(LoaderCall *c,
                                        const SeamSigstruct *sig)
{
    const uint8_t *bytes = (const uint8_t *)sig;
    uint8_t hash[SEAM_HASH_SIZE];
    bool same = true;

    loader_sha384(hash, bytes, SEAM_SIG_COVERED_END,
                  bytes + SEAM_SIG_COVERED_AGAIN,
                  sizeof(*sig) - SEAM_SIG_COVERED_AGAIN);
    for (size_t i = 0; i < sizeof(sig->signature); i++) {
        same &= sig->signature[i] == hash[i % sizeof(hash)];
    }
    return loader_require(c, same, SEAMLDR_EBADSIG,
                          "the signature is of something else");
}

#define CPUID_STEPPING 0xfu

static bool in_table(const SeamSigstruct *sig, uint32_t fms)
{
    for (uint32_t i = 0; i < U32(sig->cpuid_table_size); i++) {
        if (!((U32(sig->cpuid_table[i]) ^ fms) & ~CPUID_STEPPING)) {
            return true;
        }
    }
    return false;
}

SeamldrStatus sigstruct_check_cpus(LoaderCall *c, const SeamSigstruct *sig)
{
    const TdxPlatformInfo *p = c->l->plat;

    if (!sig->cpuid_table_size) {
        return loader_require(c, U32(sig->module_type) & SEAM_SIG_DEBUG,
                              SEAMLDR_EBADSIG,
                              "the module is for no processor in particular");
    }
    for (unsigned i = 0; i < p->num_pkgs; i++) {
        if (!in_table(sig, p->pkg_fms[i])) {
            return loader_fails(c, SEAMLDR_EUNSUPCPU, "the module is not for "
                                "processor 0x%x of package %u", p->pkg_fms[i],
                                i);
        }
    }
    return SEAMLDR_SUCCESS;
}
