/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What ends the module.
 */

#ifndef TDX_CORE_FATAL_H
#define TDX_CORE_FATAL_H

#include "state.h"

/**
 * tdx_fatal: stop the module for good, for what only a broken platform or
 * the module's own mistake can cause.
 * @why: one line for the log, static; also noted as the cause
 * Returns TDX_STATUS_NONE for the handler to return.
 */
TdxStatus tdx_fatal(TdxModule *m, const char *why);

/** tdx_has_stopped: was there a tdx_fatal()? */
static inline bool tdx_has_stopped(const TdxModule *m)
{
    return __atomic_load_n(&m->st.fatal, __ATOMIC_SEQ_CST);
}

/** tdx_stopped_cause: note that as the cause of a call that comes after it */
void tdx_stopped_cause(const TdxModule *m);

/** tdx_global_lost: the end of the module, by what tdx_global() has found */
void tdx_global_lost(TdxModule *m, uint64_t hpa);

/**
 * tdx_global: @len bytes, in one page, of a structure that the module itself
 * owns.  NULL after tdx_fatal() when they are not there or lost: a machine
 * check inside of the module, which ends it.
 */
static inline void *tdx_global(TdxModule *m, uint64_t hpa, uint64_t len)
{
    void *content = m->ops->private_intact(m->opaque, hpa, len);

    if (__builtin_expect(!content, false)) {
        tdx_global_lost(m, hpa);
    }
    return content;
}

#endif /* TDX_CORE_FATAL_H */
