/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A P-SEAMLDR on a simulated machine, and images for it.
 */

#include <string.h>

#include "sim-loader.h"

/* Somebody else comes while a call is under way */
static void visit(SimLoader *s)
{
    if (s->inside) {
        s->inside(s, s->caller);
    }
}

static uint32_t x2apic_id(void *opaque, unsigned lp)
{
    SimPlatform *sim = opaque;
    SimLoader *s = sim->loader;

    visit(s);
    return s->first_id + lp;
}

static bool event_pending(void *opaque, unsigned lp)
{
    SimPlatform *sim = opaque;
    SimLoader *s = sim->loader;

    return s->events && s->events--;
}

static void begin(void *opaque)
{
    SimPlatform *sim = opaque;
    SimLoader *s = sim->loader;

    s->begun++;
    visit(s);
}

static void end(void *opaque)
{
    SimPlatform *sim = opaque;
    SimLoader *s = sim->loader;

    visit(s);
    s->begun--;
}

static const SeamldrOps ops = {
    .x2apic_id = x2apic_id,
    .event_pending = event_pending,
    .begin = begin,
    .end = end,
};

SeamldrConfig sim_loader_config(void)
{
    return (SeamldrConfig) {
        .update = true, .seamdb_size = 4, .build_date = 20240811,
    };
}

SimLoader *sim_loader_new(SimPlatform *sim, const SeamldrConfig *cfg)
{
    SimLoader *s = g_new0(SimLoader, 1);

    s->sim = sim;
    sim->loader = s;
    sim_start(sim);
    s->loader = seamldr_new(cfg, sim->module, &sim->cfg, &sim->info,
                            &sim->ops, &ops, sim);
    return s;
}

void sim_loader_free(SimLoader *s)
{
    seamldr_free(s->loader);
    sim_free(s->sim);
    g_free(s);
}

SimLoader *sim_loader_ready(unsigned lps, unsigned pkgs)
{
    const SeamldrConfig cfg = sim_loader_config();
    SimLoader *s = sim_loader_new(sim_boot_machine(lps, pkgs), &cfg);

    sim_boot_ready(s->sim);
    return s;
}

uint64_t sim_loader_call(SimLoader *s, unsigned lp, SeamldrLeaf leaf,
                         uint64_t rcx)
{
    uint64_t gpr[TDX_NUM_GPRS], before[TDX_NUM_GPRS];
    bool answered;

    for (unsigned i = 0; i < TDX_NUM_GPRS; i++) {
        gpr[i] = 0x1111111111111111ULL * i;
    }
    gpr[TDX_RAX] = SEAMLDR_CALL | leaf;
    gpr[TDX_RCX] = rcx;
    memcpy(before, gpr, sizeof(gpr));
    s->caller = lp;
    answered = seamldr_call(s->loader, lp, gpr, s->why);
    g_assert_cmpuint(s->begun, ==, 0);
    s->rdx = gpr[TDX_RDX];
    if (leaf != SEAMLDR_INSTALL || !answered) {
        g_assert_cmphex(gpr[TDX_RDX], ==, before[TDX_RDX]);
    }
    for (unsigned i = 0; i < TDX_NUM_GPRS; i++) {
        if (i != TDX_RAX && i != TDX_RDX) {
            g_assert_cmphex(gpr[i], ==, before[i]);
        }
    }
    if (!answered) {
        g_assert_cmphex(gpr[TDX_RAX], ==, before[TDX_RAX]);
        return SIM_VMFAIL;
    }
    /* Who fails says why */
    g_assert_cmpint(!gpr[TDX_RAX], ==, !*s->why);
    return gpr[TDX_RAX];
}

uint64_t sim_module_call(SimLoader *s, unsigned lp, uint64_t leaf,
                         uint64_t rcx)
{
    return seamldr_ready(s->loader) ? sim_leaf(s->sim, lp, leaf, rcx, 0, 0)
                                    : SIM_VMFAIL;
}

/* --- images ------------------------------------------------------------- */

void sim_image_hash(SimImage *i)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA384);
    gsize len = SEAM_HASH_SIZE;

    g_checksum_update(sum, i->pages, i->num_pages * SEAMLDR_PAGE);
    g_checksum_get_digest(sum, i->sig.seamhash, &len);
    g_checksum_free(sum);
}

void sim_image_sign(SimImage *i)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA384);
    const uint8_t *bytes = (const uint8_t *)&i->sig;
    gsize len = SEAM_HASH_SIZE;

    g_checksum_update(sum, bytes, 128);
    g_checksum_update(sum, bytes + 900, sizeof(i->sig) - 900);
    g_checksum_get_digest(sum, i->sig.signature, &len);
    for (unsigned n = 1; n < 8; n++) {
        memcpy(&i->sig.signature[n * len], i->sig.signature, len);
    }
    g_checksum_free(sum);
}

SimImage *sim_image_new(const SimLoader *s, const char *words, unsigned pages)
{
    static const char no_key[] = "NOT A KEY, QEMU TEST IMAGE. ";
    SimImage *i = g_new0(SimImage, 1);
    SeamImage *head;

    i->num_pages = pages;
    i->pages = g_malloc0(pages * SEAMLDR_PAGE);
    head = (SeamImage *)i->pages;
    memcpy(head->magic, "QEMU-TDX", 8);
    head->version = GUINT32_TO_LE(1);
    head->length = GUINT32_TO_LE(strlen(words));
    memcpy(head->description, words, strlen(words));

    i->sig = (SeamSigstruct) {
        .header_type = GUINT32_TO_LE(6),
        .header_length = GUINT32_TO_LE(0xe1),
        .header_version = GUINT32_TO_LE(0x10000),
        .module_vendor = GUINT32_TO_LE(0x8086),
        .size = GUINT32_TO_LE(0x200),
        .key_size = GUINT32_TO_LE(0x60),
        .modulus_size = GUINT32_TO_LE(0x60),
        .exponent_size = GUINT32_TO_LE(1),
        .exponent = GUINT32_TO_LE(0x10001),
        .svn_minor = 13,
        .svn_major = 1,
        .module_hv = GUINT16_TO_LE(1),
        .no_downgrade = 1,
        .num_handoff_pages = GUINT16_TO_LE(32),
        .cpuid_table_size = GUINT32_TO_LE(1),
    };
    for (unsigned n = 0; n < sizeof(i->sig.modulus); n++) {
        i->sig.modulus[n] = no_key[n % 28];
    }
    i->sig.cpuid_table[0] = GUINT32_TO_LE(s->sim->info.pkg_fms[0]);
    sim_image_hash(i);
    sim_image_sign(i);

    i->params.scenario = GUINT32_TO_LE(1);
    i->params.sigstruct = GUINT64_TO_LE(SIM_IMAGE_SIGSTRUCT);
    i->params.num_pages = GUINT64_TO_LE(pages);
    for (unsigned n = 0; n < pages; n++) {
        i->params.page[n] = GUINT64_TO_LE(SIM_IMAGE_PAGES + n * SEAMLDR_PAGE);
    }
    return i;
}

void sim_image_free(SimImage *i)
{
    g_free(i->pages);
    g_free(i);
}

void sim_image_write(SimLoader *s, const SimImage *i)
{
    SimPlatform *sim = s->sim;

    sim->ops.write_shared(sim, SIM_IMAGE_PARAMS, &i->params,
                          sizeof(i->params));
    sim->ops.write_shared(sim, SIM_IMAGE_SIGSTRUCT, &i->sig, sizeof(i->sig));
    sim->ops.write_shared(sim, SIM_IMAGE_PAGES, i->pages,
                          i->num_pages * SEAMLDR_PAGE);
}

void sim_image_put(SimLoader *s, const char *words)
{
    SimImage *i = sim_image_new(s, words, 1);

    sim_image_write(s, i);
    sim_image_free(i);
}

/* --- steps of a host ---------------------------------------------------- */

uint64_t sim_install(SimLoader *s)
{
    unsigned last = s->sim->info.num_lps - 1;

    for (unsigned lp = 0; lp < last; lp++) {
        g_assert_cmphex(sim_loader_call(s, lp, SEAMLDR_INSTALL,
                                        SIM_IMAGE_PARAMS), ==, 0);
        g_assert_cmphex(s->rdx, ==, 0);
    }
    return sim_loader_call(s, last, SEAMLDR_INSTALL, SIM_IMAGE_PARAMS);
}

void sim_shut_down(SimLoader *s)
{
    const TdxHandoffRules *rules = &seamldr_state(s->loader)->rules;

    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_SHUTDOWN, rules->module_hv),
                    ==, 0);
}

void sim_update(SimLoader *s)
{
    g_assert_true(seamldr_ready(s->loader));
    sim_boot_init(s->sim);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_UPDATE, 0), ==, 0);
}
