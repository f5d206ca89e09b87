/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that go into a TD's memory.
 */

#ifndef TDVMM_FILES_H
#define TDVMM_FILES_H

#include "tdvmm.h"

/* Read @size bytes of a file, from @from on */
void file_read(const char *name, void *to, uint64_t from, uint64_t size);

uint64_t file_size(const char *name);

#endif
