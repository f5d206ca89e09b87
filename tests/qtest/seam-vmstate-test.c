/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TDX module is saved in the middle of its life and goes on elsewhere.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqos/tdx-state.h"

#define HKID 2
#define MACHINE "-m 4G -smp 2,sockets=2,cores=1,threads=1 "

/* --- tests --------------------------------------------------------------- */

static QTdxTdmr new_tdmr(void)
{
    QTdxTdmr t = { .base = 4 * GiB, .size = 2 * GiB };

    tdx_place_pamts(&t, false, 16 * MiB);
    t.rsvd[0].base = 512 * MiB;
    t.rsvd[0].size = 8 * KiB;
    return t;
}

/* Saved between two of TDH.SYS.TDMR.INIT's calls */
static void test_half_way(void)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", MACHINE);
    QTdxTdmr t = new_tdmr();
    TdxRegs r;

    tdx_bring_up(qts, 2, (int[]) { 0, 1, -1 }, &t, 1, HKID);
    /* 1 GiB and a bit, 4 MiB a call */
    for (int i = 0; i < 256 + 3; i++) {
        r = (TdxRegs) { .rax = TDH_SYS_TDMR_INIT, .rcx = t.base };
        g_assert_true(tdx_seamcall(qts, 0, &r));
        tdx_assert_status(r.rax, TDX_SUCCESS);
    }
    tdx_save(qts, path);

    qts = tdx_load("", MACHINE, path);
    g_assert_cmpint(tdx_prop(qts, "hkid"), ==, HKID);
    g_assert_cmpint(tdx_prop(qts, "lps-initialized"), ==, 2);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 64);
    /* The private content came along: a reserved page is one still */
    r = (TdxRegs) { .rax = TDH_PHYMEM_PAGE_RDMD,
                    .rcx = t.base + t.rsvd[0].base };
    g_assert_true(tdx_seamcall(qts, 1, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    g_assert_cmpint(r.rcx, ==, 1);
    /* And its neighbour is not */
    r = (TdxRegs) { .rax = TDH_PHYMEM_PAGE_RDMD,
                    .rcx = t.base + t.rsvd[0].base + t.rsvd[0].size };
    g_assert_true(tdx_seamcall(qts, 1, &r));
    g_assert_cmpint(r.rcx, ==, 0);
    /* It goes on where it was */
    g_assert_cmpint(tdx_init_tdmr(qts, 1, &t), ==, 256 - 3);
    qtest_quit(qts);
    unlink(path);
}

/* Saved before all processors are initialized */
static void test_early(void)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", MACHINE);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    tdx_save(qts, path);

    qts = tdx_load("", MACHINE, path);
    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SYS_LP_INIT_DONE);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    qtest_quit(qts);
    unlink(path);
}

/* What the host has destroyed stays so, and what not can be read */
static void test_lost(void)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", MACHINE);
    QTdxTdmr t = new_tdmr();
    TdxRegs r;

    tdx_bring_up(qts, 2, (int[]) { 0, 1, -1 }, &t, 1, HKID);
    tdx_init_tdmr(qts, 0, &t);
    /* The PAMT entries of pages 4 to 7 */
    qtest_writeb(qts, t.pamt[0].base + 64, 0);
    tdx_save(qts, path);

    qts = tdx_load("", MACHINE, path);
    r = (TdxRegs) { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = t.base };
    g_assert_true(tdx_seamcall(qts, 0, &r));
    tdx_assert_status(r.rax, TDX_SUCCESS);
    r = (TdxRegs) { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = t.base + 16 * KiB };
    g_assert_false(tdx_seamcall(qts, 0, &r));
    qtest_quit(qts);
    unlink(path);
}

/* Another version of the module has another state */
static void test_mismatch(void)
{
    g_autofree char *path = tdx_state_file();
    g_autofree char *args = NULL, *err = NULL;
    QTestState *qts = tdx_start("", MACHINE);

    tdx_save(qts, path);
    args = g_strdup_printf("-machine q35 -cpu TDXHost -nodefaults "
                           "-device tdx-module,id=tdx,version=1.5.24 "
                           MACHINE "-incoming file:%s", path);
    g_assert_cmpint(tdx_run(args, NULL, &err), !=, 0);
    g_assert_nonnull(strstr(err, "the saved state is of another module or "
                            "machine: it has 'version=1.5.25,"));
    g_assert_nonnull(strstr(err, "this is 'version=1.5.24,"));
    unlink(path);
}

/*
 * A state of an older form, which this is made to be, is refused in one line
 * that says so: what a form holds is read by who knows that form only.
 */
static void test_old_form(void)
{
    /* Name of the section with its length; number and version follow */
    static const char head[] = "\x0atdx-module";
    enum { LAST_VERSION = 3 };
    g_autofree char *path = tdx_state_file();
    g_autofree char *args = NULL, *err = NULL, *data = NULL;
    QTestState *qts = tdx_start("", MACHINE);
    char *version;
    gsize len;

    tdx_save(qts, path);
    g_assert_true(g_file_get_contents(path, &data, &len, NULL));
    version = memmem(data, len, head, strlen(head));
    g_assert_nonnull(version);
    version += strlen(head) + sizeof(uint32_t);
    g_assert_cmpint(ldl_be_p(version), >, LAST_VERSION);
    stl_be_p(version, LAST_VERSION);
    g_assert_true(g_file_set_contents(path, data, len, NULL));

    args = g_strdup_printf("-machine q35 -cpu TDXHost -nodefaults "
                           "-device tdx-module,id=tdx " MACHINE
                           "-incoming file:%s", path);
    g_assert_cmpint(tdx_run(args, NULL, &err), !=, 0);
    g_assert_nonnull(strstr(err, "tdx-module: incoming version_id 3 is too "
                            "old"));
    unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/vmstate/half-way", test_half_way);
    qtest_add_func("seam/vmstate/early", test_early);
    qtest_add_func("seam/vmstate/lost", test_lost);
    qtest_add_func("seam/vmstate/mismatch", test_mismatch);
    qtest_add_func("seam/vmstate/old-form", test_old_form);
    return g_test_run();
}
