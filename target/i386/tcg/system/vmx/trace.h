/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The trace events of this directory, where QEMU's macros look for them.
 */
#include "trace/trace-target_i386_tcg_system_vmx.h"
