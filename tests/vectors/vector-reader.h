/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads files of recorded SEAMCALL conversations, plain or gzipped: one JSON
 * object per line.
 */

#ifndef VECTOR_READER_H
#define VECTOR_READER_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

/**
 * VectorScenarioFunc: called for each line of a file.
 * Returns false, with @error set, to give the file up.
 */
typedef bool VectorScenarioFunc(JsonObject *scenario, void *opaque,
                                GError **error);

/**
 * vector_read_file: hand every scenario of a file to @func.
 * @path: *.jsonl or *.jsonl.gz
 * Returns false, with a one-line @error that names the file and line, when
 * the file cannot be read, holds no scenario or is malformed.
 */
bool vector_read_file(const char *path, VectorScenarioFunc *func, void *opaque,
                      GError **error);

#endif /* VECTOR_READER_H */
