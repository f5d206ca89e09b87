/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * -object tdx-fault: from the command line and at run time, over resets and
 * migration, what it leaves in logs, and what it refuses.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qobject/qdict.h"
#include "libqos/tdx-host.h"

#define MACHINE "-m 4G "
#define HKID 2

static uint64_t fault_prop(QTestState *qts, const char *id, const char *name)
{
    g_autofree char *path = g_strdup_printf("/objects/%s", id);
    QDict *r = qtest_qmp(qts, "{ 'execute': 'qom-get', 'arguments': "
                         "{ 'path': %s, 'property': %s } }", path, name);
    uint64_t value;

    g_assert_true(qdict_haskey(r, "return"));
    value = qdict_get_int(r, "return");
    qobject_unref(r);
    return value;
}

static void assert_hits(QTestState *qts, const char *id, unsigned calls,
                        unsigned hits)
{
    g_assert_cmpint(fault_prop(qts, id, "calls"), ==, calls);
    g_assert_cmpint(fault_prop(qts, id, "hits"), ==, hits);
}

static void assert_init(QTestState *qts, uint64_t want)
{
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 0, 0, 0), want);
}

/* --- ways to have one ---------------------------------------------------- */

static void test_command_line(void)
{
    QTestState *qts = tdx_start("", MACHINE "-object tdx-fault,id=f0,"
                                "leaf=tdh.sys.init,status=rnd_no_entropy,"
                                "nth=2,count=2");

    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_INIT, 1, 0, 0),
                      tdx_op(TDX_OPERAND_INVALID, 1));
    assert_init(qts, TDX_RND_NO_ENTROPY);
    assert_init(qts, TDX_RND_NO_ENTROPY);
    g_autofree char *state = tdx_prop_str(qts, "state");
    g_assert_cmpstr(state, ==, "SYSINIT_PENDING");
    assert_init(qts, TDX_SUCCESS);
    assert_hits(qts, "f0", 4, 2);
    qtest_quit(qts);
}

static void test_run_time(void)
{
    QTestState *qts = tdx_start("", MACHINE);
    g_autofree char *said = NULL;

    qtest_qmp_assert_success(qts, "{ 'execute': 'object-add', 'arguments': {"
                             " 'qom-type': 'tdx-fault', 'id': 'f0',"
                             " 'leaf': 'TDH.SYS.INIT',"
                             " 'status': 'TDX_INCORRECT_MSR_VALUE',"
                             " 'operand': '0x3b', 'count': 0 } }");
    assert_init(qts, tdx_op(TDX_INCORRECT_MSR_VALUE, 0x3b));
    assert_init(qts, tdx_op(TDX_INCORRECT_MSR_VALUE, 0x3b));
    assert_hits(qts, "f0", 2, 2);
    qtest_qmp_assert_success(qts, "{ 'execute': 'object-del', 'arguments': {"
                             " 'id': 'f0' } }");
    said = qtest_hmp(qts, "object_add tdx-fault,id=f0,leaf=tdh.sys.init,"
                     "status=sys_busy");
    g_assert_cmpstr(said, ==, "");
    assert_init(qts, TDX_SYS_BUSY);
    assert_init(qts, TDX_SUCCESS);
    qtest_quit(qts);
}

static void test_probability(void)
{
    QTestState *qts = tdx_start("", MACHINE "-object tdx-fault,id=f0,"
                                "leaf=tdh.sys.init,status=sys_busy,count=0,"
                                "probability=50,seed=9 "
                                "-object tdx-fault,id=f1,"
                                "leaf=tdh.sys.lp.init,status=sys_busy,"
                                "count=0,probability=50,seed=9");
    unsigned hits = 0;

    /* The same seed, the same calls: leaf and order do not matter */
    for (int i = 0; i < 64; i++) {
        TdxRegs a = { .rax = TDH_SYS_INIT, .rcx = 1 };
        TdxRegs b = { .rax = TDH_SYS_LP_INIT };

        g_assert_true(tdx_seamcall(qts, 0, &a));
        g_assert_true(tdx_seamcall(qts, 0, &b));
        g_assert_cmpint(a.rax == TDX_SYS_BUSY, ==, b.rax == TDX_SYS_BUSY);
        hits += a.rax == TDX_SYS_BUSY;
    }
    /* Seven standard deviations to both sides are 4 to 60 */
    g_assert_cmpint(hits, >=, 4);
    g_assert_cmpint(hits, <=, 60);
    assert_hits(qts, "f0", 64, hits);
    qtest_quit(qts);
}

/* --- over the life of the machine ---------------------------------------- */

static void system_reset(QTestState *qts)
{
    qtest_qmp_assert_success(qts, "{ 'execute': 'system_reset' }");
    qtest_qmp_eventwait(qts, "RESET");
}

static void test_reset(void)
{
    QTestState *qts = tdx_start("", "-m 1G,slots=1,maxmem=4G -object "
                                "tdx-fault,id=f0,leaf=tdh.sys.init,"
                                "status=sys_busy,nth=2,count=3");

    assert_init(qts, TDX_SUCCESS);
    system_reset(qts);
    assert_init(qts, TDX_SYS_BUSY);
    /* Firmware finds more memory, and loads another module */
    qtest_qmp_assert_success(qts, "{ 'execute': 'object-add', 'arguments': {"
                             " 'qom-type': 'memory-backend-ram', 'id': 'm',"
                             " 'size': 1073741824 } }");
    qtest_qmp_assert_success(qts, "{ 'execute': 'device_add', 'arguments': {"
                             " 'driver': 'pc-dimm', 'memdev': 'm' } }");
    system_reset(qts);
    g_assert_cmpint(tdx_prop(qts, "num-cmrs"), ==, 2);
    assert_init(qts, TDX_SYS_BUSY);
    assert_init(qts, TDX_SYS_BUSY);
    assert_init(qts, TDX_SUCCESS);
    assert_hits(qts, "f0", 5, 3);
    qtest_quit(qts);
}

static void migrate(QTestState *from, QTestState *to, const char *path)
{
    g_autofree char *uri = g_strdup_printf("file:%s", path);
    QTestState *const ends[] = { from, to };

    qtest_qmp_assert_success(from, "{ 'execute': 'migrate', 'arguments': "
                             "{ 'uri': %s } }", uri);
    for (int i = 0; i < ARRAY_SIZE(ends); i++) {
        bool completed = false;

        while (!completed) {
            QDict *r = qtest_qmp_assert_success_ref(
                ends[i], "{ 'execute': 'query-migrate' }");
            const char *status = qdict_get_try_str(r, "status");

            g_assert_cmpstr(status, !=, "failed");
            completed = status && !strcmp(status, "completed");
            qobject_unref(r);
            g_usleep(10 * 1000);
        }
        if (i == 0) {
            qtest_qmp_assert_success(to, "{ 'execute': 'migrate-incoming', "
                                     "'arguments': { 'uri': %s } }", uri);
        }
    }
}

/*
 * Faults belong to this QEMU, not to the machine; what an interrupted leaf
 * has done belongs to the machine.
 */
static void test_migration(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    QTestState *from, *to;
    int fd = g_file_open_tmp("seam-fault-XXXXXX", &path, &error);

    g_assert_no_error(error);
    close(fd);
    from = tdx_start("", MACHINE "-object tdx-fault,id=f0,leaf="
                     "tdh.sys.disable,status=interrupted,nth=2,count=0");
    to = tdx_start("", MACHINE "-incoming defer -object tdx-fault,id=f0,leaf="
                   "tdh.sys.disable,status=interrupted,nth=2");
    tdx_assert_status(tdx_call(from, 0, TDH_SYS_DISABLE, 0, 0, 0),
                      TDX_SUCCESS);
    assert_init(from, TDX_SUCCESS);
    tdx_assert_status(tdx_call(from, 0, TDH_SYS_DISABLE, 0, 0, 0),
                      TDX_INTERRUPTED_RESUMABLE);
    migrate(from, to, path);
    assert_hits(to, "f0", 0, 0);
    /* Still only that leaf can go on, and it counts from 1 again */
    assert_init(to, TDX_SYS_NOT_READY);
    tdx_assert_status(tdx_call(to, 0, TDH_SYS_DISABLE, 0, 0, 0), TDX_SUCCESS);
    tdx_assert_status(tdx_call(to, 0, TDH_SYS_DISABLE, 0, 0, 0),
                      TDX_INTERRUPTED_RESUMABLE);
    tdx_assert_status(tdx_call(to, 0, TDH_SYS_DISABLE, 0, 0, 0), TDX_SUCCESS);
    assert_init(to, TDX_SUCCESS);
    qtest_quit(from);
    qtest_quit(to);
    unlink(path);
}

/* --- a host that meets them ---------------------------------------------- */

/* TDH.SYS.TDMR.INIT in more calls than usual, PAGE.ADDs that are repeated */
static void test_host(void)
{
    QTestState *qts = tdx_start("", MACHINE "-object tdx-fault,id=tdmr,"
                                "leaf=tdh.sys.tdmr.init,status=interrupted,"
                                "nth=10,count=5 "
                                "-object tdx-fault,id=add,leaf="
                                "tdh.phymem.pamt.add,status=page_not_free,"
                                "operand=rdx,nth=2 "
                                "-object tdx-fault,id=wb,leaf="
                                "tdh.phymem.cache.wb,status=interrupted,"
                                "count=2");
    QTdxTdmr t = { .base = 4 * GiB, .size = 2 * GiB };
    const uint64_t page = t.base + 1 * GiB;

    tdx_place_pamts(&t, true, 16 * MiB);
    tdx_bring_up(qts, 1, (int[]) { 0, -1 }, &t, 1,
                 HKID | TDX_CONFIG_DYNAMIC_PAMT);
    g_assert_cmpint(tdx_init_tdmr(qts, 0, &t), ==, 2 * 64 + 5);
    assert_hits(qts, "tdmr", 2 * 64 + 5, 5);
    for (int i = 0; i < 3; i++) {
        uint64_t status = tdx_call(qts, 0, TDH_PHYMEM_PAMT_ADD,
                                   t.base + i / 2 * 2 * MiB + 1,
                                   page + (i + 1) / 2 * 2 * TDX_4K,
                                   page + ((i + 1) / 2 * 2 + 1) * TDX_4K);

        /* The second one is refused; the third, with its pages, is not */
        tdx_assert_status(status, i == 1 ? tdx_op(TDX_PAGE_NOT_FREE, 2)
                                         : TDX_SUCCESS);
        if (i == 1) {
            tdx_assert_status(tdx_call(qts, 0, TDH_PHYMEM_PAMT_REMOVE,
                                       t.base + 2 * MiB + 1, 0, 0),
                              tdx_op(TDX_NO_PAMT_PAGE_PAIR, 1));
        }
    }
    /* No KeyID waits: not hit, that comes later */
    tdx_assert_status(tdx_call(qts, 0, 40, 0, 0, 0),
                      TDX_NO_HKID_READY_TO_WBCACHE);
    assert_hits(qts, "wb", 1, 0);
    qtest_quit(qts);
}

/* --- logs ---------------------------------------------------------------- */

static void test_log(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *text = NULL;
    g_autofree char *args = NULL;
    QTestState *qts;
    int fd = g_file_open_tmp("seam-fault-XXXXXX", &path, &error);

    g_assert_no_error(error);
    close(fd);
    args = g_strdup_printf(MACHINE "-smp 2 -d guest_errors,trace:seam_fault "
                           "-D %s -object tdx-fault,id=noise,leaf="
                           "tdh.sys.lp.init,status=sys_busy,nth=2 "
                           "-object tdx-fault,id=short,leaf="
                           "tdh.sys.tdmr.init,status=interrupted", path);
    qts = tdx_start("", args);
    QTdxTdmr t = { .base = 4 * GiB, .size = 2 * GiB };

    assert_init(qts, TDX_SUCCESS);
    tdx_call(qts, 0, TDH_SYS_LP_INIT, 0, 0, 0);
    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SYS_BUSY);
    tdx_assert_status(tdx_call(qts, 1, TDH_SYS_LP_INIT, 0, 0, 0),
                      TDX_SUCCESS);
    tdx_place_pamts(&t, false, 16 * MiB);
    tdx_write_tdmrs(qts, &t, 1, 2 * MiB);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_CONFIG, 2 * MiB, 1, HKID),
                      TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_KEY_CONFIG, 0, 0, 0),
                      TDX_SUCCESS);
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_TDMR_INIT, t.base, 0, 0),
                      TDX_SUCCESS);
    qtest_quit(qts);
    g_assert_true(g_file_get_contents(path, &text, NULL, &error));
    g_assert_nonnull(strstr(text, "tdx-fault noise makes call 2 of "
                            "TDH.SYS.LP.INIT, on LP 1, answer "
                            "TDX_SYS_BUSY\n"));
    g_assert_nonnull(strstr(text, "seam_fault lp 1 noise hits "
                            "TDH.SYS.LP.INIT, call 2: TDX_SYS_BUSY\n"));
    g_assert_nonnull(strstr(text, "tdx-fault short makes call 1 of "
                            "TDH.SYS.TDMR.INIT, on LP 0, answer TDX_SUCCESS "
                            "in the middle\n"));
    unlink(path);
}

/* --- what is refused ----------------------------------------------------- */

typedef struct BadCase {
    const char *name;
    const char *args;
    const char *error; /* how what follows "qemu-system-x86_64: " begins */
} BadCase;

#define Q35 "-machine q35 -nodefaults "
#define TDX Q35 "-cpu TDXHost -device tdx-module "
#define FAULT "-object tdx-fault,id=f0,"

static const BadCase bad_cases[] = {
    {
        "impossible",
        TDX FAULT "leaf=tdh.sys.tdmr.init,status=rnd_no_entropy",
        "tdx-fault: TDH.SYS.TDMR.INIT cannot answer TDX_RND_NO_ENTROPY; "
        "possible are: interrupted, TDX_OPERAND_INVALID, TDX_OPERAND_BUSY, "
        "TDX_TDMR_ALREADY_INITIALIZED\n",
    },
    {
        "no-leaf",
        TDX FAULT "leaf=tdh.sys.tdmr,status=operand_busy",
        "tdx-fault: there is no leaf 'tdh.sys.tdmr'; a leaf is named as in "
        "tdh.phymem.pamt.add or tdg.mem.page.accept\n",
    },
    {
        "no-status",
        TDX FAULT "leaf=tdh.sys.tdmr.init,status=-EBUSY",
        "tdx-fault: there is no status '-EBUSY'; of TDH.SYS.TDMR.INIT are "
        "possible: interrupted, ",
    },
    {
        "no-operand",
        TDX FAULT "leaf=tdh.sys.tdmr.init,status=operand_busy",
        "tdx-fault: TDX_OPERAND_BUSY names an operand: say which, as in "
        "operand=RCX\n",
    },
    {
        "status-missing",
        TDX FAULT "leaf=tdh.sys.tdmr.init",
        "-object tdx-fault,id=f0,leaf=tdh.sys.tdmr.init: Parameter 'status' "
        "is missing\n",
    },
    {
        "nth",
        TDX FAULT "leaf=tdh.sys.init,status=sys_busy,nth=0",
        "tdx-fault: nth counts calls from 1\n",
    },
    {
        "probability",
        TDX FAULT "leaf=tdh.sys.init,status=sys_busy,probability=101",
        "tdx-fault: probability is in percent, 1 to 100\n",
    },
    {
        "never",
        TDX FAULT "leaf=tdh.sys.init,status=sys_busy,probability=0",
        "tdx-fault: probability is in percent, 1 to 100\n",
    },
    {
        "not-in-this-module",
        Q35 "-cpu TDXHost -device tdx-module,dynamic-pamt=off "
        FAULT "leaf=tdh.phymem.pamt.add,status=operand_busy,operand=rcx",
        "tdx-fault: this module has no TDH.PHYMEM.PAMT.ADD; use -device "
        "tdx-module,dynamic-pamt=on\n",
    },
    {
        "no-module",
        Q35 "-cpu TDXHost " FAULT "leaf=tdh.sys.init,status=sys_busy",
        "tdx-fault: this machine has no TDX module; use -cpu TDXHost -device "
        "tdx-module\n",
    },
};

/* QEMU ends by itself with status 1 and one line */
static void test_refused(const void *data)
{
    const BadCase *c = data;
    g_autofree char *err = NULL, *want = NULL;

    g_assert_cmpint(tdx_run(c->args, NULL, &err), ==, 1);
    want = g_strdup_printf("qemu-system-x86_64: %s", c->error);
    if (!g_str_has_prefix(err, want)) {
        g_assert_cmpstr(err, ==, want);
    }
    g_assert_true(strchr(err, '\n') == err + strlen(err) - 1);
}

static void assert_error(QDict *response, const char *want)
{
    QDict *error = qdict_get_qdict(response, "error");

    g_assert_nonnull(error);
    g_assert_cmpstr(qdict_get_str(error, "desc"), ==, want);
    qobject_unref(response);
}

static void test_refused_at_run_time(void)
{
    QTestState *qts = tdx_start("sys-disable=off", MACHINE "-object "
                                "tdx-fault,id=f0,leaf=tdh.sys.init,"
                                "status=sys_busy");

    assert_error(qtest_qmp(qts, "{ 'execute': 'object-add', 'arguments': {"
                           " 'qom-type': 'tdx-fault', 'id': 'f1',"
                           " 'leaf': 'tdh.sys.disable',"
                           " 'status': 'sys_busy' } }"),
                 "tdx-fault: this module has no TDH.SYS.DISABLE; use -device "
                 "tdx-module,sys-disable=on");
    assert_error(qtest_qmp(qts, "{ 'execute': 'object-add', 'arguments': {"
                           " 'qom-type': 'tdx-fault', 'id': 'f1',"
                           " 'leaf': 'tdh.sys.rd', 'count': 0,"
                           " 'status': 'metadata_field_id_incorrect',"
                           " 'operand': 'field' } }"),
                 "tdx-fault: TDX_METADATA_FIELD_ID_INCORRECT has no operand; "
                 "leave operand= out");
    assert_error(qtest_qmp(qts, "{ 'execute': 'qom-set', 'arguments': {"
                           " 'path': '/objects/f0', 'property': 'leaf',"
                           " 'value': 'tdh.sys.config' } }"),
                 "a tdx-fault cannot change; delete it and add another");
    assert_error(qtest_qmp(qts, "{ 'execute': 'qom-set', 'arguments': {"
                           " 'path': '/objects/f0', 'property': 'nth',"
                           " 'value': 3 } }"),
                 "a tdx-fault cannot change; delete it and add another");
    /* The one that is there is as it was; those refused are not */
    tdx_assert_status(tdx_call(qts, 0, TDH_SYS_RD, 0, TDX_MD_MAX_TDMRS, 0),
                      TDX_SYS_LP_INIT_NOT_DONE);
    assert_init(qts, TDX_SYS_BUSY);
    assert_init(qts, TDX_SUCCESS);
    qtest_quit(qts);
}

/* Every option is in the list, with words */
static void test_help(void)
{
    static const char *const names[] = {
        "leaf", "status", "operand", "nth", "count", "probability", "seed",
    };
    g_autofree char *out = NULL;

    g_assert_cmpint(tdx_run("-object tdx-fault,help", &out, NULL), ==, 0);
    for (int i = 0; i < ARRAY_SIZE(names); i++) {
        g_autofree char *pattern = g_strdup_printf("^  %s=<\\w+> +- \\w+",
                                                   names[i]);

        g_assert_true(g_regex_match_simple(pattern, out, G_REGEX_MULTILINE,
                                           0));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("seam/fault/command-line", test_command_line);
    qtest_add_func("seam/fault/run-time", test_run_time);
    qtest_add_func("seam/fault/probability", test_probability);
    qtest_add_func("seam/fault/reset", test_reset);
    qtest_add_func("seam/fault/migration", test_migration);
    qtest_add_func("seam/fault/host", test_host);
    qtest_add_func("seam/fault/log", test_log);
    for (int i = 0; i < ARRAY_SIZE(bad_cases); i++) {
        g_autofree char *path = g_strdup_printf("seam/fault/refused/%s",
                                                bad_cases[i].name);

        qtest_add_data_func(path, &bad_cases[i], test_refused);
    }
    qtest_add_func("seam/fault/refused-at-run-time",
                   test_refused_at_run_time);
    qtest_add_func("seam/fault/help", test_help);
    return g_test_run();
}
