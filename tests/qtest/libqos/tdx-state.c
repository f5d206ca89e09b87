/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Saving, loading and migrating a machine with a TDX module.
 */

#include "qemu/osdep.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "tdx-state.h"

/* --- migration ------------------------------------------------------------ */

void tdx_wait_migrated(QTestState *qts)
{
    for (;;) {
        QDict *r = qtest_qmp_assert_success_ref(
            qts, "{ 'execute': 'query-migrate' }");
        g_autofree char *status = g_strdup(qdict_get_try_str(r, "status"));

        qobject_unref(r);
        if (!g_strcmp0(status, "completed")) {
            return;
        }
        g_assert_cmpstr(status, !=, "failed");
        g_usleep(10 * 1000);
    }
}

char *tdx_state_file(void)
{
    g_autoptr(GError) error = NULL;
    char *path = NULL;
    int fd = g_file_open_tmp("seam-state-XXXXXX", &path, &error);

    g_assert_no_error(error);
    close(fd);
    return path;
}

void tdx_save(QTestState *qts, const char *path)
{
    g_autofree char *uri = g_strdup_printf("file:%s", path);

    qtest_qmp_assert_success(qts, "{ 'execute': 'migrate', 'arguments': "
                             "{ 'uri': %s } }", uri);
    tdx_wait_migrated(qts);
    qtest_quit(qts);
}

QTestState *tdx_load(const char *module, const char *args, const char *path)
{
    g_autofree char *uri = g_strdup_printf("file:%s", path);
    g_autofree char *all = g_strdup_printf("%s -incoming defer", args);
    QTestState *qts = tdx_start(module, all);

    qtest_qmp_assert_success(qts, "{ 'execute': 'migrate-incoming', "
                             "'arguments': { 'uri': %s } }", uri);
    tdx_wait_migrated(qts);
    return qts;
}

/* --- snapshots ------------------------------------------------------------ */

char *tdx_job_error(QTestState *qts)
{
    for (;;) {
        QDict *r = qtest_qmp(qts, "{ 'execute': 'query-jobs' }");
        QDict *job = qobject_to(QDict,
                                qlist_peek(qdict_get_qlist(r, "return")));
        bool done = !strcmp(qdict_get_str(job, "status"), "concluded");
        g_autofree char *error = g_strdup(qdict_get_try_str(job, "error"));

        qobject_unref(r);
        if (done) {
            qtest_qmp_assert_success(qts, "{ 'execute': 'job-dismiss', "
                                     "'arguments': { 'id': 'job' } }");
            return g_steal_pointer(&error);
        }
        g_usleep(10 * 1000);
    }
}

static void wait_for_job(QTestState *qts)
{
    g_autofree char *error = tdx_job_error(qts);

    g_assert_cmpstr(error, ==, NULL);
}

char *tdx_add_disk(QTestState *qts)
{
    char *path = tdx_state_file();

    qtest_qmp_assert_success(qts, "{ 'execute': 'blockdev-add', 'arguments': "
                             "{ 'driver': 'file', 'node-name': 'file', "
                             "'filename': %s } }", path);
    qtest_qmp_assert_success(qts, "{ 'execute': 'blockdev-create', "
                             "'arguments': { 'job-id': 'job', 'options': "
                             "{ 'driver': 'qcow2', 'file': 'file', "
                             "'size': 1048576 } } }");
    wait_for_job(qts);
    qtest_qmp_assert_success(qts, "{ 'execute': 'blockdev-add', 'arguments': "
                             "{ 'driver': 'qcow2', 'node-name': 'disk', "
                             "'file': 'file' } }");
    return path;
}

void tdx_start_snapshot(QTestState *qts, const char *command)
{
    qtest_qmp_assert_success(qts, "{ 'execute': %s, 'arguments': "
                             "{ 'job-id': 'job', 'tag': 'tag', "
                             "'vmstate': 'disk', 'devices': [ 'disk' ] } }",
                             command);
}

void tdx_snapshot(QTestState *qts, const char *command)
{
    tdx_start_snapshot(qts, command);
    wait_for_job(qts);
}
