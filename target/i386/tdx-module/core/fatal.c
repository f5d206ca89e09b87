/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The end of a module.
 */

#include "address.h"
#include "fatal.h"
#include "observe.h"

TdxStatus tdx_fatal(TdxModule *m, const char *why)
{
    tdx_cause(m, why, 0, TDX_CAUSE_STOPS, 0);
    if (!tdx_has_stopped(m)) {
        __atomic_store_n(&m->stopped_by, why, __ATOMIC_SEQ_CST);
    }
    if (!__atomic_exchange_n(&m->st.fatal, true, __ATOMIC_SEQ_CST)) {
        m->ops->fatal(m->opaque, why);
    }
    return TDX_STATUS_NONE;
}

void tdx_stopped_cause(const TdxModule *m)
{
    tdx_cause(m, __atomic_load_n(&m->stopped_by, __ATOMIC_SEQ_CST), 0,
              TDX_CAUSE_HAS_STOPPED, 0);
}

void tdx_global_lost(TdxModule *m, uint64_t hpa)
{
    if (tdx_private(m, hpa, m->st.hkid)) {
        tdx_fatal(m, "the host wrote to the module's own structures");
        /* That says more to whoever asks why this call failed */
        tdx_cause(m, NULL, hpa, TDX_CAUSE_LOST, 0);
    } else {
        tdx_fatal(m, "no memory where the module's own structures are");
    }
}
