/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Typed access to the JSON of recorded conversations.
 */

#include "vector-json.h"

bool node_u64(JsonNode *node, uint64_t *value)
{
    const char *s;

    if (!node || !JSON_NODE_HOLDS_VALUE(node)) {
        return false;
    }
    if (json_node_get_value_type(node) == G_TYPE_INT64) {
        int64_t number = json_node_get_int(node);

        *value = number;
        return number >= 0;
    }
    s = json_node_get_string(node);
    return s && g_str_has_prefix(s, "0x") &&
           g_ascii_string_to_unsigned(s + 2, 16, 0, UINT64_MAX, value, NULL);
}

bool member_u64(JsonObject *o, const char *name, uint64_t max,
                uint64_t *value)
{
    return node_u64(json_object_get_member(o, name), value) && *value <= max;
}

JsonArray *node_array(JsonNode *node)
{
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node)
                                               : NULL;
}

JsonArray *member_array(JsonObject *o, const char *name)
{
    return node_array(json_object_get_member(o, name));
}

JsonObject *member_object(JsonObject *o, const char *name)
{
    JsonNode *node = json_object_get_member(o, name);

    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
                                                : NULL;
}

const char *member_string(JsonObject *o, const char *name)
{
    JsonNode *node = json_object_get_member(o, name);

    return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node)
                                               : NULL;
}

bool array_u64(JsonArray *array, uint64_t max, uint64_t *values, guint n)
{
    if (!array || json_array_get_length(array) != n) {
        return false;
    }
    for (guint i = 0; i < n; i++) {
        if (!node_u64(json_array_get_element(array, i), &values[i]) ||
            values[i] > max) {
            return false;
        }
    }
    return true;
}

const char *unknown_member(JsonObject *o, const char *const *known)
{
    JsonObjectIter iter;
    const char *name;

    json_object_iter_init_ordered(&iter, o);
    while (json_object_iter_next_ordered(&iter, &name, NULL)) {
        if (!g_strv_contains(known, name)) {
            return name;
        }
    }
    return NULL;
}
