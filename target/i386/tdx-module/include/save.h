/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Saving and restoring a module, apart from private memory, field by field.
 *
 * What is written begins with a version and names each field, all in little
 * endian.  So a later module can have fields that an earlier one did not save:
 * they keep the value that they have after tdx_module_reset().  The format of
 * private pages is frozen instead: see vp/frozen.c.
 */

#ifndef TDX_INCLUDE_SAVE_H
#define TDX_INCLUDE_SAVE_H

#include "module.h"

/* Raised when a stream of this form means something else than before */
#define TDX_SAVE_VERSION 1

/** TdxSavePut: take the next @len bytes */
typedef void TdxSavePut(void *opaque, const void *data, size_t len);

/** TdxSaveGet: give the next @len bytes; false: there are none */
typedef bool TdxSaveGet(void *opaque, void *data, size_t len);

/**
 * tdx_module_save: write @m's state.  No SEAMCALL may be running.  TDs may; the
 * registers that they have on their processors are not written.
 */
void tdx_module_save(const TdxModule *m, TdxSavePut *put, void *opaque);

/**
 * tdx_module_load: become what was saved, of a module that was made with the
 * same configuration on a machine like this.  No SEAMCALL and no TD may be
 * running.  Those that ran when @m was saved come back with
 * tdx_module_load_tds().
 *
 * Nothing that is read is trusted: no value is taken that would lead the
 * module's own loops and tables astray; whether they agree with each other
 * and with private memory is for tdx_module_check() to find.
 * Returns NULL; or one line on why that cannot be, to be freed.  @m is as
 * after tdx_module_reset() then.
 */
char *tdx_module_load(TdxModule *m, TdxSaveGet *get, void *opaque);

/**
 * tdx_module_load_tds: the rest of tdx_module_load(), once private memory and
 * its integrity are as they were: processors run the TDs that they ran.
 * Returns NULL; or one line on why that cannot be, to be freed.  @m is as
 * after tdx_module_reset() then.
 */
char *tdx_module_load_tds(TdxModule *m);

/**
 * tdx_module_running: does @lp run a TD?
 * @run: set as by tdx_module_seamcall() then
 */
bool tdx_module_running(const TdxModule *m, unsigned lp, TdxTdRun *run);

#endif /* TDX_INCLUDE_SAVE_H */
