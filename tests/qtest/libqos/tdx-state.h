/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Saving, loading and migrating a machine with a TDX module.
 */

#ifndef QGRAPH_TDX_STATE_H
#define QGRAPH_TDX_STATE_H

#include "tdx-module.h"

/** tdx_wait_migrated: wait until a migration, out or in, has ended well */
void tdx_wait_migrated(QTestState *qts);

/** tdx_state_file: an empty file; its name is to be freed, and unlinked */
char *tdx_state_file(void);

/** tdx_save: save @qts to @path and end it */
void tdx_save(QTestState *qts, const char *path);

/** tdx_load: tdx_start() a machine that goes on with what @path has */
QTestState *tdx_load(const char *module, const char *args, const char *path);

/** tdx_job_error: wait for the job "job"; its error, NULL if it ended well */
char *tdx_job_error(QTestState *qts);

/** tdx_add_disk: a disk that takes snapshots; the name of its file */
char *tdx_add_disk(QTestState *qts);

/**
 * tdx_start_snapshot: begin "snapshot-save" or "snapshot-load"
 * tdx_snapshot: the same, and wait for its end
 */
void tdx_start_snapshot(QTestState *qts, const char *command);
void tdx_snapshot(QTestState *qts, const char *command);

#endif /* QGRAPH_TDX_STATE_H */
