/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads files of recorded SEAMCALL conversations.
 */

#include <gio/gio.h>

#include "vector-reader.h"

static GDataInputStream *open_lines(const char *path, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GFileInputStream) raw = g_file_read(file, NULL, error);
    g_autoptr(GZlibDecompressor) gunzip = NULL;
    g_autoptr(GInputStream) unzipped = NULL;

    if (!raw) {
        return NULL;
    }
    if (!g_str_has_suffix(path, ".gz")) {
        return g_data_input_stream_new(G_INPUT_STREAM(raw));
    }
    gunzip = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
    unzipped = g_converter_input_stream_new(G_INPUT_STREAM(raw),
                                            G_CONVERTER(gunzip));
    return g_data_input_stream_new(unzipped);
}

static bool read_line(const char *line, VectorScenarioFunc *func, void *opaque,
                      GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonNode *root;

    if (!json_parser_load_from_data(parser, line, -1, error)) {
        return false;
    }
    root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "a line must be a JSON object");
        return false;
    }
    return func(json_node_get_object(root), opaque, error);
}

bool vector_read_file(const char *path, VectorScenarioFunc *func, void *opaque,
                      GError **error)
{
    g_autoptr(GDataInputStream) lines = open_lines(path, error);
    guint number = 0, scenarios = 0;

    if (!lines) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    for (;;) {
        GError *read_error = NULL;
        g_autofree char *line = NULL;

        number++;
        line = g_data_input_stream_read_line(lines, NULL, NULL, &read_error);
        if (read_error) {
            g_propagate_prefixed_error(error, read_error, "%s: line %u: ",
                                       path, number);
            return false;
        }
        if (!line) {
            break;
        }
        if (!*g_strstrip(line)) {
            continue;
        }
        if (!read_line(line, func, opaque, error)) {
            g_prefix_error(error, "%s: line %u: ", path, number);
            return false;
        }
        scenarios++;
    }
    if (!scenarios) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: no scenario in it", path);
        return false;
    }
    return true;
}
