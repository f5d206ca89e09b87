/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos: QEMU's log of a machine with a TDX module.
 */

#include "qemu/osdep.h"
#include "tdx-log.h"

static char *log_file(void)
{
    char *file = NULL;
    int fd = g_file_open_tmp("seam-trace-XXXXXX", &file, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return file;
}

QTestState *tdx_log_start(QTdxLog *l, const char *more, const char *args)
{
    g_autofree char *all = NULL;

    *l = (QTdxLog) { .file = log_file() };
    all = g_strdup_printf("%s %s -D %s", more, args, l->file);
    return tdx_start("", all);
}

void tdx_log_start_host(QTdxLog *l, const char *args)
{
    QTestState *qts = tdx_log_start(l, TDX_HOST_MACHINE, args);

    tdx_host_init(&l->host, qts, true);
}

void tdx_log_read(QTdxLog *l, QTestState *qts)
{
    qtest_quit(qts);
    g_assert_true(g_file_get_contents(l->file, &l->text, NULL, NULL));
    l->at = l->text;
}

void tdx_log_free(QTdxLog *l)
{
    unlink(l->file);
    g_free(l->file);
    g_free(l->text);
}

void tdx_log_has(QTdxLog *l, const char *pattern, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;
    g_autoptr(GRegex) regex = NULL;
    g_autoptr(GMatchInfo) found = NULL;
    int end;
    va_list args;

    va_start(args, pattern);
    text = g_strdup_vprintf(pattern, args);
    va_end(args);
    line = g_strdup_printf("^%s$", text);
    regex = g_regex_new(line, G_REGEX_MULTILINE, 0, NULL);
    g_assert_nonnull(regex);
    if (!g_regex_match(regex, l->at, 0, &found)) {
        g_printerr("no '%s' in\n%s", text, l->at);
        g_assert_not_reached();
    }
    g_match_info_fetch_pos(found, 0, NULL, &end);
    l->at += end;
}

unsigned tdx_log_count(const QTdxLog *l, const char *prefix)
{
    g_auto(GStrv) lines = g_strsplit(l->text, "\n", -1);
    unsigned n = 0;

    for (int i = 0; lines[i]; i++) {
        n += g_str_has_prefix(lines[i], prefix);
    }
    return n;
}
