/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Trace events of this directory.
 */

#include "trace/trace-hw_i386_seam.h"
