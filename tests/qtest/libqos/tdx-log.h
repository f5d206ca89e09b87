/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * libqos: what QEMU says in its log of a machine with a TDX module, line by
 * line.
 */

#ifndef QGRAPH_TDX_LOG_H
#define QGRAPH_TDX_LOG_H

#include "tdx-host.h"

/* The last word of an answer that is traced: how long it took */
#define TDX_LOG_NS "[0-9]+ ns"

typedef struct QTdxLog {
    char *file;
    char *text;
    const char *at; /* what comes after the last line that was expected */
    QTdxHost host;
} QTdxLog;

/**
 * tdx_log_start: a machine with a module, whose log goes to a file of its own.
 * @more, @args: arguments before and after those of tdx_start()
 */
QTestState *tdx_log_start(QTdxLog *l, const char *more, const char *args);

/** tdx_log_start_host: the same with @l->host, which has initialised it */
void tdx_log_start_host(QTdxLog *l, const char *args);

/** tdx_log_read: end QEMU; @l->text is all that it has said */
void tdx_log_read(QTdxLog *l, QTestState *qts);
void tdx_log_free(QTdxLog *l);

/** tdx_log_has: a line that @pattern describes all of, behind the last one */
void tdx_log_has(QTdxLog *l, const char *pattern, ...) G_GNUC_PRINTF(2, 3);

/** tdx_log_count: lines that begin with @prefix; "" counts a last, empty one */
unsigned tdx_log_count(const QTdxLog *l, const char *prefix);

#endif /* QGRAPH_TDX_LOG_H */
