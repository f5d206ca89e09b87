/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the tdx-module device has for tests alone, of it or of a host.
 */

#ifndef HW_I386_SEAM_TESTING_H
#define HW_I386_SEAM_TESTING_H

#include "../seam-internal.h"

/** seam_window_realize: put the window for tests into memory, if wanted */
bool seam_window_realize(TdxModuleDevice *s, Error **errp);

/** seam_qtest_init: offer the qtest commands */
void seam_qtest_init(void);

/** seam_faults_add: @s has a new module: the faults that there are follow */
void seam_faults_add(TdxModuleDevice *s);

#endif /* HW_I386_SEAM_TESTING_H */
