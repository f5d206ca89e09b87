/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The P-SEAMLDR: its leaves, sessions over all processors, what a failure
 * costs and which ways there are back (P-SEAMLDR 1 to 3, 5).
 */

#include <string.h>

#include "include/check.h"
#include "include/update.h"
#include "sim-loader.h"

/* Sound, and with what the host had before */
static void assert_whole(SimLoader *s)
{
    g_autofree char *problem = tdx_module_check(s->sim->module);

    g_assert_cmpstr(problem, ==, NULL);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_TDMR_INIT, SIM_BOOT_TDMR),
                    ==, 0);
}

/* All images of a test are the host's; this one loads, whatever is there */
static void write_load_image(SimLoader *s, unsigned minor)
{
    SimImage *i = sim_image_new(s, "", 1);

    i->params.scenario = GUINT32_TO_LE(0);
    i->sig.svn_minor = minor;
    sim_image_sign(i);
    sim_image_write(s, i);
    sim_image_free(i);
}

static SeamldrInfo info(SimLoader *s, unsigned lp)
{
    SeamldrInfo info;

    g_assert_cmphex(sim_loader_call(s, lp, SEAMLDR_INFO, SIM_LOADER_BUFFER),
                    ==, 0);
    s->sim->ops.read_shared(s->sim, SIM_LOADER_BUFFER, &info, sizeof(info));
    return info;
}

static uint32_t remaining(SimLoader *s)
{
    return GUINT32_FROM_LE(info(s, 0).num_remaining_updates);
}

/* --- the call ----------------------------------------------------------- */

static void test_leaves(void)
{
    SimLoader *s = sim_loader_ready(1, 1);
    SeamldrConfig cfg = sim_loader_config();

    g_assert_cmphex(sim_loader_call(s, 0, 5, 0), ==, SEAMLDR_EBADPARAM);
    g_assert_cmphex(sim_loader_call(s, 0, 0xfe, 0), ==, SEAMLDR_EBADPARAM);
    /* All 64 bits are compared: there is no version */
    g_assert_cmphex(sim_loader_call(s, 0, 1 << 16 | SEAMLDR_INFO,
                                    SIM_LOADER_BUFFER), ==, SEAMLDR_EBADPARAM);
    g_assert_cmpuint(seamldr_calls(s->loader, SEAMLDR_NUM_LEAVES).calls, ==,
                     3);
    g_assert_cmpuint(seamldr_calls(s->loader, SEAMLDR_NUM_LEAVES).errors, ==,
                     3);
    sim_loader_free(s);

    /* A loader that only tells about itself, as there were before */
    cfg.update = false;
    s = sim_loader_new(sim_boot_machine(1, 1), &cfg);
    for (unsigned leaf = 1; leaf <= 4; leaf++) {
        g_assert_cmphex(sim_loader_call(s, 0, leaf, 0), ==, SEAMLDR_EBADCALL);
    }
    g_assert_cmphex(sim_loader_call(s, 0, 5, 0), ==, SEAMLDR_EBADPARAM);
    g_assert_cmpuint(remaining(s), ==, 0);
    g_assert_cmpuint(info(s, 0).features0, ==, 0);
    g_assert_true(seamldr_ready(s->loader));
    sim_loader_free(s);
}

static void test_names(void)
{
    static const struct {
        uint64_t value;
        const char *name;
    } known[] = {
        { 0, "SEAMLDR_SUCCESS" },
        { 0x8000000000000000, "SEAMLDR_EBADPARAM" },
        { 0x8000000000000003, "SEAMLDR_EBADCALL" },
        { 0x8000000000000004, "SEAMLDR_EBADHANDOFF" },
        { 0x8000000000000005, "SEAMLDR_ECLEANUPREQ" },
        { 0x8000000000000006, "SEAMLDR_EUNSUPPORTED" },
        { 0x8000000000010002, "SEAMLDR_ENOMEM" },
        { 0x8000000000010003, "SEAMLDR_EUNSPECERR" },
        { 0x8000000000010004, "SEAMLDR_EUNSUPCPU" },
        { 0x8000000000020000, "SEAMLDR_EBADSIG" },
        { 0x8000000000020001, "SEAMLDR_EBADHASH" },
        { 0x8000000000030000, "SEAMLDR_EINTERRUPT" },
        { 0x8000000000030001, "SEAMLDR_ENOENTROPY" },
        { 0x8000000000000001, NULL },
    };
    static const char *const leaves[] = {
        "SEAMLDR.INFO", "SEAMLDR.INSTALL", "SEAMLDR.SHUTDOWN",
        "SEAMLDR.SEAMINFO", "SEAMLDR.CLEANUP", NULL,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(known); i++) {
        g_assert_cmpstr(seamldr_status_name(known[i].value), ==,
                        known[i].name);
    }
    for (uint64_t i = 0; i < G_N_ELEMENTS(leaves); i++) {
        g_assert_cmpstr(seamldr_leaf_name(1ULL << 63 | i), ==, leaves[i]);
    }
}

static void test_addresses(void)
{
    static const uint64_t bad[] = {
        SIM_LOADER_BUFFER + 128, 1ULL << 46, 1ULL << 63, 1ULL << 30,
        (1ULL << 30) + (64 << 20) - 256, SIM_LOADER_BUFFER | 4ULL << 43,
    };
    static const uint64_t good[] = {
        0, (1ULL << 30) - 256, (1ULL << 30) + (64 << 20),
        SIM_LOADER_BUFFER | 3ULL << 43,
    };
    SimLoader *s = sim_loader_ready(1, 1);

    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INFO, bad[i]), ==,
                        SEAMLDR_EBADPARAM);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INFO, good[i]), ==, 0);
    }
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_SEAMINFO,
                                    SIM_LOADER_BUFFER + 1024), ==, SEAMLDR_EBADPARAM);
    sim_loader_free(s);
}

static void test_info(void)
{
    SimLoader *s = sim_loader_ready(2, 2);
    uint8_t bytes[256];
    SeamldrInfo i;

    memset(bytes, 0xaa, sizeof(bytes));
    s->sim->ops.write_shared(s->sim, SIM_LOADER_BUFFER, bytes, sizeof(bytes));
    i = info(s, 1);
    memcpy(bytes, &i, sizeof(bytes));
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER), ==, 0);
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER + 8), ==,
                    0x8086 | 20240811ULL << 32);
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER + 16), ==,
                    5ULL << 16 | 1ULL << 32);
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER + 24), ==,
                    3ULL << 32);
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER + 32), ==, 0x1ff);
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER + 40), ==, 0x10d);
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER + 160), ==,
                    0x10001);
    g_assert_cmphex(sim_read64(s->sim, SIM_LOADER_BUFFER + 168), ==, 2);
    for (unsigned n = 176; n < 256; n++) {
        g_assert_cmphex(bytes[n], ==, 0);
    }
    g_assert_true(bytes[56] || bytes[57]); /* MRSEAM */
    sim_loader_free(s);
}

static void test_seaminfo(void)
{
    SimLoader *s = sim_loader_ready(4, 2);
    const uint64_t at = SIM_LOADER_BUFFER;
    SimPlatform *sim = s->sim;
    uint64_t base;

    g_assert_cmphex(sim_loader_call(s, 3, SEAMLDR_SEAMINFO, at), ==, 0);
    g_assert_cmphex(sim_read64(sim, at), ==, 0);
    g_assert_cmphex(sim_read64(sim, at + 8), ==, 4 | 2ULL << 32);
    g_assert_cmphex(sim_read64(sim, at + 16), ==,
                    sim->info.pkg_fms[0] |
                    (uint64_t)sim->info.pkg_fms[1] << 32);
    g_assert_cmphex(sim_read64(sim, at + 24), ==, 0);
    base = sim_read64(sim, at + 48);
    g_assert_cmphex(base + sim_read64(sim, at + 56), ==,
                    sim->info.seamrr.base + sim->info.seamrr.size);
    g_assert_cmphex(sim_read64(sim, at + 128), ==, 0x100000);
    g_assert_cmphex(sim_read64(sim, at + 144), ==, SIM_BOOT_TDMR);
    g_assert_cmphex(sim_read64(sim, at + 152), ==, 1 << 30);
    g_assert_cmphex(sim_read64(sim, at + 2040), ==, 0);
    sim_loader_free(s);
}

/* --- sessions ----------------------------------------------------------- */

static void test_update(void)
{
    SimLoader *s = sim_loader_ready(4, 2);
    SeamldrState *st = seamldr_state(s->loader);

    sim_image_put(s, "update=26\n");
    sim_shut_down(s);
    /* In any order, and where the earlier ones point is not looked at */
    g_assert_cmphex(sim_loader_call(s, 2, SEAMLDR_INSTALL, 1), ==, 0);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_LP_SHUTDOWN, 0), ==,
                    SIM_VMFAIL);
    g_assert_cmpuint(info(s, 1).seam.seam_ready, ==, 0);
    g_assert_cmphex(sim_loader_call(s, 2, SEAMLDR_INSTALL, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INSTALL, 0), ==, 0);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_SHUTDOWN, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_CLEANUP, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(sim_loader_call(s, 3, SEAMLDR_INSTALL, 0), ==, 0);
    g_assert_cmpuint(st->installs, ==, 0);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, SIM_IMAGE_PARAMS),
                    ==, 0);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_cmpuint(st->installs, ==, 1);
    g_assert_cmpuint(st->flow, ==, SEAMLDR_FLOW_READY);
    g_assert_cmpuint(remaining(s), ==, 2);
    g_assert_cmphex(sim_module_call(s, 0, TDH_MNG_CREATE, 0), ==, TDX_SYS_NOT_READY);
    sim_update(s);
    assert_whole(s);

    /* Until all are used up; what was handed over stays */
    for (unsigned n = 1; n <= 2; n++) {
        sim_image_put(s, "update=27\n");
        sim_shut_down(s);
        g_assert_cmphex(sim_install(s), ==, 0);
        sim_update(s);
        g_assert_cmpuint(remaining(s), ==, 2 - n);
    }
    sim_shut_down(s);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_nonnull(strstr(s->why, "used up"));
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_RD, 0), ==, TDX_SYS_SHUTDOWN);
    g_assert_cmpuint(seamldr_calls(s->loader, SEAMLDR_INSTALL).calls, ==, 17);
    g_assert_cmpuint(seamldr_calls(s->loader, SEAMLDR_INSTALL).errors, ==, 2);
    sim_loader_free(s);
}

/* An LP that never calls keeps the module away for good */
static void test_incomplete(void)
{
    SimLoader *s = sim_loader_ready(3, 1);

    sim_image_put(s, "");
    sim_shut_down(s);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INSTALL, SIM_IMAGE_PARAMS),
                    ==, 0);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, SIM_IMAGE_PARAMS),
                    ==, 0);
    for (unsigned lp = 0; lp < 2; lp++) {
        g_assert_cmphex(sim_loader_call(s, lp, SEAMLDR_INSTALL,
                                        SIM_IMAGE_PARAMS), ==, SEAMLDR_EBADCALL);
    }
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_INIT, 0), ==, SIM_VMFAIL);
    g_assert_cmphex(sim_loader_call(s, 2, SEAMLDR_CLEANUP, 0), ==, SEAMLDR_EBADCALL);
    /* It comes at last, and decides what is installed: here nothing */
    g_assert_cmphex(sim_loader_call(s, 2, SEAMLDR_INSTALL, 1), ==, SEAMLDR_EBADPARAM);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_RD, 0), ==, TDX_SYS_SHUTDOWN);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_update(s);
    assert_whole(s);

    /* A reset forgets sessions */
    sim_shut_down(s);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INSTALL, 0), ==, 0);
    tdx_module_set_config(s->sim->module, &s->sim->cfg);
    tdx_module_reset(s->sim->module);
    seamldr_reset(s->loader);
    g_assert_cmpuint(remaining(s), ==, 3);
    sim_boot_ready(s->sim);
    assert_whole(s);
    sim_loader_free(s);
}

/* The old module runs on as if nothing had been tried */
static void test_without_shutdown(void)
{
    SimLoader *s = sim_loader_ready(2, 1);

    sim_image_put(s, "");
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADHANDOFF);
    g_assert_cmphex(s->rdx, ==, 0);
    assert_whole(s);
    sim_loader_free(s);
}

static void test_apic_ids(void)
{
    SimLoader *s = sim_loader_ready(2, 1);

    s->first_id = 1023;
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, 0), ==,
                    SEAMLDR_EUNSPECERR);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_SHUTDOWN, 0), ==,
                    SEAMLDR_EUNSPECERR);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_CLEANUP, 0), ==,
                    SEAMLDR_EUNSPECERR);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INSTALL, 0), ==, 0);
    sim_loader_free(s);
}

/* --- what a failure costs ----------------------------------------------- */

static void test_recoverable(void)
{
    SimLoader *s = sim_loader_ready(2, 1);
    SimImage *i = sim_image_new(s, "", 2);

    sim_shut_down(s);
    i->sig.signature[0] ^= 1;
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADSIG);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_cmphex(sim_module_call(s, 1, TDH_SYS_RD, 0), ==, TDX_SYS_SHUTDOWN);
    g_assert_cmphex(sim_module_call(s, 1, TDH_SYS_LP_SHUTDOWN, 0), ==, 0);
    g_assert_cmpuint(remaining(s), ==, 3);
    g_assert_cmpuint(info(s, 0).seam.valid, !=, 0);

    /* The way back: another image, and the TDs are there */
    sim_image_sign(i);
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_update(s);
    assert_whole(s);
    sim_image_free(i);
    sim_loader_free(s);
}

static void cleanup_all(SimLoader *s)
{
    for (unsigned lp = 0; lp < s->sim->info.num_lps; lp++) {
        g_assert_cmphex(sim_loader_call(s, lp, SEAMLDR_CLEANUP, 0), ==, 0);
    }
}

static void test_unrecoverable(void)
{
    SimLoader *s = sim_loader_ready(2, 1);
    SimImage *i = sim_image_new(s, "", 2);
    SeamldrInfo after;

    sim_shut_down(s);
    i->pages[SEAMLDR_PAGE] = 1;
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADHASH);
    g_assert_cmphex(s->rdx, ==, 1);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_INIT, 0), ==, SIM_VMFAIL);
    after = info(s, 0);
    g_assert_cmphex(after.seam.valid, ==, 0);
    g_assert_cmphex(after.seam.tee_tcb_svn[0] | after.seam.tee_tcb_svn[1],
                    ==, 0);
    g_assert_cmphex(after.seam.p_seamldr_ready, ==, 1);

    /* There is nothing to update, and no SVN to compare with */
    i->pages[SEAMLDR_PAGE] = 0;
    sim_image_write(s, i);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADPARAM);
    write_load_image(s, 9);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_ECLEANUPREQ);
    cleanup_all(s);
    g_assert_cmpuint(remaining(s), ==, 4);
    g_assert_cmphex(sim_install(s), ==, 0);
    g_assert_cmpuint(remaining(s), ==, 3);
    sim_boot_init(s->sim);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_UPDATE, 0), ==,
                    0xc000050900000000);
    g_assert_cmphex(sim_sys_config(s->sim, 0), ==, 0);
    sim_image_free(i);
    sim_loader_free(s);
}

/* Row 27: the new module is measured, but nobody can call it */
static void test_no_entropy(void)
{
    SimLoader *s = sim_loader_ready(1, 1);
    SeamldrFault fault = { .nth = 1, .count = 1 };
    g_autofree char *why = seamldr_fault_parse(&fault, "seamldr.install",
                                               "enoentropy", "unrecoverable");

    g_assert_cmpstr(why, ==, NULL);
    sim_shut_down(s);
    sim_image_put(s, "");
    s->sim->no_entropy = true;
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_ENOENTROPY);
    g_assert_cmphex(s->rdx, ==, 0);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_RD, 0), ==, TDX_SYS_SHUTDOWN);
    s->sim->no_entropy = false;
    seamldr_fault_add(s->loader, &fault);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_ENOENTROPY);
    g_assert_cmphex(s->rdx, ==, 1);
    g_assert_cmpuint(fault.hits, ==, 1);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_INIT, 0), ==, SIM_VMFAIL);
    g_assert_cmphex(info(s, 0).seam.tee_tcb_svn[1], ==, 1);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_EBADPARAM);
    write_load_image(s, 12);
    g_assert_cmphex(sim_install(s), ==, SEAMLDR_ECLEANUPREQ);
    write_load_image(s, 13);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_boot_ready(s->sim);
    assert_whole(s);
    sim_loader_free(s);
}

/* Loading over a module that runs: its TDs are lost, it is not asked */
static void test_load(void)
{
    SimLoader *s = sim_loader_ready(2, 1);

    write_load_image(s, 200);
    g_assert_cmphex(sim_install(s), ==, 0);
    g_assert_cmphex(info(s, 0).seam.tee_tcb_svn[0], ==, 200);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_RD, 0), ==,
                    0xc000050200000000);
    sim_boot_ready(s->sim);
    assert_whole(s);
    sim_loader_free(s);
}

/* --- CLEANUP, SHUTDOWN -------------------------------------------------- */

static void test_cleanup(void)
{
    SimLoader *s = sim_loader_ready(4, 2);
    unsigned interrupted = 0;

    sim_shut_down(s);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_SHUTDOWN, 0), ==,
                    SEAMLDR_ECLEANUPREQ);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_CLEANUP, 0), ==, 0);
    g_assert_false(tdx_module_handoff(s->sim->module).valid);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_INIT, 0), ==, SIM_VMFAIL);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_CLEANUP, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_SHUTDOWN, 0), ==, SEAMLDR_EBADCALL);

    /* A key or a block at a time; the last LP of a package has the work */
    s->events = 100;
    while (sim_loader_call(s, 1, SEAMLDR_CLEANUP, 0) == SEAMLDR_EINTERRUPT) {
        interrupted++;
        g_assert_cmpuint(interrupted, <, 100);
    }
    g_assert_cmpuint(interrupted, >, 4);
    s->events = 0;
    g_assert_cmphex(sim_loader_call(s, 3, SEAMLDR_CLEANUP, 0), ==, 0);
    s->sim->no_entropy = true;
    g_assert_cmphex(sim_loader_call(s, 2, SEAMLDR_CLEANUP, 0), ==,
                    SEAMLDR_ENOENTROPY);
    s->sim->no_entropy = false;
    g_assert_cmphex(sim_loader_call(s, 2, SEAMLDR_CLEANUP, 0), ==, 0);
    g_assert_cmphex(info(s, 0).seam.valid, ==, 0);
    g_assert_cmphex(info(s, 0).seam.p_seamldr_ready, ==, 1);
    write_load_image(s, 0);
    g_assert_cmphex(sim_install(s), ==, 0);
    sim_boot_ready(s->sim);
    assert_whole(s);
    sim_loader_free(s);
}

static void test_shutdown(void)
{
    SimLoader *s = sim_loader_ready(2, 1);

    cleanup_all(s);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_SHUTDOWN, 0), ==, 0);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_INSTALL, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_CLEANUP, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_SHUTDOWN, 0), ==, 0);
    /* All have called, but the last one must be the one that INFO names */
    g_assert_cmphex(sim_loader_call(s, 1, SEAMLDR_SHUTDOWN, 0), ==, SEAMLDR_EBADCALL);
    g_assert_cmpuint(GUINT32_FROM_LE(info(s, 1).acm_x2apicid), ==, 0);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_SHUTDOWN, 0), ==, 0);
    g_assert_cmphex(sim_loader_call(s, 0, SEAMLDR_INFO, SIM_LOADER_BUFFER),
                    ==, SIM_VMFAIL);
    g_assert_cmphex(sim_module_call(s, 0, TDH_SYS_INIT, 0), ==, SIM_VMFAIL);
    seamldr_reset(s->loader);
    g_assert_cmpuint(remaining(s), ==, 3);
    sim_loader_free(s);
}

/* --- saved states ------------------------------------------------------- */

static void test_state(void)
{
    SimLoader *s = sim_loader_ready(2, 1);
    SeamldrState *st = seamldr_state(s->loader);

    g_assert_null(seamldr_state_error(s->loader, st));
    st->flow = SEAMLDR_NUM_FLOWS;
    g_assert_nonnull(seamldr_state_error(s->loader, st));
    st->flow = 0;
    st->install.count = SEAMLDR_MAX_LPS + 1;
    g_assert_nonnull(seamldr_state_error(s->loader, st));
    st->install.count = 0;
    st->seamdb_used = 5;
    g_assert_nonnull(seamldr_state_error(s->loader, st));
    sim_loader_free(s);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/seamldr/leaves", test_leaves);
    g_test_add_func("/seamldr/names", test_names);
    g_test_add_func("/seamldr/addresses", test_addresses);
    g_test_add_func("/seamldr/info", test_info);
    g_test_add_func("/seamldr/seaminfo", test_seaminfo);
    g_test_add_func("/seamldr/update", test_update);
    g_test_add_func("/seamldr/incomplete", test_incomplete);
    g_test_add_func("/seamldr/without-shutdown", test_without_shutdown);
    g_test_add_func("/seamldr/apic-ids", test_apic_ids);
    g_test_add_func("/seamldr/recoverable", test_recoverable);
    g_test_add_func("/seamldr/unrecoverable", test_unrecoverable);
    g_test_add_func("/seamldr/no-entropy", test_no_entropy);
    g_test_add_func("/seamldr/load", test_load);
    g_test_add_func("/seamldr/cleanup", test_cleanup);
    g_test_add_func("/seamldr/shutdown", test_shutdown);
    g_test_add_func("/seamldr/state", test_state);
    return g_test_run();
}
