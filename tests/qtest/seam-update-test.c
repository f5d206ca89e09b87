/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR through QEMU: what Linux does not use of it, the ways back
 * after a failure, and saved states in the middle of a session.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "target/i386/seamldr/abi/layout.h"
#include "target/i386/tdx-module/abi/limits.h"
#include "libqos/tdx-host.h"
#include "libqos/tdx-state.h"

#define LOADER(leaf) (1ULL << 63 | (leaf))
#define INFO     LOADER(0)
#define INSTALL  LOADER(1)
#define SHUTDOWN LOADER(2)
#define SEAMINFO LOADER(3)
#define CLEANUP  LOADER(4)

#define EBADCALL    0x8000000000000003ULL
#define EBADPARAM   0x8000000000000000ULL
#define EBADSIG     0x8000000000020000ULL
#define EBADHASH    0x8000000000020001ULL
#define ECLEANUPREQ 0x8000000000000005ULL

#define MACHINE TDX_HOST_MACHINE "-smp 2,sockets=2,cores=1,threads=1 "
#define HKID 2

/* Where the host has its image */
#define PARAMS (320 * MiB)
#define SIG    (PARAMS + SEAMLDR_PAGE)
#define PAGES  (PARAMS + 2 * SEAMLDR_PAGE)
#define BUFFER (321 * MiB)

/* --- a host --------------------------------------------------------------- */

static QTdxTdmr tdmr(void)
{
    QTdxTdmr t = { .base = TDX_HOST_BASE, .size = TDX_HOST_SIZE };

    tdx_place_pamts(&t, false, 16 * MiB);
    return t;
}

static QTestState *start_ready(const char *module, const char *args)
{
    g_autofree char *all = g_strconcat(MACHINE, args, NULL);
    QTestState *qts = tdx_start(module, all);
    QTdxTdmr t = tdmr();

    tdx_bring_up(qts, 2, (int[]) { 0, 1, -1 }, &t, 1, HKID);
    tdx_init_tdmr(qts, 0, &t);
    return qts;
}

/* RAX of a call; all ones for VMfailInvalid */
static uint64_t call(QTestState *qts, unsigned lp, uint64_t rax, uint64_t rcx)
{
    TdxRegs r = { .rax = rax, .rcx = rcx };

    return tdx_seamcall(qts, lp, &r) ? r.rax : UINT64_MAX;
}

static uint64_t install(QTestState *qts, uint64_t *rdx)
{
    TdxRegs r = { .rax = INSTALL, .rcx = PARAMS, .rdx = 77 };

    tdx_assert_status(call(qts, 0, INSTALL, 0), 0);
    g_assert_true(tdx_seamcall(qts, 1, &r));
    *rdx = r.rdx;
    return r.rax;
}

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

/* An image whose SIGSTRUCT fits, unless @spoilt is flipped in a byte of it */
static void write_image(QTestState *qts, uint32_t scenario, const char *words,
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
    params->sigstruct = cpu_to_le64(SIG);
    params->num_pages = cpu_to_le64(1);
    params->page[0] = cpu_to_le64(PAGES);
    qtest_memwrite(qts, PARAMS, params, sizeof(*params));
    qtest_memwrite(qts, SIG, sig, sizeof(*sig));
    qtest_memwrite(qts, PAGES, page, SEAMLDR_PAGE);
}

static void update(QTestState *qts)
{
    tdx_init_lps(qts, 2);
    tdx_assert_status(call(qts, 0, TDH_SYS_UPDATE, 0), 0);
}

/* Something that needs the TDMRs */
static void assert_ready(QTestState *qts)
{
    tdx_assert_status(call(qts, 0, TDH_PHYMEM_PAGE_RDMD, TDX_HOST_BASE), 0);
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

static void assert_state(QTestState *qts, const char *want)
{
    g_autofree char *have = state_of(qts);

    g_assert_cmpstr(have, ==, want);
}

/* --- tests ---------------------------------------------------------------- */

static void test_update(void)
{
    QTestState *qts = start_ready("", "");

    assert_state(qts, "sys-ready 1.5.25 ready 0 0 31");
    write_image(qts, SEAMLDR_REPLACE, "update=26\n", 13, 0);
    tdx_assert_status(call(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(call(qts, 0, INSTALL, 0), 0);
    assert_state(qts, "sys-shutdown 1.5.25 install 1 0 31");
    g_assert_cmphex(call(qts, 1, TDH_SYS_LP_SHUTDOWN, 0), ==, UINT64_MAX);
    tdx_assert_status(call(qts, 0, INSTALL, PARAMS), EBADCALL);
    tdx_assert_status(call(qts, 1, INSTALL, PARAMS), 0);
    assert_state(qts, "sysinit-pending 1.5.26 ready 0 1 30");
    update(qts);
    assert_state(qts, "sys-ready 1.5.26 ready 0 1 30");
    assert_ready(qts);

    /* A reset brings firmware's module back */
    qtest_system_reset(qts);
    assert_state(qts, "sysinit-pending 1.5.25 ready 0 0 31");
    qtest_quit(qts);
}

static void test_seaminfo(void)
{
    QTestState *qts = start_ready("", "");
    SeamldrSeamInfo info;

    tdx_assert_status(call(qts, 1, SEAMINFO, BUFFER + 512), EBADPARAM);
    tdx_assert_status(call(qts, 1, SEAMINFO, BUFFER), 0);
    qtest_memread(qts, BUFFER, &info, sizeof(info));
    g_assert_cmpint(le32_to_cpu(info.num_lps), ==, 2);
    g_assert_cmpint(le32_to_cpu(info.num_sockets), ==, 2);
    g_assert_cmphex(le32_to_cpu(info.socket_cpuid[1]) & ~0xf, ==, 0xa06d0);
    g_assert_cmphex(le64_to_cpu(info.cmr[0].base), ==, 1 * MiB);
    qtest_quit(qts);
}

/* State A of a host, from which there is a way back */
static void test_recoverable(void)
{
    QTestState *qts = start_ready("", "");
    uint64_t rdx;

    tdx_assert_status(call(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    write_image(qts, SEAMLDR_REPLACE, "", 13, offsetof(SeamSigstruct, date));
    tdx_assert_status(install(qts, &rdx), EBADSIG);
    g_assert_cmpint(rdx, ==, 0);
    tdx_assert_status(call(qts, 1, TDH_SYS_INIT, 0), TDX_SYS_SHUTDOWN);
    write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    tdx_assert_status(install(qts, &rdx), 0);
    update(qts);
    assert_ready(qts);
    qtest_quit(qts);
}

/* State B: CLEANUP on all LPs, then a module from nothing */
static void test_unrecoverable(void)
{
    QTestState *qts = start_ready("", "");
    QTdxTdmr t = tdmr();
    uint64_t rdx;

    tdx_assert_status(call(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    qtest_writeb(qts, PAGES + 4000, 1);
    tdx_assert_status(install(qts, &rdx), EBADHASH);
    g_assert_cmpint(rdx, ==, 1);
    assert_state(qts, "unloaded 1.5.25 ready 0 0 31");
    g_assert_cmphex(call(qts, 0, TDH_SYS_INIT, 0), ==, UINT64_MAX);

    write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    tdx_assert_status(install(qts, &rdx), EBADPARAM);
    write_image(qts, SEAMLDR_LOAD, "update=27\n", 0, 0);
    tdx_assert_status(install(qts, &rdx), ECLEANUPREQ);
    tdx_assert_status(call(qts, 1, CLEANUP, 0), 0);
    assert_state(qts, "unloaded 1.5.25 cleanup 1 0 31");
    tdx_assert_status(call(qts, 1, CLEANUP, 0), EBADCALL);
    tdx_assert_status(call(qts, 0, CLEANUP, 0), 0);
    tdx_assert_status(install(qts, &rdx), 0);
    tdx_bring_up(qts, 2, (int[]) { 0, 1, -1 }, &t, 1, HKID);
    tdx_init_tdmr(qts, 0, &t);
    assert_state(qts, "sys-ready 1.5.27 ready 0 1 31");
    assert_ready(qts);
    qtest_quit(qts);
}

/* State D: TDH.SYS.CONFIG, as at boot, instead of UPDATE */
static void test_config_instead(void)
{
    QTestState *qts = start_ready("", "");
    QTdxTdmr t = tdmr();
    uint64_t rdx;

    tdx_assert_status(call(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    write_image(qts, SEAMLDR_REPLACE, "", 13, 0);
    tdx_assert_status(install(qts, &rdx), 0);
    tdx_bring_up(qts, 2, (int[]) { 0, 1, -1 }, &t, 1, HKID);
    tdx_init_tdmr(qts, 0, &t);
    assert_ready(qts);
    qtest_quit(qts);
}

static void test_shutdown(void)
{
    QTestState *qts = start_ready("", "");

    tdx_assert_status(call(qts, 0, SHUTDOWN, 0), ECLEANUPREQ);
    tdx_assert_status(call(qts, 0, CLEANUP, 0), 0);
    tdx_assert_status(call(qts, 1, CLEANUP, 0), 0);
    tdx_assert_status(call(qts, 0, SHUTDOWN, 0), 0);
    tdx_assert_status(call(qts, 1, SHUTDOWN, 0), EBADCALL);
    tdx_assert_status(call(qts, 0, SHUTDOWN, 0), 0);
    g_assert_cmphex(call(qts, 0, INFO, BUFFER), ==, UINT64_MAX);
    g_assert_cmphex(call(qts, 0, TDH_SYS_INIT, 0), ==, UINT64_MAX);
    qtest_system_reset(qts);
    tdx_assert_status(call(qts, 0, INFO, BUFFER), 0);
    qtest_quit(qts);
}

/* --- saved states --------------------------------------------------------- */

/* In the middle of a session, with a TD in build, and after an update */
static void test_save(void)
{
    g_autofree char *first = tdx_state_file();
    g_autofree char *second = tdx_state_file();
    QTestState *qts = start_ready("", "");

    write_image(qts, SEAMLDR_REPLACE, "update=26\n", 14, 0);
    tdx_assert_status(call(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(call(qts, 1, INSTALL, 0), 0);
    tdx_save(qts, first);

    qts = tdx_load("x-check=on", MACHINE, first);
    assert_state(qts, "sys-shutdown 1.5.25 install 1 0 31");
    g_assert_cmphex(call(qts, 0, TDH_SYS_RD, 0), ==, UINT64_MAX);
    tdx_assert_status(call(qts, 1, INSTALL, 0), EBADCALL);
    tdx_assert_status(call(qts, 0, INSTALL, PARAMS), 0);
    tdx_init_lps(qts, 2);
    tdx_save(qts, second);

    /* The module here is another one; it is told what that was */
    qts = tdx_load("x-check=on", MACHINE, second);
    assert_state(qts, "sysinit-done 1.5.26 ready 0 1 30");
    tdx_assert_status(call(qts, 0, TDH_SYS_UPDATE, 0), 0);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_UPDATE), ==, 26);
    assert_ready(qts);
    qtest_quit(qts);
    unlink(first);
    unlink(second);
}

/* A snapshot from before an update brings the old module back */
static void test_snapshot(void)
{
    QTestState *qts = start_ready("", "");
    g_autofree char *disk = tdx_add_disk(qts);
    uint64_t rdx;

    tdx_snapshot(qts, "snapshot-save");
    write_image(qts, SEAMLDR_REPLACE, "update=26\n", 14, 0);
    tdx_assert_status(call(qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(install(qts, &rdx), 0);
    update(qts);
    assert_state(qts, "sys-ready 1.5.26 ready 0 1 30");
    tdx_snapshot(qts, "snapshot-load");
    assert_state(qts, "sys-ready 1.5.25 ready 0 0 31");
    assert_ready(qts);
    qtest_quit(qts);
    unlink(disk);
}

/* A TD that was built under one module is finished under the next */
static void test_td(void)
{
    g_autofree uint8_t *page = g_malloc(TDX_4K);
    QTdxHost h = { 0 };
    QHostTd td;
    TdxRegs r;

    for (int i = 0; i < TDX_4K; i++) {
        page[i] = i;
    }
    tdx_host_start(&h, true, "");
    qtest_memwrite(h.qts, TDX_HOST_SHARED + 64 * KiB, page, TDX_4K);
    host_td_create(&td, &h, TDX_ATTR_DEBUG, TDX_HOST_HKID + 1);
    host_td_tables(&td, 0, 0);
    host_td_add(&td, 0, TDX_HOST_BASE + 64 * MiB,
                TDX_HOST_SHARED + 64 * KiB);
    write_image(h.qts, SEAMLDR_REPLACE, "update=26\n", 13, 0);
    tdx_assert_status(call(h.qts, 0, TDH_SYS_SHUTDOWN, 1), 0);
    tdx_assert_status(call(h.qts, 0, TDH_MR_FINALIZE, td.tdr),
                      TDX_SYS_SHUTDOWN);
    tdx_assert_status(call(h.qts, 0, INSTALL, PARAMS), 0);
    tdx_assert_status(call(h.qts, 0, TDH_MR_FINALIZE, td.tdr),
                      TDX_SYS_NOT_READY);
    tdx_init_lps(h.qts, 1);
    tdx_assert_status(call(h.qts, 0, TDH_SYS_UPDATE, 0), 0);
    tdx_assert_status(call(h.qts, 0, TDH_MR_FINALIZE, td.tdr), 0);
    g_assert_cmpint(host_td_field(&td, TDX_MD_TD_OP_STATE), ==, 2);
    /* Its memory is as it was */
    r = tdx_ok(h.qts, .rax = TDH_MEM_RD, .rcx = 8, .rdx = td.tdr);
    g_assert_cmphex(r.r8, ==, 0x0f0e0d0c0b0a0908ULL);
    host_td_stop(&td);
    host_td_reclaim(&td, TDX_HOST_BASE + 64 * MiB);
    host_td_destroy(&td);
    qtest_quit(h.qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/update/update", test_update);
    qtest_add_func("seam/update/seaminfo", test_seaminfo);
    qtest_add_func("seam/update/recoverable", test_recoverable);
    qtest_add_func("seam/update/unrecoverable", test_unrecoverable);
    qtest_add_func("seam/update/config-instead", test_config_instead);
    qtest_add_func("seam/update/shutdown", test_shutdown);
    qtest_add_func("seam/update/save", test_save);
    qtest_add_func("seam/update/snapshot", test_snapshot);
    qtest_add_func("seam/update/td", test_td);
    return g_test_run();
}
