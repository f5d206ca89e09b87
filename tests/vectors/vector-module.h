/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which module a recorded conversation was held with.
 */

#ifndef VECTOR_MODULE_H
#define VECTOR_MODULE_H

#include <json-glib/json-glib.h>

#include "sim-platform.h"

/**
 * vector_module: make @sim load the module that @module describes; what it
 * does not name is as in release 1.5.25.
 * Returns NULL, or what is wrong with @module.
 */
char *vector_module(JsonObject *module, SimPlatform *sim);

#endif /* VECTOR_MODULE_H */
