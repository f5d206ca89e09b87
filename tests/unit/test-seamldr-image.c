/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What SEAMLDR.INSTALL is given: each of its checks, and their order (P-SEAMLDR
 * 3.3, 3.4, 4).
 */

#include <stddef.h>
#include <string.h>

#include "include/describe.h"
#include "sim-loader.h"

#define SIG(field) offsetof(SeamSigstruct, field)

/* A machine that is about to install; each test spoils its image */
static SimLoader *waiting(void)
{
    SimLoader *s = sim_loader_ready(1, 1);

    sim_shut_down(s);
    return s;
}

/* The image is refused with @status; the module that was there stays */
static void refused(SimLoader *s, const SimImage *i, uint64_t status)
{
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, status);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_true(seamldr_ready(s->loader));
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_LP_SHUTDOWN, 0), ==, 0);
}

static void accepted(SimLoader *s, SimImage *i)
{
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_update(s);
    sim_image_free(i);
    sim_loader_free(s);
}

/* --- parameters --------------------------------------------------------- */

static void test_params(void)
{
    static const struct {
        size_t at;
        uint64_t value;
    } bad[] = {
        { 0, 1 | 1ULL << 32 }, { 0, 2ULL << 32 }, { 16, 1 }, { 112, 1 },
        { 120, 0 }, { 120, 497 }, { 120, UINT64_MAX },
        { 8, SIM_IMAGE_SIGSTRUCT + 2048 }, { 8, 1ULL << 46 },
        { 128, SIM_IMAGE_PAGES + 8 }, { 128, 1ULL << 30 },
        { 136, SIM_IMAGE_PAGES | 4ULL << 43 },
    };
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 2);
    uint8_t *bytes = (uint8_t *)&i->params;

    for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++) {
        SeamldrParams good = i->params;

        memcpy(&bytes[bad[n].at], &bad[n].value, sizeof(uint64_t));
        refused(s, i, SEAMLDR_EBADPARAM);
        i->params = good;
    }
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INSTALL,
                                    SIM_IMAGE_PARAMS + 8), ==, SEAMLDR_EBADPARAM);
    /* Behind the last page nothing is looked at */
    i->params.page[2] = UINT64_MAX;
    accepted(s, i);
}

/* Pages in any order in memory, and the same one twice */
static void test_pages(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "update=99\n", 4);

    i->pages[SEAMLDR_PAGE] = 1;
    sim_image_hash(i);
    sim_image_sign(i);
    i->params.page[1] = SIM_IMAGE_PAGES + 3 * SEAMLDR_PAGE;
    i->params.page[2] = i->params.page[3] = SIM_IMAGE_PAGES +
                                            1 * SEAMLDR_PAGE;
    sim_image_write(s, i);
    memset(&i->pages[SEAMLDR_PAGE], 0, SEAMLDR_PAGE);
    i->pages[3 * SEAMLDR_PAGE] = 1;
    s->sim->ops.write_shared(s->sim, SIM_IMAGE_PAGES, i->pages,
                             i->num_pages * SEAMLDR_PAGE);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_image_free(i);
    sim_loader_free(s);
}

/* --- SIGSTRUCT ---------------------------------------------------------- */

static void test_fields(void)
{
    static const struct {
        uint16_t at;
        uint8_t flip;
    } bad[] = {
        { SIG(header_type), 1 }, { SIG(header_length), 1 },
        { SIG(header_version), 1 }, { SIG(module_type), 1 },
        { SIG(module_vendor), 1 }, { SIG(size), 1 }, { SIG(key_size), 1 },
        { SIG(modulus_size), 1 }, { SIG(exponent_size), 2 },
        { SIG(reserved1), 1 }, { SIG(reserved1) + 87, 0x80 },
        { SIG(exponent), 2 }, { SIG(attributes), 1 },
        { SIG(attributes) + 7, 0x80 }, { SIG(reserved2) + 5, 1 },
        { SIG(min_update_hv), 2 }, { SIG(reserved3), 1 },
        { SIG(gdt_idt_offset) + 1, 0x10 }, { SIG(gdt_idt_offset), 1 },
        { SIG(fault_wrapper_offset), 1 }, { SIG(reserved4) + 23, 1 },
        { SIG(cpuid_table_size) + 1, 1 },
    };
    static const uint16_t free_to_choose[] = {
        SIG(date), SIG(rip_offset), SIG(max_tdmrs), SIG(max_rsvd_per_tdmr),
        SIG(pamt_entry_size), SIG(cpuid_table) + 4,
    };
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);
    uint8_t *bytes = (uint8_t *)&i->sig;

    for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++) {
        bytes[bad[n].at] ^= bad[n].flip;
        sim_image_sign(i);
        refused(s, i, SEAMLDR_EBADSIG);
        bytes[bad[n].at] ^= bad[n].flip;
    }
    for (unsigned n = 0; n < G_N_ELEMENTS(free_to_choose); n++) {
        bytes[free_to_choose[n]] ^= 0x55;
    }
    sim_image_sign(i);
    accepted(s, i);
}

/* Each byte that it covers, and each of its own */
static void test_signature(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);
    uint8_t *bytes = (uint8_t *)&i->sig;

    for (unsigned n = 0; n < sizeof(i->sig); n += 3) {
        bytes[n] ^= 0x80;
        sim_image_write(s, i);
        g_assert_cmphex(sim_install(s), !=, 0);
        g_assert_cmphex(s->rdx, ==, 0);
        bytes[n] ^= 0x80;
    }
    i->sig.modulus[383] ^= 1;
    refused(s, i, SEAMLDR_EBADSIG);
    i->sig.modulus[383] ^= 1;
    i->sig.signature[383] ^= 1;
    refused(s, i, SEAMLDR_EBADSIG);
    i->sig.signature[383] ^= 1;
    accepted(s, i);
}

static void test_debug(void)
{
    SeamldrConfig cfg = sim_loader_config();
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);

    i->sig.module_type = GUINT32_TO_LE(1u << 31);
    i->sig.cpuid_table_size = 0;
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EBADSIG);
    g_assert_nonnull(strstr(s->why, "debugging"));
    sim_loader_free(s);

    cfg.debug_unlocked = true;
    s = sim_loader_new(sim_boot_machine(1, 1), &cfg);
    sim_boot_ready(s->sim);
    sim_shut_down(s);
    accepted(s, i);
}

static void test_svn(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);

    i->sig.svn_major = 0;
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EUNSUPPORTED);
    i->sig.svn_major = 2;
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EUNSUPPORTED);
    i->sig.svn_major = 1;
    i->sig.svn_minor = 12;
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EBADSIG);
    i->sig.svn_minor = 14;
    sim_image_sign(i);
    accepted(s, i);
}

static void test_offsets(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 3);

    i->sig.gdt_idt_offset = GUINT32_TO_LE(0x3000);
    i->sig.fault_wrapper_offset = GUINT32_TO_LE(0x100);
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EBADSIG);
    i->sig.gdt_idt_offset = GUINT32_TO_LE(0x2000);
    i->sig.fault_wrapper_offset = GUINT32_TO_LE(0x2e01);
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EBADSIG);
    i->sig.fault_wrapper_offset = GUINT32_TO_LE(0x2e00);
    sim_image_sign(i);
    accepted(s, i);
}

static void test_cpus(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);

    i->sig.cpuid_table_size = 0;
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EBADSIG);
    i->sig.cpuid_table_size = GUINT32_TO_LE(255);
    i->sig.cpuid_table[0] ^= GUINT32_TO_LE(0x10);
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EUNSUPCPU);
    /* The stepping does not count */
    i->sig.cpuid_table[254] = i->sig.cpuid_table[0] ^ GUINT32_TO_LE(0x1f);
    sim_image_sign(i);
    accepted(s, i);
}

static void test_memory(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);

    /* 64 MiB less 2 MiB of the loader, 65536 pages are 256 MiB */
    i->sig.num_global_pages = GUINT16_TO_LE(65535);
    sim_image_sign(i);
    refused(s, i, SEAMLDR_ENOMEM);
    i->sig.num_global_pages = 0;
    i->sig.num_handoff_pages = GUINT16_TO_LE(65535);
    sim_image_sign(i);
    refused(s, i, SEAMLDR_ENOMEM);
    i->sig.num_handoff_pages = GUINT16_TO_LE(32);
    i->sig.num_stack_pages = i->sig.num_tls_pages = 255;
    i->sig.num_keyhole_pages = UINT16_MAX;
    sim_image_sign(i);
    accepted(s, i);
}

static void set_sharing(SimLoader *s, uint32_t lps)
{
    sim_add_cpuid(s->sim, 4, 3, 0xfc000163 | (lps - 1) << 14, 0x380003f,
                  0x1bfff, 4);
}

/*
 * To the page: for 4 addressable LPs, one page of each kind but for GLOBAL and
 * 33 of HANDOFF these are in pages 1 + 4 + 8 + 4 + (GLOBAL + 1) + 33, 512 of
 * code, and of page tables a root, three for each region that is small, and for
 * the data, which is GLOBAL + 38 pages, as many as 3.4 says.  There are 15872.
 */
static void test_memory_exactly(void)
{
    const uint16_t most = 15261;
    const unsigned data = most + 38;
    const unsigned tables = 1 + 5 * 3 + (data + 511) / 512 + 1 + 1;
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);

    g_assert_cmpuint(51 + most + 512 + tables, ==, 15872);
    i->sig.num_stack_pages = i->sig.num_tls_pages = 0;
    i->sig.num_keyhole_pages = 0;
    i->sig.num_handoff_pages = GUINT16_TO_LE(32);
    i->sig.num_global_pages = GUINT16_TO_LE(most + 1);
    sim_image_sign(i);
    set_sharing(s, 4);
    refused(s, i, SEAMLDR_ENOMEM);
    i->sig.num_global_pages = GUINT16_TO_LE(most);
    sim_image_sign(i);
    /* Their number is rounded up to a power of two */
    set_sharing(s, 5);
    refused(s, i, SEAMLDR_ENOMEM);
    set_sharing(s, 3);
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_image_free(i);
    sim_loader_free(s);
}

static void test_handoff(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "module-hv=0\n", 1);

    i->sig.module_hv = 0;
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EBADHANDOFF);
    i->sig.module_hv = GUINT16_TO_LE(3);
    i->sig.min_update_hv = GUINT16_TO_LE(2);
    sim_image_sign(i);
    refused(s, i, SEAMLDR_EBADHANDOFF);
    sim_image_free(i);
    sim_loader_free(s);
}

/* The old module's pages count, not those of the new one */
static void test_handoff_pages(void)
{
    const SeamldrConfig cfg = sim_loader_config();
    SimPlatform *sim = sim_boot_machine(1, 1);
    SimLoader *s;
    SimImage *i;

    sim->cfg.num_handoff_pages = sim->cfg.min_handoff_pages = 12;
    s = sim_loader_new(sim, &cfg);
    sim_boot_ready(sim);
    sim_shut_down(s);
    i = sim_image_new(s, "", 1);
    refused(s, i, SEAMLDR_EBADHANDOFF);
    g_assert_nonnull(strstr(s->why, "pages"));
    sim_image_free(i);
    sim_loader_free(s);
}

/* Who makes two mistakes is told of the first */
static void test_order(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "", 1);

    i->params.scenario = GUINT32_TO_LE(7);
    i->sig.header_type = 0;
    i->sig.svn_major = 9;
    i->sig.cpuid_table[0] ^= GUINT32_TO_LE(0x10);
    i->sig.num_global_pages = GUINT16_TO_LE(65535);
    i->sig.module_hv = 0;
    i->pages[0] ^= 1;
    s->sim->no_entropy = true;
    sim_image_sign(i);
    i->sig.signature[0] ^= 1;
    refused(s, i, SEAMLDR_EBADPARAM);
    i->params.scenario = GUINT32_TO_LE(1);
    refused(s, i, SEAMLDR_EBADSIG);
    i->sig.header_type = GUINT32_TO_LE(6);
    refused(s, i, SEAMLDR_EUNSUPPORTED);
    i->sig.svn_major = 1;
    refused(s, i, SEAMLDR_EUNSUPCPU);
    i->sig.cpuid_table[0] ^= GUINT32_TO_LE(0x10);
    refused(s, i, SEAMLDR_EBADSIG);
    sim_image_sign(i);
    refused(s, i, SEAMLDR_ENOENTROPY);
    s->sim->no_entropy = false;
    refused(s, i, SEAMLDR_ENOMEM);
    i->sig.num_global_pages = 0;
    sim_image_sign(i);
    seamldr_state(s->loader)->remaining = 0;
    refused(s, i, SEAMLDR_EBADCALL);
    seamldr_state(s->loader)->remaining = 1;
    refused(s, i, SEAMLDR_EBADHANDOFF);
    i->sig.module_hv = GUINT16_TO_LE(1);
    sim_image_sign(i);
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADHASH);
    g_assert_cmphex(s->rdx, ==, 1);
    sim_image_free(i);
    sim_loader_free(s);
}

/* --- the description ---------------------------------------------------- */

static void cannot_be(const char *words, void (*spoil)(SimImage *i),
                      const char *why)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, words, 1);

    if (spoil) {
        spoil(i);
        sim_image_hash(i);
        sim_image_sign(i);
    }
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADPARAM);
    g_assert_cmphex(s->rdx, ==, 1);
    g_assert_nonnull(strstr(s->why, why));
    g_assert_false(seamldr_ready(s->loader));
    sim_image_free(i);
    sim_loader_free(s);
}

static void spoil_magic(SimImage *i)
{
    i->pages[7] ^= 1;
}

static void spoil_version(SimImage *i)
{
    i->pages[8] = 2;
}

static void spoil_length(SimImage *i)
{
    /* A byte more than there is */
    i->pages[12] = (SEAMLDR_PAGE - 16 + 1) & 0xff;
    i->pages[13] = (SEAMLDR_PAGE - 16 + 1) >> 8;
}

static void spoil_length_much(SimImage *i)
{
    memset(&i->pages[12], 0xff, 4);
}

static void test_description(void)
{
    cannot_be("colour=3\n", NULL, "none that a module is described by");
    cannot_be("features0=0x41\n", NULL, "0x41 are not modelled");
    cannot_be("max-tdmrs=65\n", NULL, "1..64");
    cannot_be("", spoil_magic, "not one for QEMU");
    cannot_be("", spoil_version, "not one for QEMU");
    cannot_be("", spoil_length, "ends outside");
    cannot_be("", spoil_length_much, "ends outside");
}

/* What SYS.INIT holds the SIGSTRUCT against */
static void test_sys_init(void)
{
    SimLoader *s = waiting();
    SimImage *i = sim_image_new(s, "module-hv=2\n", 1);

    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, 0);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_INIT, 0), ==,
                    0xc000050a00000000);
    sim_image_free(i);
    /* Back without another TDH.SYS.SHUTDOWN: the data is still there */
    i = sim_image_new(s, "", 1);
    accepted(s, i);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/seamldr-image/params", test_params);
    g_test_add_func("/seamldr-image/pages", test_pages);
    g_test_add_func("/seamldr-image/fields", test_fields);
    g_test_add_func("/seamldr-image/signature", test_signature);
    g_test_add_func("/seamldr-image/debug", test_debug);
    g_test_add_func("/seamldr-image/svn", test_svn);
    g_test_add_func("/seamldr-image/offsets", test_offsets);
    g_test_add_func("/seamldr-image/cpus", test_cpus);
    g_test_add_func("/seamldr-image/memory", test_memory);
    g_test_add_func("/seamldr-image/memory/exactly", test_memory_exactly);
    g_test_add_func("/seamldr-image/handoff", test_handoff);
    g_test_add_func("/seamldr-image/handoff-pages", test_handoff_pages);
    g_test_add_func("/seamldr-image/order", test_order);
    g_test_add_func("/seamldr-image/description", test_description);
    g_test_add_func("/seamldr-image/sys-init", test_sys_init);
    return g_test_run();
}
