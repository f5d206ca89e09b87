/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Processors and memory that come and go while a machine with a TDX module
 * runs: the module has what firmware found at the last reset of the machine,
 * wherever the machine is saved and restored.
 */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "libqos/tdx-state.h"

#define HKID 2

#define SEAMLDR_INFO (1ULL << 63)

/* ACPI's register blocks on q35 */
#define CPU_SELECTOR 0xcd8
#define CPU_FLAGS    0xcdc
#define CPU_EJECT    0x08
#define MEM_SELECTOR 0xa00
#define MEM_FLAGS    0xa14
#define MEM_EJECT    0x08

#define CPUS "-m 512M -smp 2,maxcpus=3,sockets=1,cores=3 "
#define ONE_CPU "-m 512M -smp 1,maxcpus=3,sockets=1,cores=3 "
#define SECOND_CPU "-device TDXHost-x86_64-cpu,socket-id=0,core-id=1," \
                   "thread-id=0,id=cpu1 "

/* RAM is [0, 1 GiB), a DIMM of 1 GiB comes to 5 GiB */
#define DIMM_BASE (5 * GiB)
#define DIMMS "-m 1G,slots=2,maxmem=8G " \
              "-object memory-backend-ram,id=m,size=1G "
#define DIMM "-device pc-dimm,memdev=m,id=dimm,addr=5368709120 "

/* --- what is plugged ------------------------------------------------------ */

static void plug_cpu(QTestState *qts, int core)
{
    g_autofree char *id = g_strdup_printf("cpu%d", core);

    qtest_qmp_device_add(qts, "TDXHost-x86_64-cpu", id, "{ "
                         "'socket-id': 0, 'core-id': %d, 'thread-id': 0 }",
                         core);
}

/* As a guest's kernel does once it has let go of the processor */
static void eject_cpu(QTestState *qts, unsigned index)
{
    qtest_outl(qts, CPU_SELECTOR, 0);
    qtest_outl(qts, CPU_SELECTOR, index);
    qtest_outb(qts, CPU_FLAGS, CPU_EJECT);
}

static void plug_dimm(QTestState *qts)
{
    qtest_qmp_device_add(qts, "pc-dimm", "dimm", "{ 'memdev': 'm', "
                         "'addr': %" PRIu64 " }", (uint64_t)DIMM_BASE);
}

static void eject_dimm(QTestState *qts, unsigned slot)
{
    qtest_outl(qts, MEM_SELECTOR, slot);
    qtest_outb(qts, MEM_FLAGS, MEM_EJECT);
}

/* --- what the module says ------------------------------------------------- */

static void assert_no_lp(QTestState *qts, unsigned lp, uint64_t rax)
{
    g_autofree char *command = g_strdup_printf("seamcall %u 0x%" PRIx64,
                                               lp, rax);
    g_autofree char *answer = qtest_command(qts, command);

    g_assert_cmpstr(answer, ==, "FAIL no such LP");
}

static void assert_lps(QTestState *qts, unsigned lps)
{
    g_assert_cmpint(tdx_prop(qts, "num-lps"), ==, lps);
}

static void assert_dimm_is_cmr(QTestState *qts, bool want)
{
    g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, want ? 2 : 1);
    tdx_init_lps(qts, 1);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_BASE(1)), ==,
                    want ? DIMM_BASE : 0);
    g_assert_cmphex(tdx_rd(qts, TDX_MD_CMR_SIZE(1)), ==, want ? 1 * GiB : 0);
}

/* --- processors ----------------------------------------------------------- */

/* An LP whose processor is gone is there no more; its module waits for it */
static void test_cpu_gone(void)
{
    QTestState *qts = tdx_start("", CPUS);

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    eject_cpu(qts, 1);
    assert_no_lp(qts, 1, TDH_SYS_LP_INIT);
    assert_no_lp(qts, 1, SEAMLDR_INFO);
    assert_lps(qts, 2);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, 0, 0, 0),
                      TDX_SYS_CONFIG_NOT_PENDING);

    qtest_system_reset(qts);
    assert_lps(qts, 1);
    tdx_init_lps(qts, 1);
    assert_no_lp(qts, 1, TDH_SYS_LP_INIT);
    qtest_quit(qts);
}

/* Another processor in its place is not the one that firmware found */
static void test_cpu_replaced(void)
{
    QTestState *qts = tdx_start("", CPUS);

    tdx_init_lps(qts, 2);
    eject_cpu(qts, 1);
    plug_cpu(qts, 1);
    assert_no_lp(qts, 1, TDH_SYS_LP_INIT);
    for (int round = 0; round < 2; round++) {
        qtest_system_reset(qts);
        assert_lps(qts, 2);
        tdx_init_lps(qts, 2);
    }
    /* And once more, with a module that works */
    eject_cpu(qts, 1);
    assert_no_lp(qts, 1, TDH_SYS_RD);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 64);
    qtest_quit(qts);
}

/* Plugged before the machine starts: firmware finds it */
static void test_cpu_before_start(void)
{
    QTestState *qts = tdx_start("", ONE_CPU "-S");

    plug_cpu(qts, 1);
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    assert_lps(qts, 2);
    tdx_init_lps(qts, 2);
    /* Once it runs, a stop is no start */
    plug_cpu(qts, 2);
    qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    assert_lps(qts, 2);
    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SYS_LP_INIT_DONE);
    qtest_quit(qts);
}

/* Plugged later: firmware finds it at the next reset, running or not */
static void test_cpu_later(void)
{
    QTestState *qts = tdx_start("", ONE_CPU);

    tdx_init_lps(qts, 1);
    plug_cpu(qts, 1);
    assert_lps(qts, 1);
    assert_no_lp(qts, 1, TDH_SYS_LP_INIT);
    qtest_system_reset(qts);
    assert_lps(qts, 2);
    tdx_init_lps(qts, 2);

    qtest_qmp_assert_success(qts, "{ 'execute': 'stop' }");
    qtest_system_reset(qts);
    eject_cpu(qts, 1);
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    assert_lps(qts, 1);
    tdx_init_lps(qts, 1);
    qtest_quit(qts);
}

/* --- memory --------------------------------------------------------------- */

static QTdxTdmr dimm_tdmr(void)
{
    QTdxTdmr t = { .base = DIMM_BASE, .size = 1 * GiB };

    t.rsvd[0].base = 16 * MiB;
    t.rsvd[0].size = 16 * MiB;
    tdx_place_pamts(&t, false, t.base + t.rsvd[0].base);
    return t;
}

/* A DIMM with the PAMT in it is unplugged: what was private is lost */
static void test_dimm_gone(void)
{
    QTestState *qts = tdx_start("", DIMMS DIMM);
    QTdxTdmr t = dimm_tdmr();
    TdxRegs r;

    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1, HKID);
    tdx_init_tdmr(qts, 0, &t);
    eject_dimm(qts, 0);
    qtest_qmp_assert_success(qts, "{ 'execute': 'object-del', "
                             "'arguments': { 'id': 'm' } }");
    g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 2);
    r = (TdxRegs) { .rax = TDH_PHYMEM_PAGE_RDMD, .rcx = t.base };
    g_assert_false(tdx_seamcall(qts, 0, &r));

    /* Other memory takes its place in QEMU's own books */
    qtest_qmp_assert_success(qts, "{ 'execute': 'object-add', 'arguments': {"
                             " 'qom-type': 'memory-backend-ram', 'id': 'm', "
                             "'size': 1073741824 } }");
    plug_dimm(qts);
    qtest_memset(qts, t.pamt[0].base, 0x5a, 4096);
    g_assert_cmphex(qtest_readq(qts, t.pamt[0].base), ==,
                    0x5a5a5a5a5a5a5a5aULL);
    g_assert_false(tdx_seamcall(qts, 0, &r));

    qtest_system_reset(qts);
    assert_dimm_is_cmr(qts, true);
    qtest_system_reset(qts);
    eject_dimm(qts, 0);
    qtest_system_reset(qts);
    assert_dimm_is_cmr(qts, false);
    qtest_quit(qts);
}

/* What the module has to take is not there */
static void test_dimm_gone_early(void)
{
    QTestState *qts = tdx_start("", DIMMS DIMM);
    QTdxTdmr t = dimm_tdmr();
    TdxRegs r;

    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1, HKID);
    eject_dimm(qts, 0);
    r = (TdxRegs) { .rax = TDH_SYS_TDMR_INIT, .rcx = t.base };
    g_assert_false(tdx_seamcall(qts, 0, &r));
    qtest_quit(qts);
}

/* --- saving and restoring ------------------------------------------------- */

/* A DIMM plugged since the start is not convertible, neither here nor there */
static void test_save_dimm(void)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", DIMMS);

    plug_dimm(qts);
    tdx_save(qts, path);
    qts = tdx_load("", DIMMS DIMM, path);
    assert_dimm_is_cmr(qts, false);
    qtest_system_reset(qts);
    assert_dimm_is_cmr(qts, true);
    qtest_quit(qts);
    unlink(path);
}

/* The other way: the module's memory is gone on arrival as it was before */
static void test_save_dimm_gone(void)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", DIMMS DIMM);

    eject_dimm(qts, 0);
    tdx_save(qts, path);
    qts = tdx_load("", DIMMS, path);
    assert_dimm_is_cmr(qts, true);
    qtest_system_reset(qts);
    assert_dimm_is_cmr(qts, false);
    qtest_quit(qts);
    unlink(path);
}

static void test_save_cpu(void)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", ONE_CPU);

    tdx_init_lps(qts, 1);
    plug_cpu(qts, 1);
    tdx_save(qts, path);
    qts = tdx_load("", ONE_CPU SECOND_CPU, path);
    assert_lps(qts, 1);
    assert_no_lp(qts, 1, TDH_SYS_LP_INIT);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 64);
    qtest_system_reset(qts);
    assert_lps(qts, 2);
    tdx_init_lps(qts, 2);
    qtest_quit(qts);
    unlink(path);
}

/* A processor that the module counts is gone; another has come to its place */
static void test_save_cpu_gone(const void *replaced)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", CPUS);

    tdx_init_lps(qts, 2);
    eject_cpu(qts, 1);
    if (replaced) {
        plug_cpu(qts, 1);
    }
    tdx_save(qts, path);
    qts = tdx_load("", replaced ? CPUS : ONE_CPU, path);
    assert_lps(qts, 2);
    g_assert_cmpint(tdx_prop(qts, "lps-initialized"), ==, 2);
    assert_no_lp(qts, 1, TDH_SYS_RD);
    g_assert_cmpint(tdx_rd(qts, TDX_MD_MAX_TDMRS), ==, 64);
    qtest_system_reset(qts);
    assert_lps(qts, replaced ? 2 : 1);
    qtest_quit(qts);
    unlink(path);
}

/* Saved before it ever ran: firmware has yet to look, over there */
static void test_save_before_start(void)
{
    g_autofree char *path = tdx_state_file();
    QTestState *qts = tdx_start("", ONE_CPU "-S");

    tdx_save(qts, path);
    qts = tdx_load("", ONE_CPU "-S", path);
    plug_cpu(qts, 1);
    qtest_qmp_assert_success(qts, "{ 'execute': 'cont' }");
    assert_lps(qts, 2);
    qtest_quit(qts);
    unlink(path);
}

/*
 * A saved state that is not to be believed.  What firmware found follows the
 * text that names the module: a byte; the number of LPs; for each its CPU
 * index, its package and a byte; the number of CMRs; for each base and size.
 */
#define IDENTITY_END "-endian"
#define NUM_LPS   1
#define LP(n)     (5 + 9 * (n))
#define NUM_CMRS  LP(2)
#define CMR_BASE  (NUM_CMRS + 4)
#define CMR_SIZE  (CMR_BASE + 8)

typedef struct Damage {
    const char *name;
    unsigned offset;
    unsigned size;
    uint64_t value;
    const char *error;
} Damage;

#define DAMAGED "tdx-module: the saved state is damaged"

static const Damage damages[] = {
    { "no-lp", NUM_LPS, 4, 0, "processors fit" },
    { "more-lps", NUM_LPS, 4, 4, "processors fit" },
    { "most-lps", NUM_LPS, 4, UINT32_MAX, "processors fit" },
    { "other-first-lp", LP(0), 4, 2, DAMAGED },
    { "first-lp-gone", LP(0) + 8, 1, 0, DAMAGED },
    { "same-lp-twice", LP(1), 4, 0, DAMAGED },
    { "lp-beyond", LP(1), 4, 3, DAMAGED },
    {
        "lp-missing", LP(1), 4, 2,
        "tdx-module: the saved state counts processor 2, which this machine "
        "does not have",
    },
    {
        "other-package", LP(1) + 4, 4, 1,
        "tdx-module: the saved state has processor 1 in package 1, this "
        "machine in 0",
    },
    { "more-cmrs", NUM_CMRS, 4, 33, "convertible memory fits" },
    { "cmr-not-aligned", CMR_BASE, 8, 0x100800, DAMAGED },
    { "cmr-empty", CMR_SIZE, 8, 0, DAMAGED },
    { "cmr-wraps", CMR_SIZE, 8, -4096ULL, DAMAGED },
    { "cmr-in-seamrr", CMR_SIZE, 8, 3ULL << 44, DAMAGED },
};

static void test_damaged(const void *data)
{
    const Damage *d = data;
    g_autofree char *path = tdx_state_file();
    g_autofree char *args = NULL, *err = NULL;
    g_autofree char *state = NULL;
    uint64_t value = cpu_to_be64(d->value << (64 - 8 * d->size));
    gsize len;
    char *at;

    tdx_save(tdx_start("", CPUS), path);
    g_assert_true(g_file_get_contents(path, &state, &len, NULL));
    at = memmem(state, len, IDENTITY_END, strlen(IDENTITY_END));
    g_assert_nonnull(at);
    at += strlen(IDENTITY_END);
    g_assert_cmpint(ldl_be_p(at + NUM_LPS), ==, 2);
    g_assert_cmpint(ldl_be_p(at + NUM_CMRS), ==, 1);
    g_assert_cmphex(ldq_be_p(at + CMR_BASE), ==, 1 * MiB);
    memcpy(at + d->offset, &value, d->size);
    g_assert_true(g_file_set_contents(path, state, len, NULL));

    args = g_strdup_printf("-machine q35 -cpu TDXHost -nodefaults "
                           "-device tdx-module,id=tdx " CPUS
                           "-incoming file:%s", path);
    g_assert_cmpint(tdx_run(args, NULL, &err), !=, 0);
    if (!strstr(err, d->error)) {
        g_error("no '%s' in '%s'", d->error, err);
    }
    unlink(path);
}

/* savevm and loadvm of a machine with what was plugged since its start */
static void test_snapshot(void)
{
    QTestState *qts = tdx_start("", DIMMS "-smp 1,maxcpus=3,sockets=1,"
                                "cores=3");
    g_autofree char *path = tdx_add_disk(qts);

    plug_dimm(qts);
    plug_cpu(qts, 1);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), TDX_SUCCESS);
    tdx_snapshot(qts, "snapshot-save");
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    for (int round = 0; round < 2; round++) {
        tdx_snapshot(qts, "snapshot-load");
        assert_lps(qts, 1);
        g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 1);
        /* The module was saved before this */
        tdx_assert_status(tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0),
                          TDX_SUCCESS);
        /* The second time the module has more than the saved one */
        qtest_system_reset(qts);
        assert_lps(qts, 2);
        g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 2);
    }
    qtest_quit(qts);
    unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/hotplug/cpu-gone", test_cpu_gone);
    qtest_add_func("seam/hotplug/cpu-replaced", test_cpu_replaced);
    qtest_add_func("seam/hotplug/cpu-before-start", test_cpu_before_start);
    qtest_add_func("seam/hotplug/cpu-later", test_cpu_later);
    qtest_add_func("seam/hotplug/dimm-gone", test_dimm_gone);
    qtest_add_func("seam/hotplug/dimm-gone-early", test_dimm_gone_early);
    qtest_add_func("seam/hotplug/save/dimm", test_save_dimm);
    qtest_add_func("seam/hotplug/save/dimm-gone", test_save_dimm_gone);
    qtest_add_func("seam/hotplug/save/cpu", test_save_cpu);
    qtest_add_data_func("seam/hotplug/save/cpu-gone", NULL,
                        test_save_cpu_gone);
    qtest_add_data_func("seam/hotplug/save/cpu-replaced", "",
                        test_save_cpu_gone);
    qtest_add_func("seam/hotplug/save/before-start", test_save_before_start);
    for (int i = 0; i < ARRAY_SIZE(damages); i++) {
        g_autofree char *path = g_strdup_printf("seam/hotplug/damaged/%s",
                                                damages[i].name);

        qtest_add_data_func(path, &damages[i], test_damaged);
    }
    qtest_add_func("seam/hotplug/snapshot", test_snapshot);
    return g_test_run();
}
