/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replays one recorded SEAMCALL conversation against the module model.
 */

#ifndef VECTOR_REPLAY_H
#define VECTOR_REPLAY_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef enum VectorResult {
    VECTOR_PASSED,
    VECTOR_FAILED,    /* the model answered differently */
    VECTOR_MALFORMED, /* the scenario makes no sense */
} VectorResult;

/**
 * vector_replay: run all steps of @scenario on a machine of its own.
 * @why: what differs, one or more lines, or, for VECTOR_MALFORMED, a phrase
 */
VectorResult vector_replay(JsonObject *scenario, GString *why);

#endif /* VECTOR_REPLAY_H */
