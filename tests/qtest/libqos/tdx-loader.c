/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A host that replaces the TDX module, by the P-SEAMLDR.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "tdx-loader.h"

/* --- a host --------------------------------------------------------------- */

QTdxTdmr tdx_loader_tdmr(void)
{
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = TDX_HOST_SIZE };

    tdx_place_pamts(&t, false, 16 * MiB);
    return t;
}

void tdx_loader_bring_up(QTestState *qts)
{
    QTdxTdmr t = tdx_loader_tdmr();

    tdx_bring_up(qts, 2, (int[]) { 0, 1, -1 }, &t, 1, TDX_HOST_HKID);
    tdx_init_tdmr(qts, 0, &t);
}

QTestState *tdx_loader_start(const char *module, const char *args)
{
    g_autofree char *all = g_strconcat(TDX_LOADER_MACHINE, args, NULL);
    QTestState *qts = tdx_start(module, all);

    tdx_loader_bring_up(qts);
    return qts;
}

void tdx_loader_host(QTdxHost *h, QTestState *qts)
{
    *h = (QTdxHost) { .qts = qts, .pkgs = 2, .next = TDX_HOST_BASE };
}

/* --- calls ---------------------------------------------------------------- */

uint64_t tdx_leaf(QTestState *qts, unsigned lp, uint64_t rax, uint64_t rcx)
{
    TdxRegs r = { .rax = rax, .rcx = rcx };

    return tdx_seamcall(qts, lp, &r) ? r.rax : UINT64_MAX;
}

uint64_t tdx_loader(QTestState *qts, unsigned lp, SeamldrLeaf leaf,
                    uint64_t rcx)
{
    return tdx_leaf(qts, lp, SEAMLDR_CALL | leaf, rcx);
}

uint64_t tdx_install(QTestState *qts, uint64_t *rdx)
{
    TdxRegs r = { .rax = SEAMLDR_CALL | SEAMLDR_INSTALL,
                  .rcx = TDX_LOADER_PARAMS, .rdx = 77 };

    tdx_assert_status(tdx_loader(qts, 0, SEAMLDR_INSTALL, 0), 0);
    g_assert_true(tdx_seamcall(qts, 1, &r));
    *rdx = r.rdx;
    return r.rax;
}

void tdx_update(QTestState *qts)
{
    tdx_init_lps(qts, 2);
    tdx_assert_status(tdx_leaf(qts, 0, TDH_SYS_UPDATE, 0), 0);
}

/* --- images --------------------------------------------------------------- */

static void sha384(uint8_t *digest, const void *a, size_t a_len,
                   const void *b, size_t b_len)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA384);
    gsize len = SEAM_HASH_SIZE;

    g_checksum_update(sum, a, a_len);
    if (b) {
        g_checksum_update(sum, b, b_len);
    }
    g_checksum_get_digest(sum, digest, &len);
}

/* 4.1, 10 */
void tdx_write_image(QTestState *qts, uint32_t scenario, const char *words,
                     uint8_t svn_minor, unsigned spoilt)
{
    static const char no_key[] = SEAM_SIG_NO_KEY;
    g_autofree SeamldrParams *params = g_new0(SeamldrParams, 1);
    g_autofree uint8_t *page = g_malloc0(SEAMLDR_PAGE);
    g_autofree SeamSigstruct *sig = g_new0(SeamSigstruct, 1);
    uint8_t *bytes = (uint8_t *)sig;
    uint32_t head[2] = { cpu_to_le32(SEAM_IMAGE_VERSION),
                         cpu_to_le32(strlen(words)) };

    memcpy(page, SEAM_IMAGE_MAGIC, 8);
    memcpy(page + 8, head, sizeof(head));
    memcpy(page + 16, words, strlen(words));
    *sig = (SeamSigstruct) {
        .header_type = cpu_to_le32(SEAM_SIG_HEADER_TYPE),
        .header_length = cpu_to_le32(SEAM_SIG_HEADER_LENGTH),
        .header_version = cpu_to_le32(SEAM_SIG_HEADER_VERSION),
        .module_vendor = cpu_to_le32(SEAMLDR_VENDOR_INTEL),
        .size = cpu_to_le32(SEAM_SIG_SIZE),
        .key_size = cpu_to_le32(SEAM_SIG_KEY_SIZE),
        .modulus_size = cpu_to_le32(SEAM_SIG_KEY_SIZE),
        .exponent_size = cpu_to_le32(SEAM_SIG_EXPONENT_SIZE),
        .exponent = cpu_to_le32(SEAM_SIG_EXPONENT),
        .svn_minor = svn_minor,
        .svn_major = TDX_SVN_MAJOR,
        .module_hv = cpu_to_le16(1),
        .no_downgrade = 1,
        .num_handoff_pages = cpu_to_le16(32),
        .cpuid_table_size = cpu_to_le32(1),
        /* Granite Rapids, whatever the stepping */
        .cpuid_table = { cpu_to_le32(0xa06d0) },
    };
    for (unsigned i = 0; i < sizeof(sig->modulus); i++) {
        sig->modulus[i] = no_key[i % (sizeof(no_key) - 1)];
    }
    sha384(sig->seamhash, page, SEAMLDR_PAGE, NULL, 0);
    sha384(sig->signature, bytes, SEAM_SIG_COVERED_END,
           bytes + SEAM_SIG_COVERED_AGAIN,
           sizeof(*sig) - SEAM_SIG_COVERED_AGAIN);
    for (unsigned i = 1; i < 8; i++) {
        memcpy(sig->signature + i * SEAM_HASH_SIZE, sig->signature,
               SEAM_HASH_SIZE);
    }
    if (spoilt) {
        bytes[spoilt] ^= 1;
    }
    params->scenario = cpu_to_le32(scenario);
    params->sigstruct = cpu_to_le64(TDX_LOADER_SIG);
    params->num_pages = cpu_to_le64(1);
    params->page[0] = cpu_to_le64(TDX_LOADER_PAGES);
    qtest_memwrite(qts, TDX_LOADER_PARAMS, params, sizeof(*params));
    qtest_memwrite(qts, TDX_LOADER_SIG, sig, sizeof(*sig));
    qtest_memwrite(qts, TDX_LOADER_PAGES, page, SEAMLDR_PAGE);
}

/* --- what there is -------------------------------------------------------- */

void tdx_assert_ready(QTestState *qts)
{
    tdx_assert_status(tdx_leaf(qts, 0, TDH_PHYMEM_PAGE_RDMD, TDX_HOST_BASE),
                      0);
}

static char *state_of(QTestState *qts)
{
    QDict *info = qtest_qmp_assert_success_ref(
        qts, "{ 'execute': 'query-tdx-module' }");
    QDict *loader = qdict_get_qdict(info, "loader");
    char *state = g_strdup_printf(
        "%s %s %s %" PRId64 " %" PRId64 " %" PRId64,
        qdict_get_str(info, "state"), qdict_get_str(info, "version"),
        qdict_get_str(loader, "flow"), qdict_get_int(loader, "lps-called"),
        qdict_get_int(loader, "installs"),
        qdict_get_int(loader, "remaining-updates"));

    qobject_unref(info);
    return state;
}

void tdx_assert_loader(QTestState *qts, const char *want)
{
    g_autofree char *have = state_of(qts);

    g_assert_cmpstr(have, ==, want);
}
