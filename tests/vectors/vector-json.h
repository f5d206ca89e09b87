/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Typed access to the JSON of recorded conversations: what is absent or of
 * another type is told apart from a value, never taken for one.
 */

#ifndef VECTOR_JSON_H
#define VECTOR_JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/** node_u64: an unsigned number, or a hexadecimal string "0x..." */
bool node_u64(JsonNode *node, uint64_t *value);

/** member_u64: member @name of @o, at most @max */
bool member_u64(JsonObject *o, const char *name, uint64_t max,
                uint64_t *value);

/** array_u64: an array of exactly @n numbers, each at most @max */
bool array_u64(JsonArray *array, uint64_t max, uint64_t *values, guint n);

/* NULL when there is none of this type */
JsonArray *node_array(JsonNode *node);
JsonArray *member_array(JsonObject *o, const char *name);
JsonObject *member_object(JsonObject *o, const char *name);
const char *member_string(JsonObject *o, const char *name);

/** unknown_member: a member of @o that is not in @known, NULL if none */
const char *unknown_member(JsonObject *o, const char *const *known);

#endif /* VECTOR_JSON_H */
